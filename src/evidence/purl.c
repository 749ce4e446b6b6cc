/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/purl.h"

#include "base/error.h"
#include "base/sorted.h"

#include <string.h>

enum { TEXT_MAX_BYTES = 64 << 10 };

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

void purl_clear(struct purl *purl)
{
	g_free(purl->type);
	g_free(purl->namespace);
	g_free(purl->name);
	g_free(purl->version);
	g_free(purl->subpath);
	g_clear_pointer(&purl->qualifiers, g_hash_table_unref);
	*purl = (struct purl){0};
}

void purl_qualify(struct purl *purl, const char *key, const char *value)
{
	if (!value || *value == '\0')
		return;
	if (!purl->qualifiers)
		purl->qualifiers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_hash_table_insert(purl->qualifiers, g_strdup(key), g_strdup(value));
}

/* --- what types ask for (the purl-types definitions) ---------------------------------------------
 */

static bool is_one_of(const char *type, const char *const *types)
{
	return g_strv_contains(types, type);
}

static void lower(char *text)
{
	for (char *c = text; c && *c; c++)
		*c = g_ascii_tolower(*c);
}

static void replace(char *text, char from, char to)
{
	for (char *c = text; c && *c; c++)
		*c = *c == from ? to : *c;
}

static void normalize(struct purl *purl)
{
	static const char *const namespaces[] = {
		"alpm", "apk", "bitbucket", "composer",         "deb", "github", "hex",
		"qpkg", "rpm", "brew",      "vscode-extension", NULL};
	static const char *const names[] = {
		"alpm", "apk", "bitbucket", "bitnami", "composer", "deb",  "github",
		"hex",  "oci", "otp",       "pub",     "pypi",     "brew", "vscode-extension",
		NULL};
	static const char *const versions[] = {"huggingface", "oci", "pypi", "vscode-extension",
					       NULL};

	lower(purl->type);
	if (is_one_of(purl->type, namespaces))
		lower(purl->namespace);
	if (is_one_of(purl->type, names))
		lower(purl->name);
	if (is_one_of(purl->type, versions))
		lower(purl->version);
	if (!strcmp(purl->type, "pypi"))
		replace(purl->name, '_', '-');
}

static bool is_type(const char *type)
{
	return type && strspn(type, LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ") > 0 &&
	       type[strspn(type, LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS ".-")] == '\0';
}

static bool is_key(const char *key)
{
	return strspn(key, LETTERS) > 0 && key[strspn(key, LETTERS DIGITS ".-_")] == '\0';
}

/* Types that have a namespace, and types that have none. */
static bool check(const struct purl *purl, GError **error)
{
	static const char *const with[] = {"alpm", "apk",    "bitbucket",   "composer",
					   "deb",  "github", "huggingface", "maven",
					   "qpkg", "rpm",    "swift",       "vscode-extension",
					   NULL};
	static const char *const without[] = {"bazel",     "bitnami", "cargo",  "chrome-extension",
					      "cocoapods", "conda",   "cran",   "gem",
					      "hackage",   "julia",   "mlflow", "nuget",
					      "oci",       "opam",    "otp",    "pub",
					      "pypi",      "vcpkg",   NULL};

	if (is_one_of(purl->type, with) && !purl->namespace)
		return error_set(error, THRESH_ERROR_INPUT,
				 "package URL: type %s needs a namespace", purl->type);
	if (is_one_of(purl->type, without) && purl->namespace)
		return error_set(error, THRESH_ERROR_INPUT, "package URL: type %s has no namespace",
				 purl->type);
	if (!strcmp(purl->type, "cpan") && strstr(purl->name, "::"))
		return error_set(error, THRESH_ERROR_INPUT,
				 "package URL: type cpan names distributions, not modules");
	return true;
}

/* --- text ----------------------------------------------------------------------------------------
 */

static void append_encoded(GString *text, const char *part, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (g_ascii_isalnum(part[i]) || strchr(".-_~:", part[i]))
			g_string_append_c(text, part[i]);
		else
			g_string_append_printf(text, "%%%02X", (guchar)part[i]);
	}
}

/* @path segment by segment; empty ones, and "." and ".." where @subpath, are left out. */
static void append_segments(GString *text, const char *path, bool subpath)
{
	g_auto(GStrv) segments = g_strsplit(path, "/", -1);
	bool first = true;

	for (char **segment = segments; *segment; segment++) {
		if (**segment == '\0' ||
		    (subpath && (!strcmp(*segment, ".") || !strcmp(*segment, ".."))))
			continue;
		if (!first)
			g_string_append_c(text, '/');
		append_encoded(text, *segment, strlen(*segment));
		first = false;
	}
}

static bool append_qualifiers(GString *text, GHashTable *qualifiers, GError **error)
{
	g_autoptr(GHashTable) lowered =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) keys = keys_sorted(qualifiers);
	char mark = '?';

	for (guint i = 0; i < keys->len; i++)
		g_hash_table_insert(lowered, g_ascii_strdown(keys->pdata[i], -1),
				    g_hash_table_lookup(qualifiers, keys->pdata[i]));
	g_ptr_array_unref(keys);
	keys = keys_sorted(lowered);
	for (guint i = 0; i < keys->len; i++) {
		const char *key = keys->pdata[i], *value = g_hash_table_lookup(lowered, key);

		if (!is_key(key))
			return error_set(error, THRESH_ERROR_INPUT,
					 "package URL: a qualifier's key has other letters");
		if (!value || *value == '\0')
			continue;
		g_string_append_printf(text, "%c%s=", mark, key);
		append_encoded(text, value, strlen(value));
		mark = '&';
	}
	return true;
}

/* Without slashes at both ends; NULL where nothing is left. Caller frees. */
static char *stripped(const char *text)
{
	size_t length;

	if (!text)
		return NULL;
	text += strspn(text, "/");
	for (length = strlen(text); length > 0 && text[length - 1] == '/';)
		length--;
	return length > 0 ? g_strndup(text, length) : NULL;
}

char *purl_format(const struct purl *purl, GError **error)
{
	g_autoptr(GString) text = g_string_new("pkg:");
	autopurl struct purl normal = {.type = g_strdup(purl->type),
				       .namespace = stripped(purl->namespace),
				       .name = stripped(purl->name),
				       .version = g_strdup(purl->version)};
	size_t before;

	if (!is_type(normal.type) || !normal.name) {
		error_set(error, THRESH_ERROR_INPUT, "package URL: has no %s",
			  is_type(normal.type) ? "name" : "type");
		return NULL;
	}
	normalize(&normal);
	if (!check(&normal, error))
		return NULL;
	g_string_append_printf(text, "%s/", normal.type);
	if (normal.namespace) {
		append_segments(text, normal.namespace, false);
		g_string_append_c(text, '/');
	}
	append_encoded(text, normal.name, strlen(normal.name));
	if (normal.version && normal.version[0]) {
		g_string_append_c(text, '@');
		append_encoded(text, normal.version, strlen(normal.version));
	}
	if (purl->qualifiers && !append_qualifiers(text, purl->qualifiers, error))
		return NULL;
	before = text->len;
	g_string_append_c(text, '#');
	if (purl->subpath)
		append_segments(text, purl->subpath, true);
	if (text->len == before + 1)
		g_string_truncate(text, before);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* NULL where an escape is none, where it says NUL, or where the answer is not UTF-8. */
static char *decoded(const char *text)
{
	g_autofree char *plain = g_uri_unescape_string(text, NULL);

	if (!plain || !g_utf8_validate(plain, -1, NULL))
		return NULL;
	return g_steal_pointer(&plain);
}

/* "a%20b//c" to "a b/c"; NULL where a segment is wrong, "" where there is none. */
static char *decoded_segments(const char *text, bool subpath)
{
	g_auto(GStrv) segments = g_strsplit(text, "/", -1);
	g_autoptr(GString) path = g_string_new(NULL);

	for (char **segment = segments; *segment; segment++) {
		g_autofree char *plain = decoded(*segment);

		if (!plain || (subpath && strchr(plain, '/')))
			return NULL;
		if (*plain == '\0' || (subpath && (!strcmp(plain, ".") || !strcmp(plain, ".."))))
			continue;
		g_string_append_printf(path, "%s%s", path->len > 0 ? "/" : "", plain);
	}
	return g_string_free(g_steal_pointer(&path), FALSE);
}

static char *null_if_empty(char *text)
{
	if (*text)
		return text;
	g_free(text);
	return NULL;
}

static bool parse_qualifiers(struct purl *purl, const char *text)
{
	g_auto(GStrv) pairs = g_strsplit(text, "&", -1);

	for (char **pair = pairs; *pair; pair++) {
		char *equals = strchr(*pair, '=');
		g_autofree char *value = equals ? decoded(equals + 1) : NULL;

		if (**pair == '\0')
			continue;
		if (!equals || !value)
			return false;
		*equals = '\0';
		lower(*pair);
		if (!is_key(*pair))
			return false;
		purl_qualify(purl, *pair, value);
	}
	return true;
}

/* Cuts *@text at the last @mark and answers what is behind it, or NULL. */
static char *cut_right(char *text, char mark)
{
	char *at = strrchr(text, mark);

	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

/* "[namespace/]name[@version]" */
static bool parse_name(struct purl *purl, char *rest)
{
	char *slash, *version = cut_right(rest, '@');

	/* An "@" before a slash is part of a scope that should have been encoded. */
	if (version && strchr(version, '/')) {
		version[-1] = '@';
		version = NULL;
	}
	if (version) {
		purl->version = decoded(version);
		if (!purl->version)
			return false;
		purl->version = null_if_empty(purl->version);
	}
	for (size_t length = strlen(rest); length > 0 && rest[length - 1] == '/';)
		rest[--length] = '\0';
	slash = strrchr(rest, '/');
	purl->name = decoded(slash ? slash + 1 : rest);
	if (!slash)
		return purl->name && *purl->name;
	*slash = '\0';
	purl->namespace = decoded_segments(rest, false);
	if (!purl->namespace)
		return false;
	purl->namespace = null_if_empty(purl->namespace);
	return purl->name && *purl->name;
}

/* Takes what is before the first colon and the type; answers what follows, or NULL. */
static char *parse_type(struct purl *purl, char *text)
{
	char *rest, *slash;

	if (g_ascii_strncasecmp(text, "pkg:", 4) != 0)
		return NULL;
	rest = text + 4 + strspn(text + 4, "/");
	slash = strchr(rest, '/');
	if (!slash)
		return NULL;
	purl->type = g_ascii_strdown(rest, slash - rest);
	return is_type(purl->type) ? slash + 1 : NULL;
}

static bool parse(struct purl *purl, char *text)
{
	char *subpath = cut_right(text, '#'), *qualifiers = cut_right(text, '?');
	char *rest = parse_type(purl, text);

	if (!rest || !parse_name(purl, rest) || (qualifiers && !parse_qualifiers(purl, qualifiers)))
		return false;
	if (subpath) {
		purl->subpath = decoded_segments(subpath, true);
		if (!purl->subpath)
			return false;
		purl->subpath = null_if_empty(purl->subpath);
	}
	return true;
}

bool purl_parse(const char *text, struct purl *ret_purl, GError **error)
{
	autopurl struct purl purl = {0};
	g_autofree char *copy = g_strndup(text, TEXT_MAX_BYTES + 1);
	g_autofree char *quoted = error_quote(text);

	if (strlen(copy) > TEXT_MAX_BYTES || !parse(&purl, copy))
		return error_set(error, THRESH_ERROR_INPUT, "`%s`: no package URL", quoted);
	normalize(&purl);
	if (!check(&purl, error)) {
		g_prefix_error(error, "`%s`: ", quoted);
		return false;
	}
	*ret_purl = purl;
	purl = (struct purl){0};
	return true;
}
