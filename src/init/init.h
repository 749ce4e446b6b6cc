/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thresh-init: PID 1 of every production image. Carries out /.thresh/plan (docs/plan.md), then
 * becomes the application, or stays and looks after it.
 *
 * Rules of this program: no allocation (all memory is static), no stdio, no shell, ever; a failure
 * is one line on standard error and exit status 125 (126 and 127 as the shells have them for the
 * program). Every system call that it makes is in docs/init-syscalls.md.
 *
 *     start.c     entry point: all signals blocked, the caller's mask kept
 *     main.c      the plan read and carried out in order
 *     report.c    error lines
 *     fill.c      seeds, link farms: a writable path filled once
 *     identity.c  ids, capabilities, standard streams
 *     landlock.c  the rules of the plan
 *     steps.c     steps in file order: blocks, and who carries out what
 *     condition.c the conditions of `if`
 *     variable.c  the environment and its changes;  expand.c: templates, arguments;  arena.c: room
 *     fact.c      secrets, facts, random values
 *     content.c   what files hold;  place.c: links, owners, copies;  copy.c: trees
 *     launch.c    programs of the plan;  wait.c: until something listens
 *     restrict.c  limits, working directory, passwd, ids and so on, in their order
 *     program.c   argv, environment, search path, execve
 *     libc.c      a few functions of the libc, smaller
 *     stay.c      the application as a child
 *     resident.c  PID 1: forward, reap, stop (what stays in memory, with family.c)
 *     compat.c    in the place of dumb-init, tini, catatonit
 *     broker.c    in the place of a shell that the application calls
 */
#pragma once

#include "plan/plan.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <sys/types.h>

#define INIT_PLAN_PATH "/.thresh/plan"

enum {
	EXIT_INIT = 125, /* thresh-init itself failed */
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

/* Static tables that most starts touch the beginning of (HEAD), or nothing: the linker, which sorts
 * by the name of the section, puts them behind all other static data, which then lies on a page or
 * two. Each page that is touched costs a fault, near a microsecond. */
#define INIT_HEAD  __attribute__((section(".bss.zz_head")))
#define INIT_LARGE __attribute__((section(".bss.zz_large")))

/* A kernel signal set: bit N-1 is signal N. The libc's own type hides the signals that musl keeps
 * for itself (32 to 34), which applications may use. */
typedef uint64_t init_signals;

/* start.c: as they were on entry. */
extern init_signals init_caller_mask;

/* report.c. What init_fail_program's line begins with; "thresh-init: " at first. */
extern const char *init_report_prefix;

/* All of these end the process. */
noreturn void init_fail_line(const struct plan_directive *directive, int error);
noreturn void init_fail_path(const struct plan_directive *directive, const char *path, int error);
noreturn void init_fail_text(uint32_t line, const char *text);
noreturn void init_fail_program(const char *program, int error);
noreturn void init_fail_start(int error); /* the application has got no process */
/* Status 126: @name, a shell's, was to do @what (NULL: no command line); @why says why not. */
noreturn void init_fail_command(const char *name, const char *what, const char *why);

/* `PLAN:LINE: KIND SUBJECT: TEXT`; @subject may be NULL. */
noreturn void init_fail_why(const struct plan_directive *directive, int status, const char *subject,
			    const char *text);
noreturn void init_fail_type(const struct plan_directive *directive); /* of a `check` */
/* @program ended with @status, which becomes ours. */
noreturn void init_fail_status(const struct plan_directive *directive, const char *program,
			       int status);
noreturn void init_fail_say(int status, const char *text); /* the plan's own words */
enum { INIT_DIGITS = 24 };
/* Decimal, in @text; answers where in it. */
const char *init_number_text(uint64_t number, char text[static INIT_DIGITS]);
/* A line. Answers. */
void init_say(int fd, const char *text);

/* fill.c */
void init_directory(const struct plan *plan, const struct plan_directive *directive,
		    const char *wanted);
/* Whether there is more in it than mounts and lost+found. */
bool init_directory_is_populated(const struct plan_directive *directive, const char *path);
void init_fill(const struct plan *plan, const struct plan_directive *directive);

/* identity.c */
void init_identity(const struct plan *plan, const struct plan_directive *directive);
/* A child's, by `as`: where it is root. */
void init_identity_take(const struct plan_directive *directive);
/* The uid and gid that root will become; false where init is not root or the plan has no `id`. */
bool init_identity_of(const struct plan *plan, uid_t *ret_uid, gid_t *ret_gid);
/* Gives them @name below @fd ("": @fd itself), which root has made. */
void init_owner_give(const struct plan *plan, int fd, const char *name);

/* restrict.c: everything from `limit` to `landlock-*`, in that order. */
void init_restrict(const struct plan *plan);

/* landlock.c: all landlock-* directives of the plan. */
void init_landlock(const struct plan *plan);

/* seccomp.c: init_seccomp_read where files can still be opened, init_seccomp_install last. */
void init_seccomp_read(const struct plan_directive *directive);
void init_seccomp_install(const struct plan_directive *directive);

/* program.c: the start environment and arguments, before any step. */
void init_program_prepare(const struct plan *plan, char **argv, char **envp);
/* Whether @name would be found to execute: a path, or in PATH. */
bool init_program_exists(const struct plan *plan, const char *name);
/* The application's words, when the steps are done. */
void init_program_settle(const struct plan *plan);
/* The application without a plan: @argv as it is. */
void init_program_take(char **argv, char **envp);
/* Gives the signal mask back, installs the filter and executes; answers never. @plan may be NULL.
 */
noreturn void init_program_execute(const struct plan *plan);
/* Looks @argv[0] up in PATH of @envp, else as the plan says, and executes it with the caller's
 * signal mask; answers never. Of a child too. */
noreturn void init_execute(const struct plan *plan, char **argv, char **envp);

/* broker.c: called by the name of a shell. Becomes the program of the `command` that fits what the
 * shell was to do, or refuses with status 126; answers never. */
noreturn void init_broker(const struct plan *plan, int argc, char **argv, char **envp);

/* stay.c: starts the application as a child and stays, as the plan says; answers never. */
noreturn void init_stay(const struct plan *plan);
