/* SPDX-License-Identifier: Apache-2.0 */
/* What the tree does not know: SHA-1 for SPDX 2.3, and whether files equal the distribution's. The
 * SHA-256 of a content was taken when the layers were read. On all processors. */
#include "base/error.h"
#include "cut/content.h"
#include "evidence/inventory_private.h"

#include <openssl/evp.h>
#include <string.h>

enum { THREADS_MAX = 16 };

struct work {
	const struct inventory *inventory;
	gint next;   /* atomic: index of the next file */
	gint failed; /* atomic: 1 + index of a file that cannot be read */
};

static const EVP_MD *algorithm_of(enum checksum_kind kind)
{
	switch (kind) {
	case CHECKSUM_MD5:
		return EVP_md5();
	case CHECKSUM_SHA1:
		return EVP_sha1();
	case CHECKSUM_SHA256:
		return EVP_sha256();
	case CHECKSUM_SHA384:
		return EVP_sha384();
	case CHECKSUM_SHA512:
		break;
	}
	return EVP_sha512();
}

static void hash(const EVP_MD *algorithm, const void *data, size_t size_bytes, uint8_t *ret_bytes)
{
	unsigned int length;

	EVP_Digest(data ? data : "", size_bytes, ret_bytes, &length, algorithm, NULL);
}

static enum checksum_verdict compare(const struct inventory_file *file,
				     const struct checksum *checksum, const void *data,
				     size_t size_bytes)
{
	uint8_t bytes[EVP_MAX_MD_SIZE];

	if (checksum->kind == CHECKSUM_SHA256)
		memcpy(bytes, file->digest.bytes, sizeof(file->digest.bytes));
	else
		hash(algorithm_of(checksum->kind), data, size_bytes, bytes);
	return memcmp(bytes, checksum->bytes, checksum_size(checksum->kind)) == 0
		       ? CHECKSUM_EQUAL
		       : CHECKSUM_DIFFERS;
}

/* A link is what it says; other special files are empty. */
static void hash_special(const struct inventory *inventory, struct inventory_file *file,
			 const struct checksum *checksum)
{
	const char *text = file->node->type == NODE_SYMLINK ? file->node->target : "";
	size_t length = strlen(text);

	digest_of(text, length, &file->digest);
	if (inventory->sha1)
		hash(EVP_sha1(), text, length, file->sha1);
	if (checksum)
		file->verdict = compare(file, checksum, text, length);
}

static bool hash_file(const struct inventory *inventory, struct inventory_file *file)
{
	const struct node *node = file->node;
	const struct checksum *checksum = package_db_checksum(inventory->packages, node);
	autocontent struct content content = {0};
	bool looks = inventory->sha1 || (checksum && checksum->kind != CHECKSUM_SHA256);

	if (checksum && (!file->owner || !file->owner->package))
		checksum = NULL;
	if (node->type != NODE_FILE) {
		hash_special(inventory, file, checksum);
		return true;
	}
	file->digest = node->digest;
	if (looks && node->size_bytes > 0 &&
	    (!content_open(inventory->tree, node, UINT64_MAX, &content) ||
	     content.size_bytes != node->size_bytes))
		return false;
	if (inventory->sha1)
		hash(EVP_sha1(), content.data, content.size_bytes, file->sha1);
	if (checksum)
		file->verdict = compare(file, checksum, content.data, content.size_bytes);
	return true;
}

static gpointer hash_files(gpointer data)
{
	struct work *work = data;
	const GPtrArray *files = work->inventory->files;

	for (;;) {
		gint index = g_atomic_int_add(&work->next, 1);

		if ((guint)index >= files->len || g_atomic_int_get(&work->failed))
			return NULL;
		if (!hash_file(work->inventory, files->pdata[index]))
			g_atomic_int_set(&work->failed, index + 1);
	}
}

bool inventory_hash(struct inventory *inventory, GError **error)
{
	struct work work = {.inventory = inventory};
	GThread *threads[THREADS_MAX];
	guint count = MIN(g_get_num_processors(), THREADS_MAX), started = 0;
	const struct inventory_file *file;

	while (started + 1 < count) {
		threads[started] = g_thread_try_new("hash", hash_files, &work, NULL);
		if (!threads[started])
			break;
		started++;
	}
	hash_files(&work);
	while (started > 0)
		g_thread_join(threads[--started]);
	if (!work.failed)
		return true;
	file = inventory->files->pdata[work.failed - 1];
	g_autofree char *quoted = error_quote(file->path);

	return error_set(error, THRESH_ERROR_INPUT, "%s: cannot be read", quoted);
}
