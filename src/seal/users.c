/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/passwd and /etc/group of the production image: the source's, with an entry for who runs. */
#include "base/error.h"
#include "seal/seal_private.h"

#include <string.h>

enum {
	DATABASE_MAX_BYTES = 1 << 20,
	LAYER_THRESH = 2,
};

static char *database_read(const struct tree *source, const char *path, GError **error)
{
	const struct node *node = tree_resolve(source, path, true, NULL, NULL);
	g_autoptr(GBytes) bytes = NULL;
	gconstpointer data;
	gsize size;

	if (!node || node->type != NODE_FILE)
		return g_strdup("");
	bytes = tree_read(source, node, DATABASE_MAX_BYTES, error);
	if (!bytes) {
		g_prefix_error(error, "%s: ", path);
		return NULL;
	}
	data = g_bytes_get_data(bytes, &size);
	return g_strndup(data ? data : "", size);
}

/* Whether a line has @text as its field @index, counted from 0. */
static bool database_has(const char *database, guint index, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(database, "\n", -1);

	for (char **line = lines; *line; line++) {
		g_auto(GStrv) fields = g_strsplit(*line, ":", -1);

		if (g_strv_length(fields) > index && !strcmp(fields[index], text))
			return true;
	}
	return false;
}

/* "thresh", or with the number where the image has another thresh. */
static char *free_name(const char *database, uint32_t id)
{
	if (!database_has(database, 0, "thresh"))
		return g_strdup("thresh");
	return g_strdup_printf("thresh-%u", id);
}

static bool database_add(struct tree *production, const char *path, const char *text,
			 const char *line, GError **error)
{
	const char *newline = *text && !g_str_has_suffix(text, "\n") ? "\n" : "";
	char *whole = g_strconcat(text, newline, line, NULL);
	gsize size = strlen(whole);
	struct node *node = tree_add(production, path, NODE_FILE, error);

	if (!node) {
		g_free(whole);
		return false;
	}
	node->mode = 0644;
	node->layer = LAYER_THRESH;
	node->size_bytes = size;
	node->bytes = g_bytes_new_take(whole, size);
	digest_of(whole, size, &node->digest);
	return true;
}

/* /etc/passwd leads to memory, where init adds who runs. */
static bool passwd_link(struct tree *production, GError **error)
{
	struct node *node = tree_add(production, SEAL_PASSWD_PATH, NODE_SYMLINK, error);

	if (!node)
		return false;
	node->mode = 0777;
	node->layer = LAYER_THRESH;
	node->target = g_strdup(SEAL_ACCOUNT_PASSWD);
	return true;
}

static bool add_passwd(const struct seal *seal, const struct tree *source, struct tree *production,
		       GError **error)
{
	g_autofree char *text = database_read(source, SEAL_PASSWD_PATH, error);
	g_autofree char *uid = g_strdup_printf("%u", seal->uid);
	g_autofree char *name = NULL;
	g_autofree char *line = NULL;

	if (!text)
		return false;
	name = free_name(text, seal->uid);
	if (database_has(text, 2, uid))
		line = g_strdup("");
	else
		line = g_strdup_printf("%s:x:%u:%u::/nonexistent:/sbin/nologin\n", name, seal->uid,
				       seal->gid);
	if (!*text) {
		g_free(text);
		text = g_strdup("root:x:0:0:root:/root:/sbin/nologin\n");
	}
	if (seal->arbitrary_user && !passwd_link(production, error))
		return false;
	return database_add(production,
			    seal->arbitrary_user ? SEAL_ACCOUNT_SOURCE : SEAL_PASSWD_PATH, text,
			    line, error);
}

static bool add_group(const struct seal *seal, const struct tree *source, struct tree *production,
		      GError **error)
{
	g_autofree char *text = database_read(source, SEAL_GROUP_PATH, error);
	g_autofree char *gid = g_strdup_printf("%u", seal->gid);
	g_autofree char *name = NULL;
	g_autofree char *line = NULL;

	if (!text)
		return false;
	if (!*text) {
		g_free(text);
		text = g_strdup("root:x:0:\n");
	}
	name = free_name(text, seal->gid);
	line = database_has(text, 2, gid) ? g_strdup("")
					  : g_strdup_printf("%s:x:%u:\n", name, seal->gid);
	return database_add(production, SEAL_GROUP_PATH, text, line, error);
}

bool seal_add_users(const struct seal *seal, const struct tree *source, struct tree *production,
		    GError **error)
{
	return add_passwd(seal, source, production, error) &&
	       add_group(seal, source, production, error);
}
