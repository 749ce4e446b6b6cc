/* SPDX-License-Identifier: Apache-2.0 */
/* rpm's databases: SQLite's pages, ndb's slots, and the headers in them. */
#include "cut/packages.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	static const char *const parts[] = {"/usr/share/rpm", "/usr/share", "/usr", ""};
	g_autofree char *root = g_dir_make_tmp("thresh-fuzz-XXXXXX", NULL);
	g_autofree char *directory = g_strconcat(root, parts[0], NULL);
	g_autofree char *path = g_build_filename(directory, "rpmdb.sqlite", NULL);
	autotree struct tree *tree = tree_new();
	autopackages struct package_db *db = NULL;

	if (!root)
		abort();
	tree->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	tree_add(tree, "/opt/x", NODE_FILE, NULL);
	tree_add(tree, "/usr/share/rpm/rpmdb.sqlite", NODE_FILE, NULL)->size_bytes = size_bytes;
	g_mkdir_with_parents(directory, 0755);
	g_file_set_contents(path, (const char *)data, (gssize)size_bytes, NULL);
	db = package_db_load(tree);
	package_db_owner(db, "/opt/x");
	g_unlink(path);
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *name = g_strconcat(root, parts[i], NULL);

		g_rmdir(name);
	}
	return 0;
}
