/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether two starts did the same: step by step, text by text. What is known in some starts alone
 * (item_field_is_timely) is not compared.
 */
#pragma once

#include "entrypoint/item.h"

/* Their texts are compared as templates where @templates, else as they are. */
bool states_alike(const struct state *a, const struct state *b, bool templates);

/* Whether @b did what the templates of @a say for its values: it follows them alone. Unlike the
 * comparison of two templates, it is not misled by a value of @b that stands in a text by chance.
 */
bool state_predicted(const struct space *space, const struct state *a, const struct state *b);
