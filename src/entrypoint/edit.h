/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that a script changes line by line and otherwise leaves as they are: `sed -i
 * "s|^KEY=.*|KEY=$V|"`, `grep -q ^KEY= FILE || echo KEY=$V >> FILE`. What a start made of a file is
 * told as lines that were set, so that a plan does the same to a file that nobody has seen.
 *
 *     edit_discover(file, before, after);              // which lines: "level=", "listen="
 *     text = edit_probe(file, EDIT_PROBE_FORMS);       // a file with these in many forms …
 *     edit_learn_forms(file, text, after);             // … of which the script meant some
 *     if (edit_explain(file, before, after, values))   // values[i]: what line i was set to
 *
 * Pure; a line's text has no newline. What is not exactly this is not explained.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct edit_line {
	char *prefix;  /* "level=", "port: ": with which the text begins in every start */
	guint forms;   /* bits: the forms in which a line of the file is meant; see edit.c */
	bool replaces; /* lines that are meant become the text */
	bool appends;  /* where no line is meant, the text is appended */
};

struct edit_file {
	char *path;
	char *source;     /* a file of the image that is copied where there is none; or NULL */
	char *text;       /* the source's; or what is there when a plain start begins */
	GPtrArray *lines; /* struct edit_line *, in the order in which they are set */
};

struct edit_file *edit_file_new(const char *path, const char *source, const char *text);
void edit_file_free(struct edit_file *file);
/* The one at @path, or NULL. */
const struct edit_file *edits_find(const GPtrArray *edits, const char *path);

/* Adds the lines that differ; false where more than lines were changed or appended. */
bool edit_discover(struct edit_file *file, const char *before, const char *after);

enum edit_probe {
	EDIT_PROBE_NONE,    /* a user's lines, and none of those that are set */
	EDIT_PROBE_FORMS,   /* those in all forms, with other values, and lines like them */
	EDIT_PROBE_SIMILAR, /* lines like them, none that is meant as far as is known */
};
/* What a file could hold. Caller frees. */
char *edit_probe(const struct edit_file *file, enum edit_probe which);

/* From a start that found EDIT_PROBE_FORMS: the forms that were replaced. */
void edit_learn_forms(struct edit_file *file, const char *before, const char *after);
/* From one that found EDIT_PROBE_NONE: what was appended, and in which order. */
void edit_learn_appends(struct edit_file *file, const char *before, const char *after);

/* Whether @after is @before with lines set. @ret_values: char *, one for each line: its text, or
 * NULL where it was not set, or as it was. */
bool edit_explain(const struct edit_file *file, const char *before, const char *after,
		  GPtrArray *ret_values);

/* Whether @before changes where the line is set to @text; NULL: to a text that nobody has. */
bool edit_shows(const struct edit_line *line, const char *before, const char *text);

/* The patterns of a plan's `replace`, for the lines that are meant. Freed with the array. */
GPtrArray *edit_patterns(const struct edit_line *line);
/* "replace", "ensure" or "complete". */
const char *edit_directive(const struct edit_line *line);
