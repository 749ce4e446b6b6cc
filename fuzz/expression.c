/* SPDX-License-Identifier: Apache-2.0 */
/* A regular expression, or a glob, of a script. */
#include "entrypoint/expression.h"

#include "plan/glob.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void use(struct expression *expression, guint seed)
{
	g_autoptr(GPtrArray) globs = expression ? expression_globs(expression) : NULL;
	g_autofree char *sample = expression ? expression_sample(expression, seed) : NULL;

	for (guint i = 0; globs && i < globs->len; i++)
		if (!plan_glob_is_valid(globs->pdata[i]))
			g_error("`%s` is no pattern of a plan", (char *)globs->pdata[i]);
	expression_unref(expression);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	guint seed = size_bytes ? data[0] : 0;
	g_autofree char *text = g_strndup((const char *)data, size_bytes);

	use(expression_new(text), seed);
	use(expression_new_basic(text), seed);
	use(expression_new_glob(text), seed);
	return 0;
}
