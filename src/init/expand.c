/* SPDX-License-Identifier: Apache-2.0 */
#include "init/expand.h"

#include "init/arena.h"
#include "init/init.h"
#include "init/variable.h"
#include "plan/template.h"

#include <errno.h>
#include <string.h>

/* A list under construction, in the one of two that is not in use. */
struct list {
	const struct plan_directive *directive; /* NULL: the application's own words */
	char **words;
	size_t count;
};

INIT_LARGE static char *lists[2][WORDS_MAX + 1];
static char **arguments;

static const char *argument_get(unsigned int index)
{
	for (char **word = arguments; *word; word++) {
		if (--index == 0)
			return *word;
	}
	return "";
}

static void count_add(void)
{
	char digits[INIT_DIGITS];
	const char *text;
	uint64_t count = 0;

	while (arguments[count])
		count++;
	text = init_number_text(count, digits);
	arena_add(text, strlen(text));
}

static void piece_add(const struct plan_piece *piece)
{
	const char *text;

	switch (piece->kind) {
	case PLAN_PIECE_TEXT:
		arena_add(piece->text, piece->bytes);
		return;
	case PLAN_PIECE_COUNT:
		count_add();
		return;
	case PLAN_PIECE_ARGUMENT:
		text = argument_get(piece->index);
		break;
	default:
		text = variable_get_slice(piece->text, piece->bytes);
	}
	if (text)
		arena_add(text, strlen(text));
}

const char *expand(const char *word)
{
	size_t left = strlen(word);
	struct plan_piece piece;
	const char *text;

	if (!strchr(word, '$'))
		return word;
	text = arena_begin();
	for (size_t n; (n = plan_piece_read(word, left, &piece)) > 0; word += n, left -= n)
		piece_add(&piece);
	arena_end(text);
	return text;
}

const char *expand_path(const struct plan_directive *directive, const char *word)
{
	const char *path = expand(word);

	if (!plan_path_is_clean(path))
		init_fail_why(directive, EXIT_INIT, path, "not a clean absolute path");
	return path;
}

char *expand_file(const char *text, size_t bytes, size_t *ret_bytes)
{
	struct plan_piece piece;
	char *content = arena_begin();

	for (size_t n; (n = plan_file_piece_read(text, bytes, &piece)) > 0; text += n, bytes -= n)
		piece_add(&piece);
	*ret_bytes = arena_end(content);
	return content;
}

static struct list list_begin(const struct plan_directive *directive)
{
	return (struct list){directive, arguments == lists[0] ? lists[1] : lists[0], 0};
}

static void list_add(struct list *list, const char *word)
{
	if (list->count == WORDS_MAX)
		init_fail_text(list->directive ? list->directive->line : 0, "too many words");
	list->words[list->count++] = (char *)(uintptr_t)word; /* execve(2) does not write there */
}

static void list_add_arguments(struct list *list)
{
	for (char **word = arguments; *word; word++)
		list_add(list, *word);
}

static void list_add_split(struct list *list, const struct plan_piece *name)
{
	static const char blanks[] = " \t\n";
	const char *text = variable_get_slice(name->text, name->bytes);

	if (!text)
		return;
	for (text += strspn(text, blanks); *text; text += strspn(text, blanks)) {
		size_t bytes = strcspn(text, blanks);

		list_add(list, arena_copy(text, bytes));
		text += bytes;
	}
}

static void list_expand(struct list *list, const char *word)
{
	struct plan_piece piece = {.kind = PLAN_PIECE_TEXT};

	(void)plan_piece_read(word, strlen(word), &piece);
	if (piece.kind == PLAN_PIECE_ARGUMENTS)
		list_add_arguments(list);
	else if (piece.kind == PLAN_PIECE_SPLIT)
		list_add_split(list, &piece);
	else
		list_add(list, expand(word));
}

char **expand_words(const struct plan_directive *directive, const char *word, size_t count)
{
	struct list list = list_begin(directive);

	for (; count > 0; count--, word = plan_word_next(word))
		list_expand(&list, word);
	list.words[list.count] = NULL;
	return list.words;
}

void arguments_set(char **words)
{
	arguments = words;
}

char **arguments_get(void)
{
	return arguments;
}

void arguments_append(const struct plan_directive *directive)
{
	struct list list = list_begin(directive);
	const char *word = directive->words;

	list_add_arguments(&list);
	for (size_t i = 0; i < directive->count; i++, word = plan_word_next(word))
		list_expand(&list, word);
	list.words[list.count] = NULL;
	arguments = list.words;
}

void arguments_shift(size_t count)
{
	struct list list = list_begin(NULL);

	for (char **word = arguments; *word; word++) {
		if (count > 0)
			count--;
		else
			list_add(&list, *word);
	}
	list.words[list.count] = NULL;
	arguments = list.words;
}

char **arguments_behind(const struct plan_directive *entry)
{
	const char *word = entry ? entry->words : "";
	size_t before = entry ? entry->count : 0;
	size_t count = 0;
	char **words;

	while (arguments[count])
		count++;
	words = arena_table(before + count + 1, sizeof(*words));
	for (size_t i = 0; i < before; i++, word = plan_word_next(word))
		words[i] = (char *)(uintptr_t)word;
	memcpy(words + before, arguments, (count + 1) * sizeof(*words));
	return words;
}
