/* SPDX-License-Identifier: Apache-2.0 */
/* The init plan of a seal, in the grammar of docs/plan.md. */
#include "base/signals.h"
#include "cut/pattern.h"
#include "plan/text.h"
#include "seal/seal_private.h"

#include <signal.h>
#include <string.h>

static void add_line(GString *text, const char *directive, const char *first, const char *second)
{
	g_string_append(text, directive);
	plan_add_word(text, first);
	if (second)
		plan_add_word(text, second);
	g_string_append_c(text, '\n');
}

static void add_seed(GString *text, const struct writable *writable)
{
	if (writable->seed == SEED_NONE)
		return;
	add_line(text, writable->seed == SEED_COPY ? "seed" : "links", writable->path,
		 writable->seed_path);
	for (guint i = 0; i < writable->copies->len; i++) {
		const char *path = writable->copies->pdata[i];
		g_autofree char *source =
			g_strconcat(writable->seed_path, path + strlen(writable->path), NULL);

		add_line(text, "copy", path, source);
	}
}

/* Directories come behind the seed of the same path: a seed wants an empty place. */
static void add_fill(GString *text, const struct writable *writable)
{
	add_seed(text, writable);
	for (guint i = 0; i < writable->directories->len; i++) {
		const struct seal_directory *directory = writable->directories->pdata[i];

		g_string_append(text, "directory");
		plan_add_literal(text, directory->path);
		g_string_append_printf(text, " %04o\n", directory->mode);
	}
}

static void add_landlock(GString *text, const struct seal *seal)
{
	/* Reading is bounded by ownership and modes. /dev and /proc are the engine's: device nodes
	 * such as /dev/null, and what a process may tell the kernel about itself. */
	add_line(text, "landlock-read", "/", NULL);
	add_line(text, "landlock-write", "/dev", NULL);
	add_line(text, "landlock-write", "/proc", NULL);
	for (guint i = 0; i < seal->writables->len; i++) {
		const struct writable *writable = seal->writables->pdata[i];

		add_line(text, writable->exec ? "landlock-write-execute" : "landlock-write",
			 writable->path, NULL);
	}
	for (guint i = 0; i < seal->executables->len; i++)
		add_line(text, "landlock-execute", seal->executables->pdata[i], NULL);
}

/* What check_plan would refuse is refused where the pattern is read: each is a plain line. */
static void add_commands(GString *text, const struct seal *seal)
{
	for (guint i = 0; i < seal->shell_commands->len; i++) {
		const char *pattern = seal->shell_commands->pdata[i], *problem;
		g_autoptr(GPtrArray) words = pattern_words(pattern, &problem);

		if (!words)
			continue;
		g_string_append(text, "command");
		plan_add_word(text, pattern);
		plan_add_words(text, "", words);
	}
}

static void add_stay(GString *text, const struct seal *seal)
{
	int number = signal_parse(seal->stop_signal);

	for (guint i = 0; i < seal->start->len; i++) {
		if (g_str_has_prefix(seal->start->pdata[i], "stay "))
			return;
	}
	if (seal->stay)
		g_string_append_printf(text, "stay %d %d\n", SEAL_STAY_GRACE_MS,
				       number > 0 ? number : SIGTERM);
}

/* Whoever runs has a name: programs ask for it (getpwuid(3)), and OpenShift's uids are made up. */
static void add_account(GString *text, const struct seal *seal)
{
	add_line(text, "provide", SEAL_ACCOUNT_PASSWD, SEAL_ACCOUNT_SOURCE);
	g_string_append(text, "passwd " SEAL_ACCOUNT_PASSWD " user");
	plan_add_word(text, seal->home ? seal->home : "/");
	g_string_append_c(text, '\n');
}

/* Whether @line opens a block that depends on what is there: a path, not a variable. */
static bool opens_path_block(const char *line)
{
	static const char *const conditions[] = {"absent ", "vacant ",    "exists ",
						 "file ",   "directory ", "populated "};

	for (gsize i = 0; i < G_N_ELEMENTS(conditions); i++) {
		if (g_str_has_prefix(line + strlen("if "), conditions[i]))
			return true;
	}
	return false;
}

bool seal_has_setup(const struct seal *seal)
{
	guint depth = 0, inside = 0; /* inside: the depth of the outermost such block, 0: none */

	for (guint i = 0; i < seal->start->len; i++) {
		const char *line = seal->start->pdata[i];

		if (g_str_has_prefix(line, "if ")) {
			depth++;
			if (inside == 0 && opens_path_block(line))
				inside = depth;
		} else if (!strcmp(line, "end")) {
			if (inside == depth)
				inside = 0;
			depth -= depth > 0;
		} else if (inside > 0 &&
			   (g_str_has_prefix(line, "run ") || g_str_has_prefix(line, "start "))) {
			return true;
		}
	}
	return false;
}

char *seal_plan(const struct seal *seal)
{
	GString *text = g_string_new("thresh-plan 1\n");

	plan_add_words(text, "entry", seal->entry);
	plan_add_words(text, "default", seal->command);
	if (seal->home)
		add_line(text, "home", seal->home, NULL);
	for (guint i = 0; i < seal->writables->len; i++)
		add_fill(text, seal->writables->pdata[i]);
	if (seal->arbitrary_user)
		add_account(text, seal);
	for (guint i = 0; i < seal->start->len; i++)
		g_string_append_printf(text, "%s\n", (char *)seal->start->pdata[i]);
	g_string_append_printf(text, "id %u %u", seal->uid, seal->gid);
	for (guint i = 0; i < seal->groups->len; i++)
		g_string_append_printf(text, " %u", GPOINTER_TO_UINT(seal->groups->pdata[i]));
	g_string_append(text, "\nno-new-privileges\n");
	add_landlock(text, seal);
	add_line(text, "seccomp", SEAL_SECCOMP_PATH, NULL);
	add_commands(text, seal);
	add_stay(text, seal);
	return g_string_free(text, FALSE);
}
