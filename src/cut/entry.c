/* SPDX-License-Identifier: Apache-2.0 */
/*
 * May what the image starts, and what the application executed, be in a production image? A shell
 * or a shell script as the entry point is refused; a shell that the application ran on the way is
 * noted.
 */
#include "base/error.h"
#include "base/path.h"
#include "cut/content.h"
#include "cut/cut.h"
#include "cut/launcher.h"
#include "cut/script.h"

#include <string.h>

enum { NOTE_ARGUMENTS_MAX = 6 };

static char *command_text(const char *path, const GPtrArray *argv)
{
	GString *text = g_string_new(NULL);
	g_autofree char *whole = NULL;

	for (guint i = 0; argv && i < argv->len && i < NOTE_ARGUMENTS_MAX; i++)
		g_string_append_printf(text, "%s%s", i > 0 ? " " : "", (char *)argv->pdata[i]);
	if (text->len == 0)
		g_string_append(text, path);
	whole = g_string_free(text, FALSE);
	return error_quote(whole);
}

/* The program that runs when @node is executed: a script's interpreter, and so on; bounded as the
 * kernel bounds it (5 levels). NULL where it is not in the image. */
static const struct node *interpreter_of(struct cut *cut, const struct node *node)
{
	for (int i = 0; node && i < 5; i++) {
		autocontent struct content content = {0};
		struct script script = {0};
		g_autofree char *path = NULL;

		if (!content_open(cut->tree, node, CONTENT_MAX_BYTES, &content) ||
		    !script_parse(content.data, content.size_bytes, &script))
			return node;
		path = g_strdup(script.program ? script.program : script.interpreter);
		script_clear(&script);
		if (path[0] != '/') {
			const char *search = cut_environment(cut, "PATH");
			g_auto(GStrv) directories =
				g_strsplit(search ? search : "/usr/bin:/bin", ":", -1);

			node = NULL;
			for (char **directory = directories; *directory && !node; directory++) {
				g_autofree char *full = path_join(*directory, path);

				node = cut_resolve(cut, full);
			}
		} else {
			node = cut_resolve(cut, path);
		}
	}
	return node;
}

static const char *applet_of(const struct command *command)
{
	const char *name = command->argv && command->argv->len > 0
				   ? path_name(command->argv->pdata[0])
				   : path_name(command->path);

	name += *name == '-';
	if ((strcmp(name, "busybox") == 0 || strcmp(name, "toybox") == 0) && command->argv &&
	    command->argv->len > 1)
		return command->argv->pdata[1];
	return name;
}

static bool is_shell_name(const char *name)
{
	return strcmp(name, "sh") == 0 || strcmp(name, "ash") == 0 || strcmp(name, "hush") == 0 ||
	       strcmp(name, "bash") == 0;
}

/* What follows `--` takes the place of Cmd alone, so it is a way out only where there is no
 * Entrypoint. */
static bool refuse_shell(const struct cut *cut, const char *text, const char *path, bool script,
			 GError **error)
{
	const struct image_config *config = cut->options->config;
	bool replaceable = config && config->entrypoint->len == 0;

	if (cut->is_shell_entry) {
		*cut->is_shell_entry = true;
		return true;
	}

	return error_set(error, THRESH_ERROR_INPUT,
			 "the entry point `%s` %s (%s), and production images have none: "
			 "`harden` distils it where it traces the image itself, so trace it again "
			 "rather than cut by this profile; or %sset the program "
			 "itself as the image's ENTRYPOINT, in exec form (\"FROM IMAGE\", "
			 "\"ENTRYPOINT [\\\"/PROGRAM\\\", ...]\")",
			 text, script ? "is a script for a shell" : "is a shell", path,
			 replaceable ? "give the program itself after `--`, or " : "");
}

/* What @node holds; by its content alone where the programs of the image were not looked for. */
static enum program_kind kind_of(struct cut *cut, const struct node *node)
{
	autocontent struct content content = {0};

	if (cut->programs)
		return programs_kind(cut->programs, node);
	if (!content_open(cut->tree, node, CONTENT_MAX_BYTES, &content))
		return PROGRAM_OTHER;
	return program_identify(content.data, content.size_bytes);
}

static bool check_program(struct cut *cut, const char *path, const GPtrArray *argv, GError **error)
{
	const struct node *node = cut_resolve(cut, path);
	const struct node *program = node ? interpreter_of(cut, node) : NULL;
	g_autofree char *text = command_text(path, argv);
	g_autofree char *program_path = program ? node_path(program) : NULL;
	enum program_kind kind = program ? kind_of(cut, program) : PROGRAM_OTHER;

	if (program && kind == PROGRAM_OTHER)
		kind = kind_of(cut, node);
	switch (kind) {
	case PROGRAM_SHELL:
		return refuse_shell(cut, text, program_path, program != node, error);
	case PROGRAM_MULTICALL:
		if (program != node || is_shell_name(path_name(path)) ||
		    (argv && argv->len > 0 && is_shell_name(path_name(argv->pdata[0]))))
			return refuse_shell(cut, text, program_path, program != node, error);
		return error_set(error, THRESH_ERROR_INPUT,
				 "the entry point `%s` is an applet of %s, which holds a shell: "
				 "install the program itself in the image",
				 text, program_path);
	case PROGRAM_PACKAGE_MANAGER:
		return error_set(error, THRESH_ERROR_INPUT,
				 "the entry point `%s` is a package manager (%s), and production "
				 "images have none: give the program that it starts after `--`",
				 text, program_path);
	default:
		return true;
	}
}

/* A word of the command line, found as the runtime finds a program. */
char *cut_find_program(const struct cut *cut, const char *name)
{
	const struct image_config *config = cut->options->config;
	const char *search = cut_environment(cut, "PATH");

	if (strchr(name, '/'))
		return path_clean(config->working_directory, name);
	g_auto(GStrv) directories = g_strsplit(
		search ? search : "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		":", -1);
	for (char **directory = directories; *directory; directory++) {
		g_autofree char *path = path_clean(*directory, name);
		const struct node *node = cut_resolve(cut, path);

		if (node && node->type == NODE_FILE)
			return g_steal_pointer(&path);
	}
	return NULL;
}

/* Where in @argv a launcher's program is, and its path: the first word behind the options that is
 * one (an option's own value, a user or NAME=VALUE is none). NULL where there is none. */
static char *launched_program(const struct cut *cut, const GPtrArray *argv, guint *ret_index)
{
	for (guint i = 1; i < argv->len; i++) {
		const char *word = argv->pdata[i];
		g_autofree char *path = *word == '-' || !*word ? NULL : cut_find_program(cut, word);
		const struct node *node = path ? cut_resolve(cut, path) : NULL;

		if (!node || node->type != NODE_FILE || !(node->mode & 0111))
			continue;
		*ret_index = i;
		return g_steal_pointer(&path);
	}
	return NULL;
}

/* The program that the image starts, and what that starts in its turn. */
static bool check_main(struct cut *cut, const char *path, const GPtrArray *argv, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_autofree char *program = g_strdup(path);
	guint index = 0;

	for (guint i = 0; argv && i < argv->len; i++)
		g_ptr_array_add(words, argv->pdata[i]);
	for (;;) {
		char *next;

		if (!check_program(cut, program, words, error))
			return false;
		next = launcher_is(program) ? launched_program(cut, words, &index) : NULL;
		if (!next)
			return true;
		g_free(program);
		program = next;
		g_ptr_array_remove_range(words, 0, index);
	}
}

/* @direct: the shell itself, not a script for it. */
static bool check_shell(struct cut *cut, const struct command *command, bool direct,
			const char *text, const char *shell, GError **error)
{
	bool taken = false;

	if (direct && !cut_take_shell(cut, command, &taken, error))
		return false;
	if (taken)
		cut_link_shell(cut, command);
	else
		cut_note(cut,
			 "the application ran `%s`: %s is a shell and is not kept, so this "
			 "command will fail",
			 text, shell);
	return true;
}

static bool check_child(struct cut *cut, const struct command *command, GError **error)
{
	const struct node *node = cut_resolve(cut, command->path);
	const struct node *program = node ? interpreter_of(cut, node) : NULL;
	g_autofree char *text = command_text(command->path, command->argv);
	g_autofree char *path = program ? node_path(program) : NULL;
	enum program_kind kind = program ? programs_kind(cut->programs, program) : PROGRAM_OTHER;

	if (kind == PROGRAM_MULTICALL && program == node && !is_shell_name(applet_of(command)))
		return error_set(
			error, THRESH_ERROR_INPUT,
			"the application ran `%s`, an applet of %s, which holds a shell and "
			"is not in production images: install the program itself (the "
			"coreutils, procps or util-linux one), or let the application do "
			"without it",
			text, path);
	if (kind == PROGRAM_SHELL || kind == PROGRAM_MULTICALL)
		return check_shell(cut, command, program == node, text, path, error);
	if (kind == PROGRAM_PACKAGE_MANAGER)
		cut_note(cut, "the application ran `%s`: %s is a package manager and is not kept",
			 text, path);
	return true;
}

static bool check_config(struct cut *cut, GError **error)
{
	const struct image_config *config = cut->options->config;
	const GPtrArray *words;
	g_autofree char *path = NULL;

	if (!config)
		return true;
	words = config->entrypoint->len > 0 ? config->entrypoint : config->command;
	if (words->len == 0)
		return true;
	path = cut_find_program(cut, words->pdata[0]);
	return !path || check_main(cut, path, words, error);
}

bool cut_check_commands(struct cut *cut, GError **error)
{
	const GPtrArray *commands = cut->profile->commands;
	const GPtrArray *start = cut->profile->start;
	bool has_main = false;

	for (guint i = 0; i < commands->len; i++) {
		const struct command *command = commands->pdata[i];

		has_main |= !command->child;
		if (!(command->child ? check_child(cut, command, error)
				     : check_main(cut, command->path, command->argv, error)))
			return false;
	}
	cut_take_erlang(cut);
	/* What ran is what counts: the user may have put another program in place of the image's,
	 * or the plan's steps stand there, and all that ran are children of thresh-init, which
	 * stayed.
	 */
	return has_main || (start && start->len > 0) || check_config(cut, error);
}

char *keepset_find_program(const struct tree *tree, const struct image_config *config,
			   const char *name)
{
	const struct cut_options options = {.config = config};
	const struct cut cut = {.tree = tree, .options = &options};

	return cut_find_program(&cut, name);
}

bool keepset_check_entry(const struct tree *tree, const struct cut_options *options,
			 const GPtrArray *arguments, bool *ret_shell, GError **error)
{
	const struct image_config *config = options->config;
	struct cut cut = {.tree = tree, .options = options, .is_shell_entry = ret_shell};
	const GPtrArray *behind = arguments ? arguments : config->command;
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_autofree char *path = NULL;

	if (ret_shell)
		*ret_shell = false;
	for (guint i = 0; i < config->entrypoint->len; i++)
		g_ptr_array_add(words, config->entrypoint->pdata[i]);
	for (guint i = 0; i < behind->len; i++)
		g_ptr_array_add(words, behind->pdata[i]);
	if (words->len == 0)
		return true;
	path = cut_find_program(&cut, words->pdata[0]);
	return !path || check_main(&cut, path, words, error);
}
