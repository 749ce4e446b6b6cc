/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON values as block YAML 1.2: one document of `kubernetes` output. Strings are quoted wherever a
 * YAML 1.1 or 1.2 reader could take them for something else; members keep their order.
 *
 *     yaml_append(text, document);
 */
#pragma once

#include <glib.h>
#include <jansson.h>

void yaml_append(GString *text, const json_t *value);
