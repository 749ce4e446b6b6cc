/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session_start.h"

#include "base/cleanup.h"

bool session_start(struct options *options, const char *command, bool guarded,
		   struct identity *ret_identity, struct progress **ret_progress, GError **error)
{
	if (!identity_enter(ret_identity, error))
		return false;
	if (guarded)
		cleanup_guard();
	*ret_progress = progress_new(command, options->format);
	if (ret_identity->limitation)
		progress_note(*ret_progress, "%s", ret_identity->limitation);
	options->request->progress = progress_step;
	options->request->progress_user = *ret_progress;
	if (options->format == OUTPUT_TEXT)
		options->request->output_fd = 2;
	return true;
}
