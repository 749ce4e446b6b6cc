/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no level decides: a random secret, which a plan can draw, or something that it cannot say;
 * what the machine says, its host name; and what an earlier start, or a user, has left in a file.
 *
 * A random chance is known by what stands around it, one of a file by the file. In each start its
 * value is found there, and is a mark from then on: wherever it stands, the template has
 * ${thresh_random_N} or ${thresh_read_N}.
 */
#pragma once

#include "entrypoint/item.h"
#include "entrypoint/workers.h"

struct chance {
	char *name;   /* of the plan's variable */
	char *before; /* what stands around it; may be empty: then it is all of the text */
	char *after;
	gsize length;    /* of the value */
	bool signs;      /* it may hold any that can be seen, not only letters, digits and a few */
	char *path;      /* of a file that was there when the start began; else NULL */
	char *directive; /* "random thresh_random_1 32 hex"; may be several lines */
	char **values; /* of a fact, by machine; of one that is the same on all, the one; else NULL
			*/
};

/* chance_free'd with the array. */
GPtrArray *chances_new(void);
void chances_add_hostname(GPtrArray *chances, const char *hostname);
/* Processors and name servers of the machine on which starts are run. */
void chances_add_machine(GPtrArray *chances);
/* A number that is computed of the processors. */
void chances_add_workers(GPtrArray *chances, const struct workers *workers);

/* What the file at @path holds, newlines at its end aside. */
void chances_add_read(GPtrArray *chances, const char *path);

/* Compares two starts with the same levels, step by step, and adds what is random. False where they
 * differ in something else: @ret_step is then the first step of @a that does (NULL: there are more
 * or fewer steps). */
bool chances_learn(GPtrArray *chances, const struct start_record *a, const struct start_record *b,
		   const struct start_step **ret_step);

/* The value of a chance in a record; NULL: it is not there. Caller frees. */
char *chance_find(const struct chance *chance, const struct start_record *record);

/* Finds all of them in the state's record, and marks them. */
void chances_mark(const GPtrArray *chances, struct state *state);

/* Every value but a fact is overwritten with x, so that two records can be compared. */
void chances_hide(const GPtrArray *chances, struct start_record *record);
