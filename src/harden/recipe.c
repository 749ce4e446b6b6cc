/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/recipe.h"

#include "base/error.h"
#include "base/path.h"
#include "base/sorted.h"
#include "cut/pattern.h"
#include "evidence/provenance.h"
#include "image/compress.h"

#include <string.h>

enum { TEXT_MAX_BYTES = 128 << 10 };

/* --- writing -------------------------------------------------------------------------------------
 */

static json_t *texts_to_json(const GPtrArray *texts)
{
	json_t *array = json_array();

	for (guint i = 0; texts && i < texts->len; i++)
		json_array_append_new(array, json_from_bytes(texts->pdata[i]));
	return array;
}

/* Of each struct of @list, the text at @offset. */
static json_t *members_to_json(const GPtrArray *list, size_t offset)
{
	json_t *array = json_array();

	for (guint i = 0; i < list->len; i++) {
		const char *const *text = G_STRUCT_MEMBER_P(list->pdata[i], offset);

		json_array_append_new(array, json_from_bytes(*text));
	}
	return array;
}

static json_t *keep_to_json(const GPtrArray *rules)
{
	json_t *array = json_array();

	for (guint i = 0; i < rules->len; i++) {
		const struct keep_rule *rule = rules->pdata[i];

		json_array_append_new(array,
				      json_pack("{s:o, s:o}", "glob", json_from_bytes(rule->glob),
						"why", json_from_bytes(rule->why)));
	}
	return array;
}

static json_t *commands_to_json(const GPtrArray *rules)
{
	json_t *array = json_array();

	for (guint i = 0; i < rules->len; i++) {
		const struct command_rule *rule = rules->pdata[i];

		json_array_append_new(array, json_pack("{s:b, s:o, s:o}", "allow", rule->allow,
						       "text", json_from_bytes(rule->text), "why",
						       json_from_bytes(rule->why)));
	}
	return array;
}

static json_t *options_to_json(const struct decision *decision)
{
	const struct harden_request *request = decision->request;
	json_t *options = json_object();

	json_object_set_new(options, "preset", json_string(preset_name(request->preset)));
	json_object_set_new(options, "keep", keep_to_json(request->keep_rules));
	json_object_set_new(options, "commands", commands_to_json(request->command_rules));
	json_object_set_new(options, "keepLogs", texts_to_json(request->keep_logs));
	json_object_set_new(
		options, "volumes",
		members_to_json(request->volumes, offsetof(struct volume_request, path)));
	json_object_set_new(
		options, "secrets",
		members_to_json(request->secrets, offsetof(struct secret_request, name)));
	json_object_set_new(options, "sizes", json_from_sizes(request->sizes));
	json_object_set_new(options, "linksMax",
			    json_integer((json_int_t)request->links_max_bytes));
	json_object_set_new(options, "arbitraryUser", json_boolean(request->arbitrary_user));
	if (request->arguments)
		json_object_set_new(options, "arguments", texts_to_json(request->arguments));
	if (request->healthcheck)
		json_object_set_new(options, "healthcheck", json_from_bytes(request->healthcheck));
	json_object_set_new(options, "healthSkipped", json_boolean(decision->health_skipped));
	json_object_set_new(options, "compression",
			    json_string(compression_name(request->compression)));
	json_object_set_new(options, "epoch",
			    json_integer(harden_request_epoch(request, decision->image)));
	return options;
}

static json_t *lessons_to_json(const struct lessons *lessons)
{
	return json_pack("{s:o, s:o, s:o}", "missed",
			 members_to_json(lessons->keep, offsetof(struct keep_rule, glob)),
			 "writable", texts_to_json(lessons->writable), "syscalls",
			 texts_to_json(lessons->syscalls));
}

static json_t *init_to_json(const struct tree *production)
{
	const struct node *node = tree_lookup(production, SEAL_INIT_PATH);
	struct digest digest = {0};
	gsize size;

	if (node && node->bytes) {
		const void *data = g_bytes_get_data(node->bytes, &size);

		digest_of(data, size, &digest);
	}
	return json_from_digest(&digest);
}

json_t *recipe_new(const struct decision *decision, const struct tree *production)
{
	return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "version", 1, "source",
			 json_from_digest(&decision->image->manifest_digest), "init",
			 init_to_json(production), "programs", provenance_programs(), "options",
			 options_to_json(decision), "lessons", lessons_to_json(decision->lessons),
			 "profile", profile_to_json(decision->profile));
}

/* --- reading -------------------------------------------------------------------------------------
 */

static bool wrong(GError **error, const char *member, const char *want)
{
	return error_set(error, THRESH_ERROR_INPUT, "recipe: \"%s\" is not %s", member, want);
}

static bool check_members(const json_t *object, const char *place, const char *const *known,
			  GError **error)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return wrong(error, place, "an object");
	json_object_foreach ((json_t *)object, key, value) {
		g_autofree char *quoted = error_quote(key);

		if (!g_strv_contains(known, key))
			return error_set(error, THRESH_ERROR_INPUT,
					 "recipe: %s: unknown member \"%s\"", place, quoted);
	}
	return true;
}

/* The bytes of a string in bounds, or NULL; caller frees. */
static char *text_of(const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text || json_string_length(value) > TEXT_MAX_BYTES ||
	    strlen(text) != json_string_length(value))
		return NULL;
	return json_decode_bytes(text);
}

static bool is_path(const char *text)
{
	g_autofree char *clean = NULL;

	if (text[0] != '/' || strlen(text) >= PATH_MAX_BYTES)
		return false;
	clean = path_clean(NULL, text);
	return !strcmp(clean, text);
}

/* An array in bounds, of which nothing is known yet. */
static bool read_array(const json_t *object, const char *member, const json_t **ret_array,
		       GError **error)
{
	const json_t *array = json_object_get(object, member);

	if (!json_is_array(array) || json_array_size(array) > RECIPE_LIST_MAX)
		return wrong(error, member, "an array in bounds");
	*ret_array = array;
	return true;
}

static bool read_texts(const json_t *object, const char *member, bool (*is_right)(const char *),
		       GPtrArray *into, GError **error)
{
	const json_t *array, *value;
	size_t i;

	if (!read_array(object, member, &array, error))
		return false;
	json_array_foreach (array, i, value) {
		g_autofree char *text = text_of(value);

		if (!text || (is_right && !is_right(text)))
			return wrong(error, member,
				     is_right == is_path ? "an array of clean absolute paths"
							 : "an array of strings in bounds");
		g_ptr_array_add(into, g_steal_pointer(&text));
	}
	return true;
}

static bool read_flag(const json_t *object, const char *member, bool *ret_flag, GError **error)
{
	const json_t *value = json_object_get(object, member);

	if (!json_is_boolean(value))
		return wrong(error, member, "true or false");
	*ret_flag = json_is_true(value);
	return true;
}

static bool read_size(const json_t *value, const char *member, uint64_t *ret_size, GError **error)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return wrong(error, member, "a number that is not negative");
	*ret_size = (uint64_t)json_integer_value(value);
	return true;
}

static bool read_digest(const json_t *object, const char *member, struct digest *ret_digest,
			GError **error)
{
	const char *text = json_string_at(object, member);

	return digest_parse(text ? text : "", ret_digest, NULL) ||
	       wrong(error, member, "a SHA-256 digest");
}

static bool read_keep(const json_t *options, GPtrArray *rules, GError **error)
{
	static const char *const known[] = {"glob", "why", NULL};
	const json_t *array, *value;
	size_t i;

	if (!read_array(options, "keep", &array, error))
		return false;
	json_array_foreach (array, i, value) {
		struct keep_rule *rule = g_new0(struct keep_rule, 1);

		g_ptr_array_add(rules, rule);
		if (!check_members(value, "keep", known, error))
			return false;
		rule->glob = text_of(json_object_get(value, "glob"));
		rule->why = text_of(json_object_get(value, "why"));
		if (!rule->glob || rule->glob[0] != '/' || !rule->why || !*rule->why)
			return wrong(error, "keep", "an array of globs with reasons");
	}
	return true;
}

static bool command_is_right(const struct command_rule *rule)
{
	const char *problem;
	g_autoptr(GPtrArray) words = NULL;

	if (!rule->text || !*rule->text || !rule->why || !*rule->why)
		return false;
	words = rule->allow ? pattern_words(rule->text, &problem) : NULL;
	return !rule->allow || words;
}

static bool read_commands(const json_t *options, GPtrArray *rules, GError **error)
{
	static const char *const known[] = {"allow", "text", "why", NULL};
	const json_t *array, *value;
	size_t i;

	if (!read_array(options, "commands", &array, error))
		return false;
	json_array_foreach (array, i, value) {
		struct command_rule *rule = g_new0(struct command_rule, 1);

		g_ptr_array_add(rules, rule);
		if (!check_members(value, "commands", known, error) ||
		    !read_flag(value, "allow", &rule->allow, error))
			return false;
		rule->text = text_of(json_object_get(value, "text"));
		rule->why = text_of(json_object_get(value, "why"));
		if (!command_is_right(rule))
			return wrong(error, "commands", "an array of command lines with reasons");
	}
	return true;
}

static bool read_sizes(const json_t *options, GHashTable *sizes, GError **error)
{
	json_t *object = json_object_at(options, "sizes"), *value;
	const char *key;

	if (!object || json_object_size(object) > RECIPE_LIST_MAX)
		return wrong(error, "sizes", "an object in bounds");
	json_object_foreach (object, key, value) {
		g_autofree char *path = json_decode_bytes(key);
		uint64_t bytes;

		if (!path || !is_path(path))
			return wrong(error, "sizes", "an object of clean absolute paths");
		if (!read_size(value, "sizes", &bytes, error))
			return false;
		g_hash_table_insert(sizes, g_steal_pointer(&path),
				    g_memdup2(&bytes, sizeof(bytes)));
	}
	return true;
}

static bool read_volumes(const json_t *options, GPtrArray *volumes, GError **error)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);

	if (!read_texts(options, "volumes", is_path, paths, error))
		return false;
	for (guint i = 0; i < paths->len; i++) {
		struct volume_request *volume = g_new0(struct volume_request, 1);

		volume->path = g_strdup(paths->pdata[i]);
		g_ptr_array_add(volumes, volume);
		if (!strcmp(volume->path, "/"))
			return wrong(error, "volumes", "an array of paths below the root");
	}
	return true;
}

static bool read_secrets(const json_t *options, GPtrArray *secrets, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	if (!read_texts(options, "secrets", secret_name_is_valid, names, error))
		return false;
	for (guint i = 0; i < names->len; i++) {
		struct secret_request *secret = g_new0(struct secret_request, 1);

		secret->name = g_strdup(names->pdata[i]);
		secret->value = g_bytes_new(NULL, 0);
		g_ptr_array_add(secrets, secret);
	}
	return true;
}

static bool read_names(const json_t *options, struct harden_request *request, GError **error)
{
	const char *preset = json_string_at(options, "preset");
	const char *compression = json_string_at(options, "compression");

	if (!preset || !preset_parse(preset, &request->preset, NULL))
		return wrong(error, "preset", "strict, balanced or safe");
	return (compression && compression_find(compression, &request->compression)) ||
	       wrong(error, "compression", "none, gzip or zstd");
}

/* What may be absent. */
static bool read_start(const json_t *options, struct harden_request *request, GError **error)
{
	const json_t *healthcheck = json_object_get(options, "healthcheck");

	if (healthcheck && !(request->healthcheck = text_of(healthcheck)))
		return wrong(error, "healthcheck", "a string in bounds");
	if (!json_object_get(options, "arguments"))
		return true;
	request->arguments = g_ptr_array_new_with_free_func(g_free);
	return read_texts(options, "arguments", NULL, request->arguments, error);
}

static bool read_options(const json_t *options, struct recipe *recipe, GError **error)
{
	static const char *const known[] = {
		"preset",      "keep",          "commands",    "keepLogs",      "volumes",
		"secrets",     "sizes",         "linksMax",    "arbitraryUser", "arguments",
		"healthcheck", "healthSkipped", "compression", "epoch",         NULL};
	struct harden_request *request = recipe->request;
	uint64_t epoch;

	if (!check_members(options, "options", known, error) ||
	    !read_names(options, request, error) ||
	    !read_keep(options, request->keep_rules, error) ||
	    !read_commands(options, request->command_rules, error) ||
	    !read_texts(options, "keepLogs", is_path, request->keep_logs, error) ||
	    !read_volumes(options, request->volumes, error) ||
	    !read_secrets(options, request->secrets, error) ||
	    !read_sizes(options, request->sizes, error) ||
	    !read_size(json_object_get(options, "linksMax"), "linksMax", &request->links_max_bytes,
		       error) ||
	    !read_flag(options, "arbitraryUser", &request->arbitrary_user, error) ||
	    !read_flag(options, "healthSkipped", &recipe->health_skipped, error) ||
	    !read_size(json_object_get(options, "epoch"), "epoch", &epoch, error) ||
	    !read_start(options, request, error))
		return false;
	request->epoch = (int64_t)epoch;
	return true;
}

static bool read_lessons(const json_t *json, struct lessons *lessons, GError **error)
{
	static const char *const known[] = {"missed", "writable", "syscalls", NULL};
	g_autoptr(GPtrArray) missed = g_ptr_array_new_with_free_func(g_free);

	if (!check_members(json, "lessons", known, error) ||
	    !read_texts(json, "missed", is_path, missed, error) ||
	    !read_texts(json, "writable", is_path, lessons->writable, error) ||
	    !read_texts(json, "syscalls", NULL, lessons->syscalls, error))
		return false;
	for (guint i = 0; i < missed->len; i++)
		lessons_keep(lessons, missed->pdata[i]);
	return true;
}

struct recipe *recipe_parse(const json_t *json, GError **error)
{
	static const char *const known[] = {"version", "source",  "init",    "programs",
					    "options", "lessons", "profile", NULL};
	autorecipe struct recipe *recipe = g_new0(struct recipe, 1);
	const json_t *programs = json_array_at(json, "programs");

	lessons_init(&recipe->lessons);
	recipe->request = harden_request_new();
	if (json_integer_at(json, "version", 0) != 1) {
		wrong(error, "version", "1");
		return NULL;
	}
	if (!check_members(json, "recipe", known, error) ||
	    !read_digest(json, "source", &recipe->source, error) ||
	    !read_digest(json, "init", &recipe->init, error))
		return NULL;
	if (!programs) {
		wrong(error, "programs", "an array");
		return NULL;
	}
	recipe->programs = json_incref((json_t *)programs);
	if (!read_options(json_object_get(json, "options"), recipe, error) ||
	    !read_lessons(json_object_get(json, "lessons"), &recipe->lessons, error))
		return NULL;
	recipe->profile = profile_from_json(json_object_get(json, "profile"), error);
	if (recipe->profile)
		return g_steal_pointer(&recipe);
	g_prefix_error(error, "recipe: ");
	return NULL;
}

void recipe_free(struct recipe *recipe)
{
	if (!recipe)
		return;
	json_decref(recipe->programs);
	harden_request_free(recipe->request);
	lessons_clear(&recipe->lessons);
	profile_free(recipe->profile);
	g_free(recipe);
}

void recipe_cleanup(struct recipe **recipe)
{
	recipe_free(*recipe);
}

/* --- programs ------------------------------------------------------------------------------------
 */

/* "pkg:generic/zlib@1.2.13" → "1.2.13" */
static const char *version_of(const json_t *programs, const char *name)
{
	const json_t *program;
	size_t i;

	json_array_foreach (programs, i, program) {
		const char *uri = json_string_at(program, "uri");
		const char *at = uri ? strrchr(uri, '@') : NULL;

		if (at && g_strcmp0(json_string_at(program, "name"), name) == 0)
			return at + 1;
	}
	return "unknown";
}

GPtrArray *recipe_programs_differ(const struct recipe *recipe)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
	autojson json_t *own = provenance_programs();
	const json_t *program;
	size_t i;

	json_array_foreach (own, i, program) {
		const char *name = json_string_at(program, "name");
		const char *here = version_of(own, name);
		const char *there = version_of(recipe->programs, name);

		if (strcmp(here, there) != 0)
			g_ptr_array_add(lines,
					g_strdup_printf("%s: %s, and here %s", name, there, here));
	}
	return lines;
}
