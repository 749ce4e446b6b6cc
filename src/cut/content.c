/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/content.h"

#include "base/fd.h"

#include <string.h>
#include <sys/mman.h>

bool content_open(const struct tree *tree, const struct node *node, uint64_t max_bytes,
		  struct content *ret_content)
{
	struct stat status;
	void *data;

	if (!node || node->type != NODE_FILE || node->size_bytes == 0 ||
	    node->size_bytes > max_bytes)
		return false;
	autofd int fd = tree_open(tree, node, NULL);
	if (fd < 0 || fstat(fd, &status) < 0 || status.st_size <= 0 ||
	    (uint64_t)status.st_size > max_bytes)
		return false;
	data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return false;
	ret_content->data = data;
	ret_content->size_bytes = (size_t)status.st_size;
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
