/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum node_type type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return NODE_DIRECTORY;
	case S_IFLNK:
		return NODE_SYMLINK;
	case S_IFCHR:
		return NODE_CHARACTER;
	case S_IFBLK:
		return NODE_BLOCK;
	case S_IFIFO:
		return NODE_FIFO;
	default:
		return NODE_FILE;
	}
}

static void take_digest(struct node *node, const char *path)
{
	g_autofree char *data = NULL;
	gsize size;

	if (g_file_get_contents(path, &data, &size, NULL))
		digest_of(data, size, &node->digest);
}

static void add_below(struct tree *tree, const char *root, const char *inside)
{
	g_autofree char *path = g_strconcat(root, inside, NULL);
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;

	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *child = path_join(inside, name);
		g_autofree char *full = g_strconcat(root, child, NULL);
		struct stat status;
		struct node *node;

		g_assert_cmpint(lstat(full, &status), ==, 0);
		node = tree_add(tree, child, type_of(status.st_mode), NULL);
		if (!node)
			continue;
		node->mode = status.st_mode & 07777;
		node->size_bytes = node->type == NODE_FILE ? (uint64_t)status.st_size : 0;
		if (node->type == NODE_FILE)
			take_digest(node, full);
		if (node->type == NODE_SYMLINK)
			node->target = g_file_read_link(full, NULL);
		else if (node->type == NODE_DIRECTORY)
			add_below(tree, root, child);
	}
}

struct tree *fixture_tree(const char *path)
{
	struct tree *tree = tree_new();

	tree->root_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint(tree->root_fd, >=, 0);
	add_below(tree, path, "/");
	return tree;
}

static char *prepare(const char *root, const char *name)
{
	char *path = g_strconcat(root, name, NULL);
	g_autofree char *directory = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(directory, 0755), ==, 0);
	return path;
}

void fixture_file(const char *root, const char *name, const void *data, size_t size_bytes,
		  unsigned int mode)
{
	g_autofree char *path = prepare(root, name);

	g_assert_true(g_file_set_contents(path, data, (gssize)size_bytes, NULL));
	g_assert_cmpint(chmod(path, mode), ==, 0);
}

void fixture_text(const char *root, const char *name, const char *text, unsigned int mode)
{
	fixture_file(root, name, text, strlen(text), mode);
}

void fixture_link(const char *root, const char *name, const char *target)
{
	g_autofree char *path = prepare(root, name);

	g_assert_cmpint(symlink(target, path), ==, 0);
}
