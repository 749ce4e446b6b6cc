/* SPDX-License-Identifier: Apache-2.0 */
#include "image/image.h"

#include "base/error.h"

#include <string.h>
#include <sys/utsname.h>

/* uname(2) and everyday names to GOARCH and GOARM: OCI image-index.md, "Platform Variants". */
static const struct {
	const char *name, *architecture, *variant;
} aliases[] = {
	{"x86_64", "amd64", NULL},    {"x86-64", "amd64", NULL},
	{"aarch64", "arm64", NULL},   {"armv7l", "arm", "v7"},
	{"armv6l", "arm", "v6"},      {"armhf", "arm", "v7"},
	{"i386", "386", NULL},        {"i686", "386", NULL},
	{"ppc64le", "ppc64le", NULL}, {"loongarch64", "loong64", NULL},
};

static void set_architecture(struct platform *platform, const char *name, const char *variant)
{
	for (gsize i = 0; i < G_N_ELEMENTS(aliases); i++) {
		if (strcmp(aliases[i].name, name) == 0) {
			name = aliases[i].architecture;
			variant = variant ? variant : aliases[i].variant;
			break;
		}
	}
	platform->architecture = g_strdup(name);
	platform->variant = g_strdup(variant);
}

void platform_clear(struct platform *platform)
{
	g_clear_pointer(&platform->os, g_free);
	g_clear_pointer(&platform->architecture, g_free);
	g_clear_pointer(&platform->variant, g_free);
}

void platform_of_host(struct platform *ret_platform)
{
	struct utsname name;

	uname(&name);
	ret_platform->os = g_strdup("linux");
	set_architecture(ret_platform, name.machine, NULL);
}

static bool is_word(const char *text)
{
	return *text && strlen(text) <= 64 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(text);
}

bool platform_parse(const char *text, struct platform *ret_platform, GError **error)
{
	g_auto(GStrv) words = g_strsplit(text, "/", 4);
	guint count = g_strv_length(words);
	bool ok = count >= 1 && count <= 3;

	for (guint i = 0; ok && i < count; i++)
		ok = is_word(words[i]);
	if (!ok) {
		g_autofree char *quoted = error_quote(text);

		return error_set(error, THRESH_ERROR_USAGE,
				 "platform '%s': not OS/ARCH[/VARIANT], such as linux/arm64",
				 quoted);
	}
	ret_platform->os = g_strdup(count == 1 ? "linux" : words[0]);
	set_architecture(ret_platform, words[count == 1 ? 0 : 1], count == 3 ? words[2] : NULL);
	return true;
}
