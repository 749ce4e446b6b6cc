/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of --out: the same bytes as `thresh sbom` on what will have been written. */
#include "evidence/documents.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "harden/harden.h"

#include <string.h>

static const struct {
	enum document_format format;
	const char *name;
} files[] = {
	{DOCUMENT_SPDX, "sbom.spdx.json"},
	{DOCUMENT_SPDX3, "sbom.spdx3.json"},
	{DOCUMENT_CYCLONEDX, "sbom.cdx.json"},
};

static bool write_documents(const struct image *image, const struct tree *tree,
			    const struct harden_result *result, const char *directory,
			    GError **error)
{
	const struct inventory_options options = {
		.image = image, .keep_list = result->keep_json, .sha1 = true};
	const struct document_about about = {.image = image, .created = image_created(image)};
	autoinventory struct inventory *inventory = inventory_new(tree, &options, error);

	for (gsize i = 0; inventory && i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(directory, files[i].name, NULL);
		autojson json_t *document = document_make(files[i].format, inventory, &about);
		g_autofree char *text = json_format_pretty(document);

		if (!file_replace(path, text, strlen(text), 0644, error))
			return false;
	}
	return inventory != NULL;
}

bool harden_write_documents(const struct session *session, const struct image_writer *writer,
			    const struct harden_result *result, const char *directory,
			    GError **error)
{
	autoimage struct image *image = image_writer_open(writer, error);
	autorootfs struct rootfs *rootfs = NULL;
	g_autofree char *temporary = NULL, *root = NULL;
	int lock_fd = -1;
	bool done;

	if (!image)
		return false;
	temporary = cleanup_directory(session->request->cache_path, "candidate-", &lock_fd, error);
	if (!temporary)
		return false;
	root = g_build_filename(temporary, "root", NULL);
	rootfs = rootfs_unpack_to(image, root, &session->identity->shift, error);
	done = rootfs && write_documents(image, rootfs->tree, result, directory, error);
	if (!done)
		g_prefix_error(error, "--out %s: ", directory);
	g_clear_pointer(&rootfs, rootfs_free);
	cleanup_directory_remove(temporary, &lock_fd);
	return done;
}
