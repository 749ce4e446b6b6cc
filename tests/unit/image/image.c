/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image.h"

#include "base/error.h"
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>

#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define INDEX_TYPE    "application/vnd.oci.image.index.v1+json"
#define CONFIG_TYPE   "application/vnd.oci.image.config.v1+json"

static const struct platform amd64 = {.os = (char *)"linux", .architecture = (char *)"amd64"};
static const struct platform arm64 = {.os = (char *)"linux", .architecture = (char *)"arm64"};
static const guint8 zeros[1024];

/* A manifest blob without layers for an architecture; answers its descriptor's members. */
static char *make_manifest(const char *directory, const char *architecture, const char *layers,
			   const char *config_type)
{
	g_autofree char *config =
		g_strdup_printf("{\"architecture\":\"%s\",\"os\":\"linux\",\"rootfs\":{"
				"\"type\":\"layers\",\"diff_ids\":[]}}",
				architecture);
	g_autofree char *config_blob = fixture_blob(directory, config, strlen(config), config_type);
	g_autofree char *text = g_strdup_printf(
		"{\"schemaVersion\":2,\"config\":{%s},\"layers\":[%s]}", config_blob, layers);

	return fixture_blob(directory, text, strlen(text), MANIFEST_TYPE);
}

static void write_index(const char *directory, const char *manifests)
{
	g_autofree char *text =
		g_strdup_printf("{\"schemaVersion\":2,\"manifests\":[%s]}", manifests);

	fixture_file(directory, "index.json", text, strlen(text));
	fixture_file(directory, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}", 30);
}

static void expect(const char *directory, const char *name, const struct platform *platform,
		   const char *architecture, const char *want)
{
	g_autofree char *reference = g_strconcat("oci:", directory, name ? ":" : NULL, name, NULL);
	g_autoptr(GError) error = NULL;
	autoimage struct image *image = image_open(reference, platform, NULL, &error);

	if (want) {
		g_assert_null(image);
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, want));
		g_assert_null(strchr(error->message, '\n'));
		return;
	}
	g_assert_no_error(error);
	g_assert_cmpstr(image->config->architecture, ==, architecture);
}

static void test_platforms(void)
{
	char *directory = fixture_directory();
	g_autofree char *x86 = make_manifest(directory, "amd64", "", CONFIG_TYPE);
	g_autofree char *arm = make_manifest(directory, "arm64", "", CONFIG_TYPE);
	g_autofree char *inner = g_strdup_printf(
		"{\"schemaVersion\":2,\"manifests\":["
		"{%s,\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\"}}"
		","
		"{%s,\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}},"
		"{%s,\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}}]}",
		arm, x86, x86);
	g_autofree char *blob = fixture_blob(directory, inner, strlen(inner), INDEX_TYPE);
	g_autofree char *one = g_strdup_printf(
		"{%s,\"annotations\":{\"org.opencontainers.image.ref.name\":\"multi\"}}", blob);
	g_autofree char *flat = g_strdup_printf("{%s},{%s}", x86, arm);
	struct platform s390x = {.os = (char *)"linux", .architecture = (char *)"s390x"};

	write_index(directory, one);
	expect(directory, "multi", &amd64, "amd64", NULL);
	expect(directory, "multi", &arm64, "arm64", NULL);
	expect(directory, NULL, &arm64, "arm64", NULL);
	expect(directory, "multi", &s390x, NULL,
	       "not for the platform linux/s390x, but for linux/arm64/v8, linux/amd64; choose one");
	write_index(directory, flat);
	expect(directory, NULL, &amd64, NULL, "several images without a name");
	g_free(flat);
	flat = g_strdup_printf("{%s}", arm);
	write_index(directory, flat);
	expect(directory, NULL, &amd64, NULL,
	       "not for the platform linux/amd64, but for linux/arm64");
	expect(directory, NULL, &arm64, "arm64", NULL);
	fixture_remove(directory);
}

static void test_names(void)
{
	char *directory = fixture_directory();
	g_autofree char *x86 = make_manifest(directory, "amd64", "", CONFIG_TYPE);
	g_autofree char *arm = make_manifest(directory, "arm64", "", CONFIG_TYPE);
	g_autofree char *manifests = g_strdup_printf(
		"{%s,\"annotations\":{\"org.opencontainers.image.ref.name\":\"one\"}},"
		"{%s,\"annotations\":{\"org.opencontainers.image.ref.name\":\"1.0\","
		"\"io.containerd.image.name\":\"docker.io/library/two:1.0\"}},"
		"{%s,\"artifactType\":\"application/x\"}",
		x86, arm, x86);

	write_index(directory, manifests);
	expect(directory, "one", &amd64, "amd64", NULL);
	expect(directory, "two:1.0", &arm64, "arm64", NULL);
	expect(directory, "1.0", &arm64, "arm64", NULL);
	expect(directory, NULL, &amd64, NULL, "several images: name one; there is: one, 1.0");
	expect(directory, "none", &amd64, NULL, "no image named 'none'; there is: one, 1.0");
	write_index(directory, "");
	expect(directory, NULL, &amd64, NULL, "there is no image in it");
	fixture_remove(directory);
}

static void test_layers(void)
{
	static const struct {
		const char *layer, *want;
	} table[] = {
		{"\"mediaType\":\"application/x-tar\"", "media type application/x-tar: unknown"},
		{"\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+xz\"", "+xz: unknown"},
		{"\"mediaType\":\"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip\"",
		 "a foreign layer"},
		{"\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\"", "No such file"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		char *directory = fixture_directory();
		struct fixture_layer layer = {.tar = zeros, .tar_size = sizeof(zeros)};
		g_autofree char *reference = NULL, *path = NULL;
		g_auto(GStrv) words = g_strsplit(table[i].layer, "\"", -1);
		char hex[DIGEST_HEX_BYTES];
		struct digest digest;

		layer.media_type = words[3];
		reference = fixture_layout(directory, &layer, 1, NULL);
		digest_of(zeros, sizeof(zeros), &digest);
		digest_format_hex(&digest, hex);
		path = g_build_filename(directory, "blobs/sha256", hex, NULL);
		g_assert_cmpint(g_unlink(path), ==, 0);
		expect(directory, "t", &amd64, NULL, table[i].want);
		fixture_file(directory, path + strlen(directory), zeros, 1000);
		if (i == 3)
			expect(directory, "t", &amd64, NULL, "size mismatch (want 1024, got 1000)");
		fixture_remove(directory);
	}
}

static void test_documents(void)
{
	char *directory = fixture_directory();
	g_autofree char *extra = make_manifest(
		directory, "amd64",
		"{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"size\":0,\"digest\":"
		"\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}",
		CONFIG_TYPE);
	g_autofree char *mismatch = NULL;
	static const struct {
		const char *manifest, *want;
	} table[] = {
		{"{\"schemaVersion\":1,\"fsLayers\":[]}", "docker schema 1 is not supported"},
		{"{\"schemaVersion\":2}", "neither layers nor manifests"},
		{"{\"schemaVersion\":2,\"layers\":[],\"manifests\":[]}", "ambiguous"},
		{"{\"schemaVersion\":2,\"layers\":[]}", "no config"},
		{"[]", "not an object"},
		{"{", "not JSON"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *blob = fixture_blob(directory, table[i].manifest,
						     strlen(table[i].manifest), MANIFEST_TYPE);
		g_autofree char *entry = g_strdup_printf("{%s}", blob);

		write_index(directory, entry);
		expect(directory, NULL, &amd64, NULL, table[i].want);
	}
	mismatch = g_strdup_printf("{%s}", extra);
	write_index(directory, mismatch);
	expect(directory, NULL, &amd64, NULL, "the manifest has 1 layers, the config 0");
	write_index(directory,
		    "{\"mediaType\":\"" MANIFEST_TYPE "\",\"size\":2,\"digest\":\"sha256:"
		    "0000000000000000000000000000000000000000000000000000000000000000\"}");
	expect(directory, NULL, &amd64, NULL, "No such file");
	write_index(directory, "{\"size\":2,\"digest\":\"sha512:00\"}");
	expect(directory, NULL, &amd64, NULL, "sha512:00");
	fixture_file(directory, "oci-layout", "{\"imageLayoutVersion\":\"9\"}", 26);
	expect(directory, NULL, &amd64, NULL, "unknown imageLayoutVersion");
	fixture_remove(directory);
}

static void test_artifact(void)
{
	char *directory = fixture_directory();
	g_autofree char *blob =
		make_manifest(directory, "amd64", "", "application/vnd.cncf.helm.config.v1+json");
	g_autofree char *entry = g_strdup_printf("{%s}", blob);

	write_index(directory, entry);
	expect(directory, NULL, &amd64, NULL, "this is not a container image");
	fixture_remove(directory);
}

static void test_config(void)
{
	static const char text[] =
		"{\"architecture\":\"amd64\",\"os\":\"linux\",\"extra\":1,\"config\":{"
		"\"Env\":[\"A=1\",\"B=\"],\"Cmd\":[\"x\"],\"Entrypoint\":null,\"WorkingDir\":\"a/"
		"../b\","
		"\"ExposedPorts\":{\"80\":{},\"80/tcp\":{},\"53/udp\":{}},"
		"\"Volumes\":{\"/v/\":{},\"/v\":{},\"/a\":{}}}}";
	g_autoptr(GError) error = NULL;
	struct image_config *config = image_config_parse(text, strlen(text), &error);

	g_assert_no_error(error);
	g_assert_cmpuint(config->environment->len, ==, 2);
	g_assert_cmpuint(config->entrypoint->len, ==, 0);
	g_assert_cmpstr(config->command->pdata[0], ==, "x");
	g_assert_cmpstr(config->working_directory, ==, "/b");
	g_assert_cmpstr(config->stop_signal, ==, "SIGTERM");
	g_assert_cmpstr(config->user, ==, "");
	g_assert_cmpuint(config->exposed_ports->len, ==, 2);
	g_assert_cmpstr(config->exposed_ports->pdata[0], ==, "53/udp");
	g_assert_cmpuint(config->volumes->len, ==, 2);
	g_assert_cmpstr(config->volumes->pdata[0], ==, "/a");
	g_assert_nonnull(json_object_get(config->json, "extra"));
	image_config_free(config);
}

static void test_config_refused(void)
{
	static const struct {
		const char *text, *want;
	} table[] = {
		{"{\"os\":\"linux\"}", "no architecture"},
		{"[]", "not an object"},
		{"{\"architecture\":\"a\",\"config\":{\"Env\":[\"x\"]}}", "'x' is not NAME=VALUE"},
		{"{\"architecture\":\"a\",\"config\":{\"Env\":[\"=x\"]}}", "is not NAME=VALUE"},
		{"{\"architecture\":\"a\",\"config\":{\"Env\":\"x=y\"}}",
		 "Env is of the wrong type"},
		{"{\"architecture\":\"a\",\"config\":{\"Cmd\":[1]}}", "member 0 is not a string"},
		{"{\"architecture\":\"a\",\"config\":{\"ExposedPorts\":{\"x\":{}}}}",
		 "'x' is malformed"},
		{"{\"architecture\":\"a\",\"config\":{\"ExposedPorts\":{\"0\":{}}}}", "malformed"},
		{"{\"architecture\":\"a\",\"config\":{\"ExposedPorts\":{\"80/x\":{}}}}",
		 "malformed"},
		{"{\"architecture\":\"a\",\"config\":{\"Cmd\":[\"a\\u0000\"]}}", "not JSON"},
		{"", "not JSON"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(image_config_parse(table[i].text, strlen(table[i].text), &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, table[i].want));
	}
}

/* image-spec config.md, "Layer ChainID": ChainID(A|B) = Digest(ChainID(A) + " " + DiffID(B)). */
static void test_chain_id(void)
{
	struct layer layers[2] = {0};
	struct image image = {.layers = layers, .layer_count = 1};
	struct digest chain, want;
	g_autofree char *text = NULL;
	char a[DIGEST_TEXT_BYTES], b[DIGEST_TEXT_BYTES];

	digest_of("a", 1, &layers[0].diff_id);
	digest_of("b", 1, &layers[1].diff_id);
	image_chain_id(&image, &chain);
	g_assert_true(digest_equal(&chain, &layers[0].diff_id));
	image.layer_count = 2;
	digest_format(&layers[0].diff_id, a);
	digest_format(&layers[1].diff_id, b);
	text = g_strconcat(a, " ", b, NULL);
	digest_of(text, strlen(text), &want);
	image_chain_id(&image, &chain);
	g_assert_true(digest_equal(&chain, &want));
}

/* docker save as it was (ID/layer.tar, one of them a link) and as it is (blobs/sha256/HEX). */
static void test_docker_archive(void)
{
	static const char *const config_format =
		"{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\","
		"\"diff_ids\":[\"%s\",\"%s\"]}}";
	static const char manifest[] =
		"[{\"Config\":\"config\",\"RepoTags\":[\"lab/x:1\"],\"Layers\":[\"a/layer.tar\","
		"\"b/layer.tar\"]},{\"Config\":\"config\",\"RepoTags\":[\"lab/"
		"y:2\"],\"Layers\":[]}]";
	g_autoptr(GByteArray) tar = g_byte_array_new();
	char *directory = fixture_directory();
	g_autofree char *config = NULL, *path = g_build_filename(directory, "f.tar", NULL);
	static const struct {
		const char *name, *want;
	} table[] = {
		{":lab/x:1", NULL},
		{":docker.io/lab/x:1", NULL},
		{"", "several images: name one; there is: lab/x:1, lab/y:2"},
		{":lab/z:1", "no image named 'lab/z:1'"},
		{":lab/y:2", "the manifest has 0 layers, the config 2"},
	};
	char diff_id[DIGEST_TEXT_BYTES];
	struct digest digest;

	digest_of(zeros, sizeof(zeros), &digest);
	digest_format(&digest, diff_id);
	config = g_strdup_printf(config_format, diff_id, diff_id);
	fixture_entry(tar, "config", '0', NULL, config, strlen(config));
	fixture_entry(tar, "a/layer.tar", '0', NULL, zeros, sizeof(zeros));
	fixture_entry(tar, "b/layer.tar", '2', "../a/layer.tar", NULL, 0);
	fixture_entry(tar, "manifest.json", '0', NULL, manifest, strlen(manifest));
	fixture_end(tar);
	fixture_file(directory, "f.tar", tar->data, tar->len);
	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *reference =
			g_strconcat("docker-archive:", path, table[i].name, NULL);
		g_autoptr(GError) error = NULL;
		autoimage struct image *image = image_open(reference, &amd64, NULL, &error);

		if (table[i].want) {
			g_assert_nonnull(strstr(error->message, table[i].want));
			continue;
		}
		g_assert_no_error(error);
		g_assert_cmpuint(image->layer_count, ==, 2);
		g_assert_cmpstr(image->name, ==, "lab/x:1");
	}
	fixture_file(directory, "f.tar", tar->data, 700);
	{
		g_autofree char *reference = g_strconcat("docker-archive:", path, NULL);
		g_autoptr(GError) error = NULL;

		g_assert_null(image_open(reference, &amd64, NULL, &error));
		g_assert_nonnull(strstr(error->message, "truncated"));
		g_clear_error(&error);
		fixture_file(directory, "f.tar", "\x1f\x8b\x08\0\0\0\0\0", 8);
		g_assert_null(image_open(reference, &amd64, NULL, &error));
		g_assert_nonnull(strstr(error->message, "compressed with gzip"));
	}
	fixture_remove(directory);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/image/platforms", test_platforms);
	g_test_add_func("/image/names", test_names);
	g_test_add_func("/image/layers", test_layers);
	g_test_add_func("/image/documents", test_documents);
	g_test_add_func("/image/artifact", test_artifact);
	g_test_add_func("/image/chain-id", test_chain_id);
	g_test_add_func("/image/docker-archive", test_docker_archive);
	g_test_add_func("/config/parse", test_config);
	g_test_add_func("/config/refused", test_config_refused);
	return g_test_run();
}
