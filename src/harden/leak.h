/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The search for secrets in all that is about to be written: layers, config, manifest, keep list,
 * profile, and the files of --out. Looked for are the values of --secret, and those of --env of six
 * bytes and more, in every form of secret_forms.h.
 *
 * A value of --env is no leak where the source image holds it (in its config, a path, the content
 * of any file) or a program of thresh's own does: "production" and "library" tell nobody anything.
 * A secret is none nowhere. See docs/secrets.md.
 *
 *     autoleaks struct leaks *leaks = leaks_new(request);
 *     if (!leaks_search_image(leaks, image, production, error))
 *             return false;
 *     leaks_search_json(leaks, "profile.json", profile);
 *     return leaks_judge(leaks, session, error);
 */
#pragma once

#include "base/json.h"
#include "harden/session.h"

struct leaks;

/* Copies the values of @request. */
struct leaks *leaks_new(const struct harden_request *request);
void leaks_free(struct leaks *leaks);
#define autoleaks __attribute__((cleanup(leaks_cleanup)))
void leaks_cleanup(struct leaks **leaks);

/* Whether nothing is looked for: what would cost something need not be done. */
bool leaks_are_none(const struct leaks *leaks);

/* These remember the first place of each value. @place: "profile.json", "config". */
void leaks_search_text(struct leaks *leaks, const char *place, const void *data, size_t size_bytes);
/* Places are members: "config: config.Env[2]". */
void leaks_search_json(struct leaks *leaks, const char *place, const json_t *json);
/* Layers as they are stored, entry by entry, config and manifest. @production says which contents
 * are the source's own. Fails where a layer cannot be read. */
bool leaks_search_image(struct leaks *leaks, const struct image *image,
			const struct tree *production, GError **error);

/* THRESH_ERROR_INPUT, with the name of a value that was found, and where, never the value. */
bool leaks_judge(struct leaks *leaks, const struct session *session, GError **error);
