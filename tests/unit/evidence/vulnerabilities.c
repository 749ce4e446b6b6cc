/* SPDX-License-Identifier: Apache-2.0 */
/* Vulnerability data: what is kept of them, what they say of versions, and what is refused. */
#include "evidence/vulnerabilities.h"

#include "base/error.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

static struct vulnerabilities *data_new(void)
{
	static const struct {
		const char *ecosystem, *name;
	} wanted[] = {{"Debian", "openssl"}, {"PyPI", "flask"},     {"npm", "@a/b"},
		      {"Go", "stdlib"},      {"Alpine", "musl"},    {"Packagist", "v/p"},
		      {"NuGet", "n"},        {"AlmaLinux", "libp"}, {"Maven", "g:a"},
		      {"RubyGems", "rack"},  {"crates.io", "time"}};
	GHashTable *keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++)
		g_hash_table_add(keys, vulnerability_key(wanted[i].ecosystem, wanted[i].name));
	return vulnerabilities_new(keys);
}

static struct vulnerabilities *parsed(const char *text)
{
	struct vulnerabilities *data = data_new();
	g_autoptr(GError) error = NULL;

	vulnerabilities_parse(data, "dir/data.json", text, strlen(text), &error);
	g_assert_no_error(error);
	return data;
}

static const struct advisory *advisory_at(const struct vulnerabilities *data, guint index)
{
	g_assert_cmpuint(index, <, data->advisories->len);
	return data->advisories->pdata[index];
}

/* --- forms ---------------------------------------------------------------------------------------
 */

#define RECORD(id, ecosystem, name)                                                                \
	"{\"id\":\"" id "\",\"affected\":[{\"package\":{\"ecosystem\":\"" ecosystem                \
	"\",\"name\":\"" name "\"},\"versions\":[\"1\"]}]}"

static void test_forms(void)
{
	static const struct {
		const char *text;
		guint records, advisories;
	} table[] = {
		{RECORD("A-1", "PyPI", "Flask"), 1, 1},
		{"[" RECORD("A-1", "PyPI", "flask") "," RECORD("A-2", "PyPI", "django") "]", 2, 1},
		{RECORD("A-1", "npm", "@a/b") "\n" RECORD("A-2", "npm", "@a/B") "\n", 2, 1},
		{"{\"id\":\"A-1\",\"withdrawn\":\"2023-01-01T00:00:00Z\",\"affected\":[{"
		 "\"package\":{"
		 "\"ecosystem\":\"PyPI\",\"name\":\"flask\"}}]}",
		 1, 0},
		{"{\"id\":\"A-1\"}", 1, 0},
		{"{\"schema_version\":\"1.7.3\",\"id\":\"A-1\"}", 1, 0},
		{"{\"id\":\"A-1\",\"affected\":[{\"ranges\":[]}]}", 1, 0},
		{"{\"database_specific\":{},\"id\":\"A-1\"}", 1, 0},
		{"{\"openssl\":{},\"bash\":{}}", 2, 0},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		autovulnerabilities struct vulnerabilities *data = parsed(table[i].text);
		const struct vulnerability_file *file = data->files->pdata[0];

		g_test_message("%s", table[i].text);
		g_assert_cmpuint(data->advisories->len, ==, table[i].advisories);
		g_assert_cmpuint(file->records, ==, table[i].records);
		g_assert_cmpuint(file->size_bytes, ==, strlen(table[i].text));
		g_assert_cmpstr(file->name, ==, "data.json");
	}
}

static la_ssize_t write_bytes(struct archive *archive, void *user, const void *data, size_t size)
{
	(void)archive;
	g_byte_array_append(user, data, (guint)size);
	return (la_ssize_t)size;
}

static void add_entry(struct archive *archive, const char *name, const char *text)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_size(entry, (la_int64_t)strlen(text));
	g_assert_cmpint(archive_write_header(archive, entry), ==, ARCHIVE_OK);
	g_assert_cmpint(archive_write_data(archive, text, strlen(text)), ==, strlen(text));
	archive_entry_free(entry);
}

static GByteArray *zip_of(const char *first, const char *second)
{
	GByteArray *bytes = g_byte_array_new();
	struct archive *archive = archive_write_new();

	archive_write_set_format_zip(archive);
	archive_write_set_bytes_in_last_block(archive, 1);
	archive_write_open(archive, bytes, NULL, write_bytes, NULL);
	add_entry(archive, "A-1.json", first);
	add_entry(archive, "README", "not looked at");
	add_entry(archive, "A-2.json", second);
	archive_write_free(archive);
	return bytes;
}

static void test_zip(void)
{
	g_autoptr(GByteArray) good =
		zip_of(RECORD("A-1", "PyPI", "flask"), RECORD("A-2", "Go", "stdlib"));
	g_autoptr(GByteArray) bad = zip_of(RECORD("A-1", "PyPI", "flask"), "{");
	autovulnerabilities struct vulnerabilities *data = data_new();
	g_autoptr(GError) error = NULL;

	g_assert_true(vulnerabilities_parse(data, "all.zip", good->data, good->len, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(data->advisories->len, ==, 2);
	g_assert_false(vulnerabilities_parse(data, "all.zip", bad->data, bad->len, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	g_assert_true(g_str_has_prefix(error->message, "A-2.json: not JSON"));
	g_clear_error(&error);
	g_assert_false(vulnerabilities_parse(data, "all.zip", good->data, good->len / 2, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
}

/* --- names ---------------------------------------------------------------------------------------
 */

static void test_names(void)
{
	static const struct {
		const char *text, *name, *aliases;
	} table[] = {
		{"\"id\":\"GHSA-1\",\"aliases\":[\"PYSEC-1\",\"CVE-1\"]", "CVE-1",
		 "GHSA-1 PYSEC-1"},
		{"\"id\":\"CVE-1\",\"aliases\":[\"GHSA-1\",\"CVE-1\",\"GHSA-1\"]", "CVE-1",
		 "GHSA-1"},
		{"\"id\":\"DEBIAN-CVE-1\",\"upstream\":[\"CVE-1\"]", "CVE-1", "DEBIAN-CVE-1"},
		{"\"id\":\"DSA-1\",\"upstream\":[\"CVE-1\",\"CVE-2\"]", "DSA-1", ""},
		{"\"id\":\"GHSA-1\",\"aliases\":[\"CVE-1\",\"CVE-2\"]", "GHSA-1", "CVE-1 CVE-2"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *text =
			g_strdup_printf("{%s,\"affected\":[{\"package\":{\"ecosystem\":\"PyPI\","
					"\"name\":\"flask\"}}]}",
					table[i].text);
		autovulnerabilities struct vulnerabilities *data = parsed(text);
		const struct advisory *advisory = advisory_at(data, 0);
		g_autofree char *aliases = NULL;

		g_ptr_array_add(advisory->aliases, NULL);
		aliases = g_strjoinv(" ", (char **)advisory->aliases->pdata);
		g_assert_cmpstr(advisory->name, ==, table[i].name);
		g_assert_cmpstr(aliases, ==, table[i].aliases);
	}
}

/* --- versions ------------------------------------------------------------------------------------
 */

/* @affected: members of OSV's `affected` beside the package. */
static void test_judge(void)
{
	static const struct {
		const char *ecosystem, *name, *affected, *version;
		enum advisory_answer want;
		const char *fix;
	} table[] = {
#define EVENTS(type, events) "\"ranges\":[{\"type\":\"" type "\",\"events\":[" events "]}]"
#define INTRODUCED(version)  "{\"introduced\":\"" version "\"}"
#define FIXED(version)       "{\"fixed\":\"" version "\"}"
#define LAST(version)        "{\"last_affected\":\"" version "\"}"
		{"Debian:12", "openssl", EVENTS("ECOSYSTEM", INTRODUCED("0") "," FIXED("3.0.9-1")),
		 "3.0.8-1", ADVISORY_APPLIES, "3.0.9-1"},
		{"Debian:12", "openssl", EVENTS("ECOSYSTEM", INTRODUCED("0") "," FIXED("3.0.9-1")),
		 "3.0.9-1", ADVISORY_FIXED, NULL},
		{"Debian:12", "openssl", EVENTS("ECOSYSTEM", INTRODUCED("0") "," FIXED("3.0.9-1")),
		 "3.0.9-1~bpo1", ADVISORY_APPLIES, "3.0.9-1"},
		{"Debian:12", "openssl", EVENTS("ECOSYSTEM", INTRODUCED("3.0")), "1.1.1",
		 ADVISORY_UNAFFECTED, NULL},
		{"Debian:12", "openssl", EVENTS("ECOSYSTEM", INTRODUCED("0")), "not a version",
		 ADVISORY_UNKNOWN, NULL},
		{"Debian:12", "openssl", EVENTS("ECOSYSTEM", INTRODUCED("0")), "", ADVISORY_UNKNOWN,
		 NULL},
		/* two branches, events in any order */
		{"PyPI", "flask",
		 EVENTS("ECOSYSTEM", FIXED("2.2.5") "," INTRODUCED("2.3") "," FIXED(
					     "2.3.2") "," INTRODUCED("0")),
		 "2.3.1", ADVISORY_APPLIES, "2.3.2"},
		{"PyPI", "flask",
		 EVENTS("ECOSYSTEM", FIXED("2.2.5") "," INTRODUCED("2.3") "," FIXED(
					     "2.3.2") "," INTRODUCED("0")),
		 "2.2.5", ADVISORY_FIXED, NULL},
		{"PyPI", "flask",
		 EVENTS("ECOSYSTEM", FIXED("2.2.5") "," INTRODUCED("2.3") "," FIXED(
					     "2.3.2") "," INTRODUCED("0")),
		 "1.0", ADVISORY_APPLIES, "2.2.5"},
		{"PyPI", "flask", EVENTS("ECOSYSTEM", INTRODUCED("0") "," LAST("1.0")), "1.0.0",
		 ADVISORY_APPLIES, NULL},
		{"PyPI", "flask", EVENTS("ECOSYSTEM", INTRODUCED("0") "," LAST("1.0")), "1.0.1",
		 ADVISORY_UNAFFECTED, NULL},
		{"npm", "@a/b", EVENTS("SEMVER", INTRODUCED("0") "," FIXED("1.0.0")), "1.0.0-rc.1",
		 ADVISORY_APPLIES, "1.0.0"},
		{"npm", "@a/b", EVENTS("SEMVER", INTRODUCED("1.0.0") ",{\"limit\":\"2.0.0\"}"),
		 "2.0.0", ADVISORY_UNAFFECTED, NULL},
		{"npm", "@a/b", EVENTS("SEMVER", INTRODUCED("1.0.0") ",{\"limit\":\"*\"}"), "2.0.0",
		 ADVISORY_APPLIES, NULL},
		{"Go", "stdlib", EVENTS("SEMVER", INTRODUCED("1.21.0-0") "," FIXED("1.21.3")),
		 "1.21rc2", ADVISORY_APPLIES, "1.21.3"},
		{"Alpine:v3.18", "musl", EVENTS("ECOSYSTEM", INTRODUCED("0") "," FIXED("1.2.4-r2")),
		 "1.2.4-r10", ADVISORY_FIXED, NULL},
		{"Maven", "g:a", EVENTS("ECOSYSTEM", INTRODUCED("2.0-beta9") "," FIXED("2.15.0")),
		 "2.0-rc1", ADVISORY_APPLIES, "2.15.0"},
		{"RubyGems", "rack", EVENTS("ECOSYSTEM", INTRODUCED("0") "," FIXED("2.2.6.4")),
		 "2.2.6.3", ADVISORY_APPLIES, "2.2.6.4"},
		{"crates.io", "time", EVENTS("SEMVER", INTRODUCED("0.0.0-0") "," FIXED("0.2.23")),
		 "0.1.45", ADVISORY_APPLIES, "0.2.23"},
		{"AlmaLinux:9", "libp",
		 EVENTS("ECOSYSTEM", INTRODUCED("0") "," FIXED("1:1.1-2.el9")), "1:1.1-1.el9",
		 ADVISORY_APPLIES, "1:1.1-2.el9"},
		/* streams of modules */
		{"AlmaLinux:9", "libp",
		 EVENTS("ECOSYSTEM", INTRODUCED("0") "," FIXED("1:18.2-2.module_el9.1+3")),
		 "1:20.1-1.module_el9.1+1", ADVISORY_UNKNOWN, NULL},
		{"AlmaLinux:9", "libp",
		 EVENTS("ECOSYSTEM", INTRODUCED("0") "," FIXED("1:18.2-2.module_el9.1+3")),
		 "1:16.1-1.el9", ADVISORY_UNKNOWN, NULL},
		{"AlmaLinux:9", "libp",
		 EVENTS("ECOSYSTEM", INTRODUCED("0") "," FIXED("1:18.2-2.module_el9.1+3")),
		 "1:18.2-1.module_el9.1+1", ADVISORY_APPLIES, "1:18.2-2.module_el9.1+3"},
		{"AlmaLinux:9", "libp",
		 EVENTS("ECOSYSTEM", INTRODUCED("0") "," FIXED("1:18.2-2.module_el9.1+3")),
		 "1:18.2-3.module_el9.1+5", ADVISORY_FIXED, NULL},
		{"Packagist", "v/p", EVENTS("ECOSYSTEM", INTRODUCED("0") "," FIXED("2.0")),
		 "v2.0.0", ADVISORY_FIXED, NULL},
		/* enumerated */
		{"PyPI", "flask", "\"versions\":[\"1.0\",\"1.1\"]", "1.0.0", ADVISORY_APPLIES,
		 NULL},
		{"PyPI", "flask", "\"versions\":[\"1.0\",\"1.1\"]", "1.2", ADVISORY_UNAFFECTED,
		 NULL},
		{"Packagist", "V/P", "\"versions\":[\"v1.0\"]", "v1.0", ADVISORY_APPLIES, NULL},
		/* no order is known, and nothing is guessed */
		{"NuGet", "n", EVENTS("ECOSYSTEM", INTRODUCED("0") "," FIXED("2")), "1.0",
		 ADVISORY_UNKNOWN, NULL},
		{"Packagist", "v/p", EVENTS("ECOSYSTEM", INTRODUCED("0") "," FIXED("2")),
		 "dev-main", ADVISORY_UNKNOWN, NULL},
		{"PyPI", "flask",
		 "\"ranges\":[{\"type\":\"GIT\",\"events\":[" INTRODUCED("0") "]}]", "1.0",
		 ADVISORY_UNKNOWN, NULL},
		{"PyPI", "flask",
		 "\"ranges\":[{\"type\":\"GIT\",\"events\":[]},{\"type\":\"ECOSYSTEM\",\"events\":"
		 "[" INTRODUCED("0") "," FIXED("1") "]}]",
		 "1.0", ADVISORY_FIXED, NULL},
		{"PyPI", "flask", "\"x\":1", "1.0", ADVISORY_UNKNOWN, NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *text =
			g_strdup_printf("{\"id\":\"A-1\",\"affected\":[{\"package\":{"
					"\"ecosystem\":\"%s\",\"name\":\"%s\"},%s}]}",
					table[i].ecosystem, table[i].name, table[i].affected);
		autovulnerabilities struct vulnerabilities *data = parsed(text);
		const char *fix;

		g_test_message("%s: %s", table[i].version, text);
		g_assert_cmpint(advisory_judge(advisory_at(data, 0), table[i].version, &fix), ==,
				table[i].want);
		g_assert_cmpstr(fix, ==, table[i].fix);
	}
}

static void test_tracker(void)
{
	static const char text[] =
		"{\"bash\":{\"CVE-9\":[\"not looked at\"]},"
		"\"openssl\":{\"CVE-1\":{\"releases\":{"
		"\"bookworm\":{\"status\":\"resolved\",\"fixed_version\":\"3.0.9-1\"},"
		"\"sid\":{\"status\":\"resolved\",\"fixed_version\":\"0\"},"
		"\"trixie\":{\"status\":\"open\"},"
		"\"buster\":{\"status\":\"undetermined\"},"
		"\"bullseye\":{\"status\":\"resolved\"}}}}}";
	static const struct {
		const char *release, *version;
		enum advisory_answer want;
	} table[] = {
		{"bookworm", "3.0.8-1", ADVISORY_APPLIES},
		{"trixie", "3.0.9-1", ADVISORY_APPLIES},
		{"buster", "1", ADVISORY_UNKNOWN},
		{"bullseye", "1", ADVISORY_UNKNOWN},
	};
	autovulnerabilities struct vulnerabilities *data = parsed(text);

	g_assert_cmpuint(data->advisories->len, ==, G_N_ELEMENTS(table));
	g_assert_cmpstr(((struct vulnerability_file *)data->files->pdata[0])->source, ==,
			"Debian security tracker");
	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		const struct advisory *advisory = advisory_at(data, i);
		const char *fix;

		g_assert_cmpstr(advisory->release, ==, table[i].release);
		g_assert_cmpint(advisory_judge(advisory, table[i].version, &fix), ==,
				table[i].want);
	}
}

/* --- bad input -----------------------------------------------------------------------------------
 */

static void assert_refused(const char *text, size_t size_bytes, const char *what)
{
	autovulnerabilities struct vulnerabilities *data = data_new();
	g_autoptr(GError) error = NULL;

	g_test_message("%.200s", text);
	g_assert_false(vulnerabilities_parse(data, "x", text, size_bytes, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	g_test_message("%s", error->message);
	g_assert_null(strchr(error->message, '\n'));
	g_assert_nonnull(strstr(error->message, what));
}

#define AFFECTED(rest)                                                                             \
	"{\"id\":\"A-1\",\"affected\":[{\"package\":{\"ecosystem\":\"PyPI\",\"name\":\"flask\"}"   \
	"," rest "}]}"
#define TRACKED(rest) "{\"openssl\":" rest "}"

static void test_malformed(void)
{
	static const struct {
		const char *text, *what;
	} table[] = {
		{"", "holds no record"},
		{"  \n", "holds no record"},
		{"[]", "holds no record"},
		{"\x1f\x8b\x08", "is compressed; unpack it first"},
		{"{\"id\":\"A-1\",\"schema_version\":\"2.0.0\"}",
		 "A-1: its schema_version is not 1"},
		{"{\"id\":\"A-1\",\"schema_version\":1}", "A-1: its schema_version is not 1"},
		{"{}", "no id"},
		{"null", "neither OSV nor"},
		{"\"text\"", "neither OSV nor"},
		{"not json", "neither OSV nor"},
		{"[1]", "not JSON"},
		{"[{\"a\":1}]", "record at offset 1: no id"},
		{"{\"id\":1}", "no id"},
		{"{\"id\":\"a b\"}", "no id"},
		{"{\"id\":\"A\",\"id\":\"B\"}", "duplicate"},
		{"{\"id\":\"A-1\",\"affected\":{}}", "A-1: affected is no array"},
		{"{\"id\":\"A-1\",\"affected\":[{\"package\":1}]}",
		 "A-1: a package that is no object"},
		{"{\"id\":\"A-1\",\"affected\":[{\"package\":{}}]}", "without ecosystem or name"},
		{AFFECTED("\"versions\":1"), "A-1: versions are no array"},
		{AFFECTED("\"versions\":[1]"), "A-1: a version that is no string"},
		{AFFECTED("\"ranges\":1"), "A-1: ranges are no array"},
		{AFFECTED("\"ranges\":[1]"), "A-1: a range without type"},
		{AFFECTED("\"ranges\":[{\"type\":\"SEMVER\"}]"), "without type or events"},
		{AFFECTED("\"ranges\":[{\"type\":\"SEMVER\",\"events\":[1]}]"), "A-1: an event"},
		{AFFECTED("\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"fixed\":1}]}]"),
		 "A-1: an event"},
		{AFFECTED("\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"fixed\":\"1\","
			  "\"introduced\":\"0\"}]}]"),
		 "A-1: an event"},
		{AFFECTED("\"x\":1") "]", "no value"},
		{AFFECTED("\"x\":1") "[", "bracket without an end"},
		{TRACKED("{}") "x", "neither"},
		{TRACKED("1"), "no id"},
		{"{\"bash\":{},\"bash\":{}}", "package bash: twice"},
		{"{\"bash\":{},\"openssl\":[]}", "package openssl: twice, or no object"},
		{TRACKED("{\"CVE-1\":{},\"CVE-1\":{}}"), "duplicate"},
		{TRACKED("{\"CVE-1\":{}}"), "openssl: CVE-1: no releases"},
		{TRACKED("{\"CVE-1\":{\"releases\":{\"sid\":{}}}}"),
		 "openssl: CVE-1: a release without status"},
		{TRACKED("{\"CVE-1\":{\"releases\":{\"sid\":{\"status\":\"maybe\"}}}}"),
		 "a status that is none"},
		{TRACKED("{\"CVE\\n1\":{\"releases\":{}}}"), "openssl: CVE\\x0a1: no releases"},
	};
	static const char nul[] = "{\"id\":\"A\0B\"}", bytes[] = "{\"id\":\"A\xff\"}";

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
		assert_refused(table[i].text, strlen(table[i].text), table[i].what);
	assert_refused(nul, sizeof(nul) - 1, "a NUL byte at offset 8");
	assert_refused(bytes, sizeof(bytes) - 1, "no UTF-8 at offset 8");
	assert_refused("PK\x03\x04 no zip", 11, "zip");
}

static void test_bounds(void)
{
	enum { DEEP = 100000, MANY = 100001 };
	g_autofree char *deep = g_strnfill(DEEP, '[');
	g_autoptr(GString) many = g_string_new("{\"id\":\"A-1\",\"affected\":[{\"package\":{"
					       "\"ecosystem\":\"PyPI\",\"name\":\"flask\"},"
					       "\"versions\":[\"1\"");
	g_autofree char *large = g_strnfill(33 << 20, ' ');

	assert_refused(deep, DEEP, "nested too deep");
	for (int i = 1; i < MANY; i++)
		g_string_append(many, ",\"1\"");
	g_string_append(many, "]}]}");
	assert_refused(many->str, many->len, "versions are no array, or too many");
	memcpy(large, "{\"id\":\"A-1\"", 11);
	large[(33 << 20) - 1] = '}';
	assert_refused(large, 33 << 20, "larger than 32 MiB");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vulnerabilities/forms", test_forms);
	g_test_add_func("/vulnerabilities/zip", test_zip);
	g_test_add_func("/vulnerabilities/names", test_names);
	g_test_add_func("/vulnerabilities/judge", test_judge);
	g_test_add_func("/vulnerabilities/tracker", test_tracker);
	g_test_add_func("/vulnerabilities/malformed", test_malformed);
	g_test_add_func("/vulnerabilities/bounds", test_bounds);
	return g_test_run();
}
