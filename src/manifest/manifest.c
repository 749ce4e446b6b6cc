/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/manifest.h"

#include "base/error.h"
#include "base/path.h"
#include "manifest/manifest_private.h"

#include <string.h>

enum {
	LABEL_MAX = 63,
	HASH_CHARACTERS = 6,
};

static const char *const target_names[] = {
	[MANIFEST_PODMAN] = "podman",
	[MANIFEST_OCI_RUNTIME] = "oci-runtime",
	[MANIFEST_KUBERNETES] = "kubernetes",
};

bool manifest_target_parse(const char *text, enum manifest_target *ret_target, GError **error)
{
	g_autofree char *quoted = error_quote(text);

	for (gsize i = 0; i < G_N_ELEMENTS(target_names); i++) {
		if (!strcmp(text, target_names[i])) {
			*ret_target = (enum manifest_target)i;
			return true;
		}
	}
	return error_set(error, THRESH_ERROR_USAGE,
			 "target \"%s\": not one of podman, oci-runtime, kubernetes", quoted);
}

const char *manifest_reference(const struct manifest_input *input)
{
	const struct manifest_options *options = input->options;

	return options->image_reference ? options->image_reference : input->image->reference;
}

char *manifest_label(const char *text)
{
	GString *label = g_string_new(NULL);

	for (; *text && label->len < LABEL_MAX; text++) {
		char c = g_ascii_tolower(*text);

		if (g_ascii_isalnum(c))
			g_string_append_c(label, c);
		else if (label->len > 0 && label->str[label->len - 1] != '-')
			g_string_append_c(label, '-');
	}
	while (label->len > 0 && label->str[label->len - 1] == '-')
		g_string_truncate(label, label->len - 1);
	if (label->len == 0)
		g_string_append(label, "app");
	return g_string_free(label, FALSE);
}

/* "docker://example.org/shop/web:1@sha256:…" → "web"; "oci:/tmp/out:latest" → "out". */
static char *reference_base(const char *reference)
{
	const char *at = strchr(reference, '@');
	g_autofree char *bare =
		at ? g_strndup(reference, (gsize)(at - reference)) : g_strdup(reference);
	const char *slash = strrchr(bare, '/');
	const char *name = slash ? slash + 1 : bare;
	const char *end;

	if (!slash && (g_str_has_prefix(bare, "oci") || g_str_has_prefix(bare, "docker"))) {
		const char *colon = strchr(bare, ':');

		name = colon && g_strrstr(bare, ":") ? colon + 1 : bare;
	}
	end = strchr(name, ':');
	return end ? g_strndup(name, (gsize)(end - name)) : g_strdup(name);
}

char *manifest_name(const struct manifest_input *input)
{
	g_autofree char *base = NULL;

	if (input->options->name)
		return manifest_label(input->options->name);
	base = reference_base(manifest_reference(input));
	return manifest_label(base);
}

/* A path that is not its own label gets some of its digest: "/a.b" and "/a-b" are two. */
char *manifest_mount_name(const char *prefix, const char *path)
{
	g_autofree char *text = g_strconcat(prefix, prefix[0] ? "-" : "", path + 1, NULL);
	g_autofree char *label = manifest_label(text);
	g_autofree char *plain = g_strdelimit(g_strdup(text), "/", '-');
	char hex[DIGEST_HEX_BYTES];
	struct digest digest;

	if (!strcmp(label, plain) && !strchr(path, '-') && strlen(text) < LABEL_MAX)
		return g_steal_pointer(&label);
	digest_of(path, strlen(path), &digest);
	digest_format_hex(&digest, hex);
	if (strlen(label) > LABEL_MAX - HASH_CHARACTERS - 1)
		label[LABEL_MAX - HASH_CHARACTERS - 1] = '\0';
	return g_strdup_printf("%s-%.*s", label, HASH_CHARACTERS, hex);
}

char *manifest_format(enum manifest_target target, const struct seal *seal,
		      const struct image *image, const struct manifest_options *options,
		      GError **error)
{
	struct manifest_input input = {.seal = seal, .image = image, .options = options};

	switch (target) {
	case MANIFEST_PODMAN:
		return manifest_podman(&input, error);
	case MANIFEST_OCI_RUNTIME:
		return manifest_oci_runtime(&input, error);
	case MANIFEST_KUBERNETES:
		return manifest_kubernetes(&input, error);
	}
	error_set(error, THRESH_ERROR_INTERNAL, "unknown manifest target %d", (int)target);
	return NULL;
}
