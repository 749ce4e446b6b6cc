/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of values a variable takes, once a start has shown it: its marks become such.
 *
 *     factor_use_numbers(factor);       // 48964 in place of Zq003kxA
 */
#pragma once

#include "entrypoint/space.h"

/* Its marks become numbers: unusual ones, or, in @space, such between @least and @most, which are
 * at least 8 apart. */
void factor_use_numbers(struct factor *factor);
/* It may hold no blank: what the script makes of one is known from no rule. */
void factor_use_words(struct factor *factor);
bool factor_is_word(const struct factor *factor);
void factor_use_range(const struct space *space, struct factor *factor, guint64 least,
		      guint64 most);
/* It has no marks: only what was tried, and was taken, is known. */
void factor_use_list(struct factor *factor);
/* Its marks become absolute paths; before any of them was used. */
void factor_use_paths(struct factor *factor);
