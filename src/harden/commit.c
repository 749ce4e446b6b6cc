/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/commit.h"

#include "harden/attest.h"
#include "harden/leak.h"
#include "harden/out.h"
#include "harden/recipe.h"

#include <string.h>

bool harden_check_profile(const struct session *session, const struct profile *profile,
			  GError **error)
{
	autoleaks struct leaks *leaks = leaks_new(session->request);
	autojson json_t *json = profile_to_json(profile);

	leaks_search_json(leaks, "the profile", json);
	return leaks_judge(leaks, session, error);
}

static void free_json(void *data)
{
	json_decref(data);
}

static void search_statements(struct leaks *leaks, const GPtrArray *statements)
{
	for (guint i = 0; statements && i < statements->len; i++) {
		const json_t *statement = statements->pdata[i];
		g_autofree char *place =
			g_strconcat("--sign ", json_string_at(statement, "predicateType"), NULL);

		leaks_search_json(leaks, place, statement);
	}
}

/* No secret is in what is about to be written: @files of --out, @statements of --sign; or NULL. */
static bool search_leaks(const struct session *session, const struct image_writer *writer,
			 const struct tree *production, const struct harden_result *result,
			 const GPtrArray *files, const GPtrArray *statements, GError **error)
{
	autoleaks struct leaks *leaks = leaks_new(session->request);
	autoimage struct image *image = image_writer_open(writer, error);

	if (!image || !leaks_search_image(leaks, image, production, error))
		return false;
	leaks_search_json(leaks, "the keep list", result->keep_json);
	if (files)
		out_search(files, leaks);
	search_statements(leaks, statements);
	leaks_search_json(leaks, "the recipe", result->recipe);
	return leaks_judge(leaks, session, error);
}

static bool attach(struct image_writer *writer, const char *type, const json_t *json,
		   GError **error)
{
	g_autofree char *text = json_format_canonical(json);
	const struct artifact artifact = {
		.artifact_type = type,
		.media_type = type,
		.data = text,
		.size_bytes = strlen(text),
	};

	return image_writer_attach(writer, &artifact, error);
}

/* The keep list goes with the image, so that `thresh why` answers from it; the recipe, so that
 * `thresh verify --rebuild` makes it again. */
static bool attach_documents(struct image_writer *writer, const struct harden_result *result,
			     GError **error)
{
	return attach(writer, KEEPSET_ARTIFACT_TYPE, result->keep_json, error) &&
	       attach(writer, RECIPE_ARTIFACT_TYPE, result->recipe, error);
}

bool result_commit(const struct harden_result *result, const struct session *session,
		   struct image_writer *writer, const struct tree *production, GError **error)
{
	const struct harden_request *request = session->request;
	g_autoptr(GPtrArray) files = request->out_directory ? out_files(result) : NULL;
	g_autoptr(GPtrArray) statements =
		request->sign_key ? g_ptr_array_new_with_free_func(free_json) : NULL;

	return out_add_documents(session, writer, result, files, statements, error) &&
	       search_leaks(session, writer, production, result, files, statements, error) &&
	       attach_documents(writer, result, error) &&
	       (!statements || attest_attach(session, writer, statements, error)) &&
	       (!files || out_write(files, request->out_directory, error)) &&
	       image_writer_commit(writer, error);
}
