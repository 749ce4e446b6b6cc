/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/url.h"

#include "base/error.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#define autourl __attribute__((cleanup(curl_url_cleanup_place)))

static void curl_url_cleanup_place(CURLU **url)
{
	curl_url_cleanup(*url);
}

static CURLU *parse(const char *text)
{
	autourl CURLU *url = curl_url();

	if (!url || strlen(text) > URL_MAX_BYTES ||
	    curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK)
		return NULL;
	return g_steal_pointer(&url);
}

/* One part as a string of GLib's; NULL where there is none. */
static char *part(CURLU *url, CURLUPart which, unsigned int flags)
{
	char *text = NULL;
	char *copy;

	if (curl_url_get(url, which, &text, flags) != CURLUE_OK)
		return NULL;
	copy = g_strdup(text);
	curl_free(text);
	return copy;
}

static bool name_is_loopback(const char *name)
{
	unsigned int a, b, c, d;
	char end;

	return !g_ascii_strcasecmp(name, "localhost") || !strcmp(name, "[::1]") ||
	       (sscanf(name, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &end) == 4 && a == 127 &&
		b < 256 && c < 256 && d < 256);
}

static bool is_followable(CURLU *url, const char *base, GError **error)
{
	g_autofree char *scheme = part(url, CURLUPART_SCHEME, 0);
	g_autofree char *user = part(url, CURLUPART_USER, 0);
	g_autofree char *password = part(url, CURLUPART_PASSWORD, 0);
	g_autofree char *host = part(url, CURLUPART_HOST, 0);

	if (g_strcmp0(scheme, "https") != 0 && g_strcmp0(scheme, "http") != 0)
		return error_set(error, THRESH_ERROR_NETWORK,
				 "the registry sends to a place that is neither http nor https");
	if (user || password)
		return error_set(error, THRESH_ERROR_NETWORK,
				 "the registry sends to a URL with a user name in it");
	if (url_is_https(base) && strcmp(scheme, "http") == 0)
		return error_set(error, THRESH_ERROR_NETWORK,
				 "the registry sends from https to plain http");
	if (strcmp(scheme, "http") == 0 && (!host || !name_is_loopback(host)))
		return error_set(error, THRESH_ERROR_NETWORK,
				 "the registry sends to plain http on another machine");
	return true;
}

char *url_resolve(const char *base, const char *reference, GError **error)
{
	autourl CURLU *url = parse(base);
	g_autofree char *text = NULL;

	for (const char *p = reference; *p; p++) {
		if ((unsigned char)*p <= 0x20 || *p == 0x7f)
			url = (curl_url_cleanup(url), NULL);
		if (!url)
			break;
	}
	if (!url || strlen(reference) > URL_MAX_BYTES ||
	    curl_url_set(url, CURLUPART_URL, reference, 0) != CURLUE_OK) {
		error_set(error, THRESH_ERROR_NETWORK, "the registry gives a URL that is none");
		return NULL;
	}
	if (!is_followable(url, base, error))
		return NULL;
	curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0);
	text = part(url, CURLUPART_URL, 0);
	if (!text)
		error_set(error, THRESH_ERROR_NETWORK, "the registry gives a URL that is none");
	return g_steal_pointer(&text);
}

static char *origin_of(const char *text)
{
	autourl CURLU *url = parse(text);
	g_autofree char *scheme = url ? part(url, CURLUPART_SCHEME, 0) : NULL;
	g_autofree char *host = url ? part(url, CURLUPART_HOST, 0) : NULL;
	g_autofree char *port = url ? part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT) : NULL;
	g_autofree char *lower = host ? g_ascii_strdown(host, -1) : NULL;

	return scheme && lower && port ? g_strconcat(scheme, "://", lower, ":", port, NULL) : NULL;
}

bool url_same_origin(const char *a, const char *b)
{
	g_autofree char *left = origin_of(a);
	g_autofree char *right = origin_of(b);

	return left && right && strcmp(left, right) == 0;
}

bool url_is_https(const char *url)
{
	return g_ascii_strncasecmp(url, "https://", 8) == 0;
}

bool url_is_loopback(const char *text)
{
	autourl CURLU *url = parse(text);
	g_autofree char *host = url ? part(url, CURLUPART_HOST, 0) : NULL;

	return host && name_is_loopback(host);
}

bool host_is_loopback(const char *host)
{
	g_autofree char *url = g_strconcat("https://", host, "/", NULL);

	return url_is_loopback(url);
}

char *url_show(const char *text)
{
	size_t length = strcspn(text, "?#");
	g_autofree char *plain = g_strndup(text, length);

	return error_quote(plain);
}

/* Whether the parameters at @text, up to the comma that ends the link, have rel=next. */
static bool says_next(const char *text, const char **ret_end)
{
	bool next = false;

	while (*text && *text != ',') {
		g_autofree char *value = NULL;
		size_t name;

		text += strspn(text, " \t;");
		name = strcspn(text, "=;, \t");
		if (text[name] == '=' && text[name + 1] == '"') {
			const char *start = text + name + 2;
			size_t size = strcspn(start, "\"");

			value = g_strndup(start, size);
			next |= name == 3 && !g_ascii_strncasecmp(text, "rel", 3) &&
				!g_ascii_strcasecmp(value, "next");
			text = start + size + (start[size] ? 1 : 0);
			continue;
		}
		if (text[name] == '=') {
			size_t size = strcspn(text + name + 1, ";, \t");

			value = g_strndup(text + name + 1, size);
			next |= name == 3 && !g_ascii_strncasecmp(text, "rel", 3) &&
				!g_ascii_strcasecmp(value, "next");
			text += name + 1 + size;
			continue;
		}
		if (name == 0 && *text && *text != ',')
			text++; /* nothing that is known: goes on */
		text += name;
	}
	*ret_end = text;
	return next;
}

char *link_next(const char *header)
{
	const char *p = header;

	while (*p) {
		const char *end;

		p += strspn(p, " \t,");
		if (*p != '<')
			return NULL;
		end = strchr(p, '>');
		if (!end)
			return NULL;
		p++;
		header = end + 1;
		if (says_next(header, &header) && end > p)
			return g_strndup(p, (gsize)(end - p));
		p = header;
	}
	return NULL;
}
