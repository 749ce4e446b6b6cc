/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/format.h"

#include "base/json.h"

static json_t *references_to_json(const struct rule *rule)
{
	json_t *array = json_array();

	for (const struct rule_reference *reference = rule->references;
	     reference < rule->references + G_N_ELEMENTS(rule->references) && reference->standard;
	     reference++)
		json_array_append_new(array, json_pack("{s:s, s:s}", "standard",
						       reference->standard, "id", reference->id));
	return array;
}

static json_t *result_to_json(const struct rule_result *result)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:o}", "rule", result->rule->id, "title",
				   result->rule->title, "outcome", outcome_name(result->outcome),
				   "references", references_to_json(result->rule));

	if (result->findings->len > 0)
		json_object_set_new(object, "findings", json_from_strings(result->findings));
	if (result->more > 0)
		json_object_set_new(object, "more", json_integer(result->more));
	if (result->reason)
		json_object_set_new(object, "reason", json_from_text(result->reason));
	if (result->excepted)
		json_object_set_new(object, "exception", json_from_text(result->excepted));
	return object;
}

json_t *verify_to_json(const char *reference, const struct digest *digest, const GPtrArray *results,
		       const GPtrArray *problems)
{
	json_t *array = json_array();

	for (guint i = 0; i < results->len; i++)
		json_array_append_new(array, result_to_json(results->pdata[i]));
	return json_pack("{s:i, s:o, s:o, s:b, s:o, s:o}", "version", 1, "image",
			 json_from_text(reference), "digest", json_from_digest(digest), "passed",
			 problems->len == 0, "problems", json_from_strings(problems), "results",
			 array);
}

/* --- SARIF ---------------------------------------------------------------------------------------
 */

static json_t *sarif_rules(const GPtrArray *results)
{
	json_t *rules = json_array();

	for (guint i = 0; i < results->len; i++) {
		const struct rule *rule = ((const struct rule_result *)results->pdata[i])->rule;

		json_array_append_new(rules, json_pack("{s:s, s:{s:s}, s:{s:o}}", "id", rule->id,
						       "shortDescription", "text", rule->title,
						       "properties", "references",
						       references_to_json(rule)));
	}
	return rules;
}

/* Section 3.27.9, kind, and 3.27.10, level: where kind is not "fail", level is "none". */
static json_t *sarif_result(const struct rule_result *result, const char *reference,
			    const char *kind, const char *text)
{
	json_t *location = json_pack("{s:{s:{s:o}}}", "physicalLocation", "artifactLocation", "uri",
				     json_from_text(reference));
	json_t *object =
		json_pack("{s:s, s:s, s:s, s:{s:o}, s:[o]}", "ruleId", result->rule->id, "kind",
			  kind, "level", g_str_equal(kind, "fail") ? "error" : "none", "message",
			  "text", json_from_text(text), "locations", location);

	if (result->excepted && g_str_equal(kind, "fail"))
		json_object_set_new(object, "suppressions",
				    json_pack("[{s:s, s:o}]", "kind", "external", "justification",
					      json_from_text(result->excepted)));
	return object;
}

static void sarif_append(json_t *array, const struct rule_result *result, const char *reference)
{
	/* 3.27.9: SKIP is "review": it needs a person's eyes. */
	static const char *const kinds[] = {"pass", "fail", "review", "notApplicable"};

	for (guint i = 0; i < result->findings->len; i++)
		json_array_append_new(
			array, sarif_result(result, reference, "fail", result->findings->pdata[i]));
	if (result->findings->len == 0)
		json_array_append_new(
			array, sarif_result(result, reference, kinds[result->outcome],
					    result->reason ? result->reason : result->rule->title));
}

json_t *verify_to_sarif(const char *reference, const char *version, const GPtrArray *results)
{
	json_t *array = json_array();
	json_t *driver;

	for (guint i = 0; i < results->len; i++)
		sarif_append(array, results->pdata[i], reference);
	driver = json_pack("{s:s, s:s, s:o}", "name", "thresh", "version", version, "rules",
			   sarif_rules(results));
	return json_pack("{s:s, s:s, s:[{s:{s:o}, s:o}]}", "version", "2.1.0", "$schema",
			 "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
			 "sarif-schema-2.1.0.json",
			 "runs", "tool", "driver", driver, "results", array);
}

/* --- JUnit ---------------------------------------------------------------------------------------
 */

static void junit_append(GString *text, const struct rule_result *result)
{
	g_autofree char *title = g_markup_escape_text(result->rule->title, -1);

	g_string_append_printf(text, "    <testcase classname=\"thresh.verify\" name=\"%s: %s\">",
			       result->rule->id, title);
	if (result->outcome == OUTCOME_FAIL && !result->excepted) {
		g_string_append_printf(text, "<failure message=\"%u findings\">",
				       result->findings->len + result->more);
		for (guint i = 0; i < result->findings->len; i++) {
			g_autofree char *line =
				g_markup_escape_text(result->findings->pdata[i], -1);

			g_string_append_printf(text, "%s\n", line);
		}
		g_string_append(text, "</failure>");
	} else if (result->outcome != OUTCOME_PASS) {
		g_autofree char *reason = g_markup_escape_text(
			result->excepted ? result->excepted : result->reason, -1);

		g_string_append_printf(text, "<skipped message=\"%s: %s\"/>",
				       outcome_name(result->outcome), reason);
	}
	g_string_append(text, "</testcase>\n");
}

char *verify_to_junit(const char *reference, const GPtrArray *results)
{
	g_autofree char *name = g_markup_escape_text(reference, -1);
	GString *cases = g_string_new(NULL);
	guint failures = 0, skipped = 0;
	char *text;

	for (guint i = 0; i < results->len; i++) {
		const struct rule_result *result = results->pdata[i];
		bool failed = result->outcome == OUTCOME_FAIL && !result->excepted;

		failures += failed;
		skipped += !failed && result->outcome != OUTCOME_PASS;
		junit_append(cases, result);
	}
	text = g_strdup_printf(
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		"  <testsuite name=\"%s\" tests=\"%u\" failures=\"%u\" skipped=\"%u\">\n"
		"%s  </testsuite>\n</testsuites>\n",
		name, results->len, failures, skipped, cases->str);
	g_string_free(cases, TRUE);
	return text;
}
