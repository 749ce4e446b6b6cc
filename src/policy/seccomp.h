/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The production seccomp filter: which calls, and their compilation to classic BPF as a balanced
 * tree over ranges of call numbers.
 *
 * Allowed: what was traced; from preset balanced on the families it belongs to (files, sockets,
 * processes, time, memory), and the calls that kept libraries and language runtimes contain; older
 * and newer twins of each; and the always-needed calls. An unknown call answers ENOSYS, another
 * architecture than those in the profile kills.
 */
#pragma once

#include "cut/keepset.h"
#include "trace/profile.h"

#include <glib.h>
#include <linux/filter.h>

struct syscall_policy {
	GHashTable *allowed;    /* "x86_64", "x86", "aarch64" → set of names (GHashTable) */
	bool setgroups_is_noop; /* setgroups answers 0 and does nothing */
	bool chown_is_noop;     /* chown, lchown, fchown, fchownat to @uid:@gid (or -1) answer 0 */
	uint32_t uid;
	uint32_t gid;
};
struct syscall_policy *syscall_policy_new(void);
void syscall_policy_free(struct syscall_policy *policy);

/* Decides from the profile; @tree and @keepset give the kept ELF files that are scanned for calls
 * (NULL: no scan); @extra: names that a replay asked for (char *, or NULL). */
struct syscall_policy *syscall_policy_decide(const struct profile *profile, enum preset preset,
					     const struct tree *tree, const struct keepset *keepset,
					     const GPtrArray *extra, GError **error);

/* The filter as an array of struct sock_filter, in this host's byte order; deterministic. */
GBytes *syscall_policy_compile(const struct syscall_policy *policy, GError **error);

/* The same policy as the "linux.seccomp" object of the OCI runtime-spec (config-linux.md). */
json_t *syscall_policy_to_oci(const struct syscall_policy *policy);
json_t *syscall_policy_to_json(const struct syscall_policy *policy);
struct syscall_policy *syscall_policy_from_json(const json_t *json, GError **error);

/* The sandbox's own list for untrusted images that run with capabilities: mount, unshare and clone
 * of user namespaces, keyctl, bpf, perf_event_open, kexec, modules, … answer EPERM; clone3 ENOSYS
 * (its flags cannot be filtered); io_uring ENOSYS. As an array of struct sock_filter. */
GBytes *sandbox_deny_filter(void);
