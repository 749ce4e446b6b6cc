/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of sandbox/ share and nobody else sees: the sandbox's own struct, the holder
 * process and joining it.
 *
 * thresh has two kinds of children here, by CLONE_PARENT, so that it waits for them as for any
 * child: the holder (init of the outer pid namespace, trusted code, never executes anything) and
 * the applications (each PID 1 of an inner pid namespace that is nested in the outer one).
 */
#pragma once

#include "sandbox/sandbox.h"

struct sandbox {
	enum identity_mode mode;
	struct owner_shift shift;
	enum sandbox_network network;
	bool read_only;
	bool shares_network; /* with another sandbox: owners of sockets must be told apart */
	uint32_t processes;
	uint32_t single_uid;
	uint32_t single_gid;
	pid_t holder;
	int holder_fd;     /* pidfd */
	int life_fd;       /* the holder ends when this closes */
	int root_fd;       /* the root as the holder sees it, with the outer /proc */
	int upper_fd;      /* the overlay's upper directory */
	GPtrArray *memory; /* char *: paths of tmpfs mounts */
	GArray *helpers;   /* pid_t: publishers */
	GArray *spawned;   /* int: a pidfd of each process that was started inside */
	GArray *borrowed;  /* struct borrowed_stdio: to be given back */
};

struct borrowed_stdio {
	int fd;
	uid_t uid;
	gid_t gid;
};

/* One mount, prepared by thresh for the holder. */
struct mount_plan {
	const struct sandbox_mount *mount;
	int tree_fd; /* bind: a detached mount, or -1 */
	bool directory;
};

struct holder_plan {
	const struct sandbox_spec *spec;
	struct sandbox *sandbox;
	uint64_t scratch_bytes;
	int root_tree_fd; /* a detached mount of the image's root */
	struct mount_plan *mounts;
	size_t mount_count;
	int control_fd; /* socket to thresh */
	int life_fd;    /* read end */
};

/* What the holder answers when it is ready, with the descriptors of its root and its upper
 * directory. */
struct holder_report {
	bool ok;
	int code; /* enum thresh_error */
	char text[1024];
};

/* The holder: never returns. */
void holder_main(struct holder_plan *plan) G_GNUC_NORETURN;

/* Mounts everything and changes the root (holder_mounts.c). */
bool holder_mount(struct holder_plan *plan, int *ret_upper_fd, GError **error);

/* For a forked child of thresh: enters the namespaces @flags (CLONE_NEW…) of the holder, the user
 * namespace always where there is one, and becomes its root. */
bool sandbox_join(const struct sandbox *sandbox, int flags, GError **error);

/* Same, keeping thresh's user namespace and ids: for the host's commands, network alone. */
bool sandbox_join_network(const struct sandbox *sandbox, GError **error);

/* Becomes root of the sandbox's user namespace (in RANGE) and may be looked into by thresh again.
 */
bool sandbox_become_root(const struct sandbox *sandbox, GError **error);

/* Dies with @parent; false where that has ended already. */
bool die_with_parent(pid_t parent);

/* Closes every descriptor from 3 on but those in @keep (sorted here). */
void close_all_but(int *keep, size_t count);

/* clone(2) without a stack: a fork with @flags. */
pid_t raw_clone(unsigned long flags);
