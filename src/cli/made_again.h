/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `thresh verify --rebuild`: the sealed image made again by its recipe, for the rule `rebuild`.
 *
 *     struct made_again again = {0};
 *     const struct made_again_input input = {.image = image, .source = source, …};
 *     if (!made_again_try(&again, &input, error))
 *             …
 *     subject.rebuild = &again.result;
 *     made_again_clear(&again);
 */
#pragma once

#include "harden/rebuild.h"
#include "verify/verify.h"

struct made_again_input {
	const struct image *image;
	const struct image *source; /* NULL: --source is missing */
	const char *recipe_path;    /* in place of what lies beside the image; or NULL */
	const char *init_path;
	const char *cache_path;
};

struct made_again {
	struct verify_rebuild result;
	struct recipe *recipe;
	struct rebuilt *rebuilt;
	struct tree *tree;
	GPtrArray *programs;
	char *fault;
};

/* False where the files of this machine cannot be read. That the image cannot be made again is a
 * result. */
bool made_again_try(struct made_again *again, const struct made_again_input *input, GError **error);
void made_again_clear(struct made_again *again);
