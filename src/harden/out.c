/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/out.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void out_file_free(void *data)
{
	struct out_file *file = data;

	g_free(file->name);
	g_free(file->text);
	g_free(file);
}

void out_add_text(GPtrArray *files, const char *name, char *text)
{
	struct out_file *file = g_new0(struct out_file, 1);

	file->name = g_strdup(name);
	file->text = text;
	g_ptr_array_add(files, file);
}

void out_add_json(GPtrArray *files, const char *name, json_t *json)
{
	out_add_text(files, name, json_format_pretty(json));
	json_decref(json);
}

bool harden_prepare_out(const char *directory, GError **error)
{
	g_autofree char *trial = g_build_filename(directory, ".thresh-XXXXXX", NULL);
	autofd int fd = -1;

	if (!fd_make_directories(AT_FDCWD, directory, 0755, error)) {
		g_prefix_error(error, "--out %s: ", directory);
		return false;
	}
	fd = g_mkstemp_full(trial, O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "--out %s", directory);
	unlink(trial);
	return true;
}

GPtrArray *out_files(const struct harden_result *result)
{
	GPtrArray *files = g_ptr_array_new_with_free_func(out_file_free);

	out_add_json(files, "profile.json", profile_to_json(result->profile));
	out_add_json(files, "keepset.json", json_incref(result->keep_json));
	out_add_text(files, "recipe.json", json_format_canonical(result->recipe));
	out_add_json(files, "seal.json", seal_to_json(result->seal));
	out_add_json(files, "summary.json", harden_summary(result));
	out_add_text(files, "plan", seal_plan(result->seal));
	return files;
}

void out_search(const GPtrArray *files, struct leaks *leaks)
{
	for (guint i = 0; i < files->len; i++) {
		const struct out_file *file = files->pdata[i];
		g_autofree char *place = g_strconcat("--out ", file->name, NULL);
		autojson json_t *json =
			g_str_has_suffix(file->name, ".json") && !leaks_are_none(leaks)
				? json_parse(file->text, strlen(file->text), file->name, NULL)
				: NULL;

		if (json)
			leaks_search_json(leaks, place, json);
		leaks_search_text(leaks, place, file->text, strlen(file->text));
	}
}

bool out_write(const GPtrArray *files, const char *directory, GError **error)
{
	bool done = fd_make_directories(AT_FDCWD, directory, 0755, error);

	for (guint i = 0; done && i < files->len; i++) {
		const struct out_file *file = files->pdata[i];
		g_autofree char *path = g_build_filename(directory, file->name, NULL);

		done = file_replace(path, file->text, strlen(file->text), 0644, error);
	}
	if (!done)
		g_prefix_error(error, "--out %s: ", directory);
	return done;
}
