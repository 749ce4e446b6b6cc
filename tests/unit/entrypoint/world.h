/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A world of files and programs without either: model scripts (scripts.c) and plans (carry_out) act
 * on it through the same functions, which record what they change as the real runner does.
 */
#pragma once

#include "entrypoint/learn.h"

struct world {
	GHashTable *environment; /* char * -> char *: exported */
	GHashTable *internal;    /* char * -> char *: of a plan alone */
	GPtrArray *arguments;    /* char * */
	GHashTable *disk;        /* char * path -> char * content; "" is a directory too */
	struct start_record *record;
	uint32_t uid, gid, umask;
	char *cwd;
	bool ended;
	/* modifiers of the next program */
	GHashTable *with; /* name -> value, NULL: without */
	uint32_t as_uid, as_gid;
	char *input, *output, *in;
	bool input_unknown, essential;
	int accept;
	guint cpus;
	guint random; /* of programs whose files differ from run to run */
};

struct script {
	const char *path;
	const char *text; /* from which the names of variables are read */
	void (*start)(struct world *world);
};

/* An image: what a plain start begins with, and its script. NULL-terminated words. */
struct model_image {
	const struct script *script;
	const char *const *environment;
	const char *const *arguments;
	const char *const *volumes;
	const char *const *shipped; /* paths and contents of files, by turns; or NULL */
	const char *plan;           /* steps, in the script's place; or NULL */
	guint starts;               /* counted */
	guint seed;                 /* varies from start to start; what a script calls random */
};

/* start_runner; @user is a struct model_image. */
struct start_record *world_run(const struct start_scenario *scenario, void *user, GError **error);

const char *world_get(const struct world *world, const char *name); /* "" where it is not set */
bool world_has(const struct world *world, const char *name);
void world_set(struct world *world, const char *name, const char *value);
void world_unset(struct world *world, const char *name);
const char *world_argument(const struct world *world, guint index); /* from 1; "" beyond the last */
void world_prepend(struct world *world, const char *word);
void world_append_argument(struct world *world, const char *word);

bool world_exists(const struct world *world, const char *path);
bool world_populated(const struct world *world, const char *path);
void world_directory(struct world *world, const char *path, uint32_t mode);
void world_file(struct world *world, const char *path, uint32_t mode, const char *content);
void world_change(struct world *world, const char *path, const char *content);
void world_append(struct world *world, const char *path, const char *content);
/* What the file holds; NULL: there is none. Caller frees. */
char *world_read(struct world *world, const char *path);
void world_symlink(struct world *world, const char *path, const char *target);
void world_remove(struct world *world, const char *path);
void world_mode(struct world *world, const char *path, uint32_t mode);
void world_owner(struct world *world, const char *path, uint32_t uid, uint32_t gid);
/* Whether it is in PATH, or such a path. */
bool world_has_program(const char *word);
/* Runs argv (NULL-terminated) with the modifiers; what it does to the disk is world.c's table. */
void world_run_program(struct world *world, const char *const *argv);
void world_begin(struct world *world, const char *const *argv, const char *listens);
void world_stop(struct world *world, const char *program, int signal);
void world_exec(struct world *world, const GPtrArray *argv);
void world_exec_arguments(struct world *world); /* exec "$@" */
void world_exit(struct world *world, int status, const char *message);

/* A plan's steps, as docs/plan.md says. */
void carry_out(struct world *world, const char *steps);

/* How two records differ, or NULL: start_differ. */
char *world_differ(const struct start_record *script, const struct start_record *plan);

extern const struct script redis_script, nginx_script, postgres_script, mariadb_script,
	apache_script, tomcat_script, django_script, mosquitto_script, daemons_script,
	derived_script, random_script, odd_script, routes_script, forget_script, typed_script,
	wanting_script;
/* scripts_files.c */
extern const struct script kept_script, keys_script, workers_script, threads_script, few_script,
	given_away_script, cookie_script, mounted_script;
/* scripts_programs.c */
extern const struct script node_script, node_official_script, piped_script, greeting_script,
	pair_script, quoted_script, account_script, begun_script, listed_script, address_script,
	switched_script, either_script, scheme_script, length_script, optional_script, flags_script,
	ported_script, allowed_script;
/* scripts_values.c */
extern const struct script sized_script, sliced_script, nested_script;
/* scripts_arguments.c */
extern const struct script haproxy_script, control_script, mask_script, dispatch_script,
	gateway_script, joined_script, blog_script, unquoted_script;
