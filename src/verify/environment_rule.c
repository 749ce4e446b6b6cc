/* SPDX-License-Identifier: Apache-2.0 */
/* Variables of the config that are called a secret, by the words of their names, and URLs with a
 * password. */
#include "verify/verification.h"

#include <string.h>

/* Names in words, in upper case: "dbPassword" and "DB_PASSWORD" are "DB" and "PASSWORD". Caller
 * frees. */
static GStrv words_of(const char *name)
{
	GString *text = g_string_new(NULL);
	GStrv words;

	for (const char *c = name; *c; c++) {
		bool begins = g_ascii_isupper(*c) && c > name && g_ascii_islower(c[-1]);

		if (begins || !g_ascii_isalnum(*c))
			g_string_append_c(text, '_');
		if (g_ascii_isalnum(*c))
			g_string_append_c(text, g_ascii_toupper(*c));
	}
	words = g_strsplit(text->str, "_", -1);
	g_string_free(text, TRUE);
	return words;
}

/* "PASSWORD", "PGPASSWORD" and "CLIENTSECRETS", but not "TOKENIZERS". */
static bool word_is_secret(const char *word)
{
	static const char *const ends[] = {
		"PASSWORD",  "PASSWORDS", "PASSWD",     "PASSPHRASE",  "SECRET",
		"SECRETS",   "TOKEN",     "APIKEY",     "APIKEYS",     "PRIVATEKEY",
		"ACCESSKEY", "SECRETKEY", "CREDENTIAL", "CREDENTIALS",
	};
	static const char *const whole[] = {"CREDS", "PWD", "PASS", NULL};

	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		if (g_str_has_suffix(word, ends[i]))
			return true;
	}
	return g_strv_contains(whole, word);
}

/* A key that is none of a public kind, by the word before it. */
static bool is_secret_key(const char *before, const char *word)
{
	static const char *const kinds[] = {"API",    "PRIVATE", "ACCESS",  "ENCRYPTION", "SIGNING",
					    "MASTER", "SERVICE", "ACCOUNT", "DECRYPTION", NULL};

	return !strcmp(word, "KEY") && g_strv_contains(kinds, before);
}

/* What a name that ends so holds is no secret, but where one is, or what one is like:
 * "DB_PASSWORD_FILE", "TOKEN_URL", "PASSWORD_MIN_LENGTH". */
static bool is_about(const char *last)
{
	static const char *const words[] = {
		"FILE",    "FILES",    "PATH",           "DIR",      "DIRECTORY", "NAME",
		"URL",     "URI",      "HOST",           "PORT",     "ENDPOINT",  "TTL",
		"EXPIRY",  "EXPIRES",  "EXPIRATION",     "LENGTH",   "LIMIT",     "TIMEOUT",
		"TYPE",    "HEADER",   "ISSUER",         "AUDIENCE", "ALGORITHM", "POLICY",
		"ENABLED", "REQUIRED", "AUTHENTICATION", NULL};

	return g_strv_contains(words, last);
}

/* PWD and OLDPWD alone are directories; a personal access token is the last word of several. */
static bool name_is_secret(const char *name)
{
	g_auto(GStrv) words = words_of(name);
	guint count = g_strv_length(words);

	if (count == 0 || !strcmp(name, "PWD") || is_about(words[count - 1]))
		return false;
	for (guint i = 0; i < count; i++) {
		if (word_is_secret(words[i]) || (i > 0 && is_secret_key(words[i - 1], words[i])))
			return true;
	}
	return count > 1 && !strcmp(words[count - 1], "PAT");
}

/* "ALLOW_EMPTY_PASSWORD=yes" */
static bool value_is_switch(const char *value)
{
	static const char *const switches[] = {"yes", "no", "true", "false", "on", "off", NULL};
	g_autofree char *lower = g_ascii_strdown(value, -1);

	return g_strv_contains(switches, lower);
}

/* "postgres://user:password@host" (RFC 3986, 3.2.1) */
static bool value_has_password(const char *value)
{
	const char *authority = strstr(value, "://");
	size_t user;

	if (!authority)
		return false;
	authority += 3;
	user = strcspn(authority, ":@/?#");
	return authority[user] == ':' && authority[user + 1] != '@' &&
	       authority[user + 1 + strcspn(authority + user + 1, "@/?#")] == '@';
}

void check_environment(struct verification *verification, struct rule_result *result)
{
	const GPtrArray *environment = verification->subject->image->config->environment;

	for (guint i = 0; i < environment->len; i++) {
		g_auto(GStrv) parts = g_strsplit(environment->pdata[i], "=", 2);
		const char *value = parts[0] ? parts[1] : NULL;

		if (!value || !*value)
			continue;
		if (name_is_secret(parts[0]) && !value_is_switch(value))
			result_find(result, "%s is set", parts[0]);
		else if (value_has_password(value))
			result_find(result, "%s is a URL with a password", parts[0]);
	}
}
