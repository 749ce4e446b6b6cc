/* SPDX-License-Identifier: Apache-2.0 */
/* tini 0.19: the command in a process group of its own, signals to the command or, with -g, to the
 * group; a subreaper with -s alone. */
#include "init/compat.h"
#include "init/say.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { LEVEL_WARNING = 1, LEVEL_INFO, LEVEL_DEBUG, LEVEL_MAX = 9, EXIT_MAX = 255 };

static int level = LEVEL_WARNING;
static bool warns_on_reap;

static const char help[] = "thresh-init in the place of tini: supervision of a valid init process\n"
			   "Usage: tini [OPTION]... PROGRAM [-- ARGUMENT...] | --version\n"
			   "  -s         be a subreaper (TINI_SUBREAPER)\n"
			   "  -p SIGNAL  sent when the parent dies\n"
			   "  -v         more verbose (TINI_VERBOSITY)\n"
			   "  -w         warn when an orphan is reaped\n"
			   "  -g         signals to the process group (TINI_KILL_PROCESS_GROUP)\n"
			   "  -e STATUS  counts as 0; repeatable\n"
			   "  -l         licence\n"
			   "  -h         help\n";

static const struct {
	char name[7]; /* no NUL where it is full */
	uint8_t number;
} signals[] = {
	{"HUP", SIGHUP},       {"INT", SIGINT},   {"QUIT", SIGQUIT},   {"ILL", SIGILL},
	{"TRAP", SIGTRAP},     {"ABRT", SIGABRT}, {"BUS", SIGBUS},     {"FPE", SIGFPE},
	{"KILL", SIGKILL},     {"USR1", SIGUSR1}, {"SEGV", SIGSEGV},   {"USR2", SIGUSR2},
	{"PIPE", SIGPIPE},     {"ALRM", SIGALRM}, {"TERM", SIGTERM},   {"CHLD", SIGCHLD},
	{"CONT", SIGCONT},     {"STOP", SIGSTOP}, {"TSTP", SIGTSTP},   {"TTIN", SIGTTIN},
	{"TTOU", SIGTTOU},     {"URG", SIGURG},   {"XCPU", SIGXCPU},   {"XFSZ", SIGXFSZ},
	{"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH}, {"SYS", SIGSYS},
};

/* SIGTERM, TERM or 15; or -1. */
static int signal_number(const char *text)
{
	int number = compat_number(text, STAY_SIGNALS - 1);

	if (number > 0)
		return number;
	if (strncmp(text, "SIG", 3) == 0)
		text += 3;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (strlen(text) < sizeof(signals[i].name) && strcmp(signals[i].name, text) == 0)
			return signals[i].number;
	}
	return -1;
}

static void line_print(const char *kind, const char *before, long number, const char *after)
{
	struct say line = {.length = 0};

	say_text(&line, "[");
	say_text(&line, kind);
	say_text(&line, " tini (");
	say_number(&line, getpid());
	say_text(&line, ")] ");
	say_text(&line, before);
	if (after) {
		say_number(&line, number);
		say_text(&line, after);
	}
	say_end(&line, *kind == 'F' || *kind == 'W' ? STDERR_FILENO : STDOUT_FILENO);
}

static void reaped_print(const struct stay *stay, long pid)
{
	if (pid != stay->main && warns_on_reap && level >= LEVEL_WARNING)
		line_print("WARN ", "Reaped zombie process with pid=", pid, "");
}

static void watch(const struct stay *stay, enum stay_event event, long number, long value)
{
	(void)value;
	switch (event) {
	case STAY_RECEIVED:
		if (level >= LEVEL_DEBUG && number == SIGCHLD)
			line_print("DEBUG", "Received SIGCHLD", 0, NULL);
		break;
	case STAY_FORWARDED:
		if (level >= LEVEL_DEBUG)
			line_print("DEBUG", "Passing signal: '", number, "'");
		break;
	case STAY_REAPED:
		reaped_print(stay, number);
		break;
	default:
		break;
	}
}

static noreturn void value_refuse(char letter, const char *value)
{
	char option[] = {letter, ':', ' ', '\0'};
	struct say line = {.length = 0};

	say_text(&line, "[FATAL tini] Not a valid option for -");
	say_text(&line, option);
	say_text(&line, value);
	say_end(&line, STDERR_FILENO);
	_exit(COMPAT_EXIT_USAGE);
}

static void status_forgive(struct stay *stay, const char *value)
{
	int status = compat_number(value, EXIT_MAX);

	if (status < 0)
		value_refuse('e', value);
	stay->forgiven[status / 64] |= (uint64_t)1 << (status & 63);
}

static void parent_death_ask(const char *value)
{
	int number = signal_number(value);

	if (number < 0 || prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) < 0)
		value_refuse('p', value);
}

static void option_take(struct stay *stay, const struct options *options, char letter)
{
	switch (letter) {
	case 's':
		stay->adopts = true;
		break;
	case 'p':
		parent_death_ask(options->value);
		break;
	case 'v':
		level++;
		break;
	case 'w':
		warns_on_reap = true;
		break;
	case 'g':
		stay->to_group = true;
		break;
	case 'e':
		status_forgive(stay, options->value);
		break;
	case 'h':
		compat_end(help, STDOUT_FILENO, 0);
	case 'l':
		compat_end("thresh-init: Apache License 2.0\n", STDOUT_FILENO, 0);
	default:
		compat_end(help, STDERR_FILENO, COMPAT_EXIT_USAGE);
	}
}

static void environment_read(struct stay *stay, char **envp)
{
	const char *verbosity = compat_environment(envp, "TINI_VERBOSITY");

	if (compat_environment(envp, "TINI_SUBREAPER"))
		stay->adopts = true;
	if (compat_environment(envp, "TINI_KILL_PROCESS_GROUP"))
		stay->to_group = true;
	if (verbosity)
		level = compat_number(verbosity, LEVEL_MAX);
	if (level >= LEVEL_INFO || warns_on_reap)
		stay->watch = watch;
}

static void reaper_check(const struct stay *stay)
{
	int is_subreaper = 0;

	if (stay->adopts || level < LEVEL_WARNING || getpid() == 1 ||
	    prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper, 0, 0, 0) < 0 || is_subreaper)
		return;
	line_print("WARN ", "neither PID 1 nor a subreaper (-s): zombie reaping won't work", 0,
		   NULL);
}

char **tini_read(struct stay *stay, char **argv, char **envp)
{
	struct options options;
	char **command;
	char letter;

	stay->adopts = false;
	if (argv[1] && !argv[2] && strcmp(argv[1], "--version") == 0)
		compat_end("tini version 0.19.0 - thresh-init\n", STDOUT_FILENO, 0);
	options_begin(&options, argv, "sp:vwge:hl", NULL);
	while ((letter = options_next(&options)))
		option_take(stay, &options, letter);
	environment_read(stay, envp);
	command = options_rest(&options);
	if (!*command)
		compat_end(help, STDERR_FILENO, COMPAT_EXIT_USAGE);
	reaper_check(stay);
	/* As its usage has it, `tini PROGRAM -- ARGUMENT...`: the dashes are tini's. */
	if (strcmp(command[-1], "--") != 0 && command[1] && strcmp(command[1], "--") == 0) {
		command[1] = command[0];
		command++;
	}
	return command;
}
