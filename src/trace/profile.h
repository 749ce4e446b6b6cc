/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The profile: what an application did, in terms of its image. Written as profile.json
 * (docs/profile.md), versioned, mergeable: merging is commutative, associative and idempotent.
 *
 * Paths are clean and absolute inside the image, after resolution: a symlink that was crossed is an
 * entry of its own, the final target too. It says nothing of times, process ids or values of
 * environment variables.
 */
#pragma once

#include "base/digest.h"
#include "base/json.h"
#include "image/tree.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum path_class {
	PATH_EXEC = 1 << 0,     /* executed; also interpreters and PT_INTERP of what was executed */
	PATH_OPEN = 1 << 1,     /* opened for reading */
	PATH_STAT = 1 << 2,     /* existence or attributes asked for; also crossed as a directory */
	PATH_READLINK = 1 << 3, /* a symlink that was read or crossed */
	PATH_LIST = 1 << 4,     /* a directory whose entries were read */
	PATH_WRITE = 1 << 5,    /* opened for writing, truncated, or attributes changed */
	PATH_APPEND = 1 << 6,   /* opened for writing with O_APPEND */
	PATH_CREATE = 1 << 7,   /* was not in the image; made by the application */
	PATH_DELETE = 1 << 8,   /* removed, or renamed away */
	PATH_MISSING = 1 << 9,  /* asked for and not there */
	PATH_MAP_EXEC = 1 << 10,   /* mapped executable */
	PATH_EXEC_WRITE = 1 << 11, /* made by the application, then executed or mapped executable */
	PATH_LINK_SOURCE = 1 << 12, /* the first name of link(2) */
	PATH_SOCKET = 1 << 13,      /* a Unix socket was bound there (CREATE), or connected to */
	PATH_CHOWN = 1 << 14,       /* owner changed, or tried to */
	PATH_DIRECTORY = 1 << 15,   /* with CREATE: it is a directory */
	PATH_NONAPPEND =
		1 << 16, /* opened for writing without O_APPEND, or truncated to a length */
	PATH_STDOUT_ELSEWHERE = 1 << 17, /* with APPEND: by a process whose standard output is not
					    the application's */
	PATH_STDERR_ELSEWHERE = 1 << 18, /* the same of standard error */
};

struct path_use {
	uint32_t classes;    /* of enum path_class */
	uint64_t peak_bytes; /* the largest size that a path made or written by it was seen with */
};

struct listener {
	char *family;  /* "tcp", "tcp6", "udp", "udp6", "unix" */
	char *address; /* "0.0.0.0", "::", or a path */
	uint16_t port; /* 0 for unix */
};

struct command {
	char *path;      /* resolved program */
	GPtrArray *argv; /* char *; values of --env are replaced by ${NAME} */
	bool child;      /* run by the application, not the application itself */
	uint8_t run; /* 1 or 2: in that run of a trace alone, so that a word may hold a name made up
		      * (a temporary file); 0: in both */
};

struct profile {
	struct digest image_digest; /* manifest; all zero: of no one image */
	char *architecture;         /* GOARCH */
	GHashTable *paths;          /* char * → struct path_use * */
	GHashTable
		*writable_peaks; /* char *directory → uint64_t *: peak bytes below it at one time */
	GHashTable *syscalls;    /* "x86_64", "x86", "aarch64" → GHashTable set of names */
	GHashTable *refused_syscalls; /* the same: answered with an error by the sandbox */
	GHashTable *capabilities;     /* set of "CAP_…" that calls needed and had */
	GPtrArray *listeners;         /* struct listener *, sorted */
	GPtrArray *commands;     /* struct command *, sorted: the application first, then children,
				    each by path and words */
	GHashTable *environment; /* set of names that the user set by --env */
	GPtrArray *start;        /* char *: the steps of the init plan (docs/plan.md) that stand
				    for the image's entrypoint script, line by line; empty: none */
	bool has_dropped;        /* the application changed from root to … */
	uint32_t dropped_uid;
	uint32_t dropped_gid;
	GArray *dropped_groups; /* uint32_t, supplementary, sorted */
	bool setgroups_called;
	bool stop_unhandled;  /* as PID 1 it did not end at its stop signal: it had to be killed */
	bool own_listener;    /* it asked for a seccomp listener of its own */
	bool io_uring;        /* io_uring_setup was asked for (answered ENOSYS) */
	uint64_t runs;        /* runs recorded into it; merging takes the greater number, since
				 the same run may be in both */
	uint64_t lost_events; /* merging takes the greater number */
};

struct profile *profile_new(void);
void profile_free(struct profile *profile);
#define autoprofile __attribute__((cleanup(profile_cleanup)))
void profile_cleanup(struct profile **profile);

void profile_add_path(struct profile *profile, const char *path, uint32_t classes);
/* The classes of @path, 0 where it was not touched. */
uint32_t profile_path_classes(const struct profile *profile, const char *path);
void profile_set_peak(struct profile *profile, const char *directory, uint64_t bytes);
void profile_add_syscall(struct profile *profile, const char *architecture, const char *name);
void profile_add_refused_syscall(struct profile *profile, const char *architecture,
				 const char *name);
bool profile_has_syscall(const struct profile *profile, const char *architecture, const char *name);
void profile_add_listener(struct profile *profile, const char *family, const char *address,
			  uint16_t port);

/* Adds a program that was run; @argv (NULL-terminated) is copied. The same again adds nothing.
 * Answers the command in @profile, borrowed. */
struct command *profile_add_command(struct profile *profile, const char *path,
				    const char *const *argv, bool child);
/* Sets `run` of the commands of @profile that are not in both of @first and @second, the runs that
 * it was merged from. */
void profile_mark_runs(struct profile *profile, const struct profile *first,
		       const struct profile *second);
/* Takes @lines (char *, copied) as the steps that stand for the entrypoint script. */
void profile_set_start(struct profile *profile, const GPtrArray *lines);
/* The application changed from root to @uid and @gid. Of several the lowest pair stays. */
void profile_set_dropped(struct profile *profile, uint32_t uid, uint32_t gid);

/* One of the supplementary groups that it then had. */
void profile_add_dropped_group(struct profile *profile, uint32_t group);

enum {
	PROFILE_MAX_BYTES = 128 << 20,
	PROFILE_MAX_PATHS = 1000000,
	PROFILE_MAX_COMMANDS = 10000,
	PROFILE_MAX_WORDS = 1024, /* of one command */
	PROFILE_MAX_START = 4096, /* lines: PLAN_MAX_LINES */
	PROFILE_MAX_NAMES = 4096, /* calls, capabilities, variables, listeners */
};

/* Merges @from into @into. Different image digests, architectures or start steps are an error (an
 * unset one fits all), and then @into is as it was. */
bool profile_merge(struct profile *into, const struct profile *from, GError **error);

json_t *profile_to_json(const struct profile *profile);
/* Checks schema and bounds; unknown members are an error that names them. */
struct profile *profile_from_json(const json_t *json, GError **error);
struct profile *profile_load(const char *path, GError **error);
bool profile_save(const struct profile *profile, const char *path, GError **error);

/* The names of @class bits, as in profile.json, in bit order: a new array of static strings. */
GPtrArray *path_class_names(uint32_t classes);
/* The bit of a class name, 0 for a name that is none. */
uint32_t path_class_parse(const char *name);
