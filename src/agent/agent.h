/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thresh-agent: supervises a seccomp listener and writes down what the calls mean.
 *
 * One struct agent, shared by the supervisor threads. What the traced program hands over is
 * hostile: every string is bounded, and no answer of ours depends on it except ENOSYS.
 */
#pragma once

#include "protocol.h"

#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { SEEN_SLOTS = 1 << 16, OUTPUT_BYTES = 2 * AGENT_MAX_RECORD };

struct agent {
	int listener;
	int root; /* O_PATH on the application's root directory; -1 before the start */
	char root_path[AGENT_MAX_PATH]; /* what the kernel calls it; "" for "/" */
	size_t root_path_bytes;
	const struct agent_call *calls[AGENT_ARCHES][AGENT_MAX_CALLS];
	atomic_uint_least64_t call_seen[AGENT_ARCHES][AGENT_MAX_CALLS / 64];
	atomic_bool started;
	char standard[2][64]; /* what the application's standard output and error are, as links */
	atomic_bool chrooted; /* somebody called chroot: roots are looked up from then on */
	atomic_bool mutated;  /* names were changed: states are looked up from then on */

	pthread_mutex_t lock; /* of all below */
	int output;
	uint64_t sequence;
	uint64_t lost;
	uint64_t key[2];           /* of the hash: the application must not find collisions */
	uint64_t seen[SEEN_SLOTS]; /* hashes of what was recorded; 0 is free */
	size_t seen_count;
	size_t output_bytes;
	char buffer[OUTPUT_BYTES];
};

/* One notification while it is decoded; each thread has its own. */
struct event {
	struct agent *agent;
	const struct seccomp_notif *request;
	const struct agent_call *call;
	enum agent_arch arch;
	struct agent_record record;
	bool unreadable; /* could not be read for another reason than the program's own fault */
	size_t path_bytes;
	size_t path2_bytes;
	char path[2 * AGENT_MAX_PATH];
	char path2[2 * AGENT_MAX_PATH];
};

/* agent.c */
/* Reads the table of calls from @table_fd and starts the random key. False with errno. */
bool agent_init(struct agent *agent, int listener, int output, int table_fd);
/* Answers notifications until the listener has no more processes; a thread's main function. */
void *agent_supervise(void *agent);

/* decode.c */
/* Decodes and records @event. True where the call must be answered with ENOSYS. */
bool event_decode(struct event *event);

/* memory.c */
/* Reads up to @size bytes at @address of the caller; answers how many, -1 with errno where none. */
ssize_t memory_read(pid_t tid, uint64_t address, void *buffer, size_t size);
/* Reads a string of less than @size bytes: its length; -1 with errno, ENAMETOOLONG where it is
 * longer. */
ssize_t memory_read_string(pid_t tid, uint64_t address, char *buffer, size_t size);

/* process.c */
/* Reads the link /proc/TID/@name: its length, or -1. Ends the string with NUL. */
ssize_t process_link(pid_t tid, const char *name, char *buffer, size_t size);
/* Fills process, parent, uid and gid (as they are inside) of @record. */
void process_describe(pid_t tid, struct agent_record *record);
/* The supplementary groups of the process, as they are inside, each with a space behind it: how
 * many bytes, -1 where they cannot be read. Ends the string with NUL. */
ssize_t process_groups(pid_t tid, char *buffer, size_t size);
/* The path that is mapped at @address, into @buffer; -1 where there is none. */
ssize_t process_mapping(pid_t tid, uint64_t address, char *buffer, size_t size);
/* Duplicates descriptor @fd of the process, -1 with errno. */
int process_descriptor(pid_t tid, int fd);

/* record.c */
struct text {
	const char *data;
	size_t bytes;
};
/* Writes @record with its strings, unless @once is set and the same has been written, or the call
 * @id (0: none) does not wait any more. */
void record_write(struct agent *agent, struct agent_record *record, const struct text *strings,
		  size_t count, uint64_t id, bool once);
/* Forgets what was recorded: after a change of names the same path means another thing. */
void record_forget(struct agent *agent);
void record_lost(struct agent *agent);
/* Writes the trailer and all that is left. */
bool record_finish(struct agent *agent);
