/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/vex.h"

#include "evidence/statement.h"
#include "harden/out.h"

struct harden_vex *harden_vex_open(const GPtrArray *paths, const struct image *image,
				   const struct tree *tree, GError **error)
{
	const struct inventory_options options = {.image = image};
	struct harden_vex *vex = g_new0(struct harden_vex, 1);

	vex->source = inventory_new(tree, &options, error);
	if (vex->source)
		vex->data = vulnerabilities_new(vex_wanted(vex->source));
	for (guint i = 0; vex->data && i < paths->len; i++) {
		if (!vulnerabilities_read(vex->data, paths->pdata[i], error)) {
			g_prefix_error(error, "--vulnerabilities ");
			g_clear_pointer(&vex->data, vulnerabilities_free);
		}
	}
	if (!vex->data)
		g_clear_pointer(&vex, harden_vex_free);
	return vex;
}

void harden_vex_free(struct harden_vex *vex)
{
	if (!vex)
		return;
	vulnerabilities_free(vex->data);
	inventory_free(vex->source);
	g_free(vex);
}

/* Takes @document, which may be NULL. */
static void add(const struct image *image, const char *name, const char *type, json_t *document,
		GPtrArray *files, GPtrArray *statements)
{
	if (document && statements)
		g_ptr_array_add(statements, statement_new(&image->manifest_digest, type,
							  json_incref(document)));
	if (document && files)
		out_add_json(files, name, json_incref(document));
	json_decref(document);
}

char *harden_vex_add(const struct harden_vex *vex, const struct inventory *sealed,
		     const struct document_about *about, GPtrArray *files, GPtrArray *statements)
{
	const struct vex_input input = {
		.image = about->image, .source = vex->source, .sealed = sealed, .data = vex->data};
	const struct vex_about said = {.document = *about};
	autovex struct vex *found = vex_new(&input);

	add(about->image, "vex.openvex.json", PREDICATE_OPENVEX, vex_openvex(found, &said), files,
	    statements);
	add(about->image, "vex.cdx.json", PREDICATE_CYCLONEDX, vex_cyclonedx(found, &said), files,
	    statements);
	return vex_describe(found);
}
