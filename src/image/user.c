/* SPDX-License-Identifier: Apache-2.0 */
#include "image/user.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	DATABASE_MAX_BYTES = 1 << 20,
	PASSWD_FIELDS = 7,
	GROUP_FIELDS = 4,
};

static bool number_parse(const char *text, uint32_t *ret_number)
{
	char *end;
	unsigned long long number;

	if (!g_ascii_isdigit(text[0]))
		return false;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *end || number >= UINT32_MAX)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

/* The lines of a database, or none where it is absent or unreadable. */
static GStrv database_lines(const struct tree *tree, const char *path)
{
	const struct node *node = tree_resolve(tree, path, true, NULL, NULL);
	g_autoptr(GBytes) bytes = NULL;
	g_autofree char *text = NULL;
	gsize size;

	if (node && node->type == NODE_FILE)
		bytes = tree_read(tree, node, DATABASE_MAX_BYTES, NULL);
	if (!bytes)
		return g_new0(char *, 1);
	text = g_strndup(g_bytes_get_data(bytes, &size), g_bytes_get_size(bytes));
	return g_strsplit(text, "\n", -1);
}

/* The fields of the first entry whose name, or whose number in field 2, is @text. */
static GStrv entry_find(GStrv lines, const char *text, guint fields)
{
	uint32_t wanted = 0, number = 0;
	bool numeric = number_parse(text, &wanted);

	for (; *lines; lines++) {
		GStrv parts = g_strsplit(*lines, ":", (gint)fields);

		if (g_strv_length(parts) == fields &&
		    (!strcmp(parts[0], text) ||
		     (numeric && number_parse(parts[2], &number) && number == wanted)))
			return parts;
		g_strfreev(parts);
	}
	return NULL;
}

static void groups_collect(GStrv lines, const char *name, GArray *groups)
{
	for (; *lines; lines++) {
		g_auto(GStrv) parts = g_strsplit(*lines, ":", GROUP_FIELDS);
		g_auto(GStrv) members = NULL;
		uint32_t gid;

		if (g_strv_length(parts) != GROUP_FIELDS || !number_parse(parts[2], &gid))
			continue;
		members = g_strsplit(parts[3], ",", -1);
		if (g_strv_contains((const char *const *)members, name))
			g_array_append_val(groups, gid);
	}
}

static bool user_lookup(const struct tree *tree, const char *text, struct image_user *user,
			GError **error)
{
	g_auto(GStrv) lines = database_lines(tree, "/etc/passwd");
	g_auto(GStrv) entry = entry_find(lines, text, PASSWD_FIELDS);

	if (entry && number_parse(entry[2], &user->uid) && number_parse(entry[3], &user->gid)) {
		user->name = g_strdup(entry[0]);
		user->home = g_strdup(entry[5]);
		return true;
	}
	if (number_parse(text, &user->uid))
		return true;
	return error_set(error, THRESH_ERROR_INPUT,
			 "user \"%s\": not in the image's /etc/passwd; name it by number in USER",
			 text);
}

static bool group_lookup(const struct tree *tree, const char *text, struct image_user *user,
			 GError **error)
{
	g_auto(GStrv) lines = database_lines(tree, "/etc/group");
	g_auto(GStrv) entry = entry_find(lines, text, GROUP_FIELDS);

	if (entry && number_parse(entry[2], &user->gid))
		return true;
	if (number_parse(text, &user->gid))
		return true;
	return error_set(error, THRESH_ERROR_INPUT,
			 "group \"%s\": not in the image's /etc/group; name it by number in USER",
			 text);
}

bool image_user_resolve(const struct tree *tree, const char *text, struct image_user *ret_user,
			GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, ":", 2);
	struct image_user user = {.groups = g_array_new(FALSE, FALSE, sizeof(uint32_t))};
	bool with_group = parts[0] && parts[1] && *parts[1];

	if (!user_lookup(tree, parts[0] && *parts[0] ? parts[0] : "0", &user, error) ||
	    (with_group && !group_lookup(tree, parts[1], &user, error))) {
		image_user_clear(&user);
		return false;
	}
	if (user.name && !with_group) {
		g_auto(GStrv) lines = database_lines(tree, "/etc/group");

		groups_collect(lines, user.name, user.groups);
	}
	*ret_user = user;
	return true;
}

void image_user_clear(struct image_user *user)
{
	g_clear_pointer(&user->groups, g_array_unref);
	g_clear_pointer(&user->name, g_free);
	g_clear_pointer(&user->home, g_free);
}
