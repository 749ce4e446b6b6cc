/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cleanup.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

/* Written by the worker, read by the guardian: '+' or '-', path, NUL; at most PIPE_BUF at once. */
static int registry_fd = -1;

static volatile sig_atomic_t guardian_signal;
static volatile pid_t guardian_child;

static void guardian_handle(int signal)
{
	guardian_signal = signal;
	if (guardian_child > 0)
		kill(guardian_child, SIGKILL);
}

static void registry_apply(GHashTable *paths, GByteArray *pending)
{
	guint8 *end;

	while (pending->len > 0 && (end = memchr(pending->data, '\0', pending->len))) {
		const char *entry = (const char *)pending->data;

		if (entry[0] == '+')
			g_hash_table_add(paths, g_strdup(entry + 1));
		else
			g_hash_table_remove(paths, entry + 1);
		g_byte_array_remove_range(pending, 0, (guint)(end - pending->data) + 1);
	}
}

/* Ends when the worker and all that inherited the pipe have closed it. */
static GHashTable *registry_read(int fd)
{
	GHashTable *paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GByteArray) pending = g_byte_array_new();
	guint8 chunk[PIPE_BUF];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return paths;
		g_byte_array_append(pending, chunk, (guint)n);
		registry_apply(paths, pending);
	}
}

static void registry_remove(GHashTable *paths)
{
	GHashTableIter iter;
	gpointer path;

	g_hash_table_iter_init(&iter, paths);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		fd_remove_tree(AT_FDCWD, path, NULL);
}

static void guardian_run(pid_t child, int fd)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction action = {.sa_handler = guardian_handle};
	GHashTable *paths;
	int status = 0;

	guardian_child = child;
	for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
		sigaction(signals[i], &action, NULL);
	paths = registry_read(fd);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	guardian_child = 0;
	registry_remove(paths);
	if (guardian_signal)
		_exit(128 + guardian_signal);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

void cleanup_guard(void)
{
	pid_t guardian = getpid();
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return;
	child = fork();
	if (child < 0) {
		close(fds[0]);
		close(fds[1]);
		return;
	}
	if (child > 0) {
		close(fds[1]);
		guardian_run(child, fds[0]);
	}
	close(fds[0]);
	registry_fd = fds[1];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != guardian)
		_exit(128 + SIGKILL);
	/* The terminal signals the whole group: the guardian decides what an interrupt means. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
}

static void registry_write(char sign, const char *path)
{
	g_autofree char *entry = g_strdup_printf("%c%s", sign, path);
	size_t size = strlen(entry) + 1;

	if (registry_fd < 0 || size > PIPE_BUF)
		return;
	while (write(registry_fd, entry, size) < 0 && errno == EINTR)
		;
}

void cleanup_add(const char *path)
{
	registry_write('+', path);
}

void cleanup_done(const char *path)
{
	registry_write('-', path);
}

static void remove_stale(const char *parent, const char *prefix)
{
	autofd int parent_fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = opendir(parent);
	struct dirent *entry;

	while (dir && parent_fd >= 0 && (entry = readdir(dir))) {
		autofd int fd = -1;

		if (!g_str_has_prefix(entry->d_name, prefix))
			continue;
		fd = openat(parent_fd, entry->d_name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			fd_remove_tree(parent_fd, entry->d_name, NULL);
	}
	if (dir)
		closedir(dir);
}

/* Answers false without an error where a sibling took the new directory for a stale one, in the
 * moment between mkdir and flock. */
static bool directory_make(const char *path, int *ret_fd, GError **error)
{
	autofd int fd = -1;

	if (mkdir(path, 0700) < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return false;
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "%s: lock", path);
	if (access(path, F_OK) < 0)
		return false;
	*ret_fd = fd_steal(&fd);
	return true;
}

char *cleanup_directory(const char *parent, const char *prefix, int *ret_fd, GError **error)
{
	remove_stale(parent, prefix);
	for (int tries = 0; tries < 64; tries++) {
		g_autofree char *name = NULL;
		g_autofree char *path = NULL;
		g_autoptr(GError) failure = NULL;
		guint32 number = 0;

		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			number = g_random_int();
		name = g_strdup_printf("%s%d-%08x", prefix, (int)getpid(), number);
		path = path_join(parent, name);
		cleanup_add(path);
		if (directory_make(path, ret_fd, &failure))
			return g_steal_pointer(&path);
		cleanup_done(path);
		if (failure) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return NULL;
		}
	}
	error_set(error, THRESH_ERROR_INTERNAL, "%s: cannot make a directory there", parent);
	return NULL;
}

void cleanup_directory_remove(const char *path, int *fd)
{
	fd_remove_tree(AT_FDCWD, path, NULL);
	cleanup_done(path);
	fd_cleanup(fd);
}
