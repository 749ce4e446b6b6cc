/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peaks of what is written, found while the application runs: what it writes and removes within one
 * request is gone by the time anybody else looks. A child looks every few milliseconds: how full
 * the memory is (statfs(2), two microseconds), and only when that has changed, where. A file that
 * has no name any more (O_TMPFILE, or removed at once) is looked for among the open descriptors of
 * the sandbox's processes.
 */
#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "sandbox/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PERIOD_MS = 10,
	REST_FACTOR = 4,              /* looking takes at most a fifth of the time */
	NAMELESS_MIN_BYTES = 1 << 20, /* less is not worth a search through /proc */
	STAT_BYTES = 512,
	ANSWER_MAX_BYTES = 64 << 20,
};

static const char deleted[] = " (deleted)";

struct peaks {
	pid_t child;
	int stop_fd;   /* closed to make the child answer */
	int answer_fd; /* lines "BYTES PATH", each ended by a NUL */
};

/* --- in the child -------------------------------------------------------------------------------
 */

struct watch {
	struct sandbox *sandbox;
	GHashTable *peaks; /* char *directory → uint64_t * */
	GArray *memory;    /* int: the memory mounts */
	uint64_t used;     /* in all of them, when last looked at */
};

static uint64_t filesystem_used(int fd)
{
	struct statfs st;

	if (fstatfs(fd, &st) < 0)
		return 0;
	return (uint64_t)(st.f_blocks - st.f_bfree) * (uint64_t)st.f_bsize;
}

static uint64_t all_used(const struct watch *watch)
{
	uint64_t used = filesystem_used(watch->sandbox->upper_fd);

	for (guint i = 0; i < watch->memory->len; i++)
		used += filesystem_used(g_array_index(watch->memory, int, i));
	return used;
}

static void peak_raise(GHashTable *peaks, const char *directory, uint64_t bytes)
{
	uint64_t *peak = g_hash_table_lookup(peaks, directory);

	if (!peak) {
		peak = g_new0(uint64_t, 1);
		g_hash_table_insert(peaks, g_strdup(directory), peak);
	}
	*peak = MAX(*peak, bytes);
}

static void bytes_add(GHashTable *sums, const char *directory, uint64_t bytes)
{
	uint64_t *sum = g_hash_table_lookup(sums, directory);

	peak_raise(sums, directory, (sum ? *sum : 0) + bytes);
}

/* One open descriptor: counted where it is a file without a name, once however often it is open. */
static void nameless_add(int fds, const char *name, GHashTable *seen, GHashTable *sums)
{
	char target[PATH_MAX];
	ssize_t size = readlinkat(fds, name, target, sizeof(target) - 1);
	g_autofree char *key = NULL, *directory = NULL;
	struct stat st;

	if (size <= 0 || target[0] != '/')
		return;
	target[size] = '\0';
	if (!g_str_has_suffix(target, deleted) || fstatat(fds, name, &st, 0) < 0 ||
	    !S_ISREG(st.st_mode) || st.st_nlink != 0)
		return;
	key = g_strdup_printf("%u:%u:%" G_GUINT64_FORMAT, major(st.st_dev), minor(st.st_dev),
			      (uint64_t)st.st_ino);
	if (!g_hash_table_add(seen, g_steal_pointer(&key)))
		return;
	directory = g_path_get_dirname(target);
	bytes_add(sums, directory, (uint64_t)st.st_blocks * STAT_BYTES);
}

static void process_add(int proc_fd, const char *pid, GHashTable *seen, GHashTable *sums)
{
	g_autofree char *path = g_strdup_printf("%s/fd", pid);
	int fd = openat(proc_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (g_ascii_isdigit(entry->d_name[0]))
			nameless_add(dirfd(dir), entry->d_name, seen, sums);
	}
	if (dir)
		closedir(dir);
}

static void nameless_find(const struct watch *watch, GHashTable *sums)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	int proc_fd = openat(watch->sandbox->root_fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = proc_fd < 0 ? NULL : fdopendir(proc_fd);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (g_ascii_isdigit(entry->d_name[0]))
			process_add(dirfd(dir), entry->d_name, seen, sums);
	}
	if (dir)
		closedir(dir);
}

static void watch_look(struct watch *watch)
{
	g_autoptr(GHashTable) now = sandbox_written(watch->sandbox, NULL);
	GHashTableIter iter;
	gpointer directory, bytes;
	uint64_t named = 0;

	if (!now)
		return;
	g_hash_table_iter_init(&iter, now);
	while (g_hash_table_iter_next(&iter, NULL, &bytes))
		named += *(uint64_t *)bytes;
	if (watch->used > named + NAMELESS_MIN_BYTES)
		nameless_find(watch, now);
	g_hash_table_iter_init(&iter, now);
	while (g_hash_table_iter_next(&iter, &directory, &bytes))
		peak_raise(watch->peaks, directory, *(uint64_t *)bytes);
}

static void watch_until_stopped(struct watch *watch, int stop_fd)
{
	struct pollfd p = {.fd = stop_fd, .events = POLLIN};
	int rest_ms = 0;

	while (poll(&p, 1, rest_ms) <= 0) {
		uint64_t used = all_used(watch);
		gint64 start = g_get_monotonic_time();

		rest_ms = PERIOD_MS;
		if (used == watch->used)
			continue;
		watch->used = used;
		watch_look(watch);
		rest_ms += (int)((g_get_monotonic_time() - start) / 1000) * REST_FACTOR;
	}
}

static bool watch_answer(const struct watch *watch, int answer_fd)
{
	g_autoptr(GString) text = g_string_new(NULL);
	GHashTableIter iter;
	gpointer directory, bytes;

	g_hash_table_iter_init(&iter, watch->peaks);
	while (g_hash_table_iter_next(&iter, &directory, &bytes)) {
		g_string_append_printf(text, "%" G_GUINT64_FORMAT " %s", *(uint64_t *)bytes,
				       (char *)directory);
		g_string_append_c(text, '\0');
	}
	return fd_write_all(answer_fd, text->str, text->len, NULL);
}

static void G_GNUC_NORETURN child_main(struct sandbox *sandbox, pid_t parent, int stop_fd,
				       int answer_fd)
{
	struct watch watch = {
		.sandbox = sandbox,
		.peaks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
		.memory = g_array_new(FALSE, FALSE, sizeof(int)),
	};
	int keep[] = {stop_fd, answer_fd, sandbox->root_fd, sandbox->upper_fd};

	/* A terminal's Ctrl-C is thresh's to answer: this ends with it. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	close_all_but(keep, G_N_ELEMENTS(keep));
	if (!die_with_parent(parent))
		_exit(1);
	for (guint i = 0; i < sandbox->memory->len; i++) {
		int fd = fd_open_in_root(sandbox->root_fd, sandbox->memory->pdata[i],
					 O_PATH | O_DIRECTORY, 0, NULL);

		if (fd >= 0)
			g_array_append_val(watch.memory, fd);
	}
	watch_until_stopped(&watch, stop_fd);
	_exit(watch_answer(&watch, answer_fd) ? 0 : 1);
}

/* --- in thresh ----------------------------------------------------------------------------------
 */

struct peaks *peaks_start(struct sandbox *sandbox, GError **error)
{
	pid_t parent = getpid(), child;
	int stop[2], answer[2];
	struct peaks *peaks;

	if (pipe2(stop, O_CLOEXEC) < 0) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: pipe");
		return NULL;
	}
	if (pipe2(answer, O_CLOEXEC) < 0) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: pipe");
		close(stop[0]);
		close(stop[1]);
		return NULL;
	}
	child = fork();
	if (child == 0) {
		close(stop[1]);
		child_main(sandbox, parent, stop[0], answer[1]);
	}
	close(stop[0]);
	close(answer[1]);
	if (child < 0) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "sandbox: fork");
		close(stop[1]);
		close(answer[0]);
		return NULL;
	}
	peaks = g_new0(struct peaks, 1);
	*peaks = (struct peaks){.child = child, .stop_fd = stop[1], .answer_fd = answer[0]};
	return peaks;
}

static GHashTable *answer_read(GBytes *answer)
{
	GHashTable *peaks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	gsize size;
	const char *at = g_bytes_get_data(answer, &size), *end = at + size;

	while (at < end) {
		const char *stop = memchr(at, '\0', (gsize)(end - at));
		char *path;
		guint64 bytes;

		if (!stop)
			break;
		bytes = g_ascii_strtoull(at, &path, 10);
		if (*path == ' ')
			peak_raise(peaks, path + 1, bytes);
		at = stop + 1;
	}
	return peaks;
}

GHashTable *peaks_finish(struct peaks *peaks, GError **error)
{
	g_autoptr(GBytes) answer = NULL;
	GHashTable *found = NULL;
	int status = 0;

	fd_cleanup(&peaks->stop_fd);
	answer = fd_read_all(peaks->answer_fd, ANSWER_MAX_BYTES, "peaks", error);
	fd_cleanup(&peaks->answer_fd);
	while (waitpid(peaks->child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (answer && status != 0)
		error_set(error, THRESH_ERROR_INTERNAL,
			  "sandbox: the process that watches how much is written has died");
	else if (answer)
		found = answer_read(answer);
	g_free(peaks);
	return found;
}
