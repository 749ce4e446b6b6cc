/* SPDX-License-Identifier: Apache-2.0 */
/* Provenance and runtime trace: what they name, and that the same input gives the same bytes. */
#include "evidence/provenance.h"

#include <string.h>

static const char *hex_of(const json_t *descriptor)
{
	return json_string_at(json_object_at(descriptor, "digest"), "sha256");
}

static const json_t *named(const json_t *descriptors, const char *name)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (descriptors, i, entry) {
		if (g_strcmp0(json_string_at(entry, "name"), name) == 0)
			return entry;
	}
	return NULL;
}

static void test_provenance(void)
{
	struct digest source, profile, recipe;
	char hex[DIGEST_HEX_BYTES];
	autojson json_t *first = NULL, *second = NULL;
	const json_t *definition, *dependencies;

	digest_of("source", 6, &source);
	digest_of("profile", 7, &profile);
	digest_of("recipe", 6, &recipe);
	first = provenance_new(&source, &profile, &recipe,
			       json_pack("{s:s}", "preset", "balanced"));
	second = provenance_new(&source, &profile, &recipe,
				json_pack("{s:s}", "preset", "balanced"));
	g_assert_true(json_equal(first, second));
	definition = json_object_at(first, "buildDefinition");
	g_assert_cmpstr(json_string_at(definition, "buildType"), ==, PROVENANCE_BUILD_TYPE);
	g_assert_cmpstr(json_string_at(json_object_at(definition, "externalParameters"), "preset"),
			==, "balanced");
	dependencies = json_array_at(definition, "resolvedDependencies");
	digest_format_hex(&source, hex);
	g_assert_cmpstr(hex_of(named(dependencies, "source")), ==, hex);
	digest_format_hex(&profile, hex);
	g_assert_cmpstr(hex_of(named(dependencies, "profile")), ==, hex);
	digest_format_hex(&recipe, hex);
	g_assert_cmpstr(hex_of(named(dependencies, "recipe")), ==, hex);
	g_assert_cmpstr(json_string_at(named(dependencies, "thresh"), "uri"), ==,
			"pkg:generic/thresh@" THRESH_VERSION);
	for (const char *const *name =
		     (const char *const[]){"zlib", "zstd", "jansson", "libseccomp", NULL};
	     *name; name++)
		g_assert_nonnull(json_string_at(named(dependencies, *name), "uri"));
}

/* Files of vulnerability data are dependencies; and what a predicate names is found in it. */
static void test_data(void)
{
	autovulnerabilities struct vulnerabilities *data =
		vulnerabilities_new(g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL));
	struct digest source, profile, recipe, file, other;
	autojson json_t *predicate = NULL;
	const json_t *entry;
	char hex[DIGEST_HEX_BYTES];

	digest_of("source", 6, &source);
	digest_of("profile", 7, &profile);
	digest_of("recipe", 6, &recipe);
	digest_of("{\"a\":{}}", 8, &file);
	digest_of("other", 5, &other);
	g_assert_true(vulnerabilities_parse(data, "/x/data.json", "{\"a\":{}}", 8, NULL));
	predicate = provenance_new(&source, &profile, &recipe, json_object());
	g_assert_true(provenance_names(predicate, &source));
	g_assert_false(provenance_names(predicate, &file));
	provenance_add_data(predicate, data);
	g_assert_true(provenance_names(predicate, &file));
	g_assert_true(provenance_names(predicate, NULL));
	g_assert_false(provenance_names(predicate, &other));
	entry = named(
		json_array_at(json_object_at(predicate, "buildDefinition"), "resolvedDependencies"),
		"vulnerabilities");
	digest_format_hex(&file, hex);
	g_assert_cmpstr(hex_of(entry), ==, hex);
	entry = json_object_at(entry, "annotations");
	g_assert_cmpstr(json_string_at(entry, "file"), ==, "data.json");
	g_assert_cmpint(json_integer_at(entry, "sizeBytes", 0), ==, 8);
}

static void test_trace(void)
{
	static const char *const words[] = {"app", "serve", NULL};
	autoprofile struct profile *profile = profile_new();
	struct tree *tree = tree_new();
	struct node *node = tree_add(tree, "/app", NODE_FILE, NULL);
	autojson json_t *trace = NULL;
	char hex[DIGEST_HEX_BYTES];
	const json_t *log, *accesses, *process;

	digest_of("app", 3, &node->digest);
	digest_format_hex(&node->digest, hex);
	profile_add_path(profile, "/app", PATH_EXEC | PATH_OPEN);
	profile_add_path(profile, "/absent", PATH_MISSING);
	profile_add_command(profile, "/app", words, false);
	profile_add_listener(profile, "tcp", "0.0.0.0", 8080);
	trace = runtime_trace_new(profile, tree);
	log = json_object_at(trace, "monitorLog");
	accesses = json_array_at(log, "fileAccess");
	g_assert_cmpuint(json_array_size(accesses), ==, 2);
	g_assert_cmpstr(json_string_at(json_array_get(accesses, 0), "name"), ==, "/absent");
	g_assert_null(hex_of(named(accesses, "/absent")));
	g_assert_cmpstr(hex_of(named(accesses, "/app")), ==, hex);
	process = json_array_get(json_array_at(log, "process"), 0);
	g_assert_cmpstr(json_string_at(process, "processBinary"), ==, "/app");
	g_assert_cmpint(
		json_integer_at(json_array_get(json_array_at(log, "network"), 0), "port", 0), ==,
		8080);
	g_assert_nonnull(json_string_at(json_object_at(trace, "monitor"), "type"));
	g_assert_nonnull(json_string_at(json_object_at(trace, "monitoredProcess"), "event"));
	tree_free(tree);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/provenance/provenance", test_provenance);
	g_test_add_func("/provenance/data", test_data);
	g_test_add_func("/provenance/trace", test_trace);
	return g_test_run();
}
