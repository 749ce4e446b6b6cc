/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/drive.h"

#include "base/error.h"
#include "sandbox/request.h"

#include <string.h>
#include <sys/wait.h>

enum {
	POLL_FIRST_MS = 2,
	POLL_MAX_MS = 50,
	EXPECTED_MS = 30000,
	STABLE_MS = 250,
	UDP_ALONE_MS = 2000,
	PATH_TEXT_MAX_BYTES = 8192,
};

/* --- probes --- */

/* A request target of RFC 9112, 3.2.1: visible ASCII, so that nothing can be injected into a
 * request. */
static bool is_target(const char *path)
{
	if (path[0] != '/' || strlen(path) > PATH_TEXT_MAX_BYTES)
		return false;
	for (const char *p = path; *p; p++) {
		if (*p <= ' ' || *p > '~' || *p == '#')
			return false;
	}
	return true;
}

static bool parse_port(const char *text, char **ret_rest, uint16_t *ret_port)
{
	size_t digits = strspn(text, "0123456789");
	g_autofree char *number = g_strndup(text, digits);
	guint64 port;

	if (digits > 5 || !g_ascii_string_to_unsigned(number, 10, 1, UINT16_MAX, &port, NULL))
		return false;
	*ret_port = (uint16_t)port;
	*ret_rest = (char *)(uintptr_t)(text + digits);
	return true;
}

struct probe *probe_parse(const char *text, GError **error)
{
	g_autofree char *quoted = error_quote(text);
	bool http = g_str_has_prefix(text, "http://");
	struct probe probe = {.kind = http ? PROBE_HTTP : PROBE_TCP};
	const char *authority =
		http || g_str_has_prefix(text, "tcp://") ? strstr(text, "//") + 2 : NULL;
	char *rest = (char *)(uintptr_t)authority;

	/* "http:///path": the port that the application listens on first. */
	if (!authority || (*authority == ':' && !parse_port(authority + 1, &rest, &probe.port)) ||
	    (*authority != ':' && !(http && *authority == '/')) ||
	    (http ? *rest != '\0' && !is_target(rest) : *rest != '\0')) {
		error_set(error, THRESH_ERROR_USAGE,
			  "probe \"%s\": want http://:PORT/PATH or tcp://:PORT", quoted);
		return NULL;
	}
	if (http)
		probe.path = g_strdup(*rest ? rest : "/");
	probe.text = g_strdup(text);
	return g_memdup2(&probe, sizeof(probe));
}

void probe_free(struct probe *probe)
{
	if (!probe)
		return;
	g_free(probe->path);
	g_free(probe->text);
	g_free(probe);
}

void answer_free(struct answer *answer)
{
	if (!answer)
		return;
	g_free(answer->request);
	g_free(answer->type);
	g_clear_pointer(&answer->body, g_bytes_unref);
	g_free(answer->failure);
	g_free(answer);
}

/* --- readiness --- */

struct drive {
	struct sandbox *sandbox;
	struct process *process;
	const struct drive_spec *spec;
	GPtrArray *answers;
	GArray *listeners; /* the latest */
};

static bool has_port(const GArray *listeners, uint16_t port, bool tcp)
{
	for (guint i = 0; i < listeners->len; i++) {
		const struct sandbox_listener *l =
			&g_array_index(listeners, struct sandbox_listener, i);

		if (l->tcp == tcp && (port == 0 || l->port == port))
			return true;
	}
	return false;
}

static uint16_t first_port(const GArray *listeners)
{
	for (guint i = 0; i < listeners->len; i++) {
		const struct sandbox_listener *l =
			&g_array_index(listeners, struct sandbox_listener, i);

		if (l->tcp)
			return l->port;
	}
	return 0;
}

/* Every probe's port, or any where none is named. A server that speaks UDP alone is taken for ready
 * when no TCP port has come for a while: most programs bind UDP ports for other reasons. */
static bool is_ready(const struct drive *drive, int64_t waited_us)
{
	const GPtrArray *probes = drive->spec->probes, *workloads = drive->spec->workloads;

	for (guint i = 0; probes && i < probes->len; i++) {
		const struct probe *probe = g_ptr_array_index(probes, i);

		if (!has_port(drive->listeners, probe->port, true))
			return false;
	}
	if ((probes && probes->len > 0) || has_port(drive->listeners, 0, true))
		return true;
	/* A workload may speak what a probe cannot. */
	return ((workloads && workloads->len > 0) ||
		waited_us > UDP_ALONE_MS * G_TIME_SPAN_MILLISECOND) &&
	       has_port(drive->listeners, 0, false);
}

/* Whether every port of an earlier run is there by now. */
static bool has_expected(const struct drive *drive)
{
	const GArray *expected = drive->spec->expected_ports;

	for (guint i = 0; expected && i < expected->len; i++) {
		if (!has_port(drive->listeners, g_array_index(expected, struct drive_port, i).port,
			      true))
			return false;
	}
	return true;
}

static bool look(struct drive *drive, GError **error)
{
	GArray *listeners = sandbox_listeners(drive->sandbox, error);

	if (!listeners)
		return false;
	g_clear_pointer(&drive->listeners, g_array_unref);
	drive->listeners = listeners;
	return true;
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool exited_early(const struct drive *drive, const char *when, GError **error)
{
	int status = drive->process->status;

	if (WIFSIGNALED(status))
		return error_set(error, THRESH_ERROR_NOT_READY,
				 "the application was killed by signal %d (%s) %s",
				 WTERMSIG(status), strsignal(WTERMSIG(status)), when);
	return error_set(error, THRESH_ERROR_NOT_READY, "the application exited with status %d %s",
			 WEXITSTATUS(status), when);
}

static bool not_listening(const struct drive *drive, GError **error)
{
	g_autoptr(GString) ports = g_string_new(NULL);

	for (guint i = 0; i < drive->listeners->len; i++) {
		const struct sandbox_listener *l =
			&g_array_index(drive->listeners, struct sandbox_listener, i);

		g_string_append_printf(ports, "%s%s %u", ports->len ? ", " : "",
				       l->tcp ? "tcp" : "udp", l->port);
	}
	return error_set(error, THRESH_ERROR_NOT_READY,
			 "the application does not listen %safter %d ms (it listens on: %s)",
			 drive->spec->probes && drive->spec->probes->len ? "on the probed port "
									 : "",
			 drive->spec->ready_timeout_ms, ports->len ? ports->str : "nothing");
}

/* @ret_ended: it has exited 0 before it listened, which is a run too where may_exit is set. */
static bool await_ready(struct drive *drive, bool *ret_ended, GError **error)
{
	gint64 start = g_get_monotonic_time();
	gint64 end = start + (gint64)drive->spec->ready_timeout_ms * 1000;
	int pause_ms = POLL_FIRST_MS;

	*ret_ended = false;
	for (;;) {
		if (!look(drive, error))
			return false;
		if (is_ready(drive, g_get_monotonic_time() - start))
			return true;
		if (process_wait(drive->process, pause_ms)) {
			*ret_ended = drive->spec->may_exit && drive->process->status == 0;
			return *ret_ended || exited_early(drive, "before it listened", error);
		}
		if (g_get_monotonic_time() >= end)
			return not_listening(drive, error);
		pause_ms = MIN(pause_ms * 2, POLL_MAX_MS);
	}
}

/* The first run does not know what to expect: the ports are all there when none came for a while.
 */
static bool await_stable(struct drive *drive, GError **error)
{
	guint before;

	do {
		before = drive->listeners->len;
		if (process_wait(drive->process, STABLE_MS))
			return true;
		if (!look(drive, error))
			return false;
	} while (drive->listeners->len > before);
	return true;
}

static bool await_expected(struct drive *drive, GError **error)
{
	gint64 end = g_get_monotonic_time() + EXPECTED_MS * G_TIME_SPAN_MILLISECOND;

	for (;;) {
		if (!look(drive, error))
			return false;
		if (has_expected(drive) || g_get_monotonic_time() >= end ||
		    process_wait(drive->process, POLL_MAX_MS))
			return true;
	}
}

static bool is_default(const struct drive_spec *spec)
{
	return !(spec->probes && spec->probes->len) && !(spec->workloads && spec->workloads->len);
}

static bool await_ports(struct drive *drive, GError **error)
{
	if (!is_default(drive->spec))
		return look(drive, error);
	if (drive->spec->expected_ports)
		return await_expected(drive, error);
	return look(drive, error) && await_stable(drive, error);
}

/* --- requests --- */

static struct answer *ask(struct drive *drive, enum request_kind kind, uint16_t port,
			  const char *path, const char *text)
{
	g_autoptr(GArray) targets = targets_of(drive->listeners, port);

	return request_make(drive->sandbox, kind, targets, port, path, text,
			    drive->spec->request_timeout_ms);
}

static void run_probe(struct drive *drive, const struct probe *probe)
{
	uint16_t port = probe->port ? probe->port : first_port(drive->listeners);
	g_autofree char *text = probe->kind == PROBE_HTTP
					? g_strdup_printf("GET http://:%u%s", port, probe->path)
					: g_strdup_printf("tcp://:%u", port);

	g_ptr_array_add(drive->answers,
			ask(drive, probe->kind == PROBE_HTTP ? REQUEST_HTTP : REQUEST_TCP, port,
			    probe->path, text));
}

static const struct drive_port *find_expected(const struct drive_spec *spec, uint16_t port)
{
	for (guint i = 0; spec->expected_ports && i < spec->expected_ports->len; i++) {
		const struct drive_port *expected =
			&g_array_index(spec->expected_ports, struct drive_port, i);

		if (expected->port == port)
			return expected;
	}
	return NULL;
}

/* How fast a server answers for the first time does not decide what a later one is asked. */
static struct answer *ask_default(struct drive *drive, uint16_t port)
{
	const struct drive_port *expected = find_expected(drive->spec, port);
	g_autofree char *text = g_strdup_printf("GET http://:%u/", port);

	if (!expected)
		return ask(drive, REQUEST_EITHER, port, "/", NULL);
	if (expected->http)
		return ask(drive, REQUEST_HTTP, port, "/", text);
	return ask(drive, REQUEST_TCP, port, NULL, NULL);
}

/* Neither probe nor workload: each port that it listens on, once. */
static void run_default(struct drive *drive)
{
	uint16_t last = 0;

	for (guint i = 0; i < drive->listeners->len; i++) {
		const struct sandbox_listener *l =
			&g_array_index(drive->listeners, struct sandbox_listener, i);

		if (!l->tcp || l->port == last ||
		    (drive->spec->expected_ports && !find_expected(drive->spec, l->port)))
			continue;
		last = l->port;
		g_ptr_array_add(drive->answers, ask_default(drive, l->port));
	}
}

static uint16_t workload_port(const struct drive *drive)
{
	const GPtrArray *probes = drive->spec->probes;

	for (guint i = 0; probes && i < probes->len; i++) {
		const struct probe *probe = g_ptr_array_index(probes, i);

		if (probe->port)
			return probe->port;
	}
	return first_port(drive->listeners);
}

static void run_workload(struct drive *drive, const char *command)
{
	g_autofree char *port = g_strdup_printf("THRESH_PORT=%u", workload_port(drive));
	const char *const environment[] = {"THRESH_HOST=127.0.0.1", port, NULL};
	struct answer *answer = g_new0(struct answer, 1);
	g_autoptr(GError) error = NULL;
	int status = 0;

	answer->request = g_strdup("workload");
	if (!sandbox_workload(drive->sandbox, command, environment, drive->spec->output_fd,
			      drive->spec->workload_timeout_ms, &status, &error)) {
		answer->status = -1;
		answer->failure = g_strdup(error->message);
	} else {
		answer->status = exit_status(status);
		if (answer->status != 0)
			answer->failure = g_strdup_printf("exit status %d", answer->status);
	}
	g_ptr_array_add(drive->answers, answer);
}

static void add_exit(struct drive *drive)
{
	struct answer *answer = g_new0(struct answer, 1);

	answer->request = g_strdup("exit");
	answer->status = exit_status(drive->process->status);
	g_ptr_array_add(drive->answers, answer);
}

static void run_all(struct drive *drive)
{
	const GPtrArray *probes = drive->spec->probes, *workloads = drive->spec->workloads;

	for (guint i = 0; probes && i < probes->len; i++)
		run_probe(drive, g_ptr_array_index(probes, i));
	for (guint i = 0; workloads && i < workloads->len; i++)
		run_workload(drive, g_ptr_array_index(workloads, i));
	if (is_default(drive->spec))
		run_default(drive);
}

static bool drive_all(struct drive *drive, GError **error)
{
	bool ended;

	if (!await_ready(drive, &ended, error))
		return false;
	if (!ended && process_wait(drive->process, drive->spec->settle_ms)) {
		if (!drive->spec->may_exit || drive->process->status != 0)
			return exited_early(drive, "as soon as it listened", error);
		ended = true;
	}
	if (ended) {
		add_exit(drive);
		return true;
	}
	/* More ports may have been opened by now. */
	if (!await_ports(drive, error))
		return false;
	run_all(drive);
	return true;
}

GPtrArray *drive_run(struct sandbox *sandbox, struct process *process,
		     const struct drive_spec *spec, GError **error)
{
	g_autoptr(GPtrArray) answers = g_ptr_array_new_with_free_func((GDestroyNotify)answer_free);
	struct drive drive = {sandbox, process, spec, answers, NULL};
	bool ok = drive_all(&drive, error);

	g_clear_pointer(&drive.listeners, g_array_unref);
	return ok ? g_steal_pointer(&answers) : NULL;
}
