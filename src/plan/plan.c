/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include "plan/structure.h"
#include "plan/words.h"

#include <string.h>

enum rule_flags {
	ONCE = 1,
	WHOLE = 2, /* never in a block: what the application may do is not a matter of its
		      environment */
};

struct rule {
	const char *name;
	const char *words; /* signature, words.h */
	uint8_t flags;
};

static const struct rule rules[PLAN_KINDS] = {
	[PLAN_ENTRY] = {"entry", "w+", ONCE | WHOLE},
	[PLAN_DEFAULT] = {"default", "w+", ONCE | WHOLE},
	[PLAN_SEARCH] = {"search", "h", ONCE | WHOLE},
	[PLAN_HOME] = {"home", "p", ONCE | WHOLE},
	[PLAN_IF] = {"if", "1", 0},
	[PLAN_ELSE] = {"else", "", 0},
	[PLAN_END] = {"end", "", 0},
	[PLAN_SET] = {"set", "nt", 0},
	[PLAN_LET] = {"let", "nt", 0},
	[PLAN_ESCAPE] = {"escape", "nte+", 0},
	[PLAN_SLICE] = {"slice", "nt8", 0},
	[PLAN_UNSET] = {"unset", "N", 0},
	[PLAN_EXPORT] = {"export", "n", 0},
	[PLAN_VALUE] = {"value", "nt", 0},
	[PLAN_REQUIRE] = {"require", "nt?", 0},
	[PLAN_FORBID] = {"forbid", "nt?", 0},
	[PLAN_CHECK] = {"check", "n7", 0},
	[PLAN_FAIL] = {"fail", "st", 0},
	[PLAN_PRINT] = {"print", "t", 0},
	[PLAN_SECRET] = {"secret", "n", 0},
	[PLAN_READ] = {"read", "nq", 0},
	[PLAN_FACT] = {"fact", "n4", 0},
	[PLAN_RANDOM] = {"random", "nb5", 0},
	[PLAN_ARGUMENTS] = {"arguments", "l*", 0},
	[PLAN_ARGUMENT] = {"argument", "l+", 0},
	[PLAN_SHIFT] = {"shift", "c", 0},
	[PLAN_EXEC] = {"exec", "l+", 0},
	[PLAN_DIRECTORY] = {"directory", "qo", 0},
	[PLAN_SEED] = {"seed", "pp", 0},
	[PLAN_LINKS] = {"links", "pp", 0},
	[PLAN_COPY] = {"copy", "pp", WHOLE},
	[PLAN_FILE] = {"file", "qot", 0},
	[PLAN_APPEND] = {"append", "qt", 0},
	[PLAN_TEMPLATE] = {"template", "qop", 0},
	[PLAN_PROVIDE] = {"provide", "qp", 0},
	[PLAN_EDIT] = {"edit", "qkkt", 0},
	[PLAN_REPLACE] = {"replace", "qtf+", 0},
	[PLAN_ENSURE] = {"ensure", "qtf+", 0},
	[PLAN_COMPLETE] = {"complete", "qtf+", 0},
	[PLAN_SYMLINK] = {"symlink", "qt", 0},
	[PLAN_REMOVE] = {"remove", "q", 0},
	[PLAN_MODE] = {"mode", "qo", 0},
	[PLAN_OWNER] = {"owner", "qiiW?", 0},
	[PLAN_AS] = {"as", "iii*", 0},
	[PLAN_IN] = {"in", "q", 0},
	[PLAN_WITH] = {"with", "nt", 0},
	[PLAN_WITHOUT] = {"without", "n", 0},
	[PLAN_INPUT] = {"input", "t", 0},
	[PLAN_INPUT_FILE] = {"input-file", "q", 0},
	[PLAN_OUTPUT] = {"output", "q", 0},
	[PLAN_RETRY] = {"retry", "cm", 0},
	[PLAN_ACCEPT] = {"accept", "S+", 0},
	[PLAN_RUN] = {"run", "l+", 0},
	[PLAN_START] = {"start", "zl+", 0},
	[PLAN_AWAIT] = {"await", "z2", 0},
	[PLAN_STOP] = {"stop", "zgm", 0},
	[PLAN_ESSENTIAL] = {"essential", "z", 0},
	[PLAN_WAIT] = {"wait", "3", 0},
	[PLAN_UMASK] = {"umask", "u", 0},
	[PLAN_LIMIT] = {"limit", "jvv", 0},
	[PLAN_WORKDIR] = {"workdir", "q", 0},
	[PLAN_PASSWD] = {"passwd", "pnp", 0},
	[PLAN_CAPABILITIES] = {"capabilities", "y+", ONCE | WHOLE},
	[PLAN_ID] = {"id", "iii*", ONCE | WHOLE},
	[PLAN_NO_NEW_PRIVILEGES] = {"no-new-privileges", "", ONCE | WHOLE},
	[PLAN_LANDLOCK_READ] = {"landlock-read", "p", WHOLE},
	[PLAN_LANDLOCK_WRITE] = {"landlock-write", "p", WHOLE},
	[PLAN_LANDLOCK_EXECUTE] = {"landlock-execute", "p", WHOLE},
	[PLAN_LANDLOCK_WRITE_EXECUTE] = {"landlock-write-execute", "p", WHOLE},
	[PLAN_LANDLOCK_REQUIRED] = {"landlock-required", "", ONCE | WHOLE},
	[PLAN_SECCOMP] = {"seccomp", "p", ONCE | WHOLE},
	[PLAN_STAY] = {"stay", "mg?", ONCE | WHOLE},
	[PLAN_SIGNAL] = {"signal", "gG", WHOLE},
	[PLAN_FORWARD] = {"forward", "6", ONCE | WHOLE},
	[PLAN_DELAY] = {"delay", "m", ONCE | WHOLE},
	[PLAN_JOB_CONTROL] = {"job-control", "", ONCE | WHOLE},
	[PLAN_COMMAND] = {"command", "Cr+", WHOLE},
};

static const char header[] = "thresh-plan";

const char *plan_kind_name(enum plan_kind kind)
{
	return rules[kind].name;
}

enum plan_kind plan_kind_find(const char *name)
{
	uint32_t kind = 0;

	while (kind < PLAN_KINDS && strcmp(rules[kind].name, name) != 0)
		kind++;
	return kind;
}

bool plan_kind_is_modifier(enum plan_kind kind)
{
	return kind >= PLAN_AS && kind <= PLAN_ACCEPT;
}

bool plan_kind_is_whole(enum plan_kind kind)
{
	return rules[kind].flags & WHOLE;
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
	enum plan_kind kind = plan_kind_find(words);
	bool once;

	if (kind == PLAN_KINDS)
		return strcmp(words, header) == 0 ? "a second `thresh-plan`"
						  : "an unknown directive";
	once = rules[kind].flags & ONCE;
	if (once && plan->single[kind])
		return "a second directive of a kind that may be there once";
	*directive = (struct plan_directive){
		.words = plan_word_next(words),
		.line = (uint16_t)line,
		.count = (uint16_t)(count - 1),
		.kind = (uint8_t)kind,
	};
	plan->count++;
	if (once)
		plan->single[kind] = plan->count;
	return words_check(directive, rules[kind].words);
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
	return structure_check(ret_plan, ret_error);
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
