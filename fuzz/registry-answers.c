/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies and headers that registries and token servers answer with; the first byte says as what
 * the rest is read. */
#include "registry/client.h"
#include "registry/documents.h"
#include "registry/download.h"
#include "registry/upload.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_tags(const uint8_t *data, size_t size)
{
	g_autoptr(GPtrArray) tags = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	(void)tags_parse(data, size, tags, seen, NULL);
	if (tags->len > TAGS_MAX + 1 || g_hash_table_size(seen) != tags->len)
		g_abort();
}

static void read_token(const uint8_t *data, size_t size)
{
	g_autofree char *token = token_parse(data, size, NULL);

	if (token && (!*token || strpbrk(token, " \r\n")))
		g_abort();
}

static void read_referrers(const uint8_t *data, size_t size)
{
	autojson json_t *referrers = json_array();

	(void)referrers_parse(data, size, referrers, NULL);
}

static void read_error(const uint8_t *data, size_t size)
{
	g_autofree char *text = error_body_parse(data, size);

	if (text && strpbrk(text, "\r\n"))
		g_abort();
}

static void read_headers(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	int seconds = retry_after_parse(text, 1700000000);

	if (seconds < 0 || seconds > 86400 || content_range_start(text) < -1 ||
	    upload_range_parse(text) < -1)
		g_abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(const uint8_t *, size_t) = {
		read_tags, read_token, read_referrers, read_error, read_headers,
	};

	if (size > 0)
		readers[data[0] % G_N_ELEMENTS(readers)](data + 1, size - 1);
	return 0;
}
