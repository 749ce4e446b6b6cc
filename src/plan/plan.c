/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include <string.h>

enum { UID_MAX_VALUE = 0xfffffffe, MODE_MAX = 07777, UMASK_MAX = 0777, SIGNAL_MAX = 64 };

enum word_type {
	WORDS_ANY,    /* any words, at least min */
	WORDS_PATHS,  /* every word is a path */
	WORDS_SEARCH, /* DIR[:DIR...] */
	WORDS_PATH_MODE,
	WORDS_UMASK,
	WORDS_ID,
	WORDS_STAY,
};

struct rule {
	const char *name;
	uint16_t min;
	uint16_t max;
	uint8_t type; /* enum word_type */
	bool once;
};

static const struct rule rules[PLAN_KINDS] = {
	[PLAN_ENTRY] = {"entry", 1, UINT16_MAX, WORDS_ANY, true},
	[PLAN_DEFAULT] = {"default", 1, UINT16_MAX, WORDS_ANY, true},
	[PLAN_SEARCH] = {"search", 1, 1, WORDS_SEARCH, true},
	[PLAN_HOME] = {"home", 1, 1, WORDS_PATHS, true},
	[PLAN_DIRECTORY] = {"directory", 2, 2, WORDS_PATH_MODE, false},
	[PLAN_SEED] = {"seed", 2, 2, WORDS_PATHS, false},
	[PLAN_LINKS] = {"links", 2, 2, WORDS_PATHS, false},
	[PLAN_COPY] = {"copy", 2, 2, WORDS_PATHS, false},
	[PLAN_UMASK] = {"umask", 1, 1, WORDS_UMASK, true},
	[PLAN_ID] = {"id", 2, UINT16_MAX, WORDS_ID, true},
	[PLAN_NO_NEW_PRIVILEGES] = {"no-new-privileges", 0, 0, WORDS_ANY, true},
	[PLAN_LANDLOCK_READ] = {"landlock-read", 1, 1, WORDS_PATHS, false},
	[PLAN_LANDLOCK_WRITE] = {"landlock-write", 1, 1, WORDS_PATHS, false},
	[PLAN_LANDLOCK_EXECUTE] = {"landlock-execute", 1, 1, WORDS_PATHS, false},
	[PLAN_LANDLOCK_WRITE_EXECUTE] = {"landlock-write-execute", 1, 1, WORDS_PATHS, false},
	[PLAN_LANDLOCK_REQUIRED] = {"landlock-required", 0, 0, WORDS_ANY, true},
	[PLAN_SECCOMP] = {"seccomp", 1, 1, WORDS_PATHS, true},
	[PLAN_STAY] = {"stay", 1, 2, WORDS_STAY, true},
};

static const char header[] = "thresh-plan";

const char *plan_kind_name(enum plan_kind kind)
{
	return rules[kind].name;
}

const struct plan_directive *plan_find(const struct plan *plan, enum plan_kind kind)
{
	return plan->single[kind] ? &plan->directives[plan->single[kind] - 1] : NULL;
}

const char *plan_word_next(const char *word)
{
	return word + strlen(word) + 1;
}

const char *plan_word(const struct plan_directive *directive, size_t index)
{
	const char *word = directive->words;

	while (index-- > 0)
		word = plan_word_next(word);
	return word;
}

static bool number_parse(const char *word, uint32_t base, uint32_t max, uint32_t *ret_value)
{
	uint64_t value = 0;

	if (*word == '\0' || strlen(word) > 11)
		return false;
	for (; *word; word++) {
		if (*word < '0' || *word >= (char)('0' + base))
			return false;
		value = value * base + (uint32_t)(*word - '0');
	}
	if (value > max)
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

bool plan_decimal(const char *word, uint32_t max, uint32_t *ret_value)
{
	if (word[0] == '0' && word[1] != '\0')
		return false;
	return number_parse(word, 10, max, ret_value);
}

bool plan_octal(const char *word, uint32_t max, uint32_t *ret_value)
{
	return number_parse(word, 8, max, ret_value);
}

bool plan_path_is_clean(const char *path)
{
	size_t length = strlen(path);

	if (path[0] != '/' || length > PLAN_MAX_PATH_BYTES)
		return false;
	if (length == 1)
		return true;
	for (const char *name = path + 1;;) {
		size_t bytes = strcspn(name, "/");

		if (bytes == 0 || (bytes == 1 && name[0] == '.') ||
		    (bytes == 2 && name[0] == '.' && name[1] == '.'))
			return false;
		if (name[bytes] == '\0')
			return true;
		name += bytes + 1;
	}
}

static bool search_is_clean(const char *word)
{
	for (;;) {
		char directory[PLAN_MAX_PATH_BYTES + 1];
		size_t bytes = strcspn(word, ":");

		if (bytes > PLAN_MAX_PATH_BYTES)
			return false;
		memcpy(directory, word, bytes);
		directory[bytes] = '\0';
		if (!plan_path_is_clean(directory))
			return false;
		if (word[bytes] == '\0')
			return true;
		word += bytes + 1;
	}
}

/* What is wrong with the words of a directive, or NULL. */
static const char *words_check(const struct plan_directive *directive, enum word_type type)
{
	const char *word = directive->words;
	uint32_t value;

	switch (type) {
	case WORDS_ANY:
		return NULL;
	case WORDS_PATHS:
		for (size_t i = 0; i < directive->count; i++, word = plan_word_next(word)) {
			if (!plan_path_is_clean(word))
				return "not a clean absolute path";
		}
		return NULL;
	case WORDS_SEARCH:
		return search_is_clean(word) ? NULL : "not a list of clean absolute paths";
	case WORDS_PATH_MODE:
		if (!plan_path_is_clean(word))
			return "not a clean absolute path";
		return plan_octal(plan_word_next(word), MODE_MAX, &value) ? NULL
									  : "not a mode in octal";
	case WORDS_UMASK:
		return plan_octal(word, UMASK_MAX, &value) ? NULL : "not a umask in octal";
	case WORDS_ID:
		for (size_t i = 0; i < directive->count; i++, word = plan_word_next(word)) {
			if (!plan_decimal(word, UID_MAX_VALUE, &value))
				return "not a numeric id";
		}
		return NULL;
	case WORDS_STAY:
		if (!plan_decimal(word, PLAN_MAX_GRACE_MS, &value))
			return "not a time in milliseconds of at most a day";
		if (directive->count == 2 &&
		    (!plan_decimal(plan_word_next(word), SIGNAL_MAX, &value) || value == 0))
			return "not a signal number";
		return NULL;
	}
	return "unknown kind of words";
}

struct reader {
	const char *read; /* next raw byte */
	const char *end;  /* the line's newline */
	char *write;      /* next decoded byte; never beyond read */
};

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A backslash was read: the byte that it stands for, or -1. NUL cannot be part of a word. */
static int escape_read(struct reader *reader)
{
	int high, low;

	if (reader->read == reader->end)
		return -1;
	switch (*reader->read++) {
	case '"':
		return '"';
	case '\\':
		return '\\';
	case 'x':
		if (reader->end - reader->read < 2)
			return -1;
		high = hex_value(*reader->read++);
		low = hex_value(*reader->read++);
		return high < 0 || low < 0 || (high | low) == 0 ? -1 : high << 4 | low;
	default:
		return -1;
	}
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

static const char *quoted_read(struct reader *reader)
{
	for (reader->read++;;) {
		int byte;

		if (reader->read == reader->end)
			return "a quoted word that does not end";
		if (*reader->read == '"')
			break;
		if (is_control(*reader->read))
			return "a control character (write \\xNN)";
		byte = *reader->read++;
		if (byte == '\\')
			byte = escape_read(reader);
		if (byte == -1)
			return "an escape other than \\\", \\\\ and \\xNN";
		*reader->write++ = (char)byte;
	}
	reader->read++;
	return NULL;
}

static const char *bare_read(struct reader *reader)
{
	if (reader->read == reader->end || *reader->read == ' ')
		return "an empty word (words are separated by one space; \"\" is the empty word)";
	if (*reader->read == '#')
		return "a word that starts with # (quote it)";
	for (; reader->read < reader->end && *reader->read != ' '; reader->read++) {
		char c = *reader->read;

		if (is_control(c) || (unsigned char)c > 0x7e || c == '"' || c == '\\')
			return "a bare word with a byte that must be quoted";
		*reader->write++ = c;
	}
	return NULL;
}

/* Decodes one word and the space behind it. */
static const char *word_read(struct reader *reader)
{
	const char *problem = reader->read < reader->end && *reader->read == '"'
				      ? quoted_read(reader)
				      : bare_read(reader);

	if (problem)
		return problem;
	if (reader->read < reader->end && *reader->read != ' ')
		return "no space behind a quoted word";
	/* A space or the newline was read, so the NUL overtakes nothing. */
	if (reader->read < reader->end && ++reader->read == reader->end)
		return "a space at the end of the line";
	*reader->write++ = '\0';
	return NULL;
}

/* Decodes a line in place: its words as NUL-terminated strings from @line on. */
static const char *line_decode(char *line, char *end, uint32_t *ret_words)
{
	struct reader reader = {.read = line, .end = end, .write = line};
	uint32_t words = 0;

	while (reader.read < end) {
		const char *problem = word_read(&reader);

		if (problem)
			return problem;
		if (++words > UINT16_MAX)
			return "too many words";
	}
	*ret_words = words;
	return NULL;
}

static const char *header_check(const char *words, uint32_t count)
{
	if (count != 2 || strcmp(words, header) != 0)
		return "not a plan (the first line is not `thresh-plan 1`)";
	if (strcmp(plan_word_next(words), "1") != 0)
		return "a plan of another version than 1";
	return NULL;
}

static const char *directive_add(struct plan *plan, const char *words, uint32_t count,
				 uint32_t line)
{
	struct plan_directive *directive = &plan->directives[plan->count];
	uint32_t kind = 0;

	while (kind < PLAN_KINDS && strcmp(rules[kind].name, words) != 0)
		kind++;
	if (kind == PLAN_KINDS)
		return strcmp(words, header) == 0 ? "a second `thresh-plan`"
						  : "an unknown directive";
	if (count - 1 < rules[kind].min || count - 1 > rules[kind].max)
		return "a wrong number of words";
	if (rules[kind].once && plan->single[kind])
		return "a second directive of a kind that may be there once";
	directive->kind = (uint8_t)kind;
	directive->line = line;
	directive->count = (uint16_t)(count - 1);
	directive->words = plan_word_next(words);
	plan->count++;
	if (rules[kind].once)
		plan->single[kind] = plan->count;
	return words_check(directive, rules[kind].type);
}

static const char *line_parse(struct plan *plan, char *line, char *end, uint32_t number)
{
	const char *problem;
	uint32_t words = 0;

	if (end - line > PLAN_MAX_LINE_BYTES)
		return "a line of more than 65,536 bytes";
	if (number > 1 && (line == end || *line == '#'))
		return NULL;
	problem = line_decode(line, end, &words);
	if (problem)
		return problem;
	if (number == 1)
		return header_check(line, words);
	return directive_add(plan, line, words, number);
}

static bool path_lies_below(const char *path, const char *directory)
{
	size_t bytes = strlen(directory);

	return strncmp(path, directory, bytes) == 0 && path[bytes] == '/';
}

/* Relations between directives: a copy replaces one link of a farm, so it lies below one. */
static bool copies_check(const struct plan *plan, struct plan_error *ret_error)
{
	for (uint32_t i = 0; i < plan->count; i++) {
		const struct plan_directive *copy = &plan->directives[i];
		bool found = copy->kind != PLAN_COPY;

		for (uint32_t j = 0; j < plan->count && !found; j++) {
			const struct plan_directive *links = &plan->directives[j];

			found = links->kind == PLAN_LINKS &&
				path_lies_below(copy->words, links->words);
		}
		if (!found) {
			ret_error->line = copy->line;
			ret_error->text = "a copy that lies below no `links`";
			return false;
		}
	}
	return true;
}

bool plan_parse(char *text, size_t size_bytes, struct plan *ret_plan, struct plan_error *ret_error)
{
	char *end = text + size_bytes;
	uint32_t line = 0;

	ret_plan->count = 0;
	memset(ret_plan->single, 0, sizeof(ret_plan->single));
	ret_error->line = 0;
	ret_error->text = "empty";
	if (size_bytes == 0)
		return false;
	ret_error->text = "larger than 262,144 bytes";
	if (size_bytes > PLAN_MAX_BYTES)
		return false;
	ret_error->text = "cut off: the last line has no newline";
	if (end[-1] != '\n')
		return false;
	for (char *start = text; start < end;) {
		char *newline = memchr(start, '\n', (size_t)(end - start));

		ret_error->line = ++line;
		ret_error->text = "more than 4,096 lines";
		if (line > PLAN_MAX_LINES)
			return false;
		ret_error->text = line_parse(ret_plan, start, newline, line);
		if (ret_error->text)
			return false;
		start = newline + 1;
	}
	return copies_check(ret_plan, ret_error);
}

static bool is_bare(const char *word)
{
	if (*word == '\0' || *word == '#')
		return false;
	for (; *word; word++) {
		if (*word <= ' ' || (unsigned char)*word > 0x7e || *word == '"' || *word == '\\')
			return false;
	}
	return true;
}

size_t plan_quote(const char *word, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";
	char *out = ret_text;

	if (is_bare(word)) {
		size_t bytes = strlen(word);

		memcpy(ret_text, word, bytes + 1);
		return bytes;
	}
	*out++ = '"';
	for (; *word; word++) {
		unsigned char byte = (unsigned char)*word;

		if (byte == '"' || byte == '\\') {
			*out++ = '\\';
			*out++ = (char)byte;
		} else if (byte < ' ' || byte > 0x7e) {
			*out++ = '\\';
			*out++ = 'x';
			*out++ = digits[byte >> 4];
			*out++ = digits[byte & 15];
		} else {
			*out++ = (char)byte;
		}
	}
	*out++ = '"';
	*out = '\0';
	return (size_t)(out - ret_text);
}
