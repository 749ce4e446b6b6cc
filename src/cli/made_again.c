/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/made_again.h"

#include "base/error.h"
#include "base/fd.h"
#include "image/attach.h"

#include <fcntl.h>

/* NULL without an error: there is none. */
static GBytes *recipe_bytes(const struct made_again_input *input, GError **error)
{
	GBytes *bytes = NULL;
	autofd int fd = -1;

	if (!input->recipe_path) {
		image_read_artifact(input->image, RECIPE_ARTIFACT_TYPE, RECIPE_MAX_BYTES, &bytes,
				    error);
		return bytes;
	}
	fd = fd_open(AT_FDCWD, input->recipe_path, O_RDONLY, 0, error);
	return fd < 0 ? NULL : fd_read_all(fd, RECIPE_MAX_BYTES, input->recipe_path, error);
}

static struct recipe *recipe_of(GBytes *bytes, GError **error)
{
	autojson json_t *json =
		json_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "recipe", error);

	return json ? recipe_parse(json, error) : NULL;
}

static bool fail(struct made_again *again, char *fault)
{
	again->fault = fault;
	again->result.fault = fault;
	return true;
}

static bool fail_as(struct made_again *again, const GError *error)
{
	return fail(again, g_strdup_printf("it cannot be made again: %s", error->message));
}

/* Whether the recipe is of this source, and of one. */
static bool source_fits(struct made_again *again, const struct image *source)
{
	char want[DIGEST_TEXT_BYTES], got[DIGEST_TEXT_BYTES];

	if (digest_equal(&again->recipe->source, &source->manifest_digest) &&
	    digest_equal(&again->recipe->profile->image_digest, &source->manifest_digest))
		return true;
	digest_format(&again->recipe->source, want);
	digest_format(&source->manifest_digest, got);
	fail(again,
	     g_strdup_printf("by its recipe it was made from %s, and --source is %s", want, got));
	return false;
}

static void note_init(struct made_again *again)
{
	char there[DIGEST_TEXT_BYTES], here[DIGEST_TEXT_BYTES];

	if (digest_equal(&again->recipe->init, &again->rebuilt->init))
		return;
	digest_format(&again->recipe->init, there);
	digest_format(&again->rebuilt->init, here);
	g_ptr_array_add(again->programs,
			g_strdup_printf("thresh-init: %s, and here %s", there, here));
}

static bool make(struct made_again *again, const struct made_again_input *input, GError **error)
{
	const struct rebuild_input from = {
		.recipe = again->recipe,
		.source = input->source,
		.init_path = input->init_path,
		.cache_path = input->cache_path,
	};
	g_autoptr(GError) failure = NULL;

	again->rebuilt = rebuild(&from, &failure);
	if (!again->rebuilt)
		return fail_as(again, failure);
	note_init(again);
	again->result.programs = again->programs;
	again->result.image = again->rebuilt->image;
	if (!digest_equal(&input->image->manifest_digest, &again->rebuilt->image->manifest_digest))
		again->tree = image_read_tree(again->rebuilt->image, error);
	again->result.tree = again->tree;
	return !error || !*error;
}

bool made_again_try(struct made_again *again, const struct made_again_input *input, GError **error)
{
	g_autoptr(GBytes) bytes = NULL;
	g_autoptr(GError) failure = NULL;

	if (!input->source) {
		again->result.skip = "--source says from which image it is to be made again";
		return true;
	}
	bytes = recipe_bytes(input, &failure);
	if (failure) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return false;
	}
	if (!bytes) {
		again->result.skip = "no recipe lies beside it: not made by 'thresh harden', or "
				     "copied without its referrers; give one with --recipe";
		return true;
	}
	again->recipe = recipe_of(bytes, &failure);
	if (!again->recipe)
		return fail_as(again, failure);
	again->programs = recipe_programs_differ(again->recipe);
	return !source_fits(again, input->source) || make(again, input, error);
}

void made_again_clear(struct made_again *again)
{
	tree_free(again->tree);
	rebuilt_free(again->rebuilt);
	recipe_free(again->recipe);
	g_clear_pointer(&again->programs, g_ptr_array_unref);
	g_free(again->fault);
	*again = (struct made_again){0};
}
