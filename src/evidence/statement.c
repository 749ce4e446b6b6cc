/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/statement.h"

#include "base/error.h"

#include <string.h>

json_t *statement_new(const struct digest *subject, const char *predicate_type, json_t *predicate)
{
	char hex[DIGEST_HEX_BYTES];

	digest_format_hex(subject, hex);
	return json_pack("{s:s, s:[{s:{s:s}}], s:s, s:o}", "_type", STATEMENT_V1, "subject",
			 "digest", "sha256", hex, "predicateType", predicate_type, "predicate",
			 predicate);
}

void statements_add_inventory(GPtrArray *statements, const struct inventory *inventory,
			      const struct document_about *about)
{
	static const struct {
		enum document_format format;
		const char *type;
	} documents[] = {
		{DOCUMENT_SPDX, PREDICATE_SPDX},
		{DOCUMENT_SPDX3, PREDICATE_SPDX3},
		{DOCUMENT_CYCLONEDX, PREDICATE_CYCLONEDX},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(documents); i++)
		g_ptr_array_add(
			statements,
			statement_new(&about->image->manifest_digest, documents[i].type,
				      document_make(documents[i].format, inventory, about)));
}

static bool fail(GError **error, const char *what)
{
	return error_set(error, THRESH_ERROR_INPUT, "statement: %s", what);
}

static bool take_subject(const json_t *root, struct digest *ret_subject, GError **error)
{
	const json_t *subjects = json_array_at(root, "subject");
	const json_t *digests = json_object_at(json_array_get(subjects, 0), "digest");
	const char *hex = json_string_at(digests, "sha256");
	g_autofree char *text = hex ? g_strconcat("sha256:", hex, NULL) : NULL;

	if (json_array_size(subjects) != 1 || json_object_size(digests) != 1 || !text ||
	    !digest_parse(text, ret_subject, NULL))
		return fail(error, "want one subject, with one digest, SHA-256");
	return true;
}

static bool take(const json_t *root, struct statement *statement, GError **error)
{
	static const char *const known[] = {"_type", "subject", "predicateType", "predicate", NULL};
	const char *type = json_string_at(root, "predicateType");
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)root, key, value) {
		if (!g_strv_contains(known, key))
			return fail(error, "an unknown member");
	}
	if (g_strcmp0(json_string_at(root, "_type"), STATEMENT_V1) != 0)
		return fail(error, "its _type is not " STATEMENT_V1);
	if (!type || !*type)
		return fail(error, "no predicateType");
	if (!json_is_object(json_object_get(root, "predicate")))
		return fail(error, "its predicate is no object");
	if (!take_subject(root, &statement->subject, error))
		return false;
	statement->predicate_type = g_strdup(type);
	statement->predicate = json_incref(json_object_get(root, "predicate"));
	return true;
}

bool statement_parse(const void *data, size_t size_bytes, struct statement *ret_statement,
		     GError **error)
{
	autojson json_t *root = json_parse(data, size_bytes, "statement", error);
	struct statement statement = {0};

	if (!root || !take(root, &statement, error))
		return false;
	*ret_statement = statement;
	return true;
}

void statement_clear(struct statement *statement)
{
	g_free(statement->predicate_type);
	json_decref(statement->predicate);
	*statement = (struct statement){0};
}

const char *predicate_type_of(const char *text)
{
	static const struct {
		const char *name, *uri;
	} types[] = {
		{"spdx", PREDICATE_SPDX},
		{"spdx3", PREDICATE_SPDX3},
		{"cyclonedx", PREDICATE_CYCLONEDX},
		{"openvex", PREDICATE_OPENVEX},
		{"provenance", PREDICATE_PROVENANCE},
		{"runtime-trace", PREDICATE_RUNTIME_TRACE},
		{"cut-list", PREDICATE_CUT_LIST},
		{"replay", PREDICATE_REPLAY},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
		if (!strcmp(text, types[i].name))
			return types[i].uri;
	}
	/* RFC 3986, section 3: a scheme, and printable ASCII */
	return g_regex_match_simple("^[A-Za-z][A-Za-z0-9+.-]*:[!-~]+$", text,
				    G_REGEX_DOLLAR_ENDONLY, 0)
		       ? text
		       : NULL;
}
