/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets that were left in an image: by their form (secret_scan.h), and credential files by their
 * names. Looked into: the files, programs too; those that a later layer hides, which whoever has
 * the image can read; extended attributes; and every text of the config (variables, labels, the
 * history of how it was built).
 */
#include "verify/secret_scan.h"
#include "verify/verification.h"

#include "base/json.h"
#include "base/path.h"
#include "cut/content.h"
#include "evidence/hashes.h"

#include <string.h>

static bool name_is_credential(const char *path)
{
	static const char *const names[] = {".netrc", ".pgpass",    ".git-credentials",
					    "id_rsa", "id_ed25519", "id_ecdsa",
					    "id_dsa", ".dockercfg", NULL};
	static const char *const tails[] = {"/.docker/config.json", "/.aws/credentials",
					    "/.kube/config"};

	if (g_strv_contains(names, path_name(path)))
		return true;
	for (gsize i = 0; i < G_N_ELEMENTS(tails); i++) {
		if (g_str_has_suffix(path, tails[i]))
			return true;
	}
	return false;
}

struct scan {
	struct verification *verification;
	struct rule_result *result;
	const char *place;             /* how findings call what is scanned */
	const struct shipped *program; /* a program's file that is scanned, or NULL */
	guint searches;                /* for checksums in the lists of lower layers */
	guint unread;                  /* files that could not be looked into, */
	char *first;                   /* and one of them */
};

/* --- what a distribution ships -------------------------------------------------------------------
 */

enum { SEARCHES_MAX = 100 };

struct shipped {
	const struct node *node;
	const struct content *content;
	bool hidden;
};

/* As dpkg's lists have it. */
static bool is_list(const char *path)
{
	return g_str_has_prefix(path, "/var/lib/dpkg/") && g_str_has_suffix(path, ".md5sums");
}

static bool list_has(const struct tree *tree, const struct node *node, const char *text)
{
	autocontent struct content list = {0};

	return content_open(tree, node, CONTENT_MAX_BYTES, &list) &&
	       content_has(list.data, list.size_bytes, text, strlen(text));
}

/* Of a file that a later layer hides: the list that has it is hidden too, or has stayed. */
static bool lists_have(struct scan *scan, const struct content *content)
{
	g_autofree char *md5 =
		g_compute_checksum_for_data(G_CHECKSUM_MD5, content->data, content->size_bytes);
	const struct tree *tree = scan->verification->subject->tree;
	const struct node *info = tree_lookup(tree, "/var/lib/dpkg/info");
	g_autoptr(GPtrArray) lists = info ? node_children(info) : NULL;

	if (scan->searches++ >= SEARCHES_MAX)
		return false;
	for (guint i = 0; i < tree->hidden->len; i++) {
		const struct hidden_file *file = tree->hidden->pdata[i];

		if (is_list(file->path) && list_has(tree, file->node, md5))
			return true;
	}
	for (guint i = 0; lists && i < lists->len; i++) {
		const struct node *node = lists->pdata[i];

		if (g_str_has_suffix(node->name, ".md5sums") && list_has(tree, node, md5))
			return true;
	}
	return false;
}

/* Libraries for cryptography hold keys to test themselves with. What everybody has from the
 * distribution, byte for byte, is no secret. */
static bool is_shipped(struct scan *scan, const struct shipped *program)
{
	const struct checksum *want =
		package_db_checksum(scan->verification->packages, program->node);

	if (program->hidden)
		return lists_have(scan, program->content);
	return want && checksum_is_of(want, program->content->data, program->content->size_bytes);
}

static void tell(const char *what, size_t offset, void *user)
{
	struct scan *scan = user;

	if (scan->program && is_shipped(scan, scan->program))
		return;
	result_find(scan->result, "%s: %s at byte %zu", scan->place, what, offset);
}

static void note_unread(struct scan *scan, const char *place)
{
	if (scan->unread++ == 0)
		scan->first = g_strdup(place);
}

static void scan_bytes(struct scan *scan, const char *place, const void *data, size_t size_bytes)
{
	scan->place = place;
	if (!secrets_find(data, size_bytes, tell, scan))
		note_unread(scan, place);
}

static void scan_xattrs(struct scan *scan, const struct node *node, const char *place)
{
	for (guint i = 0; node->xattrs && i < node->xattrs->len; i++) {
		const struct xattr *xattr = node->xattrs->pdata[i];
		g_autofree char *name = g_strdup_printf("%s: attribute %s", place, xattr->name);
		gsize size;
		const void *data = g_bytes_get_data(xattr->value, &size);

		scan_bytes(scan, name, data ? data : "", size);
	}
}

/* @path: of the file; @place: how the findings call it. */
static void scan_node(struct scan *scan, const struct node *node, const char *path,
		      const char *place)
{
	autocontent struct content content = {0};
	const struct shipped program = {node, &content, place != path};

	scan_xattrs(scan, node, place);
	if (node->type != NODE_FILE || node->size_bytes == 0)
		return;
	if (name_is_credential(path))
		result_find(scan->result, "%s: a credential file", place);
	if (!content_open(scan->verification->subject->tree, node, CONTENT_MAX_BYTES, &content)) {
		note_unread(scan, place);
		return;
	}
	scan->program = elf_is(content.data, content.size_bytes) ? &program : NULL;
	scan_bytes(scan, place, content.data, content.size_bytes);
	scan->program = NULL;
}

static bool scan_file(struct node *node, const char *path, void *user)
{
	scan_node(user, node, path, path);
	return true;
}

static void scan_hidden(struct scan *scan)
{
	const GPtrArray *hidden = scan->verification->subject->tree->hidden;

	for (guint i = 0; hidden && i < hidden->len; i++) {
		const struct hidden_file *file = hidden->pdata[i];
		g_autofree char *place = g_strdup_printf("%s of layer %u, which a later one hides",
							 file->path, file->node->layer + 1);

		scan_node(scan, file->node, file->path, place);
	}
}

static void scan_value(struct scan *scan, const char *place, const json_t *value);

static void scan_member(struct scan *scan, const char *place, const char *key, const json_t *value)
{
	g_autofree char *inner = g_strconcat(place, *place ? "." : "", key, NULL);

	scan_value(scan, inner, value);
}

/* Every text in @value, which was parsed: its depth is bounded. */
static void scan_value(struct scan *scan, const char *place, const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_string(value)) {
		g_autofree char *name = g_strconcat("config: ", place, NULL);

		scan_bytes(scan, name, json_string_value(value), json_string_length(value));
	}
	json_array_foreach (value, i, member) {
		g_autofree char *index = g_strdup_printf("%zu", i);

		scan_member(scan, place, index, member);
	}
	json_object_foreach ((json_t *)value, key, member)
		scan_member(scan, place, key, member);
}

void check_no_secrets(struct verification *verification, struct rule_result *result)
{
	struct scan scan = {.verification = verification, .result = result};

	node_walk(verification->subject->tree->root, scan_file, &scan);
	scan_hidden(&scan);
	scan_value(&scan, "", verification->subject->image->config->json);
	if (scan.unread > 1)
		result_skip(result, "%s and %u more could not be looked into whole", scan.first,
			    scan.unread - 1);
	else if (scan.unread == 1)
		result_skip(result, "%s could not be looked into whole", scan.first);
	g_free(scan.first);
}
