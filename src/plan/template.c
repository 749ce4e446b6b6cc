/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/template.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

/* The name at the start of the @bytes of @text: its length, or 0. */
static size_t name_length(const char *text, size_t bytes)
{
	size_t length = 0;

	if (bytes == 0 || is_digit(*text))
		return 0;
	while (length < bytes && is_name_byte(text[length]))
		length++;
	return length <= PLAN_MAX_NAME_BYTES ? length : 0;
}

bool plan_name_is_valid(const char *name)
{
	size_t bytes = strlen(name);

	return bytes > 0 && name_length(name, bytes) == bytes;
}

bool plan_names_are_valid(const char *names)
{
	size_t bytes = strlen(names);

	return plan_name_is_valid(names) ||
	       (bytes > 1 && names[bytes - 1] == '*' && name_length(names, bytes - 1) == bytes - 1);
}

static bool name_read(struct plan_piece *piece, enum plan_piece_kind kind, const char *text,
		      size_t bytes)
{
	piece->kind = kind;
	piece->text = text;
	piece->bytes = bytes;
	return bytes > 0 && name_length(text, bytes) == bytes;
}

static bool index_read(struct plan_piece *piece, enum plan_piece_kind kind, char digit)
{
	piece->kind = kind;
	piece->index = (unsigned int)(digit - '0');
	return digit >= '1' && digit <= '9';
}

/* What is between `${` and `}`. */
static bool braced_read(const char *text, size_t bytes, struct plan_piece *piece)
{
	if (bytes == 1 && *text == '#') {
		piece->kind = PLAN_PIECE_COUNT;
		return true;
	}
	if (bytes == 1 && *text == '@') {
		piece->kind = PLAN_PIECE_ARGUMENTS;
		return true;
	}
	if (bytes == 1 && is_digit(*text))
		return index_read(piece, PLAN_PIECE_ARGUMENT, *text);
	if (bytes == 2 && *text == '=')
		return index_read(piece, PLAN_PIECE_HOLE, text[1]);
	if (bytes > 1 && *text == '*')
		return name_read(piece, PLAN_PIECE_SPLIT, text + 1, bytes - 1);
	return name_read(piece, PLAN_PIECE_VARIABLE, text, bytes);
}

static size_t text_read(const char *text, size_t length, size_t consumed, struct plan_piece *piece)
{
	*piece = (struct plan_piece){.kind = PLAN_PIECE_TEXT, .text = text, .bytes = length};
	return consumed;
}

size_t plan_piece_read(const char *text, size_t bytes, struct plan_piece *ret_piece)
{
	const char *dollar = bytes ? memchr(text, '$', bytes) : NULL;
	size_t length = dollar ? (size_t)(dollar - text) : bytes;
	const char *end;

	if (length > 0)
		return text_read(text, length, length, ret_piece);
	if (bytes < 2)
		return 0;
	if (text[1] == '$')
		return text_read(text, 1, 2, ret_piece);
	if (text[1] != '{')
		return 0;
	/* No longer than the longest: a file may hold a brace every other byte. */
	end = memchr(text, '}', bytes < PLAN_MAX_NAME_BYTES + 4 ? bytes : PLAN_MAX_NAME_BYTES + 4);
	if (!end || !braced_read(text + 2, (size_t)(end - text) - 2, ret_piece))
		return 0;
	return (size_t)(end - text) + 1;
}

size_t plan_file_piece_read(const char *text, size_t bytes, struct plan_piece *ret_piece)
{
	size_t length = plan_piece_read(text, bytes, ret_piece);

	if (length > 0 &&
	    (ret_piece->kind == PLAN_PIECE_TEXT || ret_piece->kind == PLAN_PIECE_VARIABLE))
		return length;
	return bytes ? text_read(text, 1, 1, ret_piece) : 0;
}

static bool piece_is_allowed(const struct plan_piece *piece, bool is_whole, unsigned int with)
{
	switch (piece->kind) {
	case PLAN_PIECE_TEXT:
	case PLAN_PIECE_VARIABLE:
		return true;
	case PLAN_PIECE_ARGUMENT:
	case PLAN_PIECE_COUNT:
		return with & PLAN_WITH_ARGUMENTS;
	case PLAN_PIECE_HOLE:
		return with & PLAN_WITH_HOLES;
	case PLAN_PIECE_ARGUMENTS:
	case PLAN_PIECE_SPLIT:
		return is_whole && (with & PLAN_WITH_LISTS);
	}
	return false;
}

bool plan_template_is_valid(const char *word, unsigned int with)
{
	size_t whole = strlen(word);

	for (size_t left = whole; left > 0;) {
		struct plan_piece piece;
		size_t length = plan_piece_read(word, left, &piece);

		if (length == 0 || !piece_is_allowed(&piece, length == whole, with))
			return false;
		word += length;
		left -= length;
	}
	return true;
}

size_t plan_escape(const char *word, char *ret_text)
{
	char *out = ret_text;

	for (; *word; word++) {
		if (*word == '$')
			*out++ = '$';
		*out++ = *word;
	}
	*out = '\0';
	return (size_t)(out - ret_text);
}
