/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in an image: every file with its owner, and every component that can be told.
 *
 *     struct inventory_options options = {.keep_list = keep_list, .image = image, .sha1 = true};
 *     autoinventory struct inventory *inventory = inventory_new(tree, &options);
 *     json_t *document = spdx_document(inventory, &about);
 *
 * Invariants: `files` has every node of the tree that is no directory, once, sorted by path,
 * whether or not anything owns it; `components` are sorted by their package URL and the place where
 * they were found. A file that a system package owns is no language's: what a distribution packages
 * is reported once.
 *
 * Everything read here comes from the image: databases and metadata that are malformed name
 * nothing, and their files stay in the inventory, unowned.
 */
#pragma once

#include "base/json.h"
#include "cut/packages.h"
#include "evidence/distribution.h"
#include "image/image.h"

enum { SHA1_BYTES = 20 };

struct component {
	char *type;      /* of the package URL: "deb", "npm" */
	char *namespace; /* or NULL */
	char *name;
	char *version;                 /* "" where unknown */
	char *license;                 /* as found, not checked to be an SPDX expression; or NULL */
	char *purl;                    /* canonical; NULL where it cannot be one */
	char *found;                   /* path of what names it */
	const struct package *package; /* of a system's database, or NULL */
	GPtrArray *files;              /* const struct inventory_file *: what it owns, by path */
	char *reference;               /* unique in the inventory: 32 hexadecimal digits */
};

/* What the distribution's checksum says of a file. */
enum checksum_verdict {
	CHECKSUM_ABSENT, /* there is none */
	CHECKSUM_EQUAL,
	CHECKSUM_DIFFERS,
};

struct inventory_file {
	const struct node *node;
	char *path;
	struct component *owner; /* or NULL: unowned */
	enum checksum_verdict verdict;
	struct digest digest;     /* of the content; a link's: of its target, as written */
	uint8_t sha1[SHA1_BYTES]; /* of the same, where the options asked for it */
	const char *reason;       /* from the keep list, or "thresh", or NULL; borrowed */
	const char *via;          /* or NULL */
};

struct inventory {
	const struct tree *tree; /* borrowed */
	struct package_db *packages;
	struct distribution distribution;
	GPtrArray *components; /* struct component * */
	GPtrArray *files;      /* struct inventory_file * */
	GPtrArray *notes;      /* char *: what could not be read */
	guint unowned;
	bool complete; /* every package database that is there was read */
	bool sha1;

	/* while it is made */
	GHashTable *said;   /* char *: reference text → struct component *: languages' alone */
	GHashTable *owners; /* const struct node * → struct component * */
	GHashTable *directories; /* the same: what lies below belongs to it */
	GHashTable *by_package;  /* const struct package * → struct component * */
};

struct inventory_options {
	const struct image *image; /* whose seal says what moved to seeds; or NULL */
	const json_t *keep_list;   /* docs/keepset.md: outlives the inventory; or NULL */
	bool sha1;                 /* SPDX 2.3 demands them */
};

/* Reads the contents through @tree, which outlives it; hashes on all processors. NULL with
 * THRESH_ERROR_INPUT where a file cannot be read. */
struct inventory *inventory_new(const struct tree *tree, const struct inventory_options *options,
				GError **error);
void inventory_free(struct inventory *inventory);
#define autoinventory __attribute__((cleanup(inventory_cleanup)))
void inventory_cleanup(struct inventory **inventory);
