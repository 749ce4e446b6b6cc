/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one flow: trace, decide, cut, replay, until nothing changes; then, and only then, write.
 *
 *     struct harden_result *result = harden(request, &identity, error);
 *
 * and its steps alone, for the commands `trace`, `cut` and `replay`.
 */
#pragma once

#include "evidence/documents.h"
#include "harden/lessons.h"
#include "harden/request.h"
#include "harden/session.h"
#include "harden/start.h"
#include "image/writer.h"
#include "seal/seal.h"

struct harden_result {
	struct digest source_digest; /* of the manifests */
	struct digest digest;
	struct profile *profile;
	struct keepset *keepset;
	struct seal *seal;
	json_t *keep_json;   /* the keep list (docs/keepset.md) */
	json_t *recipe;      /* how to make the image again (docs/recipe.md) */
	GPtrArray *rounds;   /* struct round *: of the replays under the tracer */
	struct start *start; /* what starts the application; NULL where nothing was traced */
	guint answers_compared;
	uint64_t source_files;
	uint64_t source_bytes;
	uint64_t files; /* of the production image */
	uint64_t bytes;
	int64_t total_us;
	int64_t application_us; /* of it, the application or a workload ran */
};
void harden_result_free(struct harden_result *result);

/* Traces: two runs of the original (under the plan of @start where that has steps: then its answers
 * are compared with those that its own script gives), the second on a host that differs in name,
 * time and process ids. @ret_expected (may be NULL): what a replay must answer, struct expectation
 * *. Caller owns both. */
struct profile *harden_trace(struct session *session, const struct start *start,
			     GPtrArray **ret_expected, GError **error);

/* What a replay must answer, without tracing: two runs of the original. */
GPtrArray *harden_expect(struct session *session, GError **error);

/* All of it. The destination is written last, whole or not at all; THRESH_ERROR_DIFFERS where the
 * sealed image does not behave as the original does. */
struct harden_result *harden(const struct harden_request *request, const struct identity *identity,
			     GError **error);

/* Cuts by request->profile_path and writes, without running anything. */
struct harden_result *harden_cut(const struct harden_request *request,
				 const struct identity *identity, GError **error);

/* Runs @hardened as sealed and compares its answers with the source's: THRESH_ERROR_DIFFERS, or the
 * number of answers that agreed. */
bool harden_replay(const struct harden_request *request, const char *hardened,
		   const struct identity *identity, guint *ret_answers, GError **error);

/* Makes the directory of --out, and sees that it can be written, before anything is run. */
bool harden_prepare_out(const char *directory, GError **error);

/* Searches a profile that is about to be written for the session's secrets (leak.h). */
bool harden_check_profile(const struct session *session, const struct profile *profile,
			  GError **error);

/* The summary as JSON: for --format json and summary.json. */
json_t *harden_summary(const struct harden_result *result);
