/* SPDX-License-Identifier: Apache-2.0 */
#include "image/source.h"

#include "base/error.h"
#include "base/fd.h"
#include "image/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct image_source {
	int dir_fd; /* a layout, or -1 */
	struct archive_index *archive;
	GHashTable *blobs; /* "sha256:…" → file name, for blobs that lie elsewhere */
};

struct image_source *source_open(const struct reference *reference, GError **error)
{
	autosource struct image_source *source = g_new0(struct image_source, 1);

	source->dir_fd = -1;
	source->blobs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (reference->transport == TRANSPORT_OCI) {
		source->dir_fd =
			fd_open(AT_FDCWD, reference->path, O_RDONLY | O_DIRECTORY, 0, error);
		return source->dir_fd >= 0 ? g_steal_pointer(&source) : NULL;
	}
	source->archive = archive_index_open(reference->path, error);
	return source->archive ? g_steal_pointer(&source) : NULL;
}

void source_free(struct image_source *source)
{
	if (!source)
		return;
	fd_cleanup(&source->dir_fd);
	archive_index_free(source->archive);
	g_hash_table_unref(source->blobs);
	g_free(source);
}

void source_cleanup(struct image_source **source)
{
	source_free(*source);
}

bool source_has(const struct image_source *source, const char *name)
{
	struct stat status;

	if (source->archive)
		return archive_index_has(source->archive, name);
	return fstatat(source->dir_fd, name, &status, 0) == 0;
}

int source_open_file(const struct image_source *source, const char *name, uint64_t *ret_offset,
		     uint64_t *ret_size_bytes, GError **error)
{
	autofd int fd = -1;
	struct stat status;

	if (source->archive)
		return archive_index_window(source->archive, name, ret_offset, ret_size_bytes,
					    error);
	/* O_NONBLOCK: a fifo in place of a blob would wait for ever. */
	fd = fd_open_beneath(source->dir_fd, name, O_RDONLY | O_NONBLOCK, 0, error);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		error_set(error, THRESH_ERROR_INPUT, "%s: not a regular file", name);
		return -1;
	}
	*ret_offset = 0;
	*ret_size_bytes = (uint64_t)status.st_size;
	return fd_steal(&fd);
}

static GBytes *read_window(int fd, uint64_t offset, uint64_t size_bytes, const char *what,
			   GError **error)
{
	g_autofree uint8_t *data = g_malloc(size_bytes);
	uint64_t got = 0;

	while (got < size_bytes) {
		ssize_t n = pread(fd, data + got, size_bytes - got, (off_t)(offset + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			error_set_errno(error, THRESH_ERROR_INPUT, n < 0 ? errno : EIO, "%s", what);
			return NULL;
		}
		got += (uint64_t)n;
	}
	return g_bytes_new_take(g_steal_pointer(&data), size_bytes);
}

GBytes *source_read_file(const struct image_source *source, const char *name, size_t max_bytes,
			 GError **error)
{
	g_autofree char *quoted = error_quote(name);
	uint64_t offset, size_bytes;
	autofd int fd = source_open_file(source, name, &offset, &size_bytes, error);

	if (fd < 0)
		return NULL;
	if (size_bytes > max_bytes) {
		error_set(error, THRESH_ERROR_INPUT, "%s: larger than %zu bytes", quoted,
			  max_bytes);
		return NULL;
	}
	return read_window(fd, offset, size_bytes, quoted, error);
}

void source_add_blob(struct image_source *source, const struct digest *digest, const char *name)
{
	char text[DIGEST_TEXT_BYTES];

	digest_format(digest, text);
	g_hash_table_replace(source->blobs, g_strdup(text), g_strdup(name));
}

static char *blob_name(const struct image_source *source, const struct digest *digest)
{
	char text[DIGEST_TEXT_BYTES];
	const char *name;

	digest_format(digest, text);
	name = g_hash_table_lookup(source->blobs, text);
	return name ? g_strdup(name) : g_strconcat("blobs/sha256/", text + 7, NULL);
}

int source_open_blob(const struct image_source *source, const struct digest *digest,
		     uint64_t *ret_offset, uint64_t *ret_size_bytes, GError **error)
{
	g_autofree char *name = blob_name(source, digest);

	return source_open_file(source, name, ret_offset, ret_size_bytes, error);
}

GBytes *source_read_blob(const struct image_source *source, const struct digest *digest,
			 int64_t size_bytes, size_t max_bytes, GError **error)
{
	g_autofree char *name = blob_name(source, digest);
	g_autoptr(GBytes) data = source_read_file(source, name, max_bytes, error);
	char want[DIGEST_TEXT_BYTES], got[DIGEST_TEXT_BYTES];
	struct digest actual;

	if (!data)
		return NULL;
	digest_format(digest, want);
	digest_of(g_bytes_get_data(data, NULL), g_bytes_get_size(data), &actual);
	if (!digest_equal(&actual, digest)) {
		digest_format(&actual, got);
		error_set(error, THRESH_ERROR_INPUT, "digest mismatch (want %s, got %s)", want,
			  got);
		return NULL;
	}
	if (size_bytes >= 0 && (uint64_t)size_bytes != g_bytes_get_size(data)) {
		error_set(error, THRESH_ERROR_INPUT,
			  "%s: size mismatch (want %" G_GINT64_FORMAT ", got %zu)", want,
			  size_bytes, g_bytes_get_size(data));
		return NULL;
	}
	return g_steal_pointer(&data);
}
