/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keep set: a verdict with its reason for every path of the source tree.
 *
 * Kept reasons: trace:CLASS, closure:KIND, floor:WHAT, rule:WHY, replay:WHAT, parent. Removed:
 * unused, shell, package-manager, setid, debris. A path has the first reason that was given (the
 * order of the decision is fixed, so the answer is the same on every run), and `via`, the path from
 * which a closure reached it.
 */
#pragma once

#include "base/json.h"
#include "cut/commands.h"
#include "image/image.h"
#include "image/tree.h"
#include "trace/profile.h"

#include <glib.h>
#include <stdbool.h>

/* The artifact that carries the JSON form beside a sealed image, and the media type of that form.
 */
#define KEEPSET_ARTIFACT_TYPE "application/vnd.thresh.keepset.v1+json"

enum preset { PRESET_STRICT, PRESET_BALANCED, PRESET_SAFE };

bool preset_parse(const char *text, enum preset *ret_preset, GError **error);
const char *preset_name(enum preset preset);

struct keep_rule {
	char *glob; /* of base/path.h */
	char *why;
};

struct cut_options {
	enum preset preset;
	const GPtrArray *keep_rules; /* struct keep_rule *, or NULL */
	const GPtrArray
		*replay_keep; /* struct keep_rule *: exact paths that a replay missed, or NULL */
	const GPtrArray *command_rules; /* struct command_rule *, or NULL */
	const struct image_config
		*config; /* entry point, PATH, environment (TZ, LANG, LD_LIBRARY_PATH) */
};

struct verdict {
	bool keep;
	char *reason; /* "trace:open", "closure:elf-needed", … */
	char *via;    /* the path that asked for it, or NULL */
};

struct keepset {
	GHashTable *
		verdicts; /* char *path → struct verdict *; every path of the source tree but "/" */
	GPtrArray *notes;   /* char *: what a person should know (an unresolved library, …) */
	GHashTable *shells; /* set of paths: by content; never kept */
	GHashTable *package_managers;
	GPtrArray *shell_commands; /* struct shell_command *: for the exec broker */
	GHashTable *shell_links;   /* set of paths: where the application called a shell */
	uint64_t kept_files;
	uint64_t kept_bytes;
	uint64_t removed_files;
	uint64_t removed_bytes;
};

/* Decides. Pure on its inputs: reads file contents through @tree, touches nothing else. Fails where
 * the application itself needs what may not be kept (a shell as entry point or exec'ed by it,
 * busybox beyond the applets): the error names the command and the ways out. */
struct keepset *keepset_decide(const struct tree *tree, const struct profile *profile,
			       const struct cut_options *options, GError **error);
void keepset_free(struct keepset *keepset);
#define autokeepset __attribute__((cleanup(keepset_cleanup)))
void keepset_cleanup(struct keepset **keepset);

/* The path of the program @name as a runtime finds it: one with a slash from the working directory,
 * whether it is there or not; any other by PATH, or NULL. Caller frees. */
char *keepset_find_program(const struct tree *tree, const struct image_config *config,
			   const char *name);

/* Looks at the entry point alone, before anything runs; @arguments in place of Cmd, or NULL. A
 * package manager is refused. @ret_shell: it is, or starts by launchers alone, a shell or a script
 * for one: what src/entrypoint is for; NULL: that is refused too. */
bool keepset_check_entry(const struct tree *tree, const struct cut_options *options,
			 const GPtrArray *arguments, bool *ret_shell, GError **error);

/* The verdict on @path, or NULL where the source has no such path. */
const struct verdict *keepset_verdict(const struct keepset *keepset, const char *path);
static inline bool keepset_keeps(const struct keepset *keepset, const char *path)
{
	const struct verdict *verdict = keepset_verdict(keepset, path);

	return verdict && verdict->keep;
}

/* docs/keepset.md: {"version":1,"kept":[{"path","reason","via"?,"bytes"}],"removed":[…]}, sorted.
 */
json_t *keepset_to_json(const struct keepset *keepset, const struct tree *tree);
