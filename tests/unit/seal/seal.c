/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "plan/plan.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/bash\n"
			     "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
			     "redis:x:999:998::/var/lib/redis:/usr/sbin/nologin\n";
static const char group[] = "root:x:0:\nwww-data:x:33:\nadm:x:4:www-data\nredis:x:998:\n";

static void users(struct fixture *f)
{
	fixture_file(f, "/etc/passwd", 0644, passwd);
	fixture_file(f, "/etc/group", 0644, group);
	fixture_directory(f, "/tmp", 01777);
	fixture_directory(f, "/var/tmp", 01777);
	fixture_directory(f, "/var/lib", 0755);
	fixture_directory(f, "/root", 0700);
}

static const struct writable *writable_at(const struct seal *seal, const char *path)
{
	for (guint i = 0; i < seal->writables->len; i++) {
		const struct writable *writable = seal->writables->pdata[i];

		if (!strcmp(writable->path, path))
			return writable;
	}
	return NULL;
}

/* "/a /b*" : the paths, a volume with a star. */
static char *writable_list(const struct seal *seal)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < seal->writables->len; i++) {
		const struct writable *writable = seal->writables->pdata[i];

		g_string_append_printf(text, "%s%s%s", i ? " " : "", writable->path,
				       writable->volume ? "*" : "");
	}
	return g_string_free(text, FALSE);
}

static void assert_writables(const struct seal *seal, const char *want)
{
	g_autofree char *got = writable_list(seal);

	g_assert_cmpstr(got, ==, want);
}

/* A seal whose start is @lines, as one read from a label. */
static struct seal *seal_with_start(const char *const *lines)
{
	g_autoptr(GError) error = NULL;
	struct fixture f;
	struct seal *seal;

	fixture_init(&f, "{\"architecture\": \"amd64\", \"os\": \"linux\"}");
	users(&f);
	seal = seal_decide(&f.input, &error);
	g_assert_no_error(error);
	for (; *lines; lines++)
		g_ptr_array_add(seal->start, g_strdup(*lines));
	fixture_clear(&f);
	return seal;
}

static void test_setup(void)
{
	static const struct {
		const char *lines[8];
		bool has_setup;
	} table[] = {
		{{NULL}, false},
		{{"run migrate", NULL}, false},
		{{"if filled DEBUG", "run migrate", "end", NULL}, false},
		{{"if absent /data/x", "directory /data 0755", "end", "run migrate", NULL}, false},
		{{"if absent /data/x", "run initdb", "end", NULL}, true},
		{{"if filled A", "if vacant /data", "if set B", "start s initdb", "end", "end",
		  "end", NULL},
		 true},
		{{"if exists /data/x", "print found", "else", "run initdb", "end", NULL}, true},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		autoseal struct seal *seal = seal_with_start(table[i].lines);

		g_assert_cmpint(seal_has_setup(seal), ==, table[i].has_setup);
	}
}

static struct seal *decide(struct fixture *f)
{
	g_autoptr(GError) error = NULL;
	struct seal *seal = seal_decide(&f->input, &error);

	g_assert_no_error(error);
	return seal;
}

/* The plan is one that thresh-init takes, and the document says the same when it comes back. */
static void assert_sound(const struct seal *seal)
{
	static struct plan plan;
	g_autoptr(GError) error = NULL;
	struct plan_error plan_error = {0};
	g_autofree char *text = seal_plan(seal);
	g_autofree char *copy = g_strdup(text);
	autojson json_t *document = seal_to_json(seal);
	g_autofree char *before = json_format_canonical(document);
	g_autofree char *after = NULL;
	g_autofree char *again = NULL;
	autojson json_t *second = NULL;
	autoseal struct seal *back = NULL;

	if (!plan_parse(copy, strlen(text), &plan, &plan_error))
		g_error("plan line %u: %s\n%s", plan_error.line, plan_error.text, text);
	back = seal_from_json(document, &error);
	g_assert_no_error(error);
	second = seal_to_json(back);
	after = json_format_canonical(second);
	g_assert_cmpstr(before, ==, after);
	again = seal_plan(back);
	g_assert_cmpstr(text, ==, again);
}

static struct tree *build(struct fixture *f, const struct seal *seal)
{
	g_autoptr(GError) error = NULL;
	struct tree *tree = seal_build(seal, &f->input, &error);

	g_assert_no_error(error);
	return tree;
}

static void assert_node(const struct tree *tree, const char *path, enum node_type type,
			uint32_t mode, uint32_t uid, uint32_t gid)
{
	const struct node *node = tree_lookup(tree, path);

	if (!node)
		g_error("%s: not in the production tree", path);
	g_assert_cmpint(node->type, ==, type);
	if (node->mode != mode || node->uid != uid || node->gid != gid)
		g_error("%s: %04o %u:%u, want %04o %u:%u", path, node->mode, node->uid, node->gid,
			mode, uid, gid);
}

static bool no_writable_node(struct node *node, const char *path, void *user)
{
	const struct seal *seal = user;

	if (node->type == NODE_SYMLINK)
		return true;
	if (node->mode & 06000)
		g_error("%s: set-id", path);
	if ((node->mode & 022) && !(node->mode & 01000))
		g_error("%s: writable for others: %04o", path, node->mode);
	if (node->uid == seal->uid && !writable_at(seal, path) &&
	    !path_is_below(path, SEAL_SEED_DIRECTORY))
		g_error("%s: belongs to the application", path);
	return true;
}

#define NGINX_CONFIG                                                                               \
	"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Cmd\":[\"nginx\",\"-g\","      \
	"\"daemon off;\"],"                                                                        \
	"\"Env\":[\"PATH=/usr/sbin:/usr/bin\"],\"ExposedPorts\":{\"80/"                            \
	"tcp\":{}},\"StopSignal\":\"SIGQUIT\"},"                                                   \
	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"

static void nginx(struct fixture *f)
{
	const uint32_t log = PATH_WRITE | PATH_APPEND | PATH_STAT;

	fixture_init(f, NGINX_CONFIG);
	users(f);
	fixture_file(f, "/usr/sbin/nginx", 0755, "\177ELF");
	fixture_file(f, "/etc/nginx/key.pem", 0600, "secret");
	fixture_add(f, "/var/log/nginx", NODE_DIRECTORY, 0755, 33, 4);
	fixture_file(f, "/var/log/nginx/access.log", 0640, "old\n")->uid = 33;
	fixture_directory(f, "/var/lib/nginx", 0755);
	fixture_directory(f, "/run", 0755);
	fixture_directory(f, "/run/lock", 01777);
	fixture_use(f, "/usr/sbin/nginx", PATH_EXEC | PATH_MAP_EXEC);
	fixture_use(f, "/etc/nginx/key.pem", PATH_OPEN);
	fixture_use(f, "/var/log/nginx/access.log", log);
	fixture_use(f, "/var/log/nginx/error.log", log | PATH_CREATE);
	fixture_use(f, "/run/nginx.pid", PATH_CREATE | PATH_WRITE | PATH_NONAPPEND | PATH_DELETE);
	fixture_use(f, "/var/lib/nginx/body", PATH_CREATE | PATH_DIRECTORY | PATH_CHOWN);
	fixture_use(f, "/var/lib/nginx/proxy", PATH_CREATE | PATH_DIRECTORY | PATH_CHOWN);
	fixture_use(f, "/dev/null", PATH_WRITE | PATH_NONAPPEND);
	fixture_use(f, "/proc/self/oom_score_adj", PATH_WRITE | PATH_NONAPPEND);
	f->profile->has_dropped = true;
	f->profile->dropped_uid = 33;
	f->profile->dropped_gid = 33;
	profile_add_dropped_group(f->profile, 4);
	profile_add_dropped_group(f->profile, 33);
	f->profile->setgroups_called = true;
	profile_add_listener(f->profile, "tcp", "0.0.0.0", 80);
}

static void test_nginx(void)
{
	struct fixture f;
	autoseal struct seal *seal = NULL;
	autotree struct tree *tree = NULL;
	const struct log_link *log;

	nginx(&f);
	seal = decide(&f);
	assert_sound(seal);
	g_assert_cmpuint(seal->uid, ==, 33);
	g_assert_cmpuint(seal->gid, ==, 33);
	g_assert_cmpuint(seal->groups->len, ==, 1);
	g_assert_cmpstr(seal->home, ==, "/root");
	g_assert_true(seal->low_ports);
	assert_writables(seal, "/run /tmp /var/lib/nginx /var/tmp");
	g_assert_cmpint(writable_at(seal, "/run")->seed, ==, SEED_NONE);
	g_assert_cmpuint(writable_at(seal, "/run")->directories->len, ==, 1);
	g_assert_cmpuint(writable_at(seal, "/run")->size_bytes, ==, 64 << 20);
	g_assert_cmpuint(seal->log_links->len, ==, 2);
	log = seal->log_links->pdata[1];
	g_assert_cmpstr(log->path, ==, "/var/log/nginx/error.log");
	g_assert_true(log->standard_error);
	g_assert_true(seal->syscalls->setgroups_is_noop);
	g_assert_true(seal->syscalls->chown_is_noop);
	tree = build(&f, seal);
	node_walk(tree->root, no_writable_node, seal);
	assert_node(tree, "/var/log/nginx", NODE_DIRECTORY, 0755, 0, 4);
	assert_node(tree, "/var/log/nginx/access.log", NODE_SYMLINK, 0777, 0, 0);
	g_assert_cmpstr(tree_lookup(tree, "/var/log/nginx/error.log")->target, ==, "/dev/stderr");
	assert_node(tree, "/etc/nginx/key.pem", NODE_FILE, 0640, 0, 33);
	assert_node(tree, "/run", NODE_DIRECTORY, 0755, 33, 33);
	assert_node(tree, "/tmp", NODE_DIRECTORY, 01777, 33, 33);
	assert_node(tree, "/root", NODE_DIRECTORY, 0750, 0, 33);
	assert_node(tree, SEAL_INIT_PATH, NODE_FILE, 0555, 0, 0);
	g_assert_null(tree_lookup(tree, "/run/lock"));
	g_assert_null(tree_lookup(tree, "/run/nginx.pid"));
	g_assert_nonnull(tree_lookup(tree, "/etc/resolv.conf"));
	fixture_clear(&f);
}

static void test_keep_log(void)
{
	g_autoptr(GPtrArray) keep = g_ptr_array_new();
	struct fixture f;
	autoseal struct seal *seal = NULL;

	nginx(&f);
	g_ptr_array_add(keep, (char *)"/var/log/nginx/*");
	f.options.keep_logs = keep;
	seal = decide(&f);
	assert_sound(seal);
	g_assert_cmpuint(seal->log_links->len, ==, 0);
	assert_writables(seal, "/run /tmp /var/lib/nginx /var/log/nginx /var/tmp");
	g_assert_cmpint(writable_at(seal, "/var/log/nginx")->seed, ==, SEED_COPY);
	fixture_clear(&f);
}

#define CONFIG(members)                                                                            \
	"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{" members                        \
	"},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"

static void test_redis(void)
{
	static const char config[] =
		CONFIG("\"Cmd\":[\"redis-server\"],\"WorkingDir\":\"/var/lib/redis\","
		       "\"User\":\"redis\"");
	struct fixture f;
	autoseal struct seal *seal = NULL;

	fixture_init(&f, config);
	users(&f);
	fixture_directory(&f, "/var/lib/redis", 0750);
	fixture_use(&f, "/var/lib/redis/temp-1.rdb",
		    PATH_CREATE | PATH_WRITE | PATH_NONAPPEND | PATH_DELETE);
	fixture_use(&f, "/var/lib/redis/dump.rdb", PATH_CREATE | PATH_OPEN);
	fixture_use(&f, "/var/lib/redis/appendonly.aof", PATH_CREATE | PATH_APPEND | PATH_OPEN);
	profile_set_peak(f.profile, "/var/lib/redis", 100 << 20);
	seal = decide(&f);
	assert_sound(seal);
	g_assert_cmpuint(seal->uid, ==, 999);
	g_assert_cmpuint(seal->gid, ==, 998);
	g_assert_cmpstr(seal->home, ==, "/var/lib/redis");
	assert_writables(seal, "/tmp /var/lib/redis /var/tmp");
	g_assert_cmpuint(seal->log_links->len, ==, 0);
	g_assert_cmpuint(writable_at(seal, "/var/lib/redis")->size_bytes, ==, 512ULL << 20);
	g_assert_cmphex(writable_at(seal, "/var/lib/redis")->mode, ==, 0750);
	fixture_clear(&f);
}

static void test_postgres(void)
{
	static const char config[] = CONFIG(
		"\"Entrypoint\":[\"postgres\"],\"Volumes\":{\"/var/lib/postgresql/data\":{}}");
	struct fixture f;
	autoseal struct seal *seal = NULL;
	autotree struct tree *tree = NULL;
	autojson json_t *document = NULL;
	const struct writable *data;

	fixture_init(&f, config);
	users(&f);
	fixture_file(&f, "/var/lib/postgresql/data/PG_VERSION", 0600, "15\n")->uid = 999;
	fixture_add(&f, "/var/lib/postgresql/data", NODE_DIRECTORY, 0700, 999, 998);
	fixture_add(&f, "/var/lib/postgresql/data/pg_notify", NODE_DIRECTORY, 0700, 999, 998);
	fixture_add(&f, "/run/postgresql", NODE_DIRECTORY, 02775, 999, 998);
	fixture_use(&f, "/run/postgresql/.s.PGSQL.5432", PATH_CREATE | PATH_SOCKET | PATH_DELETE);
	fixture_use(&f, "/run/postgresql/.s.PGSQL.5432.lock", PATH_CREATE | PATH_NONAPPEND);
	fixture_use(&f, "/var/lib/postgresql/data/postmaster.pid", PATH_CREATE | PATH_NONAPPEND);
	fixture_use(&f, "/dev/shm/PostgreSQL.1", PATH_CREATE | PATH_NONAPPEND | PATH_DELETE);
	f.profile->has_dropped = true;
	f.profile->dropped_uid = 999;
	f.profile->dropped_gid = 998;
	seal = decide(&f);
	assert_sound(seal);
	assert_writables(seal, "/dev/shm /run/postgresql /tmp /var/lib/postgresql/data* /var/tmp");
	data = writable_at(seal, "/var/lib/postgresql/data");
	g_assert_cmpint(data->seed, ==, SEED_COPY);
	g_assert_cmphex(writable_at(seal, "/run/postgresql")->mode, ==, 0755);
	tree = build(&f, seal);
	node_walk(tree->root, no_writable_node, seal);
	assert_node(tree, "/var/lib/postgresql/data", NODE_DIRECTORY, 0700, 999, 998);
	assert_node(tree, "/.thresh/seed/0", NODE_DIRECTORY, 0700, 999, 998);
	assert_node(tree, "/.thresh/seed/0/PG_VERSION", NODE_FILE, 0600, 999, 998);
	assert_node(tree, "/.thresh/seed/0/pg_notify", NODE_DIRECTORY, 0700, 999, 998);
	g_assert_null(tree_lookup(tree, "/var/lib/postgresql/data/PG_VERSION"));
	document = seal_config(seal, &f.input);
	g_assert_nonnull(
		json_object_get(json_object_get(json_object_get(document, "config"), "Volumes"),
				"/var/lib/postgresql/data"));
	fixture_clear(&f);
}

static void mixed(struct fixture *f)
{
	fixture_init(f, CONFIG("\"Cmd\":[\"python3\",\"app.py\"],\"WorkingDir\":\"/app\""));
	fixture_file(f, "/app/app.py", 0644, "import x\n");
	fixture_file(f, "/app/app.db", 0444, "database");
	fixture_file(f, "/app/data/shipped.json", 0644, "{}");
	fixture_file(f, "/app/bin/tool", 0755, "#!/usr/bin/python3\n");
	fixture_use(f, "/app/app.py", PATH_OPEN);
	fixture_use(f, "/app/app.db", PATH_OPEN | PATH_WRITE | PATH_NONAPPEND);
	fixture_use(f, "/app/app.db-journal", PATH_CREATE | PATH_NONAPPEND | PATH_DELETE);
	fixture_use(f, "/app/data/new.json", PATH_CREATE | PATH_NONAPPEND);
	fixture_use(f, "/app/__pycache__", PATH_CREATE | PATH_DIRECTORY);
	fixture_use(f, "/app/__pycache__/x.cpython-311.pyc", PATH_CREATE | PATH_NONAPPEND);
}

static void test_mixed(void)
{
	struct fixture f;
	autoseal struct seal *seal = NULL;
	autotree struct tree *tree = NULL;
	g_autofree char *plan = NULL;
	g_autoptr(GError) error = NULL;

	mixed(&f);
	seal = decide(&f);
	assert_sound(seal);
	g_assert_cmpuint(seal->uid, ==, 65532);
	assert_writables(seal, "/app /tmp /var/tmp");
	g_assert_cmpint(writable_at(seal, "/app")->seed, ==, SEED_LINKS);
	g_assert_false(writable_at(seal, "/app")->exec);
	plan = seal_plan(seal);
	g_assert_nonnull(strstr(plan, "\nlinks /app /.thresh/seed/0\n"));
	g_assert_nonnull(strstr(plan, "\ncopy /app/app.db /.thresh/seed/0/app.db\n"));
	g_assert_nonnull(strstr(plan, "\ndirectory /app/data 0755\n"));
	g_assert_nonnull(strstr(plan, "\nlandlock-execute /.thresh/seed/0/bin/tool\n"));
	g_assert_null(strstr(plan, "pycache"));
	tree = build(&f, seal);
	node_walk(tree->root, no_writable_node, seal);
	assert_node(tree, "/.thresh/seed/0/app.db", NODE_FILE, 0644, 65532, 65532);
	assert_node(tree, "/.thresh/seed/0/app.py", NODE_FILE, 0644, 0, 0);
	assert_node(tree, "/app", NODE_DIRECTORY, 0755, 65532, 65532);
	g_assert_null(tree_lookup(tree, "/app/app.py"));
	f.options.links_max_bytes = 4;
	g_assert_null(seal_decide(&f.input, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	g_assert_nonnull(strstr(error->message, "--volume /app"));
	fixture_clear(&f);
}

/* What the image itself ships as everyone's, like /tmp, whether or not the trace came there. */
static void test_shared(void)
{
	static const struct {
		enum preset preset;
		const char *writables;
	} rows[] = {
		{PRESET_BALANCED, "/tmp /var/lib/php/sessions /var/tmp"},
		{PRESET_STRICT, "/tmp /var/tmp"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct fixture f;

		fixture_init(&f, CONFIG("\"Cmd\":[\"/bin/php\"]"));
		users(&f);
		f.options.preset = rows[i].preset;
		fixture_directory(&f, "/var/lib/php", 0755);
		fixture_directory(&f, "/var/lib/php/sessions", 01733);
		fixture_directory(&f, "/var/lib/shipped", 01777);
		fixture_file(&f, "/var/lib/shipped/data", 0644, "data");
		fixture_directory(&f, "/run/lock", 01777);
		autoseal struct seal *seal = decide(&f);

		assert_writables(seal, rows[i].writables);
		fixture_clear(&f);
	}
}

static void test_users(void)
{
	static const struct {
		const char *user;
		uint32_t uid, gid;
		guint groups;
		const char *home;
	} table[] = {
		{"", 65532, 65532, 0, "/root"},         {"root", 65532, 65532, 0, "/root"},
		{"0:0", 65532, 65532, 0, "/root"},      {"www-data", 33, 33, 1, "/var/www"},
		{"www-data:adm", 33, 4, 0, "/var/www"}, {"33", 33, 33, 1, "/var/www"},
		{"1000", 1000, 1000, 0, "/"},           {"1000:0", 1000, 0, 0, "/"},
		{"1000:adm", 1000, 4, 0, "/"},          {"nobody", 0, 0, 0, NULL},
		{"www-data:nogroup", 0, 0, 0, NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *config = g_strdup_printf(CONFIG("\"User\":\"%s\""), table[i].user);
		g_autoptr(GError) error = NULL;
		autoseal struct seal *seal = NULL;
		struct fixture f;

		fixture_init(&f, config);
		users(&f);
		seal = seal_decide(&f.input, &error);
		if (table[i].uid == 0) {
			g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
		} else {
			g_assert_no_error(error);
			g_assert_cmpuint(seal->uid, ==, table[i].uid);
			g_assert_cmpuint(seal->gid, ==, table[i].gid);
			g_assert_cmpuint(seal->groups->len, ==, table[i].groups);
			g_assert_cmpstr(seal->home, ==, table[i].home);
			assert_sound(seal);
		}
		fixture_clear(&f);
	}
}

static char *text_at(const struct tree *tree, const char *path)
{
	const struct node *node = tree_lookup(tree, path);
	gsize size;
	const char *data;

	g_assert_nonnull(node);
	g_assert_nonnull(node->bytes);
	data = g_bytes_get_data(node->bytes, &size);
	return g_strndup(data, size);
}

static void test_databases(void)
{
	struct fixture f;
	autoseal struct seal *seal = NULL;
	autotree struct tree *tree = NULL;
	g_autofree char *made = NULL;
	g_autofree char *groups = NULL;

	fixture_init(&f, CONFIG(""));
	seal = decide(&f);
	tree = build(&f, seal);
	made = text_at(tree, "/etc/passwd");
	groups = text_at(tree, "/etc/group");
	g_assert_cmpstr(made, ==,
			"root:x:0:0:root:/root:/sbin/nologin\n"
			"thresh:x:65532:65532::/nonexistent:/sbin/nologin\n");
	g_assert_cmpstr(groups, ==, "root:x:0:\nthresh:x:65532:\n");
	assert_node(tree, "/tmp", NODE_DIRECTORY, 01777, 65532, 65532);
	fixture_clear(&f);
}

/* One directory in, what must be writable out. */
static void test_units(void)
{
	static const struct {
		const char *path;
		uint32_t classes;
		const char *want;
	} table[] = {
		{"/data/x", PATH_CREATE | PATH_NONAPPEND, "/data /tmp /var/tmp"},
		{"/data", PATH_CREATE | PATH_DIRECTORY, "/data /tmp /var/tmp"},
		{"/x.txt", PATH_CREATE | PATH_NONAPPEND, "/tmp /var/tmp"},
		{"/var/lib/new", PATH_CREATE | PATH_DIRECTORY, "/tmp /var/lib/new /var/tmp"},
		{"/etc/new/x", PATH_CREATE | PATH_NONAPPEND, "/etc/new /tmp /var/tmp"},
		{"/etc/passwd", PATH_WRITE | PATH_NONAPPEND, "/tmp /var/tmp"},
		{"/root/.cache/x", PATH_CREATE | PATH_NONAPPEND, "/root /tmp /var/tmp"},
		{"/proc/1/x", PATH_WRITE | PATH_NONAPPEND, "/tmp /var/tmp"},
		{"/tmp/a/b", PATH_CREATE | PATH_NONAPPEND, "/tmp /var/tmp"},
		{"/srv/app/a.log", PATH_CREATE | PATH_APPEND, "/tmp /var/tmp"},
		{"/srv/app/a-20261122.log", PATH_CREATE | PATH_APPEND, "/srv/app /tmp /var/tmp"},
		{"/srv/app/__pycache__/a.pyc", PATH_CREATE | PATH_NONAPPEND, "/tmp /var/tmp"},
		{"/dev/shm/sem.x", PATH_CREATE | PATH_NONAPPEND, "/dev/shm /tmp /var/tmp"},
		{"/srv/app", PATH_CHOWN | PATH_WRITE, "/tmp /var/tmp"},
		{"/srv/empty", PATH_CHOWN | PATH_WRITE, "/srv/empty /tmp /var/tmp"},
		{"/srv/app/app.py", PATH_OPEN | PATH_STAT, "/tmp /var/tmp"},
		{"/srv/app/uploads/1.png", PATH_CREATE | PATH_NONAPPEND,
		 "/srv/app/uploads /tmp /var/tmp"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		autoseal struct seal *seal = NULL;
		struct fixture f;

		fixture_init(&f, CONFIG(""));
		users(&f);
		fixture_file(&f, "/srv/app/app.py", 0644, "x");
		fixture_directory(&f, "/srv/empty", 0755);
		fixture_use(&f, table[i].path, table[i].classes);
		seal = decide(&f);
		g_test_message("%s", table[i].path);
		assert_writables(seal, table[i].want);
		assert_sound(seal);
		fixture_clear(&f);
	}
}

/* A replay that could not write says what it needs: a directory, or an error with the ways out. */
static void test_demanded(void)
{
	g_autoptr(GPtrArray) demanded = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	struct fixture f;
	autoseal struct seal *seal = NULL;

	fixture_init(&f, CONFIG(""));
	users(&f);
	fixture_directory(&f, "/opt/app/spool", 0755);
	g_ptr_array_add(demanded, (char *)"/opt/app/spool/1");
	f.options.replay_writable = demanded;
	seal = decide(&f);
	assert_writables(seal, "/opt/app/spool /tmp /var/tmp");
	g_ptr_array_add(demanded, (char *)"/dump.rdb");
	g_assert_null(seal_decide(&f.input, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	g_assert_nonnull(strstr(error->message, "/dump.rdb"));
	fixture_clear(&f);
}

/* Engines make the mount points below a memory mount as root's. */
static void test_mounts_between(void)
{
	struct fixture f;
	autoseal struct seal *seal = NULL;

	fixture_init(&f, CONFIG("\"Volumes\":{\"/a/b/c/volume\":{}}"));
	users(&f);
	fixture_file(&f, "/a/seeded", 0644, "a");
	fixture_file(&f, "/a/b/c/volume/shipped", 0644, "b");
	fixture_use(&f, "/a/written", PATH_CREATE | PATH_NONAPPEND);
	seal = decide(&f);
	assert_sound(seal);
	assert_writables(seal, "/a /a/b /a/b/c /a/b/c/volume* /tmp /var/tmp");
	g_assert_cmpint(writable_at(seal, "/a")->seed, ==, SEED_COPY);
	fixture_clear(&f);
}

static void test_volumes(void)
{
	g_autoptr(GPtrArray) volumes = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	struct fixture f;
	autoseal struct seal *seal = NULL;

	fixture_init(&f, CONFIG("\"Volumes\":{\"/data\":{}}"));
	users(&f);
	fixture_file(&f, "/data/shipped/a", 0644, "a");
	fixture_use(&f, "/data/shipped/b", PATH_CREATE | PATH_APPEND);
	g_ptr_array_add(volumes, (char *)"/data/nested");
	f.options.volumes = volumes;
	seal = decide(&f);
	assert_sound(seal);
	assert_writables(seal, "/data* /data/nested* /tmp /var/tmp");
	g_assert_cmpint(writable_at(seal, "/data")->seed, ==, SEED_COPY);
	g_assert_cmpint(writable_at(seal, "/data/nested")->seed, ==, SEED_NONE);
	g_ptr_array_add(volumes, (char *)"/");
	g_assert_null(seal_decide(&f.input, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	fixture_clear(&f);
}

static void test_config(void)
{
	static const char config[] = CONFIG(
		"\"Entrypoint\":[\"/"
		"app\"],\"Cmd\":[\"-x\"],\"Env\":[\"A=1\"],\"Labels\":{\"l\":\"v\"},"
		"\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"curl -f localhost || exit 1\"]}");
	struct fixture f;
	autoseal struct seal *seal = NULL;
	autojson json_t *document = NULL;
	json_t *got, *test;
	struct image_config *parsed;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	autoseal struct seal *back = NULL;

	fixture_init(&f, config);
	users(&f);
	seal = decide(&f);
	document = seal_config(seal, &f.input);
	got = json_object_get(document, "config");
	g_assert_cmpstr(json_string_at(got, "User"), ==, "65532:65532");
	g_assert_cmpstr(json_string_value(json_array_get(json_object_get(got, "Entrypoint"), 0)),
			==, SEAL_INIT_PATH);
	g_assert_cmpstr(json_string_value(json_array_get(json_object_get(got, "Cmd"), 0)), ==,
			"-x");
	g_assert_cmpstr(json_string_value(json_array_get(json_object_get(got, "Env"), 1)), ==,
			"HOME=/root");
	g_assert_cmpstr(json_string_at(json_object_get(got, "Labels"), "l"), ==, "v");
	test = json_array_at(json_object_get(got, "Healthcheck"), "Test");
	g_assert_cmpstr(json_string_value(json_array_get(test, 0)), ==, "CMD");
	g_assert_cmpstr(json_string_value(json_array_get(test, 1)), ==, SEAL_INIT_PATH);
	g_assert_cmpstr(json_string_value(json_array_get(test, 4)), ==, "http://localhost");
	text = json_format_canonical(document);
	parsed = image_config_parse(text, strlen(text), &error);
	g_assert_no_error(error);
	back = seal_from_config(parsed, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(back->uid, ==, 65532);
	image_config_free(parsed);
	g_assert_null(seal_from_config(f.image.config, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	fixture_clear(&f);
}

/* Each is one change to a good document, and an error, never a crash. */
/* Engines cannot make it in a root that is read-only. */
static void test_working_directory(void)
{
	struct fixture f;
	autoseal struct seal *seal = NULL;
	autotree struct tree *production = NULL;
	g_autoptr(GError) error = NULL;
	const struct node *node;

	fixture_init(&f, CONFIG("\"Entrypoint\":[\"/app\"],\"WorkingDir\":\"/srv/work\""));
	users(&f);
	seal = decide(&f);
	production = seal_build(seal, &f.input, &error);
	g_assert_no_error(error);
	node = tree_lookup(production, "/srv/work");
	g_assert_true(node && node->type == NODE_DIRECTORY);
	g_assert_cmpuint(node->mode, ==, 0755);
	g_assert_cmpuint(node->uid, ==, 0);
	fixture_clear(&f);
}

static void test_bad_documents(void)
{
	static const struct {
		const char *key, *value;
	} table[] = {
		{"version", "2"},
		{"version", "\"1\""},
		{"uid", "0"},
		{"uid", "-1"},
		{"uid", "4294967295"},
		{"gid", "\"x\""},
		{"groups", "[\"x\"]"},
		{"groups", "{}"},
		{"writable", "[1]"},
		{"writable", "[{\"path\":\"relative\"}]"},
		{"writable", "[{\"path\":\"/\"}]"},
		{"writable",
		 "[{\"path\":\"/a\",\"mode\":\"755\",\"exec\":false,\"volume\":false,\"seed\":"
		 "\"none\",\"size_bytes\":1}]"},
		{"writable",
		 "[{\"path\":\"/a\",\"mode\":\"0755\",\"exec\":false,\"volume\":false,\"seed\":"
		 "\"none\",\"size_bytes\":-1}]"},
		{"writable",
		 "[{\"path\":\"/a\",\"mode\":\"0755\",\"exec\":false,\"volume\":false,\"seed\":"
		 "\"copy\",\"seed_path\":\"/etc\",\"size_bytes\":1}]"},
		{"writable",
		 "[{\"path\":\"/a\",\"mode\":\"0755\",\"exec\":false,\"volume\":false,\"seed\":"
		 "\"none\",\"size_bytes\":1,\"more\":1}]"},
		{"logs", "[{\"path\":\"/a/../b\",\"to\":\"stdout\"}]"},
		{"logs", "[{\"path\":\"/a\",\"to\":\"file\"}]"},
		{"executables", "[\"a\"]"},
		{"entry", "[1]"},
		{"ports", "[\"99999/tcp\"]"},
		{"ports", "[\"x\"]"},
		{"low_ports", "1"},
		{"stay", "1"},
		{"home", "[]"},
		{"unknown", "1"},
		{"syscalls", "1"},
	};
	struct fixture f;
	autoseal struct seal *seal = NULL;

	fixture_init(&f, CONFIG(""));
	seal = decide(&f);
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		autojson json_t *document = seal_to_json(seal);
		g_autoptr(GError) error = NULL;
		json_t *value = json_loads(table[i].value, JSON_DECODE_ANY, NULL);

		g_assert_nonnull(value);
		json_object_set_new(document, table[i].key, value);
		g_test_message("%s: %s", table[i].key, table[i].value);
		g_assert_null(seal_from_json(document, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	}
	fixture_clear(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/seal/nginx", test_nginx);
	g_test_add_func("/seal/keep-log", test_keep_log);
	g_test_add_func("/seal/redis", test_redis);
	g_test_add_func("/seal/postgres", test_postgres);
	g_test_add_func("/seal/mixed", test_mixed);
	g_test_add_func("/seal/shared", test_shared);
	g_test_add_func("/seal/users", test_users);
	g_test_add_func("/seal/databases", test_databases);
	g_test_add_func("/seal/units", test_units);
	g_test_add_func("/seal/demanded", test_demanded);
	g_test_add_func("/seal/mounts-between", test_mounts_between);
	g_test_add_func("/seal/volumes", test_volumes);
	g_test_add_func("/seal/config", test_config);
	g_test_add_func("/seal/working-directory", test_working_directory);
	g_test_add_func("/seal/setup", test_setup);
	g_test_add_func("/seal/bad-documents", test_bad_documents);
	return g_test_run();
}
