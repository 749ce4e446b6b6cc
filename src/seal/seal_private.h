/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of seal/ share, and nobody else uses: the steps of seal_decide, each of which
 * fills one part of the seal, and small helpers.
 *
 * Order: identity, then writables and logs, then what took the place of shells, then executables
 * (they move with the seeds), then calls.
 */
#pragma once

#include "image/user.h"
#include "seal/seal.h"

#define SEAL_PASSWD_PATH "/etc/passwd"
#define SEAL_GROUP_PATH  "/etc/group"

enum {
	SEAL_DEFAULT_ID = 65532,
	SEAL_VERSION = 1,
};

struct seal *seal_new(void);
struct writable *writable_new(const char *path, uint32_t mode);
void writable_free(struct writable *writable);
void seal_directory_add(GPtrArray *directories, const char *path, uint32_t mode);
void seal_directory_free(struct seal_directory *directory);
void log_link_free(struct log_link *log);

void seal_note(struct seal *seal, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* uid, gid, groups and home. */
bool seal_decide_identity(struct seal *seal, const struct seal_input *input, GError **error);

/* writables and log_links. */
bool seal_decide_writables(struct seal *seal, const struct seal_input *input, GError **error);

/* shell_commands and shell_links; after the writables. */
bool seal_decide_shells(struct seal *seal, const struct seal_input *input, GError **error);

/* executables, in terms of the production image; after the writables. */
bool seal_decide_executables(struct seal *seal, const struct seal_input *input, GError **error);

/* Whether what the application read as root must be made readable: it started as root. */
bool seal_started_as_root(const struct seal_input *input);

/* The writable path that holds @path, the innermost one, or NULL. */
struct writable *seal_writable_of(const struct seal *seal, const char *path);

/* The log link at @path, or NULL. */
const struct log_link *seal_log_link(const struct seal *seal, const char *path);

/* The variable's value in the image's environment, borrowed, or NULL. */
const char *seal_environment(const struct image_config *config, const char *name);

/* Puts /etc/passwd and /etc/group into @production. */
bool seal_add_users(const struct seal *seal, const struct tree *source, struct tree *production,
		    GError **error);

/* The kept file that @program is, looked up as engines and libcs do: in PATH where it has no slash.
 * NULL where there is none. Caller frees. */
char *seal_program_path(const struct seal_input *input, const char *program);

/* Whether a name ends like code that a runtime loads: `.so`, `.py`, `.js`, `.jar`, …. */
bool name_is_code(const char *name);

/* "#!" or ELF; reads the first bytes. @ret_program: an ELF program rather than a library. */
bool file_is_executable(const struct tree *tree, const struct node *node, bool *ret_program);
