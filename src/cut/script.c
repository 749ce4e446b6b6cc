/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/script.h"

#include "base/path.h"

#include <glib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 255 };

/* env(1): [-S] [-i] [-u NAME] [NAME=VALUE...] PROGRAM */
static char *env_program(char *const *words)
{
	for (; *words; words++) {
		if (**words == '\0' || strchr(*words, '='))
			continue;
		if (strcmp(*words, "-u") == 0 || strcmp(*words, "-C") == 0) {
			if (words[1])
				words++;
			continue;
		}
		if (g_str_has_prefix(*words, "-S") && (*words)[2])
			return g_strdup(*words + 2);
		if (**words != '-')
			return g_strdup(*words);
	}
	return NULL;
}

bool script_parse(const void *data, size_t size_bytes, struct script *ret_script)
{
	const char *text = data;
	g_autofree char *line = NULL;
	g_auto(GStrv) words = NULL;
	size_t first = 0;

	if (size_bytes < 3 || text[0] != '#' || text[1] != '!')
		return false;
	line = g_strndup(text + 2, MIN(size_bytes - 2, LINE_MAX_BYTES));
	line[strcspn(line, "\r\n")] = '\0';
	words = g_strsplit_set(g_strstrip(line), " \t", -1);
	if (!words[first] || words[first][0] == '\0')
		return false;
	ret_script->interpreter = g_strdup(words[first]);
	ret_script->program =
		strcmp(path_name(words[first]), "env") == 0 ? env_program(words + 1) : NULL;
	return true;
}

void script_clear(struct script *script)
{
	g_free(script->interpreter);
	g_free(script->program);
	script->interpreter = script->program = NULL;
}
