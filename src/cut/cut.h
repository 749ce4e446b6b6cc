/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision in the making: what is shared by the modules of src/cut, and by nobody else.
 *
 * Each module adds paths with cut_keep or cut_keep_path; what is kept is put into `order`, and each
 * module goes through that list with a cursor of its own, so that what one adds the others see. The
 * list grows in one fixed order: nothing here goes through a hash table in its own order.
 */
#pragma once

#include "cut/keepset.h"
#include "cut/ldso.h"
#include "cut/packages.h"
#include "cut/programs.h"

struct cut {
	const struct tree *tree;
	const struct profile *profile;
	const struct cut_options *options;
	struct keepset *keepset;
	struct package_db *packages;
	struct programs *programs;
	struct ldso *ldso;
	GHashTable *kept; /* const struct node * → struct verdict *, borrowed from the keep set */
	GPtrArray *order; /* const struct node *: what is kept, in the order of the decision */
	guint closed;     /* closure.c's cursor in `order` */
	GHashTable *inherited; /* const struct node * → GPtrArray * of RPATH directories of its
				  loaders */
	GHashTable *needed;    /* set of sonames that something kept needs; owned */
	GPtrArray
		*unresolved;  /* char *: "NAME\nPATH" of what was not found when it was asked for */
	GPtrArray *prefixes;  /* char *: directories of language runtimes; see runtime.h */
	GHashTable *units;    /* set of const struct node *: directories that are kept whole */
	bool *is_shell_entry; /* keepset_check_entry: set instead of refusing a shell */
	const struct command *erlang; /* a shell that os:cmd/1 wrote its commands to, or NULL */
	struct python *python;        /* of python.c */
	guint javascript, java, perl, ruby, php; /* the languages' cursors in `order` */
};

/* Keeps @node (and its parents). False where it may not be kept: shells, package managers, device
 * nodes, and set-id files that nobody used. @via may be NULL. */
bool cut_keep(struct cut *cut, const struct node *node, const char *reason, const char *via);
/* Resolves @path and keeps the links on the way ("closure:symlink") and what it leads to. False
 * also where it leads nowhere. */
bool cut_keep_path(struct cut *cut, const char *path, const char *reason, const char *via);
/* Keeps @node and all below it. */
void cut_keep_below(struct cut *cut, const struct node *node, const char *reason, const char *via);
bool cut_keeps(const struct cut *cut, const struct node *node);

/* Resolves @path, every link followed; NULL where it leads nowhere. */
const struct node *cut_resolve(const struct cut *cut, const char *path);
/* The same, and NULL where it is no directory. */
const struct node *cut_directory(const struct cut *cut, const char *path);

void cut_note(struct cut *cut, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The value of an environment variable of the image, or NULL. */
const char *cut_environment(const struct cut *cut, const char *name);

/* Whether the application touched @node in one of @classes (of enum path_class). */
bool cut_touched(const struct cut *cut, const struct node *node, uint32_t classes);

/* closure.c: ELF, scripts, links, of everything in `order` from the cursor on. */
void cut_close(struct cut *cut);
/* Notes for libraries that are nowhere. */
void cut_note_unresolved(struct cut *cut);

/* entry.c: what the image starts and the application executed may be kept? */
bool cut_check_commands(struct cut *cut, GError **error);
/* A word of the command line, found as the runtime finds a program; NULL where it is nowhere.
 * Caller frees. */
char *cut_find_program(const struct cut *cut, const char *name);

/* commands.c: takes what @command, a shell, was asked to do. @ret_taken: it was `-c`, or the like.
 */
bool cut_take_shell(struct cut *cut, const struct command *command, bool *ret_taken,
		    GError **error);
/* Notes where @command's shell lay: a link to thresh-init takes its place. */
void cut_link_shell(struct cut *cut, const struct command *command);
/* After all commands. */
void cut_take_erlang(struct cut *cut);
/* Keeps the programs that the user's rules allow. */
bool cut_keep_allowed(struct cut *cut, GError **error);

/* floor.c */
void cut_floor_strict(struct cut *cut);
void cut_floor_whole(struct cut *cut);

/* application.c */
void cut_listed(struct cut *cut);
void cut_families(struct cut *cut);
void cut_application(struct cut *cut);
void cut_whole_packages(struct cut *cut);
/* Whether @path is debris: logs, caches, temporary files, backups. */
bool path_is_debris(const char *path);

/* runtime.c: which directories belong to a language's runtime, known by what lies in them. */
void runtime_find(struct cut *cut);
bool runtime_has(const struct cut *cut, const char *path);

/* Keeps below @prefix what the package @name has, and the packages that it depends on likewise. */
void cut_keep_package_below(struct cut *cut, const struct package *package, const char *prefix,
			    const char *reason, const char *via);

/* Languages: each looks at what is kept so far and adds its units. */
void python_extend(struct cut *cut);
void python_free(struct python *python);
void javascript_extend(struct cut *cut);
void java_extend(struct cut *cut);
void perl_extend(struct cut *cut);
void ruby_extend(struct cut *cut);
void php_extend(struct cut *cut);
