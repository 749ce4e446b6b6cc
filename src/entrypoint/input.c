/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/input.h"

#include "base/path.h"

#include <string.h>

enum { REFERENCE_BEGIN = '\002', REFERENCE_END = '\003', PIECE_BYTES = 8 << 10 };

struct input_file *input_file_new(const char *path, GBytes *content)
{
	struct input_file *file = g_new0(struct input_file, 1);

	file->path = g_strdup(path);
	file->content = g_bytes_ref(content);
	return file;
}

void input_file_free(struct input_file *file)
{
	g_free(file->path);
	g_bytes_unref(file->content);
	g_free(file);
}

bool input_path_is_fit(const char *path)
{
	static const char *const fleeting[] = {"/tmp",  "/var/tmp", "/run", "/var/run",
					       "/proc", "/sys",     "/dev", NULL};

	for (const char *const *directory = fleeting; *directory; directory++)
		if (path_is_below(path, *directory))
			return false;
	for (const char *p = path; *p; p++)
		if (!g_ascii_isgraph(*p) || *p == '$')
			return false;
	return true;
}

/* The longest first; of equal ones the first by name. */
static gint compare_files(gconstpointer a, gconstpointer b)
{
	const struct input_file *left = *(struct input_file *const *)a;
	const struct input_file *right = *(struct input_file *const *)b;
	gsize left_bytes = g_bytes_get_size(left->content);
	gsize right_bytes = g_bytes_get_size(right->content);

	if (left_bytes != right_bytes)
		return left_bytes < right_bytes ? 1 : -1;
	return strcmp(left->path, right->path);
}

static const struct input_file *file_at(const GPtrArray *files, const char *at, gsize left)
{
	for (guint i = 0; i < files->len; i++) {
		const struct input_file *file = files->pdata[i];
		gsize bytes;
		const char *content = g_bytes_get_data(file->content, &bytes);

		if (bytes >= INPUT_FILE_BYTES && bytes <= left && memcmp(at, content, bytes) == 0)
			return file;
	}
	return NULL;
}

static bool is_text(const GByteArray *bytes, gsize from)
{
	for (gsize i = from; i < bytes->len; i++)
		if (bytes->data[i] == REFERENCE_BEGIN || bytes->data[i] == REFERENCE_END)
			return false;
	return true;
}

static void reference_add(GByteArray *text, const char *path)
{
	const guint8 begin = REFERENCE_BEGIN, end = REFERENCE_END;

	g_byte_array_append(text, &begin, 1);
	g_byte_array_append(text, (const guint8 *)path, (guint)strlen(path));
	g_byte_array_append(text, &end, 1);
}

GBytes *input_refer(GBytes *raw, GPtrArray *files)
{
	gsize bytes;
	const char *at = g_bytes_get_data(raw, &bytes);
	const char *end = at + bytes;
	g_autoptr(GByteArray) text = g_byte_array_new();

	g_ptr_array_sort(files, compare_files);
	while (at < end) {
		const struct input_file *file = file_at(files, at, (gsize)(end - at));
		const char *newline = file ? NULL : memchr(at, '\n', (gsize)(end - at));
		const char *next = newline ? newline + 1 : end;
		guint from = text->len;

		if (file) {
			reference_add(text, file->path);
			at += g_bytes_get_size(file->content);
			continue;
		}
		g_byte_array_append(text, (const guint8 *)at, (guint)(next - at));
		if (!is_text(text, from))
			return NULL;
		at = next;
	}
	return g_byte_array_free_to_bytes(g_steal_pointer(&text));
}

/* Where a piece of text ends: whole lines, where it has any. */
static gsize piece_bytes(const char *at)
{
	gsize bytes = strcspn(at, "\002");
	const char *newline;

	if (bytes <= PIECE_BYTES)
		return bytes;
	newline = memrchr(at, '\n', PIECE_BYTES);
	if (!newline)
		newline = memchr(at, '\n', bytes);
	return newline ? (gsize)(newline - at) + 1 : bytes;
}

bool input_next(const char **at, struct input_piece *ret_piece)
{
	const char *text = *at;
	gsize bytes;

	if (!*text)
		return false;
	ret_piece->is_file = *text == REFERENCE_BEGIN;
	text += ret_piece->is_file;
	bytes = ret_piece->is_file ? strcspn(text, "\003") : piece_bytes(text);
	ret_piece->text = g_strndup(text, bytes);
	text += bytes;
	*at = text + (ret_piece->is_file && *text != '\0');
	return true;
}

bool input_refers(const char *text)
{
	return strchr(text, REFERENCE_BEGIN) != NULL;
}
