/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/chance.h"

#include "entrypoint/machine.h"
#include "plan/text.h"

#include <string.h>

enum {
	MIN_LENGTH = 16, /* below it, it is not told from a date, a process id or a counter */
	MAX_LENGTH = 512,
	MAX_CONTEXT = 32,
	MAX_CHANCES = 16,
	MAX_ALIKE_PART = 16, /* of the signs of two secrets that are the same by chance: 1/16 */
};

static void chance_free(struct chance *chance)
{
	g_free(chance->name);
	g_free(chance->before);
	g_free(chance->after);
	g_free(chance->path);
	g_free(chance->directive);
	g_strfreev(chance->values);
	g_free(chance);
}

GPtrArray *chances_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)chance_free);
}

/* Takes @name and @values. */
static void add_fact(GPtrArray *chances, char *name, const char *fact, char **values)
{
	struct chance *chance = g_new0(struct chance, 1);

	chance->name = name;
	chance->values = values;
	chance->directive = g_strdup_printf("fact %s %s", name, fact);
	g_ptr_array_add(chances, chance);
}

void chances_add_hostname(GPtrArray *chances, const char *hostname)
{
	char **values = g_new0(char *, 2);

	values[0] = g_strdup(hostname);
	add_fact(chances, g_strdup("thresh_hostname"), "hostname", values);
}

void chances_add_machine(GPtrArray *chances)
{
	char **cpus = g_new0(char *, MACHINES + 1);
	char **nameservers = g_new0(char *, MACHINES + 1);
	char **resolvers = g_new0(char *, MACHINES + 1);

	for (guint i = 0; i < MACHINES; i++) {
		cpus[i] = g_strdup_printf("%u", machine_of(i)->cpus);
		nameservers[i] = g_strdup(machine_of(i)->nameservers);
		resolvers[i] = machine_resolvers(machine_of(i));
	}
	add_fact(chances, g_strdup("thresh_cpus"), "cpus", cpus);
	add_fact(chances, g_strdup("thresh_nameservers"), "nameservers", nameservers);
	add_fact(chances, g_strdup("thresh_resolvers"), "resolvers", resolvers);
}

/* The next name that begins so. Caller frees. */
static char *numbered(const GPtrArray *chances, const char *prefix)
{
	guint number = 0;

	for (guint i = 0; i < chances->len; i++)
		number += g_str_has_prefix(((struct chance *)chances->pdata[i])->name, prefix);
	return g_strdup_printf("%s%u", prefix, number);
}

static bool is_known(const GPtrArray *chances, char **values)
{
	for (guint i = 0; i < chances->len; i++) {
		const struct chance *chance = chances->pdata[i];

		if (chance->values &&
		    g_strv_equal((const char *const *)chance->values, (const char *const *)values))
			return true;
	}
	return false;
}

void chances_add_workers(GPtrArray *chances, const struct workers *workers)
{
	char **values = g_new0(char *, MACHINES + 1);
	g_autofree char *fact = workers_fact(workers);

	for (guint i = 0; i < MACHINES; i++)
		values[i] = g_strdup_printf("%" G_GINT64_FORMAT,
					    workers_number(workers, machine_of(i)->cpus));
	if (chances->len >= MAX_CHANCES || is_known(chances, values))
		g_strfreev(values);
	else
		add_fact(chances, numbered(chances, "thresh_workers_"), fact, values);
}

void chances_add_read(GPtrArray *chances, const char *path)
{
	struct chance *chance = g_new0(struct chance, 1);
	g_autofree char *template = plan_literal(path);
	g_autofree char *quoted = plan_quoted(template);

	chance->name = numbered(chances, "thresh_read_");
	chance->path = g_strdup(path);
	chance->directive =
		g_strdup_printf("if file %s\nread %s %s\nend", quoted, chance->name, quoted);
	g_ptr_array_add(chances, chance);
}

/* --- finding --- */

struct search {
	const struct chance *chance;
	char *found;
};

static bool is_random_byte(char c)
{
	return c && (g_ascii_isalnum(c) || strchr("+/=_-", c));
}

static bool value_at(const struct chance *chance, const char *at)
{
	for (gsize i = 0; i < chance->length; i++)
		if (!(chance->signs ? g_ascii_isgraph(at[i]) : is_random_byte(at[i])))
			return false;
	return g_str_has_prefix(at + chance->length, chance->after) &&
	       (*chance->after || at[chance->length] == '\0');
}

static char *search_text(const char *text, gpointer user)
{
	struct search *search = user;
	const struct chance *chance = search->chance;

	if (search->found)
		return NULL;
	if (!*chance->before) {
		if (value_at(chance, text))
			search->found = g_strndup(text, chance->length);
		return NULL;
	}
	for (const char *at = strstr(text, chance->before); at;
	     at = strstr(at + 1, chance->before)) {
		const char *value = at + strlen(chance->before);

		if (value_at(chance, value)) {
			search->found = g_strndup(value, chance->length);
			return NULL;
		}
	}
	return NULL;
}

/* Whether the start made or changed the file: then what it reads there is its own. */
static bool is_written(const struct start_record *record, const char *path)
{
	for (guint i = 0; i < record->steps->len; i++) {
		const struct start_step *step = record->steps->pdata[i];

		if ((step->kind == START_FILE || step->kind == START_APPEND) &&
		    strcmp(step->path, path) == 0)
			return true;
	}
	return false;
}

static char *read_find(const char *path, const struct start_record *record)
{
	for (guint i = 0; i < record->reads->len; i++) {
		const struct start_script *file = record->reads->pdata[i];
		gsize bytes;
		const char *data = g_bytes_get_data(file->text, &bytes);

		if (strcmp(file->path, path) != 0)
			continue;
		while (bytes > 0 && data[bytes - 1] == '\n')
			bytes--;
		return bytes == 0 || is_written(record, path) ? NULL : g_strndup(data, bytes);
	}
	return NULL;
}

char *chance_find(const struct chance *chance, const struct start_record *record)
{
	struct search search = {.chance = chance};

	if (chance->values)
		return g_strdup(chance->values[chance->values[1] ? record->machine : 0]);
	if (chance->path)
		return read_find(chance->path, record);
	start_record_map(record, search_text, &search);
	return search.found;
}

void chances_mark(const GPtrArray *chances, struct state *state)
{
	for (guint i = 0; i < chances->len; i++) {
		const struct chance *chance = chances->pdata[i];
		g_autofree char *value = chance_find(chance, state->record);

		if (value)
			state_add_own(state, chance->name, value, true);
	}
}

static char *hide_text(const char *text, gpointer user)
{
	const char *value = user;

	if (!strstr(text, value))
		return NULL;
	g_auto(GStrv) parts = g_strsplit(text, value, -1);
	g_autofree char *blank = g_strnfill(strlen(value), 'x');

	return g_strjoinv(blank, parts);
}

void chances_hide(const GPtrArray *chances, struct start_record *record)
{
	for (guint i = 0; i < chances->len; i++) {
		const struct chance *chance = chances->pdata[i];
		g_autofree char *value = chance->values ? NULL : chance_find(chance, record);

		if (value)
			start_record_map(record, hide_text, value);
	}
}

/* --- learning --- */

static bool is_uuid(const char *value)
{
	return g_regex_match_simple("^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
				    "[0-9a-f]{12}$",
				    value, G_REGEX_RAW | G_REGEX_DOLLAR_ENDONLY, 0);
}

/* How a plan draws a value like this; NULL: it cannot. Caller frees. */
static char *random_directive(const char *name, const char *value, bool signs)
{
	gsize length = strlen(value);

	if (signs)
		return g_strdup_printf("random %s %zu alphanumeric", name, length);
	if (is_uuid(value))
		return g_strdup_printf("fact %s uuid", name);
	if (strspn(value, "0123456789abcdef") == length && length % 2 == 0)
		return g_strdup_printf("random %s %zu hex", name, length / 2);
	for (gsize i = 0; i < length; i++) {
		if (g_ascii_isalnum(value[i]))
			continue;
		if (length % 4 != 0 || strspn(value + i, "=") > 2 || strchr(value, '_') ||
		    strchr(value, '-'))
			return NULL;
		gsize padding = g_str_has_suffix(value, "==") ? 2 : g_str_has_suffix(value, "=");

		return g_strdup_printf("random %s %zu base64", name, length / 4 * 3 - padding);
	}
	return g_strdup_printf("random %s %zu alphanumeric", name, length);
}

/* The context in the same line. */
static char *context_before(const char *text, gsize at)
{
	gsize from = at;

	while (from > 0 && at - from < MAX_CONTEXT && text[from - 1] != '\n')
		from--;
	return g_strndup(text + from, at - from);
}

static char *context_after(const char *text)
{
	gsize length = strcspn(text, "\n");

	return g_strndup(text, MIN(length + (text[length] == '\n'), MAX_CONTEXT));
}

/* Whether what differs is a secret of signs that can be seen, each as likely as the other: not a
 * text with a form of its own, which is the same in both. */
static bool is_of_signs(const char *a, const char *b, gsize length)
{
	gsize alike = 0, plain = 0;

	for (gsize i = 0; i < length; i++) {
		if (!g_ascii_isgraph(a[i]) || !g_ascii_isgraph(b[i]) || strchr("\"'`", a[i]) ||
		    strchr("\"'`", b[i]))
			return false;
		alike += a[i] == b[i];
		plain += is_random_byte(a[i]) && is_random_byte(b[i]);
	}
	return plain < length && alike <= 1 + length / MAX_ALIKE_PART;
}

/* The first place in which two texts of one length differ: of letters, digits and a few signs, or
 * all that differs in the line. What is alike by chance at its ends belongs to it. */
static bool find_place(const char *a, const char *b, gsize *ret_from, gsize *ret_to)
{
	gsize from = 0, to, end;
	bool signs;

	while (a[from] == b[from])
		from++;
	for (to = from; is_random_byte(a[to]) && is_random_byte(b[to]);)
		to++;
	end = from + strcspn(a + from, "\n");
	while (end > to && a[end - 1] == b[end - 1])
		end--;
	signs = end > to && end - from <= strcspn(b + from, "\n") &&
		is_of_signs(a + from, b + from, end - from);
	if (signs)
		to = end;
	while (from > 0 && g_ascii_isalnum(a[from - 1]))
		from--;
	*ret_from = from;
	*ret_to = to;
	return signs;
}

/* One place in two texts: others are found with this one hidden. */
static bool learn_text(GPtrArray *chances, const char *a, const char *b)
{
	gsize from, to;

	if (strcmp(a, b) == 0)
		return true;
	if (strlen(b) != strlen(a) || chances->len >= MAX_CHANCES)
		return false;
	bool signs = find_place(a, b, &from, &to);

	if (to - from < MIN_LENGTH || to - from > MAX_LENGTH)
		return false;
	/* crypt(5), $id$salt$hash: made of a password, and no secret that could be drawn */
	if ((from > 0 && a[from - 1] == '$') || a[to] == '$')
		return false;
	g_autofree char *value = g_strndup(a + from, to - from);
	g_autofree char *name = numbered(chances, "thresh_random_");
	char *directive = random_directive(name, value, signs);

	if (!directive)
		return false;
	struct chance *chance = g_new0(struct chance, 1);

	chance->name = g_steal_pointer(&name);
	chance->length = to - from;
	chance->signs = signs;
	chance->directive = directive;
	chance->before = context_before(a, from);
	chance->after = context_after(a + to);
	g_ptr_array_add(chances, chance);
	return true;
}

static bool learn_bytes(GPtrArray *chances, GBytes *a, GBytes *b)
{
	if (!a || !b)
		return a == b;
	if (g_bytes_equal(a, b))
		return true;
	g_autofree char *one = g_strndup(g_bytes_get_data(a, NULL), g_bytes_get_size(a));
	g_autofree char *other = g_strndup(g_bytes_get_data(b, NULL), g_bytes_get_size(b));

	return strlen(one) == g_bytes_get_size(a) && learn_text(chances, one, other);
}

static bool learn_strings(GPtrArray *chances, const GPtrArray *a, const GPtrArray *b)
{
	if (!a || !b)
		return a == b;
	if (a->len != b->len)
		return false;
	for (guint i = 0; i < a->len; i++)
		if (!learn_text(chances, a->pdata[i], b->pdata[i]))
			return false;
	return true;
}

static bool steps_alike(const struct start_step *a, const struct start_step *b)
{
	return a->kind == b->kind && g_strcmp0(a->path, b->path) == 0 && a->mode == b->mode &&
	       a->uid == b->uid && a->gid == b->gid && a->umask == b->umask &&
	       a->status == b->status && a->signal == b->signal && g_strcmp0(a->cwd, b->cwd) == 0 &&
	       g_strcmp0(a->output, b->output) == 0 &&
	       (!a->listens || !b->listens || strcmp(a->listens, b->listens) == 0);
}

static GPtrArray *strings_copy(const GPtrArray *strings)
{
	GPtrArray *copy = strings ? g_ptr_array_new_with_free_func(g_free) : NULL;

	for (guint i = 0; strings && i < strings->len; i++)
		g_ptr_array_add(copy, g_strdup(strings->pdata[i]));
	return copy;
}

/* What is known already is hidden: a secret that stands in two files is drawn once. */
static struct start_record *record_hidden(const GPtrArray *chances,
					  const struct start_record *record)
{
	struct start_record *copy = start_record_new();

	for (guint i = 0; i < record->steps->len; i++) {
		const struct start_step *step = record->steps->pdata[i];
		struct start_step *own = g_new0(struct start_step, 1);

		own->kind = step->kind;
		own->path = g_strdup(step->path);
		own->content = step->content ? g_bytes_ref(step->content) : NULL;
		own->input = step->input ? g_bytes_ref(step->input) : NULL;
		own->argv = strings_copy(step->argv);
		own->environment = strings_copy(step->environment);
		g_ptr_array_add(copy->steps, own);
	}
	g_ptr_array_unref(copy->reads);
	copy->reads = g_ptr_array_ref(record->reads);
	chances_hide(chances, copy);
	return copy;
}

static bool learn_step(GPtrArray *chances, const struct start_record *a,
		       const struct start_record *b, guint index)
{
	autorecord struct start_record *one = record_hidden(chances, a);
	autorecord struct start_record *other = record_hidden(chances, b);
	const struct start_step *left = one->steps->pdata[index];
	const struct start_step *right = other->steps->pdata[index];

	return learn_bytes(chances, left->content, right->content) &&
	       learn_bytes(chances, left->input, right->input) &&
	       learn_strings(chances, left->argv, right->argv) &&
	       learn_strings(chances, left->environment, right->environment);
}

bool chances_learn(GPtrArray *chances, const struct start_record *a, const struct start_record *b,
		   const struct start_step **ret_step)
{
	for (guint i = 0; i < MIN(a->steps->len, b->steps->len); i++) {
		*ret_step = a->steps->pdata[i];
		/* one at a time: the next is looked for with this one hidden */
		for (guint round = 0, known; round < MAX_CHANCES; round++) {
			known = chances->len;
			if (!steps_alike(a->steps->pdata[i], b->steps->pdata[i]) ||
			    !learn_step(chances, a, b, i))
				return false;
			if (chances->len == known)
				break;
		}
	}
	*ret_step = NULL;
	return a->steps->len == b->steps->len;
}
