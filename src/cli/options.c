/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include "base/error.h"
#include "cli/config.h"
#include "cli/values.h"
#include "image/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What GOption fills; FILENAME, since STRING would convert from the locale's charset. */
struct given {
	char **probes, **workloads, **runs, **with;
	char **environment, **volumes, **secrets, **keep, **keep_logs, **publish;
	char *preset, *platform, *profile, *out, *config, *format, *compress, *timeout, *network;
	char *ca_file, *auth_file;
	gboolean insecure;
	gboolean help;
};

static void given_clear(struct given *given)
{
	g_strfreev(given->probes);
	g_strfreev(given->workloads);
	g_strfreev(given->runs);
	g_strfreev(given->with);
	g_strfreev(given->environment);
	g_strfreev(given->volumes);
	g_strfreev(given->secrets);
	g_strfreev(given->keep);
	g_strfreev(given->keep_logs);
	g_strfreev(given->publish);
	g_free(given->preset);
	g_free(given->platform);
	g_free(given->profile);
	g_free(given->out);
	g_free(given->config);
	g_free(given->format);
	g_free(given->compress);
	g_free(given->timeout);
	g_free(given->network);
	g_free(given->ca_file);
	g_free(given->auth_file);
}

static void add_entry(GArray *entries, const char *name, char letter, GOptionArg kind, void *place,
		      const char *description, const char *value)
{
	GOptionEntry entry = {name, letter, 0, kind, place, description, value};

	g_array_append_val(entries, entry);
}

static void add_drive_entries(GArray *entries, struct given *given)
{
	const GOptionArg list = G_OPTION_ARG_FILENAME_ARRAY, one = G_OPTION_ARG_FILENAME;

	add_entry(entries, "probe", 0, list, &given->probes,
		  "request to make: http://:PORT/PATH or tcp://:PORT (repeatable)", "URL");
	add_entry(
		entries, "workload", 0, list, &given->workloads,
		"host command that drives the application at THRESH_HOST, THRESH_PORT (repeatable)",
		"CMD");
	add_entry(entries, "run", 0, list, &given->runs,
		  "one run with these arguments, for an image with no server (repeatable)",
		  "'ARGS'");
	add_entry(entries, "with", 0, list, &given->with,
		  "companion that the application needs, reached as NAME (repeatable)",
		  "NAME=IMAGE[,ENV=VALUE...]");
	add_entry(entries, "timeout", 0, one, &given->timeout,
		  "how long the application may take to listen (60)", "SECONDS");
}

static void add_enter_entries(GArray *entries, struct given *given)
{
	const GOptionArg list = G_OPTION_ARG_FILENAME_ARRAY;

	add_entry(entries, "env", 'e', list, &given->environment,
		  "environment variable; NAME alone takes thresh's own (repeatable)",
		  "NAME[=VALUE]");
	add_entry(entries, "volume", 'v', list, &given->volumes,
		  "persistent mount, from HOSTDIR or empty (repeatable)", "[HOSTDIR:]PATH");
	add_entry(entries, "secret", 0, list, &given->secrets,
		  "file that the application finds at /run/secrets/NAME (repeatable)",
		  "id=NAME,src=FILE");
}

static void add_cut_entries(GArray *entries, struct given *given)
{
	const GOptionArg list = G_OPTION_ARG_FILENAME_ARRAY, one = G_OPTION_ARG_FILENAME;

	add_entry(entries, "preset", 0, one, &given->preset,
		  "what to keep beside what was used: strict, balanced (default) or safe",
		  "PRESET");
	add_entry(entries, "keep", 0, list, &given->keep,
		  "keep what matches, for a reason that is recorded (repeatable)", "GLOB=WHY");
	add_entry(entries, "keep-log", 0, list, &given->keep_logs,
		  "keep this log a file, no link to standard output (repeatable)", "PATH");
}

static void add_registry_entries(GArray *entries, struct given *given)
{
	const GOptionArg one = G_OPTION_ARG_FILENAME;

	add_entry(entries, "ca-file", 0, one, &given->ca_file,
		  "docker://: also believe the authorities in here", "FILE");
	add_entry(entries, "auth-file", 0, one, &given->auth_file,
		  "docker://: take credentials from here alone", "FILE");
	add_entry(entries, "insecure", 0, G_OPTION_ARG_NONE, &given->insecure,
		  "docker://: check no certificates, speak plain HTTP to this machine", NULL);
}

static GArray *entries_new(const struct command_form *form, struct given *given)
{
	GArray *entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
	const GOptionArg one = G_OPTION_ARG_FILENAME;

	for (const GOptionEntry *entry = form->own; entry && entry->long_name; entry++)
		g_array_append_val(entries, *entry);
	if (form->groups & OPTIONS_DRIVE)
		add_drive_entries(entries, given);
	if (form->groups & OPTIONS_ENTER)
		add_enter_entries(entries, given);
	if (form->groups & OPTIONS_CUT)
		add_cut_entries(entries, given);
	if (form->groups & OPTIONS_RUN) {
		add_entry(entries, "publish", 'p', G_OPTION_ARG_FILENAME_ARRAY, &given->publish,
			  "reach PORT inside at HOSTPORT of 127.0.0.1 (repeatable)",
			  "[ADDRESS:]HOSTPORT:PORT");
		add_entry(entries, "network", 0, one, &given->network,
			  "loopback (default) or host: the host's own, all of it", "NETWORK");
	}
	if (form->groups & OPTIONS_PROFILE)
		add_entry(entries, "profile", 0, one, &given->profile,
			  "cut by this earlier profile instead of tracing", "FILE");
	if (form->groups & OPTIONS_SOURCE) {
		add_entry(entries, "platform", 0, one, &given->platform,
			  "of a multi-platform image (default: this machine's)", "OS/ARCH");
		add_entry(entries, "config", 0, one, &given->config,
			  "read more settings from here, see thresh.yaml(5)", "FILE");
	}
	if (form->groups & OPTIONS_OUT)
		add_entry(entries, "out", 0, one, &given->out,
			  "also write the profile, the keep list, the plan and a summary", "DIR");
	if (form->groups & OPTIONS_COMPRESS)
		add_entry(entries, "compress", 0, one, &given->compress,
			  "layers: none (default), gzip or zstd", "HOW");
	if (form->groups & OPTIONS_REGISTRY)
		add_registry_entries(entries, given);
	if (form->groups & OPTIONS_FORMAT)
		add_entry(entries, "format", 0, one, &given->format,
			  "text (default) for people, json for machines", "FORMAT");
	add_entry(entries, "help", 'h', G_OPTION_ARG_NONE, &given->help, "print this", NULL);
	return entries;
}

static GOptionContext *context_new(const struct command_form *form, const GArray *entries)
{
	GOptionContext *context = g_option_context_new(form->operands);

	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_strict_posix(context, form->strict_posix);
	g_option_context_set_summary(context, form->summary);
	g_option_context_set_description(context, form->examples);
	g_option_context_add_main_entries(context,
					  (const GOptionEntry *)(const void *)entries->data, NULL);
	return context;
}

G_GNUC_NORETURN static void print_help(const struct command_form *form, GOptionContext *context)
{
	g_autofree char *program = g_strconcat("thresh ", form->name, NULL), *text = NULL;
	g_autoptr(GString) plain = NULL;

	g_set_prgname(program);
	text = g_option_context_get_help(context, TRUE, NULL);
	plain = g_string_new(text);
	g_string_replace(plain, "[OPTION\xe2\x80\xa6]", "[OPTION...]", 0);
	g_string_replace(plain, "Application Options:", "Options:", 0);
	output_text(plain->str);
	exit(output_flush(NULL) ? 0 : 7);
}

/* Calls @add for each text of @list; errors begin with the option's @name. */
static bool add_each(char **list, const char *name, GPtrArray *to,
		     bool (*add)(const char *text, GPtrArray *to, GError **error), GError **error)
{
	for (; list && *list; list++) {
		if (!add(*list, to, error)) {
			g_prefix_error(error, "%s ", name);
			return false;
		}
	}
	return true;
}

/* The same, but the first one removes what the configuration file gave. */
static bool replace_each(char **list, const char *name, GPtrArray *to,
			 bool (*add)(const char *text, GPtrArray *to, GError **error),
			 GError **error)
{
	if (list)
		g_ptr_array_set_size(to, 0);
	return add_each(list, name, to, add, error);
}

static bool apply_lists(const struct given *given, struct options *options, GError **error)
{
	struct harden_request *request = options->request;

	return replace_each(given->probes, "--probe", request->probes, probe_value_parse, error) &&
	       replace_each(given->workloads, "--workload", request->workloads, workload_parse,
			    error) &&
	       replace_each(given->runs, "--run", request->runs, run_parse, error) &&
	       add_each(given->with, "--with", request->companions, companion_parse, error) &&
	       add_each(given->environment, "--env", request->environment, environment_parse,
			error) &&
	       add_each(given->volumes, "--volume", request->volumes, volume_parse, error) &&
	       add_each(given->secrets, "--secret", request->secrets, secret_parse, error) &&
	       add_each(given->keep, "--keep", request->keep_rules, keep_parse, error) &&
	       add_each(given->keep_logs, "--keep-log", request->keep_logs, path_value_parse,
			error) &&
	       add_each(given->publish, "--publish", options->publications, publication_parse,
			error);
}

static bool apply_platform(const char *text, struct options *options, GError **error)
{
	if (!text)
		return true;
	if (!platform_parse(text, &options->platform, error))
		return false;
	options->has_platform = true;
	options->request->platform = &options->platform;
	return true;
}

static bool apply_network(const char *text, struct options *options, GError **error)
{
	if (!text || !strcmp(text, "loopback"))
		return true;
	if (strcmp(text, "host") != 0)
		return error_set(error, THRESH_ERROR_USAGE, "--network %s: want loopback or host",
				 text);
	options->host_network = true;
	return true;
}

static bool apply_timeout(const char *text, struct timeouts *timeouts, GError **error)
{
	if (!text)
		return true;
	if (!duration_parse(text, &timeouts->ready_ms, error)) {
		g_prefix_error(error, "--timeout ");
		return false;
	}
	if (timeouts->ready_ms > 0)
		return true;
	return error_set(error, THRESH_ERROR_USAGE, "--timeout 0: no time at all");
}

static bool apply_scalars(struct given *given, struct options *options, GError **error)
{
	struct harden_request *request = options->request;

	if (!output_format_parse(given->format, &options->format, error) ||
	    !apply_network(given->network, options, error) ||
	    !apply_timeout(given->timeout, &request->timeouts, error))
		return false;
	if (given->preset && !preset_parse(given->preset, &request->preset, error)) {
		g_prefix_error(error, "--preset: ");
		return false;
	}
	if (given->compress && !compression_parse(given->compress, &request->compression, error)) {
		g_prefix_error(error, "--compress ");
		return false;
	}
	request->profile_path = g_steal_pointer(&given->profile);
	request->out_directory = g_steal_pointer(&given->out);
	return true;
}

/* reproducible-builds.org/specs/source-date-epoch: a whole number of seconds, else an error. */
static bool apply_epoch(struct harden_request *request, GError **error)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	gint64 epoch;

	if (!text || !*text)
		return true;
	if (!g_ascii_string_to_signed(text, 10, 0, G_MAXINT64 / 1000, &epoch, NULL)) {
		g_autofree char *quoted = error_quote(text);

		return error_set(error, THRESH_ERROR_USAGE,
				 "SOURCE_DATE_EPOCH '%s': want seconds since 1970", quoted);
	}
	request->epoch = epoch;
	return true;
}

/* The command line goes before thresh.yaml. */
static void apply_registry(struct given *given, struct options *options)
{
	struct harden_request *request = options->request;
	struct registry_settings *settings = &request->registry;

	if (given->ca_file) {
		g_free(settings->ca_file);
		settings->ca_file = g_steal_pointer(&given->ca_file);
	}
	if (given->auth_file) {
		g_free(settings->auth_file);
		settings->auth_file = g_steal_pointer(&given->auth_file);
	}
	settings->insecure |= given->insecure;
	settings->cache_path = g_strdup(request->cache_path);
	options->registry = registry_new(settings);
	request->limits.remote = registry_remote(options->registry);
}

static bool apply(struct given *given, struct options *options, GError **error)
{
	g_autofree char *platform = NULL;

	if (given->config && !config_load(given->config, options->request, &platform, error))
		return false;
	if (given->platform) {
		g_free(platform);
		platform = g_strdup(given->platform);
	}
	apply_registry(given, options);
	return apply_platform(platform, options, error) && apply_lists(given, options, error) &&
	       apply_scalars(given, options, error) && apply_epoch(options->request, error);
}

/* Operands, then arguments for the application: what follows "--", and, where options end at the
 * first operand, what follows the last operand. */
static bool take_operands(const struct command_form *form, char **words, char **behind,
			  struct options *options, GError **error)
{
	GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);
	bool given = behind != NULL;

	options->request->arguments = arguments;
	for (; words && *words; words++) {
		if (options->operands->len < form->operands_max)
			g_ptr_array_add(options->operands, g_strdup(*words));
		else if (form->strict_posix && form->arguments)
			g_ptr_array_add(arguments, g_strdup(*words));
		else
			return error_set(error, THRESH_ERROR_USAGE,
					 "'%s': more than wanted; the form is: thresh %s %s",
					 *words, form->name, form->operands);
	}
	for (; behind && *behind; behind++)
		g_ptr_array_add(arguments, g_strdup(*behind));
	if (given && !form->arguments)
		return error_set(error, THRESH_ERROR_USAGE, "no arguments are taken behind '--'");
	if (options->operands->len < form->operands_min)
		return error_set(error, THRESH_ERROR_USAGE,
				 "something is missing; the form is: thresh %s %s", form->name,
				 form->operands);
	if (!given && arguments->len == 0)
		g_clear_pointer(&options->request->arguments, g_ptr_array_unref);
	return true;
}

/* Where the NAME=VALUE of an --env is, in one of GOption's forms of it; NULL where @word holds
 * none. */
static char *environment_of(char *word, bool follows)
{
	if (follows)
		return word;
	if (g_str_has_prefix(word, "--env="))
		return word + strlen("--env=");
	return word[0] == '-' && word[1] == 'e' && word[2] ? word + 2 : NULL;
}

/* Anyone may read a process's arguments (proc(5), /proc/PID/cmdline): values go as soon as they
 * have been copied. @argv is the memory that the kernel shows. */
static void hide_values(char **argv)
{
	bool follows = false;

	for (; *argv && strcmp(*argv, "--") != 0; argv++) {
		char *entry = environment_of(*argv, follows);
		char *value = entry ? strchr(entry, '=') : NULL;

		if (value)
			memset(value + 1, '*', strlen(value + 1));
		follows = !strcmp(*argv, "--env") || !strcmp(*argv, "-e");
	}
}

static bool parse(const struct command_form *form, char **argv, struct given *given,
		  struct options *options, GError **error)
{
	g_autoptr(GArray) entries = entries_new(form, given);
	g_autoptr(GOptionContext) context = context_new(form, entries);
	g_autoptr(GPtrArray) before = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) failure = NULL;
	g_auto(GStrv) words = NULL;
	char **behind = NULL, **first, **all = argv;
	uint64_t limit;

	/* "--" is looked for here, since GOption drops it only sometimes */
	for (; *argv; argv++) {
		if (!strcmp(*argv, "--")) {
			behind = argv + 1;
			break;
		}
		g_ptr_array_add(before, g_strdup(*argv));
	}
	g_ptr_array_add(before, NULL);
	words = (char **)g_ptr_array_steal(before, NULL);
	if (form->groups & OPTIONS_ENTER)
		hide_values(all);
	if (!g_option_context_parse_strv(context, &words, &failure)) {
		if (failure->domain == THRESH_ERROR) {
			g_propagate_error(error, g_steal_pointer(&failure));
			return false;
		}
		return error_set(error, THRESH_ERROR_USAGE, "%s", failure->message);
	}
	if (given->help)
		print_help(form, context);
	first = words && *words ? words + 1 : words;
	return take_operands(form, first, behind, options, error) && apply(given, options, error) &&
	       cache_limit(&limit, error);
}

struct options *options_parse(const struct command_form *form, int argc, char **argv,
			      GError **error)
{
	autooptions struct options *options = g_new0(struct options, 1);
	struct given given = {0};
	bool fine;

	(void)argc;
	options->request = harden_request_new();
	options->operands = g_ptr_array_new_with_free_func(g_free);
	options->publications = g_ptr_array_new_with_free_func((GDestroyNotify)publication_free);
	fine = parse(form, argv, &given, options, error);
	given_clear(&given);
	return fine ? g_steal_pointer(&options) : NULL;
}

bool options_prepare(struct options *options, GError **error)
{
	struct harden_request *request = options->request;

	if (!request->cache_path && !(request->cache_path = cache_default_path(error)))
		return false;
	if (!request->agent_path && !(request->agent_path = program_find("thresh-agent", error)))
		return false;
	return request->init_path || (request->init_path = program_find("thresh-init", error));
}

void options_free(struct options *options)
{
	if (!options)
		return;
	registry_free(options->registry);
	harden_request_free(options->request);
	g_ptr_array_unref(options->operands);
	g_ptr_array_unref(options->publications);
	if (options->has_platform)
		platform_clear(&options->platform);
	g_free(options);
}

void options_cleanup(struct options **options)
{
	options_free(*options);
}

/* src/cli/thresh lies beside src/init/thresh-init in the build tree. */
static char *program_directory(const char *name)
{
	const char *dash = strchr(name, '-');

	return g_strdup(dash ? dash + 1 : name);
}

char *program_find(const char *name, GError **error)
{
	const char *override = getenv("THRESH_LIBEXEC");
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *here = g_path_get_dirname(self ? self : "/");
	g_autofree char *part = program_directory(name);
	char *places[] = {
		override ? g_build_filename(override, name, NULL) : NULL,
		g_build_filename(here, "..", part, name, NULL),
		g_build_filename(here, "..", "libexec", "thresh", name, NULL),
		g_build_filename(THRESH_LIBEXECDIR, name, NULL),
	};
	char *found = NULL;

	for (guint i = override ? 0 : 1; i < G_N_ELEMENTS(places) && !found; i++) {
		if (access(places[i], X_OK) == 0)
			found = g_canonicalize_filename(places[i], NULL);
		if (override)
			break;
	}
	if (!found)
		error_set(error, THRESH_ERROR_INTERNAL,
			  "%s: not found as %s; is thresh installed whole?", name,
			  override ? places[0] : places[3]);
	for (guint i = 0; i < G_N_ELEMENTS(places); i++)
		g_free(places[i]);
	return found;
}
