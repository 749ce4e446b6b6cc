/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How registries are spoken to; filled by the command line and thresh.yaml (docs/registries.md).
 */
#pragma once

#include <stdbool.h>

enum {
	REGISTRY_IDLE_MS = 60000, /* the default of idle_ms */
	REGISTRY_PARALLEL = 4,    /* blobs at a time */
};

struct registry_settings {
	char *ca_file;    /* PEM, believed besides the system's; or NULL */
	char *auth_file;  /* the only file that is looked into for credentials; or NULL */
	bool insecure;    /* certificates are not checked; plain HTTP to this machine alone */
	int idle_ms;      /* a transfer in which next to nothing moves for that long is given up */
	char *cache_path; /* absolute; NULL: the default of rootfs.h */
};

void registry_settings_clear(struct registry_settings *settings);
