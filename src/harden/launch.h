/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an image to what the sandbox must do: the one launcher of traces, replays, companions and
 * `run`.
 *
 *     struct launch *launch = launch_new(&input, error);
 *     sandbox = sandbox_open(&launch->sandbox, identity, error);
 *     sandbox_spawn(sandbox, &launch->process, &process, error);
 *
 * An ordinary image gets what a container engine would give it: its own user, the default
 * capabilities, a writable root (thrown away). A sealed one gets what `thresh manifest` tells
 * engines: read-only root, its uid, no capabilities, no new privileges, memory where the seal says.
 */
#pragma once

#include "harden/request.h"
#include "sandbox/sandbox.h"
#include "seal/seal.h"

struct launch_input {
	const struct image *image;
	const struct rootfs *rootfs;
	const struct identity *identity;
	const struct seal *seal;      /* NULL: an ordinary image */
	const GPtrArray *arguments;   /* char *: in place of Cmd; or NULL */
	const GPtrArray *environment; /* struct redaction *; or NULL */
	const GPtrArray *volumes;     /* struct volume_request *; or NULL */
	const GPtrArray *secrets;     /* struct secret_request *; or NULL */
	bool keep_volumes;            /* what is written to HOSTDIR stays there (`run`) */
	const GPtrArray *companions;  /* struct companion_request *: host names; or NULL */
	const char *hostname;
	uint32_t pid_offset;
	uint64_t scratch_bytes;
	uint32_t processes;
	const struct sandbox *join;
	enum sandbox_network network;
	const char *plan; /* ordinary: thresh-init carries out this plan in place of the image's
			     Entrypoint; or NULL */
	const char *init_path; /* with `plan`: thresh-init on the host */
	GBytes *seccomp;       /* sealed: a program in place of the image's own (traced
				  replays); or NULL */
};

struct launch {
	struct sandbox_spec sandbox;
	struct process_spec process; /* without descriptors, filters and supervisor */
	GPtrArray *mounts;           /* struct sandbox_mount * */
	GPtrArray *argv;             /* char *, NULL-terminated */
	GPtrArray *environment;      /* char *, NULL-terminated */
	GArray *groups;              /* uint32_t */
	char *hostname;
	GBytes *deny_filter;
	struct sock_fprog deny_program;
};

/* Fails with THRESH_ERROR_INPUT where the image has nothing to run or its user does not exist. What
 * @input points to must outlive the launch. */
struct launch *launch_new(const struct launch_input *input, GError **error);
void launch_free(struct launch *launch);
#define autolaunch __attribute__((cleanup(launch_cleanup)))
void launch_cleanup(struct launch **launch);

/* The loopback address of companion @index: 127.0.0.2, … Caller frees. */
char *companion_address(guint index);
