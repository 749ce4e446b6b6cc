/* SPDX-License-Identifier: Apache-2.0 */
/* The package database of the production image: what is left, with its checksums, and no ghosts. */
#include "seal/packages.h"

#include "fixture.h"

#define CONFIG                                                                                     \
	"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Entrypoint\":[\"/usr/bin/"     \
	"x\"]},"                                                                                   \
	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"
#define MD5_X "9dd4e461268c8034f5c8564e155c67a6" /* of "x" */
#define MD5_Z "fbade9e36a3f36d3d676c1b808451dd7" /* of "z" */

static void start(struct fixture *f)
{
	fixture_init(f, CONFIG);
	fixture_file(f, "/usr/bin/x", 0755, "x");
	fixture_file(f, "/usr/bin/y", 0755, "y");
	fixture_file(f, "/usr/bin/z", 0755, "z");
	fixture_file(f, "/etc/x.conf", 0644, "changed");
	fixture_file(f, "/etc/gone.conf", 0644, "gone");
	fixture_keep(f, "/usr/bin/y", false);
	fixture_keep(f, "/etc/gone.conf", false);
}

static struct tree *build(struct fixture *f)
{
	g_autoptr(GError) error = NULL;
	autoseal struct seal *seal = seal_decide(&f->input, &error);
	struct tree *tree;

	g_assert_no_error(error);
	tree = seal_build(seal, &f->input, &error);
	g_assert_no_error(error);
	return tree;
}

static void assert_text(const struct tree *tree, const char *path, const char *want)
{
	const struct node *node = tree_lookup(tree, path);
	g_autofree char *got = NULL;

	if (!want) {
		g_assert_null(node);
		return;
	}
	if (!node || !node->bytes)
		g_error("%s: not written", path);
	got = g_strndup(g_bytes_get_data(node->bytes, NULL), g_bytes_get_size(node->bytes));
	g_assert_cmpstr(got, ==, want);
	g_assert_cmpuint(node->size_bytes, ==, strlen(want));
	g_assert_cmpuint(node->layer, ==, 2);
	g_assert_cmpuint(node->mode, ==, 0644);
	g_assert_cmpuint(node->uid, ==, 0);
}

static void unkept(struct fixture *f, const char *path, const char *text)
{
	fixture_file(f, path, 0644, text);
	fixture_keep(f, path, false);
}

static void put_dpkg(struct fixture *f)
{
	unkept(f, "/var/lib/dpkg/status",
	       "Package: px\nStatus: install ok installed\nInstalled-Size: 900\nArchitecture: "
	       "amd64\n"
	       "Version: 1:2-3\nSource: sx (2)\nConffiles:\n /etc/x.conf " MD5_X
	       "\n /etc/gone.conf " MD5_X "\nDescription: an x\n that is one\n\n"
	       "Package: py\nStatus: install ok installed\nVersion: 1\n\n"
	       "Package: removed\nStatus: deinstall ok config-files\nVersion: 1\n\n"
	       "Package: ../../evil\nStatus: install ok installed\nVersion: 1\n");
	unkept(f, "/var/lib/dpkg/info/px:amd64.list",
	       "/usr/bin/x\n/usr/bin/z\n/etc/x.conf\n/etc/gone.conf\n");
	unkept(f, "/var/lib/dpkg/info/px:amd64.md5sums", MD5_X "  usr/bin/x\nnonsense\n");
	/* of py a link is left, and a link where it has a directory */
	fixture_add(f, "/usr/bin/link", NODE_SYMLINK, 0777, 0, 0)->target = g_strdup("x");
	fixture_add(f, "/bin", NODE_SYMLINK, 0777, 0, 0)->target = g_strdup("usr/bin");
	unkept(f, "/var/lib/dpkg/info/py.list", "/bin\n/bin/y\n/usr/bin/link\n");
	unkept(f, "/var/lib/dpkg/info/removed.list", "/etc/x.conf\n");
}

static const char px[] = "Package: px\nStatus: install ok installed\nInstalled-Size: 1\n"
			 "Architecture: amd64\nVersion: 1:2-3\nSource: sx (2)\nConffiles:\n"
			 " /etc/x.conf " MD5_X "\nDescription: an x\n that is one\n";

static void test_dpkg(void)
{
	struct fixture f;
	autotree struct tree *tree = NULL;

	start(&f);
	put_dpkg(&f);
	tree = build(&f);
	assert_text(tree, "/var/lib/dpkg/status.d/px", px);
	assert_text(tree, "/var/lib/dpkg/status.d/px.md5sums",
		    MD5_X "  usr/bin/x\n" MD5_Z "  usr/bin/z\n");
	assert_text(tree, "/var/lib/dpkg/status.d/py", NULL);
	assert_text(tree, "/var/lib/dpkg/status.d/removed", NULL);
	assert_text(tree, "/var/lib/dpkg/status", NULL);
	g_assert_cmpuint(g_hash_table_size(tree_lookup(tree, "/var/lib/dpkg/status.d")->children),
			 ==, 2);
	g_assert_null(tree_lookup(tree, "/var/lib/evil"));
	fixture_clear(&f);
}

/* An application that reads the status itself finds the same packages there. */
static void test_status_kept(void)
{
	struct fixture f;
	autotree struct tree *tree = NULL;
	g_autofree char *want = g_strconcat(px, "\n", NULL);

	start(&f);
	put_dpkg(&f);
	fixture_keep(&f, "/var/lib/dpkg/status", true);
	tree = build(&f);
	assert_text(tree, "/var/lib/dpkg/status", want);
	assert_text(tree, "/var/lib/dpkg/status.d/px", px);
	fixture_clear(&f);
}

/* Two architectures of one package are two packages. */
static void test_architectures(void)
{
	static const char a[] = "Package: p\nArchitecture: amd64\nVersion: 1\n";
	static const char b[] = "Package: p\nArchitecture: i386\nVersion: 1\n";
	struct fixture f;
	autotree struct tree *tree = NULL;
	g_autofree char *status = g_strconcat(a, "\n", b, NULL);

	start(&f);
	unkept(&f, "/var/lib/dpkg/status", status);
	unkept(&f, "/var/lib/dpkg/info/p:amd64.list", "/usr/bin/x\n");
	unkept(&f, "/var/lib/dpkg/info/p:i386.list", "/usr/bin/z\n");
	tree = build(&f);
	assert_text(tree, "/var/lib/dpkg/status.d/p", a);
	assert_text(tree, "/var/lib/dpkg/status.d/p.md5sums", MD5_X "  usr/bin/x\n");
	assert_text(tree, "/var/lib/dpkg/status.d/p:i386", b);
	assert_text(tree, "/var/lib/dpkg/status.d/p:i386.md5sums", MD5_Z "  usr/bin/z\n");
	fixture_clear(&f);
}

/* A source without dpkg: its own paragraphs are gone but for what is left. */
static void test_status_directory(void)
{
	struct fixture f;
	autotree struct tree *tree = NULL;

	start(&f);
	fixture_file(&f, "/var/lib/dpkg/status.d/px", 0644, "Package: px\nVersion: 1\n");
	fixture_file(&f, "/var/lib/dpkg/status.d/px.md5sums", 0644,
		     MD5_X "  ./usr/bin/x\n" MD5_X "  usr/bin/y\n");
	fixture_file(&f, "/var/lib/dpkg/status.d/py", 0644, "Package: py\nVersion: 1\n");
	tree = build(&f);
	assert_text(tree, "/var/lib/dpkg/status.d/px", "Package: px\nVersion: 1\n");
	assert_text(tree, "/var/lib/dpkg/status.d/px.md5sums", MD5_X "  usr/bin/x\n");
	assert_text(tree, "/var/lib/dpkg/status.d/py", NULL);
	fixture_clear(&f);
}

static void test_apk(void)
{
	struct fixture f;
	autotree struct tree *tree = NULL;

	start(&f);
	fixture_directory(&f, "/usr/lib/gone", 0755);
	fixture_keep(&f, "/usr/lib/gone", false);
	unkept(&f, "/lib/apk/db/installed",
	       "C:Q1abc=\nP:px\nV:1-r0\nI:4096\nF:usr/lib/gone\nM:0:0:1777\nF:usr/"
	       "bin\nR:x\na:0:0:755\n"
	       "Z:Q1EfatjsUqKYSrqv18O1FlA3hcIHI=\nR:y\na:0:0:755\nR:z\n\nP:py\nV:2\nF:usr/"
	       "bin\nR:y\n\n");
	tree = build(&f);
	assert_text(tree, "/lib/apk/db/installed",
		    "C:Q1abc=\nP:px\nV:1-r0\nI:2\nF:usr/bin\nR:x\na:0:0:755\n"
		    "Z:Q1EfatjsUqKYSrqv18O1FlA3hcIHI=\nR:z\n\n");
	g_assert_null(tree_lookup(tree, "/var/lib/dpkg/status.d"));
	fixture_clear(&f);
}

static void test_is_database(void)
{
	g_assert_true(seal_is_package_database("/var/lib/dpkg/status.d/libc6"));
	g_assert_true(seal_is_package_database("/lib/apk/db/installed"));
	g_assert_false(seal_is_package_database("/var/lib/dpkg/info/libc6.list"));
	g_assert_false(seal_is_package_database("/usr/bin/x"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/seal/packages/dpkg", test_dpkg);
	g_test_add_func("/seal/packages/status-kept", test_status_kept);
	g_test_add_func("/seal/packages/architectures", test_architectures);
	g_test_add_func("/seal/packages/status-directory", test_status_directory);
	g_test_add_func("/seal/packages/apk", test_apk);
	g_test_add_func("/seal/packages/is-database", test_is_database);
	return g_test_run();
}
