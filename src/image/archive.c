/* SPDX-License-Identifier: Apache-2.0 */
#include "image/archive.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "image/tarreader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	ENTRIES_MAX = 100000,
	CHUNK_BYTES = 4096, /* most headers stand alone between two windows */
	LINKS_MAX = 8,
};

struct archive_entry {
	uint64_t offset_bytes;
	uint64_t size_bytes;
	char *link; /* the clean path of what a link points to, or NULL */
};

struct archive_index {
	int fd;
	char *path;
	uint64_t size_bytes;
	GHashTable *entries; /* clean path → struct archive_entry */
};

static void archive_entry_free(gpointer data)
{
	struct archive_entry *entry = data;

	g_free(entry->link);
	g_free(entry);
}

void archive_index_free(struct archive_index *archive)
{
	if (!archive)
		return;
	fd_cleanup(&archive->fd);
	g_free(archive->path);
	g_hash_table_unref(archive->entries);
	g_free(archive);
}

void archive_index_cleanup(struct archive_index **archive)
{
	archive_index_free(*archive);
}

struct file_source {
	int fd;
	uint64_t position;
	uint64_t size_bytes;
	uint8_t chunk[CHUNK_BYTES];
};

static bool file_next(void *user, const uint8_t **ret_data, size_t *ret_size_bytes, GError **error)
{
	struct file_source *file = user;
	ssize_t n;

	do
		n = pread(file->fd, file->chunk, sizeof(file->chunk), (off_t)file->position);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "read");
	file->position += (uint64_t)n;
	*ret_data = file->chunk;
	*ret_size_bytes = (size_t)n;
	return true;
}

static bool file_skip(void *user, uint64_t size_bytes, GError **error)
{
	struct file_source *file = user;

	if (size_bytes > file->size_bytes - MIN(file->position, file->size_bytes))
		return error_set(error, THRESH_ERROR_INPUT, "tar: truncated");
	file->position += size_bytes;
	return true;
}

/* A link as docker's older archives have for layers that are the same: `../ID/layer.tar`. */
static char *link_path(const struct tar_entry *entry, const char *path)
{
	g_autofree char *directory = path_parent(path);

	if (entry->type == '1')
		return path_clean(NULL, entry->link);
	return entry->type == '2' ? path_clean(directory, entry->link) : NULL;
}

static bool scan(struct archive_index *archive, struct file_source *file, GError **error)
{
	struct tar_source source = {.next = file_next, .skip = file_skip, .user = file};
	autotar struct tar_reader *reader = tar_reader_new(&source);
	const struct tar_entry *entry;
	int got;

	while ((got = tar_reader_next(reader, &entry, error)) > 0) {
		char *path = path_clean(NULL, entry->path);
		struct archive_entry *known;

		if (!strchr("012", entry->type) || entry->extents) {
			g_free(path);
			continue;
		}
		known = g_new0(struct archive_entry, 1);
		known->offset_bytes = entry->offset_bytes;
		known->size_bytes = entry->size_bytes;
		known->link = link_path(entry, path);
		g_hash_table_replace(archive->entries, path, known);
		if (g_hash_table_size(archive->entries) > ENTRIES_MAX)
			return error_set(error, THRESH_ERROR_INPUT, "more than %d files",
					 ENTRIES_MAX);
	}
	return got == 0;
}

static const char *compression_of(const uint8_t *start, size_t size)
{
	static const struct {
		const char *name, *magic;
		size_t size;
	} table[] = {
		{"gzip", "\x1f\x8b", 2},
		{"zstd", "\x28\xb5\x2f\xfd", 4},
		{"xz",
		 "\xfd"
		 "7zXZ",
		 5},
		{"bzip2", "BZh", 3},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		if (size >= table[i].size && memcmp(start, table[i].magic, table[i].size) == 0)
			return table[i].name;
	}
	return NULL;
}

static bool check_plain(struct file_source *file, GError **error)
{
	const uint8_t *start;
	size_t size;
	const char *compression;

	if (!file_next(file, &start, &size, error))
		return false;
	file->position = 0;
	compression = compression_of(start, size);
	if (compression)
		return error_set(error, THRESH_ERROR_INPUT,
				 "the archive is compressed with %s: decompress it first",
				 compression);
	return size > 0 || error_set(error, THRESH_ERROR_INPUT, "the archive is empty");
}

struct archive_index *archive_index_open(const char *path, GError **error)
{
	autoarchive struct archive_index *archive = g_new0(struct archive_index, 1);
	g_autofree struct file_source *file = g_new0(struct file_source, 1);
	g_autofree char *quoted = error_quote(path);
	struct stat status;

	archive->entries =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, archive_entry_free);
	archive->path = g_strdup(path);
	archive->fd = fd_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0, error);
	if (archive->fd < 0)
		return NULL;
	if (fstat(archive->fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		error_set(error, THRESH_ERROR_INPUT, "%s: not a regular file", quoted);
		return NULL;
	}
	archive->size_bytes = (uint64_t)status.st_size;
	file->fd = archive->fd;
	file->size_bytes = archive->size_bytes;
	if (!check_plain(file, error) || !scan(archive, file, error)) {
		g_prefix_error(error, "%s: ", quoted);
		return NULL;
	}
	return g_steal_pointer(&archive);
}

static const struct archive_entry *find_entry(const struct archive_index *archive, const char *name)
{
	g_autofree char *path = path_clean(NULL, name);
	const struct archive_entry *entry = g_hash_table_lookup(archive->entries, path);

	for (int links = 0; entry && entry->link; links++)
		entry = links < LINKS_MAX ? g_hash_table_lookup(archive->entries, entry->link)
					  : NULL;
	return entry;
}

bool archive_index_has(const struct archive_index *archive, const char *name)
{
	return find_entry(archive, name) != NULL;
}

int archive_index_window(const struct archive_index *archive, const char *name,
			 uint64_t *ret_offset, uint64_t *ret_size_bytes, GError **error)
{
	const struct archive_entry *entry = find_entry(archive, name);
	g_autofree char *quoted = error_quote(name);
	g_autofree char *self = g_strdup_printf("/proc/self/fd/%d", archive->fd);
	int fd;

	if (!entry) {
		error_set(error, THRESH_ERROR_INPUT, "%s: no such file in the archive", quoted);
		return -1;
	}
	if (entry->offset_bytes > archive->size_bytes ||
	    entry->size_bytes > archive->size_bytes - entry->offset_bytes) {
		error_set(error, THRESH_ERROR_INPUT, "%s: the archive is truncated", quoted);
		return -1;
	}
	fd = open(self, O_RDONLY | O_CLOEXEC); /* a file description of its own */
	if (fd < 0)
		fd = fcntl(archive->fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0 || lseek(fd, (off_t)entry->offset_bytes, SEEK_SET) < 0) {
		error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", quoted);
		fd_cleanup(&fd);
		return -1;
	}
	*ret_offset = entry->offset_bytes;
	*ret_size_bytes = entry->size_bytes;
	return fd;
}
