/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/redact.h"

#include <string.h>

enum { SHORT_BYTES = 3, NAME_BYTES = 6 };

/* Whether the value of @redaction is meant at @at, a place inside @text. */
static bool is_at(const struct redaction *redaction, const char *text, const char *at)
{
	size_t bytes = strlen(redaction->value);

	if (bytes == 0 || strncmp(at, redaction->value, bytes) != 0)
		return false;
	if (bytes >= SHORT_BYTES)
		return true;
	return (at == text || at[-1] == '=') && at[bytes] == '\0';
}

char *redact_text(const char *text, const GPtrArray *redactions)
{
	GString *result = g_string_new(NULL);
	const char *at = text;

	while (*at) {
		const struct redaction *best = NULL;

		for (guint i = 0; redactions && i < redactions->len; i++) {
			const struct redaction *redaction = redactions->pdata[i];

			if (is_at(redaction, text, at) &&
			    (!best || strlen(redaction->value) > strlen(best->value)))
				best = redaction;
		}
		if (best) {
			g_string_append_printf(result, "${%s}", best->name);
			at += strlen(best->value);
		} else {
			g_string_append_c(result, *at++);
		}
	}
	return g_string_free(result, FALSE);
}

static void mask(char *data, size_t size, const char *value)
{
	size_t length = strlen(value);
	char *end = data + size;

	if (length < SHORT_BYTES)
		return;
	while ((data = memmem(data, (size_t)(end - data), value, length))) {
		memset(data, '*', length);
		data += length;
	}
}

GBytes *redact_bytes(GBytes *bytes, const GPtrArray *redactions)
{
	gsize size;
	char *data;

	if (!redactions || redactions->len == 0 || g_bytes_get_size(bytes) == 0)
		return bytes;
	data = g_bytes_unref_to_data(bytes, &size);
	for (guint i = 0; i < redactions->len; i++) {
		const struct redaction *redaction = redactions->pdata[i];

		mask(data, size, redaction->value);
	}
	return g_bytes_new_take(data, size);
}

/* The length of the part of @path that @tree has. */
static size_t known_length(const char *path, const struct tree *tree)
{
	const struct node *node = tree->root;
	size_t known = 0;

	while (node && path[known]) {
		size_t length = strcspn(path + known + 1, "/");
		g_autofree char *name = g_strndup(path + known + 1, length);

		node = node_child(node, name);
		if (node)
			known += 1 + length;
	}
	return known;
}

char *redact_path(const char *path, const struct tree *tree, const GPtrArray *redactions)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *known = NULL, *rest = NULL;
	size_t length;

	for (guint i = 0; redactions && i < redactions->len; i++) {
		struct redaction *redaction = redactions->pdata[i];

		if (redaction->value[0] != '/' && strlen(redaction->value) >= NAME_BYTES)
			g_ptr_array_add(names, redaction);
	}
	if (names->len == 0)
		return g_strdup(path);
	length = known_length(path, tree);
	if (length == 0 || !path[length])
		return g_strdup(path);
	known = g_strndup(path, length);
	rest = redact_text(path + length, names);
	return g_strconcat(known, rest, NULL);
}
