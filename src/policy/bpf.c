/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program is made from its end to its start: a jump goes forward only, so its target is known
 * when it is written. A label is a position counted from the end.
 */
#include "policy/bpf.h"

#include "base/error.h"

#include <stddef.h>
#include <string.h>

/* A jump has 8 bits; a few instructions may come between a label's check and its use. */
enum { NEAR_MAX = 250, RETURNS_MAX = 8 };

struct entry {
	uint32_t number;
	uint32_t action;
	bool has_rule;
	struct bpf_rule rule;
};

struct bpf_table {
	uint32_t audit_arch;
	uint32_t action;
	uint32_t upper_first; /* from here on: upper_action, where has_upper */
	uint32_t upper_action;
	bool has_upper;
	GTree *entries; /* number → struct entry * */
};

struct bpf_filter {
	GPtrArray *tables;
};

/* Numbers from `first` to the next range's. */
struct range {
	uint32_t first;
	uint32_t action;
	const struct bpf_rule *rule; /* a range of one number, or NULL */
};

struct assembler {
	GArray *reversed; /* struct sock_filter */
	struct {
		uint32_t action;
		uint32_t label;
	} returns[RETURNS_MAX];
	unsigned int returns_count;
};

static int number_compare(gconstpointer a, gconstpointer b, gpointer user)
{
	uint32_t x = GPOINTER_TO_UINT(a);
	uint32_t y = GPOINTER_TO_UINT(b);

	(void)user;
	return x < y ? -1 : x > y;
}

static void table_free(gpointer data)
{
	struct bpf_table *table = data;

	g_tree_destroy(table->entries);
	g_free(table);
}

struct bpf_filter *bpf_filter_new(void)
{
	struct bpf_filter *filter = g_new0(struct bpf_filter, 1);

	filter->tables = g_ptr_array_new_with_free_func(table_free);
	return filter;
}

void bpf_filter_free(struct bpf_filter *filter)
{
	if (!filter)
		return;
	g_ptr_array_unref(filter->tables);
	g_free(filter);
}

void bpf_filter_cleanup(struct bpf_filter **filter)
{
	bpf_filter_free(*filter);
	*filter = NULL;
}

struct bpf_table *bpf_filter_add_arch(struct bpf_filter *filter, uint32_t audit_arch,
				      uint32_t action)
{
	struct bpf_table *table = g_new0(struct bpf_table, 1);

	table->audit_arch = audit_arch;
	table->action = action;
	table->entries = g_tree_new_full(number_compare, NULL, NULL, g_free);
	g_ptr_array_add(filter->tables, table);
	return table;
}

static struct entry *entry_replace(struct bpf_table *table, uint32_t number)
{
	struct entry *entry = g_new0(struct entry, 1);

	entry->number = number;
	g_tree_replace(table->entries, GUINT_TO_POINTER(number), entry);
	return entry;
}

void bpf_table_set(struct bpf_table *table, uint32_t number, uint32_t action)
{
	entry_replace(table, number)->action = action;
}

void bpf_table_set_rule(struct bpf_table *table, uint32_t number, const struct bpf_rule *rule)
{
	struct entry *entry = entry_replace(table, number);

	entry->has_rule = true;
	entry->rule = *rule;
}

void bpf_table_set_from(struct bpf_table *table, uint32_t first, uint32_t action)
{
	table->has_upper = true;
	table->upper_first = first;
	table->upper_action = action;
}

static void ranges_append(GArray *ranges, uint32_t first, uint32_t action,
			  const struct bpf_rule *rule)
{
	struct range range = {first, action, rule};

	if (ranges->len > 0) {
		struct range *last = &g_array_index(ranges, struct range, ranges->len - 1);

		if (last->first == first) {
			*last = range;
			return;
		}
		if (!last->rule && !rule && last->action == action)
			return;
	}
	g_array_append_val(ranges, range);
}

struct ranges_walk {
	const struct bpf_table *table;
	GArray *ranges;
	bool upper_done;
};

static void upper_append(struct ranges_walk *walk, uint32_t before)
{
	const struct bpf_table *table = walk->table;

	if (walk->upper_done || !table->has_upper || table->upper_first > before)
		return;
	ranges_append(walk->ranges, table->upper_first, table->upper_action, NULL);
	walk->upper_done = true;
}

static gboolean ranges_visit(gpointer key, gpointer value, gpointer user)
{
	struct ranges_walk *walk = user;
	const struct entry *entry = value;

	(void)key;
	upper_append(walk, entry->number);
	ranges_append(walk->ranges, entry->number, entry->action,
		      entry->has_rule ? &entry->rule : NULL);
	if (entry->number < UINT32_MAX)
		ranges_append(walk->ranges, entry->number + 1,
			      walk->upper_done ? walk->table->upper_action : walk->table->action,
			      NULL);
	return FALSE;
}

/* Two neighbours with the same action can remain where a gap of no numbers lay between them. */
static GArray *ranges_of(const struct bpf_table *table)
{
	g_autoptr(GArray) raw = g_array_new(FALSE, FALSE, sizeof(struct range));
	GArray *ranges = g_array_new(FALSE, FALSE, sizeof(struct range));
	struct ranges_walk walk = {table, raw, false};

	ranges_append(raw, 0, table->action, NULL);
	g_tree_foreach(table->entries, ranges_visit, &walk);
	upper_append(&walk, UINT32_MAX);
	for (guint i = 0; i < raw->len; i++) {
		const struct range *range = &g_array_index(raw, struct range, i);

		ranges_append(ranges, range->first, range->action, range->rule);
	}
	return ranges;
}

static uint32_t emit(struct assembler *assembler, uint16_t code, uint32_t k, uint32_t when_true,
		     uint32_t when_false)
{
	uint32_t here = assembler->reversed->len;
	struct sock_filter instruction = {.code = code, .k = k};

	/* Labels count from the end, so the distance is what lies between. */
	if (BPF_CLASS(code) == BPF_JMP) {
		instruction.jt = (uint8_t)(here - 1 - when_true);
		instruction.jf = (uint8_t)(here - 1 - when_false);
	}
	g_array_append_val(assembler->reversed, instruction);
	return here;
}

static uint32_t emit_always(struct assembler *assembler, uint32_t label)
{
	uint32_t here = assembler->reversed->len;
	struct sock_filter jump = {.code = BPF_JMP | BPF_JA, .k = here - 1 - label};

	g_array_append_val(assembler->reversed, jump);
	return here;
}

/* A label that a conditional jump, written next or one later, can reach. */
static uint32_t near_label(struct assembler *assembler, uint32_t label)
{
	return assembler->reversed->len - label <= NEAR_MAX ? label : emit_always(assembler, label);
}

static uint32_t emit_return(struct assembler *assembler, uint32_t action)
{
	unsigned int slot = assembler->returns_count;
	uint32_t label;

	for (unsigned int i = 0; i < assembler->returns_count; i++) {
		if (assembler->returns[i].action != action)
			continue;
		if (assembler->reversed->len - assembler->returns[i].label <= NEAR_MAX)
			return assembler->returns[i].label;
		slot = i;
	}
	label = emit(assembler, BPF_RET | BPF_K, action, 0, 0);
	if (slot < RETURNS_MAX) {
		assembler->returns[slot].action = action;
		assembler->returns[slot].label = label;
		assembler->returns_count = MAX(assembler->returns_count, slot + 1);
	}
	return label;
}

static uint32_t emit_jump(struct assembler *assembler, uint16_t condition, uint32_t k,
			  uint32_t when_true, uint32_t when_false)
{
	when_true = near_label(assembler, when_true);
	when_false = near_label(assembler, when_false);
	return emit(assembler, BPF_JMP | condition | BPF_K, k, when_true, when_false);
}

static uint32_t argument_offset(uint8_t argument)
{
	uint32_t offset = (uint32_t)offsetof(struct seccomp_data, args) + 8U * argument;

	return G_BYTE_ORDER == G_LITTLE_ENDIAN ? offset : offset + 4;
}

static uint32_t emit_rule(struct assembler *assembler, const struct bpf_rule *rule)
{
	uint32_t unmet = emit_return(assembler, rule->unmet);
	uint32_t label = emit_return(assembler, rule->met);

	for (unsigned int i = rule->count; i-- > 0;) {
		const struct bpf_test *test = &rule->tests[i];

		if (test->masked) {
			label = emit_jump(assembler, BPF_JSET, test->value, label, unmet);
		} else {
			uint32_t second = emit_jump(assembler, BPF_JEQ, test->value2, label, unmet);

			label = test->value == test->value2
					? second
					: emit_jump(assembler, BPF_JEQ, test->value, label, second);
		}
		label = emit(assembler, BPF_LD | BPF_W | BPF_ABS, argument_offset(test->argument),
			     0, 0);
		/* The load falls through to the jump written just before it. */
	}
	return label;
}

static uint32_t emit_tree(struct assembler *assembler, const struct range *ranges, guint count)
{
	guint middle = count / 2;
	uint32_t left, right;

	if (count == 1)
		return ranges->rule ? emit_rule(assembler, ranges->rule)
				    : emit_return(assembler, ranges->action);
	right = emit_tree(assembler, ranges + middle, count - middle);
	left = emit_tree(assembler, ranges, middle);
	return emit_jump(assembler, BPF_JGE, ranges[middle].first, right, left);
}

static uint32_t emit_table(struct assembler *assembler, const struct bpf_table *table)
{
	g_autoptr(GArray) ranges = ranges_of(table);
	uint32_t label;

	label = emit_tree(assembler, (const struct range *)(void *)ranges->data, ranges->len);
	/* One range alone is a return that others may share: the load must come right before it. */
	if (label + 1 != assembler->reversed->len)
		emit_always(assembler, label);
	return emit(assembler, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
}

GBytes *bpf_filter_assemble(const struct bpf_filter *filter, GError **error)
{
	g_autoptr(GArray) program = NULL;
	struct assembler assembler = {.returns_count = 0};
	uint32_t next;

	assembler.reversed = g_array_new(FALSE, TRUE, sizeof(struct sock_filter));
	program = assembler.reversed;
	next = emit_return(&assembler, SECCOMP_RET_KILL_PROCESS);
	for (guint i = filter->tables->len; i-- > 0;) {
		const struct bpf_table *table = g_ptr_array_index(filter->tables, i);
		uint32_t body = emit_table(&assembler, table);

		next = emit_jump(&assembler, BPF_JEQ, table->audit_arch, body, next);
	}
	emit(&assembler, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	if (program->len > BPF_MAXINSNS) {
		error_set(error, THRESH_ERROR_INTERNAL,
			  "seccomp filter: %u instructions, more than %d", program->len,
			  BPF_MAXINSNS);
		return NULL;
	}
	for (guint i = 0; i < program->len / 2; i++) {
		struct sock_filter *low = &g_array_index(program, struct sock_filter, i);
		struct sock_filter *high =
			&g_array_index(program, struct sock_filter, program->len - 1 - i);
		struct sock_filter swap = *low;

		*low = *high;
		*high = swap;
	}
	return g_bytes_new(program->data, program->len * sizeof(struct sock_filter));
}
