/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_walk.h"

#include "base/error.h"

#include <string.h>

static bool fail(const struct json_walk *walk, const char *what, GError **error)
{
	return error_set(error, THRESH_ERROR_INPUT, "not JSON: %s at offset %zu", what,
			 (size_t)(walk->at - walk->start));
}

bool json_walk_init(struct json_walk *walk, const void *data, size_t size_bytes, GError **error)
{
	const char *end;

	*walk = (struct json_walk){data, data, (const char *)data + size_bytes};
	if (size_bytes > 0 && memchr(data, '\0', size_bytes)) {
		walk->at = memchr(data, '\0', size_bytes);
		return fail(walk, "a NUL byte", error);
	}
	if (!g_utf8_validate_len(data, size_bytes, &end)) {
		walk->at = end;
		return fail(walk, "no UTF-8", error);
	}
	return true;
}

static void skip_space(struct json_walk *walk)
{
	while (walk->at < walk->end && strchr(" \t\r\n", *walk->at))
		walk->at++;
}

/* From the quote on. */
static bool skip_string(struct json_walk *walk, GError **error)
{
	for (walk->at++; walk->at < walk->end && *walk->at != '"'; walk->at++) {
		if ((guchar)*walk->at < 0x20)
			return fail(walk, "a control character in a string", error);
		walk->at += *walk->at == '\\';
	}
	if (walk->at >= walk->end) {
		walk->at = walk->end;
		return fail(walk, "a string without an end", error);
	}
	walk->at++;
	return true;
}

/* A number or a word: up to what may follow it. */
static bool skip_plain(struct json_walk *walk, GError **error)
{
	const char *start = walk->at;

	while (walk->at < walk->end && !strchr(" \t\r\n,:[]{}\"", *walk->at))
		walk->at++;
	return walk->at > start || fail(walk, "no value", error);
}

static bool skip_brackets(struct json_walk *walk, GError **error)
{
	char closing[JSON_WALK_DEPTH_MAX];
	size_t depth = 0;

	do {
		char c = *walk->at;

		if (c == '"') {
			if (!skip_string(walk, error))
				return false;
			continue;
		}
		if (c == '[' || c == '{') {
			if (depth == JSON_WALK_DEPTH_MAX)
				return fail(walk, "nested too deep", error);
			closing[depth++] = c == '[' ? ']' : '}';
		} else if ((c == ']' || c == '}') && closing[--depth] != c) {
			return fail(walk, "a bracket that closes another", error);
		}
		walk->at++;
	} while (depth > 0 && walk->at < walk->end);
	return depth == 0 || fail(walk, "a bracket without an end", error);
}

static bool take_value(struct json_walk *walk, struct json_span *ret_value, GError **error)
{
	const char *start = walk->at;
	bool done;

	if (walk->at >= walk->end)
		return fail(walk, "no value", error);
	if (*walk->at == '[' || *walk->at == '{')
		done = skip_brackets(walk, error);
	else
		done = *walk->at == '"' ? skip_string(walk, error) : skip_plain(walk, error);
	*ret_value = (struct json_span){start, (size_t)(walk->at - start),
					(size_t)(start - walk->start)};
	return done;
}

bool json_walk_next(struct json_walk *walk, struct json_span *ret_value, GError **error)
{
	skip_space(walk);
	return walk->at < walk->end && take_value(walk, ret_value, error);
}

/* Caller frees. */
static char *take_key(struct json_walk *walk, GError **error)
{
	struct json_span key;
	json_t *json;
	char *text;

	if (walk->at >= walk->end || *walk->at != '"') {
		fail(walk, "no key", error);
		return NULL;
	}
	if (!take_value(walk, &key, error))
		return NULL;
	if (!memchr(key.text, '\\', key.size_bytes))
		return g_strndup(key.text + 1, key.size_bytes - 2);
	json = json_loadb(key.text, key.size_bytes, JSON_DECODE_ANY, NULL);
	text = g_strdup(json_string_value(json));
	json_decref(json);
	if (!text)
		fail(walk, "a key that is no string", error);
	return text;
}

static bool take_colon(struct json_walk *walk, GError **error)
{
	skip_space(walk);
	if (walk->at >= walk->end || *walk->at != ':')
		return fail(walk, "no colon behind a key", error);
	walk->at++;
	skip_space(walk);
	return true;
}

/* Behind a value: a comma that another follows, or the end. */
static bool take_comma(struct json_walk *walk, bool *ret_more, GError **error)
{
	skip_space(walk);
	*ret_more = walk->at < walk->end;
	if (!*ret_more)
		return true;
	if (*walk->at != ',')
		return fail(walk, "no comma between two values", error);
	walk->at++;
	skip_space(walk);
	return walk->at < walk->end || fail(walk, "a comma that nothing follows", error);
}

bool json_walk_each(const struct json_span *container, json_walk_visit each, void *user,
		    GError **error)
{
	bool is_object = *container->text == '{', more;
	struct json_walk walk = {container->text - container->offset, container->text + 1,
				 container->text + container->size_bytes - 1};

	if (!is_object && *container->text != '[')
		return true;
	skip_space(&walk);
	more = walk.at < walk.end;
	while (more) {
		g_autofree char *key = is_object ? take_key(&walk, error) : NULL;
		struct json_span value;

		if (is_object && (!key || !take_colon(&walk, error)))
			return false;
		if (!take_value(&walk, &value, error) || !each(key, &value, user, error) ||
		    !take_comma(&walk, &more, error))
			return false;
	}
	return true;
}
