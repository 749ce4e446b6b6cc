/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an entrypoint did until it executed the application: the record of one start, made by
 * running it (start.c), read by the learner (learn.c).
 *
 *     struct start_record *record = start_run(&setup, &scenario, error);
 *     for (guint i = 0; i < record->steps->len; i++) …
 *
 * Steps are in the order in which they happened. What the shell and its helpers (programs whose
 * only lasting effects were on files, or none) did to files is one batch of state changes between
 * two program runs, sorted by path; a program that is kept (see START_RUN) stands for its own
 * effects.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum start_kind {
	START_DIRECTORY, /* made */
	START_FILE,      /* made, or its content changed: content is what is there afterwards */
	START_APPEND,    /* only appended to: content is what was added */
	START_PROVIDE,   /* in no record: a file of the image copied where there is none (edit.h) */
	START_EDIT,      /* in no record: a line of a file set (edit.h) */
	START_SYMLINK,
	START_REMOVE,
	START_MODE,
	START_OWNER,
	START_RUN,   /* a program that has to be run: what it did cannot be said as files (it talked
			to a   socket, its files differ from run to run, it made a lot) */
	START_BEGIN, /* such a program, not waited for before the next step */
	START_STOP,  /* the end of one of these, by a signal of the script's */
	START_EXEC,  /* the application: argv, environment, cwd, umask, ids */
	START_EXIT,  /* the script ended without executing anything: status */
};

struct start_step {
	enum start_kind kind;
	char *path;    /* files: clean, absolute; RUN, BEGIN, EXEC: the resolved program */
	uint32_t mode; /* permission bits */
	uint32_t uid;  /* owner (files), effective ids (programs) */
	uint32_t gid;
	GArray *groups;  /* uint32_t: of programs */
	GBytes *content; /* FILE, APPEND; SYMLINK: the target */
	GBytes *before;  /* FILE, APPEND: what the file held before; NULL: there was none, or it was
			    no regular file of at most 1 MiB */
	char *writer;    /* FILE, APPEND: the program that changed it last, by its path; NULL: the
			    script itself, or it is not known */
	GPtrArray *argv; /* char * */
	GPtrArray *environment; /* char * "NAME=VALUE", sorted; PWD, OLDPWD, SHLVL, _ left out */
	char *cwd;
	uint32_t umask;
	GPtrArray *limits;  /* char *: EXEC: those that the script set, see rlimits.h; or NULL */
	GBytes *input;      /* RUN, BEGIN: what it read from standard input where that was a pipe, a
			       here-document or a file; and from bash's <(…), whose word in argv is then
			       /dev/stdin; of more than 4 KiB, files of the image that stand in it
			       are named (input.h); NULL: inherited or /dev/null */
	bool input_unknown; /* RUN, BEGIN: there was such an input, and input is NULL since it was
			       more than 16 MiB, or came from another kept program */
	char *output; /* RUN, BEGIN: standard output went to this file; NULL: inherited or a pipe */
	bool output_read; /* its output went through a pipe to the script: it may have decided
			     something */
	guint tries;      /* RUN: how often it failed before, and was run again at once */
	int status;       /* RUN, EXIT: exit status, 128 + signal */
	int signal;       /* STOP */
	guint begin;      /* STOP: index of the BEGIN that it ends */
	char *listens;    /* BEGIN: "tcp 5432", "socket /run/x.sock": what it was seen to listen on
			     when something else began or ended, or NULL */
	bool essential;   /* BEGIN: the script waited, and ended when this program did: `wait -n` */
	bool waited;      /* EXEC: the script forked it and waits for it, instead of executing it */
	char *script;     /* where it stands, "/entrypoint.sh", or NULL */
	guint line;       /* or 0 */
};

/* A file test that the script made, from its own trace (xtrace): "-s /var/lib/x/PG_VERSION" */
struct start_test {
	char *operator; /* "-s", "-d", "-e", "-f", "-n" …; "!" is taken off */
	char *operand;  /* "=", "!=", "-eq" …: the left side */
	char *other;    /* … and the right one; NULL for the rest */
	bool negated;
	char *script;
	guint line;
};

struct start_script {
	char *path;
	GBytes *text; /* at most 1 MiB */
};

enum start_habit { HABIT_KEPT = 1, HABIT_FOLDED };

/* What a program came to in one start. */
struct start_habit_noted {
	char *key; /* its path and first word */
	enum start_habit habit;
};

struct start_record {
	GPtrArray *steps; /* struct start_step * */
	GPtrArray *
		scripts; /* struct start_script *: executed or sourced by a shell; sorted by path */
	GPtrArray *reads; /* struct start_script *: files that were opened to read, as they were
			     then: text of at most 64 KiB; sorted by path */
	GPtrArray *tests; /* struct start_test *; only of a scenario with `explain` */
	GPtrArray
		*lines; /* char *: "SCRIPT:LINE: expanded command" in order; only with `explain` */
	GPtrArray *retried; /* char *: programs that left files and failed, and were run again with
			       the same words: no files say what they do */
	GBytes *output;     /* the last 64 KiB that it printed */
	GPtrArray *habits;  /* struct start_habit_noted * */
	guint machine;      /* the number of the machine that it was on: machine.h */
	bool asks_machine;  /* something that the script ran asked for processors, memory or name
			       servers */
	bool missed_absent; /* something that the scenario takes away was not there */
};

/* How one start differs from the plain one. Everything may be NULL or 0. key_of in starter.c has to
 * know every member that tells two starts apart. */
struct start_scenario {
	char *name;                   /* for messages: "POSTGRES_PASSWORD unset" */
	GPtrArray *environment;       /* char *: "NAME=VALUE" to set, "NAME" to unset */
	GPtrArray *arguments;         /* char *: in place of Cmd */
	GPtrArray *files;             /* struct start_given *: made before the first start */
	GPtrArray *absent;            /* char *: paths removed before the last start */
	GPtrArray *first_arguments;   /* char *: of the first of two starts; NULL: the same */
	GPtrArray *first_environment; /* char *: as environment, likewise */
	guint starts;  /* 2: a second start on what the first left; its record is the answer */
	guint machine; /* the number of the machine that it is on: machine.h; most are on 0 */
	bool explain;  /* with the shell's own trace: for tests, lines; effects may be disturbed */
	GHashTable *habits;       /* start_habits_new: not changed while the start runs; or NULL */
	const char *const *entry; /* run this instead (the plan's replay: thresh-init); or NULL */
};

struct start_given {
	char *path;
	uint32_t mode;
	uint32_t uid, gid;
	GBytes *content; /* NULL: a directory */
};

/* All arrays are there and empty. Caller frees. */
struct start_record *start_record_new(void);
void start_record_free(struct start_record *record);
#define autorecord __attribute__((cleanup(start_record_cleanup)))
void start_record_cleanup(struct start_record **record);
void start_step_free(struct start_step *step);

/* What programs came to in starts before, by path and first word: char *, GINT_TO_POINTER (enum
 * start_habit). One that always was kept is not watched at all, which is quicker; one that was
 * folded even once is watched for ever. */
GHashTable *start_habits_new(void);
void start_habits_add(GHashTable *habits, const struct start_record *record);

/* What a file held before a FILE or APPEND, and after it; NULL where that is no text, or it was not
 * there. Caller frees. */
char *start_step_before(const struct start_step *step);
char *start_step_after(const struct start_step *step);
void start_test_free(struct start_test *test);
void start_script_free(struct start_script *script);

/* Calls @map with every text of a record: contents, inputs, words, environments. What it answers
 * (NULL: nothing) takes the text's place. */
typedef char *(*start_text_map)(const char *text, gpointer user);
void start_record_map(const struct start_record *record, start_text_map map, gpointer user);

/* Runs a scenario; the learner sees this alone, so that its tests need no sandbox. */
typedef struct start_record *(*start_runner)(const struct start_scenario *scenario, void *user,
					     GError **error);
