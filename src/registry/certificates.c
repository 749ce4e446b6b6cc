/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/certificates.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { PEM_MAX_BYTES = 4 << 20, FILES_MAX = 100 };

void registry_settings_clear(struct registry_settings *settings)
{
	g_clear_pointer(&settings->ca_file, g_free);
	g_clear_pointer(&settings->auth_file, g_free);
	g_clear_pointer(&settings->cache_path, g_free);
}

void exchange_transport_clear(struct exchange_transport *transport)
{
	g_clear_pointer(&transport->ca_pem, g_bytes_unref);
	g_clear_pointer(&transport->client_cert, g_free);
	g_clear_pointer(&transport->client_key, g_free);
}

static bool add_pem(GByteArray *pem, const char *path, GError **error)
{
	g_autofree char *quoted = error_quote(path);
	autofd int fd = fd_open(AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0, error);
	g_autoptr(GBytes) data = fd >= 0 ? fd_read_all(fd, PEM_MAX_BYTES, quoted, error) : NULL;
	gsize size_bytes;
	const void *bytes;

	if (!data)
		return false;
	bytes = g_bytes_get_data(data, &size_bytes);
	if (!memmem(bytes ? bytes : "", size_bytes, "-----BEGIN ", 11))
		return error_set(error, THRESH_ERROR_INPUT, "%s: holds no certificate in PEM form",
				 quoted);
	if (size_bytes > PEM_MAX_BYTES - MIN(pem->len, (guint)PEM_MAX_BYTES))
		return error_set(error, THRESH_ERROR_INPUT, "%s: too many certificates", quoted);
	g_byte_array_append(pem, bytes, (guint)size_bytes);
	g_byte_array_append(pem, (const guint8 *)"\n", 1);
	return true;
}

/* The client's certificate, where its key lies beside it. */
static void take_client(const char *path, struct exchange_transport *transport)
{
	g_autofree char *stem = g_strndup(path, strlen(path) - strlen(".cert"));
	g_autofree char *key = g_strconcat(stem, ".key", NULL);

	if (transport->client_cert || !g_file_test(key, G_FILE_TEST_IS_REGULAR))
		return;
	transport->client_cert = g_strdup(path);
	transport->client_key = g_steal_pointer(&key);
}

static bool look_into(const char *directory, GByteArray *pem, struct exchange_transport *transport,
		      GError **error)
{
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	const char *name;
	int files = 0;

	while (dir && (name = g_dir_read_name(dir)) && files++ < FILES_MAX) {
		g_autofree char *path = g_build_filename(directory, name, NULL);

		if (g_str_has_suffix(name, ".crt") && !add_pem(pem, path, error))
			return false;
		if (g_str_has_suffix(name, ".cert"))
			take_client(path, transport);
	}
	return true;
}

bool certificates_find(const struct registry_settings *settings, const char *host,
		       struct exchange_transport *transport, GError **error)
{
	g_autoptr(GByteArray) pem = g_byte_array_new();
	const char *config = g_getenv("XDG_CONFIG_HOME");
	g_autofree char *own =
		config && g_path_is_absolute(config)
			? g_build_filename(config, "containers/certs.d", NULL)
			: g_build_filename(g_get_home_dir(), ".config/containers/certs.d", NULL);
	const char *const places[] = {own, "/etc/containers/certs.d", "/etc/docker/certs.d"};

	if (settings->ca_file && !add_pem(pem, settings->ca_file, error)) {
		g_prefix_error(error, "--ca-file: ");
		return false;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *directory = g_build_filename(places[i], host, NULL);

		if (!look_into(directory, pem, transport, error))
			return false;
	}
	if (pem->len > 0)
		transport->ca_pem = g_byte_array_free_to_bytes(g_steal_pointer(&pem));
	return true;
}
