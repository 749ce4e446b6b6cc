/* SPDX-License-Identifier: Apache-2.0 */
/* What harden found, as JSON and as the files of --out; see harden.h and docs/out.md. */
#include "harden/harden.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static json_t *summary_writables(const struct seal *seal)
{
	json_t *array = json_array();

	for (guint i = 0; i < seal->writables->len; i++) {
		const struct writable *writable = seal->writables->pdata[i];
		json_t *entry = json_object();

		json_object_set_new(entry, "path", json_from_text(writable->path));
		json_object_set_new(entry, "volume", json_boolean(writable->volume));
		json_object_set_new(entry, "exec", json_boolean(writable->exec));
		if (!writable->volume)
			json_object_set_new(entry, "sizeBytes",
					    json_integer((json_int_t)writable->size_bytes));
		json_array_append_new(array, entry);
	}
	return array;
}

static json_t *summary_logs(const struct seal *seal)
{
	json_t *array = json_array();

	for (guint i = 0; i < seal->log_links->len; i++) {
		const struct log_link *link = seal->log_links->pdata[i];
		json_t *entry = json_object();

		json_object_set_new(entry, "path", json_from_text(link->path));
		json_object_set_new(
			entry, "to",
			json_string(link->standard_error ? "/dev/stderr" : "/dev/stdout"));
		json_array_append_new(array, entry);
	}
	return array;
}

static json_t *summary_rounds(const GPtrArray *rounds)
{
	json_t *array = json_array();

	for (guint i = 0; i < rounds->len; i++) {
		const struct round *round = rounds->pdata[i];
		json_t *entry = json_object();

		json_object_set_new(entry, "missed", json_from_strings(round->missed));
		json_object_set_new(entry, "refusedWrites",
				    json_from_strings(round->refused_writes));
		json_object_set_new(entry, "refusedSyscalls",
				    json_from_strings(round->refused_syscalls));
		json_array_append_new(array, entry);
	}
	return array;
}

static json_t *summary_notes(const struct harden_result *result)
{
	json_t *notes = json_from_strings(result->keepset->notes);
	json_t *more = json_from_strings(result->seal->notes);
	json_t *start = json_from_strings(result->start ? result->start->notes : NULL);

	json_array_extend(notes, more);
	json_array_extend(notes, start);
	json_decref(more);
	json_decref(start);
	return notes;
}

static json_t *summary_size(uint64_t files, uint64_t bytes)
{
	json_t *size = json_object();

	json_object_set_new(size, "files", json_integer((json_int_t)files));
	json_object_set_new(size, "bytes", json_integer((json_int_t)bytes));
	return size;
}

/* The steps in place of the entrypoint script, and what taught them. */
static json_t *summary_start(const struct harden_result *result)
{
	json_t *start = result->start->report ? json_copy(result->start->report) : json_object();

	json_object_set_new(start, "steps", json_from_strings(result->start->lines));
	json_object_set_new(start, "distilled", json_boolean(result->start->scenarios > 0));
	json_object_set_new(start, "setup", json_boolean(seal_has_setup(result->seal)));
	return start;
}

json_t *harden_summary(const struct harden_result *result)
{
	json_t *summary = json_object();
	json_t *seconds = json_object();

	json_object_set_new(summary, "version", json_integer(1));
	json_object_set_new(summary, "sourceDigest", json_from_digest(&result->source_digest));
	json_object_set_new(summary, "digest", json_from_digest(&result->digest));
	json_object_set_new(summary, "before",
			    summary_size(result->source_files, result->source_bytes));
	json_object_set_new(summary, "after", summary_size(result->files, result->bytes));
	json_object_set_new(summary, "uid", json_integer(result->seal->uid));
	json_object_set_new(summary, "gid", json_integer(result->seal->gid));
	json_object_set_new(summary, "ports", json_from_strings(result->seal->ports));
	json_object_set_new(summary, "writable", summary_writables(result->seal));
	json_object_set_new(summary, "logs", summary_logs(result->seal));
	json_object_set_new(summary, "commands", json_from_strings(result->seal->shell_commands));
	json_object_set_new(summary, "rounds", summary_rounds(result->rounds));
	json_object_set_new(summary, "answersCompared", json_integer(result->answers_compared));
	if (start_is_replaced(result->start))
		json_object_set_new(summary, "start", summary_start(result));
	json_object_set_new(summary, "notes", summary_notes(result));
	json_object_set_new(seconds, "total", json_real((double)result->total_us / 1e6));
	json_object_set_new(seconds, "application",
			    json_real((double)result->application_us / 1e6));
	json_object_set_new(summary, "seconds", seconds);
	return summary;
}
