/* SPDX-License-Identifier: Apache-2.0 */
/* Variables that are nobody's to give: what a shell, or whoever starts one, sets by itself, and
 * what changes how programs are loaded. */
#pragma once

#include <stdbool.h>

bool shell_sets(const char *name);
