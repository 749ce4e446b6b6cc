/* SPDX-License-Identifier: Apache-2.0 */
/* Vulnerability data in any form: OSV, a zip of it, the Debian tracker; and what they say of
 * versions. */
#include "evidence/vulnerabilities.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static GHashTable *wanted_new(void)
{
	static const char *const ecosystems[] = {"Debian",   "Alpine",    "PyPI",
						 "npm",      "Go",        "Maven",
						 "RubyGems", "Packagist", "crates.io"};
	GHashTable *wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(ecosystems); i++)
		g_hash_table_add(wanted, vulnerability_key(ecosystems[i], "a"));
	return wanted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const versions[] = {"", "1.0", "1:2.0~rc1-1", "v1.2.3-rc.1+x",
					       "1.0_p1-r2"};
	autovulnerabilities struct vulnerabilities *all = vulnerabilities_new(wanted_new());

	vulnerabilities_parse(all, "data", data, size, NULL);
	for (guint i = 0; i < all->advisories->len; i++) {
		for (gsize j = 0; j < G_N_ELEMENTS(versions); j++) {
			const char *fix;

			advisory_judge(all->advisories->pdata[i], versions[j], &fix);
		}
	}
	return 0;
}
