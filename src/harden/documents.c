/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of --out, the same bytes as `thresh sbom` on what will have been written; and those
 * of --sign. */
#include "evidence/documents.h"

#include "base/cleanup.h"
#include "harden/attest.h"
#include "harden/out.h"
#include "harden/vex.h"

static const struct {
	enum document_format format;
	const char *name;
} documents[] = {
	{DOCUMENT_SPDX, "sbom.spdx.json"},
	{DOCUMENT_SPDX3, "sbom.spdx3.json"},
	{DOCUMENT_CYCLONEDX, "sbom.cdx.json"},
};

static bool make_documents(const struct session *session, const struct harden_result *result,
			   const struct image *image, const struct tree *tree, GPtrArray *files,
			   GPtrArray *statements, GError **error)
{
	const struct inventory_options options = {
		.image = image, .keep_list = result->keep_json, .sha1 = true};
	const struct document_about about = {.image = image, .created = image_created(image)};
	autoinventory struct inventory *inventory = inventory_new(tree, &options, error);

	if (!inventory)
		return false;
	for (gsize i = 0; files && i < G_N_ELEMENTS(documents); i++)
		out_add_json(files, documents[i].name,
			     document_make(documents[i].format, inventory, &about));
	if (session->vex) {
		g_autofree char *found =
			harden_vex_add(session->vex, inventory, &about, files, statements);

		session_progress(session, "known vulnerabilities: %s", found);
	}
	if (statements)
		attest_statements(statements, session, result, inventory, &about);
	return true;
}

bool out_add_documents(const struct session *session, const struct image_writer *writer,
		       const struct harden_result *result, GPtrArray *files, GPtrArray *statements,
		       GError **error)
{
	autoimage struct image *image = NULL;
	autorootfs struct rootfs *rootfs = NULL;
	g_autofree char *temporary = NULL, *root = NULL;
	int lock_fd = -1;
	bool done;

	if (!files && !statements)
		return true;
	image = image_writer_open(writer, error);
	if (!image)
		return false;
	temporary = cleanup_directory(session->request->cache_path, "candidate-", &lock_fd, error);
	if (!temporary)
		return false;
	root = g_build_filename(temporary, "root", NULL);
	rootfs = rootfs_unpack_to(image, root, &session->identity->shift, error);
	done = rootfs &&
	       make_documents(session, result, image, rootfs->tree, files, statements, error);
	g_clear_pointer(&rootfs, rootfs_free);
	cleanup_directory_remove(temporary, &lock_fd);
	return done;
}
