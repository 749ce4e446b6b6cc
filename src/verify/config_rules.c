/* SPDX-License-Identifier: Apache-2.0 */
/* Rules on the image's config, and on what thresh has put into the image. */
#include "verify/verification.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/path.h"
#include "cut/keepset.h"

#include <fcntl.h>
#include <string.h>

enum { PART_MAX_BYTES = 4 << 20 };

static const guint64 UID_LAST = G_MAXUINT32 - 1; /* (uid_t)-1 is none */

/* "0", "00", or its name. */
static bool is_root_group(const char *group)
{
	return !strcmp(group, "root") || (*group && group[strspn(group, "0")] == '\0');
}

void check_user(struct verification *verification, struct rule_result *result)
{
	const char *user = verification->subject->image->config->user;
	g_auto(GStrv) parts = g_strsplit(user, ":", 2);
	char *end;
	guint64 uid;

	if (!*user) {
		result_find(result, "the config has no User: it runs as root");
		return;
	}
	uid = g_ascii_strtoull(parts[0], &end, 10);
	if (parts[0] && parts[1] && strchr(parts[1], ':'))
		result_find(result, "User is \"%s\": more than a user and a group", user);
	if (!g_ascii_isdigit(*parts[0]) || *end)
		result_find(result,
			    "User is \"%s\", a name: engines that must not run root cannot "
			    "tell who that is",
			    user);
	else if (uid > UID_LAST)
		result_find(result, "User is \"%s\": above the last number that a user can have",
			    user);
	else if (uid == 0)
		result_find(result, "User is \"%s\": root", user);
	if (parts[0] && parts[1] && is_root_group(parts[1]))
		result_find(result, "User is \"%s\": the group of root", user);
}

/* --- what is started -----------------------------------------------------------------------------
 */

static bool health_is_direct(const json_t *test, const struct verification *verification)
{
	const struct tree *tree = verification->subject->tree;
	const char *kind = json_string_value(json_array_get(test, 0));
	const char *program = json_string_value(json_array_get(test, 1));
	const struct node *node;
	enum program_kind is;

	if (!kind || strcmp(kind, "CMD") != 0 || !program)
		return false;
	if (*program != '/')
		return true;
	node = tree_resolve(tree, program, true, NULL, NULL);
	is = node ? programs_kind(verification->programs, node) : PROGRAM_OTHER;
	return node && (is == PROGRAM_OTHER || node == tree_lookup(tree, SEAL_INIT_PATH));
}

void check_health(struct verification *verification, struct rule_result *result)
{
	const struct image_config *config = verification->subject->image->config;
	const json_t *check = json_object_at(json_object_at(config->json, "config"), "Healthcheck");
	const json_t *test = json_array_at(check, "Test");
	const char *kind = json_string_value(json_array_get(test, 0));

	if (!kind || !*kind || !strcmp(kind, "NONE"))
		result_na(result, "the config has no health check");
	else if (!health_is_direct(test, verification))
		result_find(result, "the health check needs a shell, or a program that is missing");
}

void check_entry(struct verification *verification, struct rule_result *result)
{
	const struct verify_subject *subject = verification->subject;
	const struct cut_options options = {.config = subject->image->config};
	const struct image_config *config = subject->image->config;
	const GPtrArray *words = config->entrypoint->len > 0 ? config->entrypoint : config->command;
	g_autoptr(GError) error = NULL;
	const char *program;

	if (words->len == 0) {
		result_na(result, "the config has neither Entrypoint nor Cmd");
		return;
	}
	program = words->pdata[0];
	if (*program == '/' && !tree_resolve(subject->tree, program, true, NULL, NULL))
		result_find(result, "%s is missing", program);
	else if (!keepset_check_entry(subject->tree, &options, NULL, NULL, &error))
		result_find(result, "%s: is a shell or a package manager, or a script for one",
			    program);
}

/* --- thresh's own parts --------------------------------------------------------------------------
 */

/* Whether the image claims to be thresh's, and its claim can be read. */
static bool is_sealed(struct verification *verification, struct rule_result *result)
{
	if (verification->seal)
		return true;
	if (verification->seal_error)
		result_find(result, "label " SEAL_LABEL ": %s", verification->seal_error);
	else
		result_na(result, "not an image of thresh (no label " SEAL_LABEL ")");
	return false;
}

static bool file_digest(const char *path, struct digest *ret_digest)
{
	autofd int fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, NULL);
	g_autoptr(GBytes) bytes = fd < 0 ? NULL : fd_read_all(fd, PART_MAX_BYTES, path, NULL);
	gsize size;
	const void *data;

	if (!bytes)
		return false;
	data = g_bytes_get_data(bytes, &size);
	digest_of(data ? data : "", size, ret_digest);
	return true;
}

static bool is_known_init(const struct verify_subject *subject, const struct digest *digest)
{
	struct digest own;
	char text[DIGEST_TEXT_BYTES];

	if (subject->init_path && file_digest(subject->init_path, &own) &&
	    digest_equal(&own, digest))
		return true;
	digest_format(digest, text);
	for (guint i = 0; subject->init_digests && i < subject->init_digests->len; i++) {
		if (!strcmp(subject->init_digests->pdata[i], text))
			return true;
	}
	return false;
}

void check_init(struct verification *verification, struct rule_result *result)
{
	const struct verify_subject *subject = verification->subject;
	const struct node *node = tree_lookup(subject->tree, SEAL_INIT_PATH);
	const GPtrArray *entry = subject->image->config->entrypoint;
	char text[DIGEST_TEXT_BYTES];

	if (!is_sealed(verification, result))
		return;
	if (!node || node->type != NODE_FILE) {
		result_find(result, SEAL_INIT_PATH " is missing");
		return;
	}
	digest_format(&node->digest, text);
	if (!is_known_init(subject, &node->digest))
		result_find(result,
			    SEAL_INIT_PATH " is %s, not the init of this thresh (a policy can name "
					   "those of others: init-digests)",
			    text);
	if (node->uid != 0 || (node->mode & 0222))
		result_find(result, SEAL_INIT_PATH ": is owned by %u with mode %04o", node->uid,
			    node->mode);
	if (entry->len != 1 || strcmp(entry->pdata[0], SEAL_INIT_PATH) != 0)
		result_find(result, "Entrypoint is not [\"" SEAL_INIT_PATH "\"]");
}

/* Whether the file at @path holds these bytes. */
static void expect_bytes(struct verification *verification, struct rule_result *result,
			 const char *path, const void *data, size_t size_bytes)
{
	const struct node *node = tree_lookup(verification->subject->tree, path);
	struct digest digest;

	digest_of(data, size_bytes, &digest);
	if (!node || node->type != NODE_FILE)
		result_find(result, "%s is missing", path);
	else if (!digest_equal(&digest, &node->digest))
		result_find(result, "%s is not what the seal says", path);
}

void check_plan(struct verification *verification, struct rule_result *result)
{
	g_autofree char *plan = NULL;
	g_autoptr(GBytes) filter = NULL;
	g_autoptr(GError) error = NULL;
	gsize size;
	const void *data;

	if (!is_sealed(verification, result))
		return;
	plan = seal_plan(verification->seal);
	expect_bytes(verification, result, SEAL_PLAN_PATH, plan, strlen(plan));
	filter = syscall_policy_compile(verification->seal->syscalls, &error);
	if (!filter) {
		result_find(result, "the filter of the seal does not compile: %s", error->message);
		return;
	}
	data = g_bytes_get_data(filter, &size);
	expect_bytes(verification, result, SEAL_SECCOMP_PATH, data, size);
}

void check_seeds(struct verification *verification, struct rule_result *result)
{
	const struct seal *seal = verification->seal;

	if (!is_sealed(verification, result))
		return;
	for (guint i = 0; i < seal->writables->len; i++) {
		const struct writable *writable = seal->writables->pdata[i];
		const struct node *node =
			writable->seed_path
				? tree_lookup(verification->subject->tree, writable->seed_path)
				: NULL;

		if (writable->seed_path && (!node || node->type != NODE_DIRECTORY))
			result_find(result, "%s: its seed %s is missing", writable->path,
				    writable->seed_path);
	}
}
