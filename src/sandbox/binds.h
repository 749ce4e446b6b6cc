/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host files and directories for the sandbox, as detached mounts made with thresh's own rights:
 * id-mapped where the kernel allows it, so that owners on disk read as owners inside.
 */
#pragma once

#include "sandbox/internal.h"

/* A detached mount of the directory @path alone, without what is mounted below it. */
int tree_copy(const char *path, GError **error);

/* Fills in @plan's tree_fd and directory. */
bool bind_prepare(const struct sandbox *sandbox, struct mount_plan *plan, GError **error);
