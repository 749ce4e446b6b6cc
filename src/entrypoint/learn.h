/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From starts to a plan: what scenarios teach about an entrypoint script, as the steps of the init
 * plan (docs/plan.md) that have the same effects without a shell.
 *
 *     autostartplan struct start_plan *plan = start_learn(&request, runner, user, error);
 *     if (!plan || !start_plan_verify(plan, &request, runner, user, replay, user, error))
 *             …                        // one line: what cannot be expressed, where, what to do
 *
 * The script is a black box that is run: variables are marked, toggled and combined, files are
 * there or not, arguments change. What is learned predicts every scenario that was run, or there is
 * an error; what is predicted is tried on scenarios that were never learned from. The same scripts
 * give the same bytes: nothing depends on time or on the order of a hash table.
 */
#pragma once

#include "entrypoint/record.h"

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	START_BUDGET_RUNS = 120,
	START_BUDGET_RUNS_VARIABLE = 12,
	START_MAX_RUNS = 10000,
	START_MAX_VARIABLES = 96,
};

/* A scenario of the user's, from thresh.yaml. */
struct start_wish {
	char *name;
	GPtrArray *environment; /* char * "NAME=VALUE" to set, "NAME" to unset; or NULL */
	GPtrArray *arguments;   /* char *: in place of Cmd; or NULL */
};
void start_wish_free(struct start_wish *wish);

/* Everything is borrowed; arrays (of char *) may be NULL. */
struct start_request {
	const GPtrArray *environment; /* "NAME=VALUE": with which a plain start begins: the
					 image's, and what the runner adds (HOME, HOSTNAME) */
	const GPtrArray *arguments;   /* the image's Cmd */
	const char *workdir;          /* in which a start begins; NULL: "/" */
	const GPtrArray *volumes;     /* paths that outlive a start */
	const GPtrArray *scenarios;   /* struct start_wish * */
	GHashTable *values;     /* char * name -> GPtrArray * of char *: values of variables to try,
				   besides what the script compares them with; or NULL */
	const GPtrArray *fixed; /* names of variables that keep their value */
	const GPtrArray *own;   /* names of variables whose value is the user's: where the script
				   leaves such a value (of six bytes or more), it is that variable,
				   and never in the plan; or NULL */
	GPtrArray *keep; /* written: char *: programs that the runner must not fold into files,
			    since these vary from start to start; or NULL: that is an error */
	const char *other_program; /* in the image, none of the script's: for `docker run IMAGE it`;
				      NULL: not tried */
	/* Whether the image has something at @path: what is there at a first start tells no later
	   start apart. NULL: nothing is known to be there. */
	bool (*is_shipped)(const char *path, void *user);
	/* Whether the image has nothing in the directory @path, or no such directory. NULL: not
	 * known. */
	bool (*is_vacant)(const char *path, void *user);
	void *shipped_user;   /* of both */
	const char *hostname; /* of every start; NULL: not known */
	guint budget_runs;    /* 1 to START_MAX_RUNS; 0: START_BUDGET_RUNS, or
				 START_BUDGET_RUNS_VARIABLE for each variable where that is more */
	guint jobs;           /* starts at once; 0: 1. The runner is called by several threads then,
				 and what is learned is the same */
	guint budget_seconds; /* no new scenario after it; 0: no limit */
};

/* A scenario that was run, and what it did. */
struct start_taught {
	struct start_scenario *scenario;
	struct start_record *record;
};

struct start_plan {
	char *steps;          /* lines of the grammar, each with its newline; no header */
	bool executes;        /* the steps end in `exec` */
	bool has_setup;       /* the first start runs programs that later ones do not */
	bool waited;          /* the script stays and waits for the application */
	uint32_t uid, gid;    /* with which the application is executed */
	GArray *groups;       /* uint32_t */
	uint32_t umask;       /* of the application */
	GPtrArray *notes;     /* char *: for the report */
	GPtrArray *volumes;   /* char *: as in the request */
	GPtrArray *scenarios; /* struct start_taught *, in the order in which they were run */
	GPtrArray *chances;   /* struct chance *: what differs from start to start (chance.h) */
	GHashTable *habits;   /* what programs came to (record.h) */
	json_t *variables;    /* array: name, rule, what it was tried with */
	json_t *guards;       /* array: condition, and the scenarios that it tells apart */
};
void start_plan_free(struct start_plan *plan);
#define autostartplan __attribute__((cleanup(start_plan_cleanup)))
void start_plan_cleanup(struct start_plan **plan);

/* Whether what is at @path outlives a container, since it is in one of @volumes (char *; or NULL).
 */
bool start_outlives(const GPtrArray *volumes, const char *path);

void start_scenario_free(struct start_scenario *scenario);

/* Learns. THRESH_ERROR_INPUT where something cannot be expressed: the line names the script's file
 * and line, what varies, and the ways out. Caller frees. */
struct start_plan *start_learn(const struct start_request *request, start_runner runner, void *user,
			       GError **error);

/* {"steps": [...], "variables": [...], "guards": [...], "scenarios": [...], "notes": [...]} */
json_t *start_plan_to_json(const struct start_plan *plan);

/* How two records of one scenario differ, as one line; NULL where they do not. Caller frees. */
typedef char *(*start_differ)(const struct start_record *script, const struct start_record *plan);

/* Carries every scenario of @plan out, @jobs at once (0: 1), with @replay (which starts thresh-init
 * with the plan in place of the script) and compares what it did with what the script did.
 * THRESH_ERROR_DIFFERS names the first scenario that differs, and how. */
bool start_plan_verify(const struct start_plan *plan, start_runner replay, void *user, guint jobs,
		       start_differ differ, GError **error);
