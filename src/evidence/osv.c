/* SPDX-License-Identifier: Apache-2.0 */
/* Records of OSV (ossf.github.io/osv-schema, version 1). */
#include "base/error.h"
#include "base/sorted.h"
#include "evidence/vulnerabilities_private.h"

#include <string.h>

static bool fail(const char *id, const char *what, GError **error)
{
	return error_set(error, THRESH_ERROR_INPUT, "%s: %s", id, what);
}

static bool is_cve(const char *text)
{
	return g_str_has_prefix(text, "CVE-");
}

/* --- ranges --------------------------------------------------------------------------------------
 */

static bool read_event(const char *id, const json_t *event, struct version_range *range,
		       GError **error)
{
	static const struct {
		const char *name;
		enum event_kind kind;
	} kinds[] = {
		{"introduced", EVENT_INTRODUCED},
		{"fixed", EVENT_FIXED},
		{"last_affected", EVENT_LAST_AFFECTED},
		{"limit", EVENT_LIMIT},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		const json_t *version = json_object_get(event, kinds[i].name);

		if (!version)
			continue;
		if (json_object_size(event) != 1 || !json_is_string(version))
			break;
		version_range_add(range, kinds[i].kind, json_string_value(version));
		return true;
	}
	return fail(id, "an event of a range is none of introduced, fixed, last_affected, limit",
		    error);
}

/* Ranges of commits say nothing of versions. */
static bool read_range(const char *id, const json_t *json, struct advisory *advisory,
		       GError **error)
{
	const char *type = json_string_at(json, "type");
	const json_t *events = json_array_at(json, "events"), *event;
	struct version_range *range;
	size_t i;

	if (!type || !events || json_array_size(events) > ADVISORY_PARTS_MAX)
		return fail(id, "a range without type or events, or with too many", error);
	if (!strcmp(type, "GIT"))
		return true;
	range = advisory_add_range(advisory, !strcmp(type, "SEMVER")
						     ? VERSION_SEMVER
						     : ecosystem_scheme(advisory->ecosystem));
	if (!strcmp(type, "SEMVER") && !strcmp(advisory->ecosystem, "Go"))
		range->scheme = VERSION_GO;
	json_array_foreach (events, i, event) {
		if (!read_event(id, event, range, error))
			return false;
	}
	return true;
}

static bool read_versions(const char *id, const json_t *affected, struct advisory *advisory,
			  GError **error)
{
	const json_t *versions = json_object_get(affected, "versions"), *version;
	size_t i;

	if (!versions)
		return true;
	if (!json_is_array(versions) || json_array_size(versions) > ADVISORY_PARTS_MAX)
		return fail(id, "versions are no array, or too many", error);
	json_array_foreach (versions, i, version) {
		if (!json_is_string(version))
			return fail(id, "a version that is no string", error);
		g_ptr_array_add(advisory->versions, g_strdup(json_string_value(version)));
	}
	return true;
}

static bool read_ranges(const char *id, const json_t *affected, struct advisory *advisory,
			GError **error)
{
	const json_t *ranges = json_object_get(affected, "ranges"), *range;
	size_t i;

	if (!ranges)
		return true;
	if (!json_is_array(ranges) || json_array_size(ranges) > ADVISORY_PARTS_MAX)
		return fail(id, "ranges are no array, or too many", error);
	json_array_foreach (ranges, i, range) {
		if (!read_range(id, range, advisory, error))
			return false;
	}
	return true;
}

/* --- names ---------------------------------------------------------------------------------------
 */

static bool add_names(const char *id, const json_t *record, const char *member, GPtrArray *names,
		      GError **error)
{
	const json_t *list = json_object_get(record, member), *name;
	size_t i;

	if (!list)
		return true;
	if (!json_is_array(list) || json_array_size(list) > ADVISORY_PARTS_MAX)
		return fail(id, "aliases or upstream are no array, or too many", error);
	json_array_foreach (list, i, name) {
		if (!json_is_string(name) || !vulnerability_is_name(json_string_value(name)))
			return fail(id, "an alias that is no identifier", error);
		g_ptr_array_add(names, g_strdup(json_string_value(name)));
	}
	return true;
}

/* The one CVE of @names, or NULL. */
static const char *only_cve(const GPtrArray *names)
{
	const char *found = NULL;

	for (guint i = 0; i < names->len; i++) {
		if (!is_cve(names->pdata[i]))
			continue;
		if (found && strcmp(found, names->pdata[i]) != 0)
			return NULL;
		found = names->pdata[i];
	}
	return found;
}

/* A distribution's record is of the one CVE that is upstream of it ("DEBIAN-CVE-…"); one that is of
 * several (an advisory for all of them) keeps its own name. */
static bool set_names(struct advisory *advisory, const json_t *record, GError **error)
{
	g_autoptr(GPtrArray) aliases = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) upstream = g_ptr_array_new_with_free_func(g_free);
	const char *cve;

	if (!add_names(advisory->id, record, "aliases", aliases, error) ||
	    !add_names(advisory->id, record, "upstream", upstream, error))
		return false;
	cve = only_cve(aliases);
	if (!cve)
		cve = only_cve(upstream);
	if (cve && !is_cve(advisory->id)) {
		g_free(advisory->name);
		advisory->name = g_strdup(cve);
		g_ptr_array_add(aliases, g_strdup(advisory->id));
	}
	g_ptr_array_sort(aliases, text_compare);
	for (guint i = 0; i < aliases->len; i++) {
		const char *alias = aliases->pdata[i];

		if (strcmp(alias, advisory->name) != 0 &&
		    (i == 0 || strcmp(alias, aliases->pdata[i - 1]) != 0))
			g_ptr_array_add(advisory->aliases, g_strdup(alias));
	}
	return true;
}

/* --- records -------------------------------------------------------------------------------------
 */

/* "Debian:12" is "Debian" and "12". Caller frees. */
static char *split_ecosystem(const char *text, const char **ret_release)
{
	const char *colon = strchr(text, ':');

	*ret_release = colon ? colon + 1 : "";
	return colon ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);
}

static bool read_affected(struct vulnerabilities *data, struct vulnerability_file *file,
			  const json_t *record, const json_t *affected, GError **error)
{
	const char *id = json_string_at(record, "id");
	const json_t *package = json_object_at(affected, "package");
	const char *full = json_string_at(package, "ecosystem");
	const char *name = json_string_at(package, "name"), *release;
	g_autofree char *ecosystem = full ? split_ecosystem(full, &release) : NULL;
	autoadvisory struct advisory *advisory = NULL;

	/* records of commits alone name no package */
	if (!package)
		return !json_object_get(affected, "package") ||
		       fail(id, "a package that is no object", error);
	if (!ecosystem || !name)
		return fail(id, "a package without ecosystem or name", error);
	if (!vulnerability_is_wanted(data, ecosystem, name))
		return true;
	advisory = advisory_new(id, ecosystem, release, name);
	return set_names(advisory, record, error) && read_ranges(id, affected, advisory, error) &&
	       read_versions(id, affected, advisory, error) &&
	       vulnerabilities_add(data, file, g_steal_pointer(&advisory), error);
}

/* "schema_version": absent before 1.0, else semantic: what 2.0 will mean is not known here. */
static bool is_known_schema(const json_t *record)
{
	const json_t *member = json_object_get(record, "schema_version");
	const char *version = json_string_value(member);

	return !member ||
	       (version && (g_str_has_prefix(version, "0.") || g_str_has_prefix(version, "1.")));
}

bool osv_read(struct vulnerabilities *data, struct vulnerability_file *file,
	      const struct json_span *span, GError **error)
{
	autojson json_t *record = vulnerability_parse(span, "record", error);
	const char *id = json_string_at(record, "id");
	const json_t *all = json_object_get(record, "affected"), *affected;
	size_t i;

	if (!record)
		return false;
	if (!id || !vulnerability_is_name(id))
		return error_set(error, THRESH_ERROR_INPUT,
				 "record at offset %zu: no id, so that it is none of OSV",
				 span->offset);
	if (!is_known_schema(record))
		return fail(id, "its schema_version is not 1", error);
	file->records++;
	if (json_object_get(record, "withdrawn") || !all)
		return true;
	if (!json_is_array(all))
		return fail(id, "affected is no array", error);
	json_array_foreach (all, i, affected) {
		if (!read_affected(data, file, record, affected, error))
			return false;
	}
	return true;
}
