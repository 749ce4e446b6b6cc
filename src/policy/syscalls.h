/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of system calls: numbers per architecture (libseccomp's tables, and what is newer
 * than those), families, twins, and the lists that every filter needs or must not have.
 *
 * An architecture is named as in a profile: "x86_64", "x86", "aarch64", "arm". A name is
 * libseccomp's.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct syscall_arch {
	const char *name;
	const char *oci;  /* "SCMP_ARCH_…" (OCI runtime-spec, config-linux.md) */
	uint32_t audit;   /* AUDIT_ARCH_… of struct seccomp_data */
	uint32_t seccomp; /* SCMP_ARCH_… */
};

/* NULL for one that is not known. */
const struct syscall_arch *syscall_arch_find(const char *name);
const struct syscall_arch *syscall_arch_of_goarch(const char *goarch);
/* The architecture that this program was built for. */
const struct syscall_arch *syscall_arch_host(void);
/* The 32-bit one that the host's kernel may run beside it, or NULL. */
const struct syscall_arch *syscall_arch_compat(void);

enum { SYSCALL_NUMBERS_MAX = 2 };
/* The numbers of @name: none where the architecture lacks it; two where it can be called by itself
 * and through a multiplexer (socketcall and ipc of x86). Answers how many. */
size_t syscall_numbers(const struct syscall_arch *arch, const char *name,
		       uint32_t ret_numbers[static SYSCALL_NUMBERS_MAX]);
/* Whether any architecture has a call of that name. */
bool syscall_is_known(const char *name);
bool syscall_exists(const struct syscall_arch *arch, const char *name);
/* The name of a number; NULL where there is none. Caller frees. */
char *syscall_name(const struct syscall_arch *arch, uint32_t number);

/* Adds to the set @names (a GHashTable of owned names) what the architecture has of: */
void syscalls_add(GHashTable *names, const struct syscall_arch *arch, const char *name);
/* every member of each family of which @names has one; */
void syscalls_add_families(GHashTable *names, const struct syscall_arch *arch);
/* the older and newer forms of each; */
void syscalls_add_twins(GHashTable *names, const struct syscall_arch *arch);
/* what every process needs, and what thresh-init calls behind the filter; */
void syscalls_add_always(GHashTable *names, const struct syscall_arch *arch);
/* what thresh-init calls before it installs the filter (for filters that the runtime installs). */
void syscalls_add_init(GHashTable *names, const struct syscall_arch *arch);

/* Answered EPERM though the application called it: needs a capability that a production image never
 * has, and would lead round the filter or out of the container. */
bool syscall_is_never(const char *name);
/* Answered ENOSYS, so that programs fall back: clone3 (its flags cannot be filtered) and io_uring.
 */
bool syscall_is_absent(const char *name);
/* NULL-terminated. */
extern const char *const syscalls_never[];
extern const char *const syscalls_absent[];
