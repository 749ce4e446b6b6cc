/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session: one source image and its companions, and the runs of the original and of candidates.
 *
 * Every run starts from the same state: a fresh sandbox, fresh volumes, fresh companions. One run
 * is two starts of the application, each driven and stopped.
 */
#pragma once

#include "harden/launch.h"
#include "harden/request.h"
#include "trace/profile.h"
#include "trace/recorder.h"

struct companion {
	const struct companion_request *request;
	struct image *image;
	struct rootfs *rootfs;
};

struct session {
	const struct harden_request *request;
	const struct identity *identity;
	struct image *image;
	struct rootfs *rootfs;
	GPtrArray *companions; /* struct companion * */
	GHashTable *ports; /* arguments of a --run (or NULL) → GArray of uint16_t: the TCP ports
			      of its first start */
	struct health *health;  /* of the source image, or thresh.yaml's; NULL: none */
	struct harden_vex *vex; /* --vulnerabilities (vex.h); or NULL */
	GPtrArray *redactions;  /* struct redaction *: --env, and the secrets as secret:NAME */
	int64_t application_us; /* time in which the application or a workload ran */
};

struct session *session_open(const struct harden_request *request, const struct identity *identity,
			     GError **error);
void session_free(struct session *session);
#define autosession __attribute__((cleanup(session_cleanup)))
void session_cleanup(struct session **session);

/* One run. */
struct run {
	const struct image *image; /* the source, or a candidate */
	const struct rootfs *rootfs;
	const struct seal *seal; /* of the candidate; NULL: the source */
	const char *hostname;
	uint32_t pid_offset;

	bool traced;
	enum recorder_mode mode;
	const struct profile *known; /* RECORD_PATHS */
	const char *plan;            /* of the source: in place of its entrypoint script; or NULL */
	GBytes *seccomp;             /* traced candidates: see launch.h */

	const GPtrArray *arguments; /* of the --run that is under way; set by session_run */

	/* Results, owned by the caller: run_clear. */
	struct profile *profile; /* what was seen; NULL unless traced */
	struct replay_findings findings;
	bool has_findings;
	GPtrArray *answers; /* struct answer *: of all starts, in order */
	uint64_t lost_events;
};

/* Runs the application: for each --run (or once) two starts, driven and stopped. A run with lost
 * events is repeated, at most three times, then fails. */
bool session_run(struct session *session, struct run *run, GError **error);
void run_clear(struct run *run);

/* A recorder for a process of @run; the caller frees. */
struct recorder *session_recorder(struct session *session, const struct run *run, GError **error);

/* Whether what was seen can be a trace; an application with a seccomp listener of its own cannot.
 */
bool profile_check_traceable(const struct profile *profile, GError **error);

/* Reports the start of a step. */
void session_progress(const struct session *session, const char *format, ...) G_GNUC_PRINTF(2, 3);
