/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/format.h"

#include "base/error.h"
#include "base/json.h"

#define POLICY_ID    "policy"
#define POLICY_TITLE "what must pass has passed, and no exception has expired"

/* What is not as wanted without being the failure of a rule, which is there by itself: borrowed
 * texts. */
static GPtrArray *policy_problems(const GPtrArray *problems)
{
	GPtrArray *broken = g_ptr_array_new();

	for (guint i = 0; i < problems->len; i++) {
		if (!g_str_has_suffix(problems->pdata[i], ": FAIL"))
			g_ptr_array_add(broken, problems->pdata[i]);
	}
	return broken;
}

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

/* An URI reference (section 3.10.1): what may not stand in one is escaped. */
static json_t *sarif_uri(const char *reference)
{
	g_autofree char *uri =
		g_uri_escape_string(reference, G_URI_RESERVED_CHARS_ALLOWED_IN_PATH "?#[]", FALSE);

	return json_string(uri);
}

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
	json_array_append_new(rules, json_pack("{s:s, s:{s:s}}", "id", POLICY_ID,
					       "shortDescription", "text", POLICY_TITLE));
	return rules;
}

/* Section 3.27.9, kind, and 3.27.10, level: where kind is not "fail", level is "none". */
static json_t *sarif_result(const char *id, const char *excepted, const char *reference,
			    const char *kind, const char *text)
{
	json_t *location = json_pack("{s:{s:{s:o}}}", "physicalLocation", "artifactLocation", "uri",
				     sarif_uri(reference));
	json_t *object = json_pack("{s:s, s:s, s:s, s:{s:o}, s:[o]}", "ruleId", id, "kind", kind,
				   "level", g_str_equal(kind, "fail") ? "error" : "none", "message",
				   "text", json_from_text(text), "locations", location);

	if (excepted && g_str_equal(kind, "fail"))
		json_object_set_new(object, "suppressions",
				    json_pack("[{s:s, s:o}]", "kind", "external", "justification",
					      json_from_text(excepted)));
	return object;
}

static void sarif_append(json_t *array, const struct rule_result *result, const char *reference)
{
	/* 3.27.9: SKIP is "review": it needs a person's eyes. */
	static const char *const kinds[] = {"pass", "fail", "review", "notApplicable"};

	for (guint i = 0; i < result->findings->len; i++)
		json_array_append_new(array,
				      sarif_result(result->rule->id, result->excepted, reference,
						   "fail", result->findings->pdata[i]));
	if (result->findings->len == 0)
		json_array_append_new(
			array,
			sarif_result(result->rule->id, NULL, reference, kinds[result->outcome],
				     result->reason ? result->reason : result->rule->title));
}

json_t *verify_to_sarif(const char *reference, const char *version, const GPtrArray *results,
			const GPtrArray *problems)
{
	g_autoptr(GPtrArray) broken = policy_problems(problems);
	json_t *array = json_array();
	json_t *driver;

	for (guint i = 0; i < results->len; i++)
		sarif_append(array, results->pdata[i], reference);
	for (guint i = 0; i < broken->len; i++)
		json_array_append_new(
			array, sarif_result(POLICY_ID, NULL, reference, "fail", broken->pdata[i]));
	driver = json_pack("{s:s, s:s, s:o}", "name", "thresh", "version", version, "rules",
			   sarif_rules(results));
	return json_pack("{s:s, s:s, s:[{s:{s:o}, s:o}]}", "version", "2.1.0", "$schema",
			 "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
			 "sarif-schema-2.1.0.json",
			 "runs", "tool", "driver", driver, "results", array);
}

/* --- JUnit ---------------------------------------------------------------------------------------
 */

/* @text as it may stand in XML (XML 1.0, 2.2: neither U+FFFE nor U+FFFF). Caller frees. */
static char *xml_text(const char *text)
{
	g_autofree char *quoted = error_quote(text);

	return g_markup_escape_text(quoted, -1);
}

static void junit_open(GString *text, const char *id, const char *title)
{
	g_autofree char *escaped = xml_text(title);

	g_string_append_printf(
		text, "    <testcase classname=\"thresh.verify\" name=\"%s: %s\" time=\"0\">", id,
		escaped);
}

static void junit_fail(GString *text, const char *what, guint count, const GPtrArray *lines)
{
	g_string_append_printf(text, "<failure type=\"FAIL\" message=\"%u %s\">", count, what);
	for (guint i = 0; i < lines->len; i++) {
		g_autofree char *line = xml_text(lines->pdata[i]);

		g_string_append_printf(text, "%s\n", line);
	}
	g_string_append(text, "</failure>");
}

static void junit_append(GString *text, const struct rule_result *result)
{
	junit_open(text, result->rule->id, result->rule->title);
	if (result->outcome == OUTCOME_FAIL && !result->excepted) {
		junit_fail(text, "findings", result->findings->len + result->more,
			   result->findings);
	} else if (result->outcome != OUTCOME_PASS) {
		g_autofree char *reason =
			xml_text(result->excepted ? result->excepted : result->reason);

		g_string_append_printf(text, "<skipped message=\"%s: %s\"/>",
				       outcome_name(result->outcome), reason);
	}
	g_string_append(text, "</testcase>\n");
}

static void junit_append_policy(GString *text, const GPtrArray *broken)
{
	junit_open(text, POLICY_ID, POLICY_TITLE);
	if (broken->len > 0)
		junit_fail(text, "not as wanted", broken->len, broken);
	g_string_append(text, "</testcase>\n");
}

char *verify_to_junit(const char *reference, const GPtrArray *results, const GPtrArray *problems)
{
	g_autofree char *name = xml_text(reference);
	g_autoptr(GPtrArray) broken = policy_problems(problems);
	GString *cases = g_string_new(NULL);
	guint failures = broken->len > 0, skipped = 0;
	char *text;

	for (guint i = 0; i < results->len; i++) {
		const struct rule_result *result = results->pdata[i];
		bool failed = result->outcome == OUTCOME_FAIL && !result->excepted;

		failures += failed;
		skipped += !failed && result->outcome != OUTCOME_PASS;
		junit_append(cases, result);
	}
	junit_append_policy(cases, broken);
	text = g_strdup_printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
			       "  <testsuite name=\"%s\" tests=\"%u\" failures=\"%u\" errors=\"0\" "
			       "skipped=\"%u\" time=\"0\">\n"
			       "%s  </testsuite>\n</testsuites>\n",
			       name, results->len + 1, failures, skipped, cases->str);
	g_string_free(cases, TRUE);
	return text;
}
