/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A candidate: what was decided of a source image, sealed and staged. Deciding is pure on `struct
 * decision`: the same one gives the same bytes, today and when the image is made again (recipe.h).
 *
 *     struct candidate candidate;
 *     candidate_init(&candidate);
 *     candidate_decide(&decision, writer, &candidate, error);
 *     candidate_unpack(session, writer, &candidate, error);     // to run it
 *     candidate_clear(&candidate);
 */
#pragma once

#include "harden/lessons.h"
#include "harden/session.h"
#include "image/writer.h"
#include "seal/seal.h"

/* All that a decision depends on. Borrowed. */
struct decision {
	const struct harden_request *request; /* its options that shape the image */
	const char *init_path;                /* the thresh-init that goes in */
	const struct image *image;            /* the source */
	const struct tree *tree;              /* of it, with content */
	const struct profile *profile;
	const struct lessons *lessons;
	bool health_skipped; /* the health check failed on the original too */
};

struct candidate {
	json_t *recipe; /* of the decision */
	struct keepset *keepset;
	struct seal *seal;
	struct tree *tree;
	struct image *image;
	struct rootfs *rootfs;
	char *directory; /* of the unpacked root */
	int lock_fd;
};

void candidate_init(struct candidate *candidate);
void candidate_clear(struct candidate *candidate);

/* Decides, seals and stages. */
bool candidate_decide(const struct decision *decision, struct image_writer *writer,
		      struct candidate *candidate, GError **error);

/* Opens what is staged, as anyone would, and unpacks it. */
bool candidate_unpack(const struct session *session, const struct image_writer *writer,
		      struct candidate *candidate, GError **error);
