/* SPDX-License-Identifier: Apache-2.0 */
/* profile.json (docs/profile.md), out and in. */
#include "trace/profile.h"

#include "base/error.h"
#include "base/path.h"
#include "base/sorted.h"

#include <string.h>

enum { FORMAT_VERSION = 1, TEXT_MAX_BYTES = 128 << 10 };

static json_int_t bounded(uint64_t value)
{
	return (json_int_t)MIN(value, (uint64_t)G_MAXINT64);
}

static json_t *set_to_json(GHashTable *set)
{
	json_t *array = json_array();
	g_autoptr(GPtrArray) names = keys_sorted(set);

	for (guint i = 0; i < names->len; i++)
		json_array_append_new(array, json_from_bytes(names->pdata[i]));
	return array;
}

static json_t *calls_to_json(GHashTable *calls)
{
	json_t *object = json_object();
	GHashTableIter iter;
	gpointer architecture, set;

	g_hash_table_iter_init(&iter, calls);
	while (g_hash_table_iter_next(&iter, &architecture, &set))
		json_object_set_new(object, architecture, set_to_json(set));
	return object;
}

static json_t *paths_to_json(GHashTable *paths)
{
	json_t *object = json_object();
	GHashTableIter iter;
	gpointer path, value;

	g_hash_table_iter_init(&iter, paths);
	while (g_hash_table_iter_next(&iter, &path, &value)) {
		const struct path_use *use = value;
		g_autoptr(GPtrArray) names = path_class_names(use->classes);
		g_autofree char *encoded = json_encode_bytes(path);
		json_t *member = json_object();

		json_object_set_new(member, "classes", json_from_strings(names));
		if (use->peak_bytes)
			json_object_set_new(member, "peak_bytes",
					    json_integer(bounded(use->peak_bytes)));
		json_object_set_new(object, encoded, member);
	}
	return object;
}

static json_t *listeners_to_json(const GPtrArray *listeners)
{
	json_t *array = json_array();

	for (guint i = 0; i < listeners->len; i++) {
		const struct listener *listener = listeners->pdata[i];
		json_t *member = json_object();

		json_object_set_new(member, "family", json_string(listener->family));
		json_object_set_new(member, "address", json_from_bytes(listener->address));
		json_object_set_new(member, "port", json_integer(listener->port));
		json_array_append_new(array, member);
	}
	return array;
}

static json_t *commands_to_json(const GPtrArray *commands)
{
	json_t *array = json_array();

	for (guint i = 0; i < commands->len; i++) {
		const struct command *command = commands->pdata[i];
		json_t *member = json_object();
		json_t *argv = json_array();

		for (guint k = 0; k < command->argv->len; k++)
			json_array_append_new(argv, json_from_bytes(command->argv->pdata[k]));
		json_object_set_new(member, "path", json_from_bytes(command->path));
		json_object_set_new(member, "argv", argv);
		json_object_set_new(member, "child", json_boolean(command->child));
		if (command->run > 0)
			json_object_set_new(member, "run", json_integer(command->run));
		json_array_append_new(array, member);
	}
	return array;
}

static json_t *image_to_json(const struct digest *digest)
{
	static const struct digest none;
	char text[DIGEST_TEXT_BYTES];

	if (digest_equal(digest, &none))
		return json_null();
	digest_format(digest, text);
	return json_string(text);
}

static json_t *dropped_to_json(const struct profile *profile)
{
	json_t *object, *groups;

	if (!profile->has_dropped)
		return json_null();
	object = json_object();
	groups = json_array();
	json_object_set_new(object, "uid", json_integer(profile->dropped_uid));
	json_object_set_new(object, "gid", json_integer(profile->dropped_gid));
	for (guint i = 0; i < profile->dropped_groups->len; i++)
		json_array_append_new(
			groups, json_integer(g_array_index(profile->dropped_groups, uint32_t, i)));
	json_object_set_new(object, "groups", groups);
	return object;
}

static json_t *start_to_json(const GPtrArray *lines)
{
	json_t *array = json_array();

	for (guint i = 0; i < lines->len; i++)
		json_array_append_new(array, json_from_bytes(lines->pdata[i]));
	return array;
}

json_t *profile_to_json(const struct profile *profile)
{
	json_t *root = json_object();

	json_object_set_new(root, "format", json_string("thresh-profile"));
	json_object_set_new(root, "version", json_integer(FORMAT_VERSION));
	json_object_set_new(root, "image", image_to_json(&profile->image_digest));
	json_object_set_new(root, "architecture", json_from_bytes(profile->architecture));
	json_object_set_new(root, "paths", paths_to_json(profile->paths));
	json_object_set_new(root, "writable_peaks", json_from_sizes(profile->writable_peaks));
	json_object_set_new(root, "syscalls", calls_to_json(profile->syscalls));
	json_object_set_new(root, "refused_syscalls", calls_to_json(profile->refused_syscalls));
	json_object_set_new(root, "capabilities", set_to_json(profile->capabilities));
	json_object_set_new(root, "listeners", listeners_to_json(profile->listeners));
	json_object_set_new(root, "commands", commands_to_json(profile->commands));
	json_object_set_new(root, "environment", set_to_json(profile->environment));
	if (profile->start->len > 0)
		json_object_set_new(root, "start", start_to_json(profile->start));
	json_object_set_new(root, "dropped", dropped_to_json(profile));
	json_object_set_new(root, "setgroups_called", json_boolean(profile->setgroups_called));
	json_object_set_new(root, "stop_unhandled", json_boolean(profile->stop_unhandled));
	json_object_set_new(root, "own_listener", json_boolean(profile->own_listener));
	json_object_set_new(root, "io_uring", json_boolean(profile->io_uring));
	json_object_set_new(root, "runs", json_integer(bounded(profile->runs)));
	json_object_set_new(root, "lost_events", json_integer(bounded(profile->lost_events)));
	return root;
}

static bool fail(GError **error, const char *place, const char *what)
{
	g_autofree char *quoted = error_quote(place);

	return error_set(error, THRESH_ERROR_INPUT, "profile: %s: %s", quoted, what);
}

/* Whether @object is one, with exactly the members @required (NULL-terminated), and at most
 * @optional. */
static bool check_members(const json_t *object, const char *place, const char *const *required,
			  const char *optional, GError **error)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return fail(error, place, "is not an object");
	for (const char *const *name = required; *name; name++)
		if (!json_object_get(object, *name)) {
			g_autofree char *what = g_strdup_printf("member \"%s\" is missing", *name);

			return fail(error, place, what);
		}
	json_object_foreach ((json_t *)object, key, value) {
		g_autofree char *quoted = error_quote(key);
		g_autofree char *what = g_strdup_printf("unknown member \"%s\"", quoted);

		if (!g_strv_contains(required, key) && g_strcmp0(optional, key) != 0)
			return fail(error, place, what);
	}
	return true;
}

static bool read_number(const json_t *value, const char *place, uint64_t maximum,
			uint64_t *ret_number, GError **error)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > maximum)
		return fail(error, place, "is not a number in range");
	*ret_number = (uint64_t)json_integer_value(value);
	return true;
}

static bool read_flag(const json_t *value, const char *place, bool *ret_flag, GError **error)
{
	if (!json_is_boolean(value))
		return fail(error, place, "is neither true nor false");
	*ret_flag = json_is_true(value);
	return true;
}

static char *read_text(const json_t *value, const char *place, GError **error)
{
	char *text;

	if (!json_is_string(value) || json_string_length(value) > TEXT_MAX_BYTES ||
	    strlen(json_string_value(value)) != json_string_length(value)) {
		fail(error, place, "is not a string in bounds");
		return NULL;
	}
	text = json_decode_bytes(json_string_value(value));
	if (!text)
		fail(error, place, "has a %XX that is not in its one form");
	return text;
}

/* A key of @place that is a clean absolute path. */
static char *read_path(const char *key, const char *place, GError **error)
{
	g_autofree char *path = strlen(key) <= 3 * PATH_MAX_BYTES ? json_decode_bytes(key) : NULL;
	g_autofree char *clean = path && path[0] == '/' ? path_clean(NULL, path) : NULL;

	if (!clean || strcmp(clean, path) != 0) {
		g_autofree char *where = g_strdup_printf("%s: %.256s", place, key);

		fail(error, where, "is not a clean absolute path");
		return NULL;
	}
	return g_steal_pointer(&clean);
}

static bool read_set(const json_t *array, const char *place, GHashTable *set, GError **error)
{
	size_t index;
	json_t *value;

	if (!json_is_array(array) || json_array_size(array) > PROFILE_MAX_NAMES)
		return fail(error, place, "is not an array in bounds");
	json_array_foreach (array, index, value) {
		char *name = read_text(value, place, error);

		if (!name)
			return false;
		g_hash_table_add(set, name);
	}
	return true;
}

static bool read_calls(const json_t *object, const char *place, GHashTable *calls, GError **error)
{
	static const char *const architectures[] = {"x86_64", "x86", "aarch64", "arm", NULL};
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return fail(error, place, "is not an object");
	json_object_foreach ((json_t *)object, key, value) {
		GHashTable *set;

		if (!g_strv_contains(architectures, key))
			return fail(error, place, "has an unknown architecture");
		set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		g_hash_table_insert(calls, g_strdup(key), set);
		if (!read_set(value, place, set, error))
			return false;
	}
	return true;
}

static bool read_classes(const json_t *array, const char *place, uint32_t *ret_classes,
			 GError **error)
{
	uint32_t classes = 0;
	size_t index;
	json_t *value;

	if (!json_is_array(array))
		return fail(error, place, "\"classes\" is not an array");
	json_array_foreach (array, index, value) {
		uint32_t bit =
			json_is_string(value) ? path_class_parse(json_string_value(value)) : 0;

		if (!bit)
			return fail(error, place, "has an unknown class");
		classes |= bit;
	}
	*ret_classes = classes;
	return true;
}

static bool read_paths(struct profile *profile, const json_t *object, GError **error)
{
	static const char *const members[] = {"classes", NULL};
	const char *key;
	json_t *value;

	if (!json_is_object(object) || json_object_size(object) > PROFILE_MAX_PATHS)
		return fail(error, "paths", "is not an object in bounds");
	json_object_foreach ((json_t *)object, key, value) {
		g_autofree char *path = read_path(key, "paths", error);
		json_t *peak = json_object_get(value, "peak_bytes");
		struct path_use use = {0};

		if (!path || !check_members(value, path, members, "peak_bytes", error) ||
		    !read_classes(json_object_get(value, "classes"), path, &use.classes, error) ||
		    (peak && !read_number(peak, path, G_MAXINT64, &use.peak_bytes, error)))
			return false;
		g_hash_table_insert(profile->paths, g_steal_pointer(&path),
				    g_memdup2(&use, sizeof(use)));
	}
	return true;
}

static bool read_peaks(struct profile *profile, const json_t *object, GError **error)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object) || json_object_size(object) > PROFILE_MAX_PATHS)
		return fail(error, "writable_peaks", "is not an object in bounds");
	json_object_foreach ((json_t *)object, key, value) {
		g_autofree char *path = read_path(key, "writable_peaks", error);
		uint64_t bytes;

		if (!path || !read_number(value, path, G_MAXINT64, &bytes, error))
			return false;
		profile_set_peak(profile, path, bytes);
	}
	return true;
}

static bool read_listeners(struct profile *profile, const json_t *array, GError **error)
{
	static const char *const families[] = {"tcp", "tcp6", "udp", "udp6", "unix", NULL};
	static const char *const members[] = {"family", "address", "port", NULL};
	size_t index;
	json_t *value;

	if (!json_is_array(array) || json_array_size(array) > PROFILE_MAX_NAMES)
		return fail(error, "listeners", "is not an array in bounds");
	json_array_foreach (array, index, value) {
		const char *family = json_string_at(value, "family");
		g_autofree char *address = NULL;
		uint64_t port;

		if (!check_members(value, "listeners", members, NULL, error))
			return false;
		if (!family || !g_strv_contains(families, family))
			return fail(error, "listeners", "has an unknown family");
		address = read_text(json_object_get(value, "address"), "listeners", error);
		if (!address || !read_number(json_object_get(value, "port"), "listeners",
					     G_MAXUINT16, &port, error))
			return false;
		profile_add_listener(profile, family, address, (uint16_t)port);
	}
	return true;
}

static bool read_command(struct profile *profile, const json_t *value, GError **error)
{
	static const char *const members[] = {"path", "argv", "child", NULL};
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
	const json_t *words = json_object_get(value, "argv");
	g_autofree char *path = NULL;
	const json_t *number = json_object_get(value, "run");
	uint64_t run = 0;
	bool child = false;

	if (!check_members(value, "commands", members, "run", error) ||
	    (number && !read_number(number, "commands", 2, &run, error)))
		return false;
	if (!json_is_array(words) || json_array_size(words) > PROFILE_MAX_WORDS)
		return fail(error, "commands", "\"argv\" is not an array in bounds");
	for (size_t i = 0; i < json_array_size(words); i++) {
		char *word = read_text(json_array_get(words, i), "commands", error);

		if (!word)
			return false;
		g_ptr_array_add(argv, word);
	}
	g_ptr_array_add(argv, NULL);
	path = read_text(json_object_get(value, "path"), "commands", error);
	if (!path || !read_flag(json_object_get(value, "child"), "commands", &child, error))
		return false;
	profile_add_command(profile, path, (const char *const *)argv->pdata, child)->run =
		(uint8_t)run;
	return true;
}

static bool read_commands(struct profile *profile, const json_t *array, GError **error)
{
	size_t index;
	json_t *value;

	if (!json_is_array(array) || json_array_size(array) > PROFILE_MAX_COMMANDS)
		return fail(error, "commands", "is not an array in bounds");
	json_array_foreach (array, index, value)
		if (!read_command(profile, value, error))
			return false;
	return true;
}

static bool read_start(struct profile *profile, const json_t *array, GError **error)
{
	size_t index;
	json_t *value;

	if (array && (!json_is_array(array) || json_array_size(array) > PROFILE_MAX_START))
		return fail(error, "start", "is not an array in bounds");
	json_array_foreach (array, index, value) {
		g_autofree char *line = read_text(value, "start", error);

		if (!line)
			return false;
		if (strpbrk(line, "\n\r"))
			return fail(error, "start", "has a line that is more than one");
		g_ptr_array_add(profile->start, g_steal_pointer(&line));
	}
	return true;
}

static bool read_identity(struct profile *profile, const json_t *root, GError **error)
{
	const json_t *image = json_object_get(root, "image");
	char *architecture =
		read_text(json_object_get(root, "architecture"), "architecture", error);

	if (!architecture)
		return false;
	g_free(profile->architecture);
	profile->architecture = architecture;
	if (json_is_null(image))
		return true;
	if (!json_is_string(image))
		return fail(error, "image", "is neither a digest nor null");
	return digest_parse(json_string_value(image), &profile->image_digest, error);
}

static bool read_dropped_groups(struct profile *profile, const json_t *array, GError **error)
{
	size_t index;
	json_t *value;

	if (array && (!json_is_array(array) || json_array_size(array) > PROFILE_MAX_NAMES))
		return fail(error, "dropped", "\"groups\" is not an array in bounds");
	json_array_foreach (array, index, value) {
		uint64_t group;

		if (!read_number(value, "dropped", G_MAXUINT32 - 1, &group, error))
			return false;
		profile_add_dropped_group(profile, (uint32_t)group);
	}
	return true;
}

static bool read_dropped(struct profile *profile, const json_t *value, GError **error)
{
	static const char *const members[] = {"uid", "gid", NULL};
	uint64_t uid, gid;

	if (json_is_null(value))
		return true;
	if (!check_members(value, "dropped", members, "groups", error) ||
	    !read_number(json_object_get(value, "uid"), "dropped", G_MAXUINT32 - 1, &uid, error) ||
	    !read_number(json_object_get(value, "gid"), "dropped", G_MAXUINT32 - 1, &gid, error))
		return false;
	profile_set_dropped(profile, (uint32_t)uid, (uint32_t)gid);
	return read_dropped_groups(profile, json_object_get(value, "groups"), error);
}

static bool read_header(const json_t *root, GError **error)
{
	static const char *const members[] = {"format",         "version",
					      "image",          "architecture",
					      "paths",          "writable_peaks",
					      "syscalls",       "refused_syscalls",
					      "capabilities",   "listeners",
					      "commands",       "environment",
					      "dropped",        "setgroups_called",
					      "stop_unhandled", "own_listener",
					      "io_uring",       "runs",
					      "lost_events",    NULL};
	json_int_t version = json_integer_at(root, "version", 0);

	if (!json_is_object(root) ||
	    g_strcmp0(json_string_at(root, "format"), "thresh-profile") != 0)
		return error_set(error, THRESH_ERROR_INPUT,
				 "not a profile (\"format\" is not \"thresh-profile\")");
	if (version != FORMAT_VERSION)
		return error_set(error, THRESH_ERROR_INPUT,
				 "profile version %lld is not known (this thresh reads %d)",
				 (long long)version, FORMAT_VERSION);
	return check_members(root, "top level", members, "start", error);
}

static bool read_rest(struct profile *profile, const json_t *root, GError **error)
{
	return read_set(json_object_get(root, "capabilities"), "capabilities",
			profile->capabilities, error) &&
	       read_set(json_object_get(root, "environment"), "environment", profile->environment,
			error) &&
	       read_start(profile, json_object_get(root, "start"), error) &&
	       read_dropped(profile, json_object_get(root, "dropped"), error) &&
	       read_flag(json_object_get(root, "setgroups_called"), "setgroups_called",
			 &profile->setgroups_called, error) &&
	       read_flag(json_object_get(root, "stop_unhandled"), "stop_unhandled",
			 &profile->stop_unhandled, error) &&
	       read_flag(json_object_get(root, "own_listener"), "own_listener",
			 &profile->own_listener, error) &&
	       read_flag(json_object_get(root, "io_uring"), "io_uring", &profile->io_uring,
			 error) &&
	       read_number(json_object_get(root, "runs"), "runs", G_MAXINT64, &profile->runs,
			   error) &&
	       read_number(json_object_get(root, "lost_events"), "lost_events", G_MAXINT64,
			   &profile->lost_events, error);
}

struct profile *profile_from_json(const json_t *json, GError **error)
{
	autoprofile struct profile *profile = profile_new();

	if (!read_header(json, error) || !read_identity(profile, json, error) ||
	    !read_paths(profile, json_object_get(json, "paths"), error) ||
	    !read_peaks(profile, json_object_get(json, "writable_peaks"), error) ||
	    !read_calls(json_object_get(json, "syscalls"), "syscalls", profile->syscalls, error) ||
	    !read_calls(json_object_get(json, "refused_syscalls"), "refused_syscalls",
			profile->refused_syscalls, error) ||
	    !read_listeners(profile, json_object_get(json, "listeners"), error) ||
	    !read_commands(profile, json_object_get(json, "commands"), error) ||
	    !read_rest(profile, json, error))
		return NULL;
	return g_steal_pointer(&profile);
}
