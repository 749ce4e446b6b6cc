/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/policy.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum { LIST_MAX = 1000, TEXT_MAX_BYTES = 4096 };

static void exception_free(void *data)
{
	struct policy_exception *exception = data;

	g_free(exception->owner);
	g_free(exception->reason);
	g_free(exception->expires);
	g_free(exception);
}

struct policy *policy_new(void)
{
	struct policy *policy = g_new0(struct policy, 1);

	policy->required = g_ptr_array_new();
	policy->exceptions = g_ptr_array_new_with_free_func(exception_free);
	policy->init_digests = g_ptr_array_new_with_free_func(g_free);
	policy->asked = g_ptr_array_new();
	return policy;
}

void policy_free(struct policy *policy)
{
	if (!policy)
		return;
	g_ptr_array_unref(policy->required);
	g_ptr_array_unref(policy->exceptions);
	g_ptr_array_unref(policy->init_digests);
	g_ptr_array_unref(policy->asked);
	g_free(policy);
}

void policy_cleanup(struct policy **policy)
{
	policy_free(*policy);
}

/* --- reading -------------------------------------------------------------------------------------
 */

static bool wrong(GError **error, const char *place, const char *what)
{
	return error_set(error, THRESH_ERROR_INPUT, "%s: %s", place, what);
}

static const struct rule *rule_named(const char *name, const char *place, GError **error)
{
	const struct rule *rule = name ? verify_rule_find(name) : NULL;
	g_autofree char *quoted = error_quote(name ? name : "");

	if (!rule)
		error_set(error, THRESH_ERROR_INPUT,
			  "%s: \"%s\" is no rule; `thresh verify --list` lists them", place,
			  quoted);
	return rule;
}

/* A list of texts, each given to @take. */
static bool read_texts(struct policy *policy, const json_t *list, const char *place,
		       bool (*take)(struct policy *, const char *, const char *, GError **),
		       GError **error)
{
	size_t i;
	const json_t *value;

	if (!json_is_array(list) || json_array_size(list) > LIST_MAX)
		return wrong(error, place, "want a list");
	json_array_foreach ((json_t *)list, i, value) {
		if (!json_is_string(value))
			return wrong(error, place, "want a list of texts");
		if (!take(policy, json_string_value(value), place, error))
			return false;
	}
	return true;
}

static bool take_required(struct policy *policy, const char *text, const char *place,
			  GError **error)
{
	const struct rule *rule = rule_named(text, place, error);

	if (rule)
		g_ptr_array_add(policy->required, (gpointer)rule);
	return rule != NULL;
}

static bool take_digest(struct policy *policy, const char *text, const char *place, GError **error)
{
	struct digest digest;

	if (!digest_parse(text, &digest, error)) {
		g_prefix_error(error, "%s: ", place);
		return false;
	}
	g_ptr_array_add(policy->init_digests, g_strdup(text));
	return true;
}

/* "2027-03-31": the first second after that day, UTC. */
static bool take_date(struct policy_exception *exception, const char *place, GError **error)
{
	int year, month, day, end = 0;
	g_autoptr(GDateTime) date = NULL;

	if (strlen(exception->expires) == 10 &&
	    sscanf(exception->expires, "%4d-%2d-%2d%n", &year, &month, &day, &end) == 3 &&
	    end == 10)
		date = g_date_time_new_utc(year, month, day, 0, 0, 0);
	if (!date)
		return wrong(error, place, "expires: want a day, YYYY-MM-DD");
	exception->end_s = g_date_time_to_unix(date) + 24 * 60 * 60;
	return true;
}

/* It stands in a line of what verify prints. */
static bool is_line(const char *text)
{
	for (const char *c = text; *c; c = g_utf8_next_char(c)) {
		if (!g_unichar_isprint(g_utf8_get_char(c)))
			return false;
	}
	return true;
}

static bool take_text(const json_t *object, const char *key, const char *place, char **ret_text,
		      GError **error)
{
	const char *text = json_string_at(object, key);
	g_autofree char *bare = g_strstrip(g_strdup(text ? text : ""));

	if (!*bare || strlen(bare) > TEXT_MAX_BYTES)
		return error_set(error, THRESH_ERROR_INPUT, "%s: %s is missing, or no text", place,
				 key);
	if (!is_line(bare))
		return error_set(error, THRESH_ERROR_INPUT, "%s: %s is more than one line of text",
				 place, key);
	*ret_text = g_steal_pointer(&bare);
	return true;
}

static bool keys_are_known(const json_t *object, const char *const *known, const char *place,
			   GError **error)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value) {
		g_autofree char *quoted = error_quote(key);

		if (!g_strv_contains(known, key))
			return error_set(error, THRESH_ERROR_INPUT, "%s: unknown key \"%s\"", place,
					 quoted);
	}
	return true;
}

static bool read_exception(struct policy *policy, const json_t *value, const char *place,
			   GError **error)
{
	static const char *const known[] = {"rule", "owner", "reason", "expires", NULL};
	struct policy_exception *exception = g_new0(struct policy_exception, 1);

	g_ptr_array_add(policy->exceptions, exception);
	if (!json_is_object(value))
		return wrong(error, place, "want rule, owner, reason and expires");
	if (!keys_are_known(value, known, place, error))
		return false;
	exception->rule = rule_named(json_string_at(value, "rule"), place, error);
	return exception->rule && take_text(value, "owner", place, &exception->owner, error) &&
	       take_text(value, "reason", place, &exception->reason, error) &&
	       take_text(value, "expires", place, &exception->expires, error) &&
	       take_date(exception, place, error);
}

static bool read_exceptions(struct policy *policy, const json_t *list, const char *what,
			    GError **error)
{
	size_t i;
	const json_t *value;

	if (!json_is_array(list) || json_array_size(list) > LIST_MAX)
		return error_set(error, THRESH_ERROR_INPUT, "%s: exceptions: want a list", what);
	json_array_foreach ((json_t *)list, i, value) {
		g_autofree char *place = g_strdup_printf("%s: exceptions.%zu", what, i);

		if (!read_exception(policy, value, place, error))
			return false;
	}
	return true;
}

static bool read_policy(struct policy *policy, const json_t *root, const char *what, GError **error)
{
	static const char *const known[] = {"require", "exceptions", "init-digests", NULL};
	const json_t *required = json_object_get(root, "require");
	const json_t *exceptions = json_object_get(root, "exceptions");
	const json_t *digests = json_object_get(root, "init-digests");
	g_autofree char *require_place = g_strconcat(what, ": require", NULL);
	g_autofree char *digest_place = g_strconcat(what, ": init-digests", NULL);

	if (!json_is_object(root))
		return wrong(error, what, "want keys and values");
	return keys_are_known(root, known, what, error) &&
	       (!required || read_texts(policy, required, require_place, take_required, error)) &&
	       (!digests || read_texts(policy, digests, digest_place, take_digest, error)) &&
	       (!exceptions || read_exceptions(policy, exceptions, what, error));
}

struct policy *policy_parse(const char *what, const void *data, size_t size_bytes, GError **error)
{
	g_autoptr(GError) failure = NULL;
	autojson json_t *root = yaml_parse(data, size_bytes, what, &failure);
	autopolicy struct policy *policy = policy_new();

	/* What is no YAML is a wrong command line to the parser, whose other user is thresh.yaml.
	 */
	if (!root)
		error_set(error, THRESH_ERROR_INPUT, "%s", failure->message);
	return root && read_policy(policy, root, what, error) ? g_steal_pointer(&policy) : NULL;
}

struct policy *policy_load(const char *path, GError **error)
{
	autofd int fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, error);
	g_autoptr(GBytes) bytes = fd < 0 ? NULL : fd_read_all(fd, POLICY_MAX_BYTES, path, error);
	gsize size;
	const void *data;

	if (!bytes)
		return NULL;
	data = g_bytes_get_data(bytes, &size);
	return policy_parse(path, data ? data : "", size, error);
}

/* --- judging -------------------------------------------------------------------------------------
 */

static struct rule_result *result_of(GPtrArray *results, const struct rule *rule)
{
	for (guint i = 0; i < results->len; i++) {
		struct rule_result *result = results->pdata[i];

		if (result->rule == rule)
			return result;
	}
	return NULL;
}

static void apply_exceptions(const struct policy *policy, GPtrArray *results, gint64 now_s,
			     GPtrArray *problems)
{
	for (guint i = 0; i < policy->exceptions->len; i++) {
		struct policy_exception *exception = policy->exceptions->pdata[i];
		struct rule_result *result = result_of(results, exception->rule);

		if (now_s >= exception->end_s) {
			g_ptr_array_add(problems,
					g_strdup_printf("%s: the exception of %s expired on %s",
							exception->rule->id, exception->owner,
							exception->expires));
			continue;
		}
		exception->used = result && result->outcome == OUTCOME_FAIL;
		if (exception->used && !result->excepted)
			result->excepted = g_strdup_printf("%s: %s, until %s", exception->owner,
							   exception->reason, exception->expires);
	}
}

static bool must_pass(const struct policy *policy, const struct rule *rule)
{
	return g_ptr_array_find(policy->required, rule, NULL) ||
	       g_ptr_array_find(policy->asked, rule, NULL);
}

static bool is_problem(const struct policy *policy, const struct rule_result *result)
{
	if (result->outcome == OUTCOME_FAIL && result->excepted)
		return false;
	if (must_pass(policy, result->rule))
		return result->outcome != OUTCOME_PASS;
	return policy->required->len == 0 && result->outcome == OUTCOME_FAIL;
}

GPtrArray *policy_judge(struct policy *policy, GPtrArray *results, gint64 now_s)
{
	GPtrArray *problems = g_ptr_array_new_with_free_func(g_free);

	apply_exceptions(policy, results, now_s, problems);
	for (guint i = 0; i < results->len; i++) {
		const struct rule_result *result = results->pdata[i];

		if (is_problem(policy, result))
			g_ptr_array_add(problems, g_strdup_printf("%s: %s", result->rule->id,
								  outcome_name(result->outcome)));
	}
	return problems;
}
