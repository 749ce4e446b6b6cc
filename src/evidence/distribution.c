/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/distribution.h"

#include "cut/content.h"

#include <string.h>

enum { OS_RELEASE_MAX_BYTES = 64 << 10, VALUE_MAX_BYTES = 200 };

/* The value of @name, without quotes and escapes, or NULL. os-release(5) is a subset of shell. */
static char *value_of(const char *text, const char *name)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	size_t length = strlen(name);
	char *value = NULL;

	for (char **line = lines; *line; line++) {
		g_autofree char *plain = NULL;

		if (strncmp(*line, name, length) != 0 || (*line)[length] != '=')
			continue;
		plain = g_shell_unquote(*line + length + 1, NULL);
		if (!plain || strlen(plain) > VALUE_MAX_BYTES || !g_utf8_validate(plain, -1, NULL))
			continue;
		g_free(value);
		value = g_steal_pointer(&plain);
	}
	return value;
}

static bool is_id(const char *id)
{
	return id && *id && id[strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

void distribution_read(const struct tree *tree, struct distribution *ret_distribution)
{
	static const char *const paths[] = {"/etc/os-release", "/usr/lib/os-release"};
	g_autofree char *text = NULL, *id = NULL;
	struct distribution distribution = {0};

	for (gsize i = 0; i < G_N_ELEMENTS(paths) && !text; i++)
		text = content_read_text(tree, tree_resolve(tree, paths[i], true, NULL, NULL),
					 OS_RELEASE_MAX_BYTES);
	distribution.known = text != NULL;
	if (text) {
		id = value_of(text, "ID");
		distribution.version = value_of(text, "VERSION_ID");
		distribution.codename = value_of(text, "VERSION_CODENAME");
		distribution.name = value_of(text, "NAME");
	}
	distribution.id = g_strdup(is_id(id) ? id : "linux");
	if (!distribution.version)
		distribution.version = g_strdup("");
	if (!distribution.codename)
		distribution.codename = g_strdup("");
	if (!distribution.name || !*distribution.name) {
		g_free(distribution.name);
		distribution.name = g_strdup(distribution.id);
	}
	*ret_distribution = distribution;
}

void distribution_clear(struct distribution *distribution)
{
	g_free(distribution->id);
	g_free(distribution->version);
	g_free(distribution->codename);
	g_free(distribution->name);
	*distribution = (struct distribution){0};
}
