/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealing: who runs, what is writable and how it is filled, what may be executed; and the
 * production tree and image config that follow from it. Pure on its inputs.
 *
 *     struct seal *seal = seal_decide(&input, error);
 *     struct tree *production = seal_build(seal, &input, error);
 *     json_t *config = seal_config(seal, &input);
 *
 * The production image holds, beside what the keep set keeps: /.thresh/init (thresh-init),
 * /.thresh/plan, /.thresh/seccomp (BPF), /.thresh/seed/N (read-only seeds), and links to
 * thresh-init where the application called a shell. Its config has User "UID:GID", Entrypoint
 * ["/.thresh/init"] and the label `dev.thresh.seal`: the seal as canonical JSON, from which `run`
 * and `manifest` work (seal_from_config).
 */
#pragma once

#include "cut/keepset.h"
#include "image/image.h"
#include "policy/seccomp.h"
#include "seal/health.h"
#include "trace/profile.h"

#include <glib.h>

#define SEAL_LABEL          "dev.thresh.seal"
#define SEAL_INIT_PATH      "/.thresh/init"
#define SEAL_PLAN_PATH      "/.thresh/plan"
#define SEAL_SECCOMP_PATH   "/.thresh/seccomp"
#define SEAL_SEED_DIRECTORY "/.thresh/seed"
/* Where engines mount secrets, a file each. */
#define SEAL_SECRET_DIRECTORY "/run/secrets"
/* With an arbitrary user: memory for the passwd file, to which /etc/passwd leads, and what it is
 * filled from. */
#define SEAL_ACCOUNT_DIRECTORY "/.thresh/account"
#define SEAL_ACCOUNT_PASSWD    "/.thresh/account/passwd"
#define SEAL_ACCOUNT_SOURCE    "/.thresh/passwd"

/* As engines: ten seconds from the stop signal. */
enum { SEAL_STAY_GRACE_MS = 10000 };

enum seed_kind {
	SEED_NONE,  /* starts empty */
	SEED_COPY,  /* copied from the read-only seed when empty */
	SEED_LINKS, /* links to read-only originals, copies of what the application writes */
};

struct writable {
	char *path;
	uint64_t size_bytes; /* memory; at least 64 MiB and 4 times the peak, a power of two */
	uint32_t mode;
	bool exec;   /* the application maps or executes files that it wrote there */
	bool volume; /* persistent: VOLUME or --volume; never memory */
	enum seed_kind seed;
	char *seed_path;   /* below SEAL_SEED_DIRECTORY, or NULL */
	GPtrArray *copies; /* char *: SEED_LINKS: what is a copy, not a link; sorted */
	GPtrArray
		*directories; /* struct seal_directory *: made at each start where absent; sorted */
};

/* A directory that the image shipped, and nothing else below it, inside a writable path. */
struct seal_directory {
	char *path;
	uint32_t mode;
};

struct log_link {
	char *path;
	bool standard_error; /* else standard output */
};

struct seal {
	uint32_t uid;
	uint32_t gid;
	GPtrArray *groups;      /* not NULL: uint32_t as GUINT_TO_POINTER */
	GPtrArray *writables;   /* struct writable *, sorted by path */
	GPtrArray *log_links;   /* struct log_link *, sorted by path */
	GPtrArray *executables; /* char *: what Landlock lets execute, sorted */
	GPtrArray *entry;       /* char *: fixed leading arguments (the image's Entrypoint) */
	GPtrArray *
		start; /* char *: steps in place of an entrypoint script, plan lines; empty: none */
	GPtrArray *command;        /* char *: default arguments (Cmd) */
	GPtrArray *shell_commands; /* char *: patterns (docs/plan.md, `command`): what the exec
				      broker runs; sorted */
	GPtrArray *shell_links; /* char *: where a shell was and a link to thresh-init is; sorted */
	char *home;             /* as traced: of the user that the image started as, or NULL */
	struct syscall_policy *syscalls;
	GPtrArray *ports; /* char *: "80/tcp", from the config and the profile's listeners */
	bool low_ports;   /* one below 1024: the runtime must allow it without a capability */
	char *stop_signal;
	GPtrArray
		*secrets; /* char *: files that the engine mounts, read-only for the uid; sorted */
	bool arbitrary_user; /* it runs as any uid of group 0 too (OpenShift) */
	bool stay; /* init stays as PID 1: the application ends at the stop signal only where it
		      is not PID 1 itself (kernel: pid_namespaces(7)) */
	struct health *health; /* what engines may ask, or NULL */
	GPtrArray *notes;      /* char *: for the report */
};

struct seal_options {
	enum preset preset;
	const GPtrArray *volumes;         /* char *: paths of --volume, or NULL */
	const GPtrArray *secrets;         /* char *: paths of --secret, or NULL */
	const GPtrArray *keep_logs;       /* char *: paths or globs of --keep-log, or NULL */
	const GHashTable *sizes;          /* char *path → uint64_t *bytes: settable, or NULL */
	uint64_t links_max_bytes;         /* above it a mixed directory is refused; 64 MiB */
	const GPtrArray *replay_writable; /* char *: paths that a replay could not write, or NULL */
	const GPtrArray *replay_syscalls; /* char *, or NULL */
	const GPtrArray *command_rules;   /* struct command_rule *, or NULL */
	bool arbitrary_user;              /* thresh.yaml arbitrary-user */
	const char *init_path;            /* the thresh-init program on the host */
	const GPtrArray *arguments;       /* char *: `-- ARGS` in place of Cmd, or NULL */
	const char *healthcheck;          /* in place of the image's, or NULL: see health.h */
	bool health_skipped;              /* it failed on the original too */
};

struct seal_input {
	const struct image *image;
	const struct tree *tree; /* of the source */
	const struct profile *profile;
	const struct keepset *keepset;
	const struct seal_options *options;
};

/* Caller frees with seal_free. THRESH_ERROR_INPUT where USER names nobody, or where the application
 * writes what cannot be made writable; the message names the path and the ways out. */
struct seal *seal_decide(const struct seal_input *input, GError **error);
void seal_free(struct seal *seal);
#define autoseal __attribute__((cleanup(seal_cleanup)))
void seal_cleanup(struct seal **seal);

/* The production tree: node->layer is 0 (shared runtime: files that a package owns and the floor),
 * 1 (the application: files that no package owns) or 2 (thresh's own and what it changed). */
struct tree *seal_build(const struct seal *seal, const struct seal_input *input, GError **error);
extern const char *const seal_layer_names[]; /* NULL-terminated */

/* The config document for image_writer_stage. */
json_t *seal_config(const struct seal *seal, const struct seal_input *input);

/* The plan (docs/plan.md) as text. */
char *seal_plan(const struct seal *seal);

/* Whether a first start does more than later ones: programs run by steps that a file's absence or
 * presence guards. `thresh-init --plan setup` does these alone. */
bool seal_has_setup(const struct seal *seal);

json_t *seal_to_json(const struct seal *seal);
struct seal *seal_from_json(const json_t *json, GError **error);
/* From a hardened image alone; an image that thresh did not make is THRESH_ERROR_INPUT. */
struct seal *seal_from_config(const struct image_config *config, GError **error);

/* Where kept @path lies in the production image: below the seed where its writable path has one.
 * Caller frees. */
char *seal_production_path(const struct seal *seal, const char *path);
