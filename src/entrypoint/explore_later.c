/* SPDX-License-Identifier: Apache-2.0 */
/* What all variables do together, at a first start and at later ones. */
#include "base/error.h"
#include "entrypoint/explore.h"

static bool complain_budget(const struct explorer *explorer, GError **error)
{
	return error_set(
		error, THRESH_ERROR_INPUT,
		"the entrypoint: %u starts were not enough to see what a later start does; "
		"let there be more of them (thresh.yaml: entrypoint.runs), or fix variables "
		"(entrypoint.fixed)",
		explorer->runs);
}

/* Where all that is marked fails: what executes alone, marked. */
static bool mark_what_executes(struct explorer *explorer, struct state **all, GError **error)
{
	g_autoptr(GByteArray) levels = g_byte_array_new();
	GError *failure = NULL;

	if (state_executes(*all))
		return true;
	for (guint i = 0; i < explorer->space->factors->len; i++) {
		guint level = state_level(*all, i), own = state_level(explorer->base, i);
		const struct state *alone =
			level == own ? NULL : explorer_alone(explorer, i, level);
		guint8 byte = (guint8)(alone && state_executes(alone) ? level : own);

		g_byte_array_append(levels, &byte, 1);
	}
	struct state *state = explorer_run(explorer, levels, &failure);

	if (failure)
		g_propagate_error(error, failure);
	if (state)
		*all = state;
	return !failure;
}

/* What all variables do together, at a first start and at a later one: what two of them do that
 * none does alone (a user and its password) is mostly done once. Without the later start a plan
 * would do it at every start. */
bool explore_together(struct explorer *explorer, GError **error)
{
	guint later = factor_find(space_factor(explorer->space, SPACE_FILES), LEVEL_LATER);
	struct state *all;
	GError *failure = NULL;

	if (!explorer_all_marked(explorer, SPACE_FILES, 0, &all, error))
		return false;
	if (!all)
		return complain_budget(explorer, error);
	if (!later || !mark_what_executes(explorer, &all, error))
		return !later;
	if (!state_executes(all))
		return true;
	g_autoptr(GByteArray) levels = levels_with(all->levels, SPACE_FILES, later);

	if (explorer_run(explorer, levels, &failure))
		return explore_changed(explorer, all, error);
	if (!failure)
		return complain_budget(explorer, error);
	g_propagate_error(error, failure);
	return false;
}

/* Without one a plan would do at every start what the script does at the first alone. */
bool explore_check_later(const struct explorer *explorer, GError **error)
{
	const struct factor *files = space_factor(explorer->space, SPACE_FILES);

	for (guint i = 0; explorer->exhausted && i < explorer->states->len; i++) {
		const struct level *level =
			files->levels->pdata[state_level(explorer->states->pdata[i], SPACE_FILES)];

		if (level->kind == LEVEL_LATER)
			return true;
	}
	return !explorer->exhausted || complain_budget(explorer, error);
}
