/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The podman command line. What each word is for was measured (podman 4.3, runc 1.1): `--read-only`
 * alone adds writable mounts, `--user UID` alone yields gid 0, a tmpfs copies up what the image
 * has, and belongs to root unless U gives it to the container's user.
 */
#include "manifest/manifest_private.h"

#include "base/path.h"

#include <string.h>

static void add(GPtrArray *words, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add(GPtrArray *words, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(words, g_strdup_vprintf(format, args));
	va_end(args);
}

/* --tmpfs and --volume split at ':', --mount at ',' and reads CSV: none carries every path. */
static bool path_needs_mount(const char *path)
{
	return strchr(path, ':') != NULL;
}

static void add_tmpfs(GPtrArray *words, const struct writable *writable)
{
	const char *exec = writable->exec ? "exec" : "noexec";

	if (path_needs_mount(writable->path)) {
		/* Quoted as CSV (RFC 4180): the path may hold commas. */
		add(words, "--mount");
		add(words,
		    "type=tmpfs,\"destination=%s\",tmpfs-size=%" G_GUINT64_FORMAT
		    ",tmpfs-mode=%04o,notmpcopyup,U=true,%s",
		    writable->path, writable->size_bytes, writable->mode, exec);
		return;
	}
	add(words, "--tmpfs");
	add(words, "%s:rw,size=%" G_GUINT64_FORMAT ",mode=%04o,notmpcopyup,U,nosuid,nodev,%s",
	    writable->path, writable->size_bytes, writable->mode, exec);
}

static void add_volume(GPtrArray *words, const char *name, const struct writable *writable)
{
	g_autofree char *volume = manifest_mount_name(name, writable->path);

	add(words, "--volume");
	add(words, "%s:%s:rw,nosuid,nodev,%s", volume, writable->path,
	    writable->exec ? "exec" : "noexec");
}

/* A secret of podman's own, of that name; an arbitrary user reads it as the group 0. */
static void add_secret(GPtrArray *words, const struct seal *seal, const char *path)
{
	add(words, "--secret");
	if (seal->arbitrary_user)
		add(words, "%s,type=mount,target=%s,uid=0,gid=0,mode=0440", path_name(path), path);
	else
		add(words, "%s,type=mount,target=%s,uid=%u,gid=%u,mode=0400", path_name(path), path,
		    seal->uid, seal->gid);
}

static void add_restrictions(GPtrArray *words, const struct seal *seal)
{
	add(words, "--read-only");
	add(words, "--read-only-tmpfs=false");
	add(words, "--user");
	add(words, "%u:%u", seal->uid, seal->gid);
	for (guint i = 0; i < seal->groups->len; i++) {
		add(words, "--group-add");
		add(words, "%u", GPOINTER_TO_UINT(seal->groups->pdata[i]));
	}
	add(words, "--cap-drop=ALL");
	add(words, "--security-opt=no-new-privileges");
}

/* podman takes the check of a config for images of Docker's format alone. */
static void add_health(GPtrArray *words, const struct health *health)
{
	static const struct {
		const char *name, *option;
	} times[] = {
		{"Interval", "--health-interval"},
		{"Timeout", "--health-timeout"},
		{"StartPeriod", "--health-start-period"},
	};
	autojson json_t *test = NULL;
	g_autofree char *text = NULL;
	json_int_t retries;

	if (!health)
		return;
	test = json_from_strings(health->test);
	text = json_format_canonical(test);
	add(words, "--health-cmd");
	add(words, "%s", text);
	for (gsize i = 0; i < G_N_ELEMENTS(times); i++) {
		json_int_t ns = json_integer_at(health->times, times[i].name, 0);

		if (ns > 0)
			add(words, "%s=%" JSON_INTEGER_FORMAT "ms", times[i].option,
			    MAX(ns / 1000000, 1));
	}
	retries = json_integer_at(health->times, "Retries", 0);
	if (retries > 0)
		add(words, "--health-retries=%" JSON_INTEGER_FORMAT, retries);
}

static GPtrArray *podman_words(const struct manifest_input *input)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	const struct seal *seal = input->seal;
	g_autofree char *name = manifest_name(input);

	add(words, "podman");
	add(words, "run");
	add(words, "--rm");
	add_restrictions(words, seal);
	for (guint i = 0; i < seal->writables->len; i++) {
		const struct writable *writable = seal->writables->pdata[i];

		if (writable->volume)
			add_volume(words, name, writable);
		else
			add_tmpfs(words, writable);
	}
	for (guint i = 0; i < seal->secrets->len; i++)
		add_secret(words, seal, seal->secrets->pdata[i]);
	if (input->options->host_network) {
		add(words, "--network");
		add(words, "host");
	} else if (seal->low_ports) {
		/* podman sets it to 1024; the host's own is not a container's to change. */
		add(words, "--sysctl");
		add(words, "net.ipv4.ip_unprivileged_port_start=0");
	}
	add_health(words, seal->health);
	add(words, "%s", manifest_reference(input));
	return words;
}

/* Words of an option and its value share a line. */
static char *shell_text(const GPtrArray *words)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < words->len; i++) {
		const char *word = words->pdata[i];
		bool option = i > 2 && word[0] == '-';
		bool plain = word[0] && word[strspn(word, "abcdefghijklmnopqrstuvwxyz"
							  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
							  "0123456789-_=./:,@+%")] == '\0';
		g_autofree char *quoted = plain ? g_strdup(word) : g_shell_quote(word);

		if (i > 0)
			g_string_append(text, option || i == words->len - 1 ? " \\\n\t" : " ");
		g_string_append(text, quoted);
	}
	g_string_append_c(text, '\n');
	return g_string_free(text, FALSE);
}

char *manifest_podman(const struct manifest_input *input, GError **error)
{
	g_autoptr(GPtrArray) words = podman_words(input);
	autojson json_t *array = NULL;

	(void)error;
	if (!input->options->json)
		return shell_text(words);
	array = json_from_strings(words);
	return json_format_pretty(array);
}
