/* SPDX-License-Identifier: Apache-2.0 */
/* VEX: what is said of what is left of a source, that documents say the same again, and what is
 * refused of documents by others. */
#include "evidence/vex.h"

#include "../cut/fixture.h"
#include "base/error.h"
#include "base/fd.h"
#include "evidence/ecosystem.h"
#include "evidence/vex_claims.h"

#include <fcntl.h>
#include <string.h>

#define OS_RELEASE "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n"
#define PARAGRAPH(name, source, version)                                                           \
	"Package: " name "\nArchitecture: amd64\nVersion: " version "\nSource: " source            \
	"\nStatus: install ok installed\n\n"

struct world {
	char *roots[2]; /* source, sealed */
	struct tree *trees[2];
	struct inventory *inventories[2];
	struct image_config config;
	struct image image;
	struct vulnerabilities *data;
	struct vex_input input;
	struct vex *vex;
};

static void world_init(struct world *world)
{
	*world = (struct world){.config = {.json = json_object()}};
	world->image.config = &world->config;
	digest_of("image", 5, &world->image.manifest_digest);
	for (int i = 0; i < 2; i++) {
		world->roots[i] = g_dir_make_tmp("thresh-vex-XXXXXX", NULL);
		fixture_text(world->roots[i], "/etc/os-release", OS_RELEASE, 0644);
	}
}

static void look(struct world *world, const char *data)
{
	const struct inventory_options options = {0};
	g_autoptr(GError) error = NULL;

	for (int i = 0; i < 2; i++) {
		world->trees[i] = fixture_tree(world->roots[i]);
		world->inventories[i] = inventory_new(world->trees[i], &options, &error);
		g_assert_no_error(error);
	}
	world->data = vulnerabilities_new(vex_wanted(world->inventories[0]));
	vulnerabilities_parse(world->data, "data.json", data, strlen(data), &error);
	g_assert_no_error(error);
	world->input = (struct vex_input){.image = &world->image,
					  .source = world->inventories[0],
					  .sealed = world->inventories[1],
					  .data = world->data};
	world->vex = vex_new(&world->input);
}

static void world_clear(struct world *world)
{
	vex_free(world->vex);
	vulnerabilities_free(world->data);
	for (int i = 0; i < 2; i++) {
		inventory_free(world->inventories[i]);
		tree_free(world->trees[i]);
		g_assert_true(fd_remove_tree(AT_FDCWD, world->roots[i], NULL));
		g_free(world->roots[i]);
	}
	json_decref(world->config.json);
}

/* Every statement: "CVE-1 affected px; …" */
static char *described(const struct vex *vex)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < vex->statements->len; i++) {
		const struct vex_statement *statement = vex->statements->pdata[i];

		g_string_append_printf(text, "%s%s %s%s", i > 0 ? "; " : "",
				       statement->vulnerability, vex_status_name(statement->status),
				       statement->status != VEX_NOT_AFFECTED ? ""
				       : statement->left == LEFT_NOTHING     ? " (nothing)"
									     : " (data)");
		for (guint j = 0; j < statement->packages->len; j++) {
			const struct vex_package *package = statement->packages->pdata[j];

			g_string_append_printf(text, " %s", package->component->name);
		}
	}
	return g_string_free(text, FALSE);
}

static void assert_said(struct world *world, const char *data, const char *want)
{
	g_autofree char *text = NULL;

	look(world, data);
	text = described(world->vex);
	g_assert_cmpstr(text, ==, want);
}

/* --- packages of a system ------------------------------------------------------------------------
 */

#define OPEN(id) "\"" id "\":{\"releases\":{\"bookworm\":{\"status\":\"open\"}}}"
#define RESOLVED(id, version)                                                                      \
	"\"" id                                                                                    \
	"\":{\"releases\":{\"bookworm\":{\"status\":\"resolved\",\"fixed_version\":\"" version     \
	"\"}}}"

/* p1 to p4 of sources s1, s2: p1 has a program, p2 a library and data, p3 data alone, p4 nothing
 * that is known. */
static void put_source(const struct world *world)
{
	const char *root = world->roots[0];

	fixture_text(root, "/var/lib/dpkg/status",
		     PARAGRAPH("p1", "s1 (1.0-2)", "1.0-2+b1")
			     PARAGRAPH("p2", "s1 (1.0-2)", "1.0-2") PARAGRAPH("p3", "s2", "2.0-1")
				     PARAGRAPH("p4", "s2", "2.0-1"),
		     0644);
	fixture_text(root, "/var/lib/dpkg/info/p1.list",
		     "/usr/bin/p1\n/usr/share/doc/p1/copyright\n", 0644);
	fixture_text(root, "/var/lib/dpkg/info/p2.list", "/usr/lib/libp2.so.1\n/etc/p2.conf\n",
		     0644);
	fixture_text(root, "/var/lib/dpkg/info/p3.list", "/usr/share/p3/table\n", 0644);
	fixture_text(root, "/usr/bin/p1", "program", 0755);
	fixture_text(root, "/usr/share/doc/p1/copyright", "c", 0644);
	fixture_text(root, "/usr/lib/libp2.so.1", "library", 0644);
	fixture_text(root, "/etc/p2.conf", "conf", 0644);
	fixture_text(root, "/usr/share/p3/table", "table", 0644);
}

static const char tracker[] = "{\"s1\":{" OPEN("CVE-1") "," RESOLVED("CVE-2", "1.0-2") "," RESOLVED(
	"CVE-3", "1.0-3") "," RESOLVED("CVE-4", "0") "},\"s2\":{" OPEN("CVE-5") "}}";

static void test_gone(void)
{
	struct world world;

	world_init(&world);
	put_source(&world);
	fixture_text(world.roots[1], "/etc/p2.conf", "conf", 0644);
	assert_said(&world, tracker,
		    "CVE-1 not_affected (nothing) p1; CVE-1 not_affected (data) p2; "
		    "CVE-3 not_affected (nothing) p1; CVE-3 not_affected (data) p2; "
		    "CVE-5 not_affected (nothing) p3; CVE-5 under_investigation p4");
	world_clear(&world);
}

static void test_left(void)
{
	struct world world;

	world_init(&world);
	put_source(&world);
	fixture_text(world.roots[1], "/usr/bin/p1", "program", 0755);
	fixture_text(world.roots[1], "/usr/lib/libp2.so.1", "library", 0644);
	fixture_text(world.roots[1], "/usr/share/p3/table", "table", 0644);
	assert_said(&world, tracker,
		    "CVE-1 affected p1 p2; CVE-2 fixed p1 p2; CVE-3 affected p1 p2; "
		    "CVE-5 under_investigation p4; CVE-5 affected p3");
	world_clear(&world);
}

/* A copy that nothing owns, a link in the place of a program, and another package's file of the
 * same content. */
static void test_content(void)
{
	struct world world;

	world_init(&world);
	put_source(&world);
	fixture_text(world.roots[1], "/opt/copy", "library", 0644);
	fixture_link(world.roots[1], "/usr/bin/p1", "../../init");
	assert_said(&world, "{\"s1\":{" OPEN("CVE-1") "}}",
		    "CVE-1 not_affected (nothing) p1; CVE-1 affected p2");
	world_clear(&world);
	world_init(&world);
	put_source(&world);
	fixture_text(world.roots[1], "/var/lib/dpkg/status.d/p9", PARAGRAPH("p9", "s9", "1"), 0644);
	fixture_text(world.roots[1], "/var/lib/dpkg/status.d/p9.md5sums",
		     "d521f765a49c72507257a2620612ee96  usr/lib/p9\n", 0644);
	fixture_text(world.roots[1], "/usr/lib/p9", "library", 0644);
	assert_said(&world, "{\"s1\":{" OPEN("CVE-1") "}}", "CVE-1 not_affected (nothing) p1 p2");
	world_clear(&world);
}

/* The database still has the package: that none of its files is there is not known to be true. */
static void test_database(void)
{
	struct world world;

	world_init(&world);
	put_source(&world);
	fixture_text(world.roots[1], "/var/lib/dpkg/status.d/p2",
		     PARAGRAPH("p2", "s1 (1.0-2)", "1.0-2"), 0644);
	assert_said(&world, "{\"s1\":{" OPEN("CVE-1") "}}",
		    "CVE-1 not_affected (nothing) p1; CVE-1 affected p2");
	world_clear(&world);
}

/* --- packages of languages -----------------------------------------------------------------------
 */

#define NPM(id, name)                                                                              \
	"{\"id\":\"" id "\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"" name    \
	"\"},\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"2."  \
	"0.0\"}]}]}]}"

static void put_node(const char *root, const char *directory, const char *version)
{
	g_autofree char *metadata = g_strconcat(directory, "/package.json", NULL);
	g_autofree char *code = g_strconcat(directory, "/index.js", NULL);
	g_autofree char *text = g_strdup_printf("{\"name\":\"a\",\"version\":\"%s\"}", version);
	g_autofree char *content = g_strconcat("code ", version, NULL);

	fixture_text(root, metadata, text, 0644);
	fixture_text(root, code, content, 0644);
}

/* Two places, of which one is left; another version, of which metadata are left. */
static void test_node(void)
{
	struct world world;

	world_init(&world);
	put_node(world.roots[0], "/app/node_modules/a", "1.0.0");
	put_node(world.roots[0], "/app/node_modules/b/node_modules/a", "1.0.0");
	put_node(world.roots[0], "/app/node_modules/c/node_modules/a", "1.5.0");
	put_node(world.roots[0], "/app/node_modules/d/node_modules/a", "2.0.0");
	put_node(world.roots[1], "/app/node_modules/a", "1.0.0");
	fixture_text(world.roots[1], "/app/node_modules/c/node_modules/a/package.json",
		     "{\"name\":\"a\",\"version\":\"1.5.0\"}", 0644);
	assert_said(&world, NPM("GHSA-1", "a"), "GHSA-1 not_affected (data) a; GHSA-1 affected a");
	world_clear(&world);
}

/* Python's cache of a module holds its code. */
static void test_compiled(void)
{
	struct world world;

	world_init(&world);
	fixture_text(world.roots[0], "/py/w.dist-info/METADATA", "Name: W\nVersion: 1.0\n", 0644);
	fixture_text(world.roots[0], "/py/w.dist-info/RECORD", "w/__init__.py,,\n", 0644);
	fixture_text(world.roots[0], "/py/w/__init__.py", "import x", 0644);
	fixture_text(world.roots[1], "/py/w/__pycache__/__init__.cpython-311.pyc", "compiled",
		     0644);
	assert_said(&world,
		    "{\"id\":\"PYSEC-1\",\"affected\":[{\"package\":{\"ecosystem\":\"PyPI\","
		    "\"name\":\"w\"},"
		    "\"versions\":[\"1\"]}]}",
		    "PYSEC-1 affected W");
	world_clear(&world);
}

/* Two data on one thing: the worse counts, under the names of both. */
static void test_merged(void)
{
	struct world world;

	world_init(&world);
	put_node(world.roots[0], "/node_modules/a", "1.0.0");
	put_node(world.roots[1], "/node_modules/a", "1.0.0");
	look(&world,
	     "{\"id\":\"GHSA-1\",\"aliases\":[\"CVE-1\"],\"affected\":[{\"package\":{\"ecosystem\":"
	     "\"npm\",\"name\":\"a\"}}]}"
	     "{\"id\":\"CVE-1\",\"aliases\":[\"X-1\"],\"affected\":[{\"package\":{\"ecosystem\":"
	     "\"npm\",\"name\":\"a\"},\"versions\":[\"1.0.0\"]}]}");
	g_assert_cmpuint(world.vex->statements->len, ==, 1);
	{
		const struct vex_statement *statement = world.vex->statements->pdata[0];

		g_assert_cmpint(statement->status, ==, VEX_AFFECTED);
		g_assert_cmpuint(statement->aliases->len, ==, 2);
		g_assert_cmpstr(statement->aliases->pdata[0], ==, "GHSA-1");
		g_assert_cmpstr(statement->aliases->pdata[1], ==, "X-1");
	}
	world_clear(&world);
}

/* --- releases ------------------------------------------------------------------------------------
 */

/* Whether data on @ecosystem ("Debian:12") are about such a package. */
static bool is_about(const struct ecosystem_package *names, const char *ecosystem)
{
	size_t length = strcspn(ecosystem, ":");
	const char *release = ecosystem[length] ? ecosystem + length + 1 : "";

	return strncmp(names->keys[0], ecosystem, length) == 0 && names->keys[0][length] == '\n' &&
	       ecosystem_is_release(names, release);
}

/* An rpm whose version is not that of its source package: by each name its own is compared. */
static void test_source_versions(void)
{
	static const struct {
		const char *source_version, *fixed;
		const char *want[2]; /* for the source's name, for the package's */
	} table[] = {
		{"5.32.1-481.el9", "5.32.1-480.el9", {"5.32.1-481.el9", "1.30-481.el9"}},
		{"5.32.1-481.el9", "4:5.32.1-480.el9", {"", "1.30-481.el9"}},
		{"1.30-481.el9", "4:1.30-480.el9", {"1.30-481.el9", "1.30-481.el9"}},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct package package = {.system = PACKAGE_RPM,
					  .name = (char *)"perl-Errno",
					  .version = (char *)"1.30-481.el9",
					  .source = (char *)"perl",
					  .source_version = (char *)table[i].source_version};
		const struct component component = {.type = (char *)"rpm", .package = &package};
		const struct distribution distribution = {.id = (char *)"rocky",
							  .version = (char *)"9.3",
							  .codename = (char *)"",
							  .known = true};
		autoadvisory struct advisory *advisory =
			advisory_new("RLSA-1", "Rocky Linux", "9", "perl");
		struct ecosystem_package names;

		version_range_add(advisory_add_range(advisory, VERSION_RPM), EVENT_FIXED,
				  table[i].fixed);
		g_assert_true(ecosystem_package_of(&component, &distribution, &names));
		for (gsize key = 0; key < 2; key++) {
			g_assert_nonnull(names.keys[key]);
			g_assert_cmpstr(ecosystem_version(&names, key, advisory), ==,
					table[i].want[key]);
		}
		ecosystem_package_clear(&names);
	}
}

static void test_releases(void)
{
	static const struct {
		enum package_system system;
		const char *release, *ecosystem;
		bool about;
	} table[] = {
		{PACKAGE_DPKG, "ID=debian\nVERSION_ID=12\n", "Debian:12", true},
		{PACKAGE_DPKG, "ID=debian\nVERSION_ID=12\n", "Debian", true},
		{PACKAGE_DPKG, "ID=debian\nVERSION_ID=12\n", "Debian:bookworm", true},
		{PACKAGE_DPKG, "ID=debian\nVERSION_ID=12\n", "Debian:1", false},
		{PACKAGE_DPKG, "ID=debian\nVERSION_ID=12\n", "Debian:11", false},
		{PACKAGE_DPKG, "ID=debian\nVERSION_ID=12\n", "Ubuntu:12", false},
		{PACKAGE_DPKG, "ID=debian\nVERSION_CODENAME=forky\n", "Debian:forky", true},
		{PACKAGE_DPKG, "ID=debian\n", "Debian:12", false},
		{PACKAGE_DPKG, "ID=ubuntu\nVERSION_ID=22.04\n", "Ubuntu:22.04:LTS", true},
		{PACKAGE_DPKG, "ID=ubuntu\nVERSION_ID=22.04\n", "Ubuntu:Pro:22.04:LTS", false},
		{PACKAGE_DPKG, "ID=kali\nVERSION_ID=12\n", "Debian:12", false},
		{PACKAGE_APK, "ID=alpine\nVERSION_ID=3.18.4\n", "Alpine:v3.18", true},
		{PACKAGE_APK, "ID=alpine\nVERSION_ID=3.18.4\n", "Alpine:v3.1", false},
		{PACKAGE_APK, "ID=wolfi\nVERSION_ID=20230201\n", "Wolfi", true},
		{PACKAGE_RPM, "ID=rocky\nVERSION_ID=9.3\n", "Rocky Linux:9", true},
		{PACKAGE_RPM, "ID=rocky\nVERSION_ID=9.3\n", "Rocky Linux:8", false},
		{PACKAGE_RPM, "ID=rhel\nVERSION_ID=9.3\n", "Red Hat:enterprise_linux:9::baseos",
		 true},
		{PACKAGE_RPM, "ID=rhel\nVERSION_ID=9.3\n", "Red Hat:enterprise_linux:8::baseos",
		 false},
		{PACKAGE_RPM, "ID=opensuse-leap\nVERSION_ID=15.5\n", "openSUSE:Leap 15.5", true},
		{PACKAGE_RPM, "ID=opensuse-tumbleweed\nVERSION_ID=20240101\n",
		 "openSUSE:Tumbleweed", true},
		{PACKAGE_RPM, "ID=rhel\nVERSION_ID=10.1\n", "Red Hat:enterprise_linux:10.1", true},
		{PACKAGE_RPM, "ID=rhel\nVERSION_ID=10.1\n", "Red Hat:enterprise_linux:10.0", false},
		{PACKAGE_RPM, "ID=rhel\nVERSION_ID=9.3\n", "Red Hat:rhel_eus:9.3::baseos", false},
		{PACKAGE_RPM, "ID=sles\nVERSION_ID=15.6\n",
		 "SUSE:Linux Enterprise Module for Basesystem 15 SP6", true},
		{PACKAGE_RPM, "ID=sles\nVERSION_ID=15.6\n",
		 "SUSE:Linux Enterprise Server 15 SP6-LTSS", true},
		{PACKAGE_RPM, "ID=sles\nVERSION_ID=15.6\n",
		 "SUSE:Linux Enterprise Module for Basesystem 15 SP5", false},
		{PACKAGE_RPM, "ID=sles\nVERSION_ID=15\n",
		 "SUSE:Linux Enterprise Module for Basesystem 15 SP5", false},
		{PACKAGE_RPM, "ID=sles\nVERSION_ID=16.0\n", "SUSE:Linux Enterprise Server 16.0",
		 true},
		{PACKAGE_RPM, "ID=sle-micro\nVERSION_ID=5.5\n", "SUSE:Linux Enterprise Micro 5.5",
		 true},
		{PACKAGE_RPM, "ID=photon\nVERSION_ID=4.0\n", "Photon OS:4.0", true},
		{PACKAGE_RPM, "ID=azurelinux\nVERSION_ID=3.0.20240727\n", "Azure Linux:3", true},
		{PACKAGE_RPM, "ID=mageia\nVERSION_ID=9\n", "Mageia:9", true},
		{PACKAGE_RPM, "ID=fedora\nVERSION_ID=40\n", "Fedora:40", false},
		{PACKAGE_APK, "ID=alpaquita\nVERSION_ID=23\n", "Alpaquita:23", true},
		{PACKAGE_APK, "ID=minimos\nVERSION_ID=20241031\n", "MinimOS", true},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *root = g_dir_make_tmp("thresh-vex-XXXXXX", NULL);
		struct package package = {.system = table[i].system,
					  .name = (char *)"libp",
					  .version = (char *)"1",
					  .source = (char *)"p",
					  .source_version = (char *)"1"};
		const struct component component = {.type = (char *)"x", .package = &package};
		struct distribution distribution;
		struct ecosystem_package names = {0};
		struct tree *tree;
		bool about;

		fixture_text(root, "/etc/os-release", table[i].release, 0644);
		tree = fixture_tree(root);
		distribution_read(tree, &distribution);
		g_test_message("%s %s", table[i].release, table[i].ecosystem);
		about = ecosystem_package_of(&component, &distribution, &names) &&
			is_about(&names, table[i].ecosystem);
		g_assert_true(about == table[i].about);
		if (names.keys[0])
			g_assert_true((names.keys[1] != NULL) == (package.system == PACKAGE_RPM));
		ecosystem_package_clear(&names);
		distribution_clear(&distribution);
		tree_free(tree);
		g_assert_true(fd_remove_tree(AT_FDCWD, root, NULL));
	}
}

/* --- documents -----------------------------------------------------------------------------------
 */

static void assert_claims(const struct vex_claims *claims, const char *want)
{
	static const char *const kinds[] = {"nothing", "component gone", "code gone", "fixed",
					    "judgement"};
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < claims->all->len; i++) {
		const struct vex_claim *claim = claims->all->pdata[i];

		g_string_append_printf(text, "%s%s %s %u", i > 0 ? "; " : "", claim->vulnerability,
				       kinds[claim->kind],
				       claim->kind == CLAIM_NOTHING ? 0 : claim->purls->len);
	}
	g_assert_cmpstr(text->str, ==, want);
}

static void test_documents(void)
{
	static const char claims[] = "CVE-1 component gone 1; CVE-1 code gone 1; CVE-3 component "
				     "gone 1; CVE-3 code gone 1; "
				     "CVE-5 component gone 1; CVE-5 nothing 0";
	struct world world;
	const struct vex_about about = {.document = {.image = &world.image, .created = 86400},
					.name = "h.example:5000/a/web"};
	autojson json_t *openvex = NULL, *again = NULL, *cyclonedx = NULL;
	autoclaims struct vex_claims *one = NULL, *two = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *product = NULL;
	struct digest other;

	world_init(&world);
	put_source(&world);
	fixture_text(world.roots[1], "/etc/p2.conf", "conf", 0644);
	look(&world, tracker);
	openvex = vex_openvex(world.vex, &about);
	again = vex_openvex(world.vex, &about);
	cyclonedx = vex_cyclonedx(world.vex, &about);
	g_assert_true(json_equal(openvex, again));
	g_assert_cmpstr(json_string_at(openvex, "timestamp"), ==, "1970-01-02T00:00:00Z");
	product = vex_product(&about);
	g_assert_true(g_str_has_prefix(product, "pkg:oci/web@sha256:"));
	g_assert_true(g_str_has_suffix(product, "?repository_url=h.example:5000%2Fa%2Fweb"));
	one = openvex_parse(openvex, &world.image.manifest_digest, &error);
	g_assert_no_error(error);
	assert_claims(one, claims);
	two = cyclonedx_vex_parse(cyclonedx, &world.image.manifest_digest, &error);
	g_assert_no_error(error);
	assert_claims(two, claims);
	/* p1's program, p2's library, p3's table */
	g_assert_cmpuint(two->gone->len, ==, 3);
	g_assert_cmpuint(document_count_files(DOCUMENT_CYCLONEDX, cyclonedx), ==, 0);
	digest_of("other", 5, &other);
	g_assert_null(openvex_parse(openvex, &other, &error));
	g_assert_nonnull(strstr(error->message, "none of its products is this image"));
	g_clear_error(&error);
	g_assert_null(cyclonedx_vex_parse(cyclonedx, &other, &error));
	g_assert_nonnull(strstr(error->message, "about another image"));
	world_clear(&world);
}

/* --- documents by others -------------------------------------------------------------------------
 */

#define IMAGE_HEX "6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d" /* "image" */
#define OTHER_HEX "d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"
#define HEAD                                                                                       \
	"\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"@id\":\"https://x\",\"author\":\"a\","   \
	"\"timestamp\":\"2026-01-01T00:00:00Z\",\"version\":1"
#define PRODUCT(hex, more) "\"products\":[{\"@id\":\"pkg:oci/x@sha256:" hex "\"" more "}]"
#define SUB                ",\"subcomponents\":[{\"@id\":\"pkg:deb/debian/dash@1\"}]"
#define STATEMENT(rest)                                                                            \
	"{" HEAD ",\"statements\":[{\"vulnerability\":{\"name\":\"CVE-1\"}," rest "}]}"

static struct vex_claims *openvex_of(const char *text, GError **error)
{
	autojson json_t *json = json_parse(text, strlen(text), "test", NULL);
	struct digest image;

	g_assert_nonnull(json);
	digest_of("image", 5, &image);
	return openvex_parse(json, &image, error);
}

static void test_openvex(void)
{
	static const struct {
		const char *text, *want;
	} good[] =
		{
			{STATEMENT("\"status\":\"affected\",\"action_statement\":\"a\"," PRODUCT(
				 IMAGE_HEX, "")),
			 "CVE-1 nothing 0"},
			{STATEMENT("\"status\":\"not_affected\",\"justification\":\"component_not_"
				   "present\"," PRODUCT(IMAGE_HEX, SUB)),
			 "CVE-1 component gone 1"},
			{STATEMENT(
				 "\"status\":\"not_affected\",\"impact_statement\":\"i\"," PRODUCT(
					 IMAGE_HEX, "")),
			 "CVE-1 judgement 0"},
			{STATEMENT(
				 "\"status\":\"fixed\",\"products\":[{\"@id\":\"pkg:oci/"
				 "y@sha256:" OTHER_HEX
				 "\"},{\"@id\":\"https://x/y\",\"hashes\":{\"sha-256\":\"" IMAGE_HEX
				 "\"}}]"),
			 "CVE-1 fixed 0"},
		},
	  bad[] = {
		  {"{}", "@context"},
		  {"{\"@context\":\"https://openvex.dev/ns/v0.1.0\"}", "@context"},
		  {"{\"@context\":\"https://openvex.dev/ns/v0.2.0\"}", "no @id"},
		  {"{" HEAD "}", "no statements"},
		  {"{" HEAD ",\"statements\":[]}", "no statements"},
		  {"{" HEAD ",\"statements\":[1]}", "statement 1, ?: no vulnerability"},
		  {STATEMENT("\"status\":\"fine\""), "statement 1, CVE-1: no known status"},
		  {STATEMENT("\"status\":\"affected\""), "without an action_statement"},
		  {STATEMENT("\"status\":\"not_affected\""), "without a justification"},
		  {STATEMENT("\"status\":\"not_affected\",\"justification\":\"trust_me\""),
		   "statement 1, CVE-1: unknown justification trust_me"},
		  {STATEMENT("\"status\":\"under_investigation\",\"x\":1"), "an unknown member"},
		  {STATEMENT("\"status\":\"under_investigation\""),
		   "none of its products is this image"},
		  {STATEMENT("\"status\":\"under_investigation\"," PRODUCT(OTHER_HEX, "")),
		   "none of its products is this image"},
		  {STATEMENT("\"status\":\"under_investigation\"," PRODUCT(
			   IMAGE_HEX, ",\"hashes\":{\"sha-256\":\"" OTHER_HEX "\"}")),
		   "none of its products is this image"},
		  {STATEMENT("\"status\":\"under_investigation\",\"products\":[{\"@id\":\"pkg:oci/"
			     "x\"}]"),
		   "none of its products is this image"},
		  {STATEMENT("\"status\":\"not_affected\",\"justification\":\"component_not_"
			     "present\"," PRODUCT(IMAGE_HEX, "")),
		   "says of no component"},
		  {STATEMENT("\"status\":\"fixed\"," PRODUCT(
			   IMAGE_HEX, ",\"subcomponents\":[{\"@id\":\"x\"}]")),
		   "a component without a package URL"},
	  };

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autoptr(GError) error = NULL;
		autoclaims struct vex_claims *claims = openvex_of(good[i].text, &error);

		g_test_message("%s", good[i].text);
		g_assert_no_error(error);
		assert_claims(claims, good[i].want);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_test_message("%s", bad[i].text);
		g_assert_null(openvex_of(bad[i].text, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, bad[i].want));
	}
}

#define CDX(rest) "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\"," rest "}"
#define CDX_COMPONENTS                                                                             \
	"\"components\":[{\"bom-ref\":\"a\",\"purl\":\"pkg:npm/a@1\",\"scope\":\"excluded\"},"     \
	"{\"bom-ref\":\"b\",\"purl\":\"pkg:npm/b@1\"},{\"bom-ref\":\"c\"}],"
#define CDX_ONE(analysis, refs)                                                                    \
	CDX(CDX_COMPONENTS "\"vulnerabilities\":[{\"id\":\"CVE-1\",\"analysis\":{" analysis        \
			   "},\"affects\":[" refs "]}]")
#define NOT_PRESENT "\"state\":\"not_affected\",\"justification\":\"code_not_present\""

static void test_cyclonedx(void)
{
	static const struct {
		const char *text, *want;
		bool good;
	} table[] = {
		{CDX("\"vulnerabilities\":[{\"id\":\"CVE-1\"}]"), "CVE-1 nothing 0", true},
		{CDX_ONE("\"state\":\"exploitable\"", "{\"ref\":\"c\"}"), "CVE-1 nothing 0", true},
		{CDX_ONE(NOT_PRESENT, "{\"ref\":\"a\"}"), "CVE-1 component gone 1", true},
		{CDX_ONE(NOT_PRESENT, "{\"ref\":\"a\"},{\"ref\":\"b\"}"), "CVE-1 code gone 2",
		 true},
		{CDX_ONE(NOT_PRESENT, "{\"ref\":\"b\"},{\"ref\":\"urn:cdx:x/1#y\"}"),
		 "CVE-1 code gone 1", true},
		{CDX_ONE(NOT_PRESENT, "{\"ref\":\"urn:cdx:x/1#y\"}"), "CVE-1 judgement 0", true},
		{CDX_ONE("\"state\":\"false_positive\"", ""), "CVE-1 judgement 0", true},
		{CDX_ONE("\"state\":\"resolved\"", "{\"ref\":\"b\"}"), "CVE-1 fixed 1", true},
		{"{}", "not CycloneDX", false},
		{CDX("\"x\":1"), "no vulnerabilities", false},
		{CDX("\"vulnerabilities\":[1]"), "statement 1, ?: no id", false},
		{CDX_ONE("\"state\":\"fine\"", ""), "statement 1, CVE-1: no known state", false},
		{CDX_ONE("\"state\":\"not_affected\",\"justification\":\"x\"", ""),
		 "unknown justification x", false},
		{CDX_ONE("\"state\":\"not_affected\",\"justification\":1", ""),
		 "unknown justification that is no text", false},
		{CDX_ONE(NOT_PRESENT, "{\"ref\":\"z\"}"), "affects what the document does not have",
		 false},
		{CDX_ONE(NOT_PRESENT, "{\"ref\":\"c\"}"), "without a package URL", false},
		{CDX("\"components\":[{\"type\":\"file\",\"scope\":\"excluded\"}],"
		     "\"vulnerabilities\":[]"),
		 "an excluded file", false},
	};
	struct digest image;

	digest_of("image", 5, &image);
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		autojson json_t *json = json_parse(table[i].text, strlen(table[i].text), "t", NULL);
		g_autoptr(GError) error = NULL;
		autoclaims struct vex_claims *claims = cyclonedx_vex_parse(json, &image, &error);

		g_test_message("%s", table[i].text);
		g_assert_true((claims != NULL) == table[i].good);
		if (claims)
			assert_claims(claims, table[i].want);
		else
			g_assert_nonnull(strstr(error->message, table[i].want));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vex/gone", test_gone);
	g_test_add_func("/vex/left", test_left);
	g_test_add_func("/vex/content", test_content);
	g_test_add_func("/vex/database", test_database);
	g_test_add_func("/vex/node", test_node);
	g_test_add_func("/vex/compiled", test_compiled);
	g_test_add_func("/vex/merged", test_merged);
	g_test_add_func("/vex/releases", test_releases);
	g_test_add_func("/vex/source-versions", test_source_versions);
	g_test_add_func("/vex/documents", test_documents);
	g_test_add_func("/vex/openvex", test_openvex);
	g_test_add_func("/vex/cyclonedx", test_cyclonedx);
	return g_test_run();
}
