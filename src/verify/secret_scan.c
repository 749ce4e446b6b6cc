/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/secret_scan.h"

#include "base/scanner.h"

#include <glib.h>
#include <stdint.h>
#include <string.h>

enum {
	KEY_BODY_BYTES = 40,
	ENCODED_BYTES = 400, /* of base64: enough for a header and the beginning of a key */
	ENCODED_HEADER_BYTES = 24,
	WIDE_CHARACTERS = 400, /* of UTF-16: the same */
	WORD_MIN_BYTES = 20,   /* of the shortest token */
	TRIES_MAX = 1 << 20,   /* of what begins as a key does, in one file */
	DER_MAX_BYTES = 16 << 10,
};

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

struct token {
	const char *prefix;
	guint min_bytes; /* behind it, of @letters; letters, digits, '_' and '-' where that is NULL
			  */
	const char *letters;
	const char *what;
	bool exact; /* no more than that: any long word has the four letters of an AWS key id */
};

static const struct token tokens[] = {
	{"AKIA", 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS, "an AWS access key id", true},
	{"ASIA", 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS, "an AWS access key id", true},
	{"ghp_", 36, LETTERS DIGITS, "a GitHub token", false},
	{"gho_", 36, LETTERS DIGITS, "a GitHub token", false},
	{"ghs_", 36, LETTERS DIGITS, "a GitHub token", false},
	{"ghu_", 36, LETTERS DIGITS, "a GitHub token", false},
	{"ghr_", 36, LETTERS DIGITS, "a GitHub token", false},
	{"github_pat_", 60, NULL, "a GitHub token", false},
	{"glpat-", 20, NULL, "a GitLab token", false},
	{"glrt-", 20, NULL, "a GitLab token", false},
	{"sk_live_", 24, LETTERS DIGITS, "a Stripe key", false},
	{"rk_live_", 24, LETTERS DIGITS, "a Stripe key", false},
	{"xoxb-", 24, NULL, "a Slack token", false},
	{"xoxp-", 24, NULL, "a Slack token", false},
	{"npm_", 36, LETTERS DIGITS, "an npm token", false},
	{"pypi-AgEIcHlwaS5vcmc", 40, NULL, "a PyPI token", false},
	{"dckr_pat_", 24, NULL, "a Docker token", false},
	{"hf_", 34, LETTERS DIGITS, "a Hugging Face token", true},
	{"dop_v1_", 64, "abcdef" DIGITS, "a DigitalOcean token", true},
	{"shpat_", 32, "ABCDEFabcdef" DIGITS, "a Shopify token", true},
	{"sk-ant-api", 80, NULL, "an Anthropic key", false},
	{"AGE-SECRET-KEY-1", 58, "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS, "an age key", true},
};

struct search {
	const uint8_t *data;
	size_t size_bytes;
	secret_found found;
	void *user;
	guint tries; /* of what begins as a key does */
	guint told;  /* bit a beginning of keys: of each the first */
};

/* --- tokens --------------------------------------------------------------------------------------
 */

/* Letters, digits, '_' and '-': what a token is made of. */
static bool is_token_byte(uint8_t byte)
{
	static const bool set[256] = {
		['-'] = true, ['0' ... '9'] = true, ['A' ... 'Z'] = true,
		['_'] = true, ['a' ... 'z'] = true,
	};

	return set[byte];
}

static bool is_token(const struct token *token, const uint8_t *word, size_t size)
{
	size_t prefix = strlen(token->prefix);
	size_t wanted = prefix + token->min_bytes;

	if (size < wanted || memcmp(word, token->prefix, prefix) != 0 ||
	    (token->exact && size != wanted))
		return false;
	for (size_t i = prefix; token->letters && i < wanted; i++) {
		if (!strchr(token->letters, word[i]))
			return false;
	}
	return true;
}

/* The next word of at least WORD_MIN_BYTES, its place in *@at, which is where one may begin: its
 * size, or 0 at the end. Each try looks from the far end back to the last byte that is in no word,
 * so that most of a text is stepped over. */
static size_t next_word(const struct search *search, size_t *at)
{
	const uint8_t *data = search->data;
	size_t end;

	while (search->size_bytes - *at >= WORD_MIN_BYTES) {
		size_t back = *at + WORD_MIN_BYTES;

		if (!is_token_byte(data[back - 1])) {
			*at = back;
			continue;
		}
		while (back > *at && is_token_byte(data[back - 1]))
			back--;
		if (back > *at) {
			*at = back;
			continue;
		}
		end = *at + WORD_MIN_BYTES;
		while (end < search->size_bytes && is_token_byte(data[end]))
			end++;
		return end - *at;
	}
	return 0;
}

static void find_tokens(const struct search *search)
{
	uint32_t told = 0; /* bit a token: of each the first */
	size_t at = 0, size;

	G_STATIC_ASSERT(G_N_ELEMENTS(tokens) <= 32);
	while ((size = next_word(search, &at)) > 0) {
		for (gsize i = 0; i < G_N_ELEMENTS(tokens); i++) {
			if (told & 1u << i || !is_token(&tokens[i], search->data + at, size))
				continue;
			told |= 1u << i;
			search->found(tokens[i].what, at, search->user);
		}
		at += size;
	}
}

/* --- keys ----------------------------------------------------------------------------------------
 */

/* What lies behind the header that begins at @at, or NULL where that is none of a private key. */
static const uint8_t *behind_header(const uint8_t *at, size_t size)
{
	static const char *const ends[] = {"PRIVATE KEY-----", "PRIVATE KEY BLOCK-----"};
	size_t most = MIN(size, (size_t)80);

	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		const uint8_t *end = memmem(at, most, ends[i], strlen(ends[i]));

		if (end && !memchr(at, '\n', (size_t)(end - at)))
			return end + strlen(ends[i]);
	}
	return NULL;
}

/* A PEM block of a private key (RFC 7468), with base64 behind its header; in JSON its line ends are
 * escaped. */
static bool is_private_key(const uint8_t *at, size_t size)
{
	const uint8_t *start = behind_header(at, size), *end = at + size;
	size_t body = 0;

	if (!start || start == end || !strchr("\r\n\\", *start))
		return false;
	for (const uint8_t *byte = start + 1; byte < end && body < KEY_BODY_BYTES; byte++) {
		if (!g_ascii_isalnum((char)*byte) &&
		    (*byte == '\0' || !strchr("+/=:,-\r\n\\ ", *byte)))
			return false;
		body++;
	}
	return body == KEY_BODY_BYTES;
}

/* Whether a private key begins in what was decoded: near its start. */
static bool has_private_key(const void *data, size_t size_bytes)
{
	static const char begin[] = "-----BEGIN ";
	const uint8_t *at = memmem(data, size_bytes, begin, strlen(begin));

	return at && is_private_key(at, size_bytes - (size_t)(at - (const uint8_t *)data));
}

static bool decodes_to_key(const uint8_t *from, size_t size)
{
	g_autofree char *text = g_strndup((const char *)from, size);
	g_autofree guchar *plain = NULL;
	gsize size_bytes;

	text[strspn(text, LETTERS DIGITS "+/\r\n")] = '\0';
	plain = g_base64_decode(text, &size_bytes);
	if (size == ENCODED_HEADER_BYTES)
		return memmem(plain, size_bytes, "-----BEGIN ", 11) != NULL;
	return has_private_key(plain, size_bytes);
}

/* Whether what is encoded from @at on, where a header seems to be, is a private key. A group of
 * four letters may have begun up to three before. */
static bool is_encoded_key(const struct search *search, const uint8_t *at)
{
	for (size_t before = 0; before < 4 && before <= (size_t)(at - search->data); before++) {
		const uint8_t *from = at - before;
		size_t left = search->size_bytes - (size_t)(from - search->data);

		if (left > ENCODED_HEADER_BYTES && decodes_to_key(from, ENCODED_HEADER_BYTES) &&
		    decodes_to_key(from, MIN(left, (size_t)ENCODED_BYTES)))
			return true;
	}
	return false;
}

/* The low bytes of UTF-16 from @at on, as long as it is ASCII, as text. Caller frees. */
static GString *narrow(const uint8_t *at, size_t size_bytes, size_t max_characters)
{
	GString *text = g_string_new(NULL);

	for (; size_bytes >= 2 && text->len < max_characters; at += 2, size_bytes -= 2) {
		if (at[0] == 0 || at[1] != 0)
			break;
		g_string_append_c(text, (char)at[0]);
	}
	return text;
}

/* In big-endian text the zeros come before: from a letter on both are alike. */
static bool is_wide_key(const uint8_t *at, size_t size_bytes)
{
	GString *text = narrow(at, size_bytes, WIDE_CHARACTERS);
	bool found = is_private_key((const uint8_t *)text->str, text->len);

	g_string_free(text, TRUE);
	return found;
}

/* The SEQUENCE that all of @data is (X.690, 8.1): what is in it, or NULL. */
static const uint8_t *der_sequence(const uint8_t *data, size_t size_bytes)
{
	size_t length, head = 2;

	if (size_bytes < 32 || size_bytes > DER_MAX_BYTES || data[0] != 0x30)
		return NULL;
	length = data[1];
	if (length == 0x81 || length == 0x82) {
		head += length - 0x80;
		length = length == 0x81 ? data[2] : (size_t)data[2] << 8 | data[3];
	}
	return head + length == size_bytes ? data + head : NULL;
}

/* A file that is one private key in DER: version and algorithm (PKCS #8, RFC 5958), version and
 * modulus (PKCS #1, RFC 8017), version 1 and octets (RFC 5915). */
static bool is_der_key(const uint8_t *data, size_t size_bytes)
{
	const uint8_t *in = der_sequence(data, size_bytes);

	if (!in || in[0] != 2 || in[1] != 1 || in[2] > 1)
		return false;
	if (in[3] == 0x30)
		return in[5] == 6 && in[4] < 0x80;
	return in[2] == 0 ? in[3] == 2 && (in[4] == 0x81 || in[4] == 0x82) : in[3] == 4;
}

/* --- where keys begin ----------------------------------------------------------------------------
 */

enum beginning { BEGINS_PLAIN, BEGINS_ENCODED, BEGINS_WIDE };

/* PEM's header; the same in base64, as files of Kubernetes and Docker hold it, at each of its
 * places in a group of three bytes; and in UTF-16. */
static struct scanner *beginnings_new(void)
{
	static const char *const encoded[] = {"LS0tLS1CRUdJTi", "0tLS0tQkVHSU4", "tLS0tLUJFR0lO"};
	static const char wide[] = "-\0-\0-\0-\0-\0B\0E\0G\0I\0N";
	struct scanner *scanner = scanner_new();

	scanner_add(scanner, "-----BEGIN ", 11, BEGINS_PLAIN);
	for (gsize i = 0; i < G_N_ELEMENTS(encoded); i++)
		scanner_add(scanner, encoded[i], strlen(encoded[i]), BEGINS_ENCODED);
	scanner_add(scanner, wide, sizeof(wide) - 1, BEGINS_WIDE);
	return scanner;
}

/* Made once, for all threads. */
static const struct scanner *beginnings(void)
{
	static gsize made;

	if (g_once_init_enter(&made))
		g_once_init_leave(&made, (gsize)beginnings_new());
	return (const struct scanner *)made;
}

static bool is_key(const struct search *search, enum beginning beginning, size_t offset)
{
	const uint8_t *at = search->data + offset;
	size_t left = search->size_bytes - offset;

	switch (beginning) {
	case BEGINS_PLAIN:
		return is_private_key(at, left);
	case BEGINS_ENCODED:
		return is_encoded_key(search, at);
	default:
		return is_wide_key(at, left);
	}
}

static bool try_key(guint beginning, size_t offset, void *user)
{
	static const char *const names[] = {
		[BEGINS_PLAIN] = "a private key",
		[BEGINS_ENCODED] = "a private key in base64",
		[BEGINS_WIDE] = "a private key in UTF-16",
	};
	struct search *search = user;

	if (search->told & 1u << beginning)
		return true;
	if (++search->tries > TRIES_MAX)
		return false;
	if (is_key(search, (enum beginning)beginning, offset)) {
		search->told |= 1u << beginning;
		search->found(names[beginning], offset, search->user);
	}
	return true;
}

bool secrets_find(const void *data, size_t size_bytes, secret_found found, void *user)
{
	struct search search = {data, size_bytes, found, user, 0, 0};
	bool whole = scanner_scan(beginnings(), data, size_bytes, try_key, &search);

	if (is_der_key(data, size_bytes))
		found("a private key in DER", 0, user);
	find_tokens(&search);
	return whole;
}
