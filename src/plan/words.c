/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/words.h"

#include "plan/command.h"
#include "plan/glob.h"
#include "plan/slice.h"
#include "plan/template.h"
#include "plan/value.h"

#include <string.h>

enum {
	UID_MAX_VALUE = 0xfffffffe,
	MODE_MAX = 07777,
	UMASK_MAX = 0777,
	SIGNAL_MAX = 64,
	RANDOM_MAX = 512,
};

/* One of several words, each with a signature of what follows. */
struct choice {
	const char *name;
	const char *signature; /* NULL: what the directive's own says */
};

static const struct choice conditions[] = {
	[PLAN_IF_SET] = {"set", "n"},
	[PLAN_IF_UNSET] = {"unset", "n"},
	[PLAN_IF_EMPTY] = {"empty", "n"},
	[PLAN_IF_FILLED] = {"filled", "n"},
	[PLAN_IF_EQUALS] = {"equals", "tt"},
	[PLAN_IF_DIFFERS] = {"differs", "tt"},
	[PLAN_IF_MATCHES] = {"matches", "tf"},
	[PLAN_IF_UNLIKE] = {"unlike", "tf"},
	[PLAN_IF_ABOVE] = {"above", "tI"},
	[PLAN_IF_BELOW] = {"below", "tI"},
	[PLAN_IF_EXISTS] = {"exists", "q"},
	[PLAN_IF_ABSENT] = {"absent", "q"},
	[PLAN_IF_FILE] = {"file", "q"},
	[PLAN_IF_DIRECTORY] = {"directory", "q"},
	[PLAN_IF_POPULATED] = {"populated", "q"},
	[PLAN_IF_VACANT] = {"vacant", "q"},
	[PLAN_IF_EXECUTABLE] = {"executable", "q"},
	[PLAN_IF_WRITABLE] = {"writable", "q"},
	[PLAN_IF_PROGRAM] = {"program", "t"},
	[PLAN_IF_AMONG] = {"among", "f"},
	[PLAN_IF_SUPERUSER] = {"superuser", ""},
	[PLAN_IF_ORDINARY] = {"ordinary", ""},
	{0},
};

static const struct choice await_ways[] = {
	[PLAN_WAY_TCP] = {"tcp", "dm"},
	[PLAN_WAY_HTTP] = {"http", "dAm"},
	[PLAN_WAY_FILE] = {"file", "qm"},
	[PLAN_WAY_SOCKET] = {"socket", "qm"},
	{0},
};

static const struct choice wait_ways[] = {{"tcp", "xdm"}, {0}};

static const struct choice facts[] = {
	[PLAN_FACT_HOSTNAME] = {"hostname", NULL},
	[PLAN_FACT_CPUS] = {"cpus", NULL},
	[PLAN_FACT_WORKERS] = {"workers", "bbIc?c?"},
	[PLAN_FACT_MEMORY] = {"memory", NULL},
	[PLAN_FACT_UID] = {"uid", NULL},
	[PLAN_FACT_GID] = {"gid", NULL},
	[PLAN_FACT_NAMESERVERS] = {"nameservers", NULL},
	[PLAN_FACT_RESOLVERS] = {"resolvers", NULL},
	[PLAN_FACT_RANDOM_PORT] = {"random-port", NULL},
	[PLAN_FACT_UUID] = {"uuid", NULL},
	{0},
};

static const struct choice encodings[] = {
	[PLAN_RANDOM_HEX] = {"hex", NULL},
	[PLAN_RANDOM_BASE64] = {"base64", NULL},
	[PLAN_RANDOM_ALPHANUMERIC] = {"alphanumeric", NULL},
	{0},
};

static const struct choice forwards[] = {
	[PLAN_FORWARD_GROUP] = {"group", NULL},
	[PLAN_FORWARD_PROCESS] = {"process", NULL},
	{0},
};

static const struct choice values[] = {
	[PLAN_VALUE_INTEGER] = {"integer", "I?I?"}, [PLAN_VALUE_DECIMAL] = {"decimal", "I?I?"},
	[PLAN_VALUE_BOOLEAN] = {"boolean", ""},     [PLAN_VALUE_PORT] = {"port", "I?I?"},
	[PLAN_VALUE_PATH] = {"path", "I?I?"},       [PLAN_VALUE_TOKEN] = {"token", "I?I?"},
	[PLAN_VALUE_WORD] = {"word", "I?I?"},       [PLAN_VALUES] = {0},
};

/* Each with its text, and the next where there is one. */
static const struct choice slices[] = {
	[PLAN_SLICE_BEFORE] = {"before", "e8?"},
	[PLAN_SLICE_BEFORE_LAST] = {"before-last", "e8?"},
	[PLAN_SLICE_BEHIND] = {"behind", "e8?"},
	[PLAN_SLICE_BEHIND_LAST] = {"behind-last", "e8?"},
	[PLAN_SLICE_PREFIX] = {"without-prefix", "e8?"},
	[PLAN_SLICE_SUFFIX] = {"without-suffix", "e8?"},
	[PLAN_SLICES] = {0},
};

static const struct choice *const choices[] = {
	conditions, await_ways, wait_ways, facts, encodings, forwards, values, slices,
};

/* By number: asm-generic/resource.h. */
static const char limits[][11] = {
	"cpu",     "fsize", "data",  "stack",      "core",     "rss",  "nproc",  "nofile",
	"memlock", "as",    "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime",
};

/* By number: linux/capability.h. One behind the other: an array of texts is as wide as the longest.
 */
static const char capabilities[] = "CHOWN\0"
				   "DAC_OVERRIDE\0"
				   "DAC_READ_SEARCH\0"
				   "FOWNER\0"
				   "FSETID\0"
				   "KILL\0"
				   "SETGID\0"
				   "SETUID\0"
				   "SETPCAP\0"
				   "LINUX_IMMUTABLE\0"
				   "NET_BIND_SERVICE\0"
				   "NET_BROADCAST\0"
				   "NET_ADMIN\0"
				   "NET_RAW\0"
				   "IPC_LOCK\0"
				   "IPC_OWNER\0"
				   "SYS_MODULE\0"
				   "SYS_RAWIO\0"
				   "SYS_CHROOT\0"
				   "SYS_PTRACE\0"
				   "SYS_PACCT\0"
				   "SYS_ADMIN\0"
				   "SYS_BOOT\0"
				   "SYS_NICE\0"
				   "SYS_RESOURCE\0"
				   "SYS_TIME\0"
				   "SYS_TTY_CONFIG\0"
				   "MKNOD\0"
				   "LEASE\0"
				   "AUDIT_WRITE\0"
				   "AUDIT_CONTROL\0"
				   "SETFCAP\0"
				   "MAC_OVERRIDE\0"
				   "MAC_ADMIN\0"
				   "SYSLOG\0"
				   "WAKE_ALARM\0"
				   "BLOCK_SUSPEND\0"
				   "AUDIT_READ\0"
				   "PERFMON\0"
				   "BPF\0"
				   "CHECKPOINT_RESTORE\0";

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

bool plan_limit_value(const char *word, uint64_t *ret_value)
{
	int64_t value;

	if (strcmp(word, "unlimited") == 0) {
		*ret_value = UINT64_MAX;
		return true;
	}
	if (!plan_integer(word, &value) || value < 0)
		return false;
	*ret_value = (uint64_t)value;
	return true;
}

bool plan_limit_resource(const char *name, uint32_t *ret_resource)
{
	for (uint32_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (strcmp(limits[i], name) == 0) {
			*ret_resource = i;
			return true;
		}
	}
	return false;
}

bool plan_capability(const char *name, uint32_t *ret_capability)
{
	const char *known = capabilities;

	for (uint32_t i = 0; *known; i++, known = plan_word_next(known)) {
		if (strcmp(known, name) == 0) {
			*ret_capability = i;
			return true;
		}
	}
	return false;
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

static bool program_name_is_valid(const char *word)
{
	size_t bytes = strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return bytes > 0 && bytes <= PLAN_MAX_PROGRAM_BYTES && word[bytes] == '\0';
}

/* 127.A.B.C, or ::1. */
static bool is_loopback(const char *word)
{
	unsigned int numbers = 1;

	if (strcmp(word, "::1") == 0)
		return true;
	if (strncmp(word, "127.", 4) != 0)
		return false;
	for (word += 4;; word++, numbers++) {
		uint32_t value = 0;
		size_t bytes = strspn(word, "0123456789");

		if (bytes == 0 || bytes > 3 || (bytes > 1 && *word == '0'))
			return false;
		for (; bytes > 0; bytes--)
			value = value * 10 + (uint32_t)(*word++ - '0');
		if (value > UINT8_MAX)
			return false;
		if (*word != '.')
			return *word == '\0' && numbers == 3;
	}
}

/* Printable ASCII from a slash on. */
static bool is_request_path(const char *word)
{
	if (*word != '/')
		return false;
	while (*word > ' ' && *word < 0x7f)
		word++;
	return *word == '\0';
}

/* A part of a line in a file. */
static bool is_line_part(const char *word)
{
	return *word != '\0' && word[strcspn(word, "\r\n")] == '\0';
}

static bool decimal_is(const char *word, uint32_t min, uint32_t max)
{
	uint32_t value;

	return plan_decimal(word, max, &value) && value >= min;
}

static bool text_is(char type, const char *word)
{
	unsigned int holes;

	switch (type) {
	case 'p':
		return plan_path_is_clean(word);
	case 'h':
		return search_is_clean(word);
	case 'n':
		return plan_name_is_valid(word);
	case 'N':
		return plan_names_are_valid(word);
	case 'z':
		return program_name_is_valid(word);
	case 'f':
		return plan_glob_is_valid(word);
	case 'A':
		return is_request_path(word);
	case 'x':
		return is_loopback(word);
	case 'C':
		return plan_pattern_is_valid(word, &holes);
	case 'k':
		return is_line_part(word);
	case 'W':
		return strcmp(word, "tree") == 0;
	case 'e':
		return *word != '\0';
	default:
		return true; /* 'w' */
	}
}

static bool number_is(char type, const char *word)
{
	uint64_t large;
	int64_t integer;
	uint32_t value;

	switch (type) {
	case 'o':
		return plan_octal(word, MODE_MAX, &value);
	case 'u':
		return plan_octal(word, UMASK_MAX, &value);
	case 'i':
		return decimal_is(word, 0, UID_MAX_VALUE);
	case 'm':
		return decimal_is(word, 0, PLAN_MAX_GRACE_MS);
	case 'c':
		return decimal_is(word, 0, UINT16_MAX);
	case 'd':
		return decimal_is(word, 1, UINT16_MAX);
	case 'b':
		return decimal_is(word, 1, RANDOM_MAX);
	case 'g':
		return decimal_is(word, 1, SIGNAL_MAX);
	case 'G':
		return decimal_is(word, 0, SIGNAL_MAX);
	case 's':
		return decimal_is(word, 1, UINT8_MAX);
	case 'S':
		return strcmp(word, "any") == 0 || decimal_is(word, 0, UINT8_MAX);
	case 'I':
		return plan_integer(word, &integer);
	case 'v':
		return plan_limit_value(word, &large);
	case 'j':
		return plan_limit_resource(word, &value);
	case 'y':
		return plan_capability(word, &value);
	default:
		return text_is(type, word);
	}
}

/* What a word is wanted to be, for the message that it is not: by the letter of its type. */
static const char wanted[] = "p\0not a clean absolute path\0"
			     "h\0not a list of clean absolute paths\0"
			     "n\0not the name of a variable\0"
			     "N\0not the name of a variable, nor the beginning of names and `*`\0"
			     "z\0not the name of a program\0"
			     "f\0not a pattern\0"
			     "A\0not the path of a request\0"
			     "x\0not a numeric loopback address\0"
			     "C\0not a pattern of a command\0"
			     "k\0not a part of a line\0"
			     "W\0another word than `tree`\0"
			     "e\0an empty word where a byte or text is wanted\0"
			     "o\0not a mode in octal\0"
			     "u\0not a umask in octal\0"
			     "i\0not a numeric id\0"
			     "m\0not a time in milliseconds of at most a day\0"
			     "c\0not a count of at most 65,535\0"
			     "d\0not a port\0"
			     "b\0not a count of 1 to 512\0"
			     "g\0not a signal number\0"
			     "G\0not a signal number or 0\0"
			     "s\0not an exit status of 1 to 255\0"
			     "S\0not an exit status or `any`\0"
			     "I\0not an integer of 64 bits\0"
			     "v\0not a number or `unlimited`\0"
			     "j\0not the name of a limit\0"
			     "y\0not the name of a capability\0";

static const char *word_check(char type, const char *word)
{
	static const char templates[] = {
		['t'] = PLAN_WITH_ARGUMENTS,
		['l'] = PLAN_WITH_ARGUMENTS | PLAN_WITH_LISTS,
		['r'] = PLAN_WITH_HOLES,
		['q'] = PLAN_WITH_ARGUMENTS,
	};
	const char *text = wanted;

	if ((size_t)type < sizeof(templates) && templates[(size_t)type]) {
		if (!plan_template_is_valid(word, (unsigned int)templates[(size_t)type]))
			return "a `$` that starts nothing that is known here ($$ is a dollar)";
		if (type != 'q' || strchr(word, '$'))
			return NULL;
		type = 'p';
	}
	if (number_is(type, word))
		return NULL;
	while (*text != type)
		text = plan_word_next(plan_word_next(text));
	return plan_word_next(text);
}

/* @word in one of the tables: its signature goes on where it has one. */
static const char *choice_check(struct plan_directive *directive, char table, const char *word,
				const char **signature)
{
	const struct choice *choice = choices[table - '1'];

	for (uint8_t i = 0; choice[i].name; i++) {
		if (strcmp(choice[i].name, word) != 0)
			continue;
		directive->sub = i;
		if (choice[i].signature)
			*signature = choice[i].signature;
		return NULL;
	}
	return "an unknown word where one of a few is wanted (docs/plan.md)";
}

static bool is_repeated(char operator)
{
	return operator== '*' || operator== '+';
}

const char *words_check(struct plan_directive *directive, const char *signature)
{
	static const char wrong_number[] = "a wrong number of words";
	const char *word = directive->words;
	size_t left = directive->count;

	while (*signature) {
		char type = *signature++;
		char operator= * signature && strchr("?*+", *signature) ? *signature++ : '\0';

		if (left == 0 && (operator== '\0' || operator== '+'))
			return wrong_number;
		for (bool again = true; again && left > 0; left--, word = plan_word_next(word)) {
			const char *problem =
				type >= '1' && type <= '9'
					? choice_check(directive, type, word, &signature)
					: word_check(type, word);

			if (problem)
				return problem;
			again = is_repeated(operator);
		}
	}
	return left > 0 ? wrong_number : NULL;
}
