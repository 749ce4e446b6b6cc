/* SPDX-License-Identifier: Apache-2.0 */
/* What a program that is kept has read from standard input, as a plan can say it. */
#include "entrypoint/follow.h"

#include "base/fd.h"
#include "base/sorted.h"
#include "entrypoint/input.h"
#include "entrypoint/machine.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_BYTES = 64 };

static GBytes *held_content(struct follow *follow, const char *path)
{
	autosnapshot struct snapshot now = {0};

	if (follow->reads_held >= FOLLOW_HELD_MAX || changes_are_foreign(path))
		return NULL;
	snapshot_take(&follow->reader, path, false, &now);
	if (now.type != SNAPSHOT_FILE || now.size_bytes > FOLLOW_HELD_BYTES)
		return NULL;
	snapshot_clear(&now);
	snapshot_take(&follow->reader, path, true, &now);
	follow->reads_held += now.content != NULL;
	return g_steal_pointer(&now.content);
}

void follow_note_read(struct follow *follow, const char *path)
{
	if (!path || g_hash_table_size(follow->read) >= FOLLOW_READ_MAX ||
	    g_hash_table_contains(follow->read, path))
		return;
	g_hash_table_insert(follow->read, g_strdup(path), held_content(follow, path));
}

static bool is_text(GBytes *content)
{
	gsize bytes;
	const char *data = g_bytes_get_data(content, &bytes);

	return bytes <= FOLLOW_HELD_BYTES && (bytes == 0 || !memchr(data, '\0', bytes));
}

static bool asks_machine(GHashTable *read)
{
	for (gsize i = 0; machine_covers[i]; i += 2)
		if (g_hash_table_contains(read, machine_covers[i]))
			return true;
	return g_hash_table_contains(read, "/etc/resolv.conf") ||
	       g_hash_table_contains(read, MACHINE_HOSTS);
}

void follow_take_reads(struct follow *follow)
{
	g_autoptr(GPtrArray) paths = keys_sorted(follow->read);

	follow->record->asks_machine |= asks_machine(follow->read);

	for (guint i = 0; i < paths->len; i++) {
		GBytes *content = g_hash_table_lookup(follow->read, paths->pdata[i]);
		struct start_script *file;

		if (!content || !is_text(content))
			continue;
		file = g_new0(struct start_script, 1);
		file->path = g_strdup(paths->pdata[i]);
		file->text = g_bytes_ref(content);
		g_ptr_array_add(follow->record->reads, file);
	}
}

/* Whether the descriptor is of a file of the image: one that nobody has touched since the start
 * began. */
static bool is_of_image(const struct follow *follow, int fd, gsize most)
{
	const struct timespec *began = &follow->began;
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= INPUT_FILE_BYTES &&
	       (guint64)st.st_size <= most &&
	       (st.st_ctim.tv_sec < began->tv_sec ||
		(st.st_ctim.tv_sec == began->tv_sec && st.st_ctim.tv_nsec <= began->tv_nsec));
}

/* The file's content, where its first bytes occur in @input; else NULL. */
static GBytes *content_in(const struct follow *follow, const char *path, GBytes *input)
{
	gsize bytes;
	const char *data = g_bytes_get_data(input, &bytes);
	autofd int fd = fd_open_in_root(follow->reader.root_fd, path + strspn(path, "/"),
					O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, NULL);
	char head[HEAD_BYTES];

	if (fd < 0 || !is_of_image(follow, fd, bytes) ||
	    pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head) ||
	    !memmem(data, bytes, head, sizeof(head)))
		return NULL;
	return fd_read_all(fd, bytes, "", NULL);
}

/* The files that were read in this start, and may stand in @input. */
static GPtrArray *files_in(const struct follow *follow, GBytes *input)
{
	GPtrArray *files = g_ptr_array_new_with_free_func((GDestroyNotify)input_file_free);
	GHashTableIter iter;
	gpointer path;

	g_hash_table_iter_init(&iter, follow->read);
	while (g_hash_table_iter_next(&iter, &path, NULL)) {
		g_autoptr(GBytes) content =
			input_path_is_fit(path) ? content_in(follow, path, input) : NULL;

		if (content)
			g_ptr_array_add(files, input_file_new(path, content));
	}
	return files;
}

/* What it read, now that it has ended or the start is over. */
static GBytes *raw_input(struct follow *follow, struct program *program)
{
	struct pipe_content *content;

	if (program->input_fd >= 0) {
		if (lseek(program->input_fd, (off_t)program->input_at, SEEK_SET) < 0)
			return NULL;
		return fd_read_all(program->input_fd, FOLLOW_PIPE_MAX_BYTES, "", NULL);
	}
	content = follow_pipe(follow, program->input_pipe);
	return content->incomplete ? NULL : g_bytes_new(content->data->data, content->data->len);
}

static GBytes *input_of(struct follow *follow, struct program *program)
{
	g_autoptr(GBytes) raw = raw_input(follow, program);
	g_autoptr(GPtrArray) files = NULL;

	if (!raw || g_bytes_get_size(raw) <= INPUT_REFER_BYTES)
		return g_steal_pointer(&raw);
	files = files_in(follow, raw);
	return input_refer(raw, files);
}

void follow_settle_input(struct follow *follow, struct program *program)
{
	bool has_input = program->input_fd >= 0 || program->input_pipe != 0;

	program->step->input = has_input ? input_of(follow, program) : NULL;
	program->step->input_unknown = has_input && !program->step->input;
}

/* --- pipes --- */

uint64_t pipe_inode(const char *link)
{
	return g_str_has_prefix(link, "pipe:[") ? g_ascii_strtoull(link + 6, NULL, 10) : 0;
}

struct pipe_content *follow_pipe(struct follow *follow, uint64_t inode)
{
	gint64 key = (gint64)inode;
	struct pipe_content *content = g_hash_table_lookup(follow->pipes, &key);

	if (!content) {
		content = g_new0(struct pipe_content, 1);
		content->data = g_byte_array_new();
		g_hash_table_insert(follow->pipes, g_memdup2(&key, sizeof(key)), content);
	}
	return content;
}
