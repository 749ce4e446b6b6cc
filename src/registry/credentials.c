/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/credentials.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 1 << 20, HELPER_NAME_MAX_BYTES = 64 };

static void wipe(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	g_clear_pointer(secret, g_free);
}

void credential_clear(struct credential *credential)
{
	g_clear_pointer(&credential->user, g_free);
	wipe(&credential->password);
	wipe(&credential->identity_token);
	wipe(&credential->registry_token);
}

/* It becomes a part of a header: no control characters, and a bound. */
static bool is_clean(const char *text)
{
	if (strlen(text) > CREDENTIAL_MAX_BYTES)
		return false;
	for (const char *p = text; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	}
	return true;
}

/* "auth": base64 of user:password. */
static bool take_basic(const char *text, struct credential *credential)
{
	gsize size_bytes = 0;
	g_autofree guchar *raw = g_base64_decode(text, &size_bytes);
	g_autofree char *plain = raw ? g_strndup((const char *)raw, size_bytes) : NULL;
	char *colon = plain ? strchr(plain, ':') : NULL;
	bool ok = colon && is_clean(plain);

	if (ok) {
		credential->user = g_strndup(plain, (gsize)(colon - plain));
		credential->password = g_strdup(colon + 1);
	}
	if (raw)
		explicit_bzero(raw, size_bytes);
	if (plain)
		explicit_bzero(plain, strlen(plain));
	return ok;
}

/* One member of "auths"; an empty one, as docker writes it beside a helper, is none. */
static bool take_entry(const json_t *entry, struct credential *credential)
{
	const char *auth = json_string_at(entry, "auth");
	const char *user = json_string_at(entry, "username");
	const char *password = json_string_at(entry, "password");
	const char *identity = json_string_at(entry, "identitytoken");
	const char *bearer = json_string_at(entry, "registrytoken");

	if (bearer && *bearer) {
		credential->registry_token = g_strdup(bearer);
		return is_clean(bearer);
	}
	if (identity && *identity) {
		credential->identity_token = g_strdup(identity);
		return is_clean(identity);
	}
	if (auth && *auth)
		return take_basic(auth, credential);
	if (user && *user && password) {
		credential->user = g_strdup(user);
		credential->password = g_strdup(password);
		return is_clean(user) && is_clean(password);
	}
	return true;
}

/* "https://index.docker.io/v1/" → "docker.io"; "https://host/v2/" → "host". Paths below a host
 * stay, as containers-auth.json has them. Caller frees. */
static char *normalise_key(const char *key)
{
	const char *text = g_str_has_prefix(key, "https://")  ? key + 8
			   : g_str_has_prefix(key, "http://") ? key + 7
							      : key;
	bool had_scheme = text != key;
	size_t length = had_scheme ? strcspn(text, "/") : strlen(text);
	g_autofree char *plain = g_strndup(text, length);

	while (length > 0 && plain[length - 1] == '/')
		plain[--length] = '\0';
	if (!strcmp(plain, "index.docker.io") || !strcmp(plain, "registry-1.docker.io") ||
	    g_str_has_prefix(plain, "index.docker.io/"))
		return g_strdup("docker.io");
	return g_steal_pointer(&plain);
}

static const json_t *lookup(const json_t *object, const char *want)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value) {
		g_autofree char *plain = normalise_key(key);

		if (!strcmp(plain, want))
			return value;
	}
	return NULL;
}

/* From host/team/app over host/team to host: the most specific that is there. */
static const json_t *lookup_path(const json_t *object, const char *host, const char *repository)
{
	g_autofree char *path = g_strconcat(host, "/", repository, NULL);

	for (;;) {
		const json_t *found = lookup(object, path);
		char *slash = strrchr(path, '/');

		if (found || !slash)
			return found;
		*slash = '\0';
	}
}

static bool helper_name_is_valid(const char *name)
{
	size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789._-");

	return length > 0 && length <= HELPER_NAME_MAX_BYTES && name[length] == '\0';
}

static bool take_helper(const char *name, const char *what, char **ret_helper, GError **error)
{
	if (!helper_name_is_valid(name))
		return error_set(error, THRESH_ERROR_INPUT,
				 "%s: the name of a credential helper has letters, digits, . _ - "
				 "alone",
				 what);
	*ret_helper = g_strdup(name);
	return true;
}

static bool is_some(const struct credential *credential)
{
	return credential->user || credential->identity_token || credential->registry_token;
}

/* docker's order: a helper of that host, what the file holds, the helper for all. */
bool credential_parse(const void *data, size_t size_bytes, const char *what, const char *host,
		      const char *repository, struct credential *ret_credential, char **ret_helper,
		      GError **error)
{
	/* jansson's message may quote what stands there, a secret: it is not passed on */
	autojson json_t *file = json_parse(data, size_bytes, what, NULL);
	autocredential struct credential found = {0};
	const json_t *entry;
	const char *own, *store;

	if (!json_is_object(file))
		return error_set(error, THRESH_ERROR_INPUT, "%s: not JSON, or no object", what);
	own = json_string_value(lookup(json_object_at(file, "credHelpers"), host));
	if (own)
		return take_helper(own, what, ret_helper, error);
	entry = lookup_path(json_object_at(file, "auths"), host, repository);
	if (entry && !take_entry(entry, &found))
		return error_set(error, THRESH_ERROR_INPUT,
				 "%s: the entry of %s holds no credentials that could be used",
				 what, host);
	store = json_string_at(file, "credsStore");
	if (!is_some(&found) && store && *store)
		return take_helper(store, what, ret_helper, error);
	*ret_credential = found;
	found = (struct credential){0};
	return true;
}

bool credential_parse_helper(const void *data, size_t size_bytes, struct credential *ret_credential,
			     GError **error)
{
	autojson json_t *json = json_parse(data, size_bytes, "helper", NULL);
	const char *user = json_string_at(json, "Username");
	const char *secret = json_string_at(json, "Secret");

	if (!user || !secret || !is_clean(user) || !is_clean(secret))
		return error_set(error, THRESH_ERROR_INPUT,
				 "what it prints is not a user name and a secret");
	/* docker-credential-helpers: "<token>" marks an identity token */
	if (!strcmp(user, "<token>")) {
		ret_credential->identity_token = g_strdup(secret);
		return true;
	}
	ret_credential->user = g_strdup(user);
	ret_credential->password = g_strdup(secret);
	return true;
}

/* docker keeps its own registry under this name. */
static const char *helper_server(const char *host)
{
	return !strcmp(host, "docker.io") ? "https://index.docker.io/v1/" : host;
}

/* @required: the user named the file. A file that is not there says nothing. */
static bool look_into(const char *path, bool required, const char *host, const char *repository,
		      struct credential *ret_credential, GError **error)
{
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	g_autofree char *quoted = error_quote(path);
	g_autofree char *helper = NULL;
	g_autoptr(GBytes) data = NULL;

	if (fd < 0 && !required && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
		return true;
	if (fd < 0)
		return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", quoted);
	data = fd_read_all(fd, FILE_MAX_BYTES, quoted, error);
	if (!data || !credential_parse(g_bytes_get_data(data, NULL), g_bytes_get_size(data), quoted,
				       host, repository, ret_credential, &helper, error))
		return false;
	if (!helper)
		return true;
	if (credential_ask_helper(helper, helper_server(host), ret_credential, error))
		return true;
	g_prefix_error(error, "%s: docker-credential-%s: ", quoted, helper);
	return false;
}

static void add_path(GPtrArray *paths, const char *directory, const char *fallback,
		     const char *name)
{
	if (directory && g_path_is_absolute(directory))
		g_ptr_array_add(paths, g_build_filename(directory, name, NULL));
	else if (fallback)
		g_ptr_array_add(paths, g_build_filename(g_get_home_dir(), fallback, name, NULL));
}

bool credential_find(const char *auth_file, const char *host, const char *repository,
		     struct credential *ret_credential, GError **error)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	const char *named = auth_file ? auth_file : g_getenv("REGISTRY_AUTH_FILE");

	if (named && *named)
		return look_into(named, true, host, repository, ret_credential, error);
	add_path(paths, g_getenv("XDG_RUNTIME_DIR"), NULL, "containers/auth.json");
	add_path(paths, g_getenv("XDG_CONFIG_HOME"), ".config", "containers/auth.json");
	add_path(paths, g_getenv("DOCKER_CONFIG"), ".docker", "config.json");
	for (guint i = 0; i < paths->len && !is_some(ret_credential); i++) {
		if (!look_into(paths->pdata[i], false, host, repository, ret_credential, error))
			return false;
	}
	return true;
}
