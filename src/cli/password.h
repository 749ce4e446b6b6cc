/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The password of a key: from --password-file, else COSIGN_PASSWORD, else asked at the terminal.
 *
 *     struct password_source source = {.file = given};
 *     key = sign_key_load(path, password_ask, &source, error);
 *
 * A password never stands in an argument list, where every process can read it.
 */
#pragma once

#include "sign/key.h"

#include <glib.h>
#include <stdbool.h>

struct password_source {
	const char *file; /* its first line; "-": standard input; or NULL */
	bool twice;       /* a new one: at the terminal it is asked for twice */
};

/* A sign_password with a struct password_source as its user data. Where there is no terminal to
 * ask at: THRESH_ERROR_INPUT that says the ways. */
char *password_ask(const char *what, void *user, GError **error);
