/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File descriptors: closed when they leave scope, opened beneath a directory, read with a bound.
 *
 *     autofd int fd = fd_open_beneath(dir, "blobs/sha256/…", O_RDONLY, 0, error);
 *     if (fd < 0)
 *             return false;
 *
 * Every descriptor that is opened here is O_CLOEXEC. Functions that answer a descriptor answer -1
 * and set @error on failure.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#define autofd __attribute__((cleanup(fd_cleanup)))

void fd_cleanup(int *fd);

/* Hands over ownership: answers *@fd and leaves -1 there. */
int fd_steal(int *fd);

/* Opens @path, relative to @dir_fd, following symlinks: for paths that the user named. */
int fd_open(int dir_fd, const char *path, int flags, mode_t mode, GError **error);

/* openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS: an absolute path, a "..", or a symlink
 * that leaves @dir_fd is an error. Symlinks inside are followed unless @flags has O_NOFOLLOW. */
int fd_open_beneath(int dir_fd, const char *path, int flags, mode_t mode, GError **error);

/* openat2(2) with RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS: @dir_fd is taken for "/". */
int fd_open_in_root(int dir_fd, const char *path, int flags, mode_t mode, GError **error);

/* Makes @path and its missing parents below @dir_fd (AT_FDCWD: the working directory). */
bool fd_make_directories(int dir_fd, const char *path, mode_t mode, GError **error);

/* Everything from the descriptor's position on; more than @max_bytes is an error that names @what.
 */
GBytes *fd_read_all(int fd, size_t max_bytes, const char *what, GError **error);

bool fd_write_all(int fd, const void *data, size_t size_bytes, GError **error);

/* Copies @size_bytes from @in to @out at their positions (copy_file_range, else read and write). */
bool fd_copy(int in, int out, uint64_t size_bytes, GError **error);

/* Removes @name below @dir_fd and all that it contains; absent is no error. Never follows links. */
bool fd_remove_tree(int dir_fd, const char *name, GError **error);

/* Writes @data to @path as a whole: a temporary file in the same directory, fsync, rename(2). On
 * failure the old file is as it was. A pipe, a terminal or a descriptor's name (/dev/stdout) is
 * written to. */
bool file_replace(const char *path, const void *data, size_t size_bytes, mode_t mode,
		  GError **error);
