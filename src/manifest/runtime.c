/* SPDX-License-Identifier: Apache-2.0 */
/* The bundle's config.json (OCI runtime-spec 1.0, config.md and config-linux.md). */
#include "base/path.h"
#include "manifest/manifest_private.h"

#include <string.h>

static json_t *strings(const char *const *texts)
{
	json_t *array = json_array();

	for (; *texts; texts++)
		json_array_append_new(array, json_string(*texts));
	return array;
}

static json_t *mount_new(const char *destination, const char *type, const char *source,
			 const char *const *options)
{
	json_t *mount = json_object();

	json_object_set_new(mount, "destination", json_from_text(destination));
	json_object_set_new(mount, "type", json_string(type));
	json_object_set_new(mount, "source", json_from_text(source));
	json_object_set_new(mount, "options", strings(options));
	return mount;
}

static json_t *tmpfs_mount(const struct seal *seal, const struct writable *writable)
{
	g_autofree char *size = g_strdup_printf("size=%" G_GUINT64_FORMAT, writable->size_bytes);
	g_autofree char *mode = g_strdup_printf("mode=%04o", writable->mode);
	g_autofree char *uid = g_strdup_printf("uid=%u", seal->uid);
	g_autofree char *gid = g_strdup_printf("gid=%u", seal->gid);
	const char *options[] = {
		"nosuid", "nodev", writable->exec ? "exec" : "noexec", size, mode, uid, gid, NULL};

	return mount_new(writable->path, "tmpfs", "tmpfs", options);
}

/* A directory of the bundle, which the operator makes and gives to uid:gid: a runtime makes none.
 */
static char *volume_source(const struct manifest_input *input, const struct writable *writable)
{
	g_autofree char *name = manifest_name(input);
	g_autofree char *volume = manifest_mount_name(name, writable->path);

	return g_strconcat("volumes/", volume, NULL);
}

static json_t *volume_mount(const struct manifest_input *input, const struct writable *writable)
{
	const char *options[] = {
		"rbind", "rw", "nosuid", "nodev", writable->exec ? "exec" : "noexec", NULL};
	g_autofree char *source = volume_source(input, writable);

	return mount_new(writable->path, "bind", source, options);
}

/* A file of the bundle that the operator puts there. */
static json_t *secret_mount(const char *path)
{
	static const char *const options[] = {"bind", "ro", "nosuid", "nodev", "noexec", NULL};
	g_autofree char *source = g_strconcat("secrets/", path_name(path), NULL);

	return mount_new(path, "bind", source, options);
}

static bool seal_mounts(const struct seal *seal, const char *path)
{
	for (guint i = 0; i < seal->writables->len; i++) {
		if (!strcmp(((const struct writable *)seal->writables->pdata[i])->path, path))
			return true;
	}
	return false;
}

static void add_system_mounts(json_t *mounts, const struct seal *seal)
{
	static const char *const proc[] = {"nosuid", "noexec", "nodev", NULL};
	static const char *const dev[] = {"nosuid",   "noexec",      "strictatime",
					  "mode=755", "size=65536k", NULL};
	static const char *const pts[] = {"nosuid",        "noexec",    "newinstance",
					  "ptmxmode=0666", "mode=0620", NULL};
	static const char *const shm[] = {"nosuid",    "noexec",      "nodev",
					  "mode=1777", "size=65536k", NULL};
	static const char *const queue[] = {"nosuid", "noexec", "nodev", NULL};
	static const char *const sys[] = {"nosuid", "noexec", "nodev", "ro", NULL};

	json_array_append_new(mounts, mount_new("/proc", "proc", "proc", proc));
	json_array_append_new(mounts, mount_new("/dev", "tmpfs", "tmpfs", dev));
	json_array_append_new(mounts, mount_new("/dev/pts", "devpts", "devpts", pts));
	if (!seal_mounts(seal, "/dev/shm"))
		json_array_append_new(mounts, mount_new("/dev/shm", "tmpfs", "shm", shm));
	json_array_append_new(mounts, mount_new("/dev/mqueue", "mqueue", "mqueue", queue));
	json_array_append_new(mounts, mount_new("/sys", "sysfs", "sysfs", sys));
}

static json_t *mounts_of(const struct manifest_input *input)
{
	json_t *mounts = json_array();

	add_system_mounts(mounts, input->seal);
	/* Sorted: a directory comes before what lies in it. */
	for (guint i = 0; i < input->seal->writables->len; i++) {
		const struct writable *writable = input->seal->writables->pdata[i];

		json_array_append_new(mounts, writable->volume
						      ? volume_mount(input, writable)
						      : tmpfs_mount(input->seal, writable));
	}
	for (guint i = 0; i < input->seal->secrets->len; i++)
		json_array_append_new(mounts, secret_mount(input->seal->secrets->pdata[i]));
	return mounts;
}

static json_t *user_of(const struct seal *seal)
{
	json_t *user = json_object();
	json_t *groups = json_array();

	for (guint i = 0; i < seal->groups->len; i++)
		json_array_append_new(groups,
				      json_integer(GPOINTER_TO_UINT(seal->groups->pdata[i])));
	json_object_set_new(user, "uid", json_integer(seal->uid));
	json_object_set_new(user, "gid", json_integer(seal->gid));
	json_object_set_new(user, "additionalGids", groups);
	return user;
}

static json_t *no_capabilities(void)
{
	static const char *const sets[] = {"bounding", "effective", "inheritable", "permitted",
					   "ambient"};
	json_t *capabilities = json_object();

	for (gsize i = 0; i < G_N_ELEMENTS(sets); i++)
		json_object_set_new(capabilities, sets[i], json_array());
	return capabilities;
}

static json_t *process_of(const struct manifest_input *input)
{
	const struct image_config *config = input->image->config;
	json_t *process = json_object();
	json_t *args = json_array();

	for (guint i = 0; i < config->entrypoint->len; i++)
		json_array_append_new(args, json_from_text(config->entrypoint->pdata[i]));
	for (guint i = 0; i < config->command->len; i++)
		json_array_append_new(args, json_from_text(config->command->pdata[i]));
	json_object_set_new(process, "terminal", json_false());
	json_object_set_new(process, "user", user_of(input->seal));
	json_object_set_new(process, "args", args);
	json_object_set_new(process, "env", json_from_strings(config->environment));
	json_object_set_new(process, "cwd", json_from_text(config->working_directory));
	json_object_set_new(process, "capabilities", no_capabilities());
	json_object_set_new(process, "noNewPrivileges", json_true());
	return process;
}

static json_t *namespaces_of(bool host_network)
{
	static const char *const types[] = {"pid", "ipc", "uts", "mount", "cgroup", "network"};
	json_t *namespaces = json_array();

	for (gsize i = 0; i < G_N_ELEMENTS(types) - host_network; i++) {
		json_t *namespace = json_object();

		json_object_set_new(namespace, "type", json_string(types[i]));
		json_array_append_new(namespaces, namespace);
	}
	return namespaces;
}

static json_t *no_devices(void)
{
	json_t *resources = json_object();
	json_t *devices = json_array();
	json_t *rule = json_object();

	json_object_set_new(rule, "allow", json_false());
	json_object_set_new(rule, "access", json_string("rwm"));
	json_array_append_new(devices, rule);
	json_object_set_new(resources, "devices", devices);
	return resources;
}

static json_t *linux_of(const struct manifest_input *input)
{
	static const char *const masked[] = {"/proc/acpi",
					     "/proc/asound",
					     "/proc/kcore",
					     "/proc/keys",
					     "/proc/latency_stats",
					     "/proc/timer_list",
					     "/proc/timer_stats",
					     "/proc/sched_debug",
					     "/proc/scsi",
					     "/sys/firmware",
					     "/sys/devices/virtual/powercap",
					     NULL};
	static const char *const read_only[] = {
		"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL};
	json_t *linux_object = json_object();
	json_t *sysctl = json_object();

	if (input->seal->low_ports && !input->options->host_network)
		json_object_set_new(sysctl, "net.ipv4.ip_unprivileged_port_start",
				    json_string("0"));
	json_object_set_new(linux_object, "namespaces",
			    namespaces_of(input->options->host_network));
	json_object_set_new(linux_object, "maskedPaths", strings(masked));
	json_object_set_new(linux_object, "readonlyPaths", strings(read_only));
	json_object_set_new(linux_object, "resources", no_devices());
	json_object_set_new(linux_object, "sysctl", sysctl);
	if (input->seal->syscalls)
		json_object_set_new(linux_object, "seccomp",
				    syscall_policy_to_oci(input->seal->syscalls));
	return linux_object;
}

static json_t *annotations_of(const struct manifest_input *input)
{
	json_t *annotations = json_object();
	char digest[DIGEST_TEXT_BYTES];
	g_autoptr(GString) volumes = g_string_new(NULL);

	digest_format(&input->image->manifest_digest, digest);
	json_object_set_new(annotations, "org.opencontainers.image.ref.name",
			    json_from_text(manifest_reference(input)));
	json_object_set_new(annotations, "dev.thresh.image.digest", json_string(digest));
	for (guint i = 0; i < input->seal->writables->len; i++) {
		const struct writable *writable = input->seal->writables->pdata[i];
		g_autofree char *source = writable->volume ? volume_source(input, writable) : NULL;

		if (source)
			g_string_append_printf(volumes, "%s%s", volumes->len ? " " : "", source);
	}
	if (input->seal->secrets->len > 0) {
		g_autofree char *text = g_strdup_printf(
			"files of the bundle to put there, mode 0400 of %u:%u: the sources below "
			"secrets/",
			input->seal->uid, input->seal->gid);

		json_object_set_new(annotations, "dev.thresh.secrets", json_from_text(text));
	}
	if (volumes->len > 0) {
		g_autofree char *text =
			g_strdup_printf("directories of the bundle to make and give to %u:%u: %s",
					input->seal->uid, input->seal->gid, volumes->str);

		json_object_set_new(annotations, "dev.thresh.volumes", json_from_text(text));
	}
	return annotations;
}

char *manifest_oci_runtime(const struct manifest_input *input, GError **error)
{
	autojson json_t *document = json_object();
	json_t *root = json_object();
	g_autofree char *name = manifest_name(input);

	(void)error;
	json_object_set_new(root, "path", json_string("rootfs"));
	json_object_set_new(root, "readonly", json_true());
	json_object_set_new(document, "ociVersion", json_string("1.0.2"));
	json_object_set_new(document, "root", root);
	json_object_set_new(document, "hostname", json_string(name));
	json_object_set_new(document, "process", process_of(input));
	json_object_set_new(document, "mounts", mounts_of(input));
	json_object_set_new(document, "linux", linux_of(input));
	json_object_set_new(document, "annotations", annotations_of(input));
	return json_format_pretty(document);
}
