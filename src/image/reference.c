/* SPDX-License-Identifier: Apache-2.0 */
#include "image/reference.h"

#include "base/error.h"
#include "image/archive.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
	const char *name;
	enum transport transport;
} transports[] = {
	{"oci", TRANSPORT_OCI},
	{"oci-archive", TRANSPORT_OCI_ARCHIVE},
	{"docker-archive", TRANSPORT_DOCKER_ARCHIVE},
	{"docker", TRANSPORT_REGISTRY},
};

/* What other tools know, and how to get from there to here. */
static const char *const foreign_transports[] = {"docker-daemon", "containers-storage", "dir",
						 "ostree", "sif"};

const char *transport_name(enum transport transport)
{
	for (gsize i = 0; i < G_N_ELEMENTS(transports); i++) {
		if (transports[i].transport == transport)
			return transports[i].name;
	}
	return "?";
}

void reference_clear(struct reference *reference)
{
	g_clear_pointer(&reference->path, g_free);
	g_clear_pointer(&reference->name, g_free);
}

/* DIR@sha256:HEX pins a manifest; the colon inside the digest is not the one before a name. */
static char *split_pinned(char *path, const char *name)
{
	size_t length = strlen(path);
	char *at = length > 7 ? path + length - 7 : NULL;

	if (!at || strcmp(at, "@sha256") != 0 || !name || strlen(name) != 64 ||
	    strspn(name, "0123456789abcdef") != 64)
		return NULL;
	*at = '\0';
	return g_strdup_printf("@sha256:%s", name);
}

static void split_path(const char *text, struct reference *ret_reference)
{
	const char *colon = strchr(text, ':');
	char *pinned;

	ret_reference->path = colon ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);
	ret_reference->name = colon ? g_strdup(colon + 1) : NULL;
	pinned = split_pinned(ret_reference->path, ret_reference->name);
	if (pinned) {
		g_free(ret_reference->name);
		ret_reference->name = pinned;
	}
}

static bool check_parts(const char *text, const struct reference *reference, GError **error)
{
	g_autofree char *quoted = error_quote(text);

	if (reference->path[0] == '\0')
		return error_set(error, THRESH_ERROR_USAGE, "%s: no path behind the transport",
				 quoted);
	if (strlen(reference->path) >= 4096)
		return error_set(error, THRESH_ERROR_USAGE, "%s: the path is too long", quoted);
	if (reference->name && (reference->name[0] == '\0' || strlen(reference->name) > 1024))
		return error_set(error, THRESH_ERROR_USAGE,
				 "%s: the name behind the path is empty or too long", quoted);
	for (const char *p = reference->name; p && *p; p++) {
		if (g_ascii_iscntrl(*p) || *p == ' ')
			return error_set(error, THRESH_ERROR_USAGE,
					 "%s: a name has no spaces or control characters", quoted);
	}
	return true;
}

static bool refuse_foreign(const char *text, size_t length, GError **error)
{
	g_autofree char *quoted = error_quote(text);

	for (gsize i = 0; i < G_N_ELEMENTS(foreign_transports); i++) {
		const char *name = foreign_transports[i];

		if (strlen(name) != length || strncmp(text, name, length) != 0)
			continue;
		return error_set(
			error, THRESH_ERROR_USAGE,
			"%s: the transport %s: is not supported yet; copy the image first: "
			"skopeo copy %s oci:DIR:TAG, then use oci:DIR:TAG",
			quoted, name, quoted);
	}
	return error_set(error, THRESH_ERROR_USAGE,
			 "%s: no transport that thresh knows (oci:DIR[:TAG], "
			 "oci-archive:FILE[:TAG], docker-archive:FILE[:REF], docker://REF)",
			 quoted);
}

bool reference_parse(const char *text, struct reference *ret_reference, GError **error)
{
	size_t length = strcspn(text, ":");
	struct reference reference = {0};
	gsize i;

	for (i = 0; i < G_N_ELEMENTS(transports); i++) {
		if (text[length] == ':' && strlen(transports[i].name) == length &&
		    strncmp(text, transports[i].name, length) == 0)
			break;
	}
	if (i == G_N_ELEMENTS(transports))
		return refuse_foreign(text, length, error);
	if (transports[i].transport == TRANSPORT_REGISTRY)
		return reference_parse_registry(text, ret_reference, error);
	reference.transport = transports[i].transport;
	split_path(text + length + 1, &reference);
	if (!check_parts(text, &reference, error)) {
		reference_clear(&reference);
		return false;
	}
	*ret_reference = reference;
	return true;
}

static bool has_transport(const char *text)
{
	size_t length = strcspn(text, ":");

	if (text[length] != ':')
		return false;
	for (gsize i = 0; i < G_N_ELEMENTS(transports); i++) {
		if (strlen(transports[i].name) == length &&
		    strncmp(text, transports[i].name, length) == 0)
			return true;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(foreign_transports); i++) {
		if (strlen(foreign_transports[i]) == length &&
		    strncmp(text, foreign_transports[i], length) == 0)
			return true;
	}
	return false;
}

/* Which transport the directory or file at @path is for. */
static bool transport_of_path(const char *path, enum transport *ret_transport, GError **error)
{
	g_autofree char *marker = g_build_filename(path, "oci-layout", NULL);
	autoarchive struct archive_index *archive = NULL;
	g_autofree char *quoted = error_quote(path);

	if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
		if (access(marker, F_OK) < 0)
			return error_set(error, THRESH_ERROR_INPUT,
					 "%s: not an OCI image layout (it has no oci-layout file)",
					 quoted);
		*ret_transport = TRANSPORT_OCI;
		return true;
	}
	archive = archive_index_open(path, error);
	if (!archive)
		return false;
	if (archive_index_has(archive, "manifest.json"))
		*ret_transport = TRANSPORT_DOCKER_ARCHIVE;
	else if (archive_index_has(archive, "oci-layout"))
		*ret_transport = TRANSPORT_OCI_ARCHIVE;
	else
		return error_set(error, THRESH_ERROR_INPUT,
				 "%s: neither an OCI archive (oci-layout) nor a docker archive "
				 "(manifest.json)",
				 quoted);
	return true;
}

bool reference_find(const char *text, struct reference *ret_reference, GError **error)
{
	struct reference reference = {0};

	if (has_transport(text))
		return reference_parse(text, ret_reference, error);
	if (access(text, F_OK) == 0)
		reference.path = g_strdup(text);
	else
		split_path(text, &reference);
	if (access(reference.path, F_OK) < 0) {
		g_autofree char *quoted = error_quote(text);

		reference_clear(&reference);
		return error_set(
			error, THRESH_ERROR_USAGE,
			"%s: no such file, and no transport that thresh knows "
			"(oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:REF], "
			"docker://REF)",
			quoted);
	}
	if (!check_parts(text, &reference, error) ||
	    !transport_of_path(reference.path, &reference.transport, error)) {
		reference_clear(&reference);
		return false;
	}
	*ret_reference = reference;
	return true;
}

char *reference_format(const struct reference *reference)
{
	const char *name = reference->name;
	bool pinned = name && name[0] == '@';

	if (reference->transport == TRANSPORT_REGISTRY)
		return g_strconcat("docker://", reference->path, pinned ? "" : ":",
				   name ? name : "latest", NULL);
	return g_strconcat(transport_name(reference->transport), ":", reference->path,
			   name && !pinned ? ":" : "", name, NULL);
}

bool reference_replaces(const struct reference *destination, const struct reference *source,
			const char *source_name)
{
	struct stat to, from;

	if (destination->transport == TRANSPORT_REGISTRY)
		return source->transport == TRANSPORT_REGISTRY &&
		       strcmp(destination->path, source->path) == 0 &&
		       strcmp(destination->name ? destination->name : "latest",
			      source->name ? source->name : "latest") == 0;
	if (source->transport == TRANSPORT_REGISTRY)
		return false;
	if (stat(destination->path, &to) < 0 || stat(source->path, &from) < 0 ||
	    to.st_dev != from.st_dev || to.st_ino != from.st_ino)
		return false;
	/* An archive is written as a whole; in a layout the image of that name gives way. */
	return destination->transport != TRANSPORT_OCI ||
	       g_strcmp0(destination->name ? destination->name : "latest", source_name) == 0;
}
