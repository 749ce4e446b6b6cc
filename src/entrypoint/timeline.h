/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened, in order: changes to files between program runs, program runs, signals to
 * programs.
 *
 * Whether a program is kept as a run or folded into the changes around it is known when it has
 * ended; until then its changes lie with it.
 *
 *     struct item *mark = timeline_mark(timeline);   // a process is forked
 *     timeline_start(timeline, program, mark);       // and executes it: here, whatever came since
 *     changes_touch(program->changes, …);
 *     timeline_fold(timeline, program);        // or program->kept = true
 *     timeline_finish(timeline, record->steps, error);
 */
#pragma once

#include "entrypoint/changes.h"

#include <sys/types.h>

struct program {
	struct start_step *step; /* START_RUN, filled in but for kind, input, status */
	struct changes *changes; /* of its processes; NULL once it is kept or folded */
	bool kept;
	bool background;     /* something else happened before it ended */
	bool stopped;        /* the script sent it a signal */
	guint processes;     /* that are alive, its first one included */
	pid_t leader;        /* its first process; 0 once that has ended */
	guint opened;        /* files that it opened to write */
	int input_fd;        /* standard input from a file, or -1 */
	uint64_t input_at;   /* position in it */
	uint64_t input_pipe; /* inode of the pipe that is its standard input; 0: none */
	uint64_t output_pipe;
	uint64_t cpu_ticks; /* when it was last looked at … */
	gint64 cpu_since;   /* … and since when they are so many */
};

struct timeline;

struct timeline *timeline_new(const struct snapshot_reader *reader);
void timeline_free(struct timeline *timeline);

/* The changes since the last program's start or signal; borrowed until the next call here. */
struct changes *timeline_changes(const struct timeline *timeline);

struct program *program_new(void);
void program_keep(struct program *program);

/* The place of what a process that begins now may execute, so that the order of steps is that of
 * the script, and not that of a race. Borrowed; to be given to timeline_start or timeline_unmark.
 */
struct item;
struct item *timeline_mark(struct timeline *timeline);
void timeline_unmark(struct timeline *timeline, struct item *mark);

/* The changes before @mark: where those of the marked process itself belong. */
struct changes *timeline_changes_before(const struct timeline *timeline, const struct item *mark);

/* Puts @program in the place of @mark (NULL: at the end). Takes ownership of @program. */
void timeline_start(struct timeline *timeline, struct program *program, struct item *mark);
void timeline_fold(struct timeline *timeline, struct program *program);
void timeline_stop(struct timeline *timeline, struct program *program, int signal);

/* The program is the application itself: takes it out, with what it did. Answers its step. */
struct start_step *timeline_take(struct timeline *timeline, struct program *program);

/* All programs that are kept or running, in order of their start: struct program *, borrowed. */
GPtrArray *timeline_programs(const struct timeline *timeline);

/* Appends everything as steps; once. */
bool timeline_finish(struct timeline *timeline, GPtrArray *steps, GError **error);
