/* SPDX-License-Identifier: Apache-2.0 */
/* Rules on files: what they are, who may write them, whether what they need is there. */
#include "verify/verification.h"

#include "base/json.h"
#include "base/path.h"
#include "cut/content.h"

#include <string.h>

enum { ACCOUNTS_MAX_BYTES = 4 << 20, SETID = 06000, STICKY = 01000, GROUP_OTHERS_WRITE = 022 };

struct walk {
	struct verification *verification;
	struct rule_result *result;
	enum program_kind kinds[2];
};

static void walk_tree(struct verification *verification, struct rule_result *result,
		      node_visit visit)
{
	struct walk walk = {.verification = verification, .result = result};

	node_walk(verification->subject->tree->root, visit, &walk);
}

/* --- programs ------------------------------------------------------------------------------------
 */

/* A link to thresh-init is the exec broker, which is no interpreter; init itself is judged by its
 * own rule. */
static bool is_init(const struct verification *verification, const struct node *node)
{
	return node == tree_lookup(verification->subject->tree, SEAL_INIT_PATH);
}

static bool find_kind(struct node *node, const char *path, void *user)
{
	struct walk *walk = user;
	enum program_kind kind;

	if (node->type != NODE_FILE || is_init(walk->verification, node))
		return true;
	kind = programs_kind(walk->verification->programs, node);
	if (kind != PROGRAM_OTHER && (kind == walk->kinds[0] || kind == walk->kinds[1]))
		result_find(walk->result, "%s", path);
	return true;
}

void check_no_shell(struct verification *verification, struct rule_result *result)
{
	struct walk walk = {verification, result, {PROGRAM_SHELL, PROGRAM_MULTICALL}};

	node_walk(verification->subject->tree->root, find_kind, &walk);
}

void check_no_package_manager(struct verification *verification, struct rule_result *result)
{
	struct walk walk = {
		verification, result, {PROGRAM_PACKAGE_MANAGER, PROGRAM_PACKAGE_MANAGER}};

	node_walk(verification->subject->tree->root, find_kind, &walk);
}

/* --- modes ---------------------------------------------------------------------------------------
 */

static bool find_setid(struct node *node, const char *path, void *user)
{
	struct walk *walk = user;

	if (node->type == NODE_FILE && (node->mode & SETID))
		result_find(walk->result, "%s: mode %04o", path, node->mode);
	return true;
}

void check_no_setid(struct verification *verification, struct rule_result *result)
{
	walk_tree(verification, result, find_setid);
}

static bool find_capabilities(struct node *node, const char *path, void *user)
{
	struct walk *walk = user;

	for (guint i = 0; node->xattrs && i < node->xattrs->len; i++) {
		const struct xattr *xattr = node->xattrs->pdata[i];

		if (!strcmp(xattr->name, "security.capability"))
			result_find(walk->result, "%s", path);
	}
	return true;
}

void check_no_file_capabilities(struct verification *verification, struct rule_result *result)
{
	walk_tree(verification, result, find_capabilities);
}

/* The places that a mount covers in production, and their seeds. */
static bool is_mount_point(const struct verification *verification, const char *path)
{
	const struct seal *seal = verification->seal;

	for (guint i = 0; seal && i < seal->writables->len; i++) {
		const struct writable *writable = seal->writables->pdata[i];

		if (path_is_below(path, writable->path) ||
		    (writable->seed_path && path_is_below(path, writable->seed_path)))
			return true;
	}
	return false;
}

static bool find_writable(struct node *node, const char *path, void *user)
{
	struct walk *walk = user;
	bool sticky = node->type == NODE_DIRECTORY && (node->mode & STICKY);

	/* A link's mode means nothing (symlink(7)); /tmp and its like hold what each made. */
	if (node->type == NODE_SYMLINK || sticky || !(node->mode & GROUP_OTHERS_WRITE) ||
	    is_mount_point(walk->verification, path))
		return true;
	result_find(walk->result, "%s: mode %04o", path, node->mode);
	return true;
}

void check_not_writable(struct verification *verification, struct rule_result *result)
{
	walk_tree(verification, result, find_writable);
}

static bool find_device(struct node *node, const char *path, void *user)
{
	struct walk *walk = user;

	if (node->type == NODE_CHARACTER || node->type == NODE_BLOCK)
		result_find(walk->result, "%s: %u:%u", path, node->device_major,
			    node->device_minor);
	return true;
}

void check_no_devices(struct verification *verification, struct rule_result *result)
{
	walk_tree(verification, result, find_device);
}

/* --- libraries and links -------------------------------------------------------------------------
 */

/* What engines and the kernel put there at run time, and what each may fill. */
static bool is_filled_later(const struct verification *verification, const char *path)
{
	static const char *const places[] = {"/tmp", "/var/tmp", "/run", "/dev", "/proc", "/sys"};

	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		if (path_is_below(path, places[i]))
			return true;
	}
	return is_mount_point(verification, path);
}

/* The directory that a part of a search path is, as the loader takes it from @path. Caller frees.
 */
static char *search_directory(const char *path, const char *part)
{
	const char *rest = strchr(part, 'N') ? strchr(part, 'N') + 1 : part;
	g_autofree char *own = path_parent(path), *relative = NULL;

	if (*part == '/')
		return path_clean("/", part);
	rest += *rest == '}';
	relative = g_strconcat("./", rest, NULL);
	return path_clean(own, relative);
}

static void find_outside(struct walk *walk, const char *path, const char *search)
{
	g_auto(GStrv) directories = g_strsplit(search ? search : "", ":", -1);

	for (guint i = 0; directories[i]; i++) {
		const char *directory = directories[i];
		bool origin = g_str_has_prefix(directory, "$ORIGIN") ||
			      g_str_has_prefix(directory, "${ORIGIN}");

		g_autofree char *place = search_directory(path, directory);

		/* Empty, or relative: the working directory, which others may fill. */
		if ((*directory != '/' && !origin) || (is_filled_later(walk->verification, place) &&
						       !is_filled_later(walk->verification, path)))
			result_find(walk->result, "%s: looks for libraries in \"%s\"", path,
				    directory);
	}
}

static void find_missing_libraries(struct walk *walk, const struct node *node, const char *path,
				   const struct elf *elf)
{
	const struct tree *tree = walk->verification->subject->tree;
	struct ldso *ldso = walk->verification->ldso;

	if (elf->interpreter && !tree_resolve(tree, elf->interpreter, true, NULL, NULL))
		result_find(walk->result, "%s: its interpreter %s is missing", path,
			    elf->interpreter);
	for (guint i = 0; i < elf->needed->len; i++) {
		const char *name = elf->needed->pdata[i];
		g_autofree char *found = ldso_find(ldso, node, elf, NULL, name);

		if (!found)
			result_find(walk->result, "%s: needs %s, which is missing", path, name);
	}
	find_outside(walk, path, elf->rpath);
	find_outside(walk, path, elf->runpath);
}

static bool find_elf(struct node *node, const char *path, void *user)
{
	struct walk *walk = user;
	const struct elf *elf =
		node->type == NODE_FILE ? ldso_elf(walk->verification->ldso, node) : NULL;

	/* Objects without a type of their own (ET_REL) are nothing that a loader takes. */
	if (elf && (elf->type == 2 || elf->type == 3))
		find_missing_libraries(walk, node, path, elf);
	return true;
}

void check_libraries(struct verification *verification, struct rule_result *result)
{
	walk_tree(verification, result, find_elf);
}

/* What engines and the kernel put there at run time. */
static bool is_runtime_path(const char *path)
{
	return path_is_below(path, "/proc") || path_is_below(path, "/dev") ||
	       path_is_below(path, "/sys") || path_is_below(path, "/run");
}

void check_links(struct verification *verification, struct rule_result *result)
{
	const json_t *kept = json_array_at(verification->subject->keep_list, "kept");
	const struct tree *tree = verification->subject->tree;
	const json_t *entry;
	size_t i;

	if (!kept) {
		result_na(result, "no keep list says what the application used");
		return;
	}
	json_array_foreach (kept, i, entry) {
		const char *name = json_string_at(entry, "path");
		const char *reason = json_string_at(entry, "reason");
		g_autofree char *path = json_path_decode(name ? name : "");
		const struct node *node = *path == '/' ? tree_lookup(tree, path) : NULL;
		g_autofree char *missing = NULL;

		if (!node || node->type != NODE_SYMLINK || !reason ||
		    !(g_str_has_prefix(reason, "trace:") || g_str_has_prefix(reason, "closure:")))
			continue;
		if (!tree_resolve(tree, path, true, NULL, &missing) &&
		    !(missing &&
		      (is_runtime_path(missing) || is_mount_point(verification, missing))))
			result_find(result, "%s -> %s", path, node->target);
	}
}

/* --- accounts ------------------------------------------------------------------------------------
 */

static gpointer uid_key(const char *field)
{
	return GSIZE_TO_POINTER((gsize)g_ascii_strtoull(field, NULL, 10) + 1);
}

/* passwd(5), shadow(5): the second field is the password; "" is none at all. The third of passwd is
 * the number: @has_uids. */
static void look_at_accounts(struct verification *verification, struct rule_result *result,
			     const char *path, bool has_uids)
{
	const struct tree *tree = verification->subject->tree;
	const struct node *node = tree_resolve(tree, path, true, NULL, NULL);
	g_autofree char *text = node ? content_read_text(tree, node, ACCOUNTS_MAX_BYTES) : NULL;
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) uids = g_hash_table_new(NULL, NULL);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		g_auto(GStrv) fields = g_strsplit(lines[i], ":", 3);

		if (g_strv_length(fields) < 3)
			continue;
		if (!*fields[1])
			result_find(result, "%s: %s has an empty password", path, fields[0]);
		if (!g_hash_table_add(names, g_strdup(fields[0])))
			result_find(result, "%s: %s is there twice", path, fields[0]);
		if (has_uids && !g_hash_table_add(uids, uid_key(fields[2])))
			result_find(result, "%s: %s has another's number", path, fields[0]);
	}
}

void check_credentials(struct verification *verification, struct rule_result *result)
{
	look_at_accounts(verification, result, "/etc/passwd", true);
	look_at_accounts(verification, result, "/etc/shadow", false);
}
