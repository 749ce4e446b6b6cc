/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/inside.h"

#include "base/error.h"
#include "base/fd.h"
#include "sandbox/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The defaults of container engines (OCI runtime-spec config-linux.md, "maskedPaths" and
 * "readonlyPaths", as moby and podman fill them in). */
static const char *const masked[] = {
	"/proc/acpi",        "/proc/asound",   "/proc/interrupts",
	"/proc/kcore",       "/proc/keys",     "/proc/latency_stats",
	"/proc/sched_debug", "/proc/scsi",     "/proc/timer_list",
	"/proc/timer_stats", "/sys/dev/block", "/sys/devices/virtual/powercap",
	"/sys/firmware",
};
static const char *const read_only[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
};

static bool mask(const char *path, GError **error)
{
	const struct mount_option options[] = {{"size", "4k"}, {"mode", "0555"}, {NULL}};
	struct stat st;
	autofd int fd = -1;

	if (lstat(path, &st) < 0)
		return true;
	if (S_ISDIR(st.st_mode))
		fd = mount_new("tmpfs", options,
			       MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				       MOUNT_ATTR_NOEXEC,
			       error);
	else
		fd = mount_copy(AT_FDCWD, "/dev/null", false, error);
	return fd >= 0 && mount_place(fd, path, error);
}

static bool make_read_only(const char *path, GError **error)
{
	autofd int fd = -1;

	if (access(path, F_OK) < 0)
		return true;
	fd = mount_copy(AT_FDCWD, path, true, error);
	return fd >= 0 &&
	       mount_set(fd,
			 MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				 MOUNT_ATTR_NOEXEC,
			 true, error) &&
	       mount_place(fd, path, error);
}

static bool cover(const char *path, const char *source, GError **error)
{
	autofd int fd = -1;

	if (access(path, F_OK) < 0)
		return true;
	fd = mount_copy(AT_FDCWD, source, false, error);
	return fd >= 0 && mount_place(fd, path, error);
}

/* The next process id is @offset + 1 more than 1. */
static void skip_pids(uint32_t offset)
{
	autofd int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", offset + 1);

	if (fd >= 0 && write(fd, text, (size_t)length) == length)
		return;
	for (uint32_t i = 0; i < offset; i++) { /* a kernel without checkpoint/restore */
		pid_t child = raw_clone(SIGCHLD);

		if (child == 0)
			_exit(0);
		if (child < 0 || waitpid(child, NULL, 0) < 0)
			return;
	}
}

bool inside_mount_proc(uint32_t pid_offset, const char *const *covers, GError **error)
{
	const struct mount_option none[] = {{NULL}};
	autofd int fd = mount_new("proc", none,
				  MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, error);

	if (fd < 0)
		return false;
	/* The holder's, which shows every process of this sandbox, goes. */
	if (umount2("/proc", MNT_DETACH) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "/proc");
	if (!mount_place(fd, "/proc", error))
		return false;
	if (pid_offset > 0)
		skip_pids(pid_offset);
	for (size_t i = 0; i < G_N_ELEMENTS(masked); i++) {
		if (!mask(masked[i], error))
			return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(read_only); i++) {
		if (!make_read_only(read_only[i], error))
			return false;
	}
	for (size_t i = 0; covers && covers[i]; i += 2) {
		if (!cover(covers[i], covers[i + 1], error))
			return false;
	}
	return true;
}
