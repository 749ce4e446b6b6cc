/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/health.h"

#include "base/error.h"
#include "cut/commandline.h"
#include "plan/shell.h"
#include "seal/health_request.h"
#include "seal/seal.h"

#include <string.h>

enum { WORDS_MAX = 256 };

/* What authors write behind a check for the shell: what it says anyway, or to nobody. */
#define ENDING "\\s*\\|\\|\\s*(?:exit(?:\\s+[0-9]+)?|false)\\s*;?\\s*$"
#define SILENT "(?:\\s*(?:[12]?>|&>)\\s*/dev/null|\\s*2>&1|\\s*1?>&2)+\\s*$"
#define GREP                                                                                       \
	"^(.*)\\|\\s*grep\\s+(?:-q\\s+|-F\\s+|-qF\\s+|-Fq\\s+|--quiet\\s+)*"                       \
	"(?:([A-Za-z0-9_:,=/][A-Za-z0-9_:,{}=/-]*)"                                                \
	"|'([A-Za-z0-9_:,{}=/\"][A-Za-z0-9_:,{}=/\" -]*)'"                                         \
	"|\"([A-Za-z0-9_:,{}=/][A-Za-z0-9_:,{}=/ -]*)\")\\s*$"

static const char *const times[] = {"Interval",      "Timeout", "StartPeriod",
				    "StartInterval", "Retries", NULL};

static struct health *health_new(void)
{
	struct health *health = g_new0(struct health, 1);

	health->test = g_ptr_array_new_with_free_func(g_free);
	health->times = json_object();
	return health;
}

void health_free(struct health *health)
{
	if (!health)
		return;
	g_ptr_array_unref(health->test);
	g_clear_pointer(&health->original, g_ptr_array_unref);
	json_decref(health->times);
	g_free(health);
}

void health_cleanup(struct health **health)
{
	health_free(*health);
}

static void add(GPtrArray *words, const char *word)
{
	g_ptr_array_add(words, g_strdup(word));
}

/* @text without what @pattern matches; NULL where it does not. */
static char *without(const char *text, const char *pattern)
{
	g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_DOTALL, 0, NULL);

	return g_regex_match(regex, text, 0, NULL)
		       ? g_regex_replace_literal(regex, text, -1, 0, "", 0, NULL)
		       : NULL;
}

static void strip(char **text, const char *pattern)
{
	char *shorter = without(*text, pattern);

	if (!shorter)
		return;
	g_free(*text);
	*text = shorter;
}

/* "A | grep -q TEXT": A, and TEXT where no byte of it means something to grep; NULL otherwise. */
static char *take_grep(char **text)
{
	g_autoptr(GRegex) regex = g_regex_new(GREP, G_REGEX_DOTALL, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	char *wanted = NULL, *before;

	if (!g_regex_match(regex, *text, 0, &match))
		return NULL;
	for (int i = 2; i <= 4 && (!wanted || !*wanted); i++) {
		g_free(wanted);
		wanted = g_match_info_fetch(match, i);
	}
	before = g_match_info_fetch(match, 1); /* out of *text */
	g_free(*text);
	*text = before;
	return wanted;
}

/* "[ … ]" is test(1) by another name, which the parser of plain lines takes for a pattern. */
static void take_brackets(char **text)
{
	g_autofree char *trimmed = g_strstrip(g_strdup(*text));
	size_t length = strlen(trimmed);

	if (!g_str_has_prefix(trimmed, "[ ") || !g_str_has_suffix(trimmed, " ]") || length < 4)
		return;
	g_free(*text);
	*text = g_strdup_printf("test %.*s", (int)(length - 4), trimmed + 2);
}

static bool refuse(const char *test, const char *problem, GError **error)
{
	g_autofree char *quoted = error_quote(test);

	return error_set(
		error, THRESH_ERROR_INPUT,
		"the health check `%s`: %s, and production images have no shell; give a "
		"check of your own in thresh.yaml (healthcheck: \"curl -f "
		"http://localhost:8080/health\", or a program of the image with its words), "
		"or none (healthcheck: none)",
		quoted, problem);
}

static char *words_joined(GPtrArray *words)
{
	g_ptr_array_add(words, NULL);
	char *joined = g_strjoinv(" ", (char **)words->pdata);

	g_ptr_array_set_size(words, (gint)words->len - 1);
	return joined;
}

bool health_refuse_script(const struct health *health, GError **error)
{
	g_autofree char *test = words_joined(health->test);

	return refuse(test, "it is a script for a shell", error);
}

/* From the words of a plain line: an applet where one does it, else the program itself. */
static bool take_words(struct health *health, const char *test, const GPtrArray *words,
		       const char *contains, GError **error)
{
	const char *problem = NULL;

	add(health->test, SEAL_INIT_PATH);
	add(health->test, "health");
	health->applet = health_request(words, contains, health->test, &problem);
	if (health->applet)
		return true;
	if (problem)
		return refuse(test, problem, error);
	if (contains)
		return refuse(test, "it looks into the output of a program", error);
	if (shell_is_name(words->pdata[0]))
		return refuse(test, "it runs a shell", error);
	g_ptr_array_set_size(health->test, 0);
	for (guint i = 0; i < words->len; i++)
		add(health->test, words->pdata[i]);
	return true;
}

static bool take_line(struct health *health, const char *test, GError **error)
{
	g_autofree char *text = g_strdup(test), *contains = NULL;
	struct commandline line;
	const char *problem = NULL;
	bool good;

	strip(&text, ENDING);
	strip(&text, SILENT);
	contains = take_grep(&text);
	if (contains)
		strip(&text, SILENT);
	take_brackets(&text);
	if (!commandline_parse(text, &line, &problem)) {
		g_autofree char *said = g_strconcat("it holds ", problem, NULL);

		return refuse(test, said, error);
	}
	good = line.assignments->len == 0
		       ? take_words(health, test, line.words, contains, error)
		       : refuse(test, "it sets variables for the program", error);
	if (good && !health->applet) {
		health->original =
			g_ptr_array_copy(line.words, (GCopyFunc)(void (*)(void))g_strdup, NULL);
		g_ptr_array_set_free_func(health->original, g_free);
	}
	commandline_clear(&line);
	return good;
}

static GPtrArray *strings_of(const json_t *array, size_t from)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = from; i < json_array_size(array) && i < WORDS_MAX; i++) {
		const char *word = json_string_value(json_array_get(array, i));

		g_ptr_array_add(words, g_strdup(word ? word : ""));
	}
	return words;
}

/* What a shell runs is asked of it in the original, by the image's SHELL where it has one. */
static GPtrArray *original_of(const json_t *config, const char *line)
{
	GPtrArray *words = strings_of(json_array_at(config, "Shell"), 0);

	if (words->len == 0) {
		add(words, "/bin/sh");
		add(words, "-c");
	}
	add(words, line);
	return words;
}

/* -c, and what changes nothing for one plain command beside it: -ec, -lc. */
static bool is_command_option(const char *word)
{
	size_t length = strlen(word);

	return length >= 2 && word[0] == '-' && word[length - 1] == 'c' &&
	       strspn(word + 1, "elufc") == length - 1;
}

static bool take_test(struct health *health, const json_t *config, const json_t *test,
		      GError **error)
{
	const char *kind = json_string_value(json_array_get(test, 0));
	const char *line = json_string_value(json_array_get(test, 1));
	g_autoptr(GPtrArray) words = strings_of(test, 1);
	g_autofree char *joined = NULL;

	if (kind && !strcmp(kind, "CMD-SHELL") && line && json_array_size(test) == 2) {
		if (!take_line(health, line, error))
			return false;
		if (!health->original)
			health->original = original_of(config, line);
		return true;
	}
	if (!kind || strcmp(kind, "CMD") != 0 || words->len == 0 ||
	    json_array_size(test) > WORDS_MAX)
		return error_set(error, THRESH_ERROR_INPUT,
				 "the health check is neither CMD nor CMD-SHELL");
	health->original = g_ptr_array_ref(words);
	if (words->len == 3 && shell_is_name(words->pdata[0]) && is_command_option(words->pdata[1]))
		return take_line(health, words->pdata[2], error);
	joined = words_joined(words);
	return take_words(health, joined, words, NULL, error);
}

/* thresh.yaml's: a line as in CMD-SHELL, or the applet's own words. */
static bool take_own(struct health *health, const char *own, GError **error)
{
	g_auto(GStrv) words = NULL;

	if (!g_str_has_prefix(own, "health "))
		return take_line(health, own, error);
	if (!g_shell_parse_argv(own, NULL, &words, NULL))
		return refuse(own, "it is no line of words", error);
	health->applet = true;
	add(health->test, SEAL_INIT_PATH);
	for (char **word = words; *word; word++)
		add(health->test, *word);
	return true;
}

static void take_times(struct health *health, const json_t *check)
{
	for (const char *const *name = times; *name; name++) {
		json_t *value = json_object_get(check, *name);

		if (json_is_integer(value) && json_integer_value(value) >= 0)
			json_object_set(health->times, *name, value);
	}
}

static bool is_none(const json_t *test)
{
	const char *kind = json_string_value(json_array_get(test, 0));

	return !kind || !*kind || !strcmp(kind, "NONE");
}

bool health_decide(const json_t *config, const char *own, struct health **ret_health,
		   GError **error)
{
	const json_t *check = json_object_at(config, "Healthcheck");
	const json_t *test = json_array_at(check, "Test");
	autohealth struct health *health = NULL;

	*ret_health = NULL;
	if (own ? !strcmp(own, "none") : is_none(test))
		return true;
	health = health_new();
	take_times(health, check);
	if (!(own ? take_own(health, own, error) : take_test(health, config, test, error)))
		return false;
	*ret_health = g_steal_pointer(&health);
	return true;
}

json_t *health_to_config(const struct health *health)
{
	json_t *check = json_deep_copy(health->times);
	json_t *test = json_from_strings(health->test);

	json_array_insert_new(test, 0, json_string("CMD"));
	json_object_set_new(check, "Test", test);
	return check;
}

json_t *health_to_json(const struct health *health)
{
	json_t *object = json_object();

	json_object_set_new(object, "test", json_from_strings(health->test));
	json_object_set(object, "times", health->times);
	return object;
}

static bool test_is_valid(const json_t *test)
{
	size_t count = json_array_size(test);

	for (size_t i = 0; i < count; i++) {
		const json_t *word = json_array_get(test, i);

		if (!json_is_string(word) ||
		    strlen(json_string_value(word)) != json_string_length(word))
			return false;
	}
	return count > 0 && count <= WORDS_MAX;
}

struct health *health_from_json(const json_t *json, GError **error)
{
	const json_t *test = json_array_at(json, "test"), *own = json_object_at(json, "times");
	struct health *health;

	if (!json_is_object(json) || !test_is_valid(test) || !own || json_object_size(json) != 2) {
		error_set(error, THRESH_ERROR_INPUT,
			  "seal: \"health\" is not an object with a test and its times");
		return NULL;
	}
	health = health_new();
	take_times(health, own);
	for (size_t i = 0; i < json_array_size(test); i++)
		add(health->test, json_string_value(json_array_get(test, i)));
	health->applet = !strcmp(health->test->pdata[0], SEAL_INIT_PATH);
	return health;
}
