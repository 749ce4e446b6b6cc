/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What files hold: `file`, `append`, `template`, `edit`, `replace`, `ensure`, `complete`. A file is
 * replaced as a whole: written beside itself and renamed, so that nobody ever reads half of it. A
 * symlink in its place is followed, as `>` in a shell does; a device or pipe, and a file beside
 * which nothing can be made, is written in place.
 */
#pragma once

#include "plan/plan.h"

#include <stddef.h>

void content_write(const struct plan *plan, const struct plan_directive *directive);

/* A file of at most @most bytes in the arena, a NUL behind it; the process ends where it cannot be
 * read. */
char *content_read(const struct plan_directive *directive, const char *path, size_t most,
		   size_t *ret_bytes);

/* Opens the directory of @path, symlinks followed, and answers the name in it. @flags: O_PATH or
 * O_RDONLY. -1 and errno. */
int content_parent_open(const char *path, int flags, const char **ret_name);

enum { CONTENT_NAME_BYTES = 32 };
/* A name that nobody has: ".thresh-" and digits. */
void content_new_name(char ret_name[static CONTENT_NAME_BYTES]);
