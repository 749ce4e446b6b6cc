/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The content of a file of the tree as a read-only mapping: pages that are never looked at are
 * never read, so that scanning an image costs no memory of its own.
 *
 *     autocontent struct content content = {0};
 *     if (content_open(tree, node, CONTENT_MAX_BYTES, &content))
 *             … content.data, content.size_bytes
 */
#pragma once

#include "image/tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTENT_MAX_BYTES ((uint64_t)1 << 31)

struct content {
	const uint8_t *data; /* not NUL-terminated */
	size_t size_bytes;
};

#define autocontent __attribute__((cleanup(content_clear)))

/* Maps @node. False where it is no file, empty, above @max_bytes or cannot be read: what the
 * decision cannot look into, it does not look into. */
bool content_open(const struct tree *tree, const struct node *node, uint64_t max_bytes,
		  struct content *ret_content);
void content_clear(struct content *content);

/* The content of @node as NUL-terminated text of at most @max_bytes, or NULL as above. Caller
 * frees. */
char *content_read_text(const struct tree *tree, const struct node *node, size_t max_bytes);

/* Whether the @needle_bytes at @needle are in the window. */
bool content_has(const void *data, size_t size_bytes, const void *needle, size_t needle_bytes);
