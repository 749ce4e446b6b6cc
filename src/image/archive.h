/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tar file read in place: the headers are read once, content is a window into the file.
 *
 *     autoarchive struct archive_index *archive = archive_index_open("app.tar", error);
 *     int fd = archive_index_window(archive, "index.json", &offset, &size, error);
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct archive_index;

/* A compressed file, or what is no tar, is an error that says so. */
struct archive_index *archive_index_open(const char *path, GError **error);
void archive_index_free(struct archive_index *archive);
#define autoarchive __attribute__((cleanup(archive_index_cleanup)))
void archive_index_cleanup(struct archive_index **archive);

bool archive_index_has(const struct archive_index *archive, const char *name);

/* A new descriptor of the file and the window of the entry; links inside the archive are followed.
 * -1 with @error. */
int archive_index_window(const struct archive_index *archive, const char *name,
			 uint64_t *ret_offset, uint64_t *ret_size_bytes, GError **error);
