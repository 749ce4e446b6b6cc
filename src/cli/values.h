/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The small values that command lines and thresh.yaml have in common: text in, the structs of
 * harden/request.h out. Pure, but for environment_parse, which may read the
 * environment, and secret_parse, which reads files.
 *
 *     if (!environment_parse("TOKEN", request->environment, error))
 *             return false;          // "TOKEN: not set in the environment"
 *
 * Every other error is THRESH_ERROR_USAGE and says what form is wanted. Where a function adds to an
 * array, an element with the same key is replaced: what comes later wins.
 */
#pragma once

#include "harden/request.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* NAME=VALUE, or NAME, whose value is taken from thresh's own environment; adds a struct redaction.
 */
bool environment_parse(const char *text, GPtrArray *environment, GError **error);

/* The name of an environment variable, as char *. */
bool variable_parse(const char *text, GPtrArray *names, GError **error);

/* NAME=VALUE, or NAME for a variable that is to be unset; as char *, as given. */
bool assignment_parse(const char *text, GPtrArray *environment, GError **error);

/* Any text, as char *. */
bool text_parse(const char *text, GPtrArray *texts, GError **error);

/* [HOSTDIR:]PATH; HOSTDIR becomes absolute; adds a struct volume_request. */
bool volume_parse(const char *text, GPtrArray *volumes, GError **error);

/* id=NAME[,src=FILE], FILE being NAME where none is given, or secret_add's parts: reads the file.
 * Adds a struct secret_request. THRESH_ERROR_INPUT where the file cannot be read, is too large, or
 * holds what cannot be told from anything else: less than six bytes, or less than three different
 * ones. */
bool secret_parse(const char *text, GPtrArray *secrets, GError **error);
bool secret_add(const char *name, const char *path, GPtrArray *secrets, GError **error);

/* NAME=IMAGE[,ENV=VALUE…]; a part without "=" belongs to the value before it, comma included. Adds
 * a struct companion_request. */
bool companion_parse(const char *text, GPtrArray *companions, GError **error);
/* Checks the parts and adds the struct; takes over @environment ("NAME=VALUE"), also on failure. */
bool companion_add(const char *name, const char *image, GPtrArray *environment,
		   GPtrArray *companions, GError **error);

/* GLOB=WHY; adds a struct keep_rule. */
bool keep_parse(const char *text, GPtrArray *rules, GError **error);
bool keep_add(const char *glob, const char *why, GPtrArray *rules, GError **error);

/* What a shell's place does with a command line: runs it by the pattern @text (@allow), or refuses
 * what matches it. Adds a struct command_rule. */
bool command_rule_add(const char *text, const char *why, bool allow, GPtrArray *rules,
		      GError **error);

/* Words as a shell splits them, without expansion; "" is no word at all. Adds a GPtrArray of char
 * *. */
bool run_parse(const char *text, GPtrArray *runs, GError **error);

/* Adds the clean form of an absolute path or glob. */
bool path_value_parse(const char *text, GPtrArray *paths, GError **error);

/* Adds a struct probe. */
bool probe_value_parse(const char *text, GPtrArray *probes, GError **error);

/* Adds the command line of a workload. */
bool workload_parse(const char *text, GPtrArray *workloads, GError **error);

/* A duration: digits with at most one point and "ms", "s" (also where there is no unit), "m" or
 * "h"; from 0 to a day. */
bool duration_parse(const char *text, int *ret_ms, GError **error);

/* "none", "gzip", "zstd". */
bool compression_parse(const char *text, enum compression *ret_compression, GError **error);

/* [HOSTIP:]HOSTPORT:PORT, [IPV6]:HOSTPORT:PORT, or PORT for PORT:PORT; the address is 127.0.0.1
 * where none is given: thresh publishes to the network only when told to. */
struct publication {
	char *address;
	uint16_t host_port;
	uint16_t port;
};
bool publication_parse(const char *text, GPtrArray *publications, GError **error);
void publication_free(struct publication *publication);

/* The name of @names (NULL-terminated) nearest to @text, or NULL where none is near: for "did you
 * mean". */
const char *nearest_name(const char *text, const char *const *names);
