/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor: what programs take for granted on any system, and what a trace may miss because the
 * name service was not asked, no certificate was checked, or the clock was in UTC.
 */
#include "base/path.h"
#include "cut/content.h"
#include "cut/cut.h"

#include <fnmatch.h>
#include <string.h>

enum { NSSWITCH_MAX_BYTES = 64 << 10 };

static void keep_if_there(struct cut *cut, const char *path, const char *reason)
{
	cut_keep_path(cut, path, reason, NULL);
}

static void keep_below_if_there(struct cut *cut, const char *path, const char *reason)
{
	g_autoptr(GPtrArray) links = g_ptr_array_new();
	const struct node *node = tree_resolve(cut->tree, path, true, links, NULL);

	if (!node)
		return;
	for (guint i = 0; i < links->len; i++)
		cut_keep(cut, links->pdata[i], "closure:symlink", path);
	cut_keep_below(cut, node, reason, NULL);
}

/* /bin, /lib and the like where they are links: part of every program's idea of where things are.
 */
static void floor_layout(struct cut *cut)
{
	g_autoptr(GPtrArray) children = node_children(cut->tree->root);

	for (guint i = 0; i < children->len; i++) {
		const struct node *child = children->pdata[i];
		g_autofree char *path = node_path(child);

		if (child->type == NODE_SYMLINK && cut_directory(cut, path))
			cut_keep(cut, child, "floor:layout", NULL);
	}
}

/* Where the program starts: engines and thresh-init change to it, whether or not it holds anything.
 */
static void floor_working_directory(struct cut *cut)
{
	const struct image_config *config = cut->options->config;

	if (config && strcmp(config->working_directory, "/") != 0)
		keep_if_there(cut, config->working_directory, "floor:working-directory");
}

/* Places that every runtime mounts on. */
static void floor_mount_points(struct cut *cut)
{
	static const char *const paths[] = {"/proc", "/sys",     "/dev", "/etc",
					    "/tmp",  "/var/tmp", "/run"};

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
		keep_if_there(cut, paths[i], "floor:mount-point");
}

static void keep_nss_service(struct cut *cut, const char *service)
{
	const GPtrArray *directories = ldso_directories(cut->ldso);

	for (guint i = 0; i < directories->len; i++) {
		g_autofree char *path = g_strdup_printf("%s/libnss_%s.so.2",
							(char *)directories->pdata[i], service);

		keep_if_there(cut, path, "floor:nss");
	}
}

/* nsswitch.conf(5): "database: service [action] service …" */
static void floor_nss_services(struct cut *cut)
{
	const struct node *node = cut_resolve(cut, "/etc/nsswitch.conf");
	g_autofree char *text = content_read_text(cut->tree, node, NSSWITCH_MAX_BYTES);
	g_auto(GStrv) lines = g_strsplit(text ? text : "hosts: files dns", "\n", -1);

	keep_nss_service(cut, "files");
	keep_nss_service(cut, "dns");
	for (char **line = lines; *line; line++) {
		char *colon;

		(*line)[strcspn(*line, "#")] = '\0';
		colon = strchr(*line, ':');
		g_auto(GStrv) words = colon ? g_strsplit_set(colon + 1, " \t", -1) : NULL;
		for (char **word = words; word && *word; word++) {
			if (**word &&
			    (*word)[strspn(*word, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0')
				keep_nss_service(cut, *word);
		}
	}
}

static void floor_nss(struct cut *cut)
{
	static const char *const paths[] = {
		"/etc/passwd",   "/etc/group",     "/etc/nsswitch.conf", "/etc/hosts",
		"/etc/hostname", "/etc/host.conf", "/etc/resolv.conf",   "/etc/gai.conf",
		"/etc/services", "/etc/protocols", "/etc/networks",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
		keep_if_there(cut, paths[i], "floor:nss");
	floor_nss_services(cut);
}

static void floor_os_release(struct cut *cut)
{
	static const char *const paths[] = {
		"/etc/os-release",     "/usr/lib/os-release", "/etc/debian_version",
		"/etc/alpine-release", "/etc/redhat-release", "/etc/system-release",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(paths); i++)
		keep_if_there(cut, paths[i], "floor:os-release");
}

/* The loader's own: a cache that is missing costs every start, and may hide libraries. */
static void floor_loader(struct cut *cut)
{
	static const char *const names[] = {"ld.so.cache", "ld-musl-*.path"};
	const struct node *etc = cut_directory(cut, "/etc");
	g_autoptr(GPtrArray) children = etc ? node_children(etc) : g_ptr_array_new();

	for (guint i = 0; i < children->len; i++) {
		const struct node *child = children->pdata[i];

		for (gsize j = 0; j < G_N_ELEMENTS(names); j++) {
			if (fnmatch(names[j], child->name, 0) == 0)
				cut_keep(cut, child, "floor:loader", NULL);
		}
	}
}

static const char *const ca_files[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/ssl/cert.pem",
	"/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/cert.pem",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/pki/tls/cacert.pem",
	"/etc/ssl/openssl.cnf",
	"/etc/pki/tls/openssl.cnf",
	"/usr/lib/ssl/cert.pem",
	"/usr/lib/ssl/certs",
	"/usr/lib/ssl/openssl.cnf",
	"/usr/lib/ssl/private",
};

static const char *const ca_directories[] = {
	"/etc/ssl/certs",
	"/etc/pki/tls/certs",
	"/etc/pki/ca-trust/extracted",
	"/usr/local/share/ca-certificates",
};

static void floor_certificates(struct cut *cut)
{
	for (gsize i = 0; i < G_N_ELEMENTS(ca_files); i++)
		keep_if_there(cut, ca_files[i], "floor:certificates");
	for (gsize i = 0; i < G_N_ELEMENTS(ca_directories); i++)
		keep_below_if_there(cut, ca_directories[i], "floor:certificates");
}

/* Whether the application touched one of the places where trusted roots are looked for. */
static bool uses_certificates(const struct cut *cut)
{
	uint32_t classes = PATH_OPEN | PATH_LIST | PATH_STAT;

	for (gsize i = 0; i < G_N_ELEMENTS(ca_files); i++) {
		if (!strstr(ca_files[i], "openssl.cnf") && !strstr(ca_files[i], "private") &&
		    profile_path_classes(cut->profile, ca_files[i]) & (PATH_OPEN | PATH_STAT))
			return true;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(ca_directories); i++) {
		if (profile_path_classes(cut->profile, ca_directories[i]) & classes)
			return true;
	}
	return cut_environment(cut, "SSL_CERT_FILE") || cut_environment(cut, "SSL_CERT_DIR");
}

static void floor_named_certificates(struct cut *cut)
{
	static const char *const names[] = {"SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE",
					    "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *value = cut_environment(cut, names[i]);

		if (value && value[0] == '/' && value[1])
			keep_below_if_there(cut, value, "floor:certificates");
	}
}

static void floor_named_zone(struct cut *cut)
{
	const char *zone = cut_environment(cut, "TZ");
	const char *directory = cut_environment(cut, "TZDIR");

	if (!zone || !*zone)
		return;
	zone += *zone == ':';
	if (zone[0] == '/') {
		keep_if_there(cut, zone, "floor:zones");
	} else {
		g_autofree char *path =
			path_join(directory ? directory : "/usr/share/zoneinfo", zone);

		keep_if_there(cut, path, "floor:zones");
	}
}

/* "posix" and "right" repeat the whole set, and nothing looks there unless it is told to. */
static void floor_zones(struct cut *cut)
{
	const struct node *directory = cut_directory(cut, "/usr/share/zoneinfo");
	g_autoptr(GPtrArray) children = directory ? node_children(directory) : g_ptr_array_new();

	keep_if_there(cut, "/etc/localtime", "floor:zones");
	keep_if_there(cut, "/etc/timezone", "floor:zones");
	for (guint i = 0; i < children->len; i++) {
		const struct node *child = children->pdata[i];

		if (strcmp(child->name, "posix") != 0 && strcmp(child->name, "right") != 0)
			cut_keep_below(cut, child, "floor:zones", NULL);
	}
}

/* The directory of a locale, by glibc's normalised names: "de_DE.UTF-8" is de_DE.utf8. */
static void floor_locale(struct cut *cut, const char *name)
{
	g_autofree char *base = g_strndup(name, strcspn(name, ".@"));
	const struct node *directory = cut_directory(cut, "/usr/lib/locale");
	g_autoptr(GPtrArray) children = directory ? node_children(directory) : g_ptr_array_new();
	bool found = false;

	if (!*base || strcmp(base, "POSIX") == 0 || strchr(base, '/'))
		return;
	for (guint i = 0; i < children->len; i++) {
		const struct node *child = children->pdata[i];
		size_t length = strcspn(child->name, ".@");

		if (length == strlen(base) && strncmp(child->name, base, length) == 0) {
			cut_keep_below(cut, child, "floor:locale", NULL);
			found = true;
		}
	}
	if (!found)
		keep_if_there(cut, "/usr/lib/locale/locale-archive", "floor:locale");
}

static void floor_named_locales(struct cut *cut)
{
	static const char *const names[] = {"LANG",        "LC_ALL",      "LC_CTYPE",
					    "LC_COLLATE",  "LC_MESSAGES", "LC_NUMERIC",
					    "LC_MONETARY", "LC_TIME"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *value = cut_environment(cut, names[i]);

		if (value && strcmp(value, "C") != 0)
			floor_locale(cut, value);
	}
}

void cut_floor_strict(struct cut *cut)
{
	floor_layout(cut);
	floor_mount_points(cut);
	floor_working_directory(cut);
	floor_nss(cut);
	floor_os_release(cut);
	floor_loader(cut);
	if (uses_certificates(cut))
		floor_certificates(cut);
	floor_named_certificates(cut);
	floor_named_zone(cut);
	floor_named_locales(cut);
}

/* iconv's table, and the encodings that programs convert to without being told which. */
static void floor_iconv(struct cut *cut)
{
	static const char *const names[] = {
		"gconv-modules", "gconv-modules.cache", "UTF-16.so",     "UTF-32.so", "UTF-7.so",
		"UNICODE.so",    "ISO8859-1.so",        "ISO8859-15.so", "CP1252.so"};
	const GPtrArray *directories = ldso_directories(cut->ldso);

	for (guint i = 0; i < directories->len; i++) {
		g_autofree char *path = path_join(directories->pdata[i], "gconv");

		if (!cut_directory(cut, path))
			continue;
		for (gsize j = 0; j < G_N_ELEMENTS(names); j++) {
			g_autofree char *file = path_join(path, names[j]);

			keep_if_there(cut, file, "floor:iconv");
		}
		path = (g_free(path), path_join(directories->pdata[i], "gconv/gconv-modules.d"));
		keep_below_if_there(cut, path, "floor:iconv");
	}
}

void cut_floor_whole(struct cut *cut)
{
	floor_certificates(cut);
	floor_zones(cut);
	floor_locale(cut, "C.UTF-8");
	floor_iconv(cut);
	keep_if_there(cut, "/etc/mime.types", "floor:mime-types");
	keep_if_there(cut, "/etc/ld.so.conf", "floor:loader");
}
