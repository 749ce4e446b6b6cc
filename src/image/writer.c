/* SPDX-License-Identifier: Apache-2.0 */
#include "image/writer.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "image/writer_internal.h"
#include "image/writer_layer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAGING_PREFIX      ".thresh-image-"
#define LAYER_MEDIA_TYPE    "application/vnd.oci.image.layer.v1.tar"
#define CONFIG_MEDIA_TYPE   "application/vnd.oci.image.config.v1+json"
#define MANIFEST_MEDIA_TYPE "application/vnd.oci.image.manifest.v1+json"
#define INDEX_MEDIA_TYPE    "application/vnd.oci.image.index.v1+json"
#define REF_NAME_ANNOTATION "org.opencontainers.image.ref.name"

/* The last second of the year 9999: RFC 3339 has four digits for a year. */
static const int64_t epoch_max = 253402300799;

/* OCI image-spec annotations.md, "org.opencontainers.image.ref.name", and distribution-spec's tags
 */
#define DOCKER_TAG_PATTERN "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$"
/* github.com/distribution/reference: [DOMAIN[:PORT]/]PATH[:TAG] */
#define DOCKER_NAME_PATTERN                                                                        \
	"^([A-Za-z0-9.-]+(:[0-9]+)?/)?[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*"                           \
	"(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$"

static bool matches(const char *pattern, const char *text)
{
	return g_regex_match_simple(pattern, text, G_REGEX_DOLLAR_ENDONLY, 0);
}

/* Letters and digits in groups, one separator (or "--") between two. */
static bool tag_is_valid(const char *tag)
{
	bool after_separator = true;

	if (strlen(tag) > 255)
		return false;
	if (matches(DOCKER_TAG_PATTERN, tag))
		return true;
	for (const char *p = tag; *p; p++) {
		if (g_ascii_isalnum(*p)) {
			after_separator = false;
			continue;
		}
		if (after_separator || !strchr("-._:@+/", *p))
			return false;
		if (p[0] == '-' && p[1] == '-')
			p++;
		after_separator = true;
	}
	return !after_separator;
}

/* The name as it will stand in the image; "latest" where the user gave none. */
static bool choose_name(struct image_writer *writer, const char *name, GError **error)
{
	g_autofree char *quoted = error_quote(name ?: "");

	if (writer->transport != TRANSPORT_DOCKER_ARCHIVE) {
		if (name && !tag_is_valid(name))
			return error_set(
				error, THRESH_ERROR_USAGE,
				"%s: not a tag (letters and digits, with - . _ between them)",
				quoted);
		writer->name = g_strdup(name ?: "latest");
		return true;
	}
	if (name && !matches(DOCKER_NAME_PATTERN, name))
		return error_set(error, THRESH_ERROR_USAGE,
				 "%s: not an image name (NAME:TAG, lower case)", quoted);
	if (name)
		writer->name = strchr(path_name(name), ':') ? g_strdup(name)
							    : g_strconcat(name, ":latest", NULL);
	return true;
}

/* Resolves links, so that what is replaced is what the user means; the parent must exist. */
static char *resolve_destination(const char *path, GError **error)
{
	g_autofree char *whole = realpath(path, NULL);
	g_autofree char *stripped = g_strdup(path);
	g_autofree char *parent = NULL, *base = NULL, *resolved = NULL;
	size_t length = strlen(stripped);

	if (whole)
		return g_steal_pointer(&whole);
	while (length > 1 && stripped[length - 1] == '/')
		stripped[--length] = '\0';
	parent = g_path_get_dirname(stripped);
	base = g_path_get_basename(stripped);
	resolved = realpath(parent, NULL);
	if (!resolved) {
		error_set_errno(error, THRESH_ERROR_INPUT, errno,
				"%s: the directory that is to hold the image", parent);
		return NULL;
	}
	return path_join(resolved, base);
}

/* Beside the destination, or inside it where its parent is another file system or not ours to
 * write: moving blobs must be a rename. */
static char *choose_staging_parent(struct image_writer *writer, enum destination_state state)
{
	g_autofree char *parent = g_path_get_dirname(writer->destination);
	struct stat own, above;

	if (writer->transport != TRANSPORT_OCI || stat(writer->destination, &own) < 0 ||
	    stat(parent, &above) < 0)
		return g_steal_pointer(&parent);
	if (own.st_dev == above.st_dev &&
	    (state == DESTINATION_ABSENT || access(parent, W_OK | X_OK) == 0))
		return g_steal_pointer(&parent);
	writer->inside = true;
	return g_strdup(writer->destination);
}

static bool make_staging(struct image_writer *writer, enum destination_state state, GError **error)
{
	g_autofree char *parent = writer->transport == TRANSPORT_REGISTRY
					  ? writer->remote->staging(writer->remote, error)
					  : choose_staging_parent(writer, state);

	if (!parent)
		return false;
	writer->staging = cleanup_directory(parent, STAGING_PREFIX, &writer->staging_fd, error);
	if (!writer->staging) {
		g_prefix_error(error, "nothing can be written there: ");
		return false;
	}
	if (!fd_make_directories(writer->staging_fd, "layout/blobs/sha256", 0777, error))
		return false;
	writer->layout_fd = fd_open(writer->staging_fd, "layout", O_RDONLY | O_DIRECTORY, 0, error);
	return writer->layout_fd >= 0;
}

static bool check_registry(const struct image_writer *writer, GError **error)
{
	const char *name = writer->reference.name;

	if (name && name[0] == '@')
		return error_set(error, THRESH_ERROR_USAGE,
				 "a destination is named by a tag, not by a digest");
	if (!writer->remote)
		return error_set(error, THRESH_ERROR_INTERNAL, "no client for registries");
	return writer->remote->check(writer->remote, &writer->reference, error);
}

static bool choose_destination(struct image_writer *writer, enum destination_state *ret_state,
			       GError **error)
{
	if (writer->transport == TRANSPORT_REGISTRY) {
		*ret_state = DESTINATION_ABSENT;
		writer->destination = reference_format(&writer->reference);
		return check_registry(writer, error) &&
		       choose_name(writer, writer->reference.name, error);
	}
	writer->destination = resolve_destination(writer->reference.path, error);
	return writer->destination && choose_name(writer, writer->reference.name, error) &&
	       destination_check(writer->destination, writer->transport, ret_state, error);
}

static bool prepare(struct image_writer *writer, const char *reference, GError **error)
{
	enum destination_state state;

	if (writer->epoch < 0 || writer->epoch > epoch_max)
		return error_set(error, THRESH_ERROR_USAGE,
				 "SOURCE_DATE_EPOCH %" G_GINT64_FORMAT
				 ": not in the years 1970 to 9999",
				 writer->epoch);
	if (!reference_parse(reference, &writer->reference, error))
		return false;
	writer->transport = writer->reference.transport;
	return choose_destination(writer, &state, error) && make_staging(writer, state, error);
}

struct image_writer *image_writer_new(const char *reference,
				      const struct image_writer_options *options, GError **error)
{
	autowriter struct image_writer *writer = g_new0(struct image_writer, 1);

	writer->staging_fd = writer->layout_fd = -1;
	writer->remote = options->remote;
	writer->compression = options->compression;
	writer->epoch = options->epoch;
	writer->layer_names = g_ptr_array_new_with_free_func(g_free);
	for (const char *const *name = options->layer_names; *name; name++)
		g_ptr_array_add(writer->layer_names, g_strdup(*name));
	writer->layers = g_new0(struct staged_layer, writer->layer_names->len);
	if (!prepare(writer, reference, error)) {
		g_autofree char *quoted = error_quote(reference);

		g_prefix_error(error, "%s: ", quoted);
		return NULL;
	}
	/* `docker save` has plain layers, and docker's own reader is happiest with them. */
	if (writer->transport == TRANSPORT_DOCKER_ARCHIVE)
		writer->compression = COMPRESSION_NONE;
	return g_steal_pointer(&writer);
}

void image_writer_free(struct image_writer *writer)
{
	if (!writer)
		return;
	fd_cleanup(&writer->layout_fd);
	if (writer->staging)
		cleanup_directory_remove(writer->staging, &writer->staging_fd);
	fd_cleanup(&writer->staging_fd);
	if (writer->layer_names)
		g_ptr_array_unref(writer->layer_names);
	json_decref(writer->descriptor);
	json_decref(writer->referrers);
	reference_clear(&writer->reference);
	g_free(writer->layers);
	g_free(writer->staging);
	g_free(writer->destination);
	g_free(writer->name);
	g_free(writer);
}

void image_writer_cleanup(struct image_writer **writer)
{
	image_writer_free(*writer);
}

static char *blob_path(const struct digest *digest)
{
	char hex[DIGEST_HEX_BYTES];

	digest_format_hex(digest, hex);
	return g_strdup_printf("blobs/sha256/%s", hex);
}

json_t *descriptor_new(const char *media_type, const struct digest *digest, uint64_t size_bytes)
{
	char text[DIGEST_TEXT_BYTES];

	digest_format(digest, text);
	return json_pack("{s:s, s:s, s:I}", "mediaType", media_type, "digest", text, "size",
			 (json_int_t)size_bytes);
}

/* Writes the layer under a temporary name, then moves it to its digest. */
static bool write_layer(struct image_writer *writer, const struct layer_plan *plan, uint32_t index,
			const struct tree *source, GError **error)
{
	autoblob struct blob *blob = NULL;
	struct blob_facts facts;
	g_autofree char *path = NULL;
	autofd int fd =
		fd_open(writer->layout_fd, "layer", O_WRONLY | O_CREAT | O_TRUNC, 0666, error);

	if (fd < 0)
		return false;
	blob = blob_new(fd, writer->compression);
	if (!layer_plan_write(plan, index, source, writer->epoch, blob, error) ||
	    !blob_finish(blob, &facts, error))
		return false;
	/* Lets the disk begin now: the fsync of the commit comes after the replay. */
	sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	path = blob_path(&facts.digest);
	if (renameat(writer->layout_fd, "layer", writer->layout_fd, path) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "%s", path);
	writer->layers[index].facts = facts;
	return true;
}

static bool stage_layer(struct image_writer *writer, const struct layer_plan *plan, uint32_t index,
			const struct tree *source, GError **error)
{
	struct staged_layer *layer = &writer->layers[index];
	struct digest fingerprint;

	if (!layer_plan_has(plan, index)) {
		layer->present = false;
		return true;
	}
	if (!layer_plan_fingerprint(plan, index, writer->epoch, &fingerprint, error))
		return false;
	if (layer->present && digest_equal(&layer->fingerprint, &fingerprint))
		return true;
	layer->present = false;
	if (!write_layer(writer, plan, index, source, error))
		return false;
	layer->fingerprint = fingerprint;
	layer->present = true;
	return true;
}

static bool stage_layers(struct image_writer *writer, const struct tree *production,
			 const struct tree *source, GError **error)
{
	autoplan struct layer_plan *plan =
		layer_plan_new(production, writer->layer_names->len, error);

	if (!plan)
		return false;
	for (uint32_t i = 0; i < writer->layer_names->len; i++) {
		if (!stage_layer(writer, plan, i, source, error)) {
			g_prefix_error(error, "layer %u: ", i);
			return false;
		}
	}
	return true;
}

bool write_blob(struct image_writer *writer, const void *data, size_t size_bytes,
		struct digest *ret_digest, GError **error)
{
	g_autofree char *path = NULL;
	autofd int fd = -1;

	digest_of(data, size_bytes, ret_digest);
	path = blob_path(ret_digest);
	fd = fd_open(writer->layout_fd, path, O_WRONLY | O_CREAT | O_TRUNC, 0666, error);
	return fd >= 0 && fd_write_all(fd, data, size_bytes, error);
}

static bool write_json_blob(struct image_writer *writer, const json_t *json,
			    struct digest *ret_digest, uint64_t *ret_size_bytes, GError **error)
{
	g_autofree char *text = json_format_canonical(json);

	*ret_size_bytes = strlen(text);
	return write_blob(writer, text, strlen(text), ret_digest, error);
}

/* OCI image-spec config.md: `created`, `rootfs` and `history` describe the layers; the rest is the
 * caller's. */
static json_t *config_document(const struct image_writer *writer, const json_t *config)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(writer->epoch);
	g_autofree char *created = g_date_time_format(time, "%Y-%m-%dT%H:%M:%SZ");
	json_t *document = json_deep_copy(config);
	json_t *diff_ids = json_array(), *history = json_array();

	for (guint i = 0; i < writer->layer_names->len; i++) {
		char text[DIGEST_TEXT_BYTES];

		if (!writer->layers[i].present)
			continue;
		digest_format(&writer->layers[i].facts.plain, text);
		json_array_append_new(diff_ids, json_string(text));
		json_array_append_new(history,
				      json_pack("{s:s, s:s, s:o}", "created", created, "created_by",
						"thresh", "comment",
						json_from_text(writer->layer_names->pdata[i])));
	}
	json_object_set_new(document, "created", json_string(created));
	json_object_set_new(document, "rootfs",
			    json_pack("{s:s, s:o}", "type", "layers", "diff_ids", diff_ids));
	json_object_set_new(document, "history", history);
	return document;
}

static const char *layer_media_type(enum compression compression)
{
	switch (compression) {
	case COMPRESSION_GZIP:
		return LAYER_MEDIA_TYPE "+gzip";
	case COMPRESSION_ZSTD:
		return LAYER_MEDIA_TYPE "+zstd";
	default:
		return LAYER_MEDIA_TYPE;
	}
}

/* OCI image-spec manifest.md. Takes @config_descriptor. */
static json_t *manifest_document(const struct image_writer *writer, json_t *config_descriptor,
				 const json_t *annotations)
{
	json_t *layers = json_array();
	json_t *manifest =
		json_pack("{s:i, s:s, s:o, s:o}", "schemaVersion", 2, "mediaType",
			  MANIFEST_MEDIA_TYPE, "config", config_descriptor, "layers", layers);

	for (guint i = 0; i < writer->layer_names->len; i++) {
		const struct staged_layer *layer = &writer->layers[i];

		if (layer->present)
			json_array_append_new(layers,
					      descriptor_new(layer_media_type(writer->compression),
							     &layer->facts.digest,
							     layer->facts.size_bytes));
	}
	if (json_object_size(annotations) > 0)
		json_object_set_new(manifest, "annotations", json_deep_copy(annotations));
	return manifest;
}

/* The entry of index.json. Takes @descriptor. */
static json_t *index_entry(const struct image_writer *writer, json_t *descriptor,
			   const json_t *config)
{
	static const char *const members[] = {"architecture", "os", "variant"};
	json_t *platform = json_object();

	for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
		json_t *value = json_object_get(config, members[i]);

		if (json_is_string(value))
			json_object_set(platform, members[i], value);
	}
	json_object_set_new(descriptor, "platform", platform);
	if (writer->name)
		json_object_set_new(descriptor, "annotations",
				    json_pack("{s:s}", REF_NAME_ANNOTATION, writer->name));
	return descriptor;
}

bool write_text(const struct image_writer *writer, const char *name, const json_t *json,
		GError **error)
{
	g_autofree char *text = json_format_canonical(json);
	autofd int fd = fd_open(writer->layout_fd, name, O_WRONLY | O_CREAT | O_TRUNC, 0666, error);

	return fd >= 0 && fd_write_all(fd, text, strlen(text), error);
}

bool write_index(const struct image_writer *writer, GError **error)
{
	json_t *manifests = json_pack("[O]", writer->descriptor);
	autojson json_t *index = json_pack("{s:i, s:s, s:o}", "schemaVersion", 2, "mediaType",
					   INDEX_MEDIA_TYPE, "manifests", manifests);

	if (writer->referrers)
		json_array_extend(manifests, writer->referrers);
	return write_text(writer, "index.json", index, error);
}

static bool stage_documents(struct image_writer *writer, const json_t *config,
			    const json_t *annotations, GError **error)
{
	autojson json_t *document = config_document(writer, config);
	autojson json_t *manifest = NULL;
	autojson json_t *layout = json_pack("{s:s}", "imageLayoutVersion", "1.0.0");
	uint64_t size_bytes;

	if (!write_json_blob(writer, document, &writer->config_digest, &size_bytes, error))
		return false;
	manifest = manifest_document(
		writer, descriptor_new(CONFIG_MEDIA_TYPE, &writer->config_digest, size_bytes),
		annotations);
	if (!write_json_blob(writer, manifest, &writer->manifest_digest, &size_bytes, error))
		return false;
	json_decref(writer->descriptor);
	writer->descriptor = index_entry(
		writer, descriptor_new(MANIFEST_MEDIA_TYPE, &writer->manifest_digest, size_bytes),
		config);
	g_clear_pointer(&writer->referrers, json_decref);
	return write_index(writer, error) && write_text(writer, "oci-layout", layout, error);
}

/* Removes blobs of earlier rounds: what is committed is this round alone. */
static bool drop_unused(struct image_writer *writer, GError **error)
{
	g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	int fd = fd_open(writer->layout_fd, "blobs/sha256", O_RDONLY | O_DIRECTORY, 0, error);
	struct dirent *entry;
	DIR *dir;

	if (fd < 0)
		return false;
	g_hash_table_add(used, blob_path(&writer->config_digest));
	g_hash_table_add(used, blob_path(&writer->manifest_digest));
	for (guint i = 0; i < writer->layer_names->len; i++) {
		if (writer->layers[i].present)
			g_hash_table_add(used, blob_path(&writer->layers[i].facts.digest));
	}
	dir = fdopendir(fd);
	while (dir && (entry = readdir(dir))) {
		g_autofree char *path = g_strdup_printf("blobs/sha256/%s", entry->d_name);

		if (entry->d_name[0] != '.' && !g_hash_table_contains(used, path))
			unlinkat(writer->layout_fd, path, 0);
	}
	if (dir)
		closedir(dir);
	else
		close(fd);
	return true;
}

bool image_writer_stage(struct image_writer *writer, const struct tree *production,
			const struct tree *source, const json_t *config, const json_t *annotations,
			GError **error)
{
	writer->staged = false;
	if (!stage_layers(writer, production, source, error) ||
	    !stage_documents(writer, config, annotations, error) || !drop_unused(writer, error)) {
		g_prefix_error(error, "writing %s: ", writer->destination);
		return false;
	}
	writer->staged = true;
	return true;
}

struct image *image_writer_open(const struct image_writer *writer, GError **error)
{
	/* Without a transport: the path may hold a colon, and is then taken whole. */
	g_autofree char *path = path_join(writer->staging, "layout");
	json_t *described = json_object_at(writer->descriptor, "platform");
	/* What was asked for, not what this host is: it may be cut for another machine. */
	const struct platform platform = {
		.os = (char *)json_string_at(described, "os"),
		.architecture = (char *)json_string_at(described, "architecture"),
		.variant = (char *)json_string_at(described, "variant"),
	};

	return image_open(path, platform.os && platform.architecture ? &platform : NULL,
			  &image_limits_default, error);
}

int image_writer_layout_fd(const struct image_writer *writer)
{
	return writer->layout_fd;
}

void image_writer_digest(const struct image_writer *writer, struct digest *ret_digest)
{
	*ret_digest = writer->manifest_digest;
}
