/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command-line options as getopt_long(3) reads them with "+": clusters (-cv), values behind or
 * beside their option (-r 1:2, -r1:2, --rewrite=1:2), `--`, unambiguous beginnings of long names.
 * The first word that is no option ends them: `init sh -c x` needs no `--`.
 *
 *     struct options options;
 *     options_begin(&options, argv, "cr:h", names);
 *     while ((letter = options_next(&options)))
 *             …options.value…
 *     command = options_rest(&options);
 */
#pragma once

#include <stdbool.h>

struct option_name {
	const char *name; /* NULL: the end */
	char letter;
};

struct options {
	char **word;   /* the next word of the command line */
	char *cluster; /* the rest of -abc, or NULL */
	char *value;   /* of the last option, where it has one */
	char *refused; /* the word at which options_next answered '?' */
	bool is_long;  /* `refused` is a long option */
	const char *letters;
	const struct option_name *names; /* or NULL */
};

/* @letters as getopt(3) has them: "cr:h". */
void options_begin(struct options *options, char **argv, const char *letters,
		   const struct option_name *names);

/* The next option's letter; '?': unknown; ':': its value is missing; 0: there is none any more. */
char options_next(struct options *options);

/* The words behind the options: NULL-terminated. */
char **options_rest(struct options *options);
