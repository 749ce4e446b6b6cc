/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of --out, the same bytes as `thresh sbom` on what will have been written; and those
 * of
 * --sign. */
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

static bool write_documents(const struct inventory *inventory, const struct document_about *about,
			    const char *directory, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(directory, files[i].name, NULL);
		autojson json_t *document = document_make(files[i].format, inventory, about);
		g_autofree char *text = json_format_pretty(document);

		if (!file_replace(path, text, strlen(text), 0644, error)) {
			g_prefix_error(error, "--out %s: ", directory);
			return false;
		}
	}
	return true;
}

static bool make_documents(const struct session *session, struct image_writer *writer,
			   const struct harden_result *result, const struct image *image,
			   const struct tree *tree, GError **error)
{
	const struct inventory_options options = {
		.image = image, .keep_list = result->keep_json, .sha1 = true};
	const struct document_about about = {.image = image, .created = image_created(image)};
	const struct harden_request *request = session->request;
	autoinventory struct inventory *inventory = inventory_new(tree, &options, error);

	if (!inventory)
		return false;
	if (request->out_directory &&
	    !write_documents(inventory, &about, request->out_directory, error))
		return false;
	if (!request->sign_key || harden_sign(session, writer, result, inventory, &about, error))
		return true;
	g_prefix_error(error, "--sign: ");
	return false;
}

bool harden_document(const struct session *session, struct image_writer *writer,
		     const struct harden_result *result, GError **error)
{
	const struct harden_request *request = session->request;
	autoimage struct image *image = NULL;
	autorootfs struct rootfs *rootfs = NULL;
	g_autofree char *temporary = NULL, *root = NULL;
	int lock_fd = -1;
	bool done;

	if (!request->out_directory && !request->sign_key)
		return true;
	image = image_writer_open(writer, error);
	if (!image)
		return false;
	temporary = cleanup_directory(request->cache_path, "candidate-", &lock_fd, error);
	if (!temporary)
		return false;
	root = g_build_filename(temporary, "root", NULL);
	rootfs = rootfs_unpack_to(image, root, &session->identity->shift, error);
	done = rootfs && make_documents(session, writer, result, image, rootfs->tree, error);
	g_clear_pointer(&rootfs, rootfs_free);
	cleanup_directory_remove(temporary, &lock_fd);
	return done;
}
