/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What compilers write into a program about what it was built from.
 *
 *     json_t *modules = go_build_info(data, size);       // [{"path", "version"}, …], or NULL
 *
 * Bytes from outside: every offset is checked, nothing is taken out of the file's bounds.
 */
#pragma once

#include "base/json.h"

#include <stddef.h>

/* Go (package debug/buildinfo, Go 1.18 and later): an array of {"path", "version"}, the standard
 * library first (as "stdlib"), then the main module, then the dependencies, each as it was
 * replaced. NULL where @data is no Go program. Caller owns. */
json_t *go_build_info(const void *data, size_t size_bytes);

/* cargo-auditable's section .dep-v0: zlib and JSON, as an object with `packages`. NULL where there
 * is none. Caller owns. */
json_t *rust_audit_data(const void *data, size_t size_bytes);
