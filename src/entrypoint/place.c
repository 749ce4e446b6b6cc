/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/place.h"

#include "base/path.h"

#include <string.h>

enum { WORDS_MAX = 32 };

static bool is_word_byte(char c)
{
	return g_ascii_isalnum(c) || strchr("_-./", c);
}

/* Whether @word is in the line, not as a part of a longer one. A path may lead up to it. */
static bool line_has(const char *line, const char *word)
{
	size_t length = strlen(word);

	for (const char *p = line; length > 0 && (p = strstr(p, word)); p++) {
		bool before = p == line || !is_word_byte(p[-1]) || p[-1] == '/';

		if (before && (!p[length] || !is_word_byte(p[length])))
			return true;
	}
	return false;
}

static guint score(const char *line, const GPtrArray *words)
{
	guint found = 1;

	if (!line_has(line, path_name(words->pdata[0])))
		return 0;
	for (guint i = 1; i < MIN(words->len, WORDS_MAX); i++)
		found += line_has(line, words->pdata[i]);
	return found;
}

guint place_find(GBytes *script, const GPtrArray *words)
{
	gsize size;
	const char *data = g_bytes_get_data(script, &size);
	g_autofree char *text = g_strndup(data ? data : "", size);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	guint best = 0, best_line = 0;
	bool single = false;

	for (guint i = 0; words->len > 0 && lines[i]; i++) {
		const char *line = lines[i] + strspn(lines[i], " \t");
		guint found = *line == '#' ? 0 : score(line, words);

		if (found > best) {
			best = found;
			best_line = i + 1;
			single = true;
		} else if (found == best) {
			single = false;
		}
	}
	return single ? best_line : 0;
}
