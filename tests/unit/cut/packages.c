/* SPDX-License-Identifier: Apache-2.0 */
/* What package databases say, and databases that lie. */
#include "cut/packages.h"

#include "base/fd.h"
#include "cut/control.h"
#include "fixture.h"

#include <fcntl.h>
#include <string.h>

#define MD5_X "9dd4e461268c8034f5c8564e155c67a6" /* of "x" */

static char *root_new(void)
{
	g_autoptr(GError) error = NULL;
	char *root = g_dir_make_tmp("thresh-packages-XXXXXX", &error);

	g_assert_no_error(error);
	return root;
}

static void root_free(char *root)
{
	g_assert_true(fd_remove_tree(AT_FDCWD, root, NULL));
	g_free(root);
}

static void test_control(void)
{
	static const char text[] = "\n\nA: 1\nb:  two \n three\n\n\nA: 4\n\n";
	const char *at = text;
	g_autofree char *first = control_next(&at), *second = control_next(&at);
	g_autofree char *b = control_field(first, "B"), *replaced = NULL, *without = NULL;

	g_assert_cmpstr(first, ==, "A: 1\nb:  two \n three\n");
	g_assert_cmpstr(second, ==, "A: 4\n");
	g_assert_null(control_next(&at));
	g_assert_cmpstr(b, ==, "two \n three");
	g_assert_null(control_field(first, "three"));
	replaced = control_replace(first, "A", "\n x");
	g_assert_cmpstr(replaced, ==, "A:\n x\nb:  two \n three\n");
	without = control_replace(first, "b", NULL);
	g_assert_cmpstr(without, ==, "A: 1\n");
}

static void assert_md5(const struct package_db *db, const char *path, const char *want)
{
	const struct checksum *checksum = package_db_checksum(db, tree_lookup(db->tree, path));
	g_autoptr(GString) hex = g_string_new(NULL);

	for (size_t i = 0; checksum && i < checksum_size(checksum->kind); i++)
		g_string_append_printf(hex, "%02x", checksum->bytes[i]);
	g_assert_cmpstr(checksum ? hex->str : NULL, ==, want);
}

static void test_dpkg(void)
{
	char *root = root_new();
	autotree struct tree *tree = NULL;
	autopackages struct package_db *db = NULL;
	const struct package *package;

	fixture_text(root, "/usr/bin/x", "x", 0755);
	fixture_text(root, "/usr/bin/x.distrib", "x", 0755);
	fixture_text(root, "/etc/x", "x", 0644);
	fixture_link(root, "/bin", "usr/bin");
	fixture_text(root, "/var/lib/dpkg/status",
		     "Package: px\nStatus: install ok installed\nArchitecture: amd64\nVersion: "
		     "1:2-3+b1\n"
		     "Source: sx (1:2-3)\nConffiles:\n /etc/x " MD5_X " obsolete\n /etc/x short\n\n"
		     "Package: py\nStatus: deinstall ok config-files\nVersion: 1\n",
		     0644);
	fixture_text(root, "/var/lib/dpkg/diversions", "/usr/bin/x\n/usr/bin/x.distrib\nother\n",
		     0644);
	fixture_text(root, "/var/lib/dpkg/info/px:amd64.list",
		     "/bin\n/bin/other\n/usr\n/usr/bin\n/usr/bin/x\n/etc/x\n", 0644);
	fixture_text(root, "/var/lib/dpkg/info/px:amd64.md5sums", MD5_X "  usr/bin/x\n", 0644);
	fixture_text(root, "/var/lib/dpkg/info/py.md5sums",
		     "00000000000000000000000000000000  etc/x\n", 0644);
	tree = fixture_tree(root);
	db = package_db_load(tree);
	package = package_db_find(db, "px");
	g_assert_cmpstr(package->version, ==, "1:2-3+b1");
	g_assert_cmpstr(package->architecture, ==, "amd64");
	g_assert_cmpstr(package->source, ==, "sx");
	g_assert_cmpstr(package->source_version, ==, "1:2-3");
	g_assert_true(package->installed);
	g_assert_false(package_db_find(db, "py")->installed);
	g_assert_cmpstr(package_db_find(db, "py")->source, ==, "py");
	g_assert_null(package_db_owner(db, "/usr/bin/x"));
	g_assert_cmpstr(package_db_owner(db, "/usr/bin/x.distrib"), ==, "px");
	g_assert_null(package_db_owner(db, "/bin")); /* a directory of its, and a link here */
	g_assert_true(g_hash_table_contains(db->directories, tree_lookup(tree, "/usr/bin")));
	assert_md5(db, "/usr/bin/x.distrib", MD5_X);
	assert_md5(db, "/etc/x", MD5_X); /* not by the package that does not own it */
	g_assert_true(g_hash_table_contains(db->conffiles, tree_lookup(tree, "/etc/x")));
	root_free(root);
}

static void test_apk(void)
{
	char *root = root_new();
	autotree struct tree *tree = NULL;
	autopackages struct package_db *db = NULL;
	const struct package *package;

	fixture_text(root, "/usr/bin/x", "x", 0755);
	fixture_text(root, "/lib/apk/db/installed",
		     "C:Q1\nP:px\nV:1.2-r3\nA:x86_64\nL:MIT AND BSD-2-Clause\no:sx\nD:so:libc.so "
		     "cmd:a=1 b>2\n"
		     "F:usr/bin\nR:x\nZ:Q1EfatjsUqKYSrqv18O1FlA3hcIHI=\nR:absent\nZ:Q1AAAA\n",
		     0644);
	tree = fixture_tree(root);
	db = package_db_load(tree);
	package = package_db_find(db, "px");
	g_assert_cmpstr(package->version, ==, "1.2-r3");
	g_assert_cmpstr(package->architecture, ==, "x86_64");
	g_assert_cmpstr(package->source, ==, "sx");
	g_assert_cmpstr(package->source_version, ==, "1.2-r3");
	g_assert_cmpstr(package->license, ==, "MIT AND BSD-2-Clause");
	g_assert_cmpuint(package->depends->len, ==, 3);
	assert_md5(db, "/usr/bin/x", "11f6ad8ec52a2984abaafd7c3b516503785c2072");
	root_free(root);
}

/* A name that two systems have is a package of each. */
static void test_two_systems(void)
{
	char *root = root_new();
	autotree struct tree *tree = NULL;
	autopackages struct package_db *db = NULL;

	fixture_text(root, "/usr/bin/x", "x", 0755);
	fixture_text(
		root, "/var/lib/dpkg/status",
		"Package: px\nArchitecture: x86_64\nVersion: 1\nStatus: install ok installed\n",
		0644);
	fixture_text(root, "/lib/apk/db/installed", "P:px\nV:2\nA:x86_64\nF:usr/bin\nR:x\n", 0644);
	tree = fixture_tree(root);
	db = package_db_load(tree);
	g_assert_cmpuint(db->packages->len, ==, 2);
	g_assert_cmpstr(package_db_package_of(db, tree_lookup(tree, "/usr/bin/x"))->version, ==,
			"2");
	root_free(root);
}

/* Each is read without harm; what is nonsense owns nothing. */
static void test_hostile(void)
{
	g_autofree char *long_name = g_strnfill(70000, 'a');
	g_autofree char *long_text = g_strconcat("Package: ", long_name, "\nVersion: 1\n", NULL);
	const struct {
		const char *file, *text;
	} table[] = {
		{"/var/lib/dpkg/status", "Package:"},
		{"/var/lib/dpkg/status", "Package: \nPackage\n:\n\n\n \n\t\n"},
		{"/var/lib/dpkg/status", "Package: a\nSource: (\nConffiles:\n  \n /\n x y z\n"},
		{"/var/lib/dpkg/status", "Package: a\nSource:\nVersion:\nDepends: ,|,(|\n"},
		{"/var/lib/dpkg/status", long_text},
		{"/var/lib/dpkg/status.d/x", "Package: /\nVersion: ../..\n"},
		{"/var/lib/dpkg/status.d/x.md5sums",
		 "zz  usr/bin/x\n" MD5_X "  \n" MD5_X " usr/bin/x\n"},
		{"/var/lib/dpkg/info/:.list", "/usr/bin/x\n"},
		{"/var/lib/dpkg/info/.list", "/usr/bin/x\n"},
		{"/var/lib/dpkg/diversions", "/usr/bin/x\n"},
		{"/lib/apk/db/installed", "P:\nF:../..\nR:../x\nZ:Q1====\n"},
		{"/lib/apk/db/installed", "R:x\nP:a\nF:usr/bin\nR:\nR:/\n"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		char *root = root_new();
		autotree struct tree *tree = NULL;
		autopackages struct package_db *db = NULL;

		g_test_message("%s: %.40s", table[i].file, table[i].text);
		fixture_text(root, "/usr/bin/x", "x", 0755);
		fixture_text(root, table[i].file, table[i].text, 0644);
		tree = fixture_tree(root);
		db = package_db_load(tree);
		g_assert_null(package_db_owner(db, "/usr/bin/x"));
		root_free(root);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cut/packages/control", test_control);
	g_test_add_func("/cut/packages/dpkg", test_dpkg);
	g_test_add_func("/cut/packages/apk", test_apk);
	g_test_add_func("/cut/packages/two-systems", test_two_systems);
	g_test_add_func("/cut/packages/hostile", test_hostile);
	return g_test_run();
}
