/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What TLS believes of one registry: the file of --ca-file, and the directories certs.d of docker
 * and podman (docker-certs.d(5): HOST[:PORT]/NAME.crt is an authority, NAME.cert with NAME.key the
 * client's own certificate).
 *
 *     if (!certificates_find(&settings, "registry.example:5000", &transport, error))
 */
#pragma once

#include "registry/exchange.h"
#include "registry/settings.h"

/* Fills in ca_pem, client_cert and client_key where there are any. A --ca-file that cannot be read,
 * or holds no PEM, is an error. */
bool certificates_find(const struct registry_settings *settings, const char *host,
		       struct exchange_transport *transport, GError **error);

void exchange_transport_clear(struct exchange_transport *transport);
