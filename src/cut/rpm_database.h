/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files in which rpm keeps its headers, read from bytes that are not trusted: SQLite's
 * (sqlite.org/fileformat2.html), of which only the table `Packages` is looked at, and ndb's
 * (rpm, lib/backend/ndb/rpmpkg.c).
 *
 *     if (!rpm_sqlite_read(data, size, visit, user))     // not such a file, or damaged
 *
 * No SQL is run: a file from outside cannot bring views, triggers or collations along. As many
 * bytes are copied as the file has, at most: pages that are used twice are damage.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One package's header, borrowed for the call. */
typedef void (*rpm_visit)(const uint8_t *header, size_t size_bytes, void *user);

/* False where the file is not read to its end; what came before has been visited. */
bool rpm_sqlite_read(const uint8_t *data, size_t size_bytes, rpm_visit visit, void *user);
bool rpm_ndb_read(const uint8_t *data, size_t size_bytes, rpm_visit visit, void *user);
