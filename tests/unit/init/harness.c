/* SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *init_path;
const char *probe_path;
const char *const *harness_environment;

char *at(const struct root *root, const char *path)
{
	return g_build_filename(root->path, path, NULL);
}

void make_directory(const struct root *root, const char *path, mode_t mode)
{
	g_autofree char *full = at(root, path);

	g_assert_cmpint(g_mkdir_with_parents(full, 0755), ==, 0);
	g_assert_cmpint(chmod(full, mode), ==, 0);
}

void make_file(const struct root *root, const char *path, const char *text, mode_t mode)
{
	g_autofree char *full = at(root, path);
	g_autofree char *parent = g_path_get_dirname(full);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
	g_assert_true(g_file_set_contents(full, text, -1, NULL));
	g_assert_cmpint(chmod(full, mode), ==, 0);
}

void copy_program(const struct root *root, const char *from, const char *to)
{
	g_autofree char *full = at(root, to);
	g_autofree char *parent = g_path_get_dirname(full);
	g_autofree char *data = NULL;
	gsize size;

	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
	g_assert_true(g_file_get_contents(from, &data, &size, NULL));
	g_assert_true(g_file_set_contents(full, data, (gssize)size, NULL));
	g_assert_cmpint(chmod(full, 0755), ==, 0);
}

void root_make(struct root *root)
{
	root->path = g_dir_make_tmp("thresh-init-XXXXXX", NULL);
	g_assert_nonnull(root->path);
	g_assert_cmpint(chmod(root->path, 0755), ==, 0);
	copy_program(root, init_path, ".thresh/init");
	copy_program(root, probe_path, "bin/probe");
	make_directory(root, "proc", 0755);
	make_directory(root, "dev", 0755);
}

static void tree_remove(const char *path)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return;
	if (S_ISDIR(status.st_mode)) {
		DIR *dir = (chmod(path, 0700), opendir(path));
		struct dirent *entry;

		while (dir && (entry = readdir(dir))) {
			g_autofree char *child = g_build_filename(path, entry->d_name, NULL);

			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
				tree_remove(child);
		}
		if (dir)
			closedir(dir);
	}
	remove(path);
}

void root_remove(struct root *root)
{
	tree_remove(root->path);
	g_free(root->path);
}

static void map_write(pid_t pid, const char *name, const char *text)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/%s", pid, name);
	int fd = open(path, O_WRONLY);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(write(fd, text, strlen(text)), ==, (ssize_t)strlen(text));
	close(fd);
}

static void identity_map(pid_t pid)
{
	g_autofree char *one = g_strdup_printf("0 %d 1\n", geteuid());

	if (geteuid() == 0) {
		map_write(pid, "uid_map", "0 0 100000\n");
		map_write(pid, "gid_map", "0 0 100000\n");
		return;
	}
	map_write(pid, "setgroups", "deny");
	map_write(pid, "uid_map", one);
	map_write(pid, "gid_map", one);
}

static G_GNUC_NORETURN void inner_run(const struct root *root, int output, before_init before,
				      const char *const *arguments)
{
	const char *argv[16] = {"/.thresh/init"};
	const char *environment[16] = {"PATH=/bin"};

	for (int i = 0; arguments && arguments[i]; i++)
		argv[i + 1] = arguments[i];
	for (int i = 0; harness_environment && harness_environment[i]; i++)
		environment[i + 1] = harness_environment[i];
	if (chroot(root->path) < 0 || chdir("/") < 0)
		_exit(240);
	(void)mount("proc", "/proc", "proc", 0, NULL);
	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(output, 1);
	dup2(output, 2);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	if (before)
		before();
	execve(argv[0], (char *const *)(gpointer)argv, (char *const *)(gpointer)environment);
	_exit(241);
}

/* Starts init with @arguments (NULL-terminated, or NULL) as PID 1. */
struct started init_start(const struct root *root, before_init before, const char *const *arguments)
{
	struct started started;
	int go[2], output[2], unshared[2];
	char c = 0;

	g_assert_cmpint(pipe(go), ==, 0);
	g_assert_cmpint(pipe(output), ==, 0);
	g_assert_cmpint(pipe(unshared), ==, 0);
	started.outer = fork();
	if (started.outer == 0) {
		int status;
		pid_t inner;

		if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) < 0)
			_exit(242);
		(void)!write(unshared[1], "", 1);
		close(unshared[1]);
		(void)!read(go[0], &c, 1);
		inner = fork();
		if (inner == 0)
			inner_run(root, output[1], before, arguments);
		close(output[1]);
		/* Signals to us are for PID 1: the test sends them to `outer`'s child. */
		waitpid(inner, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 243);
	}
	close(unshared[1]);
	close(output[1]);
	if (read(unshared[0], &c, 1) == 1) {
		identity_map(started.outer);
		(void)!write(go[1], "", 1);
	}
	close(unshared[0]);
	close(go[0]);
	close(go[1]);
	started.output = output[0];
	return started;
}

/* PID 1 as seen from here. */
pid_t first_process(const struct started *started)
{
	g_autofree char *path =
		g_strdup_printf("/proc/%d/task/%d/children", started->outer, started->outer);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return (pid_t)g_ascii_strtoll(text, NULL, 10);
}

int init_finish(struct started *started, char **ret_output)
{
	g_autoptr(GString) text = g_string_new(NULL);
	char chunk[4096];
	int status;
	ssize_t n;

	while ((n = read(started->output, chunk, sizeof(chunk))) > 0)
		g_string_append_len(text, chunk, n);
	close(started->output);
	g_assert_cmpint(waitpid(started->outer, &status, 0), ==, started->outer);
	g_assert_true(WIFEXITED(status));
	g_test_message("status %d: %s", WEXITSTATUS(status), text->str);
	if (ret_output)
		*ret_output = g_string_free(g_steal_pointer(&text), FALSE);
	return WEXITSTATUS(status);
}

int init_run(const struct root *root, const char *plan, before_init before,
	     const char *const *arguments, char **ret_output)
{
	g_autofree char *text = g_strconcat("thresh-plan 1\n", plan, NULL);
	struct started started;

	make_file(root, ".thresh/plan", text, 0644);
	started = init_start(root, before, arguments);
	return init_finish(&started, ret_output);
}

bool several_ids(void)
{
	if (geteuid() == 0)
		return true;
	g_test_skip("needs root: more ids than one");
	return false;
}

static bool namespaces_are_there(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID) < 0);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void harness_init(int argc, char **argv)
{
	if (argc != 3) {
		g_printerr("usage: %s THRESH-INIT PROBE\n", argv[0]);
		exit(2);
	}
	init_path = argv[1];
	probe_path = argv[2];
	if (!namespaces_are_there()) {
		g_print("1..0 # SKIP no user namespaces here\n");
		exit(0);
	}
}
