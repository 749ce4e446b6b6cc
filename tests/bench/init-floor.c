/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Floors: the least that it takes, without a libc, a plan or checks. x86-64. By its own name,
 *
 *     floor-exec      executes the program, and that is all: what a second execve(2) costs
 *     floor-hardened  the same calls that a hardened start needs (bounding set, ids, 4 Landlock
 * rules, the filter in
 *                     /.thresh/seccomp), then executes
 *     floor           blocks signals, starts the program as vfork(2) does it, forwards what comes,
 * reaps, ends with its status
 */
typedef unsigned long word;

enum {
	SYS_READ = 0,
	SYS_OPEN = 2,
	SYS_RT_SIGPROCMASK = 14,
	SYS_CLONE = 56,
	SYS_EXECVE = 59,
	SYS_WAIT4 = 61
};
enum {
	SYS_KILL = 62,
	SYS_SETGROUPS = 116,
	SYS_SETRESUID = 117,
	SYS_SETRESGID = 119,
	SYS_PRCTL = 157
};
enum {
	SYS_RT_SIGTIMEDWAIT = 128,
	SYS_EXIT_GROUP = 231,
	SYS_LANDLOCK_CREATE = 444,
	SYS_LANDLOCK_ADD = 445
};
enum { SYS_LANDLOCK_RESTRICT = 446, SIGCHLD = 17 };
enum { CLONE_VM = 0x100, CLONE_VFORK = 0x4000, WNOHANG = 1, O_PATH_CLOEXEC = 010000000 | 02000000 };
enum {
	PR_SET_SECCOMP = 22,
	PR_CAPBSET_DROP = 24,
	PR_SET_NO_NEW_PRIVS = 38,
	SECCOMP_MODE_FILTER = 2
};
enum { CAPABILITIES = 41, ID = 65532, FILTER_MAX = 4096, FILTER_LINE_BYTES = 8 };
enum { LANDLOCK_EXECUTE = 1, LANDLOCK_READ = 1 << 2 | 1 << 3, LANDLOCK_ABI_2 = (1 << 14) - 1 };

static inline __attribute__((always_inline)) word call(word number, word a, word b, word c, word d)
{
	register word r10 __asm__("r10") = d;
	word answer;

	__asm__ volatile("syscall"
			 : "=a"(answer)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return answer;
}

static void rule_add(word ruleset, const char *path, word rights)
{
	struct {
		word rights;
		int fd;
	} __attribute__((packed))
	rule = {rights, (int)call(SYS_OPEN, (word)path, O_PATH_CLOEXEC, 0, 0)};

	call(SYS_LANDLOCK_ADD, ruleset, 1, (word)&rule, 0);
}

static void paths_confine(void)
{
	word handled = LANDLOCK_ABI_2;
	word ruleset = call(SYS_LANDLOCK_CREATE, (word)&handled, sizeof(handled), 0, 0);

	rule_add(ruleset, "/", LANDLOCK_READ);
	rule_add(ruleset, "/bin/application", LANDLOCK_EXECUTE | 1 << 2);
	rule_add(ruleset, "/dev", LANDLOCK_READ);
	rule_add(ruleset, "/proc", LANDLOCK_READ);
	call(SYS_LANDLOCK_RESTRICT, ruleset, 0, 0, 0);
}

static void filter_install(void)
{
	static char lines[FILTER_MAX * FILTER_LINE_BYTES];
	word fd = call(SYS_OPEN, (word) "/.thresh/seccomp", 0, 0, 0);
	struct {
		unsigned short count;
		char *lines;
	} filter = {(unsigned short)(call(SYS_READ, fd, (word)lines, sizeof(lines), 0) /
				     FILTER_LINE_BYTES),
		    lines};

	call(SYS_PRCTL, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (word)&filter, 0);
}

static void harden(void)
{
	for (word capability = 0; capability < CAPABILITIES; capability++)
		call(SYS_PRCTL, PR_CAPBSET_DROP, capability, 0, 0);
	call(SYS_SETGROUPS, 0, 0, 0, 0);
	call(SYS_SETRESGID, ID, ID, ID, 0);
	call(SYS_SETRESUID, ID, ID, ID, 0);
	call(SYS_PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0);
	paths_confine();
	filter_install();
}

/* The name's letter behind "/floor-", or NUL. */
static char kind_of(const char *name)
{
	while (*name && *name != '-')
		name++;
	return *name ? name[1] : '\0';
}

__attribute__((used)) void run(word *stack)
{
	char **argv = (char **)(stack + 1);
	char **envp = argv + stack[0] + 1;
	char kind = kind_of(argv[0]);
	word all = ~0UL;
	word before, pid;

	if (kind == 'h')
		harden();
	if (kind) {
		call(SYS_EXECVE, (word)argv[1], (word)(argv + 1), (word)envp, 0);
		call(SYS_EXIT_GROUP, 127, 0, 0, 0);
	}
	call(SYS_RT_SIGPROCMASK, 0, (word)&all, (word)&before, 8);
	pid = call(SYS_CLONE, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0);
	if (pid == 0) {
		call(SYS_RT_SIGPROCMASK, 2, (word)&before, 0, 8);
		call(SYS_EXECVE, (word)argv[1], (word)(argv + 1), (word)envp, 0);
		call(SYS_EXIT_GROUP, 127, 0, 0, 0);
	}
	for (;;) {
		word signal_number = call(SYS_RT_SIGTIMEDWAIT, (word)&all, 0, 0, 8);
		word ended;
		int status = 0;

		if (signal_number != SIGCHLD) {
			call(SYS_KILL, pid, signal_number, 0, 0);
			continue;
		}
		while ((ended = call(SYS_WAIT4, ~0UL, (word)&status, WNOHANG, 0)) + 1 > 1) {
			if (ended == pid)
				call(SYS_EXIT_GROUP,
				     (word)(status & 0x7f ? 128 + (status & 0x7f)
							  : status >> 8 & 0xff),
				     0, 0, 0);
		}
	}
}

__asm__(".global _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall run\n");
