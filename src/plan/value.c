/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/value.h"

#include "plan/plan.h"

#include <string.h>
#include <strings.h>

enum { INTEGER_DIGITS = 20 };

static const char *const names[PLAN_VALUES] = {
	[PLAN_VALUE_INTEGER] = "integer", [PLAN_VALUE_DECIMAL] = "decimal",
	[PLAN_VALUE_BOOLEAN] = "boolean", [PLAN_VALUE_PORT] = "port",
	[PLAN_VALUE_PATH] = "path",       [PLAN_VALUE_TOKEN] = "token",
	[PLAN_VALUE_WORD] = "word",
};

const char *plan_value_name(enum plan_value type)
{
	return names[type];
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool plan_is_token_byte(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr("._+=:@-", c));
}

/* Digits up to @end, with @negative their negative. */
static bool digits_read(const char *text, const char *end, bool negative, int64_t *ret_value)
{
	int64_t value = 0;

	if (text == end || end - text > INTEGER_DIGITS)
		return false;
	for (; text < end; text++) {
		int64_t digit = *text - '0';

		if (!is_digit(*text) || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, negative ? -digit : digit, &value))
			return false;
	}
	*ret_value = value;
	return true;
}

bool plan_integer(const char *word, int64_t *ret_value)
{
	bool negative = *word == '-';
	const char *digits = word + negative;

	if (digits[0] == '0' && (digits[1] || negative))
		return false;
	return digits_read(digits, digits + strlen(digits), negative, ret_value);
}

static bool in_range(int64_t value, const int64_t *range)
{
	return !range || (value >= range[0] && value <= range[1]);
}

/* Beyond its integer the number lies a little further from zero. */
static bool decimal_is(const char *text, const int64_t *range)
{
	bool negative = *text == '-';
	const char *digits = text + negative;
	const char *point = digits + strcspn(digits, ".");
	bool fraction = false;
	int64_t value;

	if (!digits_read(digits, point, negative, &value))
		return false;
	if (*point == '.' && point[1] == '\0')
		return false;
	for (const char *p = point + (*point == '.'); *p; p++) {
		if (!is_digit(*p))
			return false;
		fraction |= *p != '0';
	}
	if (!in_range(value, range))
		return false;
	return !range || !fraction || value != range[negative ? 0 : 1];
}

static bool integer_is(const char *text, const int64_t *range)
{
	bool negative = *text == '-';
	int64_t value;

	return digits_read(text + negative, text + strlen(text), negative, &value) &&
	       in_range(value, range);
}

static bool port_is(const char *text, const int64_t *range)
{
	static const int64_t ports[] = {1, UINT16_MAX};

	return *text != '-' && integer_is(text, ports) && integer_is(text, range);
}

static bool boolean_is(const char *text)
{
	static const char words[][6] = {"true", "false", "yes", "no", "on", "off", "1", "0"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

static bool token_is(const char *text)
{
	if (*text == '-')
		return false;
	while (*text && plan_is_token_byte(*text))
		text++;
	return *text == '\0';
}

static bool word_is(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text <= ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

bool plan_value_is(enum plan_value type, const char *text, const int64_t *range)
{
	int64_t length = (int64_t)strlen(text);

	if (length == 0)
		return false;
	switch (type) {
	case PLAN_VALUE_INTEGER:
		return integer_is(text, range);
	case PLAN_VALUE_DECIMAL:
		return decimal_is(text, range);
	case PLAN_VALUE_BOOLEAN:
		return boolean_is(text);
	case PLAN_VALUE_PORT:
		return port_is(text, range);
	case PLAN_VALUE_PATH:
		return plan_path_is_clean(text) && in_range(length, range);
	case PLAN_VALUE_TOKEN:
		return token_is(text) && in_range(length, range);
	case PLAN_VALUE_WORD:
		return word_is(text) && in_range(length, range);
	case PLAN_VALUES:
		break;
	}
	return false;
}
