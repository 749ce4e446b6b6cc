/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of rpm's packages (rpm-version(7)). */
#include "evidence/version_private.h"

#include <string.h>

struct evr {
	struct digits epoch;
	char version[VERSION_MAX_BYTES + 1];
	char release[VERSION_MAX_BYTES + 1]; /* "" where there is none */
};

static bool evr_parse(const char *text, struct evr *ret_evr)
{
	static const char allowed[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._+%{}~^";
	struct evr evr = {.epoch = {"", 0}};
	const char *colon = strchr(text, ':'), *dash;

	if (colon) {
		evr.epoch = digits_take(&text);
		if (text != colon || evr.epoch.length == 0)
			return false;
		text = colon + 1;
	}
	dash = strrchr(text, '-');
	g_strlcpy(evr.version, text,
		  MIN(sizeof(evr.version), dash ? (size_t)(dash - text) + 1 : sizeof(evr.version)));
	if (dash)
		g_strlcpy(evr.release, dash + 1, sizeof(evr.release));
	*ret_evr = evr;
	return *evr.version && evr.version[strspn(evr.version, allowed)] == '\0' &&
	       (!dash || *evr.release) && evr.release[strspn(evr.release, allowed)] == '\0';
}

static const char *skip_separators(const char *at)
{
	while (*at && !g_ascii_isalnum(*at) && *at != '~' && *at != '^')
		at++;
	return at;
}

static struct digits take_letters(const char **at)
{
	struct digits letters = {*at, 0};

	while (g_ascii_isalpha(**at)) {
		++*at;
		letters.length++;
	}
	return letters;
}

/* Of two segments, digits or letters as the first one is; the other kind is older than digits. */
static int compare_segments(const char **a, const char **b)
{
	bool number = g_ascii_isdigit(**a);
	struct digits left = number ? digits_take(a) : take_letters(a);
	struct digits right = number ? digits_take(b) : take_letters(b);
	int order;

	if (right.length == 0)
		return number ? 1 : -1;
	if (number)
		return digits_compare(left, right);
	order = memcmp(left.text, right.text, MIN(left.length, right.length));
	return order != 0 ? order : (int)left.length - (int)right.length;
}

/* A tilde is before the end, a caret behind it and before anything else; answers whether one of
 * them stands at *@a or *@b, with the order in *@ret_order. */
static bool compare_marks(const char **a, const char **b, int *ret_order)
{
	char left = **a, right = **b;

	if (left != '~' && right != '~' && left != '^' && right != '^')
		return false;
	*ret_order = 0;
	if (left == right) {
		++*a;
		++*b;
	} else if (left == '~' || right == '~') {
		*ret_order = left == '~' ? -1 : 1;
	} else if (left == '^') {
		*ret_order = right == '\0' ? 1 : -1;
	} else {
		*ret_order = left == '\0' ? -1 : 1;
	}
	return true;
}

static int part_compare(const char *a, const char *b)
{
	int order = 0;

	while (order == 0) {
		a = skip_separators(a);
		b = skip_separators(b);
		if (compare_marks(&a, &b, &order))
			continue;
		if (!*a || !*b)
			return (*a != '\0') - (*b != '\0');
		order = compare_segments(&a, &b);
	}
	return order;
}

/* A release that one of them does not have is not compared. */
bool rpm_compare(const char *a, const char *b, int *ret_order)
{
	struct evr left, right;
	int order;

	if (!evr_parse(a, &left) || !evr_parse(b, &right))
		return false;
	order = digits_compare(left.epoch, right.epoch);
	if (order == 0)
		order = part_compare(left.version, right.version);
	if (order == 0 && *left.release && *right.release)
		order = part_compare(left.release, right.release);
	*ret_order = order;
	return true;
}
