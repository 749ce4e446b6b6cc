/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates of one text, taken apart: what all of them have in common, and what differs between.
 * Each difference is decided by itself, so that what was seen of one variable holds whatever the
 * others are:
 *
 *     db://${HOST}:5432/main                  db://   ${HOST}   :   5432      /main
 *     db://localhost:${PORT}/main      →      db://   localhost :   ${PORT}   /main
 *     db://localhost:5432/main                db://   localhost :   5432      /main
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

struct segments {
	GPtrArray *fixed; /* char *: before, between and behind the gaps: one more than these */
	GPtrArray *gaps;  /* GPtrArray * of char *: of a gap, its text in each template */
};

/* Whether half of what either consists of is in both. */
bool segments_alike(const char *one, const char *other);

/* @templates: char *, each another. NULL: fewer than two things differ. Caller frees. */
struct segments *segments_of(const GPtrArray *templates);
void segments_free(struct segments *segments);
#define autosegments __attribute__((cleanup(segments_cleanup)))
void segments_cleanup(struct segments **segments);
