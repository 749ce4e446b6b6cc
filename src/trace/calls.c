/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/calls.h"

#include "trace/numbers.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

/* directory, path, flags, directory2, path2: argument indices. */
struct call_row {
	const char *name;
	enum agent_op op;
	int8_t directory, path, flags, directory2, path2;
	uint32_t constant;
};

enum { N = AGENT_NONE, NOFOLLOW = AT_SYMLINK_NOFOLLOW };

static const struct call_row rows[] = {
	{"open", OP_OPEN, N, 0, 1, N, N, 0},
	{"openat", OP_OPEN, 0, 1, 2, N, N, 0},
	{"openat2", OP_OPENAT2, 0, 1, 2, N, N, 0},
	{"creat", OP_OPEN, N, 0, N, N, N, O_CREAT | O_WRONLY | O_TRUNC},
	{"uselib", OP_MAP, N, 0, N, N, N, 0},
	{"stat", OP_STAT, N, 0, N, N, N, 0},
	{"lstat", OP_STAT, N, 0, N, N, N, NOFOLLOW},
	{"oldstat", OP_STAT, N, 0, N, N, N, 0},
	{"oldlstat", OP_STAT, N, 0, N, N, N, NOFOLLOW},
	{"stat64", OP_STAT, N, 0, N, N, N, 0},
	{"lstat64", OP_STAT, N, 0, N, N, N, NOFOLLOW},
	{"newfstatat", OP_STAT, 0, 1, 3, N, N, 0},
	{"fstatat64", OP_STAT, 0, 1, 3, N, N, 0},
	{"statx", OP_STAT, 0, 1, 2, N, N, 0},
	{"statfs", OP_STAT, N, 0, N, N, N, 0},
	{"statfs64", OP_STAT, N, 0, N, N, N, 0},
	{"access", OP_ACCESS, N, 0, 1, N, N, 0},
	{"faccessat", OP_ACCESS, 0, 1, 2, N, N, 0},
	{"faccessat2", OP_ACCESS, 0, 1, 2, N, N, 0},
	{"name_to_handle_at", OP_STAT, 0, 1, N, N, N, NOFOLLOW},
	{"inotify_add_watch", OP_STAT, N, 1, N, N, N, 0},
	{"fanotify_mark", OP_STAT, 3, 4, N, N, N, 0},
	{"getxattr", OP_STAT, N, 0, N, N, N, 0},
	{"lgetxattr", OP_STAT, N, 0, N, N, N, NOFOLLOW},
	{"listxattr", OP_STAT, N, 0, N, N, N, 0},
	{"llistxattr", OP_STAT, N, 0, N, N, N, NOFOLLOW},
	{"getxattrat", OP_STAT, 0, 1, 2, N, N, 0},
	{"listxattrat", OP_STAT, 0, 1, 2, N, N, 0},
	{"file_getattr", OP_STAT, 0, 1, 4, N, N, 0},
	{"readlink", OP_READLINK, N, 0, N, N, N, 0},
	{"readlinkat", OP_READLINK, 0, 1, N, N, N, 0},
	{"execve", OP_EXEC, N, 0, N, N, 1, 0},
	{"execveat", OP_EXEC, 0, 1, 4, N, 2, 0},
	{"getdents", OP_LIST, 0, N, N, N, N, 0},
	{"getdents64", OP_LIST, 0, N, N, N, N, 0},
	{"readdir", OP_LIST, 0, N, N, N, N, 0},
	{"chdir", OP_CHDIR, N, 0, N, N, N, 0},
	{"fchdir", OP_CHDIR, 0, N, N, N, N, 0},
	{"mkdir", OP_MKDIR, N, 0, N, N, N, 0},
	{"mkdirat", OP_MKDIR, 0, 1, N, N, N, 0},
	{"mknod", OP_MKNOD, N, 0, 1, N, N, 0},
	{"mknodat", OP_MKNOD, 0, 1, 2, N, N, 0},
	{"unlink", OP_UNLINK, N, 0, N, N, N, 0},
	{"unlinkat", OP_UNLINK, 0, 1, 2, N, N, 0},
	{"rmdir", OP_UNLINK, N, 0, N, N, N, AT_REMOVEDIR},
	{"rename", OP_RENAME, N, 0, N, N, 1, 0},
	{"renameat", OP_RENAME, 0, 1, N, 2, 3, 0},
	{"renameat2", OP_RENAME, 0, 1, 4, 2, 3, 0},
	{"link", OP_LINK, N, 0, N, N, 1, 0},
	{"linkat", OP_LINK, 0, 1, 4, 2, 3, 0},
	{"symlink", OP_SYMLINK, N, 1, N, N, 0, 0},
	{"symlinkat", OP_SYMLINK, 1, 2, N, N, 0, 0},
	{"chmod", OP_ATTRIBUTE, N, 0, N, N, N, 0},
	{"fchmod", OP_ATTRIBUTE, 0, N, N, N, N, 0},
	{"fchmodat", OP_ATTRIBUTE, 0, 1, N, N, N, 0},
	{"fchmodat2", OP_ATTRIBUTE, 0, 1, 3, N, N, 0},
	{"utime", OP_ATTRIBUTE, N, 0, N, N, N, 0},
	{"utimes", OP_ATTRIBUTE, N, 0, N, N, N, 0},
	{"futimesat", OP_ATTRIBUTE, 0, 1, N, N, N, 0},
	{"utimensat", OP_ATTRIBUTE, 0, 1, 3, N, N, 0},
	{"utimensat_time64", OP_ATTRIBUTE, 0, 1, 3, N, N, 0},
	{"setxattr", OP_ATTRIBUTE, N, 0, N, N, N, 0},
	{"lsetxattr", OP_ATTRIBUTE, N, 0, N, N, N, NOFOLLOW},
	{"fsetxattr", OP_ATTRIBUTE, 0, N, N, N, N, 0},
	{"removexattr", OP_ATTRIBUTE, N, 0, N, N, N, 0},
	{"lremovexattr", OP_ATTRIBUTE, N, 0, N, N, N, NOFOLLOW},
	{"fremovexattr", OP_ATTRIBUTE, 0, N, N, N, N, 0},
	{"setxattrat", OP_ATTRIBUTE, 0, 1, 2, N, N, 0},
	{"removexattrat", OP_ATTRIBUTE, 0, 1, 2, N, N, 0},
	{"file_setattr", OP_ATTRIBUTE, 0, 1, 4, N, N, 0},
	{"acct", OP_ATTRIBUTE, N, 0, N, N, N, 0},
	{"chown", OP_CHOWN, N, 0, N, N, N, 0},
	{"chown32", OP_CHOWN, N, 0, N, N, N, 0},
	{"lchown", OP_CHOWN, N, 0, N, N, N, NOFOLLOW},
	{"lchown32", OP_CHOWN, N, 0, N, N, N, NOFOLLOW},
	{"fchown", OP_CHOWN, 0, N, N, N, N, 0},
	{"fchown32", OP_CHOWN, 0, N, N, N, N, 0},
	{"fchownat", OP_CHOWN, 0, 1, 4, N, N, 0},
	{"truncate", OP_TRUNCATE, N, 0, N, N, N, 0},
	{"truncate64", OP_TRUNCATE, N, 0, N, N, N, 0},
	{"ftruncate", OP_TRUNCATE, 0, N, N, N, N, 0},
	{"ftruncate64", OP_TRUNCATE, 0, N, N, N, N, 0},
	{"fallocate", OP_TRUNCATE, 0, N, N, N, N, 0},
	{"mmap", OP_MAP, 4, N, N, N, N, 0},
	{"mmap2", OP_MAP, 4, N, N, N, N, 0},
	{"mprotect", OP_PROTECT, N, N, N, N, N, 0},
	{"pkey_mprotect", OP_PROTECT, N, N, N, N, N, 0},
	{"bind", OP_BIND, 0, N, N, N, N, 0},
	{"listen", OP_LISTEN, 0, N, N, N, N, 0},
	{"connect", OP_CONNECT, 0, N, N, N, N, 0},
	{"socketcall", OP_SOCKETCALL, N, N, N, N, N, 0},
	{"socket", OP_SOCKET, N, N, N, N, N, 0},
	{"setuid", OP_SETUID, N, N, N, N, N, 1},
	{"setuid32", OP_SETUID, N, N, N, N, N, 1},
	{"setreuid", OP_SETUID, N, N, N, N, N, 2},
	{"setreuid32", OP_SETUID, N, N, N, N, N, 2},
	{"setresuid", OP_SETUID, N, N, N, N, N, 3},
	{"setresuid32", OP_SETUID, N, N, N, N, N, 3},
	{"setgid", OP_SETGID, N, N, N, N, N, 1},
	{"setgid32", OP_SETGID, N, N, N, N, N, 1},
	{"setregid", OP_SETGID, N, N, N, N, N, 2},
	{"setregid32", OP_SETGID, N, N, N, N, N, 2},
	{"setresgid", OP_SETGID, N, N, N, N, N, 3},
	{"setresgid32", OP_SETGID, N, N, N, N, N, 3},
	{"setgroups", OP_SETGROUPS, N, N, N, N, N, 0},
	{"setgroups32", OP_SETGROUPS, N, N, N, N, N, 0},
	{"chroot", OP_CHROOT, N, 0, N, N, N, 0},
	{"pivot_root", OP_MOUNT, N, N, N, N, N, 0},
	{"mount", OP_MOUNT, N, N, N, N, N, 0},
	{"umount", OP_MOUNT, N, N, N, N, N, 0},
	{"umount2", OP_MOUNT, N, N, N, N, N, 0},
	{"move_mount", OP_MOUNT, N, N, N, N, N, 0},
	{"setns", OP_MOUNT, N, N, N, N, N, 0},
	{"open_tree", OP_STAT, 0, 1, 2, N, N, 0},
	{"seccomp", OP_SECCOMP, N, N, N, N, N, 0},
	{"io_uring_setup", OP_IO_URING, N, N, N, N, N, 0},
	{"open_by_handle_at", OP_NONE, N, N, N, N, N, 0},
};

const char *const calls_assumed[] = {"read",
				     "write",
				     "readv",
				     "writev",
				     "pread64",
				     "pwrite64",
				     "close",
				     "lseek",
				     "_llseek",
				     "fstat",
				     "fstat64",
				     "futex",
				     "futex_time64",
				     "brk",
				     "mmap",
				     "mmap2",
				     "munmap",
				     "madvise",
				     "mprotect",
				     "rt_sigaction",
				     "rt_sigprocmask",
				     "rt_sigreturn",
				     "sigreturn",
				     "restart_syscall",
				     "exit",
				     "exit_group",
				     "clock_gettime",
				     "clock_gettime64",
				     "clock_getres",
				     "clock_nanosleep",
				     "clock_nanosleep_time64",
				     "nanosleep",
				     "gettimeofday",
				     "time",
				     "getcpu",
				     "getpid",
				     "gettid",
				     "getrandom",
				     "sched_yield",
				     "poll",
				     "ppoll",
				     "ppoll_time64",
				     "epoll_wait",
				     "epoll_pwait",
				     "epoll_pwait2",
				     "select",
				     "pselect6",
				     "_newselect",
				     "pselect6_time64",
				     "fcntl",
				     "fcntl64",
				     "ioctl",
				     "set_robust_list",
				     "rseq",
				     NULL};

const struct call_pair calls_implied[] = {
	{"recvfrom", "socket"},   {"recvfrom", "socketpair"},     {"sendto", "socket"},
	{"sendto", "socketpair"}, {"recvmsg", "socket"},          {"recvmsg", "socketpair"},
	{"sendmsg", "socket"},    {"sendmsg", "socketpair"},      {"recv", "socket"},
	{"send", "socket"},       {"epoll_ctl", "epoll_create1"}, {"epoll_ctl", "epoll_create"},
	{"sendfile", "socket"},   {"sendfile64", "socket"},       {NULL, NULL}};

bool call_is_implied(const char *name)
{
	for (const struct call_pair *pair = calls_implied; pair->name; pair++)
		if (strcmp(pair->name, name) == 0)
			return true;
	return false;
}

static uint32_t arch_token(enum agent_arch arch)
{
#if defined(__x86_64__)
	return arch == AGENT_NATIVE ? SCMP_ARCH_X86_64 : SCMP_ARCH_X86;
#elif defined(__aarch64__)
	return arch == AGENT_NATIVE ? SCMP_ARCH_AARCH64 : 0;
#else
#error "no table of system calls for this architecture"
#endif
}

const char *call_arch_name(enum agent_arch arch)
{
#if defined(__x86_64__)
	return arch == AGENT_NATIVE ? "x86_64" : "x86";
#else
	return arch == AGENT_NATIVE ? "aarch64" : NULL;
#endif
}

uint32_t call_arch_audit(enum agent_arch arch)
{
	return arch_token(arch); /* SCMP_ARCH_ values are AUDIT_ARCH_ values */
}

int call_number(enum agent_arch arch, const char *name)
{
	uint32_t token = arch_token(arch);
	int nr = token ? seccomp_syscall_resolve_name_arch(token, name) : -1;

	if (nr < 0 && token)
		nr = number_find(numbers_recent, name);
	if (nr < 0 && token && arch == AGENT_X86)
		nr = number_find(numbers_x86_direct, name);
	return nr >= 0 && nr < AGENT_MAX_CALLS ? nr : -1; /* pseudo numbers are negative */
}

char *call_name(enum agent_arch arch, int nr)
{
	char *text =
		arch_token(arch) ? seccomp_syscall_resolve_num_arch(arch_token(arch), nr) : NULL;
	char *name = g_strdup(text);

	free(text);
	if (!name && arch == AGENT_X86)
		name = g_strdup(number_name(numbers_x86_direct, nr));
	return name ? name : g_strdup(number_name(numbers_recent, nr));
}

void calls_append(GArray *calls, enum agent_arch arch)
{
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		const struct call_row *row = &rows[i];
		int nr = call_number(arch, row->name);
		struct agent_call call = {.nr = (uint16_t)nr,
					  .arch = (uint8_t)arch,
					  .op = (uint8_t)row->op,
					  .directory = row->directory,
					  .path = row->path,
					  .flags = row->flags,
					  .directory2 = row->directory2,
					  .path2 = row->path2,
					  .constant = row->constant};

		if (nr < 0)
			continue;
		/* i386's mmap takes a pointer to its arguments: flags says so */
		if (arch == AGENT_X86 && strcmp(row->name, "mmap") == 0)
			call.constant = 1;
		g_array_append_val(calls, call);
	}
}
