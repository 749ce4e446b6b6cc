/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/ecosystem.h"

#include "evidence/vulnerabilities.h"

#include <string.h>

/* Systems whose advisories are by source package. */
static const struct {
	const char *id; /* of os-release */
	enum package_system system;
	const char *ecosystem;
} systems[] = {
	{"debian", PACKAGE_DPKG, "Debian"},        {"ubuntu", PACKAGE_DPKG, "Ubuntu"},
	{"alpine", PACKAGE_APK, "Alpine"},         {"wolfi", PACKAGE_APK, "Wolfi"},
	{"chainguard", PACKAGE_APK, "Chainguard"},
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

/* "3.18.4" is "v3.18"; what else there is, is as it stands. */
static char *release_of(const struct distribution *distribution)
{
	const char *dot = strchr(distribution->version, '.');
	const char *end = dot ? strchr(dot + 1, '.') : NULL;

	if (strcmp(distribution->id, "alpine") != 0)
		return g_strdup(distribution->version);
	return end ? g_strdup_printf("v%.*s", (int)(end - distribution->version),
				     distribution->version)
		   : g_strconcat("v", distribution->version, NULL);
}

static bool system_package(const struct component *component,
			   const struct distribution *distribution,
			   struct ecosystem_package *ret_package)
{
	const struct package *package = component->package;

	for (gsize i = 0; i < G_N_ELEMENTS(systems); i++) {
		if (systems[i].system != package->system ||
		    strcmp(systems[i].id, distribution->id) != 0)
			continue;
		*ret_package = (struct ecosystem_package){
			.key = vulnerability_key(systems[i].ecosystem, package->source),
			.version = package->source_version,
			.release = release_of(distribution),
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
			.key = vulnerability_key(languages[i].ecosystem,
						 full ? full : component->name),
			.version = component->version,
			.release = g_strdup(""),
		};
		return true;
	}
	return false;
}

void ecosystem_package_clear(struct ecosystem_package *package)
{
	g_free(package->key);
	g_free(package->release);
	*package = (struct ecosystem_package){0};
}

/* Ubuntu's have a tail ("22.04:LTS"); "Pro:22.04:LTS" is another repository, and no match. */
bool ecosystem_is_release(const struct ecosystem_package *package, const char *release)
{
	size_t length = strcspn(release, ":");

	if (*release == '\0' || g_strcmp0(package->codename, release) == 0)
		return true;
	return *package->release != '\0' && strlen(package->release) == length &&
	       !strncmp(package->release, release, length);
}
