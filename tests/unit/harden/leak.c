/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/leak.h"

#include "base/error.h"

#include <string.h>

static const char secret_value[] = "hunter2+is/it";
/* Put together here, since what a program of thresh's own holds is no leak: this one is such. */
static char *variable_value;

struct fixture {
	struct harden_request *request;
	struct image image;
	struct image_config *config;
	struct tree *tree;
	struct rootfs rootfs;
	struct session session;
};

static void add_variable(struct harden_request *request, const char *name, const char *value)
{
	struct redaction *entry = g_new0(struct redaction, 1);

	*entry = (struct redaction){g_strdup(name), g_strdup(value)};
	g_ptr_array_add(request->environment, entry);
}

/* @config: the source image's. */
static void fixture_init(struct fixture *f, const char *config)
{
	struct secret_request *secret = g_new0(struct secret_request, 1);

	*f = (struct fixture){0};
	f->request = harden_request_new();
	*secret = (struct secret_request){g_strdup("db"),
					  g_bytes_new_static(secret_value, strlen(secret_value))};
	g_ptr_array_add(f->request->secrets, secret);
	add_variable(f->request, "TOKEN", variable_value);
	add_variable(f->request, "SHORT", "abc");
	add_variable(f->request, "DATA_DIRECTORY", "/var/lib/data");
	add_variable(f->request, "MODE", "production-like");
	g_ptr_array_add(f->request->public_names, g_strdup("MODE"));
	f->tree = tree_new();
	f->config = image_config_parse(config, strlen(config), NULL);
	g_assert_nonnull(f->config);
	f->image.config = f->config;
	f->rootfs.tree = f->tree;
	f->session =
		(struct session){.request = f->request, .image = &f->image, .rootfs = &f->rootfs};
}

static void fixture_clear(struct fixture *f)
{
	harden_request_free(f->request);
	image_config_free(f->config);
	tree_free(f->tree);
}

#define PLAIN_CONFIG "{\"architecture\": \"amd64\", \"os\": \"linux\", \"config\": {}}"

static char *base64_of(const char *text)
{
	return g_base64_encode((const guchar *)text, strlen(text));
}

/* Each text, and what is found in it: a name, or NULL. */
static void test_texts(void)
{
	g_autofree char *secret64 = base64_of(secret_value);
	g_autofree char *token64 = base64_of(variable_value);
	g_autofree char *inside = g_strconcat("{\"auth\":\"", secret64, "\"}", NULL);
	const struct {
		const char *text, *name;
	} table[] = {
		{"nothing of it", NULL},
		{"a hunter2+is/it b", "db"},
		{"hunter2+is/i", NULL},
		{"hunter2%2Bis%2Fit", "db"},
		{"hunter2%2bis%2fit", "db"},
		{"68756e746572322b69732f6974", "db"},
		{"68756E746572322B69732F6974", "db"},
		{inside, "db"},
		{token64, "TOKEN"},
		{variable_value, "TOKEN"},
		{"abc /var/lib/data production-like", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct fixture f;
		autoleaks struct leaks *leaks = NULL;
		g_autoptr(GError) error = NULL;

		fixture_init(&f, PLAIN_CONFIG);
		leaks = leaks_new(f.request);
		g_assert_false(leaks_are_none(leaks));
		leaks_search_text(leaks, "a place", table[i].text, strlen(table[i].text));
		g_test_message("%s", table[i].text);
		g_assert_true(leaks_judge(leaks, &f.session, &error) == !table[i].name);
		if (table[i].name) {
			g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
			g_assert_nonnull(strstr(error->message, table[i].name));
			g_assert_nonnull(strstr(error->message, "a place"));
			g_assert_null(strstr(error->message, "hunter2"));
			g_assert_null(strstr(error->message, "horse"));
		}
		fixture_clear(&f);
	}
}

/* A place in JSON is the member, names and values alike. */
static void test_json(void)
{
	static const struct {
		const char *json, *place;
	} table[] = {
		{"{\"config\": {\"Env\": [\"A=1\", \"B=hunter2+is/it\"]}}", "config.Env[1]"},
		{"{\"a\": {\"hunter2+is/it\": 1}}", "a, a member's name"},
		{"{\"a\": [1, true, null, {\"b\": \"hunter2+is\\/it\"}]}", "a[3].b"},
		{"{\"a\": \"hunter2\"}", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct fixture f;
		autoleaks struct leaks *leaks = NULL;
		autojson json_t *json = json_loads(table[i].json, 0, NULL);
		g_autoptr(GError) error = NULL;

		fixture_init(&f, PLAIN_CONFIG);
		leaks = leaks_new(f.request);
		leaks_search_json(leaks, "x.json", json);
		g_assert_true(leaks_judge(leaks, &f.session, &error) == !table[i].place);
		if (table[i].place)
			g_assert_nonnull(strstr(error->message, table[i].place));
		fixture_clear(&f);
	}
}

/* A variable's value that the source image holds tells nobody anything; a secret is none nowhere.
 */
static void test_known(void)
{
	const struct {
		const char *text;
		bool fine;
	} table[] = {{variable_value, true}, {secret_value, false}};
	g_autofree char *config = g_strdup_printf(
		"{\"architecture\": \"amd64\", \"os\": \"linux\", \"config\": {\"Env\": "
		"[\"A=%s\", \"B=%s\"]}}",
		variable_value, secret_value);

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct fixture f;
		autoleaks struct leaks *leaks = NULL;
		g_autoptr(GError) error = NULL;

		fixture_init(&f, config);
		leaks = leaks_new(f.request);
		leaks_search_text(leaks, "a place", table[i].text, strlen(table[i].text));
		g_assert_true(leaks_judge(leaks, &f.session, &error) == table[i].fine);
		fixture_clear(&f);
	}
}

static void test_none(void)
{
	struct harden_request *request = harden_request_new();
	autoleaks struct leaks *leaks = NULL;

	add_variable(request, "SHORT", "abc");
	leaks = leaks_new(request);
	g_assert_true(leaks_are_none(leaks));
	harden_request_free(request);
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	variable_value = g_strconcat("correct", "-", "horse", NULL);
	g_test_add_func("/leak/texts", test_texts);
	g_test_add_func("/leak/json", test_json);
	g_test_add_func("/leak/known", test_known);
	g_test_add_func("/leak/none", test_none);
	status = g_test_run();
	g_free(variable_value);
	return status;
}
