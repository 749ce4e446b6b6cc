/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP request on a connected socket, for probe.c: asks, and judges the status and, where
 * something is looked for, the body (RFC 9112). Answers of 1 MiB at most, headers of 16 KiB.
 */
#pragma once

#include "init/probe.h"

/* @fd does not block and stays the caller's. */
bool http_answers(const struct probe *probe, int fd, int64_t deadline_ms);

/* probe.c: waits until @fd is ready for @events of poll(2); false: the time is over. */
bool probe_ready(int fd, short events, int64_t deadline_ms);
