/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/push.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/parallel.h"
#include "image/layer.h"
#include "registry/documents.h"
#include "registry/upload.h"

struct push {
	struct client *client;
	const struct bundle *bundle;
	GMutex mutex; /* the source is one, the threads are several */
};

static int open_blob(struct push *push, const struct bundle_blob *blob, uint64_t *ret_offset,
		     uint64_t *ret_size_bytes, GError **error)
{
	int fd;

	g_mutex_lock(&push->mutex);
	fd = source_open_blob(push->bundle->source, &blob->digest, ret_offset, ret_size_bytes,
			      error);
	g_mutex_unlock(&push->mutex);
	return fd;
}

/* What is sent is what its descriptor says: checked here, since a registry may not. */
static bool check_blob(const struct bundle_blob *blob, int fd, uint64_t offset, uint64_t size_bytes,
		       GError **error)
{
	char want[DIGEST_TEXT_BYTES], got[DIGEST_TEXT_BYTES];
	struct digest digest;

	if (size_bytes != blob->size_bytes)
		return error_set(error, THRESH_ERROR_INPUT,
				 "size mismatch (want %" G_GUINT64_FORMAT ", got %" G_GUINT64_FORMAT
				 ")",
				 blob->size_bytes, size_bytes);
	if (!layer_digest_window(fd, offset, size_bytes, &digest, error))
		return false;
	if (digest_equal(&digest, &blob->digest))
		return true;
	digest_format(&blob->digest, want);
	digest_format(&digest, got);
	return error_set(error, THRESH_ERROR_INPUT, "digest mismatch (want %s, got %s)", want, got);
}

/* Where it can be mounted it is not even opened: it may lie far away. */
static bool send_blob(struct push *push, const struct bundle_blob *blob, GError **error)
{
	uint64_t least_bytes = 0;
	uint64_t offset, size_bytes;
	autofd int fd = -1;
	char *location = NULL;
	bool exists = false;

	if (!upload_exists(push->client, &blob->digest, &exists, error))
		return false;
	if (exists)
		return true;
	if (!upload_begin(push->client, &blob->digest, &location, &least_bytes, error))
		return false;
	if (!location)
		return true;
	fd = open_blob(push, blob, &offset, &size_bytes, error);
	if (fd < 0 || !check_blob(blob, fd, offset, size_bytes, error)) {
		upload_cancel(push->client, location);
		g_free(location);
		return false;
	}
	return upload_blob(push->client, location, &blob->digest, fd, offset, size_bytes,
			   least_bytes, error);
}

static bool send_one(guint index, void *user, GError **error)
{
	struct push *push = user;
	const struct bundle_blob *blob = push->bundle->blobs->pdata[index];
	char text[DIGEST_TEXT_BYTES];

	if (send_blob(push, blob, error))
		return true;
	digest_format(&blob->digest, text);
	g_prefix_error(error, "blob %s: ", text);
	return false;
}

static void stop(void *user)
{
	const struct push *push = user;

	client_cancel(push->client);
}

static bool put(struct client *client, const struct bundle_document *document,
		const char *reference, bool *ret_refers, GError **error)
{
	return document_put(client, reference, json_string_at(document->descriptor, "mediaType"),
			    document->data, ret_refers, error);
}

/* Where the registry does not note by itself what refers to what, the tag schema does. */
static bool put_document(struct client *client, const struct bundle_document *document,
			 GError **error)
{
	autojson json_t *descriptors = NULL;
	char text[DIGEST_TEXT_BYTES];
	bool noted = false;

	digest_format(&document->digest, text);
	if (!put(client, document, text, &noted, error)) {
		g_prefix_error(error, "manifest %s: ", text);
		return false;
	}
	if (!document->is_referrer || noted)
		return true;
	descriptors = json_pack("[O]", document->descriptor);
	return referrers_add(client, &document->subject, descriptors, error);
}

bool push_bundle(struct client *client, const char *tag, const struct bundle *bundle,
		 GError **error)
{
	struct push push = {.client = client, .bundle = bundle};
	bool ok;

	g_mutex_init(&push.mutex);
	ok = parallel_run(bundle->blobs->len, REGISTRY_PARALLEL, send_one, stop, &push, error);
	g_mutex_clear(&push.mutex);
	client_resume(client);
	for (guint i = 0; ok && i < bundle->documents->len; i++)
		ok = put_document(client, bundle->documents->pdata[i], error);
	return ok && put(client, bundle->top, tag, NULL, error);
}
