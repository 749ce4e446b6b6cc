/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/keepset.h"

#include "base/error.h"
#include "base/sorted.h"

#include <string.h>

static const char *const preset_names[] = {"strict", "balanced", "safe"};

bool preset_parse(const char *text, enum preset *ret_preset, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(preset_names); i++) {
		if (strcmp(text, preset_names[i]) == 0) {
			*ret_preset = (enum preset)i;
			return true;
		}
	}
	g_autofree char *quoted = error_quote(text);

	return error_set(error, THRESH_ERROR_USAGE,
			 "preset `%s`: not one of strict, balanced, safe", quoted);
}

const char *preset_name(enum preset preset)
{
	return preset_names[preset];
}

void keepset_free(struct keepset *keepset)
{
	if (!keepset)
		return;
	g_hash_table_unref(keepset->verdicts);
	g_ptr_array_unref(keepset->notes);
	g_hash_table_unref(keepset->shells);
	g_hash_table_unref(keepset->package_managers);
	g_ptr_array_unref(keepset->shell_commands);
	g_hash_table_unref(keepset->shell_links);
	g_free(keepset);
}

void keepset_cleanup(struct keepset **keepset)
{
	keepset_free(*keepset);
}

const struct verdict *keepset_verdict(const struct keepset *keepset, const char *path)
{
	return g_hash_table_lookup(keepset->verdicts, path);
}

static json_t *verdict_to_json(const char *path, const struct verdict *verdict,
			       const struct tree *tree)
{
	const struct node *node = tree_lookup(tree, path);
	json_t *json = json_object();

	json_object_set_new(json, "path", json_from_path(path));
	json_object_set_new(json, "reason", json_from_text(verdict->reason));
	if (verdict->via)
		json_object_set_new(json, "via", json_from_path(verdict->via));
	json_object_set_new(json, "bytes", json_integer(node ? (json_int_t)node->size_bytes : 0));
	return json;
}

json_t *keepset_to_json(const struct keepset *keepset, const struct tree *tree)
{
	json_t *json = json_object(), *kept = json_array(), *removed = json_array();
	g_autoptr(GPtrArray) paths = keys_sorted(keepset->verdicts);

	for (guint i = 0; i < paths->len; i++) {
		const struct verdict *verdict = keepset_verdict(keepset, paths->pdata[i]);

		json_array_append_new(verdict->keep ? kept : removed,
				      verdict_to_json(paths->pdata[i], verdict, tree));
	}
	json_object_set_new(json, "version", json_integer(1));
	json_object_set_new(json, "kept", kept);
	json_object_set_new(json, "removed", removed);
	json_object_set_new(json, "notes", json_from_strings(keepset->notes));
	return json;
}
