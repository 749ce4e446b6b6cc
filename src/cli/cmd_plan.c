/* SPDX-License-Identifier: Apache-2.0 */
/* `thresh plan check FILE` and `thresh plan show IMAGE`: the init plan (docs/plan.md) for people.
 */
#include "base/error.h"
#include "base/fd.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/options.h"
#include "image/rootfs.h"
#include "plan/plan.h"
#include "plan/text.h"
#include "seal/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum { INDENT = 4 };

/* A plan as it was written, and as it is read. */
struct plan_text {
	GBytes *written;
	char *decoded;
	struct plan *plan;
};

static void plan_text_clear(struct plan_text *text)
{
	g_clear_pointer(&text->written, g_bytes_unref);
	g_clear_pointer(&text->decoded, g_free);
	g_clear_pointer(&text->plan, g_free);
}

/* Takes @written over. @place: what a message begins with. */
static bool plan_text_read(struct plan_text *text, GBytes *written, const char *place,
			   GError **error)
{
	size_t size;
	const char *data = g_bytes_get_data(written, &size);
	struct plan_error wrong = {0};

	text->written = written;
	text->decoded = g_memdup2(data, size);
	text->plan = g_new0(struct plan, 1);
	if (plan_parse(text->decoded, size, text->plan, &wrong))
		return true;
	if (wrong.line)
		error_set(error, THRESH_ERROR_INPUT, "%s:%u: %s", place, wrong.line, wrong.text);
	else
		error_set(error, THRESH_ERROR_INPUT, "%s: %s", place, wrong.text);
	return false;
}

static void check(const char *path, GError **error)
{
	struct plan_text text = {0};
	g_autofree char *quoted = error_quote(path);
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	GBytes *written;

	if (fd < 0) {
		error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", quoted);
		return;
	}
	written = fd_read_all(fd, PLAN_MAX_BYTES, quoted, error);
	if (written && plan_text_read(&text, written, quoted, error)) {
		output_line("ok");
		output_flush(error);
	}
	plan_text_clear(&text);
}

static GBytes *image_plan(const struct image *image, const struct options *options, GError **error)
{
	/* What is looked at is not run: it may all be ours. */
	const struct owner_shift shift = {.single = true};
	autorootfs struct rootfs *rootfs =
		rootfs_unpack(image, options->request->cache_path, &shift, error);
	const struct node *node;

	if (!rootfs)
		return NULL;
	node = tree_lookup(rootfs->tree, SEAL_PLAN_PATH);
	if (!node) {
		error_set(error, THRESH_ERROR_INPUT, "no %s: not a sealed image", SEAL_PLAN_PATH);
		return NULL;
	}
	return tree_read(rootfs->tree, node, PLAN_MAX_BYTES, error);
}

static char *directive_text(const struct plan_directive *directive)
{
	GString *line = g_string_new(NULL);
	const char *word = directive->words;

	g_string_append_printf(line, "%*s%s", directive->depth * INDENT, "",
			       plan_kind_name(directive->kind));
	for (guint i = 0; i < directive->count; i++, word = plan_word_next(word))
		plan_add_word(line, word);
	return g_string_free(line, FALSE);
}

/* The lines as they were written; a NUL, which may stand in a remark, is a blank here. */
static char **lines_of(GBytes *written)
{
	size_t size;
	const char *data = g_bytes_get_data(written, &size);
	g_autofree char *copy = g_strndup("", size);

	for (size_t i = 0; i < size; i++)
		copy[i] = data[i] ? data[i] : ' ';
	return g_strsplit(copy, "\n", -1);
}

/* Line by line, so that remarks stay where they are. */
static void print_text(const struct plan_text *text)
{
	g_auto(GStrv) lines = lines_of(text->written);
	const struct plan_directive *next = text->plan->directives;
	const struct plan_directive *end = next + text->plan->count;

	for (guint i = 0; lines[i] && (lines[i + 1] || *lines[i]); i++) {
		g_autofree char *line = NULL;

		if (next < end && next->line == i + 1)
			line = directive_text(next++);
		else
			line = error_quote(lines[i]);
		output_line("%s", line);
	}
}

static json_t *directive_json(const struct plan_directive *directive)
{
	json_t *words = json_array();
	const char *word = directive->words;

	for (guint i = 0; i < directive->count; i++, word = plan_word_next(word))
		json_array_append_new(words, json_from_text(word));
	return json_pack("{s:i, s:s, s:i, s:o}", "line", directive->line, "directive",
			 plan_kind_name(directive->kind), "depth", directive->depth, "words",
			 words);
}

static void print_json(const struct plan_text *text, GError **error)
{
	autojson json_t *directives = json_array();
	autojson json_t *json = NULL;

	for (guint i = 0; i < text->plan->count; i++)
		json_array_append_new(directives, directive_json(&text->plan->directives[i]));
	json = json_pack("{s:i, s:O}", "version", 1, "directives", directives);
	json_output_print(json, error);
}

static void show(struct options *options, const char *reference, GError **error)
{
	struct plan_text text = {0};
	autoimage struct image *image = NULL;
	GBytes *written;

	if (!options_prepare(options, error))
		return;
	image = image_open(reference, options->request->platform, &options->request->limits, error);
	if (!image)
		return;
	written = image_plan(image, options, error);
	if (!written || !plan_text_read(&text, written, SEAL_PLAN_PATH, error)) {
		g_prefix_error(error, "%s: ", reference);
	} else if (options->format == OUTPUT_JSON) {
		print_json(&text, error);
	} else {
		print_text(&text);
		output_flush(error);
	}
	plan_text_clear(&text);
}

int cmd_plan(int argc, char **argv, GError **error)
{
	static const struct command_form form = {
		.name = "plan",
		.operands = "check FILE | show IMAGE",
		.summary = "Checks an init plan, or shows that of a sealed image.",
		.examples = "  thresh plan show oci:app-sealed",
		.groups = OPTIONS_FORMAT | OPTIONS_SOURCE | OPTIONS_REGISTRY,
		.operands_min = 2,
		.operands_max = 2,
	};
	autooptions struct options *options = options_parse(&form, argc, argv, error);
	const char *action;

	if (!options)
		return 2;
	action = options->operands->pdata[0];
	if (!strcmp(action, "check")) {
		check(options->operands->pdata[1], error);
		return 0;
	}
	if (!strcmp(action, "show")) {
		show(options, options->operands->pdata[1], error);
		return 0;
	}
	error_set(error, THRESH_ERROR_USAGE, "%s: want check or show", action);
	return 2;
}
