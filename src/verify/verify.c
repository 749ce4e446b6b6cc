/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/verification.h"

#include "base/error.h"
#include "base/json.h"
#include "base/parallel.h"

#include <string.h>

const struct rule verify_rules[] = {
	{"no-shell",
	 "no file is a shell, under whatever name",
	 check_no_shell,
	 {{"NIST SP 800-190", "4.1.2"}}},
	{"no-package-manager",
	 "no file is a package manager, under whatever name",
	 check_no_package_manager,
	 {{"NIST SP 800-190", "4.1.2"}, {"CIS Docker", "4.3"}}},
	{"no-setid",
	 "no program has a set-uid or set-gid bit",
	 check_no_setid,
	 {{"CIS Docker", "4.8"}, {"dockle", "CIS-DI-0008"}}},
	{"no-file-capabilities",
	 "no file has capabilities",
	 check_no_file_capabilities,
	 {{"CIS Docker", "4.8"}}},
	{"not-writable",
	 "only what becomes a mount can be written by group or others",
	 check_not_writable,
	 {{"NIST SP 800-190", "4.4.4"}}},
	{"no-devices", "no device nodes", check_no_devices, {{NULL, NULL}}},
	{"non-root",
	 "it runs as a numeric user other than root",
	 check_user,
	 {{"CIS Docker", "4.1"}, {"dockle", "CIS-DI-0001"}, {"NIST SP 800-190", "4.1.2"}}},
	{"credentials",
	 "no account has an empty password, no two a name or number in common",
	 check_credentials,
	 {{"dockle", "DKL-LI-0001"}}},
	{"environment",
	 "no variable of the config looks like a secret",
	 check_environment,
	 {{"CIS Docker", "4.10"}, {"dockle", "CIS-DI-0010"}}},
	{"no-secrets",
	 "no private key, token or credential file",
	 check_no_secrets,
	 {{"CIS Docker", "4.10"}, {"dockle", "CIS-DI-0010"}, {"NIST SP 800-190", "4.1.4"}}},
	{"libraries",
	 "every library that a program needs is in the image, and none is looked for outside",
	 check_libraries,
	 {{NULL, NULL}}},
	{"links", "no link that the application used leads nowhere", check_links, {{NULL, NULL}}},
	{"entry",
	 "the entry point is in the image and is no script for a shell",
	 check_entry,
	 {{NULL, NULL}}},
	{"health",
	 "there is a health check, and it needs no shell",
	 check_health,
	 {{"CIS Docker", "4.6"}, {"dockle", "CIS-DI-0006"}}},
	{"init", "init is the known static program", check_init, {{NULL, NULL}}},
	{"plan",
	 "the init plan and the seccomp filter are those of the seal",
	 check_plan,
	 {{NULL, NULL}}},
	{"seeds", "every writable path that is filled has its seed", check_seeds, {{NULL, NULL}}},
	{"index",
	 "the layout's index says of the image and of what refers to it what they are",
	 check_index,
	 {{NULL, NULL}}},
	{"signature",
	 "every bundle that refers to the image is whole and of it, and one is by the given key",
	 check_signature,
	 {{"NIST SP 800-190", "4.1.5"}, {"CIS Docker", "4.5"}, {"dockle", "CIS-DI-0005"}}},
	{"provenance",
	 "its provenance is by the given key, and says from what it was made",
	 check_provenance,
	 {{NULL, NULL}}},
	{"inventory",
	 "its inventories list every file of the layers, and no other",
	 check_inventory,
	 {{NULL, NULL}}},
	{"vex",
	 "what its VEX documents say to be gone, or fixed, is so in the layers",
	 check_vex,
	 {{NULL, NULL}}},
	{"rebuild",
	 "made again from its source, it is the same, byte for byte",
	 check_rebuild,
	 {{NULL, NULL}}},
	{NULL, NULL, NULL, {{NULL, NULL}}},
};

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = {"PASS", "FAIL", "SKIP", "NA"};

	return names[outcome];
}

const struct rule *verify_rule_find(const char *id)
{
	for (const struct rule *rule = verify_rules; rule->id; rule++) {
		if (!strcmp(rule->id, id))
			return rule;
	}
	return NULL;
}

/* --- results -------------------------------------------------------------------------------------
 */

static void rule_result_free(void *data)
{
	struct rule_result *result = data;

	g_free(result->reason);
	g_free(result->excepted);
	g_ptr_array_unref(result->findings);
	g_free(result);
}

void result_find(struct rule_result *result, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list arguments;

	result->outcome = OUTCOME_FAIL;
	if (result->findings->len == FINDINGS_MAX) {
		result->more++;
		return;
	}
	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_ptr_array_add(result->findings, error_quote(text));
}

static void result_end(struct rule_result *result, enum outcome outcome, const char *format,
		       va_list arguments)
{
	g_autofree char *text = g_strdup_vprintf(format, arguments);

	if (result->outcome == OUTCOME_FAIL)
		return;
	result->outcome = outcome;
	g_free(result->reason);
	result->reason = error_quote(text);
}

void result_skip(struct rule_result *result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	result_end(result, OUTCOME_SKIP, format, arguments);
	va_end(arguments);
}

void result_na(struct rule_result *result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	result_end(result, OUTCOME_NA, format, arguments);
	va_end(arguments);
}

/* --- verification --------------------------------------------------------------------------------
 */

static void seal_read(struct verification *verification)
{
	const struct image_config *config = verification->subject->image->config;
	const json_t *labels = json_object_at(json_object_at(config->json, "config"), "Labels");
	g_autoptr(GError) error = NULL;

	if (!json_object_get(labels, SEAL_LABEL))
		return;
	verification->seal = seal_from_config(config, &error);
	if (!verification->seal)
		verification->seal_error = g_strdup(error->message);
}

struct verification *verification_new(const struct verify_subject *subject)
{
	struct verification *verification = g_new0(struct verification, 1);

	verification->subject = subject;
	verification->packages = package_db_load(subject->tree);
	verification->programs = programs_find(subject->tree, verification->packages);
	verification->ldso = ldso_new(subject->tree, subject->image->config);
	seal_read(verification);
	return verification;
}

void verification_free(struct verification *verification)
{
	if (!verification)
		return;
	ldso_free(verification->ldso);
	programs_free(verification->programs);
	package_db_free(verification->packages);
	seal_free(verification->seal);
	g_free(verification->seal_error);
	g_free(verification);
}

void verification_cleanup(struct verification **verification)
{
	verification_free(*verification);
}

struct run {
	struct verification *verification;
	GPtrArray *results; /* struct rule_result *, of each rule */
};

/* The search for secrets reads every byte, and nothing that other rules find for one another: it is
 * a part of its own. */
static bool run_part(guint part, void *user, GError **error)
{
	const struct run *run = user;

	(void)error;
	for (guint i = 0; i < run->results->len; i++) {
		struct rule_result *result = run->results->pdata[i];

		if ((result->rule->check == check_no_secrets) == (part == 0))
			result->rule->check(run->verification, result);
	}
	return true;
}

GPtrArray *verification_run(struct verification *verification)
{
	enum { PARTS = 2 };
	GPtrArray *results = g_ptr_array_new_with_free_func(rule_result_free);
	struct run run = {verification, results};

	for (const struct rule *rule = verify_rules; rule->id; rule++) {
		struct rule_result *result = g_new0(struct rule_result, 1);

		result->rule = rule;
		result->findings = g_ptr_array_new_with_free_func(g_free);
		g_ptr_array_add(results, result);
	}
	parallel_run(PARTS, PARTS, run_part, NULL, &run, NULL);
	return results;
}
