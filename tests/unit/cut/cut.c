/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "cut/elf.h"
#include "cut/keepset.h"
#include "cut/packages.h"
#include "cut/programs.h"
#include "cut/script.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>

/* A little ELF file: one read-only segment over the whole of it, a dynamic section, an interpreter.
 */
struct maker {
	GByteArray *bytes;
	GByteArray *strings;
	GArray *dynamic;
};

static size_t maker_string(struct maker *maker, const char *text)
{
	size_t at = maker->strings->len;

	g_byte_array_append(maker->strings, (const guint8 *)text, (guint)strlen(text) + 1);
	return at;
}

static void maker_dynamic(struct maker *maker, Elf64_Sxword tag, Elf64_Xword value)
{
	Elf64_Dyn entry = {.d_tag = tag, .d_un.d_val = value};

	g_array_append_val(maker->dynamic, entry);
}

/* @needed: names separated by spaces. @runpath, @interpreter and @constants may be NULL. */
static GByteArray *make_elf(const char *needed, const char *runpath, const char *interpreter,
			    const void *constants, size_t constants_bytes)
{
	struct maker maker = {g_byte_array_new(), g_byte_array_new(),
			      g_array_new(FALSE, TRUE, sizeof(Elf64_Dyn))};
	g_auto(GStrv) names = g_strsplit(needed, " ", -1);
	Elf64_Ehdr header = {.e_ident = ELFMAG,
			     .e_type = ET_DYN,
			     .e_machine = EM_X86_64,
			     .e_version = 1,
			     .e_phoff = sizeof(Elf64_Ehdr),
			     .e_ehsize = sizeof(Elf64_Ehdr),
			     .e_phentsize = sizeof(Elf64_Phdr),
			     .e_phnum = interpreter ? 3 : 2};
	Elf64_Phdr segments[3] = {{.p_type = PT_LOAD, .p_flags = PF_R}, {.p_type = PT_DYNAMIC}};
	size_t at = sizeof(header) + header.e_phnum * sizeof(Elf64_Phdr);
	size_t dynamic_at;

	header.e_ident[EI_CLASS] = ELFCLASS64;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	maker_string(&maker, "");
	for (char **name = names; *name; name++) {
		if (**name)
			maker_dynamic(&maker, DT_NEEDED, maker_string(&maker, *name));
	}
	if (runpath)
		maker_dynamic(&maker, DT_RUNPATH, maker_string(&maker, runpath));
	maker_string(&maker, "dlopen");
	maker_dynamic(&maker, DT_STRTAB, at);
	maker_dynamic(&maker, DT_STRSZ, maker.strings->len);
	maker_dynamic(&maker, DT_NULL, 0);
	dynamic_at = at + maker.strings->len;
	segments[1].p_offset = segments[1].p_vaddr = dynamic_at;
	segments[1].p_filesz = maker.dynamic->len * sizeof(Elf64_Dyn);
	if (interpreter) {
		segments[2].p_type = PT_INTERP;
		segments[2].p_offset = dynamic_at + segments[1].p_filesz;
		segments[2].p_filesz = strlen(interpreter) + 1;
	}
	segments[0].p_filesz =
		dynamic_at + segments[1].p_filesz + segments[2].p_filesz + constants_bytes;
	g_byte_array_append(maker.bytes, (guint8 *)&header, sizeof(header));
	g_byte_array_append(maker.bytes, (guint8 *)segments,
			    header.e_phnum * (guint)sizeof(Elf64_Phdr));
	g_byte_array_append(maker.bytes, maker.strings->data, maker.strings->len);
	g_byte_array_append(maker.bytes, (guint8 *)maker.dynamic->data,
			    (guint)segments[1].p_filesz);
	if (interpreter)
		g_byte_array_append(maker.bytes, (const guint8 *)interpreter,
				    (guint)strlen(interpreter) + 1);
	if (constants)
		g_byte_array_append(maker.bytes, constants, (guint)constants_bytes);
	g_byte_array_unref(maker.strings);
	g_array_unref(maker.dynamic);
	return maker.bytes;
}

static void put_elf(const char *root, const char *name, const char *needed, const char *runpath,
		    const char *interpreter)
{
	g_autoptr(GByteArray) bytes = make_elf(needed, runpath, interpreter, NULL, 0);

	fixture_file(root, name, bytes->data, bytes->len, 0755);
}

static const char shell_words[] = "\0esac\0elif\0getopts\0readonly\0PS4\0";

static void put_shell(const char *root, const char *name, unsigned int mode)
{
	static char constants[64 << 10]; /* as large as shells are */
	g_autoptr(GByteArray) bytes = NULL;

	memcpy(constants, shell_words, sizeof(shell_words));
	bytes = make_elf("", NULL, "/lib/ld.so", constants, sizeof(constants));
	fixture_file(root, name, bytes->data, bytes->len, mode);
}

static void test_elf(void)
{
	static const char constants[] =
		"\0libplug.so.3\0x/libdeep.so\0libno.so.x\0prefix libno2.so\0";
	g_autoptr(GByteArray) bytes = make_elf("libc.so.6 libz.so.1", "$ORIGIN/../lib",
					       "/lib64/ld.so", constants, sizeof(constants));
	autoelf struct elf *elf = elf_parse(bytes->data, bytes->len, NULL);
	g_autoptr(GPtrArray) names = elf_library_strings(bytes->data, bytes->len);

	g_assert_nonnull(elf);
	g_assert_cmpint(elf->class_bits, ==, 64);
	g_assert_cmpint(elf->machine, ==, EM_X86_64);
	g_assert_cmpstr(elf->interpreter, ==, "/lib64/ld.so");
	g_assert_cmpstr(elf->runpath, ==, "$ORIGIN/../lib");
	g_assert_cmpint(elf->needed->len, ==, 2);
	g_assert_cmpstr(elf->needed->pdata[1], ==, "libz.so.1");
	g_assert_true(elf->calls_dlopen);
	g_assert_true(g_ptr_array_find_with_equal_func(names, "libplug.so.3", g_str_equal, NULL));
	g_assert_true(g_ptr_array_find_with_equal_func(names, "x/libdeep.so", g_str_equal, NULL));
	for (guint i = 0; i < names->len; i++)
		g_assert_null(strstr(names->pdata[i], "libno"));
}

/* Every truncation and every byte turned over: an answer or an error, never more. */
static void test_elf_damaged(void)
{
	g_autoptr(GByteArray) bytes =
		make_elf("libc.so.6", "$ORIGIN", "/lib64/ld.so", shell_words, sizeof(shell_words));

	for (guint i = 0; i < bytes->len; i++) {
		g_autofree guint8 *copy = g_memdup2(bytes->data, bytes->len);
		g_autoptr(GError) error = NULL;
		autoelf struct elf *shorter = elf_parse(copy, i, NULL);

		copy[i] ^= 0xff;
		autoelf struct elf *turned = elf_parse(copy, bytes->len, &error);
		g_assert_true(turned || error);
		program_identify(copy, bytes->len);
	}
	g_assert_null(elf_parse("\177ELF", 4, NULL));
	g_assert_null(elf_parse("#!/bin/sh\n", 10, NULL));
}

static void test_script(void)
{
	static const struct {
		const char *text, *interpreter, *program;
	} table[] = {
		{"#!/bin/sh\n", "/bin/sh", NULL},
		{"#! /usr/bin/env python3 -u\nx", "/usr/bin/env", "python3"},
		{"#!/usr/bin/env -S node --x\n", "/usr/bin/env", "node"},
		{"#!/usr/bin/env A=1 ruby", "/usr/bin/env", "ruby"},
		{"#!/usr/bin/perl -w\r\n", "/usr/bin/perl", NULL},
		{"#!\n", NULL, NULL},
		{"#", NULL, NULL},
		{"", NULL, NULL},
		{"text", NULL, NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct script script = {0};
		bool found = script_parse(table[i].text, strlen(table[i].text), &script);

		g_assert_cmpint(found, ==, table[i].interpreter != NULL);
		g_assert_cmpstr(script.interpreter, ==, table[i].interpreter);
		g_assert_cmpstr(script.program, ==, table[i].program);
		script_clear(&script);
	}
}

/* A root on disk with what a decision needs, and its options. */
struct world {
	char *root;
	struct profile *profile;
	struct image_config config;
	struct cut_options options;
	GError *error;
};

static void world_init(struct world *world)
{
	memset(world, 0, sizeof(*world));
	world->root = g_dir_make_tmp("thresh-cut-XXXXXX", NULL);
	g_assert_nonnull(world->root);
	world->profile = profile_new();
	world->config.environment = g_ptr_array_new();
	world->config.entrypoint = g_ptr_array_new();
	world->config.command = g_ptr_array_new();
	world->config.working_directory = (char *)"/";
	world->options.config = &world->config;
	world->options.preset = PRESET_BALANCED;
	put_elf(world->root, "/lib/ld.so", "", NULL, NULL);
}

static void world_clear(struct world *world)
{
	g_assert_true(fd_remove_tree(AT_FDCWD, world->root, NULL));
	g_free(world->root);
	profile_free(world->profile);
	g_ptr_array_unref(world->config.environment);
	g_ptr_array_unref(world->config.entrypoint);
	g_ptr_array_unref(world->config.command);
	g_clear_error(&world->error);
}

static struct keepset *world_decide(struct world *world)
{
	autotree struct tree *tree = fixture_tree(world->root);

	return keepset_decide(tree, world->profile, &world->options, &world->error);
}

#define assert_kept(keepset, path, want)                                                           \
	G_STMT_START                                                                               \
	{                                                                                          \
		const struct verdict *v = keepset_verdict(keepset, path);                          \
		g_assert_nonnull(v);                                                               \
		g_assert_true(v->keep);                                                            \
		g_assert_cmpstr(v->reason, ==, want);                                              \
	}                                                                                          \
	G_STMT_END

#define assert_removed(keepset, path, want)                                                        \
	G_STMT_START                                                                               \
	{                                                                                          \
		const struct verdict *v = keepset_verdict(keepset, path);                          \
		g_assert_nonnull(v);                                                               \
		g_assert_false(v->keep);                                                           \
		g_assert_cmpstr(v->reason, ==, want);                                              \
	}                                                                                          \
	G_STMT_END

static void test_closure(void)
{
	struct world world;
	autokeepset struct keepset *keepset = NULL;

	world_init(&world);
	world.options.preset = PRESET_STRICT;
	put_elf(world.root, "/app/bin/main", "liba.so libconf.so libnowhere.so", "$ORIGIN/../own",
		"/lib/ld.so");
	put_elf(world.root, "/app/own/liba.so", "libb.so", NULL, NULL);
	put_elf(world.root, "/usr/lib/libb.so.1", "", NULL, NULL);
	fixture_link(world.root, "/usr/lib/libb.so", "libb.so.1");
	put_elf(world.root, "/usr/lib/libunused.so", "", NULL, NULL);
	put_elf(world.root, "/opt/conf/libconf.so", "", NULL, NULL);
	fixture_text(world.root, "/etc/ld.so.conf", "include ld.so.conf.d/*.conf\n", 0644);
	fixture_text(world.root, "/etc/ld.so.conf.d/x.conf", "# x\n/opt/conf\n", 0644);
	profile_add_path(world.profile, "/app/bin/main", PATH_EXEC);
	profile_add_path(world.profile, "/var/lib/app/made", PATH_CREATE);
	fixture_text(world.root, "/var/lib/app/readme", "x", 0644);
	keepset = world_decide(&world);
	g_assert_no_error(world.error);
	assert_kept(keepset, "/app/bin/main", "trace:exec");
	assert_kept(keepset, "/app/bin", "closure:parent");
	assert_kept(keepset, "/lib/ld.so", "closure:elf-interpreter");
	assert_kept(keepset, "/app/own/liba.so", "closure:elf-needed");
	assert_kept(keepset, "/usr/lib/libb.so", "closure:symlink");
	assert_kept(keepset, "/usr/lib/libb.so.1", "closure:elf-needed");
	assert_kept(keepset, "/opt/conf/libconf.so", "closure:elf-needed");
	assert_kept(keepset, "/var/lib/app", "trace:create");
	assert_removed(keepset, "/usr/lib/libunused.so", "unused");
	assert_removed(keepset, "/var/lib/app/readme", "unused");
	g_assert_cmpint(keepset->notes->len, ==, 1);
	g_assert_nonnull(strstr(keepset->notes->pdata[0], "libnowhere.so"));
	world_clear(&world);
}

static void test_shells(void)
{
	struct world world;
	autokeepset struct keepset *keepset = NULL;

	world_init(&world);
	put_elf(world.root, "/app/main", "", NULL, "/lib/ld.so");
	put_shell(world.root, "/bin/dash", 0755);
	put_shell(world.root, "/app/launcher", 0755);
	put_shell(world.root, "/app/data.bin", 0644);
	fixture_link(world.root, "/bin/sh", "dash");
	fixture_text(world.root, "/usr/bin/tool", "#!/bin/sh\n", 04755);
	fixture_text(world.root, "/etc/passwd-", "x", 0600);
	profile_add_path(world.profile, "/app/main", PATH_EXEC);
	profile_add_path(world.profile, "/bin/sh", PATH_READLINK);
	profile_add_path(world.profile, "/bin/dash", PATH_EXEC);
	keepset = world_decide(&world);
	g_assert_no_error(world.error);
	assert_removed(keepset, "/bin/dash", "shell");
	assert_removed(keepset, "/bin/sh", "shell");
	assert_removed(keepset, "/app/launcher", "shell");
	assert_removed(keepset, "/app/data.bin", "shell");
	assert_removed(keepset, "/usr/bin/tool", "setid");
	assert_removed(keepset, "/etc/passwd-", "debris");
	g_assert_true(g_hash_table_contains(keepset->shells, "/bin/dash"));
	world_clear(&world);
}

/* The programs of the machine that runs the test, where it has them. */
static void test_identify(void)
{
	static const struct {
		const char *path;
		enum program_kind want;
	} table[] = {
		{"/bin/dash", PROGRAM_SHELL},
		{"/bin/bash", PROGRAM_SHELL},
		{"/bin/busybox", PROGRAM_MULTICALL},
		{"/bin/zsh", PROGRAM_SHELL},
		{"/usr/bin/dpkg", PROGRAM_PACKAGE_MANAGER},
		{"/usr/bin/apt-get", PROGRAM_PACKAGE_MANAGER},
		{"/usr/bin/make", PROGRAM_OTHER},
		{"/usr/bin/env", PROGRAM_OTHER},
		{"/usr/bin/perl", PROGRAM_OTHER},
		{"/usr/bin/find", PROGRAM_OTHER},
	};
	static const char phar[] = "<?php\nPhar::mapPhar('composer.phar');\n__HALT_COMPILER();";
	static const char pip[] = "#!/usr/bin/python3\nfrom pip._internal.cli.main import main\n";
	static const char gem[] = "#!/usr/bin/ruby\nGem::GemRunner.new.run ARGV\n";

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *data = NULL;
		gsize size_bytes;

		if (!g_file_get_contents(table[i].path, &data, &size_bytes, NULL))
			continue;
		g_test_message("%s", table[i].path);
		g_assert_cmpint(program_identify(data, size_bytes), ==, table[i].want);
	}
	g_assert_cmpint(program_identify(phar, sizeof(phar)), ==, PROGRAM_PACKAGE_MANAGER);
	g_assert_cmpint(program_identify(pip, sizeof(pip)), ==, PROGRAM_PACKAGE_MANAGER);
	g_assert_cmpint(program_identify(gem, sizeof(gem)), ==, PROGRAM_PACKAGE_MANAGER);
	g_assert_cmpint(program_identify("#!/bin/sh\n", 10), ==, PROGRAM_OTHER);
}

static void test_entry(void)
{
	static const struct {
		const char *command;
		bool good;
	} table[] = {{"/app/main", true},  {"main", true},      {"sh", false},
		     {"/bin/dash", false}, {"/app/run", false}, {"/app/run2", false},
		     {"/app/other", true}, {"/app/copy", false}};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct world world;
		autokeepset struct keepset *keepset = NULL;

		world_init(&world);
		put_elf(world.root, "/app/main", "", NULL, "/lib/ld.so");
		put_elf(world.root, "/usr/bin/main", "", NULL, "/lib/ld.so");
		put_shell(world.root, "/bin/dash", 0755);
		put_shell(world.root, "/app/copy", 0755);
		fixture_link(world.root, "/bin/sh", "dash");
		fixture_text(world.root, "/app/run", "#!/bin/sh\nexec main\n", 0755);
		fixture_text(world.root, "/app/run2", "#!/usr/bin/env sh\nexec main\n", 0755);
		fixture_text(world.root, "/app/other", "#!/app/main\n", 0755);
		put_elf(world.root, "/usr/bin/env", "", NULL, "/lib/ld.so");
		g_ptr_array_add(world.config.environment, (gpointer) "PATH=/usr/bin:/bin");
		g_ptr_array_add(world.config.command, (gpointer)table[i].command);
		keepset = world_decide(&world);
		g_assert_cmpint(keepset != NULL, ==, table[i].good);
		if (!table[i].good) {
			g_assert_error(world.error, THRESH_ERROR, THRESH_ERROR_INPUT);
			g_assert_nonnull(strstr(world.error->message, "after `--`"));
		}
		world_clear(&world);
	}
}

/* The steps of a plan stand in the place of the script; thresh-init stays, and so all that ran are
 * its children. */
static void test_entry_of_plan(void)
{
	static const char *const words[] = {"/app/main", NULL};
	g_autoptr(GPtrArray) steps = g_ptr_array_new();
	struct world world;
	autokeepset struct keepset *keepset = NULL;

	world_init(&world);
	put_elf(world.root, "/app/main", "", NULL, "/lib/ld.so");
	put_shell(world.root, "/bin/sh", 0755);
	fixture_text(world.root, "/app/run", "#!/bin/sh\n/app/main &\nwait\n", 0755);
	g_ptr_array_add(world.config.command, (gpointer) "/app/run");
	g_ptr_array_add(steps, (gpointer) "exec /app/main");
	profile_set_start(world.profile, steps);
	profile_add_command(world.profile, words[0], words, true);
	keepset = world_decide(&world);
	g_assert_no_error(world.error);
	g_assert_nonnull(keepset);
	world_clear(&world);
}

static void test_packages(void)
{
	struct world world;
	autotree struct tree *tree = NULL;
	autopackages struct package_db *db = NULL;

	world_init(&world);
	fixture_text(world.root, "/usr/bin/x", "x", 0755);
	fixture_text(world.root, "/usr/bin/y", "y", 0755);
	fixture_text(world.root, "/usr/bin/z", "z", 0755);
	fixture_link(world.root, "/bin", "usr/bin");
	fixture_text(
		world.root, "/var/lib/dpkg/status",
		"Package: px\nStatus: install ok installed\nDepends: py (>= 1), pz | pw:any\n\n"
		"Package: py\n",
		0644);
	fixture_text(world.root, "/var/lib/dpkg/info/px:amd64.list", "/.\n/bin\n/bin/x\n", 0644);
	fixture_text(world.root, "/var/lib/dpkg/info/py.list", "/usr/bin/y\n/gone\n\n../x\n", 0644);
	fixture_text(world.root, "/lib/apk/db/installed", "C:Q1\nP:pz\nF:usr/bin\nR:z\n\nR:x\n",
		     0644);
	tree = fixture_tree(world.root);
	db = package_db_load(tree);
	g_assert_cmpstr(package_db_owner(db, "/usr/bin/x"), ==, "px");
	g_assert_cmpstr(package_db_owner(db, "/usr/bin/y"), ==, "py");
	g_assert_cmpstr(package_db_owner(db, "/usr/bin/z"), ==, "pz");
	g_assert_null(package_db_owner(db, "/var/lib/dpkg/status"));
	g_assert_null(package_db_owner(db, "/nowhere"));
	g_assert_cmpint(package_db_find(db, "px")->depends->len, ==, 3);
	g_assert_cmpstr(package_db_find(db, "px")->depends->pdata[2], ==, "pw");
	g_assert_false(db->opaque);
	world_clear(&world);
}

/* Python: the standard library whole, packages by the import graph, pip never. */
static void test_python(void)
{
	struct world world;
	autokeepset struct keepset *keepset = NULL;
	static const char *const kept[] = {
		"/usr/local/lib/python3.11/csv.py",
		"/usr/local/lib/python3.11/xml/dom/minidom.py",
		"/usr/local/lib/python3.11/__pycache__/csv.cpython-311.pyc",
		"/usr/local/lib/python3.11/site-packages/web/__init__.py",
		"/usr/local/lib/python3.11/site-packages/lazy/deep/mod.py",
		"/usr/local/lib/python3.11/site-packages/required.py",
		"/usr/local/lib/python3.11/site-packages/plug.cpython-311-x86_64-linux-gnu.so",
		"/app/app.py",
		"/app/other.txt",
	};
	static const char *const removed[] = {
		"/usr/local/lib/python3.11/test/test_x.py",
		"/usr/local/lib/python3.11/site-packages/unrelated/__init__.py",
		"/usr/local/lib/python3.11/site-packages/extra_only.py",
		"/usr/local/bin/pip",
	};

	world_init(&world);
	put_elf(world.root, "/usr/local/bin/python3.11", "", NULL, "/lib/ld.so");
	for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
		fixture_text(world.root, kept[i], "x = 1\n", 0644);
	for (gsize i = 0; i < G_N_ELEMENTS(removed); i++)
		fixture_text(world.root, removed[i], "x = 1\n", 0644);
	fixture_text(world.root, "/usr/local/lib/python3.11/os.py", "", 0644);
	fixture_text(world.root, "/usr/local/lib/python3.11/encodings/__init__.py", "", 0644);
	fixture_text(world.root, "/usr/local/lib/python3.11/site-packages/pip/__init__.py", "",
		     0644);
	fixture_text(world.root,
		     "/usr/local/lib/python3.11/site-packages/pip-23.dist-info/METADATA",
		     "Metadata-Version: 2.1\nName: pip\n", 0644);
	fixture_text(world.root, "/usr/local/lib/python3.11/site-packages/web-1.dist-info/METADATA",
		     "Name: web\nRequires-Dist: required (>=1)\n"
		     "Requires-Dist: extra-only ; extra == 'x'\n\n",
		     0644);
	fixture_text(world.root,
		     "/usr/local/lib/python3.11/site-packages/required-1.dist-info/METADATA",
		     "Name: required\n", 0644);
	fixture_text(world.root, "/app/app.py",
		     "import web, pip\ndef f():\n\tfrom lazy.deep import mod\n"
		     "importlib.import_module(\"plug\")\n",
		     0644);
	profile_add_path(world.profile, "/usr/local/bin/python3.11", PATH_EXEC);
	profile_add_path(world.profile, "/usr/local/lib/python3.11/os.py", PATH_STAT);
	profile_add_path(world.profile, "/app/app.py", PATH_OPEN);
	keepset = world_decide(&world);
	g_assert_no_error(world.error);
	for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
		g_test_message("%s", kept[i]);
		g_assert_true(keepset_keeps(keepset, kept[i]));
	}
	for (gsize i = 0; i < G_N_ELEMENTS(removed); i++) {
		g_test_message("%s", removed[i]);
		g_assert_false(keepset_keeps(keepset, removed[i]));
	}
	assert_removed(keepset, "/usr/local/lib/python3.11/site-packages/pip/__init__.py",
		       "package-manager");
	world_clear(&world);
}

static void test_rules(void)
{
	struct world world;
	struct keep_rule rule = {(char *)"/data/*.txt", (char *)"the reports"};
	struct keep_rule missed = {(char *)"/usr/lib/late.dat", (char *)"open"};
	g_autoptr(GPtrArray) rules = g_ptr_array_new(), replay = g_ptr_array_new();
	autokeepset struct keepset *keepset = NULL;
	autotree struct tree *tree = NULL;
	autojson json_t *first = NULL, *second = NULL;

	world_init(&world);
	world.options.preset = PRESET_STRICT;
	put_elf(world.root, "/app/main", "", NULL, "/lib/ld.so");
	fixture_text(world.root, "/data/a.txt", "a", 0644);
	fixture_text(world.root, "/data/b.bin", "b", 0644);
	fixture_text(world.root, "/usr/lib/late.dat", "b", 0644);
	g_ptr_array_add(rules, &rule);
	g_ptr_array_add(replay, &missed);
	world.options.keep_rules = rules;
	world.options.replay_keep = replay;
	profile_add_path(world.profile, "/app/main", PATH_EXEC);
	keepset = world_decide(&world);
	g_assert_no_error(world.error);
	assert_kept(keepset, "/data/a.txt", "rule:the reports");
	assert_kept(keepset, "/usr/lib/late.dat", "replay:open");
	assert_removed(keepset, "/data/b.bin", "unused");
	tree = fixture_tree(world.root);
	first = keepset_to_json(keepset, tree);
	keepset_free(keepset);
	keepset = world_decide(&world);
	second = keepset_to_json(keepset, tree);
	g_assert_true(json_equal(first, second));
	g_assert_cmpint(keepset->kept_files, ==, 4); /* main, its loader, and the two */
	world_clear(&world);
}

/* Without any package database everything is the application's; where there is one that is not
 * read, what lies in a system's directories may be anybody's. */
static void test_no_database(void)
{
	static const char *const databases[] = {NULL, "/var/lib/pacman/local/x/files",
						"/var/lib/rpm/rpmdb.sqlite"};

	for (gsize i = 0; i < G_N_ELEMENTS(databases); i++) {
		struct world world;
		autokeepset struct keepset *keepset = NULL;

		world_init(&world);
		put_elf(world.root, "/usr/bin/hello", "", NULL, "/lib/ld.so");
		fixture_text(world.root, "/usr/share/hello/motd.txt", "m", 0644);
		fixture_text(world.root, "/srv/here/.placeholder~", "m", 0644);
		world.config.working_directory = (char *)"/srv/here";
		if (databases[i])
			fixture_text(world.root, databases[i], "x", 0644);
		profile_add_path(world.profile, "/usr/bin/hello", PATH_EXEC);
		keepset = world_decide(&world);
		g_assert_no_error(world.error);
		assert_kept(keepset, "/srv/here", "floor:working-directory");
		if (databases[i])
			assert_removed(keepset, "/usr/share/hello/motd.txt", "unused");
		else
			assert_kept(keepset, "/usr/share/hello/motd.txt", "closure:application");
		world_clear(&world);
	}
}

/* What an application ships is its own wherever it lies, but for what package managers leave. */
static void test_own_files(void)
{
	static const char *const kept[] = {
		"/app/order_history",         "/root/.cache/models/weights.bin",
		"/usr/share/fonts/own.ttf",   "/usr/share/locale/de/LC_MESSAGES/own.mo",
		"/usr/share/own/table.dat",   "/etc/own/own.conf",
		"/var/lib/own/database.json", "/opt/own/lib/part.js",
	};
	static const char *const debris[] = {
		"/root/.bash_history",
		"/root/.cache/pip/http/a",
		"/app/.git/config",
		"/var/log/own.log",
	};
	struct world world;
	autokeepset struct keepset *keepset = NULL;

	world_init(&world);
	put_elf(world.root, "/app/main", "", NULL, "/lib/ld.so");
	fixture_text(world.root, "/var/lib/dpkg/status",
		     "Package: px\nStatus: install ok installed\n", 0644);
	fixture_text(world.root, "/var/lib/dpkg/info/px.list", "/usr/share/px\n", 0644);
	fixture_text(world.root, "/usr/share/px", "x", 0644);
	for (gsize i = 0; i < G_N_ELEMENTS(kept); i++)
		fixture_text(world.root, kept[i], "x", 0644);
	for (gsize i = 0; i < G_N_ELEMENTS(debris); i++)
		fixture_text(world.root, debris[i], "x", 0644);
	profile_add_path(world.profile, "/app/main", PATH_EXEC);
	keepset = world_decide(&world);
	g_assert_no_error(world.error);
	for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
		g_test_message("%s", kept[i]);
		assert_kept(keepset, kept[i], "closure:application");
	}
	for (gsize i = 0; i < G_N_ELEMENTS(debris); i++)
		assert_removed(keepset, debris[i], "debris");
	assert_removed(keepset, "/usr/share/px", "unused");
	world_clear(&world);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cut/elf", test_elf);
	g_test_add_func("/cut/elf/damaged", test_elf_damaged);
	g_test_add_func("/cut/script", test_script);
	g_test_add_func("/cut/closure", test_closure);
	g_test_add_func("/cut/shells", test_shells);
	g_test_add_func("/cut/identify", test_identify);
	g_test_add_func("/cut/entry", test_entry);
	g_test_add_func("/cut/entry of a plan", test_entry_of_plan);
	g_test_add_func("/cut/packages", test_packages);
	g_test_add_func("/cut/no-database", test_no_database);
	g_test_add_func("/cut/own-files", test_own_files);
	g_test_add_func("/cut/python", test_python);
	g_test_add_func("/cut/rules", test_rules);
	return g_test_run();
}
