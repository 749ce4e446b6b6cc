/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials for a registry, from the files and helpers of docker and podman
 * (containers-auth.json(5); docker's config.json).
 *
 *     autocredential struct credential credential = {0};
 *     if (!credential_find(NULL, "registry.example", "team/app", &credential, error))
 *             return false;
 *     if (credential.user) …
 *
 * Secrets are wiped when they are freed, and appear in no message.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

enum { CREDENTIAL_MAX_BYTES = 65536 };

/* None where all are NULL. */
struct credential {
	char *user;
	char *password;
	char *identity_token; /* OAuth2 refresh token, in place of the two */
	char *registry_token; /* a bearer token, shown as it is */
};
void credential_clear(struct credential *credential);
#define autocredential __attribute__((cleanup(credential_clear)))

/* Looks in @auth_file, else $REGISTRY_AUTH_FILE, else in order in
 * $XDG_RUNTIME_DIR/containers/auth.json, $XDG_CONFIG_HOME/containers/auth.json and
 * $DOCKER_CONFIG/config.json. A file that was named and is not there is an error; nothing found is
 * none. */
bool credential_find(const char *auth_file, const char *host, const char *repository,
		     struct credential *ret_credential, GError **error);

/* What one such file says of the repository: a credential, or the helper to ask (the NAME of
 * docker-credential-NAME; caller frees), or neither. @what begins the errors. */
bool credential_parse(const void *data, size_t size_bytes, const char *what, const char *host,
		      const char *repository, struct credential *ret_credential, char **ret_helper,
		      GError **error);

/* What a helper prints for `get`. */
bool credential_parse_helper(const void *data, size_t size_bytes, struct credential *ret_credential,
			     GError **error);

/* Runs docker-credential-@name get: at most 30 seconds, 64 KiB. That it knows nothing is no error.
 * The process must not die of SIGPIPE: a helper need not read its input. */
bool credential_ask_helper(const char *name, const char *server, struct credential *ret_credential,
			   GError **error);
