/* SPDX-License-Identifier: Apache-2.0 */
/* Rules on an image by hand, each with what it must find beside what it must let pass; policies;
 * the formats for machines. */
#include "verify/verify.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "verify/format.h"
#include "verify/policy.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	char *directory;
	struct tree *tree;
	struct image image;
	json_t *keep_list;
};

static void fixture_init(struct fixture *f, const char *config)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = g_strdup_printf(
		"{\"architecture\": \"amd64\", \"os\": \"linux\", \"config\": {%s}}", config);

	*f = (struct fixture){0};
	f->directory = g_dir_make_tmp("thresh-verify-XXXXXX", &error);
	g_assert_no_error(error);
	f->tree = tree_new();
	f->tree->root_fd = open(f->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	f->tree->root->mode = 0755;
	f->image.reference = (char *)"oci:fixture";
	f->image.config = image_config_parse(text, strlen(text), &error);
	g_assert_no_error(error);
}

static void fixture_clear(struct fixture *f)
{
	g_autofree char *name = g_path_get_basename(f->directory);
	g_autofree char *parent = g_path_get_dirname(f->directory);
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	g_assert_true(fd_remove_tree(fd, name, NULL));
	close(fd);
	tree_free(f->tree);
	image_config_free(f->image.config);
	json_decref(f->keep_list);
	g_free(f->directory);
}

static struct node *add_bytes(struct fixture *f, const char *path, uint32_t mode,
			      const void *content, size_t size_bytes)
{
	g_autofree char *disk = g_strconcat(f->directory, path, NULL);
	g_autofree char *parent = g_path_get_dirname(disk);
	struct node *node = tree_add(f->tree, path, NODE_FILE, NULL);

	g_assert_cmpint(g_mkdir_with_parents(parent, 0755), ==, 0);
	g_assert_true(g_file_set_contents(disk, content, (gssize)size_bytes, NULL));
	node->mode = mode;
	node->size_bytes = size_bytes;
	digest_of(content, size_bytes, &node->digest);
	return node;
}

static struct node *add_file(struct fixture *f, const char *path, uint32_t mode,
			     const char *content)
{
	return add_bytes(f, path, mode, content, strlen(content));
}

static void add_link(struct fixture *f, const char *path, const char *target)
{
	struct node *node = tree_add(f->tree, path, NODE_SYMLINK, NULL);

	node->mode = 0777;
	node->target = g_strdup(target);
}

static GPtrArray *run(struct fixture *f)
{
	struct verify_subject subject = {
		.image = &f->image, .tree = f->tree, .keep_list = f->keep_list};
	autoverification struct verification *verification = verification_new(&subject);

	return verification_run(verification);
}

static const struct rule_result *result_of(const GPtrArray *results, const char *id)
{
	for (guint i = 0; i < results->len; i++) {
		const struct rule_result *result = results->pdata[i];

		if (!strcmp(result->rule->id, id))
			return result;
	}
	g_assert_not_reached();
}

static void assert_outcome(struct fixture *f, const char *id, const char *want, const char *finding)
{
	g_autoptr(GPtrArray) results = run(f);
	const struct rule_result *result = result_of(results, id);

	g_assert_cmpstr(outcome_name(result->outcome), ==, want);
	if (finding)
		g_assert_nonnull(strstr(result->findings->pdata[0], finding));
}

/* --- rules ---------------------------------------------------------------------------------------
 */

static void test_modes(void)
{
	struct fixture f;

	fixture_init(&f, "");
	add_file(&f, "/usr/bin/plain", 0755, "x");
	tree_add(f.tree, "/tmp", NODE_DIRECTORY, NULL)->mode = 01777;
	assert_outcome(&f, "no-setid", "PASS", NULL);
	assert_outcome(&f, "not-writable", "PASS", NULL);
	add_file(&f, "/usr/bin/raised", 04755, "x");
	assert_outcome(&f, "no-setid", "FAIL", "/usr/bin/raised: mode 4755");
	add_file(&f, "/etc/open", 0664, "x");
	assert_outcome(&f, "not-writable", "FAIL", "/etc/open: mode 0664");
	fixture_clear(&f);
}

static void test_capabilities_and_devices(void)
{
	g_autoptr(GBytes) value = g_bytes_new("x", 1);
	struct fixture f;
	struct node *node;

	fixture_init(&f, "");
	node = add_file(&f, "/usr/bin/ping", 0755, "x");
	assert_outcome(&f, "no-file-capabilities", "PASS", NULL);
	assert_outcome(&f, "no-devices", "PASS", NULL);
	node_set_xattr(node, "security.capability", value);
	assert_outcome(&f, "no-file-capabilities", "FAIL", "/usr/bin/ping");
	node = tree_add(f.tree, "/dev/kmem", NODE_CHARACTER, NULL);
	node->device_major = 1;
	assert_outcome(&f, "no-devices", "FAIL", "/dev/kmem: 1:0");
	fixture_clear(&f);
}

static void test_user(void)
{
	static const struct {
		const char *config, *outcome, *finding;
	} table[] = {
		{"", "FAIL", "no User"},
		{"\"User\": \"0\"", "FAIL", "root"},
		{"\"User\": \"0:5\"", "FAIL", "root"},
		{"\"User\": \"app\"", "FAIL", "a name"},
		{"\"User\": \"10:0\"", "FAIL", "the group of root"},
		{"\"User\": \"10:root\"", "FAIL", "the group of root"},
		{"\"User\": \"10:1:1\"", "FAIL", "more than a user and a group"},
		{"\"User\": \"4294967296\"", "FAIL", "above the last number"},
		{"\"User\": \"4294967295\"", "FAIL", "above the last number"},
		{"\"User\": \"10\"", "PASS", NULL},
		{"\"User\": \"65532:65532\"", "PASS", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct fixture f;

		fixture_init(&f, table[i].config);
		assert_outcome(&f, "non-root", table[i].outcome, table[i].finding);
		fixture_clear(&f);
	}
}

static void test_environment(void)
{
	static const struct {
		const char *variable, *finding; /* NULL: nothing */
	} table[] = {
		{"PATH=/bin", NULL},
		{"DB_PASSWORD_FILE=/run/secrets/db", NULL},
		{"API_TOKEN=", NULL},
		{"db_password=hunter22", "db_password is set"},
		{"DB_PASS=hunter22", "DB_PASS is set"},
		{"PGPASSWORD=hunter22", "PGPASSWORD is set"},
		{"MYSQL_PWD=hunter22", "MYSQL_PWD is set"},
		{"dbPassword=hunter22", "dbPassword is set"},
		{"apiKey=0123456789", "apiKey is set"},
		{"STRIPE_API_KEY=x1", "STRIPE_API_KEY is set"},
		{"AWS_ACCESS_KEY_ID=x1", "AWS_ACCESS_KEY_ID is set"},
		{"AWS_SECRET_ACCESS_KEY=x1", "AWS_SECRET_ACCESS_KEY is set"},
		{"RAILS_MASTER_KEY=x1", "RAILS_MASTER_KEY is set"},
		{"SECRET_KEY_BASE=x1", "SECRET_KEY_BASE is set"},
		{"GH_PAT=x1", "GH_PAT is set"},
		{"GITHUB_TOKEN=x1", "GITHUB_TOKEN is set"},
		{"CLIENTSECRET=x1", "CLIENTSECRET is set"},
		{"AWS_CREDENTIALS=x1", "AWS_CREDENTIALS is set"},
		{"SSH_PASSPHRASE=x1", "SSH_PASSPHRASE is set"},
		{"TOKENIZER=bert", NULL},
		{"TOKENIZERS_PARALLELISM=8", NULL},
		{"MAX_TOKENS=4096", NULL},
		{"GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D", NULL},
		{"SECRETARY=ann", NULL},
		{"COMPASS=north", NULL},
		{"PASSENGER_APP_ENV=production", NULL},
		{"BYPASS=1", NULL},
		{"PWD=/app", NULL},
		{"OLDPWD=/app", NULL},
		{"PATTERN=x", NULL},
		{"TOKEN_URL=https://h/token", NULL},
		{"PASSWORD_MIN_LENGTH=12", NULL},
		{"ALLOW_EMPTY_PASSWORD=yes", NULL},
		{"DB=pg://u:hunter22@h/db", "DB is a URL with a password"},
		{"TOKEN_URL=https://u:hunter22@h/", "TOKEN_URL is a URL with a password"},
		{"A=pg://u@h:5432/d", NULL},
		{"B=http://h:80/@x", NULL},
		{"C=x://:@h", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *config = g_strdup_printf("\"Env\": [\"%s\"]", table[i].variable);
		struct fixture f;

		g_test_message("%s", table[i].variable);
		fixture_init(&f, config);
		assert_outcome(&f, "environment", table[i].finding ? "FAIL" : "PASS",
			       table[i].finding);
		fixture_clear(&f);
	}
}

static void test_secrets(void)
{
	static const char key[] =
		"-----BEGIN RSA PRIVATE KEY-----\n"
		"MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MhgwMbRvI0MBZhpI\n";
	static const struct {
		const char *path, *content, *outcome;
	} table[] = {
		{"/usr/share/doc/keys", "-----BEGIN RSA PRIVATE KEY-----\n... your key here ...\n",
		 "PASS"},
		{"/app/key.pem", key, "FAIL"},
		{"/app/account.json",
		 "{\"private_key\": \"-----BEGIN PRIVATE KEY-----\\n"
		 "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\\n\"}",
		 "FAIL"},
		{"/root/key.asc",
		 "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n"
		 "lQVYBGNgYGABDADYGGYGYGYGYGYGYGYGYGYGYGYGYGYGYGYGYGYGYGYG\n",
		 "FAIL"},
		{"/app/code.c",
		 "puts(\"-----BEGIN PRIVATE KEY-----\");\n/* and more of the text here */", "PASS"},
		{"/app/config", "aws = AKIAIOSFODNN7EXAMPLE\n", "FAIL"},
		{"/app/words", "AKIAIOSFODNN7EXAMPLEANDMORE AKIAlower0000000000\n", "PASS"},
		{"/app/token", "token: ghp_0123456789abcdefghijABCDEFGHIJ012345\n", "FAIL"},
		{"/app/short", "ghp_short and xghp_0123456789abcdefghijABCDEFGHIJ012345\n", "PASS"},
		{"/app/ends", "npm_", "PASS"},
		{"/app/key-at-the-end", "-----BEGIN ", "PASS"},
		{"/root/.netrc", "machine x\n", "FAIL"},
		{"/root/.docker/config.json", "{}", "FAIL"},
		{"/app/config.json", "{}", "PASS"},
		{"/app/identifier", "npm_config_registry_of_the_build_machine_url = 1\n", "PASS"},
		{"/app/age",
		 "AGE-SECRET-KEY-1"
		 "QQPQ8S2KQY5C0ZGYXZ3T5W8MNV7R4D6H9J2L0F3E5A7C9GQ8X2M4QQPQ8S\n",
		 "FAIL"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct fixture f;

		fixture_init(&f, "");
		add_file(&f, table[i].path, 0644, table[i].content);
		assert_outcome(&f, "no-secrets", table[i].outcome, NULL);
		fixture_clear(&f);
	}
}

#define KEY_TEXT                                                                                   \
	"-----BEGIN RSA PRIVATE KEY-----\\n"                                                       \
	"MIIEpAIBAAKCAQEA0Z3VS5JJcds3xfn/ygWyF8PbnGy0AHB7MhgwMbRvI0MBZhpI\\n"

/* In what is no file: variables, labels, arguments. */
static void test_secrets_of_config(void)
{
	static const struct {
		const char *config, *outcome, *finding;
	} table[] = {
		{"\"Env\": [\"A=b\", \"URL=https://x:ghp_0123456789abcdefghijABCDEFGHIJ012345@y\"]",
		 "FAIL", "config: config.Env.1: a GitHub token"},
		{"\"Labels\": {\"k\": \"" KEY_TEXT "\"}", "FAIL",
		 "config: config.Labels.k: a private key"},
		{"\"Cmd\": [\"--key=AKIAIOSFODNN7EXAMPLE\"]", "FAIL", "config: config.Cmd.0"},
		{"\"Labels\": {\"k\": \"-----BEGIN RSA PRIVATE KEY-----\"}", "PASS", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct fixture f;

		fixture_init(&f, table[i].config);
		assert_outcome(&f, "no-secrets", table[i].outcome, table[i].finding);
		fixture_clear(&f);
	}
}

/* A key in base64, wherever it begins in a group of three bytes; and a text that only begins so. */
static void test_encoded_secrets(void)
{
	static const char key[] =
		"-----BEGIN EC PRIVATE KEY-----\n"
		"MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY/PuoAoGCCqGSM49\n";

	for (guint shift = 0; shift < 4; shift++) {
		g_autofree char *plain =
			shift < 3 ? g_strdup_printf("%.*s%s", (int)shift, "k=", key)
				  : g_strdup("-----BEGIN CERTIFICATE-----\nMIIB0123456789");
		g_autofree char *encoded = g_base64_encode((const guchar *)plain, strlen(plain));
		g_autofree char *text = g_strdup_printf("client-key-data: %s\n", encoded);
		struct fixture f;

		fixture_init(&f, "");
		add_file(&f, "/app/config", 0644, text);
		assert_outcome(&f, "no-secrets", shift < 3 ? "FAIL" : "PASS",
			       shift < 3 ? "/app/config: a private key in base64" : NULL);
		fixture_clear(&f);
	}
}

#define BARE_KEY                                                                                   \
	"-----BEGIN EC PRIVATE KEY-----\n"                                                         \
	"MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY/PuoAoGCCqGSM49\n"

/* Where a text editor does not show them: programs, UTF-16, DER, attributes, the end of a large
 * file. */
static void test_secrets_in_bytes(void)
{
	static const char elf[] = "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0>\0";
	static const char der[] = "\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20"
				  "0123456789abcdef0123456789abcdef";
	static const struct {
		const char *before, *text, *finding;
		size_t before_bytes;
		guint width;       /* bytes a character */
		guint zeros_first; /* big-endian */
	} table[] = {
		{elf, BARE_KEY, "/app/file: a private key at byte 20", sizeof(elf) - 1, 1, 0},
		{elf, "\177ghp_0123456789abcdefghijABCDEFGHIJ012345",
		 "/app/file: a GitHub token at byte 21", sizeof(elf) - 1, 1, 0},
		{elf, "-----BEGIN RSA PRIVATE KEY-----", NULL, sizeof(elf) - 1, 1, 0},
		{"\xff\xfe", BARE_KEY, "a private key in UTF-16", 2, 2, 0},
		{"\xfe\xff", BARE_KEY, "a private key in UTF-16", 2, 2, 1},
		{"\xff\xfe", "-----BEGIN EC PRIVATE KEY-----\n... here ...", NULL, 2, 2, 0},
		{der, "", "a private key in DER", sizeof(der) - 1, 1, 0},
		{der, "and more", NULL, sizeof(der) - 1, 1, 0},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		GString *bytes = g_string_new_len(table[i].before, (gssize)table[i].before_bytes);
		struct fixture f;

		for (const char *c = table[i].text; *c; c++) {
			if (table[i].width == 2 && table[i].zeros_first)
				g_string_append_c(bytes, '\0');
			g_string_append_c(bytes, *c);
			if (table[i].width == 2 && !table[i].zeros_first)
				g_string_append_c(bytes, '\0');
		}
		fixture_init(&f, "");
		add_bytes(&f, "/app/file", 0644, bytes->str, bytes->len);
		assert_outcome(&f, "no-secrets", table[i].finding ? "FAIL" : "PASS",
			       table[i].finding);
		fixture_clear(&f);
		g_string_free(bytes, TRUE);
	}
}

static void test_secrets_at_the_end(void)
{
	enum { BEFORE_BYTES = 70 << 20 };
	g_autofree char *bytes = g_malloc0(BEFORE_BYTES + sizeof(BARE_KEY));
	struct fixture f;

	memcpy(bytes + BEFORE_BYTES, BARE_KEY, sizeof(BARE_KEY));
	fixture_init(&f, "");
	add_bytes(&f, "/app/large", 0644, bytes, BEFORE_BYTES + sizeof(BARE_KEY));
	assert_outcome(&f, "no-secrets", "FAIL", "/app/large: a private key at byte 73400320");
	fixture_clear(&f);
}

/* As the distribution's package has it, it is known to everybody. */
static void test_secrets_of_everybody(void)
{
	static const char elf[] = "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0>\0" BARE_KEY;
	struct fixture f;
	g_autofree char *md5 =
		g_compute_checksum_for_data(G_CHECKSUM_MD5, (const guchar *)elf, sizeof(elf) - 1);
	g_autofree char *sums = g_strdup_printf("%s  usr/lib/libtls.so\n", md5);

	fixture_init(&f, "");
	add_bytes(&f, "/usr/lib/libtls.so", 0644, elf, sizeof(elf) - 1);
	assert_outcome(&f, "no-secrets", "FAIL", "/usr/lib/libtls.so: a private key at byte 20");
	add_file(&f, "/var/lib/dpkg/status.d/libtls", 0644, "Package: libtls\nVersion: 1\n");
	add_file(&f, "/var/lib/dpkg/status.d/libtls.md5sums", 0644, sums);
	assert_outcome(&f, "no-secrets", "PASS", NULL);
	add_bytes(&f, "/usr/lib/libtls.so", 0644, elf, sizeof(elf) - 2);
	assert_outcome(&f, "no-secrets", "FAIL", "/usr/lib/libtls.so: a private key at byte 20");
	fixture_clear(&f);
}

static void test_secrets_in_attributes(void)
{
	struct fixture f;
	g_autoptr(GBytes) value = g_bytes_new_static(BARE_KEY, strlen(BARE_KEY));

	fixture_init(&f, "");
	node_set_xattr(add_file(&f, "/app/file", 0644, "x"), "user.key", value);
	assert_outcome(&f, "no-secrets", "FAIL", "/app/file: attribute user.key: a private key");
	fixture_clear(&f);
}

/* What cannot be looked into is no PASS. */
static void test_secrets_unread(void)
{
	struct fixture f;
	g_autoptr(GPtrArray) results = NULL;

	fixture_init(&f, "");
	add_file(&f, "/app/file", 0644, "x")->size_bytes = G_MAXINT64;
	results = run(&f);
	g_assert_cmpstr(outcome_name(result_of(results, "no-secrets")->outcome), ==, "SKIP");
	g_assert_cmpstr(result_of(results, "no-secrets")->reason, ==,
			"/app/file could not be looked into whole");
	fixture_clear(&f);
}

static void test_accounts(void)
{
	struct fixture f;

	fixture_init(&f, "");
	add_file(&f, "/etc/passwd", 0644, "root:x:0:0::/:\napp:x:10:10::/:\n");
	assert_outcome(&f, "credentials", "PASS", NULL);
	add_file(&f, "/etc/shadow", 0640, "root:*:1::::::\napp::1::::::\n");
	assert_outcome(&f, "credentials", "FAIL", "/etc/shadow: app has an empty password");
	add_file(&f, "/etc/shadow", 0640, "root:*:1::::::\napp:*:1::::::\n");
	add_file(&f, "/etc/passwd", 0644, "root:x:0:0::/:\ntoor:x:0:0::/:\n");
	assert_outcome(&f, "credentials", "FAIL", "/etc/passwd: toor has another's number");
	fixture_clear(&f);
}

static void test_links(void)
{
	struct fixture f;

	fixture_init(&f, "");
	add_link(&f, "/etc/mtab", "/proc/mounts");
	add_link(&f, "/usr/lib/a", "b");
	add_file(&f, "/usr/lib/b", 0644, "x");
	assert_outcome(&f, "links", "NA", NULL);
	f.keep_list =
		json_pack("{s:[{s:s, s:s}, {s:s, s:s}]}", "kept", "path", "/etc/mtab", "reason",
			  "trace:readlink", "path", "/usr/lib/a", "reason", "closure:symlink");
	assert_outcome(&f, "links", "PASS", NULL);
	tree_remove(f.tree, tree_lookup(f.tree, "/usr/lib/b"));
	assert_outcome(&f, "links", "FAIL", "/usr/lib/a -> b");
	fixture_clear(&f);
}

static void test_entry(void)
{
	static const struct {
		const char *config, *outcome, *finding;
	} table[] = {
		{"\"Entrypoint\": [\"/app/none\"]", "FAIL", "/app/none: is missing"},
		{"\"Entrypoint\": [\"none\"]", "FAIL", "none: is missing"},
		{"\"Entrypoint\": [\"/app/run\"]", "PASS", NULL},
		{"\"Cmd\": [\"run\"], \"Env\": [\"PATH=/bin:/app\"]", "PASS", NULL},
		{"\"Cmd\": [\"./run\"], \"WorkingDir\": \"/app\"", "PASS", NULL},
		{"\"Cmd\": [\"/app/data\"]", "FAIL", "/app/data: cannot be executed: mode 0644"},
		{"\"Cmd\": [\"/app/script\"]", "FAIL",
		 "/app/script: is a script for /bin/sh, which is missing"},
		{"\"Cmd\": [\"/app/env-script\"]", "FAIL",
		 "/app/env-script: is a script for bash, which is missing"},
		{"", "NA", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct fixture f;

		fixture_init(&f, table[i].config);
		add_file(&f, "/app/run", 0755, "x");
		add_file(&f, "/app/data", 0644, "x");
		add_file(&f, "/app/script", 0755, "#!/bin/sh\nexit 0\n");
		add_file(&f, "/app/env-script", 0755, "#!/usr/bin/env bash\nexit 0\n");
		assert_outcome(&f, "entry", table[i].outcome, table[i].finding);
		fixture_clear(&f);
	}
}

static void test_health(void)
{
	static const struct {
		const char *config, *outcome;
	} table[] = {
		{"", "NA"},
		{"\"Healthcheck\": {\"Test\": [\"NONE\"]}", "NA"},
		{"\"Healthcheck\": {\"Test\": [\"CMD-SHELL\", \"curl x\"]}", "FAIL"},
		{"\"Healthcheck\": {\"Test\": [\"CMD\", \"/app/check\"]}", "FAIL"},
		{"\"Healthcheck\": {\"Test\": [\"CMD\", \"curl\", \"x\"]}", "FAIL"},
		{"\"Healthcheck\": {\"Test\": [\"CMD\", \"/app/script\"]}", "FAIL"},
		{"\"Healthcheck\": {\"Test\": [\"CMD\"]}", "FAIL"},
		{"\"Healthcheck\": {\"Test\": [\"CMD\", \"/app/run\"]}", "PASS"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		struct fixture f;

		fixture_init(&f, table[i].config);
		add_file(&f, "/app/run", 0755, "x");
		add_file(&f, "/app/script", 0755, "#!/bin/sh\nexit 0\n");
		assert_outcome(&f, "health", table[i].outcome, NULL);
		fixture_clear(&f);
	}
}

/* Of an image of others thresh's own rules are NA; a label that lies is a finding. */
static void test_foreign(void)
{
	static const char *const own[] = {"init", "plan", "seeds"};
	struct fixture f;

	fixture_init(&f, "");
	for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
		assert_outcome(&f, own[i], "NA", NULL);
	fixture_clear(&f);
	fixture_init(&f, "\"Labels\": {\"dev.thresh.seal\": \"{}\"}");
	for (gsize i = 0; i < G_N_ELEMENTS(own); i++)
		assert_outcome(&f, own[i], "FAIL", "dev.thresh.seal");
	fixture_clear(&f);
}

/* --- policies ------------------------------------------------------------------------------------
 */

static void test_policy_malformed(void)
{
	static const struct {
		const char *text, *message;
	} table[] = {
		{"[]", "t: want keys and values"},
		{"require: [no-shell", "t: not YAML"},
		{"require: [no-shell]\nrequire: [no-setid]\n", "t: not YAML: line 2 column 1"},
		{"requires: [no-shell]", "t: unknown key \"requires\""},
		{"require: [no-shells]", "t: require: \"no-shells\" is no rule"},
		{"require: no-shell", "t: require: want a list"},
		{"init-digests: [\"md5:1\"]", "t: init-digests: "},
		{"exceptions: [{rule: no-shell}]", "t: exceptions.0: owner is missing"},
		{"exceptions: [{rule: no-shell, owner: ' ', reason: b, expires: 2027-01-01}]",
		 "t: exceptions.0: owner is missing"},
		{"exceptions: [{rule: no-shell, owner: \"a\\nPASS\", reason: b, expires: "
		 "2027-01-01}]",
		 "t: exceptions.0: owner is more than one line"},
		{"exceptions: [{rule: no-shell, owner: a, reason: \"b\\e[1m\", expires: "
		 "2027-01-01}]",
		 "t: exceptions.0: reason is more than one line"},
		{"exceptions: [{rule: x, owner: a, reason: b, expires: 2027-01-01}]",
		 "t: exceptions.0: \"x\" is no rule"},
		{"exceptions: [{rule: no-shell, owner: a, reason: b, expires: 2027-02-30}]",
		 "t: exceptions.0: expires: want a day"},
		{"exceptions: [{rule: no-shell, owner: a, reason: b, expires: soon}]",
		 "t: exceptions.0: expires: want a day"},
		{"exceptions: [{rule: no-shell, owner: a, reason: b, expires: 2027-01-01, x: y}]",
		 "t: exceptions.0: unknown key \"x\""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(policy_parse("t", table[i].text, strlen(table[i].text), &error));
		g_assert_error(error, THRESH_ERROR, THRESH_ERROR_INPUT);
		g_assert_true(g_str_has_prefix(error->message, table[i].message));
	}
}

/* The problems that @text finds at @now in an image that runs as root, has a setid file and no
 * health check; joined by "; ". */
static char *judge(const char *text, gint64 now)
{
	g_autoptr(GError) error = NULL;
	autopolicy struct policy *policy = policy_parse("t", text, strlen(text), &error);
	g_autoptr(GPtrArray) results = NULL;
	g_autoptr(GPtrArray) problems = NULL;
	struct fixture f;
	char *joined;

	g_assert_no_error(error);
	fixture_init(&f, "\"User\": \"10:10\"");
	add_file(&f, "/usr/bin/raised", 04755, "x");
	results = run(&f);
	problems = policy_judge(policy, results, now);
	g_ptr_array_add(problems, NULL);
	joined = g_strjoinv("; ", (char **)problems->pdata);
	fixture_clear(&f);
	return joined;
}

static void test_policy_judge(void)
{
	static const char exception[] =
		"exceptions: [{rule: no-setid, owner: team, reason: ticket, "
		"expires: 2027-03-31}]";
	const gint64 last_second = 1806537599,
		     after = last_second + 1; /* 2027-03-31 23:59:59 UTC */
	static const struct {
		const char *text, *want;
		bool late;
	} table[] = {
		{"{}", "no-setid: FAIL", false},
		{"require: [no-shell]", "", false},
		{"require: [health]", "health: NA", false},
		{"require: [no-setid, no-shell]", "no-setid: FAIL", false},
		{exception, "", false},
		{exception, "no-setid: the exception of team expired on 2027-03-31; no-setid: FAIL",
		 true},
		{"exceptions: [{rule: no-setid, owner: a, reason: b, expires: 9999-12-31}]", "",
		 true},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *got = judge(table[i].text, table[i].late ? after : last_second);

		g_assert_cmpstr(got, ==, table[i].want);
	}
}

/* --- formats -------------------------------------------------------------------------------------
 */

static void assert_markup(const char *text)
{
	static const GMarkupParser parser;
	g_autoptr(GMarkupParseContext) markup = g_markup_parse_context_new(&parser, 0, NULL, NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(g_markup_parse_context_parse(markup, text, -1, &error));
	g_assert_true(g_markup_parse_context_end_parse(markup, &error));
}

static const json_t *sarif_first(const json_t *results, const char *rule)
{
	const json_t *result;
	size_t i;

	json_array_foreach ((json_t *)results, i, result) {
		if (!strcmp(json_string_at(result, "ruleId"), rule))
			return result;
	}
	return NULL;
}

static void test_formats(void)
{
	g_autoptr(GPtrArray) results = NULL;
	g_autoptr(GPtrArray) problems = g_ptr_array_new();
	g_autofree char *junit = NULL;
	autojson json_t *sarif = NULL;
	const json_t *run_object, *first;
	struct fixture f;
	guint rules = 0;

	fixture_init(&f, "");
	add_file(&f, "/usr/bin/<raised>\xef\xbf\xbe", 04755, "x");
	results = run(&f);
	g_ptr_array_add(problems, (gpointer) "no-setid: FAIL");
	junit = verify_to_junit("oci:a&b", results, problems);
	sarif = verify_to_sarif("oci:a&b c", "1", results, problems);
	assert_markup(junit);
	g_assert_nonnull(strstr(junit, "/usr/bin/&lt;raised&gt;\\xef\\xbf\\xbe: mode 4755"));
	while (verify_rules[rules].id)
		rules++;
	run_object = json_array_get(json_array_at(sarif, "runs"), 0);
	g_assert_cmpuint(
		json_array_size(json_array_at(
			json_object_at(json_object_at(run_object, "tool"), "driver"), "rules")),
		==, rules + 1);
	first = json_array_get(json_array_at(run_object, "results"), 0);
	g_assert_cmpstr(json_string_at(first, "kind"), ==, "pass");
	g_assert_cmpstr(json_string_at(first, "level"), ==, "none");
	first = json_object_at(json_array_get(json_array_at(first, "locations"), 0),
			       "physicalLocation");
	g_assert_cmpstr(json_string_at(json_object_at(first, "artifactLocation"), "uri"), ==,
			"oci:a&b%20c");
	g_assert_null(sarif_first(json_array_at(run_object, "results"), "policy"));
	g_assert_nonnull(
		strstr(junit, "passed, and no exception has expired\" time=\"0\"></testcase>"));
	fixture_clear(&f);
}

/* What no rule says by itself. */
static void test_formats_policy(void)
{
	g_autoptr(GPtrArray) results = NULL;
	g_autoptr(GPtrArray) problems = g_ptr_array_new();
	g_autofree char *junit = NULL;
	autojson json_t *sarif = NULL;
	const json_t *found;
	struct fixture f;

	fixture_init(&f, "\"User\": \"1:1\"");
	results = run(&f);
	g_ptr_array_add(problems, (gpointer) "signature: NA");
	junit = verify_to_junit("oci:a", results, problems);
	sarif = verify_to_sarif("oci:a", "1", results, problems);
	assert_markup(junit);
	g_assert_nonnull(strstr(junit, " failures=\"1\" errors=\"0\""));
	g_assert_nonnull(strstr(junit, "message=\"1 not as wanted\">signature: NA\n</failure>"));
	found = sarif_first(
		json_array_at(json_array_get(json_array_at(sarif, "runs"), 0), "results"),
		"policy");
	g_assert_cmpstr(json_string_at(found, "kind"), ==, "fail");
	g_assert_cmpstr(json_string_at(json_object_at(found, "message"), "text"), ==,
			"signature: NA");
	fixture_clear(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/verify/modes", test_modes);
	g_test_add_func("/verify/capabilities-and-devices", test_capabilities_and_devices);
	g_test_add_func("/verify/user", test_user);
	g_test_add_func("/verify/environment", test_environment);
	g_test_add_func("/verify/secrets", test_secrets);
	g_test_add_func("/verify/secrets-of-config", test_secrets_of_config);
	g_test_add_func("/verify/encoded-secrets", test_encoded_secrets);
	g_test_add_func("/verify/secrets-in-bytes", test_secrets_in_bytes);
	g_test_add_func("/verify/secrets-at-the-end", test_secrets_at_the_end);
	g_test_add_func("/verify/secrets-of-everybody", test_secrets_of_everybody);
	g_test_add_func("/verify/secrets-in-attributes", test_secrets_in_attributes);
	g_test_add_func("/verify/secrets-unread", test_secrets_unread);
	g_test_add_func("/verify/accounts", test_accounts);
	g_test_add_func("/verify/links", test_links);
	g_test_add_func("/verify/entry", test_entry);
	g_test_add_func("/verify/health", test_health);
	g_test_add_func("/verify/foreign", test_foreign);
	g_test_add_func("/verify/policy-malformed", test_policy_malformed);
	g_test_add_func("/verify/policy-judge", test_policy_judge);
	g_test_add_func("/verify/formats", test_formats);
	g_test_add_func("/verify/formats-policy", test_formats_policy);
	return g_test_run();
}
