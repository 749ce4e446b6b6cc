/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/units.h"

#include "base/error.h"
#include "base/path.h"
#include "base/sorted.h"
#include "seal/seal_private.h"

#include <string.h>

enum { DATE_DIGITS = 4 };

#define WRITE_CLASSES                                                                              \
	(PATH_WRITE | PATH_APPEND | PATH_CREATE | PATH_DELETE | PATH_NONAPPEND | PATH_CHOWN)

uint32_t unit_mode(uint32_t mode)
{
	mode = (mode & 01777) | 0700;
	return mode & 01000 ? mode : mode & ~022U;
}

/* Paths that are the kernel's or the engine's, or thresh's own. */
static bool is_foreign(const char *path)
{
	static const char *const trees[] = {"/proc", "/sys", "/dev", "/.thresh"};

	if (path_is_below(path, "/dev/shm"))
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(trees); i++) {
		if (path_is_below(path, trees[i]))
			return true;
	}
	return false;
}

static bool is_one_of(const char *path, const char *const *paths, gsize count)
{
	for (gsize i = 0; i < count; i++) {
		if (!strcmp(path, paths[i]))
			return true;
	}
	return false;
}

/* Directories that are never mounted over as a whole: half of the system would go, or engines bind
 * their own files there (/etc/hosts), which would keep a seed from being filled. */
static bool is_refused(const char *path)
{
	static const char *const roots[] = {
		"/",        "/etc",      "/usr",       "/bin",       "/sbin", "/lib",
		"/lib32",   "/lib64",    "/libx32",    "/var",       "/boot", "/usr/bin",
		"/usr/lib", "/usr/sbin", "/usr/local", "/usr/share", "/dev",
	};

	return is_one_of(path, roots, G_N_ELEMENTS(roots));
}

/* Directories of the FHS that many programs share: a directory that the application made there is
 * its own, and becomes the mount. */
static bool is_shared_root(const char *path)
{
	static const char *const roots[] = {
		"/var/lib", "/var/cache", "/var/log", "/var/spool", "/var/opt",         "/opt",
		"/srv",     "/home",      "/mnt",     "/media",     "/usr/local/share",
	};

	return is_refused(path) || is_one_of(path, roots, G_N_ELEMENTS(roots));
}

static bool is_temporary(const char *path)
{
	return path_is_below(path, "/tmp") || path_is_below(path, "/var/tmp") ||
	       path_is_below(path, "/dev/shm");
}

/* Byte code that an interpreter keeps beside the source where it can: it runs the same without, and
 * a writable directory beside code would be worse. */
static bool is_bytecode(const char *path)
{
	const char *cache = strstr(path, "/__pycache__");

	return cache && (cache[12] == '/' || cache[12] == '\0');
}

bool unit_is_debris(const struct profile *profile, const char *path)
{
	uint32_t classes = profile_path_classes(profile, path);

	return (classes & (PATH_NONAPPEND | PATH_DELETE | PATH_CREATE)) &&
	       (g_str_has_suffix(path, ".pid") || g_str_has_suffix(path, ".lock") ||
		g_str_has_suffix(path, ".sock"));
}

/* @path with symlinks followed as far as it exists. Caller frees. */
static char *real_path(const struct tree *tree, const char *path)
{
	const struct node *node = tree_resolve(tree, path, true, NULL, NULL);
	g_autofree char *parent = NULL;
	g_autofree char *real = NULL;

	if (node)
		return node_path(node);
	if (!strcmp(path, "/"))
		return g_strdup(path);
	parent = path_parent(path);
	real = real_path(tree, parent);
	return path_join(real, path_name(path));
}

static bool volumes_add(GHashTable *volumes, const struct seal_input *input, const GPtrArray *paths,
			GError **error)
{
	for (guint i = 0; paths && i < paths->len; i++) {
		g_autofree char *clean = path_clean(NULL, paths->pdata[i]);
		g_autofree char *path = real_path(input->tree, clean);
		const struct node *node = tree_lookup(input->tree, path);

		if (is_refused(path) || is_foreign(path))
			return error_set(
				error, THRESH_ERROR_INPUT,
				"volume %s: this directory cannot be a mount; name one below it",
				path);
		if (node && node->type != NODE_DIRECTORY)
			return error_set(error, THRESH_ERROR_INPUT,
					 "volume %s: is no directory in the image", path);
		g_hash_table_add(volumes, g_steal_pointer(&path));
	}
	return true;
}

GHashTable *units_volumes(const struct seal_input *input, GError **error)
{
	g_autoptr(GHashTable) volumes =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	if (!volumes_add(volumes, input, input->image->config->volumes, error) ||
	    !volumes_add(volumes, input, input->options->volumes, error))
		return NULL;
	return g_steal_pointer(&volumes);
}

/* The member of @directories that is @path or holds it, the innermost one; NULL for none. */
static const char *set_covering(GHashTable *directories, const char *path)
{
	g_autofree char *at = g_strdup(path);

	for (;;) {
		gpointer key;
		char *parent;

		if (g_hash_table_lookup_extended(directories, at, &key, NULL))
			return key;
		if (!strcmp(at, "/"))
			return NULL;
		parent = path_parent(at);
		g_free(at);
		at = parent;
	}
}

static bool matches_any(const char *path, const GPtrArray *globs)
{
	for (guint i = 0; globs && i < globs->len; i++) {
		if (!strcmp(path, globs->pdata[i]) || path_matches(path, globs->pdata[i]))
			return true;
	}
	return false;
}

static bool has_date(const char *name)
{
	guint digits = 0;

	for (; *name; name++) {
		digits = g_ascii_isdigit(*name) ? digits + 1 : 0;
		if (digits >= DATE_DIGITS)
			return true;
	}
	return false;
}

/* Which stream a log becomes a link to: by its name, and by what the processes that opened it have
 * there. False where neither will do. */
static bool log_stream(const char *path, uint32_t classes, bool *ret_standard_error)
{
	g_autofree char *name = g_ascii_strdown(path_name(path), -1);
	bool is_error = strstr(name, "err") != NULL;
	bool out = !(classes & PATH_STDOUT_ELSEWHERE);
	bool error = !(classes & PATH_STDERR_ELSEWHERE);

	*ret_standard_error = error && (is_error || !out);
	return out || error;
}

/* Only ever appended to, never read, moved or removed. A name that holds a date or a number is
 * another one tomorrow, so that no link can stand for it. */
static bool is_log(const struct seal_input *input, const char *path, uint32_t classes,
		   GHashTable *volumes)
{
	const uint32_t others = PATH_OPEN | PATH_NONAPPEND | PATH_DELETE | PATH_EXEC |
				PATH_MAP_EXEC | PATH_EXEC_WRITE | PATH_LIST | PATH_LINK_SOURCE |
				PATH_SOCKET | PATH_DIRECTORY;
	const struct node *node = tree_lookup(input->tree, path);
	bool standard_error;

	if (!(classes & PATH_APPEND) || (classes & others) ||
	    !log_stream(path, classes, &standard_error) || is_foreign(path) || is_temporary(path) ||
	    set_covering(volumes, path))
		return false;
	if (node ? node->type != NODE_FILE : has_date(path_name(path)))
		return false;
	return !matches_any(path, input->options->keep_logs) &&
	       !matches_any(path, input->options->replay_writable);
}

bool units_logs(struct seal *seal, const struct seal_input *input, GHashTable *volumes)
{
	g_autoptr(GPtrArray) paths = keys_sorted(input->profile->paths);

	for (guint i = 0; i < paths->len; i++) {
		const char *path = paths->pdata[i];
		uint32_t classes = profile_path_classes(input->profile, path);
		struct log_link *log;

		if (!is_log(input, path, classes, volumes))
			continue;
		log = g_new0(struct log_link, 1);
		log->path = g_strdup(path);
		log_stream(path, classes, &log->standard_error);
		g_ptr_array_add(seal->log_links, log);
	}
	return true;
}

/* The nearest directory of the source image above @path, and @ret_first, what lies below it on the
 * way to @path (path itself, or a directory that the application made). */
static char *existing_parent(const struct tree *tree, const char *path, char **ret_first)
{
	g_autofree char *first = g_strdup(path);

	for (;;) {
		g_autofree char *parent = path_parent(first);
		const struct node *node = tree_lookup(tree, parent);

		if (!strcmp(parent, "/") || (node && node->type == NODE_DIRECTORY)) {
			*ret_first = g_steal_pointer(&first);
			return g_steal_pointer(&parent);
		}
		g_free(first);
		first = g_steal_pointer(&parent);
	}
}

static bool ships_something(const struct seal_input *input, const char *directory)
{
	const struct node *node = tree_lookup(input->tree, directory);
	GHashTableIter iter;
	gpointer name;

	if (!node || !node->children)
		return false;
	g_hash_table_iter_init(&iter, node->children);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		g_autofree char *path = path_join(directory, name);

		if (keepset_keeps(input->keepset, path) && !unit_is_debris(input->profile, path))
			return true;
	}
	return false;
}

/* Whether the application made this directory for logs alone: then it is in the image. */
static bool is_log_directory(const struct seal *seal, const struct profile *profile,
			     const char *directory)
{
	GHashTableIter iter;
	gpointer key, value;
	bool some = false;

	g_hash_table_iter_init(&iter, profile->paths);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		uint32_t classes = ((const struct path_use *)value)->classes;

		if (!path_is_below(key, directory) || !strcmp(key, directory) ||
		    !(classes & WRITE_CLASSES) || (classes & PATH_DIRECTORY))
			continue;
		if (!seal_log_link(seal, key))
			return false;
		some = true;
	}
	return some;
}

/* The directory that must be writable for a path that was made. */
static char *unit_of_created(const struct seal_input *input, const char *path, uint32_t classes)
{
	g_autofree char *first = NULL;
	g_autofree char *parent = existing_parent(input->tree, path, &first);
	uint32_t first_classes = profile_path_classes(input->profile, first);
	bool directory = strcmp(first, path) != 0 || (classes & PATH_DIRECTORY);

	/* A second start found it there and went on, so it may be there from the beginning; unless
	 * it was removed again: a temporary name. */
	if (directory && !(first_classes & PATH_DELETE) &&
	    (is_shared_root(parent) || ships_something(input, parent)))
		return g_steal_pointer(&first);
	return g_steal_pointer(&parent);
}

/* The directory that must be writable for what @classes say was done with @path; NULL for none. */
static char *unit_of(const struct seal_input *input, const char *path, uint32_t classes)
{
	const struct node *node = tree_lookup(input->tree, path);
	const uint32_t content = PATH_CREATE | PATH_APPEND | PATH_NONAPPEND | PATH_DELETE;

	if (!(classes & WRITE_CLASSES))
		return NULL;
	if (path_is_below(path, "/dev/shm")) /* the engine's, never in the image */
		return g_strdup("/dev/shm");
	if (!node)
		return unit_of_created(input, path, classes);
	if (node->type == NODE_DIRECTORY && !(classes & PATH_DELETE)) {
		/* Given to another user: what for, if not to write there? What ships something was
		 * given away as a whole, and the files that are written say so themselves. */
		if ((classes & PATH_CHOWN) && !(classes & content) &&
		    (is_shared_root(path) || ships_something(input, path)))
			return NULL;
		return g_strdup(path);
	}
	if ((classes & PATH_CHOWN) && !(classes & content))
		return NULL;
	return path_parent(path);
}

static bool is_demanded(const struct seal_input *input, const char *path)
{
	const GPtrArray *demanded = input->options->replay_writable;

	for (guint i = 0; demanded && i < demanded->len; i++) {
		if (!strcmp(demanded->pdata[i], path))
			return true;
	}
	return false;
}

static bool unit_refuse(struct seal *seal, const struct seal_input *input, const char *path,
			const char *unit, GError **error)
{
	if (is_demanded(input, path))
		return error_set(
			error, THRESH_ERROR_INPUT,
			"%s: the application must write here, and %s cannot be writable as a "
			"whole; let it write below a directory of its own (its settings, or the "
			"image's WORKDIR), and name that with --volume if it is to persist",
			path, unit);
	seal_note(seal, "%s: written while traced, but %s stays read-only", path, unit);
	return true;
}

static bool units_add(struct seal *seal, const struct seal_input *input, GHashTable *volumes,
		      GHashTable *units, const char *path, uint32_t classes, GError **error)
{
	g_autofree char *unit = NULL;

	if (is_foreign(path) || seal_log_link(seal, path) || set_covering(volumes, path))
		return true;
	if (is_bytecode(path))
		return true;
	unit = unit_of(input, path, classes);
	if (!unit || set_covering(volumes, unit))
		return true;
	if (is_refused(unit))
		return unit_refuse(seal, input, path, unit, error);
	if ((classes & PATH_DIRECTORY) && !is_demanded(input, path) &&
	    is_log_directory(seal, input->profile, path))
		return true;
	g_hash_table_add(units, g_steal_pointer(&unit));
	return true;
}

/* What a replay could not write is taken for made, or written where it is in the image. */
static bool units_add_demanded(struct seal *seal, const struct seal_input *input,
			       GHashTable *volumes, GHashTable *units, GError **error)
{
	const GPtrArray *demanded = input->options->replay_writable;

	for (guint i = 0; demanded && i < demanded->len; i++) {
		uint32_t classes = profile_path_classes(input->profile, demanded->pdata[i]);
		const struct node *node = tree_lookup(input->tree, demanded->pdata[i]);

		classes |= node ? PATH_NONAPPEND : PATH_CREATE;
		if (!units_add(seal, input, volumes, units, demanded->pdata[i], classes, error))
			return false;
	}
	return true;
}

/* Takes out what lies below another unit; volumes are put in whatever they lie below. */
static GHashTable *units_merge(GHashTable *units, GHashTable *volumes)
{
	GHashTable *merged = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) paths = keys_sorted(units);
	g_autoptr(GPtrArray) persistent = keys_sorted(volumes);

	/* Sorted, a directory comes before what it holds. */
	for (guint i = 0; i < paths->len; i++) {
		if (!set_covering(merged, paths->pdata[i]))
			g_hash_table_add(merged, g_strdup(paths->pdata[i]));
	}
	for (guint i = 0; i < persistent->len; i++)
		g_hash_table_add(merged, g_strdup(persistent->pdata[i]));
	return merged;
}

/* Takes @path. */
static void units_add_shared(GHashTable *volumes, GHashTable *units, char *path)
{
	if (is_refused(path) || is_foreign(path) || set_covering(volumes, path))
		g_free(path);
	else
		g_hash_table_add(units, path);
}

struct shared_search {
	GHashTable *volumes, *units;
};

/* Empty, for everyone to write in, and sticky: made to be what /tmp is, /var/lib/php/sessions for
 * one. /run is the system's at run time; who needs /run/lock was seen to. */
static bool is_shared(const struct node *node, const char *path)
{
	return node->type == NODE_DIRECTORY && (node->mode & 01002) == 01002 &&
	       (!node->children || g_hash_table_size(node->children) == 0) &&
	       !path_is_below(path, "/run");
}

static bool visit_shared(struct node *node, const char *path, void *user)
{
	const struct shared_search *search = user;

	if (is_shared(node, path))
		units_add_shared(search->volumes, search->units, g_strdup(path));
	return true;
}

static void units_add_temporary(const struct seal_input *input, GHashTable *volumes,
				GHashTable *units)
{
	static const char *const always[] = {"/tmp", "/var/tmp"};
	struct shared_search search = {volumes, units};

	for (gsize i = 0; i < G_N_ELEMENTS(always); i++)
		units_add_shared(volumes, units, real_path(input->tree, always[i]));
	if (input->options->preset != PRESET_STRICT)
		node_walk(input->tree->root, visit_shared, &search);
}

GHashTable *units_collect(struct seal *seal, const struct seal_input *input, GHashTable *volumes,
			  GError **error)
{
	g_autoptr(GHashTable) units = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) paths = keys_sorted(input->profile->paths);

	for (guint i = 0; i < paths->len; i++) {
		uint32_t classes = profile_path_classes(input->profile, paths->pdata[i]);

		if (!units_add(seal, input, volumes, units, paths->pdata[i], classes, error))
			return NULL;
	}
	if (!units_add_demanded(seal, input, volumes, units, error))
		return NULL;
	units_add_temporary(input, volumes, units);
	return units_merge(units, volumes);
}

/* What one path asks of a link farm: a copy of a kept file that is written, a real directory where
 * entries come and go. */
static void farm_need(const struct seal_input *input, const char *farm, const char *path,
		      uint32_t classes, GHashTable *copies, GHashTable *directories)
{
	const struct node *node = tree_lookup(input->tree, path);
	g_autofree char *first = NULL;
	g_autofree char *parent = NULL;

	if (!path_is_below(path, farm) || !strcmp(path, farm) || is_bytecode(path) ||
	    !(classes & WRITE_CLASSES & ~PATH_CHOWN))
		return;
	if (node && node->type == NODE_FILE && keepset_keeps(input->keepset, path) &&
	    !unit_is_debris(input->profile, path))
		g_hash_table_add(copies, g_strdup(path));
	parent = existing_parent(input->tree, path, &first);
	if (strcmp(parent, farm) != 0)
		g_hash_table_add(directories, g_steal_pointer(&parent));
}

void units_farm(const struct seal_input *input, struct writable *writable)
{
	g_autoptr(GHashTable) copies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) directories =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const GPtrArray *demanded = input->options->replay_writable;
	g_autoptr(GPtrArray) used = keys_sorted(input->profile->paths);
	g_autoptr(GPtrArray) sorted = NULL;

	for (guint i = 0; i < used->len; i++)
		farm_need(input, writable->path, used->pdata[i],
			  profile_path_classes(input->profile, used->pdata[i]), copies,
			  directories);
	for (guint i = 0; demanded && i < demanded->len; i++)
		farm_need(input, writable->path, demanded->pdata[i], PATH_NONAPPEND, copies,
			  directories);
	sorted = keys_sorted(copies);
	for (guint i = 0; i < sorted->len; i++)
		g_ptr_array_add(writable->copies, g_strdup(sorted->pdata[i]));
	g_ptr_array_unref(sorted);
	sorted = keys_sorted(directories);
	for (guint i = 0; i < sorted->len; i++) {
		const struct node *node = tree_lookup(input->tree, sorted->pdata[i]);

		seal_directory_add(writable->directories, sorted->pdata[i],
				   unit_mode(node ? node->mode : 0755));
	}
}
