/* SPDX-License-Identifier: Apache-2.0 */
/* Rules on the image's config, and on what thresh has put into the image. */
#include "verify/verification.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/path.h"
#include "cut/content.h"
#include "cut/keepset.h"
#include "cut/script.h"

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

/* Why @node, which is to be executed, cannot be: or NULL. Its first line names what runs it. Caller
 * frees. */
static char *why_not_executed(const struct verify_subject *subject, const struct node *node)
{
	autocontent struct content content = {0};
	struct script script = {0};
	g_autofree char *path = NULL;
	char *why = NULL;

	if (!node)
		return g_strdup("is missing");
	if (node->type != NODE_FILE || !(node->mode & 0111))
		return g_strdup_printf("cannot be executed: mode %04o", node->mode);
	if (!content_open(subject->tree, node, CONTENT_MAX_BYTES, &content) ||
	    !script_parse(content.data, content.size_bytes, &script))
		return NULL;
	path = keepset_find_program(subject->tree, subject->image->config,
				    script.program ? script.program : script.interpreter);
	if (!path || !tree_resolve(subject->tree, path, true, NULL, NULL))
		why = g_strdup_printf("is a script for %s, which is missing",
				      script.program ? script.program : script.interpreter);
	script_clear(&script);
	return why;
}

/* Why the command line @words cannot be run without a shell, or NULL; caller frees. */
static char *why_not_run(const struct verification *verification, GPtrArray *words)
{
	const struct verify_subject *subject = verification->subject;
	struct image_config config = *subject->image->config;
	const struct cut_options options = {.config = &config};
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_autofree char *path = keepset_find_program(subject->tree, &config, words->pdata[0]);
	const struct node *node = path ? tree_resolve(subject->tree, path, true, NULL, NULL) : NULL;
	char *why;

	if (node && node == tree_lookup(subject->tree, SEAL_INIT_PATH))
		return NULL;
	why = why_not_executed(subject, node);
	if (why)
		return why;
	config.entrypoint = words;
	config.command = none;
	return keepset_check_entry(subject->tree, &options, NULL, NULL, NULL)
		       ? NULL
		       : g_strdup("is a shell or a package manager, or a script for one");
}

/* The words of a health check in exec form; NULL where it is for a shell. */
static GPtrArray *health_words(const json_t *test)
{
	g_autoptr(GPtrArray) words = json_to_strings(test, "Healthcheck", NULL);

	if (!words || words->len < 2 || strcmp(words->pdata[0], "CMD") != 0)
		return NULL;
	g_ptr_array_remove_index(words, 0);
	return g_steal_pointer(&words);
}

void check_health(struct verification *verification, struct rule_result *result)
{
	const struct image_config *config = verification->subject->image->config;
	const json_t *check = json_object_at(json_object_at(config->json, "config"), "Healthcheck");
	const json_t *test = json_array_at(check, "Test");
	const char *kind = json_string_value(json_array_get(test, 0));
	g_autoptr(GPtrArray) words = NULL;
	g_autofree char *why = NULL;

	if (!kind || !*kind || !strcmp(kind, "NONE")) {
		result_na(result, "the config has no health check");
		return;
	}
	words = health_words(test);
	if (!words) {
		result_find(result, "the health check needs a shell");
		return;
	}
	why = why_not_run(verification, words);
	if (why)
		result_find(result, "the health check needs a shell, or what is not there: %s %s",
			    (char *)words->pdata[0], why);
}

void check_entry(struct verification *verification, struct rule_result *result)
{
	const struct image_config *config = verification->subject->image->config;
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_autofree char *why = NULL;

	for (guint i = 0; i < config->entrypoint->len; i++)
		g_ptr_array_add(words, config->entrypoint->pdata[i]);
	for (guint i = 0; i < config->command->len; i++)
		g_ptr_array_add(words, config->command->pdata[i]);
	if (words->len == 0) {
		result_na(result, "the config has neither Entrypoint nor Cmd");
		return;
	}
	why = why_not_run(verification, words);
	if (why)
		result_find(result, "%s: %s", (char *)words->pdata[0], why);
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
