/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of /proc/net's socket tables, apart for its tests. */
#pragma once

#include "sandbox/sandbox.h"

/* Appends the listening TCP, or bound and unconnected UDP, sockets of a table to @listeners (of
 * struct sandbox_listener). Lines that are not of the format are passed over. */
void listeners_parse(const char *text, bool tcp, GArray *listeners);
