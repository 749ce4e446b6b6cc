/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Staying as PID 1, or as the subreaper of the application's processes: who is started how, which
 * signals reach it, when it ends, and with what status.
 *
 * Every signal is blocked and waited for, so that none is lost and nothing wakes up without a
 * reason. The application's end is followed by that of all it left behind: SIGTERM, the grace,
 * SIGKILL; a stop signal that is not followed within the grace ends the same way.
 *
 *     struct stay stay;
 *     stay_init(&stay);
 *     stay.grace_ms = 10000;
 *     stay.execute = execute;            // in the child; answers never
 *     stay_run(&stay);                   // answers never
 */
#pragma once

#include "init/init.h"

enum {
	STAY_SIGNALS = 65, /* 1 to 64 */
	STAY_GRACE_MS = 10000,
};

/* What the application's process is made, in relation to ours. */
enum stay_place {
	STAY_IN_GROUP,   /* a process group of its own, in the foreground where we are */
	STAY_IN_SESSION, /* a session of its own that takes over the terminal */
	STAY_BESIDE,     /* in our process group */
};

/* For those who want to hear of it (stay.watch). */
enum stay_event {
	STAY_STARTED_MAIN, /* number: process */
	STAY_RECEIVED,     /* number: signal */
	STAY_REWRITTEN,    /* number: signal, value: what it became */
	STAY_FORWARDED,
	STAY_DROPPED,
	STAY_LEFT_TERMINAL, /* number: signal that this caused, which is ignored */
	STAY_REAPED,        /* number: process, value: wait status */
	STAY_SUSPENDING,
	STAY_ENDING, /* value: exit status */
};

struct stay {
	/* Set by the caller. */
	void (*execute)(
		const void *argument); /* in the child, which shares our memory; answers never */
	const void *argument;
	/* Told of what happens; all of the program stays in memory then. Or NULL. */
	void (*watch)(const struct stay *stay, enum stay_event event, long number, long value);
	char **environment; /* where LISTEN_PID is looked for */
	uint32_t grace_ms; /* after the stop signal (0: any time) and after the application's end */
	uint32_t delay_ms; /* before a stop signal is forwarded; a second one ends the wait */
	uint8_t stop_signal;           /* 0: none is known */
	uint8_t rewrite[STAY_SIGNALS]; /* by signal: what is forwarded; 0: nothing */
	uint8_t place;                 /* enum stay_place */
	bool to_group;                 /* forward to the process group, not to the process alone */
	bool suspends;        /* stop with the terminal's stop signals that are forwarded */
	bool follows;         /* stop when the application stops: job control of a shell outside */
	bool adopts;          /* become a subreaper where not PID 1 */
	bool waits;           /* for all descendants; else the application's end is ours */
	bool pauses;          /* no application: wait for SIGTERM or SIGINT, and reap */
	uint64_t forgiven[4]; /* exit statuses that become 0: one bit each */
	pid_t essential[PLAN_MAX_PROGRAMS]; /* whose end is everyone's */
	uint32_t essential_count;

	/* Its own. */
	pid_t main;
	int status;          /* exit status, once `decided` */
	int64_t deadline_ms; /* monotonic; 0: none */
	int64_t settled_ms;  /* monotonic: when memory is given back; 0: it was */
	int64_t delayed_ms;  /* monotonic: when `delayed` is forwarded; 0: none */
	int delayed;
	int terminal;  /* our controlling terminal with us in its foreground, or -1 */
	bool is_first; /* PID 1 */
	bool decided;
	bool main_ended;
	bool killing; /* the grace is over */
};

/* A grace of 10 s, SIGTERM as stop signal, no rewriting, a process group, all is waited for. */
void stay_init(struct stay *stay);

/* Starts stay->execute as a child and stays; a failure ends the process with 125. */
noreturn void stay_run(struct stay *stay);

/* resident.c: the wait itself, once stay->main runs. */
noreturn void stay_loop(struct stay *stay);
