/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image in any of the forms that thresh reads: reference, manifest, config, layers.
 *
 * References: `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:REF]`,
 * `docker://REF` where the limits name a remote. Without a transport, an existing directory with an
 * `oci-layout` file is taken for `oci:`, an existing file for the archive form that its content
 * shows.
 *
 *     struct image *image = image_open("oci:app:latest", NULL, &image_limits_default, error);
 *
 * Each blob is checked against its digest and size as it is read; an index is resolved to the
 * manifest of the wanted platform.
 */
#pragma once

#include "base/digest.h"
#include "base/json.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct image_remote;

/* Bounds on what an image may hold; each is an option in thresh.yaml (docs/thresh.yaml.md). And how
 * far it may be away. */
struct image_limits {
	uint32_t layers;         /* 512 */
	uint64_t entries;        /* 2,000,000 over all layers */
	uint64_t unpacked_bytes; /* 64 GiB over all layers */
	uint64_t file_bytes;     /* 16 GiB */
	uint32_t ratio;      /* 500: unpacked over packed bytes of one layer, above 64 MiB; zeros
				under gzip reach 1,030 */
	uint32_t path_bytes; /* 4096 */
	uint32_t depth;      /* 256 components */
	/* Who knows registries (remote.h), borrowed; NULL: docker:// is an error. */
	const struct image_remote *remote;
};
extern const struct image_limits image_limits_default;

struct platform {
	char *os;           /* "linux" */
	char *architecture; /* GOARCH: "amd64", "arm64" */
	char *variant;      /* "v8", or NULL */
};
/* Parses "os/arch[/variant]" or "arch". */
bool platform_parse(const char *text, struct platform *ret_platform, GError **error);
/* The platform of this host. */
void platform_of_host(struct platform *ret_platform);
void platform_clear(struct platform *platform);

/* OCI image-spec, config.md, and Docker's healthcheck. Unknown members stay in `json`. */
struct image_config {
	char *architecture;
	char *os;
	char *variant;            /* or NULL */
	char *user;               /* "" where unset */
	GPtrArray *environment;   /* "NAME=VALUE" */
	GPtrArray *entrypoint;    /* char *; empty where unset */
	GPtrArray *command;       /* `Cmd`; empty where unset */
	char *working_directory;  /* "/" where unset; absolute, clean */
	GPtrArray *exposed_ports; /* "80/tcp", sorted */
	GPtrArray *volumes;       /* clean paths, sorted */
	char *stop_signal;        /* "SIGTERM" where unset */
	json_t *json;             /* the whole config document */
};
struct image_config *image_config_parse(const void *data, size_t size_bytes, GError **error);
void image_config_free(struct image_config *config);

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

struct layer {
	struct digest digest;  /* of the blob */
	struct digest diff_id; /* of the uncompressed tar; from the config's rootfs.diff_ids */
	uint64_t size_bytes;   /* of the blob */
	enum compression compression;
	char *media_type;
};

struct image {
	char *reference; /* as given */
	char *name;      /* the tag or reference name inside, or NULL */
	struct digest manifest_digest;
	struct digest config_digest;
	json_t *manifest;
	struct image_config *config;
	struct layer *layers;
	uint32_t layer_count;
	struct image_limits limits;
	struct image_source *source; /* opaque: where blobs come from */
};

/* Opens and validates; @platform NULL is the host's. The caller frees with image_free. */
struct image *image_open(const char *reference, const struct platform *platform,
			 const struct image_limits *limits, GError **error);
/* The same; the blobs of an image at a registry are brought into the directory @store_fd, borrowed
 * for as long as the image is open, -1: where the remote keeps them. */
struct image *image_open_in(const char *reference, const struct platform *platform,
			    const struct image_limits *limits, int store_fd, GError **error);
void image_free(struct image *image);
#define autoimage __attribute__((cleanup(image_cleanup)))
void image_cleanup(struct image **image);

/* When the image was made, by its config's `created`: seconds since the epoch, 0 where it does not
 * say. */
int64_t image_created(const struct image *image);

/* A descriptor that yields the blob's bytes from position 0 (a file, or a window of an archive made
 * available as its own file description); the reader must check digest and size: see layer.h.
 * @ret_offset and @ret_size_bytes tell the window. */
int image_open_blob(const struct image *image, const struct digest *digest, uint64_t *ret_offset,
		    uint64_t *ret_size_bytes, GError **error);

/* Checks every layer's blob against its digest, without unpacking it. */
bool image_check_layers(const struct image *image, GError **error);

/* The OCI chain ID of all layers (image-spec config.md, "Layer ChainID"). */
void image_chain_id(const struct image *image, struct digest *ret_chain_id);
