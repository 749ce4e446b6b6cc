/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/recipe.h"

#include "base/error.h"

#include <string.h>

/* A decision with a member of each kind. */
struct fixture {
	struct harden_request *request;
	struct profile *profile;
	struct lessons lessons;
	struct tree *production;
	struct image image;
	struct decision decision;
};

static void fixture_init(struct fixture *fixture)
{
	struct keep_rule *keep = g_new0(struct keep_rule, 1);
	struct command_rule *command = g_new0(struct command_rule, 1);
	struct volume_request *volume = g_new0(struct volume_request, 1);
	struct secret_request *secret = g_new0(struct secret_request, 1);
	struct redaction *variable = g_new0(struct redaction, 1);
	const uint64_t size = 4096;

	*fixture = (struct fixture){0};
	fixture->request = harden_request_new();
	*keep = (struct keep_rule){g_strdup("/srv/\xff*"), g_strdup("by name")};
	*command = (struct command_rule){g_strdup("uname *"), g_strdup("a log"), false};
	*volume = (struct volume_request){g_strdup("/host/of/mine"), g_strdup("/data")};
	*secret = (struct secret_request){g_strdup("token"), g_bytes_new("hunter2-is-it", 13)};
	*variable = (struct redaction){g_strdup("PASSWORD"), g_strdup("also-a-secret")};
	g_ptr_array_add(fixture->request->keep_rules, keep);
	g_ptr_array_add(fixture->request->command_rules, command);
	g_ptr_array_add(fixture->request->volumes, volume);
	g_ptr_array_add(fixture->request->secrets, secret);
	g_ptr_array_add(fixture->request->environment, variable);
	g_ptr_array_add(fixture->request->keep_logs, g_strdup("/var/log/*.log"));
	g_hash_table_insert(fixture->request->sizes, g_strdup("/tmp"),
			    g_memdup2(&size, sizeof(size)));
	fixture->request->arguments = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(fixture->request->arguments, g_strdup("50%"));
	fixture->request->healthcheck = g_strdup("none");
	fixture->request->arbitrary_user = true;
	fixture->request->preset = PRESET_STRICT;
	fixture->request->compression = COMPRESSION_ZSTD;
	fixture->request->epoch = 1700000000;
	fixture->profile = profile_new();
	profile_add_path(fixture->profile, "/app", PATH_EXEC);
	lessons_init(&fixture->lessons);
	lessons_keep(&fixture->lessons, "/etc/a");
	g_ptr_array_add(fixture->lessons.writable, g_strdup("/var/x"));
	g_ptr_array_add(fixture->lessons.syscalls, g_strdup("mkdir"));
	fixture->production = tree_new();
	digest_of("source", 6, &fixture->image.manifest_digest);
	fixture->decision = (struct decision){
		.request = fixture->request,
		.image = &fixture->image,
		.profile = fixture->profile,
		.lessons = &fixture->lessons,
		.health_skipped = true,
	};
}

static void fixture_clear(struct fixture *fixture)
{
	harden_request_free(fixture->request);
	profile_free(fixture->profile);
	lessons_clear(&fixture->lessons);
	tree_free(fixture->production);
}

static void test_both_ways(void)
{
	struct fixture fixture;
	autorecipe struct recipe *recipe = NULL;
	autojson json_t *json = NULL, *again = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) programs = NULL;
	struct node *init;
	struct digest digest;

	fixture_init(&fixture);
	init = tree_add(fixture.production, SEAL_INIT_PATH, NODE_FILE, NULL);
	init->bytes = g_bytes_new_static("init", 4);
	json = recipe_new(&fixture.decision, fixture.production);
	recipe = recipe_parse(json, &error);
	g_assert_no_error(error);
	digest_of("init", 4, &digest);
	g_assert_true(digest_equal(&recipe->init, &digest));
	g_assert_true(digest_equal(&recipe->source, &fixture.image.manifest_digest));
	fixture.decision.request = recipe->request;
	fixture.decision.profile = recipe->profile;
	fixture.decision.lessons = &recipe->lessons;
	fixture.decision.health_skipped = recipe->health_skipped;
	again = recipe_new(&fixture.decision, fixture.production);
	g_assert_true(json_equal(json, again));
	programs = recipe_programs_differ(recipe);
	g_assert_cmpuint(programs->len, ==, 0);
	fixture_clear(&fixture);
}

/* Names alone of what is given to the application; nothing of the host. */
static void test_says_no_secret(void)
{
	static const char *const secrets[] = {"hunter2", "also-a-secret", "/host/of/mine"};
	struct fixture fixture;
	autojson json_t *json = NULL;
	g_autofree char *text = NULL;

	fixture_init(&fixture);
	json = recipe_new(&fixture.decision, fixture.production);
	text = json_format_canonical(json);
	for (gsize i = 0; i < G_N_ELEMENTS(secrets); i++)
		g_assert_null(strstr(text, secrets[i]));
	fixture_clear(&fixture);
}

static void test_programs(void)
{
	struct fixture fixture;
	autojson json_t *json = NULL;
	autorecipe struct recipe *recipe = NULL;
	g_autoptr(GPtrArray) programs = NULL;

	fixture_init(&fixture);
	json = recipe_new(&fixture.decision, fixture.production);
	json_object_set_new(
		json, "programs",
		json_pack("[{s:s, s:s}]", "name", "thresh", "uri", "pkg:generic/thresh@0.0.9"));
	recipe = recipe_parse(json, NULL);
	programs = recipe_programs_differ(recipe);
	g_assert_cmpuint(programs->len, ==, 5);
	g_assert_cmpstr(programs->pdata[0], ==, "thresh: 0.0.9, and here " THRESH_VERSION);
	g_assert_true(g_str_has_prefix(programs->pdata[3], "zlib: unknown, and here "));
	fixture_clear(&fixture);
}

struct bad {
	const char *object;  /* a member of the recipe, or NULL: the recipe itself */
	const char *member;  /* that is replaced */
	const char *value;   /* JSON; NULL: removed */
	const char *message; /* what the error says */
};

static const struct bad bads[] = {
	{NULL, "version", "2", "\"version\""},
	{NULL, "more", "1", "unknown member \"more\""},
	{NULL, "source", "\"sha256:0\"", "\"source\" is not a SHA-256"},
	{NULL, "init", NULL, "\"init\""},
	{NULL, "programs", "{}", "\"programs\""},
	{NULL, "options", "[]", "\"options\" is not an object"},
	{NULL, "lessons", NULL, "\"lessons\" is not an object"},
	{NULL, "profile", "{}", "recipe: "},
	{"options", "more", "1", "options: unknown member"},
	{"options", "preset", "\"lax\"", "\"preset\""},
	{"options", "compression", "\"xz\"", "\"compression\""},
	{"options", "epoch", "-1", "\"epoch\""},
	{"options", "linksMax", "\"1\"", "\"linksMax\""},
	{"options", "arbitraryUser", "1", "\"arbitraryUser\" is not true or false"},
	{"options", "keep", "[{\"glob\":\"srv\",\"why\":\"x\"}]", "\"keep\""},
	{"options", "keep", "[{\"glob\":\"/srv\",\"why\":\"\"}]", "\"keep\""},
	{"options", "keep", "[{\"glob\":\"/srv\",\"why\":\"x\",\"more\":1}]", "unknown member"},
	{"options", "commands", "[{\"allow\":true,\"text\":\"a | b\",\"why\":\"x\"}]",
	 "\"commands\""},
	{"options", "volumes", "[\"/\"]", "\"volumes\""},
	{"options", "volumes", "[\"data\"]", "\"volumes\""},
	{"options", "volumes", "[\"/a/../b\"]", "\"volumes\""},
	{"options", "secrets", "[\"../token\"]", "\"secrets\""},
	{"options", "sizes", "{\"tmp\":1}", "\"sizes\""},
	{"options", "sizes", "{\"/tmp\":-1}", "\"sizes\""},
	{"options", "keepLogs", "\"/var/log\"", "\"keepLogs\" is not an array"},
	{"options", "arguments", "[1]", "\"arguments\""},
	{"options", "arguments", "[\"%zz\"]", "\"arguments\""},
	{"options", "arguments", "[\"a\\u0000b\"]", "\"arguments\""},
	{"options", "healthcheck", "[]", "\"healthcheck\""},
	{"lessons", "missed", "[\"etc\"]", "\"missed\""},
	{"lessons", "writable", "null", "\"writable\""},
	{"lessons", "syscalls", "[null]", "\"syscalls\""},
	{"lessons", "more", "1", "lessons: unknown member"},
};

static void test_bad(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(bads); i++) {
		struct fixture fixture;
		autojson json_t *json = NULL;
		autorecipe struct recipe *recipe = NULL;
		g_autoptr(GError) error = NULL;
		json_t *object;

		fixture_init(&fixture);
		json = recipe_new(&fixture.decision, fixture.production);
		object = bads[i].object ? json_object_at(json, bads[i].object) : json;
		if (bads[i].value)
			json_object_set_new(
				object, bads[i].member,
				json_loads(bads[i].value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
		else
			json_object_del(object, bads[i].member);
		recipe = recipe_parse(json, &error);
		g_test_message("%s %s", bads[i].member, error ? error->message : "");
		g_assert_null(recipe);
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
		g_assert_nonnull(strstr(error->message, bads[i].message));
		fixture_clear(&fixture);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/recipe/both-ways", test_both_ways);
	g_test_add_func("/recipe/no-secret", test_says_no_secret);
	g_test_add_func("/recipe/programs", test_programs);
	g_test_add_func("/recipe/bad", test_bad);
	return g_test_run();
}
