/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sealed image was made from, and how: SLSA provenance v1 (slsa.dev/spec/v1.0/provenance)
 * and in-toto's runtime trace (github.com/in-toto/attestation, spec/predicates/runtime-trace.md),
 * as predicates of statements. Pure functions; neither holds a time, a host or a value of a
 * variable.
 *
 *     json_t *predicate = provenance_new(&source, &profile, &recipe, parameters);
 *     json_t *trace = runtime_trace_new(profile, tree);
 *
 * It is Build L1 and says no more: whoever has the key made the image, on a machine of their own.
 */
#pragma once

#include "base/json.h"
#include "evidence/vulnerabilities.h"
#include "image/tree.h"
#include "trace/profile.h"

#define PROVENANCE_BUILD_TYPE "https://thresh.dev/build/harden/v1"
#define PROVENANCE_BUILDER    "https://thresh.dev/builder/local/v1"

/* @source: the manifest of the source image; @profile: of profile.json; @recipe: of the recipe
 * beside the image (docs/recipe.md); @parameters: the options, taken. Caller owns. */
json_t *provenance_new(const struct digest *source, const struct digest *profile,
		       const struct digest *recipe, json_t *parameters);

/* What decides the bytes, thresh and the libraries that write some of them: an array of {"name",
 * "uri"}, the uri a package URL with the version. Caller owns. */
json_t *provenance_programs(void);

/* Adds the files of @data to what it was made from: of them are the image's VEX documents. */
void provenance_add_data(json_t *predicate, const struct vulnerabilities *data);

/* Whether @predicate says that something was made from what has the SHA-256 @want, or, where that
 * is NULL, from anything. */
bool provenance_names(const json_t *predicate, const struct digest *want);

/* The SHA-256 of profile.json, as profile_save writes it. */
void provenance_profile_digest(const struct profile *profile, struct digest *ret_digest);

/* What the application did in @tree, its source image. Caller owns. */
json_t *runtime_trace_new(const struct profile *profile, const struct tree *tree);
