/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/keep_list.h"

#include "base/error.h"
#include "base/fd.h"
#include "cut/keepset.h"
#include "image/attach.h"

#include <fcntl.h>
#include <string.h>

enum { LIST_MAX_BYTES = 1 << 30, CHAIN_MAX = 16 };

static GBytes *read_file(const char *file, GError **error)
{
	autofd int fd = fd_open(AT_FDCWD, file, O_RDONLY, 0, error);

	return fd < 0 ? NULL : fd_read_all(fd, LIST_MAX_BYTES, file, error);
}

static json_t *parse(GBytes *bytes, const char *name, GError **error)
{
	autojson json_t *json =
		json_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), name, error);

	if (!json)
		return NULL;
	if (json_integer_at(json, "version", 0) != 1 || !json_array_at(json, "kept") ||
	    !json_array_at(json, "removed")) {
		error_set(error, THRESH_ERROR_INPUT, "%s: not a keep list of version 1", name);
		return NULL;
	}
	return g_steal_pointer(&json);
}

bool keep_list_try(const char *file, const struct image *image, json_t **ret_keep_list,
		   GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autoptr(GBytes) bytes = file ? read_file(file, &failure) : NULL;
	json_t *json = NULL;

	if (!file)
		image_read_artifact(image, KEEPSET_ARTIFACT_TYPE, LIST_MAX_BYTES, &bytes, &failure);
	if (failure) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	if (bytes) {
		json = parse(bytes, file ? file : "keep list", error);
		if (!json)
			return false;
	}
	*ret_keep_list = json;
	return true;
}

json_t *keep_list_load(const char *file, const struct image *image, GError **error)
{
	json_t *json;

	if (!keep_list_try(file, image, &json, error))
		return NULL;
	if (!json)
		error_set(error, THRESH_ERROR_INPUT,
			  "%s: no keep list lies beside it: not made by 'thresh harden', or copied "
			  "without its referrers; give one with --keepset",
			  image->reference);
	return json;
}

static const json_t *list_find(const json_t *list, const char *path)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		const char *name = json_string_at(entry, "path");

		if (name && !strcmp(name, path))
			return entry;
	}
	return NULL;
}

/* @name: as the list has it. */
static const json_t *find_name(const json_t *keep_list, const char *name, bool *ret_kept)
{
	const json_t *kept = list_find(json_array_at(keep_list, "kept"), name);
	const json_t *removed = kept ? NULL : list_find(json_array_at(keep_list, "removed"), name);

	if (kept || removed)
		*ret_kept = kept != NULL;
	return kept ? kept : removed;
}

const json_t *keep_list_find(const json_t *keep_list, const char *path, bool *ret_kept)
{
	g_autofree char *name = json_path_encode(path);

	return find_name(keep_list, name, ret_kept);
}

json_t *keep_list_chain(const json_t *keep_list, const json_t *entry)
{
	json_t *chain = json_array();
	const char *via = json_string_at(entry, "via");
	bool kept;

	while (via && json_array_size(chain) < CHAIN_MAX) {
		const json_t *next = find_name(keep_list, via, &kept);

		if (!next)
			break;
		json_array_append(chain, (json_t *)next);
		via = json_string_at(next, "via");
	}
	return chain;
}
