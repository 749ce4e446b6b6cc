/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the readers of languages' metadata share. Private to evidence/.
 *
 * A reader is called for each file that its table line in components.c names; it adds components
 * and says what they own. The first owner stays.
 */
#pragma once

#include "cut/content.h"
#include "evidence/inventory.h"
#include "seal/seal.h"

enum {
	METADATA_MAX_BYTES = 16 << 20,
	COMPONENTS_MAX = 200000,
	NAME_MAX_CHARACTERS = 300, /* of a name or version: longer ones name nothing */
};

/* A new component, or the one that was added before with the same type, names, version and place
 * (what is said twice in one place is one); NULL where name or version are none (empty name,
 * control characters, not UTF-8, too long) or there are too many. @namespace, @version and @license
 * may be NULL; all are copied. */
struct component *inventory_add(struct inventory *inventory, const char *type,
				const char *namespace, const char *name, const char *version,
				const char *license, const char *found);

/* Makes @component (where not NULL) the owner of @node, or of all below a directory. */
void inventory_own(struct inventory *inventory, const struct node *node,
		   struct component *component);

/* Whether a system package owns @node. */
bool inventory_is_packaged(const struct inventory *inventory, const struct node *node);

/* components.c: reads every metadata file of the tree. */
void inventory_read_components(struct inventory *inventory);

/* hashes.c: fills digest, sha1 and verdict of every file. */
bool inventory_hash(struct inventory *inventory, GError **error);

/* reasons.c: fills reason and via. */
void inventory_explain(struct inventory *inventory, const struct inventory_options *options);

/* reasons.c: where the source had what lies at @path of a sealed image: a seed's place is its
 * writable path. @seal may be NULL. Caller frees. */
char *inventory_source_path(const struct seal *seal, const char *path);

/* The readers. @path is the node's. */
typedef void component_reader(struct inventory *inventory, const struct node *node,
			      const char *path);
component_reader read_dist_info;    /* python.c: NAME.dist-info/METADATA */
component_reader read_egg_info;     /* python.c: NAME.egg-info, or PKG-INFO in it */
component_reader read_package_json; /* node.c */
component_reader read_gemspec;      /* gem.c */
component_reader read_composer;     /* composer.c */
component_reader read_archive;      /* java.c */
component_reader read_unpacked;     /* java.c: pom.properties of an archive that was unpacked */
component_reader read_executable;   /* binary.c */
