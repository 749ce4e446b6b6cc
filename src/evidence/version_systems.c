/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of distributions' packages. */
#include "evidence/version_private.h"

#include <string.h>

/* --- dpkg: deb-version(7) ------------------------------------------------------------------------
 */

struct deb_version {
	struct digits epoch;
	const char *upstream, *upstream_end;
	const char *revision, *revision_end;
};

static bool deb_parse(const char *text, struct deb_version *ret_version)
{
	static const char allowed[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.+-~:";
	const char *colon = strchr(text, ':'), *end = text + strlen(text), *dash;
	struct deb_version version = {{"", 0}, text, end, end, end};

	if (text[strspn(text, allowed)] != '\0')
		return false;
	if (colon) {
		version.epoch = digits_take(&text);
		if (text != colon || version.epoch.length == 0)
			return false;
		version.upstream = colon + 1;
	}
	dash = strrchr(version.upstream, '-');
	if (dash) {
		version.upstream_end = dash;
		version.revision = dash + 1;
		if (*version.revision == '\0' || strchr(version.revision, ':'))
			return false;
	}
	*ret_version = version;
	return version.upstream < version.upstream_end;
}

/* The tilde is before the end, letters are before everything else. */
static int deb_weight(const char *at, const char *end)
{
	if (at == end || g_ascii_isdigit(*at))
		return 0;
	if (*at == '~')
		return -1;
	return g_ascii_isalpha(*at) ? *at : *at + 256;
}

/* Text and number by turns, from the left. */
static int deb_compare_part(const char *a, const char *a_end, const char *b, const char *b_end)
{
	while (a < a_end || b < b_end) {
		struct digits left, right;
		int order;

		while ((a < a_end && !g_ascii_isdigit(*a)) || (b < b_end && !g_ascii_isdigit(*b))) {
			order = deb_weight(a, a_end) - deb_weight(b, b_end);
			if (order != 0)
				return order;
			a++;
			b++;
		}
		left = digits_take(&a);
		right = digits_take(&b);
		order = digits_compare(left, right);
		if (order != 0)
			return order;
	}
	return 0;
}

bool dpkg_compare(const char *a, const char *b, int *ret_order)
{
	struct deb_version left, right;
	int order;

	if (!deb_parse(a, &left) || !deb_parse(b, &right))
		return false;
	order = digits_compare(left.epoch, right.epoch);
	if (order == 0)
		order = deb_compare_part(left.upstream, left.upstream_end, right.upstream,
					 right.upstream_end);
	if (order == 0)
		order = deb_compare_part(left.revision, left.revision_end, right.revision,
					 right.revision_end);
	*ret_order = order;
	return true;
}

/* --- apk -----------------------------------------------------------------------------------------
 */

/* In the order in which they may follow, and in which less of a version is more of an order: where
 * one ends, the other has something more. */
enum apk_token {
	APK_FIRST,
	APK_DIGITS,
	APK_LETTER,
	APK_SUFFIX,
	APK_SUFFIX_NUMBER,
	APK_HASH,
	APK_REVISION,
	APK_END,
	APK_INVALID,
};

/* Those up to APK_NO_SUFFIX come before the version without one. */
enum { APK_NO_SUFFIX = 4 };
static const char *const apk_suffixes[] = {"alpha", "beta", "pre", "rc", "",
					   "cvs",   "svn",  "git", "hg", "p"};

struct apk_cursor {
	const char *at;
	enum apk_token token;
	struct digits value; /* the token's text */
	int suffix;
};

static void apk_take_digits(struct apk_cursor *cursor, enum apk_token token)
{
	cursor->value = digits_take(&cursor->at);
	cursor->token = cursor->value.length > 0 ? token : APK_INVALID;
}

static void apk_take_suffix(struct apk_cursor *cursor)
{
	size_t length = strspn(cursor->at, "abcdefghijklmnopqrstuvwxyz");

	cursor->token = APK_INVALID;
	for (guint i = 0; i < G_N_ELEMENTS(apk_suffixes); i++) {
		if (length > 0 && strlen(apk_suffixes[i]) == length &&
		    !strncmp(cursor->at, apk_suffixes[i], length)) {
			cursor->suffix = (int)i;
			cursor->token = APK_SUFFIX;
		}
	}
	cursor->at += length;
}

static void apk_take_hash(struct apk_cursor *cursor)
{
	cursor->value = (struct digits){cursor->at, strspn(cursor->at, "0123456789abcdef")};
	cursor->at += cursor->value.length;
	cursor->token = cursor->value.length > 0 ? APK_HASH : APK_INVALID;
}

/* NUMBER{.NUMBER}[LETTER]{_SUFFIX[NUMBER]}[~HASH][-rNUMBER] */
static void apk_next(struct apk_cursor *cursor)
{
	enum apk_token before = cursor->token;
	char c = *cursor->at;

	if (c == '\0') {
		cursor->token = APK_END;
	} else if (c == '.' && before <= APK_DIGITS) {
		cursor->at++;
		apk_take_digits(cursor, APK_DIGITS);
	} else if (g_ascii_islower(c) && before <= APK_DIGITS) {
		cursor->value = (struct digits){cursor->at++, 1};
		cursor->token = APK_LETTER;
	} else if (c == '_' && before <= APK_SUFFIX_NUMBER) {
		cursor->at++;
		apk_take_suffix(cursor);
	} else if (g_ascii_isdigit(c) && before == APK_SUFFIX) {
		apk_take_digits(cursor, APK_SUFFIX_NUMBER);
	} else if (c == '~' && before < APK_HASH) {
		cursor->at++;
		apk_take_hash(cursor);
	} else if (c == '-' && cursor->at[1] == 'r' && before < APK_REVISION) {
		cursor->at += 2;
		apk_take_digits(cursor, APK_REVISION);
	} else {
		cursor->token = APK_INVALID;
	}
}

static int text_order(struct digits a, struct digits b)
{
	int order = memcmp(a.text, b.text, MIN(a.length, b.length));

	if (order != 0 || a.length == b.length)
		return order;
	return a.length < b.length ? -1 : 1;
}

/* Of two tokens of one kind. A number with a zero in front is a fraction, but for the first. */
static int apk_compare_token(const struct apk_cursor *a, const struct apk_cursor *b)
{
	bool fraction = a->token == APK_DIGITS && (*a->value.text == '0' || *b->value.text == '0');

	if (a->token == APK_SUFFIX)
		return a->suffix - b->suffix;
	if (a->token == APK_LETTER || a->token == APK_HASH || fraction)
		return text_order(a->value, b->value);
	return digits_compare(a->value, b->value);
}

/* One has more than the other: that is greater, unless it is what comes before a release. */
static int apk_compare_rest(const struct apk_cursor *a, const struct apk_cursor *b)
{
	if (a->token == APK_SUFFIX && a->suffix < APK_NO_SUFFIX)
		return -1;
	if (b->token == APK_SUFFIX && b->suffix < APK_NO_SUFFIX)
		return 1;
	return (int)b->token - (int)a->token;
}

static bool apk_is_valid(const char *text)
{
	struct apk_cursor cursor = {.at = text};

	apk_take_digits(&cursor, APK_FIRST);
	while (cursor.token < APK_END)
		apk_next(&cursor);
	return cursor.token == APK_END;
}

bool apk_compare(const char *a, const char *b, int *ret_order)
{
	struct apk_cursor left = {.at = a}, right = {.at = b};
	int order = 0;

	if (!apk_is_valid(a) || !apk_is_valid(b))
		return false;
	apk_take_digits(&left, APK_FIRST);
	apk_take_digits(&right, APK_FIRST);
	while (left.token == right.token && left.token != APK_END) {
		order = apk_compare_token(&left, &right);
		if (order != 0)
			break;
		apk_next(&left);
		apk_next(&right);
	}
	*ret_order = order != 0 ? order : apk_compare_rest(&left, &right);
	return true;
}
