/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/launch.h"

#include "base/error.h"
#include "base/path.h"
#include "image/user.h"
#include "policy/seccomp.h"

#include <string.h>

static const char default_path[] =
	"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

char *companion_address(guint index)
{
	return g_strdup_printf("127.0.0.%u", index + 2);
}

static bool environment_has(const GPtrArray *environment, const char *name)
{
	size_t length = strlen(name);

	for (guint i = 0; i < environment->len; i++) {
		const char *entry = environment->pdata[i];

		if (strncmp(entry, name, length) == 0 && entry[length] == '=')
			return true;
	}
	return false;
}

static void environment_set(GPtrArray *environment, const char *name, const char *value)
{
	size_t length = strlen(name);

	for (guint i = 0; i < environment->len; i++) {
		const char *entry = environment->pdata[i];

		if (strncmp(entry, name, length) == 0 && entry[length] == '=') {
			g_free(environment->pdata[i]);
			environment->pdata[i] = g_strconcat(name, "=", value, NULL);
			return;
		}
	}
	g_ptr_array_add(environment, g_strconcat(name, "=", value, NULL));
}

/* As engines do: the image's, PATH, HOSTNAME and HOME where it has none, then the user's. */
static void environment_build(struct launch *launch, const struct launch_input *input,
			      const char *home)
{
	const GPtrArray *configured = input->image->config->environment;

	launch->environment = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < configured->len; i++)
		g_ptr_array_add(launch->environment, g_strdup(configured->pdata[i]));
	if (!environment_has(launch->environment, "PATH"))
		g_ptr_array_add(launch->environment, g_strdup(default_path));
	if (!environment_has(launch->environment, "HOME"))
		environment_set(launch->environment, "HOME", home && *home ? home : "/");
	environment_set(launch->environment, "HOSTNAME", input->hostname);
	for (guint i = 0; input->environment && i < input->environment->len; i++) {
		const struct redaction *entry = input->environment->pdata[i];

		environment_set(launch->environment, entry->name, entry->value);
	}
	g_ptr_array_add(launch->environment, NULL);
}

static bool argv_build(struct launch *launch, const struct launch_input *input, GError **error)
{
	const struct image_config *config = input->image->config;
	const GPtrArray *arguments = input->arguments ? input->arguments : config->command;

	launch->argv = g_ptr_array_new_with_free_func(g_free);
	if (input->plan)
		g_ptr_array_add(launch->argv, g_strdup(SEAL_INIT_PATH));
	for (guint i = 0; !input->plan && i < config->entrypoint->len; i++)
		g_ptr_array_add(launch->argv, g_strdup(config->entrypoint->pdata[i]));
	for (guint i = 0; i < arguments->len; i++)
		g_ptr_array_add(launch->argv, g_strdup(arguments->pdata[i]));
	if (launch->argv->len == 0)
		return error_set(error, THRESH_ERROR_INPUT,
				 "%s: the image has neither Entrypoint nor Cmd; give the command "
				 "after --",
				 input->image->reference);
	g_ptr_array_add(launch->argv, NULL);
	return true;
}

static struct sandbox_mount *add_mount(struct launch *launch, enum sandbox_mount_kind kind,
				       const char *path)
{
	struct sandbox_mount *mount = sandbox_mount_new(kind, path);

	g_ptr_array_add(launch->mounts, mount);
	return mount;
}

/* A file that engines bind over the image's; left out where a read-only root has no place for it.
 */
static void add_file(struct launch *launch, const struct launch_input *input, const char *path,
		     const char *text)
{
	const struct node *node = tree_lookup(input->rootfs->tree, path);

	if (node ? node->type != NODE_FILE : input->seal != NULL)
		return;
	add_mount(launch, MOUNT_BYTES, path)->bytes = g_bytes_new(text, strlen(text));
}

static void add_network_files(struct launch *launch, const struct launch_input *input)
{
	g_autoptr(GString) hosts = g_string_new("127.0.0.1\tlocalhost\n::1\tlocalhost\n");
	g_autofree char *hostname = g_strconcat(input->hostname, "\n", NULL);

	if (input->network == NETWORK_HOST)
		return;
	g_string_append_printf(hosts, "127.0.0.1\t%s\n", input->hostname);
	for (guint i = 0; input->companions && i < input->companions->len; i++) {
		const struct companion_request *companion = input->companions->pdata[i];
		g_autofree char *address = companion_address(i);

		g_string_append_printf(hosts, "%s\t%s\n", address, companion->name);
	}
	add_file(launch, input, "/etc/hosts", hosts->str);
	add_file(launch, input, "/etc/hostname", hostname);
	add_file(launch, input, "/etc/resolv.conf", "# no network but loopback\n");
}

static const struct volume_request *volume_find(const GPtrArray *volumes, const char *path)
{
	for (guint i = 0; volumes && i < volumes->len; i++) {
		const struct volume_request *volume = volumes->pdata[i];

		if (!strcmp(volume->path, path))
			return volume;
	}
	return NULL;
}

static void add_host_volume(struct launch *launch, const struct launch_input *input,
			    const struct volume_request *volume)
{
	struct sandbox_mount *mount = add_mount(launch, MOUNT_BIND, volume->path);

	mount->source = g_strdup(volume->host);
	mount->throw_away = !input->keep_volumes;
	mount->owned = true;
	mount->uid = launch->process.uid;
	mount->gid = launch->process.gid;
	mount->exec = true;
}

/* A volume without a host directory: new and empty, and filled from the image as engines do it. */
static void add_new_volume(struct launch *launch, const char *path)
{
	struct sandbox_mount *mount = add_mount(launch, MOUNT_TMPFS, path);

	mount->mode = 0755;
	mount->copy_up = true;
	mount->exec = true;
}

static void add_ordinary_volumes(struct launch *launch, const struct launch_input *input)
{
	const GPtrArray *declared = input->image->config->volumes;

	for (guint i = 0; i < declared->len; i++) {
		if (!volume_find(input->volumes, declared->pdata[i]))
			add_new_volume(launch, declared->pdata[i]);
	}
	for (guint i = 0; input->volumes && i < input->volumes->len; i++) {
		const struct volume_request *volume = input->volumes->pdata[i];

		if (volume->host)
			add_host_volume(launch, input, volume);
		else
			add_new_volume(launch, volume->path);
	}
}

static bool is_writable(const struct seal *seal, const char *path)
{
	for (guint i = 0; i < seal->writables->len; i++)
		if (!strcmp(((const struct writable *)seal->writables->pdata[i])->path, path))
			return true;
	return false;
}

/* What is mounted where the image knows nothing of it. */
static void add_other_volumes(struct launch *launch, const struct launch_input *input)
{
	for (guint i = 0; input->volumes && i < input->volumes->len; i++) {
		const struct volume_request *volume = input->volumes->pdata[i];

		if (is_writable(input->seal, volume->path))
			continue;
		if (volume->host)
			add_host_volume(launch, input, volume);
		else
			add_new_volume(launch, volume->path);
	}
}

static void add_sealed_mounts(struct launch *launch, const struct launch_input *input)
{
	const struct seal *seal = input->seal;

	for (guint i = 0; i < seal->writables->len; i++) {
		const struct writable *writable = seal->writables->pdata[i];
		const struct volume_request *volume = volume_find(input->volumes, writable->path);
		struct sandbox_mount *mount;

		if (volume && volume->host) {
			add_host_volume(launch, input, volume);
			continue;
		}
		mount = add_mount(launch, MOUNT_TMPFS, writable->path);
		mount->size_bytes = writable->volume ? 0 : writable->size_bytes;
		mount->mode = writable->mode;
		mount->uid = seal->uid;
		mount->gid = seal->gid;
		mount->exec = writable->exec || writable->volume;
	}
	add_other_volumes(launch, input);
	if (input->seccomp)
		add_mount(launch, MOUNT_BYTES, SEAL_SECCOMP_PATH)->bytes =
			g_bytes_ref(input->seccomp);
}

static char *launch_as_sealed(struct launch *launch, const struct launch_input *input)
{
	const struct seal *seal = input->seal;

	launch->process.uid = seal->uid;
	launch->process.gid = seal->gid;
	for (guint i = 0; i < seal->groups->len; i++) {
		uint32_t group = GPOINTER_TO_UINT(seal->groups->pdata[i]);

		g_array_append_val(launch->groups, group);
	}
	launch->process.no_new_privileges = true;
	launch->sandbox.read_only = true;
	add_sealed_mounts(launch, input);
	return g_strdup(seal->home);
}

/* As engines place secrets: files on memory, read-only. The user who may read them is the one who
 * runs; an original that starts as root may change to anyone, and gets the mode that engines give.
 */
static void add_secrets(struct launch *launch, const struct launch_input *input)
{
	for (guint i = 0; input->secrets && i < input->secrets->len; i++) {
		const struct secret_request *secret = input->secrets->pdata[i];
		g_autofree char *path = path_join(SEAL_SECRET_DIRECTORY, secret->name);
		struct sandbox_mount *mount = add_mount(launch, MOUNT_BYTES, path);

		mount->bytes = g_bytes_ref(secret->value);
		mount->mode = launch->process.uid == 0 ? 0444 : 0400;
		mount->uid = launch->process.uid;
		mount->gid = launch->process.gid;
	}
}

/* thresh-init and its plan, bound into an image that has neither. */
static void add_plan(struct launch *launch, const struct launch_input *input)
{
	struct sandbox_mount *init = add_mount(launch, MOUNT_BIND, SEAL_INIT_PATH);

	init->source = g_strdup(input->init_path);
	init->read_only = true;
	init->exec = true;
	add_mount(launch, MOUNT_BYTES, SEAL_PLAN_PATH)->bytes =
		g_bytes_new(input->plan, strlen(input->plan));
}

static bool launch_as_ordinary(struct launch *launch, const struct launch_input *input,
			       char **ret_home, GError **error)
{
	struct image_user user;

	if (!image_user_resolve(input->rootfs->tree, input->image->config->user, &user, error))
		return false;
	launch->process.uid = user.uid;
	launch->process.gid = user.gid;
	g_array_append_vals(launch->groups, user.groups->data, user.groups->len);
	*ret_home = g_strdup(user.home);
	image_user_clear(&user);
	launch->process.capabilities = sandbox_default_capabilities;
	launch->deny_filter = sandbox_deny_filter();
	launch->deny_program.len = (unsigned short)(g_bytes_get_size(launch->deny_filter) /
						    sizeof(struct sock_filter));
	launch->deny_program.filter =
		(struct sock_filter *)g_bytes_get_data(launch->deny_filter, NULL);
	launch->process.deny_filter = &launch->deny_program;
	add_ordinary_volumes(launch, input);
	if (input->plan)
		add_plan(launch, input);
	return true;
}

/* With one mapped id the application starts as what it will be in production. */
static void adopt_single_id(struct launch *launch, const struct launch_input *input)
{
	enum { PRODUCTION_ID = 65532 };

	if (input->identity->mode != IDENTITY_SINGLE)
		return;
	if (launch->process.uid == 0) {
		launch->process.uid = PRODUCTION_ID;
		launch->process.gid = PRODUCTION_ID;
	}
	g_array_set_size(launch->groups, 0);
	launch->sandbox.single_uid = launch->process.uid;
	launch->sandbox.single_gid = launch->process.gid;
}

struct launch *launch_new(const struct launch_input *input, GError **error)
{
	autolaunch struct launch *launch = g_new0(struct launch, 1);
	g_autofree char *home = NULL;

	launch->mounts = g_ptr_array_new_with_free_func((GDestroyNotify)sandbox_mount_free);
	launch->groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	launch->hostname = g_strdup(input->hostname);
	if (input->seal)
		home = launch_as_sealed(launch, input);
	else if (!launch_as_ordinary(launch, input, &home, error))
		return NULL;
	adopt_single_id(launch, input);
	add_network_files(launch, input);
	add_secrets(launch, input);
	environment_build(launch, input, home);
	if (!argv_build(launch, input, error))
		return NULL;
	launch->sandbox.rootfs = input->rootfs;
	launch->sandbox.mounts = launch->mounts;
	launch->sandbox.hostname = launch->hostname;
	launch->sandbox.network = input->network;
	launch->sandbox.join = input->join;
	launch->sandbox.scratch_bytes = input->scratch_bytes;
	launch->sandbox.processes = input->processes;
	launch->process.argv = (const char *const *)launch->argv->pdata;
	launch->process.environment = (const char *const *)launch->environment->pdata;
	launch->process.working_directory = input->image->config->working_directory;
	launch->process.groups = (const uint32_t *)(void *)launch->groups->data;
	launch->process.group_count = launch->groups->len;
	launch->process.standard_fds[0] = -1;
	launch->process.standard_fds[1] = -1;
	launch->process.standard_fds[2] = -1;
	launch->process.pid_offset = input->pid_offset;
	return g_steal_pointer(&launch);
}

void launch_free(struct launch *launch)
{
	if (!launch)
		return;
	g_clear_pointer(&launch->mounts, g_ptr_array_unref);
	g_clear_pointer(&launch->argv, g_ptr_array_unref);
	g_clear_pointer(&launch->environment, g_ptr_array_unref);
	g_clear_pointer(&launch->groups, g_array_unref);
	g_clear_pointer(&launch->deny_filter, g_bytes_unref);
	g_free(launch->hostname);
	g_free(launch);
}

void launch_cleanup(struct launch **launch)
{
	launch_free(*launch);
}
