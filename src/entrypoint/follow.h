/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following one start under ptrace(2): which process is the script's world (shells, and launchers
 * such as gosu), which is a program, and what they do to files, pipes and each other.
 *
 *     follow_init(&follow, &options);
 *     process_spec.attach = follow_attach; process_spec.user = &follow;   // sandbox_spawn calls it
 *     ok = follow_run(&follow, error);                                    // in the same thread
 *     follow_clear(&follow);
 *
 * Everything here belongs to the thread that attaches (ptrace(2): a tracee has one tracer thread).
 * follow.c: the loop of stops. follow_exec.c: who is who. follow_calls.c: what they do.
 * follow_program.c: the programs among them. follow_end.c: when it is over.
 */
#pragma once

#include "base/error.h"
#include "entrypoint/changes.h"
#include "entrypoint/rlimits.h"
#include "entrypoint/timeline.h"
#include "entrypoint/tracee.h"
#include "entrypoint/xtrace.h"

#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

enum {
	FOLLOW_ACTORS_MAX = 100000,
	FOLLOW_PIPE_MAX_BYTES = 16 << 20,
	FOLLOW_PIPES_MAX_BYTES = 64 << 20,
	FOLLOW_HELD_MAX = 512,        /* of them, those whose content is held */
	FOLLOW_HELD_BYTES = 64 << 10, /* of one of these */
	FOLLOW_READ_MAX = 4096,       /* files that input may be made of */
	FOLLOW_OPENED_MAX = 256,      /* files that a program opens to write, and is kept at once */
};

enum actor_kind {
	ACTOR_SHELL,    /* runs the script, or thresh-init its plan */
	ACTOR_LAUNCHER, /* will execute something else */
	ACTOR_PROGRAM,  /* of a program's processes */
};

/* A script that a shell keeps open while it runs it. */
struct source {
	int fd;
	char *path;
};

/* A process that is, or was, there. */
struct actor {
	pid_t pid;
	pid_t inner; /* its id inside */
	enum actor_kind kind;
	bool main; /* what the container runs: what it executes at last is the application */
	bool alive;
	struct actor *parent;
	guint waits;        /* children whose end it was told of */
	guint parent_waits; /* of the parent, when this one began */
	struct program *program;
	struct item *mark; /* in the timeline, where it began; NULL: it has gone on since */
	char *script;      /* where it stands, or NULL */
	guint line;
	int script_fd;      /* a file that it opened to read and that may be a script, or -1 */
	char *script_path;  /* that file */
	bool script_closes; /* it was opened with O_CLOEXEC, as by the C library */
	GPtrArray *sources; /* struct source *: that it reads bit by bit, the innermost last; NULL:
			       none */
	struct xtrace trace;
	int trace_fd; /* where it writes that */
	bool plain;   /* its shell does not quote what it traces */
};

/* A thread. */
struct task {
	pid_t tid;
	struct actor *actor; /* NULL: it has stopped before its parent told of it */
	bool in_call;        /* its exit is to be seen */
	bool by_call;        /* it was stopped at the entry of this one as of every call */
	bool held;           /* stopped, and not resumed: the run was over */
	bool skipped;        /* the kernel does not make it */
	struct tracee_call call;
	uint64_t pipe; /* of the call: the inode of the pipe that it writes to, or 0 */
	char *path;    /* of the call, where its exit needs it */
	bool closes;   /* with O_CLOEXEC */
};

struct pipe_content {
	GByteArray *data;
	bool incomplete;
};

struct follow_options {
	const struct ids *ids;
	const char *const *keep;         /* paths or names of programs to keep; or NULL */
	GHashTable *habits;              /* record.h: read alone; or NULL */
	const char *const *interpreters; /* paths that are the script's world; or NULL */
	const struct machine *machine;   /* machine.h; or NULL: the real one */
	uint64_t own_pipes[2];           /* inodes of the container's standard streams */
	const char *mark;                /* of the shells' own trace; NULL: without */
	int timeout_ms;
	int settle_ms;
};

/* A program that runs beside an application that the script waits for. */
struct follow_beside {
	pid_t pid;
	struct start_step *step; /* of the record */
};

struct follow {
	const struct follow_options *options;
	struct snapshot_reader reader; /* root_fd: -1 before the first program runs */
	struct timeline *timeline;     /* NULL until then */
	struct start_record *record;   /* not owned */
	GHashTable *tasks;             /* tid → struct task * */
	GPtrArray *actors;             /* struct actor *: all that ever were */
	GHashTable *kinds;             /* char *path of a program → enum program_kind */
	GHashTable *scripts;           /* char *path → GBytes */
	GHashTable *pipes;             /* guint64 inode → struct pipe_content * */
	uint64_t pipe_bytes;
	GHashTable *read;      /* char * -> GBytes *: files that were opened to read, by whom is not
				  kept, and what they held then; NULL: too much, or no file */
	guint reads_held;      /* of them, those with a content */
	struct timespec began; /* what was changed since is no file of the image */
	GHashTable *tests;     /* those that are recorded, as text */
	GPtrArray *failed;     /* char *: see tries_note; or NULL */
	char *last_line;       /* of the trace */
	struct actor *start;   /* the first process */
	struct rlimit began_limits[LIMITS_COUNT];
	bool done;
	bool released;  /* the record is complete, and nobody is looked at any more */
	bool finished;  /* the record is filled */
	GArray *beside; /* struct follow_beside: empty where the application was executed by the
			   script itself */
	pid_t killed;   /* by follow_without, or 0 */
	bool ended;     /* the first process has: its status was taken */
	int status;
	gint64 deadline;
	gint64 last_event; /* of a process that is watched call by call */
	GError *error;     /* the first one; ends the run */
};

void follow_init(struct follow *follow, const struct follow_options *options,
		 struct start_record *record);
void follow_clear(struct follow *follow);

/* For process_spec.attach, with the follow as @user. */
bool follow_attach(pid_t pid, void *follow, GError **error);

/* Follows until the application is executed or the first process has ended, and fills the record.
 * The processes are left stopped: follow_kill ends them. */
bool follow_run(struct follow *follow, GError **error);

/* After follow_run: kills @pid and lets everything go on without looking at it, until the first
 * process has ended (true), or @timeout_ms are over and the shells have nothing more to do, at most
 * a minute longer. */
bool follow_without(struct follow *follow, pid_t pid, int timeout_ms);

/* Kills the first process, and so all, and waits for their end. */
void follow_kill(struct follow *follow);

/* --- among its files --- */

void follow_fail(struct follow *follow, enum thresh_error code, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* follow_exec.c: a process has executed @task's new program. */
void follow_exec(struct follow *follow, struct task *task);
/* Notes the file @path, if it is text, as a script. */
void follow_script_add(struct follow *follow, const char *path);

/* follow_program.c: fills in what @actor has executed. */
bool follow_describe(struct follow *follow, const struct actor *actor, const char *path,
		     GPtrArray *words, struct start_step *step);
void follow_program_begin(struct follow *follow, struct actor *actor, const char *path,
			  GPtrArray *words);
void follow_program_keep(struct follow *follow, struct program *program);
/* The script ends the program with @signal. */
void follow_program_stop(struct follow *follow, struct program *program, int signal);
/* A process of a program, or its first one with @status, has ended. */
void follow_program_exit(struct follow *follow, struct actor *actor, int status);
/* follow_input.c: a file is opened to read; @path may be NULL. */
void follow_note_read(struct follow *follow, const char *path);
/* What was read goes into the record. */
void follow_take_reads(struct follow *follow);
/* The inode in "pipe:[123]", else 0. Pure. */
uint64_t pipe_inode(const char *link);
struct pipe_content *follow_pipe(struct follow *follow, uint64_t inode);
/* What the program has read, as far as is known now. */
void follow_settle_input(struct follow *follow, struct program *program);
/* Something else than waiting was done by @actor: what still runs below it is in the background. */
void follow_activity(struct follow *follow, const struct actor *actor);
int follow_exit_code(int status);
/* @actor does more than to execute one program, or has ended. */
void follow_unmark(struct follow *follow, struct actor *actor);

/* follow_end.c: looks again where the programs that run listen. */
void follow_find_listeners(struct follow *follow);
/* The application is executed as @step, which this takes: the record is complete. */
void follow_application(struct follow *follow, pid_t pid, struct start_step *step);
/* Nothing happens any more: is a program that runs the application? */
bool follow_settled(struct follow *follow);
void follow_finish(struct follow *follow);

/* follow_trace.c: makes the shell that @task has just executed trace itself. */
void follow_trace_begin(struct follow *follow, struct task *task, const char *path,
			const GPtrArray *words, guint index);
/* At the entry of write(2): takes a piece of the trace, which is then not written. */
bool follow_trace_write(struct follow *follow, struct task *task);
GBytes *follow_script_text(const struct follow *follow, const char *path);

/* follow_calls.c */
/* True where its exit is to be seen. */
bool follow_call_entry(struct follow *follow, struct task *task);
void follow_call_exit(struct follow *follow, struct task *task, int64_t result);
struct actor *follow_find_inner(const struct follow *follow, pid_t inner);
