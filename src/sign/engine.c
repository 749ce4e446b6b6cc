/* SPDX-License-Identifier: Apache-2.0 */
#define OPENSSL_SUPPRESS_DEPRECATED  /* ENGINE: what providers replace, and do not yet everywhere  \
				      */
#include "sign/engine.h"

#include <openssl/engine.h>

EVP_PKEY *engine_load_key(const char *name, const char *uri, UI_METHOD *method, void *user,
			  bool *ret_missing)
{
	ENGINE *engine = ENGINE_by_id(name);
	EVP_PKEY *pkey = NULL;

	*ret_missing = !engine;
	if (!engine)
		return NULL;
	if (ENGINE_init(engine)) {
		pkey = ENGINE_load_private_key(engine, uri, method, user);
		ENGINE_finish(engine);
	}
	ENGINE_free(engine);
	return pkey;
}
