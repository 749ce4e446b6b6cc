/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shells and package managers, known by what they contain, wherever they lie and whatever they are
 * called: a copy of dash named `launcher` is a shell. Links to them are too.
 *
 *     enum program_kind kind = programs_kind(programs, node);
 */
#pragma once

#include "cut/packages.h"
#include "image/tree.h"

#include <glib.h>
#include <stdbool.h>

enum program_kind {
	PROGRAM_OTHER,
	PROGRAM_SHELL,
	PROGRAM_MULTICALL, /* busybox, toybox: a shell and hundreds of tools in one file */
	PROGRAM_PACKAGE_MANAGER,
};

struct programs; /* opaque; answers are remembered by content digest */

/* Finds the shells and package managers among the executable files of @tree, what packages of
 * package managers install beside them, and the languages' own. Both arguments outlive the answer.
 */
struct programs *programs_find(const struct tree *tree, const struct package_db *packages);
void programs_free(struct programs *programs);

/* The kind of @node; a symlink is of its target's kind. A file without execute bits is looked into
 * when it is asked for. */
enum program_kind programs_kind(struct programs *programs, const struct node *node);

/* The same from what was looked into already: PROGRAM_OTHER for the rest. */
enum program_kind programs_known_kind(const struct programs *programs, const struct node *node);

/* The kind that the content @data shows. Pure. */
enum program_kind program_identify(const void *data, size_t size_bytes);

/* Whether @node belongs to a package manager without being one: data and helpers of the packages
 * that hold one. These go unless the application used them. */
bool programs_accompanies(const struct programs *programs, const struct node *node);
