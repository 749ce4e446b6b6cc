/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/recorder.h"

#include "base/error.h"
#include "base/fd.h"
#include "trace/calls.h"
#include "trace/filter.h"
#include "trace/resolver.h"
#include "trace/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LISTENER_FD = 3, /* in the agent */
	OUTPUT_FD = 4,
	TABLE_FD = 5,
	FINISH_TIMEOUT_MS = 60000, /* for what is left after the application's end */
};

struct recorder {
	struct recorder_options options;
	char *agent_path;
	GArray *calls;  /* struct agent_call: the agent's table */
	GArray *filter; /* struct sock_filter */
	struct sock_fprog program;
	struct resolver *resolver;
	struct stream *stream;
	pid_t pid;
	int output;
	GThread *reader;
	GError *failure; /* the reader's, once it has ended */
	int ended[2];    /* a pipe: the reader's end closes it */
};

/* Whether @set of architecture → names has the call; a NULL set has none. */
static bool calls_contain(const GHashTable *calls, const char *arch, const char *name)
{
	GHashTable *set = calls ? g_hash_table_lookup((GHashTable *)calls, arch) : NULL;

	return set && g_hash_table_contains(set, name);
}

static bool is_assumed(const char *name)
{
	return g_strv_contains(calls_assumed, name);
}

/* How the filter treats a stat of one path in a later run: fstat(3), which libc makes as one with
 * an empty path, asks about a file whose opening was seen. (A path beside AT_EMPTY_PATH is legal
 * and rare, and the first run has seen it; a replay looks at all, since it must miss nothing.) */
static enum filter_action plan_stat(const struct recorder_options *options, const char *name)
{
	if (options->mode != RECORD_PATHS || options->allowed_syscalls)
		return FILTER_NOTIFY;
	if (strcmp(name, "statx") == 0)
		return FILTER_STATX;
	return strcmp(name, "newfstatat") == 0 || strcmp(name, "fstatat64") == 0 ? FILTER_STATAT
										 : FILTER_NOTIFY;
}

/* How the filter treats a call that has a name. */
static enum filter_action plan_call(const struct recorder_options *options, const char *arch,
				    const char *name, const struct agent_call *call)
{
	enum agent_op op = call ? call->op : OP_NONE;
	bool known = options->mode == RECORD_PATHS && options->known &&
		     profile_has_syscall(options->known, arch, name);

	if (call && call->refuse)
		return FILTER_NOTIFY;
	if (op == OP_MAP && call->path == AGENT_NONE)
		return call->constant ? FILTER_NOTIFY : FILTER_MAP;
	if (op == OP_PROTECT)
		return FILTER_PROTECT;
	if (op == OP_STAT && known)
		return plan_stat(options, name);
	if (op != OP_NONE && op != OP_SOCKET)
		return FILTER_NOTIFY;
	return is_assumed(name) || call_is_implied(name) || known ? FILTER_ALLOW : FILTER_NOTIFY;
}

static struct agent_call *table_find(GArray *calls, enum agent_arch arch, int nr)
{
	for (guint i = 0; i < calls->len; i++) {
		struct agent_call *call = &g_array_index(calls, struct agent_call, i);

		if (call->arch == arch && call->nr == nr)
			return call;
	}
	return NULL;
}

/* Marks a call that the replay refuses, in the agent's table. */
static struct agent_call *table_refuse(GArray *calls, enum agent_arch arch, int nr)
{
	struct agent_call *call = table_find(calls, arch, nr);
	struct agent_call plain = {.nr = (uint16_t)nr,
				   .arch = (uint8_t)arch,
				   .directory = AGENT_NONE,
				   .path = AGENT_NONE,
				   .flags = AGENT_NONE,
				   .directory2 = AGENT_NONE,
				   .path2 = AGENT_NONE};

	if (!call) {
		g_array_append_val(calls, plain);
		call = &g_array_index(calls, struct agent_call, calls->len - 1);
	}
	call->refuse = 1;
	return call;
}

static void plan_arch(struct recorder *recorder, struct filter_plan *plan, enum agent_arch arch)
{
	const struct recorder_options *options = &recorder->options;
	const char *arch_name = call_arch_name(arch);

	calls_append(recorder->calls, arch);
	for (int nr = 0; nr < AGENT_MAX_CALLS; nr++) {
		g_autofree char *name = call_name(arch, nr);
		struct agent_call *call;

		if (!name)
			continue; /* FILTER_ENOSYS */
		call = table_find(recorder->calls, arch, nr);
		if (options->allowed_syscalls && !is_assumed(name) &&
		    !calls_contain(options->allowed_syscalls, arch_name, name))
			call = table_refuse(recorder->calls, arch, nr);
		plan->actions[arch][nr] = (uint8_t)plan_call(options, arch_name, name, call);
	}
}

struct recorder *recorder_new(const struct recorder_options *options, const char *agent_path,
			      GError **error)
{
	struct recorder *recorder;
	g_autofree struct filter_plan *plan = g_new0(struct filter_plan, 1);

	if (access(agent_path, X_OK) != 0) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno,
				"%s: cannot run the tracing agent", agent_path);
		return NULL;
	}
	recorder = g_new0(struct recorder, 1);
	recorder->options = *options;
	/* The resolver asks for them until the run has ended. */
	if (options->writable)
		g_ptr_array_ref((GPtrArray *)options->writable);
	if (options->allowed_syscalls)
		g_hash_table_ref((GHashTable *)options->allowed_syscalls);
	recorder->agent_path = g_strdup(agent_path);
	recorder->output = recorder->ended[0] = recorder->ended[1] = -1;
	recorder->calls = g_array_new(FALSE, FALSE, sizeof(struct agent_call));
	for (int arch = 0; arch < AGENT_ARCHES; arch++)
		if (call_arch_name(arch))
			plan_arch(recorder, plan, arch);
	recorder->filter = filter_compile(plan);
	recorder->program.len = (unsigned short)recorder->filter->len;
	recorder->program.filter = (struct sock_filter *)recorder->filter->data;
	recorder->resolver = resolver_new(&recorder->options);
	recorder->stream = stream_new(resolver_handle, recorder->resolver);
	return recorder;
}

const struct sock_fprog *recorder_filter(const struct recorder *recorder)
{
	return &recorder->program;
}

/* The table as a file that the agent reads. */
static int table_open(const struct recorder *recorder, GError **error)
{
	autofd int fd = memfd_create("thresh-calls", MFD_CLOEXEC);

	if (fd < 0) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "cannot make the call table");
		return -1;
	}
	if (!fd_write_all(fd, recorder->calls->data,
			  recorder->calls->len * sizeof(struct agent_call), error))
		return -1;
	if (lseek(fd, 0, SEEK_SET) != 0) {
		error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "call table");
		return -1;
	}
	return fd_steal(&fd);
}

/* A copy above the numbers that the agent gets, so that none is overwritten by another's. */
static int lifted(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 16);
}

/*
 * An ordinary user's thresh is privileged over the user's range of ids in a user namespace where it
 * is not root: execve(2) takes that away from the agent, which must look into processes and their
 * /proc/PID/fd. While it is started, those two rights are ambient. Where thresh has none there is
 * nothing to hand on: with one id the processes are the caller's own.
 */
static void rights_hand_on(bool on)
{
	static const int rights[] = {CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH};
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (geteuid() == 0 || syscall(SYS_capget, &header, data) < 0)
		return;
	for (gsize i = 0; i < G_N_ELEMENTS(rights); i++) {
		uint32_t bit = CAP_TO_MASK((unsigned)rights[i]);
		uint32_t *inheritable = &data[CAP_TO_INDEX((unsigned)rights[i])].inheritable;

		*inheritable = on ? *inheritable | bit : *inheritable & ~bit;
	}
	if (syscall(SYS_capset, &header, data) <
	    0) /* what is not inheritable leaves the ambient set */
		return;
	for (gsize i = 0; on && i < G_N_ELEMENTS(rights); i++)
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, rights[i], 0, 0);
}

static bool agent_spawn(struct recorder *recorder, int listener, int output, int table,
			GError **error)
{
	static char *const environment[] = {NULL};
	char *argv[] = {(char *)"thresh-agent",
			(char *)"supervise",
			(char *)"--listener",
			(char *)"3",
			(char *)"--output",
			(char *)"4",
			(char *)"--table",
			(char *)"5",
			NULL};
	autofd int high_listener = lifted(listener);
	autofd int high_output = lifted(output);
	autofd int high_table = lifted(table);
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int result;

	if (high_listener < 0 || high_output < 0 || high_table < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno,
				       "cannot start the tracing agent");
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawn_file_actions_adddup2(&actions, high_listener, LISTENER_FD);
	posix_spawn_file_actions_adddup2(&actions, high_output, OUTPUT_FD);
	posix_spawn_file_actions_adddup2(&actions, high_table, TABLE_FD);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rights_hand_on(true);
	result = posix_spawn(&recorder->pid, recorder->agent_path, &actions, &attributes, argv,
			     environment);
	rights_hand_on(false);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (result != 0) {
		recorder->pid = 0;
		return error_set_errno(error, THRESH_ERROR_INTERNAL, result,
				       "%s: cannot start the tracing agent", recorder->agent_path);
	}
	return true;
}

static gpointer reader_main(gpointer user)
{
	struct recorder *recorder = user;
	g_autofree char *buffer = g_malloc(AGENT_MAX_RECORD);

	for (;;) {
		ssize_t got = read(recorder->output, buffer, AGENT_MAX_RECORD);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		/* After a damaged stream the rest is read and dropped: the agent must not wait. */
		if (!recorder->failure)
			stream_feed(recorder->stream, buffer, (size_t)got, &recorder->failure);
	}
	close(recorder->ended[1]);
	recorder->ended[1] = -1;
	return NULL;
}

bool recorder_supervise(int listener_fd, pid_t pid, void *user, GError **error)
{
	struct recorder *recorder = user;
	autofd int listener = listener_fd;
	autofd int table = table_open(recorder, error);
	int ends[2];
	autofd int output = -1;

	(void)pid;
	if (table < 0)
		return false;
	if (recorder->pid)
		return error_set(error, THRESH_ERROR_INTERNAL, "one recorder records one run");
	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "pipe");
	recorder->output = ends[0];
	output = ends[1];
	(void)fcntl(output, F_SETPIPE_SZ, 1 << 20);
	if (pipe2(recorder->ended, O_CLOEXEC) != 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "pipe");
	if (!agent_spawn(recorder, listener, output, table, error))
		return false;
	recorder->reader = g_thread_new("recorder", reader_main, recorder);
	return true;
}

/* Waits for the reader's end, at most @timeout_ms. */
static bool wait_for_reader(const struct recorder *recorder, int timeout_ms)
{
	struct pollfd fd = {.fd = recorder->ended[0]};
	gint64 end = g_get_monotonic_time() + timeout_ms * (gint64)1000;

	for (;;) {
		gint64 left = (end - g_get_monotonic_time()) / 1000;
		int count = poll(&fd, 1, left > 0 ? (int)left : 0);

		if (count > 0)
			return true;
		if (count == 0 || errno != EINTR)
			return false;
	}
}

static bool agent_reap(struct recorder *recorder, bool kill_it)
{
	int status = -1;

	if (!recorder->pid)
		return false;
	if (kill_it)
		kill(recorder->pid, SIGKILL);
	while (waitpid(recorder->pid, &status, 0) < 0 && errno == EINTR)
		;
	recorder->pid = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void add_assumed(struct profile *profile, const char *arch, enum agent_arch number)
{
	for (const char *const *name = calls_assumed; *name; name++)
		if (call_number(number, *name) >= 0)
			profile_add_syscall(profile, arch, *name);
}

static void add_implied(struct profile *profile, const char *arch, enum agent_arch number)
{
	for (const struct call_pair *pair = calls_implied; pair->name; pair++)
		if (profile_has_syscall(profile, arch, pair->introducer) &&
		    call_number(number, pair->name) >= 0)
			profile_add_syscall(profile, arch, pair->name);
}

/* What was seen of an architecture brings along the calls that are not looked at. */
static void complete_calls(struct profile *profile)
{
	for (int arch = 0; arch < AGENT_ARCHES; arch++) {
		const char *name = call_arch_name(arch);

		if (!name || !g_hash_table_contains(profile->syscalls, name))
			continue;
		add_assumed(profile, name, arch);
		add_implied(profile, name, arch);
	}
}

static void merge_findings(const struct replay_findings *from, struct replay_findings *into)
{
	GHashTable *const sources[] = {from->missed, from->refused_writes, from->refused_syscalls};
	GHashTable **const targets[] = {&into->missed, &into->refused_writes,
					&into->refused_syscalls};

	for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
		GHashTableIter iter;
		gpointer key;

		if (!*targets[i])
			*targets[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		g_hash_table_iter_init(&iter, sources[i]);
		while (g_hash_table_iter_next(&iter, &key, NULL))
			if (!g_hash_table_contains(*targets[i], key))
				g_hash_table_add(*targets[i], g_strdup(key));
	}
}

/* One more run into @profile. */
static bool add_run(struct recorder *recorder, struct profile *profile, uint64_t lost,
		    GError **error)
{
	autoprofile struct profile *run = profile_new();
	uint64_t runs = profile->runs;
	uint64_t lost_events = profile->lost_events;

	if (!profile_merge(run, resolver_profile(recorder->resolver), error))
		return false;
	complete_calls(run);
	if (!profile_merge(profile, run, error))
		return false;
	profile->runs = runs + 1;
	profile->lost_events = lost_events + lost;
	return true;
}

bool recorder_finish(struct recorder *recorder, struct profile *profile,
		     struct replay_findings *findings, uint64_t *ret_lost, GError **error)
{
	uint64_t lost = 0;
	bool ended, clean;

	if (!recorder->reader)
		return error_set(error, THRESH_ERROR_INTERNAL, "the recorder was never started");
	ended = wait_for_reader(recorder, FINISH_TIMEOUT_MS);
	clean = agent_reap(recorder, !ended);
	g_thread_join(g_steal_pointer(&recorder->reader));
	if (recorder->failure) {
		g_propagate_error(error, g_steal_pointer(&recorder->failure));
		return false;
	}
	if (!stream_is_complete(recorder->stream, &lost) || !clean)
		lost++; /* how many were lost nobody knows */
	lost += resolver_lost(recorder->resolver);
	if (profile && !add_run(recorder, profile, lost, error))
		return false;
	if (findings)
		merge_findings(resolver_findings(recorder->resolver), findings);
	if (ret_lost)
		*ret_lost = lost;
	return true;
}

void recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return;
	if (recorder->reader) {
		agent_reap(recorder, true);
		g_thread_join(recorder->reader);
	}
	fd_cleanup(&recorder->output);
	fd_cleanup(&recorder->ended[0]);
	fd_cleanup(&recorder->ended[1]);
	g_clear_error(&recorder->failure);
	stream_free(recorder->stream);
	resolver_free(recorder->resolver);
	if (recorder->options.writable)
		g_ptr_array_unref((GPtrArray *)recorder->options.writable);
	if (recorder->options.allowed_syscalls)
		g_hash_table_unref((GHashTable *)recorder->options.allowed_syscalls);
	g_array_unref(recorder->calls);
	g_array_unref(recorder->filter);
	g_free(recorder->agent_path);
	g_free(recorder);
}
