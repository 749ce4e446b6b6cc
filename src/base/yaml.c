/* SPDX-License-Identifier: Apache-2.0 */
/* YAML into the JSON data model, by libfyaml; see json.h. */
#include "base/error.h"
#include "base/json.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 10000, DEPTH_MAX = 32, MESSAGE_MAX = 4096 };

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
	if (fy_node_is_alias(node)) {
		/* resolved here, not by the library, so that expansion is counted and bounded */
		struct fy_node *anchor = fy_node_resolve_alias(node);

		if (!anchor) {
			fail_at(c, node, "an alias without an anchor");
			return NULL;
		}
		node = anchor;
	}
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

static void collect_output(struct fy_diag *diag, void *user, const char *text, size_t length)
{
	GString *collected = user;

	(void)diag;
	if (collected->len < MESSAGE_MAX)
		g_string_append_len(collected, text, (gssize)length);
}

/* Collects in @messages. With a FILE in the configuration, which the default has, libfyaml would
 * write there and not call the function. */
static struct fy_diag *diagnostics_new(GString *messages)
{
	struct fy_diag_cfg config;

	fy_diag_cfg_default(&config);
	config.fp = NULL;
	config.output_fn = collect_output;
	config.user = messages;
	config.colorize = false;
	config.show_position = false;
	return fy_diag_create(&config);
}

/* The first message is the cause; what follows it are an excerpt and consequences. It has the form
 * "<memory-@ADDRESS>:LINE:COLUMN: error: TEXT". */
static void report_syntax(const GString *messages, const char *what, GError **error)
{
	g_autofree char *line = g_strndup(messages->str, strcspn(messages->str, "\n"));
	g_auto(GStrv) parts = g_strsplit(line, ":", 5);
	g_autofree char *quoted = NULL;

	if (g_strv_length(parts) == 5 && g_str_has_prefix(parts[0], "<memory")) {
		quoted = error_quote(g_strstrip(parts[4]));
		error_set(error, THRESH_ERROR_USAGE, "%s: not YAML: line %s column %s: %s", what,
			  parts[1], parts[2], quoted);
		return;
	}
	quoted = error_quote(*line ? line : "no message");
	error_set(error, THRESH_ERROR_USAGE, "%s: not YAML: %s", what, quoted);
}

/* NULL with no error: the text holds no document. */
static struct fy_document *document_parse(const void *data, size_t size_bytes, const char *what,
					  GError **error)
{
	g_autoptr(GString) messages = g_string_new(NULL);
	struct fy_parse_cfg config = {.diag = diagnostics_new(messages)};
	struct fy_parser *parser = fy_parser_create(&config);
	struct fy_document *document = NULL, *second = NULL;

	if (parser && fy_parser_set_string(parser, data, size_bytes) == 0)
		document = fy_parse_load_document(parser);
	if (!document) {
		if (!parser || fy_parser_get_stream_error(parser) || messages->len > 0)
			report_syntax(messages, what, error);
	} else if ((second = fy_parse_load_document(parser)) ||
		   fy_parser_get_stream_error(parser)) {
		if (second)
			error_set(error, THRESH_ERROR_USAGE, "%s: not YAML: more than one document",
				  what);
		else
			report_syntax(messages, what, error);
		fy_parse_document_destroy(parser, second);
		fy_parse_document_destroy(parser, document);
		document = NULL;
	}
	/* the document keeps what it needs of the parser's input by reference */
	if (parser)
		fy_parser_destroy(parser);
	if (config.diag)
		fy_diag_unref(config.diag);
	return document;
}

json_t *yaml_parse(const void *data, size_t size_bytes, const char *what, GError **error)
{
	g_autoptr(GError) failure = NULL;
	struct conversion conversion = {.what = what, .error = error};
	struct fy_document *document;
	json_t *json;

	if (!g_utf8_validate_len(data, size_bytes, NULL)) {
		error_set(error, THRESH_ERROR_USAGE, "%s: not YAML: not UTF-8", what);
		return NULL;
	}
	document = document_parse(data, size_bytes, what, &failure);
	if (failure) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return NULL;
	}
	if (!document) /* nothing, or comments alone */
		return json_null();
	json = convert(&conversion, fy_document_root(document), 0);
	fy_document_destroy(document);
	return json;
}

unsigned int yaml_line_of(const void *data, size_t size_bytes, const char *const *keys)
{
	struct fy_document *document = document_parse(data, size_bytes, "", NULL);
	struct fy_node *node = document ? fy_document_root(document) : NULL;
	struct fy_node *place = NULL;
	struct fy_token *token = NULL;
	const struct fy_mark *mark;
	unsigned int line;

	for (; node && *keys; keys++) {
		struct fy_node_pair *pair;

		if (fy_node_is_sequence(node)) {
			place = node = fy_node_sequence_get_by_index(node, atoi(*keys));
			continue;
		}
		pair = fy_node_is_mapping(node)
			       ? fy_node_mapping_lookup_pair_by_string(node, *keys, FY_NT)
			       : NULL;
		place = pair ? fy_node_pair_key(pair) : NULL;
		node = pair ? fy_node_pair_value(pair) : NULL;
	}
	if (place && !*keys && fy_node_is_scalar(place))
		token = fy_node_get_scalar_token(place);
	mark = token ? fy_token_start_mark(token) : NULL;
	line = mark ? (unsigned int)mark->line + 1 : 0;
	fy_document_destroy(document);
	return line;
}
