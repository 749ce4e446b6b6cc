/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a plan, carried out on a world: the grammar of docs/plan.md once more, apart from
 * thresh-init's own code. */
#include "plan/plan.h"
#include "plan/value.h"
#include "world.h"

#include <fnmatch.h>
#include <string.h>

struct carrier {
	struct world *world;
	const struct plan *plan;
	size_t at;
};

static const char *value_of(const struct world *world, const char *name, char number[16])
{
	if (strcmp(name, "#") == 0) {
		g_snprintf(number, 16, "%u", world->arguments->len);
		return number;
	}
	if (g_ascii_isdigit(*name))
		return world_argument(world, (guint)(*name - '0'));
	return world_get(world, name);
}

static char *expand(const struct world *world, const char *template)
{
	GString *text = g_string_new(NULL);
	char number[16];

	for (const char *at = template; *at; at++) {
		if (*at != '$') {
			g_string_append_c(text, *at);
		} else if (at[1] == '$') {
			g_string_append_c(text, *at++);
		} else {
			const char *end = strchr(at, '}');
			g_autofree char *name = g_strndup(at + 2, end - at - 2);

			g_string_append(text, value_of(world, name, number));
			at = end;
		}
	}
	return g_string_free(text, FALSE);
}

static void expand_word(const struct world *world, const char *word, GPtrArray *words)
{
	if (strcmp(word, "${@}") == 0) {
		for (guint i = 0; i < world->arguments->len; i++)
			g_ptr_array_add(words, g_strdup(world->arguments->pdata[i]));
	} else if (g_str_has_prefix(word, "${*")) {
		g_autofree char *name = g_strndup(word + 3, strlen(word) - 4);
		g_auto(GStrv) parts = g_strsplit_set(world_get(world, name), " \n", -1);

		for (char **part = parts; *part; part++)
			if (**part)
				g_ptr_array_add(words, g_strdup(*part));
	} else {
		g_ptr_array_add(words, expand(world, word));
	}
}

static GPtrArray *words_from(const struct carrier *carrier, guint first)
{
	const struct plan_directive *directive = &carrier->plan->directives[carrier->at];
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

	for (guint i = first; i < directive->count; i++)
		expand_word(carrier->world, plan_word(directive, i), words);
	return words;
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

static bool holds(const struct carrier *carrier)
{
	const struct plan_directive *directive = &carrier->plan->directives[carrier->at];
	const struct world *world = carrier->world;
	const char *name = directive->count > 1 ? plan_word(directive, 1) : "";
	g_autofree char *first = strchr(name, '$') || *name == '/' ? expand(world, name) : NULL;
	bool compares = directive->sub == PLAN_IF_EQUALS || directive->sub == PLAN_IF_DIFFERS;
	g_autofree char *second = compares ? expand(world, plan_word(directive, 2)) : NULL;

	switch (directive->sub) {
	case PLAN_IF_SET:
		return world_has(world, name);
	case PLAN_IF_UNSET:
		return !world_has(world, name);
	case PLAN_IF_EMPTY:
		return !*world_get(world, name);
	case PLAN_IF_FILLED:
		return *world_get(world, name);
	case PLAN_IF_EQUALS:
		return strcmp(first, second) == 0;
	case PLAN_IF_DIFFERS:
		return strcmp(first, second) != 0;
	case PLAN_IF_MATCHES:
		return fnmatch(plan_word(directive, 2), first, 0) == 0;
	case PLAN_IF_UNLIKE:
		return fnmatch(plan_word(directive, 2), first, 0) != 0;
	case PLAN_IF_ABOVE:
		return is_number(first) && atoll(first) > atoll(plan_word(directive, 2));
	case PLAN_IF_BELOW:
		return is_number(first) && atoll(first) < atoll(plan_word(directive, 2));
	case PLAN_IF_EXISTS:
	case PLAN_IF_FILE:
	case PLAN_IF_DIRECTORY:
		return world_exists(world, first);
	case PLAN_IF_ABSENT:
		return !world_exists(world, first);
	case PLAN_IF_POPULATED:
		return world_populated(world, first);
	case PLAN_IF_VACANT:
		return !world_populated(world, first);
	case PLAN_IF_AMONG:
		for (guint i = 0; i < world->arguments->len; i++)
			if (fnmatch(plan_word(directive, 1), world->arguments->pdata[i], 0) == 0)
				return true;
		return false;
	case PLAN_IF_PROGRAM:
		return world_has_program(first);
	default:
		g_assert_not_reached();
	}
}

/* From an `if` that does not hold, or an `else` that is not wanted, behind its `else` or `end`. */
static void skip(struct carrier *carrier, bool to_else)
{
	guint depth = 1;

	while (depth) {
		enum plan_kind kind = carrier->plan->directives[++carrier->at].kind;

		depth += kind == PLAN_IF;
		depth -= kind == PLAN_END;
		if (depth == 1 && kind == PLAN_ELSE && to_else)
			return;
	}
}

static void run(struct carrier *carrier, bool begins)
{
	struct world *world = carrier->world;
	g_autoptr(GPtrArray) words = words_from(carrier, begins ? 1 : 0);
	const struct plan_directive *next = carrier->plan->directives + carrier->at + 1;

	g_ptr_array_add(words, NULL);
	if (!begins) {
		world_run_program(world, (const char *const *)words->pdata);
	} else if (next->kind == PLAN_AWAIT) {
		g_autofree char *what =
			g_strdup_printf("%s %s", plan_word(next, 1), plan_word(next, 2));

		world_begin(world, (const char *const *)words->pdata, what);
	} else {
		world_begin(world, (const char *const *)words->pdata, NULL);
	}
}

static void append_input(struct world *world, const char *text)
{
	g_autofree char *before = g_steal_pointer(&world->input);

	world->input = g_strconcat(before ? before : "", text, NULL);
}

static void modify(struct world *world, const struct plan_directive *directive, char *text)
{
	const char *word = plan_word(directive, 0);

	if (directive->kind == PLAN_WITH)
		g_hash_table_insert(world->with, g_strdup(word),
				    expand(world, plan_word(directive, 1)));
	else if (directive->kind == PLAN_WITHOUT)
		g_hash_table_insert(world->with, g_strdup(word), NULL);
	else if (directive->kind == PLAN_IN)
		world->in = g_strdup(text);
	else if (directive->kind == PLAN_INPUT)
		append_input(world, text);
	else if (directive->kind == PLAN_INPUT_FILE) {
		g_autofree char *reference = g_strdup_printf("\002%s\003", text);

		append_input(world, reference);
	} else if (directive->kind == PLAN_OUTPUT)
		world->output = g_strdup(text);
	else if (directive->kind == PLAN_AS) {
		world->as_uid = (uint32_t)atoi(word);
		world->as_gid = (uint32_t)atoi(plan_word(directive, 1));
	}
}

static void do_arguments(struct carrier *carrier, bool replaces)
{
	struct world *world = carrier->world;
	g_autoptr(GPtrArray) words = words_from(carrier, 0);

	if (replaces)
		g_ptr_array_set_size(world->arguments, 0);
	for (guint i = 0; i < words->len; i++)
		world_append_argument(world, words->pdata[i]);
}

static void do_shift(struct carrier *carrier, guint count)
{
	GPtrArray *arguments = carrier->world->arguments;

	g_ptr_array_remove_range(arguments, 0, MIN(count, arguments->len));
}

static void do_secret(struct world *world, const char *name)
{
	g_autofree char *file_name = g_strconcat(name, "_FILE", NULL);
	const char *file = world_get(world, file_name);
	g_autofree char *value = *file ? g_strdup(g_hash_table_lookup(world->disk, file))
				 : world_has(world, name) ? g_strdup(world_get(world, name))
							  : NULL;

	world_unset(world, file_name);
	world_unset(world, name);
	if (value)
		g_hash_table_insert(world->internal, g_strdup(name), g_steal_pointer(&value));
}

static void do_read(struct world *world, const struct plan_directive *directive)
{
	g_autofree char *path = expand(world, plan_word(directive, 1));
	g_autofree char *text = world_read(world, path);

	g_assert_nonnull(text);
	while (g_str_has_suffix(text, "\n"))
		text[strlen(text) - 1] = '\0';
	g_hash_table_insert(world->internal, g_strdup(plan_word(directive, 0)),
			    g_steal_pointer(&text));
}

/* 32 bytes in hex, whatever is asked for: the test asks for no others. */
static void do_random(struct world *world, const char *name)
{
	char *value = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)&world->random,
						  sizeof(world->random));

	g_hash_table_insert(world->internal, g_strdup(name), value);
}

static void do_check(struct world *world, const struct plan_directive *directive)
{
	const char *value = world_get(world, plan_word(directive, 0));
	const char *least = directive->count > 2 ? plan_word(directive, 2) : "0";
	const char *most = directive->count > 3 ? plan_word(directive, 3) : "9223372036854775807";
	gint64 number = g_ascii_strtoll(value, NULL, 10);

	if (directive->sub == PLAN_VALUE_WORD) {
		if (!*value || strpbrk(value, " \t\n"))
			world_exit(world, 1, "no word");
		return;
	}
	if (!*value || strspn(value, "0123456789") != strlen(value) || number < atoll(least) ||
	    number > atoll(most))
		world_exit(world, 1, "no integer");
}

static char *escaped(const char *text, const struct plan_directive *directive)
{
	GString *out = g_string_new(NULL);

	for (; *text; text++) {
		const char *as = NULL;

		for (guint i = 2; i < directive->count && !as; i++)
			if (*plan_word(directive, i) == *text)
				as = plan_word(directive, i) + 1;
		if (as)
			g_string_append(out, as);
		else
			g_string_append_c(out, *text);
	}
	return g_string_free(out, FALSE);
}

/* Without bounds. */
static void do_workers(struct world *world, const struct plan_directive *directive)
{
	guint64 times = g_ascii_strtoull(plan_word(directive, 2), NULL, 10);
	guint64 by = g_ascii_strtoull(plan_word(directive, 3), NULL, 10);
	gint64 plus = g_ascii_strtoll(plan_word(directive, 4), NULL, 10);

	g_hash_table_insert(
		world->internal, g_strdup(directive->words),
		g_strdup_printf("%" G_GINT64_FORMAT, (gint64)(world->cpus * times / by) + plus));
}

/* As the parameter expansions of a shell: %%, %, # and ## with a `*` behind or before the text. */
static char *sliced(char *text, const struct plan_directive *directive)
{
	for (guint i = 2; i + 1 < directive->count; i += 2) {
		const char *how = plan_word(directive, i), *cut = plan_word(directive, i + 1);
		bool last = g_str_has_suffix(how, "-last");
		char *at = last ? g_strrstr(text, cut) : strstr(text, cut), *rest = NULL;

		if (strcmp(how, "without-prefix") == 0)
			rest = g_strdup(text + (g_str_has_prefix(text, cut) ? strlen(cut) : 0));
		else if (strcmp(how, "without-suffix") == 0)
			rest = g_strndup(text,
					 strlen(text) -
						 (g_str_has_suffix(text, cut) ? strlen(cut) : 0));
		else if (at)
			rest = g_str_has_prefix(how, "before") ? g_strndup(text, at - text)
							       : g_strdup(at + strlen(cut));
		if (rest) {
			g_free(text);
			text = rest;
		}
	}
	return text;
}

static void do_variable(struct carrier *carrier)
{
	struct world *world = carrier->world;
	const struct plan_directive *directive = &carrier->plan->directives[carrier->at];
	const char *name = plan_word(directive, 0);
	g_autofree char *text = directive->count > 1 && directive->kind != PLAN_CHECK
					? expand(world, plan_word(directive, 1))
					: g_strdup(world_get(world, name));

	if (directive->kind == PLAN_SET || directive->kind == PLAN_EXPORT)
		world_set(world, name, text);
	else if (directive->kind == PLAN_LET)
		g_hash_table_insert(world->internal, g_strdup(name), g_strdup(text));
	else if (directive->kind == PLAN_ESCAPE)
		g_hash_table_insert(world->internal, g_strdup(name), escaped(text, directive));
	else if (directive->kind == PLAN_SLICE)
		g_hash_table_insert(world->internal, g_strdup(name),
				    sliced(g_strdup(text), directive));
	else if (directive->kind == PLAN_UNSET)
		world_unset(world, name);
	else if (directive->kind == PLAN_VALUE && !*world_get(world, name))
		world_set(world, name, text);
	else if (directive->kind == PLAN_REQUIRE && !*world_get(world, name))
		world_exit(world, 1, text);
	else if (directive->kind == PLAN_FORBID && world_has(world, name))
		world_exit(world, 1, text);
	else if (directive->kind == PLAN_SECRET)
		do_secret(world, name);
	else if (directive->kind == PLAN_READ)
		do_read(world, directive);
	else if (directive->kind == PLAN_FACT && directive->sub == PLAN_FACT_CPUS)
		g_hash_table_insert(world->internal, g_strdup(name),
				    g_strdup_printf("%u", world->cpus));
	else if (directive->kind == PLAN_FACT && directive->sub == PLAN_FACT_WORKERS)
		do_workers(world, directive);
	else if (directive->kind == PLAN_RANDOM)
		do_random(world, name);
	else if (directive->kind == PLAN_CHECK)
		do_check(world, directive);
}

static bool line_matches(const struct plan_directive *directive, const char *line)
{
	for (guint i = 2; i < directive->count; i++)
		if (fnmatch(plan_word(directive, i), line, 0) == 0)
			return true;
	return false;
}

/* `replace`, `ensure`, `complete` */
static void do_lines(struct world *world, const struct plan_directive *directive, const char *path)
{
	g_autofree char *value = expand(world, plan_word(directive, 1));
	g_autofree char *text = world_read(world, path);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GString) all = g_string_new(NULL);
	bool found = false;

	for (char **line = lines; *line && (**line || line[1]); line++) {
		bool matches = line_matches(directive, *line);

		found |= matches;
		g_string_append_printf(all, "%s\n",
				       matches && directive->kind != PLAN_COMPLETE ? value : *line);
	}
	if (!found && directive->kind != PLAN_REPLACE)
		g_string_append_printf(all, "%s\n", value);
	world_change(world, path, all->str);
}

static void do_provide(struct world *world, const struct plan_directive *directive,
		       const char *path)
{
	g_autofree char *text = world_read(world, plan_word(directive, 1));

	if (!world_exists(world, path))
		world_file(world, path, 0644, text);
}

static void do_file(struct world *world, const struct plan_directive *directive)
{
	g_autofree char *path = expand(world, plan_word(directive, 0));
	g_autofree char *last = expand(world, plan_word(directive, directive->count - 1U));
	guint mode = directive->count > 1
			     ? (guint)g_ascii_strtoull(plan_word(directive, 1), NULL, 8)
			     : 0;

	if (directive->kind == PLAN_DIRECTORY)
		world_directory(world, path, mode);
	else if (directive->kind == PLAN_FILE)
		world_file(world, path, mode, last);
	else if (directive->kind == PLAN_APPEND)
		world_append(world, path, last);
	else if (directive->kind == PLAN_PROVIDE)
		do_provide(world, directive, path);
	else if (directive->kind >= PLAN_REPLACE && directive->kind <= PLAN_COMPLETE)
		do_lines(world, directive, path);
	else if (directive->kind == PLAN_SYMLINK)
		world_symlink(world, path, last);
	else if (directive->kind == PLAN_REMOVE)
		world_remove(world, path);
	else if (directive->kind == PLAN_MODE)
		world_mode(world, path, mode);
	else
		world_owner(world, path, (uint32_t)atoi(plan_word(directive, 1)),
			    (uint32_t)atoi(last));
}

static void do_stop(struct world *world, const struct plan_directive *directive)
{
	const char *name = plan_word(directive, 0);

	for (guint i = 0; i < world->record->steps->len; i++) {
		const struct start_step *step = world->record->steps->pdata[i];

		if (step->kind == START_BEGIN && strstr(step->path, name)) {
			g_autofree char *path = g_strdup(step->path);

			world_stop(world, path, atoi(plan_word(directive, 1)));
			return;
		}
	}
	g_assert_not_reached();
}

static void carry_step(struct carrier *carrier)
{
	const struct plan_directive *directive = &carrier->plan->directives[carrier->at];
	struct world *world = carrier->world;
	g_autoptr(GPtrArray) words = NULL;
	g_autofree char *text = NULL;

	switch (directive->kind) {
	case PLAN_IF:
		if (!holds(carrier))
			skip(carrier, true);
		break;
	case PLAN_ELSE:
		skip(carrier, false);
		break;
	case PLAN_END:
	case PLAN_AWAIT:
	case PLAN_ESSENTIAL:
	case PLAN_ACCEPT:
		break;
	case PLAN_ARGUMENTS:
	case PLAN_ARGUMENT:
		do_arguments(carrier, directive->kind == PLAN_ARGUMENTS);
		break;
	case PLAN_SHIFT:
		do_shift(carrier, (guint)atoi(plan_word(directive, 0)));
		break;
	case PLAN_EXEC:
		words = words_from(carrier, 0);
		if (words->len)
			world_exec(world, words);
		else
			world_exit(world, 0, NULL);
		break;
	case PLAN_FAIL:
		text = expand(world, plan_word(directive, 1));
		world_exit(world, atoi(plan_word(directive, 0)), text);
		break;
	case PLAN_AS ... PLAN_OUTPUT:
		text = expand(world, plan_word(directive, 0));
		modify(world, directive, text);
		break;
	case PLAN_RUN:
	case PLAN_START:
		run(carrier, directive->kind == PLAN_START);
		break;
	case PLAN_STOP:
		do_stop(world, directive);
		break;
	case PLAN_UMASK:
		world->umask = (uint32_t)g_ascii_strtoull(plan_word(directive, 0), NULL, 8);
		break;
	case PLAN_WORKDIR:
		g_free(world->cwd);
		world->cwd = expand(world, plan_word(directive, 0));
		break;
	case PLAN_DIRECTORY ... PLAN_OWNER:
		do_file(world, directive);
		break;
	default:
		do_variable(carrier);
		break;
	}
}

void carry_out(struct world *world, const char *steps)
{
	g_autofree struct plan *plan = g_new0(struct plan, 1);
	g_autofree char *text = g_strconcat("thresh-plan 1\n", steps, NULL);
	struct carrier carrier = {.world = world, .plan = plan};
	struct plan_error error = {0, NULL};

	if (!plan_parse(text, strlen(text), plan, &error))
		g_error("plan line %u: %s", error.line, error.text);
	for (; carrier.at < plan->count && !world->ended; carrier.at++)
		carry_step(&carrier);
}
