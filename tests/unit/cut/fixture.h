/* SPDX-License-Identifier: Apache-2.0 */
/* Test help: a tree from a directory on disk, and a directory made from a table. */
#pragma once

#include "image/tree.h"

/* Walks @path; file contents are read from there. */
struct tree *fixture_tree(const char *path);
/* Makes the file @name (and its directories) below @root. */
void fixture_file(const char *root, const char *name, const void *data, size_t size_bytes,
		  unsigned int mode);
void fixture_text(const char *root, const char *name, const char *text, unsigned int mode);
void fixture_link(const char *root, const char *name, const char *target);
