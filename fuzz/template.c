/* SPDX-License-Identifier: Apache-2.0 */
/* Templates: pieces follow each other without a gap; a word that is escaped stands for itself; and
 * patterns, against fnmatch(3). The input: a word, a newline, a text for a pattern. */
#include "plan/template.h"
#include "plan/glob.h"

#include <fnmatch.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void pieces_check(const char *text, size_t bytes)
{
	struct plan_piece piece;
	size_t left = bytes;

	for (size_t n; (n = plan_file_piece_read(text, left, &piece)) > 0; text += n, left -= n) {
		bool inside = piece.text >= text && piece.text + piece.bytes <= text + n;

		if (n > left || !inside)
			abort();
		if (piece.kind == PLAN_PIECE_VARIABLE &&
		    (piece.bytes == 0 || piece.bytes > PLAN_MAX_NAME_BYTES))
			abort();
	}
	if (left > 0)
		abort();
}

static void escape_check(const char *word)
{
	char *escaped = malloc(2 * strlen(word) + 1);
	const char *p = escaped;
	size_t left;
	struct plan_piece piece;

	if (!escaped)
		return;
	left = plan_escape(word, escaped);
	for (size_t n; (n = plan_piece_read(p, left, &piece)) > 0; p += n, left -= n) {
		if (piece.kind != PLAN_PIECE_TEXT || strncmp(word, piece.text, piece.bytes) != 0)
			abort();
		word += piece.bytes;
	}
	if (left > 0 || *word)
		abort();
	free(escaped);
}

/* Where ours takes a pattern, fnmatch(3) answers the same; of brackets the standard leaves much
 * open, they are in the unit test. */
static void pattern_check(const char *pattern, const char *text)
{
	if (!plan_glob_is_valid(pattern))
		return;
	if (plan_glob_match(pattern, text) != (fnmatch(pattern, text, 0) == 0) &&
	    !strchr(pattern, '['))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	char *text = malloc(size_bytes + 1);
	char *second;

	if (!text)
		return 0;
	memcpy(text, data, size_bytes);
	text[size_bytes] = '\0';
	pieces_check(text, size_bytes);
	(void)plan_template_is_valid(text, PLAN_WITH_ARGUMENTS | PLAN_WITH_LISTS);
	escape_check(text);
	second = strchr(text, '\n');
	if (second && size_bytes < 1024) {
		*second = '\0';
		pattern_check(text, second + 1);
	}
	free(text);
	return 0;
}
