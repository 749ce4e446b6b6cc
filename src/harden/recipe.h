/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recipe of a sealed image (docs/recipe.md): what was decided with, so that anyone who has the
 * source image can make the sealed one again, byte for byte, without running anything. It holds the
 * profile, what the replays taught, the options that shape the image, and which programs wrote the
 * bytes; no value of a secret or of a variable.
 *
 *     json_t *json = recipe_new(&decision, production);
 *
 *     autorecipe struct recipe *recipe = recipe_parse(json, error);
 *
 * It lies beside the image as an artifact, like the keep list (keepset.h).
 */
#pragma once

#include "harden/candidate.h"

#define RECIPE_ARTIFACT_TYPE "application/vnd.thresh.recipe.v1+json"

enum { RECIPE_MAX_BYTES = PROFILE_MAX_BYTES + (16 << 20), RECIPE_LIST_MAX = 100000 };

struct recipe {
	struct digest source;
	struct digest init; /* of the thresh-init that was put in */
	json_t *programs;   /* as provenance_programs says them */
	struct harden_request
		*request; /* the options that shape the image; the others are defaults */
	struct lessons lessons;
	bool health_skipped;
	struct profile *profile;
};

/* Of a decision and the @production tree that was made by it. Caller owns. */
json_t *recipe_new(const struct decision *decision, const struct tree *production);

/* Checks schema and bounds: it comes from wherever the image does. Errors name the member. */
struct recipe *recipe_parse(const json_t *json, GError **error);
void recipe_free(struct recipe *recipe);
#define autorecipe __attribute__((cleanup(recipe_cleanup)))
void recipe_cleanup(struct recipe **recipe);

/* The programs that @recipe names in another version than those that run now: lines (char *) such
 * as "libseccomp: 2.5.3, and here 2.5.4". Caller unrefs. */
GPtrArray *recipe_programs_differ(const struct recipe *recipe);
