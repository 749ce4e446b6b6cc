/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/error.h"

#include <string.h>

void json_cleanup(json_t **json)
{
	json_decref(*json);
}

json_t *json_parse(const void *data, size_t size_bytes, const char *what, GError **error)
{
	json_error_t detail;
	json_t *json = json_loadb(data, size_bytes, JSON_REJECT_DUPLICATES, &detail);

	if (!json) {
		g_autofree char *quoted = error_quote(detail.text);

		error_set(error, THRESH_ERROR_INPUT, "%s: not JSON: line %d column %d: %s", what,
			  detail.line, detail.column, quoted);
	}
	return json;
}

json_t *json_parse_lenient(const void *data, size_t size_bytes)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t skipped = size_bytes >= 3 && memcmp(data, mark, 3) == 0 ? 3 : 0;

	return json_loadb((const char *)data + skipped, size_bytes - skipped, 0, NULL);
}

const char *json_string_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

json_t *json_array_at(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_array(value) ? value : NULL;
}

json_t *json_object_at(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_object(value) ? value : NULL;
}

json_int_t json_integer_at(const json_t *object, const char *key, json_int_t fallback)
{
	json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool json_bool_at(const json_t *object, const char *key, bool fallback)
{
	json_t *value = json_object_get(object, key);

	return json_is_boolean(value) ? json_is_true(value) : fallback;
}

GPtrArray *json_to_strings(const json_t *array, const char *what, GError **error)
{
	g_autoptr(GPtrArray) strings = g_ptr_array_new_with_free_func(g_free);
	size_t index;
	json_t *value;

	json_array_foreach (array, index, value) {
		if (!json_is_string(value)) {
			error_set(error, THRESH_ERROR_INPUT, "%s: member %zu is not a string", what,
				  index);
			return NULL;
		}
		g_ptr_array_add(strings, g_strdup(json_string_value(value)));
	}
	return g_steal_pointer(&strings);
}

json_t *json_from_text(const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);

	return json_string(valid);
}

json_t *json_from_strings(const GPtrArray *strings)
{
	json_t *array = json_array();

	for (guint i = 0; strings && i < strings->len; i++)
		json_array_append_new(array, json_from_text(strings->pdata[i]));
	return array;
}

json_t *json_from_digest(const struct digest *digest)
{
	char text[DIGEST_TEXT_BYTES];

	digest_format(digest, text);
	return json_string(text);
}

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

char *json_path_encode(const char *path)
{
	GString *encoded = g_string_new(NULL);

	for (const char *next; *path; path = next) {
		gunichar symbol = g_utf8_get_char_validated(path, -1);
		bool plain = symbol < 0x110000 && symbol != 0xfffd;

		next = plain ? g_utf8_next_char(path) : path + 1;
		if (plain)
			g_string_append_len(encoded, path, next - path);
		else
			g_string_append_printf(encoded, "%s%02X", replacement,
					       (unsigned char)*path);
	}
	return g_string_free(encoded, FALSE);
}

/* Of two hexadecimal digits; negative where they are none. */
static int byte_of(const char *digits)
{
	int high = g_ascii_xdigit_value(digits[0]);
	int low = high < 0 ? -1 : g_ascii_xdigit_value(digits[1]);

	return low < 0 ? -1 : high << 4 | low;
}

char *json_path_decode(const char *text)
{
	GString *decoded = g_string_new(NULL);

	while (*text) {
		const char *digits = text + strlen(replacement);
		int byte = g_str_has_prefix(text, replacement) ? byte_of(digits) : 0;

		g_string_append_c(decoded, byte > 0 ? (char)byte : *text);
		text = byte > 0 ? digits + 2 : text + 1;
	}
	return g_string_free(decoded, FALSE);
}

json_t *json_from_path(const char *path)
{
	g_autofree char *encoded = json_path_encode(path);

	return json_string(encoded);
}

char *json_encode_bytes(const char *text)
{
	GString *encoded = g_string_new(NULL);

	while (*text) {
		gunichar symbol = g_utf8_get_char_validated(text, -1);
		const char *next = text + 1;

		if (symbol < 0x110000 && *text != '%') {
			next = g_utf8_next_char(text);
			g_string_append_len(encoded, text, next - text);
		} else {
			g_string_append_printf(encoded, "%%%02X", (unsigned char)*text);
		}
		text = next;
	}
	return g_string_free(encoded, FALSE);
}

char *json_decode_bytes(const char *text)
{
	g_autoptr(GString) decoded = g_string_new(NULL);
	g_autofree char *again = NULL;

	for (const char *at = text; *at; at++) {
		if (*at != '%') {
			g_string_append_c(decoded, *at);
			continue;
		}
		if (!g_ascii_isxdigit(at[1]) || !g_ascii_isxdigit(at[2]))
			return NULL;
		g_string_append_c(decoded, (char)(g_ascii_xdigit_value(at[1]) << 4 |
						  g_ascii_xdigit_value(at[2])));
		at += 2;
	}
	if (strlen(decoded->str) != decoded->len)
		return NULL;
	again = json_encode_bytes(decoded->str);
	return strcmp(again, text) == 0 ? g_strdup(decoded->str) : NULL;
}

json_t *json_from_bytes(const char *text)
{
	g_autofree char *encoded = json_encode_bytes(text);

	return json_string(encoded);
}

json_t *json_from_sizes(GHashTable *sizes)
{
	json_t *object = json_object();
	GHashTableIter iter;
	gpointer path, bytes;

	g_hash_table_iter_init(&iter, sizes);
	while (g_hash_table_iter_next(&iter, &path, &bytes)) {
		g_autofree char *encoded = json_encode_bytes(path);
		uint64_t size = *(const uint64_t *)bytes;

		json_object_set_new(object, encoded,
				    json_integer((json_int_t)MIN(size, (uint64_t)G_MAXINT64)));
	}
	return object;
}
