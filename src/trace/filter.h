/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recorder's seccomp filter: for each call of each architecture, whether it is looked at;
 * compiled to classic BPF as a balanced tree over ranges of call numbers.
 */
#pragma once

#include "agent/protocol.h"

#include <glib.h>
#include <linux/filter.h>

enum filter_action {
	FILTER_ENOSYS, /* the default: a call without a name */
	FILTER_ALLOW,
	FILTER_NOTIFY,
	FILTER_MAP,     /* mmap: notified where a file becomes executable */
	FILTER_PROTECT, /* mprotect: notified where something becomes executable */
	FILTER_STATX,   /* statx: unless AT_EMPTY_PATH and a descriptor say which file: fstat */
	FILTER_STATAT,  /* newfstatat: the same, with its flags in the next argument */
};

struct filter_plan {
	uint8_t actions[AGENT_ARCHES][AGENT_MAX_CALLS]; /* enum filter_action */
};

/* The program as a GArray of struct sock_filter. Calls of other architectures, x32 calls and
 * numbers from AGENT_MAX_CALLS on answer ENOSYS. */
GArray *filter_compile(const struct filter_plan *plan);
