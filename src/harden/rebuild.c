/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/rebuild.h"

#include "base/cleanup.h"
#include "image/writer.h"

static struct image_writer *writer_in(const char *directory, const struct rebuild_input *input,
				      GError **error)
{
	const struct harden_request *request = input->recipe->request;
	g_autofree char *reference = g_strdup_printf("oci:%s/image:again", directory);
	const struct image_writer_options options = {
		.compression = request->compression,
		.epoch = request->epoch,
		.layer_names = seal_layer_names,
	};

	return image_writer_new(reference, &options, error);
}

static bool decide(const struct rebuild_input *input, const struct tree *tree,
		   struct image_writer *writer, struct candidate *candidate, GError **error)
{
	const struct recipe *recipe = input->recipe;
	const struct decision decision = {
		.request = recipe->request,
		.init_path = input->init_path,
		.image = input->source,
		.tree = tree,
		.profile = recipe->profile,
		.lessons = &recipe->lessons,
		.health_skipped = recipe->health_skipped,
	};

	return candidate_decide(&decision, writer, candidate, error);
}

/* Stages, and opens what is staged: nothing needs to last. */
static bool make(struct rebuilt *rebuilt, const struct rebuild_input *input, GError **error)
{
	autotree struct tree *tree = image_spool_tree(input->source, rebuilt->directory, error);
	struct candidate candidate;

	candidate_init(&candidate);
	rebuilt->writer = tree ? writer_in(rebuilt->directory, input, error) : NULL;
	if (rebuilt->writer && decide(input, tree, rebuilt->writer, &candidate, error)) {
		digest_parse(json_string_at(candidate.recipe, "init"), &rebuilt->init, NULL);
		rebuilt->image = image_writer_open(rebuilt->writer, error);
	}
	candidate_clear(&candidate);
	return rebuilt->image != NULL;
}

struct rebuilt *rebuild(const struct rebuild_input *input, GError **error)
{
	autorebuilt struct rebuilt *rebuilt = g_new0(struct rebuilt, 1);

	rebuilt->lock_fd = -1;
	rebuilt->directory =
		cleanup_directory(input->cache_path, "rebuild-", &rebuilt->lock_fd, error);
	if (!rebuilt->directory || !make(rebuilt, input, error))
		return NULL;
	return g_steal_pointer(&rebuilt);
}

void rebuilt_free(struct rebuilt *rebuilt)
{
	if (!rebuilt)
		return;
	image_free(rebuilt->image);
	image_writer_free(rebuilt->writer);
	if (rebuilt->directory)
		cleanup_directory_remove(rebuilt->directory, &rebuilt->lock_fd);
	g_free(rebuilt->directory);
	g_free(rebuilt);
}

void rebuilt_cleanup(struct rebuilt **rebuilt)
{
	rebuilt_free(*rebuilt);
}
