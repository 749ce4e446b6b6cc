/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health check of an image, without a shell (Healthcheck of the config: Docker's image
 * specification 1.2; OCI image-spec, config.md, lists it as reserved).
 *
 * What asks this machine's HTTP or TCP ports or looks for a file (curl, wget, nc, test) becomes an
 * applet of thresh-init; another plain command line is run as it is, and its program is kept. Both
 * also with what authors put behind it for a shell: `|| exit 1`, `>/dev/null 2>&1`, and `| grep -q
 * TEXT` behind an HTTP request.
 *
 *     if (!health_decide(config, request->healthcheck, &health, error))
 *             …
 *     if (health)
 *             … health->test: "/.thresh/init" "health" "http" "http://localhost:8080/"
 *
 * Pure.
 */
#pragma once

#include "base/json.h"

#include <glib.h>
#include <stdbool.h>

struct health {
	GPtrArray *test;     /* char *: what the sealed image runs */
	GPtrArray *original; /* char *: what the original runs for the same answer; NULL: nothing,
				the user gave an applet */
	bool applet;         /* test is thresh-init; else a program of the image */
	json_t *times; /* Interval, Timeout, StartPeriod, StartInterval (ns), Retries; owned */
	bool skipped;  /* it failed on the original too: nothing was compared */
};

/* @config: the image's `config` member, or NULL. @own: thresh.yaml's `healthcheck`, which takes the
 * place of the image's test (`none`: of no check), or NULL. @ret_health is NULL where there is
 * none. THRESH_ERROR_INPUT where it cannot be done without a shell: it names the test and the ways
 * out. */
bool health_decide(const json_t *config, const char *own, struct health **ret_health,
		   GError **error);
/* Its program is a script for a shell, which a look into the image has shown: as above. Answers
 * false. */
bool health_refuse_script(const struct health *health, GError **error);
void health_free(struct health *health);
#define autohealth __attribute__((cleanup(health_cleanup)))
void health_cleanup(struct health **health);

/* The Healthcheck member for the sealed config: ["CMD", …] and the times. */
json_t *health_to_config(const struct health *health);

/* The same for the seal: {"test": […], "times": {…}}. */
json_t *health_to_json(const struct health *health);
struct health *health_from_json(const json_t *json, GError **error);
