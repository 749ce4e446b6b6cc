/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema is a table: each key has the function that reads its value. A section is a key whose
 * value is read by another table.
 */
#include "cli/config.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/path.h"
#include "base/size.h"
#include "cli/values.h"

#include <fcntl.h>
#include <string.h>

enum { KEYS_DEPTH_MAX = 6, KEYS_MAX = 32, START_RUNS_MAX = 10000 };

struct reader {
	const char *what;
	const void *data;
	size_t size_bytes;
	struct harden_request *request;
	char **platform;
	/* the place that is being read, NULL-terminated; not looked at again after a failure */
	const char *keys[KEYS_DEPTH_MAX + 1];
	unsigned int depth;
	GError **error;
};

struct config_key {
	const char *name;
	bool (*read)(struct reader *reader, const json_t *value);
	const struct config_key *section; /* instead of read */
};

/* "thresh.yaml: line 3: limits.layers: MESSAGE" */
static bool fail(struct reader *reader, const char *message)
{
	unsigned int line = yaml_line_of(reader->data, reader->size_bytes, reader->keys);
	g_autofree char *place = g_strjoinv(".", (char **)reader->keys);
	g_autofree char *quoted = error_quote(place);

	if (line > 0)
		return error_set(reader->error, THRESH_ERROR_USAGE, "%s: line %u: %s%s%s",
				 reader->what, line, quoted, *quoted ? ": " : "", message);
	return error_set(reader->error, THRESH_ERROR_USAGE, "%s: %s%s%s", reader->what, quoted,
			 *quoted ? ": " : "", message);
}

/* Fails with the message of @failure, which it frees. */
static bool fail_as(struct reader *reader, GError *failure)
{
	g_autoptr(GError) owned = failure;

	return fail(reader, owned->message);
}

static void enter(struct reader *reader, const char *key)
{
	g_assert(reader->depth < KEYS_DEPTH_MAX);
	reader->keys[reader->depth++] = key;
	reader->keys[reader->depth] = NULL;
}

static void leave(struct reader *reader)
{
	reader->keys[--reader->depth] = NULL;
}

/* The nearest key by name, or what keys there are. */
static bool fail_unknown(struct reader *reader, const struct config_key *keys)
{
	const char *names[KEYS_MAX + 1] = {NULL};
	const char *nearest;
	g_autofree char *message = NULL, *all = NULL;

	for (guint i = 0; keys[i].name && i < KEYS_MAX; i++)
		names[i] = keys[i].name;
	nearest = nearest_name(reader->keys[reader->depth - 1], names);
	all = g_strjoinv(", ", (char **)names);
	message = nearest ? g_strdup_printf("unknown key; did you mean '%s'?", nearest)
			  : g_strdup_printf("unknown key; known are %s", all);
	return fail(reader, message);
}

static bool read_section(struct reader *reader, const json_t *value, const struct config_key *keys)
{
	const char *name;
	json_t *member;

	if (json_is_null(value))
		return true;
	if (!json_is_object(value))
		return fail(reader, "want keys and values");
	json_object_foreach ((json_t *)value, name, member) {
		const struct config_key *key = keys;
		bool fine;

		while (key->name && strcmp(key->name, name) != 0)
			key++;
		enter(reader, name);
		if (!key->name)
			return fail_unknown(reader, keys);
		fine = key->section ? read_section(reader, member, key->section)
				    : key->read(reader, member);
		if (!fine)
			return false;
		leave(reader);
	}
	return true;
}

/* A number or string as the text that it was, so that one parser serves both. NULL with an error.
 */
static char *scalar_text(struct reader *reader, const json_t *value, const char *want)
{
	char buffer[G_ASCII_DTOSTR_BUF_SIZE];

	if (json_is_string(value))
		return g_strdup(json_string_value(value));
	if (json_is_integer(value))
		return g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	if (json_is_real(value))
		return g_strdup(
			g_ascii_formatd(buffer, sizeof(buffer), "%.6f", json_real_value(value)));
	fail(reader, want);
	return NULL;
}

static bool read_text(struct reader *reader, const json_t *value, char **ret_text)
{
	if (!json_is_string(value))
		return fail(reader, "want a text (in quotes where it looks like a number)");
	g_free(*ret_text);
	*ret_text = g_strdup(json_string_value(value));
	return true;
}

static bool read_size(struct reader *reader, const json_t *value, uint64_t *ret_bytes)
{
	g_autofree char *text = scalar_text(reader, value, "want a size like 64M");
	GError *failure = NULL;

	if (!text)
		return false;
	return size_parse(text, ret_bytes, &failure) || fail_as(reader, failure);
}

static bool read_duration(struct reader *reader, const json_t *value, int *ret_ms)
{
	g_autofree char *text = scalar_text(reader, value, "want a number of seconds");
	GError *failure = NULL;

	if (!text)
		return false;
	return duration_parse(text, ret_ms, &failure) || fail_as(reader, failure);
}

static bool read_number(struct reader *reader, const json_t *value, json_int_t minimum,
			json_int_t maximum, json_int_t *ret_number)
{
	json_int_t number = json_is_integer(value) ? json_integer_value(value) : minimum - 1;
	g_autofree char *message = NULL;

	if (number >= minimum && number <= maximum) {
		*ret_number = number;
		return true;
	}
	message = g_strdup_printf("want a whole number from %" JSON_INTEGER_FORMAT
				  " to %" JSON_INTEGER_FORMAT,
				  minimum, maximum);
	fail(reader, message);
	return false; /* said here, or the compiler thinks that @ret_number may be unset */
}

static bool read_number32(struct reader *reader, const json_t *value, uint32_t maximum,
			  uint32_t *ret_number)
{
	json_int_t number;

	if (!read_number(reader, value, 1, maximum, &number))
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

/* A list of texts, each given to @add; one text stands for a list of one. */
static bool read_list(struct reader *reader, const json_t *value, GPtrArray *list,
		      bool (*add)(const char *text, GPtrArray *list, GError **error))
{
	size_t count = json_is_array(value) ? json_array_size(value) : 1;

	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_is_array(value) ? json_array_get(value, i) : value;
		g_autofree char *index = g_strdup_printf("%zu", i);
		GError *failure = NULL;

		if (json_is_array(value))
			enter(reader, index);
		if (!json_is_string(item))
			return fail(reader, "want a text (in quotes where it looks like a number)");
		if (!add(json_string_value(item), list, &failure))
			return fail_as(reader, failure);
		if (json_is_array(value))
			leave(reader);
	}
	return true;
}

static bool read_preset(struct reader *reader, const json_t *value)
{
	GError *failure = NULL;

	if (!json_is_string(value))
		return fail(reader, "want strict, balanced or safe");
	return preset_parse(json_string_value(value), &reader->request->preset, &failure) ||
	       fail_as(reader, failure);
}

static bool read_compress(struct reader *reader, const json_t *value)
{
	GError *failure = NULL;

	if (!json_is_string(value))
		return fail(reader, "want none, gzip or zstd");
	return compression_parse(json_string_value(value), &reader->request->compression,
				 &failure) ||
	       fail_as(reader, failure);
}

static bool read_platform(struct reader *reader, const json_t *value)
{
	return read_text(reader, value, reader->platform);
}

static bool read_cache(struct reader *reader, const json_t *value)
{
	g_autofree char *path = NULL;

	if (!read_text(reader, value, &path))
		return false;
	if (!*path)
		return fail(reader, "want a directory");
	g_free(reader->request->cache_path);
	reader->request->cache_path = g_canonicalize_filename(path, NULL);
	return true;
}

static bool read_rounds(struct reader *reader, const json_t *value)
{
	json_int_t number;

	if (!read_number(reader, value, 1, 20, &number))
		return false;
	reader->request->rounds_max = (int)number;
	return true;
}

static bool read_probes(struct reader *reader, const json_t *value)
{
	return read_list(reader, value, reader->request->probes, probe_value_parse);
}

static bool read_workloads(struct reader *reader, const json_t *value)
{
	return read_list(reader, value, reader->request->workloads, workload_parse);
}

static bool read_runs(struct reader *reader, const json_t *value)
{
	return read_list(reader, value, reader->request->runs, run_parse);
}

static bool read_environment(struct reader *reader, const json_t *value)
{
	return read_list(reader, value, reader->request->environment, environment_parse);
}

static bool read_volumes(struct reader *reader, const json_t *value)
{
	return read_list(reader, value, reader->request->volumes, volume_parse);
}

/* secrets: {NAME: FILE} */
static bool read_secrets(struct reader *reader, const json_t *value)
{
	const char *name;
	json_t *member;

	if (!json_is_object(value))
		return fail(reader, "want names with a file each");
	json_object_foreach ((json_t *)value, name, member) {
		g_autoptr(GError) failure = NULL;

		enter(reader, name);
		if (!json_is_string(member))
			return fail(reader, "want the path of a file");
		if (!secret_add(name, json_string_value(member), reader->request->secrets,
				&failure))
			return fail(reader, failure->message);
		leave(reader);
	}
	return true;
}

static bool read_public(struct reader *reader, const json_t *value)
{
	return read_list(reader, value, reader->request->public_names, variable_parse);
}

static bool read_keep_logs(struct reader *reader, const json_t *value)
{
	return read_list(reader, value, reader->request->keep_logs, path_value_parse);
}

/* with: {NAME: IMAGE} or {NAME: {image: IMAGE, environment: [ENV=VALUE]}} */
static bool read_companion(struct reader *reader, const char *name, const json_t *value)
{
	const json_t *object = json_is_object(value) ? value : NULL;
	const char *image = object ? json_string_at(object, "image") : json_string_value(value);
	const json_t *variables = object ? json_object_get(object, "environment") : NULL;
	g_autoptr(GError) failure = NULL;
	GPtrArray *environment;
	const char *key;
	json_t *member;

	if (object) {
		json_object_foreach ((json_t *)object, key, member) {
			if (strcmp(key, "image") != 0 && strcmp(key, "environment") != 0)
				return fail(reader, "unknown key; known are image, environment");
		}
	}
	if (!image)
		return fail(reader, "want an image, or image and environment");
	if (variables && !json_is_array(variables))
		return fail(reader, "environment: want a list of ENV=VALUE");
	environment = json_to_strings(variables, "environment", &failure);
	if (!environment ||
	    !companion_add(name, image, environment, reader->request->companions, &failure))
		return fail(reader, failure->message);
	return true;
}

static bool read_with(struct reader *reader, const json_t *value)
{
	const char *name;
	json_t *member;

	if (!json_is_object(value))
		return fail(reader, "want host names with an image each");
	json_object_foreach ((json_t *)value, name, member) {
		enter(reader, name);
		if (!read_companion(reader, name, member))
			return false;
		leave(reader);
	}
	return true;
}

/* keep: {GLOB: WHY} */
static bool read_keep(struct reader *reader, const json_t *value)
{
	const char *glob;
	json_t *why;

	if (!json_is_object(value))
		return fail(reader, "want globs with a reason each");
	json_object_foreach ((json_t *)value, glob, why) {
		GError *failure = NULL;

		enter(reader, glob);
		if (!json_is_string(why))
			return fail(reader, "want a reason as text");
		if (!keep_add(glob, json_string_value(why), reader->request->keep_rules, &failure))
			return fail_as(reader, failure);
		leave(reader);
	}
	return true;
}

/* --- entrypoint ----------------------------------------------------------------------------------
 */

static bool read_start_plan(struct reader *reader, const json_t *value)
{
	return read_text(reader, value, &reader->request->entrypoint.plan_path);
}

static bool read_start_runs(struct reader *reader, const json_t *value)
{
	return read_number32(reader, value, START_RUNS_MAX, &reader->request->entrypoint.runs_max);
}

static bool read_fixed(struct reader *reader, const json_t *value)
{
	return read_list(reader, value, reader->request->entrypoint.fixed, variable_parse);
}

/* values: {NAME: [VALUE, ...]} */
static bool read_values(struct reader *reader, const json_t *value)
{
	const char *name;
	json_t *member;

	if (!json_is_object(value))
		return fail(reader, "want variables with a list of values each");
	json_object_foreach ((json_t *)value, name, member) {
		GPtrArray *values = g_ptr_array_new_with_free_func(g_free);
		g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
		GError *failure = NULL;

		enter(reader, name);
		g_hash_table_replace(reader->request->entrypoint.values, g_strdup(name), values);
		if (!variable_parse(name, names, &failure))
			return fail_as(reader, failure);
		if (!read_list(reader, member, values, text_parse))
			return false;
		leave(reader);
	}
	return true;
}

static bool read_scenario_arguments(struct reader *reader, const json_t *value,
				    struct scenario_request *scenario)
{
	g_autoptr(GPtrArray) lines =
		g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);

	if (!json_is_string(value))
		return fail(reader, "want one line of words");
	if (!read_list(reader, value, lines, run_parse))
		return false;
	scenario->arguments = g_ptr_array_ref(lines->pdata[0]);
	return true;
}

/* scenarios: {NAME: {environment: [NAME=VALUE, NAME], arguments: 'WORDS'}} */
static bool read_scenario(struct reader *reader, const char *name, const json_t *value)
{
	struct scenario_request *scenario = g_new0(struct scenario_request, 1);
	const char *key;
	json_t *member;

	scenario->name = g_strdup(name);
	scenario->environment = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(reader->request->entrypoint.scenarios, scenario);
	if (!json_is_object(value))
		return fail(reader, "want environment, arguments or both");
	json_object_foreach ((json_t *)value, key, member) {
		bool fine;

		enter(reader, key);
		if (!strcmp(key, "environment"))
			fine = read_list(reader, member, scenario->environment, assignment_parse);
		else if (!strcmp(key, "arguments"))
			fine = read_scenario_arguments(reader, member, scenario);
		else
			fine = fail(reader, "unknown key; known are environment, arguments");
		if (!fine)
			return false;
		leave(reader);
	}
	return true;
}

static bool read_scenarios(struct reader *reader, const json_t *value)
{
	const char *name;
	json_t *member;

	if (!json_is_object(value))
		return fail(reader, "want scenarios by name");
	json_object_foreach ((json_t *)value, name, member) {
		enter(reader, name);
		if (!read_scenario(reader, name, member))
			return false;
		leave(reader);
	}
	return true;
}

/* commands.allow, commands.refuse: {COMMAND LINE: WHY} */
static bool read_commands(struct reader *reader, const json_t *value, bool allow)
{
	const char *text;
	json_t *why;

	if (!json_is_object(value))
		return fail(reader, "want command lines with a reason each");
	json_object_foreach ((json_t *)value, text, why) {
		GError *failure = NULL;

		enter(reader, text);
		if (!json_is_string(why))
			return fail(reader, "want a reason as text");
		if (!command_rule_add(text, json_string_value(why), allow,
				      reader->request->command_rules, &failure))
			return fail_as(reader, failure);
		leave(reader);
	}
	return true;
}

static bool read_allow(struct reader *reader, const json_t *value)
{
	return read_commands(reader, value, true);
}

static bool read_refuse(struct reader *reader, const json_t *value)
{
	return read_commands(reader, value, false);
}

static bool read_healthcheck(struct reader *reader, const json_t *value)
{
	return read_text(reader, value, &reader->request->healthcheck) &&
	       (*reader->request->healthcheck || fail(reader, "want a command line, or none"));
}

static bool read_sizes(struct reader *reader, const json_t *value)
{
	const char *path;
	json_t *size;

	if (!json_is_object(value))
		return fail(reader, "want paths with a size each");
	json_object_foreach ((json_t *)value, path, size) {
		uint64_t bytes;

		enter(reader, path);
		if (path[0] != '/')
			return fail(reader, "a path inside the image begins with '/'");
		if (!read_size(reader, size, &bytes))
			return false;
		if (bytes < 4096)
			return fail(reader, "less than a page");
		g_hash_table_replace(reader->request->sizes, path_clean(NULL, path),
				     g_memdup2(&bytes, sizeof(bytes)));
		leave(reader);
	}
	return true;
}

static bool read_links_max(struct reader *reader, const json_t *value)
{
	return read_size(reader, value, &reader->request->links_max_bytes);
}

static bool read_arbitrary_user(struct reader *reader, const json_t *value)
{
	if (!json_is_boolean(value))
		return fail(reader, "want true or false");
	reader->request->arbitrary_user = json_is_true(value);
	return true;
}

static bool read_scratch(struct reader *reader, const json_t *value)
{
	return read_size(reader, value, &reader->request->scratch_bytes);
}

static bool read_processes(struct reader *reader, const json_t *value)
{
	return read_number32(reader, value, 1 << 22, &reader->request->processes);
}

static bool read_ready(struct reader *reader, const json_t *value)
{
	return read_duration(reader, value, &reader->request->timeouts.ready_ms);
}

static bool read_request(struct reader *reader, const json_t *value)
{
	return read_duration(reader, value, &reader->request->timeouts.request_ms);
}

static bool read_workload(struct reader *reader, const json_t *value)
{
	return read_duration(reader, value, &reader->request->timeouts.workload_ms);
}

static bool read_stop(struct reader *reader, const json_t *value)
{
	return read_duration(reader, value, &reader->request->timeouts.stop_ms);
}

static bool read_settle(struct reader *reader, const json_t *value)
{
	return read_duration(reader, value, &reader->request->timeouts.settle_ms);
}

static bool read_layers(struct reader *reader, const json_t *value)
{
	return read_number32(reader, value, 100000, &reader->request->limits.layers);
}

static bool read_entries(struct reader *reader, const json_t *value)
{
	json_int_t number;

	if (!read_number(reader, value, 1, 100000000, &number))
		return false;
	reader->request->limits.entries = (uint64_t)number;
	return true;
}

static bool read_unpacked(struct reader *reader, const json_t *value)
{
	return read_size(reader, value, &reader->request->limits.unpacked_bytes);
}

static bool read_file(struct reader *reader, const json_t *value)
{
	return read_size(reader, value, &reader->request->limits.file_bytes);
}

static bool read_ratio(struct reader *reader, const json_t *value)
{
	return read_number32(reader, value, 1000000, &reader->request->limits.ratio);
}

static bool read_path_bytes(struct reader *reader, const json_t *value)
{
	return read_number32(reader, value, PATH_MAX_BYTES, &reader->request->limits.path_bytes);
}

static bool read_depth(struct reader *reader, const json_t *value)
{
	return read_number32(reader, value, 2048, &reader->request->limits.depth);
}

static bool read_insecure(struct reader *reader, const json_t *value)
{
	if (!json_is_boolean(value))
		return fail(reader, "want true or false");
	reader->request->registry.insecure = json_is_true(value);
	return true;
}

static bool read_ca_file(struct reader *reader, const json_t *value)
{
	return read_text(reader, value, &reader->request->registry.ca_file);
}

static bool read_auth_file(struct reader *reader, const json_t *value)
{
	return read_text(reader, value, &reader->request->registry.auth_file);
}

static bool read_registry_timeout(struct reader *reader, const json_t *value)
{
	int ms;

	if (!read_duration(reader, value, &ms))
		return false;
	if (ms < 1000)
		return fail(reader, "want at least a second");
	reader->request->registry.idle_ms = ms;
	return true;
}

static const struct config_key timeout_keys[] = {
	{"ready", read_ready, NULL},       {"request", read_request, NULL},
	{"workload", read_workload, NULL}, {"stop", read_stop, NULL},
	{"settle", read_settle, NULL},     {NULL, NULL, NULL},
};

static const struct config_key entrypoint_keys[] = {
	{"plan", read_start_plan, NULL},     {"runs", read_start_runs, NULL},
	{"fixed", read_fixed, NULL},         {"values", read_values, NULL},
	{"scenarios", read_scenarios, NULL}, {NULL, NULL, NULL},
};

static const struct config_key writable_keys[] = {
	{"sizes", read_sizes, NULL},
	{"links-max", read_links_max, NULL},
	{NULL, NULL, NULL},
};

static const struct config_key command_keys[] = {
	{"allow", read_allow, NULL},
	{"refuse", read_refuse, NULL},
	{NULL, NULL, NULL},
};

static const struct config_key sandbox_keys[] = {
	{"scratch", read_scratch, NULL},
	{"processes", read_processes, NULL},
	{NULL, NULL, NULL},
};

static const struct config_key registry_keys[] = {
	{"insecure", read_insecure, NULL},
	{"ca-file", read_ca_file, NULL},
	{"auth-file", read_auth_file, NULL},
	{"timeout", read_registry_timeout, NULL},
	{NULL, NULL, NULL},
};

static const struct config_key limit_keys[] = {
	{"layers", read_layers, NULL},     {"entries", read_entries, NULL},
	{"unpacked", read_unpacked, NULL}, {"file", read_file, NULL},
	{"ratio", read_ratio, NULL},       {"path", read_path_bytes, NULL},
	{"depth", read_depth, NULL},       {NULL, NULL, NULL},
};

static const struct config_key top_keys[] = {
	{"preset", read_preset, NULL},
	{"platform", read_platform, NULL},
	{"compress", read_compress, NULL},
	{"cache", read_cache, NULL},
	{"probes", read_probes, NULL},
	{"workloads", read_workloads, NULL},
	{"runs", read_runs, NULL},
	{"environment", read_environment, NULL},
	{"volumes", read_volumes, NULL},
	{"secrets", read_secrets, NULL},
	{"public", read_public, NULL},
	{"with", read_with, NULL},
	{"keep", read_keep, NULL},
	{"keep-logs", read_keep_logs, NULL},
	{"entrypoint", NULL, entrypoint_keys},
	{"arbitrary-user", read_arbitrary_user, NULL},
	{"rounds", read_rounds, NULL},
	{"timeouts", NULL, timeout_keys},
	{"healthcheck", read_healthcheck, NULL},
	{"commands", NULL, command_keys},
	{"writable", NULL, writable_keys},
	{"sandbox", NULL, sandbox_keys},
	{"registry", NULL, registry_keys},
	{"limits", NULL, limit_keys},
	{NULL, NULL, NULL},
};

static void list_keys(GPtrArray *list, const char *prefix, const struct config_key *keys)
{
	for (; keys->name; keys++) {
		g_autofree char *name = g_strconcat(prefix, keys->name, NULL);

		if (keys->section) {
			g_autofree char *section = g_strconcat(name, ".", NULL);

			list_keys(list, section, keys->section);
			continue;
		}
		g_ptr_array_add(list, g_steal_pointer(&name));
	}
}

GPtrArray *config_keys(void)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);

	list_keys(list, "", top_keys);
	return list;
}

bool config_parse(const char *what, const void *data, size_t size_bytes,
		  struct harden_request *request, char **ret_platform, GError **error)
{
	autojson json_t *root = yaml_parse(data, size_bytes, what, error);
	struct reader reader = {
		.what = what,
		.data = data,
		.size_bytes = size_bytes,
		.request = request,
		.platform = ret_platform,
		.error = error,
	};

	return root && read_section(&reader, root, top_keys);
}

bool config_load(const char *path, struct harden_request *request, char **ret_platform,
		 GError **error)
{
	autofd int fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, error);
	g_autoptr(GBytes) bytes = NULL;
	const void *data;
	gsize size;

	if (fd < 0)
		return false;
	bytes = fd_read_all(fd, CONFIG_MAX_BYTES, path, error);
	if (!bytes)
		return false;
	data = g_bytes_get_data(bytes, &size);
	return config_parse(path, data ? data : "", size, request, ret_platform, error);
}
