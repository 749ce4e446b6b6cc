/* SPDX-License-Identifier: Apache-2.0 */
/* The resolver on events that are made up: what each does to the profile and to later ones. */
#include "trace/resolver.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	struct tree *tree;
	struct tree *original;
	GPtrArray *writable;
	struct recorder_options options;
	struct resolver *resolver;
};

static struct tree *make_tree(bool whole)
{
	static const char *const files[] = {"/bin/tool", "/lib/a.so", "/data/one", "/data/sub/two"};
	static const char *const links[][2] = {
		{"/link", "data"},         {"/abs", "/data/sub"},      {"/loop", "loop"},
		{"/dangling", "data/new"}, {"/lib/so", "../lib/a.so"}, {"/log", "/dev/stdout"}};
	struct tree *tree = tree_new();

	for (guint i = 0; i < G_N_ELEMENTS(files); i++)
		if (whole || i != 1)
			tree_add(tree, files[i], NODE_FILE, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(links); i++)
		tree_add(tree, links[i][0], NODE_SYMLINK, NULL)->target = g_strdup(links[i][1]);
	return tree;
}

static void setup(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	fixture->original = make_tree(true);
	fixture->tree = make_tree(false);
	fixture->writable = g_ptr_array_new();
	g_ptr_array_add(fixture->writable, (gpointer) "/data");
	fixture->options = (struct recorder_options){.tree = fixture->tree,
						     .original = fixture->original,
						     .writable = fixture->writable};
	fixture->resolver = resolver_new(&fixture->options);
}

static void teardown(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	resolver_free(fixture->resolver);
	tree_free(fixture->tree);
	tree_free(fixture->original);
	g_ptr_array_unref(fixture->writable);
}

static void handle(struct fixture *fixture, enum agent_op op, uint64_t flags, const char *first,
		   const char *second, enum agent_state state)
{
	struct event_string strings[2] = {{first, (uint32_t)strlen(first)},
					  {second, second ? (uint32_t)strlen(second) : 0}};
	struct stream_event event = {.strings = strings};

	event.record.kind = AGENT_OP;
	event.record.op = (uint16_t)op;
	event.record.state = (uint8_t)state;
	event.record.strings = second ? 2 : 1;
	event.record.value[0] = flags;
	resolver_handle(&event, fixture->resolver);
}

static uint32_t of(const struct fixture *fixture, const char *path)
{
	return profile_path_classes(resolver_profile(fixture->resolver), path);
}

static void test_links(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	handle(fixture, OP_OPEN, O_RDONLY, "/link/sub/../one", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/link"), ==, PATH_READLINK);
	g_assert_cmphex(of(fixture, "/data/one"), ==, PATH_OPEN);
	g_assert_cmphex(of(fixture, "/data/sub"), ==, PATH_STAT);
	handle(fixture, OP_STAT, AT_SYMLINK_NOFOLLOW, "/abs", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/abs"), ==, PATH_STAT);
	handle(fixture, OP_STAT, AT_SYMLINK_NOFOLLOW, "/abs/", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/abs"), ==, PATH_STAT | PATH_READLINK);
	handle(fixture, OP_OPEN, O_RDONLY, "/loop", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/loop"), ==, PATH_READLINK);
	handle(fixture, OP_OPEN, O_WRONLY | O_CREAT, "/dangling", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/data/new") & PATH_CREATE, ==, PATH_CREATE);
	handle(fixture, OP_OPEN, O_WRONLY | O_APPEND, "/log", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/log"), ==, PATH_READLINK);
	g_assert_cmphex(of(fixture, "/dev/stdout"), ==, 0);
	handle(fixture, OP_STAT, 0, "/data/one/below", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/data/one/below"), ==, PATH_MISSING);
}

static void test_rename(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	handle(fixture, OP_RENAME, 0, "/data", "/data/sub/below", STATE_UNKNOWN); /* EINVAL */
	g_assert_cmphex(of(fixture, "/data") & PATH_DELETE, ==, 0);
	handle(fixture, OP_RENAME, 0, "/data/sub", "/data/moved", STATE_UNKNOWN);
	handle(fixture, OP_OPEN, O_RDONLY, "/data/moved/two", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/data/sub/two"), ==, PATH_OPEN);
	handle(fixture, OP_STAT, 0, "/data/sub/two", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/data/sub/two"), ==, PATH_OPEN | PATH_MISSING);
	handle(fixture, OP_RENAME, RENAME_EXCHANGE, "/data/moved", "/data/one", STATE_UNKNOWN);
	handle(fixture, OP_STAT, 0, "/data/one/two", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/data/sub/two"), ==, PATH_OPEN | PATH_MISSING | PATH_STAT);
	handle(fixture, OP_OPEN, O_RDONLY, "/data/moved", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/data/one") & PATH_OPEN, ==, PATH_OPEN);
}

/* The usual way to write a file: a new one, renamed over the old. */
static void test_replace(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	handle(fixture, OP_OPEN, O_WRONLY | O_CREAT | O_EXCL, "/data/one.tmp", NULL, STATE_UNKNOWN);
	handle(fixture, OP_RENAME, 0, "/data/one.tmp", "/data/one", STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/data/one.tmp"), ==,
			PATH_CREATE | PATH_WRITE | PATH_NONAPPEND | PATH_DELETE);
	g_assert_cmphex(of(fixture, "/data/one"), ==, PATH_WRITE | PATH_NONAPPEND | PATH_DELETE);
	handle(fixture, OP_MAP, 0, "/data/one", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/data/one") & PATH_EXEC_WRITE, ==, PATH_EXEC_WRITE);
}

static void test_state(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	handle(fixture, OP_UNLINK, 0, "/data/one", NULL, STATE_UNKNOWN);
	handle(fixture, OP_OPEN, O_RDONLY, "/data/one", NULL, STATE_EXISTS); /* unlink failed */
	g_assert_cmphex(of(fixture, "/data/one"), ==, PATH_DELETE | PATH_OPEN);
	handle(fixture, OP_STAT, 0, "/bin/tool", NULL, STATE_MISSING);
	g_assert_cmphex(of(fixture, "/bin/tool"), ==, PATH_MISSING);
	handle(fixture, OP_UNLINK, AT_REMOVEDIR, "/data", NULL, STATE_UNKNOWN); /* ENOTEMPTY */
	g_assert_cmphex(of(fixture, "/data"), ==, PATH_STAT);
}

static void test_findings(struct fixture *fixture, gconstpointer data)
{
	const struct replay_findings *findings = resolver_findings(fixture->resolver);

	(void)data;
	handle(fixture, OP_OPEN, O_RDONLY, "/lib/so", NULL, STATE_UNKNOWN);
	handle(fixture, OP_STAT, 0, "/nowhere", NULL, STATE_UNKNOWN);
	g_assert_cmpuint(g_hash_table_size(findings->missed), ==, 1);
	g_assert_true(g_hash_table_contains(findings->missed, "/lib/a.so"));
	handle(fixture, OP_OPEN, O_WRONLY | O_CREAT, "/data/fine", NULL, STATE_UNKNOWN);
	g_assert_cmpuint(g_hash_table_size(findings->refused_writes), ==, 0);
	handle(fixture, OP_MKDIR, 0755, "/etc-new", NULL, STATE_UNKNOWN);
	handle(fixture, OP_UNLINK, 0, "/bin/tool", NULL, STATE_UNKNOWN);
	g_assert_cmpuint(g_hash_table_size(findings->refused_writes), ==, 2);
	g_assert_true(g_hash_table_contains(findings->refused_writes, "/etc-new"));
	/* The application itself took it away: not missed. */
	handle(fixture, OP_STAT, 0, "/bin/tool", NULL, STATE_UNKNOWN);
	g_assert_false(g_hash_table_contains(findings->missed, "/bin/tool"));
}

static void test_access(struct fixture *fixture, gconstpointer data)
{
	const struct replay_findings *findings = resolver_findings(fixture->resolver);

	(void)data;
	handle(fixture, OP_ACCESS, R_OK | X_OK, "/bin/tool", NULL, STATE_UNKNOWN);
	handle(fixture, OP_ACCESS, W_OK, "/data/sub", NULL, STATE_UNKNOWN);
	g_assert_cmpuint(g_hash_table_size(findings->refused_writes), ==, 0);
	handle(fixture, OP_ACCESS, R_OK | W_OK, "/bin", NULL, STATE_UNKNOWN);
	g_assert_cmpuint(g_hash_table_size(findings->refused_writes), ==, 1);
	g_assert_true(g_hash_table_contains(findings->refused_writes, "/bin"));
	g_assert_cmphex(of(fixture, "/bin"), ==, PATH_STAT);
}

/* While the original runs: an empty directory is there to be written into. */
static void test_access_original(struct fixture *fixture, gconstpointer data)
{
	struct recorder_options options = {.tree = fixture->original};

	(void)data;
	tree_add(fixture->original, "/var/lib/app", NODE_DIRECTORY, NULL);
	resolver_free(fixture->resolver);
	fixture->resolver = resolver_new(&options);
	handle(fixture, OP_ACCESS, W_OK, "/var/lib/app", NULL, STATE_UNKNOWN);
	handle(fixture, OP_ACCESS, W_OK, "/data", NULL, STATE_UNKNOWN);
	handle(fixture, OP_ACCESS, R_OK, "/var/lib", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/var/lib/app"), ==, PATH_STAT | PATH_WRITE);
	g_assert_cmphex(of(fixture, "/data"), ==, PATH_STAT);
	g_assert_cmphex(of(fixture, "/var/lib"), ==, PATH_STAT);
	resolver_free(fixture->resolver);
	fixture->resolver = resolver_new(&fixture->options);
}

static void test_make(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	handle(fixture, OP_SYMLINK, 0, "/data/alias", "/data/sub", STATE_UNKNOWN);
	handle(fixture, OP_OPEN, O_RDONLY, "/data/alias/two", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/data/sub/two"), ==, PATH_OPEN);
	g_assert_cmphex(of(fixture, "/data/alias"), ==, PATH_CREATE | PATH_READLINK);
	handle(fixture, OP_LINK, 0, "/data/one", "/data/hard", STATE_UNKNOWN);
	handle(fixture, OP_OPEN, O_RDONLY, "/data/hard", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/data/one"), ==, PATH_LINK_SOURCE | PATH_OPEN);
	handle(fixture, OP_MKDIR, 0755, "/data/dir", NULL, STATE_UNKNOWN);
	handle(fixture, OP_MKDIR, 0755, "/data/dir/deep", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/data/dir/deep"), ==, PATH_CREATE | PATH_DIRECTORY);
	handle(fixture, OP_OPEN, O_TMPFILE | O_RDWR, "/data/dir", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/data/dir/#tmpfile") & PATH_CREATE, ==, PATH_CREATE);
	handle(fixture, OP_OPEN, O_WRONLY | O_APPEND | O_CREAT, "/data/log", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/data/log"), ==, PATH_CREATE | PATH_WRITE | PATH_APPEND);
	handle(fixture, OP_MKDIR, 0755, "/absent/dir", NULL, STATE_UNKNOWN);
	g_assert_cmphex(of(fixture, "/absent/dir"), ==, PATH_MISSING);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*function)(struct fixture *, gconstpointer);
	} tests[] = {
		{"/trace/resolver/links", test_links},
		{"/trace/resolver/rename", test_rename},
		{"/trace/resolver/replace", test_replace},
		{"/trace/resolver/state", test_state},
		{"/trace/resolver/findings", test_findings},
		{"/trace/resolver/access", test_access},
		{"/trace/resolver/access-original", test_access_original},
		{"/trace/resolver/make", test_make},
	};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, struct fixture, NULL, setup, tests[i].function, teardown);
	return g_test_run();
}
