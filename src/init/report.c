/* SPDX-License-Identifier: Apache-2.0 */
#include "init/init.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PARTS = 14 };

const char *init_report_prefix = "thresh-init: ";

struct message {
	struct iovec parts[PARTS];
	int count;
};

static void message_add(struct message *message, const char *text)
{
	/* writev(2) does not write to iov_base. */
	message->parts[message->count++] = (struct iovec){(char *)(uintptr_t)text, strlen(text)};
}

const char *init_number_text(uint64_t number, char text[static INIT_DIGITS])
{
	char *p = text + INIT_DIGITS - 1;

	*p = '\0';
	do {
		*--p = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return p;
}

/* One writev(2), so that the line stays whole beside other writers. */
static noreturn void message_end(struct message *message, int status)
{
	message_add(message, "\n");
	(void)!writev(STDERR_FILENO, message->parts, message->count);
	_exit(status);
}

noreturn void init_fail_text(uint32_t line, const char *text)
{
	struct message message = {.count = 0};
	char digits[INIT_DIGITS];

	message_add(&message, "thresh-init: " INIT_PLAN_PATH ":");
	if (line) {
		message_add(&message, init_number_text(line, digits));
		message_add(&message, ":");
	}
	message_add(&message, " ");
	message_add(&message, text);
	message_end(&message, EXIT_INIT);
}

static void message_begin(struct message *message, const struct plan_directive *directive,
			  char digits[static INIT_DIGITS])
{
	message_add(message, "thresh-init: " INIT_PLAN_PATH ":");
	message_add(message, init_number_text(directive->line, digits));
	message_add(message, ": ");
	message_add(message, plan_kind_name(directive->kind));
	message_add(message, " ");
}

noreturn void init_fail_why(const struct plan_directive *directive, int status, const char *subject,
			    const char *text)
{
	struct message message = {.count = 0};
	char digits[INIT_DIGITS];

	message_begin(&message, directive, digits);
	if (subject)
		message_add(&message, subject);
	else
		message.count--; /* the space */
	message_add(&message, ": ");
	message_add(&message, text);
	message_end(&message, status);
}

noreturn void init_fail_path(const struct plan_directive *directive, const char *path, int error)
{
	init_fail_why(directive, EXIT_INIT, path, strerror(error));
}

noreturn void init_fail_type(const struct plan_directive *directive)
{
	struct message message = {.count = 0};
	const char *word = directive->words;
	char digits[INIT_DIGITS];

	message_begin(&message, directive, digits);
	message_add(&message, word);
	message_add(&message, ": not a value of type ");
	word = plan_word_next(word);
	message_add(&message, word);
	if (directive->count > 2) {
		message_add(&message, " from ");
		word = plan_word_next(word);
		message_add(&message, word);
		message_add(&message, " to ");
		message_add(&message, plan_word_next(word));
	}
	message_end(&message, 1);
}

noreturn void init_fail_status(const struct plan_directive *directive, const char *program,
			       int status)
{
	struct message message = {.count = 0};
	char digits[2][INIT_DIGITS];

	if (status == EXIT_NOT_EXECUTABLE || status == EXIT_NOT_FOUND)
		_exit(status); /* the child has said why */
	message_begin(&message, directive, digits[0]);
	message_add(&message, program);
	message_add(&message, status > 128 ? ": ended by signal " : ": exit status ");
	message_add(&message,
		    init_number_text((uint32_t)(status > 128 ? status - 128 : status), digits[1]));
	message_end(&message, status);
}

void init_say(int fd, const char *text)
{
	struct message message = {.count = 0};

	message_add(&message, text);
	message_add(&message, "\n");
	(void)!writev(fd, message.parts, message.count);
}

noreturn void init_fail_say(int status, const char *text)
{
	init_say(STDERR_FILENO, text);
	_exit(status);
}

noreturn void init_fail_line(const struct plan_directive *directive, int error)
{
	init_fail_path(directive, directive->count ? directive->words : NULL, error);
}

noreturn void init_fail_start(int error)
{
	struct message message = {.count = 0};

	message_add(&message, init_report_prefix);
	message_add(&message, "no process for the application: ");
	message_add(&message, strerror(error));
	message_end(&message, EXIT_INIT);
}

/* What applications say is cut short, and made of printable bytes: it is one line of a log. */
static const char *text_clean(const char *text)
{
	enum { SHOWN = 256 };
	static char clean[SHOWN + 4];
	size_t i = 0;

	for (; text[i] && i < SHOWN; i++)
		clean[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
	if (text[i])
		memcpy(clean + i, "...", sizeof("..."));
	return clean;
}

noreturn void init_fail_command(const char *name, const char *what, const char *why)
{
	struct message message = {.count = 0};

	message_add(&message, "thresh-init: ");
	message_add(&message, name);
	message_add(&message, ": ");
	if (what) {
		message_add(&message, "`");
		message_add(&message, text_clean(what));
		message_add(&message, "`: ");
	}
	message_add(&message, why);
	message_end(&message, EXIT_NOT_EXECUTABLE);
}

noreturn void init_fail_program(const char *program, int error)
{
	struct message message = {.count = 0};
	bool missing = error == ENOENT || error == ENOTDIR;

	message_add(&message, init_report_prefix);
	message_add(&message, program);
	message_add(&message, ": ");
	message_add(&message, strerror(error));
	if (error == ENOENT && strchr(program, '/') && access(program, F_OK) == 0)
		message_add(&message, " (the file is there; its interpreter is not)");
	message_end(&message, missing ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}
