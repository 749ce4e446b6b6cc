/* SPDX-License-Identifier: Apache-2.0 */
/* From owners and ids as thresh sees them on the host to those inside the image. Pure. */
#pragma once

#include "sandbox/identity.h"

enum { ID_NOBODY = 65534 }; /* what the kernel shows for an id that is not mapped */

struct ids {
	enum identity_mode mode;
	struct owner_shift shift;
	uint32_t outer_uid, outer_gid;   /* IDENTITY_SINGLE: thresh's own … */
	uint32_t single_uid, single_gid; /* … and what they are inside */
};

uint32_t ids_uid(const struct ids *ids, uint32_t outer);
uint32_t ids_gid(const struct ids *ids, uint32_t outer);
