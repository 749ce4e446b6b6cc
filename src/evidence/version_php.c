/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of PHP's packages, as Composer brings them into one form and PHP's version_compare puts
 * them in order. Names of branches ("dev-main", "1.x-dev") are no versions. */
#include "evidence/version_private.h"

#include <string.h>

enum { NUMBERS_MAX = 4, MORE_MAX = VERSION_MAX_BYTES / 2 };

enum stability {
	STABILITY_DEV,
	STABILITY_ALPHA,
	STABILITY_BETA,
	STABILITY_CANDIDATE,
	STABILITY_STABLE,
	STABILITY_PATCH,
};

struct composer_version {
	struct digits numbers[NUMBERS_MAX];
	enum stability stability;
	struct digits more[MORE_MAX]; /* behind the word: "beta2.1" */
	guint count;
	bool dev; /* of what has another stability: before it */
};

static void skip_separator(const char **text)
{
	*text += **text != '\0' && strchr("._-", **text);
}

static bool take_numbers(const char **text, struct composer_version *version)
{
	for (guint i = 0; i < NUMBERS_MAX; i++) {
		version->numbers[i] = digits_take(text);
		if (version->numbers[i].length == 0)
			return false;
		if (**text != '.' || !g_ascii_isdigit((*text)[1]))
			break;
		if (i + 1 < NUMBERS_MAX)
			++*text;
	}
	return true;
}

/* The word of a stability, where one stands at *@text. */
static bool take_word(const char **text, enum stability *ret_stability)
{
	static const struct {
		const char *word;
		enum stability stability;
	} words[] = {
		{"stable", STABILITY_STABLE}, {"beta", STABILITY_BETA},   {"b", STABILITY_BETA},
		{"RC", STABILITY_CANDIDATE},  {"alpha", STABILITY_ALPHA}, {"a", STABILITY_ALPHA},
		{"patch", STABILITY_PATCH},   {"pl", STABILITY_PATCH},    {"p", STABILITY_PATCH},
	};
	const char *at = *text;
	size_t length;

	skip_separator(&at);
	length = strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		if (strlen(words[i].word) == length &&
		    !g_ascii_strncasecmp(at, words[i].word, length)) {
			*text = at + length;
			*ret_stability = words[i].stability;
			return true;
		}
	}
	return false;
}

static void take_more(const char **text, struct composer_version *version)
{
	while (version->count < MORE_MAX) {
		const char *at = *text;

		at += *at == '.' || *at == '-';
		if (!g_ascii_isdigit(*at))
			return;
		version->more[version->count++] = digits_take(&at);
		*text = at;
	}
}

static bool take_dev(const char **text)
{
	const char *at = *text;

	skip_separator(&at);
	if (g_ascii_strncasecmp(at, "dev", 3) != 0)
		return false;
	*text = at + 3;
	return true;
}

static bool composer_parse(const char *text, struct composer_version *version)
{
	*version = (struct composer_version){.stability = STABILITY_STABLE};
	for (guint i = 0; i < NUMBERS_MAX; i++)
		version->numbers[i].text = "";
	text += *text == 'v' || *text == 'V';
	if (!take_numbers(&text, version))
		return false;
	if (take_word(&text, &version->stability) && version->stability != STABILITY_STABLE)
		take_more(&text, version);
	version->dev = take_dev(&text);
	if (version->dev && version->stability == STABILITY_STABLE)
		version->stability = STABILITY_DEV;
	return *text == '\0' || (*text == '+' && text[1]);
}

bool composer_compare(const char *a, const char *b, int *ret_order)
{
	struct composer_version left, right;
	int order = 0;

	if (!composer_parse(a, &left) || !composer_parse(b, &right))
		return false;
	for (guint i = 0; i < NUMBERS_MAX && order == 0; i++)
		order = digits_compare(left.numbers[i], right.numbers[i]);
	if (order == 0)
		order = (int)left.stability - (int)right.stability;
	for (guint i = 0; i < MIN(left.count, right.count) && order == 0; i++)
		order = digits_compare(left.more[i], right.more[i]);
	if (order == 0)
		order = (int)left.count - (int)right.count;
	*ret_order = order != 0 ? order : right.dev - left.dev;
	return true;
}
