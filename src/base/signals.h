/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals by name, as image configs give them (image-spec config.md, `StopSignal`).
 *
 *     int number = signal_parse("SIGQUIT");
 */
#pragma once

/* The number of "SIGTERM", "TERM", "15", "SIGRTMIN+3" or "RTMAX-1"; 0 for what is none. */
int signal_parse(const char *text);
