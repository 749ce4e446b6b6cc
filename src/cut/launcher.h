/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that do nothing but start the one behind their options, in the same process or another:
 * tini, gosu, env, nice. Pure. */
#pragma once

#include <stdbool.h>

/* By the name of @path, or an applet's name. */
bool launcher_is(const char *path);
