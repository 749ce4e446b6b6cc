/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source image by hand: a tree with its files on disk in a temporary directory, a profile, a keep
 * set that keeps what is not said to be removed, and a config.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "seal/seal.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	char *directory;
	struct tree *tree;
	struct profile *profile;
	struct keepset *keepset;
	struct image image;
	struct seal_options options;
	struct seal_input input;
	char *init_path;
};

static inline void fixture_init(struct fixture *fixture, const char *config)
{
	g_autoptr(GError) error = NULL;

	*fixture = (struct fixture){0};
	fixture->directory = g_dir_make_tmp("thresh-seal-XXXXXX", &error);
	g_assert_no_error(error);
	fixture->tree = tree_new();
	fixture->tree->root_fd = open(fixture->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fixture->tree->root->mode = 0755;
	fixture->profile = profile_new();
	g_free(fixture->profile->architecture);
	fixture->profile->architecture = g_strdup("amd64");
	fixture->keepset = g_new0(struct keepset, 1);
	fixture->keepset->verdicts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	fixture->image.reference = (char *)"oci:fixture";
	fixture->image.config = image_config_parse(config, strlen(config), &error);
	g_assert_no_error(error);
	fixture->init_path = g_build_filename(fixture->directory, ".init", NULL);
	g_assert_true(g_file_set_contents(fixture->init_path, "\177ELF", 4, NULL));
	fixture->options.preset = PRESET_BALANCED;
	fixture->options.links_max_bytes = 64 << 20;
	fixture->options.init_path = fixture->init_path;
	fixture->input = (struct seal_input){&fixture->image, fixture->tree, fixture->profile,
					     fixture->keepset, &fixture->options};
}

static inline void fixture_clear(struct fixture *fixture)
{
	g_autofree char *name = g_path_get_basename(fixture->directory);
	g_autofree char *parent = g_path_get_dirname(fixture->directory);
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	g_assert_true(fd_remove_tree(fd, name, NULL));
	close(fd);
	tree_free(fixture->tree);
	profile_free(fixture->profile);
	g_hash_table_unref(fixture->keepset->verdicts);
	g_free(fixture->keepset);
	image_config_free(fixture->image.config);
	g_free(fixture->init_path);
	g_free(fixture->directory);
}

static inline void fixture_keep(struct fixture *fixture, const char *path, bool keep)
{
	struct verdict *verdict = g_new0(struct verdict, 1);

	verdict->keep = keep;
	verdict->reason = (char *)(keep ? "trace:open" : "unused");
	g_hash_table_insert(fixture->keepset->verdicts, g_strdup(path), verdict);
}

static inline struct node *fixture_add(struct fixture *fixture, const char *path,
				       enum node_type type, uint32_t mode, uint32_t uid,
				       uint32_t gid)
{
	g_autoptr(GError) error = NULL;
	struct node *node = tree_add(fixture->tree, path, type, &error);
	g_autofree char *parent = path_parent(path);

	g_assert_no_error(error);
	node->mode = mode;
	node->uid = uid;
	node->gid = gid;
	fixture_keep(fixture, path, true);
	while (strcmp(parent, "/") != 0) {
		char *next = path_parent(parent);

		if (!keepset_verdict(fixture->keepset, parent))
			fixture_keep(fixture, parent, true);
		g_free(parent);
		parent = next;
	}
	return node;
}

static inline struct node *fixture_file(struct fixture *fixture, const char *path, uint32_t mode,
					const char *content)
{
	g_autofree char *disk = g_strconcat(fixture->directory, path, NULL);
	g_autofree char *parent = g_path_get_dirname(disk);
	struct node *node = fixture_add(fixture, path, NODE_FILE, mode, 0, 0);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
	g_assert_true(g_file_set_contents(disk, content, -1, NULL));
	node->size_bytes = strlen(content);
	digest_of(content, strlen(content), &node->digest);
	return node;
}

static inline void fixture_directory(struct fixture *fixture, const char *path, uint32_t mode)
{
	fixture_add(fixture, path, NODE_DIRECTORY, mode, 0, 0);
}

static inline void fixture_use(struct fixture *fixture, const char *path, uint32_t classes)
{
	profile_add_path(fixture->profile, path, classes);
}
