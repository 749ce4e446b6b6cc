/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/segment.h"

#include <string.h>

enum { MAX_TOKENS = 1024 };

/* --- tokens: a hole, `$$`, letters and digits, or one other character --- */

static gsize token_bytes(const char *at)
{
	gsize bytes = 0;

	if (at[0] == '$' && at[1] == '{') {
		const char *end = strchr(at, '}');

		return end ? (gsize)(end - at) + 1 : strlen(at);
	}
	if (at[0] == '$' && at[1] == '$')
		return 2;
	while (g_ascii_isalnum(at[bytes]) || at[bytes] == '_' || (guchar)at[bytes] >= 0x80)
		bytes++;
	return MAX(bytes, 1);
}

/* Freed with its strings. */
static GPtrArray *tokens_of(const char *template)
{
	GPtrArray *tokens = g_ptr_array_new_with_free_func(g_free);

	while (*template) {
		gsize bytes = token_bytes(template);

		g_ptr_array_add(tokens, g_strndup(template, bytes));
		template += bytes;
	}
	return tokens;
}

static bool token_equal(const GPtrArray *a, gsize i, const GPtrArray *b, gsize j)
{
	return strcmp(a->pdata[i], b->pdata[j]) == 0;
}

/* --- what is common --- */

/* Keeps in @common (borrowed strings) what is a subsequence of @tokens too: the longest. */
static void keep_common(GPtrArray *common, const GPtrArray *tokens)
{
	gsize rows = common->len, columns = tokens->len, width = columns + 1;
	g_autofree guint16 *length = g_new0(guint16, (rows + 1) * width);
	guint kept = 0;

	for (gsize row = rows; row-- > 0;)
		for (gsize column = columns; column-- > 0;) {
			gsize at = row * width + column;

			length[at] = token_equal(common, row, tokens, column)
					     ? (guint16)(length[at + width + 1] + 1)
					     : MAX(length[at + width], length[at + 1]);
		}
	for (gsize row = 0, column = 0; row < rows && column < columns;) {
		gsize at = row * width + column;

		if (token_equal(common, row, tokens, column)) {
			common->pdata[kept++] = common->pdata[row++];
			column++;
		} else if (length[at + width] >= length[at + 1]) {
			row++;
		} else {
			column++;
		}
	}
	g_ptr_array_set_size(common, (gint)kept);
}

bool segments_alike(const char *one, const char *other)
{
	g_autoptr(GPtrArray) a = tokens_of(one);
	g_autoptr(GPtrArray) b = tokens_of(other);
	g_autoptr(GPtrArray) common = g_ptr_array_new();

	if (a->len > MAX_TOKENS || b->len > MAX_TOKENS)
		return false;
	for (guint i = 0; i < a->len; i++)
		g_ptr_array_add(common, a->pdata[i]);
	keep_common(common, b);
	return common->len * 2 >= MAX(a->len, b->len);
}

/* --- gaps --- */

/* What stands before each of @common in @tokens, and behind the last. Caller frees. */
static GPtrArray *texts_between(const GPtrArray *common, const GPtrArray *tokens)
{
	GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
	guint at = 0;

	for (guint i = 0; i <= common->len; i++) {
		GString *text = g_string_new(NULL);

		while (at < tokens->len &&
		       (i == common->len || !token_equal(common, i, tokens, at)))
			g_string_append(text, tokens->pdata[at++]);
		at++;
		g_ptr_array_add(texts, g_string_free(text, FALSE));
	}
	return texts;
}

static bool is_fixed(const GPtrArray *between, guint index)
{
	const GPtrArray *first = between->pdata[0];

	for (guint i = 1; i < between->len; i++) {
		const GPtrArray *other = between->pdata[i];

		if (strcmp(first->pdata[index], other->pdata[index]) != 0)
			return false;
	}
	return true;
}

static GPtrArray *gap_of(const GPtrArray *between, guint index)
{
	GPtrArray *gap = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < between->len; i++)
		g_ptr_array_add(gap, g_strdup(((GPtrArray *)between->pdata[i])->pdata[index]));
	return gap;
}

static struct segments *segments_new(const GPtrArray *common, const GPtrArray *between)
{
	struct segments *segments = g_new0(struct segments, 1);
	GString *fixed = g_string_new(NULL);

	segments->fixed = g_ptr_array_new_with_free_func(g_free);
	segments->gaps = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	for (guint i = 0; i <= common->len; i++) {
		if (is_fixed(between, i)) {
			g_string_append(fixed, ((GPtrArray *)between->pdata[0])->pdata[i]);
		} else {
			g_ptr_array_add(segments->fixed, g_strdup(fixed->str));
			g_string_truncate(fixed, 0);
			g_ptr_array_add(segments->gaps, gap_of(between, i));
		}
		if (i < common->len)
			g_string_append(fixed, common->pdata[i]);
	}
	g_ptr_array_add(segments->fixed, g_string_free(fixed, FALSE));
	return segments;
}

struct segments *segments_of(const GPtrArray *templates)
{
	g_autoptr(GPtrArray) all =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	g_autoptr(GPtrArray) between =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	g_autoptr(GPtrArray) common = g_ptr_array_new();

	for (guint i = 0; i < templates->len; i++) {
		GPtrArray *tokens = tokens_of(templates->pdata[i]);

		g_ptr_array_add(all, tokens);
		if (tokens->len > MAX_TOKENS)
			return NULL;
		if (i == 0)
			for (guint j = 0; j < tokens->len; j++)
				g_ptr_array_add(common, tokens->pdata[j]);
		else
			keep_common(common, tokens);
	}
	for (guint i = 0; i < all->len; i++)
		g_ptr_array_add(between, texts_between(common, all->pdata[i]));
	struct segments *segments = all->len ? segments_new(common, between) : NULL;

	if (segments && segments->gaps->len < 2)
		g_clear_pointer(&segments, segments_free);
	return segments;
}

void segments_free(struct segments *segments)
{
	if (!segments)
		return;
	g_ptr_array_unref(segments->fixed);
	g_ptr_array_unref(segments->gaps);
	g_free(segments);
}

void segments_cleanup(struct segments **segments)
{
	segments_free(*segments);
}
