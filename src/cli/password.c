/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/password.h"

#include "base/error.h"
#include "base/fd.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* The first line of @fd. */
static char *line_of(int fd, const char *what, GError **error)
{
	char buffer[SIGN_PASSWORD_MAX_BYTES + 2];
	size_t have = 0;
	ssize_t got = 0;
	char *line = NULL;

	while (have < sizeof(buffer) && !memchr(buffer, '\n', have) &&
	       (got = read(fd, buffer + have, sizeof(buffer) - have)) > 0)
		have += (size_t)got;
	if (got < 0)
		error_set(error, THRESH_ERROR_INPUT, "%s: cannot be read", what);
	else if (have == sizeof(buffer) && !memchr(buffer, '\n', have))
		error_set(error, THRESH_ERROR_INPUT, "%s: a password of more than %d bytes", what,
			  SIGN_PASSWORD_MAX_BYTES);
	else if (memchr(buffer, '\0', have))
		error_set(error, THRESH_ERROR_INPUT, "%s: a password with a NUL byte", what);
	else
		line = g_strndup(buffer, have);
	explicit_bzero(buffer, sizeof(buffer));
	if (line)
		line[strcspn(line, "\r\n")] = '\0';
	return line;
}

static char *ask_terminal(int terminal, const char *prompt, const char *what, GError **error)
{
	struct termios before, quiet;
	char *line;

	if (tcgetattr(terminal, &before) < 0) {
		error_set(error, THRESH_ERROR_INPUT, "the terminal cannot be asked for a password");
		return NULL;
	}
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	(void)fd_write_all(terminal, prompt, strlen(prompt), NULL);
	(void)tcsetattr(terminal, TCSAFLUSH, &quiet);
	line = line_of(terminal, what, error);
	(void)tcsetattr(terminal, TCSAFLUSH, &before);
	(void)fd_write_all(terminal, "\n", 1, NULL);
	return line;
}

static char *ask_twice(int terminal, const char *what, GError **error)
{
	g_autofree char *prompt = g_strdup_printf("new password for %s: ", what);
	char *first = ask_terminal(terminal, prompt, what, error);
	char *second = first ? ask_terminal(terminal, "the same again: ", what, error) : NULL;
	bool same = second && strcmp(first, second) == 0;

	if (second && !same)
		error_set(error, THRESH_ERROR_INPUT, "the two passwords differ");
	sign_password_free(second);
	if (same)
		return first;
	sign_password_free(first);
	return NULL;
}

char *password_ask(const char *what, void *user, GError **error)
{
	const struct password_source *source = user;
	const char *variable = getenv("COSIGN_PASSWORD");
	g_autofree char *prompt = g_strdup_printf("password of %s: ", what);
	autofd int fd = -1;

	if (source->file && !strcmp(source->file, "-"))
		return line_of(STDIN_FILENO, "standard input", error);
	if (source->file) {
		fd = fd_open(AT_FDCWD, source->file, O_RDONLY, 0, error);
		return fd < 0 ? NULL : line_of(fd, source->file, error);
	}
	if (variable)
		return g_strdup(variable);
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0)
		return source->twice ? ask_twice(fd, what, error)
				     : ask_terminal(fd, prompt, what, error);
	error_set(error, THRESH_ERROR_INPUT,
		  "%s: no terminal to ask for its password: give --password-file FILE, or set "
		  "COSIGN_PASSWORD",
		  what);
	return NULL;
}
