/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata of languages: the first byte says which file of an image holds the rest. All documents
 * are made of what was found. */
#include "evidence/documents.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static const char *const names[] = {
	"/a.dist-info/METADATA",
	"/a.dist-info/RECORD",
	"/a.egg-info/PKG-INFO",
	"/package.json",
	"/specifications/a.gemspec",
	"/composer/installed.json",
	"/a-1.jar",
	"/etc/os-release",
	"/a.egg-info/top_level.txt",
	"/a.egg-info/installed-files.txt",
};

static void put(struct tree *tree, const char *root, const char *name, const void *data,
		size_t size_bytes)
{
	g_autofree char *path = g_strconcat(root, name, NULL);
	g_autofree char *directory = g_path_get_dirname(path);
	struct node *node = tree_add(tree, name, NODE_FILE, NULL);

	g_mkdir_with_parents(directory, 0755);
	g_file_set_contents(path, data, (gssize)size_bytes, NULL);
	node->size_bytes = size_bytes;
}

static void remove_all(const char *root)
{
	for (gsize i = G_N_ELEMENTS(names); i-- > 0;) {
		g_autofree char *path = g_strconcat(root, names[i], NULL);

		g_unlink(path);
		while (g_strcmp0(path, root) != 0) {
			*strrchr(path, '/') = '\0';
			g_rmdir(path);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	static const char metadata[] = "Name: a\nVersion: 1\n";
	static const struct inventory_options options = {.sha1 = true};
	g_autofree char *root = g_dir_make_tmp("thresh-fuzz-XXXXXX", NULL);
	autotree struct tree *tree = tree_new();
	autoinventory struct inventory *inventory = NULL;
	struct image image = {0};
	const struct document_about about = {.image = &image};

	if (!root || size_bytes == 0)
		return 0;
	tree->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put(tree, root, names[0], metadata, strlen(metadata));
	put(tree, root, names[2], metadata, strlen(metadata));
	put(tree, root, names[data[0] % G_N_ELEMENTS(names)], data + 1, size_bytes - 1);
	inventory = inventory_new(tree, &options, NULL);
	if (!inventory)
		abort();
	for (int format = DOCUMENT_SPDX; format <= DOCUMENT_CYCLONEDX; format++) {
		autojson json_t *document =
			document_make((enum document_format)format, inventory, &about);

		if (!document || document_count_files((enum document_format)format, document) !=
					 inventory->files->len)
			abort();
	}
	remove_all(root);
	return 0;
}
