/* SPDX-License-Identifier: Apache-2.0 */
/* dumb-init 1.2: a session of its own for the command and signals to its process group; with -c
 * neither. Its debug lines are those of the original, since scripts look for them. */
#include "init/compat.h"
#include "init/say.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIGNAL_MAX = 31 };

static const char help[] =
	"thresh-init in the place of dumb-init\n"
	"Usage: dumb-init [OPTION]... COMMAND [ARGUMENT]...\n"
	"  -c, --single-child     signals to the command alone, not to its process group\n"
	"  -r, --rewrite FROM:TO  send TO where FROM (1 to 31) comes; 0: nothing\n"
	"  -v, --verbose          say what happens\n"
	"  -h, --help\n"
	"  -V, --version\n";

static const char rewrite_help[] =
	"Usage: -r option takes <signum>:<signum>, where <signum> is between 1 and 31.\n"
	"This option can be specified multiple times.\n"
	"Use --help for full usage.\n";

static void line_print(const char *before, long number, const char *after)
{
	struct say line = {.length = 0};

	say_text(&line, "[dumb-init] ");
	say_text(&line, before);
	if (after) {
		say_number(&line, number);
		say_text(&line, after);
	}
	say_end(&line, STDERR_FILENO);
}

static void reaped_print(long pid, int status)
{
	struct say line = {.length = 0};

	say_text(&line, "[dumb-init] A child with PID ");
	say_number(&line, pid);
	say_text(&line,
		 WIFEXITED(status) ? " exited with exit status " : " was terminated by signal ");
	say_number(&line, WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	say_text(&line, ".");
	say_end(&line, STDERR_FILENO);
}

static void rewritten_print(long from, long to)
{
	struct say line = {.length = 0};

	say_text(&line, "[dumb-init] Translating signal ");
	say_number(&line, from);
	say_text(&line, " to ");
	say_number(&line, to);
	say_text(&line, ".");
	say_end(&line, STDERR_FILENO);
}

static void watch(const struct stay *stay, enum stay_event event, long number, long value)
{
	switch (event) {
	case STAY_STARTED_MAIN:
		if (stay->place == STAY_IN_SESSION)
			line_print("setsid complete.", 0, NULL);
		line_print("Child spawned with PID ", number, ".");
		break;
	case STAY_RECEIVED:
		line_print("Received signal ", number, ".");
		break;
	case STAY_REWRITTEN:
		rewritten_print(number, value);
		break;
	case STAY_FORWARDED:
		line_print("Forwarded signal ", number, " to children.");
		break;
	case STAY_DROPPED:
		line_print("Not forwarding signal ", number, " to children (ignored).");
		break;
	case STAY_LEFT_TERMINAL:
		line_print("Ignoring tty hand-off signal ", number, ".");
		break;
	case STAY_REAPED:
		reaped_print(number, (int)value);
		break;
	case STAY_SUSPENDING:
		line_print("Suspending self due to TTY signal.", 0, NULL);
		break;
	case STAY_ENDING:
		line_print("Child exited with status ", value, ". Goodbye.");
		break;
	}
}

static void rewrite_read(struct stay *stay, char *pair)
{
	char *colon = pair ? strchr(pair, ':') : NULL;
	int from, to;

	if (!colon)
		compat_end(rewrite_help, STDERR_FILENO, COMPAT_EXIT_USAGE);
	*colon = '\0';
	from = compat_number(pair, SIGNAL_MAX);
	to = compat_number(colon + 1, SIGNAL_MAX);
	if (from < 1 || to < 0)
		compat_end(rewrite_help, STDERR_FILENO, COMPAT_EXIT_USAGE);
	stay->rewrite[from] = (uint8_t)to;
}

static noreturn void option_refuse(const struct options *options, const char *program)
{
	char letter[] = {*options->refused, '\0'};
	struct say line = {.length = 0};

	say_text(&line, program);
	say_text(&line, options->is_long ? ": unrecognized option '" : ": invalid option -- '");
	say_text(&line, options->is_long ? options->refused : letter);
	say_text(&line, "'");
	say_end(&line, STDERR_FILENO);
	_exit(COMPAT_EXIT_USAGE);
}

static noreturn void usage_print(const char *program)
{
	struct say text = {.length = 0};

	say_text(&text, "Usage: ");
	say_text(&text, program);
	say_text(&text, " [option] program [args]\nTry ");
	say_text(&text, program);
	say_text(&text, " --help for full usage.\n");
	say_end(&text, STDERR_FILENO);
	_exit(COMPAT_EXIT_USAGE);
}

static bool variable_is(char **envp, const char *name, const char *value)
{
	const char *found = compat_environment(envp, name);

	return found && strcmp(found, value) == 0;
}

static void option_take(struct stay *stay, const struct options *options, char letter,
			const char *program)
{
	switch (letter) {
	case 'c':
		stay->place = STAY_BESIDE;
		break;
	case 'r':
		rewrite_read(stay, options->value);
		break;
	case 'v':
		stay->watch = watch;
		break;
	case 'h':
		compat_end(help, STDERR_FILENO, 0);
	case 'V':
		compat_end("dumb-init v1.2.5 (thresh-init)\n", STDERR_FILENO, 0);
	case ':':
		compat_end(rewrite_help, STDERR_FILENO, COMPAT_EXIT_USAGE);
	default:
		option_refuse(options, program);
	}
}

char **dumb_init_read(struct stay *stay, char **argv, char **envp)
{
	static const struct option_name names[] = {{"single-child", 'c'}, {"rewrite", 'r'},
						   {"verbose", 'v'},      {"help", 'h'},
						   {"version", 'V'},      {NULL, 0}};
	static const int terminal_stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};
	struct options options;
	char letter;

	stay->place = STAY_IN_SESSION;
	stay->adopts = false;
	stay->suspends = true;
	options_begin(&options, argv, "cr:vhV", names);
	while ((letter = options_next(&options)))
		option_take(stay, &options, letter, argv[0]);
	if (!*options_rest(&options))
		usage_print(argv[0]);
	if (variable_is(envp, "DUMB_INIT_DEBUG", "1"))
		stay->watch = watch;
	if (variable_is(envp, "DUMB_INIT_SETSID", "0"))
		stay->place = STAY_BESIDE;
	stay->to_group = stay->place == STAY_IN_SESSION;
	/* A group without a controlling shell ignores these: it is stopped for good instead. */
	for (size_t i = 0; i < sizeof(terminal_stops) / sizeof(terminal_stops[0]); i++) {
		uint8_t *to = &stay->rewrite[terminal_stops[i]];

		if (stay->to_group && *to == terminal_stops[i])
			*to = SIGSTOP;
	}
	return options_rest(&options);
}
