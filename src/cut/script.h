/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first line of a script, as the kernel reads it (execve(2), "Interpreter scripts"; at most 255
 * bytes, fs/binfmt_script.c), and the program that `env` would find behind it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct script {
	char *interpreter; /* the path after "#!" */
	char *program;     /* where the interpreter is env: the program's name, else NULL */
};

/* False where @data begins with no "#!" line. The caller clears. */
bool script_parse(const void *data, size_t size_bytes, struct script *ret_script);
void script_clear(struct script *script);
