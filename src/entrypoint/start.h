/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running an image's entry point in the sandbox, and recording what it did until it executed the
 * application: see record.h for what is recorded.
 *
 *     struct start_setup setup = {
 *             .sandbox = &launch->sandbox, .process = &launch->process, .identity = identity,
 *             .entrypoint_words = config->entrypoint->len,
 *     };
 *     record = start_run(&setup, &scenario, error);
 *
 * Each call is a fresh sandbox. The application is not run: at its first instruction everything is
 * killed. The process is followed with ptrace(2) by a thread of its own, so a call needs no right
 * that the sandbox does not need, and several may run at once.
 *
 * A program that the script runs is folded into the files that it changed where these are all that
 * its processes left: no socket, no signal, no process that lives on, no special file, at most 32
 * files with 1 MiB together. Otherwise it is kept as a step. Whether its files are the same in
 * every run one run cannot know: the learner compares two, and names in `keep` what varied.
 */
#pragma once

#include "entrypoint/record.h"
#include "sandbox/sandbox.h"

struct start_setup {
	const struct sandbox_spec *sandbox;
	/* argv is Entrypoint and Cmd; descriptors, filters, hooks and user are not looked at. */
	const struct process_spec *process;
	const struct identity *identity;
	size_t entrypoint_words; /* of process->argv: the scenario's arguments come behind them */
	const char *const *keep; /* NULL-terminated: programs that are steps in any case, by their
				    resolved path or by argv[0]; or NULL */
	int timeout_ms;          /* for one start; 0: 60000 */
	int settle_ms;           /* how long nothing may happen until a program that the script
				    waits for is taken for the application: this where it listens,
				    five times this where it does not; 0: 1000 */
};

/* Fails with THRESH_ERROR_NOT_READY where the application is not executed in time, with
 * THRESH_ERROR_INPUT for what no record can hold (more than 10,000 steps, a file of more than 1
 * MiB written by a shell itself, 200,000 touched files, 100,000 processes). Caller frees the
 * record. */
struct start_record *start_run(const struct start_setup *setup,
			       const struct start_scenario *scenario, GError **error);
