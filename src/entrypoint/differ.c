/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/differ.h"

#include "base/error.h"

#include <string.h>

static const char *const kind_names[] = {
	[START_DIRECTORY] = "directory", [START_FILE] = "file",     [START_APPEND] = "append",
	[START_SYMLINK] = "symlink",     [START_REMOVE] = "remove", [START_MODE] = "mode",
	[START_OWNER] = "owner",         [START_RUN] = "run",       [START_BEGIN] = "begin",
	[START_STOP] = "stop",           [START_EXEC] = "exec",     [START_EXIT] = "exit",
};

char *start_step_name(const struct start_step *step)
{
	g_autofree char *path = step->path ? error_quote(step->path) : NULL;

	if (step->kind == START_STOP)
		return g_strdup_printf("stop of step %u", step->begin + 1);
	return path ? g_strdup_printf("%s %s", kind_names[step->kind], path)
		    : g_strdup(kind_names[step->kind]);
}

/* --- properties: NULL where they are equal, else where they differ ("" for nowhere special) --- */

typedef char *(*property_compare)(const struct start_step *a, const struct start_step *b);

static char *differs(bool yes)
{
	return yes ? g_strdup("") : NULL;
}

static char *compare_bytes(GBytes *a, GBytes *b)
{
	gsize a_size, b_size, at = 0;
	const char *old, *new;
	guint line = 1;

	if (!a || !b)
		return differs(a != b);
	if (g_bytes_equal(a, b))
		return NULL;
	old = g_bytes_get_data(a, &a_size);
	new = g_bytes_get_data(b, &b_size);
	for (; at < MIN(a_size, b_size) && old[at] == new[at]; at++)
		line += old[at] == '\n';
	return g_strdup_printf(" at line %u", line);
}

static char *compare_path(const struct start_step *a, const struct start_step *b)
{
	return differs(g_strcmp0(a->path, b->path) != 0);
}

static char *compare_mode(const struct start_step *a, const struct start_step *b)
{
	return a->mode == b->mode ? NULL
				  : g_strdup_printf(" (%04o against %04o)", a->mode, b->mode);
}

static char *compare_ids(const struct start_step *a, const struct start_step *b)
{
	return a->uid == b->uid && a->gid == b->gid
		       ? NULL
		       : g_strdup_printf(" (%u:%u against %u:%u)", a->uid, a->gid, b->uid, b->gid);
}

static char *compare_content(const struct start_step *a, const struct start_step *b)
{
	return compare_bytes(a->content, b->content);
}

static char *compare_words(const GPtrArray *a, const GPtrArray *b)
{
	guint a_count = a ? a->len : 0, b_count = b ? b->len : 0;

	for (guint i = 0; i < MIN(a_count, b_count); i++) {
		if (strcmp(a->pdata[i], b->pdata[i]) != 0)
			return g_strdup_printf(" at word %u", i);
	}
	return a_count == b_count ? NULL
				  : g_strdup_printf(" (%u words against %u)", a_count, b_count);
}

static char *compare_argv(const struct start_step *a, const struct start_step *b)
{
	return compare_words(a->argv, b->argv);
}

/* Both are sorted: the first entry that the other one lacks. */
static char *compare_environment(const struct start_step *a, const struct start_step *b)
{
	guint a_count = a->environment ? a->environment->len : 0;
	guint b_count = b->environment ? b->environment->len : 0;

	for (guint i = 0; i < MAX(a_count, b_count); i++) {
		const char *left = i < a_count ? a->environment->pdata[i] : NULL;
		const char *right = i < b_count ? b->environment->pdata[i] : NULL;
		const char *shown = left && (!right || strcmp(left, right) < 0) ? left : right;
		g_autofree char *name = NULL, *quoted = NULL;

		if (g_strcmp0(left, right) == 0)
			continue;
		name = g_strndup(shown, strcspn(shown, "="));
		quoted = error_quote(name);
		return g_strdup_printf(" at %s", quoted);
	}
	return NULL;
}

static char *compare_cwd(const struct start_step *a, const struct start_step *b)
{
	return differs(g_strcmp0(a->cwd, b->cwd) != 0);
}

static char *compare_umask(const struct start_step *a, const struct start_step *b)
{
	return a->umask == b->umask ? NULL
				    : g_strdup_printf(" (%03o against %03o)", a->umask, b->umask);
}

static char *compare_groups(const struct start_step *a, const struct start_step *b)
{
	guint a_count = a->groups ? a->groups->len : 0, b_count = b->groups ? b->groups->len : 0;

	return differs(a_count != b_count ||
		       (a_count > 0 &&
			memcmp(a->groups->data, b->groups->data, a_count * sizeof(uint32_t)) != 0));
}

static char *compare_input(const struct start_step *a, const struct start_step *b)
{
	return compare_bytes(a->input, b->input);
}

static char *compare_output(const struct start_step *a, const struct start_step *b)
{
	return differs(g_strcmp0(a->output, b->output) != 0);
}

static char *compare_limits(const struct start_step *a, const struct start_step *b)
{
	guint count = a->limits ? a->limits->len : 0;
	bool other = count != (b->limits ? b->limits->len : 0);

	for (guint i = 0; !other && i < count; i++)
		other = strcmp(a->limits->pdata[i], b->limits->pdata[i]) != 0;
	return differs(other);
}

static char *compare_status(const struct start_step *a, const struct start_step *b)
{
	return a->status == b->status ? NULL
				      : g_strdup_printf(" (%d against %d)", a->status, b->status);
}

static char *compare_signal(const struct start_step *a, const struct start_step *b)
{
	return differs(a->signal != b->signal);
}

static char *compare_begin(const struct start_step *a, const struct start_step *b)
{
	return differs(a->begin != b->begin);
}

/* Whether it listened yet when the next step came is a matter of time. */
static char *compare_listens(const struct start_step *a, const struct start_step *b)
{
	return differs(a->listens && b->listens && strcmp(a->listens, b->listens) != 0);
}

static char *compare_essential(const struct start_step *a, const struct start_step *b)
{
	return differs(a->essential != b->essential);
}

#define KIND(kind)    (1u << (kind))
#define MADE_KINDS    (KIND(START_DIRECTORY) | KIND(START_FILE))
#define RUN_KINDS     (KIND(START_RUN) | KIND(START_BEGIN))
#define PROGRAM_KINDS (RUN_KINDS | KIND(START_EXEC))

static const struct property {
	const char *name;
	uint32_t kinds;
	property_compare compare;
} properties[] = {
	{"path", ~(KIND(START_STOP) | KIND(START_EXIT)), compare_path},
	{"mode", MADE_KINDS | KIND(START_MODE), compare_mode},
	{"owner", MADE_KINDS | KIND(START_OWNER) | KIND(START_SYMLINK), compare_ids},
	{"content", KIND(START_FILE) | KIND(START_APPEND) | KIND(START_SYMLINK), compare_content},
	{"argv", PROGRAM_KINDS, compare_argv},
	{"environment", PROGRAM_KINDS, compare_environment},
	{"cwd", PROGRAM_KINDS, compare_cwd},
	{"umask", PROGRAM_KINDS, compare_umask},
	{"limits", KIND(START_EXEC), compare_limits},
	{"ids", PROGRAM_KINDS, compare_ids},
	{"groups", PROGRAM_KINDS, compare_groups},
	{"input", RUN_KINDS, compare_input},
	{"output", RUN_KINDS, compare_output},
	{"status", KIND(START_RUN) | KIND(START_EXIT), compare_status},
	{"signal", KIND(START_STOP), compare_signal},
	{"begin", KIND(START_STOP), compare_begin},
	{"listens", KIND(START_BEGIN), compare_listens},
	{"essential", KIND(START_BEGIN), compare_essential},
};

static char *compare_steps(const struct start_step *a, const struct start_step *b, guint number,
			   const struct start_mask *mask)
{
	g_autofree char *name = start_step_name(a);

	for (guint i = 0; i < G_N_ELEMENTS(properties); i++) {
		const struct property *property = &properties[i];
		g_autofree char *where = NULL;

		if (property->kinds & KIND(a->kind))
			where = property->compare(a, b);
		if (!where || (mask && mask->may_differ(a, b, property->name, mask->user)))
			continue;
		if (property->compare == compare_path) {
			g_autofree char *other = start_step_name(b);

			return g_strdup_printf("step %u: %s against %s", number, name, other);
		}
		return g_strdup_printf("step %u: %s: %s differs%s", number, name, property->name,
				       where);
	}
	return NULL;
}

char *start_records_differ(const struct start_record *a, const struct start_record *b,
			   const struct start_mask *mask)
{
	for (guint i = 0; i < MAX(a->steps->len, b->steps->len); i++) {
		const struct start_step *left = i < a->steps->len ? a->steps->pdata[i] : NULL;
		const struct start_step *right = i < b->steps->len ? b->steps->pdata[i] : NULL;
		g_autofree char *name = left ? start_step_name(left) : NULL;
		g_autofree char *other = right ? start_step_name(right) : NULL;
		char *difference;

		if (!left || !right || left->kind != right->kind)
			return g_strdup_printf("step %u: %s against %s", i + 1,
					       name ? name : "nothing", other ? other : "nothing");
		difference = compare_steps(left, right, i + 1, mask);
		if (difference)
			return difference;
	}
	return NULL;
}
