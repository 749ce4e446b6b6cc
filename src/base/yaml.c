/* SPDX-License-Identifier: Apache-2.0 */
/* YAML into the JSON data model, by libfyaml; see json.h. */
#include "base/error.h"
#include "base/json.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 10000, DEPTH_MAX = 32 };

struct conversion {
	const char *what;
	unsigned int nodes;
	GError **error;
};

static void fail_at(struct conversion *c, struct fy_node *node, const char *message)
{
	struct fy_token *token = fy_node_is_scalar(node) ? fy_node_get_scalar_token(node) : NULL;
	const struct fy_mark *mark = token ? fy_token_start_mark(token) : NULL;

	if (mark)
		error_set(c->error, THRESH_ERROR_USAGE, "%s: line %d column %d: %s", c->what,
			  mark->line + 1, mark->column + 1, message);
	else
		error_set(c->error, THRESH_ERROR_USAGE, "%s: %s", c->what, message);
}

/* YAML 1.2 core schema, section 10.3.2: null, bool, int, float, else string. */
static json_t *plain_scalar(const char *text)
{
	char *end;
	long long integer;
	double real;

	if (!*text || !strcmp(text, "~") || !strcmp(text, "null"))
		return json_null();
	if (!strcmp(text, "true") || !strcmp(text, "false"))
		return json_boolean(text[0] == 't');
	errno = 0;
	integer = strtoll(text, &end, 10);
	if (!*end && !errno)
		return json_integer(integer);
	errno = 0;
	real = g_ascii_strtod(text, &end);
	if (!*end && !errno && strchr("+-.0123456789", text[0]))
		return json_real(real);
	return json_string(text);
}

static json_t *convert(struct conversion *c, struct fy_node *node, int depth);

static json_t *convert_mapping(struct conversion *c, struct fy_node *node, int depth)
{
	autojson json_t *object = json_object();
	struct fy_node_pair *pair;
	void *iterator = NULL;

	while ((pair = fy_node_mapping_iterate(node, &iterator))) {
		struct fy_node *key = fy_node_pair_key(pair);
		const char *name = key ? fy_node_get_scalar0(key) : NULL;
		json_t *value;

		if (!name) {
			fail_at(c, node, "a key is not a string");
			return NULL;
		}
		value = convert(c, fy_node_pair_value(pair), depth + 1);
		if (!value)
			return NULL;
		if (json_object_set_new(object, name, value) < 0) {
			fail_at(c, key, "a key is not UTF-8");
			return NULL;
		}
	}
	return json_incref(object);
}

static json_t *convert_sequence(struct conversion *c, struct fy_node *node, int depth)
{
	autojson json_t *array = json_array();
	struct fy_node *item;
	void *iterator = NULL;

	while ((item = fy_node_sequence_iterate(node, &iterator))) {
		json_t *value = convert(c, item, depth + 1);

		if (!value)
			return NULL;
		json_array_append_new(array, value);
	}
	return json_incref(array);
}

static json_t *convert_scalar(struct conversion *c, struct fy_node *node)
{
	const char *text = fy_node_get_scalar0(node);
	bool plain = fy_node_get_style(node) == FYNS_PLAIN;
	json_t *value;

	if (!text)
		return json_null();
	value = plain ? plain_scalar(text) : json_string(text);
	if (!value)
		fail_at(c, node, "a value is not UTF-8");
	return value;
}

static json_t *convert(struct conversion *c, struct fy_node *node, int depth)
{
	if (!node)
		return json_null();
	if (++c->nodes > NODES_MAX || depth > DEPTH_MAX) {
		fail_at(c, node, "too large or too deep");
		return NULL;
	}
	if (fy_node_get_tag(node, &(size_t){0})) {
		fail_at(c, node, "tags are not supported");
		return NULL;
	}
	switch (fy_node_get_type(node)) {
	case FYNT_MAPPING:
		return convert_mapping(c, node, depth);
	case FYNT_SEQUENCE:
		return convert_sequence(c, node, depth);
	default:
		return convert_scalar(c, node);
	}
}

static void collect_diagnostic(struct fy_diag *diag, void *user, const char *text, size_t length)
{
	(void)diag;
	g_string_append_len(user, text, (gssize)length);
}

json_t *yaml_parse(const void *data, size_t size_bytes, const char *what, GError **error)
{
	g_autoptr(GString) diagnostics = g_string_new(NULL);
	struct fy_diag_cfg diag_config;
	struct fy_parse_cfg config = {.flags = FYPCF_QUIET | FYPCF_RESOLVE_DOCUMENT};
	struct fy_document *document;
	struct conversion conversion = {.what = what, .error = error};
	json_t *json;

	fy_diag_cfg_default(&diag_config);
	diag_config.output_fn = collect_diagnostic;
	diag_config.user = diagnostics;
	diag_config.colorize = false;
	diag_config.show_position = true;
	config.flags &= ~FYPCF_QUIET;
	config.diag = fy_diag_create(&diag_config);
	document = fy_document_build_from_string(&config, data, size_bytes);
	if (config.diag)
		fy_diag_unref(config.diag);
	if (!document) {
		g_autofree char *line = g_strndup(diagnostics->str, strcspn(diagnostics->str, "\n"));
		g_autofree char *quoted = error_quote(line);

		error_set(error, THRESH_ERROR_USAGE, "%s: not YAML: %s", what, quoted);
		return NULL;
	}
	json = convert(&conversion, fy_document_root(document), 0);
	fy_document_destroy(document);
	return json;
}
