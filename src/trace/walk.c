/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/walk.h"

#include "base/path.h"

#include <string.h>

enum { MAX_LINKS = 40, MAX_REST = 64 << 10 };

void walk_clear(struct walk *walk)
{
	g_free(walk->name);
	g_free(walk->missing);
	g_clear_pointer(&walk->links, g_ptr_array_unref);
	g_clear_pointer(&walk->crossed, g_ptr_array_unref);
}

static bool is_outside(const struct shadow *directory, const char *name)
{
	return !directory->parent &&
	       (strcmp(name, "proc") == 0 || strcmp(name, "sys") == 0 || strcmp(name, "dev") == 0);
}

/* Takes the first component off @rest into @ret_name; NULL where there is none left. */
static const char *next_component(const char *rest, char **ret_name)
{
	const char *end;

	rest += strspn(rest, "/");
	if (!*rest)
		return NULL;
	end = rest + strcspn(rest, "/");
	*ret_name = g_strndup(rest, (gsize)(end - rest));
	return end;
}

static void walk_ends(struct walk *walk, const struct shadow *at, const char *name,
		      const char *rest)
{
	g_autofree char *base = shadow_path(at);
	g_autofree char *path = g_strconcat(name, rest, NULL);

	walk->missing = path_clean(base, path);
}

/* One component from @at. Answers where it leads, NULL at the end of the walk; @rest is replaced
 * where a symlink was crossed. */
static struct shadow *walk_step(struct walk *walk, struct shadow *root, struct shadow *at,
				const char *name, char **rest, bool follow_last)
{
	bool last = (*rest)[strspn(*rest, "/")] == '\0';
	bool slash = last && **rest != '\0';
	struct shadow *child;
	char *longer;

	if (strcmp(name, ".") == 0)
		return at;
	if (strcmp(name, "..") == 0) {
		g_ptr_array_add(walk->crossed, at);
		return at->parent ? at->parent : at;
	}
	if (is_outside(at, name) && !last) {
		walk->outside = true;
		return NULL;
	}
	if (last) {
		walk->directory = at;
		g_free(walk->name);
		walk->name = g_strdup(name);
	}
	child = shadow_child(at, name, &walk->gone);
	if (!child) {
		walk->outside = is_outside(at, name);
		walk_ends(walk, at, name, *rest);
		return NULL;
	}
	if (child->type != NODE_SYMLINK || (last && !slash && !follow_last))
		return child;
	g_ptr_array_add(walk->links, child);
	if (walk->links->len > MAX_LINKS || !child->target ||
	    strlen(child->target) + strlen(*rest) > MAX_REST) {
		walk->directory = NULL;
		return NULL;
	}
	walk->directory = NULL;
	longer = g_strconcat(child->target, *rest, NULL);
	g_free(*rest);
	*rest = longer;
	return longer[0] == '/' ? root : at;
}

void walk_path(struct shadow *root, const char *path, bool follow_last, struct walk *ret_walk)
{
	struct walk walk = {.links = g_ptr_array_new(), .crossed = g_ptr_array_new()};
	g_autofree char *rest = g_strdup(path);
	struct shadow *at = root;

	while (at) {
		g_autofree char *name = NULL;
		const char *end = next_component(rest, &name);
		char *left;

		if (!end) {
			walk.node = at;
			break;
		}
		left = g_strdup(end);
		g_free(rest);
		rest = left;
		if (at->type != NODE_DIRECTORY) {
			walk_ends(&walk, at, name, rest);
			break;
		}
		walk.directory = NULL;
		at = walk_step(&walk, root, at, name, &rest, follow_last);
	}
	/* "file/" is no file */
	if (walk.node && walk.node->type != NODE_DIRECTORY && path[0] && path[1] &&
	    path[strlen(path) - 1] == '/')
		walk.node = NULL;
	*ret_walk = walk;
}
