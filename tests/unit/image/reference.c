/* SPDX-License-Identifier: Apache-2.0 */
#include "image/reference.h"

#include "base/error.h"
#include "image/image.h"
#include "image/select.h"

#include <string.h>

static void test_parse(void)
{
	static const struct {
		const char *text;
		enum transport transport;
		const char *path, *name;
	} table[] = {
		{"oci:app", TRANSPORT_OCI, "app", NULL},
		{"oci:/a/b:latest", TRANSPORT_OCI, "/a/b", "latest"},
		{"oci:a:docker.io/library/x:1", TRANSPORT_OCI, "a", "docker.io/library/x:1"},
		{"oci:a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		 TRANSPORT_OCI, "a",
		 "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
		{"oci:a@sha256:short", TRANSPORT_OCI, "a@sha256", "short"},
		{"oci-archive:f.tar", TRANSPORT_OCI_ARCHIVE, "f.tar", NULL},
		{"docker://alpine:3", TRANSPORT_REGISTRY, "docker.io/library/alpine", "3"},
		{"docker://team/app", TRANSPORT_REGISTRY, "docker.io/team/app", NULL},
		{"docker://index.docker.io/nginx:1", TRANSPORT_REGISTRY, "docker.io/library/nginx",
		 "1"},
		{"docker://127.0.0.1:5000/a/b_c:v1.2", TRANSPORT_REGISTRY, "127.0.0.1:5000/a/b_c",
		 "v1.2"},
		{"docker://[::1]:5000/a", TRANSPORT_REGISTRY, "[::1]:5000/a", NULL},
		{"docker://localhost/a", TRANSPORT_REGISTRY, "localhost/a", NULL},
		{"docker://r.example/a:t@sha256:"
		 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		 TRANSPORT_REGISTRY, "r.example/a",
		 "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"},
		{"docker-archive:f.tar:x/y:2", TRANSPORT_DOCKER_ARCHIVE, "f.tar", "x/y:2"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;
		struct reference reference = {0};

		g_assert_true(reference_parse(table[i].text, &reference, &error));
		g_assert_no_error(error);
		g_assert_cmpint(reference.transport, ==, table[i].transport);
		g_assert_cmpstr(reference.path, ==, table[i].path);
		g_assert_cmpstr(reference.name, ==, table[i].name);
		reference_clear(&reference);
	}
}

static void test_refused(void)
{
	static const struct {
		const char *text, *want;
	} table[] = {
		{"oci:", "no path"},
		{"oci::tag", "no path"},
		{"oci:a:", "empty"},
		{"oci:a:b c", "no spaces"},
		{"oci:a:b\nc", "no spaces"},
		{"docker:alpine:3", "docker://HOST/REPOSITORY"},
		{"docker://", "not a repository's name"},
		{"docker://Team/App", "not a repository's name"},
		{"docker://r.example/", "not a repository's name"},
		{"docker://r.example/a//b", "not a repository's name"},
		{"docker://r.example/../b", "not a repository's name"},
		{"docker://r.example/a?b", "not a repository's name"},
		{"docker://us er@r.example/a", "with a user"},
		{"docker://r_.example:5000/a", "not a registry's HOST"},
		{"docker://r.example:5000000/a", "not a registry's HOST"},
		{"docker://r.example/a:", "no tag"},
		{"docker://r.example/a:b c", "no tag"},
		{"docker://r.example/a@sha512:00", "no sha256"},
		{"docker-daemon:x:1", "not supported yet"},
		{"containers-storage:x", "not supported yet"},
		{"ftp:x", "no transport that thresh knows"},
		{"nothing", "no transport that thresh knows"},
		{"", "no transport that thresh knows"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;
		struct reference reference = {.name = (char *)"untouched"};

		g_assert_false(reference_parse(table[i].text, &reference, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_USAGE);
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, table[i].want));
		g_assert_null(strchr(error->message, '\n'));
		g_assert_cmpstr(reference.name, ==, "untouched");
	}
}

static void test_names(void)
{
	static const struct {
		const char *have, *want;
		int match;
	} table[] = {
		{"latest", "latest", 0},
		{"docker.io/library/nginx:1", "nginx:1", 1},
		{"docker.io/library/nginx:latest", "nginx", 1},
		{"lab/redis:7", "docker.io/lab/redis:7", 1},
		{"localhost/x:1", "localhost/x:1", 0},
		{"localhost:5000/x:1", "1", 2},
		{"docker.io/library/nginx:1", "2", -1},
		{"localhost:5000/x", "5000/x", -1},
		{"latest", "lates", -1},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
		g_assert_cmpint(select_match_name(table[i].have, table[i].want), ==,
				table[i].match);
}

static void test_platform(void)
{
	static const struct {
		const char *text, *os, *architecture, *variant;
	} good[] = {
		{"linux/amd64", "linux", "amd64", NULL},   {"arm64", "linux", "arm64", NULL},
		{"linux/arm/v7", "linux", "arm", "v7"},    {"x86_64", "linux", "amd64", NULL},
		{"linux/aarch64", "linux", "arm64", NULL}, {"linux/armv7l", "linux", "arm", "v7"},
	};
	static const char *const bad[] = {"", "/", "linux/", "a/b/c/d", "Linux/amd64", "a b"};

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		struct platform platform = {0};

		g_assert_true(platform_parse(good[i].text, &platform, NULL));
		g_assert_cmpstr(platform.os, ==, good[i].os);
		g_assert_cmpstr(platform.architecture, ==, good[i].architecture);
		g_assert_cmpstr(platform.variant, ==, good[i].variant);
		platform_clear(&platform);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		struct platform platform = {0};

		g_assert_false(platform_parse(bad[i], &platform, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_USAGE);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/reference/parse", test_parse);
	g_test_add_func("/reference/refused", test_refused);
	g_test_add_func("/reference/names", test_names);
	g_test_add_func("/platform", test_platform);
	return g_test_run();
}
