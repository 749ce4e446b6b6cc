/* SPDX-License-Identifier: Apache-2.0 */
#include "init/options.h"

#include <stddef.h>
#include <string.h>

void options_begin(struct options *options, char **argv, const char *letters,
		   const struct option_name *names)
{
	memset(options, 0, sizeof(*options));
	options->word = *argv ? argv + 1 : argv;
	options->letters = letters;
	options->names = names;
}

static bool takes_value(const struct options *options, char letter)
{
	const char *found = strchr(options->letters, letter);

	return found && found[1] == ':';
}

/* Exact, or the only one that begins so. */
static char long_find(const struct options *options, const char *name, size_t bytes)
{
	char found = '?';

	for (const struct option_name *n = options->names; n && n->name; n++) {
		if (strncmp(n->name, name, bytes) != 0)
			continue;
		if (n->name[bytes] == '\0')
			return n->letter;
		found = found == '?' ? n->letter : '\0';
	}
	return found ? found : '?';
}

/* The next word is the value. */
static char value_take(struct options *options, char letter)
{
	options->value = *options->word;
	if (!options->value)
		return ':';
	options->word++;
	return letter;
}

static char long_next(struct options *options)
{
	char *word = *options->word++;
	size_t bytes = strcspn(word + 2, "=");
	char letter = long_find(options, word + 2, bytes);
	bool has_value = word[2 + bytes] == '=';

	options->refused = word;
	options->is_long = true;
	if (letter == '?' || (has_value && !takes_value(options, letter)))
		return '?';
	if (!takes_value(options, letter))
		return letter;
	options->value = word + 2 + bytes + 1;
	return has_value ? letter : value_take(options, letter);
}

static char short_next(struct options *options)
{
	char letter = *options->cluster++;
	char *rest = options->cluster;

	if (*rest == '\0')
		options->cluster = NULL;
	options->refused = rest - 1;
	options->is_long = false;
	if (letter == ':' || !strchr(options->letters, letter))
		return '?';
	if (!takes_value(options, letter))
		return letter;
	options->cluster = NULL;
	if (*rest == '\0')
		return value_take(options, letter);
	options->value = rest;
	return letter;
}

char options_next(struct options *options)
{
	char *word = *options->word;

	if (options->cluster)
		return short_next(options);
	if (!word || word[0] != '-' || word[1] == '\0')
		return '\0';
	if (word[1] == '-' && word[2] == '\0') {
		options->word++;
		return '\0';
	}
	if (word[1] == '-')
		return long_next(options);
	options->word++;
	options->cluster = word + 1;
	return short_next(options);
}

char **options_rest(struct options *options)
{
	return options->word;
}
