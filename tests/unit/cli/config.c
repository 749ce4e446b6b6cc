/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/config.h"
#include "base/error.h"

#include <string.h>

static const char full[] =
	"preset: strict\n"
	"platform: linux/arm64\n"
	"compress: zstd\n"
	"cache: /var/cache/t\n"
	"probes: [\"http://:80/x\", \"tcp://:6379\"]\n"
	"workloads: ./smoke.sh\n"
	"runs: ['--version', \"report 'two words'\"]\n"
	"environment: [MODE=production]\n"
	"volumes: [/data]\n"
	"with:\n"
	"  db: {image: oci:pg, environment: [A=1]}\n"
	"  cache: oci:redis\n"
	"keep: {/opt/**: by name}\n"
	"keep-logs: [/var/log/a.log]\n"
	"rounds: 3\n"
	"entrypoint:\n"
	"  fixed: [JAVA_HOME]\n"
	"  values: {MODE: [single, cluster]}\n"
	"  runs: 50\n"
	"  scenarios:\n"
	"    cluster: {environment: [MODE=cluster, DEBUG], arguments: 'server --port \"7 0\"'}\n"
	"timeouts: {ready: 90, request: 2.5, workload: 10m, stop: 500ms, settle: 0}\n"
	"writable: {sizes: {/tmp: 256M}, links-max: 1G}\n"
	"sandbox: {scratch: 8G, processes: 512}\n"
	"limits: {layers: 64, entries: 1000, unpacked: 4G, file: 1G, ratio: 100,\n"
	"  path: 1024, depth: 32}\n";

static void test_full(void)
{
	autorequest struct harden_request *request = harden_request_new();
	const struct scenario_request *scenario;
	const GPtrArray *values;
	g_autofree char *platform = NULL;
	g_autoptr(GError) error = NULL;
	const struct companion_request *companion;

	config_parse("t.yaml", full, strlen(full), request, &platform, &error);
	g_assert_no_error(error);
	g_assert_cmpint(request->preset, ==, PRESET_STRICT);
	g_assert_cmpstr(platform, ==, "linux/arm64");
	g_assert_cmpint(request->compression, ==, COMPRESSION_ZSTD);
	g_assert_cmpstr(request->cache_path, ==, "/var/cache/t");
	g_assert_cmpuint(request->probes->len, ==, 2);
	g_assert_cmpuint(request->workloads->len, ==, 1);
	g_assert_cmpuint(request->runs->len, ==, 2);
	g_assert_cmpuint(request->environment->len, ==, 1);
	g_assert_cmpuint(request->volumes->len, ==, 1);
	g_assert_cmpuint(request->companions->len, ==, 2);
	companion = request->companions->pdata[0];
	g_assert_cmpstr(companion->environment->pdata[0], ==, "A=1");
	g_assert_cmpuint(request->keep_rules->len, ==, 1);
	g_assert_cmpuint(request->keep_logs->len, ==, 1);
	g_assert_cmpint(request->rounds_max, ==, 3);
	g_assert_cmpuint(request->entrypoint.runs_max, ==, 50);
	g_assert_cmpstr(request->entrypoint.fixed->pdata[0], ==, "JAVA_HOME");
	values = g_hash_table_lookup(request->entrypoint.values, "MODE");
	g_assert_cmpuint(values->len, ==, 2);
	scenario = request->entrypoint.scenarios->pdata[0];
	g_assert_cmpstr(scenario->name, ==, "cluster");
	g_assert_cmpstr(scenario->environment->pdata[1], ==, "DEBUG");
	g_assert_cmpuint(scenario->arguments->len, ==, 3);
	g_assert_cmpstr(scenario->arguments->pdata[2], ==, "7 0");
	g_assert_cmpint(request->timeouts.ready_ms, ==, 90000);
	g_assert_cmpint(request->timeouts.request_ms, ==, 2500);
	g_assert_cmpint(request->timeouts.workload_ms, ==, 600000);
	g_assert_cmpint(request->timeouts.stop_ms, ==, 500);
	g_assert_cmpint(request->timeouts.settle_ms, ==, 0);
	g_assert_cmpuint(*(uint64_t *)g_hash_table_lookup(request->sizes, "/tmp"), ==, 256 << 20);
	g_assert_cmpuint(request->links_max_bytes, ==, 1 << 30);
	g_assert_cmpuint(request->scratch_bytes, ==, 8ULL << 30);
	g_assert_cmpuint(request->processes, ==, 512);
	g_assert_cmpuint(request->limits.layers, ==, 64);
	g_assert_cmpuint(request->limits.entries, ==, 1000);
	g_assert_cmpuint(request->limits.unpacked_bytes, ==, 4ULL << 30);
	g_assert_cmpuint(request->limits.file_bytes, ==, 1ULL << 30);
	g_assert_cmpuint(request->limits.ratio, ==, 100);
	g_assert_cmpuint(request->limits.path_bytes, ==, 1024);
	g_assert_cmpuint(request->limits.depth, ==, 32);
}

static void test_malformed(void)
{
	static const struct {
		const char *text, *message;
	} table[] = {
		{"- a\n", "t: want keys and values"},
		{"x: 1\n",
		 "t: line 1: x: unknown key; known are preset, platform, compress, cache, "
		 "probes, workloads, runs, environment, volumes, secrets, public, with, keep, "
		 "keep-logs, "
		 "entrypoint, arbitrary-user, rounds, timeouts, healthcheck, commands, writable, "
		 "sandbox, "
		 "registry, limits"},
		{"presets: safe\n", "t: line 1: presets: unknown key; did you mean 'preset'?"},
		{"\ntimeouts:\n  redy: 5\n",
		 "t: line 3: timeouts.redy: unknown key; did you mean 'ready'?"},
		{"timeouts: 5\n", "t: line 1: timeouts: want keys and values"},
		{"entrypoint: {scenarios: {a: {argument: x}}}\n",
		 "t: line 1: entrypoint.scenarios.a.argument: unknown key; known are environment, "
		 "arguments"},
		{"entrypoint: {scenarios: {a: {arguments: [x]}}}\n",
		 "t: line 1: entrypoint.scenarios.a.arguments: want one line of words"},
		{"entrypoint: {fixed: [1A]}\n",
		 "t: line 1: entrypoint.fixed.0: '1A': not a variable name"},
		{"entrypoint: {runs: 0}\n",
		 "t: line 1: entrypoint.runs: want a whole number from 1 to 10000"},
		{"rounds: 0\n", "t: line 1: rounds: want a whole number from 1 to 20"},
		{"rounds: 1.5\n", "t: line 1: rounds: want a whole number from 1 to 20"},
		{"limits: {ratio: many}\n",
		 "t: line 1: limits.ratio: want a whole number from 1 to 1000000"},
		{"workloads: [a, 5]\n",
		 "t: line 1: workloads.1: want a text (in quotes where it looks like a number)"},
		{"writable:\n  sizes:\n    tmp: 1M\n",
		 "t: line 3: writable.sizes.tmp: a path inside the image begins with '/'"},
		{"writable: {sizes: {/tmp: 12}}\n",
		 "t: line 1: writable.sizes./tmp: less than a page"},
		{"with: {db: {environment: []}}\n",
		 "t: line 1: with.db: want an image, or image and environment"},
		{"keep: {/a: }\n", "t: line 1: keep./a: want a reason as text"},
		{"timeouts: {ready: -5}\n", "t: line 1: timeouts.ready: '-5': not a duration; want "
					    "seconds, or one like 500ms or 2m"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		autorequest struct harden_request *request = harden_request_new();
		g_autofree char *platform = NULL;
		g_autoptr(GError) error = NULL;

		g_assert_false(config_parse("t", table[i].text, strlen(table[i].text), request,
					    &platform, &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_USAGE);
		g_assert_cmpstr(error->message, ==, table[i].message);
	}
}

static void test_empty(void)
{
	static const char *const texts[] = {"", "# nothing\n", "timeouts:\n", "with: {}\n"};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		autorequest struct harden_request *request = harden_request_new();
		g_autofree char *platform = NULL;
		g_autoptr(GError) error = NULL;

		config_parse("t", texts[i], strlen(texts[i]), request, &platform, &error);
		g_assert_no_error(error);
	}
}

/* Every key is documented in both places. */
static void test_documented(void)
{
	g_autoptr(GPtrArray) keys = config_keys();
	g_autofree char *markdown = NULL, *page = NULL;
	const char *top = g_getenv("THRESH_TOP");
	g_autofree char *markdown_path = g_build_filename(top, "docs", "thresh.yaml.md", NULL);
	g_autofree char *page_path = g_build_filename(top, "man", "thresh.yaml.5", NULL);

	g_assert_true(g_file_get_contents(markdown_path, &markdown, NULL, NULL));
	g_assert_true(g_file_get_contents(page_path, &page, NULL, NULL));
	g_assert_cmpuint(keys->len, >, 20);
	for (guint i = 0; i < keys->len; i++) {
		g_autofree char *row = g_strdup_printf("\n| `%s` |", (char *)keys->pdata[i]);
		g_autofree char *item = g_strdup_printf("\n.It Li %s\n", (char *)keys->pdata[i]);

		g_test_message("%s", (char *)keys->pdata[i]);
		g_assert_nonnull(strstr(markdown, row));
		g_assert_nonnull(strstr(page, item));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/config/full", test_full);
	g_test_add_func("/config/malformed", test_malformed);
	g_test_add_func("/config/empty", test_empty);
	g_test_add_func("/config/documented", test_documented);
	return g_test_run();
}
