/* SPDX-License-Identifier: Apache-2.0 */
#include "init/content.h"

#include "init/arena.h"
#include "init/expand.h"
#include "init/init.h"
#include "init/launch.h"
#include "plan/glob.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_MAX = 40, FILE_MAX = 1 << 20, MODE_KEPT = -1, APPEND_MODE = 0644 };

struct content {
	const struct plan *plan;
	const struct plan_directive *directive;
	const char *path;
	const char *text;
	size_t bytes;
	int mode; /* or MODE_KEPT */
};

static noreturn void content_fail(const struct content *content, int error)
{
	init_fail_path(content->directive, content->path, error);
}

static void text_write(const struct content *content, int fd)
{
	for (size_t done = 0; done < content->bytes;) {
		ssize_t n = write(fd, content->text + done, content->bytes - done);

		if (n < 0)
			content_fail(content, errno);
		done += (size_t)n;
	}
}

/* A symlink's text seen from where it lies, in the place of the link's own path. */
static bool link_follow(const struct content *content, char target[static PATH_MAX])
{
	char text[PATH_MAX];
	ssize_t bytes = readlink(target, text, sizeof(text));
	size_t above;

	if (bytes < 0)
		return false;
	above = *text == '/' ? 0 : (size_t)(strrchr(target, '/') + 1 - target);
	if (above + (size_t)bytes >= PATH_MAX)
		content_fail(content, ENAMETOOLONG);
	memcpy(target + above, text, (size_t)bytes);
	target[above + (size_t)bytes] = '\0';
	return true;
}

int content_parent_open(const char *path, int flags, const char **ret_name)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t bytes = slash == path ? 1 : (size_t)(slash - path);

	memcpy(parent, path, bytes);
	parent[bytes] = '\0';
	*ret_name = slash + 1;
	return open(parent, flags | O_DIRECTORY | O_CLOEXEC);
}

void content_new_name(char ret_name[static CONTENT_NAME_BYTES])
{
	static const char prefix[] = ".thresh-";
	uint64_t number = 0;

	(void)!getrandom(&number, sizeof(number), 0);
	memcpy(ret_name, prefix, sizeof(prefix));
	for (size_t i = sizeof(prefix) - 1; i < CONTENT_NAME_BYTES - 8; i++, number >>= 4)
		ret_name[i] = "0123456789abcdef"[number & 15];
	ret_name[CONTENT_NAME_BYTES - 8] = '\0';
}

static void in_place_write(const struct content *content, const char *target)
{
	mode_t mode = content->mode == MODE_KEPT ? APPEND_MODE : (mode_t)content->mode;
	int fd = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, mode);
	struct stat status;

	if (fd < 0)
		content_fail(content, errno);
	text_write(content, fd);
	if (content->mode != MODE_KEPT && fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		(void)fchmod(fd, mode);
	close(fd);
}

/* @old: what is replaced, or NULL. The owner first: changing it takes set-id bits away. */
static void attributes_give(const struct content *content, int fd, const struct stat *old)
{
	mode_t mode = content->mode == MODE_KEPT ? old->st_mode & 07777 : (mode_t)content->mode;

	if (old)
		(void)!fchown(fd, old->st_uid, old->st_gid);
	else
		init_owner_give(content->plan, fd, "");
	if (fchmod(fd, mode) < 0)
		content_fail(content, errno);
}

/* Whether it could be done. */
static bool beside_write(const struct content *content, const char *target, const struct stat *old)
{
	char name[CONTENT_NAME_BYTES];
	const char *base;
	int parent = content_parent_open(target, O_PATH, &base);
	bool done;
	int fd;

	if (parent < 0)
		content_fail(content, errno);
	content_new_name(name);
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0) {
		text_write(content, fd);
		attributes_give(content, fd, old);
		close(fd);
	}
	done = fd >= 0 && renameat(parent, name, parent, base) == 0;
	if (fd >= 0 && !done)
		(void)unlinkat(parent, name, 0);
	close(parent);
	return done;
}

static void content_replace(const struct content *content)
{
	char target[PATH_MAX];
	struct stat old;
	int links = 0;
	bool exists;

	strcpy(target, content->path); /* clean: below PATH_MAX */
	while ((exists = lstat(target, &old) == 0) && S_ISLNK(old.st_mode)) {
		if (++links > LINKS_MAX)
			content_fail(content, ELOOP);
		if (!link_follow(content, target))
			content_fail(content, errno);
	}
	if ((exists && !S_ISREG(old.st_mode)) ||
	    !beside_write(content, target, exists ? &old : NULL))
		in_place_write(content, target);
}

char *content_read(const struct plan_directive *directive, const char *path, size_t most,
		   size_t *ret_bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	size_t mark = arena_mark();
	char *text = arena_take(most + 2);
	size_t bytes = 0;

	if (fd < 0)
		init_fail_path(directive, path, errno);
	while (bytes <= most) {
		ssize_t n = read(fd, text + bytes, most + 1 - bytes);

		if (n < 0)
			init_fail_path(directive, path, errno);
		if (n == 0)
			break;
		bytes += (size_t)n;
	}
	close(fd);
	if (bytes > most)
		init_fail_path(directive, path, EFBIG);
	text[bytes] = '\0';
	arena_release(mark);
	*ret_bytes = bytes;
	return arena_take(bytes + 1);
}

static void content_append(const struct content *content)
{
	int flags = O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC;
	int fd = open(content->path, flags | O_CREAT | O_EXCL, APPEND_MODE & ~launch_umask);

	if (fd >= 0)
		init_owner_give(content->plan, fd, "");
	else if (errno == EEXIST)
		fd = open(content->path, flags | O_CREAT, APPEND_MODE & ~launch_umask);
	if (fd < 0)
		content_fail(content, errno);
	text_write(content, fd);
	if (close(fd) < 0)
		content_fail(content, errno);
}

static const char *blanks_skip(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

/* Whether the line up to @end is about @key: blanks, `#`, blanks, KEY, blanks, SEPARATOR. */
static bool line_has_key(const char *p, const char *end, const char *key, const char *separator)
{
	size_t key_bytes = strlen(key);
	size_t bytes = strlen(separator);

	p = blanks_skip(p, end);
	if (p < end && *p == '#')
		p = blanks_skip(p + 1, end);
	if ((size_t)(end - p) < key_bytes || memcmp(p, key, key_bytes) != 0)
		return false;
	p += key_bytes;
	if ((size_t)(end - p) >= bytes && memcmp(p, separator, bytes) == 0)
		return true;
	p = blanks_skip(p, end);
	return (size_t)(end - p) >= bytes && memcmp(p, separator, bytes) == 0;
}

static const char *line_find(const char *text, const char *end, const char *key,
			     const char *separator)
{
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline ? newline : end;

		if (line_has_key(text, line_end, key, separator))
			return text;
		text = newline ? newline + 1 : end;
	}
	return end;
}

/* What the file holds becomes content->text, where that is anything else than @text. */
static void content_change(struct content *content, const char *text, size_t bytes)
{
	content->bytes = arena_end(content->text);
	if (content->bytes != bytes || memcmp(content->text, text, bytes) != 0)
		content_replace(content);
}

static bool line_matches(const struct plan_directive *directive, const char *line)
{
	const char *pattern = plan_word(directive, 2);

	for (size_t i = 2; i < directive->count; i++, pattern = plan_word_next(pattern)) {
		if (plan_glob_match(pattern, line))
			return true;
	}
	return false;
}

static void line_check(const struct content *content, const char *line)
{
	if (strpbrk(line, "\r\n"))
		init_fail_why(content->directive, EXIT_INIT, content->path,
			      "the value is more than a line");
}

/* Lines that match become the text (`replace`, `ensure`); where none does, it is added (`ensure`,
 * `complete`). */
static void content_lines(struct content *content)
{
	const struct plan_directive *directive = content->directive;
	const char *value = expand(plan_word(directive, 1));
	size_t bytes;
	char *text = content_read(directive, content->path, FILE_MAX, &bytes);
	char *end = text + bytes;
	bool found = false;

	line_check(content, value);
	content->text = arena_begin();
	for (char *line = text; line < end;) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		char *next = newline ? newline : end;
		bool matches;

		*next = '\0';
		matches = line_matches(directive, line);
		found |= matches;
		if (matches && directive->kind != PLAN_COMPLETE)
			arena_add(value, strlen(value));
		else
			arena_add(line, (size_t)(next - line));
		if (newline) {
			*newline = '\n';
			arena_add("\n", 1);
		}
		line = next + 1;
	}
	if (!found && directive->kind != PLAN_REPLACE) {
		if (bytes > 0 && end[-1] != '\n')
			arena_add("\n", 1);
		arena_add(value, strlen(value));
		arena_add("\n", 1);
	}
	content_change(content, text, bytes);
}

static void content_edit(struct content *content)
{
	const char *key = plan_word(content->directive, 1);
	const char *separator = plan_word_next(key);
	const char *value = expand(plan_word_next(separator));
	size_t bytes;
	const char *text = content_read(content->directive, content->path, FILE_MAX, &bytes);
	const char *end = text + bytes;
	const char *line = line_find(text, end, key, separator);
	const char *rest = memchr(line, '\n', (size_t)(end - line));

	line_check(content, value);
	content->text = arena_begin();
	arena_add(text, (size_t)(line - text));
	if (line == end && line > text && line[-1] != '\n')
		arena_add("\n", 1);
	arena_add(key, strlen(key));
	arena_add(separator, strlen(separator));
	arena_add(value, strlen(value));
	if (rest)
		arena_add(rest, (size_t)(end - rest));
	else
		arena_add("\n", 1);
	content_change(content, text, bytes);
}

void content_write(const struct plan *plan, const struct plan_directive *directive)
{
	const char *second = plan_word(directive, 1);
	struct content content = {plan, directive, NULL, NULL, 0, MODE_KEPT};
	uint32_t mode = 0;

	content.path = expand_path(directive, directive->words);
	if (directive->kind == PLAN_EDIT) {
		content_edit(&content);
		return;
	}
	if (directive->kind >= PLAN_REPLACE && directive->kind <= PLAN_COMPLETE) {
		content_lines(&content);
		return;
	}
	if (directive->kind == PLAN_APPEND) {
		content.text = expand(second);
		content.bytes = strlen(content.text);
		content_append(&content);
		return;
	}
	if (plan_octal(second, 07777, &mode))
		content.mode = (int)mode;
	content.text = plan_word_next(second);
	if (directive->kind == PLAN_TEMPLATE) {
		content.text = content_read(directive, content.text, FILE_MAX, &content.bytes);
		content.text = expand_file(content.text, content.bytes, &content.bytes);
	} else {
		content.text = expand(content.text);
		content.bytes = strlen(content.text);
	}
	content_replace(&content);
}
