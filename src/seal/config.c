/* SPDX-License-Identifier: Apache-2.0 */
/* The config document of the production image (OCI image-spec, config.md). */
#include "base/path.h"
#include "seal/seal_private.h"

#include <string.h>

static void copy_member(json_t *to, const json_t *from, const char *key)
{
	json_t *value = json_object_get(from, key);

	if (value && !json_is_null(value))
		json_object_set_new(to, key, json_deep_copy(value));
}

/* The image's environment, and HOME as the engine gave it to the user that it started as: another
 * user would get another one. */
static json_t *environment_of(const struct seal *seal, const struct image_config *config)
{
	json_t *environment = json_from_strings(config->environment);

	if (seal->home && !seal_environment(config, "HOME")) {
		g_autofree char *home = g_strconcat("HOME=", seal->home, NULL);

		json_array_append_new(environment, json_from_text(home));
	}
	return environment;
}

static json_t *set_of(const GPtrArray *keys)
{
	json_t *set = json_object();

	for (guint i = 0; i < keys->len; i++) {
		g_autofree char *key = g_utf8_make_valid(keys->pdata[i], -1);

		json_object_set_new(set, key, json_object());
	}
	return set;
}

static json_t *volumes_of(const struct seal *seal)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new();

	for (guint i = 0; i < seal->writables->len; i++) {
		const struct writable *writable = seal->writables->pdata[i];

		if (writable->volume)
			g_ptr_array_add(paths, writable->path);
	}
	return set_of(paths);
}

static json_t *labels_of(const struct seal *seal, const json_t *source)
{
	json_t *labels = json_object_at(source, "Labels");
	json_t *copy = labels ? json_deep_copy(labels) : json_object();
	autojson json_t *document = seal_to_json(seal);
	g_autofree char *text = json_format_canonical(document);

	json_object_set_new(copy, SEAL_LABEL, json_string(text));
	return copy;
}

char *seal_program_path(const struct seal_input *input, const char *program)
{
	const char *search = seal_environment(input->image->config, "PATH");
	g_auto(GStrv) directories = NULL;

	if (strchr(program, '/')) {
		const struct node *node = tree_resolve(input->tree, program, true, NULL, NULL);
		g_autofree char *path = node ? node_path(node) : NULL;

		return path && keepset_keeps(input->keepset, path) ? g_steal_pointer(&path) : NULL;
	}
	directories = g_strsplit(search ? search : "/usr/local/bin:/usr/bin:/bin", ":", -1);
	for (char **at = directories; *at; at++) {
		g_autofree char *path = path_join(*at, program);
		char *found = **at == '/' ? seal_program_path(input, path) : NULL;

		if (found)
			return found;
	}
	return NULL;
}

static void set_run_config(json_t *config, const struct seal *seal, const struct seal_input *input,
			   const json_t *source)
{
	g_autoptr(GPtrArray) entry = g_ptr_array_new();
	g_autofree char *user = g_strdup_printf("%u:%u", seal->uid, seal->gid);

	g_ptr_array_add(entry, (char *)SEAL_INIT_PATH);
	copy_member(config, source, "StopSignal");
	if (seal->health)
		json_object_set_new(config, "Healthcheck", health_to_config(seal->health));
	json_object_set_new(config, "User", json_string(user));
	json_object_set_new(config, "Env", environment_of(seal, input->image->config));
	json_object_set_new(config, "Entrypoint", json_from_strings(entry));
	json_object_set_new(config, "Cmd", json_from_strings(seal->command));
	json_object_set_new(config, "WorkingDir",
			    json_from_text(input->image->config->working_directory));
	json_object_set_new(config, "Labels", labels_of(seal, source));
	if (seal->ports->len > 0)
		json_object_set_new(config, "ExposedPorts", set_of(seal->ports));
	json_object_set_new(config, "Volumes", volumes_of(seal));
	if (json_object_size(json_object_get(config, "Volumes")) == 0)
		json_object_del(config, "Volumes");
}

json_t *seal_config(const struct seal *seal, const struct seal_input *input)
{
	static const char *const kept[] = {"architecture", "os",          "variant",
					   "os.version",   "os.features", "author"};
	const json_t *source = input->image->config->json;
	json_t *document = json_object();
	json_t *config = json_object();

	for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
		copy_member(document, source, kept[i]);
	set_run_config(config, seal, input, json_object_get(source, "config"));
	json_object_set_new(document, "config", config);
	return document;
}
