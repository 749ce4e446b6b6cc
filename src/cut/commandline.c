/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/commandline.h"

#include <string.h>

struct reader {
	const char *at;
	const char *problem;
	GString *word;
	bool quoted;   /* some part of the word was: it is no reserved word, no assignment */
	size_t equals; /* 1 + where in the word an unquoted `=` was first */
};

static bool refuse(struct reader *reader, const char *problem)
{
	reader->problem = problem;
	return false;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What a byte outside quotes means to a shell, NULL for itself alone. */
static const char *meaning_of(const char *at)
{
	switch (*at) {
	case '|':
		return at[1] == '|' ? "a list (||)" : "a pipe (|)";
	case '&':
		return at[1] == '&' ? "a list (&&)" : "a command in the background (&)";
	case ';':
		return "a list (;)";
	case '\n':
		return "more than one line";
	case '<':
	case '>':
		return "a redirection (< or >)";
	case '(':
	case ')':
		return "a subshell ( )";
	case '$':
		return "an expansion ($)";
	case '`':
		return "a command substitution (`)";
	case '*':
	case '?':
	case '[':
		return "a file name pattern (*, ? or [)";
	case '{':
		return at[1] == '}' ? NULL : "a brace expansion or group ({)";
	default:
		return NULL;
	}
}

/* `~` is a home at the start of a word and of a value. */
static bool is_home(const struct reader *reader)
{
	size_t length = reader->word->len;
	char before = length > 0 ? reader->word->str[length - 1] : '\0';

	return *reader->at == '~' && ((length == 0 && !reader->quoted) ||
				      (reader->equals > 0 && (before == '=' || before == ':')));
}

static bool read_single_quoted(struct reader *reader)
{
	const char *end = strchr(reader->at, '\'');

	if (!end)
		return refuse(reader, "a quote that does not end (')");
	g_string_append_len(reader->word, reader->at, end - reader->at);
	reader->at = end + 1;
	return true;
}

static bool read_double_quoted(struct reader *reader)
{
	for (; *reader->at != '"'; reader->at++) {
		if (*reader->at == '\0')
			return refuse(reader, "a quote that does not end (\")");
		if (*reader->at == '$' || *reader->at == '`')
			return refuse(reader, meaning_of(reader->at));
		if (*reader->at == '\\' && reader->at[1] == '\n')
			return refuse(reader, "more than one line");
		/* before anything else the backslash is itself */
		if (*reader->at == '\\' && reader->at[1] && strchr("$`\"\\", reader->at[1]))
			reader->at++;
		g_string_append_c(reader->word, *reader->at);
	}
	reader->at++;
	return true;
}

static bool read_escaped(struct reader *reader)
{
	if (*reader->at == '\0')
		return refuse(reader, "a backslash at the end");
	if (*reader->at == '\n')
		return refuse(reader, "more than one line");
	g_string_append_c(reader->word, *reader->at++);
	return true;
}

static bool read_part(struct reader *reader)
{
	char c = *reader->at;
	const char *meaning = meaning_of(reader->at);

	if (c == '\'' || c == '"' || c == '\\') {
		reader->quoted = true;
		reader->at++;
		return c == '\''  ? read_single_quoted(reader)
		       : c == '"' ? read_double_quoted(reader)
				  : read_escaped(reader);
	}
	if (meaning)
		return refuse(reader, meaning);
	if (is_home(reader))
		return refuse(reader, "a home directory (~)");
	if (c == '#' && reader->word->len == 0 && !reader->quoted)
		return refuse(reader, "a comment (#)");
	if (c == '=' && !reader->quoted && reader->equals == 0)
		reader->equals = reader->word->len + 1;
	g_string_append_c(reader->word, c);
	reader->at++;
	return true;
}

static bool read_word(struct reader *reader)
{
	g_string_truncate(reader->word, 0);
	reader->quoted = false;
	reader->equals = 0;
	while (*reader->at && !is_blank(*reader->at)) {
		if (*reader->at == '\n' && reader->at[strspn(reader->at, " \t\n")] == '\0')
			return true; /* newlines at the end say nothing */
		if (!read_part(reader))
			return false;
	}
	return true;
}

/* NAME=, with nothing of the name quoted. */
static bool is_assignment(const struct reader *reader)
{
	const char *word = reader->word->str;

	if (reader->equals < 2 || g_ascii_isdigit(word[0]))
		return false;
	for (size_t i = 0; i + 1 < reader->equals; i++) {
		if (!g_ascii_isalnum(word[i]) && word[i] != '_')
			return false;
	}
	return true;
}

static bool is_reserved(const struct reader *reader)
{
	static const char *const words[] = {
		"!",      "{",    "}",    "[[",    "]]",    "case",     "coproc", "do",
		"done",   "elif", "else", "esac",  "fi",    "for",      "if",     "in",
		"select", "then", "time", "until", "while", "function", NULL};

	return !reader->quoted && g_strv_contains(words, reader->word->str);
}

/* A redirection at the start of a word: an optional digit, and < or >. */
static bool is_redirection(const struct reader *reader)
{
	const char *at = reader->at + (g_ascii_isdigit(*reader->at) ? 1 : 0);

	return *at == '<' || *at == '>';
}

/* "2>&1", ">/dev/null", "< /dev/null": what another one does would be an interpreter's work. */
static bool read_redirection(struct reader *reader, struct commandline *line)
{
	static const char refused[] = "a redirection (< or >) of another kind than from or to "
				      "/dev/null, 2>&1 or 1>&2";
	bool numbered = g_ascii_isdigit(*reader->at);
	char stream = *reader->at;
	char operator;

	reader->at += numbered;
	operator= * reader->at++;
	if (!numbered)
		stream = operator== '<' ? '0' : '1';
	if (operator== '>' &&(*reader->at == '>' || *reader->at == '&')) {
		if (*reader->at++ == '&') {
			char target = *reader->at;

			if (!((stream == '2' && target == '1') ||
			      (stream == '1' && target == '2')) ||
			    (reader->at[1] && !is_blank(reader->at[1]) && reader->at[1] != '\n'))
				return refuse(reader, refused);
			reader->at++;
			g_ptr_array_add(line->redirections,
					g_strdup_printf("%c>&%c", stream, target));
			return true;
		}
	}
	reader->at += strspn(reader->at, " \t");
	if (meaning_of(reader->at))
		return refuse(reader, refused);
	if (!read_word(reader))
		return false;
	if (strcmp(reader->word->str, "/dev/null") != 0 || (stream == '0') != (operator== '<') ||
	    stream > '2')
		return refuse(reader, refused);
	g_ptr_array_add(line->redirections, g_strdup_printf("%c%c/dev/null", stream, operator));
	return true;
}

static bool read_line(struct reader *reader, struct commandline *line)
{
	for (;;) {
		reader->at += strspn(reader->at, " \t");
		if (reader->at[strspn(reader->at, " \t\n")] == '\0')
			return true;
		if (is_redirection(reader)) {
			if (!read_redirection(reader, line))
				return false;
			continue;
		}
		if (!read_word(reader))
			return false;
		if (line->words->len == 0 && is_assignment(reader)) {
			g_ptr_array_add(line->assignments, g_strdup(reader->word->str));
			continue;
		}
		if (line->words->len == 0 && is_reserved(reader))
			return refuse(reader, "a reserved word of the shell");
		if (line->words->len + line->assignments->len + line->redirections->len >=
		    COMMANDLINE_MAX_WORDS)
			return refuse(reader, "more than 1024 words");
		g_ptr_array_add(line->words, g_strdup(reader->word->str));
	}
}

/* `exec PROGRAM`: the shell would become the program, as the broker does anyway. */
static const char *drop_exec(struct commandline *line)
{
	const char *next;

	if (line->words->len == 0)
		return "no command";
	if (strcmp(line->words->pdata[0], "exec") != 0)
		return NULL;
	next = line->words->len > 1 ? line->words->pdata[1] : "";
	if (*next == '\0' || *next == '-')
		return "exec without a program, or with options";
	g_ptr_array_remove_index(line->words, 0);
	return NULL;
}

bool commandline_parse(const char *text, struct commandline *ret_line, const char **ret_problem)
{
	g_autoptr(GString) word = g_string_new(NULL);
	struct reader reader = {.at = text, .word = word};
	struct commandline line = {
		.assignments = g_ptr_array_new_with_free_func(g_free),
		.redirections = g_ptr_array_new_with_free_func(g_free),
		.words = g_ptr_array_new_with_free_func(g_free),
	};

	if (strlen(text) > COMMANDLINE_MAX_BYTES)
		reader.problem = "more than 32 KiB";
	else if (read_line(&reader, &line))
		reader.problem = drop_exec(&line);
	if (!reader.problem) {
		*ret_line = line;
		return true;
	}
	*ret_problem = reader.problem;
	commandline_clear(&line);
	return false;
}

void commandline_clear(struct commandline *line)
{
	g_clear_pointer(&line->assignments, g_ptr_array_unref);
	g_clear_pointer(&line->redirections, g_ptr_array_unref);
	g_clear_pointer(&line->words, g_ptr_array_unref);
}
