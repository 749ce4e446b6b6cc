/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets that were left in an image: private keys by their PEM header, tokens by the prefixes that
 * their issuers gave them so that they can be found, credential files by their names. Text that
 * documents a header without a key behind it is none. Looked into: the files; those that a later
 * layer hides, which whoever has the image can read; and every text of the config (variables,
 * labels, the history of how it was built).
 */
#include "verify/verification.h"

#include "base/json.h"
#include "base/path.h"
#include "cut/content.h"

#include <string.h>

enum {
	SCAN_MAX_BYTES = 64 << 20,
	KEY_BODY_BYTES = 40,
	ENCODED_BYTES = 400, /* of base64: enough for a header and the beginning of a key */
	WORD_MIN_BYTES = 20, /* of the shortest token */
};

struct token {
	const char *prefix;
	guint min_bytes; /* letters, digits, '_' and '-' behind it */
	const char *what;
};

static const struct token tokens[] = {
	{"AKIA", 16, "an AWS access key id"}, {"ASIA", 16, "an AWS access key id"},
	{"ghp_", 36, "a GitHub token"},       {"gho_", 36, "a GitHub token"},
	{"ghs_", 36, "a GitHub token"},       {"ghu_", 36, "a GitHub token"},
	{"ghr_", 36, "a GitHub token"},       {"github_pat_", 60, "a GitHub token"},
	{"glpat-", 20, "a GitLab token"},     {"glrt-", 20, "a GitLab token"},
	{"sk_live_", 24, "a Stripe key"},     {"rk_live_", 24, "a Stripe key"},
	{"xoxb-", 24, "a Slack token"},       {"xoxp-", 24, "a Slack token"},
	{"npm_", 36, "an npm token"},         {"pypi-AgEIcHlwaS5vcmc", 40, "a PyPI token"},
	{"dckr_pat_", 24, "a Docker token"},
};

/* Letters, digits, '_' and '-': what a token is made of. */
static bool is_token_byte(uint8_t byte)
{
	static const uint32_t set[8] = {[1] = 0x03ff2000, [2] = 0x87fffffe, [3] = 0x07fffffe};

	return set[byte >> 5] >> (byte & 31) & 1;
}

/* An AWS key id is upper case and digits and ends there: any long word has the four letters. */
static bool is_token(const struct token *token, const uint8_t *word, size_t size)
{
	size_t prefix = strlen(token->prefix);

	if (size < prefix + token->min_bytes || memcmp(word, token->prefix, prefix) != 0)
		return false;
	if (strcmp(token->prefix, "AKIA") != 0 && strcmp(token->prefix, "ASIA") != 0)
		return true;
	for (size_t i = prefix; i < size; i++) {
		if (!g_ascii_isupper((char)word[i]) && !g_ascii_isdigit((char)word[i]))
			return false;
	}
	return size == prefix + token->min_bytes;
}

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

/* A PEM block of a private key, with base64 behind its header; in JSON its line ends are escaped.
 */
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

/* The next word of at least WORD_MIN_BYTES, its place in *@at, which is where one may begin: its
 * size, or 0 at the end. Each try looks from the far end back to the last byte that is in no word,
 * so that most of a text is stepped over. */
static size_t next_word(const struct content *content, size_t *at)
{
	const uint8_t *data = content->data;
	size_t end;

	while (content->size_bytes - *at >= WORD_MIN_BYTES) {
		size_t back = *at + WORD_MIN_BYTES;

		while (back > *at && is_token_byte(data[back - 1]))
			back--;
		if (back > *at) {
			*at = back;
			continue;
		}
		end = *at + WORD_MIN_BYTES;
		while (end < content->size_bytes && is_token_byte(data[end]))
			end++;
		return end - *at;
	}
	return 0;
}

static void scan_tokens(const struct content *content, const char *path, struct rule_result *result)
{
	uint32_t told = 0; /* bit a token: of each the first */
	size_t at = 0, size;

	while ((size = next_word(content, &at)) > 0) {
		for (gsize i = 0; i < G_N_ELEMENTS(tokens); i++) {
			if (told & 1u << i || !is_token(&tokens[i], content->data + at, size))
				continue;
			told |= 1u << i;
			result_find(result, "%s: %s at byte %zu", path, tokens[i].what, at);
		}
		at += size;
	}
}

/* Where a private key begins, or NULL. */
static const uint8_t *find_key(const uint8_t *data, size_t size_bytes)
{
	static const char begin[] = "-----BEGIN ";
	const uint8_t *at = data, *end = data + size_bytes;

	while ((at = memmem(at, (size_t)(end - at), begin, strlen(begin)))) {
		if (is_private_key(at, (size_t)(end - at)))
			return at;
		at += strlen(begin);
	}
	return NULL;
}

/* Whether what is encoded from @at on, where a header seems to be, is a private key. A group of
 * four letters may have begun up to three before. */
static bool is_encoded_key(const uint8_t *data, const uint8_t *at, const uint8_t *end)
{
	for (size_t before = 0; before < 4 && before <= (size_t)(at - data); before++) {
		const uint8_t *from = at - before;
		g_autofree char *text =
			g_strndup((const char *)from, MIN((size_t)(end - from), ENCODED_BYTES));
		g_autofree guchar *plain = NULL;
		gsize size_bytes;

		text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				  "+/\r\n")] = '\0';
		plain = g_base64_decode(text, &size_bytes);
		if (find_key(plain, size_bytes))
			return true;
	}
	return false;
}

/* As Kubernetes' and Docker's files hold them: base64 of "-----BEGIN ", at each of its places in a
 * group of three bytes. */
static const uint8_t *find_encoded_key(const uint8_t *data, size_t size_bytes)
{
	static const char *const begins[] = {"LS0tLS1CRUdJTi", "0tLS0tQkVHSU4", "tLS0tLUJFR0lO"};
	const uint8_t *end = data + size_bytes;

	for (gsize i = 0; i < G_N_ELEMENTS(begins); i++) {
		const uint8_t *at = data;

		while ((at = memmem(at, (size_t)(end - at), begins[i], strlen(begins[i])))) {
			if (is_encoded_key(data, at, end))
				return at;
			at += strlen(begins[i]);
		}
	}
	return NULL;
}

static void scan_keys(const struct content *content, const char *path, struct rule_result *result)
{
	const uint8_t *data = content->data, *key = find_key(data, content->size_bytes);

	if (key) {
		result_find(result, "%s: a private key at byte %zu", path, (size_t)(key - data));
		return;
	}
	key = find_encoded_key(data, content->size_bytes);
	if (key)
		result_find(result, "%s: a private key in base64 at byte %zu", path,
			    (size_t)(key - data));
}

static bool name_is_credential(const char *path)
{
	static const char *const names[] = {".netrc", ".pgpass",    ".git-credentials",
					    "id_rsa", "id_ed25519", "id_ecdsa",
					    "id_dsa", ".dockercfg", NULL};
	static const char *const tails[] = {"/.docker/config.json", "/.aws/credentials",
					    "/.kube/config"};

	if (g_strv_contains(names, path_name(path)))
		return true;
	for (gsize i = 0; i < G_N_ELEMENTS(tails); i++) {
		if (g_str_has_suffix(path, tails[i]))
			return true;
	}
	return false;
}

struct scan {
	struct verification *verification;
	struct rule_result *result;
};

static void scan_content(const struct content *content, const char *place,
			 struct rule_result *result)
{
	scan_keys(content, place, result);
	scan_tokens(content, place, result);
}

/* @path: of the file; @place: how the findings call it. */
static void scan_node(const struct scan *scan, const struct node *node, const char *path,
		      const char *place)
{
	autocontent struct content content = {0};

	if (name_is_credential(path))
		result_find(scan->result, "%s: a credential file", place);
	/* What a program of this size has in it is its own; documents of keys are small. */
	if (node->size_bytes > SCAN_MAX_BYTES ||
	    !content_open(scan->verification->subject->tree, node, SCAN_MAX_BYTES, &content) ||
	    elf_is(content.data, content.size_bytes))
		return;
	scan_content(&content, place, scan->result);
}

static bool scan_file(struct node *node, const char *path, void *user)
{
	if (node->type == NODE_FILE && node->size_bytes > 0)
		scan_node(user, node, path, path);
	return true;
}

static void scan_hidden(const struct scan *scan)
{
	const GPtrArray *hidden = scan->verification->subject->tree->hidden;

	for (guint i = 0; hidden && i < hidden->len; i++) {
		const struct hidden_file *file = hidden->pdata[i];
		g_autofree char *place = g_strdup_printf("%s of layer %u, which a later one hides",
							 file->path, file->node->layer + 1);

		scan_node(scan, file->node, file->path, place);
	}
}

static void scan_value(struct rule_result *result, const char *place, const json_t *value);

static void scan_member(struct rule_result *result, const char *place, const char *key,
			const json_t *value)
{
	g_autofree char *inner = g_strconcat(place, *place ? "." : "", key, NULL);

	scan_value(result, inner, value);
}

/* Every text in @value, which was parsed: its depth is bounded. */
static void scan_value(struct rule_result *result, const char *place, const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_string(value)) {
		const struct content content = {(const uint8_t *)json_string_value(value),
						json_string_length(value)};
		g_autofree char *name = g_strconcat("config: ", place, NULL);

		scan_content(&content, name, result);
	}
	json_array_foreach (value, i, member) {
		g_autofree char *index = g_strdup_printf("%zu", i);

		scan_member(result, place, index, member);
	}
	json_object_foreach ((json_t *)value, key, member)
		scan_member(result, place, key, member);
}

void check_no_secrets(struct verification *verification, struct rule_result *result)
{
	struct scan scan = {verification, result};

	node_walk(verification->subject->tree->root, scan_file, &scan);
	scan_hidden(&scan);
	scan_value(result, "", verification->subject->image->config->json);
}
