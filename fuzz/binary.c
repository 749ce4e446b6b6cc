/* SPDX-License-Identifier: Apache-2.0 */
/* What compilers leave in programs: Go's build information and cargo-auditable's section. */
#include "evidence/binary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	autojson json_t *go = go_build_info(data, size_bytes);
	autojson json_t *rust = rust_audit_data(data, size_bytes);

	(void)go;
	(void)rust;
	return 0;
}
