/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users and groups of an image: its own /etc/passwd and /etc/group (passwd(5), group(5)).
 *
 *     struct image_user user;
 *     image_user_resolve(tree, "www-data:adm", &user, error);
 *     …
 *     image_user_clear(&user);
 */
#pragma once

#include "image/tree.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct image_user {
	uint32_t uid;
	uint32_t gid;
	GArray *groups; /* uint32_t: supplementary; empty where the user was given as a number that
			   no entry has, or with a group */
	char *name;     /* of the passwd entry, or NULL */
	char *home;     /* of the passwd entry, or NULL */
};

/* Resolves the config's `User` (image-spec config.md: "user", "uid", "user:group", "uid:gid", …, ""
 * is uid 0). A name that the image does not know is THRESH_ERROR_INPUT. */
bool image_user_resolve(const struct tree *tree, const char *text, struct image_user *ret_user,
			GError **error);
void image_user_clear(struct image_user *user);
