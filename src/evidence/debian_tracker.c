/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of Debian's security tracker (security-tracker.debian.org, "data/json"):
 *
 *     {"openssl": {"CVE-2023-0464": {"releases": {"bookworm": {"status": "resolved",
 *         "fixed_version": "3.0.9-1", …}, …}, …}, …}, …}
 *
 * Packages are source packages. "resolved" has the first version with the fix, "0" where no version
 * of the release ever had the defect; "open" has none; "undetermined" is not known yet.
 */
#include "base/error.h"
#include "evidence/vulnerabilities_private.h"

#include <string.h>

struct tracker {
	struct vulnerabilities *data;
	struct vulnerability_file *file;
	GHashTable *packages; /* set of char * */
	const char *package;  /* whose vulnerabilities are read */
};

static bool fail(const struct tracker *tracker, const char *id, const char *what, GError **error)
{
	g_autofree char *quoted = error_quote(id);

	return error_set(error, THRESH_ERROR_INPUT, "%s: %s: %s", tracker->package, quoted, what);
}

static bool read_release(const struct tracker *tracker, const char *id, const char *codename,
			 const json_t *release, GError **error)
{
	const char *status = json_string_at(release, "status");
	const char *fixed = json_string_at(release, "fixed_version");
	autoadvisory struct advisory *advisory = NULL;
	struct version_range *range;

	if (!status)
		return fail(tracker, id, "a release without status", error);
	if (!strcmp(status, "resolved") && g_strcmp0(fixed, "0") == 0)
		return true;
	advisory = advisory_new(id, "Debian", codename, tracker->package);
	/* resolved in a version that is not said: nothing that can be compared */
	advisory->undetermined =
		!strcmp(status, "undetermined") || (!strcmp(status, "resolved") && !fixed);
	range = advisory_add_range(advisory, VERSION_DPKG);
	version_range_add(range, EVENT_INTRODUCED, "0");
	if (!strcmp(status, "resolved") && fixed)
		version_range_add(range, EVENT_FIXED, fixed);
	else if (!advisory->undetermined && strcmp(status, "open") != 0)
		return fail(tracker, id, "a status that is none of open, resolved, undetermined",
			    error);
	return vulnerabilities_add(tracker->data, tracker->file, g_steal_pointer(&advisory), error);
}

static bool read_vulnerability(const struct tracker *tracker, const char *id, const json_t *json,
			       GError **error)
{
	json_t *releases = json_object_at(json, "releases"), *release;
	const char *codename;

	if (!vulnerability_is_name(id) || !releases)
		return fail(tracker, id, "no releases", error);
	json_object_foreach (releases, codename, release) {
		if (!read_release(tracker, id, codename, release, error))
			return false;
	}
	return true;
}

static bool read_package(const char *package, const struct json_span *value, void *user,
			 GError **error)
{
	struct tracker *tracker = user;
	autojson json_t *json = NULL;
	const char *id;
	json_t *vulnerability;

	if (!g_hash_table_add(tracker->packages, g_strdup(package)) || *value->text != '{') {
		g_autofree char *quoted = error_quote(package);

		return error_set(error, THRESH_ERROR_INPUT, "package %s: twice, or no object",
				 quoted);
	}
	tracker->file->records++;
	if (!vulnerability_is_wanted(tracker->data, "Debian", package))
		return true;
	tracker->package = package;
	json = vulnerability_parse(value, package, error);
	if (!json)
		return false;
	json_object_foreach (json, id, vulnerability) {
		if (!read_vulnerability(tracker, id, vulnerability, error))
			return false;
	}
	return true;
}

bool debian_tracker_read(struct vulnerabilities *data, struct vulnerability_file *file,
			 const struct json_span *packages, GError **error)
{
	struct tracker tracker = {.data = data, .file = file};
	bool done;

	tracker.packages = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	done = json_walk_each(packages, read_package, &tracker, error);
	g_hash_table_unref(tracker.packages);
	return done;
}
