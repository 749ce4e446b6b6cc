/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/answers.h"

#include "base/error.h"
#include "image/user.h"
#include "trace/redact.h"

#include <string.h>

enum {
	LCS_TOKENS_MAX = 2000, /* of the part that differs: 2000 × 2000 × 2 bytes is 8 MB */
	SHOWN_BYTES = 60,
	GAP_SLACK_TOKENS = 64, /* a masked part may be that much longer than any that was seen */
};

struct token {
	const char *text;
	size_t size;
};

/* A token that must be there, or a gap of any tokens, at most `most` of them. */
struct piece {
	char *text; /* NULL: a gap */
	size_t size;
	size_t most;
};

struct expectation {
	char *request;
	int status;
	bool status_known;
	char *type;
	bool has_body;
	GBytes *exact;  /* the originals agreed byte for byte */
	GArray *pieces; /* else struct piece */
};

static void piece_clear(void *data)
{
	struct piece *piece = data;

	g_free(piece->text);
}

static void expectation_free(void *data)
{
	struct expectation *expectation = data;

	g_free(expectation->request);
	g_free(expectation->type);
	g_clear_pointer(&expectation->exact, g_bytes_unref);
	g_clear_pointer(&expectation->pieces, g_array_unref);
	g_free(expectation);
}

/* Whether the byte at @i holds the parts of a number together, as in 10:11:12, 2026-11-22, 1.5 or
 * 127.0.0.1:8080: where the seconds differ in two runs, the minutes may differ in the third. */
static bool joins_digits(const char *text, size_t size, size_t i)
{
	return i + 1 < size && strchr(":.-/,", text[i]) && text[i] != '\0' &&
	       g_ascii_isdigit(text[i - 1]) && g_ascii_isdigit(text[i + 1]);
}

static size_t token_end(const char *text, size_t size, size_t start)
{
	size_t end = start + 1;

	if (!g_ascii_isalnum(text[start]))
		return end;
	while (end < size && (g_ascii_isalnum(text[end]) || joins_digits(text, size, end)))
		end++;
	return end;
}

static GArray *tokens_split(GBytes *bytes)
{
	GArray *tokens = g_array_new(FALSE, FALSE, sizeof(struct token));
	size_t size = 0;
	const char *text = bytes ? g_bytes_get_data(bytes, &size) : NULL;

	for (size_t i = 0; i < size;) {
		size_t end = token_end(text, size, i);
		struct token token = {text + i, end - i};

		g_array_append_val(tokens, token);
		i = end;
	}
	return tokens;
}

static bool token_equal(const struct token *a, const struct token *b)
{
	return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

/* @wanted as it is, or as one of @renames says that it is called now. */
static bool token_fits(const char *wanted, size_t wanted_size, const struct token *got,
		       const GPtrArray *renames)
{
	if (wanted_size == got->size && memcmp(wanted, got->text, got->size) == 0)
		return true;
	for (guint i = 0; renames && i + 1 < renames->len; i += 2) {
		const char *from = renames->pdata[i], *to = renames->pdata[i + 1];

		if (strlen(from) == wanted_size && memcmp(from, wanted, wanted_size) == 0 &&
		    strlen(to) == got->size && memcmp(to, got->text, got->size) == 0)
			return true;
	}
	return false;
}

static void add_literal(GArray *pieces, const struct token *token)
{
	struct piece piece = {g_strndup(token->text, token->size), token->size, 0};

	g_array_append_val(pieces, piece);
}

static void add_gap(GArray *pieces, size_t first, size_t second)
{
	size_t most = MAX(first, second) + GAP_SLACK_TOKENS;
	struct piece *last =
		pieces->len > 0 ? &g_array_index(pieces, struct piece, pieces->len - 1) : NULL;

	if (first == 0 && second == 0)
		return;
	if (last && !last->text) {
		last->most += MAX(first, second);
	} else {
		struct piece piece = {NULL, 0, most};

		g_array_append_val(pieces, piece);
	}
}

/* The longest common subsequence of the middle parts: its tokens stay, the rest becomes gaps. */
static void align_middle(GArray *pieces, const struct token *a, size_t a_count,
			 const struct token *b, size_t b_count)
{
	size_t width = b_count + 1;
	g_autofree guint16 *length = g_new0(guint16, (a_count + 1) * width);
	size_t i = 0, j = 0, skipped_a = 0, skipped_b = 0;

	for (size_t x = a_count; x-- > 0;) {
		for (size_t y = b_count; y-- > 0;) {
			guint16 down = length[(x + 1) * width + y];
			guint16 right = length[x * width + y + 1];

			length[x * width + y] =
				token_equal(&a[x], &b[y])
					? (guint16)(length[(x + 1) * width + y + 1] + 1)
					: MAX(down, right);
		}
	}
	while (i < a_count && j < b_count) {
		if (token_equal(&a[i], &b[j])) {
			add_gap(pieces, skipped_a, skipped_b);
			skipped_a = skipped_b = 0;
			add_literal(pieces, &a[i]);
			i++, j++;
		} else if (length[(i + 1) * width + j] >= length[i * width + j + 1]) {
			i++, skipped_a++;
		} else {
			j++, skipped_b++;
		}
	}
	add_gap(pieces, skipped_a + a_count - i, skipped_b + b_count - j);
}

static GArray *pieces_from(GBytes *first, GBytes *second)
{
	g_autoptr(GArray) first_tokens = tokens_split(first);
	g_autoptr(GArray) second_tokens = tokens_split(second);
	const struct token *a = (const struct token *)(void *)first_tokens->data;
	const struct token *b = (const struct token *)(void *)second_tokens->data;
	GArray *pieces = g_array_new(FALSE, FALSE, sizeof(struct piece));
	size_t prefix = 0, suffix = 0;
	size_t a_rest, b_rest;

	g_array_set_clear_func(pieces, piece_clear);
	while (prefix < first_tokens->len && prefix < second_tokens->len &&
	       token_equal(&a[prefix], &b[prefix]))
		add_literal(pieces, &a[prefix++]);
	a_rest = first_tokens->len - prefix;
	b_rest = second_tokens->len - prefix;
	while (suffix < a_rest && suffix < b_rest &&
	       token_equal(&a[first_tokens->len - 1 - suffix], &b[second_tokens->len - 1 - suffix]))
		suffix++;
	a_rest -= suffix;
	b_rest -= suffix;
	if (a_rest <= LCS_TOKENS_MAX && b_rest <= LCS_TOKENS_MAX)
		align_middle(pieces, a + prefix, a_rest, b + prefix, b_rest);
	else
		add_gap(pieces, a_rest, b_rest);
	for (size_t i = first_tokens->len - suffix; i < first_tokens->len; i++)
		add_literal(pieces, &a[i]);
	return pieces;
}

/* Glob matching with bounded gaps: the literals in order, from the front; a gap takes as few tokens
 * as lead to a match, and backtracks to the last gap alone (gaps are few). */
static bool pieces_match(const GArray *pieces, const GArray *tokens, const GPtrArray *renames,
			 guint *ret_mismatch)
{
	guint p = 0, t = 0, furthest = 0;
	guint gap_piece = G_MAXUINT, gap_token = 0;
	size_t gap_taken = 0;

	for (;;) {
		const struct piece *piece =
			p < pieces->len ? &g_array_index(pieces, struct piece, p) : NULL;
		const struct token *token =
			t < tokens->len ? &g_array_index(tokens, struct token, t) : NULL;

		if (!piece && !token)
			return true;
		if (piece && !piece->text) {
			gap_piece = p++;
			gap_token = t;
			gap_taken = 0;
			continue;
		}
		if (piece && token && token_fits(piece->text, piece->size, token, renames)) {
			p++, t++;
			furthest = MAX(furthest, t);
			continue;
		}
		if (gap_piece == G_MAXUINT || gap_token >= tokens->len ||
		    gap_taken >= g_array_index(pieces, struct piece, gap_piece).most) {
			*ret_mismatch = furthest;
			return false;
		}
		gap_taken++;
		t = ++gap_token;
		p = gap_piece + 1;
	}
}

static bool is_ending(const char *request)
{
	return !strcmp(request, "exit") || !strcmp(request, "killed");
}

static char *status_describe(const char *request, int first, int second)
{
	return g_strdup_printf("%s: the original answered %d and %d in two runs", request, first,
			       second);
}

static struct expectation *expectation_from(const struct answer *first, const struct answer *second)
{
	struct expectation *expectation = g_new0(struct expectation, 1);

	/* An original that once ended by its stop signal and once had to be killed expects no more
	 * than one that always had to be: the signal may have met it before its handler was there.
	 */
	expectation->request =
		g_strdup(strcmp(first->request, second->request) == 0 ? first->request : "killed");
	expectation->status = first->status;
	expectation->status_known = first->status == second->status;
	if (g_strcmp0(first->type, second->type) == 0)
		expectation->type = g_strdup(first->type);
	expectation->has_body = first->body && second->body;
	if (!expectation->has_body)
		return expectation;
	if (g_bytes_equal(first->body, second->body))
		expectation->exact = g_bytes_ref(first->body);
	else
		expectation->pieces = pieces_from(first->body, second->body);
	return expectation;
}

/* @stopped: the application was told to end, so that its ending is a race. */
static bool originals_agree(const struct answer *first, const struct answer *second, bool stopped,
			    GError **error)
{
	const char *failure = first->failure ? first->failure : second->failure;
	g_autofree char *text = NULL;

	if (stopped && is_ending(first->request) && is_ending(second->request))
		return true;
	if (strcmp(first->request, second->request) != 0)
		return error_set(error, THRESH_ERROR_INPUT,
				 "two runs of the original image listen differently: %s and %s; "
				 "name what to ask with --probe",
				 first->request, second->request);
	if (failure)
		return error_set(error, THRESH_ERROR_INPUT, "%s failed on the original image: %s",
				 first->request, failure);
	if (first->status == second->status)
		return true;
	text = status_describe(first->request, first->status, second->status);
	return error_set(
		error, THRESH_ERROR_INPUT,
		"%s: there is nothing to compare a replay with; use a --probe or --workload "
		"that gives the same answer twice",
		text);
}

GPtrArray *expectations_new(const GPtrArray *first, const GPtrArray *second, GError **error)
{
	g_autoptr(GPtrArray) expectations = g_ptr_array_new_with_free_func(expectation_free);

	if (first->len != second->len) {
		error_set(error, THRESH_ERROR_INPUT,
			  "two runs of the original image gave %u and %u answers; name what to ask "
			  "with --probe",
			  first->len, second->len);
		return NULL;
	}
	for (guint i = 0; i < first->len; i++) {
		const struct answer *before = i > 0 ? first->pdata[i - 1] : NULL;
		bool stopped = !before || strcmp(before->request, "output") != 0;

		if (!originals_agree(first->pdata[i], second->pdata[i], stopped, error))
			return NULL;
		g_ptr_array_add(expectations, expectation_from(first->pdata[i], second->pdata[i]));
	}
	return g_steal_pointer(&expectations);
}

static char *excerpt(GBytes *body, size_t offset)
{
	size_t size = 0;
	const char *text = body ? g_bytes_get_data(body, &size) : NULL;
	g_autofree char *part = NULL;

	if (offset > size)
		offset = size;
	part = text ? g_strndup(text + offset, MIN(size - offset, (size_t)SHOWN_BYTES))
		    : g_strdup(""); /* empty bytes have no data */
	return error_quote(part);
}

static char *body_difference(const struct expectation *expectation, const struct answer *answer,
			     size_t offset)
{
	g_autofree char *got = excerpt(answer->body, offset);
	g_autofree char *want = expectation->exact ? excerpt(expectation->exact, offset) : NULL;

	return g_strdup_printf("%s: the body differs at byte %zu: %s%s%sgot \"%s\"",
			       expectation->request, offset, want ? "want \"" : "",
			       want ? want : "", want ? "\", " : "", got);
}

/* Whether the bodies are the same token by token but for @renames. */
static bool renamed_equal(GBytes *want, GBytes *got, const GPtrArray *renames)
{
	g_autoptr(GArray) wanted = tokens_split(want);
	g_autoptr(GArray) tokens = tokens_split(got);

	if (!renames || wanted->len != tokens->len)
		return false;
	for (guint i = 0; i < wanted->len; i++) {
		const struct token *token = &g_array_index(wanted, struct token, i);

		if (!token_fits(token->text, token->size, &g_array_index(tokens, struct token, i),
				renames))
			return false;
	}
	return true;
}

static char *exact_differs(const struct expectation *expectation, const struct answer *answer,
			   const GPtrArray *renames)
{
	size_t want_size, got_size = 0, i = 0;
	const char *want = g_bytes_get_data(expectation->exact, &want_size);
	const char *got = answer->body ? g_bytes_get_data(answer->body, &got_size) : NULL;

	while (i < want_size && i < got_size && want[i] == got[i])
		i++;
	if (i == want_size && i == got_size)
		return NULL;
	if (renamed_equal(expectation->exact, answer->body, renames))
		return NULL;
	return body_difference(expectation, answer, i);
}

static char *masked_differs(const struct expectation *expectation, const struct answer *answer,
			    const GPtrArray *renames)
{
	g_autoptr(GArray) tokens = tokens_split(answer->body);
	guint mismatch = 0;
	size_t offset = 0;

	if (pieces_match(expectation->pieces, tokens, renames, &mismatch))
		return NULL;
	for (guint i = 0; i < mismatch && i < tokens->len; i++)
		offset += g_array_index(tokens, struct token, i).size;
	return body_difference(expectation, answer, offset);
}

char *expectation_differs(const struct expectation *expectation, const struct answer *answer,
			  const GPtrArray *renames)
{
	/* An original that had to be killed expects nothing of how the sealed one ends. */
	if (!strcmp(expectation->request, "killed") && is_ending(answer->request))
		return NULL;
	if (strcmp(expectation->request, answer->request) != 0)
		return g_strdup_printf("%s expected, %s answered", expectation->request,
				       answer->request);
	if (answer->failure)
		return g_strdup_printf("%s: no answer: %s", answer->request, answer->failure);
	if (expectation->status_known && expectation->status != answer->status)
		return g_strdup_printf("%s: want status %d, got %d", answer->request,
				       expectation->status, answer->status);
	if (expectation->type && g_strcmp0(expectation->type, answer->type) != 0)
		return g_strdup_printf("%s: want type %s, got %s", answer->request,
				       expectation->type, answer->type ? answer->type : "none");
	if (!expectation->has_body)
		return NULL;
	return expectation->exact ? exact_differs(expectation, answer, renames)
				  : masked_differs(expectation, answer, renames);
}

char *expectations_differ(const GPtrArray *expectations, const GPtrArray *answers,
			  const GPtrArray *renames)
{
	for (guint i = 0; i < expectations->len && i < answers->len; i++) {
		char *difference =
			expectation_differs(expectations->pdata[i], answers->pdata[i], renames);

		if (difference)
			return difference;
	}
	if (expectations->len != answers->len)
		return g_strdup_printf("want %u answers, got %u", expectations->len, answers->len);
	return NULL;
}

/* Whether the start that ends with the answer at @index was told to: what ends by itself has its
 * output among the answers. */
static bool was_stopped(const GPtrArray *expectations, guint index)
{
	const struct expectation *ending = expectations->pdata[index];
	const struct expectation *before = index > 0 ? expectations->pdata[index - 1] : NULL;

	return strcmp(ending->request, "exit") == 0 &&
	       !(before && strcmp(before->request, "output") == 0);
}

bool expectations_take_endings(GPtrArray *expectations, const GPtrArray *answers, int *ret_status,
			       int *ret_own)
{
	bool taken = false;

	for (guint i = 0; i < MIN(expectations->len, answers->len); i++) {
		struct expectation *ending = expectations->pdata[i];
		const struct answer *answer = answers->pdata[i];

		if (!was_stopped(expectations, i) || strcmp(answer->request, "exit") != 0 ||
		    !ending->status_known || ending->status == answer->status)
			continue;
		*ret_status = ending->status;
		*ret_own = ending->status = answer->status;
		taken = true;
	}
	return taken;
}

static bool take_end_of_exact(struct expectation *expectation, GBytes *body)
{
	gsize wanted, size;
	const char *want = g_bytes_get_data(expectation->exact, &wanted);
	const char *got = g_bytes_get_data(body, &size);

	if (size >= wanted || want[wanted - size - 1] != '\n' ||
	    memcmp(want + wanted - size, got, size) != 0)
		return false;
	g_bytes_unref(expectation->exact);
	expectation->exact = g_bytes_ref(body);
	return true;
}

/* Where the originals did not agree on all: whole lines off the beginning, until the rest fits. */
static bool take_end_of_pieces(struct expectation *expectation, GBytes *body)
{
	g_autoptr(GArray) tokens = tokens_split(body);
	guint count = expectation->pieces->len, mismatch;

	for (guint from = 1; from < count; from++) {
		const struct piece *before =
			&g_array_index(expectation->pieces, struct piece, from - 1);
		g_autoptr(GArray) rest = g_array_new(FALSE, FALSE, sizeof(struct piece));

		if (!before->text || *before->text != '\n')
			continue;
		g_array_append_vals(rest, before + 1, count - from);
		if (!pieces_match(rest, tokens, NULL, &mismatch))
			continue;
		g_array_remove_range(expectation->pieces, 0, from);
		return true;
	}
	return false;
}

bool expectations_take_messages(GPtrArray *expectations, const GPtrArray *answers)
{
	bool taken = false;

	for (guint i = 0; i < MIN(expectations->len, answers->len); i++) {
		struct expectation *output = expectations->pdata[i];
		const struct answer *answer = answers->pdata[i];
		g_autofree char *difference = expectation_differs(output, answer, NULL);

		if (!difference || strcmp(output->request, "output") != 0 || !output->has_body ||
		    strcmp(answer->request, "output") != 0 || !answer->body ||
		    g_bytes_get_size(answer->body) == 0)
			continue;
		taken |= output->exact ? take_end_of_exact(output, answer->body)
				       : take_end_of_pieces(output, answer->body);
	}
	return taken;
}

static void add_rename(GPtrArray *renames, char *from, char *to)
{
	if (from && to && strcmp(from, to) != 0) {
		g_ptr_array_add(renames, from);
		g_ptr_array_add(renames, to);
		return;
	}
	g_free(from);
	g_free(to);
}

GPtrArray *identity_renames(const struct tree *original, const char *user,
			    const struct tree *sealed, const struct seal *seal)
{
	GPtrArray *renames = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *sealed_id = g_strdup_printf("%u", seal->uid);
	struct image_user before, now;

	if (!image_user_resolve(original, user, &before, NULL))
		return renames;
	add_rename(renames, g_strdup_printf("%u", before.uid), g_strdup(sealed_id));
	add_rename(renames, g_strdup_printf("%u", before.gid), g_strdup_printf("%u", seal->gid));
	if (image_user_resolve(sealed, sealed_id, &now, NULL)) {
		add_rename(renames, g_strdup(before.name), g_strdup(now.name));
		image_user_clear(&now);
	}
	image_user_clear(&before);
	return renames;
}

static void text_redact(char **text, const GPtrArray *redactions)
{
	char *redacted = *text ? redact_text(*text, redactions) : NULL;

	g_free(*text);
	*text = redacted;
}

void answer_redact(struct answer *answer, const GPtrArray *redactions)
{
	text_redact(&answer->type, redactions);
	text_redact(&answer->failure, redactions);
	if (answer->body)
		answer->body = redact_bytes(answer->body, redactions);
}
