/* SPDX-License-Identifier: Apache-2.0 */
/* The client's state, for client.c and token.c alone. */
#pragma once

#include "registry/client.h"

struct client {
	char *host; /* as the user named it */
	char *repository;
	char *base;  /* "https://HOST" */
	char *mount; /* another repository of the same host, or NULL */
	enum client_access access;
	struct exchange_transport transport;
	int cancelled;
	struct credential credential;

	GMutex mutex;        /* over what follows */
	GPtrArray *idle;     /* CURL *: connections that can be used again */
	char *authorization; /* what the registry is shown, or NULL */
	guint generation;    /* counts the changes of it */
};

CURL *client_take_handle(struct client *client);
void client_give_handle(struct client *client, CURL *handle);

/* Answers the challenge: a new value for Authorization; caller frees, and wipes. NULL with @error.
 */
char *token_answer(struct client *client, const struct challenge *challenge, GError **error);
