/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/statement.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct statement statement;

	if (statement_parse(data, size, &statement, NULL))
		statement_clear(&statement);
	return 0;
}
