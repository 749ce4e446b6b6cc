/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/names.h"

#include "base/sorted.h"
#include "entrypoint/functions.h"
#include "entrypoint/learn.h"
#include "entrypoint/shell_names.h"

#include <string.h>

enum { MAX_PATTERNS = 12, MAX_PATTERN_BYTES = 128, MAX_EXPRESSIONS = 8, MAX_COPIES = 4 };

/* Of the name that stands for all with a prefix. */
#define SAMPLE_ENDING "ZQ"

struct reader {
	GHashTable *names;    /* name -> struct script_name * */
	GHashTable *assigned; /* names set, in text order before any reading */
	GHashTable *copies;   /* name -> "1" to "9": the argument that it was set to */
	GHashTable *origins;  /* name -> the variable that it was set to */
};

static void name_free(struct script_name *name)
{
	g_free(name->name);
	g_free(name->prefix);
	g_ptr_array_unref(name->patterns);
	g_ptr_array_unref(name->expressions);
	g_ptr_array_unref(name->defaults);
	g_array_unref(name->numbers);
	g_free(name);
}

static struct script_name *reader_name(struct reader *reader, const char *name)
{
	struct script_name *found = g_hash_table_lookup(reader->names, name);

	if (!found) {
		found = g_new0(struct script_name, 1);
		found->name = g_strdup(name);
		found->patterns = g_ptr_array_new_with_free_func(g_free);
		found->expressions =
			g_ptr_array_new_with_free_func((GDestroyNotify)expression_unref);
		found->defaults = g_ptr_array_new_with_free_func(g_free);
		found->numbers = g_array_new(FALSE, FALSE, sizeof(guint64));
		g_hash_table_insert(reader->names, found->name, found);
	}
	return found;
}

static void name_compare(struct script_name *name, const char *pattern)
{
	if (!*pattern || strlen(pattern) > MAX_PATTERN_BYTES || strpbrk(pattern, "$`\\\"'") ||
	    strcmp(pattern, "*") == 0 || name->patterns->len >= MAX_PATTERNS)
		return;
	for (guint i = 0; i < name->patterns->len; i++)
		if (strcmp(name->patterns->pdata[i], pattern) == 0)
			return;
	g_ptr_array_add(name->patterns, g_strdup(pattern));
}

/* Takes @expression, or NULL. */
static void name_express(struct script_name *name, struct expression *expression)
{
	if (expression && name->expressions->len < MAX_EXPRESSIONS)
		g_ptr_array_add(name->expressions, expression);
	else
		expression_unref(expression);
}

/* Calls @each with every match of @expression in @text. */
static void each_match(const char *expression, const char *text, struct reader *reader,
		       void (*each)(struct reader *, const GMatchInfo *))
{
	g_autoptr(GRegex) regex = g_regex_new(expression, G_REGEX_RAW | G_REGEX_MULTILINE, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	g_regex_match(regex, text, 0, &match);
	while (g_match_info_matches(match)) {
		each(reader, match);
		if (!g_match_info_next(match, NULL))
			return;
	}
}

/* The argument, "1" to "9", that @name is, or was set to: `command=${1:-web}`; NULL: it is none. */
static const char *reader_argument(const struct reader *reader, const char *name)
{
	return g_ascii_isdigit(*name) ? name : g_hash_table_lookup(reader->copies, name);
}

/* `command=$1`; what it is without one is a word that the script knows. */
static void found_copy(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *argument = g_match_info_fetch(match, 2);
	g_autofree char *word = g_match_info_fetch(match, 3);

	if (word && *word)
		name_compare(reader_name(reader, argument), word);
	g_hash_table_insert(reader->copies, g_match_info_fetch(match, 1),
			    g_steal_pointer(&argument));
}

static void found_assignment(struct reader *reader, const GMatchInfo *match)
{
	g_hash_table_add(reader->assigned, g_match_info_fetch(match, 1));
}

static void found_name(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *name = g_match_info_fetch(match, 1);

	if (!shell_sets(name) && strlen(name) <= 255)
		reader_name(reader, name)->read = true;
}

/* A word that is a variable's name, if the script reads variables by names that it is given. */
static void found_word(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *name = g_match_info_fetch(match, 1);

	if (!shell_sets(name) && strlen(name) <= 255)
		reader_name(reader, name);
}

static void found_set(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *name = g_match_info_fetch(match, 1);
	struct script_name *found = g_hash_table_lookup(reader->names, name);

	if (found)
		found->set = true;
}

static void found_word_secret(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *name = g_match_info_fetch(match, 1);

	reader_name(reader, name)->secret = true;
}

static void found_secret(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *name = g_match_info_fetch(match, 1);
	struct script_name *found = reader_name(reader, name);

	found->read = true;
	found->secret = true;
}

static void found_program(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *name = g_match_info_fetch(match, 1);
	const char *argument = reader_argument(reader, name);

	if (argument && strcmp(argument, "1") == 0)
		reader_name(reader, argument)->program = true;
}

/* APP_* in a pattern, "^APP_" in an expression: which variables there are decides. */
static void found_prefix_of_names(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *prefix = g_match_info_fetch(match, 1);
	g_autofree char *name = g_strconcat(prefix, SAMPLE_ENDING, NULL);
	struct script_name *found = reader_name(reader, name);

	if (!found->prefix)
		found->prefix = g_steal_pointer(&prefix);
}

/* "${NAME:-what it is without}": no other expansion in it. */
static void found_default(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *name = g_match_info_fetch(match, 1);
	g_autofree char *value = g_match_info_fetch(match, 2);
	struct script_name *found = g_hash_table_lookup(reader->names, name);

	if (!found || strlen(value) > MAX_PATTERN_BYTES || found->defaults->len >= MAX_PATTERNS)
		return;
	for (guint i = 0; i < found->defaults->len; i++)
		if (strcmp(found->defaults->pdata[i], value) == 0)
			return;
	g_ptr_array_add(found->defaults, g_steal_pointer(&value));
}

/* What a comparison with @name is about: an argument, a variable that is read; NULL: neither. */
static struct script_name *reader_compared(struct reader *reader, const char *name)
{
	const char *argument = reader_argument(reader, name);

	return argument ? reader_name(reader, argument) : g_hash_table_lookup(reader->names, name);
}

static void name_add_number(struct script_name *name, guint64 number)
{
	for (guint i = 0; i < name->numbers->len; i++)
		if (g_array_index(name->numbers, guint64, i) == number)
			return;
	if (name->numbers->len < MAX_PATTERNS)
		g_array_append_val(name->numbers, number);
}

/* "$NAME" -lt 64, and what NAME is a copy of. */
static void found_number(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *name = g_match_info_fetch_named(match, "name");
	g_autofree char *digits = g_match_info_fetch_named(match, "number");
	guint64 number = g_ascii_strtoull(digits, NULL, 10);
	const char *origin = name;

	for (guint i = 0; origin && i < MAX_COPIES; i++) {
		struct script_name *found = reader_compared(reader, origin);

		if (found)
			name_add_number(found, number);
		origin = g_hash_table_lookup(reader->origins, origin);
	}
}

/* (( NAME > 4 )), $((4 <= NAME)) */
static void found_arithmetic(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *body = g_match_info_fetch(match, 1);

	each_match("\\$?\\{?(?<name>[A-Za-z_]\\w*|(?<=[${])[1-9])\\}?\\s*(?:[<>]=?|[=!]=)\\s*"
		   "(?<number>\\d{1,18})\\b",
		   body, reader, found_number);
	each_match("(?<!\\w)(?<number>\\d{1,18})\\s*(?:[<>]=?|[=!]=)\\s*\\$?\\{?"
		   "(?<name>[A-Za-z_]\\w*)",
		   body, reader, found_number);
}

static void found_origin(struct reader *reader, const GMatchInfo *match)
{
	char *name = g_match_info_fetch(match, 1), *origin = g_match_info_fetch(match, 2);

	g_hash_table_insert(reader->origins, name, origin);
}

/* A glob with a bracket is matched by what no mark is; `*[!0-9]*` by all but what is asked for. */
static void compare_glob(struct script_name *name, const char *pattern)
{
	gsize bytes = strlen(pattern);
	bool other = g_str_has_prefix(pattern, "*[!") && g_str_has_suffix(pattern, "]*");

	name_compare(name, pattern);
	if (!strchr(pattern, '[') || strpbrk(pattern, "$`\"'"))
		return;
	g_autofree char *class = other ? g_strndup(pattern + 3, bytes - 5) : NULL;
	g_autofree char *all = other ? g_strdup_printf("^[%s]+$", class) : NULL;

	name_express(name, other ? expression_new(all) : expression_new_glob(pattern));
}

/* "$NAME" -eq "$NAME": is it a number? One below zero is no word of digits. */
static void found_test(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *name = g_match_info_fetch(match, 1);
	struct script_name *found = reader_compared(reader, name);

	if (!found)
		return;
	name_express(found, expression_new("^[0-9]+$"));
	name_express(found, expression_new("^-[0-9]+$"));
}

/* ${#NAME} -lt 8: texts that are one shorter, as long, one longer. */
static void found_length(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *name = g_match_info_fetch(match, 1);
	g_autofree char *digits = g_match_info_fetch(match, 2);
	struct script_name *found = reader_compared(reader, name);
	guint64 length = g_ascii_strtoull(digits, NULL, 10);

	for (guint64 i = MAX(length, 2) - 1; found && i <= length + 1; i++) {
		g_autofree char *least = g_strdup_printf("^.{%" G_GUINT64_FORMAT ",}$", i);

		name_express(found, expression_new(least));
	}
}

static void found_comparison(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *name = g_match_info_fetch_named(match, "name");
	g_autofree char *pattern = g_match_info_fetch_named(match, "pattern");
	struct script_name *compared = reader_compared(reader, name);

	if (compared)
		compare_glob(compared, pattern);
}

/* The words of "^(on|true|1)$"; NULL: it is another kind of expression. Caller frees. */
static GStrv expression_words(const char *expression)
{
	g_autoptr(GRegex) simple =
		g_regex_new("^[\"']?\\^?\\(?([\\w.:/|-]+)\\)?\\$?[\"']?$", G_REGEX_RAW, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	if (!g_regex_match(simple, expression, 0, &match))
		return NULL;
	g_autofree char *words = g_match_info_fetch(match, 1);

	return g_strsplit(words, "|", -1);
}

/* What stands in quotes, or as it is; of `$regex`, what the text sets that to. Caller frees. */
static char *expression_text(const GMatchInfo *match)
{
	g_autofree char *word = g_match_info_fetch_named(match, "pattern");
	g_autoptr(GRegex) variable =
		g_regex_new("^[\"']?\\$\\{?(\\w+)\\}?[\"']?$", G_REGEX_RAW, 0, NULL);
	g_autoptr(GMatchInfo) name = NULL;

	if (g_regex_match(variable, word, 0, &name)) {
		g_autofree char *own = g_match_info_fetch(name, 1);
		g_autofree char *setting =
			g_strdup_printf("(?<![\\w$])%s=(\"[^\"\\n]*\"|'[^'\\n]*'|\\S+)", own);
		g_autoptr(GRegex) regex = g_regex_new(setting, G_REGEX_RAW, 0, NULL);
		g_autoptr(GMatchInfo) set = NULL;

		g_free(word);
		g_regex_match(regex, g_match_info_get_string(match), 0, &set);
		word = g_match_info_matches(set) ? g_match_info_fetch(set, 1) : g_strdup("");
	}
	gsize bytes = strlen(word);
	bool quoted = bytes >= 2 && strchr("\"'", word[0]) && word[bytes - 1] == word[0];

	return quoted ? g_strndup(word + 1, bytes - 2) : g_steal_pointer(&word);
}

/* [[ $NAME =~ ^(on|true)$ ]], echo "$NAME" | grep -qE '^(on|true)$', grep … <<<"$NAME", expr */
static void found_expression(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *name = g_match_info_fetch_named(match, "name");
	g_autofree char *how = g_match_info_fetch_named(match, "how");
	g_autofree char *text = expression_text(match);
	struct script_name *compared = reader_compared(reader, name);
	g_auto(GStrv) words = compared ? expression_words(text) : NULL;
	bool anchored = how && g_str_has_prefix(how, "expr");
	bool basic = anchored || (how && g_str_has_prefix(how, "grep") && !strpbrk(how, "EP"));

	for (char **word = words; word && *word; word++)
		name_compare(compared, *word);
	if (!compared || words)
		return;
	if (anchored && *text != '^') {
		char *from_start = g_strconcat("^", text, NULL);

		g_free(text);
		text = from_start;
	}
	name_express(compared, basic ? expression_new_basic(text) : expression_new(text));
}

/* "${1#-}", "${1:0:1}" = '-', "${1%.conf}": the beginning or the end of a value is asked for. */
static void found_prefix(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *name = g_match_info_fetch(match, 1);
	g_autofree char *what = g_match_info_fetch(match, 2);
	g_autofree char *text = g_match_info_fetch(match, 3);
	g_autofree char *pattern =
		*what == '#' ? g_strdup_printf("%s*", text) : g_strdup_printf("*%s", text);
	const char *argument = reader_argument(reader, name);

	if (argument)
		name_compare(reader_name(reader, argument), pattern);
}

static void found_substring(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *name = g_match_info_fetch(match, 1);
	g_autofree char *text = g_match_info_fetch(match, 2);
	g_autofree char *pattern = g_strdup_printf("%s*", text);
	const char *argument = reader_argument(reader, name);

	if (argument)
		name_compare(reader_name(reader, argument), pattern);
}

/* The alternatives of `case "$NAME" in … esac`. */
static void found_case(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *name = g_match_info_fetch(match, 1);
	g_autofree char *body = g_match_info_fetch(match, 2);
	g_autoptr(GRegex) regex =
		g_regex_new("(?:^|;;|\\n)\\s*\\(?([^()\\n;]+)\\)", G_REGEX_RAW, 0, NULL);
	g_autoptr(GMatchInfo) alternative = NULL;

	struct script_name *compared = reader_compared(reader, name);

	if (!compared)
		return;
	g_regex_match(regex, body, 0, &alternative);
	while (g_match_info_matches(alternative)) {
		g_autofree char *patterns = g_match_info_fetch(alternative, 1);
		g_auto(GStrv) parts = g_strsplit(patterns, "|", -1);

		for (char **part = parts; *part; part++) {
			g_strstrip(*part);
			gsize bytes = strlen(*part);

			if (bytes >= 2 && strchr("\"'", (*part)[0]) &&
			    (*part)[bytes - 1] == (*part)[0]) {
				(*part)[bytes - 1] = '\0';
				memmove(*part, *part + 1, bytes - 1);
			}
			compare_glob(compared, *part);
		}
		if (!g_match_info_next(alternative, NULL))
			return;
	}
}

/* for arg in "$@": what it is compared with, each of the arguments is. */
static void found_loop(struct reader *reader, const GMatchInfo *match)
{
	g_hash_table_insert(reader->copies, g_match_info_fetch(match, 1), g_strdup("@"));
}

/* getopts p:v: -p and -v. */
static void found_options(struct reader *reader, const GMatchInfo *match)
{
	g_autofree char *letters = g_match_info_fetch(match, 1);

	for (const char *letter = letters; *letter; letter++) {
		const char option[] = {'-', *letter, '\0'};

		if (g_ascii_isalnum(*letter))
			name_compare(reader_name(reader, "@"), option);
	}
}

/* while [ $# -gt 0 ]; do case "$1" in …) shift: each argument comes to be the first. */
static void read_shifts(struct reader *reader, const GPtrArray *texts)
{
	const struct script_name *first = g_hash_table_lookup(reader->names, "1");
	bool loops = false;

	for (guint i = 0; i < texts->len && first; i++)
		loops |= g_regex_match_simple(
			"\\bwhile\\b[^\\n]*\\$(?:#|\\{#|\\{?1)(?s:.*?)\\bshift\\b", texts->pdata[i],
			G_REGEX_RAW, 0);
	for (guint i = 0; loops && i < first->patterns->len; i++)
		name_compare(reader_name(reader, "@"), first->patterns->pdata[i]);
}

/* What stands before the first reading, line by line: `NAME=…` without NAME on the right. */
static void read_assignments(struct reader *reader, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GHashTable) read = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GRegex) reading =
		g_regex_new("\\$\\{?[!#]?([A-Za-z_][A-Za-z0-9_]*)", G_REGEX_RAW, 0, NULL);
	g_autoptr(GRegex) setting = g_regex_new(
		"^\\s*(?:export\\s+|local\\s+|declare\\s+(?:-\\w+\\s+)*|readonly\\s+)?"
		"([A-Za-z_][A-Za-z0-9_]*)=|^\\s*(?:for|read(?:\\s+-\\w+)*)\\s+([A-Za-z_]\\w*)",
		G_REGEX_RAW, 0, NULL);

	for (char **line = lines; *line; line++) {
		g_autoptr(GMatchInfo) match = NULL;

		g_regex_match(reading, *line, 0, &match);
		for (; g_match_info_matches(match); g_match_info_next(match, NULL))
			g_hash_table_add(read, g_match_info_fetch(match, 1));
		g_autoptr(GMatchInfo) set = NULL;

		if (!g_regex_match(setting, *line, 0, &set))
			continue;
		g_autofree char *name = g_match_info_fetch(set, 1);

		if (!*name) {
			g_free(name);
			name = g_match_info_fetch(set, 2);
		}
		if (!g_hash_table_contains(read, name))
			g_hash_table_add(reader->assigned, g_steal_pointer(&name));
	}
}

static char *without_comments(const struct start_script *script)
{
	gsize bytes;
	const char *data = g_bytes_get_data(script->text, &bytes);
	g_autofree char *text = g_strndup(data, bytes);
	g_autoptr(GRegex) comment =
		g_regex_new("^\\s*#.*$", G_REGEX_RAW | G_REGEX_MULTILINE, 0, NULL);

	return g_regex_replace_literal(comment, text, -1, 0, "", 0, NULL);
}

#define NAME   "([A-Za-z_][A-Za-z0-9_]*)"
#define EITHER "([1-9]|[A-Za-z_][A-Za-z0-9_]*)"
#define VARIABLE                                                                                   \
	"[\"']?\\$\\{?(?<name>[A-Za-z_][A-Za-z0-9_]*|[1-9])(?:[:,^][^}\\n]*|[-=][^}\\n]*)?\\}?["   \
	"\"']?"
#define PATTERN    "[\"']?(?<pattern>[^\\s\"'\\]$;)(&|]+)[\"']?"
#define EXPRESSION "(?<pattern>\"[^\"\\n]+\"|'[^'\\n]+'|[^\\s\"';|&]+)"
#define EQUALS     "\\s+(?:=|==|!=)\\s+"
/* a word of capitals, not the first of its command, and not within a text */
#define GIVEN_NAME "(?<=[ \\t\"'])([A-Z][A-Z0-9_]*[A-Z0-9])(?=[\"']?(?:[ \\t;)]|$))"

/* The text reads variables whose names it is given: file_env PASSWORD, with ${!name} in it. */
static bool reads_by_name(const char *text)
{
	return g_regex_match_simple("\\$\\{!\\w|\\beval\\b|\\bprintenv\\s+[\"']?\\$|"
				    "\\b(?:declare|local|typeset)\\s+-\\w*n",
				    text, G_REGEX_RAW, 0);
}

/* Words that may be such names: in capitals, a word of a command by themselves. */
static void read_given_names(struct reader *reader, const char *text)
{
	bool secret = g_regex_match_simple("\\$(?:\\w|\\{\\w+\\})_FILE\\b", text, G_REGEX_RAW, 0);

	each_match(GIVEN_NAME, text, reader, found_word);
	if (secret)
		each_match(GIVEN_NAME, text, reader, found_word_secret);
}

static void read_names(struct reader *reader, const char *text)
{
	each_match("\\$" NAME, text, reader, found_name);
	/* but not ${!PREFIX_@}, all names with a prefix */
	each_match("\\$\\{[!#]?([A-Za-z_][A-Za-z0-9_]*+)(?![@*]\\})", text, reader, found_name);
	each_match("\\bprintenv\\s+[\"']?" NAME, text, reader, found_name);
	each_match("\\b\\w*(?:file_env|env_file|_get_env|secret)\\w*\\s+[\"']?([A-Z][A-Z0-9_]*)\\b",
		   text, reader, found_secret);
	each_match("\\b([A-Z][A-Z0-9_]*)_FILE\\b", text, reader, found_secret);
	each_match("\\b(?:command\\s+-[vV]|type(?:\\s+-\\w+)?|which|hash)\\s+[\"']?\\$\\{?" EITHER
		   "\\b",
		   text, reader, found_program);
	each_match("(?<![\\w/.-])([A-Z][A-Z0-9_]*_)(?![\\w{$])", text, reader,
		   found_prefix_of_names);
	if (reads_by_name(text))
		read_given_names(reader, text);
}

static void read_copies(struct reader *reader, const char *text)
{
	each_match("(?<![\\w$}{./-])" NAME "=[\"']?\\$\\{?" NAME "\\b", text, reader, found_origin);
	each_match("\\bfor\\s+" NAME
		   "(?:\\s+in\\s+[\"']?\\$(?:@|\\*|\\{[@*]\\})[\"']?)?\\s*(?:;|\\n)\\s*do\\b",
		   text, reader, found_loop);
	each_match("(?<![\\w$}{./-])" NAME
		   "=[\"']?\\$(?|([1-9])()|\\{([1-9])(?::?[-=]([\\w.-]*)|:?\\?[^}\\n]*)?\\})"
		   "(?=[\"']?(?:[\\s;)]|$))",
		   text, reader, found_copy);
}

static void read_comparisons(struct reader *reader, const char *text)
{
	each_match("\\bgetopts\\s+[\"']?([\\w:]+)", text, reader, found_options);
	each_match("(?<![\\w$}{./-])" NAME
		   "=(?:[\\w./:-]*|\"[^\"$`\\n]*\"|'[^'\\n]*'|\\$[!?$])(?=[\\s;)]|$)",
		   text, reader, found_set);
	each_match(VARIABLE EQUALS PATTERN, text, reader, found_comparison);
	each_match("(?<![^\\s\"'(=\\[])" PATTERN EQUALS VARIABLE, text, reader, found_comparison);
	each_match(VARIABLE "\\s+=~\\s+(?<pattern>\\S+)", text, reader, found_expression);
	each_match("\\b(?:echo|printf\\s+\\S+)\\s+" VARIABLE
		   "\\s*\\|\\s*(?<how>e?grep\\s+(?:-\\w+\\s+)*)" EXPRESSION,
		   text, reader, found_expression);
	each_match("\\b(?<how>e?grep\\s+(?:-\\w+\\s+)*)" EXPRESSION "\\s*<<<\\s*" VARIABLE, text,
		   reader, found_expression);
	each_match("\\b(?<how>expr\\s+)" VARIABLE "\\s+:\\s+" EXPRESSION, text, reader,
		   found_expression);
	each_match("\\$\\{" EITHER "([#%])([^#%}$*]+)\\}", text, reader, found_prefix);
	each_match("\\$\\{" NAME ":?[-=]([^}$`\"'\n]+)\\}", text, reader, found_default);
	each_match("\\$\\{?(?<name>[1-9]|[A-Za-z_]\\w*)[^\\s]*\\s+-(?:eq|ne|lt|le|gt|ge)\\s+[\"']?"
		   "(?<number>\\d{1,18})\\b",
		   text, reader, found_number);
	each_match("(?<![\\w.-])(?<number>\\d{1,18})[\"']?\\s+-(?:eq|ne|lt|le|gt|ge)\\s+[\"']?\\$"
		   "\\{?(?<name>[1-9]|[A-Za-z_]\\w*)",
		   text, reader, found_number);
	each_match("\\(\\(([^()\\n]*)\\)\\)", text, reader, found_arithmetic);
	each_match("\\$\\{?" EITHER "\\b[^\\s]*\\s+-(?:eq|ne|lt|le|gt|ge)\\s+[\"']?\\$", text,
		   reader, found_test);
	each_match("\\$\\{#" EITHER
		   "\\}[\"']?\\s*(?:-(?:eq|ne|lt|le|gt|ge)|[<>=!]=?)\\s*[\"']?(\\d{1,2})\\b",
		   text, reader, found_length);
	each_match("\\$\\{" EITHER ":0:\\d+\\}[\"']?\\s*=+\\s*[\"']?([^\\s\"'\\]]+)", text, reader,
		   found_substring);
	each_match("\\bcase\\s+[\"']?\\$\\{?" EITHER "[^\\n]*?\\bin\\b((?s:.*?))\\besac\\b", text,
		   reader, found_case);
}

/* Lower case is the script's own, where it sets it anywhere. */
static bool reader_wants(const struct reader *reader, const char *name, GHashTable *set_anywhere)
{
	if (g_ascii_isdigit(*name))
		return true;
	if (g_hash_table_contains(reader->assigned, name))
		return false;
	return g_ascii_isupper(name[0]) || !g_hash_table_contains(set_anywhere, name);
}

/* Whether the scripts compare without regard to case. */
static bool ignores_case(const char *text)
{
	return g_regex_match_simple("\\bnocasematch\\b|\\$\\{\\w+(?:,,|\\^\\^)|\\btr\\b[^\\n]*"
				    "(?:upper:|lower:|A-Z|a-z)|\\bgrep\\s+-\\w*i|\\btypeset -[ul]|"
				    "\\b(?:declare|local) -[ul]",
				    text, G_REGEX_RAW, 0);
}

/* yes, YES and Yes. */
static void name_compare_cases(struct script_name *name)
{
	for (guint i = 0, count = name->patterns->len; i < count; i++) {
		const char *pattern = name->patterns->pdata[i];
		g_autofree char *lower = g_ascii_strdown(pattern, -1);
		g_autofree char *upper = g_ascii_strup(pattern, -1);
		g_autofree char *capital = g_strdup(lower);

		*capital = g_ascii_toupper(*capital);
		name_compare(name, lower);
		name_compare(name, upper);
		name_compare(name, capital);
	}
}

static void compare_cases(struct reader *reader, const GPtrArray *texts)
{
	GHashTableIter iter;
	gpointer name, found;
	bool ignores = false;

	for (guint i = 0; i < texts->len && !ignores; i++)
		ignores = ignores_case(texts->pdata[i]);
	g_hash_table_iter_init(&iter, reader->names);
	while (ignores && g_hash_table_iter_next(&iter, &name, &found))
		if (!g_ascii_isdigit(*(char *)name))
			name_compare_cases(found);
}

/* --- files that the scripts read --- */

static bool any_mentions(const GPtrArray *texts, const char *pattern)
{
	for (guint i = 0; i < texts->len; i++)
		if (g_regex_match_simple(pattern, texts->pdata[i], G_REGEX_RAW, 0))
			return true;
	return false;
}

static bool is_library(const char *path)
{
	return g_str_has_prefix(path, "/usr/lib") || g_str_has_prefix(path, "/lib") ||
	       g_str_has_prefix(path, "/usr/share/") || g_str_has_prefix(path, "/proc/") ||
	       g_str_has_prefix(path, "/sys/");
}

/* Templates name variables: surely those of envsubst, others as it seems. And lists of defaults do,
 * where values are looked up by names. */
static void read_files(struct reader *reader, const GPtrArray *files, const GPtrArray *texts)
{
	bool substitutes = any_mentions(texts, "\\benvsubst\\b");
	bool looks_up = any_mentions(texts, "\\bENVIRON\\b|\\$\\{!\\w|\\bprintenv\\b|\\beval\\b");

	for (guint i = 0; i < files->len; i++) {
		const struct start_script *file = files->pdata[i];
		gsize bytes;
		const char *data = g_bytes_get_data(file->text, &bytes);
		g_autofree char *text = g_strndup(data, bytes);

		if (is_library(file->path))
			continue;
		each_match("\\$(?|\\{([A-Z][A-Z0-9_]*)|([A-Z][A-Z0-9_]*))", text, reader,
			   substitutes ? found_name : found_word);
		each_match(
			"(?|\\.Env\\.|%\\(ENV_|\\bENV\\[[\"']|\\bgetenv\\([\"'])([A-Z][A-Z0-9_]*)",
			text, reader, found_word);
		if (looks_up)
			each_match("^\\s*(?:export\\s+)?([A-Z][A-Z0-9_]*)\\s*=", text, reader,
				   found_word);
	}
}

static void reader_init(struct reader *reader)
{
	reader->names =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)name_free);
	reader->assigned = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	reader->copies = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	reader->origins = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static void reader_clear(struct reader *reader)
{
	g_hash_table_unref(reader->names);
	g_hash_table_unref(reader->assigned);
	g_hash_table_unref(reader->copies);
	g_hash_table_unref(reader->origins);
}

/* What a function compares its own arguments with is what the variables that it is given are
 * compared with. */
static void read_function(struct reader *reader, const struct script_function *function,
			  const GPtrArray *texts)
{
	g_autoptr(GPtrArray) variables = function_variables(function, texts);
	struct reader own;

	reader_init(&own);
	read_copies(&own, function->body);
	read_comparisons(&own, function->body);
	g_autoptr(GPtrArray) arguments = keys_sorted(own.names);

	for (guint i = 0; i < arguments->len * variables->len; i++) {
		const struct script_name *argument =
			g_hash_table_lookup(own.names, arguments->pdata[i / variables->len]);
		struct script_name *found =
			g_hash_table_lookup(reader->names, variables->pdata[i % variables->len]);

		for (guint j = 0; found && j < argument->patterns->len; j++)
			name_compare(found, argument->patterns->pdata[j]);
		for (guint j = 0; found && j < argument->expressions->len; j++)
			name_express(found, expression_ref(argument->expressions->pdata[j]));
		if (found && found->numbers->len == 0)
			g_array_append_vals(found->numbers, argument->numbers->data,
					    argument->numbers->len);
	}
	reader_clear(&own);
}

static GPtrArray *texts_of(const GPtrArray *scripts)
{
	GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < scripts->len; i++)
		g_ptr_array_add(texts, without_comments(scripts->pdata[i]));
	return texts;
}

static void read_texts(struct reader *reader, const GPtrArray *texts, GHashTable *set_anywhere)
{
	struct reader anywhere = {.assigned = set_anywhere};

	for (guint i = 0; i < texts->len; i++) {
		const char *text = texts->pdata[i];

		read_assignments(reader, text);
		read_copies(reader, text);
		read_names(reader, text);
		each_match("\\b([a-z_][a-z0-9_]*)=", text, &anywhere, found_assignment);
		each_match("\\b(?:for|read|local|declare)\\s+(?:-\\w+\\s+)*([a-z_][a-z0-9_]*)",
			   text, &anywhere, found_assignment);
	}
	for (guint i = 0; i < texts->len; i++)
		read_comparisons(reader, texts->pdata[i]);
}

GPtrArray *names_collect(const GPtrArray *scripts, const GPtrArray *files)
{
	g_autoptr(GHashTable) set_anywhere =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GPtrArray) texts = texts_of(scripts);
	g_autoptr(GPtrArray) functions = functions_find(texts);
	struct reader reader;
	GPtrArray *names = g_ptr_array_new_with_free_func((GDestroyNotify)name_free);

	reader_init(&reader);
	functions_hide(functions, texts);
	read_texts(&reader, texts, set_anywhere);
	for (guint i = 0; i < functions->len; i++)
		read_function(&reader, functions->pdata[i], texts);
	read_shifts(&reader, texts);
	read_files(&reader, files, texts);
	compare_cases(&reader, texts);
	g_autoptr(GPtrArray) sorted = keys_sorted(reader.names);

	for (guint i = 0; i < sorted->len && names->len < START_MAX_VARIABLES; i++) {
		struct script_name *name = g_hash_table_lookup(reader.names, sorted->pdata[i]);

		if (!reader_wants(&reader, name->name, set_anywhere))
			continue;
		g_hash_table_steal(reader.names, name->name);
		g_ptr_array_sort(name->patterns, text_compare);
		g_ptr_array_add(names, name);
	}
	reader_clear(&reader);
	return names;
}

char *names_of_sample(const char *name)
{
	return g_strdup_printf("%.*s*", (int)(strlen(name) - strlen(SAMPLE_ENDING)), name);
}
