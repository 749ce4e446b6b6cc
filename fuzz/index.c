/* SPDX-License-Identifier: Apache-2.0 */
/* The index reader, behind its digest: the input lacks it and gets the right one here. What is read
 * must come out again as it went in, or be read the same way a second time. */
#include "image/tree.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	g_autoptr(GByteArray) all = g_byte_array_new();
	g_autoptr(GBytes) bytes = NULL, again = NULL;
	autotree struct tree *tree = NULL, *reread = NULL;
	struct digest digest;

	digest_of(data, size_bytes, &digest);
	g_byte_array_append(all, data, (guint)size_bytes);
	g_byte_array_append(all, digest.bytes, DIGEST_BYTES);
	bytes = g_bytes_new(all->data, all->len);
	tree = tree_deserialize(bytes, NULL);
	if (!tree)
		return 0;
	again = tree_serialize(tree);
	reread = tree_deserialize(again, NULL);
	if (!reread || reread->count != tree->count)
		abort();
	return 0;
}
