/* SPDX-License-Identifier: Apache-2.0 */
/* The tar reader, and with it what it promises: content adds up, extents lie inside the file. */
#include "image/rootfs_unpack.h"
#include "image/tarreader.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

struct input {
	const uint8_t *data;
	size_t left;
};

/* In odd pieces, so that every boundary is crossed. */
static bool next(void *user, const uint8_t **ret_data, size_t *ret_size_bytes, GError **error)
{
	struct input *input = user;
	size_t n = MIN(input->left, 333);

	(void)error;
	*ret_data = input->data;
	*ret_size_bytes = n;
	input->data += n;
	input->left -= n;
	return true;
}

static bool take_content(struct tar_reader *reader, const struct tar_entry *entry)
{
	const uint8_t *data;
	size_t size;
	uint64_t total = 0;

	do {
		if (!tar_reader_data(reader, &data, &size, NULL))
			return false;
		total += size;
	} while (size > 0);
	if (total != entry->packed_bytes)
		abort();
	return true;
}

static void check_extents(const struct tar_entry *entry)
{
	uint64_t end = 0;

	for (guint i = 0; entry->extents && i < entry->extents->len; i++) {
		const struct tar_extent *extent =
			&g_array_index(entry->extents, struct tar_extent, i);

		if (extent->offset_bytes < end ||
		    extent->offset_bytes + extent->size_bytes > entry->size_bytes)
			abort();
		end = extent->offset_bytes + extent->size_bytes;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	struct input input = {data, size_bytes};
	struct tar_source source = {.next = next, .user = &input};
	autotar struct tar_reader *reader = tar_reader_new(&source);
	const struct tar_entry *entry;
	bool odd = false;

	while (tar_reader_next(reader, &entry, NULL) > 0) {
		g_autofree char *path = rootfs_entry_path(entry->path, &image_limits_default, NULL);

		check_extents(entry);
		if (path && path[0] != '/')
			abort();
		odd = !odd;
		if (odd && !take_content(reader, entry))
			break;
	}
	return 0;
}
