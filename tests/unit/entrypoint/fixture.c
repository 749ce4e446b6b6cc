/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/fd.h"
#include "base/path.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct identity fixture_identity;

static struct rootfs rootfs = {.lock_fd = -1};
static char *directory;
static struct start_record *last;

/* --- the root --- */

static void own(const char *path, uint32_t uid, uint32_t gid)
{
	if (fixture_identity.mode == IDENTITY_RANGE)
		g_assert_cmpint(lchown(path, fixture_identity.shift.uid_base + uid,
				       fixture_identity.shift.gid_base + gid),
				==, 0);
}

static void make_directory(const char *name)
{
	g_auto(GStrv) parts = g_strsplit(name + 1, "/", -1);
	g_autoptr(GString) path = g_string_new(rootfs.path);

	for (char **part = parts; *part; part++) {
		g_string_append_printf(path, "/%s", *part);
		if (mkdir(path->str, 0755) == 0)
			own(path->str, 0, 0);
	}
}

static void copy_file(const char *from, const char *name)
{
	g_autofree char *content = NULL;
	g_autofree char *parent = path_parent(name);
	g_autofree char *to = g_strconcat(rootfs.path, name, NULL);
	struct stat st;
	gsize size;

	if (access(to, F_OK) == 0)
		return;
	if (strcmp(parent, "/") != 0)
		make_directory(parent);
	g_assert_cmpint(stat(from, &st), ==, 0);
	g_assert_true(g_file_get_contents(from, &content, &size, NULL));
	g_assert_true(g_file_set_contents(to, content, (gssize)size, NULL));
	own(to, 0, 0);
	g_assert_cmpint(chmod(to, st.st_mode & 07777), ==, 0);
}

static void link_file(const char *target, const char *name)
{
	g_autofree char *path = g_strconcat(rootfs.path, name, NULL);

	g_assert_cmpint(symlink(target, path), ==, 0);
	own(path, 0, 0);
}

/* The libraries that ldd(1) names. */
static void copy_libraries(const char *program)
{
	g_autofree char *command = g_strdup_printf("ldd %s", program);
	g_autofree char *output = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_spawn_command_line_sync(command, &output, NULL, NULL, NULL))
		return;
	lines = g_strsplit(output, "\n", -1);
	for (char **line = lines; *line; line++) {
		char *start = strchr(*line, '/');

		if (!start)
			continue;
		start[strcspn(start, " ")] = '\0';
		copy_file(start, start);
	}
}

static void copy_program(const char *name)
{
	g_autofree char *found = g_find_program_in_path(name);
	g_autofree char *path = g_strconcat("/usr/bin/", name, NULL);

	if (!found)
		return;
	copy_file(found, path);
	copy_libraries(found);
}

static void write_text(const char *name, const char *text, mode_t mode)
{
	g_autofree char *path = g_strconcat(rootfs.path, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	own(path, 0, 0);
	g_assert_cmpint(chmod(path, mode), ==, 0);
}

static void make_root(const char *server)
{
	static const char *const directories[] = {"/proc", "/sys", "/dev",     "/tmp",
						  "/etc",  "/run", "/usr/bin", "/data"};
	static const char *const programs[] = {
		"dash",    "bash", "busybox", "cat", "mkdir", "chown",   "chmod",
		"cp",      "rm",   "mv",      "ln",  "touch", "sleep",   "env",
		"id",      "true", "tee",     "sed", "grep",  "nice",    "tini",
		"setpriv", "kill", "find",    "seq", "su",    "install", "false"};

	const char *init = g_getenv("THRESH_INIT");
	g_autoptr(GString) big = g_string_new(NULL);

	for (guint i = 0; i < 1000; i++)
		g_string_append_printf(big, "insert into t values (%04u);\n", i);

	directory = g_dir_make_tmp("thresh-start-XXXXXX", NULL);
	g_assert_nonnull(directory);
	chmod(directory, 0755);
	rootfs.path = g_build_filename(directory, "root", NULL);
	g_assert_cmpint(mkdir(rootfs.path, 0755), ==, 0);
	own(rootfs.path, 0, 0);
	for (guint i = 0; i < G_N_ELEMENTS(directories); i++)
		make_directory(directories[i]);
	link_file("usr/bin", "/bin");
	for (guint i = 0; i < G_N_ELEMENTS(programs); i++)
		copy_program(programs[i]);
	copy_file(server, "/usr/bin/server");
	if (init && access(init, R_OK) == 0)
		copy_file(init, FIXTURE_INIT);
	link_file("dash", "/usr/bin/sh");
	make_directory("/usr/bin/bash-as");
	link_file("../bash", "/usr/bin/bash-as/sh");
	write_text("/etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:999:999::/data:/bin/sh\n",
		   0644);
	write_text("/etc/group", "root:x:0:\napp:x:999:\n", 0644);
	make_directory("/usr/share");
	write_text("/usr/share/big.sql", big->str, 0644);
	write_text("/etc/app.conf", "port 1\nname x\n", 0644);
}

void fixture_open(const char *server)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(identity_enter(&fixture_identity, &error));
	make_root(server);
}

void fixture_close(void)
{
	g_autofree char *parent = path_parent(directory);
	autofd int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	start_record_free(last);
	fd_remove_tree(fd, path_name(directory), NULL);
	g_free(directory);
	g_free(rootfs.path);
	identity_clear(&fixture_identity);
}

bool fixture_has(const char *program)
{
	g_autofree char *path = g_strconcat(rootfs.path, program, NULL);

	return access(path, F_OK) == 0;
}

struct start_record *fixture_record(void)
{
	return last;
}

struct start_record *fixture_take(void)
{
	return g_steal_pointer(&last);
}

/* --- as text --- */

static void append_content(GString *text, const char *label, GBytes *content)
{
	g_autofree char *data = NULL, *escaped = NULL;

	if (!content)
		return;
	data = g_malloc0(g_bytes_get_size(content) + 1);
	if (g_bytes_get_size(content) > 0)
		memcpy(data, g_bytes_get_data(content, NULL), g_bytes_get_size(content));
	escaped = g_strescape(data, NULL);
	g_string_append_printf(text, " %s\"%s\"", label, escaped);
}

static void append_program(GString *text, const struct start_step *step)
{
	for (guint i = 0; i < step->argv->len; i++)
		g_string_append_printf(text, " %s", (char *)step->argv->pdata[i]);
	if (step->uid != 0 && fixture_identity.mode != IDENTITY_SINGLE)
		g_string_append_printf(text, " as %u:%u", step->uid, step->gid);
	append_content(text, "input ", step->input);
	if (step->input_unknown)
		g_string_append(text, " input unknown");
	if (step->output)
		g_string_append_printf(text, " output %s", step->output);
	if (step->output_read)
		g_string_append(text, " read");
	if (step->listens)
		g_string_append_printf(text, " listens %s", step->listens);
	if (step->essential)
		g_string_append(text, " essential");
	if (step->kind == START_RUN && step->status != 0)
		g_string_append_printf(text, " status %d", step->status);
}

static void append_step(GString *text, const struct start_step *step)
{
	static const char *const names[] = {
		[START_DIRECTORY] = "directory", [START_FILE] = "file",
		[START_APPEND] = "append",       [START_SYMLINK] = "symlink",
		[START_REMOVE] = "remove",       [START_MODE] = "mode",
		[START_OWNER] = "owner",         [START_RUN] = "run",
		[START_BEGIN] = "begin",         [START_STOP] = "stop",
		[START_EXEC] = "exec",           [START_EXIT] = "exit"};

	g_string_append(text, names[step->kind]);
	switch (step->kind) {
	case START_RUN:
	case START_BEGIN:
	case START_EXEC:
		append_program(text, step);
		break;
	case START_STOP:
		g_string_append_printf(text, " %u %d", step->begin, step->signal);
		break;
	case START_EXIT:
		g_string_append_printf(text, " %d", step->status);
		break;
	case START_DIRECTORY:
	case START_FILE:
	case START_MODE:
		g_string_append_printf(text, " %s %04o", step->path, step->mode);
		break;
	default:
		g_string_append_printf(text, " %s", step->path);
	}
	if (step->kind == START_OWNER || (step->kind <= START_FILE && step->uid != 0 &&
					  fixture_identity.mode != IDENTITY_SINGLE))
		g_string_append_printf(text, " %u:%u", step->uid, step->gid);
	append_content(text, "", step->content);
	g_string_append_c(text, '\n');
}

char *record_text(const struct start_record *record)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < record->steps->len; i++)
		append_step(text, record->steps->pdata[i]);
	return g_string_free(text, FALSE);
}

/* --- a start --- */

char *fixture_start(const char *script, const struct start_scenario *scenario,
		    const struct start_setup *setup)
{
	static const char *const argv[] = {"/entrypoint.sh", "server", "listen", "80", NULL};
	static const char *const environment[] = {"PATH=/usr/bin", "HOME=/", NULL};
	struct sandbox_spec sandbox = {.rootfs = &rootfs, .hostname = "start"};
	struct process_spec process = {
		.argv = argv,
		.environment = environment,
		.working_directory = "/",
		.capabilities = sandbox_default_capabilities,
	};
	struct start_given given = {.path = (char *)"/entrypoint.sh", .mode = 0755};
	struct start_setup own_setup = setup ? *setup : (struct start_setup){0};
	struct start_scenario own_scenario = scenario ? *scenario : (struct start_scenario){0};
	g_autoptr(GPtrArray) files = g_ptr_array_new();
	g_autoptr(GError) error = NULL;

	given.content = g_bytes_new(script, strlen(script));
	g_ptr_array_add(files, &given);
	for (guint i = 0; own_scenario.files && i < own_scenario.files->len; i++)
		g_ptr_array_add(files, own_scenario.files->pdata[i]);
	own_scenario.files = files;
	own_setup.sandbox = &sandbox;
	own_setup.process = &process;
	own_setup.identity = &fixture_identity;
	own_setup.entrypoint_words = 1;
	if (own_setup.timeout_ms == 0)
		own_setup.timeout_ms = 300000; /* no judge of speed: machines are slow */
	if (own_setup.settle_ms == 0)
		own_setup.settle_ms = 300;
	start_record_free(last);
	last = start_run(&own_setup, &own_scenario, &error);
	g_bytes_unref(given.content);
	return last ? record_text(last) : g_strdup_printf("error: %s", error->message);
}
