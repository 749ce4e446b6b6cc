/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/challenge.h"

#include "base/error.h"

#include <string.h>

void challenge_clear(struct challenge *challenge)
{
	g_clear_pointer(&challenge->realm, g_free);
	g_clear_pointer(&challenge->service, g_free);
	g_clear_pointer(&challenge->scope, g_free);
	challenge->scheme = CHALLENGE_NONE;
}

/* RFC 9110, 5.6.2 */
static size_t token_length(const char *text)
{
	size_t length = 0;

	while (g_ascii_isalnum(text[length]) ||
	       (text[length] && strchr("!#$%&'*+-.^_`|~", text[length])))
		length++;
	return length;
}

/* RFC 9110, 11.2: a token68 in place of parameters; its '=' stand at the end alone. */
static size_t token68_length(const char *text)
{
	size_t length = 0;

	while (g_ascii_isalnum(text[length]) || (text[length] && strchr("-._~+/", text[length])))
		length++;
	length += strspn(text + length, "=");
	return length;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* RFC 9110, 5.6.4: the text between quotes, backslashes undone; NULL where it does not end. */
static char *quoted_string(const char **text)
{
	g_autoptr(GString) value = g_string_new(NULL);
	const char *p = *text + 1;

	for (; *p && *p != '"'; p++) {
		if (*p == '\\' && p[1])
			p++;
		g_string_append_c(value, *p);
	}
	if (*p != '"')
		return NULL;
	*text = p + 1;
	return g_string_free(g_steal_pointer(&value), FALSE);
}

/* NAME=VALUE; false where there is none at *@text, which is then left alone. */
static bool take_parameter(const char **text, char **ret_name, char **ret_value)
{
	size_t length = token_length(*text);
	const char *p = skip_blanks(*text + length);
	char *value;

	if (length == 0 || *p != '=')
		return false;
	p = skip_blanks(p + 1);
	if (*p == '"') {
		value = quoted_string(&p);
	} else {
		size_t size = token_length(p);

		value = size > 0 ? g_strndup(p, size) : NULL;
		p += size;
	}
	if (!value)
		return false;
	*ret_name = g_strndup(*text, length);
	*ret_value = value;
	*text = p;
	return true;
}

static void keep_parameter(struct challenge *challenge, const char *name, char *value)
{
	char **place = !g_ascii_strcasecmp(name, "realm")     ? &challenge->realm
		       : !g_ascii_strcasecmp(name, "service") ? &challenge->service
		       : !g_ascii_strcasecmp(name, "scope")   ? &challenge->scope
							      : NULL;

	if (place && !*place)
		*place = value;
	else
		g_free(value);
}

static void take_parameters(struct challenge *challenge, const char **text)
{
	char *name, *value;

	while (take_parameter(text, &name, &value)) {
		const char *next = skip_blanks(*text);

		keep_parameter(challenge, name, value);
		g_free(name);
		*text = next;
		/* a comma parts parameters, and challenges: what follows tells which */
		while (*next == ',')
			next = skip_blanks(next + 1);
		if (next[token_length(next)] != '=' &&
		    *skip_blanks(next + token_length(next)) != '=')
			return;
		*text = next;
	}
}

static enum challenge_scheme scheme_of(const char *name)
{
	return !g_ascii_strcasecmp(name, "bearer")  ? CHALLENGE_BEARER
	       : !g_ascii_strcasecmp(name, "basic") ? CHALLENGE_BASIC
						    : CHALLENGE_NONE;
}

static bool take_challenge(struct challenge *best, const char **text)
{
	size_t length = token_length(*text);
	g_autofree char *name = g_strndup(*text, length);
	struct challenge one = {.scheme = scheme_of(name)};
	const char *p = *text + length;

	if (length == 0 || (*p && !strchr(" \t,", *p)))
		return false;
	p = skip_blanks(p);
	take_parameters(&one, &p);
	if (!one.realm && !one.service && !one.scope && *p && *p != ',')
		p = skip_blanks(p + token68_length(p));
	if (*p && *p != ',') {
		challenge_clear(&one);
		return false;
	}
	if (one.scheme > best->scheme) {
		challenge_clear(best);
		*best = one;
	} else {
		challenge_clear(&one);
	}
	*text = p;
	return true;
}

bool challenge_parse(struct challenge *challenge, const char *header, GError **error)
{
	struct challenge best = {0};
	const char *p = header;
	bool ok = strlen(header) <= CHALLENGE_MAX_BYTES;

	for (;;) {
		p += strspn(p, " \t,");
		if (!ok || !*p)
			break;
		ok = take_challenge(&best, &p);
	}
	if (ok && best.scheme == CHALLENGE_BEARER && (!best.realm || !*best.realm))
		ok = false;
	if (!ok) {
		challenge_clear(&best);
		return error_set(error, THRESH_ERROR_NETWORK,
				 "the registry asks for authentication in a form that is no "
				 "WWW-Authenticate header");
	}
	if (best.scheme > challenge->scheme) {
		challenge_clear(challenge);
		*challenge = best;
	} else {
		challenge_clear(&best);
	}
	return true;
}
