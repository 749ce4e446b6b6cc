/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program's standard input as a plan can say it: text, in which a file of the image that stands
 * there as a whole is named in place of its content. A reference is \002, the file's path, \003;
 * so a text of megabytes, put together by cat(1), is a few lines of a plan.
 *
 *     GBytes *input = input_refer(raw, files);          // the recorder; NULL: cannot be said
 *     for (const char *at = text; input_next(&at, &piece);)
 *             …                                          // the emitter
 *
 * The same bytes and files give the same references, whatever the files' order.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum {
	INPUT_REFER_BYTES = 4096, /* less is text alone */
	INPUT_FILE_BYTES = 1024,  /* likewise smaller files */
};

struct input_file {
	char *path;
	GBytes *content;
};
struct input_file *input_file_new(const char *path, GBytes *content);
void input_file_free(struct input_file *file);

/* Whether a file at @path may be referred to: its name is plain, and it lies where an image's files
 * do, not where a start makes its own. */
bool input_path_is_fit(const char *path);

/* @raw with references to @files (struct input_file *), the longest that fits at each line's start
 * or behind another. NULL where @raw holds the bytes of a reference itself. Sorts @files. Caller
 * frees. */
GBytes *input_refer(GBytes *raw, GPtrArray *files);

/* A piece: of text, at most 8 KiB and mostly whole lines, or a reference. */
struct input_piece {
	char *text; /* owned by the caller; or a path */
	bool is_file;
};
/* Whether there is one more at *@at, which moves on. */
bool input_next(const char **at, struct input_piece *ret_piece);

/* Whether @text has a reference. */
bool input_refers(const char *text);
