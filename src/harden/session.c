/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/session.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/signals.h"
#include "harden/answers.h"
#include "harden/health_run.h"
#include "harden/output.h"
#include "harden/secret_forms.h"
#include "harden/stop.h"
#include "harden/vex.h"
#include "policy/syscalls.h"
#include "trace/redact.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STARTS = 2, ATTEMPTS = 3, POLL_MS = 5 };

/* --- opening -------------------------------------------------------------------------------------
 */

static void companion_free(void *data)
{
	struct companion *companion = data;

	rootfs_free(companion->rootfs);
	image_free(companion->image);
	g_free(companion);
}

static bool companions_open(struct session *session, GError **error)
{
	const struct harden_request *request = session->request;

	for (guint i = 0; i < request->companions->len; i++) {
		struct companion *companion = g_new0(struct companion, 1);

		companion->request = request->companions->pdata[i];
		g_ptr_array_add(session->companions, companion);
		companion->image = image_open(companion->request->image, request->platform,
					      &request->limits, error);
		if (companion->image)
			companion->rootfs = rootfs_unpack(companion->image, request->cache_path,
							  &session->identity->shift, error);
		if (!companion->rootfs) {
			g_prefix_error(error, "--with %s: ", companion->request->name);
			return false;
		}
	}
	return true;
}

/* Whether the check's program is a script for a shell. One that is not there is as good as any: the
 * original says what becomes of it. */
static bool runs_script(const struct session *session, const struct health *health)
{
	struct image_config config = *session->image->config;
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	const struct cut_options options = {.config = &config};
	bool shell = false;

	config.entrypoint = none;
	return keepset_check_entry(session->rootfs->tree, &options, health->test, &shell, NULL) &&
	       shell;
}

static bool health_open(struct session *session, GError **error)
{
	const json_t *config = json_object_at(session->image->config->json, "config");
	const struct health *health;

	if (!health_decide(config, session->request->healthcheck, &session->health, error))
		return false;
	health = session->health;
	return !health || health->applet || !runs_script(session, health) ||
	       health_refuse_script(health, error);
}

static bool vulnerabilities_open(struct session *session, GError **error)
{
	const struct harden_request *request = session->request;

	if (request->vulnerabilities->len == 0)
		return true;
	session->vex = harden_vex_open(request->vulnerabilities, session->image,
				       session->rootfs->tree, error);
	return session->vex != NULL;
}

static void add_redaction(GPtrArray *redactions, const char *prefix, const char *name,
			  const char *value, size_t size_bytes)
{
	struct redaction *redaction = g_new0(struct redaction, 1);

	redaction->name = g_strconcat(prefix, name, NULL);
	redaction->value = g_strndup(value, size_bytes);
	g_ptr_array_add(redactions, redaction);
}

/* Values that are shown to nobody. */
static GPtrArray *redactions_of(const struct harden_request *request)
{
	GPtrArray *redactions = g_ptr_array_new_with_free_func((GDestroyNotify)redaction_free);

	for (guint i = 0; i < request->environment->len; i++) {
		const struct redaction *entry = request->environment->pdata[i];

		add_redaction(redactions, "", entry->name, entry->value, strlen(entry->value));
	}
	for (guint i = 0; i < request->secrets->len; i++) {
		const struct secret_request *secret = request->secrets->pdata[i];
		gsize size;
		const char *value = g_bytes_get_data(secret->value, &size);

		add_redaction(redactions, "secret:", secret->name, value,
			      secret_trimmed_bytes(value, size));
	}
	return redactions;
}

struct session *session_open(const struct harden_request *request, const struct identity *identity,
			     GError **error)
{
	autosession struct session *session = g_new0(struct session, 1);

	session->request = request;
	session->identity = identity;
	session->redactions = redactions_of(request);
	session->companions = g_ptr_array_new_with_free_func(companion_free);
	session->ports = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
	session_progress(session, "reading %s", request->source);
	session->image = image_open(request->source, request->platform, &request->limits, error);
	if (!session->image)
		return NULL;
	session->rootfs =
		rootfs_unpack(session->image, request->cache_path, &identity->shift, error);
	if (!session->rootfs || !companions_open(session, error) || !health_open(session, error) ||
	    !vulnerabilities_open(session, error))
		return NULL;
	return g_steal_pointer(&session);
}

void session_free(struct session *session)
{
	if (!session)
		return;
	g_clear_pointer(&session->companions, g_ptr_array_unref);
	g_clear_pointer(&session->redactions, g_ptr_array_unref);
	g_clear_pointer(&session->ports, g_hash_table_unref);
	health_free(session->health);
	harden_vex_free(session->vex);
	rootfs_free(session->rootfs);
	image_free(session->image);
	g_free(session);
}

void session_cleanup(struct session **session)
{
	session_free(*session);
}

void session_progress(const struct session *session, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	if (!session->request->progress)
		return;
	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	session->request->progress(text, session->request->progress_user);
}

/* --- companions ----------------------------------------------------------------------------------
 */

struct running_companion {
	struct sandbox *sandbox;
	struct process process;
	struct output *output;
};

static void running_companion_free(void *data)
{
	struct running_companion *running = data;

	sandbox_free(running->sandbox);
	process_clear(&running->process);
	output_free(running->output);
	g_free(running);
}

static bool companion_ready(struct running_companion *running, const GPtrArray *environment,
			    int timeout_ms, GError **error)
{
	gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * 1000;

	while (g_get_monotonic_time() < deadline) {
		g_autoptr(GArray) listeners = NULL;

		if (process_wait(&running->process, POLL_MS)) {
			g_autofree char *last = output_last_lines(running->output, environment);

			return error_set(error, THRESH_ERROR_NOT_READY,
					 "it ended before it listened; its last output: %s", last);
		}
		listeners = sandbox_listeners(running->sandbox, error);
		if (!listeners)
			return false;
		if (listeners->len > 0)
			return true;
	}
	return error_set(error, THRESH_ERROR_NOT_READY, "it did not listen within %d ms",
			 timeout_ms);
}

static struct running_companion *companion_start(struct session *session, guint index,
						 const struct sandbox *join, GError **error)
{
	const struct companion *companion = session->companions->pdata[index];
	g_autoptr(GPtrArray) environment =
		g_ptr_array_new_with_free_func((GDestroyNotify)redaction_free);
	struct running_companion *running = g_new0(struct running_companion, 1);
	autolaunch struct launch *launch = NULL;
	struct launch_input input = {
		.image = companion->image,
		.rootfs = companion->rootfs,
		.identity = session->identity,
		.environment = environment,
		.companions = session->request->companions,
		.hostname = companion->request->name,
		.join = join,
	};

	running->process.pid_fd = -1;
	for (guint i = 0; i < companion->request->environment->len; i++) {
		g_auto(GStrv) parts = g_strsplit(companion->request->environment->pdata[i], "=", 2);
		struct redaction *entry = g_new0(struct redaction, 1);

		entry->name = g_strdup(parts[0]);
		entry->value = g_strdup(parts[1] ? parts[1] : "");
		g_ptr_array_add(environment, entry);
	}
	launch = launch_new(&input, error);
	if (!launch)
		goto fail;
	running->output = output_new(error);
	if (!running->output)
		goto fail;
	launch->process.standard_fds[1] = output_fd(running->output, 1);
	launch->process.standard_fds[2] = output_fd(running->output, 2);
	running->sandbox = sandbox_open(&launch->sandbox, session->identity, error);
	if (!running->sandbox ||
	    !sandbox_spawn(running->sandbox, &launch->process, &running->process, error))
		goto fail;
	output_started(running->output);
	if (!companion_ready(running, environment, session->request->timeouts.ready_ms, error))
		goto fail;
	return running;
fail:
	g_prefix_error(error, "companion %s: ", companion->request->name);
	running_companion_free(running);
	return NULL;
}

static GPtrArray *companions_start(struct session *session, const struct sandbox *join,
				   GError **error)
{
	g_autoptr(GPtrArray) running = g_ptr_array_new_with_free_func(running_companion_free);

	for (guint i = 0; i < session->companions->len; i++) {
		struct running_companion *companion = companion_start(session, i, join, error);

		if (!companion)
			return NULL;
		g_ptr_array_add(running, companion);
	}
	return g_steal_pointer(&running);
}

/* --- one start -----------------------------------------------------------------------------------
 */

static void add_answer(GPtrArray *answers, const char *request, int status, GBytes *body)
{
	struct answer *answer = g_new0(struct answer, 1);

	answer->request = g_strdup(request);
	answer->status = status;
	answer->body = body;
	g_ptr_array_add(answers, answer);
}

static int exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Stops what still runs, and adds "exit" (and, for what ended by itself, "output") to the answers.
 */
static bool start_finish(struct session *session, const struct run *run, struct process *process,
			 struct output *output, GPtrArray *answers, GError **error)
{
	int number = signal_parse(run->image->config->stop_signal);
	bool by_itself = process_wait(process, 0);
	bool killed = false, unhandled = false;

	if (!by_itself &&
	    !application_stop(process, number > 0 ? number : SIGTERM,
			      session->request->timeouts.stop_ms, &killed, &unhandled, error))
		return false;
	if (run->profile)
		run->profile->stop_unhandled |= unhandled;
	output_finish(output);
	if (by_itself)
		add_answer(answers, "output", 0,
			   redact_bytes(output_take(output), session->redactions));
	add_answer(answers, killed ? "killed" : "exit", exit_code(process->status), NULL);
	return true;
}

/* What the first start was asked is what the later ones, and the sealed image, are asked: neither a
 * port that was opened meanwhile, nor how long an answer takes, makes a difference. */
static void remember_ports(struct session *session, const GPtrArray *answers,
			   const GPtrArray *arguments)
{
	GArray *ports;

	if (g_hash_table_contains(session->ports, arguments))
		return;
	ports = g_array_new(FALSE, FALSE, sizeof(struct drive_port));
	for (guint i = 0; i < answers->len; i++) {
		const struct answer *answer = answers->pdata[i];
		const struct drive_port port = {answer->port, answer->http};

		if (port.port != 0)
			g_array_append_val(ports, port);
	}
	g_hash_table_insert(session->ports, (gpointer)arguments, ports);
}

static bool drive(struct session *session, struct run *run, struct sandbox *sandbox,
		  struct process *process, struct output *output, GError **error)
{
	const struct harden_request *request = session->request;
	struct drive_spec spec = {
		.probes = request->probes,
		.workloads = request->workloads,
		.ready_timeout_ms = request->timeouts.ready_ms,
		.request_timeout_ms = request->timeouts.request_ms,
		.workload_timeout_ms = request->timeouts.workload_ms,
		.settle_ms = request->timeouts.settle_ms,
		.output_fd = request->output_fd,
		.may_exit = request->probes->len == 0 && request->workloads->len == 0,
		.expected_ports = g_hash_table_lookup(session->ports, run->arguments),
	};
	g_autoptr(GPtrArray) driven = drive_run(sandbox, process, &spec, error);

	if (!driven) {
		g_autofree char *last = output_last_lines(output, session->redactions);

		if (last && *last)
			g_prefix_error(error, "its last output was \"%s\": ", last);
		return false;
	}
	remember_ports(session, driven, run->arguments);
	for (guint i = 0; i < driven->len; i++) {
		struct answer *answer = driven->pdata[i];

		if (strcmp(answer->request, "exit") != 0) {
			answer_redact(answer, session->redactions);
			g_ptr_array_add(run->answers, answer);
			driven->pdata[i] = NULL;
		}
	}
	return true;
}

/* What the candidate's filter allows, and what its init calls before it installs that filter: the
 * recorder must not refuse those. */
static GHashTable *replay_syscalls(const struct seal *seal)
{
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
						(GDestroyNotify)g_hash_table_unref);
	GHashTableIter iter, names;
	gpointer architecture, set, name;

	g_hash_table_iter_init(&iter, seal->syscalls->allowed);
	while (g_hash_table_iter_next(&iter, &architecture, &set)) {
		const struct syscall_arch *arch = syscall_arch_find(architecture);
		GHashTable *copy = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

		g_hash_table_iter_init(&names, set);
		while (g_hash_table_iter_next(&names, &name, NULL))
			g_hash_table_add(copy, g_strdup(name));
		if (arch)
			syscalls_add_init(copy, arch);
		g_hash_table_insert(all, architecture, copy);
	}
	return all;
}

struct recorder *session_recorder(struct session *session, const struct run *run, GError **error)
{
	g_autoptr(GPtrArray) writable = NULL;
	g_autoptr(GHashTable) allowed = NULL;
	struct recorder_options options = {
		.mode = run->mode,
		.tree = run->rootfs->tree,
		.known = run->known,
		.redactions = session->redactions,
	};

	if (run->seal) {
		writable = g_ptr_array_new();
		for (guint i = 0; i < run->seal->writables->len; i++) {
			const struct writable *entry = run->seal->writables->pdata[i];

			g_ptr_array_add(writable, entry->path);
		}
		options.original = session->rootfs->tree;
		allowed = replay_syscalls(run->seal);
		options.allowed_syscalls = allowed;
		options.writable = writable;
	}
	return recorder_new(&options, session->request->agent_path, error);
}

/* What thresh-init puts into a writable path is there, although the image has it elsewhere. */
static void forget_seeded(struct run *run)
{
	GHashTableIter iter;
	gpointer path;

	g_hash_table_iter_init(&iter, run->findings.missed);
	while (g_hash_table_iter_next(&iter, &path, NULL)) {
		g_autofree char *seed = seal_production_path(run->seal, path);

		if (tree_lookup(run->rootfs->tree, seed))
			g_hash_table_iter_remove(&iter);
	}
}

static void record_peaks(const struct session *session, GHashTable *written, struct run *run)
{
	GHashTableIter iter;
	gpointer directory, bytes;

	g_hash_table_iter_init(&iter, written);
	while (g_hash_table_iter_next(&iter, &directory, &bytes)) {
		g_autofree char *shown =
			redact_path(directory, run->rootfs->tree, session->redactions);

		profile_set_peak(run->profile, shown, *(uint64_t *)bytes);
	}
}

static void record_written(const struct session *session, struct sandbox *sandbox, struct run *run)
{
	g_autoptr(GHashTable) written = sandbox_written(sandbox, NULL);

	if (written)
		record_peaks(session, written, run);
}

static bool record_watched(const struct session *session, struct peaks *peaks, struct run *run,
			   GError **error)
{
	g_autoptr(GHashTable) watched = peaks_finish(peaks, error);

	if (watched)
		record_peaks(session, watched, run);
	return watched != NULL;
}

bool profile_check_traceable(const struct profile *profile, GError **error)
{
	if (profile->own_listener)
		return error_set(
			error, THRESH_ERROR_INPUT,
			"the application installs a seccomp listener of its own, and the kernel "
			"allows one for a process: it cannot be traced this way");
	return true;
}

/* What was recorded of a run that failed: it may say why, and what a replay missed. */
static void failed_run_collect(struct run *run, struct process *process, struct recorder *recorder,
			       GError **error)
{
	process_clear(process);
	if (!recorder_finish(recorder, run->profile, run->has_findings ? &run->findings : NULL,
			     NULL, NULL))
		return;
	if (!run->seal && run->profile->own_listener) {
		g_clear_error(error);
		profile_check_traceable(run->profile, error);
	}
}

/* Starts the application once, drives it, stops it. */
static bool start_once(struct session *session, struct run *run, struct sandbox *sandbox,
		       const struct launch *launch, GError **error)
{
	struct process_spec spec = launch->process;
	struct process process = {.pid_fd = -1};
	struct recorder *recorder = NULL;
	struct peaks *peaks = NULL;
	struct output *output = output_new(error);
	bool original = run->traced && !run->seal;
	uint64_t lost = 0;
	gint64 started = g_get_monotonic_time();
	bool ok = false;

	if (!output)
		return false;
	spec.standard_fds[1] = output_fd(output, 1);
	spec.standard_fds[2] = output_fd(output, 2);
	if (run->traced) {
		recorder = session_recorder(session, run, error);
		if (!recorder)
			goto out;
		spec.trace_filter = recorder_filter(recorder);
		spec.supervise = recorder_supervise;
		spec.user = recorder;
	}
	if (original && !(peaks = peaks_start(sandbox, error)))
		goto out;
	if (!sandbox_spawn(sandbox, &spec, &process, error))
		goto out;
	output_started(output);
	started = g_get_monotonic_time();
	ok = drive(session, run, sandbox, &process, output, error) &&
	     health_run(session, run, sandbox, launch, &process, error);
	if (ok && original)
		record_written(session, sandbox, run);
	ok = ok && start_finish(session, run, &process, output, run->answers, error);
	session->application_us += g_get_monotonic_time() - started;
	if (ok && original)
		record_written(session, sandbox, run);
	if (ok && recorder) {
		ok = recorder_finish(recorder, run->profile,
				     run->has_findings ? &run->findings : NULL, &lost, error);
		run->lost_events += lost;
	} else if (recorder) {
		failed_run_collect(run, &process, recorder, error);
	}
	if (run->has_findings)
		forget_seeded(run);
out:
	if (peaks)
		ok = record_watched(session, peaks, run, ok ? error : NULL) && ok;
	process_clear(&process);
	recorder_free(recorder);
	output_free(output);
	return ok;
}

/* --- one run -------------------------------------------------------------------------------------
 */

static bool run_arguments(struct session *session, struct run *run, const GPtrArray *arguments,
			  GError **error)
{
	const struct harden_request *request = session->request;
	g_autoptr(GPtrArray) companions = NULL;
	autolaunch struct launch *launch = NULL;
	autosandbox struct sandbox *sandbox = NULL;
	struct launch_input input = {
		.image = run->image,
		.rootfs = run->rootfs,
		.identity = session->identity,
		.seal = run->seal,
		.arguments = arguments,
		.environment = request->environment,
		.volumes = request->volumes,
		.secrets = request->secrets,
		.companions = request->companions,
		.hostname = run->hostname,
		.pid_offset = run->pid_offset,
		.scratch_bytes = request->scratch_bytes,
		.processes = request->processes,
		.plan = run->plan,
		.init_path = request->init_path,
		.seccomp = run->seccomp,
	};

	run->arguments = arguments;
	launch = launch_new(&input, error);
	if (!launch)
		return false;
	sandbox = sandbox_open(&launch->sandbox, session->identity, error);
	if (!sandbox)
		return false;
	companions = companions_start(session, sandbox, error);
	if (!companions)
		return false;
	for (int i = 0; i < STARTS; i++) {
		if (!start_once(session, run, sandbox, launch, error)) {
			if (i > 0)
				g_prefix_error(error, "second start: ");
			return false;
		}
	}
	return true;
}

static void run_reset(struct run *run)
{
	run_clear(run);
	run->answers = g_ptr_array_new_with_free_func((GDestroyNotify)answer_free);
	if (run->traced)
		run->profile = profile_new();
	if (run->traced && run->seal) {
		run->has_findings = true;
		run->findings.missed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		run->findings.refused_writes =
			g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		run->findings.refused_syscalls =
			g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	}
}

static bool run_once(struct session *session, struct run *run, GError **error)
{
	const struct harden_request *request = session->request;

	run_reset(run);
	if (request->runs->len == 0)
		return run_arguments(session, run, request->arguments, error);
	for (guint i = 0; i < request->runs->len; i++) {
		if (!run_arguments(session, run, request->runs->pdata[i], error)) {
			g_prefix_error(error, "--run %u: ", i + 1);
			return false;
		}
	}
	return true;
}

bool session_run(struct session *session, struct run *run, GError **error)
{
	for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
		if (!run_once(session, run, error))
			return false;
		if (run->lost_events == 0)
			return true;
		session_progress(session, "%" G_GUINT64_FORMAT " events were lost: running again",
				 run->lost_events);
	}
	return error_set(error, THRESH_ERROR_INTERNAL,
			 "%" G_GUINT64_FORMAT
			 " events were lost in each of %d runs: a trace with holes is "
			 "no evidence",
			 run->lost_events, ATTEMPTS);
}

void run_clear(struct run *run)
{
	profile_free(run->profile);
	run->profile = NULL;
	if (run->has_findings)
		replay_findings_clear(&run->findings);
	run->has_findings = false;
	g_clear_pointer(&run->answers, g_ptr_array_unref);
	run->lost_events = 0;
}
