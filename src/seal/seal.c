/* SPDX-License-Identifier: Apache-2.0 */
#include "seal/seal.h"

#include "base/error.h"
#include "base/path.h"
#include "base/sorted.h"
#include "seal/seal_private.h"

#include <string.h>

const char *const seal_layer_names[] = {"shared runtime", "application", "thresh", NULL};

struct seal *seal_new(void)
{
	struct seal *seal = g_new0(struct seal, 1);

	seal->groups = g_ptr_array_new();
	seal->writables = g_ptr_array_new_with_free_func((GDestroyNotify)writable_free);
	seal->log_links = g_ptr_array_new_with_free_func((GDestroyNotify)log_link_free);
	seal->executables = g_ptr_array_new_with_free_func(g_free);
	seal->entry = g_ptr_array_new_with_free_func(g_free);
	seal->start = g_ptr_array_new_with_free_func(g_free);
	seal->command = g_ptr_array_new_with_free_func(g_free);
	seal->shell_commands = g_ptr_array_new_with_free_func(g_free);
	seal->shell_links = g_ptr_array_new_with_free_func(g_free);
	seal->ports = g_ptr_array_new_with_free_func(g_free);
	seal->notes = g_ptr_array_new_with_free_func(g_free);
	seal->secrets = g_ptr_array_new_with_free_func(g_free);
	return seal;
}

void seal_free(struct seal *seal)
{
	if (!seal)
		return;
	g_ptr_array_unref(seal->groups);
	g_ptr_array_unref(seal->writables);
	g_ptr_array_unref(seal->log_links);
	g_ptr_array_unref(seal->executables);
	g_ptr_array_unref(seal->entry);
	g_ptr_array_unref(seal->start);
	g_ptr_array_unref(seal->command);
	g_ptr_array_unref(seal->shell_commands);
	g_ptr_array_unref(seal->shell_links);
	g_ptr_array_unref(seal->ports);
	g_ptr_array_unref(seal->notes);
	g_ptr_array_unref(seal->secrets);
	health_free(seal->health);
	g_free(seal->home);
	g_free(seal->stop_signal);
	g_clear_pointer(&seal->syscalls, syscall_policy_free);
	g_free(seal);
}

void seal_cleanup(struct seal **seal)
{
	seal_free(*seal);
}

struct writable *writable_new(const char *path, uint32_t mode)
{
	struct writable *writable = g_new0(struct writable, 1);

	writable->path = g_strdup(path);
	writable->mode = mode;
	writable->copies = g_ptr_array_new_with_free_func(g_free);
	writable->directories = g_ptr_array_new_with_free_func((GDestroyNotify)seal_directory_free);
	return writable;
}

void writable_free(struct writable *writable)
{
	g_free(writable->path);
	g_free(writable->seed_path);
	g_ptr_array_unref(writable->copies);
	g_ptr_array_unref(writable->directories);
	g_free(writable);
}

void seal_directory_add(GPtrArray *directories, const char *path, uint32_t mode)
{
	struct seal_directory *directory = g_new0(struct seal_directory, 1);

	directory->path = g_strdup(path);
	directory->mode = mode;
	g_ptr_array_add(directories, directory);
}

void seal_directory_free(struct seal_directory *directory)
{
	g_free(directory->path);
	g_free(directory);
}

void log_link_free(struct log_link *log)
{
	g_free(log->path);
	g_free(log);
}

void seal_note(struct seal *seal, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_ptr_array_add(seal->notes, g_strdup_vprintf(format, args));
	va_end(args);
}

struct writable *seal_writable_of(const struct seal *seal, const char *path)
{
	struct writable *best = NULL;

	for (guint i = 0; i < seal->writables->len; i++) {
		struct writable *writable = seal->writables->pdata[i];

		if (path_is_below(path, writable->path) &&
		    (!best || strlen(writable->path) > strlen(best->path)))
			best = writable;
	}
	return best;
}

char *seal_production_path(const struct seal *seal, const char *path)
{
	const struct writable *writable = seal_writable_of(seal, path);

	if (!writable || !writable->seed_path)
		return g_strdup(path);
	return g_strconcat(writable->seed_path, path + strlen(writable->path), NULL);
}

const struct log_link *seal_log_link(const struct seal *seal, const char *path)
{
	for (guint i = 0; i < seal->log_links->len; i++) {
		const struct log_link *log = seal->log_links->pdata[i];

		if (!strcmp(log->path, path))
			return log;
	}
	return NULL;
}

const char *seal_environment(const struct image_config *config, const char *name)
{
	size_t length = strlen(name);

	for (guint i = 0; i < config->environment->len; i++) {
		const char *entry = config->environment->pdata[i];

		if (!strncmp(entry, name, length) && entry[length] == '=')
			return entry + length + 1;
	}
	return NULL;
}

static void copy_strings(GPtrArray *to, const GPtrArray *from)
{
	for (guint i = 0; from && i < from->len; i++)
		g_ptr_array_add(to, g_strdup(from->pdata[i]));
}

enum { ACCOUNT_BYTES = 4 << 20 };

static int compare_writables(gconstpointer a, gconstpointer b)
{
	const struct writable *const *left = a, *const *right = b;

	return strcmp((*left)->path, (*right)->path);
}

/* "80/tcp" of every port that the config exposes or the application listened at, and not of an
 * ephemeral one that only it itself can know. */
static void decide_ports(struct seal *seal, const struct seal_input *input)
{
	g_autoptr(GHashTable) ports = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const GPtrArray *exposed = input->image->config->exposed_ports;
	const GPtrArray *listeners = input->profile->listeners;
	g_autoptr(GPtrArray) keys = NULL;

	for (guint i = 0; i < exposed->len; i++)
		g_hash_table_add(ports, g_strdup(exposed->pdata[i]));
	for (guint i = 0; i < listeners->len; i++) {
		const struct listener *listener = listeners->pdata[i];
		bool loopback = g_str_has_prefix(listener->address, "127.") ||
				!strcmp(listener->address, "::1");

		if (listener->port == 0)
			continue;
		seal->low_ports |= listener->port < 1024;
		if (!loopback && g_str_has_prefix(listener->family, "tcp"))
			g_hash_table_add(ports, g_strdup_printf("%u/tcp", listener->port));
	}
	keys = keys_sorted(ports);
	for (guint i = 0; i < keys->len; i++) {
		guint64 port = g_ascii_strtoull(keys->pdata[i], NULL, 10);

		seal->low_ports |= port > 0 && port < 1024;
		g_ptr_array_add(seal->ports, g_strdup(keys->pdata[i]));
	}
}

/* Whether some path was given to another owner, or tried to be. */
static bool profile_chowns(const struct profile *profile)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, profile->paths);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		if (((const struct path_use *)value)->classes & PATH_CHOWN)
			return true;
	}
	return false;
}

static bool decide_syscalls(struct seal *seal, const struct seal_input *input, GError **error)
{
	const struct profile *profile = input->profile;
	const struct seal_options *options = input->options;

	seal->syscalls = syscall_policy_decide(profile, options->preset, input->tree,
					       input->keepset, options->replay_syscalls, error);
	if (!seal->syscalls)
		return false;
	seal->syscalls->uid = seal->uid;
	seal->syscalls->gid = seal->gid;
	seal->syscalls->setgroups_is_noop = profile->setgroups_called || profile->has_dropped;
	seal->syscalls->chown_is_noop = profile_chowns(profile);
	return true;
}

static bool decide_health(struct seal *seal, const struct seal_input *input, GError **error)
{
	const json_t *config = json_object_get(input->image->config->json, "config");
	const char *own = input->options->healthcheck;
	g_autofree char *program = NULL;

	if (!health_decide(config, own, &seal->health, error))
		return false;
	if (!g_strcmp0(own, "none") && json_object_get(config, "Healthcheck"))
		seal_note(seal, "the image's health check is left out (healthcheck: none)");
	if (!seal->health)
		return true;
	if (input->options->health_skipped)
		seal_note(seal, "the health check failed on the original image, so its verdict was "
				"not compared");
	program = seal->health->applet ? g_strdup(SEAL_INIT_PATH)
				       : seal_program_path(input, seal->health->test->pdata[0]);
	if (program)
		return true;
	return error_set(error, THRESH_ERROR_INPUT,
			 "the health check runs `%s`, which is not in the image or was not seen to "
			 "run (trace again); give another in thresh.yaml (healthcheck: \"curl -f "
			 "http://localhost:8080/\"), or none (healthcheck: none)",
			 (char *)seal->health->test->pdata[0]);
}

/* The memory in which an arbitrary user gets its line of passwd(5). */
static bool add_account(struct seal *seal, GError **error)
{
	struct writable *writable;

	if (!seal->arbitrary_user)
		return true;
	if (seal_writable_of(seal, SEAL_PASSWD_PATH))
		return error_set(error, THRESH_ERROR_INPUT,
				 SEAL_PASSWD_PATH
				 " is written by the application, and an arbitrary "
				 "user (arbitrary-user) needs it");
	writable = writable_new(SEAL_ACCOUNT_DIRECTORY, 0777);
	writable->size_bytes = ACCOUNT_BYTES;
	g_ptr_array_add(seal->writables, writable);
	g_ptr_array_sort(seal->writables, compare_writables);
	return true;
}

struct seal *seal_decide(const struct seal_input *input, GError **error)
{
	const struct image_config *config = input->image->config;
	const GPtrArray *arguments = input->options->arguments;
	autoseal struct seal *seal = seal_new();

	copy_strings(seal->start, input->profile->start);
	if (seal->start->len == 0)
		copy_strings(seal->entry, config->entrypoint);
	copy_strings(seal->command, arguments ? arguments : config->command);
	copy_strings(seal->secrets, input->options->secrets);
	g_ptr_array_sort(seal->secrets, text_compare);
	seal->stay = input->profile->stop_unhandled;
	seal->arbitrary_user = input->options->arbitrary_user;
	seal->stop_signal = g_strdup(config->stop_signal ? config->stop_signal : "SIGTERM");
	decide_ports(seal, input);
	if (!decide_health(seal, input, error) || !seal_decide_identity(seal, input, error) ||
	    !seal_decide_writables(seal, input, error) || !add_account(seal, error) ||
	    !seal_decide_shells(seal, input, error) ||
	    !seal_decide_executables(seal, input, error) || !decide_syscalls(seal, input, error))
		return NULL;
	return g_steal_pointer(&seal);
}
