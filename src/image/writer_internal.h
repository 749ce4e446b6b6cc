/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer's state, shared by writer.c (staging) and commit.c (moving to the destination) alone.
 *
 * STAGING/layout is a whole OCI layout at all times after a successful image_writer_stage: what is
 * committed is what was replayed.
 */
#pragma once

#include "image/compress.h"
#include "image/reference.h"
#include "image/writer.h"

struct staged_layer {
	bool present;              /* not empty */
	struct digest fingerprint; /* of layer_plan_fingerprint */
	struct blob_facts facts;
};

struct image_writer {
	enum transport transport;
	const struct image_remote *remote;
	struct reference reference; /* as given */
	char *destination; /* absolute; links in it resolved; a registry's: as it is written */
	char *name;        /* tag; docker-archive: NAME:TAG or NULL */
	enum compression compression;
	int64_t epoch;
	GPtrArray *layer_names;      /* char * */
	struct staged_layer *layers; /* one a layer name */
	char *staging;               /* beside the destination, removed with the writer */
	int staging_fd;              /* carries the lock that says that we live */
	int layout_fd;               /* STAGING/layout */
	bool inside;                 /* the staging directory is inside the destination */
	bool staged;                 /* the layout is whole */
	struct digest config_digest;
	struct digest manifest_digest;
	json_t *descriptor; /* of the manifest, as in index.json */
	json_t *referrers;  /* array: of what refers to it, as in index.json; NULL: none */
};

/* In index.json: the tag of the image that an artifact refers to, so that it goes when the tag is
 * replaced.
 */
#define SUBJECT_TAG_ANNOTATION "dev.thresh.subject.tag"

/* writer.c, for attach.c and stage_bundle.c */
bool write_blob(struct image_writer *writer, const void *data, size_t size_bytes,
		struct digest *ret_digest, GError **error);
json_t *descriptor_new(const char *media_type, const struct digest *digest, uint64_t size_bytes);
bool write_text(const struct image_writer *writer, const char *name, const json_t *json,
		GError **error);
bool write_index(const struct image_writer *writer, GError **error);

/* commit.c, for attach.c */

/* The index of the layout at @dir_fd; a new one where there is none yet. Caller owns. */
json_t *layout_index_read(int dir_fd, GError **error);
bool file_write_synced(int dir_fd, const char *name, const void *data, size_t size_bytes,
		       GError **error);
bool file_sync(int dir_fd, const char *name, GError **error);

/* attach.c: annotates the image's @descriptor for cosign where one of @referrers, an array of
 * descriptors, is a Sigstore bundle. */
void descriptor_mark_signed(json_t *descriptor, const json_t *referrers);

/* Whether @path can become the destination: what is there, if anything. */
enum destination_state {
	DESTINATION_ABSENT, /* or an empty directory */
	DESTINATION_LAYOUT,
	DESTINATION_ARCHIVE,
};
bool destination_check(const char *path, enum transport transport,
		       enum destination_state *ret_state, GError **error);
