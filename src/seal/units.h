/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Units: the directories that must be writable, from the classes of a profile, before it is known
 * how they are filled. Private to seal/.
 */
#pragma once

#include "seal/seal.h"

/* The real paths of the persistent mounts, VOLUME and --volume, as a set; "/" and what engines own
 * are THRESH_ERROR_INPUT. */
GHashTable *units_volumes(const struct seal_input *input, GError **error);

/* Fills seal->log_links: files only ever appended to and never read back. */
bool units_logs(struct seal *seal, const struct seal_input *input, GHashTable *volumes);

/* The set of writable directories, volumes included, none below another but volumes. What cannot be
 * writable is a note, and THRESH_ERROR_INPUT where a replay has shown that it must be. */
GHashTable *units_collect(struct seal *seal, const struct seal_input *input, GHashTable *volumes,
			  GError **error);

/* Fills copies and directories of a SEED_LINKS @writable: the kept files that are written, and the
 * shipped directories in which entries come and go. */
void units_farm(const struct seal_input *input, struct writable *writable);

/* A stale process id, lock or socket of the build that the application replaces. */
bool unit_is_debris(const struct profile *profile, const char *path);

/* The mode of a writable directory that the production uid owns: at least u+rwx, no set-id bit, and
 * group and others may write only where it is sticky. */
uint32_t unit_mode(uint32_t mode);
