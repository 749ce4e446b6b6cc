/* SPDX-License-Identifier: Apache-2.0 */
/* purl-lines: for judges of package URLs. Each line of standard input is JSON: a string is parsed,
 * an object (type, namespace, name, version, qualifiers, subpath) is built. Each line of output is
 * what came of it: an object, a string, or null for an error. */
#include "base/json.h"
#include "evidence/purl.h"

#include <stdio.h>
#include <string.h>

static json_t *parsed(const char *text)
{
	autopurl struct purl purl = {0};
	json_t *json, *qualifiers;
	GHashTableIter iterator;
	gpointer key, value;

	if (!purl_parse(text, &purl, NULL))
		return json_null();
	qualifiers = purl.qualifiers ? json_object() : json_null();
	if (purl.qualifiers)
		g_hash_table_iter_init(&iterator, purl.qualifiers);
	while (purl.qualifiers && g_hash_table_iter_next(&iterator, &key, &value))
		json_object_set_new(qualifiers, key, json_string(value));
	json = json_pack("{s:s, s:s?, s:s, s:s?, s:o, s:s?}", "type", purl.type, "namespace",
			 purl.namespace, "name", purl.name, "version", purl.version, "qualifiers",
			 qualifiers, "subpath", purl.subpath);
	return json;
}

static json_t *built(const json_t *input)
{
	autopurl struct purl purl = {
		.type = g_strdup(json_string_at(input, "type")),
		.namespace = g_strdup(json_string_at(input, "namespace")),
		.name = g_strdup(json_string_at(input, "name")),
		.version = g_strdup(json_string_at(input, "version")),
		.subpath = g_strdup(json_string_at(input, "subpath")),
	};
	g_autofree char *text = NULL;
	const char *key;
	json_t *value;

	json_object_foreach (json_object_at(input, "qualifiers"), key, value)
		purl_qualify(&purl, key, json_string_value(value));
	text = purl_format(&purl, NULL);
	return text ? json_string(text) : json_null();
}

int main(void)
{
	static char line[1 << 20];

	while (fgets(line, sizeof(line), stdin)) {
		autojson json_t *input = json_loads(line, JSON_DECODE_ANY, NULL);
		autojson json_t *output =
			json_is_string(input) ? parsed(json_string_value(input)) : built(input);
		char *text = json_dumps(output, JSON_ENCODE_ANY | JSON_COMPACT);

		puts(text);
		free(text);
	}
	return 0;
}
