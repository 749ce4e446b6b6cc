/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/health_run.h"

#include "sandbox/drive.h"

#include <signal.h>
#include <sys/wait.h>

enum {
	TRY_MS = 30000,      /* as engines have it where an image does not say it */
	PATIENCE_MS = 10000, /* another try begins as long as this is not over */
	PAUSE_MS = 200,
};

/* The test of this run, or NULL. */
static const GPtrArray *test_of(const struct session *session, const struct run *run)
{
	if (run->seal)
		return run->seal->health ? run->seal->health->test : NULL;
	return session->health ? session->health->original : NULL;
}

/* A program that the sealed image keeps is part of the trace: what it needs is what it used. */
static bool is_traced(const struct session *session, const struct run *run)
{
	const struct health *health = run->seal ? run->seal->health : session->health;

	return run->traced && !health->applet;
}

/* Takes over what one try was seen to do: the application is another process. */
static bool take_profile(struct run *run, struct recorder *recorder, GError **error)
{
	autoprofile struct profile *seen = profile_new();
	uint64_t lost = 0;

	if (!recorder_finish(recorder, seen, run->has_findings ? &run->findings : NULL, &lost,
			     error))
		return false;
	run->lost_events += lost;
	for (guint i = 0; i < seen->commands->len; i++)
		((struct command *)seen->commands->pdata[i])->child = true;
	return profile_merge(run->profile, seen, error);
}

static bool is_healthy(struct process *process)
{
	if (process_wait(process, TRY_MS))
		return WIFEXITED(process->status) && WEXITSTATUS(process->status) == 0;
	process_stop(process, SIGKILL, 0, NULL, NULL);
	return false;
}

/* One try. A program that cannot be started is as unhealthy as one that fails. */
static bool try_once(struct session *session, struct run *run, struct sandbox *sandbox,
		     const struct process_spec *wanted, bool *ret_healthy, GError **error)
{
	struct process_spec spec = *wanted;
	struct process process = {.pid_fd = -1};
	struct recorder *recorder = NULL;
	bool started, good = true;

	if (is_traced(session, run)) {
		recorder = session_recorder(session, run, error);
		if (!recorder)
			return false;
		spec.trace_filter = recorder_filter(recorder);
		spec.supervise = recorder_supervise;
		spec.user = recorder;
	}
	started = sandbox_spawn(sandbox, &spec, &process, NULL);
	*ret_healthy = started && is_healthy(&process);
	if (started && recorder)
		good = take_profile(run, recorder, error);
	process_clear(&process);
	recorder_free(recorder);
	return good;
}

static void add_verdict(struct run *run, bool healthy)
{
	struct answer *answer = g_new0(struct answer, 1);

	answer->request = g_strdup("healthcheck");
	answer->status = healthy ? 0 : 1;
	g_ptr_array_add(run->answers, answer);
}

/* As an engine's exec: the container's user and environment, no standard input. */
static bool ask(struct session *session, struct run *run, struct sandbox *sandbox,
		const struct process_spec *application, const GPtrArray *test, bool *ret_healthy,
		GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	struct process_spec spec = *application;
	gint64 deadline = g_get_monotonic_time() + PATIENCE_MS * G_TIME_SPAN_MILLISECOND;

	for (guint i = 0; i < test->len; i++)
		g_ptr_array_add(argv, test->pdata[i]);
	g_ptr_array_add(argv, NULL);
	spec.argv = (const char *const *)argv->pdata;
	for (int i = 0; i < 3; i++)
		spec.standard_fds[i] = -1;
	*ret_healthy = false;
	for (;;) {
		if (!try_once(session, run, sandbox, &spec, ret_healthy, error))
			return false;
		if (*ret_healthy || g_get_monotonic_time() >= deadline)
			return true;
		g_usleep(PAUSE_MS * 1000);
	}
}

bool health_run(struct session *session, struct run *run, struct sandbox *sandbox,
		const struct launch *launch, struct process *application, GError **error)
{
	const GPtrArray *test = test_of(session, run);
	bool healthy = true;

	if (!session->health || process_wait(application, 0))
		return true;
	/* A check of the user's own that the original cannot run is expected to succeed. */
	if (test && !session->health->skipped &&
	    !ask(session, run, sandbox, &launch->process, test, &healthy, error)) {
		g_prefix_error(error, "health check: ");
		return false;
	}
	if (!run->seal && !healthy && !session->health->skipped) {
		session->health->skipped = true;
		session_progress(session, "the health check fails on the original: not compared");
	}
	add_verdict(run, healthy && !session->health->skipped);
	return true;
}
