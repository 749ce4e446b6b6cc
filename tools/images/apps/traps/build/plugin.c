/* SPDX-License-Identifier: Apache-2.0 */
const char *plugin_name(void);
const char *plugin_name(void)
{
	return NAME;
}
