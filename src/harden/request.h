/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the user asked for: the command line and thresh.yaml in one struct, for harden and for its
 * steps alone. Filled by cli/, read by everything in harden/.
 */
#pragma once

#include "cut/keepset.h"
#include "image/image.h"
#include "registry/settings.h"
#include "sandbox/drive.h"
#include "trace/recorder.h"

#include <glib.h>

struct sign_key; /* sign/key.h */

/* --with NAME=IMAGE[,ENV=VALUE…] */
struct companion_request {
	char *name;
	char *image;
	GPtrArray *environment; /* "NAME=VALUE" */
};

/* --volume [HOSTDIR:]PATH, or a VOLUME of the image */
struct volume_request {
	char *host; /* NULL: starts empty, or with what the image ships there */
	char *path;
};

/* --secret id=NAME,src=FILE: a file that the application finds at SEAL_SECRET_DIRECTORY/NAME. */
struct secret_request {
	char *name;
	GBytes *value; /* the whole file */
};

/* thresh.yaml entrypoint.scenarios: a start of the image's entrypoint script that its plan must
 * cover. */
struct scenario_request {
	char *name;
	GPtrArray *environment; /* char *: "NAME=VALUE" to set, "NAME" to leave unset */
	GPtrArray *arguments;   /* char *: in place of Cmd; or NULL */
};

/* thresh.yaml entrypoint: how a script is distilled. */
struct entrypoint_request {
	char *plan_path;      /* steps of a plan in place of the script; or NULL */
	uint32_t runs_max;    /* of the script, to learn what it does; 0: the learner's own */
	GPtrArray *fixed;     /* char *: variables whose value does not change in production */
	GHashTable *values;   /* char *NAME -> GPtrArray * of char *: values to try */
	GPtrArray *scenarios; /* struct scenario_request * */
};

struct timeouts {
	int ready_ms;    /* until the application listens */
	int request_ms;  /* of one probe */
	int workload_ms; /* of one workload */
	int stop_ms;     /* from the stop signal to SIGKILL */
	int settle_ms;   /* between listening and the first request */
};

struct harden_request {
	char *source;
	char *destination;               /* harden, cut */
	const struct platform *platform; /* NULL: the host's */
	struct image_limits limits;
	struct registry_settings registry;
	char *cache_path; /* absolute */
	char *agent_path; /* thresh-agent */
	char *init_path;  /* thresh-init */

	GPtrArray *probes;      /* struct probe * */
	GPtrArray *workloads;   /* char * */
	GPtrArray *runs;        /* GPtrArray * of char *: arguments of each --run; empty: one run */
	GPtrArray *arguments;   /* char *: `-- ARGS`, or NULL */
	GPtrArray *environment; /* struct redaction *: --env */
	GPtrArray *volumes;     /* struct volume_request * */
	GPtrArray *secrets;     /* struct secret_request *: --secret */
	GPtrArray *public_names; /* char *: variables of --env whose values are no secret */
	GPtrArray *companions;   /* struct companion_request * */

	struct entrypoint_request entrypoint;

	enum preset preset;
	GPtrArray *keep_rules;    /* struct keep_rule * */
	GPtrArray *command_rules; /* struct command_rule * */
	GPtrArray *keep_logs;     /* char * */
	char *healthcheck;        /* in place of the image's (seal/health.h), or NULL */
	GHashTable *sizes;        /* char *path → uint64_t *bytes */
	bool arbitrary_user;      /* the sealed image runs as any uid of group 0 too */
	uint64_t links_max_bytes;
	uint64_t scratch_bytes; /* 0: the sandbox's default */
	uint32_t processes;     /* 0: the sandbox's default */
	struct timeouts timeouts;
	int rounds_max; /* of the fixpoint; 5 */

	char *profile_path;              /* --profile: cut by it instead of tracing; or NULL */
	char *out_directory;             /* --out, or NULL */
	GPtrArray *vulnerabilities;      /* char *: files of --vulnerabilities */
	const struct sign_key *sign_key; /* --sign, borrowed; or NULL */
	enum compression compression;
	int64_t epoch; /* SOURCE_DATE_EPOCH, else the source image's `created` */

	int output_fd; /* where workloads print; -1: /dev/null */
	/* Called at the start of each step, on the main thread; may be NULL. */
	void (*progress)(const char *step, void *user);
	void *progress_user;
};

/* With every default of docs/thresh.yaml.md. */
struct harden_request *harden_request_new(void);
void harden_request_free(struct harden_request *request);
#define autorequest __attribute__((cleanup(harden_request_cleanup)))
void harden_request_cleanup(struct harden_request **request);

/* The time of the sealed image: SOURCE_DATE_EPOCH, else when the source image was made, else 0. */
int64_t harden_request_epoch(const struct harden_request *request, const struct image *source);

/* Where the sealed image finds the secrets: a new array of char *. */
GPtrArray *harden_request_secret_paths(const struct harden_request *request);

/* A name that docker, podman and the key of a Kubernetes Secret can have, and a file name. */
enum { SECRET_NAME_MAX_BYTES = 64 };
bool secret_name_is_valid(const char *name);

void companion_request_free(struct companion_request *companion);
void secret_request_free(struct secret_request *secret);
void volume_request_free(struct volume_request *volume);
void scenario_request_free(struct scenario_request *scenario);
void redaction_free(struct redaction *redaction);
void keep_rule_free(struct keep_rule *rule);
