/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/align.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_EXAMPLES = 6,  /* cells of a column that a new element is compared with */
	MAX_DISTANCE = 64, /* between lanes that may be the same thing */
	MAX_TABLE =
		8 << 20, /* above it, what lies between the common ends is taken for different */
};

struct lane {
	GPtrArray *cells;
	guint examples[MAX_EXAMPLES]; /* states whose cells have different texts */
	guint count;
};

struct aligner {
	const struct align_how *how;
	const GPtrArray *states;
	GPtrArray *lanes; /* struct lane * */
	const GPtrArray *sequence;
	guint state; /* whose sequence it is */
};

static void lane_free(struct lane *lane)
{
	g_ptr_array_unref(lane->cells);
	g_free(lane);
}

static void lane_put(const struct aligner *aligner, struct lane *lane, gpointer element)
{
	const char *text = aligner->how->text(element);

	lane->cells->pdata[aligner->state] = element;
	for (guint i = 0; i < lane->count; i++)
		if (strcmp(aligner->how->text(lane->cells->pdata[lane->examples[i]]), text) == 0)
			return;
	if (lane->count < MAX_EXAMPLES)
		lane->examples[lane->count++] = aligner->state;
}

static struct lane *lane_new(const struct aligner *aligner, gpointer element)
{
	struct lane *lane = g_new0(struct lane, 1);

	lane->cells = g_ptr_array_new();
	g_ptr_array_set_size(lane->cells, (gint)aligner->states->len);
	lane_put(aligner, lane, element);
	return lane;
}

static enum likeness lane_likeness(const struct aligner *aligner, guint index,
				   gconstpointer element)
{
	const struct lane *lane = aligner->lanes->pdata[index];
	enum likeness most = LIKENESS_NONE;

	for (guint i = 0; i < lane->count && most < LIKENESS_SAME; i++) {
		guint example = lane->examples[i];
		enum likeness likeness =
			aligner->how->likeness(aligner->how->space, lane->cells->pdata[example],
					       aligner->states->pdata[example], element,
					       aligner->states->pdata[aligner->state]);

		most = MAX(most, likeness);
	}
	return most;
}

static bool lane_matches(const struct aligner *aligner, guint index, gconstpointer element)
{
	return lane_likeness(aligner, index, element) == LIKENESS_SAME;
}

/* match[i]: the lane of element i, or -1. The common subsequence of what lies between that is most
 * alike. */
static void match_middle(const struct aligner *aligner, guint lane_from, guint lane_to, guint from,
			 guint to, int *match)
{
	gsize rows = lane_to - lane_from, columns = to - from, width = columns + 1;

	if (rows == 0 || columns == 0 || rows * columns > MAX_TABLE)
		return;
	g_autofree guint16 *length = g_new0(guint16, (rows + 1) * width);
	g_autofree guint8 *alike = g_new0(guint8, rows * columns);

	for (gsize row = rows; row-- > 0;) {
		for (gsize column = columns; column-- > 0;) {
			gsize at = row * width + column;
			enum likeness likeness =
				lane_likeness(aligner, (guint)(lane_from + row),
					      aligner->sequence->pdata[from + column]);
			guint both = likeness ? length[at + width + 1] + likeness : 0;
			guint one = MAX(length[at + width], length[at + 1]);

			alike[row * columns + column] = both > 0 && both >= one;
			length[at] = (guint16)MIN(MAX(both, one), G_MAXUINT16);
		}
	}
	for (gsize row = 0, column = 0; row < rows && column < columns;) {
		gsize at = row * width + column;

		if (alike[row * columns + column])
			match[from + column++] = (int)(lane_from + row++);
		else if (length[at + width] >= length[at + 1])
			row++;
		else
			column++;
	}
}

static void match_all(const struct aligner *aligner, int *match)
{
	guint lanes = aligner->lanes->len, elements = aligner->sequence->len, head = 0, tail = 0;

	while (head < lanes && head < elements &&
	       lane_matches(aligner, head, aligner->sequence->pdata[head])) {
		match[head] = (int)head;
		head++;
	}
	while (tail < lanes - head && tail < elements - head &&
	       lane_matches(aligner, lanes - 1 - tail,
			    aligner->sequence->pdata[elements - 1 - tail])) {
		match[elements - 1 - tail] = (int)(lanes - 1 - tail);
		tail++;
	}
	match_middle(aligner, head, lanes - tail, head, elements - tail, match);
}

static bool is_loose(const struct aligner *aligner, gconstpointer element)
{
	return aligner->how->loose && aligner->how->loose(element);
}

static gpointer lane_example(const struct aligner *aligner, guint index)
{
	const struct lane *lane = aligner->lanes->pdata[index];

	return lane->cells->pdata[lane->examples[0]];
}

/* A loose element finds its lane anywhere between the firm ones beside it. */
static int find_loose(const struct aligner *aligner, guint element, const int *match,
		      const guint8 *taken)
{
	int low = 0, high = (int)aligner->lanes->len;

	for (guint i = 0; i < aligner->sequence->len; i++) {
		if (match[i] < 0 || is_loose(aligner, aligner->sequence->pdata[i]))
			continue;
		if (i < element)
			low = match[i] + 1;
		else if (match[i] < high)
			high = match[i];
	}
	for (int lane = low; lane < high; lane++)
		if (!taken[lane] && is_loose(aligner, lane_example(aligner, (guint)lane)) &&
		    lane_matches(aligner, (guint)lane, aligner->sequence->pdata[element]))
			return lane;
	return -1;
}

static void match_loose(const struct aligner *aligner, int *match)
{
	g_autofree guint8 *taken = g_new0(guint8, aligner->lanes->len + 1);

	for (guint i = 0; i < aligner->sequence->len; i++)
		if (match[i] >= 0)
			taken[match[i]] = 1;
	for (guint i = 0; i < aligner->sequence->len; i++) {
		if (match[i] >= 0 || !is_loose(aligner, aligner->sequence->pdata[i]))
			continue;
		match[i] = find_loose(aligner, i, match, taken);
		if (match[i] >= 0)
			taken[match[i]] = 1;
	}
}

/* Elements without a lane get one before the next that has its place. */
static void merge(struct aligner *aligner, const int *match)
{
	GPtrArray *merged = g_ptr_array_new();
	guint next = 0;

	for (guint i = 0; i < aligner->sequence->len; i++) {
		gpointer element = aligner->sequence->pdata[i];

		if (match[i] < 0) {
			g_ptr_array_add(merged, lane_new(aligner, element));
			continue;
		}
		lane_put(aligner, aligner->lanes->pdata[match[i]], element);
		/* a loose match may point backwards: its lane is there already */
		for (; next <= (guint)match[i]; next++)
			g_ptr_array_add(merged, aligner->lanes->pdata[next]);
	}
	for (; next < aligner->lanes->len; next++)
		g_ptr_array_add(merged, aligner->lanes->pdata[next]);
	g_ptr_array_unref(aligner->lanes);
	aligner->lanes = merged;
}

/* --- the same thing in two lanes --- */

static bool lane_free_between(const struct aligner *aligner, guint from, guint to, guint state)
{
	for (guint i = from; i < to; i++)
		if (((struct lane *)aligner->lanes->pdata[i])->cells->pdata[state])
			return false;
	return true;
}

/* Whether the cells of lane @from can all stand in lane @to without passing another of their
 * state. */
static bool lane_can_move(const struct aligner *aligner, guint from, guint to)
{
	const struct lane *lane = aligner->lanes->pdata[from];
	guint low = MIN(from, to), high = MAX(from, to);

	for (guint state = 0; state < aligner->states->len; state++) {
		if (!lane->cells->pdata[state])
			continue;
		if (((struct lane *)aligner->lanes->pdata[to])->cells->pdata[state] ||
		    !lane_free_between(aligner, low + 1, high, state))
			return false;
	}
	return true;
}

static bool lanes_same(const struct aligner *aligner, guint one, guint other)
{
	const struct lane *lane = aligner->lanes->pdata[other];
	guint example = lane->examples[0];
	struct aligner there = *aligner;

	there.state = example;
	return lane_matches(&there, one, lane->cells->pdata[example]);
}

static void lane_move(struct aligner *aligner, guint from, guint to)
{
	struct lane *lane = aligner->lanes->pdata[from];

	for (guint state = 0; state < aligner->states->len; state++) {
		if (!lane->cells->pdata[state])
			continue;
		aligner->state = state;
		lane_put(aligner, aligner->lanes->pdata[to], lane->cells->pdata[state]);
	}
	g_ptr_array_remove_index(aligner->lanes, from);
	lane_free(lane);
}

/* Alternatives that follow one another have no order: a start may have put one into a lane before
 * the others, and the next into another lane behind them. */
static void merge_lanes(struct aligner *aligner)
{
	for (guint one = 0; one < aligner->lanes->len; one++) {
		for (guint other = one + 1;
		     other < aligner->lanes->len && other - one < MAX_DISTANCE;) {
			if (!lanes_same(aligner, one, other)) {
				other++;
			} else if (lane_can_move(aligner, other, one)) {
				lane_move(aligner, other, one);
			} else if (lane_can_move(aligner, one, other)) {
				lane_move(aligner, one, other);
				other = one + 1;
			} else {
				other++;
			}
		}
	}
}

struct turn {
	guint state;
	guint elements;
};

static int turn_compare(const void *a, const void *b)
{
	const struct turn *left = a, *right = b;

	if (left->elements != right->elements)
		return left->elements > right->elements ? -1 : 1;
	return left->state < right->state ? -1 : left->state > right->state;
}

/* The longest first: a start in which everything happens says in which order. */
static struct turn *turns_new(const GPtrArray *sequences, guint states)
{
	struct turn *turns = g_new(struct turn, states + 1);

	for (guint i = 0; i < states; i++)
		turns[i] = (struct turn){i, ((GPtrArray *)sequences->pdata[i])->len};
	qsort(turns, states, sizeof(*turns), turn_compare);
	return turns;
}

static void align_one(struct aligner *aligner, const GPtrArray *sequence, guint state)
{
	g_autofree int *match = g_new(int, sequence->len + 1);

	aligner->sequence = sequence;
	aligner->state = state;
	memset(match, -1, (sequence->len + 1) * sizeof(*match));
	match_all(aligner, match);
	match_loose(aligner, match);
	merge(aligner, match);
}

GPtrArray *align(const GPtrArray *sequences, const GPtrArray *states, const struct align_how *how)
{
	struct aligner aligner = {.how = how, .states = states, .lanes = g_ptr_array_new()};
	GPtrArray *columns = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	g_autofree struct turn *turns = turns_new(sequences, states->len);

	for (guint i = 0; i < states->len; i++)
		align_one(&aligner, sequences->pdata[turns[i].state], turns[i].state);
	merge_lanes(&aligner);
	for (guint i = 0; i < aligner.lanes->len; i++) {
		struct lane *lane = aligner.lanes->pdata[i];

		g_ptr_array_add(columns, g_ptr_array_ref(lane->cells));
		lane_free(lane);
	}
	g_ptr_array_unref(aligner.lanes);
	return columns;
}
