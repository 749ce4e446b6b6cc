/* SPDX-License-Identifier: Apache-2.0 */
/* The lists: one string of names each, separated by spaces. */
#include "policy/syscalls.h"

#include <string.h>

/* One call used, and a route that was not visited may use its siblings. */
static const char *const families[] = {
	/* files */
	"open openat openat2 creat close close_range read write readv writev pread64 pwrite64 "
	"preadv pwritev "
	"preadv2 pwritev2 lseek _llseek stat lstat fstat newfstatat statx stat64 lstat64 fstat64 "
	"fstatat64 "
	"oldstat oldlstat oldfstat access faccessat faccessat2 readlink readlinkat getdents "
	"getdents64 "
	"readdir chdir fchdir getcwd mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 "
	"link "
	"linkat symlink symlinkat mknod mknodat chmod fchmod fchmodat fchmodat2 chown fchown "
	"lchown fchownat "
	"chown32 fchown32 lchown32 truncate ftruncate truncate64 ftruncate64 fallocate fadvise64 "
	"fadvise64_64 arm_fadvise64_64 readahead sync syncfs fsync fdatasync sync_file_range "
	"sync_file_range2 arm_sync_file_range utime utimes futimesat utimensat utimensat_time64 "
	"statfs "
	"fstatfs statfs64 fstatfs64 umask fcntl fcntl64 flock ioctl dup dup2 dup3 pipe pipe2 "
	"sendfile "
	"sendfile64 splice tee vmsplice copy_file_range getxattr lgetxattr fgetxattr setxattr "
	"lsetxattr "
	"fsetxattr listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr "
	"memfd_create "
	"name_to_handle_at cachestat file_getattr getxattrat listxattrat setxattrat removexattrat",
	/* events: waiting for descriptors, and descriptors that tell of events */
	"poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64 epoll_create "
	"epoll_create1 "
	"epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4 "
	"timerfd_create "
	"timerfd_settime timerfd_settime64 timerfd_gettime timerfd_gettime64",
	/* watching files */
	"inotify_init inotify_init1 inotify_add_watch inotify_rm_watch",
	/* sockets */
	"socket socketpair bind connect listen accept accept4 getsockname getpeername getsockopt "
	"setsockopt "
	"send recv sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg recvmmsg_time64 shutdown "
	"socketcall",
	/* processes and threads */
	"fork vfork clone execve execveat wait4 waitid waitpid exit exit_group kill tkill tgkill "
	"pidfd_open "
	"pidfd_send_signal getpid getppid gettid getpgid getpgrp setpgid getsid setsid "
	"set_tid_address "
	"set_robust_list get_robust_list rseq prctl arch_prctl set_thread_area get_thread_area "
	"getrlimit "
	"ugetrlimit setrlimit prlimit64 getrusage times getpriority setpriority membarrier futex "
	"futex_time64 "
	"futex_waitv futex_wait futex_wake futex_requeue",
	/* scheduling */
	"sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam "
	"sched_getscheduler "
	"sched_setscheduler sched_getattr sched_setattr sched_get_priority_max "
	"sched_get_priority_min "
	"sched_rr_get_interval sched_rr_get_interval_time64 getcpu getpriority setpriority "
	"ioprio_get "
	"ioprio_set nice",
	/* signals */
	"rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait "
	"rt_sigtimedwait_time64 rt_sigqueueinfo rt_tgsigqueueinfo sigaltstack sigaction signal "
	"sigprocmask "
	"sigreturn sigpending sigsuspend pause kill tkill tgkill alarm",
	/* time */
	"clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep "
	"clock_nanosleep_time64 nanosleep gettimeofday time getitimer setitimer alarm times "
	"timer_create "
	"timer_settime timer_settime64 timer_gettime timer_gettime64 timer_getoverrun timer_delete "
	"timerfd_create timerfd_settime timerfd_settime64 timerfd_gettime timerfd_gettime64 "
	"adjtimex clock_adjtime clock_adjtime64",
	/* memory */
	"brk mmap mmap2 munmap mremap mprotect madvise msync mincore mlock mlock2 munlock mlockall "
	"munlockall "
	"remap_file_pages memfd_create get_mempolicy set_mempolicy mbind pkey_alloc pkey_free "
	"pkey_mprotect "
	"mseal map_shadow_stack process_madvise set_mempolicy_home_node",
	/* who am I, and becoming what one already is */
	"getuid geteuid getgid getegid getresuid getresgid getgroups getuid32 geteuid32 getgid32 "
	"getegid32 "
	"getresuid32 getresgid32 getgroups32 setuid setgid setreuid setregid setresuid setresgid "
	"setgroups "
	"setfsuid setfsgid setuid32 setgid32 setreuid32 setregid32 setresuid32 setresgid32 "
	"setgroups32 "
	"setfsuid32 setfsgid32 capget capset",
	/* System V IPC */
	"shmget shmat shmdt shmctl semget semop semtimedop semtimedop_time64 semctl msgget msgsnd "
	"msgrcv "
	"msgctl ipc",
	/* POSIX message queues */
	"mq_open mq_unlink mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64 "
	"mq_notify "
	"mq_getsetattr",
	/* Linux asynchronous I/O */
	"io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64",
	/* the machine */
	"uname sysinfo getrandom",
};

/* Older and newer forms of one call: a libc chooses by its version and the kernel's. */
static const char *const twins[] = {
	"open openat openat2 creat",
	"stat lstat fstat newfstatat statx stat64 lstat64 fstat64 fstatat64",
	"access faccessat faccessat2",
	"clone fork vfork",
	"execve execveat",
	"wait4 waitid waitpid",
	"epoll_create epoll_create1",
	"epoll_wait epoll_pwait epoll_pwait2",
	"poll ppoll ppoll_time64",
	"select _newselect pselect6 pselect6_time64",
	"dup dup2 dup3",
	"pipe pipe2",
	"accept accept4",
	"eventfd eventfd2",
	"signalfd signalfd4",
	"inotify_init inotify_init1",
	"rename renameat renameat2",
	"mkdir mkdirat",
	"unlink unlinkat rmdir",
	"link linkat",
	"symlink symlinkat",
	"readlink readlinkat",
	"chmod fchmod fchmodat fchmodat2",
	"chown lchown fchown fchownat chown32 lchown32 fchown32",
	"mknod mknodat",
	"getdents getdents64 readdir",
	"utime utimes futimesat utimensat utimensat_time64",
	"read readv pread64 preadv preadv2",
	"write writev pwrite64 pwritev pwritev2",
	"sendfile sendfile64",
	"copy_file_range sendfile sendfile64 splice",
	"getrlimit setrlimit ugetrlimit prlimit64",
	"time gettimeofday clock_gettime clock_gettime64",
	"clock_getres clock_getres_time64",
	"nanosleep clock_nanosleep clock_nanosleep_time64",
	"statfs statfs64",
	"fstatfs fstatfs64",
	"mmap mmap2",
	"lseek _llseek",
	"truncate truncate64",
	"ftruncate ftruncate64",
	"fcntl fcntl64",
	"fadvise64 fadvise64_64 arm_fadvise64_64",
	"sync_file_range sync_file_range2 arm_sync_file_range",
	"send sendto",
	"recv recvfrom",
	"sendmsg sendmmsg",
	"recvmsg recvmmsg recvmmsg_time64",
	"futex futex_time64 futex_waitv futex_wait futex_wake futex_requeue",
	"mlock mlock2",
	"sigaction rt_sigaction",
	"signal rt_sigaction",
	"sigprocmask rt_sigprocmask",
	"sigsuspend rt_sigsuspend",
	"sigpending rt_sigpending",
	"sigreturn rt_sigreturn",
	"pause rt_sigsuspend ppoll ppoll_time64",
	"alarm setitimer",
	"rt_sigtimedwait rt_sigtimedwait_time64",
	"getpgrp getpgid",
	"tkill tgkill",
	"timer_settime timer_settime64",
	"timer_gettime timer_gettime64",
	"timerfd_settime timerfd_settime64",
	"timerfd_gettime timerfd_gettime64",
	"semop semtimedop semtimedop_time64",
	"mq_timedsend mq_timedsend_time64",
	"mq_timedreceive mq_timedreceive_time64",
	"io_getevents io_pgetevents io_pgetevents_time64",
	"sched_rr_get_interval sched_rr_get_interval_time64",
	"nice getpriority setpriority",
	"getuid getuid32",
	"geteuid geteuid32",
	"getgid getgid32",
	"getegid getegid32",
	"getresuid getresuid32",
	"getresgid getresgid32",
	"getgroups getgroups32",
	"setgroups setgroups32",
	"setuid setreuid setresuid setuid32 setreuid32 setresuid32",
	"setgid setregid setresgid setgid32 setregid32 setresgid32",
	"setfsuid setfsuid32",
	"setfsgid setfsgid32",
	"getxattr getxattrat",
	"listxattr listxattrat",
	"setxattr setxattrat",
	"removexattr removexattrat",
};

/*
 * Every process: the vDSO's fallbacks, the ends of handlers, threads and processes, the locks;
 * random numbers (node aborts without); what a dynamic loader, a libc's start and its allocator
 * call; and what a libc calls by the clock, the load or the scheduler, so that one trace may show
 * it and the next not. execve and rt_sig* are also what thresh-init calls behind the filter.
 */
static const char always[] = "rt_sigreturn sigreturn restart_syscall exit exit_group futex "
			     "futex_time64 futex_waitv futex_wait "
			     "futex_wake futex_requeue getrandom rseq set_robust_list "
			     "set_tid_address arch_prctl set_thread_area "
			     "set_tls clock_gettime clock_gettime64 gettimeofday time getcpu "
			     "clock_getres clock_getres_time64 "
			     "clock_nanosleep clock_nanosleep_time64 nanosleep brk mmap mmap2 "
			     "munmap mprotect mremap madvise read "
			     "write readv writev pread64 close fstat newfstatat fstat64 fstatat64 "
			     "statx lseek _llseek openat access "
			     "faccessat faccessat2 readlink readlinkat execve prlimit64 ugetrlimit "
			     "sched_yield sched_getaffinity "
			     "membarrier getpid gettid tgkill uname sysinfo rt_sigaction "
			     "rt_sigprocmask rt_sigpending sigaltstack "
			     "getuid geteuid getgid getegid getuid32 geteuid32 getgid32 getegid32 "
			     "fcntl fcntl64 cacheflush";

/* docs/init-syscalls.md, all that comes before the filter. */
static const char init[] =
	"arch_prctl set_tid_address set_tls rt_sigprocmask rt_sigaction rt_sigpending "
	"rt_sigtimedwait openat "
	"open read close umask mkdir mkdirat stat lstat fstat newfstatat statx fstatat64 flock "
	"fgetxattr "
	"getdents64 lseek _llseek sendfile sendfile64 write writev flistxattr fsetxattr fchmod "
	"fchmodat fchown "
	"fchownat chown symlink symlinkat readlink readlinkat mknod mknodat utimensat renameat "
	"renameat2 "
	"unlink unlinkat rmdir syncfs dup getuid geteuid getgid getegid prctl setgroups setresgid "
	"setresuid "
	"setgroups32 setresgid32 setresuid32 capset landlock_create_ruleset landlock_add_rule "
	"landlock_restrict_self seccomp ioctl getpgrp getpgid getpid setpgid clone wait4 kill "
	"close_range "
	"clock_gettime exit_group access faccessat execve brk mmap munmap";

const char *const syscalls_never[] = {
	"mount",
	"umount",
	"umount2",
	"pivot_root",
	"move_mount",
	"fsopen",
	"fsconfig",
	"fsmount",
	"fspick",
	"open_tree",
	"open_tree_attr",
	"mount_setattr",
	"setns",
	"keyctl",
	"add_key",
	"request_key",
	"bpf",
	"perf_event_open",
	"userfaultfd",
	"kexec_load",
	"kexec_file_load",
	"init_module",
	"finit_module",
	"delete_module",
	"create_module",
	"get_kernel_syms",
	"query_module",
	"swapon",
	"swapoff",
	"reboot",
	"settimeofday",
	"clock_settime",
	"clock_settime64",
	"clock_adjtime",
	"clock_adjtime64",
	"adjtimex",
	"stime",
	"acct",
	"quotactl",
	"quotactl_fd",
	"open_by_handle_at",
	"fanotify_init",
	"ioperm",
	"iopl",
	"lookup_dcookie",
	"nfsservctl",
	"sysfs",
	"_sysctl",
	"uselib",
	"ustat",
	"vm86",
	"vm86old",
	"syslog",
	"vhangup",
	NULL,
};

const char *const syscalls_absent[] = {
	"clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", NULL,
};

bool syscall_is_never(const char *name)
{
	return g_strv_contains(syscalls_never, name);
}

bool syscall_is_absent(const char *name)
{
	return g_strv_contains(syscalls_absent, name);
}

static void list_add(GHashTable *names, const struct syscall_arch *arch, const char *list)
{
	g_auto(GStrv) words = g_strsplit(list, " ", -1);

	for (gsize i = 0; words[i]; i++)
		syscalls_add(names, arch, words[i]);
}

static bool list_meets(GHashTable *names, const char *list)
{
	g_auto(GStrv) words = g_strsplit(list, " ", -1);

	for (gsize i = 0; words[i]; i++) {
		if (g_hash_table_contains(names, words[i]))
			return true;
	}
	return false;
}

/* Judged by what was there before, so that the order of the lists does not matter. */
static void lists_add(GHashTable *names, const struct syscall_arch *arch, const char *const *lists,
		      gsize count)
{
	g_autofree bool *met = g_new0(bool, count);

	for (gsize i = 0; i < count; i++)
		met[i] = list_meets(names, lists[i]);
	for (gsize i = 0; i < count; i++) {
		if (met[i])
			list_add(names, arch, lists[i]);
	}
}

void syscalls_add_families(GHashTable *names, const struct syscall_arch *arch)
{
	lists_add(names, arch, families, G_N_ELEMENTS(families));
}

void syscalls_add_twins(GHashTable *names, const struct syscall_arch *arch)
{
	lists_add(names, arch, twins, G_N_ELEMENTS(twins));
}

void syscalls_add_always(GHashTable *names, const struct syscall_arch *arch)
{
	list_add(names, arch, always);
}

void syscalls_add_init(GHashTable *names, const struct syscall_arch *arch)
{
	list_add(names, arch, init);
}
