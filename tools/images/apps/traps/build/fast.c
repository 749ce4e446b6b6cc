/* SPDX-License-Identifier: Apache-2.0 */
const char *fast_level(void);
const char *fast_level(void)
{
	return "level " LEVEL;
}
