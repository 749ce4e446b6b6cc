/* SPDX-License-Identifier: Apache-2.0 */
#include "init/launch.h"

#include "init/arena.h"
#include "init/clock.h"
#include "init/expand.h"
#include "init/variable.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MS_PER_S = 1000, NS_PER_MS = 1000000, GRACE_MS = 10000, KILL_MS = 1000 };
enum { INPUT_BYTES = 64 << 20 }; /* of files that are a program's input */

/* A program with its modifiers, made ready before there is a child. */
struct launch {
	const struct plan_directive *directive; /* run or start */
	const struct plan_directive *as;
	const struct plan_directive *accept;
	char **arguments;
	char **environment;
	const char *directory;
	const char *output;
	int input; /* a descriptor, or -1 */
	uint32_t retries;
	uint32_t interval_ms;
};

mode_t launch_umask;
bool launch_child_was_ignored;
bool launch_happened;

static void input_text(const struct launch *launch, const struct plan_directive *modifier,
		       const char *text)
{
	for (size_t left = strlen(text); left > 0;) {
		ssize_t n = write(launch->input, text, left);

		if (n < 0)
			init_fail_path(modifier, NULL, errno);
		text += n;
		left -= (size_t)n;
	}
}

static void input_file(const struct launch *launch, const struct plan_directive *modifier,
		       const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		init_fail_path(modifier, path, errno);
	while ((n = sendfile(launch->input, fd, NULL, INPUT_BYTES)) > 0) {
		if (lseek(launch->input, 0, SEEK_CUR) > INPUT_BYTES)
			init_fail_path(modifier, path, EFBIG);
	}
	if (n < 0)
		init_fail_path(modifier, path, errno);
	close(fd);
}

/* All of them, one behind the other, in a file without a name: a pipe could fill up before its
 * reader is there. */
static void input_read(struct launch *launch, const struct plan_directive *modifier)
{
	if (launch->input < 0)
		launch->input = memfd_create("input", MFD_CLOEXEC);
	if (launch->input < 0)
		init_fail_path(modifier, NULL, errno);
	if (modifier->kind == PLAN_INPUT_FILE)
		input_file(launch, modifier, expand_path(modifier, modifier->words));
	else
		input_text(launch, modifier, expand(modifier->words));
}

static void modifier_read(struct launch *launch, const struct plan_directive *modifier)
{
	const char *word = modifier->words;

	switch (modifier->kind) {
	case PLAN_AS:
		launch->as = modifier;
		return;
	case PLAN_IN:
		launch->directory = expand_path(modifier, word);
		return;
	case PLAN_OUTPUT:
		launch->output = expand_path(modifier, word);
		return;
	case PLAN_INPUT:
	case PLAN_INPUT_FILE:
		input_read(launch, modifier);
		return;
	case PLAN_RETRY:
		plan_decimal(word, UINT32_MAX, &launch->retries);
		plan_decimal(plan_word_next(word), UINT32_MAX, &launch->interval_ms);
		return;
	case PLAN_ACCEPT:
		launch->accept = modifier;
		return;
	default: /* with, without: environment_make */
		return;
	}
}

static const struct plan_directive *modifiers_of(const struct plan *plan,
						 const struct plan_directive *directive)
{
	while (directive > plan->directives && plan_kind_is_modifier(directive[-1].kind))
		directive--;
	return directive;
}

/* `with` and `without`, behind everything that is expanded: as in a shell, they are the program's
 * alone. */
static void environment_make(struct launch *launch, const struct plan_directive *first)
{
	size_t mark = variables_mark();

	for (const struct plan_directive *d = first; d < launch->directive; d++) {
		if (d->kind == PLAN_WITH)
			variable_set(d->words, expand(plan_word_next(d->words)), true);
		else if (d->kind == PLAN_WITHOUT)
			variable_unset(d->words);
	}
	launch->environment = variables_environment();
	variables_restore(mark);
}

static void launch_prepare(struct launch *launch, const struct plan *plan,
			   const struct plan_directive *directive)
{
	const struct plan_directive *first = modifiers_of(plan, directive);
	size_t skipped = directive->kind == PLAN_START; /* its NAME */

	*launch = (struct launch){.directive = directive, .input = -1};
	launch->arguments =
		expand_words(directive, plan_word(directive, skipped), directive->count - skipped);
	if (!launch->arguments[0])
		init_fail_why(directive, EXIT_INIT, NULL, "no words are left of it");
	for (const struct plan_directive *d = first; d < directive; d++)
		modifier_read(launch, d);
	if (launch->input >= 0)
		lseek(launch->input, 0, SEEK_SET);
	environment_make(launch, first);
}

static void stream_open(const struct launch *launch, int stream, const char *path, int flags)
{
	int fd = open(path, flags, 0666);

	if (fd < 0)
		init_fail_path(launch->directive, path, errno);
	if (fd == stream) /* the caller had closed it */
		return;
	if (dup2(fd, stream) < 0)
		init_fail_path(launch->directive, path, errno);
	close(fd);
}

static noreturn void child_run(const struct plan *plan, const struct launch *launch)
{
	umask(launch_umask);
	if (launch->input >= 0)
		dup2(launch->input, STDIN_FILENO);
	else
		stream_open(launch, STDIN_FILENO, "/dev/null", O_RDONLY);
	if (launch->output)
		stream_open(launch, STDOUT_FILENO, launch->output, O_WRONLY | O_CREAT | O_TRUNC);
	if (launch->directory && chdir(launch->directory) < 0)
		init_fail_path(launch->directive, launch->directory, errno);
	if (launch->as)
		init_identity_take(launch->as);
	launch_signals_restore();
	init_execute(plan, launch->arguments, launch->environment);
}

/* Ignored, the kernel would reap for us, and no status be seen. */
static void child_signal_take(void)
{
	struct sigaction before;

	if (launch_happened)
		return;
	launch_happened = true;
	launch_child_was_ignored =
		sigaction(SIGCHLD, NULL, &before) == 0 && before.sa_handler == SIG_IGN;
	if (launch_child_was_ignored)
		signal(SIGCHLD, SIG_DFL);
}

void launch_signals_restore(void)
{
	if (launch_child_was_ignored)
		signal(SIGCHLD, SIG_IGN);
}

static pid_t child_make(const struct plan *plan, const struct launch *launch)
{
	long pid;

	child_signal_take();
	pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		init_fail_path(launch->directive, launch->arguments[0], errno);
	if (pid == 0)
		child_run(plan, launch);
	return (pid_t)pid;
}

static void launch_clear(const struct launch *launch)
{
	if (launch->input >= 0)
		close(launch->input);
}

pid_t launch_program(const struct plan *plan, const struct plan_directive *directive)
{
	size_t mark = arena_mark();
	struct launch launch;
	pid_t pid;

	launch_prepare(&launch, plan, directive);
	pid = child_make(plan, &launch);
	launch_clear(&launch);
	arena_release(mark);
	return pid;
}

static init_signals signal_bit(int signal_number)
{
	return (init_signals)1 << (signal_number - 1);
}

/* What asks init to stop: unless the caller blocked or ignored it. */
static init_signals stop_signals(const struct plan *plan)
{
	const struct plan_directive *stay = plan_find(plan, PLAN_STAY);
	uint32_t signals[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGTERM};
	init_signals set = 0;

	if (stay && stay->count > 1)
		plan_decimal(plan_word(stay, 1), UINT32_MAX, &signals[4]);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction action;

		if (sigaction((int)signals[i], NULL, &action) == 0 && action.sa_handler == SIG_DFL)
			set |= signal_bit((int)signals[i]);
	}
	return set & ~init_caller_mask;
}

int launch_wait(const struct plan *plan, int64_t timeout_ms)
{
	init_signals set = stop_signals(plan) | signal_bit(SIGCHLD);
	struct timespec timeout;
	long n;

	if (timeout_ms >= 0) {
		timeout.tv_sec = timeout_ms / MS_PER_S;
		timeout.tv_nsec = timeout_ms % MS_PER_S * NS_PER_MS;
	}
	n = syscall(SYS_rt_sigtimedwait, &set, NULL, timeout_ms >= 0 ? &timeout : NULL,
		    sizeof(set));
	return n > 0 && n != SIGCHLD ? (int)n : 0;
}

/* The same signal to the program; the grace; SIGKILL. */
static noreturn void child_stop(const struct plan *plan, pid_t pid, int signal_number)
{
	const struct plan_directive *stay = plan_find(plan, PLAN_STAY);
	uint32_t grace_ms = GRACE_MS;
	int64_t deadline_ms;

	if (stay)
		plan_decimal(stay->words, UINT32_MAX, &grace_ms);
	deadline_ms = clock_ms() + grace_ms;
	(void)kill(pid, signal_number);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		int64_t left_ms = deadline_ms - clock_ms();

		if (left_ms <= 0) {
			(void)kill(pid, SIGKILL);
			left_ms = KILL_MS;
		}
		(void)launch_wait(plan, left_ms);
	}
	_exit(128 + signal_number);
}

/* The program's exit status; others that end meanwhile stay for who waits for them. */
static int child_wait(const struct plan *plan, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		int signal_number = launch_wait(plan, -1);

		if (signal_number)
			child_stop(plan, pid, signal_number);
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool status_is_accepted(const struct launch *launch, int status)
{
	const char *word = launch->accept ? launch->accept->words : NULL;

	if (status == 0)
		return true;
	for (size_t i = 0; word && i < launch->accept->count; i++, word = plan_word_next(word)) {
		uint32_t accepted;

		if (strcmp(word, "any") == 0 ||
		    (plan_decimal(word, UINT8_MAX, &accepted) && (int)accepted == status))
			return true;
	}
	return false;
}

static void interval_wait(const struct plan *plan, uint32_t interval_ms)
{
	int64_t end_ms = clock_ms() + interval_ms;

	for (int64_t left_ms = interval_ms; left_ms > 0; left_ms = end_ms - clock_ms()) {
		int signal_number = launch_wait(plan, left_ms);

		if (signal_number)
			_exit(128 + signal_number);
	}
}

void launch_run(const struct plan *plan, const struct plan_directive *directive)
{
	size_t mark = arena_mark();
	struct launch launch;
	int status;

	launch_prepare(&launch, plan, directive);
	for (;;) {
		status = child_wait(plan, child_make(plan, &launch));
		if (status_is_accepted(&launch, status) || launch.retries == 0)
			break;
		launch.retries--;
		interval_wait(plan, launch.interval_ms);
		if (launch.input >= 0)
			lseek(launch.input, 0, SEEK_SET);
	}
	if (!status_is_accepted(&launch, status))
		init_fail_status(directive, launch.arguments[0], status);
	launch_clear(&launch);
	arena_release(mark);
}
