/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which system an image is made from: os-release(5).
 *
 *     struct distribution distribution;
 *     distribution_read(tree, &distribution);         // "debian", "12", "Debian GNU/Linux"
 */
#pragma once

#include "image/tree.h"

struct distribution {
	char *id; /* ID, lower case; "linux" where the image does not say (os-release's default) */
	char *version;  /* VERSION_ID, or "" */
	char *codename; /* VERSION_CODENAME, or "" */
	char *name;     /* NAME; the id where not said */
	bool known;     /* whether there was an os-release */
};

void distribution_read(const struct tree *tree, struct distribution *ret_distribution);
void distribution_clear(struct distribution *distribution);
