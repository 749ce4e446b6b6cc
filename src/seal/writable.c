/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writable paths: which directories, from what the application wrote; what fills them; how
 * large.
 *
 * docs/adr/0004-writable-paths.md has the reasons. In short: the directory that was there before
 * the application wrote, as deep as possible; a directory that it made itself where its parent
 * ships something; nothing that an engine or the system owns as a whole.
 */
#include "base/error.h"
#include "base/path.h"
#include "base/sorted.h"
#include "seal/seal_private.h"
#include "seal/units.h"

#include <string.h>

enum {
	SIZE_FACTOR = 4,
	MODE_SHARED = 01777,
};
static const uint64_t size_min_bytes = 64ULL << 20;
static const uint64_t size_max_bytes = 1ULL << 46;
static const uint64_t copy_max_bytes = 16ULL << 20;

static gint compare_writables(gconstpointer a, gconstpointer b)
{
	return strcmp((*(struct writable *const *)a)->path, (*(struct writable *const *)b)->path);
}

/* What the image ships below a writable path and the keep set keeps. */
struct content {
	const struct seal *seal;
	const struct seal_input *input;
	const struct writable *writable;
	uint64_t bytes;
	guint files;            /* all that is no directory, log links included */
	bool code;              /* something that is executed, mapped or loaded */
	bool executable;        /* something that needs a mount without noexec, were it copied */
	GPtrArray *directories; /* struct seal_directory * */
};

static bool content_code(const struct content *content, const struct node *node, const char *path,
			 bool *ret_executable)
{
	uint32_t classes = profile_path_classes(content->input->profile, path);
	bool program;

	*ret_executable = classes & (PATH_EXEC | PATH_MAP_EXEC);
	if (node->type != NODE_FILE)
		return false;
	if (*ret_executable || name_is_code(node->name))
		return true;
	if (!(node->mode & 0111) || !file_is_executable(content->input->tree, node, &program))
		return false;
	*ret_executable = true;
	return true;
}

static bool content_visit(struct node *node, const char *path, void *user)
{
	struct content *content = user;
	bool executable;

	if (!strcmp(path, content->writable->path) || seal_log_link(content->seal, path) ||
	    !keepset_keeps(content->input->keepset, path) ||
	    seal_writable_of(content->seal, path) != content->writable ||
	    unit_is_debris(content->input->profile, path))
		return true;
	if (node->type == NODE_DIRECTORY) {
		seal_directory_add(content->directories, path, unit_mode(node->mode));
		return true;
	}
	content->files++;
	content->bytes += node->size_bytes;
	content->code |= content_code(content, node, path, &executable);
	content->executable |= executable;
	return true;
}

static void content_take(struct content *content)
{
	const struct seal *seal = content->seal;
	struct node *node = tree_lookup(content->input->tree, content->writable->path);

	if (node && node->type == NODE_DIRECTORY)
		node_walk(node, content_visit, content);
	for (guint i = 0; i < seal->log_links->len; i++) {
		const struct log_link *log = seal->log_links->pdata[i];

		content->files += seal_writable_of(seal, log->path) == content->writable;
	}
}

static bool is_system_tree(const char *path)
{
	static const char *const trees[] = {"/etc", "/usr", "/opt", "/bin", "/sbin", "/lib"};

	for (gsize i = 0; i < G_N_ELEMENTS(trees); i++) {
		if (path_is_below(path, trees[i]))
			return true;
	}
	return false;
}

static bool links_allowed(const struct content *content, GError **error)
{
	uint64_t limit = content->input->options->links_max_bytes;

	if (content->bytes <= limit)
		return true;
	return error_set(
		error, THRESH_ERROR_INPUT,
		"%s: the application writes into a directory that holds %" G_GUINT64_FORMAT
		" MiB of its own files, more than the %" G_GUINT64_FORMAT
		" MiB that are mirrored by links; make it persistent with --volume %s, let the "
		"application write elsewhere, or raise writable.links-max in thresh.yaml",
		content->writable->path, content->bytes >> 20, limit >> 20,
		content->writable->path);
}

/* How a path that ships something is filled. Directories alone need no seed: they are made, which
 * also works where an engine has put something into the mount beforehand. */
static bool writable_fill(struct writable *writable, struct content *content, GError **error)
{
	bool links = !writable->volume && (content->code || content->bytes > copy_max_bytes ||
					   is_system_tree(writable->path));

	if (content->files == 0 && (!writable->volume || content->directories->len == 0)) {
		g_ptr_array_unref(writable->directories);
		writable->directories = g_ptr_array_ref(content->directories);
		return true;
	}
	if (links && !links_allowed(content, error))
		return false;
	writable->seed = links ? SEED_LINKS : SEED_COPY;
	writable->exec |= !links && content->executable;
	if (links)
		units_farm(content->input, writable);
	return true;
}

/* The peak below @writable: the sum over its directories (each counts its own files), and never
 * less than the largest file. */
static uint64_t writable_peak(const struct seal *seal, const struct seal_input *input,
			      const struct writable *writable)
{
	uint64_t sum = 0, largest = 0;
	GHashTableIter iter;
	gpointer key, value;

	g_hash_table_iter_init(&iter, input->profile->writable_peaks);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		if (seal_writable_of(seal, key) == writable &&
		    __builtin_add_overflow(sum, *(uint64_t *)value, &sum))
			return size_max_bytes;
	}
	g_hash_table_iter_init(&iter, input->profile->paths);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		const struct path_use *use = value;

		if (use->peak_bytes > largest && seal_writable_of(seal, key) == writable)
			largest = use->peak_bytes;
	}
	return MAX(sum, largest);
}

static uint64_t round_to_power_of_two(uint64_t bytes)
{
	uint64_t power = size_min_bytes;

	while (power < bytes && power < size_max_bytes)
		power <<= 1;
	return power;
}

static void writable_measure(const struct seal *seal, const struct seal_input *input,
			     struct writable *writable, const struct content *content)
{
	const GHashTable *sizes = input->options->sizes;
	const uint64_t *fixed =
		sizes ? g_hash_table_lookup((GHashTable *)sizes, writable->path) : NULL;
	uint64_t peak = MIN(writable_peak(seal, input, writable), size_max_bytes);
	uint64_t seeded = writable->seed == SEED_NONE ? 0 : MIN(content->bytes, size_max_bytes);

	if (writable->volume)
		return;
	/* Seeds are copied into the same memory, so they come on top of what the application needs.
	 */
	writable->size_bytes =
		fixed && *fixed ? *fixed : round_to_power_of_two(SIZE_FACTOR * peak + seeded);
}

static bool writable_exec(const struct seal *seal, const struct seal_input *input,
			  const struct writable *writable)
{
	GHashTableIter iter;
	gpointer key, value;

	g_hash_table_iter_init(&iter, input->profile->paths);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		if ((((const struct path_use *)value)->classes & PATH_EXEC_WRITE) &&
		    seal_writable_of(seal, key) == writable)
			return true;
	}
	return false;
}

static bool writable_finish(struct seal *seal, const struct seal_input *input,
			    struct writable *writable, GError **error)
{
	g_autoptr(GPtrArray) directories =
		g_ptr_array_new_with_free_func((GDestroyNotify)seal_directory_free);
	struct content content = {
		.seal = seal, .input = input, .writable = writable, .directories = directories};

	content_take(&content);
	writable->exec = writable_exec(seal, input, writable);
	if (!writable_fill(writable, &content, error))
		return false;
	writable_measure(seal, input, writable, &content);
	if (writable->exec)
		seal_note(seal, "%s: files written there are executed: mounted without noexec",
			  writable->path);
	if (writable->seed == SEED_LINKS)
		seal_note(seal, "%s: code and written files share this directory: links, and %u %s",
			  writable->path, writable->copies->len,
			  writable->copies->len == 1 ? "copy" : "copies");
	return true;
}

static struct writable *writable_add(struct seal *seal, const struct tree *tree, const char *path,
				     bool volume)
{
	const struct node *node = tree_lookup(tree, path);
	bool directory = node && node->type == NODE_DIRECTORY;
	bool shared =
		!strcmp(path, "/tmp") || !strcmp(path, "/var/tmp") || !strcmp(path, "/dev/shm");
	uint32_t mode = shared ? MODE_SHARED : directory ? unit_mode(node->mode) : 0755;
	struct writable *writable = writable_new(path, mode);

	writable->volume = volume;
	g_ptr_array_add(seal->writables, writable);
	return writable;
}

static bool has_writable(const struct seal *seal, const char *path)
{
	const struct writable *writable = seal_writable_of(seal, path);

	return writable && !strcmp(writable->path, path);
}

/* Where a mount lies deeper than one level below another in memory, the engine makes the
 * directories between them, as root's: the application could not write there, nor init seed them.
 * So they are mounts in their turn. */
static void add_between(struct seal *seal, const struct tree *tree)
{
	for (guint i = 0; i < seal->writables->len; i++) {
		const struct writable *writable = seal->writables->pdata[i];
		g_autofree char *parent = path_parent(writable->path);
		const struct writable *above = seal_writable_of(seal, parent);

		/* What is added here is looked at in its turn. */
		if (above && !above->volume && !has_writable(seal, parent))
			writable_add(seal, tree, parent, false);
	}
}

static void name_seeds(struct seal *seal)
{
	guint number = 0;

	for (guint i = 0; i < seal->writables->len; i++) {
		struct writable *writable = seal->writables->pdata[i];

		if (writable->seed != SEED_NONE)
			writable->seed_path =
				g_strdup_printf("%s/%u", SEAL_SEED_DIRECTORY, number++);
	}
}

static void note_unused_sizes(struct seal *seal, const GHashTable *sizes)
{
	g_autoptr(GPtrArray) keys = sizes ? keys_sorted((GHashTable *)sizes) : NULL;

	for (guint i = 0; keys && i < keys->len; i++) {
		const struct writable *writable = seal_writable_of(seal, keys->pdata[i]);

		if (!writable || strcmp(writable->path, keys->pdata[i]) || writable->volume)
			seal_note(seal, "%s: a size is set for it, but it is no memory mount",
				  (char *)keys->pdata[i]);
	}
}

bool seal_decide_writables(struct seal *seal, const struct seal_input *input, GError **error)
{
	g_autoptr(GHashTable) volumes = units_volumes(input, error);
	g_autoptr(GHashTable) units = NULL;
	g_autoptr(GPtrArray) paths = NULL;

	if (!volumes || !units_logs(seal, input, volumes))
		return false;
	units = units_collect(seal, input, volumes, error);
	if (!units)
		return false;
	paths = keys_sorted(units);
	for (guint i = 0; i < paths->len; i++)
		writable_add(seal, input->tree, paths->pdata[i],
			     g_hash_table_contains(volumes, paths->pdata[i]));
	add_between(seal, input->tree);
	g_ptr_array_sort(seal->writables, compare_writables);
	for (guint i = 0; i < seal->writables->len; i++) {
		if (!writable_finish(seal, input, seal->writables->pdata[i], error))
			return false;
	}
	name_seeds(seal);
	note_unused_sizes(seal, input->options->sizes);
	return true;
}
