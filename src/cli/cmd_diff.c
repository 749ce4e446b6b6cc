/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh diff A B`: what B has, lacks and has otherwise, against A. */
#include "base/path.h"
#include "cli/command.h"
#include "cli/compare.h"
#include "cli/json_output.h"
#include "cli/options.h"
#include "image/cache.h"
#include "image/rootfs.h"
#include "sandbox/identity.h"

enum { LINES_MAX = 5 };

/* An image as a tree; with its content where this user may have the sandbox's ids, since packages
 * are known by their databases. */
struct side {
	struct image *image;
	struct rootfs *rootfs;
	struct tree *tree;
};

static void side_clear(struct side *side)
{
	if (!side->rootfs)
		g_clear_pointer(&side->tree, tree_free);
	g_clear_pointer(&side->rootfs, rootfs_free);
	g_clear_pointer(&side->image, image_free);
}

static bool side_read(struct side *side, const struct options *options, const char *reference,
		      const struct identity *identity, GError **error)
{
	side->image =
		image_open(reference, options->request->platform, &options->request->limits, error);
	if (!side->image)
		return false;
	if (identity) {
		side->rootfs = rootfs_unpack(side->image, options->request->cache_path,
					     &identity->shift, error);
		side->tree = side->rootfs ? side->rootfs->tree : NULL;
	} else {
		side->tree = image_read_tree(side->image, error);
	}
	return side->tree != NULL;
}

static void add_row(struct table *table, const char *what, uint64_t before, uint64_t after,
		    char *(*format)(uint64_t))
{
	g_autofree char *from = format(before), *to = format(after);
	g_autofree char *change = change_format(before, after);

	table_add(table, what, from, to, change);
}

/* Of the sorted @paths those that are below no other one: one line for a directory that came or
 * went. */
static void print_topmost(const char *heading, const GPtrArray *paths)
{
	g_autoptr(GHashTable) all = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) topmost = g_ptr_array_new();

	for (guint i = 0; i < paths->len; i++) {
		g_autofree char *parent = path_parent(paths->pdata[i]);

		if (!g_hash_table_contains(all, parent))
			g_ptr_array_add(topmost, paths->pdata[i]);
		g_hash_table_add(all, paths->pdata[i]); /* parents come first */
	}
	output_list(heading, topmost, LINES_MAX);
}

static void print_comparison(const struct comparison *comparison, const char *a, const char *b)
{
	autotable struct table *table = table_new("lrrr");

	table_add(table, "", a, b, "");
	add_row(table, "files", comparison->a.files, comparison->b.files, count_format);
	add_row(table, "bytes", comparison->a.bytes, comparison->b.bytes, size_format);
	if (comparison->a.packages)
		add_row(table, "packages", comparison->a.packages->len, comparison->b.packages->len,
			count_format);
	table_print(table);
	output_line("%u removed, %u added, %u changed", comparison->removed->len,
		    comparison->added->len, comparison->changed->len);
	print_topmost("removed", comparison->removed);
	print_topmost("added", comparison->added);
	output_list("changed", comparison->changed, LINES_MAX);
	output_list("packages removed", comparison->packages_removed, LINES_MAX);
	output_list("packages added", comparison->packages_added, LINES_MAX);
}

static json_t *side_to_json(const struct comparison_side *side, const char *reference)
{
	return json_pack("{s:o, s:I, s:I, s:o}", "image", json_from_text(reference), "files",
			 (json_int_t)side->files, "bytes", (json_int_t)side->bytes, "packages",
			 side->packages ? json_from_strings(side->packages) : json_null());
}

static json_t *comparison_to_json(const struct comparison *comparison, const char *a, const char *b)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "a",
			 side_to_json(&comparison->a, a), "b", side_to_json(&comparison->b, b),
			 "removed", json_from_strings(comparison->removed), "added",
			 json_from_strings(comparison->added), "changed",
			 json_from_strings(comparison->changed), "packages-removed",
			 json_from_strings(comparison->packages_removed), "packages-added",
			 json_from_strings(comparison->packages_added));
}

static void compare(const struct options *options, const struct tree *a, const struct tree *b,
		    GError **error)
{
	const char *const *names = (const char *const *)options->operands->pdata;
	struct comparison *comparison = comparison_new(a, b);
	autojson json_t *json = NULL;

	if (options->format == OUTPUT_TEXT) {
		print_comparison(comparison, names[0], names[1]);
		output_flush(error);
	} else {
		json = comparison_to_json(comparison, names[0], names[1]);
		json_output_print(json, error);
	}
	comparison_free(comparison);
}

int cmd_diff(int argc, char **argv, GError **error)
{
	static const struct command_form form = {
		.name = "diff",
		.operands = "A B",
		.summary = "Compares two images: files, bytes, packages. B is what A became.",
		.examples = "  thresh diff oci:app oci:app-sealed",
		.groups = OPTIONS_FORMAT | OPTIONS_SOURCE | OPTIONS_REGISTRY,
		.operands_min = 2,
		.operands_max = 2,
	};
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	struct side a = {0}, b = {0};
	struct identity identity = {0};
	struct harden_request *request;
	bool entered;

	if (!options)
		return 2;
	request = options->request;
	if (!request->cache_path)
		request->cache_path = cache_default_path(NULL);
	entered = request->cache_path && identity_enter(&identity, NULL);
	if (side_read(&a, options, options->operands->pdata[0], entered ? &identity : NULL,
		      error) &&
	    side_read(&b, options, options->operands->pdata[1], entered ? &identity : NULL, error))
		compare(options, a.tree, b.tree, error);
	side_clear(&a);
	side_clear(&b);
	if (entered)
		identity_clear(&identity);
	return 0;
}
