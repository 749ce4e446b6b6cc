/* SPDX-License-Identifier: Apache-2.0 */
/* What comes from an image's label and files: the policy as JSON, and ELF files that are scanned.
 */
#include "policy/seccomp.h"
#include "policy/scan.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void policy_check(const uint8_t *data, size_t size_bytes)
{
	g_autoptr(GError) error = NULL;
	autojson json_t *json = json_parse(data, size_bytes, "fuzz", &error);
	struct syscall_policy *policy = json ? syscall_policy_from_json(json, &error) : NULL;
	g_autoptr(GBytes) program = policy ? syscall_policy_compile(policy, &error) : NULL;
	autojson json_t *oci = policy ? syscall_policy_to_oci(policy) : NULL;
	autojson json_t *again = policy ? syscall_policy_to_json(policy) : NULL;

	if (!program && !error)
		abort();
	(void)oci;
	(void)again;
	syscall_policy_free(policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
							    (GDestroyNotify)g_hash_table_unref);
	static const char *const archs[] = {"x86_64", "x86", "aarch64"};

	for (gsize i = 0; i < G_N_ELEMENTS(archs); i++)
		g_hash_table_insert(names, (gpointer)(uintptr_t)archs[i],
				    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL));
	if (size_bytes > 0 && data[0] == '{')
		policy_check(data, size_bytes);
	else
		scan_elf(data, size_bytes, names);
	return 0;
}
