/* SPDX-License-Identifier: Apache-2.0 */
/* What is attached to an image in a layout lies beside it; what cannot be attached changes nothing.
 */
#include "image/attach.h"

#include "base/error.h"
#include "image/source.h"

#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static const struct platform amd64 = {.os = (char *)"linux", .architecture = (char *)"amd64"};

static const struct artifact note = {
	.artifact_type = "text/note", .media_type = "text/plain", .data = "note", .size_bytes = 4};
static const struct artifact bundle = {.artifact_type = SIGSTORE_ARTIFACT_TYPE,
				       .media_type = SIGSTORE_ARTIFACT_TYPE,
				       .data = "{}",
				       .size_bytes = 2};

static char *layout_new(const char *directory)
{
	g_autoptr(GByteArray) tar = g_byte_array_new();
	struct fixture_layer layer = {0};

	fixture_entry(tar, "a", '0', "", "content", 7);
	fixture_end(tar);
	layer.tar = tar->data;
	layer.tar_size = tar->len;
	return fixture_layout(directory, &layer, 1, NULL);
}

static bool attach(const char *reference, const struct artifact *artifact, GError **error)
{
	g_autoptr(GPtrArray) artifacts = g_ptr_array_new();
	autoimage struct image *image = image_open(reference, &amd64, NULL, error);

	g_assert_nonnull(image);
	g_ptr_array_add(artifacts, (gpointer)artifact);
	return image_attach(image, artifacts, error);
}

static json_t *index_of(const char *directory)
{
	g_autofree char *path = g_build_filename(directory, "index.json", NULL);

	return json_load_file(path, 0, NULL);
}

static void test_attach(void)
{
	char *directory = fixture_directory();
	g_autofree char *reference = layout_new(directory);
	autoimage struct image *before = image_open(reference, &amd64, NULL, NULL);
	autoimage struct image *after = NULL;
	autojson json_t *referrers = NULL;
	g_autoptr(GError) error = NULL;

	for (int again = 0; again < 2; again++) {
		g_assert_true(attach(reference, &note, &error));
		g_assert_no_error(error);
	}
	after = image_open(reference, &amd64, NULL, &error);
	g_assert_no_error(error);
	g_assert_true(digest_equal(&before->manifest_digest, &after->manifest_digest));
	referrers = source_referrers(after->source, &after->manifest_digest, NULL);
	g_assert_cmpuint(json_array_size(referrers), ==, 1);
	g_assert_cmpstr(json_string_at(json_array_get(referrers, 0), "artifactType"), ==,
			"text/note");
	g_assert_true(image_check_layers(after, NULL));
	fixture_remove(directory);
}

/* cosign looks for the image of a layout by this annotation; the tag stays beside it. */
static void test_kind(void)
{
	char *directory = fixture_directory();
	g_autofree char *reference = layout_new(directory);
	autojson json_t *plain = NULL, *is_signed = NULL;
	const json_t *annotations;

	g_assert_true(attach(reference, &note, NULL));
	plain = index_of(directory);
	annotations =
		json_object_at(json_array_get(json_array_at(plain, "manifests"), 0), "annotations");
	g_assert_null(json_string_at(annotations, "kind"));
	g_assert_true(attach(reference, &bundle, NULL));
	is_signed = index_of(directory);
	annotations = json_object_at(json_array_get(json_array_at(is_signed, "manifests"), 0),
				     "annotations");
	g_assert_cmpstr(json_string_at(annotations, "kind"), ==, "dev.cosignproject.cosign/image");
	g_assert_cmpstr(json_string_at(annotations, "org.opencontainers.image.ref.name"), ==, "t");
	fixture_remove(directory);
}

/* A blob's place is taken by a directory: nothing is left of the attempt. */
static void test_failure(void)
{
	char *directory = fixture_directory();
	g_autofree char *reference = layout_new(directory);
	autojson json_t *before = index_of(directory), *after = NULL;
	g_autofree char *place = NULL, *empty = NULL;
	char hex[DIGEST_HEX_BYTES];
	struct digest digest;
	g_autoptr(GError) error = NULL;

	digest_of("note", 4, &digest);
	digest_format_hex(&digest, hex);
	place = g_build_filename(directory, "blobs/sha256", hex, NULL);
	g_assert_cmpint(g_mkdir(place, 0755), ==, 0);
	g_assert_false(attach(reference, &note, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
	after = index_of(directory);
	g_assert_true(json_equal(before, after));
	digest_of("{}", 2, &digest);
	digest_format_hex(&digest, hex);
	empty = g_build_filename(directory, "blobs/sha256", hex, NULL);
	g_assert_false(g_file_test(empty, G_FILE_TEST_EXISTS));
	fixture_remove(directory);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/image/attach/attach", test_attach);
	g_test_add_func("/image/attach/kind", test_kind);
	g_test_add_func("/image/attach/failure", test_failure);
	return g_test_run();
}
