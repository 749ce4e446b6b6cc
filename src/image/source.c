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
	const struct image_remote *remote; /* with @fetched; else NULL */
	struct remote_image *fetched;
};

static bool open_remote(struct image_source *source, const struct reference *reference,
			const struct image_remote *remote, int store_fd, GError **error)
{
	if (!remote)
		return error_set(error, THRESH_ERROR_INTERNAL,
				 "a registry's image cannot be had here: pull it first");
	source->remote = remote;
	source->fetched = remote->open(remote, reference, store_fd, error);
	return source->fetched != NULL;
}

struct image_source *source_open(const struct reference *reference,
				 const struct image_remote *remote, int store_fd, GError **error)
{
	autosource struct image_source *source = g_new0(struct image_source, 1);

	source->dir_fd = -1;
	source->blobs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	if (reference->transport == TRANSPORT_REGISTRY)
		return open_remote(source, reference, remote, store_fd, error)
			       ? g_steal_pointer(&source)
			       : NULL;
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
	if (source->fetched)
		source->remote->close(source->fetched);
	g_hash_table_unref(source->blobs);
	g_free(source);
}

void source_cleanup(struct image_source **source)
{
	source_free(*source);
}

bool source_is_remote(const struct image_source *source)
{
	return source->fetched != NULL;
}

bool source_has(const struct image_source *source, const char *name)
{
	struct stat status;

	if (source->fetched)
		return strcmp(name, "index.json") == 0;
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
	if (source->fetched) {
		error_set(error, THRESH_ERROR_INPUT, "%s: no such file at a registry", name);
		return -1;
	}
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

/* What a layout that holds this image alone would say. */
static GBytes *remote_index(const struct image_source *source)
{
	autojson json_t *index = json_pack("{s:i, s:s, s:[O]}", "schemaVersion", 2, "mediaType",
					   "application/vnd.oci.image.index.v1+json", "manifests",
					   (json_t *)source->remote->descriptor(source->fetched));
	char *text = json_format_canonical(index);

	return g_bytes_new_take(text, strlen(text));
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

/* The same of at most @max_bytes. */
static GBytes *read_bounded(int fd, uint64_t offset, uint64_t size_bytes, size_t max_bytes,
			    const char *name, GError **error)
{
	g_autofree char *quoted = error_quote(name);

	if (size_bytes > max_bytes) {
		error_set(error, THRESH_ERROR_INPUT, "%s: larger than %zu bytes", quoted,
			  max_bytes);
		return NULL;
	}
	return read_window(fd, offset, size_bytes, quoted, error);
}

GBytes *source_read_file(const struct image_source *source, const char *name, size_t max_bytes,
			 GError **error)
{
	uint64_t offset, size_bytes;
	autofd int fd = -1;

	if (source->fetched && strcmp(name, "index.json") == 0)
		return remote_index(source);
	fd = source_open_file(source, name, &offset, &size_bytes, error);
	return fd >= 0 ? read_bounded(fd, offset, size_bytes, max_bytes, name, error) : NULL;
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
	autofd int fd = -1;
	struct stat status;

	if (!source->fetched)
		return source_open_file(source, name, ret_offset, ret_size_bytes, error);
	fd = source->remote->open_blob(source->fetched, digest, error);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) < 0) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "%s", name);
		return -1;
	}
	*ret_offset = 0;
	*ret_size_bytes = (uint64_t)status.st_size;
	return fd_steal(&fd);
}

GBytes *source_read_blob(const struct image_source *source, const struct digest *digest,
			 int64_t size_bytes, size_t max_bytes, GError **error)
{
	g_autofree char *name = blob_name(source, digest);
	uint64_t offset, actual_bytes;
	autofd int fd = source_open_blob(source, digest, &offset, &actual_bytes, error);
	g_autoptr(GBytes) data =
		fd >= 0 ? read_bounded(fd, offset, actual_bytes, max_bytes, name, error) : NULL;
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

/* Referrers */

enum { REFERRERS_MAX = 1000 };

/* A descriptor of the manifest @json as a list of referrers has it (distribution-spec, "Listing
 * Referrers"): with the artifact's type and annotations. */
static json_t *referrer_descriptor(const json_t *entry, const json_t *json)
{
	json_t *descriptor = json_pack(
		"{s:O, s:O, s:O}", "mediaType", json_object_get(entry, "mediaType") ?: json_null(),
		"digest", json_object_get(entry, "digest"), "size", json_object_get(entry, "size"));
	const char *type = json_string_at(json, "artifactType");
	json_t *annotations = json_object_at(json, "annotations");

	if (!type)
		type = json_string_at(json_object_at(json, "config"), "mediaType");
	if (type)
		json_object_set_new(descriptor, "artifactType", json_string(type));
	if (annotations)
		json_object_set(descriptor, "annotations", annotations);
	return descriptor;
}

/* Appends the entry of an index where it is a manifest that refers to @subject. What cannot be read
 * refers to nothing. */
static void consider_referrer(const struct image_source *source, const json_t *entry,
			      const struct digest *subject, json_t *referrers)
{
	const char *text = json_string_at(entry, "digest");
	g_autoptr(GBytes) data = NULL;
	autojson json_t *json = NULL;
	struct digest digest;

	if (!text || !digest_parse(text, &digest, NULL))
		return;
	data = source_read_blob(source, &digest, json_integer_at(entry, "size", -1), JSON_MAX_BYTES,
				NULL);
	json = data ? json_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), "manifest",
				 NULL)
		    : NULL;
	text = json_string_at(json_object_at(json, "subject"), "digest");
	if (text && digest_parse(text, &digest, NULL) && digest_equal(&digest, subject))
		json_array_append_new(referrers, referrer_descriptor(entry, json));
}

static json_t *local_referrers(const struct image_source *source, const struct digest *subject,
			       GError **error)
{
	autojson json_t *index = NULL, *referrers = json_array();
	g_autoptr(GBytes) data = NULL;
	size_t i;
	json_t *entry;

	if (!source_has(source, "index.json")) /* a docker archive has no place for them */
		return g_steal_pointer(&referrers);
	data = source_read_file(source, "index.json", JSON_MAX_BYTES, error);
	index = data ? json_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data),
				  "index.json", error)
		     : NULL;
	if (!index)
		return NULL;
	json_array_foreach (json_array_at(index, "manifests"), i, entry)
		consider_referrer(source, entry, subject, referrers);
	return g_steal_pointer(&referrers);
}

json_t *source_referrers(const struct image_source *source, const struct digest *subject,
			 GError **error)
{
	autojson json_t *referrers =
		source->fetched ? source->remote->referrers(source->fetched, subject, error)
				: local_referrers(source, subject, error);

	if (referrers && json_array_size(referrers) > REFERRERS_MAX) {
		error_set(error, THRESH_ERROR_INPUT, "more than %d artifacts refer to one image",
			  REFERRERS_MAX);
		return NULL;
	}
	return g_steal_pointer(&referrers);
}
