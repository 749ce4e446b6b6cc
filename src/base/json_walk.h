/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON texts that are too large to be parsed for the little of them that is wanted: where their
 * values begin and end, found in one pass, without memory of its own.
 *
 *     struct json_walk walk;
 *     json_walk_init(&walk, data, size_bytes);
 *     while (json_walk_next(&walk, &value, error))            // texts one after the other
 *             json_walk_each(&value, element, user, error);   // members or elements of one
 *
 * What is passed over is looked at for strings and brackets alone; what is wanted of it goes
 * through json_parse, which sees everything. Brackets may be nested JSON_WALK_DEPTH_MAX deep.
 */
#pragma once

#include "base/json.h"

enum { JSON_WALK_DEPTH_MAX = 64 };

/* A piece of the text, borrowed; without the white space around it. */
struct json_span {
	const char *text;
	size_t size_bytes;
	size_t offset; /* in the whole text, for messages */
};

struct json_walk {
	const char *start, *at, *end;
};

/* UTF-8 and no NUL, which is what may be walked; errors give the offset. */
bool json_walk_init(struct json_walk *walk, const void *data, size_t size_bytes, GError **error);

/* The next value; false without an error at the end. */
bool json_walk_next(struct json_walk *walk, struct json_span *ret_value, GError **error);

/* Calls @each for each member of an object (with its key, unescaped) or element of an array (@key
 * NULL); false as soon as that answers false, having set @error. A value that is neither has none.
 */
typedef bool (*json_walk_visit)(const char *key, const struct json_span *value, void *user,
				GError **error);
bool json_walk_each(const struct json_span *container, json_walk_visit each, void *user,
		    GError **error);
