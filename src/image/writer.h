/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing an image from a production tree: deterministic layers, config and manifest, staged beside
 * the destination, and moved there whole by image_writer_commit.
 *
 * The same tree, config and options give the same bytes: entries sorted, mtime clamped to the epoch
 * given (but for the source's own files: interpreters compare it with their byte code), no names of
 * users or groups, PAX headers in one fixed order (pax(1) "ustar Interchange Format" where it
 * suffices).
 *
 *     struct image_writer *writer = image_writer_new("oci:out:latest", &options, error);
 *     image_writer_stage(writer, production, source, config, annotations, error);
 *     struct image *candidate = image_writer_open(writer, error);   // replay this one
 *     image_writer_commit(writer, error);                           // or image_writer_free:
 * nothing happened
 */
#pragma once

#include "image/attach.h"
#include "image/bundle.h"
#include "image/image.h"
#include "image/tree.h"

struct image_writer;

struct image_writer_options {
	enum compression compression;      /* of the layers; COMPRESSION_NONE by default */
	int64_t epoch;                     /* seconds: later mtimes are clamped to it; `created` */
	const struct image_remote *remote; /* for docker:// (remote.h), or NULL */
	const char *const
		*layer_names; /* NULL-terminated: history comment of layer 0, 1, …: a node's
				 `layer` says where it goes; empty layers are left out */
};

/* Checks that @reference can be written and makes the staging directory beside it, or for docker://
 * where the remote says. An existing oci: layout gets the tag added or replaced, its other tags
 * kept; an existing archive file is replaced, as is a registry's tag. Anything else that exists is
 * an error. */
struct image_writer *image_writer_new(const char *reference,
				      const struct image_writer_options *options, GError **error);

/* Writes layers, config and manifest into the staging directory; may be called again (next round of
 * the fixpoint): unchanged layers are not written again. @config: the config document without
 * `rootfs`, `history` and `created`, which the writer fills in. @annotations: of the manifest, or
 * NULL. */
bool image_writer_stage(struct image_writer *writer, const struct tree *production,
			const struct tree *source, const json_t *config, const json_t *annotations,
			GError **error);

/* Stages an image as it is elsewhere, with what refers to it, in place of image_writer_stage. Blobs
 * are copied and checked, but for those that lie in the staging directory already. */
bool image_writer_stage_bundle(struct image_writer *writer, const struct bundle *bundle,
			       GError **error);

/* The staging directory as a layout, borrowed: for a source to bring its blobs to. */
int image_writer_layout_fd(const struct image_writer *writer);

/* Adds to what is staged an artifact that refers to the image. In an archive there is no room for
 * it, since tools expect one image there: nothing is done. A later stage forgets it. */
bool image_writer_attach(struct image_writer *writer, const struct artifact *artifact,
			 GError **error);

/* Opens what is staged as an image. The caller frees it before the commit. */
struct image *image_writer_open(const struct image_writer *writer, GError **error);

/* Digest of the staged manifest. */
void image_writer_digest(const struct image_writer *writer, struct digest *ret_digest);

/* Makes the destination: fsync, then rename(2); at a registry the tag is put last. On failure the
 * old destination is as it was. */
bool image_writer_commit(struct image_writer *writer, GError **error);

/* Frees, and removes the staging directory. */
void image_writer_free(struct image_writer *writer);
#define autowriter __attribute__((cleanup(image_writer_cleanup)))
void image_writer_cleanup(struct image_writer **writer);
