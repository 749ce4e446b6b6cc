/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/fd.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <zlib.h>

void fixture_seal(guint8 header[512])
{
	guint sum = 0;

	memset(header + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += header[i];
	g_snprintf((char *)header + 148, 8, "%06o", sum);
}

void fixture_header(guint8 header[512], const char *name, char type, const char *link, gsize size)
{
	memset(header, 0, 512);
	memcpy(header, name, MIN(strlen(name), 100));
	memcpy(header + 100, type == '5' ? "0000755" : "0000644", 7);
	memcpy(header + 108, "0000000", 7);
	memcpy(header + 116, "0000000", 7);
	g_snprintf((char *)header + 124, 12, "%011" G_GINT64_MODIFIER "o", (guint64)size);
	memcpy(header + 136, "00000000144", 11);
	header[156] = (guint8)type;
	if (link)
		memcpy(header + 157, link, MIN(strlen(link), 100));
	memcpy(header + 257,
	       "ustar\0"
	       "00",
	       8);
	fixture_seal(header);
}

void fixture_content(GByteArray *tar, const void *data, gsize size)
{
	static const guint8 zeros[512];

	g_byte_array_append(tar, data, (guint)size);
	g_byte_array_append(tar, zeros, (guint)(-size % 512));
}

void fixture_entry(GByteArray *tar, const char *name, char type, const char *link, const void *data,
		   gsize size)
{
	guint8 header[512];

	fixture_header(header, name, type, link, size);
	g_byte_array_append(tar, header, 512);
	if (data)
		fixture_content(tar, data, size);
}

void fixture_pax(GByteArray *tar, const char *const *records)
{
	GString *text = g_string_new(NULL);

	for (; *records; records++) {
		gsize rest = strlen(*records) + 2, length = rest;
		char digits[24];

		do {
			length = rest + (gsize)g_snprintf(digits, sizeof(digits), "%zu", length);
		} while ((gsize)g_snprintf(digits, sizeof(digits), "%zu", length) + rest != length);
		g_string_append_printf(text, "%zu %s\n", length, *records);
	}
	fixture_entry(tar, "PaxHeaders/x", 'x', NULL, text->str, text->len);
	g_string_free(text, TRUE);
}

void fixture_end(GByteArray *tar)
{
	static const guint8 zeros[1024];

	g_byte_array_append(tar, zeros, sizeof(zeros));
}

GBytes *fixture_gzip(const void *data, gsize size)
{
	z_stream stream = {.next_in = (Bytef *)data, .avail_in = (uInt)size};
	gsize room = size + 1024;
	guint8 *out = g_malloc(room);

	deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
	stream.next_out = out;
	stream.avail_out = (uInt)room;
	g_assert_cmpint(deflate(&stream, Z_FINISH), ==, Z_STREAM_END);
	deflateEnd(&stream);
	return g_bytes_new_take(out, stream.total_out);
}

char *fixture_directory(void)
{
	g_autoptr(GError) error = NULL;
	char *directory = g_dir_make_tmp("thresh-image-XXXXXX", &error);

	g_assert_no_error(error);
	return directory;
}

void fixture_remove(char *directory)
{
	g_autoptr(GError) error = NULL;

	fd_remove_tree(AT_FDCWD, directory, &error);
	g_assert_no_error(error);
	g_free(directory);
}

void fixture_file(const char *directory, const char *name, const void *data, gsize size)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autofree char *above = g_path_get_dirname(path);
	g_autoptr(GError) error = NULL;

	g_mkdir_with_parents(above, 0755);
	g_file_set_contents(path, data, (gssize)size, &error);
	g_assert_no_error(error);
}

char *fixture_blob(const char *directory, const void *data, gsize size, const char *media_type)
{
	char text[DIGEST_TEXT_BYTES];
	struct digest digest;
	g_autofree char *name = NULL;

	digest_of(data, size, &digest);
	digest_format(&digest, text);
	name = g_strdup_printf("blobs/sha256/%s", text + 7);
	fixture_file(directory, name, data, size);
	return g_strdup_printf("\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu", media_type,
			       text, size);
}

char *fixture_layout(const char *directory, const struct fixture_layer *layers, guint count,
		     const char *config)
{
	GString *descriptors = g_string_new(NULL), *diff_ids = g_string_new(NULL);
	g_autofree char *config_text = NULL, *config_blob = NULL, *manifest = NULL, *blob = NULL,
			*index = NULL;

	for (guint i = 0; i < count; i++) {
		const struct fixture_layer *layer = &layers[i];
		const guint8 *data = layer->blob ? layer->blob : layer->tar;
		gsize size = layer->blob ? layer->blob_size : layer->tar_size;
		g_autofree char *descriptor =
			fixture_blob(directory, data, size,
				     layer->media_type ? layer->media_type
						       : "application/vnd.oci.image.layer.v1.tar");
		char text[DIGEST_TEXT_BYTES];
		struct digest digest;

		digest_of(layer->tar, layer->tar_size, &digest);
		digest_format(&digest, text);
		g_string_append_printf(descriptors, "%s{%s}", i ? "," : "", descriptor);
		g_string_append_printf(diff_ids, "%s\"%s\"", i ? "," : "", text);
	}
	config_text = g_strdup_printf(
		"{%s,\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[%s]}}",
		config ? config : "\"architecture\":\"amd64\",\"os\":\"linux\"", diff_ids->str);
	config_blob = fixture_blob(directory, config_text, strlen(config_text),
				   "application/vnd.oci.image.config.v1+json");
	manifest = g_strdup_printf("{\"schemaVersion\":2,\"config\":{%s},\"layers\":[%s]}",
				   config_blob, descriptors->str);
	blob = fixture_blob(directory, manifest, strlen(manifest),
			    "application/vnd.oci.image.manifest.v1+json");
	index = g_strdup_printf("{\"schemaVersion\":2,\"manifests\":[{%s,\"annotations\":{"
				"\"org.opencontainers.image.ref.name\":\"t\"}}]}",
				blob);
	fixture_file(directory, "index.json", index, strlen(index));
	fixture_file(directory, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}", 30);
	g_string_free(descriptors, TRUE);
	g_string_free(diff_ids, TRUE);
	return g_strdup_printf("oci:%s:t", directory);
}
