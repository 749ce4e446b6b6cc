/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/broker.h"

#include "base/path.h"
#include "base/sorted.h"
#include "cut/commands.h"
#include "cut/pattern.h"
#include "plan/command.h"

#include <string.h>

enum { NUMBER_MAX_BYTES = 20, RUN_FIRST = 1, RUN_SECOND = 2 };

/* A line in pieces: runs of bytes that a hole may hold, and between them what is the same in all
 * lines that are compared. */
struct sample {
	const struct shell_command *command;
	GPtrArray *pieces; /* char *: at even places what is between, at odd ones the runs */
};

struct broker {
	const GPtrArray *writables;
	GHashTable *patterns; /* set */
};

static bool is_hole_byte(char c)
{
	return g_ascii_isalnum(c) || (c && strchr("._+=:@/-", c));
}

static GPtrArray *pieces_of(const char *text)
{
	GPtrArray *pieces = g_ptr_array_new_with_free_func(g_free);
	bool inside = false;

	for (size_t length; *text || inside; text += length, inside = !inside) {
		for (length = 0; text[length] && is_hole_byte(text[length]) == inside;)
			length++;
		g_ptr_array_add(pieces, g_strndup(text, length));
	}
	return pieces;
}

static struct sample *sample_new(const struct shell_command *command)
{
	struct sample *sample = g_new0(struct sample, 1);

	sample->command = command;
	sample->pieces = pieces_of(command->text);
	return sample;
}

static void sample_free(void *data)
{
	struct sample *sample = data;

	g_ptr_array_unref(sample->pieces);
	g_free(sample);
}

static const char *piece(const GPtrArray *samples, guint sample, guint at)
{
	const struct sample *one = samples->pdata[sample];

	return one->pieces->pdata[at];
}

static void add_literal(struct broker *broker, const struct shell_command *command)
{
	GString *pattern = g_string_new(NULL);

	pattern_append(pattern, command->text, strlen(command->text));
	g_hash_table_add(broker->patterns, g_string_free(pattern, FALSE));
}

/* --- one hole ------------------------------------------------------------------------------------
 */

/* What the values of one place have in common at their ends, and what the middle may be. */
struct hole {
	size_t prefix, suffix; /* bytes */
	char *text;            /* "%{number}" */
};

static size_t common_prefix(const GPtrArray *samples, guint at)
{
	const char *first = piece(samples, 0, at);
	size_t common = strlen(first);

	for (guint i = 1; i < samples->len; i++) {
		const char *value = piece(samples, i, at);
		size_t same = 0;

		while (same < common && value[same] == first[same])
			same++;
		common = same;
	}
	return common;
}

/* Of what is behind the common prefix of @prefix bytes. */
static size_t common_suffix(const GPtrArray *samples, guint at, size_t prefix)
{
	const char *first = piece(samples, 0, at);
	size_t length = strlen(first), common = length - prefix;

	for (guint i = 1; i < samples->len; i++) {
		const char *value = piece(samples, i, at);
		size_t bytes = strlen(value), same = 0;

		while (same < common && same < bytes - prefix &&
		       value[bytes - same - 1] == first[length - same - 1])
			same++;
		common = same;
	}
	return common;
}

/* Whether what is between the common ends of each value is a number, or a token (without a slash).
 */
static bool middles_are(const GPtrArray *samples, guint at, const struct hole *hole, bool number)
{
	for (guint i = 0; i < samples->len; i++) {
		const char *value = piece(samples, i, at);
		size_t bytes = strlen(value);
		size_t middle = bytes - MIN(bytes, hole->prefix + hole->suffix);
		const char *start = value + hole->prefix;

		if (middle == 0 || (number && middle > NUMBER_MAX_BYTES) || *start == '-' ||
		    memchr(start, '/', middle) || g_strstr_len(start, (gssize)middle, ".."))
			return false;
		for (size_t k = 0; number && k < middle; k++) {
			if (!g_ascii_isdigit(start[k]))
				return false;
		}
	}
	return true;
}

static bool find_number(const GPtrArray *samples, guint at, struct hole *hole)
{
	const char *first = piece(samples, 0, at);
	size_t length = strlen(first);

	while (hole->prefix > 0 && g_ascii_isdigit(first[hole->prefix - 1]))
		hole->prefix--;
	while (hole->suffix > 0 && g_ascii_isdigit(first[length - hole->suffix]))
		hole->suffix--;
	if (!middles_are(samples, at, hole, true))
		return false;
	hole->text = g_strdup("%{number}");
	return true;
}

/* A token is a whole name, or what is between two marks in one. */
static bool find_token(const GPtrArray *samples, guint at, struct hole *hole)
{
	const char *first = piece(samples, 0, at);
	size_t length = strlen(first);

	while (hole->prefix > 0 && g_ascii_isalnum(first[hole->prefix - 1]))
		hole->prefix--;
	while (hole->suffix > 0 && g_ascii_isalnum(first[length - hole->suffix]))
		hole->suffix--;
	if (!middles_are(samples, at, hole, false))
		return false;
	hole->text = g_strdup("%{token}");
	return true;
}

static bool is_writable(const struct broker *broker, const char *path)
{
	for (guint i = 0; i < broker->writables->len; i++) {
		if (path_is_below(path, broker->writables->pdata[i]))
			return true;
	}
	return false;
}

/* The deepest directory that holds all the paths that start at @prefix, or NULL: it is not writable
 * by the application, or some value is no clean path. */
static char *common_directory(const struct broker *broker, const GPtrArray *samples, guint at,
			      size_t prefix)
{
	g_autofree char *directory = path_parent(piece(samples, 0, at) + prefix);

	for (guint i = 0; i < samples->len; i++) {
		const char *path = piece(samples, i, at) + prefix;
		g_autofree char *clean = *path == '/' ? path_clean(NULL, path) : NULL;

		if (!clean || strcmp(clean, path) != 0 || strstr(path, ".."))
			return NULL;
		while (!path_is_below(path, directory) || !strcmp(path, directory)) {
			char *above = path_parent(directory);

			g_free(directory);
			directory = above;
			if (!strcmp(directory, "/"))
				break;
		}
	}
	return is_writable(broker, directory) ? g_steal_pointer(&directory) : NULL;
}

static bool find_path(const struct broker *broker, const GPtrArray *samples, guint at,
		      struct hole *hole)
{
	const char *first = piece(samples, 0, at);
	const char *slash = strchr(first, '/');
	size_t length = strlen(first);
	g_autofree char *directory = NULL;

	if (!slash || (size_t)(slash - first) > hole->prefix)
		return false;
	hole->prefix = (size_t)(slash - first);
	directory = common_directory(broker, samples, at, hole->prefix);
	if (!directory)
		return false;
	while (hole->suffix > 0 && !strchr("./", first[length - hole->suffix]))
		hole->suffix--;
	hole->text = g_strdup_printf("%%{path %s}", directory);
	return true;
}

/* The narrowest that fits. */
static bool find_hole(const struct broker *broker, const GPtrArray *samples, guint at,
		      struct hole *ret_hole)
{
	size_t prefix = common_prefix(samples, at);
	const struct hole ends = {prefix, common_suffix(samples, at, prefix), NULL};

	*ret_hole = ends;
	if (find_number(samples, at, ret_hole))
		return true;
	*ret_hole = ends;
	if (find_path(broker, samples, at, ret_hole))
		return true;
	*ret_hole = ends;
	return find_token(samples, at, ret_hole);
}

/* --- lines that are alike ------------------------------------------------------------------------
 */

static bool place_differs(const GPtrArray *samples, guint at)
{
	for (guint i = 1; i < samples->len; i++) {
		if (strcmp(piece(samples, i, at), piece(samples, 0, at)) != 0)
			return true;
	}
	return false;
}

/* Whether @pattern says something of value: a plain line, which all that were seen fit. */
static bool pattern_fits(const char *pattern, const GPtrArray *samples)
{
	struct plan_hole holes[PLAN_MAX_HOLES];
	const char *problem;
	g_autoptr(GPtrArray) words = pattern_words(pattern, &problem);

	for (guint i = 0; words && i < samples->len; i++) {
		const struct sample *sample = samples->pdata[i];

		if (!plan_command_match(pattern, sample->command->text, holes))
			return false;
	}
	return words != NULL;
}

/* The pattern of lines that differ in runs only; NULL where one of them cannot be a hole. */
static char *pattern_of(const struct broker *broker, const GPtrArray *samples)
{
	const struct sample *first = samples->pdata[0];
	g_autoptr(GString) pattern = g_string_new(NULL);

	for (guint at = 0; at < first->pieces->len; at++) {
		const char *value = first->pieces->pdata[at];
		struct hole hole;

		if (!place_differs(samples, at)) {
			pattern_append(pattern, value, strlen(value));
			continue;
		}
		if (!find_hole(broker, samples, at, &hole))
			return NULL;
		pattern_append(pattern, value, hole.prefix);
		g_string_append(pattern, hole.text);
		pattern_append(pattern, value + strlen(value) - hole.suffix, hole.suffix);
		g_free(hole.text);
	}
	return pattern_fits(pattern->str, samples) ? g_strdup(pattern->str) : NULL;
}

/* Whether both runs have @value in this place: then it says what is meant, and is no made-up name.
 */
static bool is_repeated(const GPtrArray *samples, guint at, const char *value)
{
	guint runs = 0;

	for (guint i = 0; i < samples->len; i++) {
		const struct sample *sample = samples->pdata[i];

		if (!strcmp(sample->pieces->pdata[at], value))
			runs |= sample->command->run;
	}
	return runs == (RUN_FIRST | RUN_SECOND);
}

/* A place where lines differ, and one of the values is in both runs; 0: none. */
static guint place_to_split(const GPtrArray *samples, const char **ret_value)
{
	const struct sample *first = samples->pdata[0];

	for (guint at = 1; at < first->pieces->len; at += 2) {
		for (guint i = 0; place_differs(samples, at) && i < samples->len; i++) {
			if (is_repeated(samples, at, piece(samples, i, at))) {
				*ret_value = piece(samples, i, at);
				return at;
			}
		}
	}
	return 0;
}

/* Recursion: each step makes two smaller groups. */
static void add_group(struct broker *broker, const GPtrArray *samples)
{
	const char *value = NULL;
	guint at = place_to_split(samples, &value);
	g_autofree char *pattern = NULL;

	if (at > 0) {
		g_autoptr(GPtrArray) with = g_ptr_array_new(), without = g_ptr_array_new();

		for (guint i = 0; i < samples->len; i++)
			g_ptr_array_add(strcmp(piece(samples, i, at), value) == 0 ? with : without,
					samples->pdata[i]);
		add_group(broker, with);
		add_group(broker, without);
		return;
	}
	pattern = samples->len > 1 ? pattern_of(broker, samples) : NULL;
	if (pattern) {
		g_hash_table_add(broker->patterns, g_steal_pointer(&pattern));
		return;
	}
	for (guint i = 0; i < samples->len; i++)
		add_literal(broker, ((const struct sample *)samples->pdata[i])->command);
}

/* What is between the runs, and how many those are. */
static char *skeleton_of(const struct sample *sample)
{
	GString *skeleton = g_string_new(NULL);

	for (guint at = 0; at < sample->pieces->len; at += 2)
		g_string_append_printf(skeleton, "%s\n", (char *)sample->pieces->pdata[at]);
	g_string_append(skeleton, sample->command->line.words->pdata[0]);
	return g_string_free(skeleton, FALSE);
}

static void add_varied(struct broker *broker, const GPtrArray *samples)
{
	g_autoptr(GHashTable) groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
							     (GDestroyNotify)g_ptr_array_unref);
	GHashTableIter iter;
	gpointer group;

	for (guint i = 0; i < samples->len; i++) {
		char *skeleton = skeleton_of(samples->pdata[i]);
		GPtrArray *alike = g_hash_table_lookup(groups, skeleton);

		if (!alike) {
			alike = g_ptr_array_new();
			g_hash_table_insert(groups, g_strdup(skeleton), alike);
		}
		g_ptr_array_add(alike, samples->pdata[i]);
		g_free(skeleton);
	}
	g_hash_table_iter_init(&iter, groups);
	while (g_hash_table_iter_next(&iter, NULL, &group))
		add_group(broker, group);
}

GPtrArray *broker_patterns(const GPtrArray *commands, const GPtrArray *writables)
{
	g_autoptr(GHashTable) found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) varied = g_ptr_array_new_with_free_func(sample_free);
	g_autoptr(GPtrArray) keys = NULL;
	struct broker broker = {.writables = writables, .patterns = found};
	GPtrArray *patterns = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < commands->len; i++) {
		const struct shell_command *command = commands->pdata[i];

		if (command->run == 0)
			add_literal(&broker, command);
		else
			g_ptr_array_add(varied, sample_new(command));
	}
	add_varied(&broker, varied);
	keys = keys_sorted(found);
	for (guint i = 0; i < keys->len; i++)
		g_ptr_array_add(patterns, g_strdup(keys->pdata[i]));
	return patterns;
}
