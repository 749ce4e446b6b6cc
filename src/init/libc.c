/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What init needs of the libc in a few bytes: the linker takes these in the place of musl's, which
 * are made for speed, threads and other machines, and bring 9 kB along. For Linux of 64 bits, where
 * struct stat is the kernel's. Behaviour is the standard's, but for what is said here.
 */
#include "init/call.h"
#include "init/init.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Found by name after the compiler has done its own with them; and no loop becomes a call of
 * itself. */
#define OURS __attribute__((used, optimize("no-tree-loop-distribute-patterns")))

/* --- calls ---------------------------------------------------------------------------------------
 */

/* There is one thread, and none of musl's start, which would make the place for its errno. musl's
 * own objects know it by the second name. */
static int last_error;

OURS __attribute__((const)) int *__errno_location(void)
{
	return &last_error;
}

OURS __attribute__((const)) int *___errno_location(void);
int *___errno_location(void)
{
	return &last_error;
}

OURS long __syscall_ret(unsigned long answer);
long __syscall_ret(unsigned long answer)
{
	if (answer < -4095UL)
		return (long)answer;
	last_error = (int)-answer;
	return -1;
}

/* Functions that declare `...` pass on what they find in the registers of their arguments, whatever
 * was given: the kernel reads what it needs. So they are defined by their name in the object alone.
 */
#define VARYING(result, function, ...)                                                             \
	OURS __attribute__((noipa)) result varying_##function(__VA_ARGS__) __asm__(#function);     \
	result varying_##function(__VA_ARGS__)

static inline __attribute__((always_inline)) long call(long number, long a, long b, long c, long d,
						       long e, long f)
{
	return __syscall_ret((unsigned long)init_call(number, a, b, c, d, e, f));
}

VARYING(long, syscall, long number, long a, long b, long c, long d, long e, long f)
{
	return call(number, a, b, c, d, e, f);
}

VARYING(int, fcntl, long fd, long command, long argument)
{
	return (int)call(SYS_fcntl, fd, command, argument, 0, 0, 0);
}

VARYING(int, ioctl, long fd, long request, long argument)
{
	return (int)call(SYS_ioctl, fd, request, argument, 0, 0, 0);
}

VARYING(int, prctl, long option, long a, long b, long c, long d)
{
	return (int)call(SYS_prctl, option, a, b, c, d, 0);
}

VARYING(int, openat, long dir_fd, const char *path, long flags, long mode)
{
	return (int)call(SYS_openat, dir_fd, (long)path, flags, mode, 0, 0);
}

VARYING(int, open, const char *path, long flags, long mode)
{
	return (int)call(SYS_openat, AT_FDCWD, (long)path, flags, mode, 0, 0);
}

/* --- files ---------------------------------------------------------------------------------------
 */

OURS int fstatat(int dir_fd, const char *restrict path, struct stat *restrict ret_status, int flags)
{
	return (int)syscall(SYS_newfstatat, dir_fd, path, ret_status, flags);
}

OURS int stat(const char *restrict path, struct stat *restrict ret_status)
{
	return fstatat(AT_FDCWD, path, ret_status, 0);
}

OURS int lstat(const char *restrict path, struct stat *restrict ret_status)
{
	return fstatat(AT_FDCWD, path, ret_status, AT_SYMLINK_NOFOLLOW);
}

OURS int fstat(int fd, struct stat *ret_status)
{
	return (int)syscall(SYS_fstat, fd, ret_status);
}

OURS int fchmod(int fd, mode_t mode)
{
	return (int)syscall(SYS_fchmod, fd, mode);
}

/* Without flags: Linux has none here before 6.6. */
OURS int fchmodat(int dir_fd, const char *path, mode_t mode, int flags)
{
	(void)flags;
	return (int)syscall(SYS_fchmodat, dir_fd, path, mode);
}

OURS int fchown(int fd, uid_t uid, gid_t gid)
{
	return (int)syscall(SYS_fchown, fd, uid, gid);
}

OURS int futimens(int fd, const struct timespec times[2])
{
	return (int)syscall(SYS_utimensat, fd, NULL, times, 0);
}

OURS ssize_t readlinkat(int dir_fd, const char *restrict path, char *restrict ret_text,
			size_t size_bytes)
{
	return syscall(SYS_readlinkat, dir_fd, path, ret_text, size_bytes);
}

OURS ssize_t readlink(const char *restrict path, char *restrict ret_text, size_t size_bytes)
{
	return readlinkat(AT_FDCWD, path, ret_text, size_bytes);
}

OURS int socket(int domain, int type, int protocol)
{
	return (int)syscall(SYS_socket, domain, type, protocol);
}

/* --- signals: what is done with them is asked, and made SIG_DFL or SIG_IGN
 * ------------------------
 */

struct kernel_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

/* No handlers: they would need a restorer. */
OURS int sigaction(int signal_number, const struct sigaction *restrict action,
		   struct sigaction *restrict ret_before)
{
	struct kernel_action now = {0};
	struct kernel_action before = {0};
	long result;

	if (action)
		now.handler = action->sa_handler;
	if (now.handler != SIG_DFL && now.handler != SIG_IGN) {
		errno = EINVAL;
		return -1;
	}
	result = syscall(SYS_rt_sigaction, signal_number, action ? &now : NULL, &before,
			 sizeof(now.mask));
	if (result == 0 && ret_before)
		ret_before->sa_handler = before.handler;
	return (int)result;
}

OURS void (*signal(int signal_number, void (*handler)(int)))(int)
{
	struct sigaction action = {.sa_handler = handler};
	struct sigaction before;

	return sigaction(signal_number, &action, &before) < 0 ? SIG_ERR : before.sa_handler;
}

/* --- texts: short ones, and a plan once
 * -----------------------------------------------------------
 */

OURS size_t strlen(const char *text)
{
	size_t bytes = 0;

	while (text[bytes])
		bytes++;
	return bytes;
}

OURS void *memchr(const void *memory, int byte, size_t bytes)
{
	const unsigned char *p = memory;

	for (; bytes > 0; bytes--, p++) {
		if (*p == (unsigned char)byte)
			return (void *)(uintptr_t)p;
	}
	return NULL;
}

OURS char *strchr(const char *text, int byte)
{
	for (;; text++) {
		if (*text == (char)byte)
			return (char *)(uintptr_t)text;
		if (*text == '\0')
			return NULL;
	}
}

OURS size_t strcspn(const char *text, const char *bytes)
{
	size_t length = 0;

	while (text[length] && !strchr(bytes, text[length]))
		length++;
	return length;
}

OURS size_t strspn(const char *text, const char *bytes)
{
	size_t length = 0;

	while (text[length] && strchr(bytes, text[length]))
		length++;
	return length;
}

OURS int strncmp(const char *a, const char *b, size_t bytes)
{
	for (; bytes > 0; bytes--, a++, b++) {
		if (*a != *b)
			return (unsigned char)*a - (unsigned char)*b;
		if (*a == '\0')
			return 0;
	}
	return 0;
}

OURS int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, PTRDIFF_MAX);
}

OURS char *strcpy(char *restrict to, const char *restrict from)
{
	return memcpy(to, from, strlen(from) + 1);
}

/* --- errors --------------------------------------------------------------------------------------
 */

/* Those that the calls of docs/init-syscalls.md answer, in musl's words; others by their number.
 * One behind the other: an array of texts is as wide as the longest. */
/* clang-format off */
#define ERRORS(each) \
	each(EPERM, "Operation not permitted") \
	each(ENOENT, "No such file or directory") \
	each(EIO, "I/O error") \
	each(ENXIO, "No such device or address") \
	each(E2BIG, "Argument list too long") \
	each(ENOEXEC, "Exec format error") \
	each(EBADF, "Bad file descriptor") \
	each(EAGAIN, "Temporarily unavailable") \
	each(ENOMEM, "Out of memory") \
	each(EACCES, "Permission denied") \
	each(EBUSY, "Resource busy") \
	each(EEXIST, "File exists") \
	each(EXDEV, "Cross-device link") \
	each(ENOTDIR, "Not a directory") \
	each(EISDIR, "Is a directory") \
	each(EINVAL, "Invalid argument") \
	each(EMFILE, "No file descriptors available") \
	each(ETXTBSY, "Text file busy") \
	each(EFBIG, "File too large") \
	each(ENOSPC, "No space left on device") \
	each(EROFS, "Read-only file system") \
	each(EMLINK, "Too many links") \
	each(ENAMETOOLONG, "Filename too long") \
	each(ENOSYS, "Function not implemented") \
	each(ENOTEMPTY, "Directory not empty") \
	each(ELOOP, "Symbolic link loop") \
	each(EOPNOTSUPP, "Not supported") \
	each(EDQUOT, "Quota exceeded") \
	each(ELIBBAD, "Invalid shared library")
/* clang-format on */

#define NUMBER(number, text) number,
#define TEXT(number, text)   text "\0"
static const uint8_t error_numbers[] = {ERRORS(NUMBER)};
static const char error_texts[] = ERRORS(TEXT);

OURS char *strerror(int error)
{
	static char number[sizeof("error ") + INIT_DIGITS];
	char digits[INIT_DIGITS];
	const char *text = error_texts;

	for (size_t i = 0; i < sizeof(error_numbers); i++, text += strlen(text) + 1) {
		if (error_numbers[i] == error)
			return (char *)(uintptr_t)text;
	}
	strcpy(number, "error ");
	strcpy(number + sizeof("error ") - 1, init_number_text((uint64_t)error, digits));
	return number;
}
