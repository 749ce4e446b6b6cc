/* SPDX-License-Identifier: Apache-2.0 */
/* --sign: what harden knows of the image that it has made, signed and put beside it. */
#include "harden/attest.h"

#include "evidence/attestation.h"
#include "evidence/provenance.h"
#include "harden/vex.h"
#include "image/compress.h"

#include <string.h>

static json_t *rules_of(const GPtrArray *rules)
{
	json_t *array = json_array();

	for (guint i = 0; i < rules->len; i++) {
		const struct keep_rule *rule = rules->pdata[i];

		json_array_append_new(array,
				      json_pack("{s:o, s:o}", "glob", json_from_text(rule->glob),
						"why", json_from_text(rule->why)));
	}
	return array;
}

/* Members of a request's structs that are texts: offset @member of each of @list. */
static json_t *texts_of(const GPtrArray *list, size_t member)
{
	json_t *array = json_array();

	for (guint i = 0; i < list->len; i++) {
		const char *const *text = G_STRUCT_MEMBER_P(list->pdata[i], member);

		json_array_append_new(array, json_from_text(*text));
	}
	return array;
}

/* The options that shape the image. Variables by name alone; workloads, which are commands of the
 * host with whatever stands in them, by number. */
static json_t *parameters_of(const struct harden_request *request)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:s, s:b, s:I}", "preset",
			 preset_name(request->preset), "keep", rules_of(request->keep_rules),
			 "keepLogs", json_from_strings(request->keep_logs), "environment",
			 texts_of(request->environment, offsetof(struct redaction, name)),
			 "volumes",
			 texts_of(request->volumes, offsetof(struct volume_request, path)),
			 "probes", texts_of(request->probes, offsetof(struct probe, text)),
			 "workloads", (int)request->workloads->len, "companions",
			 texts_of(request->companions, offsetof(struct companion_request, name)),
			 "compression", compression_name(request->compression), "arbitraryUser",
			 request->arbitrary_user, "sourceDateEpoch", (json_int_t)request->epoch);
}

/* docs/evidence.md */
static json_t *replay_of(const struct harden_result *result)
{
	autojson json_t *summary = harden_summary(result);

	return json_pack("{s:i, s:s, s:O, s:O}", "version", 1, "result", "same", "answersCompared",
			 json_object_get(summary, "answersCompared"), "rounds",
			 json_object_get(summary, "rounds"));
}

static void add(GPtrArray *statements, const struct harden_result *result, const char *type,
		json_t *predicate)
{
	g_ptr_array_add(statements, statement_new(&result->digest, type, predicate));
}

void attest_statements(GPtrArray *statements, const struct session *session,
		       const struct harden_result *result, const struct inventory *inventory,
		       const struct document_about *about)
{
	g_autofree char *text = json_format_canonical(result->recipe);
	struct digest profile, recipe;
	json_t *provenance;

	provenance_profile_digest(result->profile, &profile);
	digest_of(text, strlen(text), &recipe);
	provenance = provenance_new(&result->source_digest, &profile, &recipe,
				    parameters_of(session->request));
	if (session->vex)
		provenance_add_data(provenance, session->vex->data);
	statements_add_inventory(statements, inventory, about);
	add(statements, result, PREDICATE_CUT_LIST, json_incref(result->keep_json));
	add(statements, result, PREDICATE_RUNTIME_TRACE,
	    runtime_trace_new(result->profile, session->rootfs->tree));
	add(statements, result, PREDICATE_REPLAY, replay_of(result));
	add(statements, result, PREDICATE_PROVENANCE, provenance);
}

bool attest_attach(const struct session *session, struct image_writer *writer,
		   const GPtrArray *statements, GError **error)
{
	g_autoptr(GPtrArray) attestations =
		attestations_new(statements, session->request->sign_key, error);
	bool done = attestations != NULL;

	for (guint i = 0; done && i < attestations->len; i++) {
		const struct attestation *attestation = attestations->pdata[i];

		done = image_writer_attach(writer, &attestation->artifact, error);
	}
	if (!done)
		g_prefix_error(error, "--sign: ");
	return done;
}
