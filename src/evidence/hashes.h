/* SPDX-License-Identifier: Apache-2.0 */
/* Whether bytes are those that a distribution's checksum is of.
 *
 *     const struct checksum *checksum = package_db_checksum(db, node);
 *     if (checksum && checksum_is_of(checksum, data, size_bytes)) …
 */
#pragma once

#include "cut/packages.h"

#include <stdbool.h>
#include <stddef.h>

/* @data may be NULL where there are none. */
bool checksum_is_of(const struct checksum *checksum, const void *data, size_t size_bytes);
