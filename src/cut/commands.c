/* SPDX-License-Identifier: Apache-2.0 */
#include "cut/commands.h"

#include "base/error.h"
#include "base/path.h"
#include "cut/cut.h"
#include "cut/pattern.h"
#include "plan/command.h"
#include "plan/shell.h"

#include <fnmatch.h>
#include <string.h>

void command_rule_free(struct command_rule *rule)
{
	g_free(rule->text);
	g_free(rule->why);
	g_free(rule);
}

void shell_command_free(struct shell_command *command)
{
	g_free(command->text);
	g_free(command->shell);
	commandline_clear(&command->line);
	g_free(command);
}

/* --- what the shell itself would do --------------------------------------------------------------
 */

/* POSIX.1-2017, Shell Command Language, 2.14, and what the shells add: these act on the shell. */
static const char *const shell_only[] = {
	".",       ":",      "alias",   "bg",      "bind",      "break",    "builtin", "caller",
	"cd",      "chdir",  "command", "compgen", "complete",  "continue", "declare", "dirs",
	"disown",  "enable", "eval",    "exec",    "exit",      "export",   "fc",      "fg",
	"getopts", "hash",   "help",    "history", "jobs",      "let",      "local",   "logout",
	"mapfile", "popd",   "pushd",   "read",    "readarray", "readonly", "return",  "set",
	"shift",   "shopt",  "source",  "suspend", "times",     "trap",     "type",    "typeset",
	"ulimit",  "umask",  "unalias", "unset",   "wait",      NULL};

static const char *const shell_too[] = {"echo", "false", "kill", "printf",
					"pwd",  "test",  "true", NULL};

bool commandline_is_builtin(const struct commandline *line)
{
	return g_strv_contains(shell_too, line->words->pdata[0]);
}

/* echo(1) and a shell's own differ in what a backslash and an option say. */
static bool echo_differs(const struct commandline *line)
{
	if (strcmp(line->words->pdata[0], "echo") != 0)
		return false;
	for (guint i = 1; i < line->words->len; i++) {
		const char *word = line->words->pdata[i];

		if (strchr(word, '\\') || (*word == '-' && strcmp(word, "-n") != 0))
			return true;
	}
	return false;
}

/* What stands against running @line without a shell, or NULL. */
static const char *problem_of(const struct commandline *line)
{
	const char *program = line->words->pdata[0];

	if (g_strv_contains(shell_only, program))
		return "a command that acts on the shell itself";
	if (*program == '\0' || strchr(program, '='))
		return "no name of a program";
	return echo_differs(line) ? "an option or a backslash for the shell's own echo" : NULL;
}

static bool text_is_printable(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' && *text != '\t' && *text != '\n')
			return false;
	}
	return true;
}

/* --- rules ---------------------------------------------------------------------------------------
 */

static const struct command_rule *refusal_of(const struct cut *cut, const char *text)
{
	const GPtrArray *rules = cut->options->command_rules;

	for (guint i = 0; rules && i < rules->len; i++) {
		const struct command_rule *rule = rules->pdata[i];

		if (!rule->allow &&
		    (strcmp(rule->text, text) == 0 || fnmatch(rule->text, text, 0) == 0))
			return rule;
	}
	return NULL;
}

/* A value of --env is in the profile as ${NAME}, which is no shell syntax of the application's: "0"
 * in its place fits a number and a token. NULL where there is none. */
static char *without_values(const struct cut *cut, const char *text)
{
	g_autoptr(GString) plain = g_string_new(text);
	GHashTableIter iter;
	gpointer name;
	guint replaced = 0;

	g_hash_table_iter_init(&iter, cut->profile->environment);
	while (g_hash_table_iter_next(&iter, &name, NULL)) {
		g_autofree char *reference = g_strdup_printf("${%s}", (char *)name);

		replaced += g_string_replace(plain, reference, "0", 0);
	}
	return replaced > 0 ? g_strdup(plain->str) : NULL;
}

static bool is_allowed(const struct cut *cut, const char *text)
{
	const GPtrArray *rules = cut->options->command_rules;
	struct plan_hole holes[PLAN_MAX_HOLES];

	for (guint i = 0; rules && i < rules->len; i++) {
		const struct command_rule *rule = rules->pdata[i];

		if (rule->allow && plan_command_match(rule->text, text, holes))
			return true;
	}
	return false;
}

/* --- taking commands -----------------------------------------------------------------------------
 */

static bool refuse(const char *text, const char *problem, GError **error)
{
	g_autofree char *quoted = error_quote(text);

	return error_set(
		error, THRESH_ERROR_INPUT,
		"the application gave `%s` to a shell: it holds %s, and production images "
		"have no shell; let the application run the program itself, or say in "
		"thresh.yaml, under `commands`, what to do: `refuse` this line with a reason "
		"(it fails with status 126), or `allow` a plain one in its place",
		quoted, problem);
}

/* The program that stands for a shell's built-in command was not run in the trace. */
static bool keep_builtin(struct cut *cut, const struct commandline *line, const char *text,
			 GError **error)
{
	g_autofree char *path = NULL;

	if (!commandline_is_builtin(line))
		return true;
	path = cut_find_program(cut, line->words->pdata[0]);
	if (path && cut_keep_path(cut, path, "closure:command", NULL))
		return true;
	return refuse(text, "a command of the shell itself, and no program of that name is there",
		      error);
}

static bool is_known(const struct cut *cut, const char *text, const char *shell)
{
	const GPtrArray *commands = cut->keepset->shell_commands;

	for (guint i = 0; i < commands->len; i++) {
		const struct shell_command *command = commands->pdata[i];

		if (!strcmp(command->text, text) && !strcmp(command->shell, shell))
			return true;
	}
	return false;
}

static void add(struct cut *cut, const struct command *from, const char *text,
		struct commandline *line)
{
	struct shell_command *command;

	if (is_known(cut, text, from->path)) {
		commandline_clear(line);
		return;
	}
	command = g_new0(struct shell_command, 1);
	command->text = g_strdup(text);
	command->shell = g_strdup(from->path);
	command->line = *line;
	command->run = from->run;
	g_ptr_array_add(cut->keepset->shell_commands, command);
}

static bool take_text(struct cut *cut, const struct command *command, const char *text,
		      GError **error)
{
	const struct command_rule *rule = refusal_of(cut, text);
	g_autofree char *bare = without_values(cut, text);
	struct commandline line;
	const char *problem = NULL;

	if (rule) {
		g_autofree char *quoted = error_quote(text);

		cut_note(cut, "`%s`, which the application gives to a shell, is refused: %s",
			 quoted, rule->why);
		return true;
	}
	if (is_allowed(cut, bare ? bare : text))
		return true;
	if (bare)
		return refuse(text, "a value of --env, which will be another one", error);
	if (!text_is_printable(text))
		return refuse(text, "a control character", error);
	if (!commandline_parse(text, &line, &problem))
		return refuse(text, problem, error);
	problem = problem_of(&line);
	if (problem || !keep_builtin(cut, &line, text, error)) {
		commandline_clear(&line);
		return problem ? refuse(text, problem, error) : false;
	}
	add(cut, command, text, &line);
	return true;
}

bool cut_take_shell(struct cut *cut, const struct command *command, bool *ret_taken, GError **error)
{
	const char *text = NULL;

	*ret_taken = true;
	switch (shell_use(command->argv->len, (char *const *)command->argv->pdata, &text)) {
	case SHELL_COMMAND:
		return take_text(cut, command, text, error);
	case SHELL_ERLANG:
		cut->erlang = command;
		return true;
	case SHELL_OTHER:
		break;
	}
	*ret_taken = false;
	return true;
}

/* --- where the shell was -------------------------------------------------------------------------
 */

/* Adds the path at which @path, a link or the shell itself, lies, where it leads to @shell. */
static bool add_link(struct cut *cut, const char *path, const struct node *shell)
{
	const struct node *node = tree_resolve(cut->tree, path, false, NULL, NULL);

	if (!node || cut_resolve(cut, path) != shell)
		return false;
	if (node->type == NODE_SYMLINK && !cut_touched(cut, node, PATH_READLINK))
		return false;
	g_hash_table_add(cut->keepset->shell_links, node_path(node));
	return true;
}

/* The trace has the program that a path led to, and argv[0] as it was called. */
void cut_link_shell(struct cut *cut, const struct command *command)
{
	static const char *const directories[] = {"/bin", "/usr/bin", "/usr/local/bin", "/sbin"};
	const struct node *shell = cut_resolve(cut, command->path);
	const char *name = command->argv->len > 0 ? command->argv->pdata[0] : "sh";
	bool found = false;

	if (*name == '/' && add_link(cut, name, shell))
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(directories); i++) {
		g_autofree char *path = path_join(directories[i], path_name(name));

		found |= add_link(cut, path, shell);
	}
	if (!found && !add_link(cut, "/bin/sh", shell) && shell)
		g_hash_table_add(cut->keepset->shell_links, node_path(shell));
}

/* What os:cmd/1 wrote to its shell is not in the trace; what the shell ran is. */
void cut_take_erlang(struct cut *cut)
{
	const struct command *shell = cut->erlang;
	const GPtrArray *commands = cut->profile->commands;

	for (guint i = 0; shell && i < commands->len; i++) {
		const struct command *command = commands->pdata[i];
		g_autoptr(GString) text = g_string_new(NULL);
		const struct node *node = cut_resolve(cut, command->path);
		struct command from = *shell;
		struct commandline line;
		const char *problem;

		if (!command->child || command->argv->len == 0 ||
		    (node && programs_kind(cut->programs, node) != PROGRAM_OTHER))
			continue;
		for (guint k = 0; k < command->argv->len; k++)
			g_string_append_printf(text, "%s%s", k > 0 ? " " : "",
					       (char *)command->argv->pdata[k]);
		from.run = command->run;
		if (commandline_parse(text->str, &line, &problem))
			add(cut, &from, text->str, &line);
	}
}

static void add_untraced_shell(struct cut *cut)
{
	const struct node *node = tree_resolve(cut->tree, "/bin/sh", false, NULL, NULL);

	if (node && programs_kind(cut->programs, node) != PROGRAM_OTHER)
		g_hash_table_add(cut->keepset->shell_links, node_path(node));
}

/* What a rule allows must be there to be run, traced or not, and a shell's name to ask for it. */
bool cut_keep_allowed(struct cut *cut, GError **error)
{

	const GPtrArray *rules = cut->options->command_rules;

	for (guint i = 0; rules && i < rules->len; i++) {
		const struct command_rule *rule = rules->pdata[i];
		g_autofree char *program = rule->allow ? pattern_program(rule->text) : NULL;
		g_autofree char *path = program ? cut_find_program(cut, program) : NULL;
		g_autofree char *reason = g_strconcat("rule:", rule->why, NULL);

		if (rule->allow && g_hash_table_size(cut->keepset->shell_links) == 0)
			add_untraced_shell(cut);
		if (program && !(path && cut_keep_path(cut, path, reason, NULL)))
			return error_set(error, THRESH_ERROR_INPUT,
					 "commands: allow: `%s`: there is no program `%s` in the "
					 "image that may be kept",
					 rule->text, program);
	}
	return true;
}
