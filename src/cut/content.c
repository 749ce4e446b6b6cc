/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/content.h"

#include "base/fd.h"

#include <string.h>
#include <sys/mman.h>

bool content_open(const struct tree *tree, const struct node *node, uint64_t max_bytes,
		  struct content *ret_content)
{
	uint64_t offset;
	void *data;

	if (!node || node->type != NODE_FILE || node->size_bytes == 0 ||
	    node->size_bytes > max_bytes)
		return false;
	autofd int fd = tree_open(tree, node, &offset, NULL);
	if (fd < 0)
		return false;
	data = mmap(NULL, (size_t)node->size_bytes, PROT_READ, MAP_PRIVATE, fd, (off_t)offset);
	if (data == MAP_FAILED)
		return false;
	ret_content->data = data;
	ret_content->size_bytes = (size_t)node->size_bytes;
	return true;
}

void content_clear(struct content *content)
{
	if (content->data)
		munmap((void *)content->data, content->size_bytes);
	content->data = NULL;
	content->size_bytes = 0;
}

char *content_read_text(const struct tree *tree, const struct node *node, size_t max_bytes)
{
	autocontent struct content content = {0};
	char *text;

	if (!content_open(tree, node, max_bytes, &content))
		return NULL;
	text = g_malloc(content.size_bytes + 1);
	memcpy(text, content.data, content.size_bytes);
	for (char *nul = text;
	     (nul = memchr(nul, '\0', content.size_bytes - (size_t)(nul - text)));)
		*nul = '\n';
	text[content.size_bytes] = '\0';
	return text;
}

bool content_has(const void *data, size_t size_bytes, const void *needle, size_t needle_bytes)
{
	return size_bytes >= needle_bytes && memmem(data, size_bytes, needle, needle_bytes);
}
