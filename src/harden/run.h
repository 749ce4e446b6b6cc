/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a sealed image with no engine, under all of its restrictions: `thresh run`. The same
 * launcher as the replay; the terminal, the signals and the exit status are the caller's.
 */
#pragma once

#include "harden/request.h"

/* -p [ADDRESS:]HOSTPORT:PORT */
struct publication {
	char *address; /* "127.0.0.1" where not given */
	uint16_t host_port;
	uint16_t port;
};

struct run_request {
	const char *image;
	const struct platform *platform;
	struct image_limits limits;
	const char *cache_path;
	const GPtrArray *arguments;    /* char *: in place of Cmd; or NULL */
	const GPtrArray *environment;  /* struct redaction * */
	const GPtrArray *volumes;      /* struct volume_request * */
	const GPtrArray *secrets;      /* struct secret_request * */
	const GPtrArray *publications; /* struct publication * */
	enum sandbox_network network;
	int stop_ms; /* grace after SIGTERM, SIGINT or SIGHUP */
};

/* Runs until the application ends. @ret_status: its exit status, 128 + signal where one ended it.
 * An image that thresh did not seal is THRESH_ERROR_INPUT. */
bool image_run(const struct run_request *request, const struct identity *identity, int *ret_status,
	       GError **error);
