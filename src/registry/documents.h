/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests and indexes at a registry (distribution-spec, "Pulling manifests", "Pushing
 * Manifests"), what refers to them, and the tags of a repository.
 *
 *     struct document document = {0};
 *     if (!document_get(client, "latest", &document, error))
 *             return false;
 */
#pragma once

#include "base/digest.h"
#include "base/json.h"
#include "registry/client.h"

enum { TAGS_MAX = 10000 };

struct document {
	GBytes *data;
	struct digest digest; /* of the bytes that came */
	char *media_type;     /* the response's Content-Type, or "" */
};
void document_clear(struct document *document);
#define autodocument __attribute__((cleanup(document_clear)))

/* @reference: a tag, or "sha256:…", which the bytes are then checked against. At most 4 MiB. A
 * document that is not there is an error. */
bool document_get(struct client *client, const char *reference, struct document *ret_document,
		  GError **error);

/* The same, with *@ret_found false and no error where there is none. */
bool document_find(struct client *client, const char *reference, struct document *ret_document,
		   bool *ret_found, GError **error);

/* *@ret_refers: the registry says that it has noted a `subject` (OCI-Subject). May be NULL. */
bool document_put(struct client *client, const char *reference, const char *media_type,
		  GBytes *data, bool *ret_refers, GError **error);

/* Descriptors of what refers to @subject, by the API, else by the tag schema; a new JSON array. */
json_t *referrers_list(struct client *client, const struct digest *subject, GError **error);

/* Adds descriptors to the index of the tag schema (distribution-spec, "Pushing Manifests with
 * Subject"); those that are there already stay. */
bool referrers_add(struct client *client, const struct digest *subject, const json_t *descriptors,
		   GError **error);

/* "sha256-HEX": the tag of that schema. Caller frees. */
char *referrers_tag(const struct digest *subject);

/* The repository's tags in its order, at most TAGS_MAX; *@ret_more: there are more. Owned strings.
 */
GPtrArray *tags_list(struct client *client, bool *ret_more, GError **error);

/* One page of tags is added to @tags (@seen: the same as a set): for tests and fuzzing too. A page
 * that is no list, or that repeats what was there, is an error. */
bool tags_parse(const void *data, size_t size_bytes, GPtrArray *tags, GHashTable *seen,
		GError **error);
/* One page of referrers. */
bool referrers_parse(const void *data, size_t size_bytes, json_t *referrers, GError **error);
