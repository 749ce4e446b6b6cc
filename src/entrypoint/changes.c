/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/changes.h"

#include "base/error.h"
#include "base/path.h"
#include "base/sorted.h"

#include <string.h>

struct change {
	struct snapshot before, after;
	bool dirty;   /* after is not read yet */
	bool content; /* its content may have changed */
	char *writer; /* a program that changed it; NULL: none is known */
};

static void change_free(void *data)
{
	struct change *change = data;

	snapshot_clear(&change->before);
	snapshot_clear(&change->after);
	g_free(change->writer);
	g_free(change);
}

struct changes *changes_new(void)
{
	struct changes *changes = g_new0(struct changes, 1);

	changes->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, change_free);
	return changes;
}

void changes_free(struct changes *changes)
{
	if (!changes)
		return;
	g_hash_table_unref(changes->by_path);
	g_free(changes);
}

static uint64_t content_bytes(const struct snapshot *snapshot)
{
	return snapshot->content ? g_bytes_get_size(snapshot->content) : 0;
}

bool changes_are_foreign(const char *path)
{
	return path_is_below(path, "/proc") || path_is_below(path, "/sys") ||
	       (path_is_below(path, "/dev") && !path_is_below(path, "/dev/shm"));
}

bool changes_touch(struct changes *changes, const struct snapshot_reader *reader, const char *path,
		   enum touch touch)
{
	struct change *change;

	if (changes_are_foreign(path))
		return true;
	change = g_hash_table_lookup(changes->by_path, path);
	if (!change) {
		if (g_hash_table_size(changes->by_path) >= CHANGES_MAX_PATHS)
			return false;
		change = g_new0(struct change, 1);
		snapshot_take(reader, path, touch == TOUCH_CONTENT, &change->before);
		changes->bytes += content_bytes(&change->before);
		g_hash_table_insert(changes->by_path, g_strdup(path), change);
	} else if (touch == TOUCH_CONTENT && !change->content &&
		   change->before.type == SNAPSHOT_FILE && !change->before.content &&
		   !change->after.content) {
		struct snapshot now;

		/* Only its attributes have been touched until now. */
		snapshot_take(reader, path, true, &now);
		if (now.type == SNAPSHOT_FILE)
			change->before.content = g_steal_pointer(&now.content);
		changes->bytes += content_bytes(&change->before);
		snapshot_clear(&now);
	}
	change->content |= touch != TOUCH_ATTRIBUTES;
	change->dirty = true;
	return true;
}

void changes_capture(struct changes *changes, const struct snapshot_reader *reader)
{
	GHashTableIter iter;
	gpointer path, value;

	g_hash_table_iter_init(&iter, changes->by_path);
	while (g_hash_table_iter_next(&iter, &path, &value)) {
		struct change *change = value;

		if (!change->dirty)
			continue;
		changes->bytes -= content_bytes(&change->after);
		snapshot_clear(&change->after);
		/* Beyond the bound nothing is held any more: whoever asks for it then fails. */
		snapshot_take(reader, path, change->content && changes->bytes <= CHANGES_MAX_BYTES,
			      &change->after);
		changes->bytes += content_bytes(&change->after);
		change->dirty = false;
	}
}

static void change_replace_after(struct change *change, struct change *later)
{
	snapshot_clear(&change->after);
	change->after = later->after;
	later->after = (struct snapshot){0};
	change->dirty = later->dirty;
	/* A content that was read by the later one alone, before anybody changed it. */
	if (!change->content && later->content && !change->before.content &&
	    later->before.content && change->before.type == SNAPSHOT_FILE)
		change->before.content = g_bytes_ref(later->before.content);
	change->content |= later->content;
	g_free(change->writer);
	change->writer = g_steal_pointer(&later->writer);
}

void changes_name_writer(struct changes *changes, const char *program)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, changes->by_path);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct change *change = value;

		if (!change->writer)
			change->writer = g_strdup(program);
	}
}

void changes_absorb(struct changes *changes, struct changes *later, bool fresh)
{
	GHashTableIter iter;
	gpointer path, value;

	g_hash_table_iter_init(&iter, later->by_path);
	while (g_hash_table_iter_next(&iter, &path, &value)) {
		struct change *change = g_hash_table_lookup(changes->by_path, path);
		struct change *from = value;

		from->dirty |= fresh;
		if (change) {
			change_replace_after(change, from);
			g_hash_table_iter_remove(&iter);
		} else {
			g_hash_table_iter_steal(&iter);
			g_hash_table_insert(changes->by_path, path, from);
		}
	}
	changes->bytes += later->bytes;
	later->bytes = 0;
}

/* --- what they come to --- */

/* A file whose content nobody set out to change has the one it had. */
static bool content_differs(const struct change *change)
{
	if (change->before.type != change->after.type)
		return true;
	if (change->after.type != SNAPSHOT_FILE && change->after.type != SNAPSHOT_SYMLINK)
		return false;
	return change->content && !snapshot_same_content(&change->before, &change->after);
}

static bool parent_is_gone(const struct changes *changes, const char *path)
{
	g_autofree char *parent = path_parent(path);
	const struct change *change = g_hash_table_lookup(changes->by_path, parent);

	return change && change->before.type == SNAPSHOT_DIRECTORY &&
	       change->after.type != SNAPSHOT_DIRECTORY;
}

static void weigh(const struct changes *changes, const char *path, const struct change *change,
		  struct changes_weight *weight)
{
	const struct snapshot *before = &change->before, *after = &change->after;

	if (after->type == SNAPSHOT_OTHER && before->type != SNAPSHOT_OTHER)
		weight->special = path;
	if (after->type == SNAPSHOT_ABSENT) {
		weight->removed +=
			before->type != SNAPSHOT_ABSENT && !parent_is_gone(changes, path);
	} else if (content_differs(change)) {
		weight->contents++;
		weight->bytes += after->size_bytes;
		if (after->type == SNAPSHOT_FILE && !after->content)
			weight->oversize = path;
	} else if (before->mode != after->mode || before->uid != after->uid ||
		   before->gid != after->gid) {
		weight->attributes++;
	}
}

struct changes_weight changes_weigh(const struct changes *changes)
{
	struct changes_weight weight = {0};
	GHashTableIter iter;
	gpointer path, value;

	g_hash_table_iter_init(&iter, changes->by_path);
	while (g_hash_table_iter_next(&iter, &path, &value))
		weigh(changes, path, value, &weight);
	return weight;
}

/* --- as steps --- */

static struct start_step *step_add(GPtrArray *steps, enum start_kind kind, const char *path,
				   const struct snapshot *state)
{
	struct start_step *step = g_new0(struct start_step, 1);

	step->kind = kind;
	step->path = g_strdup(path);
	step->mode = state->mode;
	step->uid = state->uid;
	step->gid = state->gid;
	g_ptr_array_add(steps, step);
	return step;
}

/* What was added to the content, or NULL where it does not begin with what was there. */
static GBytes *appended(const struct change *change)
{
	gsize old_size, new_size;
	const uint8_t *old, *new;

	if (change->before.type != SNAPSHOT_FILE || !change->before.content)
		return NULL;
	old = g_bytes_get_data(change->before.content, &old_size);
	new = g_bytes_get_data(change->after.content, &new_size);
	if (old_size == 0 || new_size <= old_size || memcmp(old, new, old_size) != 0)
		return NULL;
	return g_bytes_new_from_bytes(change->after.content, old_size, new_size - old_size);
}

static bool file_step(GPtrArray *steps, const char *path, const struct change *change,
		      GError **error)
{
	g_autoptr(GBytes) added = NULL;
	struct start_step *step;

	if (!change->after.content) {
		g_autofree char *quoted = error_quote(path);

		return error_set(
			error, THRESH_ERROR_INPUT,
			"%s: the start script made or changed it, and with %" G_GUINT64_FORMAT
			" bytes it is more than a plan can hold (%d a file, %d together): "
			"ship the file in the image, or let a program of the image make it",
			quoted, change->after.size_bytes, SNAPSHOT_MAX_BYTES, CHANGES_MAX_BYTES);
	}
	added = appended(change);
	step = step_add(steps, added ? START_APPEND : START_FILE, path, &change->after);
	step->content = g_bytes_ref(added ? added : change->after.content);
	if (change->before.type == SNAPSHOT_FILE && change->before.content)
		step->before = g_bytes_ref(change->before.content);
	step->writer = g_strdup(change->writer);
	return true;
}

static void attribute_steps(GPtrArray *steps, const char *path, const struct change *change)
{
	const struct snapshot *before = &change->before, *after = &change->after;

	if (before->uid != after->uid || before->gid != after->gid)
		step_add(steps, START_OWNER, path, after);
	if (before->mode != after->mode && after->type != SNAPSHOT_SYMLINK)
		step_add(steps, START_MODE, path, after);
}

static bool made_step(GPtrArray *steps, const char *path, const struct change *change,
		      GError **error)
{
	switch (change->after.type) {
	case SNAPSHOT_DIRECTORY:
		step_add(steps, START_DIRECTORY, path, &change->after);
		return true;
	case SNAPSHOT_SYMLINK:
		step_add(steps, START_SYMLINK, path, &change->after)->content =
			g_bytes_ref(change->after.content);
		return true;
	case SNAPSHOT_FILE:
		return file_step(steps, path, change, error);
	default: {
		g_autofree char *quoted = error_quote(path);

		return error_set(error, THRESH_ERROR_INPUT,
				 "%s: the start script made a socket, pipe or device, which a plan "
				 "cannot: let the application make it",
				 quoted);
	}
	}
}

static bool change_steps(const struct changes *changes, GPtrArray *steps, const char *path,
			 const struct change *change, GError **error)
{
	const struct snapshot *before = &change->before, *after = &change->after;
	const struct start_step *made;

	if (after->type == SNAPSHOT_ABSENT) {
		if (before->type != SNAPSHOT_ABSENT && !parent_is_gone(changes, path))
			step_add(steps, START_REMOVE, path, before);
		return true;
	}
	if (!content_differs(change)) {
		attribute_steps(steps, path, change);
		return true;
	}
	if (before->type != SNAPSHOT_ABSENT &&
	    (before->type != after->type || after->type == SNAPSHOT_SYMLINK))
		step_add(steps, START_REMOVE, path, before);
	if (!made_step(steps, path, change, error))
		return false;
	made = steps->pdata[steps->len - 1];
	if (made->kind == START_APPEND) /* of which the content alone is taken */
		attribute_steps(steps, path, change);
	return true;
}

bool changes_append_steps(const struct changes *changes, GPtrArray *steps, GError **error)
{
	g_autoptr(GPtrArray) paths = keys_sorted(changes->by_path);

	for (guint i = 0; i < paths->len; i++) {
		const char *path = paths->pdata[i];

		if (!change_steps(changes, steps, path, g_hash_table_lookup(changes->by_path, path),
				  error))
			return false;
	}
	return true;
}
