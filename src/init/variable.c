/* SPDX-License-Identifier: Apache-2.0 */
#include "init/variable.h"

#include "init/arena.h"
#include "init/init.h"

#include <string.h>

/* Two for each line of a plan, and those of a program's own. */
enum { CHANGES_MAX = 2 * PLAN_MAX_LINES };

struct change {
	char *text; /* NAME=VALUE, or NAME alone: unset */
	size_t name_bytes;
	bool exported;
};

static char **start;
INIT_LARGE static struct change changes[CHANGES_MAX];
static size_t change_count;

void variables_init(char **given)
{
	start = given;
}

static bool text_names(const char *text, const char *name, size_t bytes)
{
	return strncmp(text, name, bytes) == 0 && (text[bytes] == '=' || text[bytes] == '\0');
}

/* The newest change of a name among the first @count, or NULL. */
static const struct change *change_find(const char *name, size_t bytes, size_t from)
{
	for (size_t i = change_count; i-- > from;) {
		if (changes[i].name_bytes == bytes && text_names(changes[i].text, name, bytes))
			return &changes[i];
	}
	return NULL;
}

const char *variable_get_slice(const char *name, size_t bytes)
{
	const struct change *change = change_find(name, bytes, 0);

	if (change)
		return change->text[bytes] ? change->text + bytes + 1 : NULL;
	for (char **entry = start; *entry; entry++) {
		if (text_names(*entry, name, bytes) && (*entry)[bytes])
			return *entry + bytes + 1;
	}
	return NULL;
}

const char *variable_get(const char *name)
{
	return variable_get_slice(name, strlen(name));
}

static void change_add(char *text, size_t name_bytes, bool exported)
{
	if (change_count == CHANGES_MAX)
		init_fail_text(0, "more than 8,192 changes of variables");
	changes[change_count++] = (struct change){text, name_bytes, exported};
}

void variable_set(const char *name, const char *value, bool exported)
{
	size_t name_bytes = strlen(name);
	size_t value_bytes = strlen(value);
	char *text = arena_take(name_bytes + value_bytes + 2);

	memcpy(text, name, name_bytes);
	text[name_bytes] = '=';
	memcpy(text + name_bytes + 1, value, value_bytes + 1);
	change_add(text, name_bytes, exported);
}

void variable_unset(const char *name)
{
	size_t bytes = strlen(name);

	change_add(arena_copy(name, bytes), bytes, false);
}

void variables_unset(const char *prefix, size_t bytes)
{
	size_t count = change_count;

	for (char **entry = start; *entry; entry++)
		if (strncmp(*entry, prefix, bytes) == 0)
			change_add(arena_copy(*entry, strcspn(*entry, "=")), strcspn(*entry, "="),
				   false);
	for (size_t i = 0; i < count; i++)
		if (changes[i].exported && strncmp(changes[i].text, prefix, bytes) == 0)
			change_add(arena_copy(changes[i].text, changes[i].name_bytes),
				   changes[i].name_bytes, false);
}

void variable_wipe(const char *name)
{
	size_t bytes = strlen(name);

	for (char **entry = start; *entry; entry++) {
		if (text_names(*entry, name, bytes) && (*entry)[bytes])
			memset(*entry + bytes + 1, 0, strlen(*entry + bytes + 1));
	}
}

size_t variables_mark(void)
{
	return change_count;
}

void variables_restore(size_t mark)
{
	change_count = mark;
}

char **variables_environment(void)
{
	size_t count = 0;
	char **environment;

	if (change_count == 0)
		return start;
	while (start[count])
		count++;
	environment = arena_table(count + change_count + 1, sizeof(*environment));
	count = 0;
	for (char **entry = start; *entry; entry++) {
		if (!change_find(*entry, strcspn(*entry, "="), 0))
			environment[count++] = *entry;
	}
	for (size_t i = 0; i < change_count; i++) {
		const struct change *change = &changes[i];

		if (change->exported && !change_find(change->text, change->name_bytes, i + 1))
			environment[count++] = change->text;
	}
	environment[count] = NULL;
	return environment;
}
