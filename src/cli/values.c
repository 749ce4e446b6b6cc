/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/values.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "cut/pattern.h"
#include "harden/secret_forms.h"
#include "image/compress.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

static bool usage(GError **error, const char *text, const char *message)
{
	g_autofree char *quoted = error_quote(text);

	return error_set(error, THRESH_ERROR_USAGE, "'%s': %s", quoted, message);
}

/* POSIX XBD 8.1 asks for letters, digits and underscores; programs use more, so only what cannot
 * work is refused. */
static bool is_variable_name(const char *name)
{
	if (!*name || g_ascii_isdigit(*name))
		return false;
	for (; *name; name++) {
		if (*name == '=' || !g_ascii_isgraph(*name))
			return false;
	}
	return true;
}

static void add_redaction(GPtrArray *environment, const char *name, const char *value)
{
	struct redaction *redaction;

	for (guint i = 0; i < environment->len; i++) {
		redaction = environment->pdata[i];
		if (!strcmp(redaction->name, name)) {
			g_ptr_array_remove_index(environment, i);
			break;
		}
	}
	redaction = g_new0(struct redaction, 1);
	redaction->name = g_strdup(name);
	redaction->value = g_strdup(value);
	g_ptr_array_add(environment, redaction);
}

bool environment_parse(const char *text, GPtrArray *environment, GError **error)
{
	const char *equals = strchr(text, '=');
	g_autofree char *name = equals ? g_strndup(text, (gsize)(equals - text)) : g_strdup(text);
	const char *value = equals ? equals + 1 : getenv(name);

	/* the message shows the name alone: a value may be a secret */
	if (!is_variable_name(name))
		return usage(error, name, "not a variable name; want NAME=VALUE or NAME");
	if (!value)
		return usage(error, name, "not set in the environment; give NAME=VALUE, or set it");
	add_redaction(environment, name, value);
	return true;
}

/* The bound of docker and podman; a ConfigMap's and a Secret's are twice that. */
enum { SECRET_MAX_BYTES = 500000, SECRET_VALUES_MIN = 3 };

/* What is too short or too plain is found wherever it is looked for, and guards nothing. */
static bool secret_check(const char *path, GBytes *value, GError **error)
{
	gsize size;
	const guint8 *bytes = g_bytes_get_data(value, &size);
	bool seen[256] = {false};
	guint different = 0;

	size = secret_trimmed_bytes(bytes, size);
	for (gsize i = 0; i < size && different < SECRET_VALUES_MIN; i++) {
		different += !seen[bytes[i]];
		seen[bytes[i]] = true;
	}
	if (size < SCANNER_MIN_BYTES)
		return error_set(
			error, THRESH_ERROR_INPUT,
			"%s: a secret of less than %d bytes cannot be told from anything else; "
			"for a trial, give a random one",
			path, SCANNER_MIN_BYTES);
	if (different < SECRET_VALUES_MIN)
		return error_set(error, THRESH_ERROR_INPUT,
				 "%s: a secret of less than %d different bytes cannot be told from "
				 "anything else; for a trial, give a random one",
				 path, SECRET_VALUES_MIN);
	return true;
}

static GBytes *secret_read(const char *path, GError **error)
{
	autofd int fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, error);
	g_autoptr(GBytes) value = fd >= 0 ? fd_read_all(fd, SECRET_MAX_BYTES, path, error) : NULL;

	return value && secret_check(path, value, error) ? g_steal_pointer(&value) : NULL;
}

bool secret_add(const char *name, const char *path, GPtrArray *secrets, GError **error)
{
	struct secret_request *secret;
	g_autoptr(GBytes) value = NULL;

	if (!secret_name_is_valid(name))
		return usage(
			error, name,
			"not the name of a secret; want letters, digits, '.', '_' and '-', at most "
			"64, a letter or digit first");
	value = secret_read(path, error);
	if (!value)
		return false;
	for (guint i = 0; i < secrets->len; i++) {
		secret = secrets->pdata[i];
		if (!strcmp(secret->name, name)) {
			g_ptr_array_remove_index(secrets, i);
			break;
		}
	}
	secret = g_new0(struct secret_request, 1);
	secret->name = g_strdup(name);
	secret->value = g_steal_pointer(&value);
	g_ptr_array_add(secrets, secret);
	return true;
}

bool secret_parse(const char *text, GPtrArray *secrets, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, ",", 2);
	const char *name = parts[0], *path = parts[0] ? parts[1] : NULL;

	if (!name || !g_str_has_prefix(name, "id=") || (path && !g_str_has_prefix(path, "src=")) ||
	    (path && !path[4]))
		return usage(error, text, "want id=NAME,src=FILE");
	name += 3;
	return secret_add(name, path ? path + 4 : name, secrets, error);
}

bool variable_parse(const char *text, GPtrArray *names, GError **error)
{
	if (!is_variable_name(text))
		return usage(error, text, "not a variable name");
	g_ptr_array_add(names, g_strdup(text));
	return true;
}

bool assignment_parse(const char *text, GPtrArray *environment, GError **error)
{
	const char *equals = strchr(text, '=');
	g_autofree char *name = equals ? g_strndup(text, (gsize)(equals - text)) : g_strdup(text);

	if (!is_variable_name(name))
		return usage(error, name,
			     "not a variable name; want NAME=VALUE, or NAME for unset");
	g_ptr_array_add(environment, g_strdup(text));
	return true;
}

bool text_parse(const char *text, GPtrArray *texts, GError **error)
{
	(void)error;
	g_ptr_array_add(texts, g_strdup(text));
	return true;
}

bool volume_parse(const char *text, GPtrArray *volumes, GError **error)
{
	const char *colon = strrchr(text, ':');
	const char *inside = colon ? colon + 1 : text;
	struct volume_request *volume;
	g_autofree char *host = NULL, *path = NULL;

	if (colon) {
		g_autofree char *given = g_strndup(text, (gsize)(colon - text));

		if (!*given)
			return usage(error, text,
				     "no host directory before ':'; want [HOSTDIR:]PATH");
		host = g_canonicalize_filename(given, NULL);
	}
	if (inside[0] != '/')
		return usage(error, text,
			     "the path inside must begin with '/'; want [HOSTDIR:]PATH");
	path = path_clean(NULL, inside);
	if (!strcmp(path, "/"))
		return usage(error, text, "a volume cannot be the root");
	for (guint i = 0; i < volumes->len; i++) {
		volume = volumes->pdata[i];
		if (!strcmp(volume->path, path)) {
			g_ptr_array_remove_index(volumes, i);
			break;
		}
	}
	volume = g_new0(struct volume_request, 1);
	volume->host = g_steal_pointer(&host);
	volume->path = g_steal_pointer(&path);
	g_ptr_array_add(volumes, volume);
	return true;
}

/* RFC 1123, section 2.1, and the underscore, which engines allow. */
static bool is_host_name(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > 63 || !g_ascii_isalnum(name[0]) ||
	    !g_ascii_isalnum(name[length - 1]))
		return false;
	for (; *name; name++) {
		if (!g_ascii_isalnum(*name) && !strchr("-_.", *name))
			return false;
	}
	return true;
}

bool companion_add(const char *name, const char *image, GPtrArray *environment,
		   GPtrArray *companions, GError **error)
{
	g_autoptr(GPtrArray) owned = environment;
	struct companion_request *companion;

	if (!is_host_name(name))
		return usage(error, name,
			     "not a host name; want NAME=IMAGE[,ENV=VALUE...] with letters, digits "
			     "and '-'");
	if (!*image)
		return usage(error, name, "no image; want NAME=IMAGE[,ENV=VALUE...]");
	for (guint i = 0; i < owned->len; i++) {
		g_autofree char *variable =
			g_strndup(owned->pdata[i], strcspn(owned->pdata[i], "="));

		if (!is_variable_name(variable) || !strchr(owned->pdata[i], '='))
			return usage(error, variable, "not a variable; want ENV=VALUE");
	}
	for (guint i = 0; i < companions->len; i++) {
		companion = companions->pdata[i];
		if (!strcmp(companion->name, name)) {
			g_ptr_array_remove_index(companions, i);
			break;
		}
	}
	companion = g_new0(struct companion_request, 1);
	companion->name = g_strdup(name);
	companion->image = g_strdup(image);
	companion->environment = g_steal_pointer(&owned);
	g_ptr_array_add(companions, companion);
	return true;
}

bool companion_parse(const char *text, GPtrArray *companions, GError **error)
{
	const char *equals = strchr(text, '=');
	GPtrArray *environment;
	g_autofree char *name = NULL;
	g_auto(GStrv) parts = NULL;

	name = g_strndup(text, strcspn(text, "="));
	if (!equals)
		return usage(error, name, "no image; want NAME=IMAGE[,ENV=VALUE...]");
	parts = g_strsplit(equals + 1, ",", -1);
	environment = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 1; parts[0] && parts[i]; i++) {
		bool starts = strchr(parts[i], '=') || environment->len == 0;
		char **last;

		if (starts) {
			g_ptr_array_add(environment, g_strdup(parts[i]));
			continue;
		}
		last = (char **)&environment->pdata[environment->len - 1];
		g_ptr_array_add(environment, g_strconcat(*last, ",", parts[i], NULL));
		g_ptr_array_remove_index(environment, environment->len - 2);
	}
	return companion_add(name, parts[0] ? parts[0] : "", environment, companions, error);
}

bool keep_add(const char *glob, const char *why, GPtrArray *rules, GError **error)
{
	struct keep_rule *rule;

	if (glob[0] != '/')
		return usage(error, glob, "a glob begins with '/'; want GLOB=WHY");
	if (!*why)
		return usage(error, glob, "no reason given; want GLOB=WHY");
	rule = g_new0(struct keep_rule, 1);
	rule->glob = g_strdup(glob);
	rule->why = g_strdup(why);
	g_ptr_array_add(rules, rule);
	return true;
}

bool keep_parse(const char *text, GPtrArray *rules, GError **error)
{
	const char *equals = strchr(text, '=');
	g_autofree char *glob = g_strndup(text, strcspn(text, "="));

	return keep_add(glob, equals ? equals + 1 : "", rules, error);
}

bool command_rule_add(const char *text, const char *why, bool allow, GPtrArray *rules,
		      GError **error)
{
	g_autoptr(GPtrArray) words = NULL;
	const char *problem = "";
	struct command_rule *rule;

	if (!*text)
		return usage(error, text, "no command line");
	if (!*why)
		return usage(error, text, "no reason given; want COMMAND LINE: WHY");
	words = allow ? pattern_words(text, &problem) : NULL;
	if (allow && !words) {
		g_autofree char *message = g_strdup_printf("no plain command line: %s", problem);

		return usage(error, text, message);
	}
	rule = g_new0(struct command_rule, 1);
	rule->text = g_strdup(text);
	rule->why = g_strdup(why);
	rule->allow = allow;
	g_ptr_array_add(rules, rule);
	return true;
}

bool run_parse(const char *text, GPtrArray *runs, GError **error)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) failure = NULL;
	g_auto(GStrv) argv = NULL;

	if (!g_shell_parse_argv(text, NULL, &argv, &failure) &&
	    !g_error_matches(failure, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING)) {
		g_ptr_array_unref(words);
		return usage(error, text, "not a list of words: a quote is not closed");
	}
	for (guint i = 0; argv && argv[i]; i++)
		g_ptr_array_add(words, g_strdup(argv[i]));
	g_ptr_array_add(runs, words);
	return true;
}

bool path_value_parse(const char *text, GPtrArray *paths, GError **error)
{
	if (text[0] != '/')
		return usage(error, text, "a path inside the image begins with '/'");
	g_ptr_array_add(paths, path_clean(NULL, text));
	return true;
}

bool probe_value_parse(const char *text, GPtrArray *probes, GError **error)
{
	struct probe *probe = probe_parse(text, error);

	if (!probe)
		return false;
	g_ptr_array_add(probes, probe);
	return true;
}

bool workload_parse(const char *text, GPtrArray *workloads, GError **error)
{
	if (!*text)
		return usage(error, text, "an empty workload; want a command");
	g_ptr_array_add(workloads, g_strdup(text));
	return true;
}

/* Digits up to @ret_end; false where there is none or the value does not fit. */
static bool parse_digits(const char *text, uint64_t *ret_value, const char **ret_end)
{
	char *end;

	if (!g_ascii_isdigit(text[0]))
		return false;
	errno = 0;
	*ret_value = g_ascii_strtoull(text, &end, 10);
	*ret_end = end;
	return errno == 0;
}

bool duration_parse(const char *text, int *ret_ms, GError **error)
{
	static const struct {
		const char *unit;
		double ms;
	} units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
	size_t digits = strspn(text, "0123456789.");
	char *end;
	double value = g_ascii_strtod(text, &end);

	if (!g_ascii_isdigit(text[0]) || end != text + digits)
		return usage(error, text, "not a duration; want seconds, or one like 500ms or 2m");
	for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
		if (strcmp(end, units[i].unit) != 0)
			continue;
		if (value * units[i].ms > 24 * 3600 * 1000.0)
			return usage(error, text, "longer than a day");
		*ret_ms = (int)(value * units[i].ms + 0.5);
		return true;
	}
	return usage(error, text, "not a duration; want seconds, or one like 500ms or 2m");
}

bool compression_parse(const char *text, enum compression *ret_compression, GError **error)
{
	return compression_find(text, ret_compression) ||
	       usage(error, text, "not a compression; want none, gzip or zstd");
}

static bool parse_port(const char *text, uint16_t *ret_port)
{
	const char *end;
	uint64_t value;

	if (!parse_digits(text, &value, &end) || *end || value == 0 || value > 65535)
		return false;
	*ret_port = (uint16_t)value;
	return true;
}

bool publication_parse(const char *text, GPtrArray *publications, GError **error)
{
	static const char form[] = "want [ADDRESS:]HOSTPORT:PORT";
	g_autofree char *copy = g_strdup(text);
	char *inside = strrchr(copy, ':'), *outside = copy, *address = NULL;
	uint16_t host_port, port;
	uint8_t binary[16];
	struct publication *publication;

	if (inside) {
		*inside++ = '\0';
		outside = strrchr(copy, ':');
		if (outside) {
			*outside++ = '\0';
			address = copy;
		} else {
			outside = copy;
		}
	} else {
		inside = copy;
	}
	if (address && address[0] == '[' && g_str_has_suffix(address, "]")) {
		address[strlen(address) - 1] = '\0';
		address++;
	}
	if (!parse_port(inside, &port) || !parse_port(outside, &host_port))
		return usage(error, text, form);
	if (address && inet_pton(AF_INET, address, binary) != 1 &&
	    inet_pton(AF_INET6, address, binary) != 1)
		return usage(error, text, form);
	publication = g_new0(struct publication, 1);
	publication->address = g_strdup(address ? address : "127.0.0.1");
	publication->host_port = host_port;
	publication->port = port;
	g_ptr_array_add(publications, publication);
	return true;
}

void publication_free(struct publication *publication)
{
	if (!publication)
		return;
	g_free(publication->address);
	g_free(publication);
}

/* Levenshtein's distance over bytes, of words of at most 31. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[32], length = strlen(b);

	if (length >= G_N_ELEMENTS(row) || strlen(a) >= G_N_ELEMENTS(row))
		return G_MAXSIZE;
	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			size_t replaced = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = MIN(MIN(row[j], row[j - 1]) + 1, replaced);
		}
	}
	return row[length];
}

const char *nearest_name(const char *text, const char *const *names)
{
	size_t best = MAX(2, strlen(text) / 3) + 1;
	const char *nearest = NULL;

	for (; *names; names++) {
		size_t distance = edit_distance(text, *names);

		if (distance < best && distance < strlen(*names)) {
			best = distance;
			nearest = *names;
		}
	}
	return nearest;
}
