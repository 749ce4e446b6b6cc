/* SPDX-License-Identifier: Apache-2.0 */
/* The seam of image/remote.h. */
#include "base/error.h"
#include "base/fd.h"
#include "base/parallel.h"
#include "image/cache.h"
#include "image/manifest.h"
#include "registry/certificates.h"
#include "registry/documents.h"
#include "registry/download.h"
#include "registry/push.h"
#include "registry/registry.h"
#include "registry/store.h"
#include "registry/upload.h"

#include <string.h>

struct registry {
	struct image_remote remote; /* first: what the seam hands back is this */
	const struct registry_settings *settings;
};

/* A blob that a manifest names, and with which others it is fetched. */
struct wanted {
	struct digest digest;
	int64_t size_bytes;
	GPtrArray
		*group; /* struct wanted *, borrowed: the layers of one manifest; NULL: it alone */
};

struct remote_image {
	struct client *client;
	json_t *descriptor;
	int store_fd;
	char *store_path; /* where the store is our own; NULL elsewhere */
	bool has_fetched;
	GMutex mutex;          /* over what follows, and over fetching */
	GHashTable *wanted;    /* digest as text → struct wanted * */
	GHashTable *documents; /* digest as text: manifests and indexes that are known of */
	GPtrArray *groups;
};

static const struct registry *registry_of(const struct image_remote *remote)
{
	return (const struct registry *)(const void *)remote;
}

static struct client *client_for(const struct registry *registry, const struct reference *reference,
				 enum client_access access, GError **error)
{
	const char *slash = strchr(reference->path, '/');
	g_autofree char *host = g_strndup(reference->path, (gsize)(slash - reference->path));

	return client_new(registry->settings, host, slash + 1, access, error);
}

/* --- what is known of an image --------------------------------------------------------------- */

static bool is_document(struct remote_image *image, const struct digest *digest)
{
	char text[DIGEST_TEXT_BYTES];

	digest_format(digest, text);
	return g_hash_table_contains(image->documents, text);
}

static void note_document(struct remote_image *image, const struct digest *digest)
{
	char text[DIGEST_TEXT_BYTES];

	digest_format(digest, text);
	g_hash_table_add(image->documents, g_strdup(text));
}

static void note_blob(struct remote_image *image, const struct descriptor *descriptor,
		      GPtrArray *group)
{
	struct wanted *wanted;
	char text[DIGEST_TEXT_BYTES];

	digest_format(&descriptor->digest, text);
	if (g_hash_table_contains(image->wanted, text))
		return;
	wanted = g_new0(struct wanted, 1);
	wanted->digest = descriptor->digest;
	wanted->size_bytes = descriptor->size_bytes;
	wanted->group = group;
	g_hash_table_insert(image->wanted, g_strdup(text), wanted);
	if (group)
		g_ptr_array_add(group, wanted);
}

/* What the document names can be asked for from now on. */
static bool learn(struct remote_image *image, GBytes *data, GError **error)
{
	automanifest struct manifest *manifest =
		manifest_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), error);
	GPtrArray *group;

	if (!manifest)
		return false;
	for (guint i = 0; manifest->is_index && i < manifest->manifests->len; i++) {
		const struct descriptor *descriptor = manifest->manifests->pdata[i];

		note_document(image, &descriptor->digest);
	}
	if (manifest->is_index)
		return true;
	group = g_ptr_array_new();
	g_ptr_array_add(image->groups, group);
	/* into a store of the caller's the whole image is to come; else the config may be all that
	 * is asked for */
	note_blob(image, &manifest->config, image->store_path ? NULL : group);
	for (guint i = 0; i < manifest->layers->len; i++)
		note_blob(image, manifest->layers->pdata[i], group);
	return true;
}

/* --- fetching -------------------------------------------------------------------------------- */

static bool fetch_one(guint index, void *user, GError **error)
{
	struct remote_image *image = ((void **)user)[0];
	const GPtrArray *missing = ((void **)user)[1];
	const struct wanted *wanted = missing->pdata[index];

	return download_blob(image->client, image->store_fd, &wanted->digest,
			     (uint64_t)wanted->size_bytes, error);
}

static void stop_fetching(void *user)
{
	struct remote_image *image = ((void **)user)[0];

	client_cancel(image->client);
}

static void add_missing(const struct remote_image *image, struct wanted *wanted, GPtrArray *missing)
{
	autofd int fd = store_find(image->store_fd, &wanted->digest, wanted->size_bytes);

	if (fd < 0)
		g_ptr_array_add(missing, wanted);
}

/* The blob, and with a layer all others of its image, a few at a time. */
static bool fetch_blobs(struct remote_image *image, struct wanted *wanted, GError **error)
{
	g_autoptr(GPtrArray) missing = g_ptr_array_new();
	void *user[] = {image, missing};
	bool ok;

	if (!wanted->group)
		add_missing(image, wanted, missing);
	for (guint i = 0; wanted->group && i < wanted->group->len; i++)
		add_missing(image, wanted->group->pdata[i], missing);
	image->has_fetched |= missing->len > 0;
	ok = parallel_run(missing->len, REGISTRY_PARALLEL, fetch_one, stop_fetching, user, error);
	client_resume(image->client);
	return ok;
}

static bool fetch_document(struct remote_image *image, const struct digest *digest, GError **error)
{
	autodocument struct document document = {0};
	char text[DIGEST_TEXT_BYTES];
	gsize size_bytes;
	const void *data;

	digest_format(digest, text);
	if (!document_get(image->client, text, &document, error))
		return false;
	data = g_bytes_get_data(document.data, &size_bytes);
	return store_put(image->store_fd, digest, data, size_bytes, error);
}

/* From the store, since it is read and learned from there too. */
static int open_document(struct remote_image *image, const struct digest *digest, GError **error)
{
	autofd int fd = store_find(image->store_fd, digest, -1);
	g_autoptr(GBytes) data = NULL;
	struct digest actual;

	if (fd < 0 && !fetch_document(image, digest, error))
		return -1;
	if (fd < 0)
		fd = store_find(image->store_fd, digest, -1);
	data = fd >= 0 ? fd_read_all(fd, JSON_MAX_BYTES, "manifest", error) : NULL;
	if (!data)
		return -1;
	digest_of(g_bytes_get_data(data, NULL), g_bytes_get_size(data), &actual);
	/* the reader of a damaged one says so; nothing is learned from it */
	if (digest_equal(&actual, digest) && !learn(image, data, error))
		return -1;
	return fd_steal(&fd);
}

static int open_blob_locked(struct remote_image *image, const struct digest *digest, GError **error)
{
	char text[DIGEST_TEXT_BYTES];
	struct wanted *wanted;
	int fd;

	if (is_document(image, digest))
		return open_document(image, digest, error);
	digest_format(digest, text);
	wanted = g_hash_table_lookup(image->wanted, text);
	if (!wanted) {
		error_set(error, THRESH_ERROR_INPUT, "%s: the image names no such blob", text);
		return -1;
	}
	fd = store_find(image->store_fd, digest, wanted->size_bytes);
	if (fd < 0 && !fetch_blobs(image, wanted, error))
		return -1;
	if (fd < 0)
		fd = store_find(image->store_fd, digest, wanted->size_bytes);
	if (fd < 0)
		error_set(error, THRESH_ERROR_INTERNAL, "%s: gone from the cache", text);
	return fd;
}

static int remote_open_blob(struct remote_image *image, const struct digest *digest, GError **error)
{
	int fd;

	g_mutex_lock(&image->mutex);
	fd = open_blob_locked(image, digest, error);
	g_mutex_unlock(&image->mutex);
	return fd;
}

/* --- opening --------------------------------------------------------------------------------- */

static void remote_close(struct remote_image *image)
{
	if (!image)
		return;
	client_free(image->client);
	json_decref(image->descriptor);
	if (image->store_path)
		fd_cleanup(&image->store_fd);
	if (image->store_path && image->has_fetched) {
		g_autofree char *cache = g_path_get_dirname(image->store_path);

		cache_added(cache);
	}
	g_free(image->store_path);
	g_hash_table_unref(image->wanted);
	g_hash_table_unref(image->documents);
	g_ptr_array_unref(image->groups);
	g_mutex_clear(&image->mutex);
	g_free(image);
}

static json_t *describe(const struct reference *reference, const struct document *document)
{
	const char *name = reference->name ? reference->name : "latest";
	json_t *descriptor =
		json_pack("{s:o, s:o, s:I}", "mediaType", json_from_text(document->media_type),
			  "digest", json_from_digest(&document->digest), "size",
			  (json_int_t)g_bytes_get_size(document->data));

	if (name[0] != '@')
		json_object_set_new(descriptor, "annotations",
				    json_pack("{s:s}", "org.opencontainers.image.ref.name", name));
	return descriptor;
}

/* The document's own media type is the better witness: registries answer with what they like. */
static void settle_media_type(struct document *document)
{
	autojson json_t *json = json_parse(g_bytes_get_data(document->data, NULL),
					   g_bytes_get_size(document->data), "manifest", NULL);
	const char *own = json_string_at(json, "mediaType");

	if (!own)
		return;
	g_free(document->media_type);
	document->media_type = g_strdup(own);
}

static bool read_top(struct remote_image *image, const struct reference *reference, GError **error)
{
	const char *name = reference->name ? reference->name : "latest";
	autodocument struct document document = {0};
	gsize size_bytes;
	const void *data;

	if (!document_get(image->client, name[0] == '@' ? name + 1 : name, &document, error))
		return false;
	settle_media_type(&document);
	data = g_bytes_get_data(document.data, &size_bytes);
	if (!store_put(image->store_fd, &document.digest, data, size_bytes, error))
		return false;
	image->descriptor = describe(reference, &document);
	note_document(image, &document.digest);
	return true;
}

static struct remote_image *remote_open(const struct image_remote *remote,
					const struct reference *reference, int store_fd,
					GError **error)
{
	const struct registry *registry = registry_of(remote);
	struct remote_image *image = g_new0(struct remote_image, 1);

	g_mutex_init(&image->mutex);
	image->wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	image->documents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	image->groups = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	image->store_fd = store_fd >= 0 ? store_fd
					: store_open_cache(registry->settings->cache_path,
							   &image->store_path, error);
	if (image->store_fd >= 0)
		image->client = client_for(registry, reference, CLIENT_PULL, error);
	if (!image->client || !read_top(image, reference, error)) {
		remote_close(image);
		return NULL;
	}
	return image;
}

static const json_t *remote_descriptor(const struct remote_image *image)
{
	return image->descriptor;
}

static json_t *remote_referrers(struct remote_image *image, const struct digest *subject,
				GError **error)
{
	json_t *referrers = referrers_list(image->client, subject, error);
	size_t i;
	json_t *entry;

	g_mutex_lock(&image->mutex);
	json_array_foreach (referrers, i, entry) {
		struct digest digest;

		if (digest_parse(json_string_at(entry, "digest"), &digest, NULL))
			note_document(image, &digest);
	}
	g_mutex_unlock(&image->mutex);
	return referrers;
}

/* --- sending --------------------------------------------------------------------------------- */

static char *remote_staging(const struct image_remote *remote, GError **error)
{
	char *path = NULL;
	int fd = store_open_cache(registry_of(remote)->settings->cache_path, &path, error);

	fd_cleanup(&fd);
	return path;
}

/* An upload is begun and given up: whoever may begin one may push. */
static bool remote_check(const struct image_remote *remote, const struct reference *destination,
			 GError **error)
{
	uint64_t least_bytes;
	struct client *client = client_for(registry_of(remote), destination, CLIENT_PUSH, error);
	struct digest digest;
	char *location = NULL;
	bool ok;

	if (!client)
		return false;
	digest_of("", 0, &digest);
	ok = upload_begin(client, &digest, &location, &least_bytes, error);
	if (ok)
		upload_cancel(client, location);
	g_free(location);
	client_free(client);
	return ok;
}

static bool same_host(const struct client *client, const char *path)
{
	size_t length = strlen(client_host(client));

	return strncmp(path, client_host(client), length) == 0 && path[length] == '/';
}

static bool remote_send(const struct image_remote *remote, const struct reference *destination,
			const struct bundle *bundle, GError **error)
{
	struct client *client;
	bool ok;

	if (destination->name && destination->name[0] == '@')
		return error_set(error, THRESH_ERROR_USAGE,
				 "a destination is named by a tag, not by a digest");
	client = client_for(registry_of(remote), destination, CLIENT_PUSH, error);
	if (!client)
		return false;
	if (bundle->repository && same_host(client, bundle->repository))
		client_set_mount(client, strchr(bundle->repository, '/') + 1);
	ok = push_bundle(client, destination->name ? destination->name : "latest", bundle, error);
	client_free(client);
	return ok;
}

/* --- the whole ------------------------------------------------------------------------------- */

struct registry *registry_new(const struct registry_settings *settings)
{
	struct registry *registry = g_new0(struct registry, 1);

	registry->settings = settings;
	registry->remote = (struct image_remote){
		.open = remote_open,
		.close = remote_close,
		.descriptor = remote_descriptor,
		.open_blob = remote_open_blob,
		.referrers = remote_referrers,
		.staging = remote_staging,
		.check = remote_check,
		.send = remote_send,
	};
	return registry;
}

void registry_free(struct registry *registry)
{
	g_free(registry);
}

void registry_cleanup(struct registry **registry)
{
	registry_free(*registry);
}

const struct image_remote *registry_remote(const struct registry *registry)
{
	return &registry->remote;
}

GPtrArray *registry_tags(const struct registry *registry, const char *reference, bool *ret_more,
			 GError **error)
{
	struct reference parsed = {0};
	struct client *client;
	GPtrArray *tags;

	if (!reference_parse_registry(reference, &parsed, error))
		return NULL;
	client = client_for(registry, &parsed, CLIENT_PULL, error);
	reference_clear(&parsed);
	tags = client ? tags_list(client, ret_more, error) : NULL;
	client_free(client);
	return tags;
}
