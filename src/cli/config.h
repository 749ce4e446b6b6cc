/* SPDX-License-Identifier: Apache-2.0 */
/*
 * thresh.yaml: everything that can be said about a hardening, with a strict schema
 * (docs/thresh.yaml.md). An unknown key is an error that gives the line and the nearest known key.
 *
 *     if (!config_load("thresh.yaml", request, &platform, error))
 *             return false;
 *
 * Read before the command line, which overrides it (see options.h).
 */
#pragma once

#include "harden/request.h"

#include <glib.h>
#include <stdbool.h>

enum { CONFIG_MAX_BYTES = 1 << 20 };

/* Applies the file to @request. @ret_platform: as written there, else left alone; caller frees.
 * Relative host paths are taken from the working directory, as on the command line. Errors begin
 * with @path. */
bool config_load(const char *path, struct harden_request *request, char **ret_platform,
		 GError **error);

/* The same for a text; @what begins the errors. */
bool config_parse(const char *what, const void *data, size_t size_bytes,
		  struct harden_request *request, char **ret_platform, GError **error);

/* Every key of the schema, sections as "limits.layers": for the test that holds the documentation
 * to it. A new array of owned strings. */
GPtrArray *config_keys(void);
