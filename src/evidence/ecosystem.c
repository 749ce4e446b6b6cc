/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/ecosystem.h"

#include "evidence/vulnerabilities.h"

#include <string.h>

/* Systems with advisories: how OSV calls them, and the release behind the colon: a prefix and so
 * many parts of VERSION_ID. */
static const struct {
	const char *id; /* of os-release */
	enum package_system system;
	const char *ecosystem, *prefix;
	guint parts;
} systems[] = {
	{"debian", PACKAGE_DPKG, "Debian", "", G_MAXUINT},
	{"ubuntu", PACKAGE_DPKG, "Ubuntu", "", G_MAXUINT},
	{"alpine", PACKAGE_APK, "Alpine", "v", 2},
	{"wolfi", PACKAGE_APK, "Wolfi", "", 0},
	{"chainguard", PACKAGE_APK, "Chainguard", "", 0},
	{"rhel", PACKAGE_RPM, "Red Hat", "enterprise_linux:", 1},
	{"almalinux", PACKAGE_RPM, "AlmaLinux", "", 1},
	{"rocky", PACKAGE_RPM, "Rocky Linux", "", 1},
	{"opensuse-leap", PACKAGE_RPM, "openSUSE", "Leap ", G_MAXUINT},
	{"opensuse-tumbleweed", PACKAGE_RPM, "openSUSE", "Tumbleweed", 0},
};

/* By the type of the package URL; @separator joins namespace and name. */
static const struct {
	const char *type, *ecosystem, *separator;
} languages[] = {
	{"pypi", "PyPI", NULL},       {"npm", "npm", "/"},       {"golang", "Go", "/"},
	{"maven", "Maven", ":"},      {"gem", "RubyGems", NULL}, {"composer", "Packagist", "/"},
	{"cargo", "crates.io", NULL},
};

/* debian.org/releases: what the tracker calls them. */
static const struct {
	const char *version, *codename;
} debian_releases[] = {
	{"9", "stretch"},   {"10", "buster"}, {"11", "bullseye"},
	{"12", "bookworm"}, {"13", "trixie"}, {"14", "forky"},
};

static const char *debian_codename(const struct distribution *distribution)
{
	for (gsize i = 0; i < G_N_ELEMENTS(debian_releases); i++) {
		if (!strcmp(distribution->version, debian_releases[i].version))
			return debian_releases[i].codename;
	}
	return *distribution->codename ? distribution->codename : NULL;
}

/* "3.18.4" is "v3.18" to Alpine, "9.3" is "9" to AlmaLinux. */
static char *release_of(const struct distribution *distribution, const char *prefix, guint parts)
{
	const char *end = distribution->version;

	for (guint i = 0; i < parts && *end; i++)
		end += strcspn(end + (i > 0), ".") + (i > 0);
	return g_strdup_printf("%s%.*s", prefix, (int)(end - distribution->version),
			       distribution->version);
}

/* Advisories are about source packages, but those for rpm about either, as the vendor likes. */
static bool system_package(const struct component *component,
			   const struct distribution *distribution,
			   struct ecosystem_package *ret_package)
{
	const struct package *package = component->package;
	bool rpm = package->system == PACKAGE_RPM;

	for (gsize i = 0; i < G_N_ELEMENTS(systems); i++) {
		if (systems[i].system != package->system ||
		    strcmp(systems[i].id, distribution->id) != 0)
			continue;
		*ret_package = (struct ecosystem_package){
			.keys = {vulnerability_key(systems[i].ecosystem, package->source),
				 rpm && strcmp(package->source, package->name) != 0
					 ? vulnerability_key(systems[i].ecosystem, package->name)
					 : NULL},
			.version = rpm ? package->version : package->source_version,
			.release = release_of(distribution, systems[i].prefix, systems[i].parts),
			.codename = strcmp(distribution->id, "debian") == 0
					    ? debian_codename(distribution)
					    : NULL,
		};
		return true;
	}
	return false;
}

bool ecosystem_package_of(const struct component *component,
			  const struct distribution *distribution,
			  struct ecosystem_package *ret_package)
{
	if (component->package)
		return system_package(component, distribution, ret_package);
	for (gsize i = 0; i < G_N_ELEMENTS(languages); i++) {
		g_autofree char *full = NULL;

		if (strcmp(languages[i].type, component->type) != 0)
			continue;
		if (component->namespace && languages[i].separator)
			full = g_strconcat(component->namespace, languages[i].separator,
					   component->name, NULL);
		*ret_package = (struct ecosystem_package){
			.keys = {vulnerability_key(languages[i].ecosystem,
						   full ? full : component->name)},
			.version = component->version,
			.release = g_strdup(""),
		};
		return true;
	}
	return false;
}

void ecosystem_package_clear(struct ecosystem_package *package)
{
	for (gsize i = 0; i < G_N_ELEMENTS(package->keys); i++)
		g_free(package->keys[i]);
	g_free(package->release);
	*package = (struct ecosystem_package){0};
}

/* What follows the release is a repository of it ("22.04:LTS", "enterprise_linux:9::baseos");
 * "Pro:22.04:LTS" is another system, and no match. */
bool ecosystem_is_release(const struct ecosystem_package *package, const char *release)
{
	size_t length = strlen(package->release);

	if (*release == '\0' || g_strcmp0(package->codename, release) == 0)
		return true;
	return length > 0 && !strncmp(release, package->release, length) &&
	       (release[length] == '\0' || release[length] == ':');
}
