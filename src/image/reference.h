/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reference names an image: a transport, a place, and a name inside it (docs/references.md).
 *
 *     struct reference reference;
 *     reference_parse("oci:app:latest", &reference, error);
 *
 * reference_parse is a pure function of the text; reference_find looks at the disk for what has no
 * transport.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum transport {
	TRANSPORT_OCI,            /* a directory: OCI image-spec, image-layout.md */
	TRANSPORT_OCI_ARCHIVE,    /* a tar file of such a directory */
	TRANSPORT_DOCKER_ARCHIVE, /* a tar file by `docker save` */
	TRANSPORT_REGISTRY,       /* docker://: a registry, by remote.h */
};

struct reference {
	enum transport transport;
	char *path; /* the directory or file; a registry's "HOST[:PORT]/REPOSITORY", in full */
	char *name; /* tag, reference name, or "@sha256:…"; NULL where none was given */
};

/* The word before the colon: "oci". */
const char *transport_name(enum transport transport);

/* Parses TRANSPORT:PATH[:NAME], where the path ends at the first colon, or docker://REF. A missing
 * or unknown transport is a usage error, as is one that exists and is not supported yet, with the
 * way round it. */
bool reference_parse(const char *text, struct reference *ret_reference, GError **error);

/* The same, and a bare PATH[:NAME]: a directory with an `oci-layout` file, or a tar file that holds
 * an `oci-layout` or a `manifest.json`. */
bool reference_find(const char *text, struct reference *ret_reference, GError **error);

/* docker://HOST[:PORT]/REPOSITORY[:TAG][@DIGEST] alone; without a host it is docker.io. */
bool reference_parse_registry(const char *text, struct reference *ret_reference, GError **error);

/* As it would be written, with the tag where there is one. Caller frees. */
char *reference_format(const struct reference *reference);

void reference_clear(struct reference *reference);

/* Whether writing to @destination takes the place of the image at @source; @source_name: its name
 * inside as found, or NULL. Looks at the disk; two places in registries are compared as text. */
bool reference_replaces(const struct reference *destination, const struct reference *source,
			const char *source_name);
