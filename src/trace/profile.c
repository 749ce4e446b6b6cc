/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/profile.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <string.h>

static const char *const class_names[] = {
	"exec",
	"open",
	"stat",
	"readlink",
	"list",
	"write",
	"append",
	"create",
	"delete",
	"missing",
	"map-exec",
	"exec-write",
	"link-source",
	"socket",
	"chown",
	"directory",
	"non-append",
	"stdout-elsewhere",
	"stderr-elsewhere",
};

GPtrArray *path_class_names(uint32_t classes)
{
	GPtrArray *names = g_ptr_array_new();

	for (guint i = 0; i < G_N_ELEMENTS(class_names); i++)
		if (classes & (1u << i))
			g_ptr_array_add(names, (char *)class_names[i]);
	return names;
}

/* The bit of a class name, 0 for a name that is none. */
uint32_t path_class_parse(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(class_names); i++)
		if (strcmp(class_names[i], name) == 0)
			return 1u << i;
	return 0;
}

static void listener_free(struct listener *listener)
{
	g_free(listener->family);
	g_free(listener->address);
	g_free(listener);
}

static void command_free(struct command *command)
{
	g_free(command->path);
	g_ptr_array_unref(command->argv);
	g_free(command);
}

static GHashTable *set_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static GHashTable *table_new(GDestroyNotify value_free)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, value_free);
}

struct profile *profile_new(void)
{
	struct profile *profile = g_new0(struct profile, 1);

	profile->architecture = g_strdup("");
	profile->paths = table_new(g_free);
	profile->writable_peaks = table_new(g_free);
	profile->syscalls = table_new((GDestroyNotify)g_hash_table_unref);
	profile->refused_syscalls = table_new((GDestroyNotify)g_hash_table_unref);
	profile->capabilities = set_new();
	profile->listeners = g_ptr_array_new_with_free_func((GDestroyNotify)listener_free);
	profile->commands = g_ptr_array_new_with_free_func((GDestroyNotify)command_free);
	profile->environment = set_new();
	profile->start = g_ptr_array_new_with_free_func(g_free);
	profile->dropped_groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	return profile;
}

void profile_free(struct profile *profile)
{
	if (!profile)
		return;
	g_free(profile->architecture);
	g_hash_table_unref(profile->paths);
	g_hash_table_unref(profile->writable_peaks);
	g_hash_table_unref(profile->syscalls);
	g_hash_table_unref(profile->refused_syscalls);
	g_hash_table_unref(profile->capabilities);
	g_ptr_array_unref(profile->listeners);
	g_ptr_array_unref(profile->commands);
	g_hash_table_unref(profile->environment);
	g_ptr_array_unref(profile->start);
	g_array_unref(profile->dropped_groups);
	g_free(profile);
}

void profile_cleanup(struct profile **profile)
{
	profile_free(*profile);
}

static struct path_use *path_use_at(struct profile *profile, const char *path)
{
	struct path_use *use = g_hash_table_lookup(profile->paths, path);

	if (!use) {
		use = g_new0(struct path_use, 1);
		g_hash_table_insert(profile->paths, g_strdup(path), use);
	}
	return use;
}

void profile_add_path(struct profile *profile, const char *path, uint32_t classes)
{
	path_use_at(profile, path)->classes |= classes;
}

uint32_t profile_path_classes(const struct profile *profile, const char *path)
{
	const struct path_use *use = g_hash_table_lookup(profile->paths, path);

	return use ? use->classes : 0;
}

void profile_set_peak(struct profile *profile, const char *directory, uint64_t bytes)
{
	uint64_t *peak = g_hash_table_lookup(profile->writable_peaks, directory);

	if (!peak) {
		peak = g_new0(uint64_t, 1);
		g_hash_table_insert(profile->writable_peaks, g_strdup(directory), peak);
	}
	*peak = MAX(*peak, bytes);
}

static void calls_add(GHashTable *table, const char *architecture, const char *name)
{
	GHashTable *set = g_hash_table_lookup(table, architecture);

	if (!set) {
		set = set_new();
		g_hash_table_insert(table, g_strdup(architecture), set);
	}
	if (!g_hash_table_contains(set, name))
		g_hash_table_add(set, g_strdup(name));
}

void profile_add_syscall(struct profile *profile, const char *architecture, const char *name)
{
	calls_add(profile->syscalls, architecture, name);
}

void profile_add_refused_syscall(struct profile *profile, const char *architecture,
				 const char *name)
{
	calls_add(profile->refused_syscalls, architecture, name);
}

bool profile_has_syscall(const struct profile *profile, const char *architecture, const char *name)
{
	GHashTable *set = g_hash_table_lookup(profile->syscalls, architecture);

	return set && g_hash_table_contains(set, name);
}

static int listener_compare(const struct listener *a, const struct listener *b)
{
	int order = strcmp(a->family, b->family);

	if (order == 0)
		order = (a->port > b->port) - (a->port < b->port);
	return order ? order : strcmp(a->address, b->address);
}

/* Where @item belongs in the sorted @array; @ret_found: whether its equal is there. */
static guint sorted_position(const GPtrArray *array, const void *item, GCompareFunc compare,
			     bool *ret_found)
{
	guint low = 0, high = array->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		int order = compare(array->pdata[middle], item);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_found = false;
	return low;
}

void profile_add_listener(struct profile *profile, const char *family, const char *address,
			  uint16_t port)
{
	struct listener key = {(char *)family, (char *)address, port};
	bool found;
	guint position =
		sorted_position(profile->listeners, &key, (GCompareFunc)listener_compare, &found);

	if (!found) {
		struct listener *listener = g_new0(struct listener, 1);

		*listener = (struct listener){g_strdup(family), g_strdup(address), port};
		g_ptr_array_insert(profile->listeners, (int)position, listener);
	}
}

static int command_compare(const struct command *a, const struct command *b)
{
	int order = (int)a->child - (int)b->child;

	if (order == 0)
		order = strcmp(a->path, b->path);
	for (guint i = 0; order == 0 && i < a->argv->len && i < b->argv->len; i++)
		order = strcmp(a->argv->pdata[i], b->argv->pdata[i]);
	return order ? order : (a->argv->len > b->argv->len) - (a->argv->len < b->argv->len);
}

/* Takes @command over; answers the one that is in @profile now. */
static struct command *command_insert(struct profile *profile, struct command *command)
{
	bool found;
	guint position =
		sorted_position(profile->commands, command, (GCompareFunc)command_compare, &found);
	struct command *known;

	if (!found) {
		g_ptr_array_insert(profile->commands, (int)position, command);
		return command;
	}
	known = profile->commands->pdata[position];
	if (known->run != command->run)
		known->run = 0;
	command_free(command);
	return known;
}

static bool has_command(const struct profile *profile, const struct command *command)
{
	bool found;

	sorted_position(profile->commands, command, (GCompareFunc)command_compare, &found);
	return found;
}

void profile_mark_runs(struct profile *profile, const struct profile *first,
		       const struct profile *second)
{
	for (guint i = 0; i < profile->commands->len; i++) {
		struct command *command = profile->commands->pdata[i];

		if (!has_command(second, command))
			command->run = 1;
		else
			command->run = has_command(first, command) ? 0 : 2;
	}
}

static struct command *command_new(const char *path, const char *const *argv, bool child)
{
	struct command *command = g_new0(struct command, 1);

	command->path = g_strdup(path);
	command->argv = g_ptr_array_new_with_free_func(g_free);
	command->child = child;
	for (; argv && *argv; argv++)
		g_ptr_array_add(command->argv, g_strdup(*argv));
	return command;
}

struct command *profile_add_command(struct profile *profile, const char *path,
				    const char *const *argv, bool child)
{
	return command_insert(profile, command_new(path, argv, child));
}

void profile_set_dropped(struct profile *profile, uint32_t uid, uint32_t gid)
{
	if (profile->has_dropped && (profile->dropped_uid < uid ||
				     (profile->dropped_uid == uid && profile->dropped_gid <= gid)))
		return;
	profile->has_dropped = true;
	profile->dropped_uid = uid;
	profile->dropped_gid = gid;
	g_array_set_size(profile->dropped_groups, 0);
}

void profile_add_dropped_group(struct profile *profile, uint32_t group)
{
	GArray *groups = profile->dropped_groups;
	guint at = 0;

	while (at < groups->len && g_array_index(groups, uint32_t, at) < group)
		at++;
	if ((at == groups->len || g_array_index(groups, uint32_t, at) != group) &&
	    groups->len < PROFILE_MAX_NAMES)
		g_array_insert_val(groups, at, group);
}

static void merge_dropped(struct profile *into, const struct profile *from)
{
	if (!from->has_dropped)
		return;
	profile_set_dropped(into, from->dropped_uid, from->dropped_gid);
	if (into->dropped_uid != from->dropped_uid || into->dropped_gid != from->dropped_gid)
		return;
	for (guint i = 0; i < from->dropped_groups->len; i++)
		profile_add_dropped_group(into, g_array_index(from->dropped_groups, uint32_t, i));
}

void profile_set_start(struct profile *profile, const GPtrArray *lines)
{
	g_ptr_array_set_size(profile->start, 0);
	for (guint i = 0; i < lines->len; i++)
		g_ptr_array_add(profile->start, g_strdup(lines->pdata[i]));
}

static bool digest_is_unset(const struct digest *digest)
{
	static const struct digest none;

	return digest_equal(digest, &none);
}

static bool lines_equal(const GPtrArray *a, const GPtrArray *b)
{
	if (a->len != b->len)
		return false;
	for (guint i = 0; i < a->len; i++)
		if (strcmp(a->pdata[i], b->pdata[i]) != 0)
			return false;
	return true;
}

static bool merge_identity(struct profile *into, const struct profile *from, GError **error)
{
	bool fits = digest_is_unset(&into->image_digest) || digest_is_unset(&from->image_digest) ||
		    digest_equal(&into->image_digest, &from->image_digest);

	if (!fits) {
		char a[DIGEST_TEXT_BYTES], b[DIGEST_TEXT_BYTES];

		digest_format(&into->image_digest, a);
		digest_format(&from->image_digest, b);
		return error_set(error, THRESH_ERROR_INPUT,
				 "profiles of different images cannot be merged (%s and %s)", a, b);
	}
	if (into->architecture[0] && from->architecture[0] &&
	    strcmp(into->architecture, from->architecture) != 0)
		return error_set(error, THRESH_ERROR_INPUT,
				 "profiles of different architectures cannot be merged (%s and %s)",
				 into->architecture, from->architecture);
	if (into->start->len > 0 && from->start->len > 0 && !lines_equal(into->start, from->start))
		return error_set(error, THRESH_ERROR_INPUT,
				 "profiles whose entrypoints start the application in different "
				 "ways cannot be merged; trace again with the scenarios of both");
	if (into->start->len == 0)
		profile_set_start(into, from->start);
	if (digest_is_unset(&into->image_digest))
		into->image_digest = from->image_digest;
	if (!into->architecture[0]) {
		g_free(into->architecture);
		into->architecture = g_strdup(from->architecture);
	}
	return true;
}

static void merge_calls(GHashTable *into, GHashTable *from)
{
	GHashTableIter outer, inner;
	gpointer architecture, set, name;

	g_hash_table_iter_init(&outer, from);
	while (g_hash_table_iter_next(&outer, &architecture, &set)) {
		g_hash_table_iter_init(&inner, set);
		while (g_hash_table_iter_next(&inner, &name, NULL))
			calls_add(into, architecture, name);
	}
}

static void merge_set(GHashTable *into, GHashTable *from)
{
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, from);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (!g_hash_table_contains(into, name))
			g_hash_table_add(into, g_strdup(name));
}

static void merge_paths(struct profile *into, const struct profile *from)
{
	GHashTableIter iter;
	gpointer path, value;

	g_hash_table_iter_init(&iter, from->paths);
	while (g_hash_table_iter_next(&iter, &path, &value)) {
		const struct path_use *use = value;
		struct path_use *mine = path_use_at(into, path);

		mine->classes |= use->classes;
		mine->peak_bytes = MAX(mine->peak_bytes, use->peak_bytes);
	}
	g_hash_table_iter_init(&iter, from->writable_peaks);
	while (g_hash_table_iter_next(&iter, &path, &value))
		profile_set_peak(into, path, *(const uint64_t *)value);
}

bool profile_merge(struct profile *into, const struct profile *from, GError **error)
{
	if (into == from)
		return true;
	if (!merge_identity(into, from, error))
		return false;
	merge_paths(into, from);
	merge_calls(into->syscalls, from->syscalls);
	merge_calls(into->refused_syscalls, from->refused_syscalls);
	merge_set(into->capabilities, from->capabilities);
	merge_set(into->environment, from->environment);
	for (guint i = 0; i < from->listeners->len; i++) {
		const struct listener *listener = from->listeners->pdata[i];

		profile_add_listener(into, listener->family, listener->address, listener->port);
	}
	for (guint i = 0; i < from->commands->len; i++) {
		const struct command *command = from->commands->pdata[i];
		struct command *copy = command_new(command->path, NULL, command->child);

		copy->run = command->run;
		for (guint k = 0; k < command->argv->len; k++)
			g_ptr_array_add(copy->argv, g_strdup(command->argv->pdata[k]));
		command_insert(into, copy);
	}
	merge_dropped(into, from);
	into->setgroups_called |= from->setgroups_called;
	into->stop_unhandled |= from->stop_unhandled;
	into->own_listener |= from->own_listener;
	into->io_uring |= from->io_uring;
	into->runs = MAX(into->runs, from->runs);
	into->lost_events = MAX(into->lost_events, from->lost_events);
	return true;
}

struct profile *profile_load(const char *path, GError **error)
{
	autofd int fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, error);
	g_autoptr(GBytes) bytes = NULL;
	autojson json_t *json = NULL;
	struct profile *profile;
	gsize size;
	const void *data;

	if (fd < 0)
		return NULL;
	bytes = fd_read_all(fd, PROFILE_MAX_BYTES, path, error);
	if (!bytes)
		return NULL;
	data = g_bytes_get_data(bytes, &size);
	json = json_parse(data, size, path, error);
	if (!json)
		return NULL;
	profile = profile_from_json(json, error);
	if (!profile)
		g_prefix_error(error, "%s: ", path);
	return profile;
}

bool profile_save(const struct profile *profile, const char *path, GError **error)
{
	autojson json_t *json = profile_to_json(profile);
	g_autofree char *text = json_format_pretty(json);

	return file_replace(path, text, strlen(text), 0644, error);
}
