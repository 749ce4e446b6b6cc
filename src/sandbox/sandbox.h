/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sandbox: namespaces and mounts in which an image's processes run. No daemon, no root needed.
 *
 * sandbox_open makes user, mount, pid, ipc, uts, cgroup and network namespaces and mounts the root;
 * a trusted holder process is init of an outer pid namespace and dies with thresh (PDEATHSIG),
 * which takes along everything inside, whatever signal ended thresh. All mounts are private to it;
 * scratch is tmpfs: nothing is left on disk. sandbox_spawn starts a process as PID 1 of a fresh
 * inner pid namespace; called again, it is a second start on the same state.
 *
 *     struct sandbox *sandbox = sandbox_open(&spec, &identity, error);
 *     sandbox_spawn(sandbox, &process_spec, &process, error);
 *     sandbox_stop(sandbox, &process, SIGTERM, 10000, &status, error);
 *     sandbox_free(sandbox);
 */
#pragma once

#include "sandbox/identity.h"

#include <glib.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum sandbox_mount_kind {
	MOUNT_TMPFS, /* memory */
	MOUNT_BIND,  /* a host file or directory */
	MOUNT_BYTES, /* a read-only file with these bytes (/etc/hosts, a secret), on memory of
			this sandbox alone */
};

struct sandbox_mount {
	enum sandbox_mount_kind kind;
	char *path; /* clean path inside; must exist in a read-only root, else it is made */
	uint64_t size_bytes; /* tmpfs; 0: the kernel's default */
	uint32_t mode;       /* tmpfs: of its root; bytes: of the file, 0: 0644 */
	uint32_t uid;        /* tmpfs, bytes: owner inside the image */
	uint32_t gid;
	bool exec;       /* without MS_NOEXEC; all mounts are nosuid, nodev */
	char *source;    /* bind: host path */
	bool read_only;  /* bind */
	bool throw_away; /* bind of a directory: behind an overlay, so that the host's data never
			    changes */
	bool owned;      /* bind: files owned by the caller appear as uid:gid (volumes, `run -v`) */
	bool copy_up; /* tmpfs: filled from what the image has there, as engines fill new volumes */
	GBytes *bytes;
};
struct sandbox_mount *sandbox_mount_new(enum sandbox_mount_kind kind, const char *path);
void sandbox_mount_free(struct sandbox_mount *mount);

enum sandbox_network {
	NETWORK_LOOPBACK, /* a network namespace with a loopback alone; any port may be bound */
	NETWORK_HOST,
};

struct sandbox_spec {
	const struct rootfs *rootfs;
	bool read_only;          /* the root read-only, else a throw-away overlay over it */
	const GPtrArray *mounts; /* struct sandbox_mount *, in order; or NULL */
	const char *hostname;
	enum sandbox_network network;
	const struct sandbox
		*join;          /* share its user and network namespaces (companions); or NULL */
	uint64_t scratch_bytes; /* bound on what may be written to the overlay; 0: 4 GiB or
				   half of the memory, whichever is less */
	uint32_t processes;     /* bound on processes (RLIMIT_NPROC); 0: 4096 */
	uint32_t single_uid;    /* IDENTITY_SINGLE: the one uid and gid inside */
	uint32_t single_gid;
};

struct process_spec {
	const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH of @environment
				    inside the root when it has no slash; never run by a shell */
	const char *const *environment; /* NULL-terminated */
	const char *working_directory;  /* made if absent where the root is writable */
	uint32_t uid;
	uint32_t gid;
	const uint32_t *groups;
	size_t group_count;
	uint64_t capabilities; /* mask kept in bounding, permitted, effective; for a uid other
				  than 0 in bounding alone */
	bool no_new_privileges;
	int standard_fds[3];                   /* -1: /dev/null */
	const struct sock_fprog *deny_filter;  /* the sandbox's own list (policy/deny.h), or NULL */
	const struct sock_fprog *trace_filter; /* with SECCOMP_FILTER_FLAG_NEW_LISTENER, or NULL */
	const struct sock_fprog *stop_filter;  /* its SECCOMP_RET_TRACE stops the process for the
						  tracer that `attach` attaches; or NULL */
	/* Called in the parent with the listener (owned by the callee) before the program is
	 * executed; it starts the supervisor. */
	bool (*supervise)(int listener_fd, pid_t pid, void *user, GError **error);
	/* Called in the parent, by the thread that spawns, before the program is executed: the
	 * process waits for its return; it attaches a ptrace(2) tracer. Or NULL. */
	bool (*attach)(pid_t pid, void *user, GError **error);
	void *user;                /* of both */
	const char *const *covers; /* pairs, ended by NULL: a file of /proc or /sys, and the file
				      inside that is seen in its place; or NULL */
	uint32_t pid_offset; /* process ids skipped inside before the application's children */
};

struct process {
	pid_t pid; /* in thresh's pid namespace */
	int pid_fd;
	bool exited;
	int status; /* as waitpid(2) */
};

struct sandbox;

/* What sandbox_spec.scratch_bytes is where it is 0. */
uint64_t sandbox_scratch_bytes(void);

struct sandbox *sandbox_open(const struct sandbox_spec *spec, const struct identity *identity,
			     GError **error);
void sandbox_free(struct sandbox *sandbox); /* kills what runs */
#define autosandbox __attribute__((cleanup(sandbox_cleanup)))
void sandbox_cleanup(struct sandbox **sandbox);

/* Fails with THRESH_ERROR_INPUT where the program is not there or not executable. */
bool sandbox_spawn(struct sandbox *sandbox, const struct process_spec *spec,
		   struct process *ret_process, GError **error);

/* Waits until the process has ended (true) or @timeout_ms is over (false; -1: for ever). */
bool process_wait(struct process *process, int timeout_ms);
bool process_signal(const struct process *process, int signal, GError **error);
void process_clear(struct process *process);

/* Sends @signal, waits @grace_ms, then kills all of the inner pid namespace. @ret_killed: whether
 * it had to. */
bool process_stop(struct process *process, int signal, int grace_ms, bool *ret_killed,
		  GError **error);

/* The capabilities that a container engine grants by default, less MKNOD and NET_RAW. */
extern const uint64_t sandbox_default_capabilities;

/* A listening socket inside, from /proc/net of the network namespace. */
struct sandbox_listener {
	bool ipv6;
	bool tcp; /* else udp, bound and unconnected */
	uint8_t address[16];
	uint16_t port;
	uint64_t inode;
};
/* The listening sockets whose owner is a process of this sandbox (not of one that joined it), as a
 * GArray of struct sandbox_listener sorted by port. */
GArray *sandbox_listeners(struct sandbox *sandbox, GError **error);

/* Runs @function in a forked child that has joined the sandbox: its network namespace, and with
 * @mounts its mount namespace and root too. What the child writes to the descriptor that it is
 * given is answered, at most @max_bytes; the child's exit status other than 0 is an error that
 * holds the last line it wrote. Killed after @timeout_ms. */
typedef int (*sandbox_function)(int output_fd, void *user);
GBytes *sandbox_call(struct sandbox *sandbox, bool mounts, sandbox_function function, void *user,
		     size_t max_bytes, int timeout_ms, GError **error);

/* Runs a host command (sh -c COMMAND) in the host's file system and this network namespace, with
 * @environment added; its output goes to @output_fd. @ret_status as waitpid(2). */
bool sandbox_workload(struct sandbox *sandbox, const char *command, const char *const *environment,
		      int output_fd, int timeout_ms, int *ret_status, GError **error);

/* How many bytes lie below @path inside now (files of the overlay's upper part or a tmpfs alone).
 */
bool sandbox_usage(struct sandbox *sandbox, const char *path, uint64_t *ret_bytes, GError **error);

/* Adds what was written since the start: directories with bytes below them, direct children only,
 * as a new table of char *directory → uint64_t *bytes; to be called while it runs, to find peaks.
 */
GHashTable *sandbox_written(struct sandbox *sandbox, GError **error);

/* Watches from now on, in a child of its own, how much each directory holds at most, so that what
 * is written and removed between two looks of ours counts too; files without a name among them.
 * peaks_finish ends that and answers as sandbox_written does; it frees @peaks in any case. */
struct peaks;
struct peaks *peaks_start(struct sandbox *sandbox, GError **error);
GHashTable *peaks_finish(struct peaks *peaks, GError **error);

/* Forwards TCP connections to @host_address:@host_port on the host to @port inside, until the
 * sandbox is freed. */
bool sandbox_publish(struct sandbox *sandbox, const char *host_address, uint16_t host_port,
		     uint16_t port, GError **error);
