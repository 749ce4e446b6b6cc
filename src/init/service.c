/* SPDX-License-Identifier: Apache-2.0 */
#include "init/service.h"

#include "init/clock.h"
#include "init/expand.h"
#include "init/launch.h"
#include "init/probe.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INTERVAL_MS = 20, TRY_MS = 2000 };

struct service {
	const char *name; /* a word of the plan */
	pid_t pid;        /* 0: it has ended, and its status was seen */
	bool is_essential;
};

INIT_LARGE static struct service services[PLAN_MAX_PROGRAMS];
static unsigned int service_count;

/* NULL where its `start` lies in a branch that was not taken. */
static struct service *service_find(const char *name)
{
	for (unsigned int i = 0; i < service_count; i++) {
		if (strcmp(services[i].name, name) == 0)
			return &services[i];
	}
	return NULL;
}

/* Ends the process where the program has ended: it cannot answer any more. */
static void service_check(const struct plan_directive *directive, struct service *service)
{
	int status;

	if (!service || service->pid == 0 || waitpid(service->pid, &status, WNOHANG) == 0)
		return;
	status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	if (status == 0)
		init_fail_why(directive, 1, service->name, "it ended before it answered");
	init_fail_status(directive, service->name, status);
}

static void probe_wait(const struct plan *plan, const struct plan_directive *directive,
		       const struct probe *probe, uint32_t timeout_ms, struct service *service)
{
	const char *subject = service ? directive->words : plan_word(directive, 1);
	int64_t deadline_ms = clock_ms() + timeout_ms;

	for (;;) {
		int64_t try_ms = clock_ms() + TRY_MS;
		int signal_number;

		if (probe_answers(probe, try_ms < deadline_ms ? try_ms : deadline_ms))
			return;
		service_check(directive, service);
		if (clock_ms() >= deadline_ms)
			init_fail_why(directive, 1, subject, "nothing answers in time");
		signal_number = launch_wait(plan, INTERVAL_MS);
		if (signal_number)
			_exit(128 + signal_number);
	}
}

/* `await NAME tcp PORT MS`, `http PORT PATH MS`, `file T MS`, `socket T MS`. */
static void await_step(const struct plan *plan, const struct plan_directive *directive)
{
	const char *subject = plan_word(directive, 2);
	struct probe probe;
	uint32_t timeout_ms = 0;

	probe_init(&probe, directive->sub);
	if (directive->sub == PLAN_WAY_FILE || directive->sub == PLAN_WAY_SOCKET)
		probe.path = expand_path(directive, subject);
	else
		(void)probe_endpoint(&probe, subject);
	if (directive->sub == PLAN_WAY_HTTP)
		probe.path = plan_word(directive, 3);
	plan_decimal(plan_word(directive, directive->count - 1), UINT32_MAX, &timeout_ms);
	probe_wait(plan, directive, &probe, timeout_ms, service_find(directive->words));
}

/* `wait tcp ADDRESS PORT MS`. */
static void wait_step(const struct plan *plan, const struct plan_directive *directive)
{
	const char *address = plan_word(directive, 1);
	const char *port = plan_word_next(address);
	struct probe probe;
	uint32_t timeout_ms = 0;

	probe_init(&probe, PLAN_WAY_TCP);
	(void)probe_address(&probe, address);
	(void)probe_endpoint(&probe, port);
	plan_decimal(plan_word_next(port), UINT32_MAX, &timeout_ms);
	probe_wait(plan, directive, &probe, timeout_ms, NULL);
}

static void start_step(const struct plan *plan, const struct plan_directive *directive)
{
	services[service_count++] =
		(struct service){directive->words, launch_program(plan, directive), false};
}

/* Asks, waits for the grace, kills. That it has ended, and how, is what was wanted. */
static void stop_step(const struct plan *plan, const struct plan_directive *directive)
{
	struct service *service = service_find(directive->words);
	const char *word = plan_word(directive, 1);
	uint32_t signal_number = 0;
	uint32_t grace_ms = 0;
	int64_t deadline_ms;

	if (!service || service->pid == 0)
		return;
	plan_decimal(word, UINT32_MAX, &signal_number);
	plan_decimal(plan_word_next(word), UINT32_MAX, &grace_ms);
	deadline_ms = clock_ms() + grace_ms;
	(void)kill(service->pid, (int)signal_number);
	while (waitpid(service->pid, NULL, WNOHANG) == 0) {
		int64_t left_ms = deadline_ms - clock_ms();

		/* A request to stop init shortens the grace. */
		if (left_ms <= 0 || launch_wait(plan, left_ms) != 0) {
			(void)kill(service->pid, SIGKILL);
			waitpid(service->pid, NULL, 0);
			break;
		}
	}
	service->pid = 0;
}

void service_step(const struct plan *plan, const struct plan_directive *directive)
{
	struct service *service;

	switch (directive->kind) {
	case PLAN_START:
		start_step(plan, directive);
		return;
	case PLAN_AWAIT:
		await_step(plan, directive);
		return;
	case PLAN_STOP:
		stop_step(plan, directive);
		return;
	case PLAN_WAIT:
		wait_step(plan, directive);
		return;
	default:
		service = service_find(directive->words);
		if (service)
			service->is_essential = true;
	}
}

bool services_are_left(void)
{
	for (unsigned int i = 0; i < service_count; i++) {
		siginfo_t info = {.si_pid = 0};

		if (services[i].pid == 0)
			continue;
		/* An essential one that has ended is still to be heard of. */
		if (services[i].is_essential ||
		    waitid(P_PID, (id_t)services[i].pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
		    info.si_pid == 0)
			return true;
	}
	return false;
}

void services_adopt(struct stay *stay)
{
	for (unsigned int i = 0; i < service_count; i++) {
		if (services[i].pid && services[i].is_essential)
			stay->essential[stay->essential_count++] = services[i].pid;
	}
}
