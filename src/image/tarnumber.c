/* SPDX-License-Identifier: Apache-2.0 */
#include "image/tarnumber.h"

#include <glib.h>
#include <string.h>

static bool parse_base256(const uint8_t *field, size_t size, int64_t *ret_value)
{
	bool negative = field[0] & 0x40;
	uint64_t value = negative ? UINT64_MAX : 0;

	for (size_t i = 0; i < size; i++) {
		uint8_t byte =
			i == 0 ? (uint8_t)((field[0] & 0x7f) | (negative ? 0x80 : 0)) : field[i];

		/* what is pushed out must be the sign alone */
		if (value >> 56 != (negative ? 0xff : 0))
			return false;
		value = value << 8 | byte;
	}
	if ((value >> 63) != negative)
		return false;
	*ret_value = (int64_t)value;
	return true;
}

bool tar_number_field(const char *field, size_t size, int64_t *ret_value)
{
	uint64_t value = 0;
	size_t i = 0;

	if ((uint8_t)field[0] & 0x80)
		return parse_base256((const uint8_t *)field, size, ret_value);
	while (i < size && (field[i] == ' ' || field[i] == '\0'))
		i++;
	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
		value = value << 3 | (uint64_t)(field[i] - '0'); /* at most 12 digits: 36 bits */
	for (; i < size; i++) {
		if (field[i] != ' ' && field[i] != '\0')
			return false;
	}
	*ret_value = (int64_t)value;
	return true;
}

bool tar_number_decimal(const char *text, size_t size, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (size == 0)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (!g_ascii_isdigit(text[i]) ||
		    __builtin_mul_overflow(value, (uint64_t)10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
			return false;
	}
	*ret_value = value;
	return true;
}

bool tar_number_time(const char *text, size_t size, int64_t *ret_value)
{
	bool negative = size > 0 && text[0] == '-';
	const char *start = text + negative;
	const char *dot = memchr(start, '.', size - negative);
	size_t whole = dot ? (size_t)(dot - start) : size - negative;
	uint64_t value;
	bool fraction = false;

	if (!tar_number_decimal(start, whole, &value) || value > INT64_MAX / 2)
		return false;
	for (const char *p = dot ? dot + 1 : text + size; p < text + size; p++) {
		if (!g_ascii_isdigit(*p))
			return false;
		fraction |= *p != '0';
	}
	*ret_value = negative ? -(int64_t)value - fraction : (int64_t)value;
	return true;
}
