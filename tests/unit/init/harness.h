/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thresh-init as PID 1 of a namespace, under a root of its own that a test fills: as root in a user
 * namespace of many ids, else of one.
 *
 *     root_make(&root);
 *     g_assert_cmpint(init_run(&root, "entry probe exit 3\n", NULL, NULL, &output), ==, 3);
 *     root_remove(&root);
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>

struct root {
	char *path;
};

struct started {
	pid_t outer; /* of which PID 1 is the child */
	int output;  /* what it writes to 1 and 2 */
};

/* What a test does in the child before init starts. */
typedef void (*before_init)(void);

/* The programs under test, and the lines of a plan's output that are wanted. */
extern const char *init_path;
extern const char *probe_path;
#define HAS(text, line) g_assert_nonnull(strstr(text, line))

/* Whether namespaces can be made here at all; argv: THRESH-INIT PROBE. Ends the process otherwise.
 */
void harness_init(int argc, char **argv);

/* A root with init at /.thresh/init and the probe at /bin/probe. */
void root_make(struct root *root);
void root_remove(struct root *root);
/* @path below the root; g_free. */
char *at(const struct root *root, const char *path);
void make_directory(const struct root *root, const char *path, mode_t mode);
void make_file(const struct root *root, const char *path, const char *text, mode_t mode);
void copy_program(const struct root *root, const char *from, const char *to);

/* Starts init with @arguments (NULL-terminated, or NULL) as PID 1; its environment is PATH=/bin and
 * what harness_environment lists. */
struct started init_start(const struct root *root, before_init before,
			  const char *const *arguments);
extern const char *const *harness_environment; /* NULL-terminated, or NULL */
/* PID 1 as seen from here. */
pid_t first_process(const struct started *started);
/* Waits; the exit status. */
int init_finish(struct started *started, char **ret_output);
/* All of it with a plan, less its first line. */
int init_run(const struct root *root, const char *plan, before_init before,
	     const char *const *arguments, char **ret_output);

/* Skips the test where there are no ids but one. */
bool several_ids(void);
