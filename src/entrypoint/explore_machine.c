/* SPDX-License-Identifier: Apache-2.0 */
/* What follows the machine: processors, numbers that are computed of them, and name servers are
 * facts that a plan can ask for; memory, and whatever else is computed, a plan cannot say. */
#include "base/error.h"
#include "entrypoint/chance.h"
#include "entrypoint/complaint.h"
#include "entrypoint/explore.h"
#include "entrypoint/machine.h"

#include <string.h>

enum { MAX_STARTS = 4 };

/* One start on each machine; NULL where it was not tried. */
struct machines {
	struct state *states[MACHINES];
};

static void move(struct start_scenario *scenario, gpointer user)
{
	char *name = g_strdup_printf("%s, on another machine", scenario->name);

	g_free(scenario->name);
	scenario->name = name;
	scenario->machine = GPOINTER_TO_UINT(user);
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

	return error_set(error, THRESH_ERROR_INPUT,
			 "%s: what start `%s` does follows the machine's memory, processors, name "
			 "servers or address in a way that a plan cannot say; give the variable "
			 "that decides it "
			 "a value (--env, or thresh.yaml: environment), and fix it "
			 "(entrypoint.fixed), or write the steps yourself (entrypoint.plan)",
			 place, here->name);
}

static void machines_clear(struct machines *machines)
{
	for (guint i = MACHINE_HERE + 1; i < MACHINES; i++)
		g_clear_pointer(&machines->states[i], state_free);
}

/* Starts on the machines below @end that were not tried. */
static bool machines_try(struct explorer *explorer, struct machines *machines, guint end,
			 GError **error)
{
	for (guint i = MACHINE_HERE + 1; i < end; i++) {
		if (machines->states[i])
			continue;
		machines->states[i] = explorer_start_changed(
			explorer, machines->states[MACHINE_HERE], move, GUINT_TO_POINTER(i), error);
		if (!machines->states[i])
			return false;
	}
	return true;
}

/* One that does not what the steps here say, of those that were tried; or NULL. */
static const struct state *machines_differ(const struct space *space,
					   const struct machines *machines)
{
	for (guint i = MACHINE_HERE + 1; i < MACHINES; i++)
		if (machines->states[i] &&
		    !state_predicted(space, machines->states[MACHINE_HERE], machines->states[i]))
			return machines->states[i];
	return NULL;
}

/* The number at *@ret_at, or another byte as what no number is; goes behind it. */
static gint64 take(const char **ret_at)
{
	const char *at = *ret_at;

	*ret_at = at + 1;
	return g_ascii_isdigit(*at) ? g_ascii_strtoll(at, (char **)ret_at, 10)
				    : -1 - (gint64)(guchar)*at;
}

/* What stands in one place on each machine: numbers that follow the processors are known from then
 * on. Goes to the first place where something else differs. */
static void learn_texts(GPtrArray *chances, const char *texts[MACHINES])
{
	while (*texts[MACHINE_HERE]) {
		gint64 numbers[MACHINES];
		bool alike = true, all = true;
		struct workers workers;

		for (guint i = 0; i < MACHINES; i++) {
			numbers[i] = *texts[i] ? take(&texts[i]) : -1;
			alike = alike && numbers[i] == numbers[MACHINE_HERE];
			all = all && numbers[i] >= 0;
		}
		if (!alike && !all)
			return;
		if (!alike && workers_fit(numbers, &workers))
			chances_add_workers(chances, &workers);
	}
}

static const GPtrArray *texts_of(const struct item *item, guint list)
{
	return list ? item->parts : item->fields;
}

/* The texts number @index of a list of an item on each machine; false where one has none. */
static bool texts_at(const struct machines *machines, guint item, guint list, guint index,
		     const char *texts[MACHINES])
{
	for (guint i = 0; i < MACHINES; i++) {
		const GPtrArray *items = machines->states[i]->items;
		const GPtrArray *all =
			item < items->len ? texts_of(items->pdata[item], list) : NULL;
		const struct text *text = all && index < all->len ? all->pdata[index] : NULL;

		if (!text || !text->actual)
			return false;
		texts[i] = text->actual;
	}
	return true;
}

static void learn_item(GPtrArray *chances, const struct machines *machines, guint item)
{
	const struct state *here = machines->states[MACHINE_HERE];

	for (guint list = 0; list < 2; list++) {
		guint length = texts_of(here->items->pdata[item], list)->len;

		for (guint i = 0; i < length; i++) {
			const char *texts[MACHINES];

			if (texts_at(machines, item, list, i, texts))
				learn_texts(chances, texts);
		}
	}
}

/* Numbers that are computed of the processors. */
static void learn_workers(struct explorer *explorer, struct machines *machines)
{
	GPtrArray *chances = explorer->space->chances;
	guint known = chances->len;

	for (guint i = 0; i < machines->states[MACHINE_HERE]->items->len; i++)
		learn_item(chances, machines, i);
	if (chances->len == known)
		return;
	explorer_refresh(explorer);
	for (guint i = MACHINE_HERE + 1; i < MACHINES; i++)
		explorer_renew(explorer, machines->states[i]);
}

static bool machines_check(struct explorer *explorer, struct machines *machines, GError **error)
{
	const struct space *space = explorer->space;

	if (!machines_try(explorer, machines, MACHINE_FIRST_SIZE, error))
		return false;
	if (!machines_differ(space, machines))
		return true;
	if (!machines_try(explorer, machines, MACHINES, error))
		return false;
	learn_workers(explorer, machines);
	const struct state *other = machines_differ(space, machines);

	return !other || complain_machine(machines->states[MACHINE_HERE], other, error);
}

static bool check(struct explorer *explorer, struct state *here, GError **error)
{
	struct machines machines = {.states = {here}};
	bool good = machines_check(explorer, &machines, error);

	machines_clear(&machines);
	return good;
}

bool explore_machine(struct explorer *explorer, GError **error)
{
	struct state *base = explorer->base;
	guint starts = 0;

	if (base->record->asks_machine)
		return check(explorer, base, error);
	for (guint i = 0; i < explorer->states->len && starts < MAX_STARTS; i++) {
		struct state *state = explorer->states->pdata[i];

		if (!state->record->asks_machine || !state_executes(state))
			continue;
		starts++;
		if (!check(explorer, state, error))
			return false;
	}
	return true;
}
