/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the dynamic loader of the image would find a library: ld.so(8) for glibc, ldso/dynlink.c
 * for musl. Order: RPATH of the object and of what loaded it, LD_LIBRARY_PATH of the config,
 * RUNPATH, ld.so.conf in its own order, directories that ld.so.cache names, the default directories
 * with multiarch. A file of another class or machine is passed over, as the loader does.
 *
 *     g_autofree char *path = ldso_find(ldso, node, elf, NULL, "libssl.so.3");
 */
#pragma once

#include "cut/elf.h"
#include "image/image.h"
#include "image/tree.h"

#include <glib.h>

struct ldso;

/* Reads the loader's files of @tree. @config may be NULL. Both outlive the answer. */
struct ldso *ldso_new(const struct tree *tree, const struct image_config *config);
void ldso_free(struct ldso *ldso);

/* What elf_parse says of @node, remembered; NULL where it is no ELF file. Borrowed. */
const struct elf *ldso_elf(struct ldso *ldso, const struct node *node);

/* The path at which @name, needed by @object (@elf), is found, not resolved: the caller keeps the
 * links on the way. @inherited: RPATH directories of what loaded @object (char *, expanded), or
 * NULL. NULL where it is found nowhere. The caller frees. */
char *ldso_find(struct ldso *ldso, const struct node *object, const struct elf *elf,
		const GPtrArray *inherited, const char *name);

/* The files that the loader takes in place of the library at @path on other CPUs (glibc-hwcaps and
 * the older platform directories), sorted: a new array of char *. */
GPtrArray *ldso_variants(struct ldso *ldso, const char *path);

/* The directories of the RPATH of @object, expanded: a new array of char *. */
GPtrArray *ldso_rpath(const struct node *object, const struct elf *elf);

/* The directories that are searched for every object, in order. Borrowed array of char *. */
const GPtrArray *ldso_directories(const struct ldso *ldso);
