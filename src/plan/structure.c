/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/structure.h"

#include "plan/command.h"
#include "plan/value.h"

#include <string.h>

struct block {
	uint16_t line; /* of its `if` */
	bool has_else;
};

struct structure {
	struct plan *plan;
	struct block blocks[PLAN_MAX_DEPTH];
	uint8_t depth;
	uint8_t programs;
	uint16_t modifier; /* line of one that waits for its program; 0: none */
	bool run_only;     /* one that `start` has no use for */
};

static const char *block_check(struct structure *structure, const struct plan_directive *directive)
{
	struct block *block;

	if (directive->kind == PLAN_IF) {
		if (structure->depth == PLAN_MAX_DEPTH)
			return "more than 16 blocks in one another";
		structure->blocks[structure->depth++] = (struct block){.line = directive->line};
		return NULL;
	}
	if (directive->kind != PLAN_ELSE && directive->kind != PLAN_END)
		return structure->depth > 0 && plan_kind_is_whole(directive->kind)
			       ? "a directive that cannot be in a block"
			       : NULL;
	if (structure->depth == 0)
		return "no `if` that it belongs to";
	if (directive->kind == PLAN_END) {
		structure->depth--;
		return NULL;
	}
	block = &structure->blocks[structure->depth - 1];
	if (block->has_else)
		return "a second `else`";
	block->has_else = true;
	return NULL;
}

static const char *modifier_check(struct structure *structure,
				  const struct plan_directive *directive)
{
	bool run_only = structure->run_only;
	bool waits = structure->modifier;

	if (plan_kind_is_modifier(directive->kind)) {
		structure->modifier = directive->line;
		structure->run_only |=
			directive->kind == PLAN_RETRY || directive->kind == PLAN_ACCEPT;
		return NULL;
	}
	structure->modifier = 0;
	structure->run_only = false;
	if (waits && directive->kind != PLAN_RUN && directive->kind != PLAN_START)
		return "the modifiers above belong to a `run` or `start`, which must follow";
	if (run_only && directive->kind == PLAN_START)
		return "`retry` and `accept` belong to `run`";
	return NULL;
}

static bool program_is_started(const struct plan *plan, const struct plan_directive *before)
{
	for (const struct plan_directive *d = plan->directives; d < before; d++) {
		if (d->kind == PLAN_START && strcmp(d->words, before->words) == 0)
			return true;
	}
	return false;
}

static bool path_lies_below(const char *path, const char *directory)
{
	size_t bytes = strlen(directory);

	return strncmp(path, directory, bytes) == 0 && path[bytes] == '/';
}

/* A copy replaces one link of a farm, so it lies below one. */
static bool copy_has_links(const struct plan *plan, const char *path)
{
	for (uint32_t i = 0; i < plan->count; i++) {
		const struct plan_directive *links = &plan->directives[i];

		if (links->kind == PLAN_LINKS && path_lies_below(path, links->words))
			return true;
	}
	return false;
}

static const char *range_check(const struct plan_directive *directive)
{
	int64_t min = 0;
	int64_t max = 0;

	if (directive->count == 2)
		return NULL;
	if (directive->count == 3)
		return "a lowest value without a highest";
	return plan_integer(plan_word(directive, 2), &min) &&
			       plan_integer(plan_word(directive, 3), &max) && min <= max
		       ? NULL
		       : "a lowest value above the highest";
}

static const char *limit_check(const struct plan_directive *directive)
{
	uint64_t soft = 0;
	uint64_t hard = 0;

	return plan_limit_value(plan_word(directive, 1), &soft) &&
			       plan_limit_value(plan_word(directive, 2), &hard) && soft <= hard
		       ? NULL
		       : "a soft limit above the hard one";
}

/* Every hole that a word wants is one of the pattern's. */
static const char *command_check(const struct plan_directive *directive)
{
	const char *word = directive->words;
	unsigned int holes = 0;

	plan_pattern_is_valid(word, &holes);
	for (size_t i = 1; i < directive->count; i++) {
		struct plan_piece piece;
		size_t left;

		word = plan_word_next(word);
		left = strlen(word);
		for (const char *p = word; left > 0;) {
			size_t length = plan_piece_read(p, left, &piece);

			if (piece.kind == PLAN_PIECE_HOLE && piece.index > holes)
				return "a hole that the pattern does not have";
			p += length;
			left -= length;
		}
	}
	return NULL;
}

static const char *relation_check(struct structure *structure,
				  const struct plan_directive *directive)
{
	switch (directive->kind) {
	case PLAN_START:
		return ++structure->programs > PLAN_MAX_PROGRAMS ? "more than 32 programs" : NULL;
	case PLAN_AWAIT:
	case PLAN_STOP:
	case PLAN_ESSENTIAL:
		return program_is_started(structure->plan, directive)
			       ? NULL
			       : "a program that no `start` above it names";
	case PLAN_COPY:
		return copy_has_links(structure->plan, directive->words)
			       ? NULL
			       : "a copy that lies below no `links`";
	case PLAN_CHECK:
		return range_check(directive);
	case PLAN_LIMIT:
		return limit_check(directive);
	case PLAN_COMMAND:
		return command_check(directive);
	default:
		return NULL;
	}
}

static const char *directive_check(struct structure *structure, struct plan_directive *directive)
{
	const char *problem = modifier_check(structure, directive);

	if (!problem)
		problem = block_check(structure, directive);
	if (problem)
		return problem;
	directive->depth = structure->depth;
	if (directive->kind == PLAN_IF || directive->kind == PLAN_ELSE)
		directive->depth--;
	return relation_check(structure, directive);
}

bool structure_check(struct plan *plan, struct plan_error *ret_error)
{
	struct structure structure = {.plan = plan};

	for (uint32_t i = 0; i < plan->count; i++) {
		ret_error->line = plan->directives[i].line;
		ret_error->text = directive_check(&structure, &plan->directives[i]);
		if (ret_error->text)
			return false;
	}
	if (structure.modifier) {
		ret_error->line = structure.modifier;
		ret_error->text = "a modifier of a `run` or `start` that does not follow";
		return false;
	}
	if (structure.depth > 0) {
		ret_error->line = structure.blocks[structure.depth - 1].line;
		ret_error->text = "a block that does not end";
		return false;
	}
	return true;
}
