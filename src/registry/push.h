/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sending an image whole: blobs, then documents by their digests, then what refers to them, and the
 * tag last, so that a reader of the tag sees the old image or the new one.
 */
#pragma once

#include "image/bundle.h"
#include "registry/client.h"

bool push_bundle(struct client *client, const char *tag, const struct bundle *bundle,
		 GError **error);
