/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/candidate.h"

#include "base/cleanup.h"
#include "harden/recipe.h"

void candidate_init(struct candidate *candidate)
{
	*candidate = (struct candidate){.lock_fd = -1};
}

void candidate_clear(struct candidate *candidate)
{
	rootfs_free(candidate->rootfs);
	image_free(candidate->image);
	tree_free(candidate->tree);
	seal_free(candidate->seal);
	json_decref(candidate->recipe);
	keepset_free(candidate->keepset);
	if (candidate->directory)
		cleanup_directory_remove(candidate->directory, &candidate->lock_fd);
	g_free(candidate->directory);
	candidate_init(candidate);
}

static GPtrArray *volume_paths(const struct harden_request *request)
{
	GPtrArray *paths = g_ptr_array_new();

	for (guint i = 0; i < request->volumes->len; i++) {
		const struct volume_request *volume = request->volumes->pdata[i];

		g_ptr_array_add(paths, volume->path);
	}
	return paths;
}

bool candidate_decide(const struct decision *decision, struct image_writer *writer,
		      struct candidate *candidate, GError **error)
{
	const struct harden_request *request = decision->request;
	const struct lessons *lessons = decision->lessons;
	g_autoptr(GPtrArray) volumes = volume_paths(request);
	g_autoptr(GPtrArray) secrets = harden_request_secret_paths(request);
	struct cut_options cut = {
		.preset = request->preset,
		.keep_rules = request->keep_rules,
		.command_rules = request->command_rules,
		.replay_keep = lessons->keep,
		.config = decision->image->config,
	};
	struct seal_options options = {
		.preset = request->preset,
		.volumes = volumes,
		.secrets = secrets,
		.keep_logs = request->keep_logs,
		.command_rules = request->command_rules,
		.sizes = request->sizes,
		.links_max_bytes = request->links_max_bytes,
		.arbitrary_user = request->arbitrary_user,
		.replay_writable = lessons->writable,
		.replay_syscalls = lessons->syscalls,
		.init_path = decision->init_path,
		.arguments = request->arguments,
		.healthcheck = request->healthcheck,
		.health_skipped = decision->health_skipped,
	};
	struct seal_input input = {
		.image = decision->image,
		.tree = decision->tree,
		.profile = decision->profile,
		.options = &options,
	};
	autojson json_t *config = NULL;

	candidate->keepset = keepset_decide(decision->tree, decision->profile, &cut, error);
	if (!candidate->keepset)
		return false;
	input.keepset = candidate->keepset;
	candidate->seal = seal_decide(&input, error);
	if (candidate->seal)
		candidate->tree = seal_build(candidate->seal, &input, error);
	if (!candidate->tree)
		return false;
	candidate->recipe = recipe_new(decision, candidate->tree);
	config = seal_config(candidate->seal, &input);
	return image_writer_stage(writer, candidate->tree, decision->tree, config, NULL, error);
}

bool candidate_unpack(const struct session *session, const struct image_writer *writer,
		      struct candidate *candidate, GError **error)
{
	g_autofree char *root = NULL;

	candidate->image = image_writer_open(writer, error);
	if (!candidate->image)
		return false;
	candidate->directory = cleanup_directory(session->request->cache_path, "candidate-",
						 &candidate->lock_fd, error);
	if (!candidate->directory)
		return false;
	root = g_build_filename(candidate->directory, "root", NULL);
	candidate->rootfs =
		rootfs_unpack_to(candidate->image, root, &session->identity->shift, error);
	return candidate->rootfs != NULL;
}
