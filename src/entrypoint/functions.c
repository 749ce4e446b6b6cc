/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/functions.h"

#include <string.h>

enum { MAX_FUNCTIONS = 256 };

/* name() { … }: until a brace in the first column, or one that ends the line of a short one. */
#define DEFINITION                                                                                 \
	"^[ \\t]*(?|function[ \\t]+([\\w:.-]+)[ \\t]*(?:\\(\\))?|([A-Za-z_][\\w:.-]*)[ "           \
	"\\t]*\\(\\))"                                                                             \
	"\\s*\\{((?s:.*?))(?:\\n\\}|(?<=[;\\s])\\}[ \\t]*$)"

static void function_free(struct script_function *function)
{
	g_free(function->name);
	g_free(function->body);
	g_free(function);
}

static GRegex *expression(const char *pattern)
{
	return g_regex_new(pattern, G_REGEX_RAW | G_REGEX_MULTILINE, 0, NULL);
}

/* Where it is called: its words are the first group. */
static GRegex *calls_of(const struct script_function *function)
{
	g_autofree char *name = g_regex_escape_string(function->name, -1);
	g_autofree char *pattern = g_strdup_printf("(?<![\\w$/.-])%s[ \\t]+([^\\n;|&]*)", name);

	return expression(pattern);
}

static bool is_given_arguments(const struct script_function *function, const GPtrArray *texts)
{
	g_autoptr(GRegex) calls = calls_of(function);
	bool found = false;

	for (guint i = 0; i < texts->len && !found; i++) {
		g_autoptr(GMatchInfo) call = NULL;

		g_regex_match(calls, texts->pdata[i], 0, &call);
		for (; g_match_info_matches(call) && !found; g_match_info_next(call, NULL)) {
			g_autofree char *words = g_match_info_fetch(call, 1);

			found = g_regex_match_simple("\\$\\{?[@*1-9]", words, G_REGEX_RAW, 0);
		}
	}
	return found;
}

static void find_in(const GRegex *definition, const char *text, GPtrArray *functions)
{
	g_autoptr(GMatchInfo) match = NULL;

	g_regex_match(definition, text, 0, &match);
	for (; g_match_info_matches(match) && functions->len < MAX_FUNCTIONS;
	     g_match_info_next(match, NULL)) {
		struct script_function *function = g_new0(struct script_function, 1);

		function->name = g_match_info_fetch(match, 1);
		function->body = g_match_info_fetch(match, 2);
		g_ptr_array_add(functions, function);
	}
}

GPtrArray *functions_find(const GPtrArray *texts)
{
	GPtrArray *functions = g_ptr_array_new_with_free_func((GDestroyNotify)function_free);
	g_autoptr(GRegex) definition = expression(DEFINITION);

	for (guint i = 0; i < texts->len; i++)
		find_in(definition, texts->pdata[i], functions);
	for (guint i = 0; i < functions->len; i++) {
		struct script_function *function = functions->pdata[i];

		function->is_given_arguments = is_given_arguments(function, texts);
	}
	return functions;
}

static char *replace_once(const char *text, const char *old, const char *new)
{
	const char *at = strstr(text, old);

	return at ? g_strdup_printf("%.*s%s%s", (int)(at - text), text, new, at + strlen(old))
		  : g_strdup(text);
}

void functions_hide(const GPtrArray *functions, GPtrArray *texts)
{
	g_autoptr(GRegex) arguments = expression("(\\$\\{?!?)[1-9](?![0-9])");

	for (guint i = 0; i < functions->len; i++) {
		const struct script_function *function = functions->pdata[i];
		g_autofree char *hidden =
			g_regex_replace(arguments, function->body, -1, 0, "\\g<1>0", 0, NULL);

		for (guint j = 0; j < texts->len && !function->is_given_arguments && hidden; j++) {
			char *text = replace_once(texts->pdata[j], function->body, hidden);

			g_free(texts->pdata[j]);
			texts->pdata[j] = text;
		}
	}
}

GPtrArray *function_variables(const struct script_function *function, const GPtrArray *texts)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GRegex) calls = calls_of(function);
	g_autoptr(GRegex) variable = expression("\\$\\{?([A-Za-z_]\\w*)");

	for (guint i = 0; i < texts->len; i++) {
		g_autoptr(GMatchInfo) call = NULL;

		g_regex_match(calls, texts->pdata[i], 0, &call);
		for (; g_match_info_matches(call); g_match_info_next(call, NULL)) {
			g_autofree char *words = g_match_info_fetch(call, 1);
			g_autoptr(GMatchInfo) name = NULL;

			g_regex_match(variable, words, 0, &name);
			for (; g_match_info_matches(name); g_match_info_next(name, NULL))
				g_ptr_array_add(names, g_match_info_fetch(name, 1));
		}
	}
	return names;
}
