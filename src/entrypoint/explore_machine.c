/* SPDX-License-Identifier: Apache-2.0 */
/* What follows the machine: processors and name servers are facts that a plan can ask for; memory,
 * and whatever is computed of any of them, a plan cannot say. */
#include "base/error.h"
#include "entrypoint/complaint.h"
#include "entrypoint/explore.h"

#include <string.h>

enum { MAX_STARTS = 4 };

static void go_elsewhere(struct start_scenario *scenario, gpointer user)
{
	char *name = g_strdup_printf("%s, on another machine", scenario->name);

	(void)user;
	g_free(scenario->name);
	scenario->name = name;
	scenario->elsewhere = true;
}

/* The first step of @here that @elsewhere does otherwise. */
static const struct start_step *first_difference(const struct state *here,
						 const struct state *elsewhere)
{
	for (guint i = 0; i < here->items->len; i++) {
		const struct item *one = here->items->pdata[i];

		if (i >= elsewhere->items->len)
			return one->step;
		g_autofree char *flat = item_flat(one);
		g_autofree char *other = item_flat(elsewhere->items->pdata[i]);

		if (strcmp(flat, other) != 0)
			return one->step;
	}
	return here->items->len ? ((struct item *)here->items->pdata[here->items->len - 1])->step
				: NULL;
}

static bool complain_machine(const struct state *here, const struct state *elsewhere,
			     GError **error)
{
	const struct start_step *step = first_difference(here, elsewhere);
	g_autofree char *place = step ? complaint_place(step) : g_strdup("the entrypoint");

	return error_set(
		error, THRESH_ERROR_INPUT,
		"%s: what start `%s` does follows the machine's memory, processors or name "
		"servers in a way that a plan cannot say; give the variable that decides it "
		"a value (--env, or thresh.yaml: environment), and fix it "
		"(entrypoint.fixed), or write the steps yourself (entrypoint.plan)",
		place, here->name);
}

static bool check(struct explorer *explorer, const struct state *here, GError **error)
{
	struct state *elsewhere = explorer_start_changed(explorer, here, go_elsewhere, NULL, error);
	bool alike = elsewhere && states_alike(here, elsewhere, true);

	if (elsewhere && !alike)
		complain_machine(here, elsewhere, error);
	state_free(elsewhere);
	return alike;
}

bool explore_machine(struct explorer *explorer, GError **error)
{
	bool base_asks = explorer->base->record->asks_machine;
	guint starts = 0;

	if (base_asks)
		return check(explorer, explorer->base, error);
	for (guint i = 0; i < explorer->states->len && starts < MAX_STARTS; i++) {
		const struct state *state = explorer->states->pdata[i];

		if (!state->record->asks_machine || !state_executes(state))
			continue;
		starts++;
		if (!check(explorer, state, error))
			return false;
	}
	return true;
}
