/* SPDX-License-Identifier: Apache-2.0 */
#include "traced.h"

#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

static enum node_type type_of(const struct stat *state)
{
	if (S_ISDIR(state->st_mode))
		return NODE_DIRECTORY;
	if (S_ISLNK(state->st_mode))
		return NODE_SYMLINK;
	return S_ISREG(state->st_mode) ? NODE_FILE : NODE_FIFO;
}

static void add_host_path(struct tree *tree, const char *path)
{
	struct stat state;
	struct node *node;

	if (lstat(path, &state) != 0)
		return;
	if (strcmp(path, "/") != 0) {
		g_autofree char *parent = path_parent(path);

		if (!tree_lookup(tree, parent))
			add_host_path(tree, parent);
		node = tree_lookup(tree, path);
		if (!node)
			node = tree_add(tree, path, type_of(&state), NULL);
		g_assert_nonnull(node);
		node->mode = state.st_mode & 07777;
		node->size_bytes = S_ISREG(state.st_mode) ? (uint64_t)state.st_size : 0;
		if (node->type == NODE_SYMLINK && !node->target) {
			char target[4096];
			ssize_t bytes = readlink(path, target, sizeof(target) - 1);

			g_assert_cmpint(bytes, >, 0);
			node->target = g_strndup(target, (gsize)bytes);
		}
	}
}

static void add_host_tree(struct tree *tree, const char *path)
{
	DIR *directory;
	struct dirent *entry;
	struct stat state;

	add_host_path(tree, path);
	if (lstat(path, &state) != 0 || !S_ISDIR(state.st_mode))
		return;
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		g_autofree char *child = path_join(path, entry->d_name);

		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			add_host_tree(tree, child);
	}
	if (directory)
		closedir(directory);
}

struct tree *host_tree(const char *const *paths)
{
	struct tree *tree = tree_new();

	tree->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (; *paths; paths++)
		add_host_tree(tree, *paths);
	return tree;
}

static void child_main(const struct sock_fprog *filter, traced_child child, void *user, int tell,
		       int go)
{
	int listener;
	char byte;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		_exit(101);
	listener = (int)syscall(
		SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, filter);
	/* read, write and close are never notified: nobody answers yet */
	if (write(tell, &listener, sizeof(listener)) != sizeof(listener) || listener < 0 ||
	    read(go, &byte, 1) != 1)
		_exit(102);
	close(listener);
	child(user);
	_exit(103);
}

pid_t traced_fork(const struct sock_fprog *filter, traced_child child, void *user,
		  int *ret_listener, int *ret_go)
{
	int tell[2], go[2], number = -1, process;
	pid_t pid;

	g_assert_cmpint(pipe2(tell, O_CLOEXEC), ==, 0);
	g_assert_cmpint(pipe2(go, O_CLOEXEC), ==, 0);
	pid = fork();
	g_assert_cmpint(pid, >=, 0);
	if (pid == 0)
		child_main(filter, child, user, tell[1], go[0]);
	close(tell[1]);
	close(go[0]);
	*ret_listener = -1;
	if (read(tell[0], &number, sizeof(number)) == sizeof(number) && number >= 0) {
		process = (int)syscall(SYS_pidfd_open, pid, 0);
		*ret_listener = (int)syscall(SYS_pidfd_getfd, process, number, 0);
		close(process);
	}
	close(tell[0]);
	*ret_go = go[1];
	return pid;
}

void traced_run(const struct recorder_options *options, traced_child child, void *user,
		struct traced_run *ret_run)
{
	g_autoptr(GError) error = NULL;
	struct recorder *recorder = recorder_new(options, g_getenv("THRESH_AGENT"), &error);
	int listener, go;
	gint64 begin;
	pid_t pid;

	g_assert_no_error(error);
	*ret_run = (struct traced_run){.profile = profile_new()};
	pid = traced_fork(recorder_filter(recorder), child, user, &listener, &go);
	if (listener >= 0) {
		ret_run->supervised = true;
		recorder_supervise(listener, pid, recorder, &error);
		g_assert_no_error(error);
	}
	begin = g_get_monotonic_time();
	if (listener >= 0)
		g_assert_cmpint(write(go, "g", 1), ==, 1);
	close(go);
	g_assert_cmpint(waitpid(pid, &ret_run->status, 0), ==, pid);
	ret_run->elapsed_us = g_get_monotonic_time() - begin;
	if (ret_run->supervised) {
		recorder_finish(recorder, ret_run->profile, &ret_run->findings, &ret_run->lost,
				&error);
		g_assert_no_error(error);
	}
	recorder_free(recorder);
}

static void exec_child(void *user)
{
	char *const *argv = user;

	execv(argv[0], argv);
}

void traced_exec(const struct recorder_options *options, const char *const *argv,
		 struct traced_run *ret_run)
{
	traced_run(options, exec_child, (void *)argv, ret_run);
}

void traced_run_clear(struct traced_run *run)
{
	profile_free(run->profile);
	replay_findings_clear(&run->findings);
}
