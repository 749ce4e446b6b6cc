/* SPDX-License-Identifier: Apache-2.0 */
/* What `harden` and `cut` say when they are done: one screen for people, one document for machines.
 */
#pragma once

#include "cli/output.h"
#include "harden/harden.h"

/* @replayed: whether the answers were compared (`cut` does not). */
bool harden_report_print(const struct harden_request *request, const struct harden_result *result,
			 bool replayed, enum output_format format, GError **error);
