/* SPDX-License-Identifier: Apache-2.0 */
/* A file that the script asks for, and that neither the image nor the script itself makes: whoever
 * runs the container may put it there. What it does by being there is learned like any condition;
 * what the script takes from it (`. FILE`, a loop of `read`) is not known. */
#include "base/error.h"
#include "entrypoint/explore.h"

#include <string.h>

static bool is_made(const struct state *state, const char *path)
{
	for (guint i = 0; i < state->items->len; i++) {
		const struct item *item = state->items->pdata[i];

		if ((item->kind == START_FILE || item->kind == START_APPEND ||
		     item->kind == START_SYMLINK) &&
		    strcmp(item->key->actual, path) == 0)
			return true;
	}
	return false;
}

/* A line for a shell that reads it, for every variable and one that is in no script. */
static GBytes *settings_of(const struct space *space)
{
	GString *text = g_string_new("export ZqGiven=Zq000kxF\n");

	for (guint i = SPACE_FIRST_VARIABLE; i < space->factors->len; i++)
		g_string_append_printf(text, "export %s=Zq%03ukxF\n", space_factor(space, i)->name,
				       i);
	return g_string_free_to_bytes(text);
}

static void add_settings(struct start_scenario *scenario, gpointer user)
{
	struct start_given *file = scenario->files->pdata[scenario->files->len - 1];
	char *name = g_strdup_printf("%s, with settings in it", scenario->name);

	g_free(scenario->name);
	scenario->name = name;
	g_bytes_unref(file->content);
	file->content = settings_of(user);
}

static void refuse(struct explorer *explorer, struct state *given, const char *template)
{
	explorer_forget(explorer, given);
	g_ptr_array_add(explorer->space->untold, g_strdup(template));
	g_ptr_array_add(explorer->notes,
			g_strdup_printf("%s: where it is there, the script goes by what it says, "
					"which no plan can: the plan refuses to start then",
					template));
}

bool explore_given(struct explorer *explorer, guint level, const char *template, GError **error)
{
	const struct factor *factor = space_factor(explorer->space, SPACE_FILES);
	const struct level *what = factor->levels->pdata[level];
	struct state *given, *with_settings;
	GError *failure = NULL;

	if (!explorer_toggle(explorer, SPACE_FILES, level, &given, &failure) || !given) {
		if (failure)
			g_propagate_error(error, failure);
		return !failure;
	}
	if (what->directory || !state_executes(given) || is_made(explorer->base, what->path))
		return true;
	/* its content as a whole: the plan reads it, too */
	g_autofree char *text = what->value ? g_strchomp(g_strdup(what->value)) : NULL;

	if (text && explorer_passed_on(given->record, what->path, text))
		return true;
	with_settings =
		explorer_start_changed(explorer, given, add_settings, explorer->space, error);
	if (!with_settings)
		return false;
	if (!states_alike(with_settings, given, true))
		refuse(explorer, given, template);
	state_free(with_settings);
	return true;
}

/* --- directories that are gone through --- */

/* A file in @directory that fits the script's pattern: does it matter? Then how many there are, and
 * what they are called, does. */
static bool try_listed(struct explorer *explorer, const char *directory, const char *ending,
		       GError **error)
{
	const struct start_request *request = explorer->request;
	struct factor *files = space_factor(explorer->space, SPACE_FILES);
	g_autofree char *path = g_strdup_printf("%s/ZqGiven%s", directory, ending);
	g_autofree char *template = g_strdup_printf("%s/", directory);
	struct state *given;

	if (!request->is_vacant || !request->is_vacant(directory, request->shipped_user) ||
	    start_outlives(request->volumes, directory))
		return true;
	if (!explorer_toggle(explorer, SPACE_FILES, factor_path(files, LEVEL_GIVEN, path, false),
			     &given, error))
		return false;
	if (given && state_executes(given) && states_alike(given, explorer->base, false))
		return true;
	if (given)
		refuse(explorer, given, template);
	return true;
}

static bool found_listed(const GMatchInfo *match, gpointer user, GError **error)
{
	g_autofree char *directory = g_match_info_fetch(match, 1);
	g_autofree char *ending = g_match_info_fetch(match, 2);

	return try_listed(user, directory, ending, error);
}

bool explore_listed(struct explorer *explorer, GError **error)
{
	return explorer_search(explorer,
			       "\\bin\\s+[\"']?(/[\\w./-]*\\w)[\"']?/\\*([\\w.-]*)(?=[\\s\"';]|$)",
			       found_listed, explorer, error);
}
