/* SPDX-License-Identifier: Apache-2.0 */
/* Package databases of an image: the input is, at once, dpkg's status, a file list, the diversions
 * and apk's database. */
#include "cut/packages.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static const char *const names[] = {
	"/var/lib/dpkg/status",         "/var/lib/dpkg/info/x.list",
	"/var/lib/dpkg/diversions",     "/var/lib/dpkg/status.d/x",
	"/lib/apk/db/installed",        "/var/lib/dpkg/status.d/x.md5sums",
	"/var/lib/dpkg/info/x.md5sums",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	g_autofree char *root = g_dir_make_tmp("thresh-fuzz-XXXXXX", NULL);
	autotree struct tree *tree = tree_new();
	autopackages struct package_db *db = NULL;

	if (!root)
		abort();
	tree->root_fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	tree_add(tree, "/usr/bin/x", NODE_FILE, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_strconcat(root, names[i], NULL);
		g_autofree char *directory = g_path_get_dirname(path);
		struct node *node = tree_add(tree, names[i], NODE_FILE, NULL);

		g_mkdir_with_parents(directory, 0755);
		g_file_set_contents(path, (const char *)data, (gssize)size_bytes, NULL);
		node->size_bytes = size_bytes;
	}
	db = package_db_load(tree);
	package_db_owner(db, "/usr/bin/x");
	for (gsize i = G_N_ELEMENTS(names); i-- > 0;) {
		g_autofree char *path = g_strconcat(root, names[i], NULL);

		g_unlink(path);
		while (g_strcmp0(path, root) != 0) {
			char *slash = strrchr(path, '/');

			*slash = '\0';
			g_rmdir(path);
		}
	}
	return 0;
}
