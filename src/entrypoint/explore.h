/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which starts to run: the plain one, each variable marked, toggled and compared, the arguments,
 * later starts, and combinations; after each that the model does not explain, the smallest that it
 * does not explain is looked for and learned from.
 *
 *     struct explorer *explorer = explorer_new(request, runner, user);
 *     struct model *model = explorer_learn(explorer, error);
 */
#pragma once

#include "entrypoint/alike.h"
#include "entrypoint/model.h"
#include "entrypoint/starter.h"

struct explorer {
	const struct start_request *request;
	struct starter *starter;
	struct space *space;
	GPtrArray *states;  /* struct state *: in the order in which they were run; owned */
	GHashTable *known;  /* levels as text -> struct state * */
	GPtrArray *files;   /* struct condition *: tests on files that the script seems to make */
	GPtrArray *notes;   /* char * */
	GPtrArray *found;   /* struct script_name * */
	struct state *base; /* the first that executes the application; borrowed */
	guint runs;
	guint granted;      /* starts beyond the budget: of values that are taken apart */
	guint vain;         /* starts of explore_variables that said nothing */
	guint vain_without; /* the same of one that is missing */
	gint64 deadline_us; /* 0: none */
	bool exhausted;     /* the budget is used up */
	bool restart;       /* the runner was told to keep a program: all that was run is void */
};

struct explorer *explorer_new(const struct start_request *request, start_runner runner, void *user);
void explorer_free(struct explorer *explorer);

/* Explores until nothing new is found or the budget is used up. NULL: see model_learn, and where no
 * start executes anything; without an error: `restart`. Caller frees with model_free, before the
 * explorer. */
struct model *explorer_learn(struct explorer *explorer, GError **error);

/* The base with one factor at a level. True without a state where the budget is used up. */
bool explorer_toggle(struct explorer *explorer, guint factor, guint level, struct state **ret_state,
		     GError **error);
/* The only factor in which @state differs from the base; -1: not one. */
int explorer_only_difference(const struct explorer *explorer, const struct state *state);
/* @state was never run. */
void explorer_forget(struct explorer *explorer, struct state *state);
/* The same, and its level of @factor is not to be used again. */
void explorer_forget_level(struct explorer *explorer, const struct factor *factor,
			   struct state *state);

/* The state with these levels, run where it has not been; NULL without an error: the budget is used
 * up. Borrowed. */
struct state *explorer_run(struct explorer *explorer, const GByteArray *levels, GError **error);

/* Runs the states with these levels (GByteArray *) ahead, several at once: such as explorer_run is
 * surely asked for, but those that the budget is too small for. */
void explorer_ahead(struct explorer *explorer, const GPtrArray *all);
/* The same, of the base with @factor at each of @levels (guint8). */
void explorer_toggle_ahead(struct explorer *explorer, guint factor, const GByteArray *levels);

/* The start of @like with what @change makes of its scenario: it is none of the explorer's own.
 * NULL: an error. Caller frees with state_free. */
struct state *explorer_start_changed(struct explorer *explorer, const struct state *like,
				     void (*change)(struct start_scenario *scenario, gpointer user),
				     gpointer user, GError **error);

/* The base with every variable marked that may be, but @index at @level (0: that one too). True
 * without a state where the budget is used up. */
bool explorer_all_marked(struct explorer *explorer, guint index, guint level,
			 struct state **ret_state, GError **error);

/* The base with one factor at a level, where that was run; else NULL. Borrowed. */
struct state *explorer_alone(const struct explorer *explorer, guint factor, guint level);

/* Calls @found for each place of @pattern (PCRE, bytes, `^` and `$` at lines) in the texts of the
 * scripts, in order, until it answers false, which is answered then. */
typedef bool (*explore_found)(const GMatchInfo *match, gpointer user, GError **error);
bool explorer_search(const struct explorer *explorer, const char *pattern, explore_found found,
		     gpointer user, GError **error);

/* A text that the glob @pattern, without a bracket, matches: @word for each `*`. Caller frees. */
char *pattern_filled(const char *pattern, const char *word);

/* The record of the start at @levels with the shell's own trace: tests, lines. NULL: an error.
 * Caller frees. */
struct start_record *explorer_explain(struct explorer *explorer, const GByteArray *levels,
				      GError **error);

/* --- the parts of explorer_learn, in this order; each false with an error --- */

/* The factors: names in the scripts' text, the user's, and what they are compared with. */
void explore_names(struct explorer *explorer);
/* A start that executes something, and whose programs read what a plan can hold. */
bool explore_base(struct explorer *explorer, GError **error);
/* One variable at a time. */
bool explore_variables(struct explorer *explorer, GError **error);
/* The mark of variable @index is refused, or taken for no number: which values are taken? Its marks
 * change, or it gets values besides. */
bool explore_values(struct explorer *explorer, guint index, struct state *marked, GError **error);
/* The mark of variable @index is taken. Is it a number after all, which the script compares? */
bool explore_compared(struct explorer *explorer, guint index, struct state *marked, GError **error);
/* Numbers beside those that the script compares variable @index with, from @at, the start with its
 * mark, a number: the conditions ask how the number compares where that matters. @ret_refused: the
 * script refuses some of them. */
bool explore_sizes(struct explorer *explorer, guint index, struct state *at, bool *ret_refused,
		   GError **error);
/* Whether numbers beside those that the script's text compares variable @index with do what
 * @marked, the start with its mark, does not: it may be compared without a complaint of what is no
 * number. */
bool explore_numbers(struct explorer *explorer, guint index, struct state *marked,
		     bool *ret_differs, GError **error);
/* None of them was ever tried. */
void forget_sizes(struct explorer *explorer, guint index);
/* What the script compares its number with, and what is beside that; guint64, sorted, each once.
 * Caller frees. */
GArray *numbers_beside(const struct factor *factor);
/* A number that is far above all that the script is known to compare with. Caller frees. */
char *number_beyond(const struct factor *factor);
/* Whether a shell complained of a value that is no number, or no mode: it goes on all the same. */
bool state_complains(const struct state *state);
/* The same in every variable that @levels has at its mark, where all that was run is explained. All
 * items may be made anew: a model has to be learned anew. */
bool explore_signs_beside(struct explorer *explorer, const GByteArray *levels, GError **error);
/* Whether the script takes variable @index apart at @text: @ret_sliced, and parts of it are slices,
 * else the starts with such values were never run. Forms of it that no rule explains are refused.
 */
bool explore_slices(struct explorer *explorer, guint index, const char *text, bool *ret_sliced,
		    GError **error);
/* It is not taken apart in any way that a plan can say. */
void forget_slices(struct explorer *explorer, guint index);
bool explore_arguments(struct explorer *explorer, GError **error);
bool explore_files(struct explorer *explorer, GError **error);
/* All variables together, at a first start and at a later one. */
bool explore_together(struct explorer *explorer, GError **error);
/* Whether a later start was tried where the budget is used up: without one a plan would do at every
 * start what the script does at the first alone. */
bool explore_check_later(const struct explorer *explorer, GError **error);
/* A later start than @marked, with other values at the first: what is kept, and what is written
 * anew? */
bool explore_changed(struct explorer *explorer, const struct state *marked, GError **error);
/* Arguments that fail at a first start, at a later one. */
bool explore_arguments_later(struct explorer *explorer, GError **error);
/* The file of level @level, which is not the script's own: @template is its path in a plan. */
bool explore_given(struct explorer *explorer, guint level, const char *template, GError **error);
/* Files in directories that the script goes through (`for f in /config/` and a pattern) and that
 * are empty in the image. */
bool explore_listed(struct explorer *explorer, GError **error);
/* Whether @text, which the file at @path held, went elsewhere: into words, texts, other files. */
bool explorer_passed_on(const struct start_record *record, const char *path, const char *text);
/* Files that are changed line by line. */
bool explore_edits(struct explorer *explorer, GError **error);
/* What the script does with quotes and other signs in each variable alone. */
bool explore_signs(struct explorer *explorer, GError **error);
/* Whether starts that ask what the machine has do the same on another one. */
bool explore_machine(struct explorer *explorer, GError **error);
/* Combinations; @model is learned anew where they teach something. */
bool explore_combinations(struct explorer *explorer, struct model **model, GError **error);

/* Runs @state once more where it has a step that no start has which was run twice: what differs is
 * learned as a chance, or an error, or `restart`. */
bool explorer_repeat_new(struct explorer *explorer, struct state *state, GError **error);

/* Whether a model explains the base and the starts that differ from it in variable @index alone;
 * without the one at a level of kind @without (LEVEL_PLAIN: with all). */
bool explorer_explains(const struct explorer *explorer, guint index, enum level_kind without);

/* What is known about words changes what states mean: all items are made anew. */
void explorer_refresh(struct explorer *explorer);
/* The same for one state, which need not be among explorer->states. */
void explorer_renew(const struct explorer *explorer, struct state *state);
