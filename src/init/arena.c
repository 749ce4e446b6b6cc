/* SPDX-License-Identifier: Apache-2.0 */
#include "init/arena.h"

#include "init/init.h"

#include <string.h>

INIT_LARGE static _Alignas(void *) char arena[ARENA_BYTES];
static size_t used;

char *arena_take(size_t bytes)
{
	char *room = arena + used;

	if (bytes > sizeof(arena) - used)
		init_fail_text(0, "more than 8 MiB of values");
	used += bytes;
	return room;
}

void *arena_table(size_t count, size_t bytes)
{
	size_t over = used % sizeof(void *);

	if (count > sizeof(arena) / bytes)
		count = sizeof(arena) / bytes; /* which there is no room for either */
	if (over)
		(void)arena_take(sizeof(void *) - over);
	return arena_take(count * bytes);
}

char *arena_copy(const char *text, size_t bytes)
{
	char *copy = arena_take(bytes + 1);

	memcpy(copy, text, bytes);
	copy[bytes] = '\0';
	return copy;
}

char *arena_begin(void)
{
	return arena + used;
}

void arena_add(const char *text, size_t bytes)
{
	memcpy(arena_take(bytes), text, bytes);
}

size_t arena_end(const char *begin)
{
	*arena_take(1) = '\0';
	return (size_t)(arena + used - begin) - 1;
}

size_t arena_mark(void)
{
	return used;
}

void arena_release(size_t mark)
{
	used = mark;
}
