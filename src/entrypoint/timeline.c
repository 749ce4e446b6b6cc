/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/timeline.h"

#include "base/error.h"
#include "base/fd.h"

enum { STEPS_MAX = 10000 };

enum item_kind { ITEM_CHANGES, ITEM_MARK, ITEM_PROGRAM, ITEM_STOP };

struct item {
	enum item_kind kind;
	struct changes *changes; /* CHANGES */
	struct program *program; /* PROGRAM, owned; STOP, borrowed; MARK: NULL */
	int signal;              /* STOP */
};

/* Changes lie between any two others, and at both ends. */
struct timeline {
	struct snapshot_reader reader;
	GPtrArray *items; /* struct item * */
};

struct program *program_new(void)
{
	struct program *program = g_new0(struct program, 1);

	program->step = g_new0(struct start_step, 1);
	program->step->kind = START_RUN;
	program->changes = changes_new();
	program->input_fd = -1;
	return program;
}

static void program_free(struct program *program)
{
	start_step_free(program->step);
	changes_free(program->changes);
	fd_cleanup(&program->input_fd);
	g_free(program);
}

void program_keep(struct program *program)
{
	program->kept = true;
	g_clear_pointer(&program->changes, changes_free);
}

static void item_free(void *data)
{
	struct item *item = data;

	changes_free(item->changes);
	if (item->kind == ITEM_PROGRAM && item->program)
		program_free(item->program);
	g_free(item);
}

static struct item *item_add(struct timeline *timeline, enum item_kind kind)
{
	struct item *item = g_new0(struct item, 1);

	item->kind = kind;
	if (kind == ITEM_CHANGES)
		item->changes = changes_new();
	g_ptr_array_add(timeline->items, item);
	return item;
}

struct timeline *timeline_new(const struct snapshot_reader *reader)
{
	struct timeline *timeline = g_new0(struct timeline, 1);

	timeline->reader = *reader;
	timeline->items = g_ptr_array_new_with_free_func(item_free);
	item_add(timeline, ITEM_CHANGES);
	return timeline;
}

void timeline_free(struct timeline *timeline)
{
	if (!timeline)
		return;
	g_ptr_array_unref(timeline->items);
	g_free(timeline);
}

struct changes *timeline_changes(const struct timeline *timeline)
{
	const struct item *last = timeline->items->pdata[timeline->items->len - 1];

	return last->changes;
}

struct item *timeline_mark(struct timeline *timeline)
{
	struct item *mark;

	changes_capture(timeline_changes(timeline), &timeline->reader);
	mark = item_add(timeline, ITEM_MARK);
	item_add(timeline, ITEM_CHANGES);
	return mark;
}

static guint item_index(const struct timeline *timeline, const struct item *item)
{
	guint index;
	gboolean found = g_ptr_array_find(timeline->items, item, &index);

	g_assert(found);
	return index;
}

struct changes *timeline_changes_before(const struct timeline *timeline, const struct item *mark)
{
	const struct item *before = timeline->items->pdata[item_index(timeline, mark) - 1];

	return before->changes;
}

void timeline_start(struct timeline *timeline, struct program *program, struct item *mark)
{
	if (!mark)
		mark = timeline_mark(timeline);
	changes_capture(timeline_changes_before(timeline, mark), &timeline->reader);
	mark->kind = ITEM_PROGRAM;
	mark->program = program;
}

void timeline_stop(struct timeline *timeline, struct program *program, int signal)
{
	struct item *item;

	changes_capture(timeline_changes(timeline), &timeline->reader);
	item = item_add(timeline, ITEM_STOP);
	item->program = program;
	item->signal = signal;
	item_add(timeline, ITEM_CHANGES);
}

static guint program_index(const struct timeline *timeline, const struct program *program)
{
	for (guint i = 0; i < timeline->items->len; i++) {
		const struct item *item = timeline->items->pdata[i];

		if (item->kind == ITEM_PROGRAM && item->program == program)
			return i;
	}
	g_assert_not_reached();
}

/* Takes item @index and the changes behind it out, whose changes go to those before it. */
static void join_around(struct timeline *timeline, guint index, struct changes *own)
{
	struct item *before = timeline->items->pdata[index - 1];
	struct item *after = timeline->items->pdata[index + 1];
	bool last = index + 2 == timeline->items->len;

	/* A marked process may have changed something there just now. */
	if (!last)
		changes_capture(before->changes, &timeline->reader);
	if (own)
		changes_absorb(before->changes, own, last);
	changes_absorb(before->changes, after->changes, false);
	g_ptr_array_remove_range(timeline->items, index, 2);
}

void timeline_unmark(struct timeline *timeline, struct item *mark)
{
	join_around(timeline, item_index(timeline, mark), NULL);
}

void timeline_fold(struct timeline *timeline, struct program *program)
{
	changes_capture(program->changes, &timeline->reader);
	changes_name_writer(program->changes, program->step->path);
	join_around(timeline, program_index(timeline, program), program->changes);
}

struct start_step *timeline_take(struct timeline *timeline, struct program *program)
{
	struct start_step *step = g_steal_pointer(&program->step);

	join_around(timeline, program_index(timeline, program), NULL);
	return step;
}

GPtrArray *timeline_programs(const struct timeline *timeline)
{
	GPtrArray *programs = g_ptr_array_new();

	for (guint i = 0; i < timeline->items->len; i++) {
		const struct item *item = timeline->items->pdata[i];

		if (item->kind == ITEM_PROGRAM)
			g_ptr_array_add(programs, item->program);
	}
	return programs;
}

/* The index of the step that @program became. */
static guint step_index(const GPtrArray *steps, const struct start_step *step)
{
	guint index = 0;

	g_ptr_array_find((GPtrArray *)(uintptr_t)steps, step, &index);
	return index;
}

static void add_stop(GPtrArray *steps, const struct item *item, GHashTable *placed)
{
	const struct start_step *begun = g_hash_table_lookup(placed, item->program);
	struct start_step *step = g_new0(struct start_step, 1);

	step->kind = START_STOP;
	step->signal = item->signal;
	step->begin = step_index(steps, begun);
	g_ptr_array_add(steps, step);
}

static bool append(const struct item *item, GPtrArray *steps, GHashTable *placed, GError **error)
{
	switch (item->kind) {
	case ITEM_CHANGES:
		return changes_append_steps(item->changes, steps, error);
	case ITEM_MARK:
		return true;
	case ITEM_PROGRAM:
		g_hash_table_insert(placed, item->program, item->program->step);
		g_ptr_array_add(steps, g_steal_pointer(&item->program->step));
		return true;
	default:
		add_stop(steps, item, placed);
		return true;
	}
}

bool timeline_finish(struct timeline *timeline, GPtrArray *steps, GError **error)
{
	g_autoptr(GHashTable) placed = g_hash_table_new(NULL, NULL);

	for (guint i = timeline->items->len; i-- > 0;) {
		struct item *item = timeline->items->pdata[i];

		if (item->kind == ITEM_MARK)
			join_around(timeline, i, NULL);
	}
	changes_capture(timeline_changes(timeline), &timeline->reader);
	for (guint i = 0; i < timeline->items->len; i++) {
		if (!append(timeline->items->pdata[i], steps, placed, error))
			return false;
		if (steps->len > STEPS_MAX)
			return error_set(
				error, THRESH_ERROR_INPUT,
				"the start script did more than %d things that a plan would "
				"have to do: let one program of the image do them, or do "
				"them when the image is built",
				STEPS_MAX);
	}
	return true;
}
