/* SPDX-License-Identifier: Apache-2.0 */
/* Credential files, and what helpers print. */
#include "registry/credentials.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct credential *credential)
{
	const char *const parts[] = {credential->user, credential->password,
				     credential->identity_token, credential->registry_token};

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		if (parts[i] && strpbrk(parts[i], "\r\n"))
			g_abort();
	}
	if (!credential->user != !credential->password)
		g_abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autocredential struct credential found = {0}, told = {0};
	g_autofree char *helper = NULL;

	if (credential_parse(data, size, "file", "r.example", "team/app", &found, &helper, NULL)) {
		check(&found);
		if (helper && strpbrk(helper, "/ \n"))
			g_abort();
	}
	if (credential_parse_helper(data, size, &told, NULL))
		check(&told);
	return 0;
}
