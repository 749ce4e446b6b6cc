/* SPDX-License-Identifier: Apache-2.0 */
/* Health checks of image configs, as a line for a shell and as thresh.yaml's: what is taken has a
 * test that a seal takes back. */
#include "seal/health.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void check(const json_t *config, const char *own)
{
	autohealth struct health *health = NULL, *back = NULL;
	autojson json_t *json = NULL;
	g_autoptr(GError) error = NULL;

	if (!health_decide(config, own, &health, &error)) {
		if (!error || health)
			abort();
		return;
	}
	if (!health)
		return;
	json = health_to_json(health);
	back = health->test->len > 256 ? NULL : health_from_json(json, NULL);
	if (!back && health->test->len <= 256)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	g_autofree char *text = g_strndup((const char *)data, size_bytes);
	autojson json_t *config = NULL;

	if (!g_utf8_validate(text, -1, NULL))
		return 0;
	config = json_pack("{s:{s:[s,s]}}", "Healthcheck", "Test", "CMD-SHELL", text);
	check(config, NULL);
	check(NULL, text);
	return 0;
}
