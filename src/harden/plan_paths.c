/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/plan_paths.h"

#include "base/path.h"
#include "plan/plan.h"

#include <string.h>

struct touched {
	const struct tree *tree;
	const char *search;
	struct profile *profile;
};

/* The template as a path; NULL where it holds a variable, or is none. Caller frees. */
static char *literal_path(const char *template)
{
	g_auto(GStrv) parts = g_strsplit(template, "$$", -1);
	g_autofree char *path = g_strjoinv("$", parts);

	for (char **part = parts; *part; part++)
		if (strchr(*part, '$'))
			return NULL;
	return plan_path_is_clean(path) ? g_steal_pointer(&path) : NULL;
}

static void add_written(const struct touched *touched, const char *template, uint32_t created)
{
	g_autofree char *path = literal_path(template);
	const struct node *node = path ? tree_lookup(touched->tree, path) : NULL;

	if (!path)
		return;
	if (!node)
		profile_add_path(touched->profile, path, PATH_CREATE | created);
	else if (!(created & PATH_DIRECTORY))
		profile_add_path(touched->profile, path, PATH_WRITE | PATH_NONAPPEND);
}

/* What is there and only changes; what is not there needs no place. */
static void add_changed(const struct touched *touched, const char *template, uint32_t classes)
{
	g_autofree char *path = literal_path(template);

	if (path && tree_lookup(touched->tree, path))
		profile_add_path(touched->profile, path, classes);
}

static bool add_program_at(const struct touched *touched, const char *path)
{
	const struct node *node = tree_resolve(touched->tree, path, true, NULL, NULL);
	g_autofree char *real = node && node->type == NODE_FILE ? node_path(node) : NULL;

	if (!real)
		return false;
	profile_add_path(touched->profile, path, PATH_EXEC | PATH_OPEN);
	profile_add_path(touched->profile, real, PATH_EXEC | PATH_OPEN);
	return true;
}

static void add_program(const struct touched *touched, const char *word)
{
	g_auto(GStrv) directories = g_strsplit(touched->search ? touched->search : "", ":", -1);

	if (strchr(word, '$'))
		return;
	if (strchr(word, '/')) {
		add_program_at(touched, word);
		return;
	}
	for (char **directory = directories; *directory; directory++) {
		g_autofree char *path = path_clean(*directory, word);

		if (path && add_program_at(touched, path))
			return;
	}
}

/* A path among its words that the image has not, in a directory that it has: what for, if not to be
 * made by the program? */
static void add_words(const struct touched *touched, const struct plan_directive *directive,
		      guint first)
{
	for (guint i = first; i < directive->count; i++) {
		const char *word = plan_word(directive, i);
		g_autofree char *path = *word == '/' ? literal_path(word) : NULL;
		g_autofree char *parent = path ? path_parent(path) : NULL;

		if (path && !tree_lookup(touched->tree, path) && tree_lookup(touched->tree, parent))
			profile_add_path(touched->profile, path, PATH_CREATE);
	}
}

static void add_step(const struct touched *touched, const struct plan_directive *directive)
{
	switch (directive->kind) {
	case PLAN_DIRECTORY:
		add_written(touched, plan_word(directive, 0), PATH_DIRECTORY);
		break;
	case PLAN_FILE:
	case PLAN_APPEND:
	case PLAN_TEMPLATE:
	case PLAN_EDIT:
	case PLAN_REPLACE:
	case PLAN_ENSURE:
	case PLAN_COMPLETE:
	case PLAN_SYMLINK:
	case PLAN_OUTPUT:
		add_written(touched, plan_word(directive, 0), 0);
		break;
	case PLAN_PROVIDE:
		add_written(touched, plan_word(directive, 0), 0);
		profile_add_path(touched->profile, plan_word(directive, 1), PATH_OPEN);
		break;
	case PLAN_REMOVE:
		add_changed(touched, plan_word(directive, 0), PATH_DELETE);
		break;
	case PLAN_MODE:
		add_changed(touched, plan_word(directive, 0), PATH_WRITE);
		break;
	case PLAN_RUN:
		add_program(touched, plan_word(directive, 0));
		add_words(touched, directive, 1);
		break;
	case PLAN_START:
		add_program(touched, plan_word(directive, 1));
		add_words(touched, directive, 2);
		break;
	default:
		break;
	}
}

void plan_paths_add(const GPtrArray *lines, const struct tree *tree, const char *search,
		    struct profile *profile)
{
	struct touched touched = {.tree = tree, .search = search, .profile = profile};
	g_autofree struct plan *plan = g_new0(struct plan, 1);
	g_autoptr(GString) text = g_string_new("thresh-plan 1\n");
	struct plan_error wrong;

	for (guint i = 0; i < lines->len; i++)
		g_string_append_printf(text, "%s\n", (char *)lines->pdata[i]);
	/* what does not parse was refused before it came here */
	if (!plan_parse(text->str, text->len, plan, &wrong))
		return;
	for (uint32_t i = 0; i < plan->count; i++)
		add_step(&touched, &plan->directives[i]);
}
