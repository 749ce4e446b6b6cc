/* SPDX-License-Identifier: Apache-2.0 */
#include "init/say.h"

#include <string.h>
#include <unistd.h>

enum { DIGITS = 21 };

void say_text(struct say *line, const char *text)
{
	/* One byte is kept for the newline. */
	while (*text && line->length < sizeof(line->bytes) - 1)
		line->bytes[line->length++] = *text++;
}

void say_number(struct say *line, long number)
{
	char digits[DIGITS];
	char *p = digits + DIGITS - 1;
	unsigned long rest = number < 0 ? 0 - (unsigned long)number : (unsigned long)number;

	*p = '\0';
	do
		*--p = (char)('0' + rest % 10);
	while (rest /= 10);
	if (number < 0)
		*--p = '-';
	say_text(line, p);
}

void say_end(struct say *line, int fd)
{
	if (line->length == 0 || line->bytes[line->length - 1] != '\n')
		line->bytes[line->length++] = '\n';
	(void)!write(fd, line->bytes, line->length);
}
