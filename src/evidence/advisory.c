/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/advisory.h"

#include <string.h>

static void event_free(void *data)
{
	struct version_event *event = data;

	g_free(event->version);
	g_free(event);
}

static void range_free(void *data)
{
	struct version_range *range = data;

	g_ptr_array_unref(range->events);
	g_free(range);
}

struct advisory *advisory_new(const char *id, const char *ecosystem, const char *release,
			      const char *package)
{
	struct advisory *advisory = g_new0(struct advisory, 1);

	advisory->id = g_strdup(id);
	advisory->name = g_strdup(id);
	advisory->aliases = g_ptr_array_new_with_free_func(g_free);
	advisory->ecosystem = g_strdup(ecosystem);
	advisory->release = g_strdup(release);
	advisory->package = g_strdup(package);
	advisory->ranges = g_ptr_array_new_with_free_func(range_free);
	advisory->versions = g_ptr_array_new_with_free_func(g_free);
	return advisory;
}

void advisory_free(struct advisory *advisory)
{
	if (!advisory)
		return;
	g_free(advisory->id);
	g_free(advisory->name);
	g_ptr_array_unref(advisory->aliases);
	g_free(advisory->ecosystem);
	g_free(advisory->release);
	g_free(advisory->package);
	g_ptr_array_unref(advisory->ranges);
	g_ptr_array_unref(advisory->versions);
	g_free(advisory);
}

void advisory_cleanup(struct advisory **advisory)
{
	advisory_free(*advisory);
}

struct version_range *advisory_add_range(struct advisory *advisory, enum version_scheme scheme)
{
	struct version_range *range = g_new0(struct version_range, 1);

	range->scheme = scheme;
	range->events = g_ptr_array_new_with_free_func(event_free);
	g_ptr_array_add(advisory->ranges, range);
	return range;
}

void version_range_add(struct version_range *range, enum event_kind kind, const char *version)
{
	struct version_event *event = g_new0(struct version_event, 1);

	event->kind = kind;
	event->version = g_strdup(version);
	g_ptr_array_add(range->events, event);
}

enum version_scheme ecosystem_scheme(const char *ecosystem)
{
	static const struct {
		const char *name;
		enum version_scheme scheme;
	} ecosystems[] = {
		{"Debian", VERSION_DPKG},     {"Ubuntu", VERSION_DPKG},
		{"Alpine", VERSION_APK},      {"Wolfi", VERSION_APK},
		{"Chainguard", VERSION_APK},  {"PyPI", VERSION_PEP440},
		{"npm", VERSION_SEMVER},      {"crates.io", VERSION_SEMVER},
		{"Go", VERSION_GO},           {"Maven", VERSION_MAVEN},
		{"RubyGems", VERSION_GEM},    {"Packagist", VERSION_COMPOSER},
		{"Red Hat", VERSION_RPM},     {"AlmaLinux", VERSION_RPM},
		{"Rocky Linux", VERSION_RPM}, {"openSUSE", VERSION_RPM},
		{"SUSE", VERSION_RPM},        {"Mageia", VERSION_RPM},
		{"Photon OS", VERSION_RPM},   {"Azure Linux", VERSION_RPM},
		{"Alpaquita", VERSION_APK},   {"MinimOS", VERSION_APK},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(ecosystems); i++) {
		if (!strcmp(ecosystem, ecosystems[i].name))
			return ecosystems[i].scheme;
	}
	return VERSION_UNORDERED;
}

/* --- judging -------------------------------------------------------------------------------------
 */

static bool has_epoch(const char *version)
{
	size_t zeros = strspn(version, "0");

	return g_ascii_isdigit(version[zeros]) && version[strspn(version, "0123456789")] == ':';
}

bool advisory_has_epoch(const struct advisory *advisory)
{
	for (guint i = 0; i < advisory->versions->len; i++) {
		if (has_epoch(advisory->versions->pdata[i]))
			return true;
	}
	for (guint i = 0; i < advisory->ranges->len; i++) {
		const struct version_range *range = advisory->ranges->pdata[i];

		for (guint j = 0; j < range->events->len; j++) {
			const struct version_event *event = range->events->pdata[j];

			if (has_epoch(event->version))
				return true;
		}
	}
	return false;
}

/* Packages of a module (Fedora's and Red Hat's) come in streams, each with its own fixes: "nodejs
 * 20" is behind the fix of "nodejs 18" and does not have it. The stream is not in the version, so
 * that two are compared where all but the release is the same. */
static bool is_of_one_stream(const char *a, const char *b)
{
	static const char mark[] = ".module";
	const char *left = strrchr(a, '-'), *right = strrchr(b, '-');

	if (!strstr(a, mark) && !strstr(b, mark))
		return true;
	return left && right && strstr(left, mark) && strstr(right, mark) &&
	       left - a == right - b && !strncmp(a, b, (size_t)(left - a));
}

/* Where @version is, seen from an event's: negative before it. */
static bool place(enum version_scheme scheme, const char *version, const char *event,
		  int *ret_order)
{
	if (!strcmp(event, "0") || !strcmp(event, "*")) {
		*ret_order = *event == '0' ? 1 : -1;
		return version_is_valid(scheme, version);
	}
	if (scheme == VERSION_RPM && !is_of_one_stream(version, event))
		return false;
	return version_compare(scheme, version, event, ret_order);
}

/* What one range's events say of a version: the nearest at or below it holds. */
struct sweep {
	enum version_scheme scheme;
	const struct version_event *nearest;
	const struct version_event *fix; /* the first above */
	bool has_limit, within_limit;
};

/* Whether @event is behind @other; both are versions of the scheme, or "0". */
static bool is_behind(const struct sweep *sweep, const struct version_event *event,
		      const struct version_event *other)
{
	int order = 0;

	if (!strcmp(event->version, "0") || !strcmp(other->version, "0"))
		return strcmp(event->version, "0") != 0;
	version_compare(sweep->scheme, event->version, other->version, &order);
	return order > 0;
}

/* @order: where the version is, seen from the event's. Of two events at one version the one that
 * ends a range counts. */
static void sweep_event(struct sweep *sweep, const struct version_event *event, int order)
{
	bool begins = event->kind == EVENT_INTRODUCED;

	if (event->kind == EVENT_LIMIT) {
		sweep->has_limit = true;
		sweep->within_limit |= order < 0;
	} else if (order < 0 || (order == 0 && event->kind == EVENT_LAST_AFFECTED)) {
		if (event->kind == EVENT_FIXED &&
		    (!sweep->fix || is_behind(sweep, sweep->fix, event)))
			sweep->fix = event;
	} else if (!sweep->nearest || is_behind(sweep, event, sweep->nearest) ||
		   (!begins && !is_behind(sweep, sweep->nearest, event))) {
		sweep->nearest = event;
	}
}

static enum advisory_answer judge_range(const struct version_range *range, const char *version,
					const char **ret_fix)
{
	struct sweep sweep = {.scheme = range->scheme};

	for (guint i = 0; i < range->events->len; i++) {
		const struct version_event *event = range->events->pdata[i];
		int order;

		if (!place(range->scheme, version, event->version, &order))
			return ADVISORY_UNKNOWN;
		sweep_event(&sweep, event, order);
	}
	if (!sweep.nearest || sweep.nearest->kind == EVENT_LAST_AFFECTED ||
	    (sweep.has_limit && !sweep.within_limit))
		return ADVISORY_UNAFFECTED;
	if (sweep.nearest->kind == EVENT_FIXED)
		return ADVISORY_FIXED;
	*ret_fix = sweep.fix ? sweep.fix->version : NULL;
	return ADVISORY_APPLIES;
}

/* Two spellings of one version are one. */
static bool is_enumerated(const struct advisory *advisory, const char *version)
{
	enum version_scheme scheme = ecosystem_scheme(advisory->ecosystem);

	for (guint i = 0; i < advisory->versions->len; i++) {
		const char *entry = advisory->versions->pdata[i];
		int order;

		if (!strcmp(entry, version) ||
		    (version_compare(scheme, entry, version, &order) && order == 0))
			return true;
	}
	return false;
}

enum advisory_answer advisory_judge(const struct advisory *advisory, const char *version,
				    const char **ret_fix)
{
	enum advisory_answer worst = ADVISORY_UNAFFECTED;

	*ret_fix = NULL;
	if (advisory->undetermined || *version == '\0')
		return ADVISORY_UNKNOWN;
	if (is_enumerated(advisory, version))
		worst = ADVISORY_APPLIES;
	else if (advisory->ranges->len == 0 && advisory->versions->len == 0)
		worst = ADVISORY_UNKNOWN;
	for (guint i = 0; i < advisory->ranges->len; i++) {
		const char *fix = NULL;
		enum advisory_answer answer =
			judge_range(advisory->ranges->pdata[i], version, &fix);

		worst = MAX(worst, answer);
		if (fix && !*ret_fix)
			*ret_fix = fix;
	}
	return worst;
}
