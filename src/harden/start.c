/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/start.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "harden/answers.h"
#include "harden/distil.h"
#include "harden/plan_paths.h"
#include "plan/plan.h"

#include <fcntl.h>
#include <string.h>

static const char thresh_directory[] = "/.thresh";

static struct start *start_new(void)
{
	struct start *start = g_new0(struct start, 1);

	start->lines = g_ptr_array_new_with_free_func(g_free);
	start->notes = g_ptr_array_new_with_free_func(g_free);
	return start;
}

void start_free(struct start *start)
{
	if (!start)
		return;
	g_ptr_array_unref(start->lines);
	g_ptr_array_unref(start->notes);
	g_free(start->plan);
	json_decref(start->report);
	g_free(start);
}

void start_cleanup(struct start **start)
{
	start_free(*start);
}

bool start_is_replaced(const struct start *start)
{
	return start && start->lines->len > 0;
}

/* --- a plan written by the user ------------------------------------------------------------------
 */

/* What seal/ decides itself, from what the application does. */
static bool is_sealed_directive(uint8_t kind)
{
	switch (kind) {
	case PLAN_ENTRY:
	case PLAN_DEFAULT:
	case PLAN_HOME:
	case PLAN_SEED:
	case PLAN_LINKS:
	case PLAN_COPY:
	case PLAN_ID:
	case PLAN_NO_NEW_PRIVILEGES:
	case PLAN_LANDLOCK_READ:
	case PLAN_LANDLOCK_WRITE:
	case PLAN_LANDLOCK_EXECUTE:
	case PLAN_LANDLOCK_WRITE_EXECUTE:
	case PLAN_LANDLOCK_REQUIRED:
	case PLAN_SECCOMP:
		return true;
	default:
		return false;
	}
}

static bool plan_check(const char *path, const char *text, GError **error)
{
	g_autofree struct plan *plan = g_new(struct plan, 1);
	g_autofree char *copy = g_strdup(text); /* is decoded in place */
	struct plan_error wrong;

	if (!plan_parse(copy, strlen(text), plan, &wrong))
		return error_set(error, THRESH_ERROR_INPUT, "%s:%u: %s", path, wrong.line,
				 wrong.text);
	for (uint32_t i = 0; i < plan->count; i++) {
		const struct plan_directive *directive = &plan->directives[i];

		if (directive->kind != PLAN_ID && is_sealed_directive(directive->kind))
			return error_set(error, THRESH_ERROR_INPUT,
					 "%s:%u: `%s` is decided by thresh from what the "
					 "application does; leave it out",
					 path, directive->line, plan_kind_name(directive->kind));
	}
	return true;
}

/* The steps are all lines but the header, comments and `id`: production starts as the application's
 * user, and only the source image, which may start as root, has to change to it. */
static void take_lines(struct start *start, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = 1; lines[i]; i++) {
		if (*lines[i] && *lines[i] != '#' && !g_str_has_prefix(lines[i], "id "))
			g_ptr_array_add(start->lines, g_strdup(lines[i]));
	}
}

static struct start *start_load(const char *path, GError **error)
{
	autofd int fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, error);
	autostart struct start *start = start_new();
	g_autoptr(GBytes) bytes = fd < 0 ? NULL : fd_read_all(fd, PLAN_MAX_BYTES, path, error);
	gsize size = 0;
	const char *data;

	if (!bytes)
		return NULL;
	data = g_bytes_get_data(bytes, &size);
	if (size > 0 && memchr(data, '\0', size)) {
		error_set(error, THRESH_ERROR_INPUT, "%s: has a NUL byte: not a plan", path);
		return NULL;
	}
	start->plan = g_strndup(data ? data : "", size);
	if (!plan_check(path, start->plan, error))
		return NULL;
	take_lines(start, start->plan);
	start->waited = true;
	if (start->lines->len > 0)
		return g_steal_pointer(&start);
	error_set(error, THRESH_ERROR_INPUT, "%s: has no step", path);
	return NULL;
}

/* --- a script that is distilled ------------------------------------------------------------------
 */

static void append_lines(GPtrArray *lines, const char *text)
{
	g_auto(GStrv) split = g_strsplit(text, "\n", -1);

	for (guint i = 0; split[i]; i++) {
		if (*split[i])
			g_ptr_array_add(lines, g_strdup(split[i]));
	}
}

static struct start *start_distil(struct session *session, GError **error)
{
	autostartplan struct start_plan *plan = distil(session, error);
	struct start *start;

	if (!plan) {
		g_prefix_error(error, "%s: ", session->request->source);
		return NULL;
	}
	start = start_new();
	append_lines(start->lines, plan->steps);
	for (guint i = 0; i < plan->notes->len; i++)
		g_ptr_array_add(start->notes, g_strdup(plan->notes->pdata[i]));
	start->plan = distil_plan_text(session, plan);
	start->report = start_plan_to_json(plan);
	start->scenarios = plan->scenarios->len;
	start->waited = plan->waited;
	return start;
}

/* --- what the image starts -----------------------------------------------------------------------
 */

/* Looks at what each run starts. @ret_shell: one of them is a shell, or a script for one. */
static bool entry_check(const struct session *session, bool *ret_shell, GError **error)
{
	const struct harden_request *request = session->request;
	const struct cut_options options = {.config = session->image->config};
	guint count = MAX(request->runs->len, 1);
	bool any = false;

	for (guint i = 0; i < count; i++) {
		const GPtrArray *arguments =
			request->runs->len > 0 ? request->runs->pdata[i] : request->arguments;
		bool shell = false;

		if (!keepset_check_entry(session->rootfs->tree, &options, arguments, &shell,
					 error)) {
			g_prefix_error(error, "%s: ", request->source);
			return false;
		}
		any |= shell;
	}
	*ret_shell = any;
	return true;
}

struct start *start_decide(struct session *session, GError **error)
{
	const char *path = session->request->entrypoint.plan_path;
	bool shell;

	if (!entry_check(session, &shell, error))
		return NULL;
	if (path)
		return start_load(path, error);
	return shell ? start_distil(session, error) : start_new();
}

/* --- what the profile says -----------------------------------------------------------------------
 */

static gboolean is_own_path(gpointer path, gpointer value, gpointer user)
{
	(void)value;
	(void)user;
	return path_is_below(path, thresh_directory);
}

/* PATH of the image, or what thresh-init takes for it. */
static const char *search_of(const struct image_config *config)
{
	for (guint i = 0; i < config->environment->len; i++)
		if (g_str_has_prefix(config->environment->pdata[i], "PATH="))
			return (char *)config->environment->pdata[i] + strlen("PATH=");
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

void start_describe(const struct start *start, const struct session *session,
		    struct profile *profile)
{
	if (!start_is_replaced(start))
		return;
	g_hash_table_foreach_remove(profile->paths, is_own_path, NULL);
	for (guint i = profile->commands->len; i-- > 0;) {
		const struct command *command = profile->commands->pdata[i];

		if (path_is_below(command->path, thresh_directory))
			g_ptr_array_remove_index(profile->commands, i);
	}
	plan_paths_add(start->lines, session->rootfs->tree, search_of(session->image->config),
		       profile);
	profile_set_start(profile, start->lines);
}

/* --- the application as the plan starts it -------------------------------------------------------
 */

/* A script that waits says with which status the container ends; without it the application does.
 */
static void take_endings(const struct start *start, GPtrArray *expected, const GPtrArray *answers)
{
	int status, own;

	if (start->waited && expectations_take_endings(expected, answers, &status, &own))
		g_ptr_array_add(start->notes,
				g_strdup_printf("the script waited for the application, and ended "
						"with status %d when it was told to stop; now the "
						"container ends with the application's own, %d",
						status, own));
}

bool start_agrees(const struct start *start, GPtrArray *expected, const GPtrArray *answers,
		  GError **error)
{
	g_autofree char *difference = NULL;

	take_endings(start, expected, answers);
	if (expectations_take_messages(expected, answers))
		g_ptr_array_add(start->notes, g_strdup("what the script printed before the "
						       "application is not printed any more"));
	difference = expectations_differ(expected, answers, NULL);
	return !difference ||
	       error_set(error, THRESH_ERROR_DIFFERS,
			 "the application answers otherwise when the plan starts it than when its "
			 "script does: %s",
			 difference);
}
