/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the application gave to a shell while it was traced. A plain command line is for the exec
 * broker (src/seal/broker.h); one with shell syntax is an error, unless the user says in
 * thresh.yaml that it may be refused, or allows a pattern that it fits.
 */
#pragma once

#include "cut/commandline.h"

#include <stdint.h>

/* Of thresh.yaml, `commands`. */
struct command_rule {
	char *text; /* allow: a pattern (docs/plan.md, `command`); refuse: as fnmatch(3) */
	char *why;
	bool allow;
};

struct shell_command {
	char *text;  /* what was behind -c */
	char *shell; /* the resolved program that was executed */
	struct commandline line;
	uint8_t run; /* as of struct command */
};

void command_rule_free(struct command_rule *rule);
void shell_command_free(struct shell_command *command);

/* Whether a shell does @line by itself with the effect that the program of that name has too: echo,
 * kill, printf, pwd, test, true, false. */
bool commandline_is_builtin(const struct commandline *line);
