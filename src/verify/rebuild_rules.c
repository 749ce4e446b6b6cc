/* SPDX-License-Identifier: Apache-2.0 */
/* The image against the one that was made again from its source, by its recipe (docs/recipe.md). */
#include "base/fd.h"
#include "image/source.h"
#include "verify/verification.h"

#include <string.h>

/* --- the manifest and the config -----------------------------------------------------------------
 */

/* The value as it is shown: short, on one line. */
static char *shown(const json_t *value)
{
	enum { SHOWN_BYTES = 60 };
	g_autofree char *text = value ? json_format_canonical(value) : g_strdup("absent");
	char *cut;

	if (strlen(text) <= SHOWN_BYTES)
		return g_steal_pointer(&text);
	cut = g_utf8_find_prev_char(text, text + SHOWN_BYTES);
	return g_strdup_printf("%.*s…", (int)(cut - text), text);
}

static void find_field(struct rule_result *result, const char *place, const char *key,
		       const json_t *is, const json_t *again)
{
	g_autofree char *has = shown(is), *want = shown(again);

	result_find(result, "%s%s is %s, and made again %s", place, key, has, want);
}

/* Members of two objects that are not equal. */
static void compare_members(struct rule_result *result, const char *place, const json_t *is,
			    const json_t *again)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)is, key, value) {
		if (!json_equal(value, json_object_get(again, key)))
			find_field(result, place, key, value, json_object_get(again, key));
	}
	json_object_foreach ((json_t *)again, key, value) {
		if (!json_object_get(is, key))
			find_field(result, place, key, NULL, value);
	}
}

static json_t *without(const json_t *object, const char *const *keys)
{
	json_t *rest = object ? json_copy((json_t *)object) : json_object();

	for (; *keys; keys++)
		json_object_del(rest, *keys);
	return rest;
}

/* What stands in `config` one by one, the rest of the document too; layers are compared apart. */
static void compare_configs(struct rule_result *result, const json_t *is, const json_t *again)
{
	static const char *const apart[] = {"config", "rootfs", "history", NULL};
	autojson json_t *rest = without(is, apart), *rest_again = without(again, apart);

	compare_members(result, "config: ", rest, rest_again);
	compare_members(result, "config: config.", json_object_at(is, "config"),
			json_object_at(again, "config"));
}

static void compare_manifests(struct rule_result *result, const json_t *is, const json_t *again)
{
	static const char *const apart[] = {"config", "layers", NULL};
	autojson json_t *rest = without(is, apart), *rest_again = without(again, apart);

	compare_members(result, "manifest: ", rest, rest_again);
}

static void compare_layers(struct rule_result *result, const struct image *is,
			   const struct image *again)
{
	if (is->layer_count != again->layer_count)
		result_find(result, "it has %u layers, and made again %u", is->layer_count,
			    again->layer_count);
	for (uint32_t i = 0; i < MIN(is->layer_count, again->layer_count); i++) {
		char has[DIGEST_TEXT_BYTES], want[DIGEST_TEXT_BYTES];

		if (digest_equal(&is->layers[i].digest, &again->layers[i].digest))
			continue;
		digest_format(&is->layers[i].digest, has);
		digest_format(&again->layers[i].digest, want);
		result_find(result, "layer %u is %s, and made again %s", i + 1, has, want);
	}
}

/* --- the files -----------------------------------------------------------------------------------
 */

static bool xattrs_equal(const GPtrArray *a, const GPtrArray *b)
{
	if ((a ? a->len : 0) != (b ? b->len : 0))
		return false;
	for (guint i = 0; a && i < a->len; i++) {
		const struct xattr *left = a->pdata[i], *right = b->pdata[i];

		if (strcmp(left->name, right->name) != 0 ||
		    !g_bytes_equal(left->value, right->value))
			return false;
	}
	return true;
}

/* The first thing in which two nodes of one path differ, or NULL. */
static const char *node_difference(const struct node *is, const struct node *again)
{
	if (is->type != again->type)
		return "is something else";
	if (is->type == NODE_FILE && !digest_equal(&is->digest, &again->digest))
		return "has other content";
	if (is->type == NODE_SYMLINK && strcmp(is->target, again->target) != 0)
		return "leads elsewhere";
	if (is->mode != again->mode)
		return "has another mode";
	if (is->uid != again->uid || is->gid != again->gid)
		return "has another owner";
	if (is->mtime != again->mtime)
		return "has another time";
	if (is->device_major != again->device_major || is->device_minor != again->device_minor)
		return "is another device";
	if (!xattrs_equal(is->xattrs, again->xattrs))
		return "has other attributes";
	return is->layer != again->layer ? "is in another layer" : NULL;
}

struct file_walk {
	const struct tree *other;
	struct rule_result *result;
};

static bool compare_node(struct node *node, const char *path, void *user)
{
	const struct file_walk *walk = user;
	const struct node *again = tree_lookup(walk->other, path);
	const char *difference = again ? node_difference(node, again) : NULL;

	if (!again)
		result_find(walk->result, "%s is not there when it is made again", path);
	else if (difference)
		result_find(walk->result, "%s %s when it is made again", path, difference);
	return true;
}

static bool find_missing(struct node *node, const char *path, void *user)
{
	const struct file_walk *walk = user;

	(void)node;
	if (!tree_lookup(walk->other, path))
		result_find(walk->result, "%s is missing: it is there when it is made again", path);
	return true;
}

static void compare_files(struct rule_result *result, const struct tree *is,
			  const struct tree *again)
{
	struct file_walk walk = {again, result};

	node_walk(is->root, compare_node, &walk);
	walk.other = is;
	node_walk(again->root, find_missing, &walk);
}

/* --- what is compared ----------------------------------------------------------------------------
 */

/* A docker archive has config and layers, and no manifest: the one that was made for it is not what
 * was sealed. */
static bool has_manifest(const struct image *image)
{
	uint64_t offset, size;
	autofd int fd = -1;

	if (!image->source || source_is_remote(image->source))
		return true;
	fd = source_open_blob(image->source, &image->manifest_digest, &offset, &size, NULL);
	return fd >= 0;
}

static bool parts_equal(const struct image *is, const struct image *again)
{
	bool equal = digest_equal(&is->config_digest, &again->config_digest) &&
		     is->layer_count == again->layer_count;

	for (uint32_t i = 0; equal && i < is->layer_count; i++)
		equal = digest_equal(&is->layers[i].digest, &again->layers[i].digest);
	return equal;
}

static bool is_same(const struct image *is, const struct image *again)
{
	return digest_equal(&is->manifest_digest, &again->manifest_digest) ||
	       (!has_manifest(is) && parts_equal(is, again));
}

/* --- the rule ------------------------------------------------------------------------------------
 */

/* The digest, then what explains it, from the outside in. */
static void find_differences(struct rule_result *result, const struct verify_subject *subject)
{
	const struct verify_rebuild *rebuild = subject->rebuild;
	const struct image *is = subject->image, *again = rebuild->image;
	bool whole = has_manifest(is);
	char has[DIGEST_TEXT_BYTES], want[DIGEST_TEXT_BYTES];

	digest_format(whole ? &is->manifest_digest : &is->config_digest, has);
	digest_format(whole ? &again->manifest_digest : &again->config_digest, want);
	result_find(result, "the %s is %s, and made again %s", whole ? "image" : "config", has,
		    want);
	for (guint i = 0; i < rebuild->programs->len; i++)
		result_find(result, "it was made with another %s",
			    (const char *)rebuild->programs->pdata[i]);
	if (whole)
		compare_manifests(result, is->manifest, again->manifest);
	compare_configs(result, is->config->json, again->config->json);
	compare_layers(result, is, again);
	compare_files(result, subject->tree, rebuild->tree);
}

void check_rebuild(struct verification *verification, struct rule_result *result)
{
	const struct verify_subject *subject = verification->subject;
	const struct verify_rebuild *rebuild = subject->rebuild;

	if (!verification->seal && !verification->seal_error)
		result_na(result, "thresh did not make the image");
	else if (!rebuild)
		result_skip(result, "--source IMAGE --rebuild makes it again, and compares");
	else if (rebuild->skip)
		result_skip(result, "%s", rebuild->skip);
	else if (rebuild->fault)
		result_find(result, "%s", rebuild->fault);
	else if (!is_same(subject->image, rebuild->image))
		find_differences(result, subject);
}
