/* SPDX-License-Identifier: Apache-2.0 */
/* The recipe beside an image: what is read is written again as the same recipe. */
#include "harden/recipe.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static json_t *write_again(const struct recipe *recipe)
{
	struct image image = {.manifest_digest = recipe->source};
	autotree struct tree *production = tree_new();
	const struct decision decision = {
		.request = recipe->request,
		.image = &image,
		.profile = recipe->profile,
		.lessons = &recipe->lessons,
		.health_skipped = recipe->health_skipped,
	};

	return recipe_new(&decision, production);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	autojson json_t *json = json_parse(data, size_bytes, "recipe", NULL);
	autorecipe struct recipe *recipe = json ? recipe_parse(json, NULL) : NULL;
	autorecipe struct recipe *again = NULL;
	autojson json_t *written = NULL, *rewritten = NULL;
	g_autoptr(GPtrArray) programs = NULL;

	if (!recipe)
		return 0;
	programs = recipe_programs_differ(recipe);
	written = write_again(recipe);
	again = recipe_parse(written, NULL);
	if (!again)
		g_error("a recipe that was written cannot be read");
	rewritten = write_again(again);
	if (!json_equal(written, rewritten))
		g_error("a recipe changed by being written");
	return 0;
}
