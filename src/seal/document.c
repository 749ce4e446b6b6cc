/* SPDX-License-Identifier: Apache-2.0 */
/* The seal as JSON, and back (docs/seal.md). Whatever comes back is checked: the label of an image
 * is outside input. */
#include "base/error.h"
#include "base/path.h"
#include "seal/seal_private.h"

#include <string.h>

enum {
	LABEL_MAX_BYTES = 1 << 20,
	LIST_MAX = 4096,
	NAME_MAX_TEXT = 65536,
};

static const char *const seed_names[] = {
	[SEED_NONE] = "none", [SEED_COPY] = "copy", [SEED_LINKS] = "links"};

static json_t *mode_to_json(uint32_t mode)
{
	char text[8];

	g_snprintf(text, sizeof(text), "%04o", mode & 07777);
	return json_string(text);
}

static json_t *directories_to_json(const GPtrArray *directories)
{
	json_t *array = json_array();

	for (guint i = 0; i < directories->len; i++) {
		const struct seal_directory *directory = directories->pdata[i];
		json_t *object = json_object();

		json_object_set_new(object, "path", json_from_text(directory->path));
		json_object_set_new(object, "mode", mode_to_json(directory->mode));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *writable_to_json(const struct writable *writable)
{
	json_t *object = json_object();

	json_object_set_new(object, "path", json_from_text(writable->path));
	json_object_set_new(object, "mode", mode_to_json(writable->mode));
	json_object_set_new(object, "exec", json_boolean(writable->exec));
	json_object_set_new(object, "volume", json_boolean(writable->volume));
	json_object_set_new(object, "seed", json_string(seed_names[writable->seed]));
	if (!writable->volume)
		json_object_set_new(object, "size_bytes",
				    json_integer((json_int_t)writable->size_bytes));
	if (writable->seed_path)
		json_object_set_new(object, "seed_path", json_from_text(writable->seed_path));
	if (writable->copies->len > 0)
		json_object_set_new(object, "copies", json_from_strings(writable->copies));
	if (writable->directories->len > 0)
		json_object_set_new(object, "directories",
				    directories_to_json(writable->directories));
	return object;
}

static json_t *writables_to_json(const GPtrArray *writables)
{
	json_t *array = json_array();

	for (guint i = 0; i < writables->len; i++)
		json_array_append_new(array, writable_to_json(writables->pdata[i]));
	return array;
}

static json_t *logs_to_json(const GPtrArray *logs)
{
	json_t *array = json_array();

	for (guint i = 0; i < logs->len; i++) {
		const struct log_link *log = logs->pdata[i];
		json_t *object = json_object();

		json_object_set_new(object, "path", json_from_text(log->path));
		json_object_set_new(object, "to",
				    json_string(log->standard_error ? "stderr" : "stdout"));
		json_array_append_new(array, object);
	}
	return array;
}

json_t *seal_to_json(const struct seal *seal)
{
	json_t *document = json_object();
	json_t *groups = json_array();

	for (guint i = 0; i < seal->groups->len; i++)
		json_array_append_new(groups,
				      json_integer(GPOINTER_TO_UINT(seal->groups->pdata[i])));
	json_object_set_new(document, "version", json_integer(SEAL_VERSION));
	json_object_set_new(document, "uid", json_integer(seal->uid));
	json_object_set_new(document, "gid", json_integer(seal->gid));
	json_object_set_new(document, "groups", groups);
	json_object_set_new(document, "writable", writables_to_json(seal->writables));
	json_object_set_new(document, "logs", logs_to_json(seal->log_links));
	json_object_set_new(document, "executables", json_from_strings(seal->executables));
	json_object_set_new(document, "entry", json_from_strings(seal->entry));
	if (seal->start->len > 0)
		json_object_set_new(document, "start", json_from_strings(seal->start));
	json_object_set_new(document, "command", json_from_strings(seal->command));
	if (seal->shell_links->len > 0) {
		json_object_set_new(document, "shell_commands",
				    json_from_strings(seal->shell_commands));
		json_object_set_new(document, "shell_links", json_from_strings(seal->shell_links));
	}
	json_object_set_new(document, "ports", json_from_strings(seal->ports));
	json_object_set_new(document, "low_ports", json_boolean(seal->low_ports));
	json_object_set_new(document, "stay", json_boolean(seal->stay));
	if (seal->arbitrary_user)
		json_object_set_new(document, "arbitrary_user", json_true());
	json_object_set_new(document, "notes", json_from_strings(seal->notes));
	if (seal->health)
		json_object_set_new(document, "health", health_to_json(seal->health));
	if (seal->secrets->len > 0)
		json_object_set_new(document, "secrets", json_from_strings(seal->secrets));
	if (seal->home)
		json_object_set_new(document, "home", json_from_text(seal->home));
	if (seal->stop_signal)
		json_object_set_new(document, "stop_signal", json_from_text(seal->stop_signal));
	if (seal->syscalls)
		json_object_set_new(document, "syscalls", syscall_policy_to_json(seal->syscalls));
	return document;
}

static bool wrong(GError **error, const char *what, const char *expected)
{
	return error_set(error, THRESH_ERROR_INPUT, "seal: \"%s\" is not %s", what, expected);
}

static bool members_are_known(const json_t *object, const char *const *known, GError **error)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value) {
		g_autofree char *quoted = NULL;

		if (g_strv_contains(known, key))
			continue;
		quoted = error_quote(key);
		return error_set(error, THRESH_ERROR_INPUT,
				 "seal: unknown member \"%s\"; a later thresh made this image",
				 quoted);
	}
	return true;
}

static bool take_strings(const json_t *document, const char *key, GPtrArray *into, GError **error)
{
	const json_t *array = json_object_get(document, key);
	size_t count = json_array_size(array);

	if (array && !json_is_array(array))
		return wrong(error, key, "an array");
	if (count > LIST_MAX)
		return error_set(error, THRESH_ERROR_INPUT,
				 "seal: \"%s\" has %zu members, more than %d", key, count,
				 LIST_MAX);
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_array_get(array, i);

		if (!json_is_string(value) || strlen(json_string_value(value)) > NAME_MAX_TEXT ||
		    strlen(json_string_value(value)) != json_string_length(value))
			return wrong(error, key, "an array of strings");
		g_ptr_array_add(into, g_strdup(json_string_value(value)));
	}
	return true;
}

/* Lines of a plan: what they say is judged by who reads the plan. */
static bool take_lines(const json_t *document, const char *key, GPtrArray *into, GError **error)
{
	if (!take_strings(document, key, into, error))
		return false;
	for (guint i = 0; i < into->len; i++) {
		if (strpbrk(into->pdata[i], "\n\r"))
			return wrong(error, key, "an array of single lines");
	}
	return true;
}

static bool path_is_valid(const char *path)
{
	g_autofree char *clean = NULL;

	if (!path || path[0] != '/' || strlen(path) >= PATH_MAX_BYTES)
		return false;
	clean = path_clean(NULL, path);
	return !strcmp(clean, path);
}

static bool take_paths(const json_t *document, const char *key, GPtrArray *into, GError **error)
{
	if (!take_strings(document, key, into, error))
		return false;
	for (guint i = 0; i < into->len; i++) {
		if (!path_is_valid(into->pdata[i]))
			return wrong(error, key, "an array of clean absolute paths");
	}
	return true;
}

/* Names as --secret takes them: they become words of engines' command lines. */
static bool take_secrets(const json_t *document, struct seal *seal, GError **error)
{
	if (!take_paths(document, "secrets", seal->secrets, error))
		return false;
	for (guint i = 0; i < seal->secrets->len; i++) {
		const char *path = seal->secrets->pdata[i];
		const char *name = path_name(path);

		if (!g_str_has_prefix(path, SEAL_SECRET_DIRECTORY "/") ||
		    name != path + strlen(SEAL_SECRET_DIRECTORY "/") || !g_ascii_isalnum(*name) ||
		    name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-")])
			return wrong(error, "secrets",
				     "an array of files in " SEAL_SECRET_DIRECTORY);
	}
	return true;
}

static bool take_id(const json_t *value, const char *what, uint32_t *ret_id, GError **error)
{
	json_int_t id = json_integer_value(value);

	if (!json_is_integer(value) || id < 0 || id >= UINT32_MAX)
		return wrong(error, what, "a user or group id");
	*ret_id = (uint32_t)id;
	return true;
}

static bool take_mode(const json_t *object, uint32_t *ret_mode, GError **error)
{
	const char *text = json_string_at(object, "mode");
	guint64 mode;

	if (!text || strlen(text) != 4 || strspn(text, "01234567") != 4)
		return wrong(error, "mode", "four octal digits");
	mode = g_ascii_strtoull(text, NULL, 8);
	*ret_mode = (uint32_t)mode;
	return true;
}

static bool take_bool(const json_t *object, const char *key, bool *ret_value, GError **error)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_boolean(value))
		return wrong(error, key, "true or false");
	*ret_value = json_is_true(value);
	return true;
}

static bool take_seed(const json_t *object, struct writable *writable, GError **error)
{
	const char *name = json_string_at(object, "seed");
	const char *path = json_string_at(object, "seed_path");

	for (gsize i = 0; i < G_N_ELEMENTS(seed_names); i++) {
		if (!name || strcmp(name, seed_names[i]) != 0)
			continue;
		writable->seed = (enum seed_kind)i;
		if ((i != SEED_NONE) != (path != NULL) || (path && !path_is_valid(path)) ||
		    (path && !path_is_below(path, SEAL_SEED_DIRECTORY)))
			return wrong(error, "seed_path", "a path below " SEAL_SEED_DIRECTORY);
		writable->seed_path = g_strdup(path);
		return true;
	}
	return wrong(error, "seed", "none, copy or links");
}

static bool take_size(const json_t *object, struct writable *writable, GError **error)
{
	const json_t *value = json_object_get(object, "size_bytes");

	if (writable->volume)
		return value ? wrong(error, "size_bytes", "for a volume") : true;
	if (!json_is_integer(value) || json_integer_value(value) <= 0)
		return wrong(error, "size_bytes", "a positive number");
	writable->size_bytes = (uint64_t)json_integer_value(value);
	return true;
}

static bool take_directories(const json_t *object, struct writable *writable, GError **error)
{
	static const char *const known[] = {"path", "mode", NULL};
	const json_t *array = json_object_get(object, "directories");

	if (array && (!json_is_array(array) || json_array_size(array) > LIST_MAX))
		return wrong(error, "directories", "an array of at most 4096");
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *member = json_array_get(array, i);
		const char *path = json_string_at(member, "path");
		uint32_t mode;

		if (!path_is_valid(path) || !path_is_below(path, writable->path))
			return wrong(error, "directories", "of paths below the writable one");
		if (!members_are_known(member, known, error) || !take_mode(member, &mode, error))
			return false;
		seal_directory_add(writable->directories, path, mode);
	}
	return true;
}

static bool take_writable(const json_t *object, struct seal *seal, GError **error)
{
	static const char *const known[] = {"path",        "mode",       "exec",      "volume",
					    "seed",        "size_bytes", "seed_path", "copies",
					    "directories", NULL};
	const char *path = json_string_at(object, "path");
	struct writable *writable;

	if (!path_is_valid(path) || !strcmp(path, "/"))
		return wrong(error, "writable", "an array of objects with clean absolute paths");
	writable = writable_new(path, 0);
	g_ptr_array_add(seal->writables, writable);
	return members_are_known(object, known, error) &&
	       take_mode(object, &writable->mode, error) &&
	       take_bool(object, "exec", &writable->exec, error) &&
	       take_bool(object, "volume", &writable->volume, error) &&
	       take_seed(object, writable, error) && take_size(object, writable, error) &&
	       take_paths(object, "copies", writable->copies, error) &&
	       take_directories(object, writable, error);
}

static bool take_log(const json_t *object, struct seal *seal, GError **error)
{
	static const char *const known[] = {"path", "to", NULL};
	const char *path = json_string_at(object, "path");
	const char *to = json_string_at(object, "to");
	struct log_link *log;

	if (!path_is_valid(path) || !to || (strcmp(to, "stdout") != 0 && strcmp(to, "stderr") != 0))
		return wrong(error, "logs", "an array of paths with stdout or stderr");
	if (!members_are_known(object, known, error))
		return false;
	log = g_new0(struct log_link, 1);
	log->path = g_strdup(path);
	log->standard_error = !strcmp(to, "stderr");
	g_ptr_array_add(seal->log_links, log);
	return true;
}

static bool take_objects(const json_t *document, const char *key, struct seal *seal,
			 bool (*take)(const json_t *, struct seal *, GError **), GError **error)
{
	const json_t *array = json_object_get(document, key);

	if (!json_is_array(array) || json_array_size(array) > LIST_MAX)
		return wrong(error, key, "an array of at most 4096 objects");
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (!take(json_array_get(array, i), seal, error))
			return false;
	}
	return true;
}

static bool take_group(const json_t *value, struct seal *seal, GError **error)
{
	uint32_t group;

	if (!take_id(value, "groups", &group, error))
		return false;
	g_ptr_array_add(seal->groups, GUINT_TO_POINTER(group));
	return true;
}

static bool port_is_valid(const char *port)
{
	char *end;
	guint64 number = g_ascii_strtoull(port, &end, 10);

	return g_ascii_isdigit(port[0]) && number > 0 && number < 65536 &&
	       (*end == '\0' || !strcmp(end, "/tcp") || !strcmp(end, "/udp") ||
		!strcmp(end, "/sctp"));
}

static bool take_ports(const json_t *document, struct seal *seal, GError **error)
{
	if (!take_strings(document, "ports", seal->ports, error))
		return false;
	for (guint i = 0; i < seal->ports->len; i++) {
		if (!port_is_valid(seal->ports->pdata[i]))
			return wrong(error, "ports", "an array of ports such as 80/tcp");
	}
	return true;
}

static bool take_text(const json_t *document, const char *key, char **ret_text, GError **error)
{
	const json_t *value = json_object_get(document, key);

	if (!value)
		return true;
	if (!json_is_string(value) || json_string_length(value) >= PATH_MAX_BYTES ||
	    strlen(json_string_value(value)) != json_string_length(value))
		return wrong(error, key, "a short string");
	*ret_text = g_strdup(json_string_value(value));
	return true;
}

static bool take_syscalls(const json_t *document, struct seal *seal, GError **error)
{
	const json_t *policy = json_object_get(document, "syscalls");

	if (!policy)
		return wrong(error, "syscalls", "there");
	seal->syscalls = syscall_policy_from_json(policy, error);
	return seal->syscalls != NULL;
}

static bool take_health(const json_t *document, struct seal *seal, GError **error)
{
	const json_t *health = json_object_get(document, "health");

	if (health)
		seal->health = health_from_json(health, error);
	return !health || seal->health;
}

static bool take_version(const json_t *json, GError **error)
{
	json_int_t version = json_integer_at(json, "version", -1);

	if (version == SEAL_VERSION)
		return true;
	return error_set(error, THRESH_ERROR_INPUT,
			 "seal: version %" JSON_INTEGER_FORMAT
			 " is not %d; use the thresh that made it",
			 version, SEAL_VERSION);
}

struct seal *seal_from_json(const json_t *json, GError **error)
{
	static const char *const known[] = {"version",     "uid",       "gid",
					    "groups",      "writable",  "logs",
					    "executables", "entry",     "command",
					    "ports",       "low_ports", "notes",
					    "stay",        "home",      "stop_signal",
					    "syscalls",    "start",     "shell_commands",
					    "shell_links", "health",    "arbitrary_user",
					    "secrets",     NULL};
	autoseal struct seal *seal = seal_new();

	if (!json_is_object(json)) {
		wrong(error, "seal", "an object");
		return NULL;
	}
	if (!take_version(json, error) || !members_are_known(json, known, error) ||
	    !take_id(json_object_get(json, "uid"), "uid", &seal->uid, error) ||
	    !take_id(json_object_get(json, "gid"), "gid", &seal->gid, error) ||
	    !take_objects(json, "groups", seal, take_group, error) ||
	    !take_objects(json, "writable", seal, take_writable, error) ||
	    !take_objects(json, "logs", seal, take_log, error) ||
	    !take_paths(json, "executables", seal->executables, error) ||
	    !take_strings(json, "entry", seal->entry, error) ||
	    !take_lines(json, "start", seal->start, error) ||
	    !take_strings(json, "command", seal->command, error) ||
	    !take_strings(json, "shell_commands", seal->shell_commands, error) ||
	    !take_paths(json, "shell_links", seal->shell_links, error) ||
	    !take_secrets(json, seal, error) || !take_strings(json, "notes", seal->notes, error) ||
	    !take_ports(json, seal, error) ||
	    !take_bool(json, "low_ports", &seal->low_ports, error) ||
	    !take_bool(json, "stay", &seal->stay, error) ||
	    (json_object_get(json, "arbitrary_user") &&
	     !take_bool(json, "arbitrary_user", &seal->arbitrary_user, error)) ||
	    !take_text(json, "home", &seal->home, error) ||
	    !take_text(json, "stop_signal", &seal->stop_signal, error) ||
	    !take_health(json, seal, error) || !take_syscalls(json, seal, error))
		return NULL;
	if (seal->uid == 0) {
		wrong(error, "uid", "a user other than root");
		return NULL;
	}
	return g_steal_pointer(&seal);
}

struct seal *seal_from_config(const struct image_config *config, GError **error)
{
	const json_t *labels = json_object_get(json_object_get(config->json, "config"), "Labels");
	const char *text = json_string_at(labels, SEAL_LABEL);
	autojson json_t *document = NULL;

	if (!text) {
		error_set(error, THRESH_ERROR_INPUT,
			  "no label %s: thresh did not make this image; run `thresh harden` first",
			  SEAL_LABEL);
		return NULL;
	}
	if (strlen(text) > LABEL_MAX_BYTES) {
		error_set(error, THRESH_ERROR_INPUT, "label %s is longer than %d bytes", SEAL_LABEL,
			  LABEL_MAX_BYTES);
		return NULL;
	}
	document = json_parse(text, strlen(text), "label " SEAL_LABEL, error);
	return document ? seal_from_json(document, error) : NULL;
}
