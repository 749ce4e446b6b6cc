/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the staging directory to the destination. Whatever needs room on the disk comes first; the
 * last step is one rename(2), so that a reader, a crash or a full disk sees the old state or the
 * new one.
 *
 * Two processes that add tags to one layout take turns by flock(2) on its directory.
 */
#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "base/sorted.h"
#include "image/tarwriter.h"
#include "image/writer_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define REF_NAME_ANNOTATION "org.opencontainers.image.ref.name"

static bool directory_is_empty(const char *path, GError **error, bool *ret_empty)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool empty = true;

	if (!dir)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", path);
	while (empty && (entry = readdir(dir)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			g_str_has_prefix(entry->d_name, ".thresh-image-");
	closedir(dir);
	*ret_empty = empty;
	return true;
}

json_t *layout_index_read(int dir_fd, GError **error)
{
	autofd int fd = openat(dir_fd, "index.json", O_RDONLY | O_CLOEXEC);
	g_autoptr(GBytes) data = NULL;
	autojson json_t *index = NULL;
	json_t *manifests;

	if (fd < 0 && errno == ENOENT)
		return json_pack("{s:i, s:s, s:[]}", "schemaVersion", 2, "mediaType",
				 "application/vnd.oci.image.index.v1+json", "manifests");
	if (fd < 0) {
		error_set_errno(error, THRESH_ERROR_INPUT, errno, "index.json");
		return NULL;
	}
	data = fd_read_all(fd, JSON_MAX_BYTES, "index.json", error);
	if (!data)
		return NULL;
	index = json_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), "index.json",
			   error);
	if (!index)
		return NULL;
	manifests = json_object_get(index, "manifests");
	if (!json_is_object(index) || (manifests && !json_is_array(manifests))) {
		error_set(error, THRESH_ERROR_INPUT, "index.json: not an OCI image index");
		return NULL;
	}
	if (!manifests)
		json_object_set_new(index, "manifests", json_array());
	return g_steal_pointer(&index);
}

static bool layout_check(const char *path, enum destination_state *ret_state, GError **error)
{
	g_autofree char *quoted = error_quote(path);
	autofd int fd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, error);
	autojson json_t *index = NULL;
	bool empty;

	if (fd < 0 || !directory_is_empty(path, error, &empty))
		return false;
	if (empty) {
		*ret_state = DESTINATION_ABSENT;
		return true;
	}
	if (faccessat(fd, "oci-layout", F_OK, 0) < 0)
		return error_set(error, THRESH_ERROR_INPUT,
				 "%s: exists and is not an OCI image layout; name a new directory",
				 quoted);
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", quoted);
	index = layout_index_read(fd, error);
	if (!index) {
		g_prefix_error(error, "%s: ", quoted);
		return false;
	}
	*ret_state = DESTINATION_LAYOUT;
	return true;
}

/* A file that is there is replaced only where it is an archive: a slip of the hand costs nothing.
 */
static bool archive_check(const char *path, enum destination_state *ret_state, GError **error)
{
	g_autofree char *quoted = error_quote(path);
	autofd int fd = fd_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0, error);
	char magic[5];
	struct stat status;

	if (fd < 0)
		return false;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return error_set(error, THRESH_ERROR_INPUT, "%s: exists and is not a regular file",
				 quoted);
	/* pax(1), "ustar Interchange Format": the magic at offset 257 */
	if (status.st_size > 0 && (pread(fd, magic, sizeof(magic), 257) != sizeof(magic) ||
				   memcmp(magic, "ustar", sizeof(magic)) != 0))
		return error_set(
			error, THRESH_ERROR_INPUT,
			"%s: exists and is not an image archive; remove it or name another file",
			quoted);
	*ret_state = DESTINATION_ARCHIVE;
	return true;
}

bool destination_check(const char *path, enum transport transport,
		       enum destination_state *ret_state, GError **error)
{
	struct stat status;
	g_autofree char *quoted = error_quote(path);

	if (lstat(path, &status) < 0) {
		if (errno != ENOENT)
			return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", quoted);
		*ret_state = DESTINATION_ABSENT;
		return true;
	}
	if (transport != TRANSPORT_OCI)
		return archive_check(path, ret_state, error);
	if (!S_ISDIR(status.st_mode))
		return error_set(error, THRESH_ERROR_INPUT, "%s: exists and is not a directory",
				 quoted);
	return layout_check(path, ret_state, error);
}

bool file_sync(int dir_fd, const char *name, GError **error)
{
	autofd int fd = fd_open(dir_fd, name, O_RDONLY, 0, error);

	if (fd < 0)
		return false;
	if (fsync(fd) < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s: sync", name);
	return true;
}

/* The staged blobs' names, sorted; NULL with @error. */
static GPtrArray *blob_names(const struct image_writer *writer, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	int fd = fd_open(writer->layout_fd, "blobs/sha256", O_RDONLY | O_DIRECTORY, 0, error);
	struct dirent *entry;
	DIR *dir;

	if (fd < 0)
		return NULL;
	dir = fdopendir(fd);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.')
			g_ptr_array_add(names, g_strdup(entry->d_name));
	}
	if (dir)
		closedir(dir);
	g_ptr_array_sort(names, text_compare);
	return g_steal_pointer(&names);
}

static bool sync_blobs(const struct image_writer *writer, const GPtrArray *names, GError **error)
{
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path = g_strdup_printf("blobs/sha256/%s", (char *)names->pdata[i]);

		if (!file_sync(writer->layout_fd, path, error))
			return false;
	}
	return file_sync(writer->layout_fd, "blobs/sha256", error);
}

static bool sync_parent(const char *path, GError **error)
{
	g_autofree char *parent = g_path_get_dirname(path);

	return file_sync(AT_FDCWD, parent, error);
}

/* Puts the entry in place of those with the same reference name; all else stays as it is. */
static void index_set(json_t *index, json_t *descriptor, const char *name)
{
	json_t *manifests = json_array_at(index, "manifests");

	for (size_t i = json_array_size(manifests); i-- > 0;) {
		json_t *annotations = json_object_at(json_array_get(manifests, i), "annotations");
		const char *other = json_string_at(annotations, REF_NAME_ANNOTATION);

		if (other && strcmp(other, name) == 0)
			json_array_remove(manifests, i);
	}
	json_array_append(manifests, descriptor);
}

/* Artifacts that refer to the image with that tag go with the image that they referred to. */
static void index_set_referrers(json_t *index, json_t *referrers, const char *name)
{
	json_t *manifests = json_array_at(index, "manifests");

	for (size_t i = json_array_size(manifests); i-- > 0;) {
		json_t *annotations = json_object_at(json_array_get(manifests, i), "annotations");
		const char *other = json_string_at(annotations, SUBJECT_TAG_ANNOTATION);

		if (other && strcmp(other, name) == 0)
			json_array_remove(manifests, i);
	}
	if (referrers)
		json_array_extend(manifests, referrers);
}

bool file_write_synced(int dir_fd, const char *name, const void *data, size_t size_bytes,
		       GError **error)
{
	autofd int fd = fd_open(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0666, error);

	if (fd < 0 || !fd_write_all(fd, data, size_bytes, error))
		return false;
	if (fsync(fd) < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s: sync", name);
	return true;
}

/* Moves the blobs into the layout; those that are new there are noted in @added. A blob that is
 * there is replaced by the same content: what was damaged is whole again. */
static bool move_blobs(const struct image_writer *writer, int dir_fd, const GPtrArray *names,
		       GPtrArray *added, GError **error)
{
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path = g_strdup_printf("blobs/sha256/%s", (char *)names->pdata[i]);
		bool is_new = faccessat(dir_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0;

		if (renameat(writer->layout_fd, path, dir_fd, path) < 0)
			return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", path);
		if (is_new)
			g_ptr_array_add(added, g_steal_pointer(&path));
	}
	return file_sync(dir_fd, "blobs/sha256", error);
}

/* With the lock held: everything that can fail for want of room, then the blobs, then the index. */
static bool merge_locked(const struct image_writer *writer, int dir_fd, const GPtrArray *names,
			 GPtrArray *added, GError **error)
{
	autojson json_t *index = layout_index_read(dir_fd, error);
	g_autofree char *text = NULL;

	if (!index)
		return false;
	index_set(index, writer->descriptor, writer->name);
	index_set_referrers(index, writer->referrers, writer->name);
	text = json_format_canonical(index);
	if (strlen(text) > JSON_MAX_BYTES)
		return error_set(error, THRESH_ERROR_INPUT, "index.json: above 4 MiB");
	if (!file_write_synced(writer->layout_fd, "index.json", text, strlen(text), error) ||
	    !fd_make_directories(dir_fd, "blobs/sha256", 0777, error) ||
	    !move_blobs(writer, dir_fd, names, added, error))
		return false;
	if (faccessat(dir_fd, "oci-layout", F_OK, 0) < 0 &&
	    renameat(writer->layout_fd, "oci-layout", dir_fd, "oci-layout") < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "oci-layout");
	if (renameat(writer->layout_fd, "index.json", dir_fd, "index.json") < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "index.json");
	return true;
}

static bool commit_merge(const struct image_writer *writer, const GPtrArray *names, GError **error)
{
	g_autoptr(GPtrArray) added = g_ptr_array_new_with_free_func(g_free);
	autofd int dir_fd =
		fd_open(AT_FDCWD, writer->destination, O_RDONLY | O_DIRECTORY, 0, error);

	if (dir_fd < 0)
		return false;
	while (flock(dir_fd, LOCK_EX) < 0) {
		if (errno != EINTR)
			return error_set_errno(error, THRESH_ERROR_INPUT, errno, "lock");
	}
	if (!merge_locked(writer, dir_fd, names, added, error)) {
		for (guint i = 0; i < added->len; i++)
			unlinkat(dir_fd, added->pdata[i], 0);
		return false;
	}
	return file_sync(dir_fd, ".", error);
}

/* A new layout appears by one rename. Where another process was faster, or the place cannot be
 * renamed over, it is filled instead. */
static bool commit_layout(const struct image_writer *writer, GError **error)
{
	g_autoptr(GPtrArray) names = blob_names(writer, error);
	g_autofree char *layout = path_join(writer->staging, "layout");
	enum destination_state state;

	if (!names || !sync_blobs(writer, names, error) ||
	    !destination_check(writer->destination, TRANSPORT_OCI, &state, error))
		return false;
	if (state == DESTINATION_ABSENT && !writer->inside) {
		if (!file_sync(writer->layout_fd, "index.json", error) ||
		    !file_sync(writer->layout_fd, "oci-layout", error) ||
		    !file_sync(writer->layout_fd, ".", error))
			return false;
		if (rename(layout, writer->destination) == 0)
			return sync_parent(writer->destination, error);
		if (errno != ENOTEMPTY && errno != EEXIST && errno != EBUSY)
			return error_set_errno(error, THRESH_ERROR_INPUT, errno, "rename");
		if (!destination_check(writer->destination, TRANSPORT_OCI, &state, error))
			return false;
	}
	return commit_merge(writer, names, error);
}

static bool put_member(struct blob *blob, const struct tar_entry *like, const char *name,
		       const void *data, uint64_t size_bytes, GError **error)
{
	struct tar_entry entry = *like;

	entry.name = name;
	entry.size_bytes = size_bytes;
	return tar_put_header(blob, &entry, error) &&
	       (!data || (blob_write(blob, data, size_bytes, error) &&
			  tar_put_padding(blob, size_bytes, error)));
}

/* Copies a staged file into the archive under @name. */
static bool put_staged(const struct image_writer *writer, struct blob *blob, const char *path,
		       const char *name, GError **error)
{
	const struct tar_entry like = {.type = TAR_FILE, .mode = 0644, .mtime = writer->epoch};
	autofd int fd = fd_open(writer->layout_fd, path, O_RDONLY, 0, error);
	struct stat status;
	uint64_t left;

	if (fd < 0)
		return false;
	if (fstat(fd, &status) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "%s", path);
	if (!put_member(blob, &like, name, NULL, (uint64_t)status.st_size, error))
		return false;
	for (left = (uint64_t)status.st_size; left > 0;) {
		size_t room;
		uint8_t *space = blob_space(blob, &room, error);
		ssize_t n = space ? read(fd, space, MIN(room, left)) : -1;

		if (!space)
			return false;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return error_set_errno(error, THRESH_ERROR_INTERNAL, n < 0 ? errno : EIO,
					       "%s", path);
		blob_advance(blob, (size_t)n);
		left -= (uint64_t)n;
	}
	return tar_put_padding(blob, (uint64_t)status.st_size, error);
}

/* The layout as a tar file: OCI image-spec image-layout.md. */
static bool put_oci_archive(const struct image_writer *writer, struct blob *blob, GError **error)
{
	const struct tar_entry directory = {
		.type = TAR_DIRECTORY, .mode = 0755, .mtime = writer->epoch};
	g_autoptr(GPtrArray) names = blob_names(writer, error);

	if (!names || !put_member(blob, &directory, "blobs", NULL, 0, error) ||
	    !put_member(blob, &directory, "blobs/sha256", NULL, 0, error))
		return false;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path = g_strdup_printf("blobs/sha256/%s", (char *)names->pdata[i]);

		if (!put_staged(writer, blob, path, path, error))
			return false;
	}
	return put_staged(writer, blob, "index.json", "index.json", error) &&
	       put_staged(writer, blob, "oci-layout", "oci-layout", error) &&
	       tar_put_end(blob, error);
}

/* What `docker save` writes (moby, image/spec/v1.2.md "Combined Image JSON + Filesystem Changeset
 * Format"): config, layers, and manifest.json that names them. */
static bool put_docker_archive(const struct image_writer *writer, struct blob *blob, GError **error)
{
	const struct tar_entry file = {.type = TAR_FILE, .mode = 0644, .mtime = writer->epoch};
	g_autoptr(GHashTable) put = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	autojson json_t *manifest = NULL;
	g_autofree char *text = NULL, *config_path = NULL, *config_name = NULL;
	json_t *layers = json_array();
	char hex[DIGEST_HEX_BYTES];

	digest_format_hex(&writer->config_digest, hex);
	config_path = g_strdup_printf("blobs/sha256/%s", hex);
	config_name = g_strdup_printf("%s.json", hex);
	manifest = json_pack("[{s:s, s:o, s:o}]", "Config", config_name, "RepoTags",
			     writer->name ? json_pack("[s]", writer->name) : json_null(), "Layers",
			     layers);
	for (guint i = 0; i < writer->layer_names->len; i++) {
		g_autofree char *path = NULL, *name = NULL;

		if (!writer->layers[i].present)
			continue;
		digest_format_hex(&writer->layers[i].facts.digest, hex);
		path = g_strdup_printf("blobs/sha256/%s", hex);
		name = g_strdup_printf("%s.tar", hex);
		json_array_append_new(layers, json_string(name));
		if (!g_hash_table_add(put, g_strdup(name)))
			continue;
		if (!put_staged(writer, blob, path, name, error))
			return false;
	}
	text = json_format_canonical(manifest);
	return put_staged(writer, blob, config_path, config_name, error) &&
	       put_member(blob, &file, "manifest.json", text, strlen(text), error) &&
	       tar_put_end(blob, error);
}

static bool commit_archive(const struct image_writer *writer, GError **error)
{
	autofd int fd =
		fd_open(writer->staging_fd, "archive", O_WRONLY | O_CREAT | O_TRUNC, 0666, error);
	autoblob struct blob *blob = NULL;
	enum destination_state state;
	struct blob_facts facts;
	bool ok;

	if (fd < 0)
		return false;
	blob = blob_new(fd, COMPRESSION_NONE);
	ok = writer->transport == TRANSPORT_OCI_ARCHIVE ? put_oci_archive(writer, blob, error)
							: put_docker_archive(writer, blob, error);
	if (!ok || !blob_finish(blob, &facts, error) ||
	    !destination_check(writer->destination, writer->transport, &state, error))
		return false;
	if (fsync(fd) < 0 ||
	    renameat(writer->staging_fd, "archive", AT_FDCWD, writer->destination) < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "rename");
	return sync_parent(writer->destination, error);
}

/* What is staged is a layout: it is sent as one. */
static bool commit_registry(const struct image_writer *writer, GError **error)
{
	g_autofree char *layout = path_join(writer->staging, "layout");
	const struct bundle_options options = {
		.all_platforms = true, .limits = &image_limits_default, .store_fd = -1};
	autobundle struct bundle *bundle = bundle_open(layout, &options, error);

	return bundle && writer->remote->send(writer->remote, &writer->reference, bundle, error);
}

bool image_writer_commit(struct image_writer *writer, GError **error)
{
	bool ok;

	if (!writer->staged)
		return error_set(error, THRESH_ERROR_INTERNAL, "%s: nothing was staged",
				 writer->destination);
	if (writer->transport == TRANSPORT_REGISTRY)
		ok = commit_registry(writer, error);
	else
		ok = writer->transport == TRANSPORT_OCI ? commit_layout(writer, error)
							: commit_archive(writer, error);
	if (!ok)
		g_prefix_error(error, "writing %s: ", writer->destination);
	writer->staged = false; /* the blobs have been moved, or the state is not known */
	return ok;
}
