/* SPDX-License-Identifier: Apache-2.0 */
/* What functions of the C library (glibc and musl) call, where that is not a call of their own
 * name. */
#include "policy/scan.h"

#include <string.h>

#define OPEN   "open openat"
#define STAT   "newfstatat fstat stat lstat statx stat64 lstat64 fstat64 fstatat64"
#define STREAM OPEN " close read write lseek _llseek fcntl fcntl64 " STAT
#define LIST   OPEN " close getdents64 getdents lseek _llseek " STAT
#define SPAWN                                                                                      \
	"clone vfork fork wait4 waitid execve pipe2 pipe dup2 dup3 fcntl rt_sigaction "            \
	"rt_sigprocmask"
#define SOCKET                                                                                     \
	"socket connect bind sendto recvfrom sendmsg recvmsg sendmmsg poll ppoll getsockname "     \
	"setsockopt"
#define NAMES STREAM " mmap munmap socket connect sendto recvmsg poll"
#define SLEEP "nanosleep clock_nanosleep clock_nanosleep_time64"
#define THREAD                                                                                     \
	"clone mmap munmap mprotect madvise set_robust_list rseq rt_sigprocmask futex "            \
	"sched_getaffinity "                                                                       \
	"exit"
#define SCHED "sched_setscheduler sched_getscheduler sched_getparam sched_setparam"
#define WAIT  "futex futex_time64"

struct libc_calls {
	const char *function;
	const char *calls;
};

/* Sorted by name (strcmp), for bsearch. */
static const struct libc_calls table[] = {
	{"accept", "accept accept4"},
	{"adjtime", "adjtimex"},
	{"aio_cancel", THREAD},
	{"aio_fsync", THREAD " fsync fdatasync"},
	{"aio_read", THREAD " pread64"},
	{"aio_write", THREAD " pwrite64"},
	{"alarm", "alarm setitimer"},
	{"arc4random", "getrandom"},
	{"arc4random_buf", "getrandom"},
	{"arc4random_uniform", "getrandom"},
	{"clock", "clock_gettime"},
	{"closedir", "close"},
	{"closelog", "close"},
	{"connect", "connect"},
	{"creat", OPEN " creat"},
	{"ctermid", "ioctl"},
	{"daemon", "clone setsid chdir " OPEN " dup2 dup3 close exit_group"},
	{"dlopen", STREAM " mmap mprotect munmap pread64"},
	{"dup2", "dup2 dup3"},
	{"endgrent", "close"},
	{"endpwent", "close"},
	{"epoll_create", "epoll_create epoll_create1"},
	{"epoll_wait", "epoll_wait epoll_pwait"},
	{"eventfd", "eventfd2"},
	{"eventfd_read", "read"},
	{"eventfd_write", "write"},
	{"execl", "execve"},
	{"execle", "execve"},
	{"execlp", "execve"},
	{"execv", "execve"},
	{"execvp", "execve"},
	{"execvpe", "execve"},
	{"explicit_bzero", ""},
	{"faccessat", "faccessat faccessat2"},
	{"fchmodat", "fchmodat fchmodat2"},
	{"fdopen", "fcntl " STAT},
	{"fdopendir", LIST " fcntl"},
	{"fexecve", "execveat execve"},
	{"ffsl", ""},
	{"fopen", STREAM},
	{"fork", "clone fork set_robust_list"},
	{"forkpty", OPEN " ioctl clone setsid dup2 dup3 close"},
	{"fpathconf", "fstatfs fstat"},
	{"freopen", STREAM " dup3 dup2"},
	{"fstat", STAT},
	{"fstatat", STAT},
	{"fstatvfs", "fstatfs fstatfs64 fstat"},
	{"ftime", "clock_gettime"},
	{"ftok", STAT},
	{"ftruncate", "ftruncate ftruncate64"},
	{"fts_open", LIST " fchdir"},
	{"ftw", LIST},
	{"futimens", "utimensat"},
	{"futimes", "utimensat"},
	{"fxstat", STAT},
	{"fxstatat", STAT},
	{"get_avphys_pages", "sysinfo " STREAM},
	{"get_nprocs", "sched_getaffinity " STREAM},
	{"get_nprocs_conf", LIST " sched_getaffinity"},
	{"get_phys_pages", "sysinfo " STREAM},
	{"getaddrinfo", SOCKET " " NAMES " ioctl uname getrandom"},
	{"getcontext", "rt_sigprocmask"},
	{"getdtablesize", "prlimit64"},
	{"getentropy", "getrandom"},
	{"getgrent", NAMES},
	{"getgrgid", NAMES},
	{"getgrgid_r", NAMES},
	{"getgrnam", NAMES},
	{"getgrnam_r", NAMES},
	{"getgrouplist", NAMES},
	{"gethostbyaddr", SOCKET " " NAMES},
	{"gethostbyaddr_r", SOCKET " " NAMES},
	{"gethostbyname", SOCKET " " NAMES},
	{"gethostbyname2", SOCKET " " NAMES},
	{"gethostbyname2_r", SOCKET " " NAMES},
	{"gethostbyname_r", SOCKET " " NAMES},
	{"gethostname", "uname"},
	{"getifaddrs", SOCKET},
	{"getlogin", STREAM " readlink"},
	{"getlogin_r", STREAM " readlink"},
	{"getloadavg", STREAM},
	{"getnameinfo", SOCKET " " NAMES " uname"},
	{"getpagesize", ""},
	{"getpass", STREAM " ioctl"},
	{"getprotobyname", NAMES},
	{"getpt", OPEN},
	{"getpwent", NAMES},
	{"getpwnam", NAMES},
	{"getpwnam_r", NAMES},
	{"getpwuid", NAMES},
	{"getpwuid_r", NAMES},
	{"getrlimit", "prlimit64 getrlimit ugetrlimit"},
	{"getservbyname", NAMES},
	{"getservbyname_r", NAMES},
	{"getservbyport", NAMES},
	{"getspnam", NAMES},
	{"getspnam_r", NAMES},
	{"glob", LIST},
	{"grantpt", "ioctl " STAT},
	{"if_indextoname", "socket ioctl close"},
	{"if_nameindex", SOCKET " ioctl"},
	{"if_nametoindex", "socket ioctl close"},
	{"initgroups", NAMES " setgroups setgroups32"},
	{"inotify_init", "inotify_init inotify_init1"},
	{"isatty", "ioctl"},
	{"kill", "kill"},
	{"killpg", "kill"},
	{"lchown", "lchown fchownat"},
	{"lockf", "fcntl fcntl64"},
	{"login_tty", "setsid ioctl dup2 dup3 close"},
	{"lstat", STAT},
	{"lutimes", "utimensat"},
	{"lxstat", STAT},
	{"mkdtemp", "mkdir mkdirat getrandom"},
	{"mkfifo", "mknod mknodat"},
	{"mkfifoat", "mknodat"},
	{"mkostemp", OPEN " getrandom"},
	{"mkostemps", OPEN " getrandom"},
	{"mkstemp", OPEN " getrandom"},
	{"mkstemps", OPEN " getrandom"},
	{"mktemp", STAT " getrandom"},
	{"mq_receive", "mq_timedreceive"},
	{"mq_send", "mq_timedsend"},
	{"mq_setattr", "mq_getsetattr"},
	{"msgctl", "msgctl ipc"},
	{"nftw", LIST " fchdir chdir"},
	{"nice", "getpriority setpriority nice"},
	{"open_memstream", ""},
	{"opendir", LIST},
	{"openlog", SOCKET},
	{"openpty", OPEN " ioctl close"},
	{"pathconf", "statfs " STAT},
	{"pause", "pause ppoll rt_sigsuspend"},
	{"pclose", "wait4 waitid close"},
	{"poll", "poll ppoll ppoll_time64"},
	{"popen", SPAWN},
	{"posix_fadvise", "fadvise64 fadvise64_64 arm_fadvise64_64"},
	{"posix_fallocate", "fallocate pwrite64 " STAT},
	{"posix_madvise", "madvise"},
	{"posix_openpt", OPEN},
	{"posix_spawn", SPAWN " mmap munmap setpgid setsid sched_setparam sched_setscheduler"},
	{"posix_spawnp", SPAWN " mmap munmap setpgid setsid sched_setparam sched_setscheduler"},
	{"pread", "pread64"},
	{"preadv", "preadv preadv2"},
	{"pselect", "pselect6 pselect6_time64"},
	{"psignal", "write"},
	{"pthread_attr_setaffinity_np", "sched_setaffinity"},
	{"pthread_cancel", "tgkill rt_sigaction"},
	{"pthread_create", THREAD},
	{"pthread_getaffinity_np", "sched_getaffinity"},
	{"pthread_getattr_np", STREAM " sched_getaffinity prlimit64"},
	{"pthread_getname_np", OPEN " prctl read close"},
	{"pthread_getschedparam", SCHED},
	{"pthread_kill", "tgkill rt_sigprocmask"},
	{"pthread_setaffinity_np", "sched_setaffinity"},
	{"pthread_setname_np", OPEN " prctl write close"},
	{"pthread_setschedparam", SCHED},
	{"pthread_setschedprio", SCHED},
	{"pthread_sigmask", "rt_sigprocmask"},
	{"pthread_sigqueue", "rt_tgsigqueueinfo"},
	{"ptsname", "ioctl"},
	{"ptsname_r", "ioctl"},
	{"pwrite", "pwrite64"},
	{"pwritev", "pwritev pwritev2"},
	{"raise", "tgkill gettid getpid rt_sigprocmask"},
	{"readdir", "getdents64 getdents"},
	{"readdir_r", "getdents64 getdents"},
	{"realpath", "readlink readlinkat lstat newfstatat getcwd"},
	{"recv", "recvfrom recv"},
	{"remove", "unlink unlinkat rmdir"},
	{"rename", "rename renameat renameat2"},
	{"res_ninit", STREAM " uname"},
	{"res_nquery", SOCKET},
	{"res_nsearch", SOCKET},
	{"res_query", SOCKET},
	{"res_search", SOCKET},
	{"rewinddir", "lseek _llseek"},
	{"scandir", LIST},
	{"sched_setscheduler", SCHED},
	{"seekdir", "lseek _llseek"},
	{"select", "select _newselect pselect6 pselect6_time64"},
	{"sem_clockwait", WAIT},
	{"sem_open", OPEN " close mmap munmap link linkat unlink unlinkat fchmod write " STAT},
	{"sem_post", WAIT},
	{"sem_timedwait", WAIT},
	{"sem_unlink", "unlink unlinkat"},
	{"sem_wait", WAIT},
	{"semctl", "semctl ipc"},
	{"send", "sendto send"},
	{"setegid", "setresgid setresgid32 tgkill"},
	{"seteuid", "setresuid setresuid32 tgkill"},
	{"setgid", "setgid setgid32 tgkill"},
	{"sethostid", OPEN},
	{"setrlimit", "prlimit64 setrlimit"},
	{"settimeofday", "settimeofday clock_settime"},
	{"setuid", "setuid setuid32 tgkill"},
	{"shm_open", OPEN " fcntl close"},
	{"shm_unlink", "unlink unlinkat"},
	{"sigaction", "rt_sigaction"},
	{"sigblock", "rt_sigprocmask"},
	{"siginterrupt", "rt_sigaction"},
	{"siglongjmp", "rt_sigprocmask"},
	{"signal", "rt_sigaction"},
	{"signalfd", "signalfd4"},
	{"sigpause", "rt_sigsuspend rt_sigprocmask"},
	{"sigpending", "rt_sigpending"},
	{"sigprocmask", "rt_sigprocmask"},
	{"sigqueue", "rt_sigqueueinfo"},
	{"sigsetjmp", "rt_sigprocmask"},
	{"sigsuspend", "rt_sigsuspend"},
	{"sigtimedwait", "rt_sigtimedwait rt_sigtimedwait_time64"},
	{"sigwait", "rt_sigtimedwait rt_sigtimedwait_time64"},
	{"sigwaitinfo", "rt_sigtimedwait rt_sigtimedwait_time64"},
	{"sleep", SLEEP},
	{"stat", STAT},
	{"statvfs", "statfs statfs64 " STAT},
	{"stime", "clock_settime"},
	{"swapcontext", "rt_sigprocmask"},
	/* The wrapper with a number of its own: what libraries use it for, none of it a door. */
	{"syscall",
	 "getrandom gettid futex membarrier statx copy_file_range preadv2 pwritev2 memfd_create "
	 "getcpu tgkill sched_getaffinity sched_setaffinity sched_getattr sched_setattr capget "
	 "get_mempolicy set_mempolicy mbind ioprio_get ioprio_set close_range pidfd_open "
	 "pidfd_send_signal epoll_pwait2 renameat2 faccessat2 openat2 getdents64 "
	 "rt_tgsigqueueinfo io_setup io_submit io_getevents io_destroy io_cancel "
	 "inotify_init1 inotify_add_watch inotify_rm_watch utimensat sync_file_range "
	 "mlock2 pkey_alloc pkey_free pkey_mprotect execveat exit_group waitid futex_waitv "
	 "landlock_create_ruleset landlock_add_rule landlock_restrict_self"},
	{"sysconf", "sched_getaffinity sysinfo prlimit64 " STREAM},
	{"syslog", SOCKET " " OPEN " close"},
	{"system", SPAWN},
	{"tcdrain", "ioctl"},
	{"tcflow", "ioctl"},
	{"tcflush", "ioctl"},
	{"tcgetattr", "ioctl"},
	{"tcgetpgrp", "ioctl"},
	{"tcsendbreak", "ioctl"},
	{"tcsetattr", "ioctl"},
	{"tcsetpgrp", "ioctl"},
	{"telldir", "lseek _llseek"},
	{"tempnam", STAT " getrandom"},
	{"thrd_create", THREAD},
	{"thrd_sleep", SLEEP},
	{"time", "time gettimeofday clock_gettime"},
	{"timer_create", "timer_create clone rt_sigprocmask"},
	{"timespec_get", "clock_gettime"},
	{"tmpfile", OPEN " unlink unlinkat getrandom " STAT},
	{"tmpnam", STAT " getrandom"},
	{"truncate", "truncate truncate64"},
	{"ttyname", "readlink ioctl " LIST},
	{"ttyname_r", "readlink ioctl " LIST},
	{"tzset", STREAM},
	{"ualarm", "setitimer"},
	{"ulimit", "prlimit64"},
	{"unlockpt", "ioctl"},
	{"usleep", SLEEP},
	{"utime", "utime utimensat"},
	{"utimes", "utimes utimensat"},
	{"vfork", "vfork clone"},
	{"vhangup", "vhangup"},
	{"vsyslog", SOCKET " " OPEN " close"},
	{"wait", "wait4 waitid"},
	{"wait3", "wait4"},
	{"waitpid", "wait4 waitpid"},
	{"wordexp", SPAWN " " LIST},
	{"xmknod", "mknod mknodat"},
	{"xmknodat", "mknodat"},
	{"xpg_basename", ""},
	{"xstat", STAT},
};

static int function_compare(const void *key, const void *element)
{
	return strcmp(key, ((const struct libc_calls *)element)->function);
}

static const struct libc_calls *function_find(const char *function)
{
	return bsearch(function, table, G_N_ELEMENTS(table), sizeof(table[0]), function_compare);
}

static void suffix_cut(char *text, const char *suffix)
{
	if (g_str_has_suffix(text, suffix) && strlen(text) > strlen(suffix))
		text[strlen(text) - strlen(suffix)] = '\0';
}

char *libc_function_plain(const char *function)
{
	char *plain;

	while (*function == '_' && function[1] != '\0')
		function++;
	if (g_str_has_prefix(function, "isoc99_"))
		function += strlen("isoc99_");
	if (g_str_has_prefix(function, "libc_"))
		function += strlen("libc_");
	plain = g_strdup(function);
	suffix_cut(plain, "_chk");
	suffix_cut(plain, "_2");
	suffix_cut(plain, "_time64");
	if (!g_str_has_suffix(plain, "getdents64"))
		suffix_cut(plain, "64");
	return plain;
}

const char *libc_function_calls(const char *function)
{
	g_autofree char *plain = libc_function_plain(function);
	const struct libc_calls *found = function_find(function);

	if (!found)
		found = function_find(plain);
	return found ? found->calls : NULL;
}
