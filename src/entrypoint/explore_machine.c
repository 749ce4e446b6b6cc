/* SPDX-License-Identifier: Apache-2.0 */
/* Does the script count processors? The base once more, on one of them. */
#include "base/error.h"
#include "entrypoint/complaint.h"
#include "entrypoint/explore.h"
#include "entrypoint/machine.h"

static bool complain_machine(const struct item *item, GError **error)
{
	g_autofree char *place = item ? complaint_place(item->step) : g_strdup("the entrypoint");
	g_autofree char *key = error_quote(item ? item->key->actual : "what it does");

	return error_set(error, THRESH_ERROR_INPUT,
			 "%s: %s%s%s depends on how many processors the machine has, and is not "
			 "just their number: a plan cannot express it; fix the variable that it "
			 "is for (thresh.yaml: environment and entrypoint.fixed), or write the "
			 "steps yourself (entrypoint.plan)",
			 place, item ? item_kind_name(item->kind) : "", item ? " " : "", key);
}

bool explore_machine(struct explorer *explorer, GError **error)
{
	struct factor *files = space_factor(explorer->space, SPACE_FILES);
	const struct item *item;
	struct state *single;

	if (explorer->request->cpus < 2)
		return true;
	if (!explorer_toggle(explorer, SPACE_FILES, factor_path(files, LEVEL_SINGLE, NULL, false),
			     &single, error))
		return false;
	if (!single || states_alike(single, explorer->base, false))
		return true;
	if (!machine_learn(explorer->space->machine, explorer->base, single, &item))
		return complain_machine(item, error);
	explorer_refresh(explorer);
	return true;
}
