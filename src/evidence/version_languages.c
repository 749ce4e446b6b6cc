/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of npm, Cargo and Go (semantic), of Maven, and of RubyGems. */
#include "evidence/version_private.h"

#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* --- semver.org 2.0.0, clauses 2 to 11 -----------------------------------------------------------
 */

struct semantic {
	struct digits numbers[3];
	const char *pre, *end; /* what stands between "-" and "+": empty where there is none */
};

static bool semver_parse(const char *text, bool go, struct semantic *ret_version)
{
	struct semantic version = {{{"", 0}, {"", 0}, {"", 0}}, "", ""};

	text += *text == 'v';
	for (int i = 0; i < 3; i++) {
		version.numbers[i] = digits_take(&text);
		if (version.numbers[i].length == 0)
			return false;
		if (*text != '.' || i == 2)
			break;
		text++;
	}
	version.pre = text + (*text == '-');
	if (*text != '\0' && *text != '-' && *text != '+' && !(go && g_ascii_isalpha(*text)))
		return false;
	version.end = version.pre + strcspn(version.pre, "+");
	if (*text == '-' && version.pre == version.end)
		return false;
	if (strspn(version.pre, LETTERS "0123456789-.") < (size_t)(version.end - version.pre))
		return false;
	*ret_version = version;
	return true;
}

/* Clause 11.4: numbers by size and before words, words by their bytes. */
static int identifier_compare(struct digits a, struct digits b)
{
	bool a_number = strspn(a.text, "0123456789") >= a.length;
	bool b_number = strspn(b.text, "0123456789") >= b.length;
	int order;

	if (a_number != b_number)
		return a_number ? -1 : 1;
	if (a_number)
		return digits_compare(a, b);
	order = memcmp(a.text, b.text, MIN(a.length, b.length));
	return order != 0 ? order : (int)a.length - (int)b.length;
}

static struct digits identifier_take(const char **at, const char *end)
{
	struct digits identifier = {*at, MIN(strcspn(*at, "."), (size_t)(end - *at))};

	*at += identifier.length;
	*at += *at < end;
	return identifier;
}

static int pre_release_compare(const struct semantic *a, const struct semantic *b)
{
	const char *left = a->pre, *right = b->pre;

	if (left == a->end || right == b->end)
		return (left == a->end) - (right == b->end);
	while (left < a->end && right < b->end) {
		struct digits one = identifier_take(&left, a->end);
		int order = identifier_compare(one, identifier_take(&right, b->end));

		if (order != 0)
			return order;
	}
	return (left < a->end) - (right < b->end);
}

static bool semantic_compare(const char *a, const char *b, bool go, int *ret_order)
{
	struct semantic left, right;
	int order = 0;

	if (!semver_parse(a, go, &left) || !semver_parse(b, go, &right))
		return false;
	for (int i = 0; i < 3 && order == 0; i++)
		order = digits_compare(left.numbers[i], right.numbers[i]);
	*ret_order = order != 0 ? order : pre_release_compare(&left, &right);
	return true;
}

bool semver_compare(const char *a, const char *b, int *ret_order)
{
	return semantic_compare(a, b, false, ret_order);
}

bool go_compare(const char *a, const char *b, int *ret_order)
{
	return semantic_compare(a, b, true, ret_order);
}

/* --- Maven ---------------------------------------------------------------------------------------
 */

struct maven_token {
	char prefix; /* '.' or '-' */
	bool number;
	struct digits text;
};

enum { MAVEN_RELEASE = 5, MAVEN_UNKNOWN = 7 };

/* Where a word stands: those that come before the release, the release, "sp", all others. A single
 * letter stands for a word where a number follows at once. */
static int maven_rank(const struct maven_token *token)
{
	static const struct {
		const char *word;
		int rank;
	} words[] = {
		{"alpha", 0}, {"beta", 1}, {"milestone", 2}, {"rc", 3},       {"cr", 3},
		{"a", 0},     {"b", 1},    {"m", 2},         {"snapshot", 4}, {"", 5},
		{"final", 5}, {"ga", 5},   {"release", 5},   {"sp", 6},
	};
	bool numbered = g_ascii_isdigit(token->text.text[token->text.length]);

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		bool is_short = strlen(words[i].word) == 1;

		if (strlen(words[i].word) == token->text.length && (!is_short || numbered) &&
		    !g_ascii_strncasecmp(words[i].word, token->text.text, token->text.length))
			return words[i].rank;
	}
	return MAVEN_UNKNOWN;
}

static bool maven_is_null(const struct maven_token *token)
{
	static const struct digits zero = {"0", 1};

	return token->number ? digits_compare(token->text, zero) == 0
			     : maven_rank(token) == MAVEN_RELEASE;
}

/* Trailing nulls go, and those before each hyphen. */
static void maven_trim(GArray *tokens)
{
	for (guint i = tokens->len; i > 0; i--) {
		const struct maven_token *next =
			i < tokens->len ? &g_array_index(tokens, struct maven_token, i) : NULL;

		if ((!next || next->prefix == '-') && i > 1 &&
		    maven_is_null(&g_array_index(tokens, struct maven_token, i - 1)))
			g_array_remove_index(tokens, i - 1);
	}
}

/* Split at dots, hyphens, and between digits and others; an empty token is 0. */
static GArray *maven_split(const char *text)
{
	GArray *tokens = g_array_new(FALSE, TRUE, sizeof(struct maven_token));
	char prefix = '-';

	for (;;) {
		struct maven_token token = {.prefix = prefix, .number = true};

		token.text = digits_take(&text);
		if (token.text.length == 0 && *text != '\0' && !strchr(".-", *text)) {
			token.number = false;
			token.text = (struct digits){text, strcspn(text, ".-0123456789")};
			text += token.text.length;
		}
		g_array_append_val(tokens, token);
		if (*text == '\0')
			break;
		prefix = *text == '.' ? '.' : '-';
		text += *text == '.' || *text == '-';
	}
	maven_trim(tokens);
	return tokens;
}

/* qualifiers are before "-number", and that before ".number" */
static int maven_kind(const struct maven_token *token)
{
	return !token->number ? 0 : token->prefix == '-' ? 1 : 2;
}

static int maven_compare_token(const struct maven_token *a, const struct maven_token *b)
{
	int order = maven_kind(a) - maven_kind(b);
	int left, right;

	if (order != 0)
		return order;
	if (a->number)
		return digits_compare(a->text, b->text);
	left = maven_rank(a);
	right = maven_rank(b);
	if (left != right || left != MAVEN_UNKNOWN)
		return left - right;
	order = g_ascii_strncasecmp(a->text.text, b->text.text,
				    MIN(a->text.length, b->text.length));
	return order != 0 ? order : (int)a->text.length - (int)b->text.length;
}

bool maven_compare(const char *a, const char *b, int *ret_order)
{
	g_autoptr(GArray) left = maven_split(a), right = maven_split(b);
	int order = 0;

	for (guint i = 0; i < MAX(left->len, right->len) && order == 0; i++) {
		/* the shorter one is filled up with what is null beside the other's token */
		struct maven_token one = {0}, two = {0};

		if (i < left->len)
			one = g_array_index(left, struct maven_token, i);
		if (i < right->len)
			two = g_array_index(right, struct maven_token, i);
		if (i >= left->len)
			one = (struct maven_token){two.prefix, two.number, {"", 0}};
		if (i >= right->len)
			two = (struct maven_token){one.prefix, one.number, {"", 0}};
		order = maven_compare_token(&one, &two);
	}
	*ret_order = order;
	return true;
}

/* --- RubyGems ------------------------------------------------------------------------------------
 */

enum { GEM_SEGMENTS_MAX = VERSION_MAX_BYTES + 2 };

struct gem_version {
	struct digits segments[GEM_SEGMENTS_MAX];
	guint count;
};

static bool gem_is_word(struct digits segment)
{
	return segment.length > 0 && !g_ascii_isdigit(*segment.text);
}

static bool gem_is_zero(struct digits segment)
{
	static const struct digits zero = {"", 0};

	return !gem_is_word(segment) && digits_compare(segment, zero) == 0;
}

/* Trailing zeros of the numbers in front and of what follows mean nothing. */
static void gem_trim(struct gem_version *version)
{
	guint words = 0, kept;

	while (words < version->count && !gem_is_word(version->segments[words]))
		words++;
	while (version->count > words && gem_is_zero(version->segments[version->count - 1]))
		version->count--;
	for (kept = words; kept > 0 && gem_is_zero(version->segments[kept - 1]); kept--)
		;
	memmove(version->segments + kept, version->segments + words,
		(version->count - words) * sizeof(version->segments[0]));
	version->count -= words - kept;
}

/* Runs of digits and of letters; a hyphen is ".pre.". */
static bool gem_parse(const char *text, struct gem_version *version)
{
	static const struct digits pre = {"pre", 3};

	version->count = 0;
	if (!g_ascii_isdigit(*text) || text[strspn(text, LETTERS "0123456789.-")] != '\0')
		return false;
	while (*text != '\0') {
		struct digits segment = digits_take(&text);

		if (segment.length == 0) {
			segment = (struct digits){text, strspn(text, LETTERS)};
			text += segment.length;
		}
		if (segment.length == 0)
			segment = *text++ == '-' ? pre : (struct digits){"", 0};
		if (segment.length > 0)
			version->segments[version->count++] = segment;
	}
	gem_trim(version);
	return true;
}

static int gem_compare_segment(struct digits a, struct digits b)
{
	int order;

	if (gem_is_word(a) != gem_is_word(b))
		return gem_is_word(a) ? -1 : 1;
	if (!gem_is_word(a))
		return digits_compare(a, b);
	order = memcmp(a.text, b.text, MIN(a.length, b.length));
	return order != 0 ? order : (int)a.length - (int)b.length;
}

bool gem_compare(const char *a, const char *b, int *ret_order)
{
	static const struct digits none = {"", 0};
	struct gem_version left, right;
	int order = 0;

	if (!gem_parse(a, &left) || !gem_parse(b, &right))
		return false;
	for (guint i = 0; i < MAX(left.count, right.count) && order == 0; i++)
		order = gem_compare_segment(i < left.count ? left.segments[i] : none,
					    i < right.count ? right.segments[i] : none);
	*ret_order = order;
	return true;
}
