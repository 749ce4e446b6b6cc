/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/run.h"

#include "base/error.h"
#include "base/fd.h"
#include "harden/launch.h"
#include "harden/relay.h"
#include "harden/stop.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* Ctrl-C at a terminal is a key like others to an application that handles it, such as an
 * interpreter's prompt: it is passed on, and nothing is killed afterwards. */
static bool is_key(const struct process *process, int number)
{
	return number == SIGINT && isatty(STDIN_FILENO) && application_handles(process, SIGINT);
}

static bool asks_to_stop(const struct process *process, int number)
{
	return number == SIGTERM || number == SIGHUP ||
	       (number == SIGINT && !is_key(process, number));
}

/* Passes signals on until the process has ended; the second request to stop, and the end of the
 * grace period, kill. */
static bool follow(struct process *process, int signal_fd, int stop_ms, GError **error)
{
	gint64 deadline = 0;
	struct pollfd polls[2] = {
		{.fd = process->pid_fd, .events = POLLIN},
		{.fd = signal_fd, .events = POLLIN},
	};

	while (!process_wait(process, 0)) {
		int wait_ms =
			deadline ? (int)MAX(0, (deadline - g_get_monotonic_time()) / 1000) : -1;
		struct signalfd_siginfo info;
		bool stop;

		if (poll(polls, 2, wait_ms) == 0 && deadline)
			return process_signal(process, SIGKILL, error) && process_wait(process, -1);
		if (!(polls[1].revents & POLLIN) ||
		    read(signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
			/* The process has ended; its status arrives in a moment. */
			if (polls[0].revents)
				return process_wait(process, -1);
			continue;
		}
		stop = asks_to_stop(process, (int)info.ssi_signo);
		if (!process_signal(process, deadline ? SIGKILL : (int)info.ssi_signo, error))
			return false;
		if (stop)
			deadline = g_get_monotonic_time() + (gint64)stop_ms * 1000;
	}
	return true;
}

static bool publish_all(struct sandbox *sandbox, const GPtrArray *publications, GError **error)
{
	for (guint i = 0; publications && i < publications->len; i++) {
		const struct publication *publish = publications->pdata[i];

		if (!sandbox_publish(sandbox, publish->address, publish->host_port, publish->port,
				     error))
			return false;
	}
	return true;
}

static bool run_sealed(const struct run_request *request, const struct identity *identity,
		       const struct image *image, const struct seal *seal,
		       const struct relay relays[static 2], int signal_fd, int *ret_status,
		       GError **error)
{
	autorootfs struct rootfs *rootfs =
		rootfs_unpack(image, request->cache_path, &identity->shift, error);
	autolaunch struct launch *launch = NULL;
	autosandbox struct sandbox *sandbox = NULL;
	struct process process = {.pid_fd = -1};
	struct launch_input input = {
		.image = image,
		.rootfs = rootfs,
		.identity = identity,
		.seal = seal,
		.arguments = request->arguments,
		.environment = request->environment,
		.volumes = request->volumes,
		.secrets = request->secrets,
		.keep_volumes = true,
		.hostname = "thresh",
		.network = request->network,
	};
	bool ok;

	launch = rootfs ? launch_new(&input, error) : NULL;
	if (!launch)
		return false;
	launch->process.standard_fds[0] = 0;
	launch->process.standard_fds[1] = relays[0].fd;
	launch->process.standard_fds[2] = relays[1].fd;
	sandbox = sandbox_open(&launch->sandbox, identity, error);
	if (!sandbox || !publish_all(sandbox, request->publications, error) ||
	    !sandbox_spawn(sandbox, &launch->process, &process, error))
		return false;
	ok = follow(&process, signal_fd, request->stop_ms, error);
	if (ok)
		*ret_status = WIFSIGNALED(process.status) ? 128 + WTERMSIG(process.status)
							  : WEXITSTATUS(process.status);
	process_clear(&process);
	return ok;
}

bool image_run(const struct run_request *request, const struct identity *identity, int *ret_status,
	       GError **error)
{
	autoimage struct image *image =
		image_open(request->image, request->platform, &request->limits, error);
	autofd int signal_fd = -1;
	struct relay relays[2] = {0};
	struct seal *seal;
	sigset_t signals, before;
	bool ok;

	if (!image)
		return false;
	seal = seal_from_config(image->config, error);
	if (!seal) {
		g_autofree char *quoted = error_quote(request->image);

		g_prefix_error(error, "%s: ", quoted);
		return false;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGQUIT);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGUSR2);
	sigprocmask(SIG_BLOCK, &signals, &before);
	signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	ok = relay_open(&relays[0], STDOUT_FILENO, error) &&
	     relay_open(&relays[1], STDERR_FILENO, error) &&
	     run_sealed(request, identity, image, seal, relays, signal_fd, ret_status, error);
	relay_close(&relays[1]); /* its child has a copy of the other one's pipe */
	relay_close(&relays[0]);
	sigprocmask(SIG_SETMASK, &before, NULL);
	seal_free(seal);
	return ok;
}
