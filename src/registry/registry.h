/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registries (OCI distribution-spec 1.1) as a place where images are, behind image/'s seam.
 *
 *     autoregistry struct registry *registry = registry_new(&settings);
 *     limits.remote = registry_remote(registry);
 *     struct image *image = image_open("docker://registry.example/app:1", NULL, &limits, error);
 *
 * Nothing is spoken, read or made before the first image is asked for.
 */
#pragma once

#include "image/remote.h"
#include "registry/settings.h"

struct registry;

/* @settings are borrowed. */
struct registry *registry_new(const struct registry_settings *settings);
void registry_free(struct registry *registry);
#define autoregistry __attribute__((cleanup(registry_cleanup)))
void registry_cleanup(struct registry **registry);

const struct image_remote *registry_remote(const struct registry *registry);

/* The tags of the repository that @reference (docker://…) names, as documents.h has it. */
GPtrArray *registry_tags(const struct registry *registry, const char *reference, bool *ret_more,
			 GError **error);
