/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/xtrace.h"

#include "entrypoint/record.h"

#include <stdlib.h>
#include <string.h>

enum { SEPARATOR = 0x1f };

/* --- pieces --- */

/* Where the mark ends, behind any number of '+'; NULL where it is not there. */
static const char *behind_mark(const char *text, const char *mark)
{
	size_t level = strspn(text, "+");

	if (level == 0 || !g_str_has_prefix(text + level, mark))
		return NULL;
	text += level + strlen(mark);
	return *text == SEPARATOR ? text + 1 : NULL;
}

/* Whether all quotes are closed. */
static bool is_balanced(const GPtrArray *pieces)
{
	char quote = '\0';

	for (guint i = 0; i < pieces->len; i++) {
		for (const char *p = pieces->pdata[i]; *p; p++) {
			if (*p == '\\' && quote != '\'' && p[1])
				p++;
			else if (quote == '\0' && (*p == '\'' || *p == '"'))
				quote = *p;
			else if (*p == quote)
				quote = '\0';
		}
	}
	return quote == '\0';
}

static void add_piece(struct xtrace *trace, const char *text)
{
	size_t length = strlen(text) + 1;

	if (trace->size_bytes + length > XTRACE_MAX_BYTES)
		return;
	trace->size_bytes += length;
	g_ptr_array_add(trace->pieces, g_strdup(text));
}

bool xtrace_begins(const char *mark, const char *data, size_t size_bytes)
{
	g_autofree char *text = g_strndup(data, size_bytes);

	return behind_mark(text, mark) != NULL;
}

enum xtrace_result xtrace_feed(struct xtrace *trace, const char *mark, const char *data,
			       size_t size_bytes)
{
	g_autofree char *text = g_strndup(data, size_bytes);
	const char *begin = behind_mark(text, mark);
	size_t length;

	if (begin) {
		xtrace_clear(trace);
		trace->pieces = g_ptr_array_new_with_free_func(g_free);
	} else if (!trace->pieces) {
		return XTRACE_FOREIGN;
	}
	add_piece(trace, begin ? begin : text);
	length = strlen(text);
	if (length == 0 || text[length - 1] != '\n')
		return XTRACE_PART;
	return strcmp(text, "\n") == 0 || is_balanced(trace->pieces) ? XTRACE_LINE : XTRACE_PART;
}

void xtrace_clear(struct xtrace *trace)
{
	g_clear_pointer(&trace->pieces, g_ptr_array_unref);
	trace->size_bytes = 0;
}

/* --- words --- */

/* One escape of $'…', bash(1) "QUOTING"; answers how many bytes it has behind the backslash. */
static size_t append_escape(GString *word, const char *p)
{
	static const char names[] = "abefnrtv", values[] = "\a\b\033\f\n\r\t\v";
	const char *name = strchr(names, *p);
	char octal[4] = "";

	if (name && *p) {
		g_string_append_c(word, values[name - names]);
		return 1;
	}
	if (*p >= '0' && *p <= '7') {
		size_t digits = strspn(p, "01234567");

		g_strlcpy(octal, p, MIN(digits, 3) + 1);
		g_string_append_c(word, (char)strtoul(octal, NULL, 8));
		return strlen(octal);
	}
	g_string_append_c(word, *p);
	return 1;
}

/* Takes one quoted part at @p (behind the quote) and answers where it ends. */
static const char *append_quoted(GString *word, const char *p, char quote, bool escapes)
{
	while (*p && *p != quote) {
		if (escapes && *p == '\\' && p[1])
			p += 1 + append_escape(word, p + 1);
		else if (quote == '"' && *p == '\\' && p[1] && strchr("$`\"\\", p[1]))
			g_string_append_c(word, p[1]), p += 2;
		else
			g_string_append_c(word, *p++);
	}
	return *p ? p + 1 : p;
}

/* The next word of @text without its quotes; NULL at the end. */
static char *next_word(const char **text)
{
	const char *p = *text + strspn(*text, " \t\n");
	g_autoptr(GString) word = g_string_new(NULL);

	if (!*p)
		return NULL;
	while (*p && !strchr(" \t\n", *p)) {
		if (*p == '$' && p[1] == '\'')
			p = append_quoted(word, p + 2, '\'', true);
		else if (*p == '\'' || *p == '"')
			p = append_quoted(word, p + 1, *p, false);
		else if (*p == '\\' && p[1])
			g_string_append_c(word, p[1]), p += 2;
		else
			g_string_append_c(word, *p++);
	}
	*text = p;
	return g_string_free(g_steal_pointer(&word), FALSE);
}

static GPtrArray *split(const char *text)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	char *word;

	while ((word = next_word(&text)))
		g_ptr_array_add(words, word);
	return words;
}

/* Each piece is one word, with a blank before all but the first. */
static GPtrArray *words_of_pieces(const GPtrArray *pieces, enum xtrace_quoting quoting)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 1; i < pieces->len; i++) {
		const char *piece = pieces->pdata[i];

		if (i + 1 == pieces->len && strcmp(piece, "\n") == 0)
			break;
		piece += i > 1 && *piece == ' ';
		if (quoting == XTRACE_QUOTED) {
			char *word = next_word(&piece);

			g_ptr_array_add(words, word ? word : g_strdup(""));
		} else {
			g_ptr_array_add(words, g_strdup(piece));
		}
	}
	return words;
}

static char *join(const GPtrArray *pieces)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; i < pieces->len; i++)
		g_string_append(text, pieces->pdata[i]);
	while (text->len > 0 && text->str[text->len - 1] == '\n')
		g_string_truncate(text, text->len - 1);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

bool xtrace_take(struct xtrace *trace, enum xtrace_quoting quoting, struct xtrace_line *ret_line)
{
	g_autoptr(GPtrArray) pieces = g_steal_pointer(&trace->pieces);
	g_autofree char *whole = pieces ? join(pieces) : NULL;
	char *line = whole ? strchr(whole, SEPARATOR) : NULL;
	char *text = line ? strchr(line + 1, SEPARATOR) : NULL;
	const char *head;

	xtrace_clear(trace);
	if (!text)
		return false;
	*line++ = '\0';
	*text++ = '\0';
	/* In pieces where the first one is the prompt alone. */
	head = pieces->pdata[0];
	ret_line->words =
		g_str_has_suffix(head, "\x1f") ? words_of_pieces(pieces, quoting) : split(text);
	ret_line->script = g_strdup(whole);
	ret_line->line = (guint)strtoul(line, NULL, 10);
	ret_line->text = g_strdup(text);
	return true;
}

void xtrace_line_clear(struct xtrace_line *line)
{
	g_free(line->script);
	g_free(line->text);
	g_clear_pointer(&line->words, g_ptr_array_unref);
}

/* --- tests --- */

static void add_test(GPtrArray *tests, bool negated, const char *operator, const char * operand,
		     const char *other)
{
	struct start_test *test = g_new0(struct start_test, 1);

	test->negated = negated;
	test->operator= g_strdup(operator);
	test->operand = g_strdup(operand);
	test->other = g_strdup(other);
	g_ptr_array_add(tests, test);
}

static bool is_unary(const char *word)
{
	return word[0] == '-' && g_ascii_isalpha(word[1]) && word[2] == '\0';
}

/* One primary of test(1) in @words[@start, @end). */
static void add_primary(const GPtrArray *words, guint start, guint end, GPtrArray *tests)
{
	bool negated = false;
	char **word = (char **)words->pdata;

	while (start < end && strcmp(word[start], "(") == 0)
		start++;
	while (end > start && strcmp(word[end - 1], ")") == 0)
		end--;
	for (; end - start > 1 && strcmp(word[start], "!") == 0; start++)
		negated = !negated;
	if (end - start == 1)
		add_test(tests, negated, "-n", word[start], NULL);
	else if (end - start == 2 && is_unary(word[start]))
		add_test(tests, negated, word[start], word[start + 1], NULL);
	else if (end - start == 3)
		add_test(tests, negated, word[start + 1], word[start], word[start + 2]);
}

/* `test` and `[`: primaries between -a and -o. */
static void add_primaries(const GPtrArray *words, guint end, GPtrArray *tests)
{
	guint start = 1;

	for (guint i = 1; i < end; i++) {
		const char *word = words->pdata[i];

		/* An operator has something on both sides; -a FILE has nothing before. */
		if ((strcmp(word, "-a") != 0 && strcmp(word, "-o") != 0) || i == start)
			continue;
		add_primary(words, start, i, tests);
		start = i + 1;
	}
	add_primary(words, start, end, tests);
}

/* bash prints each primary of [[ ]] alone, its operands without quotes. */
static void add_conditional(const char *text, GPtrArray *tests)
{
	static const char *const binary[] = {" == ",  " != ",  " =~ ",  " = ",   " -eq ",
					     " -ne ", " -lt ", " -le ", " -gt ", " -ge ",
					     " -nt ", " -ot ", " -ef ", NULL};
	const char *start = text + strlen("[[ ");
	size_t length = strlen(start);
	g_autofree char *inner = NULL;
	char unary[] = "-?";
	bool negated = false;
	char *p;

	if (length < 3 || strcmp(start + length - 3, " ]]") != 0)
		return;
	p = inner = g_strndup(start, length - 3);
	for (; g_str_has_prefix(p, "! "); p += 2)
		negated = !negated;
	if (p[0] == '-' && g_ascii_isalpha(p[1]) && p[2] == ' ') {
		unary[1] = p[1];
		add_test(tests, negated, unary, p + 3, NULL);
		return;
	}
	for (guint i = 0; binary[i]; i++) {
		char *at = strstr(p, binary[i]);
		g_autofree char *operator= NULL;

		if (!at)
			continue;
		*at = '\0';
		operator= g_strstrip(g_strdup(binary[i]));
		add_test(tests, negated, operator, p, at + strlen(binary[i]));
		return;
	}
}

void xtrace_tests(const struct xtrace_line *line, GPtrArray *tests)
{
	const GPtrArray *words = line->words;
	const char *first = words->len > 0 ? words->pdata[0] : "";

	if (strcmp(first, "test") == 0)
		add_primaries(words, words->len, tests);
	else if (strcmp(first, "[") == 0 && words->len > 1)
		add_primaries(words, words->len - 1, tests);
	else if (g_str_has_prefix(line->text, "[[ "))
		add_conditional(line->text, tests);
}
