/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/ids.h"

static uint32_t inner_id(const struct ids *ids, uint32_t outer, uint32_t base, uint32_t own,
			 uint32_t single)
{
	switch (ids->mode) {
	case IDENTITY_RANGE:
		return outer >= base && outer - base < ids->shift.count ? outer - base : ID_NOBODY;
	case IDENTITY_SINGLE:
		return outer == own ? single : ID_NOBODY;
	default:
		return outer;
	}
}

uint32_t ids_uid(const struct ids *ids, uint32_t outer)
{
	return inner_id(ids, outer, ids->shift.uid_base, ids->outer_uid, ids->single_uid);
}

uint32_t ids_gid(const struct ids *ids, uint32_t outer)
{
	return inner_id(ids, outer, ids->shift.gid_base, ids->outer_gid, ids->single_gid);
}
