/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options that commands share, by groups, and how they become a struct harden_request.
 *
 *     static const struct command_form form = {
 *             .name = "harden", .operands = "SOURCE DESTINATION [-- ARGS...]",
 *             .groups = OPTIONS_DRIVE | OPTIONS_CUT | OPTIONS_OUT,
 *             .operands_min = 2, .operands_max = 2,
 *     };
 *     autooptions struct options *options = options_parse(&form, argc, argv, error);
 *     if (!options || !options_prepare(options, error))
 *             return -1;
 *
 * Defaults first, then the file of --config, then the command line. --probe, --workload and --run
 * on the command line replace what the file says of them; the other lists are added to, and what
 * has the same name is replaced. Command lines are bytes: nothing depends on the locale.
 */
#pragma once

#include "cli/output.h"
#include "harden/request.h"
#include "image/image.h"
#include "registry/registry.h"

#include <glib.h>
#include <stdbool.h>

enum option_group {
	OPTIONS_FORMAT = 1 << 0,   /* --format */
	OPTIONS_SOURCE = 1 << 1,   /* --platform --config */
	OPTIONS_ENTER = 1 << 2,    /* --env --volume --secret */
	OPTIONS_DRIVE = 1 << 3,    /* --probe --workload --run --with --timeout */
	OPTIONS_CUT = 1 << 4,      /* --preset --keep --keep-log */
	OPTIONS_PROFILE = 1 << 5,  /* --profile */
	OPTIONS_OUT = 1 << 6,      /* --out */
	OPTIONS_COMPRESS = 1 << 7, /* --compress */
	OPTIONS_RUN = 1 << 8,      /* --publish --network */
	OPTIONS_REGISTRY = 1 << 9, /* --ca-file --auth-file --insecure */
};

struct command_form {
	const char *name;
	const char *operands; /* for the first line of the help */
	const char *summary;  /* the paragraph behind it */
	const char *examples; /* after the options, or NULL */
	unsigned int groups;
	const GOptionEntry *own; /* options of this command alone, or NULL */
	guint operands_min;
	guint operands_max;
	bool arguments;    /* `-- ARGS` is allowed, and goes to request->arguments */
	bool strict_posix; /* options end at the first operand; those above operands_max are ARGS
			      too */
};

struct options {
	struct harden_request *request;
	GPtrArray *operands; /* char * */
	enum output_format format;
	struct platform platform; /* request->platform points here where one was given */
	bool has_platform;
	GPtrArray *publications;   /* struct publication *: --publish */
	bool host_network;         /* --network host */
	struct registry *registry; /* what docker:// is read and written by */
};

/* Parses; --help prints the help and ends the program with status 0. Every error is
 * THRESH_ERROR_USAGE, or THRESH_ERROR_INPUT for a --config that cannot be read. */
struct options *options_parse(const struct command_form *form, int argc, char **argv,
			      GError **error);

/* Fills in what needs the machine: the cache directory, where thresh-agent and thresh-init are. */
bool options_prepare(struct options *options, GError **error);

void options_free(struct options *options);
#define autooptions __attribute__((cleanup(options_cleanup)))
void options_cleanup(struct options **options);

/* Where the program @name of this installation is: $THRESH_LIBEXEC, the build tree, beside the
 * installed thresh, or the directory that was configured. Caller frees. */
char *program_find(const char *name, GError **error);
