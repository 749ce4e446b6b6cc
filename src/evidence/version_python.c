/* SPDX-License-Identifier: Apache-2.0 */
/* Python's versions (packaging.python.org, "Version specifiers"; first PEP 440), in their normal
 * form whatever their spelling. */
#include "evidence/version_private.h"

#include <string.h>

enum { RELEASE_MAX = VERSION_MAX_BYTES / 2 + 1 };

enum phase { PHASE_DEV, PHASE_ALPHA, PHASE_BETA, PHASE_CANDIDATE, PHASE_RELEASE };

struct python_version {
	struct digits epoch;
	struct digits release[RELEASE_MAX];
	guint count;
	enum phase phase;  /* DEV: a development release of what has no other phase */
	struct digits pre; /* of alpha, beta, candidate */
	bool has_post, has_dev;
	struct digits post, dev;
	const char *local; /* behind "+"; "" where there is none */
};

/* [-_.]?WORD[-_.]?NUMBER?: whether it stands at *@text, which is moved behind it. */
static bool take_word(const char **text, const char *word, struct digits *ret_number)
{
	const char *at = *text;

	at += *at != '\0' && strchr("-_.", *at);
	if (g_ascii_strncasecmp(at, word, strlen(word)) != 0)
		return false;
	at += strlen(word);
	if (g_ascii_isalpha(*at))
		return false;
	if (*at != '\0' && strchr("-_.", *at) && g_ascii_isdigit(at[1]))
		at++;
	*ret_number = digits_take(&at);
	*text = at;
	return true;
}

static bool take_phase(const char **text, struct python_version *version)
{
	static const struct {
		const char *word;
		enum phase phase;
	} words[] = {
		{"alpha", PHASE_ALPHA},       {"a", PHASE_ALPHA},
		{"beta", PHASE_BETA},         {"b", PHASE_BETA},
		{"rc", PHASE_CANDIDATE},      {"c", PHASE_CANDIDATE},
		{"preview", PHASE_CANDIDATE}, {"pre", PHASE_CANDIDATE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		if (take_word(text, words[i].word, &version->pre)) {
			version->phase = words[i].phase;
			return true;
		}
	}
	return false;
}

/* "-1", or ".post1" in its spellings. */
static bool take_post(const char **text, struct digits *ret_number)
{
	if ((*text)[0] == '-' && g_ascii_isdigit((*text)[1])) {
		++*text;
		*ret_number = digits_take(text);
		return true;
	}
	return take_word(text, "post", ret_number) || take_word(text, "rev", ret_number) ||
	       take_word(text, "r", ret_number);
}

static bool take_release(const char **text, struct python_version *version)
{
	struct digits first;

	*text += **text == 'v' || **text == 'V';
	first = digits_take(text);
	if (**text == '!' && first.length > 0) {
		version->epoch = first;
		++*text;
		first = digits_take(text);
	}
	if (first.length == 0)
		return false;
	version->release[version->count++] = first;
	while (**text == '.' && g_ascii_isdigit((*text)[1])) {
		++*text;
		version->release[version->count++] = digits_take(text);
	}
	return true;
}

/* Letters and digits with one separator between. */
static bool local_is_valid(const char *text)
{
	bool separated = true;

	for (; *text; text++) {
		bool separator = strchr("-_.", *text) != NULL;

		if ((separator && separated) || (!separator && !g_ascii_isalnum(*text)))
			return false;
		separated = separator;
	}
	return !separated;
}

static bool python_parse(const char *text, struct python_version *version)
{
	*version = (struct python_version){.epoch = {"", 0},
					   .phase = PHASE_RELEASE,
					   .pre = {"", 0},
					   .post = {"", 0},
					   .dev = {"", 0},
					   .local = ""};
	if (!take_release(&text, version))
		return false;
	take_phase(&text, version);
	version->has_post = take_post(&text, &version->post);
	version->has_dev = take_word(&text, "dev", &version->dev);
	if (version->has_dev && !version->has_post && version->phase == PHASE_RELEASE)
		version->phase = PHASE_DEV;
	if (*text == '\0')
		return true;
	version->local = text + 1;
	return *text == '+' && local_is_valid(version->local);
}

static int release_compare(const struct python_version *a, const struct python_version *b)
{
	static const struct digits none = {"", 0};
	int order = 0;

	for (guint i = 0; i < MAX(a->count, b->count) && order == 0; i++)
		order = digits_compare(i < a->count ? a->release[i] : none,
				       i < b->count ? b->release[i] : none);
	return order;
}

static struct digits segment_take(const char **at)
{
	struct digits segment = {*at, strcspn(*at, "-_.")};

	*at += segment.length;
	*at += **at != '\0';
	return segment;
}

/* None is before any; words are before numbers. */
static int local_compare(const char *a, const char *b)
{
	while (*a && *b) {
		struct digits left = segment_take(&a), right = segment_take(&b);
		bool left_number = strspn(left.text, "0123456789") >= left.length;
		bool right_number = strspn(right.text, "0123456789") >= right.length;
		int order = left_number - right_number;

		if (order == 0 && left_number)
			order = digits_compare(left, right);
		else if (order == 0)
			order = g_ascii_strncasecmp(left.text, right.text,
						    MIN(left.length, right.length));
		if (order == 0 && !left_number)
			order = (int)left.length - (int)right.length;
		if (order != 0)
			return order;
	}
	return (*a != '\0') - (*b != '\0');
}

bool pep440_compare(const char *a, const char *b, int *ret_order)
{
	struct python_version left, right;
	int order;

	if (!python_parse(a, &left) || !python_parse(b, &right))
		return false;
	order = digits_compare(left.epoch, right.epoch);
	if (order == 0)
		order = release_compare(&left, &right);
	if (order == 0)
		order = (int)left.phase - (int)right.phase;
	if (order == 0)
		order = digits_compare(left.pre, right.pre);
	if (order == 0)
		order = left.has_post - right.has_post;
	if (order == 0)
		order = digits_compare(left.post, right.post);
	if (order == 0)
		order = right.has_dev - left.has_dev;
	if (order == 0)
		order = digits_compare(left.dev, right.dev);
	*ret_order = order != 0 ? order : local_compare(left.local, right.local);
	return true;
}
