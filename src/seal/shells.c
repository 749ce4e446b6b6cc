/* SPDX-License-Identifier: Apache-2.0 */
/* What takes the place of the shells that the application called: links to thresh-init, and the
 * command lines that it runs. */
#include "base/error.h"
#include "base/sorted.h"
#include "seal/broker.h"
#include "seal/seal_private.h"

#include <string.h>

enum { COMMANDS_MAX = 1024 };

static GPtrArray *patterns_traced(const struct seal *seal, const struct seal_input *input)
{
	g_autoptr(GPtrArray) writables = g_ptr_array_new();

	for (guint i = 0; i < seal->writables->len; i++) {
		const struct writable *writable = seal->writables->pdata[i];

		g_ptr_array_add(writables, writable->path);
	}
	return broker_patterns(input->keepset->shell_commands, writables);
}

/* A set of patterns, owned. */
static GHashTable *patterns_all(const struct seal *seal, const struct seal_input *input)
{
	const GPtrArray *rules = input->options->command_rules;
	g_autoptr(GPtrArray) traced = patterns_traced(seal, input);
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < traced->len; i++)
		g_hash_table_add(all, g_strdup(traced->pdata[i]));
	for (guint i = 0; rules && i < rules->len; i++) {
		const struct command_rule *rule = rules->pdata[i];

		if (rule->allow)
			g_hash_table_add(all, g_strdup(rule->text));
	}
	return all;
}

bool seal_decide_shells(struct seal *seal, const struct seal_input *input, GError **error)
{
	g_autoptr(GHashTable) found = NULL;
	g_autoptr(GPtrArray) patterns = NULL, links = NULL;

	if (!input->keepset->shell_links || g_hash_table_size(input->keepset->shell_links) == 0)
		return true;
	found = patterns_all(seal, input);
	patterns = keys_sorted(found);
	if (patterns->len > COMMANDS_MAX)
		return error_set(error, THRESH_ERROR_INPUT,
				 "the application gave %u different command lines to a shell, more "
				 "than %d: say in thresh.yaml which patterns they follow "
				 "(commands: allow)",
				 patterns->len, COMMANDS_MAX);
	for (guint i = 0; i < patterns->len; i++)
		g_ptr_array_add(seal->shell_commands, g_strdup(patterns->pdata[i]));
	links = keys_sorted(input->keepset->shell_links);
	for (guint i = 0; i < links->len; i++)
		g_ptr_array_add(seal->shell_links, g_strdup(links->pdata[i]));
	return true;
}
