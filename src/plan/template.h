/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates: words with variables in them (docs/plan.md, "Templates").
 *
 *     ${NAME}  the variable            ${1} … ${9}  an argument      ${#}  how many there are
 *     $$       a dollar                ${=1} … ${=9}  a hole of a `command`
 *     ${@}     as a whole word: all arguments           ${*NAME}  the variable's words
 *
 * Expanding is the reader's: it takes a word apart, piece by piece.
 *
 *     struct plan_piece piece;
 *     for (size_t n; (n = plan_piece_read(word, bytes, &piece)); word += n, bytes -= n)
 *             …
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { PLAN_MAX_NAME_BYTES = 255, PLAN_MAX_HOLES = 9 };

enum plan_piece_kind {
	PLAN_PIECE_TEXT,      /* `text`, as it is */
	PLAN_PIECE_VARIABLE,  /* the value of the variable `text` */
	PLAN_PIECE_ARGUMENT,  /* argument `index`, from 1 */
	PLAN_PIECE_COUNT,     /* the number of arguments */
	PLAN_PIECE_HOLE,      /* what hole `index`, from 1, holds */
	PLAN_PIECE_ARGUMENTS, /* all arguments, each a word */
	PLAN_PIECE_SPLIT,     /* the words of the variable `text` */
};

struct plan_piece {
	enum plan_piece_kind kind;
	unsigned int index;
	const char *text; /* borrowed from the word; not NUL-terminated */
	size_t bytes;
};

/* What a template may hold beside variables. */
enum plan_template_with {
	PLAN_WITH_ARGUMENTS = 1, /* ${1}, ${#} */
	PLAN_WITH_LISTS = 2,     /* ${@} and ${*NAME} as a whole word */
	PLAN_WITH_HOLES = 4,     /* ${=1} */
};

/* The length of the first piece of the @bytes of @text, or 0: at the end, and where a `$` starts
 * nothing that is known. */
size_t plan_piece_read(const char *text, size_t bytes, struct plan_piece *ret_piece);

/* The same for a file that is a template: `${NAME}` and `$$` alone mean something, any other `$` is
 * text. 0 at the end only. */
size_t plan_file_piece_read(const char *text, size_t bytes, struct plan_piece *ret_piece);

/* @with: enum plan_template_with. */
bool plan_template_is_valid(const char *word, unsigned int with);

/* [A-Za-z_][A-Za-z0-9_]*, at most PLAN_MAX_NAME_BYTES. */
bool plan_name_is_valid(const char *name);
/* The same, or the beginning of names and `*`. */
bool plan_names_are_valid(const char *names);

/* Writes @word as a template that stands for it: each `$` doubled. @ret_text holds
 * 2 * strlen(word) + 1; answers the length. */
size_t plan_escape(const char *word, char *ret_text);
