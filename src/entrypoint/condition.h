/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plan can ask at the start (docs/plan.md: `if`), and whether it holds in a state.
 * Conditions are about how a start begins: the emitter keeps them true where steps would change the
 * answer.
 */
#pragma once

#include "entrypoint/space.h"

enum condition_kind {
	CONDITION_FILLED, /* variable `name` is set and not empty */
	CONDITION_SET,
	CONDITION_EQUALS,  /* the variable is `text` */
	CONDITION_ONE_OF,  /* `text`: values, one a line */
	CONDITION_MATCHES, /* `text` is a pattern, fnmatch(3) */
	CONDITION_ABOVE,   /* the variable is an integer greater than `text` */
	CONDITION_NONE,    /* there are no arguments */
	CONDITION_COUNT,   /* there are `text` arguments: as many as the image's command has */
	CONDITION_ARGUMENT_EQUALS, /* argument `name`, "1" to "9", is `text` */
	CONDITION_ARGUMENT_MATCHES,
	CONDITION_AMONG,   /* one of the arguments matches `text` */
	CONDITION_PROGRAM, /* the first argument is a program: a path, or in PATH */
	CONDITION_FILE,    /* `name`: exists, file, directory, populated, executable; `text`: a
			      template of the path */
};

struct condition {
	enum condition_kind kind;
	char *name;
	char *text;
};

/* Owned by the array (g_ptr_array of struct condition *). Those that there already are not added
 * again. */
void conditions_add(GPtrArray *conditions, enum condition_kind kind, const char *name,
		    const char *text);
GPtrArray *conditions_new(void);

/* All that the space's factors let one ask, in a fixed order, and the files in @files (conditions
 * of kind CONDITION_FILE). */
GPtrArray *conditions_of(const struct space *space, const GPtrArray *files);

bool condition_holds(const struct condition *condition, const struct space *space,
		     const struct state *state);

/* The line of the plan, "if filled NAME"; NULL where only the opposite has a word, and where more
 * than a line is needed (CONDITION_ONE_OF: its answer is remembered). Caller frees. */
char *condition_line(const struct condition *condition, bool holds);
/* The lines after which ${@name} says yes or nothing. Caller frees. */
char *condition_lines(const struct condition *condition, const char *name);
/* For people: "filled NAME". Caller frees. */
char *condition_describe(const struct condition *condition);
/* Whether the answer may be another one after the plan's first steps. */
bool condition_is_of_arguments(const struct condition *condition);
