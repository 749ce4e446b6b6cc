/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who thresh is while it works with images: which user ids the sandbox may use, and how owners
 * inside an image become owners on disk.
 *
 * identity_enter is called once, before any thread exists:
 *
 * - root: nothing to enter; images get the range that starts at 1879048192 (0x70000000), which maps
 *   no host user. Inside a container that does not map that range: the top of what it maps, less
 *   its root, which is thresh. Root without CAP_SYS_ADMIN enters a user namespace of its own first.
 * - an ordinary user with a range in /etc/subuid and /etc/subgid: a user namespace that maps the
 *   user to itself and the range to itself (newuidmap, newgidmap). thresh then is privileged over
 *   the range and stays the user otherwise. Images get the range.
 * - an ordinary user without: a user namespace that maps the user alone. One id inside the image.
 * - where user namespaces are refused: root goes on without one (bounded capabilities, a seccomp
 *   list, no device nodes), an ordinary user gets a named error.
 */
#pragma once

#include "image/rootfs.h"

#include <glib.h>
#include <stdbool.h>

enum identity_mode {
	IDENTITY_RANGE,  /* a range of ids, in a user namespace */
	IDENTITY_SINGLE, /* one id, in a user namespace */
	IDENTITY_NONE,   /* no user namespace: host root */
};

struct identity {
	enum identity_mode mode;
	struct owner_shift shift;
	char *limitation; /* one sentence for the user where something is weaker, else NULL */
};

/* @limitation is owned by the identity. Fails with THRESH_ERROR_INTERNAL, naming the sysctl or
 * security module that refuses. A mount namespace comes along with the user namespace: it follows
 * the host's mounts. */
bool identity_enter(struct identity *ret_identity, GError **error);
void identity_clear(struct identity *identity);

/* The first range of at least @min_count ids for user @name (or NULL) or number @id in @text, which
 * is in the format of subuid(5). */
bool identity_find_range(const char *text, const char *name, uint32_t id, uint32_t min_count,
			 uint32_t *ret_start);
