/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "base/path.h"
#include "base/sorted.h"
#include "entrypoint/machine.h"

#include <string.h>

static GHashTable *table_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

const char *world_get(const struct world *world, const char *name)
{
	const char *value = g_hash_table_lookup(world->internal, name);

	if (!value)
		value = g_hash_table_lookup(world->environment, name);
	return value ? value : "";
}

bool world_has(const struct world *world, const char *name)
{
	return g_hash_table_contains(world->environment, name) ||
	       g_hash_table_contains(world->internal, name);
}

void world_set(struct world *world, const char *name, const char *value)
{
	g_autofree char *copy = g_strdup(value); /* it may be the old value itself */

	g_hash_table_remove(world->internal, name);
	g_hash_table_insert(world->environment, g_strdup(name), g_steal_pointer(&copy));
}

static gboolean begins_so(gpointer key, gpointer value, gpointer prefix)
{
	(void)value;
	return g_str_has_prefix(key, prefix);
}

void world_unset(struct world *world, const char *name)
{
	if (g_str_has_suffix(name, "*")) {
		g_autofree char *prefix = g_strndup(name, strlen(name) - 1);

		g_hash_table_foreach_remove(world->environment, begins_so, prefix);
		return;
	}
	g_hash_table_remove(world->environment, name);
	g_hash_table_remove(world->internal, name);
}

const char *world_argument(const struct world *world, guint index)
{
	return index <= world->arguments->len ? world->arguments->pdata[index - 1] : "";
}

void world_prepend(struct world *world, const char *word)
{
	g_ptr_array_insert(world->arguments, 0, g_strdup(word));
}

void world_append_argument(struct world *world, const char *word)
{
	g_ptr_array_add(world->arguments, g_strdup(word));
}

bool world_exists(const struct world *world, const char *path)
{
	return g_hash_table_contains(world->disk, path) || world_populated(world, path);
}

bool world_populated(const struct world *world, const char *path)
{
	GHashTableIter iter;
	gpointer other;
	const char *content = g_hash_table_lookup(world->disk, path);

	if (content && *content)
		return true;
	g_hash_table_iter_init(&iter, world->disk);
	while (g_hash_table_iter_next(&iter, &other, NULL))
		if (strcmp(other, path) != 0 && path_is_below(other, path))
			return true;
	return false;
}

static struct start_step *world_step(struct world *world, enum start_kind kind, const char *path)
{
	struct start_step *step = g_new0(struct start_step, 1);

	step->kind = kind;
	step->path = g_strdup(path);
	step->script = g_strdup("/entrypoint.sh");
	step->line = world->record->steps->len + 1;
	g_ptr_array_add(world->record->steps, step);
	return step;
}

static void world_put(struct world *world, const char *path, const char *content)
{
	g_hash_table_insert(world->disk, g_strdup(path), g_strdup(content));
}

void world_directory(struct world *world, const char *path, uint32_t mode)
{
	if (world_exists(world, path))
		return;
	world_put(world, path, "");
	world_step(world, START_DIRECTORY, path)->mode = mode;
}

/* As the recorder does: what is only longer than it was, was appended to. */
void world_file(struct world *world, const char *path, uint32_t mode, const char *content)
{
	const char *old = g_hash_table_lookup(world->disk, path);
	bool longer = old && *old && g_str_has_prefix(content, old);
	const char *added = longer ? content + strlen(old) : content;

	if (old && strcmp(old, content) == 0)
		return;
	struct start_step *step = world_step(world, longer ? START_APPEND : START_FILE, path);

	step->mode = mode;
	step->content = g_bytes_new(added, strlen(added));
	step->before = old ? g_bytes_new(old, strlen(old)) : NULL;
	world_put(world, path, content);
}

/* Several changes of a file one behind the other are one. */
void world_change(struct world *world, const char *path, const char *content)
{
	GPtrArray *steps = world->record->steps;
	const struct start_step *last = steps->len ? steps->pdata[steps->len - 1] : NULL;

	if (!last || g_strcmp0(last->path, path) != 0 || last->kind > START_APPEND ||
	    strcmp(g_hash_table_lookup(world->disk, path), content) == 0) {
		world_file(world, path, 0644, content);
		return;
	}
	g_autofree char *before = start_step_before(last);

	g_ptr_array_remove_index(steps, steps->len - 1);
	if (before)
		world_put(world, path, before);
	else
		g_hash_table_remove(world->disk, path);
	world_file(world, path, 0644, content);
}

char *world_read(struct world *world, const char *path)
{
	const char *content = g_hash_table_lookup(world->disk, path);
	struct start_script *file;

	if (!content)
		return NULL;
	file = g_new0(struct start_script, 1);
	file->path = g_strdup(path);
	file->text = g_bytes_new(content, strlen(content));
	g_ptr_array_add(world->record->reads, file);
	return g_strdup(content);
}

void world_append(struct world *world, const char *path, const char *content)
{
	const char *old = g_hash_table_lookup(world->disk, path);
	g_autofree char *now = g_strconcat(old ? old : "", content, NULL);
	struct start_step *step = world_step(world, START_APPEND, path);

	step->mode = 0644;
	step->content = g_bytes_new(content, strlen(content));
	step->before = old ? g_bytes_new(old, strlen(old)) : NULL;
	world_put(world, path, now);
}

void world_symlink(struct world *world, const char *path, const char *target)
{
	if (world_exists(world, path))
		return;
	world_step(world, START_SYMLINK, path)->content = g_bytes_new(target, strlen(target));
	world_put(world, path, target);
}

void world_remove(struct world *world, const char *path)
{
	if (!g_hash_table_remove(world->disk, path))
		return;
	world_step(world, START_REMOVE, path);
}

/* The disk remembers modes and owners beside the paths: done twice, it changes nothing. */
static bool world_remember(struct world *world, const char *what, const char *path, guint32 value)
{
	g_autofree char *key = g_strdup_printf("%s:%s", what, path);
	g_autofree char *text = g_strdup_printf("%u", value);
	const char *old = g_hash_table_lookup(world->disk, key);

	if (old && strcmp(old, text) == 0)
		return false;
	world_put(world, key, text);
	return true;
}

void world_mode(struct world *world, const char *path, uint32_t mode)
{
	if (world_remember(world, "mode", path, mode))
		world_step(world, START_MODE, path)->mode = mode;
}

void world_owner(struct world *world, const char *path, uint32_t uid, uint32_t gid)
{
	if (!world_remember(world, "owner", path, uid * 65536 + gid))
		return;
	struct start_step *step = world_step(world, START_OWNER, path);

	step->uid = uid;
	step->gid = gid;
}

static GPtrArray *world_environment(const struct world *world)
{
	g_autoptr(GHashTable) all = table_new();
	GPtrArray *entries = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	gpointer name, value;

	g_hash_table_iter_init(&iter, world->environment);
	while (g_hash_table_iter_next(&iter, &name, &value))
		g_hash_table_insert(all, g_strdup(name), g_strdup(value));
	g_hash_table_iter_init(&iter, world->with);
	while (g_hash_table_iter_next(&iter, &name, &value))
		if (value)
			g_hash_table_insert(all, g_strdup(name), g_strdup(value));
		else
			g_hash_table_remove(all, name);
	g_hash_table_iter_init(&iter, all);
	while (g_hash_table_iter_next(&iter, &name, &value))
		g_ptr_array_add(entries, g_strdup_printf("%s=%s", (char *)name, (char *)value));
	g_ptr_array_sort(entries, text_compare);
	return entries;
}

static struct start_step *world_program(struct world *world, enum start_kind kind,
					const char *const *argv)
{
	g_autofree char *path =
		*argv[0] == '/' ? g_strdup(argv[0]) : g_strconcat("/usr/bin/", argv[0], NULL);
	struct start_step *step = world_step(world, kind, path);

	step->argv = g_ptr_array_new_with_free_func(g_free);
	for (const char *const *word = argv; *word; word++)
		g_ptr_array_add(step->argv, g_strdup(*word));
	step->environment = world_environment(world);
	step->uid = world->as_uid;
	step->gid = world->as_gid;
	step->cwd = g_strdup(world->in ? world->in : world->cwd);
	step->umask = world->umask;
	if (world->input)
		step->input = g_bytes_new(world->input, strlen(world->input));
	step->input_unknown = world->input_unknown;
	step->output = g_strdup(world->output);
	return step;
}

static void world_forget_modifiers(struct world *world)
{
	g_hash_table_remove_all(world->with);
	g_clear_pointer(&world->input, g_free);
	g_clear_pointer(&world->output, g_free);
	g_clear_pointer(&world->in, g_free);
	world->as_uid = world->uid;
	world->as_gid = world->gid;
	world->accept = 0;
	world->input_unknown = world->essential = false;
}

bool world_has_program(const char *word)
{
	static const char *const programs[] = {"node", "true", "sh"};

	for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
		if (strcmp(word, programs[i]) == 0 ||
		    (g_str_has_prefix(word, "/usr/bin/") && strcmp(word + 9, programs[i]) == 0))
			return true;
	}
	return false;
}

/* What programs leave on the disk: "initdb -D DIR", "mariadb-install-db DIR", "migrate"; "pg_ctl"
 * leaves a server that runs. */
void world_run_program(struct world *world, const char *const *argv)
{
	struct start_step *step = world_program(world, START_RUN, argv);

	if (strcmp(argv[0], "pg_ctl") == 0)
		step->listens = g_strdup("tcp 5433");
	if (strcmp(argv[0], "initdb") == 0 || strcmp(argv[0], "mariadb-install-db") == 0) {
		g_autofree char *version = path_join(argv[2], "PG_VERSION");
		g_autofree char *mysql = path_join(argv[2], "mysql");

		world_put(world, *argv[0] == 'i' ? version : mysql, "15\n");
	}
	world_forget_modifiers(world);
}

void world_begin(struct world *world, const char *const *argv, const char *listens)
{
	struct start_step *step = world_program(world, START_BEGIN, argv);

	step->listens = g_strdup(listens);
	step->essential = world->essential;
	world_forget_modifiers(world);
}

void world_stop(struct world *world, const char *program, int signal)
{
	for (guint i = world->record->steps->len; i-- > 0;) {
		const struct start_step *begun = world->record->steps->pdata[i];

		if (begun->kind != START_BEGIN || !g_str_has_suffix(begun->path, program))
			continue;
		struct start_step *step = world_step(world, START_STOP, NULL);

		step->begin = i;
		step->signal = signal;
		return;
	}
	g_assert_not_reached();
}

void world_exec(struct world *world, const GPtrArray *argv)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();

	for (guint i = 0; i < argv->len; i++)
		g_ptr_array_add(words, argv->pdata[i]);
	g_ptr_array_add(words, NULL);
	world->as_uid = world->uid;
	world->as_gid = world->gid;
	world_program(world, START_EXEC, (const char *const *)words->pdata);
	world->ended = true;
}

void world_exec_arguments(struct world *world)
{
	if (world->arguments->len)
		world_exec(world, world->arguments);
	else
		world_exit(world, 0, NULL);
}

void world_exit(struct world *world, int status, const char *message)
{
	world_step(world, START_EXIT, NULL)->status = status;
	if (message)
		world->record->output = g_bytes_new(message, strlen(message));
	world->ended = true;
}

/* --- a start --- */

static void world_apply(struct world *world, const char *entry)
{
	const char *equals = strchr(entry, '=');

	if (equals) {
		g_autofree char *name = g_strndup(entry, equals - entry);

		world_set(world, name, equals + 1);
	} else {
		g_hash_table_remove(world->environment, entry);
	}
}

static void world_begin_start(struct world *world, const struct model_image *image,
			      const struct start_scenario *scenario, bool first)
{
	const GPtrArray *arguments = first && scenario->first_arguments ? scenario->first_arguments
									: scenario->arguments;
	const GPtrArray *environment = first && scenario->first_environment
					       ? scenario->first_environment
					       : scenario->environment;

	world->environment = table_new();
	world->internal = table_new();
	world->with = table_new();
	world->arguments = g_ptr_array_new_with_free_func(g_free);
	world->record = start_record_new();
	world->cwd = g_strdup("/");
	world->umask = 0022;
	world->random = image->seed;
	for (const char *const *entry = image->environment; *entry; entry++)
		world_apply(world, *entry);
	for (guint i = 0; environment && i < environment->len; i++)
		world_apply(world, environment->pdata[i]);
	if (arguments)
		for (guint i = 0; i < arguments->len; i++)
			world_append_argument(world, arguments->pdata[i]);
	else
		for (const char *const *word = image->arguments; *word; word++)
			world_append_argument(world, *word);
}

static struct start_record *world_end_start(struct world *world)
{
	g_hash_table_unref(world->environment);
	g_hash_table_unref(world->internal);
	g_hash_table_unref(world->with);
	g_ptr_array_unref(world->arguments);
	g_free(world->cwd);
	g_free(world->input);
	g_free(world->output);
	g_free(world->in);
	return world->record;
}

static gint compare_steps(gconstpointer a, gconstpointer b)
{
	const struct start_step *left = *(struct start_step *const *)a;
	const struct start_step *right = *(struct start_step *const *)b;
	int order = strcmp(left->path, right->path);

	return order ? order : (int)left->kind - (int)right->kind;
}

/* As the runner does: between two programs sorted by path. */
static void sort_batches(struct start_record *record)
{
	GPtrArray *steps = record->steps;

	for (guint from = 0; from < steps->len;) {
		guint to = from;

		while (to < steps->len &&
		       ((struct start_step *)steps->pdata[to])->kind <= START_OWNER)
			to++;
		qsort(steps->pdata + from, to - from, sizeof(gpointer), compare_steps);
		from = to + 1;
	}
}

static void world_explain(struct world *world, const char *text)
{
	g_autoptr(GRegex) regex = g_regex_new("\\[ (!? ?)(-[a-z]) \"?([^\" ]+)\"? \\]", 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	g_regex_match(regex, text, 0, &match);
	for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
		struct start_test *test = g_new0(struct start_test, 1);
		g_autofree char *word = g_match_info_fetch(match, 3);
		const char *slash = strchr(word, '/');

		test->operator= g_match_info_fetch(match, 2);
		if (*word == '$') {
			g_autofree char *name = g_strndup(word + 1, slash ? slash - word - 1
									  : (gssize)strlen(word));

			test->operand = g_strconcat(world_get(world, name), slash, NULL);
		} else {
			test->operand = g_strdup(word);
		}
		g_ptr_array_add(world->record->tests, test);
	}
}

static void world_add_script(struct world *world, const struct script *script)
{
	struct start_script *text = g_new0(struct start_script, 1);

	text->path = g_strdup(script->path);
	text->text = g_bytes_new(script->text, strlen(script->text));
	g_ptr_array_add(world->record->scripts, text);
}

static void world_start(struct world *world, const struct model_image *image)
{
	world->as_uid = world->uid;
	world->as_gid = world->gid;
	if (image->plan)
		carry_out(world, image->plan);
	else
		image->script->start(world);
	g_assert_true(world->ended);
	sort_batches(world->record);
	if (world->record->output == NULL)
		world->record->output = g_bytes_new_static("", 0);
}

struct start_record *world_run(const struct start_scenario *scenario, void *user, GError **error)
{
	struct model_image *image = user;
	g_autoptr(GHashTable) disk = table_new();
	struct start_record *record = NULL;
	bool missed = false;

	(void)error;
	image->starts++;
	image->seed += 7919;
	for (guint start = 1; start <= MAX(scenario->starts, 1); start++) {
		struct world world = {.disk = disk};

		start_record_free(record);
		world_begin_start(&world, image, scenario, start < MAX(scenario->starts, 1));
		world.random += start;
		world.cpus = machine_of(scenario->machine)->cpus;
		world_add_script(&world, image->script);
		for (guint i = 0; scenario->files && i < scenario->files->len; i++) {
			const struct start_given *given = scenario->files->pdata[i];
			gsize bytes = 0;
			const char *data =
				given->content ? g_bytes_get_data(given->content, &bytes) : "";

			g_hash_table_insert(disk, g_strdup(given->path), g_strndup(data, bytes));
		}
		for (const char *const *file = image->shipped; start == 1 && file && *file;
		     file += 2)
			g_hash_table_insert(disk, g_strdup(file[0]), g_strdup(file[1]));
		if (start > 1)
			for (guint i = 0; scenario->absent && i < scenario->absent->len; i++)
				missed |= !g_hash_table_remove(disk, scenario->absent->pdata[i]);
		if (scenario->explain)
			world_explain(&world, image->script->text);
		world_start(&world, image);
		record = world_end_start(&world);
	}
	record->missed_absent = missed;
	record->asks_machine = true;
	record->machine = scenario->machine;
	return record;
}

/* --- comparing --- */

static char *step_text(const struct start_step *step)
{
	GString *text = g_string_new(NULL);
	gsize bytes = 0, input_bytes = 0;
	const char *content = step->content ? g_bytes_get_data(step->content, &bytes) : "";
	const char *input = step->input ? g_bytes_get_data(step->input, &input_bytes) : "";

	bool executes = step->kind == START_EXEC;

	/* the plan's `id` is the image's, whatever the arguments */
	g_string_append_printf(text,
			       "kind %d path %s mode %o ids %u:%u status %d signal %d umask %o "
			       "cwd %s output %s listens %s",
			       step->kind, step->path ? step->path : "-", step->mode,
			       executes ? 0 : step->uid, executes ? 0 : step->gid, step->status,
			       step->signal, step->umask, step->cwd ? step->cwd : "-",
			       step->output ? step->output : "-",
			       step->listens ? step->listens : "-");
	for (guint i = 0; step->argv && i < step->argv->len; i++)
		g_string_append_printf(text, " [%s]", (char *)step->argv->pdata[i]);
	for (guint i = 0; step->environment && i < step->environment->len; i++)
		g_string_append_printf(text, " {%s}", (char *)step->environment->pdata[i]);
	g_string_append_printf(text, " content <%.*s> input <%.*s>", (int)bytes, content,
			       (int)input_bytes, input);
	return g_string_free(text, FALSE);
}

static const struct start_step *end_of(const struct start_record *record)
{
	return record->steps->pdata[record->steps->len - 1];
}

char *world_differ(const struct start_record *script, const struct start_record *plan)
{
	const struct start_step *end = end_of(script);

	/* a plan refuses before it does anything */
	if (end->kind == START_EXIT || end_of(plan)->kind == START_EXIT)
		return end->kind == end_of(plan)->kind && end->status == end_of(plan)->status
			       ? NULL
			       : g_strdup_printf("it ends with %d, the plan with %d", end->status,
						 end_of(plan)->status);
	for (guint i = 0; i < MAX(script->steps->len, plan->steps->len); i++) {
		g_autofree char *one = i < script->steps->len ? step_text(script->steps->pdata[i])
							      : g_strdup("(nothing)");
		g_autofree char *other = i < plan->steps->len ? step_text(plan->steps->pdata[i])
							      : g_strdup("(nothing)");

		if (strcmp(one, other) != 0)
			return g_strdup_printf("script: %s; plan: %s", one, other);
	}
	return NULL;
}
