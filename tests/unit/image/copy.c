/* SPDX-License-Identifier: Apache-2.0 */
/* Copies between files: the same bytes, with what refers to them where there is room. */
#include "image/copy.h"

#include "base/error.h"
#include "image/bundle.h"
#include "image/source.h"

#include "fixture.h"

#include <string.h>

static GByteArray *plain_layer(void)
{
	GByteArray *tar = g_byte_array_new();

	fixture_entry(tar, "a", '0', "", "content", 7);
	fixture_end(tar);
	return tar;
}

static char *one_layer(const char *directory)
{
	g_autoptr(GByteArray) tar = plain_layer();
	const struct fixture_layer layer = {.tar = tar->data, .tar_size = tar->len};

	return fixture_layout(directory, &layer, 1, NULL);
}

/* Adds to the layout at @directory an artifact that refers to its image. */
static void add_referrer(const char *directory, const struct digest *subject)
{
	g_autofree char *config =
		fixture_blob(directory, "{}", 2, "application/vnd.oci.empty.v1+json");
	g_autofree char *layer = fixture_blob(directory, "note", 4, "text/plain");
	g_autofree char *path = g_build_filename(directory, "index.json", NULL);
	g_autofree char *manifest = NULL, *descriptor = NULL, *text = NULL;
	autojson json_t *index = NULL;
	char digest[DIGEST_TEXT_BYTES];

	digest_format(subject, digest);
	manifest = g_strdup_printf("{\"schemaVersion\":2,\"artifactType\":\"text/"
				   "note\",\"config\":{%s},\"layers\":[{%s}],"
				   "\"subject\":{\"digest\":\"%s\",\"size\":1,\"mediaType\":\"x\"},"
				   "\"annotations\":{\"k\":\"v\"}}",
				   config, layer, digest);
	descriptor = fixture_blob(directory, manifest, strlen(manifest),
				  "application/vnd.oci.image.manifest.v1+json");
	text = g_strdup_printf("{%s}", descriptor);
	index = json_load_file(path, 0, NULL);
	json_array_append_new(json_array_at(index, "manifests"), json_loads(text, 0, NULL));
	/* of a layout that was written before descriptors had an artifactType */
	g_assert_cmpint(json_dump_file(index, path, 0), ==, 0);
}

static bool copy(const char *from, const char *to, bool without, struct copy_result *ret_result,
		 GError **error)
{
	const struct platform platform = {.os = (char *)"linux", .architecture = (char *)"amd64"};
	const struct copy_options options = {.platform = &platform,
					     .without_referrers = without,
					     .limits = &image_limits_default};

	return image_copy(from, to, &options, ret_result, error);
}

static guint count_referrers(const char *reference, const struct digest *subject)
{
	struct reference parsed = {0};
	struct image_source *source;
	autojson json_t *referrers = NULL;

	g_assert_true(reference_parse(reference, &parsed, NULL));
	source = source_open(&parsed, NULL, -1, NULL);
	referrers = source_referrers(source, subject, NULL);
	for (size_t i = 0; i < json_array_size(referrers); i++) {
		const json_t *entry = json_array_get(referrers, i);

		g_assert_cmpstr(json_string_at(entry, "artifactType"), ==, "text/note");
		g_assert_cmpstr(json_string_at(json_object_at(entry, "annotations"), "k"), ==, "v");
	}
	source_free(source);
	reference_clear(&parsed);
	return (guint)json_array_size(referrers);
}

static void test_chain(void)
{
	static const struct {
		const char *to;
		guint referrers;
		bool same_digest; /* what was in a docker archive has no manifest of its own */
	} steps[] = {
		{"oci:%s/second:new", 1, true},
		{"oci-archive:%s/third.tar:new", 0, true},
		{"docker-archive:%s/fourth.tar:x:new", 0, true},
		{"oci:%s/fifth:new", 0, false},
	};
	char *directory = fixture_directory();
	g_autofree char *first = g_build_filename(directory, "first", NULL);
	g_autofree char *from = one_layer(first);
	struct copy_result result = {0};
	struct digest top;
	autoimage struct image *image = NULL;
	const struct platform platform = {.os = (char *)"linux", .architecture = (char *)"amd64"};

	image = image_open(from, &platform, NULL, NULL);
	g_assert_nonnull(image);
	top = image->manifest_digest;
	add_referrer(first, &top);
	g_assert_cmpuint(count_referrers(from, &top), ==, 1);
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *to = g_strdup_printf(steps[i].to, directory);
		autoimage struct image *copied = NULL;

		g_test_message("%s", to);
		g_assert_true(copy(from, to, false, &result, &error));
		g_assert_no_error(error);
		g_assert_cmpuint(result.referrers, ==, steps[i].referrers);
		g_assert_cmpint(digest_equal(&result.digest, &top), ==, steps[i].same_digest);
		copied = image_open(to, &platform, NULL, &error);
		g_assert_no_error(error);
		g_assert_true(digest_equal(&copied->config_digest, &image->config_digest));
		g_assert_true(image_check_layers(copied, &error));
		if (steps[i].referrers > 0)
			g_assert_cmpuint(count_referrers(to, &top), ==, 1);
		g_free(from);
		from = g_steal_pointer(&to);
	}
	fixture_remove(directory);
}

static void test_without_referrers(void)
{
	char *directory = fixture_directory();
	g_autofree char *first = g_build_filename(directory, "first", NULL);
	g_autofree char *from = one_layer(first);
	g_autofree char *to = g_strdup_printf("oci:%s/second:new", directory);
	struct copy_result result = {0};
	const struct platform platform = {.os = (char *)"linux", .architecture = (char *)"amd64"};
	autoimage struct image *image = image_open(from, &platform, NULL, NULL);

	add_referrer(first, &image->manifest_digest);
	g_assert_true(copy(from, to, true, &result, NULL));
	g_assert_cmpuint(result.referrers, ==, 0);
	g_assert_cmpuint(count_referrers(to, &image->manifest_digest), ==, 0);
	fixture_remove(directory);
}

/* A damaged blob is not copied, and the destination is not there. */
static void test_damaged(void)
{
	char *directory = fixture_directory();
	g_autofree char *first = g_build_filename(directory, "first", NULL);
	g_autofree char *from = one_layer(first);
	g_autofree char *to = g_strdup_printf("oci:%s/second:new", directory);
	g_autofree char *second = g_build_filename(directory, "second", NULL);
	const struct platform platform = {.os = (char *)"linux", .architecture = (char *)"amd64"};
	struct image *image = image_open(from, &platform, NULL, NULL);
	g_autofree char *garbage = g_strnfill(image->layers[0].size_bytes, 'x');
	g_autofree char *name = NULL;
	char hex[DIGEST_HEX_BYTES];
	g_autoptr(GError) error = NULL;
	struct copy_result result;

	digest_format_hex(&image->layers[0].digest, hex);
	name = g_strconcat("blobs/sha256/", hex, NULL);
	fixture_file(first, name, garbage, strlen(garbage));
	image_free(image);
	g_assert_false(copy(from, to, false, &result, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	g_assert_nonnull(strstr(error->message, "digest mismatch"));
	g_assert_false(g_file_test(second, G_FILE_TEST_EXISTS));
	fixture_remove(directory);
}

/* Without a client, a registry's image says so. */
static void test_no_remote(void)
{
	struct copy_result result;
	g_autoptr(GError) error = NULL;

	g_assert_false(copy("docker://r.example/a", "oci:/nonexistent/a", false, &result, &error));
	g_assert_nonnull(error);
	g_clear_error(&error);
	g_assert_null(image_open("docker://r.example/a", NULL, NULL, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INTERNAL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/image/copy/chain", test_chain);
	g_test_add_func("/image/copy/without-referrers", test_without_referrers);
	g_test_add_func("/image/copy/damaged", test_damaged);
	g_test_add_func("/image/copy/no-remote", test_no_remote);
	return g_test_run();
}
