/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables: the environment that init was given, and a record of what steps changed, the newest
 * entry of a name first. A change for one program alone is undone by going back to a mark.
 *
 *     variable_set("PORT", "80", true);
 *     execve(path, argv, variables_environment());
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Borrows @environment. */
void variables_init(char **environment);

/* The value, or NULL. Borrowed until the variable is changed. */
const char *variable_get(const char *name);
const char *variable_get_slice(const char *name, size_t bytes);

/* Copies both into the arena. */
void variable_set(const char *name, const char *value, bool exported);
void variable_unset(const char *name);
/* All whose names begin with @bytes of @prefix. */
void variables_unset(const char *prefix, size_t bytes);

/* Overwrites what the environment that init was given holds: /proc/1/environ shows it. */
void variable_wipe(const char *name);

size_t variables_mark(void);
void variables_restore(size_t mark);

/* The exported ones, for execve(2); valid until the next call. */
char **variables_environment(void);
