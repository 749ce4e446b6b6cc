/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Driving an application: probes, workloads, readiness; and the answers that came back.
 *
 *     GPtrArray *answers = drive_run(sandbox, &process, &spec, error);  // struct answer *
 *
 * Requests are made inside the sandbox's network namespace, to 127.0.0.1.
 */
#pragma once

#include "sandbox/sandbox.h"

#include <glib.h>

enum probe_kind { PROBE_HTTP, PROBE_TCP };

struct probe {
	enum probe_kind kind;
	uint16_t port; /* 0: the first listening port */
	char *path;    /* http: with the query, "/" where not given */
	char *text;    /* as given, for messages and answers */
};
/* Parses "http://:PORT/path" and "tcp://:PORT". */
struct probe *probe_parse(const char *text, GError **error);
void probe_free(struct probe *probe);

struct answer {
	char *request; /* "GET http://:80/", "tcp://:6379", "workload", "exit", … */
	int status;    /* HTTP status; tcp: 0; workload and exit: exit status, 128 + signal */
	char *type;    /* Content-Type, or NULL */
	GBytes *body;  /* at most 8 MiB, or NULL; workload: NULL (its output is for people) */
	char *failure; /* NULL, or why there was no answer */
	uint16_t port; /* of a probe or a default request; else 0 */
	bool http;     /* there was an answer in HTTP, although perhaps not a whole one */
};
void answer_free(struct answer *answer);

/* What was asked of a port where nothing was asked for by name. */
struct drive_port {
	uint16_t port;
	bool http; /* GET; else a connection is all that is made */
};

struct drive_spec {
	const GPtrArray *probes;    /* struct probe *; may be empty */
	const GPtrArray *workloads; /* char *; host commands, run in order after the probes */
	int ready_timeout_ms;       /* how long to wait for a listening socket or a probe's port */
	int request_timeout_ms;
	int workload_timeout_ms;
	int settle_ms; /* how long a listening application must be up before requests */
	int output_fd; /* where the workload's output goes */
	bool may_exit; /* no probe, no workload: an application that exits 0 is a run too */
	const GArray *expected_ports; /* struct drive_port: what an earlier run was asked: where
					 nothing is asked for by name they are waited for, at most
					 half a minute, since servers open their ports one after the
					 other, and asked the same; or NULL */
};

/* Waits for readiness and makes the requests. Fails with THRESH_ERROR_NOT_READY where the
 * application exits before it listens (and exits other than 0, or @may_exit is not set), or does
 * not listen in time. A probe without an answer, and a workload that fails, are answers with
 * `failure`. With neither probe nor workload: what @expected_ports says, or an HTTP GET of "/" on
 * each listening TCP port, kept as an answer where it speaks HTTP, "tcp://:PORT" otherwise. */
GPtrArray *drive_run(struct sandbox *sandbox, struct process *process,
		     const struct drive_spec *spec, GError **error);
