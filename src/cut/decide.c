/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision, in its fixed order: may it be cut at all; what was traced; what the user and the
 * replay asked for; the floor; closures; what the preset adds; and a reason for all that is left.
 */
#include "base/path.h"
#include "base/sorted.h"
#include "cut/cut.h"

#include <string.h>

enum { ROUNDS_MAX = 64 };

/* classes of paths that a run makes */
#define MADE (PATH_CREATE | PATH_WRITE | PATH_APPEND | PATH_SOCKET | PATH_DELETE)

/* Of several classes, the one that says most. */
static const struct {
	uint32_t class;
	const char *reason;
} trace_reasons[] = {
	{PATH_EXEC, "trace:exec"},         {PATH_MAP_EXEC, "trace:map-exec"},
	{PATH_OPEN, "trace:open"},         {PATH_LIST, "trace:list"},
	{PATH_READLINK, "trace:readlink"}, {PATH_WRITE, "trace:write"},
	{PATH_APPEND, "trace:append"},     {PATH_LINK_SOURCE, "trace:link-source"},
	{PATH_DELETE, "trace:delete"},     {PATH_CREATE, "trace:create"},
	{PATH_CHOWN, "trace:chown"},       {PATH_SOCKET, "trace:socket"},
	{PATH_STAT, "trace:stat"},
};

static const char *trace_reason(uint32_t classes)
{
	for (gsize i = 0; i < G_N_ELEMENTS(trace_reasons); i++) {
		if (classes & trace_reasons[i].class)
			return trace_reasons[i].reason;
	}
	return NULL;
}

/* The directory in which the application made something must be there again. */
static void keep_directory_above(struct cut *cut, const char *path)
{
	g_autofree char *directory = path_parent(path);

	while (!cut_directory(cut, directory)) {
		char *above = path_parent(directory);

		g_free(directory);
		directory = above;
	}
	cut_keep_path(cut, directory, "trace:create", NULL);
}

/* What exists in the image and was touched stays; what the run made is not in the tree at all. */
static void keep_traced(struct cut *cut)
{
	g_autoptr(GPtrArray) paths = keys_sorted(cut->profile->paths);

	for (guint i = 0; i < paths->len; i++) {
		const struct node *node = tree_lookup(cut->tree, paths->pdata[i]);
		uint32_t classes = profile_path_classes(cut->profile, paths->pdata[i]);
		const char *reason = trace_reason(classes);

		if (node && reason)
			cut_keep(cut, node, reason, NULL);
		else if (reason)
			cut_keep_path(cut, paths->pdata[i], reason, NULL);
		if (!node && classes & MADE)
			keep_directory_above(cut, paths->pdata[i]);
	}
}

struct rule_visit {
	struct cut *cut;
	const struct keep_rule *rule;
	const char *reason;
	bool matched, refused;
};

static bool visit_rule(struct node *node, const char *path, void *user)
{
	struct rule_visit *visit = user;

	if (node->parent && path_matches(path, visit->rule->glob)) {
		visit->matched = true;
		if (!cut_keep(visit->cut, node, visit->reason, NULL))
			visit->refused = true;
	}
	return true;
}

static void keep_rules(struct cut *cut, const GPtrArray *rules, const char *kind)
{
	for (guint i = 0; rules && i < rules->len; i++) {
		const struct keep_rule *rule = rules->pdata[i];
		g_autofree char *reason = g_strconcat(kind, ":", rule->why, NULL);
		struct rule_visit visit = {cut, rule, reason, false, false};

		node_walk(cut->tree->root, visit_rule, &visit);
		if (!visit.matched)
			cut_note(cut, "rule `%s`: nothing in the image matches it", rule->glob);
		if (visit.refused)
			cut_note(cut, "rule `%s`: shells, package managers and devices stay out",
				 rule->glob);
	}
}

/* Paths that a replay missed: exact, taken through links. */
static void keep_replayed(struct cut *cut)
{
	const GPtrArray *rules = cut->options->replay_keep;

	for (guint i = 0; rules && i < rules->len; i++) {
		const struct keep_rule *rule = rules->pdata[i];
		g_autofree char *reason = g_strconcat("replay:", rule->why, NULL);
		const struct node *node = tree_lookup(cut->tree, rule->glob);

		if (!(node && cut_keep(cut, node, reason, NULL)) &&
		    !cut_keep_path(cut, rule->glob, reason, NULL))
			cut_note(cut, "%s: asked for in the replay, and may not be kept",
				 rule->glob);
	}
}

/* What each adds the others look at again, until nobody adds anything. */
static void extend(struct cut *cut)
{
	for (unsigned int round = 0; round < ROUNDS_MAX; round++) {
		guint before = cut->order->len;

		cut_close(cut);
		cut_families(cut);
		python_extend(cut);
		javascript_extend(cut);
		java_extend(cut);
		perl_extend(cut);
		ruby_extend(cut);
		php_extend(cut);
		cut_close(cut);
		if (cut->order->len == before)
			return;
	}
}

static void keep_by_preset(struct cut *cut)
{
	cut_floor_strict(cut);
	cut_close(cut);
	if (cut->options->preset == PRESET_STRICT)
		return;
	cut_floor_whole(cut);
	cut_listed(cut);
	cut_application(cut);
	extend(cut);
	if (cut->options->preset == PRESET_SAFE) {
		cut_whole_packages(cut);
		extend(cut);
	}
}

static const char *removal_reason(struct cut *cut, const struct node *node, const char *path)
{
	switch (programs_known_kind(cut->programs, node)) {
	case PROGRAM_SHELL:
	case PROGRAM_MULTICALL:
		g_hash_table_add(cut->keepset->shells, g_strdup(path));
		return "shell";
	case PROGRAM_PACKAGE_MANAGER:
		g_hash_table_add(cut->keepset->package_managers, g_strdup(path));
		return "package-manager";
	default:
		break;
	}
	if (node->type == NODE_FILE && node->mode & 06000)
		return "setid";
	if (programs_accompanies(cut->programs, node))
		return "package-manager";
	return path_is_debris(path) ? "debris" : "unused";
}

static bool visit_left(struct node *node, const char *path, void *user)
{
	struct cut *cut = user;
	struct verdict *verdict;

	if (!node->parent)
		return true;
	if (cut_keeps(cut, node)) {
		cut->keepset->kept_files += node->type != NODE_DIRECTORY;
		cut->keepset->kept_bytes += node->size_bytes;
		return true;
	}
	verdict = g_new0(struct verdict, 1);
	verdict->reason = g_strdup(removal_reason(cut, node, path));
	g_hash_table_insert(cut->keepset->verdicts, g_strdup(path), verdict);
	cut->keepset->removed_files += node->type != NODE_DIRECTORY;
	cut->keepset->removed_bytes += node->size_bytes;
	return true;
}

static void verdict_free(gpointer data)
{
	struct verdict *verdict = data;

	g_free(verdict->reason);
	g_free(verdict->via);
	g_free(verdict);
}

static struct keepset *keepset_new(void)
{
	struct keepset *keepset = g_new0(struct keepset, 1);

	keepset->verdicts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, verdict_free);
	keepset->notes = g_ptr_array_new_with_free_func(g_free);
	keepset->shells = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	keepset->package_managers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	keepset->shell_commands =
		g_ptr_array_new_with_free_func((GDestroyNotify)shell_command_free);
	keepset->shell_links = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return keepset;
}

static void cut_init(struct cut *cut, const struct tree *tree, const struct profile *profile,
		     const struct cut_options *options)
{
	memset(cut, 0, sizeof(*cut));
	cut->tree = tree;
	cut->profile = profile;
	cut->options = options;
	cut->keepset = keepset_new();
	cut->packages = package_db_load(tree);
	cut->programs = programs_find(tree, cut->packages);
	cut->ldso = ldso_new(tree, options->config);
	cut->kept = g_hash_table_new(NULL, NULL);
	cut->order = g_ptr_array_new();
	cut->inherited = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
	cut->needed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	cut->unresolved = g_ptr_array_new_with_free_func(g_free);
	cut->prefixes = g_ptr_array_new_with_free_func(g_free);
	cut->units = g_hash_table_new(NULL, NULL);
	runtime_find(cut);
}

static void cut_clear(struct cut *cut)
{
	python_free(cut->python);
	g_hash_table_unref(cut->units);
	g_ptr_array_unref(cut->prefixes);
	g_ptr_array_unref(cut->unresolved);
	g_hash_table_unref(cut->needed);
	g_hash_table_unref(cut->inherited);
	g_ptr_array_unref(cut->order);
	g_hash_table_unref(cut->kept);
	ldso_free(cut->ldso);
	programs_free(cut->programs);
	package_db_free(cut->packages);
}

struct keepset *keepset_decide(const struct tree *tree, const struct profile *profile,
			       const struct cut_options *options, GError **error)
{
	autokeepset struct keepset *keepset = NULL;
	struct cut cut;
	bool good;

	cut_init(&cut, tree, profile, options);
	keepset = cut.keepset;
	good = cut_check_commands(&cut, error) && cut_keep_allowed(&cut, error);
	if (good) {
		keep_traced(&cut);
		keep_rules(&cut, options->keep_rules, "rule");
		keep_replayed(&cut);
		keep_by_preset(&cut);
		cut_note_unresolved(&cut);
		if (cut.packages->has_rpm)
			cut_note(&cut,
				 "rpm's package database is not carried over: scanners find no "
				 "packages in the sealed image; 'thresh sbom' of the source names "
				 "them");
		node_walk(tree->root, visit_left, &cut);
	}
	cut_clear(&cut);
	return good ? g_steal_pointer(&keepset) : NULL;
}
