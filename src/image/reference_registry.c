/* SPDX-License-Identifier: Apache-2.0 */
/* docker://HOST[:PORT]/REPOSITORY[:TAG][@DIGEST]: github.com/distribution/reference, "Grammar". */
#include "base/digest.h"
#include "base/error.h"
#include "image/reference.h"

#include <string.h>

enum { REPOSITORY_MAX_BYTES = 255, HOST_MAX_BYTES = 255 };

#define HOST_PATTERN                                                                               \
	"^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"     \
	"|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?$"
#define COMPONENT_PATTERN "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*"
#define TAG_PATTERN       "^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$"

static bool matches(const char *pattern, const char *text)
{
	return g_regex_match_simple(pattern, text, G_REGEX_DOLLAR_ENDONLY, 0);
}

/* A first component without a dot or a port is no host, but for localhost: docker's rule. */
static bool is_host(const char *first)
{
	return strpbrk(first, ".:[") || strcmp(first, "localhost") == 0;
}

/* "nginx" → "docker.io/library/nginx". Takes @path. */
static char *normalise_path(char *path)
{
	const char *slash = strchr(path, '/');
	g_autofree char *owned = path;
	g_autofree char *first = slash ? g_strndup(path, (gsize)(slash - path)) : NULL;

	if (!slash)
		return g_strconcat("docker.io/library/", path, NULL);
	if (!is_host(first))
		return g_strconcat("docker.io/", path, NULL);
	if (strcmp(first, "index.docker.io") == 0 || strcmp(first, "docker.io") == 0)
		return g_strconcat("docker.io/", strchr(slash + 1, '/') ? "" : "library/",
				   slash + 1, NULL);
	return g_steal_pointer(&owned);
}

static bool check_path(const char *quoted, const char *path, GError **error)
{
	const char *slash = strchr(path, '/');
	g_autofree char *host = g_strndup(path, (gsize)(slash - path));

	if (strlen(host) > HOST_MAX_BYTES || !matches(HOST_PATTERN, host))
		return error_set(error, THRESH_ERROR_USAGE,
				 "%s: not a registry's HOST or HOST:PORT before the first slash",
				 quoted);
	if (strlen(slash + 1) > REPOSITORY_MAX_BYTES ||
	    !matches("^" COMPONENT_PATTERN "(/" COMPONENT_PATTERN ")*$", slash + 1))
		return error_set(error, THRESH_ERROR_USAGE,
				 "%s: not a repository's name (lower case letters and digits, with "
				 ". _ - between them, and slashes)",
				 quoted);
	return true;
}

/* Cuts "@sha256:…" off; it goes before a tag, as it says more. */
static bool take_digest(const char *quoted, char *text, char **ret_name, GError **error)
{
	char *at = strchr(text, '@');
	struct digest digest;

	if (!at)
		return true;
	/* "user:password@host/…", which is not repeated */
	if (strchr(at, '/'))
		return error_set(
			error, THRESH_ERROR_USAGE,
			"docker:// with a user before '@': a reference has none (log in with "
			"`docker login` or `podman login`, whose files are read)");
	if (!digest_parse(at + 1, &digest, NULL))
		return error_set(error, THRESH_ERROR_USAGE, "%s: behind '@' stands no sha256:…",
				 quoted);
	*ret_name = g_strdup(at);
	*at = '\0';
	return true;
}

static bool take_tag(const char *quoted, char *text, char **name, GError **error)
{
	char *slash = strrchr(text, '/');
	char *colon = strchr(slash ? slash : text, ':');

	if (!colon)
		return true;
	if (!matches(TAG_PATTERN, colon + 1))
		return error_set(error, THRESH_ERROR_USAGE,
				 "%s: behind the colon stands no tag (letters, digits, . _ -; at "
				 "most 128)",
				 quoted);
	if (!*name)
		*name = g_strdup(colon + 1);
	*colon = '\0';
	return true;
}

bool reference_parse_registry(const char *text, struct reference *ret_reference, GError **error)
{
	g_autofree char *quoted = error_quote(text);
	g_autofree char *rest = NULL, *name = NULL, *path = NULL;

	if (!g_str_has_prefix(text, "docker://"))
		return error_set(error, THRESH_ERROR_USAGE,
				 "%s: a registry's image is docker://HOST/REPOSITORY[:TAG]",
				 quoted);
	rest = g_strdup(text + strlen("docker://"));
	if (!take_digest(quoted, rest, &name, error) || !take_tag(quoted, rest, &name, error))
		return false;
	path = normalise_path(g_steal_pointer(&rest));
	if (!check_path(quoted, path, error))
		return false;
	ret_reference->transport = TRANSPORT_REGISTRY;
	ret_reference->path = g_steal_pointer(&path);
	ret_reference->name = g_steal_pointer(&name);
	return true;
}
