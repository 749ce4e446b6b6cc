/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened, in order: changes to files between program runs, program runs, signals to
 * programs.
 *
 * Whether a program is kept as a run or folded into the changes around it is known when it has
 * ended; until then its changes lie with it.
 *
 *     timeline_start(timeline, program);       // the changes so far are those before it
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

/* Takes ownership. */
void timeline_start(struct timeline *timeline, struct program *program);
void timeline_fold(struct timeline *timeline, struct program *program);
void timeline_stop(struct timeline *timeline, struct program *program, int signal);

/* The program is the application itself: takes it out, with what it did. Answers its step. */
struct start_step *timeline_take(struct timeline *timeline, struct program *program);

/* All programs that are kept or running, in order of their start: struct program *, borrowed. */
GPtrArray *timeline_programs(const struct timeline *timeline);

/* Appends everything as steps; once. */
bool timeline_finish(struct timeline *timeline, GPtrArray *steps, GError **error);
