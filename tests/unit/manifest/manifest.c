/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/manifest.h"
#include "base/error.h"
#include "manifest/manifest_private.h"
#include "manifest/yaml_writer.h"

#include <string.h>

/* A seal by hand, through its own document. */
static const char document[] =
	"{\"version\":1,\"uid\":999,\"gid\":998,\"groups\":[4],\"writable\":["
	"{\"path\":\"/run\",\"mode\":\"0755\",\"exec\":false,\"volume\":false,\"seed\":\"none\","
	"\"size_bytes\":67108864},"
	"{\"path\":\"/tmp\",\"mode\":\"1777\",\"exec\":true,\"volume\":false,\"seed\":\"none\","
	"\"size_bytes\":134217728},"
	"{\"path\":\"/var/lib/my "
	"data\",\"mode\":\"0700\",\"exec\":false,\"volume\":true,\"seed\":\"copy\","
	"\"seed_path\":\"/.thresh/seed/0\"}],"
	"\"logs\":[],\"executables\":[\"/usr/bin/app\"],\"entry\":[],\"command\":[\"app\"],"
	"\"ports\":[\"53/udp\",\"80/"
	"tcp\"],\"low_ports\":true,\"stay\":false,\"notes\":[],\"home\":\"/root\","
	"\"syscalls\":%s}";

static const char config[] =
	"{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{\"Entrypoint\":[\"/.thresh/"
	"init\"],"
	"\"Cmd\":[\"app\"],\"Env\":[\"PATH=/usr/bin\",\"A=b c\"],\"WorkingDir\":\"/srv\"},"
	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}";

struct fixture {
	struct seal *seal;
	struct image image;
	struct manifest_options options;
};

static void fixture_init(struct fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	autoprofile struct profile *profile = profile_new();
	struct syscall_policy *policy;
	autojson json_t *syscalls = NULL;
	g_autofree char *syscalls_text = NULL;
	g_autofree char *text = NULL;
	autojson json_t *json = NULL;

	profile_add_syscall(profile, "x86_64", "read");
	policy = syscall_policy_decide(profile, PRESET_STRICT, NULL, NULL, NULL, &error);
	g_assert_no_error(error);
	syscalls = syscall_policy_to_json(policy);
	syscalls_text = json_format_canonical(syscalls);
	text = g_strdup_printf(document, syscalls_text);
	json = json_parse(text, strlen(text), "seal", &error);
	g_assert_no_error(error);
	*fixture = (struct fixture){0};
	fixture->seal = seal_from_json(json, &error);
	g_assert_no_error(error);
	fixture->image.reference = (char *)"docker://example.org:5000/team/My_App:1.2";
	memset(fixture->image.manifest_digest.bytes, 0xab, DIGEST_BYTES);
	fixture->image.config = image_config_parse(config, strlen(config), &error);
	g_assert_no_error(error);
	syscall_policy_free(policy);
}

static void fixture_clear(struct fixture *fixture)
{
	seal_free(fixture->seal);
	image_config_free(fixture->image.config);
}

static char *format(struct fixture *fixture, enum manifest_target target)
{
	g_autoptr(GError) error = NULL;
	char *text =
		manifest_format(target, fixture->seal, &fixture->image, &fixture->options, &error);

	g_assert_no_error(error);
	g_assert_true(g_str_has_suffix(text, "\n"));
	return text;
}

static void test_podman(void)
{
	static const char *const want[] = {
		"podman",
		"run",
		"--rm",
		"--read-only",
		"--read-only-tmpfs=false",
		"--user",
		"999:998",
		"--group-add",
		"4",
		"--cap-drop=ALL",
		"--security-opt=no-new-privileges",
		"--tmpfs",
		"/run:rw,size=67108864,mode=0755,notmpcopyup,U,nosuid,nodev,noexec",
		"--tmpfs",
		"/tmp:rw,size=134217728,mode=1777,notmpcopyup,U,nosuid,nodev,exec",
		"--volume",
		NULL,
		"--sysctl",
		"net.ipv4.ip_unprivileged_port_start=0",
		"docker://example.org:5000/team/My_App:1.2"};
	struct fixture f;
	g_autofree char *text = NULL;
	g_autofree char *line = NULL;
	autojson json_t *words = NULL;
	g_auto(GStrv) parsed = NULL;
	gint count;

	fixture_init(&f);
	line = format(&f, MANIFEST_PODMAN);
	f.options.json = true;
	text = format(&f, MANIFEST_PODMAN);
	words = json_parse(text, strlen(text), "words", NULL);
	g_assert_cmpuint(json_array_size(words), ==, G_N_ELEMENTS(want));
	for (gsize i = 0; i < G_N_ELEMENTS(want); i++) {
		if (want[i])
			g_assert_cmpstr(json_string_value(json_array_get(words, i)), ==, want[i]);
	}
	/* What people paste is the same words. */
	g_assert_true(g_shell_parse_argv(line, &count, &parsed, NULL));
	g_assert_cmpint(count, ==, (gint)json_array_size(words));
	for (gint i = 0; i < count; i++)
		g_assert_cmpstr(parsed[i], ==, json_string_value(json_array_get(words, (size_t)i)));
	fixture_clear(&f);
}

static void test_host_network(void)
{
	struct fixture f;
	g_autofree char *podman = NULL;
	g_autofree char *runtime = NULL;

	fixture_init(&f);
	f.options.host_network = true;
	f.options.image_reference = "localhost/a:b";
	podman = format(&f, MANIFEST_PODMAN);
	g_assert_nonnull(strstr(podman, "--network host"));
	g_assert_null(strstr(podman, "--sysctl"));
	g_assert_true(g_str_has_suffix(podman, "localhost/a:b\n"));
	runtime = format(&f, MANIFEST_OCI_RUNTIME);
	g_assert_null(strstr(runtime, "\"network\""));
	fixture_clear(&f);
}

static const json_t *mount_at(const json_t *json, const char *path)
{
	size_t index;
	json_t *mount;

	json_array_foreach (json_object_get(json, "mounts"), index, mount) {
		if (!strcmp(json_string_at(mount, "destination"), path))
			return mount;
	}
	return NULL;
}

static void test_runtime(void)
{
	struct fixture f;
	g_autofree char *text = NULL;
	autojson json_t *json = NULL;
	const json_t *process;
	g_autofree char *options = NULL;

	fixture_init(&f);
	text = format(&f, MANIFEST_OCI_RUNTIME);
	json = json_parse(text, strlen(text), "config.json", NULL);
	process = json_object_get(json, "process");
	g_assert_true(json_bool_at(json_object_get(json, "root"), "readonly", false));
	g_assert_true(json_bool_at(process, "noNewPrivileges", false));
	g_assert_cmpint(json_integer_at(json_object_get(process, "user"), "gid", 0), ==, 998);
	options = json_format_canonical(json_object_get(mount_at(json, "/tmp"), "options"));
	g_assert_cmpstr(
		options, ==,
		"[\"nosuid\",\"nodev\",\"exec\",\"size=134217728\",\"mode=1777\",\"uid=999\","
		"\"gid=998\"]");
	g_assert_true(g_str_has_prefix(json_string_at(mount_at(json, "/var/lib/my data"), "source"),
				       "volumes/"));
	g_assert_nonnull(
		json_object_get(json_object_get(json, "annotations"), "dev.thresh.volumes"));
	g_assert_cmpstr(json_string_at(json_object_get(json_object_get(json, "linux"), "seccomp"),
				       "defaultAction"),
			==, "SCMP_ACT_ERRNO");
	fixture_clear(&f);
}

/* Pod Security Standards, "restricted": every field it asks for. */
static void test_kubernetes(void)
{
	struct fixture f;
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) documents = NULL;
	autojson json_t *claim = NULL;
	autojson json_t *deployment = NULL;
	const json_t *spec, *pod, *container, *volume;

	fixture_init(&f);
	text = format(&f, MANIFEST_KUBERNETES);
	documents = g_strsplit(text, "---\n", -1);
	g_assert_cmpuint(g_strv_length(documents), ==, 2);
	claim = yaml_parse(documents[0], strlen(documents[0]), "claim", &error);
	g_assert_no_error(error);
	g_assert_cmpstr(json_string_at(claim, "kind"), ==, "PersistentVolumeClaim");
	deployment = yaml_parse(documents[1], strlen(documents[1]), "deployment", &error);
	g_assert_no_error(error);
	spec = json_object_get(json_object_get(json_object_get(deployment, "spec"), "template"),
			       "spec");
	pod = json_object_get(spec, "securityContext");
	container = json_array_get(json_object_get(spec, "containers"), 0);
	g_assert_true(json_bool_at(pod, "runAsNonRoot", false));
	g_assert_cmpint(json_integer_at(pod, "runAsUser", 0), ==, 999);
	g_assert_cmpint(json_integer_at(pod, "fsGroup", 0), ==, 998);
	g_assert_cmpstr(json_string_at(json_object_get(pod, "seccompProfile"), "type"), ==,
			"RuntimeDefault");
	g_assert_cmpstr(json_string_at(json_array_get(json_object_get(pod, "sysctls"), 0), "value"),
			==, "0");
	g_assert_cmpstr(json_string_at(container, "image"), ==,
			"example.org:5000/team/My_App@sha256:"
			"abababababababababababababababababababababababababababababababab");
	g_assert_false(json_bool_at(json_object_get(container, "securityContext"),
				    "allowPrivilegeEscalation", true));
	g_assert_true(json_bool_at(json_object_get(container, "securityContext"),
				   "readOnlyRootFilesystem", false));
	volume = json_array_get(json_object_get(spec, "volumes"), 1);
	g_assert_cmpstr(json_string_at(json_object_get(volume, "emptyDir"), "medium"), ==,
			"Memory");
	g_assert_cmpstr(json_string_at(json_object_get(volume, "emptyDir"), "sizeLimit"), ==,
			"128Mi");
	volume = json_array_get(json_object_get(spec, "volumes"), 2);
	g_assert_cmpstr(
		json_string_at(json_object_get(volume, "persistentVolumeClaim"), "claimName"), ==,
		json_string_at(json_object_get(claim, "metadata"), "name"));
	fixture_clear(&f);
}

/* What a first start alone does comes before the application's container. */
static void test_kubernetes_setup(void)
{
	struct fixture f;
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) documents = NULL;
	g_autofree char *words = NULL;
	g_autoptr(GPtrArray) command = NULL;
	autojson json_t *deployment = NULL;
	const json_t *spec, *setup;

	fixture_init(&f);
	g_ptr_array_add(f.seal->start, g_strdup("if vacant /data"));
	g_ptr_array_add(f.seal->start, g_strdup("run initdb"));
	g_ptr_array_add(f.seal->start, g_strdup("end"));
	text = format(&f, MANIFEST_KUBERNETES);
	documents = g_strsplit(text, "---\n", -1);
	deployment = yaml_parse(documents[1], strlen(documents[1]), "deployment", &error);
	g_assert_no_error(error);
	spec = json_object_get(json_object_get(json_object_get(deployment, "spec"), "template"),
			       "spec");
	setup = json_array_get(json_object_get(spec, "initContainers"), 0);
	command = json_to_strings(json_object_get(setup, "command"), "command", &error);
	g_ptr_array_add(command, NULL);
	words = g_strjoinv(" ", (char **)command->pdata);
	g_assert_cmpstr(words, ==, "/.thresh/init --plan setup");
	g_assert_true(json_bool_at(json_object_get(setup, "securityContext"),
				   "readOnlyRootFilesystem", false));
	g_assert_true(
		json_equal(json_object_get(setup, "volumeMounts"),
			   json_object_get(json_array_get(json_object_get(spec, "containers"), 0),
					   "volumeMounts")));
	fixture_clear(&f);
}

static void test_names(void)
{
	static const struct {
		const char *path, *want;
	} table[] = {
		{"/tmp", "tmp"},
		{"/var/lib/redis", "var-lib-redis"},
	};
	g_autofree char *dot = manifest_mount_name("", "/a.b");
	g_autofree char *dash = manifest_mount_name("", "/a-b");
	g_autofree char *slash = manifest_mount_name("", "/a/b");
	g_autofree char *empty = manifest_label("___");

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *got = manifest_mount_name("", table[i].path);

		g_assert_cmpstr(got, ==, table[i].want);
	}
	g_assert_cmpstr(dot, !=, dash);
	g_assert_cmpstr(dash, !=, slash);
	g_assert_cmpstr(empty, ==, "app");
}

/* What goes in comes out of a YAML reader, whatever it looks like. */
static void test_yaml(void)
{
	static const char *const words[] = {
		"",           "true", "No",   "1",    "1e3",   "0x1f",  "~",    "null",
		"a: b",       "- a",  "#a",   "a #b", "\"q\"", "'q'",   "a\nb", "\t",
		"2026-11-22", "ä",    "a\\b", "{a}",  "/tmp",  "1Gi",   "64Mi", "*a",
		"&a",         "!a",   "%a",   "@a",   "`a",    "12:30", " a",   "a ",
		"\x01",       "=",    "<<",   ".inf", ".nan",  "y",     "a:",
	};
	autojson json_t *list = json_array();
	autojson json_t *object = json_object();
	autojson json_t *back = NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		json_array_append_new(list, json_string(words[i]));
	json_object_set(object, "list", list);
	json_object_set_new(object, "1", json_integer(-7));
	json_object_set_new(object, "nested", json_pack("[{s:[i,b],s:{}},[]]", "a", 1, 1, "b"));
	yaml_append(text, object);
	back = yaml_parse(text->str, text->len, "text", &error);
	g_assert_no_error(error);
	g_assert_true(json_equal(object, back));
}

static void test_targets(void)
{
	g_autoptr(GError) error = NULL;
	enum manifest_target target;

	g_assert_true(manifest_target_parse("oci-runtime", &target, NULL));
	g_assert_cmpint(target, ==, MANIFEST_OCI_RUNTIME);
	g_assert_false(manifest_target_parse("docker", &target, &error));
	g_assert_error(error, THRESH_ERROR, THRESH_ERROR_USAGE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/manifest/podman", test_podman);
	g_test_add_func("/manifest/host-network", test_host_network);
	g_test_add_func("/manifest/oci-runtime", test_runtime);
	g_test_add_func("/manifest/kubernetes", test_kubernetes);
	g_test_add_func("/manifest/kubernetes-setup", test_kubernetes_setup);
	g_test_add_func("/manifest/names", test_names);
	g_test_add_func("/manifest/yaml", test_yaml);
	g_test_add_func("/manifest/targets", test_targets);
	return g_test_run();
}
