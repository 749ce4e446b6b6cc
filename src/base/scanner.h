/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many byte strings looked for at once, in one pass over any bytes (Wu and Manber, "A fast
 * algorithm for multi-pattern searching", 1994): most positions are skipped by a table of the three
 * bytes at the end of a window as long as the shortest pattern: the longer that is, the faster.
 *
 * Linear whatever is read: of a pattern at most SCANNER_MAX_BYTES, from its middle, are compared,
 * so that one position costs at most that for each pattern that begins with the same bytes.
 *
 *     autoscanner struct scanner *scanner = scanner_new();
 *     scanner_add(scanner, "hunter2", 7, 0);
 *     scanner_scan(scanner, data, size, found, user);   // found(0, offset, user) for each place
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	SCANNER_MIN_BYTES = 6,  /* of a pattern; shorter ones are found everywhere */
	SCANNER_MAX_BYTES = 64, /* of a longer one its middle stands for it */
};

struct scanner;

struct scanner *scanner_new(void);
void scanner_free(struct scanner *scanner);
#define autoscanner __attribute__((cleanup(scanner_cleanup)))
void scanner_cleanup(struct scanner **scanner);

/* Adds a pattern of at least SCANNER_MIN_BYTES (a copy); @id is what scanner_scan tells of it, and
 * need not be unique. The same bytes with the same id count once. */
void scanner_add(struct scanner *scanner, const void *pattern, size_t size_bytes, guint id);

/* Whether there is nothing to look for. */
bool scanner_is_empty(const struct scanner *scanner);

/* Calls @found for each place of each pattern in @data, in the order of their windows' ends, until
 * it answers false; then answers false. The offset is that of the bytes that were compared. To scan
 * a stream, begin each block with the last SCANNER_MAX_BYTES - 1 bytes of the one before; what lies
 * there is then told twice. */
typedef bool (*scanner_found)(guint id, size_t offset, void *user);
bool scanner_scan(const struct scanner *scanner, const void *data, size_t size_bytes,
		  scanner_found found, void *user);
