/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/expression.h"

#include <string.h>

enum {
	MAX_BYTES = 256,
	MAX_WAYS = 16,
	MAX_PIECES = 64,
	MAX_DEPTH = 4,
	MAX_REPEAT = 64,
	MAX_GLOB_BYTES = 128,
	SAMPLE_REPEAT = 5, /* where there may be any number */
	BYTES = 256,
	ENDLESS = -1,
};

/* What stands in one place, so many times. */
struct piece {
	bool bytes[BYTES];
	int min, max;
};

/* One of several that are tried: an array of struct piece. */
struct expression {
	guint references;
	GPtrArray *ways; /* GArray * */
	bool from_start, to_end;
	bool inexact; /* a group that is repeated is there once */
};

struct parser {
	const char *at;
	struct expression *expression;
	guint depth;
	bool alternatives; /* of the whole: `^a|b$` anchors one alone */
	bool failed;
};

static GPtrArray *ways_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
}

static GPtrArray *ways_of_nothing(void)
{
	GPtrArray *ways = ways_new();

	g_ptr_array_add(ways, g_array_new(FALSE, FALSE, sizeof(struct piece)));
	return ways;
}

/* Each of @first before each of @second, which is freed. */
static GPtrArray *ways_join(GPtrArray *first, GPtrArray *second, bool *ret_failed)
{
	GPtrArray *all = ways_new();

	for (guint i = 0; i < first->len * second->len && all->len < MAX_WAYS; i++) {
		GArray *way = g_array_copy(first->pdata[i / second->len]);
		const GArray *more = second->pdata[i % second->len];

		g_array_append_vals(way, more->data, more->len);
		*ret_failed |= way->len > MAX_PIECES;
		g_ptr_array_add(all, way);
	}
	*ret_failed |= first->len * second->len > MAX_WAYS;
	g_ptr_array_unref(first);
	g_ptr_array_unref(second);
	return all;
}

static GPtrArray *ways_of_piece(const struct piece *piece)
{
	GPtrArray *ways = ways_of_nothing();

	g_array_append_vals(ways->pdata[0], piece, 1);
	return ways;
}

/* --- reading --- */

static void add_class(struct piece *piece, const char *name, gsize bytes)
{
	static const struct {
		const char *name;
		const char *ranges; /* pairs */
	} classes[] = {{"alpha", "AZaz"},   {"digit", "09"},     {"alnum", "09AZaz"},
		       {"upper", "AZ"},     {"lower", "az"},     {"xdigit", "09AFaf"},
		       {"space", "\t\r  "}, {"blank", "\t\t  "}, {"punct", "!/:@[`{~"},
		       {"print", " ~"},     {"graph", "!~"},     {"cntrl", "\001\037\177\177"}};

	for (gsize i = 0; i < G_N_ELEMENTS(classes); i++) {
		if (strlen(classes[i].name) != bytes || memcmp(classes[i].name, name, bytes) != 0)
			continue;
		for (const char *range = classes[i].ranges; *range; range += 2)
			for (int c = range[0]; c <= range[1]; c++)
				piece->bytes[c] = true;
	}
}

static void negate(struct piece *piece)
{
	for (guint i = 0; i < BYTES; i++)
		piece->bytes[i] = i != 0 && !piece->bytes[i];
}

/* Behind the opening bracket; goes behind the closing one. One of @negations in first place
 * negates. False: there is no closing one. */
static bool read_bracket(const char **ret_at, const char *negations, struct piece *piece)
{
	const char *at = *ret_at;
	bool negated = *at && strchr(negations, *at);
	const char *first = at += negated;

	for (; *at && (*at != ']' || at == first); at++) {
		const char *end = at[0] == '[' && at[1] == ':' ? strstr(at, ":]") : NULL;

		if (end) {
			add_class(piece, at + 2, (gsize)(end - at) - 2);
			at = end + 1;
		} else if (at[1] == '-' && at[2] && at[2] != ']') {
			for (int c = (guchar)at[0]; c <= (guchar)at[2]; c++)
				piece->bytes[c] = true;
			at += 2;
		} else {
			piece->bytes[(guchar)*at] = true;
		}
	}
	if (negated)
		negate(piece);
	*ret_at = at + (*at == ']');
	return *at == ']';
}

static GPtrArray *read_ways(struct parser *parser);

static GPtrArray *read_group(struct parser *parser)
{
	parser->depth++;
	parser->failed |= parser->depth > MAX_DEPTH;
	GPtrArray *ways = parser->failed ? ways_of_nothing() : read_ways(parser);

	parser->depth--;
	parser->failed |= *parser->at != ')';
	parser->at += *parser->at == ')';
	return ways;
}

static int read_number(struct parser *parser)
{
	int number = 0;

	parser->failed |= !g_ascii_isdigit(*parser->at);
	for (; g_ascii_isdigit(*parser->at) && number <= MAX_REPEAT; parser->at++)
		number = number * 10 + g_ascii_digit_value(*parser->at);
	parser->failed |= number > MAX_REPEAT;
	return number;
}

/* {2}, {2,}, {2,5} */
static void read_braces(struct parser *parser, int *ret_min, int *ret_max)
{
	parser->at++;
	*ret_min = *ret_max = read_number(parser);
	if (*parser->at == ',') {
		parser->at++;
		*ret_max = *parser->at == '}' ? ENDLESS : read_number(parser);
	}
	parser->failed |= *parser->at != '}' || (*ret_max != ENDLESS && *ret_max < *ret_min);
	parser->at += *parser->at == '}';
}

static void read_quantifier(struct parser *parser, int *ret_min, int *ret_max)
{
	*ret_min = *ret_max = 1;
	switch (*parser->at) {
	case '*':
		*ret_min = 0;
		*ret_max = ENDLESS;
		break;
	case '+':
		*ret_max = ENDLESS;
		break;
	case '?':
		*ret_min = 0;
		break;
	case '{':
		read_braces(parser, ret_min, ret_max);
		return;
	default:
		return;
	}
	parser->at++;
}

/* A group once, and not at all where that may be. */
static GPtrArray *quantify_group(struct parser *parser, GPtrArray *ways)
{
	int min, max;

	read_quantifier(parser, &min, &max);
	parser->expression->inexact |= max != 1 || min > 1;
	if (min == 0)
		g_ptr_array_add(ways, g_array_new(FALSE, FALSE, sizeof(struct piece)));
	return ways;
}

static void read_byte(struct parser *parser, struct piece *piece)
{
	char c = *parser->at++;

	if (c == '.') {
		negate(piece);
	} else if (c == '[') {
		parser->failed |= !read_bracket(&parser->at, "^", piece);
	} else if (c == '\\') {
		/* \d, \w: of other kinds of expressions */
		parser->failed |= !*parser->at || g_ascii_isalnum(*parser->at);
		piece->bytes[(guchar)*parser->at] = true;
		parser->at += *parser->at != '\0';
	} else {
		parser->failed |= strchr("*+?{^$", c) != NULL;
		piece->bytes[(guchar)c] = true;
	}
}

static GPtrArray *read_atom(struct parser *parser)
{
	struct piece piece = {.min = 1, .max = 1};

	if (*parser->at == '(') {
		parser->at++;
		return quantify_group(parser, read_group(parser));
	}
	read_byte(parser, &piece);
	read_quantifier(parser, &piece.min, &piece.max);
	if (piece.min > 0 || piece.max != 1)
		return ways_of_piece(&piece);
	/* with it, and without */
	piece.min = 1;
	GPtrArray *ways = ways_of_piece(&piece);

	g_ptr_array_add(ways, g_array_new(FALSE, FALSE, sizeof(struct piece)));
	return ways;
}

static bool at_end(const struct parser *parser)
{
	const char *at = parser->at;

	return !*at || *at == '|' || *at == ')' || (at[0] == '$' && !at[1]);
}

static GPtrArray *read_sequence(struct parser *parser)
{
	GPtrArray *ways = ways_of_nothing();

	while (!at_end(parser) && !parser->failed)
		ways = ways_join(ways, read_atom(parser), &parser->failed);
	return ways;
}

static GPtrArray *read_ways(struct parser *parser)
{
	GPtrArray *all = read_sequence(parser);

	while (*parser->at == '|' && !parser->failed) {
		parser->at++;
		parser->alternatives |= parser->depth == 0;
		g_autoptr(GPtrArray) more = read_sequence(parser);

		for (guint i = 0; i < more->len; i++)
			g_ptr_array_add(all, g_array_ref(more->pdata[i]));
		parser->failed |= all->len > MAX_WAYS;
	}
	return all;
}

static struct expression *new_expression(void)
{
	struct expression *expression = g_new0(struct expression, 1);

	expression->references = 1;
	return expression;
}

static struct expression *finish(struct expression *expression, bool failed)
{
	for (guint i = 0; expression->ways && i < expression->ways->len; i++)
		failed |= ((GArray *)expression->ways->pdata[i])->len == 0;
	if (!failed)
		return expression;
	expression_unref(expression);
	return NULL;
}

struct expression *expression_new(const char *text)
{
	struct expression *expression = new_expression();
	struct parser parser = {.at = text, .expression = expression};

	expression->from_start = *text == '^';
	parser.at += expression->from_start;
	parser.failed = strlen(text) > MAX_BYTES;
	expression->ways = parser.failed ? ways_new() : read_ways(&parser);
	expression->to_end = *parser.at == '$';
	parser.failed |= parser.alternatives && (expression->from_start || expression->to_end);
	return finish(expression, parser.failed || (*parser.at && !expression->to_end));
}

struct expression *expression_new_basic(const char *text)
{
	g_autoptr(GString) extended = g_string_new(NULL);

	for (const char *at = text; *at; at++) {
		if (at[0] == '\\' && at[1] && strchr("(){}+?|", at[1])) {
			g_string_append_c(extended, *++at);
		} else {
			if (strchr("(){}+?|", *at))
				g_string_append_c(extended, '\\');
			g_string_append_c(extended, *at);
		}
	}
	return expression_new(extended->str);
}

struct expression *expression_new_glob(const char *pattern)
{
	struct expression *expression = new_expression();
	bool failed = strlen(pattern) > MAX_BYTES;
	GArray *way = g_array_new(FALSE, FALSE, sizeof(struct piece));

	expression->ways = ways_new();
	g_ptr_array_add(expression->ways, way);
	expression->from_start = expression->to_end = true;
	for (const char *at = pattern; *at && !failed;) {
		struct piece piece = {.min = *at != '*', .max = *at == '*' ? ENDLESS : 1};
		char c = *at++;

		if (c == '*' || c == '?')
			negate(&piece);
		else if (c == '[')
			failed = !read_bracket(&at, "!^", &piece);
		else
			piece.bytes[(guchar)c] = true;
		g_array_append_val(way, piece);
		failed |= way->len > MAX_PIECES;
	}
	return finish(expression, failed);
}

struct expression *expression_ref(struct expression *expression)
{
	expression->references++;
	return expression;
}

void expression_unref(struct expression *expression)
{
	if (!expression || --expression->references > 0)
		return;
	g_ptr_array_unref(expression->ways);
	g_free(expression);
}

/* --- a text --- */

/* What is easily taken for something else comes last: a leading 0 is octal. */
static bool is_plain(guint c)
{
	return c < 128 && c != '0' && g_ascii_isalnum((char)c);
}

static char choose(const struct piece *piece, guint number)
{
	char candidates[BYTES];
	guint count = 0;

	for (guint i = 1; i < BYTES; i++)
		if (piece->bytes[i] && is_plain(i))
			candidates[count++] = (char)i;
	for (guint i = 1; i < BYTES && count == 0; i++)
		if (piece->bytes[i])
			candidates[count++] = (char)i;
	return count ? candidates[number % count] : '\0';
}

char *expression_sample(const struct expression *expression, guint seed)
{
	const GArray *way = expression->ways->pdata[0];
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < way->len; i++) {
		const struct piece *piece = &g_array_index(way, struct piece, i);
		int times = MAX(piece->min, piece->max == ENDLESS ? SAMPLE_REPEAT
								  : MIN(piece->max, SAMPLE_REPEAT));

		for (int j = 0; j < times; j++) {
			char c = choose(piece, seed * 5 + text->len * 7 + seed * text->len);

			if (c)
				g_string_append_c(text, c);
		}
	}
	return g_string_free(text, FALSE);
}

/* --- globs --- */

static bool is_any(const struct piece *piece)
{
	for (guint i = 1; i < BYTES; i++)
		if (!piece->bytes[i])
			return false;
	return true;
}

static guint count_bytes(const struct piece *piece)
{
	guint count = 0;

	for (guint i = 0; i < BYTES; i++)
		count += piece->bytes[i];
	return count;
}

/* Whether a byte stands in a bracket as it is. */
static bool is_simple(guint c)
{
	return c > ' ' && c < 127 && !strchr("[]!^-\\", (char)c);
}

/* `[0-9a-f]`. False where bytes beyond printable ASCII would be needed. */
static bool append_bracket(GString *glob, const struct piece *piece, bool negated)
{
	struct piece left = *piece;

	if (piece->bytes[BYTES - 1]) {
		negate(&left);
		negated = !negated;
	}
	g_string_append(glob, negated ? "[!" : "[");
	for (guint i = 1; i < BYTES; i++) {
		guint to = i;

		if (!left.bytes[i])
			continue;
		if (i < ' ' || i > 126)
			return false;
		while (is_simple(i) && left.bytes[to + 1] && is_simple(to + 1))
			to++;
		if (to > i + 1)
			g_string_append_printf(glob, "%c-%c", (char)i, (char)to);
		else
			g_string_append_printf(glob, is_simple(i) ? "%c" : "\\%c", (char)i);
		i = to > i + 1 ? to : i;
	}
	g_string_append_c(glob, ']');
	return true;
}

static bool append_piece(GString *glob, const struct piece *piece)
{
	bool any = is_any(piece);

	if (piece->max != piece->min && (piece->max != ENDLESS || !any))
		return false;
	for (int i = 0; i < piece->min && glob->len < MAX_GLOB_BYTES; i++) {
		if (any)
			g_string_append_c(glob, '?');
		else if (count_bytes(piece) > 1 && !append_bracket(glob, piece, false))
			return false;
		else if (count_bytes(piece) == 1)
			for (guint c = 1; c < BYTES; c++)
				if (piece->bytes[c])
					g_string_append_printf(
						glob, strchr("*?[\\", (char)c) ? "\\%c" : "%c",
						(char)c);
	}
	if (piece->max == ENDLESS)
		g_string_append_c(glob, '*');
	return glob->len < MAX_GLOB_BYTES;
}

/* The whole text is of these bytes: what is not, holds another. NULL: it is not so. */
static char *glob_of_other(const struct expression *expression, const GArray *way)
{
	const struct piece *piece = &g_array_index(way, struct piece, 0);

	if (!expression->from_start || !expression->to_end || way->len != 1 || piece->min > 1 ||
	    piece->max != ENDLESS || is_any(piece))
		return NULL;
	GString *glob = g_string_new("*");
	bool good = append_bracket(glob, piece, true);

	g_string_append_c(glob, '*');
	return g_string_free(glob, !good);
}

static char *glob_of(const struct expression *expression, const GArray *way)
{
	char *other = glob_of_other(expression, way);

	if (other)
		return other;
	GString *glob = g_string_new(expression->from_start ? NULL : "*");
	bool good = true;

	for (guint i = 0; i < way->len && good; i++)
		good = append_piece(glob, &g_array_index(way, struct piece, i));
	if (!expression->to_end)
		g_string_append_c(glob, '*');
	return g_string_free(glob, !good);
}

GPtrArray *expression_globs(const struct expression *expression)
{
	g_autoptr(GPtrArray) globs = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < expression->ways->len && !expression->inexact; i++) {
		char *glob = glob_of(expression, expression->ways->pdata[i]);

		if (!glob)
			return NULL;
		g_ptr_array_add(globs, glob);
	}
	return globs->len ? g_steal_pointer(&globs) : NULL;
}
