/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/harden_report.h"

#include "base/error.h"
#include "cli/json_output.h"

#include <string.h>

enum { LIST_MAX = 12, NOTES_MAX = 8 };

static void print_sizes(const struct harden_result *result)
{
	autotable struct table *table = table_new("lrrr");
	g_autofree char *files_before = count_format(result->source_files);
	g_autofree char *files_after = count_format(result->files);
	g_autofree char *files_change = change_format(result->source_files, result->files);
	g_autofree char *bytes_before = size_format(result->source_bytes);
	g_autofree char *bytes_after = size_format(result->bytes);
	g_autofree char *bytes_change = change_format(result->source_bytes, result->bytes);

	table_add(table, "", "before", "after", "");
	table_add(table, "files", files_before, files_after, files_change);
	table_add(table, "bytes", bytes_before, bytes_after, bytes_change);
	table_print(table);
}

/* Why files are kept, in the words of docs/keepset.md, coarse enough for one screen. */
static const struct {
	const char *prefix; /* of the reason; the first that fits */
	const char *text;
} kept_groups[] = {
	{"trace:", "used while it was traced"},
	{"closure:elf", "needed by that"},
	{"closure:script", "needed by that"},
	{"closure:symlink", "needed by that"},
	{"closure:parent", "needed by that"},
	{"closure:", "for what the trace did not visit"},
	{"floor:", "for any application (CA, zones, locale, NSS)"},
	{"rule:", "by --keep"},
	{"replay:", "missed by a replay"},
};

struct share {
	const char *text;
	uint64_t files;
	uint64_t bytes;
};

static const char *group_of(const char *reason)
{
	for (gsize i = 0; reason && i < G_N_ELEMENTS(kept_groups); i++) {
		if (g_str_has_prefix(reason, kept_groups[i].prefix))
			return kept_groups[i].text;
	}
	return "other";
}

/* The share of that text, a new one at the end where there is none. */
static struct share *share_of(GArray *shares, const char *text)
{
	struct share fresh = {.text = text};

	for (guint i = 0; i < shares->len; i++) {
		struct share *share = &g_array_index(shares, struct share, i);

		if (!strcmp(share->text, text))
			return share;
	}
	g_array_append_val(shares, fresh);
	return &g_array_index(shares, struct share, shares->len - 1);
}

static void print_kept(const struct harden_result *result)
{
	g_autoptr(GArray) shares = g_array_new(FALSE, FALSE, sizeof(struct share));
	autotable struct table *table = table_new("lrr");
	const json_t *entry;
	size_t i;

	for (gsize group = 0; group < G_N_ELEMENTS(kept_groups); group++)
		share_of(shares, kept_groups[group].text);
	json_array_foreach (json_array_at(result->keep_json, "kept"), i, entry) {
		struct share *share = share_of(shares, group_of(json_string_at(entry, "reason")));

		share->files++;
		share->bytes += (uint64_t)json_integer_at(entry, "bytes", 0);
	}
	table_add(table, "kept", "paths", "bytes");
	for (guint at = 0; at < shares->len; at++) {
		const struct share *share = &g_array_index(shares, struct share, at);
		g_autofree char *text = g_strconcat("  ", share->text, NULL);
		g_autofree char *files = count_format(share->files);
		g_autofree char *bytes = size_format(share->bytes);

		if (share->files > 0)
			table_add(table, text, files, bytes);
	}
	table_print(table);
}

static void print_removed(const struct harden_result *result)
{
	g_autoptr(GArray) shares = g_array_new(FALSE, FALSE, sizeof(struct share));
	g_autoptr(GString) line = g_string_new(NULL);
	const json_t *entry;
	size_t i;

	json_array_foreach (json_array_at(result->keep_json, "removed"), i, entry) {
		const char *reason = json_string_at(entry, "reason");

		share_of(shares, reason ? reason : "other")->files++;
	}
	for (guint at = 0; at < shares->len; at++) {
		const struct share *share = &g_array_index(shares, struct share, at);
		g_autofree char *files = count_format(share->files);

		g_string_append_printf(line, "%s%s %s", at > 0 ? ", " : "", files, share->text);
	}
	output_line("removed      %s", line->len > 0 ? line->str : "nothing");
}

static void print_writables(const struct seal *seal)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < seal->writables->len; i++) {
		const struct writable *writable = seal->writables->pdata[i];
		g_autofree char *size = size_format(writable->size_bytes);
		const char *filled = writable->seed == SEED_COPY    ? ", filled from a seed"
				     : writable->seed == SEED_LINKS ? ", filled with links"
								    : "";

		g_ptr_array_add(lines, g_strdup_printf("%-24s %s%s%s", writable->path,
						       writable->volume ? "volume" : size, filled,
						       writable->exec ? ", executable" : ""));
	}
	output_list("writable", lines, LIST_MAX);
}

static void print_logs(const struct seal *seal)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < seal->log_links->len; i++) {
		const struct log_link *link = seal->log_links->pdata[i];

		g_ptr_array_add(lines, g_strdup_printf("%s -> %s", link->path,
						       link->standard_error ? "/dev/stderr"
									    : "/dev/stdout"));
	}
	output_list("logs, only appended to and never read (--keep-log PATH keeps one a file)",
		    lines, LIST_MAX);
}

static void print_commands(const struct seal *seal)
{
	output_list("commands that ran in a shell, and run without one (all others: status 126)",
		    seal->shell_commands, LIST_MAX);
}

/* The plan for review: blocks are indented, which the file does not do. */
static void print_start(const struct harden_result *result)
{
	const struct start *start = result->start;
	int depth = 1;

	if (!start_is_replaced(start))
		return;
	output_line("%s", "");
	if (start->scenarios > 0)
		output_line(
			"starts       by these steps in place of the script; both did the same in "
			"%u starts",
			start->scenarios);
	else
		output_line("starts       by these steps, given in place of the script");
	for (guint i = 0; i < start->lines->len; i++) {
		const char *line = start->lines->pdata[i];
		bool closes = !strcmp(line, "end") || !strcmp(line, "else");
		g_autofree char *quoted = error_quote(line);

		depth -= closes;
		output_line("%*s%s", 2 * MAX(depth, 1), "", quoted);
		depth += g_str_has_prefix(line, "if ") || !strcmp(line, "else");
	}
	if (seal_has_setup(result->seal))
		output_line("             what a first start alone does can be done before: "
			    "/.thresh/init --plan setup");
}

static void print_notes(const struct harden_result *result)
{
	g_autoptr(GPtrArray) notes = g_ptr_array_new();

	for (guint i = 0; i < result->seal->notes->len; i++)
		g_ptr_array_add(notes, result->seal->notes->pdata[i]);
	for (guint i = 0; result->start && i < result->start->notes->len; i++)
		g_ptr_array_add(notes, result->start->notes->pdata[i]);
	for (guint i = 0; i < result->keepset->notes->len; i++)
		g_ptr_array_add(notes, result->keepset->notes->pdata[i]);
	output_list("notes", notes, NOTES_MAX);
}

static void print_replay(const struct harden_result *result)
{
	guint missed = 0, writes = 0, calls = 0;

	for (guint i = 0; i < result->rounds->len; i++) {
		const struct round *round = result->rounds->pdata[i];

		missed += round->missed->len;
		writes += round->refused_writes->len;
		calls += round->refused_syscalls->len;
	}
	output_line("replayed     %u answers, all the same; %u round%s under the tracer and one "
		    "without",
		    result->answers_compared, result->rounds->len,
		    result->rounds->len == 1 ? "" : "s");
	if (missed + writes + calls > 0)
		output_line("came back    %u files, %u writable paths, %u system calls, by replay",
			    missed, writes, calls);
}

static void print_text(const struct harden_request *request, const struct harden_result *result,
		       bool replayed)
{
	char digest[DIGEST_TEXT_BYTES];
	double own = (double)(result->total_us - result->application_us) / 1e6;

	digest_format(&result->digest, digest);
	output_line("%s -> %s", request->source, request->destination);
	output_line("%s", digest);
	output_line("%s", "");
	print_sizes(result);
	output_line("%s", "");
	print_kept(result);
	output_line("%s", "");
	print_removed(result);
	output_line("runs as      %u:%u, read-only root, no capabilities, no new privileges",
		    result->seal->uid, result->seal->gid);
	output_line("preset       %s", preset_name(request->preset));
	if (replayed)
		print_replay(result);
	else
		output_line("replayed     no: `thresh replay %s %s` does it", request->source,
			    request->destination);
	output_line("time         %.1f s of thresh, %.1f s of the application", own,
		    (double)result->application_us / 1e6);
	print_writables(result->seal);
	print_logs(result->seal);
	print_commands(result->seal);
	print_start(result);
	print_notes(result);
	output_line("%s", "");
	output_line("next         thresh run %s", request->destination);
	output_line("             thresh manifest %s --target podman", request->destination);
	/* An archive has no room for the keep list beside the image (writer.h). */
	if (g_str_has_prefix(request->destination, "oci:"))
		output_line("             thresh why %s PATH", request->destination);
	else if (request->out_directory)
		output_line("             thresh why %s PATH --keepset %s/keepset.json",
			    request->destination, request->out_directory);
}

bool harden_report_print(const struct harden_request *request, const struct harden_result *result,
			 bool replayed, enum output_format format, GError **error)
{
	if (format == OUTPUT_JSON) {
		autojson json_t *summary = harden_summary(result);

		json_object_set_new(summary, "source", json_from_text(request->source));
		json_object_set_new(summary, "destination", json_from_text(request->destination));
		json_object_set_new(summary, "preset", json_string(preset_name(request->preset)));
		json_object_set_new(summary, "replayed", json_boolean(replayed));
		return json_output_print(summary, error);
	}
	print_text(request, result, replayed);
	return output_flush(error);
}
