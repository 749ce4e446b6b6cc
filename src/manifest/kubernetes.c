/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Deployment (apps/v1) that passes Pod Security `restricted`, and a PersistentVolumeClaim for
 * each volume. Nothing here can be weaker than the image needs, so nothing is left for the cluster
 * to add.
 */
#include "base/error.h"
#include "base/path.h"
#include "manifest/manifest_private.h"
#include "manifest/yaml_writer.h"

#include <string.h>

enum { MIB = 1 << 20 };

static json_t *object_with(const char *key, json_t *value)
{
	json_t *object = json_object();

	json_object_set_new(object, key, value);
	return object;
}

static bool is_hex_digest(const char *text)
{
	struct digest digest;

	return digest_parse(text, &digest, NULL);
}

/* Only a name that a registry could have: `oci:DIR` names nothing in a cluster. */
static bool is_pullable(const char *reference)
{
	static const char *const local[] = {"oci:",
					    "oci-archive:",
					    "docker-archive:",
					    "docker-daemon:",
					    "containers-storage:",
					    "/",
					    "."};

	for (gsize i = 0; i < G_N_ELEMENTS(local); i++) {
		if (g_str_has_prefix(reference, local[i]))
			return false;
	}
	return g_regex_match_simple("^[A-Za-z0-9][A-Za-z0-9._:/-]*(@sha256:[0-9a-f]{64})?$",
				    reference, 0, 0);
}

static const char *registry_reference(const struct manifest_input *input)
{
	const char *reference = manifest_reference(input);

	return reference + (g_str_has_prefix(reference, "docker://") ? strlen("docker://") : 0);
}

/* NAME@sha256:…: the tag goes, the manifest's own digest comes; one that is given already stays. */
static char *pinned_reference(const struct manifest_input *input)
{
	const char *reference = registry_reference(input);
	g_autofree char *name = manifest_name(input);
	char digest[DIGEST_TEXT_BYTES];
	g_autofree char *bare = NULL;
	const char *at = strchr(reference, '@');
	char *colon;

	digest_format(&input->image->manifest_digest, digest);
	if (!is_pullable(reference))
		return g_strdup_printf("%s@%s", name, digest);
	if (at && is_hex_digest(at + 1))
		return g_strdup(reference);
	bare = g_strdup(reference);
	colon = strrchr(bare, ':');
	/* A colon before the last slash is a port. */
	if (colon && !strchr(colon, '/'))
		*colon = '\0';
	return g_strdup_printf("%s@%s", bare, digest);
}

static json_t *pod_security(const struct manifest_input *input, bool volumes)
{
	const struct seal *seal = input->seal;
	json_t *security = json_object();
	json_t *groups = json_array();

	json_object_set_new(security, "runAsNonRoot", json_true());
	/* Else the cluster says who: OpenShift gives each namespace a range of its own. */
	if (!seal->arbitrary_user) {
		json_object_set_new(security, "runAsUser", json_integer(seal->uid));
		json_object_set_new(security, "runAsGroup", json_integer(seal->gid));
	}
	for (guint i = 0; i < seal->groups->len; i++)
		json_array_append_new(groups,
				      json_integer(GPOINTER_TO_UINT(seal->groups->pdata[i])));
	if (json_array_size(groups) > 0)
		json_object_set(security, "supplementalGroups", groups);
	json_decref(groups);
	if (volumes && !seal->arbitrary_user) {
		json_object_set_new(security, "fsGroup", json_integer(seal->gid));
		json_object_set_new(security, "fsGroupChangePolicy", json_string("OnRootMismatch"));
	}
	json_object_set_new(security, "seccompProfile",
			    object_with("type", json_string("RuntimeDefault")));
	if (seal->low_ports && !input->options->host_network) {
		json_t *sysctl =
			object_with("name", json_string("net.ipv4.ip_unprivileged_port_start"));
		json_t *sysctls = json_array();

		json_object_set_new(sysctl, "value", json_string("0"));
		json_array_append_new(sysctls, sysctl);
		json_object_set_new(security, "sysctls", sysctls);
	}
	return security;
}

static json_t *container_security(void)
{
	json_t *security = json_object();
	json_t *drop = json_array();

	json_array_append_new(drop, json_string("ALL"));
	json_object_set_new(security, "allowPrivilegeEscalation", json_false());
	json_object_set_new(security, "readOnlyRootFilesystem", json_true());
	json_object_set_new(security, "capabilities", object_with("drop", drop));
	return security;
}

static json_t *ports_of(const struct manifest_input *input)
{
	json_t *ports = json_array();

	for (guint i = 0; i < input->seal->ports->len; i++) {
		char *end;
		guint64 number = g_ascii_strtoull(input->seal->ports->pdata[i], &end, 10);
		g_autofree char *protocol = g_ascii_strup(*end == '/' ? end + 1 : "tcp", -1);
		json_t *port = object_with("containerPort", json_integer((json_int_t)number));

		json_object_set_new(port, "protocol", json_string(protocol));
		json_array_append_new(ports, port);
	}
	return ports;
}

/* A mount of a subdirectory of a volume is not the mount's root: no lost+found in it. */
static json_t *mounts_of(const struct seal *seal)
{
	json_t *mounts = json_array();

	for (guint i = 0; i < seal->writables->len; i++) {
		const struct writable *writable = seal->writables->pdata[i];
		g_autofree char *name = manifest_mount_name("", writable->path);
		json_t *mount = object_with("name", json_string(name));

		json_object_set_new(mount, "mountPath", json_from_text(writable->path));
		json_array_append_new(mounts, mount);
	}
	if (seal->secrets->len > 0) {
		g_autofree char *name = manifest_mount_name("", SEAL_SECRET_DIRECTORY);
		json_t *mount = object_with("name", json_string(name));

		json_object_set_new(mount, "mountPath", json_string(SEAL_SECRET_DIRECTORY));
		json_object_set_new(mount, "readOnly", json_true());
		json_array_append_new(mounts, mount);
	}
	return mounts;
}

/* The Secret that the operator makes. */
static char *secrets_name(const char *application)
{
	return manifest_mount_name(application, "/secrets");
}

/* A quantity (Mi where it is whole). */
static json_t *quantity(uint64_t bytes)
{
	g_autofree char *text = bytes % MIB == 0
					? g_strdup_printf("%" G_GUINT64_FORMAT "Mi", bytes / MIB)
					: g_strdup_printf("%" G_GUINT64_FORMAT, bytes);

	return json_string(text);
}

static json_t *volume_of(const char *application, const struct writable *writable)
{
	g_autofree char *name = manifest_mount_name("", writable->path);
	g_autofree char *claim = manifest_mount_name(application, writable->path);
	json_t *volume = object_with("name", json_string(name));
	json_t *memory;

	if (writable->volume) {
		json_object_set_new(volume, "persistentVolumeClaim",
				    object_with("claimName", json_string(claim)));
		return volume;
	}
	memory = object_with("medium", json_string("Memory"));
	json_object_set_new(memory, "sizeLimit", quantity(writable->size_bytes));
	json_object_set_new(volume, "emptyDir", memory);
	return volume;
}

/* One Secret, a key for each. Its files belong to root and the pod's fsGroup. */
static json_t *secrets_volume(const char *application, const struct seal *seal)
{
	enum { READABLE = 0440 };
	g_autofree char *name = manifest_mount_name("", SEAL_SECRET_DIRECTORY);
	g_autofree char *secret_name = secrets_name(application);
	json_t *volume = object_with("name", json_string(name));
	json_t *secret = object_with("secretName", json_string(secret_name));
	json_t *items = json_array();

	for (guint i = 0; i < seal->secrets->len; i++) {
		const char *key = path_name(seal->secrets->pdata[i]);
		json_t *item = object_with("key", json_string(key));

		json_object_set_new(item, "path", json_string(key));
		json_array_append_new(items, item);
	}
	json_object_set_new(secret, "defaultMode", json_integer(READABLE));
	json_object_set_new(secret, "items", items);
	json_object_set_new(volume, "secret", secret);
	return volume;
}

static json_t *container_of(const struct manifest_input *input, const char *name)
{
	g_autofree char *reference = pinned_reference(input);
	json_t *container = object_with("name", json_string(name));
	json_t *ports = ports_of(input);

	json_object_set_new(container, "image", json_from_text(reference));
	json_object_set_new(container, "imagePullPolicy", json_string("IfNotPresent"));
	if (json_array_size(ports) > 0)
		json_object_set(container, "ports", ports);
	json_decref(ports);
	json_object_set_new(container, "securityContext", container_security());
	json_object_set_new(container, "volumeMounts", mounts_of(input->seal));
	return container;
}

static json_int_t seconds_of(const struct health *health, const char *name, json_int_t fallback)
{
	json_int_t ns = json_integer_at(health->times, name, 0);

	return ns > 0 ? (ns + 999999999) / 1000000000 : fallback;
}

/* The check as Docker times it (30 s, 30 s, 3 tries where the image does not say). A request of the
 * kubelet's own would come from outside, and miss what listens on loopback alone. It says whether
 * traffic may come, and restarts nothing, as with Docker. */
static json_t *readiness_of(const struct health *health)
{
	json_t *probe =
		object_with("exec", object_with("command", json_from_strings(health->test)));
	json_int_t retries = json_integer_at(health->times, "Retries", 0);

	json_object_set_new(probe, "periodSeconds",
			    json_integer(seconds_of(health, "Interval", 30)));
	json_object_set_new(probe, "timeoutSeconds",
			    json_integer(seconds_of(health, "Timeout", 30)));
	json_object_set_new(probe, "failureThreshold", json_integer(retries > 0 ? retries : 3));
	return probe;
}

/* What a first start does, before the application's own container: it then finds it done. */
static json_t *setup_container_of(const struct manifest_input *input)
{
	json_t *container = container_of(input, "setup");
	json_t *command = json_array();

	json_array_append_new(command, json_string(SEAL_INIT_PATH));
	json_array_append_new(command, json_string("--plan"));
	json_array_append_new(command, json_string("setup"));
	json_object_del(container, "ports");
	json_object_set_new(container, "command", command);
	return container;
}

static bool has_volumes(const struct seal *seal)
{
	for (guint i = 0; i < seal->writables->len; i++) {
		if (((const struct writable *)seal->writables->pdata[i])->volume)
			return true;
	}
	return false;
}

static json_t *labels_of(const char *name)
{
	return object_with("app.kubernetes.io/name", json_string(name));
}

static json_t *pod_of(const struct manifest_input *input, const char *name)
{
	const struct seal *seal = input->seal;
	json_t *spec = object_with("automountServiceAccountToken", json_false());
	json_t *containers = json_array();
	json_t *volumes = json_array();
	json_t *application;
	json_t *pod = object_with("metadata", object_with("labels", labels_of(name)));

	if (input->options->host_network)
		json_object_set_new(spec, "hostNetwork", json_true());
	json_object_set_new(spec, "enableServiceLinks", json_false());
	json_object_set_new(spec, "securityContext",
			    pod_security(input, has_volumes(seal) || seal->secrets->len > 0));
	if (seal_has_setup(seal)) {
		json_t *setup = json_array();

		json_array_append_new(setup, setup_container_of(input));
		json_object_set_new(spec, "initContainers", setup);
	}
	application = container_of(input, name);
	if (input->seal->health)
		json_object_set_new(application, "readinessProbe",
				    readiness_of(input->seal->health));
	json_array_append_new(containers, application);
	json_object_set_new(spec, "containers", containers);
	for (guint i = 0; i < seal->writables->len; i++)
		json_array_append_new(volumes, volume_of(name, seal->writables->pdata[i]));
	if (seal->secrets->len > 0)
		json_array_append_new(volumes, secrets_volume(name, seal));
	json_object_set_new(spec, "volumes", volumes);
	json_object_set_new(pod, "spec", spec);
	return pod;
}

static json_t *document_new(const char *version, const char *kind, const char *name)
{
	json_t *document = object_with("apiVersion", json_string(version));
	json_t *metadata = object_with("name", json_string(name));

	json_object_set_new(document, "kind", json_string(kind));
	json_object_set_new(document, "metadata", metadata);
	return document;
}

static json_t *deployment_of(const struct manifest_input *input, const char *name)
{
	json_t *document = document_new("apps/v1", "Deployment", name);
	json_t *spec = object_with("replicas", json_integer(1));

	json_object_set_new(json_object_get(document, "metadata"), "labels", labels_of(name));
	/* Two pods cannot hold one ReadWriteOnce volume. */
	if (has_volumes(input->seal))
		json_object_set_new(spec, "strategy", object_with("type", json_string("Recreate")));
	json_object_set_new(spec, "selector", object_with("matchLabels", labels_of(name)));
	json_object_set_new(spec, "template", pod_of(input, name));
	json_object_set_new(document, "spec", spec);
	return document;
}

static json_t *claim_of(const char *application, const struct writable *writable)
{
	g_autofree char *name = manifest_mount_name(application, writable->path);
	json_t *document = document_new("v1", "PersistentVolumeClaim", name);
	json_t *modes = json_array();
	json_t *spec = json_object();

	json_array_append_new(modes, json_string("ReadWriteOnce"));
	json_object_set_new(json_object_get(document, "metadata"), "labels",
			    labels_of(application));
	json_object_set_new(spec, "accessModes", modes);
	json_object_set_new(spec, "resources",
			    object_with("requests", object_with("storage", json_string("1Gi"))));
	json_object_set_new(document, "spec", spec);
	return document;
}

static void append_secrets(GString *text, const char *application, const struct seal *seal)
{
	g_autofree char *name = secrets_name(application);

	if (seal->secrets->len == 0)
		return;
	g_string_append_printf(
		text, "# The Secret that it expects: kubectl create secret generic %s", name);
	for (guint i = 0; i < seal->secrets->len; i++) {
		const char *key = path_name(seal->secrets->pdata[i]);

		g_string_append_printf(text, " --from-file=%s", key);
	}
	g_string_append_c(text, '\n');
}

static void append_head(GString *text, const struct manifest_input *input, const char *name)
{
	const struct seal *seal = input->seal;
	uint64_t bytes = 0;

	if (!is_pullable(registry_reference(input)))
		g_string_append(text,
				"# Where the cluster pulls the image from: give its name with "
				"--image, such as\n# --image registry.example.org/team/app:1\n");

	append_secrets(text, name, seal);
	if (seal_has_setup(seal))
		g_string_append(text,
				"# `setup` does what a first start alone does; give it the same "
				"environment as the\n# application.\n");
	for (guint i = 0; i < seal->writables->len; i++)
		bytes += ((const struct writable *)seal->writables->pdata[i])->size_bytes;
	g_string_append_printf(
		text,
		"# Memory mounts count as the container's memory: up to %" G_GUINT64_FORMAT
		" MiB beside what the\n# application uses itself, where a limit is set.\n",
		bytes / MIB);
}

char *manifest_kubernetes(const struct manifest_input *input, GError **error)
{
	g_autofree char *name = manifest_name(input);
	autojson json_t *deployment = NULL;
	GString *text;

	(void)error;
	deployment = deployment_of(input, name);
	text = g_string_new(NULL);
	for (guint i = 0; i < input->seal->writables->len; i++) {
		const struct writable *writable = input->seal->writables->pdata[i];
		autojson json_t *claim = writable->volume ? claim_of(name, writable) : NULL;

		if (!claim)
			continue;
		g_string_append(text, "# How much the application keeps is yours to say.\n");
		yaml_append(text, claim);
		g_string_append(text, "---\n");
	}
	append_head(text, input, name);
	yaml_append(text, deployment);
	return g_string_free(text, FALSE);
}
