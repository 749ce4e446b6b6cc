/* SPDX-License-Identifier: Apache-2.0 */
/* What the tree does not know: SHA-1 for SPDX 2.3, and whether files equal the distribution's. The
 * SHA-256 of a content was taken when the layers were read. On all processors. */
#include "evidence/hashes.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/parallel.h"
#include "evidence/inventory_private.h"

#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = 256 << 10 };

struct work {
	const struct inventory *inventory;
	gint next; /* atomic: index of the next file */
};

/* One thread's. */
struct worker {
	struct work *work;
	EVP_MD_CTX *contexts[2];
	uint8_t *buffer;
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

bool checksum_is_of(const struct checksum *checksum, const void *data, size_t size_bytes)
{
	uint8_t bytes[EVP_MAX_MD_SIZE];

	hash(algorithm_of(checksum->kind), data, size_bytes, bytes);
	return memcmp(bytes, checksum->bytes, checksum_size(checksum->kind)) == 0;
}

static enum checksum_verdict compare(const struct checksum *checksum, const uint8_t *bytes)
{
	return memcmp(bytes, checksum->bytes, checksum_size(checksum->kind)) == 0
		       ? CHECKSUM_EQUAL
		       : CHECKSUM_DIFFERS;
}

/* A link is what it says; other special files are empty. */
static void hash_special(const struct inventory *inventory, struct inventory_file *file,
			 const struct checksum *checksum)
{
	const char *text = file->node->type == NODE_SYMLINK ? file->node->target : "";

	digest_of(text, strlen(text), &file->digest);
	if (inventory->sha1)
		hash(EVP_sha1(), text, strlen(text), file->sha1);
	if (checksum)
		file->verdict = checksum_is_of(checksum, text, strlen(text)) ? CHECKSUM_EQUAL
									     : CHECKSUM_DIFFERS;
}

/* Feeds the whole content of @node to all of @contexts; not by a mapping, which costs more than
 * reading for the small files that images are full of. */
static bool feed(const struct tree *tree, const struct node *node, EVP_MD_CTX **contexts,
		 guint count, uint8_t *buffer)
{
	uint64_t offset;
	autofd int fd = tree_open(tree, node, &offset, NULL);
	uint64_t left = node->size_bytes;

	while (fd >= 0 && left > 0) {
		ssize_t got = pread(fd, buffer, MIN(left, BUFFER_BYTES), (off_t)offset);

		if (got <= 0)
			return false;
		for (guint i = 0; i < count; i++)
			EVP_DigestUpdate(contexts[i], buffer, (size_t)got);
		left -= (uint64_t)got;
		offset += (uint64_t)got;
	}
	return fd >= 0;
}

/* SHA-1 where it is wanted, and the algorithm of @checksum where that is not NULL, in one pass. */
static bool hash_content(struct worker *worker, struct inventory_file *file,
			 const struct checksum *checksum)
{
	const struct inventory *inventory = worker->work->inventory;
	uint8_t bytes[EVP_MAX_MD_SIZE];
	guint count = 0;

	if (inventory->sha1)
		EVP_DigestInit_ex(worker->contexts[count++], EVP_sha1(), NULL);
	if (checksum)
		EVP_DigestInit_ex(worker->contexts[count++], algorithm_of(checksum->kind), NULL);
	if (count == 0)
		return true;
	if (!feed(inventory->tree, file->node, worker->contexts, count, worker->buffer))
		return false;
	if (checksum) {
		EVP_DigestFinal_ex(worker->contexts[--count], bytes, NULL);
		file->verdict = compare(checksum, bytes);
	}
	if (count > 0)
		EVP_DigestFinal_ex(worker->contexts[0], file->sha1, NULL);
	return true;
}

static bool hash_file(struct worker *worker, struct inventory_file *file)
{
	const struct inventory *inventory = worker->work->inventory;
	const struct checksum *checksum = package_db_checksum(inventory->packages, file->node);

	if (checksum && (!file->owner || !file->owner->package))
		checksum = NULL;
	if (file->node->type != NODE_FILE) {
		hash_special(inventory, file, checksum);
		return true;
	}
	file->digest = file->node->digest;
	if (checksum && checksum->kind == CHECKSUM_SHA256) {
		file->verdict = compare(checksum, file->digest.bytes);
		checksum = NULL;
	}
	return hash_content(worker, file, checksum);
}

static bool take_files(struct worker *worker, GError **error)
{
	struct work *work = worker->work;
	const GPtrArray *files = work->inventory->files;

	for (;;) {
		guint index = (guint)g_atomic_int_add(&work->next, 1);
		struct inventory_file *file;
		g_autofree char *quoted = NULL;

		if (index >= files->len)
			return true;
		file = files->pdata[index];
		if (hash_file(worker, file))
			continue;
		quoted = error_quote(file->path);
		return error_set(error, THRESH_ERROR_INPUT, "%s: cannot be read", quoted);
	}
}

static bool hash_files(guint index, void *user, GError **error)
{
	struct worker worker = {.work = user, .buffer = g_malloc(BUFFER_BYTES)};
	bool done;

	(void)index;
	for (gsize i = 0; i < G_N_ELEMENTS(worker.contexts); i++)
		worker.contexts[i] = EVP_MD_CTX_new();
	done = take_files(&worker, error);
	for (gsize i = 0; i < G_N_ELEMENTS(worker.contexts); i++)
		EVP_MD_CTX_free(worker.contexts[i]);
	g_free(worker.buffer);
	return done;
}

bool inventory_hash(struct inventory *inventory, GError **error)
{
	struct work work = {.inventory = inventory};
	guint workers = parallel_processors();

	return parallel_run(workers, workers, hash_files, NULL, &work, error);
}
