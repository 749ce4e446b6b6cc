/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command of thresh: one file cmd_NAME.c, one line in the table of main.c, one section in
 * man/thresh.1.
 *
 *     int cmd_sbom(int argc, char **argv, GError **error);
 *
 * argv[0] is the command's name. The answer is the exit status; where @error is set, main prints it
 * as one line and takes the exit status from it (base/error.h), whatever was answered.
 */
#pragma once

#include <glib.h>

struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv, GError **error);
	const char *summary; /* one line for `thresh help` */
};

/* NULL-name-terminated, in the order of `thresh help`. */
extern const struct subcommand subcommands[];

int cmd_harden(int argc, char **argv, GError **error);
int cmd_trace(int argc, char **argv, GError **error);
int cmd_cut(int argc, char **argv, GError **error);
int cmd_replay(int argc, char **argv, GError **error);
int cmd_run(int argc, char **argv, GError **error);
int cmd_manifest(int argc, char **argv, GError **error);
int cmd_why(int argc, char **argv, GError **error);
int cmd_sbom(int argc, char **argv, GError **error);
int cmd_vex(int argc, char **argv, GError **error);
int cmd_diff(int argc, char **argv, GError **error);
int cmd_copy(int argc, char **argv, GError **error);
int cmd_push(int argc, char **argv, GError **error);
int cmd_pull(int argc, char **argv, GError **error);
int cmd_tree(int argc, char **argv, GError **error);
int cmd_plan(int argc, char **argv, GError **error);
int cmd_profile(int argc, char **argv, GError **error);
int cmd_key(int argc, char **argv, GError **error);
int cmd_attest(int argc, char **argv, GError **error);
int cmd_sign(int argc, char **argv, GError **error);
int cmd_verify(int argc, char **argv, GError **error);
int cmd_cache(int argc, char **argv, GError **error);
int cmd_version(int argc, char **argv, GError **error);
