/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/harden.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/sorted.h"
#include "harden/answers.h"
#include "harden/candidate.h"
#include "harden/commit.h"
#include "image/reference.h"
#include "image/writer.h"
#include "policy/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- tracing -------------------------------------------------------------------------------------
 */

static const char *const host_names[] = {"thresh-a", "host-b7"};
enum { PID_OFFSET = 23 };

/* The two runs of the original shall not see the same second. */
static void wait_for_next_second(gint64 since_us)
{
	while (g_get_real_time() / G_USEC_PER_SEC == since_us / G_USEC_PER_SEC)
		g_usleep(10000);
}

static bool run_original(struct session *session, int which, bool traced, const char *plan,
			 const struct profile *known, struct run *run, GError **error)
{
	*run = (struct run){
		.image = session->image,
		.rootfs = session->rootfs,
		.hostname = host_names[which],
		.pid_offset = which == 0 ? 0 : PID_OFFSET,
		.plan = plan,
		.traced = traced,
		.mode = which == 0 ? RECORD_ALL : RECORD_PATHS,
		.known = known,
	};
	session_progress(session, "%s the original%s, run %d of 2", traced ? "tracing" : "running",
			 plan ? " under its plan" : "", which + 1);
	return session_run(session, run, error);
}

static struct profile *profile_of_runs(struct session *session, const struct run *first,
				       const struct run *second, GError **error)
{
	autoprofile struct profile *profile = profile_new();
	const GPtrArray *environment = session->request->environment;

	if (!profile_merge(profile, first->profile, error) ||
	    !profile_merge(profile, second->profile, error) ||
	    !profile_check_traceable(profile, error))
		return NULL;
	profile_mark_runs(profile, first->profile, second->profile);
	profile->image_digest = session->image->manifest_digest;
	g_free(profile->architecture);
	profile->architecture = g_strdup(session->image->config->architecture);
	for (guint i = 0; i < environment->len; i++) {
		const struct redaction *entry = environment->pdata[i];

		g_hash_table_add(profile->environment, g_strdup(entry->name));
	}
	return g_steal_pointer(&profile);
}

static bool originals_run(struct session *session, bool traced, const char *plan, struct run *first,
			  struct run *second, GError **error)
{
	gint64 started = g_get_real_time();

	if (!run_original(session, 0, traced, plan, NULL, first, error))
		return false;
	wait_for_next_second(started);
	return run_original(session, 1, traced, plan, first->profile, second, error);
}

struct profile *harden_trace(struct session *session, const struct start *start,
			     GPtrArray **ret_expected, GError **error)
{
	struct run first = {0}, second = {0};
	autoprofile struct profile *profile = NULL;
	g_autoptr(GPtrArray) expected = NULL;
	bool replaced = start_is_replaced(start);

	if (replaced && !(expected = harden_expect(session, error)))
		return NULL;
	if (originals_run(session, true, replaced ? start->plan : NULL, &first, &second, error)) {
		if (!replaced)
			expected = expectations_new(first.answers, second.answers, error);
		else if (!start_agrees(start, expected, first.answers, error) ||
			 !start_agrees(start, expected, second.answers, error))
			g_clear_pointer(&expected, g_ptr_array_unref);
		if (expected)
			profile = profile_of_runs(session, &first, &second, error);
	}
	run_clear(&first);
	run_clear(&second);
	if (profile)
		start_describe(start, session, profile);
	if (profile && ret_expected)
		*ret_expected = g_steal_pointer(&expected);
	return g_steal_pointer(&profile);
}

GPtrArray *harden_expect(struct session *session, GError **error)
{
	struct run first = {0}, second = {0};
	GPtrArray *expected = NULL;

	if (originals_run(session, false, NULL, &first, &second, error))
		expected = expectations_new(first.answers, second.answers, error);
	run_clear(&first);
	run_clear(&second);
	return expected;
}

/* --- replaying -----------------------------------------------------------------------------------
 */

/* The candidate's own filter with one change: where it answers ENOSYS, it hands the call to a
 * tracer (SECCOMP_RET_TRACE), which is ENOSYS too where there is none. The recorder's
 * SECCOMP_RET_USER_NOTIF takes precedence over that (seccomp(2), "Filter return values"), so that
 * the agent sees what the filter refuses, and refuses it itself. */
static GBytes *seccomp_for_replay(const struct seal *seal, GError **error)
{
	g_autoptr(GBytes) program = syscall_policy_compile(seal->syscalls, error);
	struct sock_filter *filter;
	gsize size;

	if (!program)
		return NULL;
	filter = g_memdup2(g_bytes_get_data(program, &size), g_bytes_get_size(program));
	for (gsize i = 0; i < size / sizeof(*filter); i++) {
		if (filter[i].code == (BPF_RET | BPF_K) &&
		    filter[i].k == (SECCOMP_RET_ERRNO | ENOSYS))
			filter[i].k = SECCOMP_RET_TRACE;
	}
	return g_bytes_new_take(filter, size);
}

/* Runs a sealed image; @run holds the results. */
static bool sealed_run(struct session *session, const struct image *image,
		       const struct rootfs *rootfs, const struct seal *seal, bool traced,
		       struct run *run, GError **error)
{
	g_autoptr(GBytes) seccomp = traced ? seccomp_for_replay(seal, error) : NULL;
	bool ok;

	if (traced && !seccomp)
		return false;
	*run = (struct run){
		.image = image,
		.rootfs = rootfs,
		.seal = seal,
		.hostname = host_names[0],
		.pid_offset = 2 * PID_OFFSET,
		.traced = traced,
		.mode = RECORD_PATHS,
		.seccomp = seccomp,
	};
	ok = session_run(session, run, error);
	run->seccomp = NULL;
	return ok;
}

static bool replay_differs(const char *difference, GError **error)
{
	return error_set(error, THRESH_ERROR_DIFFERS, "the replay differs: %s", difference);
}

/* A failure to become ready, and a program that cannot be started, are differences when it is the
 * sealed image that fails. */
static bool as_difference(GError **error)
{
	if (error && *error &&
	    (g_error_matches(*error, THRESH_ERROR, THRESH_ERROR_NOT_READY) ||
	     g_error_matches(*error, THRESH_ERROR, THRESH_ERROR_INPUT))) {
		(*error)->code = THRESH_ERROR_DIFFERS;
		g_prefix_error(error, "the replay differs: ");
	}
	return false;
}

static char *answers_differ(const struct session *session, const struct rootfs *rootfs,
			    const struct seal *seal, const GPtrArray *expected,
			    const GPtrArray *answers)
{
	g_autoptr(GPtrArray) renames = identity_renames(
		session->rootfs->tree, session->image->config->user, rootfs->tree, seal);

	return expectations_differ(expected, answers, renames);
}

/* One round under the tracer. @ret_again: something was learned, so decide again. */
static bool traced_round(struct session *session, const struct candidate *candidate,
			 const GPtrArray *expected, struct lessons *lessons, GPtrArray *rounds,
			 bool *ret_again, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autofree char *difference = NULL;
	struct run run = {0};
	bool ran;

	session_progress(session, "replaying the sealed image, round %u", rounds->len + 1);
	ran = sealed_run(session, candidate->image, candidate->rootfs, candidate->seal, true, &run,
			 &failure);
	*ret_again = false;
	if (ran)
		difference = answers_differ(session, candidate->rootfs, candidate->seal, expected,
					    run.answers);
	if (run.has_findings) {
		struct round *round = lessons_learn(lessons, &run.findings, !ran || difference);
		g_autofree char *learned = round_describe(round);

		g_ptr_array_add(rounds, round);
		*ret_again = !round_is_quiet(round);
		if (*ret_again)
			session_progress(session, "%s", learned);
	}
	run_clear(&run);
	if (*ret_again)
		return true;
	if (!ran) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return as_difference(error);
	}
	return difference ? replay_differs(difference, error) : true;
}

static bool final_round(struct session *session, const struct image *image,
			const struct rootfs *rootfs, const struct seal *seal,
			const GPtrArray *expected, GError **error)
{
	g_autofree char *difference = NULL;
	struct run run = {0};

	session_progress(session, "replaying the sealed image without the tracer");
	if (!sealed_run(session, image, rootfs, seal, false, &run, error)) {
		run_clear(&run);
		return as_difference(error);
	}
	difference = answers_differ(session, rootfs, seal, expected, run.answers);
	run_clear(&run);
	return difference ? replay_differs(difference, error) : true;
}

static bool decide(const struct session *session, const struct profile *profile,
		   const struct lessons *lessons, struct image_writer *writer,
		   struct candidate *candidate, GError **error)
{
	const struct decision decision = {
		.request = session->request,
		.init_path = session->request->init_path,
		.image = session->image,
		.tree = session->rootfs->tree,
		.profile = profile,
		.lessons = lessons,
		.health_skipped = session->health && session->health->skipped,
	};

	return candidate_decide(&decision, writer, candidate, error);
}

static bool fixpoint(struct session *session, const struct profile *profile,
		     const GPtrArray *expected, struct image_writer *writer,
		     struct candidate *candidate, GPtrArray *rounds, GError **error)
{
	struct lessons lessons;
	bool again = true;
	bool ok = true;

	lessons_init(&lessons);
	while (ok && again && (int)rounds->len < session->request->rounds_max) {
		candidate_clear(candidate);
		session_progress(session, "cutting");
		ok = decide(session, profile, &lessons, writer, candidate, error) &&
		     candidate_unpack(session, writer, candidate, error) &&
		     traced_round(session, candidate, expected, &lessons, rounds, &again, error);
	}
	lessons_clear(&lessons);
	if (ok && again) {
		g_autofree char *last = round_describe(rounds->pdata[rounds->len - 1]);

		return error_set(error, THRESH_ERROR_DIFFERS,
				 "the replay still misses something after %u rounds: %s",
				 rounds->len, last);
	}
	return ok && final_round(session, candidate->image, candidate->rootfs, candidate->seal,
				 expected, error);
}

/* --- results -------------------------------------------------------------------------------------
 */

static bool count_file(struct node *node, const char *path, void *user)
{
	uint64_t *totals = user;

	(void)path;
	if (node->type == NODE_FILE || node->type == NODE_SYMLINK)
		totals[0]++;
	totals[1] += node->size_bytes;
	return true;
}

static void tree_totals(const struct tree *tree, uint64_t *ret_files, uint64_t *ret_bytes)
{
	uint64_t totals[2] = {0, 0};

	node_walk(tree->root, count_file, totals);
	*ret_files = totals[0];
	*ret_bytes = totals[1];
}

static struct harden_result *result_new(const struct session *session, struct candidate *candidate)
{
	struct harden_result *result = g_new0(struct harden_result, 1);

	result->source_digest = session->image->manifest_digest;
	tree_totals(session->rootfs->tree, &result->source_files, &result->source_bytes);
	tree_totals(candidate->tree, &result->files, &result->bytes);
	result->keep_json = keepset_to_json(candidate->keepset, session->rootfs->tree);
	result->recipe = g_steal_pointer(&candidate->recipe);
	result->keepset = g_steal_pointer(&candidate->keepset);
	result->seal = g_steal_pointer(&candidate->seal);
	result->application_us = session->application_us;
	return result;
}

void harden_result_free(struct harden_result *result)
{
	if (!result)
		return;
	profile_free(result->profile);
	keepset_free(result->keepset);
	seal_free(result->seal);
	json_decref(result->keep_json);
	json_decref(result->recipe);
	g_clear_pointer(&result->rounds, g_ptr_array_unref);
	start_free(result->start);
	g_free(result);
}

/* What is hardened stays: it is what the next hardening starts from. */
static bool check_destination(const struct harden_request *request, const struct image *source,
			      GError **error)
{
	struct reference from = {0}, to = {0};
	bool ok = reference_find(request->source, &from, error) &&
		  reference_parse(request->destination, &to, error);

	if (ok && reference_replaces(&to, &from, source->name))
		ok = error_set(error, THRESH_ERROR_USAGE,
			       "%s: would take the place of the source image; give it another tag "
			       "or place",
			       request->destination);
	reference_clear(&from);
	reference_clear(&to);
	return ok;
}

static struct image_writer *writer_for(const struct harden_request *request,
				       const struct image *source, GError **error)
{
	struct image_writer_options options = {
		.compression = request->compression,
		.epoch = harden_request_epoch(request, source),
		.layer_names = seal_layer_names,
		.remote = request->limits.remote,
	};

	if (!check_destination(request, source, error) ||
	    (request->out_directory && !harden_prepare_out(request->out_directory, error)))
		return NULL;
	return image_writer_new(request->destination, &options, error);
}

/* The profile of --profile, checked against the image. */
static struct profile *profile_given(const struct session *session, GError **error)
{
	const char *path = session->request->profile_path;
	autoprofile struct profile *profile = profile_load(path, error);
	char want[DIGEST_TEXT_BYTES], got[DIGEST_TEXT_BYTES];

	if (!profile)
		return NULL;
	if (digest_equal(&profile->image_digest, &session->image->manifest_digest))
		return g_steal_pointer(&profile);
	digest_format(&session->image->manifest_digest, want);
	digest_format(&profile->image_digest, got);
	error_set(error, THRESH_ERROR_INPUT,
		  "%s: is the profile of image %s, and %s is %s; trace this image again", path, got,
		  session->request->source, want);
	return NULL;
}

/* Its init would become the application of the next one. */
static bool check_unsealed(const struct session *session, GError **error)
{
	json_t *labels =
		json_object_at(json_object_at(session->image->config->json, "config"), "Labels");

	return !json_object_get(labels, SEAL_LABEL) ||
	       error_set(error, THRESH_ERROR_INPUT,
			 "%s: is sealed already (label " SEAL_LABEL
			 "); harden the image that it was made from",
			 session->request->source);
}

/* --- the flow ------------------------------------------------------------------------------------
 */

struct harden_result *harden(const struct harden_request *request, const struct identity *identity,
			     GError **error)
{
	gint64 started = g_get_monotonic_time();
	autowriter struct image_writer *writer = NULL;
	autosession struct session *session = NULL;
	autoprofile struct profile *profile = NULL;
	g_autoptr(GPtrArray) expected = NULL;
	g_autoptr(GPtrArray) rounds = g_ptr_array_new_with_free_func(round_free);
	autostart struct start *start = NULL;
	struct candidate candidate;
	struct harden_result *result = NULL;

	candidate_init(&candidate);
	session = session_open(request, identity, error);
	writer = session && check_unsealed(session, error)
			 ? writer_for(request, session->image, error)
			 : NULL;
	if (!writer)
		return NULL;
	if (request->profile_path) {
		profile = profile_given(session, error);
		expected = profile ? harden_expect(session, error) : NULL;
	} else {
		start = start_decide(session, error);
		profile = start ? harden_trace(session, start, &expected, error) : NULL;
	}
	if (!expected || !fixpoint(session, profile, expected, writer, &candidate, rounds, error))
		goto out;
	result = result_new(session, &candidate);
	result->profile = g_steal_pointer(&profile);
	result->rounds = g_steal_pointer(&rounds);
	result->start = g_steal_pointer(&start);
	result->answers_compared = expected->len;
	image_writer_digest(writer, &result->digest);
	session_progress(session, "writing %s", request->destination);
	if (!result_commit(result, session, writer, candidate.tree, error))
		g_clear_pointer(&result, harden_result_free);
	if (result)
		result->total_us = g_get_monotonic_time() - started;
out:
	candidate_clear(&candidate);
	return result;
}

struct harden_result *harden_cut(const struct harden_request *request,
				 const struct identity *identity, GError **error)
{
	gint64 started = g_get_monotonic_time();
	autowriter struct image_writer *writer = NULL;
	autosession struct session *session = NULL;
	autoprofile struct profile *profile = NULL;
	struct candidate candidate;
	struct lessons lessons;
	struct harden_result *result = NULL;
	bool ok;

	candidate_init(&candidate);
	session = session_open(request, identity, error);
	writer = session ? writer_for(request, session->image, error) : NULL;
	profile = writer ? profile_given(session, error) : NULL;
	if (!profile)
		return NULL;
	lessons_init(&lessons);
	ok = decide(session, profile, &lessons, writer, &candidate, error);
	lessons_clear(&lessons);
	if (!ok)
		goto out;
	result = result_new(session, &candidate);
	result->profile = g_steal_pointer(&profile);
	result->rounds = g_ptr_array_new_with_free_func(round_free);
	image_writer_digest(writer, &result->digest);
	if (!result_commit(result, session, writer, candidate.tree, error))
		g_clear_pointer(&result, harden_result_free);
	if (result)
		result->total_us = g_get_monotonic_time() - started;
out:
	candidate_clear(&candidate);
	return result;
}

bool harden_replay(const struct harden_request *request, const char *hardened,
		   const struct identity *identity, guint *ret_answers, GError **error)
{
	autosession struct session *session = session_open(request, identity, error);
	autoimage struct image *image = NULL;
	autorootfs struct rootfs *rootfs = NULL;
	autoseal struct seal *seal = NULL;
	g_autoptr(GPtrArray) expected = NULL;

	if (!session)
		return false;
	image = image_open(hardened, request->platform, &request->limits, error);
	if (!image)
		return false;
	seal = seal_from_config(image->config, error);
	if (!seal) {
		g_prefix_error(error, "%s: ", hardened);
		return false;
	}
	rootfs = rootfs_unpack(image, request->cache_path, &identity->shift, error);
	expected = rootfs ? harden_expect(session, error) : NULL;
	if (!expected || !final_round(session, image, rootfs, seal, expected, error))
		return false;
	*ret_answers = expected->len;
	return true;
}
