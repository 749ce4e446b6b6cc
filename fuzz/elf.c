/* SPDX-License-Identifier: Apache-2.0 */
/* ELF files and scripts of an image: what the cut reads of them. */
#include "cut/elf.h"
#include "cut/programs.h"
#include "cut/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	autoelf struct elf *elf = elf_parse(data, size_bytes, NULL);
	g_autoptr(GPtrArray) names = elf_library_strings(data, size_bytes);
	struct script script = {0};

	program_identify(data, size_bytes);
	if (script_parse(data, size_bytes, &script))
		script_clear(&script);
	return 0;
}
