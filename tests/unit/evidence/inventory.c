/* SPDX-License-Identifier: Apache-2.0 */
/* What is in an image: owners, components of every kind, checksums, and metadata that lie. */
#include "evidence/inventory.h"

#include "../cut/fixture.h"
#include "base/fd.h"
#include "evidence/binary.h"
#include "evidence/documents.h"

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <zlib.h>

#define MD5_X "9dd4e461268c8034f5c8564e155c67a6" /* of "x" */

struct world {
	char *root;
	struct tree *tree;
	struct inventory *inventory;
};

static void world_init(struct world *world)
{
	g_autoptr(GError) error = NULL;

	*world = (struct world){.root = g_dir_make_tmp("thresh-inventory-XXXXXX", &error)};
	g_assert_no_error(error);
}

static void look(struct world *world, const json_t *keep_list)
{
	struct inventory_options options = {.keep_list = keep_list, .sha1 = true};
	g_autoptr(GError) error = NULL;

	world->tree = fixture_tree(world->root);
	world->inventory = inventory_new(world->tree, &options, &error);
	g_assert_no_error(error);
}

static void world_clear(struct world *world)
{
	inventory_free(world->inventory);
	tree_free(world->tree);
	g_assert_true(fd_remove_tree(AT_FDCWD, world->root, NULL));
	g_free(world->root);
}

static const struct inventory_file *file_at(const struct world *world, const char *path)
{
	for (guint i = 0; i < world->inventory->files->len; i++) {
		const struct inventory_file *file = world->inventory->files->pdata[i];

		if (!strcmp(file->path, path))
			return file;
	}
	g_error("%s: not in the inventory", path);
	return NULL;
}

/* @purl NULL: nobody owns it. */
static void assert_owner(const struct world *world, const char *path, const char *purl)
{
	const struct inventory_file *file = file_at(world, path);

	g_test_message("%s", path);
	g_assert_cmpstr(file->owner ? file->owner->purl : NULL, ==, purl);
}

static bool has_component(const struct world *world, const char *purl)
{
	for (guint i = 0; i < world->inventory->components->len; i++) {
		const struct component *component = world->inventory->components->pdata[i];

		if (g_strcmp0(component->purl, purl) == 0)
			return true;
	}
	return false;
}

static void test_system(void)
{
	struct world world;

	world_init(&world);
	fixture_text(world.root, "/etc/os-release",
		     "ID=debian\nVERSION_ID=\"12\"\nNAME='Debian GNU/Linux'\n", 0644);
	fixture_text(world.root, "/usr/bin/x", "x", 0755);
	fixture_text(world.root, "/usr/bin/changed", "y", 0755);
	fixture_text(world.root, "/usr/bin/none", "y", 0755);
	fixture_text(world.root, "/srv/own", "y", 0644);
	fixture_link(world.root, "/srv/link", "own");
	fixture_text(world.root, "/var/lib/dpkg/status",
		     "Package: px\nArchitecture: amd64\nVersion: 1:2-3\nSource: sx (4)\nStatus: "
		     "install ok installed\n",
		     0644);
	fixture_text(world.root, "/var/lib/dpkg/info/px.list",
		     "/usr/bin/x\n/usr/bin/changed\n/usr/bin/none\n", 0644);
	fixture_text(world.root, "/var/lib/dpkg/info/px.md5sums",
		     MD5_X "  usr/bin/x\n" MD5_X "  usr/bin/changed\n", 0644);
	look(&world, NULL);
	assert_owner(&world, "/usr/bin/x",
		     "pkg:deb/debian/px@1:2-3?arch=amd64&distro=debian-12&upstream=sx%404");
	assert_owner(&world, "/srv/own", NULL);
	assert_owner(&world, "/srv/link", NULL);
	g_assert_cmpint(file_at(&world, "/usr/bin/x")->verdict, ==, CHECKSUM_EQUAL);
	g_assert_cmpint(file_at(&world, "/usr/bin/changed")->verdict, ==, CHECKSUM_DIFFERS);
	g_assert_cmpint(file_at(&world, "/usr/bin/none")->verdict, ==, CHECKSUM_ABSENT);
	g_assert_cmpuint(file_at(&world, "/usr/bin/x")->sha1[0], ==, 0x11);
	g_assert_null(file_at(&world, "/usr/bin/x")->reason);
	g_assert_cmpuint(world.inventory->files->len, ==, 9);
	g_assert_cmpuint(world.inventory->unowned, ==, 6);
	g_assert_true(world.inventory->complete);
	world_clear(&world);
}

static void test_reasons(void)
{
	struct world world;
	autojson json_t *keep_list =
		json_pack("{s:i, s:[{s:s, s:s, s:s}, {s:s, s:s}], s:[]}", "version", 1, "kept",
			  "path", "/a", "reason", "trace:open", "via", "/b", "path",
			  "/\xef\xbf\xbd"
			  "FF",
			  "reason", "rule:x", "removed");

	world_init(&world);
	fixture_text(world.root, "/a", "a", 0644);
	fixture_text(world.root, "/.thresh/plan", "p", 0644);
	fixture_text(world.root, "/\xff", "no UTF-8", 0644);
	look(&world, keep_list);
	g_assert_cmpstr(file_at(&world, "/a")->reason, ==, "trace:open");
	g_assert_cmpstr(file_at(&world, "/a")->via, ==, "/b");
	g_assert_cmpstr(file_at(&world, "/\xff")->reason, ==, "rule:x");
	g_assert_cmpstr(file_at(&world, "/.thresh/plan")->reason, ==, "thresh");
	world_clear(&world);
}

static void put_python(const char *root)
{
	fixture_text(root, "/py/w.dist-info/METADATA",
		     "Metadata-Version: 2.1\nName: Web_App\nVersion: 1.0\n\nName: no\n", 0644);
	fixture_text(root, "/py/w.dist-info/RECORD",
		     "web/__init__.py,sha256=x,1\n\"web/a,b.py\",,\n../../etc/passwd,,\n", 0644);
	fixture_text(root, "/py/web/__init__.py", "", 0644);
	fixture_text(root, "/py/web/a,b.py", "", 0644);
	fixture_text(root, "/py/old.egg-info/PKG-INFO", "Name: old\nVersion: 2\n", 0644);
	fixture_text(root, "/py/old.egg-info/top_level.txt", "old\n", 0644);
	fixture_text(root, "/py/old.py", "", 0644);
}

static void put_node(const char *root)
{
	fixture_text(root, "/app/package.json", "{\"name\":\"app\",\"version\":\"1.0.0\"}", 0644);
	fixture_text(root, "/app/main.js", "", 0644);
	fixture_text(root, "/app/node_modules/@s/a/package.json",
		     "{\"name\":\"@s/a\",\"version\":\"2.0.0\",\"license\":\"MIT\"}", 0644);
	fixture_text(root, "/app/node_modules/@s/a/lib/i.js", "", 0644);
	fixture_text(root, "/app/node_modules/@s/a/node_modules/b/package.json",
		     "{\"name\":\"b\",\"version\":\"3.0.0\"}", 0644);
	fixture_text(root, "/app/node_modules/@s/a/test/package.json",
		     "{\"name\":\"fixture\",\"version\":\"9\"}", 0644);
}

static void put_others(const char *root)
{
	fixture_text(root, "/gems/specifications/r-1.2.gemspec",
		     "Gem::Specification.new do |s|\n  s.name = \"r\".freeze\n  s.version = "
		     "\"1.2\".freeze\n  s.licenses = [\"MIT\".freeze]\n",
		     0644);
	fixture_text(root, "/gems/gems/r-1.2/lib/r.rb", "", 0644);
	fixture_text(root, "/php/vendor/composer/installed.json",
		     "{\"packages\":[{\"name\":\"v/p\",\"version\":\"1.1\",\"install-path\":\"../v/"
		     "p\"}]}",
		     0644);
	fixture_text(root, "/php/vendor/v/p/src.php", "", 0644);
}

static void test_languages(void)
{
	struct world world;

	world_init(&world);
	put_python(world.root);
	put_node(world.root);
	put_others(world.root);
	fixture_text(world.root, "/etc/passwd", "", 0644);
	look(&world, NULL);
	assert_owner(&world, "/py/web/__init__.py", "pkg:pypi/web-app@1.0");
	assert_owner(&world, "/py/web/a,b.py", "pkg:pypi/web-app@1.0");
	assert_owner(&world, "/py/w.dist-info/RECORD", "pkg:pypi/web-app@1.0");
	assert_owner(&world, "/py/old.py", "pkg:pypi/old@2");
	assert_owner(&world, "/app/main.js", "pkg:npm/app@1.0.0");
	assert_owner(&world, "/app/node_modules/@s/a/lib/i.js", "pkg:npm/%40s/a@2.0.0");
	assert_owner(&world, "/app/node_modules/@s/a/node_modules/b/package.json",
		     "pkg:npm/b@3.0.0");
	assert_owner(&world, "/app/node_modules/@s/a/test/package.json", "pkg:npm/%40s/a@2.0.0");
	assert_owner(&world, "/gems/gems/r-1.2/lib/r.rb", "pkg:gem/r@1.2");
	assert_owner(&world, "/php/vendor/v/p/src.php", "pkg:composer/v/p@1.1");
	g_assert_cmpuint(world.inventory->components->len, ==, 7);
	world_clear(&world);
}

static void put_odd_python(const char *root)
{
	fixture_text(root, "/py/q.dist-info/METADATA", "Name: q\r\nVersion: 1\r\n\r\n", 0644);
	fixture_text(root, "/py/q.dist-info/RECORD",
		     "\"q/a\"\"b.py\",,\n/opt/abs.py,,\r\n\"\n\"\"\n", 0644);
	fixture_text(root, "/py/q/a\"b.py", "", 0644);
	fixture_text(root, "/opt/abs.py", "", 0644);
	fixture_text(root, "/py/e-2-py3.11.egg/EGG-INFO/PKG-INFO", "Name: e\nVersion: 2\n", 0644);
	fixture_text(root, "/py/e-2-py3.11.egg/e/mod.py", "", 0644);
}

static void put_odd_others(const char *root)
{
	fixture_text(root, "/app/node_modules/twice/package.json",
		     "{\"name\":\"twice\",\"version\":\"0\",\"version\":\"1.0.0\"}", 0644);
	fixture_text(root, "/app/node_modules/mark/package.json",
		     "\xef\xbb\xbf{\"name\":\"mark\",\"version\":\"1.0.0\"}", 0644);
	fixture_text(root, "/gems/specifications/old-1.gemspec",
		     "  s.name = %q{old}\n  s.version = \"1\"\n", 0644);
	fixture_text(root, "/gems/specifications/ver-2.gemspec",
		     "  s.name = \"ver\"\n  s.version = Gem::Version.new(\"2\")\n", 0644);
	fixture_text(root, "/php/vendor/composer/installed.json",
		     "[{\"name\":\"v/p\",\"version\":\"1\"},{\"name\":\"v/p\",\"version\":\"1\"}]",
		     0644);
	fixture_text(root, "/php/vendor/v/p/src.php", "", 0644);
	fixture_text(root, "/srv/META-INF/maven/org.x/out/pom.properties",
		     "version=7\ngroupId=org.x\nartifactId=out\n", 0644);
}

/* What the languages' own tools read without complaint. */
static void test_odd_languages(void)
{
	struct world world;

	world_init(&world);
	put_odd_python(world.root);
	put_odd_others(world.root);
	look(&world, NULL);
	assert_owner(&world, "/py/q/a\"b.py", "pkg:pypi/q@1");
	assert_owner(&world, "/opt/abs.py", "pkg:pypi/q@1");
	assert_owner(&world, "/py/e-2-py3.11.egg/e/mod.py", "pkg:pypi/e@2");
	assert_owner(&world, "/php/vendor/v/p/src.php", "pkg:composer/v/p@1");
	g_assert_true(has_component(&world, "pkg:npm/twice@1.0.0"));
	g_assert_true(has_component(&world, "pkg:npm/mark@1.0.0"));
	g_assert_true(has_component(&world, "pkg:gem/old@1"));
	g_assert_true(has_component(&world, "pkg:gem/ver@2"));
	g_assert_true(has_component(&world, "pkg:maven/org.x/out@7"));
	g_assert_cmpuint(world.inventory->components->len, ==, 8); /* v/p once */
	world_clear(&world);
}

/* --- archives and programs -----------------------------------------------------------------------
 */

static GByteArray *zip_of(const char *const (*entries)[2], gsize count, const GByteArray *nested)
{
	GByteArray *bytes = g_byte_array_new();
	struct archive *archive = archive_write_new();
	size_t used = 0;

	g_byte_array_set_size(bytes, 1 << 20);
	archive_write_set_format_zip(archive);
	g_assert_cmpint(archive_write_open_memory(archive, bytes->data, bytes->len, &used), ==,
			ARCHIVE_OK);
	for (gsize i = 0; i < count; i++) {
		struct archive_entry *entry = archive_entry_new();
		const void *data = entries[i][1] ? (const void *)entries[i][1] : nested->data;
		size_t size = entries[i][1] ? strlen(entries[i][1]) : nested->len;

		archive_entry_set_pathname(entry, entries[i][0]);
		archive_entry_set_filetype(entry, AE_IFREG);
		archive_entry_set_size(entry, (la_int64_t)size);
		archive_write_header(archive, entry);
		archive_write_data(archive, data, size);
		archive_entry_free(entry);
	}
	archive_write_close(archive);
	archive_write_free(archive);
	g_byte_array_set_size(bytes, (guint)used);
	return bytes;
}

static void test_java(void)
{
	static const char *const inner_entries[][2] = {
		{"META-INF/maven/g.in/inner/pom.properties",
		 "version=3\ngroupId=g.in\nartifactId=inner\n"}};
	static const char *const outer_entries[][2] = {
		{"META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nImplementation-Version: 9\r\n"},
		{"META-INF/maven/org.x/app/pom.properties",
		 "#c\nversion=1.0\ngroupId=org.x\nartifactId=app\n"},
		{"BOOT-INF/lib/inner-3.jar", NULL}};
	static const char *const plain_entries[][2] = {
		{"META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nBundle-Version: 2.5\n"}};
	g_autoptr(GByteArray) inner = zip_of(inner_entries, 1, NULL),
			      outer = zip_of(outer_entries, 3, inner);
	g_autoptr(GByteArray) plain = zip_of(plain_entries, 1, NULL);
	struct world world;

	world_init(&world);
	fixture_file(world.root, "/srv/app-1.0.jar", outer->data, outer->len, 0644);
	fixture_file(world.root, "/srv/plain.jar", plain->data, plain->len, 0644);
	fixture_file(world.root, "/srv/cut.jar", outer->data, outer->len / 2, 0644);
	fixture_text(world.root, "/srv/text-1.jar", "no archive", 0644);
	look(&world, NULL);
	assert_owner(&world, "/srv/app-1.0.jar", "pkg:maven/org.x/app@1.0");
	assert_owner(&world, "/srv/plain.jar", "pkg:generic/plain@2.5");
	assert_owner(&world, "/srv/text-1.jar", NULL);
	g_assert_true(has_component(&world, "pkg:maven/g.in/inner@3"));
	world_clear(&world);
}

/* Sets the flag that says that names are UTF-8 (APPNOTE.TXT, 4.4.4, bit 11) in every header. */
static void say_utf8(GByteArray *zip)
{
	for (guint i = 0; i + 10 < zip->len; i++) {
		if (memcmp(zip->data + i, "PK\3\4", 4) == 0)
			zip->data[i + 7] |= 8;
		else if (memcmp(zip->data + i, "PK\1\2", 4) == 0)
			zip->data[i + 9] |= 8;
	}
}

/* .ear, .war in it, .jar in that; names that are no ASCII; a manifest whose lines are folded. */
static void test_odd_java(void)
{
	static const char *const jar_entries[][2] = {{"\xc3\xa9t\xc3\xa9.txt", "x"},
						     {"META-INF/maven/g/deep/pom.properties",
						      "version=1\ngroupId=g\nartifactId=deep\n"}};
	static const char *const war_entries[][2] = {{"WEB-INF/lib/d\xc3\xa9-1.jar", NULL}};
	static const char *const ear_entries[][2] = {{"web.war", NULL}};
	static const char *const folded_entries[][2] = {
		{"META-INF/MANIFEST.MF",
		 "Manifest-Version: 1.0\r\nImplementation-Ver\r\n sion: 2\r\n .5\r\nX: y\r\n"}};
	g_autoptr(GByteArray) jar = zip_of(jar_entries, 2, NULL);
	g_autoptr(GByteArray) folded = zip_of(folded_entries, 1, NULL);
	g_autoptr(GByteArray) war = NULL, ear = NULL;
	struct world world;

	say_utf8(jar);
	war = zip_of(war_entries, 1, jar);
	say_utf8(war);
	ear = zip_of(ear_entries, 1, war);
	world_init(&world);
	fixture_file(world.root, "/srv/big.ear", ear->data, ear->len, 0644);
	fixture_file(world.root, "/srv/DEEP.JAR", jar->data, jar->len, 0644);
	fixture_file(world.root, "/srv/plug.hpi", jar->data, jar->len, 0644);
	fixture_file(world.root, "/srv/folded-1.jar", folded->data, folded->len, 0644);
	look(&world, NULL);
	assert_owner(&world, "/srv/DEEP.JAR", "pkg:maven/g/deep@1");
	assert_owner(&world, "/srv/plug.hpi", "pkg:maven/g/deep@1");
	assert_owner(&world, "/srv/folded-1.jar", "pkg:generic/folded@2.5");
	g_assert_cmpuint(world.inventory->components->len, ==, 4);
	world_clear(&world);
}

/* An ELF file with one section beside the table of names. */
static GByteArray *elf_with(const char *name, const void *data, size_t size_bytes)
{
	GByteArray *bytes = g_byte_array_new();
	g_autofree char *names = g_strdup_printf(".%s", name);
	Elf64_Ehdr header = {.e_ident = ELFMAG,
			     .e_type = ET_EXEC,
			     .e_machine = EM_X86_64,
			     .e_version = 1,
			     .e_ehsize = sizeof(header),
			     .e_shentsize = sizeof(Elf64_Shdr),
			     .e_shnum = 3,
			     .e_shstrndx = 1};
	Elf64_Shdr sections[3] = {
		{0}, {.sh_type = SHT_STRTAB}, {.sh_name = 1, .sh_type = SHT_PROGBITS}};

	header.e_ident[EI_CLASS] = ELFCLASS64;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	names[0] = '\0';
	sections[2].sh_offset = sizeof(header);
	sections[2].sh_size = size_bytes;
	sections[1].sh_offset = sizeof(header) + size_bytes;
	sections[1].sh_size = strlen(name) + 2;
	header.e_shoff = sections[1].sh_offset + sections[1].sh_size;
	g_byte_array_append(bytes, (guint8 *)&header, sizeof(header));
	g_byte_array_append(bytes, data, (guint)size_bytes);
	g_byte_array_append(bytes, (guint8 *)names, (guint)strlen(name) + 2);
	g_byte_array_append(bytes, (guint8 *)sections, sizeof(sections));
	return bytes;
}

static GByteArray *go_info(const char *text)
{
	static const guint8 magic[] = "\xff Go buildinf:\x08\x02";
	static const char version[] = "\x08go1.22.3";
	g_autofree char *framed = g_strdup_printf("0123456789abcdef%sfedcba9876543210", text);
	size_t length = strlen(framed);
	guint8 varint[2] = {(guint8)(length & 0x7f) | 0x80, (guint8)(length >> 7)};
	GByteArray *bytes = g_byte_array_new();

	g_byte_array_append(bytes, magic, 16);
	g_byte_array_set_size(bytes, 32);
	memset(bytes->data + 16, 0, 16);
	g_byte_array_append(bytes, (const guint8 *)version, 9);
	g_byte_array_append(bytes, varint, 2);
	g_byte_array_append(bytes, (guint8 *)framed, (guint)length);
	return bytes;
}

static GByteArray *deflated(const char *text)
{
	GByteArray *bytes = g_byte_array_new();
	uLongf size = compressBound(strlen(text));

	g_byte_array_set_size(bytes, (guint)size);
	g_assert_cmpint(compress(bytes->data, &size, (const Bytef *)text, strlen(text)), ==, Z_OK);
	g_byte_array_set_size(bytes, (guint)size);
	return bytes;
}

static void test_programs(void)
{
	static const char modules[] =
		"path\texample.org/app\nmod\texample.org/app\t(devel)\t\n"
		"dep\texample.org/old\tv1.0.0\th1:x\n=>\texample.org/new\tv1.1.0\th1:y\n"
		"dep\texample.org/dep\tv0.2.0\th1:z\n"
		"dep\texample.org/own\tv0.3.0\n=>\t./own\t(devel)\t\nbuild\tx\ty\n";
	g_autoptr(GByteArray) info = go_info(modules),
			      go = elf_with(".go.buildinfo", info->data, info->len);
	g_autoptr(GByteArray) audit = deflated("{\"packages\":[{\"name\":\"dep\",\"version\":\"1.0."
					       "0\",\"source\":\"x\"},{\"name\":\"tool\","
					       "\"version\":\"1\",\"kind\":\"build\"},{\"name\":"
					       "\"root\",\"version\":\"0.1.0\",\"root\":true}]}");
	g_autoptr(GByteArray) rust = elf_with(".dep-v0", audit->data, audit->len);
	struct world world;

	world_init(&world);
	fixture_file(world.root, "/go", go->data, go->len, 0755);
	fixture_file(world.root, "/rust", rust->data, rust->len, 0755);
	fixture_file(world.root, "/go.so.1", go->data, go->len, 0644);
	look(&world, NULL);
	assert_owner(&world, "/go", "pkg:golang/example.org/app");
	assert_owner(&world, "/rust", "pkg:cargo/root@0.1.0");
	g_assert_true(has_component(&world, "pkg:golang/stdlib@1.22.3"));
	g_assert_true(has_component(&world, "pkg:golang/example.org/new@v1.1.0"));
	g_assert_true(has_component(&world, "pkg:golang/example.org/dep@v0.2.0"));
	g_assert_true(has_component(&world, "pkg:golang/example.org/own@v0.3.0"));
	assert_owner(&world, "/go.so.1", "pkg:golang/example.org/app");
	g_assert_true(has_component(&world, "pkg:cargo/dep@1.0.0"));
	g_assert_false(has_component(&world, "pkg:golang/example.org/old@v1.0.0"));
	g_assert_false(has_component(&world, "pkg:cargo/tool@1"));
	world_clear(&world);
}

/* Cut anywhere, it is read without harm. */
static void test_cut_programs(void)
{
	g_autoptr(GByteArray) info = go_info("mod\ta/b\tv1\n"),
			      go = elf_with(".go.buildinfo", info->data, info->len);

	for (guint length = 0; length < go->len; length++) {
		g_autofree guint8 *copy = g_memdup2(go->data, length);
		autojson json_t *modules = go_build_info(copy, length);

		g_assert_null(modules); /* the section table lies at the end */
	}
	for (guint at = sizeof(Elf64_Ehdr); at < go->len; at++) {
		g_autofree guint8 *copy = g_memdup2(go->data, go->len);
		autojson json_t *modules = NULL;

		copy[at] ^= 0xff;
		modules = go_build_info(copy, go->len);
	}
}

static void test_hostile(void)
{
	static const struct {
		const char *path, *text;
	} table[] = {
		{"/a.dist-info/METADATA", "Name: \nVersion: 1\n"},
		{"/a.dist-info/METADATA", "Name: a\x01\nVersion: 1\n"},
		{"/a.dist-info/METADATA", "Name: \xff\nVersion: 1\n"},
		{"/package.json", "{\"name\":1,\"version\":{}}"},
		{"/package.json", "[[[[[["},
		{"/package.json", "{\"name\":\"@\",\"version\":\"\"}"},
		{"/composer/installed.json", "[{\"name\":\"a\",\"version\":\"1\"},1,null]"},
		{"/composer/installed.json", "{\"packages\":{}}"},
		{"/specifications/.gemspec", "s.name = \"a\ns.version = '"},
		{"/etc/os-release", "ID=$(x)\nVERSION_ID='\n"},
		{"/x.jar", "PK\x03\x04"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct world world;

		g_test_message("%s", table[i].path);
		world_init(&world);
		fixture_text(world.root, table[i].path, table[i].text, 0644);
		look(&world, NULL);
		g_assert_cmpuint(world.inventory->files->len, ==, 1);
		g_assert_cmpstr(world.inventory->distribution.id, ==, "linux");
		for (guint j = 0; j < world.inventory->components->len; j++) {
			const struct component *component = world.inventory->components->pdata[j];

			g_assert_true(*component->name &&
				      g_utf8_validate(component->name, -1, NULL));
		}
		world_clear(&world);
	}
}

/* --- documents -----------------------------------------------------------------------------------
 */

static void test_documents(void)
{
	static const enum document_format formats[] = {DOCUMENT_SPDX, DOCUMENT_SPDX3,
						       DOCUMENT_CYCLONEDX};
	struct image image = {0};
	struct document_about about = {.image = &image, .created = 1700000000};
	struct world world;

	world_init(&world);
	put_python(world.root);
	fixture_text(world.root, "/weird-\xff", "x", 0644);
	look(&world, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
		autojson json_t *first = document_make(formats[i], world.inventory, &about);
		autojson json_t *second = document_make(formats[i], world.inventory, &about);
		g_autofree char *text = json_format_pretty(first),
				*again = json_format_pretty(second);

		g_assert_cmpuint(document_count_files(formats[i], first), ==,
				 world.inventory->files->len);
		g_assert_cmpstr(text, ==, again);
		g_assert_nonnull(strstr(text, "2023-11-14T22:13:20Z"));
		g_assert_nonnull(strstr(text, "pkg:pypi/web-app@1.0"));
	}
	world_clear(&world);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/evidence/inventory/system", test_system);
	g_test_add_func("/evidence/inventory/reasons", test_reasons);
	g_test_add_func("/evidence/inventory/languages", test_languages);
	g_test_add_func("/evidence/inventory/odd-languages", test_odd_languages);
	g_test_add_func("/evidence/inventory/java", test_java);
	g_test_add_func("/evidence/inventory/odd-java", test_odd_java);
	g_test_add_func("/evidence/inventory/programs", test_programs);
	g_test_add_func("/evidence/inventory/cut-programs", test_cut_programs);
	g_test_add_func("/evidence/inventory/hostile", test_hostile);
	g_test_add_func("/evidence/inventory/documents", test_documents);
	return g_test_run();
}
