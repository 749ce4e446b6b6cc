/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A root with Debian's shells and tools, and the record of a script's start in it as text, one step
 * a line.
 */
#pragma once

#include "entrypoint/start.h"

/* Enters this test's identity and makes the root, with @server as /usr/bin/server. */
void fixture_open(const char *server);
void fixture_close(void);

extern struct identity fixture_identity;

/* thresh-init, where the environment's THRESH_INIT can be read. */
#define FIXTURE_INIT "/.thresh/init"

/* Whether the root has the file @program. */
bool fixture_has(const char *program);

/* The last start's record, freed by the next call. */
struct start_record *fixture_record(void);

/* The same, which the caller frees. */
struct start_record *fixture_take(void);

/* Runs @script as /entrypoint.sh with @scenario's further properties (or NULL) and @setup's (or
 * NULL): the steps as text, or the error behind "error: ". Caller frees. */
char *fixture_start(const char *script, const struct start_scenario *scenario,
		    const struct start_setup *setup);

/* As is the format of fixture_start. */
char *record_text(const struct start_record *record);
