/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exec broker: stands where a shell was, for applications that give command lines to one
 * (popen, system, child_process.exec). No interpreter: the whole line is compared with those of the
 * plan, and the one that fits says which program becomes of this process, with which words.
 *
 * It runs inside the application's restrictions, so it can do nothing that the application could
 * not do by itself.
 */
#include "init/init.h"
#include "plan/command.h"
#include "plan/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LINE_BYTES = 64 << 10,
	WORDS_MAX = 2048,
	VARIABLES_MAX = 4096,
	ARENA_BYTES = PLAN_MAX_LINE_BYTES + PLAN_MAX_HOLES * 4096,
};

INIT_LARGE static char arena[ARENA_BYTES]; /* the words: each hole stands in one place or more */
static size_t arena_used;
INIT_LARGE static char *words[WORDS_MAX + 1];
INIT_LARGE static char *variables[VARIABLES_MAX + 1];
static const char *called; /* argv[0] */
static const char *line;   /* what the shell was to do */

static noreturn void refuse(const char *why)
{
	init_fail_command(called, line, why);
}

static void arena_add(const char *text, size_t bytes)
{
	if (bytes >= sizeof(arena) - arena_used)
		refuse("too long");
	memcpy(arena + arena_used, text, bytes);
	arena_used += bytes;
}

static void variable_add(const char *name, size_t bytes, char **envp)
{
	for (; *envp; envp++) {
		if (strncmp(*envp, name, bytes) == 0 && (*envp)[bytes] == '=')
			arena_add(*envp + bytes + 1, strlen(*envp + bytes + 1));
	}
}

/* One word of the command, with what the holes hold. A word that begins with a hole is no option.
 */
static char *word_expand(const char *word, const struct plan_hole *holes, char **envp)
{
	char *start = arena + arena_used;
	size_t bytes = strlen(word);
	struct plan_piece piece;

	for (size_t n; (n = plan_piece_read(word, bytes, &piece)); word += n, bytes -= n) {
		const struct plan_hole *hole;

		if (piece.kind == PLAN_PIECE_TEXT) {
			arena_add(piece.text, piece.bytes);
		} else if (piece.kind == PLAN_PIECE_VARIABLE) {
			variable_add(piece.text, piece.bytes, envp);
		} else {
			hole = &holes[piece.index - 1];
			if (arena + arena_used == start && *hole->text == '-')
				refuse("an option in the place of a value");
			arena_add(hole->text, hole->bytes);
		}
	}
	arena_add("", 1);
	return start;
}

static void variable_set(char *variable, size_t *count)
{
	size_t name_bytes = strcspn(variable, "=") + 1;

	for (size_t i = 0; i < *count; i++) {
		if (strncmp(variables[i], variable, name_bytes) == 0) {
			variables[i] = variable;
			return;
		}
	}
	if (*count == VARIABLES_MAX)
		refuse("too many variables");
	variables[(*count)++] = variable;
}

/* N</dev/null, N>/dev/null, N>&M: N and M are standard streams. */
static bool is_redirection(const char *word)
{
	return word[0] >= '0' && word[0] <= '2' && (word[1] == '<' || word[1] == '>');
}

static void redirect(const char *word)
{
	int stream = word[0] - '0';
	int fd;

	if (word[2] == '&') {
		if (dup2(word[3] - '0', stream) < 0)
			refuse(strerror(errno));
		return;
	}
	fd = open(word + 2, (word[1] == '<' ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
	if (fd < 0 || dup2(fd, stream) < 0)
		refuse(strerror(errno));
	/* Where the stream was closed, the file is on it already, and shall stay open. */
	if (fd == stream)
		fcntl(fd, F_SETFD, 0);
	else
		close(fd);
}

/* The words of @command: redirections first, then NAME=VALUE for its environment, then the program
 * and its arguments. */
static noreturn void command_execute(const struct plan_directive *command,
				     const struct plan_hole *holes, char **envp)
{
	const char *word = command->words;
	size_t count = 0, variable_count = 0;

	while (envp[variable_count] && variable_count < VARIABLES_MAX) {
		variables[variable_count] = envp[variable_count];
		variable_count++;
	}
	for (size_t i = 1; i < command->count; i++) {
		char *expanded;

		word = plan_word_next(word);
		if (count == 0 && is_redirection(word)) {
			redirect(word);
			continue;
		}
		expanded = word_expand(word, holes, envp);
		if (count == 0 && strchr(word, '='))
			variable_set(expanded, &variable_count);
		else if (count < WORDS_MAX)
			words[count++] = expanded;
		else
			refuse("too many words");
	}
	init_program_take(words, variables);
	init_program_execute(NULL);
}

static noreturn void line_run(const struct plan *plan, char **envp)
{
	static struct plan_hole holes[PLAN_MAX_HOLES];

	for (uint32_t i = 0; i < plan->count; i++) {
		const struct plan_directive *command = &plan->directives[i];

		if (command->kind == PLAN_COMMAND &&
		    plan_command_match(command->words, line, holes))
			command_execute(command, holes, envp);
	}
	refuse("no shell is here, and the plan has no `command` that fits: refused");
}

/* --- os:cmd/1 of Erlang --------------------------------------------------------------------------
 */

/* (COMMAND\n) </dev/null; echo "\004"\n */
static const char before[] = "(";
static const char after[] = "\n) </dev/null; echo \"\004\"\n";

/* Reads from standard input up to `after`, since it is not closed. */
static void erlang_read(void)
{
	INIT_LARGE static char text[LINE_BYTES];
	size_t end = sizeof(after) - 1, size = 0;

	while (size < end || memcmp(text + size - end, after, end) != 0) {
		ssize_t got = read(STDIN_FILENO, text + size, sizeof(text) - size);

		if (got <= 0)
			refuse("nothing on standard input that os:cmd/1 writes");
		size += (size_t)got;
	}
	if (size < end + 1 || text[0] != before[0] || memchr(text, '\0', size))
		refuse("nothing on standard input that os:cmd/1 writes");
	text[size - end] = '\0';
	line = text + 1;
}

static noreturn void erlang_run(const struct plan *plan, char **envp)
{
	pid_t child;
	int status, fd;

	erlang_read();
	child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (child < 0)
		refuse(strerror(errno));
	if (child == 0) {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
			refuse(strerror(errno));
		line_run(plan, envp);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	_exit(write(STDOUT_FILENO, "\004\n", 2) == 2 ? 0 : EXIT_INIT);
}

noreturn void init_broker(const struct plan *plan, int argc, char **argv, char **envp)
{
	called = argv[0];
	switch (shell_use((size_t)argc, argv, &line)) {
	case SHELL_COMMAND:
		line_run(plan, envp);
	case SHELL_ERLANG:
		erlang_run(plan, envp);
	case SHELL_OTHER:
		break;
	}
	line = argc > 1 ? argv[1] : NULL;
	refuse("no shell is here: refused");
}
