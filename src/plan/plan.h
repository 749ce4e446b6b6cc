/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The grammar of the init plan (docs/plan.md), shared by thresh-init, which carries a plan out, and
 * thresh, which writes and checks it. libc alone, no allocation: words are decoded in place in the
 * caller's buffer, and the directives lie in a table of fixed size.
 *
 *     static struct plan plan;
 *     struct plan_error error;
 *     if (!plan_parse(buffer, size, &plan, &error))
 *             fprintf(stderr, "%s:%u: %s\n", path, error.line, error.text);
 *     for (size_t i = 0; i < plan.count; i++)
 *             if (plan.directives[i].kind == PLAN_UMASK)
 *                     plan_octal(plan_word(&plan.directives[i], 0), 0777, &mask);
 *
 * After plan_parse has answered true every word is checked: numbers are numbers in range, paths are
 * clean and absolute (those with variables are checked when they are expanded), templates are
 * whole, blocks end, modifiers belong to a program, and what may be there once is there once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PLAN_MAX_BYTES = 256 << 10,
	PLAN_MAX_LINES = 4096,
	PLAN_MAX_LINE_BYTES = 64 << 10,
	PLAN_MAX_PATH_BYTES = 4095, /* linux/limits.h PATH_MAX, less the NUL */
	PLAN_MAX_GROUPS = 65536,    /* linux/limits.h NGROUPS_MAX; the line is the nearer bound */
	PLAN_MAX_GRACE_MS = 24 * 60 * 60 * 1000,
	PLAN_MAX_DEPTH = 16,
	PLAN_MAX_PROGRAMS = 32,      /* `start` directives */
	PLAN_MAX_PROGRAM_BYTES = 32, /* of their names */
};

enum plan_kind {
	/* what runs, where nothing else is said */
	PLAN_ENTRY,
	PLAN_DEFAULT,
	PLAN_SEARCH,
	PLAN_HOME,
	/* steps, in file order */
	PLAN_IF,
	PLAN_ELSE,
	PLAN_END,
	PLAN_SET,
	PLAN_LET,
	PLAN_ESCAPE,
	PLAN_SLICE,
	PLAN_UNSET,
	PLAN_EXPORT,
	PLAN_VALUE,
	PLAN_REQUIRE,
	PLAN_FORBID,
	PLAN_CHECK,
	PLAN_FAIL,
	PLAN_PRINT,
	PLAN_SECRET,
	PLAN_READ,
	PLAN_FACT,
	PLAN_RANDOM,
	PLAN_ARGUMENTS,
	PLAN_ARGUMENT,
	PLAN_SHIFT,
	PLAN_EXEC,
	PLAN_DIRECTORY,
	PLAN_SEED,
	PLAN_LINKS,
	PLAN_FILE,
	PLAN_APPEND,
	PLAN_TEMPLATE,
	PLAN_PROVIDE,
	PLAN_EDIT,
	PLAN_REPLACE,
	PLAN_ENSURE,
	PLAN_COMPLETE,
	PLAN_SYMLINK,
	PLAN_REMOVE,
	PLAN_MODE,
	PLAN_OWNER,
	PLAN_AS, /* the first modifier of `run` and `start` */
	PLAN_IN,
	PLAN_WITH,
	PLAN_WITHOUT,
	PLAN_INPUT,
	PLAN_INPUT_FILE,
	PLAN_OUTPUT,
	PLAN_RETRY,
	PLAN_ACCEPT, /* the last */
	PLAN_RUN,
	PLAN_START,
	PLAN_AWAIT,
	PLAN_STOP,
	PLAN_ESSENTIAL,
	PLAN_WAIT,
	/* restrictions; the first four also in blocks, where they hold when they are reached */
	PLAN_UMASK,
	PLAN_LIMIT,
	PLAN_WORKDIR,
	PLAN_PASSWD,
	PLAN_COPY, /* of the nearest `links` above it */
	PLAN_CAPABILITIES,
	PLAN_ID,
	PLAN_NO_NEW_PRIVILEGES,
	PLAN_LANDLOCK_READ,
	PLAN_LANDLOCK_WRITE,
	PLAN_LANDLOCK_EXECUTE,
	PLAN_LANDLOCK_WRITE_EXECUTE,
	PLAN_LANDLOCK_REQUIRED,
	PLAN_SECCOMP,
	PLAN_STAY,
	PLAN_SIGNAL,
	PLAN_FORWARD,
	PLAN_DELAY,
	PLAN_JOB_CONTROL,
	PLAN_COMMAND,
	PLAN_KINDS,
};

/* `sub` of an `if`: its condition. The operands are words from 1 on. */
enum plan_condition {
	PLAN_IF_SET,
	PLAN_IF_UNSET,
	PLAN_IF_EMPTY,
	PLAN_IF_FILLED,
	PLAN_IF_EQUALS,
	PLAN_IF_DIFFERS,
	PLAN_IF_MATCHES,
	PLAN_IF_UNLIKE,
	PLAN_IF_ABOVE,
	PLAN_IF_BELOW,
	PLAN_IF_EXISTS,
	PLAN_IF_ABSENT,
	PLAN_IF_FILE,
	PLAN_IF_DIRECTORY,
	PLAN_IF_POPULATED,
	PLAN_IF_VACANT,
	PLAN_IF_EXECUTABLE,
	PLAN_IF_WRITABLE,
	PLAN_IF_PROGRAM,
	PLAN_IF_AMONG,
	PLAN_IF_SUPERUSER,
	PLAN_IF_ORDINARY,
};

/* `sub` of an `await` (its operands are words from 2 on) and of a `wait` (from 1 on). */
enum plan_way {
	PLAN_WAY_TCP,
	PLAN_WAY_HTTP,
	PLAN_WAY_FILE,
	PLAN_WAY_SOCKET,
};

/* `sub` of a `fact`. */
enum plan_fact {
	PLAN_FACT_HOSTNAME,
	PLAN_FACT_CPUS,
	PLAN_FACT_WORKERS,
	PLAN_FACT_MEMORY,
	PLAN_FACT_UID,
	PLAN_FACT_GID,
	PLAN_FACT_NAMESERVERS,
	PLAN_FACT_RESOLVERS,
	PLAN_FACT_RANDOM_PORT,
	PLAN_FACT_UUID,
};

/* `sub` of a `random`. */
enum plan_encoding {
	PLAN_RANDOM_HEX,
	PLAN_RANDOM_BASE64,
	PLAN_RANDOM_ALPHANUMERIC,
};

/* `sub` of a `forward`. */
enum plan_forward {
	PLAN_FORWARD_GROUP,
	PLAN_FORWARD_PROCESS,
};

struct plan_directive {
	const char *words; /* the first of `count` NUL-terminated strings, one behind the other */
	uint16_t line;     /* counted from 1 */
	uint16_t count;    /* words behind the directive's name */
	uint8_t kind;      /* enum plan_kind */
	uint8_t sub; /* which condition, way (of a `slice` the last), fact, encoding …; else 0 */
	uint8_t depth; /* how many blocks it lies in; an `if` or `end` itself not counted */
};

/* About 64 KiB: static in thresh-init, where only the pages that are used are ever touched. */
struct plan {
	uint32_t count;
	uint32_t single[PLAN_KINDS]; /* 1 + index of a directive that is there once, 0: absent */
	struct plan_directive directives[PLAN_MAX_LINES];
};

struct plan_error {
	uint32_t line;    /* 0: the plan as a whole */
	const char *text; /* static */
};

/* Parses @size_bytes of @text, which is decoded in place and must outlive @ret_plan. On failure
 * @ret_plan holds nothing of use and @ret_error says why. */
bool plan_parse(char *text, size_t size_bytes, struct plan *ret_plan, struct plan_error *ret_error);

/* The name of a directive as it is written. */
const char *plan_kind_name(enum plan_kind kind);

/* The kind of this name, or PLAN_KINDS. */
enum plan_kind plan_kind_find(const char *name);

/* Whether it belongs to the `run` or `start` behind it. */
bool plan_kind_is_modifier(enum plan_kind kind);

/* The directive of a kind that may be there once, or NULL. */
const struct plan_directive *plan_find(const struct plan *plan, enum plan_kind kind);

/* Word @index, counted from 0 behind the directive's name; @index is below `count`. Walks. */
const char *plan_word(const struct plan_directive *directive, size_t index);
/* The word behind @word; only where there is one. */
const char *plan_word_next(const char *word);

/* Digits alone, no sign, no leading zero but "0" itself (decimal), at most @max. */
bool plan_decimal(const char *word, uint32_t max, uint32_t *ret_value);
bool plan_octal(const char *word, uint32_t max, uint32_t *ret_value);

/* A limit's value: a number of 64 bits, or `unlimited` (UINT64_MAX). */
bool plan_limit_value(const char *word, uint64_t *ret_value);
/* The number of a resource (asm-generic/resource.h) by its name in lower case without RLIMIT_. */
bool plan_limit_resource(const char *name, uint32_t *ret_resource);

/* The number of a capability (linux/capability.h) by its name in upper case without CAP_. */
bool plan_capability(const char *name, uint32_t *ret_capability);

/* Whether @path is absolute, without "//", ".", ".." or a trailing slash, and not too long. */
bool plan_path_is_clean(const char *path);

/* The longest text that plan_quote makes of a word of @bytes, NUL included. */
#define PLAN_QUOTED_BYTES(bytes) (4 * (bytes) + 3)

/* Writes @word as the grammar wants it, quoted only where it must be, with a NUL; answers the
 * length without it. @ret_text holds PLAN_QUOTED_BYTES(strlen(word)). */
size_t plan_quote(const char *word, char *ret_text);
