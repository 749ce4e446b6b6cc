/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room for the plan's text, and for what is made of it: one static block, given out from its start.
 * There is no allocation; pages that were never given out cost nothing. What a step needs for
 * itself goes back when it is done, values of variables and arguments stay.
 *
 *     size_t mark = arena_mark();
 *     char *text = arena_take(bytes);
 *     …
 *     arena_release(mark);
 *
 * Where there is no more room, the process ends with 125.
 */
#pragma once

#include <stddef.h>

/* 8 MiB for values, and the plan, its filter and the tables of words beside them. */
enum { ARENA_BYTES = 9 << 20 };

char *arena_take(size_t bytes);
/* Room for @count elements of @bytes (not 0) each, aligned for pointers. */
void *arena_table(size_t count, size_t bytes);
/* A copy with a NUL behind it. */
char *arena_copy(const char *text, size_t bytes);

/* Growing text at the end of the arena: nothing else is taken between begin and end. */
char *arena_begin(void);
void arena_add(const char *text, size_t bytes);
/* Adds a NUL; answers the bytes before it. */
size_t arena_end(const char *begin);

size_t arena_mark(void);
void arena_release(size_t mark);
