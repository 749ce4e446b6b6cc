/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh key new NAME`, `thresh key id KEY` and `thresh key public KEY`. */
#include "base/error.h"
#include "base/fd.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/options.h"
#include "cli/password.h"
#include "sign/key.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct given {
	char *type;
	char *password_file;
	gboolean no_password;
};

static bool type_parse(const char *text, enum sign_algorithm *ret_algorithm, GError **error)
{
	*ret_algorithm = text && !strcmp(text, "ed25519") ? SIGN_ED25519 : SIGN_ECDSA_P256;
	return !text || !strcmp(text, "ed25519") || !strcmp(text, "ecdsa-p256") ||
	       error_set(error, THRESH_ERROR_USAGE, "--type %s: want ecdsa-p256 or ed25519", text);
}

/* A key is never written over another: what it signed could not be signed again. */
static bool is_free(const char *path, GError **error)
{
	return access(path, F_OK) < 0 ||
	       error_set(error, THRESH_ERROR_INPUT,
			 "%s: is there already; a key is not overwritten", path);
}

static bool pair_write(const char *name, const char *private, const char *public, GError **error)
{
	g_autofree char *private_path = g_strconcat(name, ".key", NULL);
	g_autofree char *public_path = g_strconcat(name, ".pub", NULL);

	return is_free(private_path, error) && is_free(public_path, error) &&
	       file_replace(public_path, public, strlen(public), 0644, error) &&
	       file_replace(private_path, private, strlen(private), 0600, error);
}

static bool report(const struct options *options, const char *name, const struct sign_key *key,
		   GError **error)
{
	g_autofree char *id = sign_key_id(key, error);
	autojson json_t *json = NULL;

	if (!id)
		return false;
	if (options->format == OUTPUT_TEXT) {
		if (name)
			output_line("%s.key and %s.pub: %s", name, name,
				    sign_key_algorithm(key) == SIGN_ED25519 ? "Ed25519"
									    : "ECDSA P-256");
		output_line("%s", id);
		return output_flush(error);
	}
	json = json_pack("{s:i, s:s, s:s}", "version", 1, "keyid", id, "type",
			 sign_key_algorithm(key) == SIGN_ED25519 ? "ed25519" : "ecdsa-p256");
	return json_output_print(json, error);
}

static bool key_new(const struct options *options, const struct given *given, GError **error)
{
	struct password_source source = {.file = given->password_file, .twice = true};
	const char *name = options->operands->pdata[1];
	char *password = NULL, *private = NULL;
	g_autofree char *public = NULL;
	autokey struct sign_key *key = NULL;
	enum sign_algorithm algorithm;
	bool done = false;

	if (!type_parse(given->type, &algorithm, error))
		return false;
	if (!given->no_password && !(password = password_ask(name, &source, error)))
		return false;
	key = sign_key_new(algorithm, error);
	private = key ? sign_key_private_pem(key, password, error) : NULL;
	public = private ? sign_key_public_pem(key, error) : NULL;
	done = public && pair_write(name, private, public, error) &&
	       report(options, name, key, error);
	sign_password_free(password);
	sign_password_free(private);
	return done;
}

static bool key_id(const struct options *options, GError **error)
{
	autokey struct sign_key *key = sign_key_load_public(options->operands->pdata[1], error);

	return key && report(options, NULL, key, error);
}

/* The public half of a private key, wherever that lies: what `verify --key` takes. */
static bool key_public(const struct options *options, const struct given *given, GError **error)
{
	struct password_source source = {.file = given->password_file};
	autokey struct sign_key *key =
		sign_key_load(options->operands->pdata[1], password_ask, &source, error);
	g_autofree char *pem = key ? sign_key_public_pem(key, error) : NULL;

	if (!pem)
		return false;
	output_text(pem);
	return output_flush(error);
}

int cmd_key(int argc, char **argv, GError **error)
{
	struct given given = {0};
	const GOptionEntry own[] = {
		{"type", 0, 0, G_OPTION_ARG_FILENAME, &given.type,
		 "of a new key: ecdsa-p256 (default) or ed25519", "TYPE"},
		{"password-file", 0, 0, G_OPTION_ARG_FILENAME, &given.password_file,
		 "its first line is the key's password or PIN; - is standard input", "FILE"},
		{"no-password", 0, 0, G_OPTION_ARG_NONE, &given.no_password,
		 "do not encrypt the new key", NULL},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	const struct command_form form = {
		.name = "key",
		.operands = "new NAME | id PUBLIC-KEY | public KEY",
		.summary = "Makes a key pair NAME.key and NAME.pub for signing evidence, prints a "
			   "key's "
			   "id, or the\n"
			   "public key of a private one, in a file or a token (handle:, pkcs11:).",
		.examples = "  thresh key new release\n  thresh key id release.pub\n"
			    "  thresh key public handle:0x81000001 > release.pub",
		.groups = OPTIONS_FORMAT,
		.own = own,
		.operands_min = 2,
		.operands_max = 2,
	};
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	const char *action = options ? options->operands->pdata[0] : NULL;

	if (action && !strcmp(action, "new"))
		key_new(options, &given, error);
	else if (action && !strcmp(action, "id"))
		key_id(options, error);
	else if (action && !strcmp(action, "public"))
		key_public(options, &given, error);
	else if (action)
		error_set(error, THRESH_ERROR_USAGE, "%s: want new, id or public", action);
	g_free(given.type);
	g_free(given.password_file);
	return 0;
}
