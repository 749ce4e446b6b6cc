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
	{"opensuse-leap-micro", PACKAGE_RPM, "openSUSE", "Leap Micro ", G_MAXUINT},
	{"opensuse-microos", PACKAGE_RPM, "openSUSE", "Tumbleweed", 0},
	{"opensuse-tumbleweed", PACKAGE_RPM, "openSUSE", "Tumbleweed", 0},
	{"sles", PACKAGE_RPM, "SUSE", "", G_MAXUINT},
	{"sled", PACKAGE_RPM, "SUSE", "", G_MAXUINT},
	{"sles_sap", PACKAGE_RPM, "SUSE", "", G_MAXUINT},
	{"sle_hpc", PACKAGE_RPM, "SUSE", "", G_MAXUINT},
	{"sle-micro", PACKAGE_RPM, "SUSE", "", G_MAXUINT},
	{"sl-micro", PACKAGE_RPM, "SUSE", "", G_MAXUINT},
	{"mageia", PACKAGE_RPM, "Mageia", "", G_MAXUINT},
	{"photon", PACKAGE_RPM, "Photon OS", "", G_MAXUINT},
	{"azurelinux", PACKAGE_RPM, "Azure Linux", "", 1},
	{"mariner", PACKAGE_RPM, "Azure Linux", "", 1},
	{"alpaquita", PACKAGE_APK, "Alpaquita", "", G_MAXUINT},
	{"minimos", PACKAGE_APK, "MinimOS", "", 0},
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

/* "15.6" is "15 SP6" in the names of SUSE's products up to 15, whose modules ship the packages:
 * which one a package is from, nothing says, and its versions are the same in all. */
static char *suse_release(const struct distribution *distribution)
{
	guint64 major = g_ascii_strtoull(distribution->version, NULL, 10);
	const char *dot = strchr(distribution->version, '.');

	return dot && major >= 11 && major <= 15
		       ? g_strdup_printf("%" G_GUINT64_FORMAT " SP%s", major, dot + 1)
		       : g_strdup(distribution->version);
}

/* What rpm's advisories are about: the source package, by its own version, or the package. */
static void set_rpm(const struct package *package, const char *ecosystem,
		    struct ecosystem_package *names)
{
	names->without_epoch = strcmp(package->source_version, package->version) != 0;
	names->versions[0] = package->source_version;
	names->versions[1] = package->version;
	if (strcmp(package->source, package->name) != 0) {
		names->keys[1] = vulnerability_key(ecosystem, package->name);
		return;
	}
	names->without_epoch = false;
	names->versions[0] = package->version;
}

/* Advisories are about source packages, but those for rpm about either, as the vendor likes. */
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
			.keys = {vulnerability_key(systems[i].ecosystem, package->source)},
			.versions = {package->source_version},
			.of_products = strcmp(systems[i].ecosystem, "SUSE") == 0,
			.codename = strcmp(distribution->id, "debian") == 0
					    ? debian_codename(distribution)
					    : NULL,
		};
		if (package->system == PACKAGE_RPM)
			set_rpm(package, systems[i].ecosystem, ret_package);
		ret_package->release =
			ret_package->of_products
				? suse_release(distribution)
				: release_of(distribution, systems[i].prefix, systems[i].parts);
		ret_package->minor = release_of(distribution, systems[i].prefix,
						systems[i].parts > 0 ? G_MAXUINT : 0);
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
			.versions = {component->version},
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
	g_free(package->minor);
	*package = (struct ecosystem_package){0};
}

const char *ecosystem_version(const struct ecosystem_package *package, gsize index,
			      const struct advisory *advisory)
{
	return index == 0 && package->without_epoch && advisory_has_epoch(advisory)
		       ? ""
		       : package->versions[index];
}

/* "Linux Enterprise Module for Basesystem 15 SP6", "Linux Enterprise Server 15 SP6-LTSS" */
static bool ends_product(const char *product, const char *release)
{
	g_autofree char *end = g_strconcat(" ", release, NULL);
	const char *found = *release ? g_strrstr(product, end) : NULL;

	return found && (found[strlen(end)] == '\0' || found[strlen(end)] == '-');
}

static bool begins_release(const char *release, const char *own)
{
	size_t length = own ? strlen(own) : 0;

	return length > 0 && !strncmp(release, own, length) &&
	       (release[length] == '\0' || release[length] == ':');
}

/* What follows the release is a repository of it ("22.04:LTS", "enterprise_linux:9::baseos");
 * "Pro:22.04:LTS" is another system, and no match. */
bool ecosystem_is_release(const struct ecosystem_package *package, const char *release)
{
	if (*release == '\0' || g_strcmp0(package->codename, release) == 0)
		return true;
	if (package->of_products)
		return ends_product(release, package->release);
	return begins_release(release, package->release) || begins_release(release, package->minor);
}
