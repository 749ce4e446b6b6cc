/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image.h"

#include "base/error.h"
#include "base/path.h"
#include "base/sorted.h"

#include <string.h>

enum {
	WORDS_MAX = 4096,
	WORD_BYTES_MAX = 128 << 10, /* binfmts.h, MAX_ARG_STRLEN: execve takes no longer one */
};

void image_config_free(struct image_config *config)
{
	if (!config)
		return;
	g_free(config->architecture);
	g_free(config->os);
	g_free(config->variant);
	g_free(config->user);
	g_clear_pointer(&config->environment, g_ptr_array_unref);
	g_clear_pointer(&config->entrypoint, g_ptr_array_unref);
	g_clear_pointer(&config->command, g_ptr_array_unref);
	g_free(config->working_directory);
	g_clear_pointer(&config->exposed_ports, g_ptr_array_unref);
	g_clear_pointer(&config->volumes, g_ptr_array_unref);
	g_free(config->stop_signal);
	json_decref(config->json);
	g_free(config);
}

/* The member @key of @object where it is absent, null or of @type; anything else is an error. */
static bool member_of(const json_t *object, const char *key, json_type type, json_t **ret_value,
		      GError **error)
{
	json_t *value = json_object_get(object, key);

	if (value && !json_is_null(value) && json_typeof(value) != type)
		return error_set(error, THRESH_ERROR_INPUT, "config: %s is of the wrong type", key);
	*ret_value = value && !json_is_null(value) ? value : NULL;
	return true;
}

static bool take_string(const json_t *object, const char *key, const char *fallback,
			char **ret_text, GError **error)
{
	json_t *value;

	if (!member_of(object, key, JSON_STRING, &value, error))
		return false;
	if (value && json_string_length(value) > WORD_BYTES_MAX)
		return error_set(error, THRESH_ERROR_INPUT, "config: %s is too long", key);
	*ret_text = g_strdup(value && json_string_length(value) > 0 ? json_string_value(value)
								    : fallback);
	return true;
}

static bool take_words(const json_t *object, const char *key, GPtrArray **ret_words, GError **error)
{
	g_autofree char *what = g_strdup_printf("config: %s", key);
	g_autoptr(GPtrArray) words = NULL;
	json_t *value;

	if (!member_of(object, key, JSON_ARRAY, &value, error))
		return false;
	if (json_array_size(value) > WORDS_MAX)
		return error_set(error, THRESH_ERROR_INPUT, "%s: more than %d members", what,
				 WORDS_MAX);
	words = json_to_strings(value, what, error);
	if (!words)
		return false;
	for (guint i = 0; i < words->len; i++) {
		if (strlen(words->pdata[i]) > WORD_BYTES_MAX)
			return error_set(error, THRESH_ERROR_INPUT, "%s: member %u is too long",
					 what, i);
	}
	*ret_words = g_steal_pointer(&words);
	return true;
}

static bool take_environment(const json_t *object, struct image_config *config, GError **error)
{
	if (!take_words(object, "Env", &config->environment, error))
		return false;
	for (guint i = 0; i < config->environment->len; i++) {
		const char *text = config->environment->pdata[i];
		const char *equals = strchr(text, '=');

		if (!equals || equals == text) {
			g_autofree char *quoted = error_quote(text);

			return error_set(error, THRESH_ERROR_INPUT,
					 "config: Env member '%s' is not NAME=VALUE", quoted);
		}
	}
	return true;
}

/* The keys of a set, which the format writes as an object of empty objects. */
static bool take_set(const json_t *object, const char *key, char *(*normalise)(const char *),
		     GPtrArray **ret_set, GError **error)
{
	g_autoptr(GPtrArray) set = g_ptr_array_new_with_free_func(g_free);
	const char *name;
	json_t *value, *member;

	if (!member_of(object, key, JSON_OBJECT, &value, error))
		return false;
	if (json_object_size(value) > WORDS_MAX)
		return error_set(error, THRESH_ERROR_INPUT, "config: %s: more than %d members", key,
				 WORDS_MAX);
	json_object_foreach (value, name, member) {
		char *text = normalise(name);

		if (!text) {
			g_autofree char *quoted = error_quote(name);

			return error_set(error, THRESH_ERROR_INPUT, "config: %s: '%s' is malformed",
					 key, quoted);
		}
		g_ptr_array_add(set, text);
	}
	g_ptr_array_sort(set, text_compare);
	for (guint i = set->len; i-- > 1;) {
		if (strcmp(set->pdata[i], set->pdata[i - 1]) == 0)
			g_ptr_array_remove_index(set, i);
	}
	*ret_set = g_steal_pointer(&set);
	return true;
}

/* config.md: "port/tcp", "port/udp", "port", for which tcp is meant. */
static char *normalise_port(const char *text)
{
	char *end;
	guint64 port = g_ascii_isdigit(*text) ? g_ascii_strtoull(text, &end, 10) : 0;

	if (port == 0 || port > 65535)
		return NULL;
	if (*end == '-') { /* docker also writes ranges; the lower end counts */
		guint64 last = g_ascii_isdigit(end[1]) ? g_ascii_strtoull(end + 1, &end, 10) : 0;

		if (last < port || last > 65535)
			return NULL;
	}
	if (*end == '\0')
		return g_strconcat(text, "/tcp", NULL);
	return strcmp(end, "/tcp") == 0 || strcmp(end, "/udp") == 0 || strcmp(end, "/sctp") == 0
		       ? g_strdup(text)
		       : NULL;
}

static char *normalise_volume(const char *text)
{
	return *text && strlen(text) < PATH_MAX_BYTES ? path_clean("/", text) : NULL;
}

static bool take_process(const json_t *object, struct image_config *config, GError **error)
{
	g_autofree char *directory = NULL;

	if (!take_string(object, "User", "", &config->user, error) ||
	    !take_environment(object, config, error) ||
	    !take_words(object, "Entrypoint", &config->entrypoint, error) ||
	    !take_words(object, "Cmd", &config->command, error) ||
	    !take_string(object, "WorkingDir", "/", &directory, error) ||
	    !take_string(object, "StopSignal", "SIGTERM", &config->stop_signal, error) ||
	    !take_set(object, "ExposedPorts", normalise_port, &config->exposed_ports, error) ||
	    !take_set(object, "Volumes", normalise_volume, &config->volumes, error))
		return false;
	if (strlen(directory) >= PATH_MAX_BYTES)
		return error_set(error, THRESH_ERROR_INPUT, "config: WorkingDir is too long");
	config->working_directory = path_clean("/", directory);
	return true;
}

static bool take_document(struct image_config *config, GError **error)
{
	json_t *process;

	if (!json_is_object(config->json))
		return error_set(error, THRESH_ERROR_INPUT, "config: not an object");
	if (!take_string(config->json, "architecture", NULL, &config->architecture, error) ||
	    !take_string(config->json, "os", "linux", &config->os, error) ||
	    !take_string(config->json, "variant", NULL, &config->variant, error) ||
	    !member_of(config->json, "config", JSON_OBJECT, &process, error))
		return false;
	if (!config->architecture)
		return error_set(error, THRESH_ERROR_INPUT, "config: no architecture");
	return take_process(process, config, error);
}

struct image_config *image_config_parse(const void *data, size_t size_bytes, GError **error)
{
	struct image_config *config;

	if (size_bytes > JSON_MAX_BYTES) {
		error_set(error, THRESH_ERROR_INPUT, "config: larger than 4 MiB");
		return NULL;
	}
	config = g_new0(struct image_config, 1);
	config->json = json_parse(data, size_bytes, "config", error);
	if (!config->json || !take_document(config, error)) {
		image_config_free(config);
		return NULL;
	}
	return config;
}
