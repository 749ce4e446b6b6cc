/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh verify IMAGE`: recomputes from the layers what is claimed of an image. */
#include "base/error.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/keep_list.h"
#include "cli/made_again.h"
#include "cli/options.h"
#include "image/rootfs.h"
#include "image/source.h"
#include "verify/format.h"
#include "verify/policy.h"
#include "verify/verify.h"

#include <string.h>

enum { LINES_MAX = 5, TITLE_COLUMNS = 80 - 32 };

struct given {
	char *policy;
	char *key;
	char *source;
	char *recipe;
	char *format;
	gboolean rebuild;
	gboolean list;
};

/* The image, not from the cache, which may have been written by an earlier thresh: what is verified
 * is what the blobs hold now. */
struct unpacked {
	struct image *image;
	struct tree *tree;
	json_t *keep_list;
	GPtrArray *attestations;
	GError *failure; /* of reading them */
};

static void unpacked_clear(struct unpacked *unpacked)
{
	tree_free(unpacked->tree);
	image_free(unpacked->image);
	json_decref(unpacked->keep_list);
	g_clear_pointer(&unpacked->attestations, g_ptr_array_unref);
	g_clear_error(&unpacked->failure);
}

/* What refers to the image: documents of megabytes, read while the layers are. */
static gpointer read_beside(gpointer data)
{
	struct unpacked *unpacked = data;

	unpacked->keep_list = keep_list_load(NULL, unpacked->image, NULL);
	unpacked->attestations = attestations_read(unpacked->image, &unpacked->failure);
	return NULL;
}

static bool unpack(struct unpacked *unpacked, const struct options *options, GError **error)
{
	const struct harden_request *request = options->request;
	GThread *beside = NULL;

	unpacked->image =
		image_open(options->operands->pdata[0], request->platform, &request->limits, error);
	if (!unpacked->image)
		return false;
	if (source_is_remote(unpacked->image->source))
		read_beside(unpacked); /* one connection at a time */
	else
		beside = g_thread_new("beside", read_beside, unpacked);
	unpacked->tree = image_spool_tree(unpacked->image, request->cache_path, error);
	if (beside)
		g_thread_join(beside);
	if (!unpacked->tree)
		return false;
	if (unpacked->failure)
		g_propagate_error(error, g_steal_pointer(&unpacked->failure));
	return unpacked->attestations != NULL;
}

/* --- output --------------------------------------------------------------------------------------
 */

/* How much of @text, which is ASCII, goes into a line of @columns: up to a blank, or all of it. */
static size_t line_break(const char *text, size_t columns)
{
	size_t size = strlen(text), at = columns;

	if (size <= columns)
		return size;
	while (at > 0 && text[at] != ' ')
		at--;
	return at > 0 ? at : strcspn(text, " ");
}

/* The title in a column of its own, its lines broken between words. */
static void print_title(const char *name, const struct rule *rule)
{
	const char *at = rule->title;
	size_t size = line_break(at, TITLE_COLUMNS);

	output_line("%-8s  %-20s  %.*s", name, rule->id, (int)size, at);
	for (at += size + (at[size] == ' '); *at; at += size + (at[size] == ' ')) {
		size = line_break(at, TITLE_COLUMNS);
		output_line("%32s%.*s", "", (int)size, at);
	}
}

static void print_result(const struct rule_result *result)
{
	const char *name = result->excepted ? "EXCEPTED" : outcome_name(result->outcome);

	print_title(name, result->rule);
	if (result->excepted)
		output_line("            by %s", result->excepted);
	if (result->reason)
		output_line("            %s", result->reason);
	for (guint i = 0; i < result->findings->len && i < LINES_MAX; i++)
		output_line("            %s", (const char *)result->findings->pdata[i]);
	if (result->findings->len > LINES_MAX)
		output_line("            and %u more",
			    result->findings->len + result->more - LINES_MAX);
}

static void print_text(const char *reference, const struct digest *digest, const GPtrArray *results,
		       const GPtrArray *problems)
{
	guint counts[4] = {0}, excepted = 0;
	char text[DIGEST_TEXT_BYTES];

	digest_format(digest, text);
	output_line("%s", reference);
	output_line("%s", text);
	output_line("%s", "");
	for (guint i = 0; i < results->len; i++) {
		const struct rule_result *result = results->pdata[i];

		counts[result->outcome] += !result->excepted;
		excepted += result->excepted != NULL;
		print_result(result);
	}
	output_line("%s", "");
	output_line("%u passed, %u failed, %u skipped, %u not applicable", counts[OUTCOME_PASS],
		    counts[OUTCOME_FAIL], counts[OUTCOME_SKIP], counts[OUTCOME_NA]);
	if (excepted > 0)
		output_line("%u failed, and are excepted", excepted);
	for (guint i = 0; i < problems->len; i++)
		output_line("not as wanted: %s", (const char *)problems->pdata[i]);
}

static bool report(const struct given *given, const char *reference, const struct digest *digest,
		   const GPtrArray *results, const GPtrArray *problems, GError **error)
{
	const char *format = given->format ? given->format : "text";
	autojson json_t *json = NULL;

	if (!strcmp(format, "text")) {
		print_text(reference, digest, results, problems);
		return output_flush(error);
	}
	if (!strcmp(format, "junit")) {
		g_autofree char *text = verify_to_junit(reference, results, problems);

		output_text(text);
		return output_flush(error);
	}
	json = !strcmp(format, "sarif")
		       ? verify_to_sarif(reference, THRESH_VERSION, results, problems)
		       : verify_to_json(reference, digest, results, problems);
	return json_output_print(json, error);
}

static bool format_check(const char *format, GError **error)
{
	static const char *const known[] = {"text", "json", "sarif", "junit", NULL};

	return !format || g_strv_contains(known, format) ||
	       error_set(error, THRESH_ERROR_USAGE, "--format %s: want text, json, sarif or junit",
			 format);
}

static void list_rules(void)
{
	for (const struct rule *rule = verify_rules; rule->id; rule++)
		output_line("%-20s  %s", rule->id, rule->title);
}

/* --- the command ---------------------------------------------------------------------------------
 */

/* What the image is judged by, beside its own content. */
struct judges {
	struct policy *policy;
	struct sign_key *key;
	struct image *source; /* or NULL */
};

static void judges_clear(struct judges *judges)
{
	policy_free(judges->policy);
	sign_key_free(judges->key);
	image_free(judges->source);
}

static bool load_source(const struct options *options, const char *reference, struct judges *judges,
			GError **error)
{
	const struct harden_request *request = options->request;

	judges->source = image_open(reference, request->platform, &request->limits, error);
	if (!judges->source)
		g_prefix_error(error, "--source: ");
	return judges->source != NULL;
}

static bool judges_load(const struct options *options, const struct given *given,
			struct judges *judges, GError **error)
{
	judges->policy = given->policy ? policy_load(given->policy, error) : policy_new();
	if (!judges->policy)
		return false;
	if (given->key && !(judges->key = sign_key_load_public(given->key, error)))
		return false;
	if (given->rebuild)
		g_ptr_array_add(judges->policy->asked, (gpointer)verify_rule_find("rebuild"));
	return !given->source || load_source(options, given->source, judges, error);
}

static bool make_again(struct made_again *again, const struct image *image,
		       const struct options *options, const struct given *given,
		       const struct judges *judges, GError **error)
{
	const struct made_again_input input = {
		.image = image,
		.source = judges->source,
		.recipe_path = given->recipe,
		.init_path = options->request->init_path,
		.cache_path = options->request->cache_path,
	};

	return !given->rebuild || made_again_try(again, &input, error);
}

static int verify(const struct options *options, const struct given *given,
		  const struct judges *judges, GError **error)
{
	const char *reference = options->operands->pdata[0];
	struct unpacked unpacked = {0};
	struct made_again again = {0};
	autoverification struct verification *verification = NULL;
	struct verify_subject subject = {0};
	g_autoptr(GPtrArray) results = NULL;
	g_autoptr(GPtrArray) problems = NULL;
	int status = -1;

	if (unpack(&unpacked, options, error) &&
	    make_again(&again, unpacked.image, options, given, judges, error)) {
		subject = (struct verify_subject){
			.image = unpacked.image,
			.tree = unpacked.tree,
			.keep_list = unpacked.keep_list,
			.init_path = options->request->init_path,
			.init_digests = judges->policy->init_digests,
			.attestations = unpacked.attestations,
			.key = judges->key,
			.source_digest = judges->source ? &judges->source->manifest_digest : NULL,
			.rebuild = given->rebuild ? &again.result : NULL,
		};
		verification = verification_new(&subject);
		results = verification_run(verification);
		problems =
			policy_judge(judges->policy, results, g_get_real_time() / G_USEC_PER_SEC);
		if (report(given, reference, &unpacked.image->manifest_digest, results, problems,
			   error))
			status = problems->len > 0;
	}
	g_clear_pointer(&verification, verification_free);
	made_again_clear(&again);
	unpacked_clear(&unpacked);
	return status;
}

static int start(const struct command_form *form, int argc, char **argv, struct given *given,
		 GError **error)
{
	autooptions struct options *options = options_parse(form, argc, argv, error);
	struct judges judges = {0};
	int status = -1;

	if (!options || !format_check(given->format, error))
		return -1;
	if (given->list) {
		list_rules();
		output_flush(error);
		return 0;
	}
	if (options->operands->len != 1) {
		error_set(error, THRESH_ERROR_USAGE, "want one image");
		return -1;
	}
	if (judges_load(options, given, &judges, error) && options_prepare(options, error))
		status = verify(options, given, &judges, error);
	judges_clear(&judges);
	return status;
}

int cmd_verify(int argc, char **argv, GError **error)
{
	struct given given = {0};
	const GOptionEntry own[] = {
		{"policy", 0, 0, G_OPTION_ARG_FILENAME, &given.policy,
		 "which rules must pass, and what is excepted", "FILE"},
		{"key", 0, 0, G_OPTION_ARG_FILENAME, &given.key,
		 "public key by which the image must be signed", "FILE"},
		{"source", 0, 0, G_OPTION_ARG_FILENAME, &given.source,
		 "image that the provenance must name", "IMAGE"},
		{"rebuild", 0, 0, G_OPTION_ARG_NONE, &given.rebuild,
		 "make the image again from --source, and compare", NULL},
		{"recipe", 0, 0, G_OPTION_ARG_FILENAME, &given.recipe,
		 "recipe.json of harden --out, in place of what lies beside the image", "FILE"},
		{"format", 0, 0, G_OPTION_ARG_FILENAME, &given.format,
		 "text (default) for people, json, sarif or junit for machines", "FORMAT"},
		{"list", 0, 0, G_OPTION_ARG_NONE, &given.list, "list the rules", NULL},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	const struct command_form form = {
		.name = "verify",
		.operands = "IMAGE",
		.summary = "Recomputes from the image's layers what is claimed of it: PASS, FAIL, "
			   "SKIP (not\n"
			   "checked, and why) or NA. Also of images that thresh did not make.",
		.examples = "  thresh verify oci:app-sealed --policy policy.yaml",
		.groups = OPTIONS_SOURCE | OPTIONS_REGISTRY,
		.own = own,
		.operands_min = 0,
		.operands_max = 1,
	};
	int status = start(&form, argc, argv, &given, error);

	g_free(given.policy);
	g_free(given.key);
	g_free(given.source);
	g_free(given.recipe);
	g_free(given.format);
	return status;
}
