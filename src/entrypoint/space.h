/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can differ between starts, and one start as a point in it. A factor is a variable, the
 * arguments, or the files that are there; its level 0 is how a plain start has it. A state chooses
 * a level for every factor.
 *
 *     struct state *state = space_state(space, levels);        // levels: a byte a factor
 *     struct start_scenario *scenario = state_scenario(space, state);
 */
#pragma once

#include "entrypoint/learn.h"

#include <glib.h>
#include <stdbool.h>

enum level_kind {
	LEVEL_PLAIN,
	LEVEL_UNSET,
	LEVEL_EMPTY,
	LEVEL_MARK,    /* an unusual value that is found again where the script puts it */
	LEVEL_AGAIN,   /* another one: what follows the value must follow this one too */
	LEVEL_WORDS,   /* two marks and a blank between: is it split? */
	LEVEL_SLICES,  /* marks and a text between, at which the script takes it apart */
	LEVEL_SIGNS,   /* a mark with quotes and other signs: is it text to all? (escape.h) */
	LEVEL_SAMPLE,  /* what an expression of the script matches, and no mark may: a mark too */
	LEVEL_LITERAL, /* a value that the script compares with, or that the user gave */
	LEVEL_NUMBER,  /* a number that the script compares it with, and one between two of them */
	LEVEL_BOUND,   /* a number beside one that it is compared with */
	LEVEL_SECRET,  /* NAME_FILE names a file that holds a mark */
	LEVEL_ARGUMENTS,
	LEVEL_LATER,   /* a second start on what the first left */
	LEVEL_CHANGED, /* the same, and marked variables had other values at the first */
	LEVEL_GIVEN,   /* a first start that finds `path` */
	LEVEL_ABSENT,  /* a second start that misses `path` */
	LEVEL_NEVER,   /* not to be used: a mark that the script cannot take */
};

struct level {
	enum level_kind kind;
	char *value;                /* of the variable, or what the file holds (SECRET, GIVEN) */
	GPtrArray *words;           /* ARGUMENTS: char *; those in `marks` are marks */
	GPtrArray *marks;           /* ARGUMENTS: char *, as in words */
	char *path;                 /* GIVEN, ABSENT, SECRET */
	bool directory;             /* GIVEN: path is a directory */
	const struct level *beside; /* GIVEN: what is there too; or NULL */
	uint32_t mode; /* GIVEN: of the file, where the script makes one itself; else 0 */
	char *label;   /* for messages */
};

enum factor_kind { FACTOR_VARIABLE, FACTOR_ARGUMENTS, FACTOR_FILES };

struct factor {
	enum factor_kind kind;
	char *name;          /* of the variable */
	guint number;        /* makes its marks its own */
	GPtrArray *levels;   /* struct level * */
	GPtrArray *patterns; /* char *: what the script compares it with; may hold * ? [ */
	GPtrArray *among;    /* char *: of the arguments: patterns that all are compared with */
	GPtrArray *samples;  /* char *: of the arguments: what expressions match */
	GPtrArray *alike;  /* char *: values, one a line, that do the same: a decision does not tell
			      them apart */
	GPtrArray *unlike; /* char *: patterns of values that the plan refuses */
	GPtrArray *defaults; /* char *: what the script takes it for where it is empty */
	GArray *numbers;     /* guint64: what the script compares its number with */
	const char *type;    /* NULL: any text; else a word of `check` */
	guint64 least, most; /* of an integer that has bounds; most is 0: it has none */
	bool sized;          /* what is done depends on how its number compares with `numbers` */
	bool secret;         /* NAME_FILE has the effects of NAME */
	bool own;            /* its plain value is the user's, and a mark */
	char *refused;       /* bytes that it may not hold; NULL: none */
	bool listed;         /* it may hold nothing but its literal values */
	bool asks_program;   /* the script asks whether it is a program */
	bool effective;      /* something was seen to depend on it */
	bool needs_others;   /* marked alone, a start fails; with all marked, it does not */
	bool doubtful;       /* hardly a variable of whoever starts the image: a word of the text,
				or one that the script sets itself */
	bool foreign;        /* nobody has it: a sample of those with a prefix */
	bool in_path;        /* another value would lead to other files */
	bool word;           /* a word of the text that may be no variable's name at all */
};

/* Of the words that stand for `*` in a value: no decision asks for just this value. */
#define SAMPLE_FORMAT "Zq%03ukx"

enum { SPACE_ARGUMENTS, SPACE_FILES, SPACE_FIRST_VARIABLE };
enum { SPACE_MAX_REST = 9 }; /* see `rests`: a plan knows ${1} to ${9} */

struct space {
	GPtrArray *factors; /* struct factor *: 0 is the arguments, 1 the files, then variables */
	GHashTable *plain;  /* char * name -> char * value */
	GPtrArray *command; /* char *: Cmd */
	GPtrArray *behind[SPACE_MAX_REST + 1]; /* char *: what the script compares the Nth argument
						  with, from the second on; NULL: nothing */
	GPtrArray *usual;                      /* char *: the arguments of the base; NULL: Cmd */
	char *workdir;
	uint32_t uid, gid; /* the application\'s: files that are given belong to it */
	GHashTable *split; /* names of variables whose value is split into words */
	GPtrArray *untold; /* char *: templates of paths: files whose content the script goes by;
			      with a slash at the end, directories that are empty in the image */
	GHashTable
		*foreign; /* templates of paths: no start leaves a file there, others may put one */
	GHashTable *trees;  /* char * path -> char * "UID:GID": all below gets this owner too */
	GPtrArray *edits;   /* struct edit_file *: files that are changed line by line; edit.h */
	GPtrArray *chances; /* struct chance *: what no level decides; see chance.h */
	GPtrArray *slices;  /* struct slice *: parts of values; see slice.h */
	GPtrArray *escapes; /* struct escape *: values as the script writes them; see escape.h */
	guint rests;        /* bit N: what is executed holds the arguments from the Nth on */
	guint helper_rests; /* the same of programs that run before it */
	GHashTable *rests_behind; /* char * first argument -> `rests` of starts that begin with it,
				     and have marks behind it: what a start without marks is */
	GPtrArray *prepend;       /* char *: words put before arguments of `prepended`; or NULL */
	GPtrArray *prepended;  /* char *: patterns on ${1}: "-*", or "" for no arguments at all */
	bool prepends_unknown; /* before what is no program too */
	const struct start_request *request;
};

struct state {
	char *name;
	GByteArray *levels;      /* may be shorter than the space's factors: the rest is plain */
	GHashTable *environment; /* char * name -> char * value: as a template sees it */
	GPtrArray *arguments;    /* char * */
	GPtrArray *marks;        /* struct mark *, the longest first */
	struct start_record *record;
	GPtrArray *items; /* struct item *: of the record; see item.h */
	bool explored;    /* its surroundings have been tried */
	bool repeated;    /* it was run twice, and does the same */
};

struct mark {
	char *text;
	char *template; /* "${NAME}" or "${1}" */
	bool number;    /* only where no digit is beside it */
};

struct space *space_new(const struct start_request *request);
void space_free(struct space *space);

/* The factor of variable @name, or NULL. Borrowed. */
struct factor *space_find(const struct space *space, const char *name);
/* The factor of variable @name, made where it is absent, with the levels for an unset, empty and
 * marked value; NULL where there are START_MAX_VARIABLES already. */
struct factor *space_variable(struct space *space, const char *name);
/* The index of a level with these; added where absent (at most 250, then 0 is answered). */
guint factor_level(struct factor *factor, enum level_kind kind, const char *value);
guint factor_arguments(struct factor *factor, const GPtrArray *words, const GPtrArray *marks);
guint factor_path(struct factor *factor, enum level_kind kind, const char *path, bool directory);
/* GIVEN, a file at @path that holds @content; @which: in words. */
guint factor_given(struct factor *factor, const char *path, const char *content, const char *which);
/* A first start that finds what level @index has and what level @beside has. 0: too many levels. */
guint factor_beside(struct factor *factor, guint index, guint beside);
/* The index of the first level of @kind; 0 where there is none. */
guint factor_find(const struct factor *factor, enum level_kind kind);

struct factor *space_factor(const struct space *space, guint index);
/* Whether the image has a program @word: a path, or in PATH. */
bool space_has_program(const struct space *space, const char *word);

/* A state without a record. */
struct state *space_state(const struct space *space, const GByteArray *levels);
void state_free(struct state *state);
guint state_level(const struct state *state, guint factor);
/* @levels with @factor at @level; a new array. */
GByteArray *levels_with(const GByteArray *levels, guint factor, guint level);

/* @value stands for variable @name of the plan's own in this start; @marked: where @value is found,
 * it is that variable. */
void state_add_own(struct state *state, const char *name, const char *value, bool marked);

struct start_scenario *state_scenario(const struct space *space, const struct state *state);

/* What ${NAME} is; NULL: unset. */
const char *state_value(const struct state *state, const char *name);
/* The value with which the environment of programs starts: as state_value, but NULL for a secret,
 * which a plan keeps to itself. */
const char *state_exported(const struct space *space, const struct state *state, const char *name);
/* The arguments after the words of space->prepend; borrowed or new strings do not differ: free the
 * array alone. */
GPtrArray *state_words(const struct space *space, const struct state *state);

/* Whether what is at @path outlives a container, whose environment is always the same: it is in a
 * volume. */
bool space_outlives(const struct space *space, const char *path);

/* Whether @template, one of @state or of another, holds a variable that had another value at the
 * first of two starts. */
bool state_changes(const struct space *space, const struct state *state, const char *template);

bool state_executes(const struct state *state);
/* The status with which it failed; 0 where it did not. */
int state_failure(const struct state *state);
