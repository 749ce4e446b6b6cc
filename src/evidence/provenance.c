/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/provenance.h"

#include "base/sorted.h"

#include <seccomp.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define MONITOR_TYPE "https://thresh.dev/monitor/seccomp-notification/v1"

/* --- provenance ----------------------------------------------------------------------------------
 */

static json_t *digest_set(const struct digest *digest)
{
	char hex[DIGEST_HEX_BYTES];

	digest_format_hex(digest, hex);
	return json_pack("{s:s}", "sha256", hex);
}

/* in-toto's ResourceDescriptor of a program: a package URL, since what ran was no file that could
 * be given. */
static json_t *program(const char *name, const char *version)
{
	g_autofree char *uri = g_strdup_printf("pkg:generic/%s@%s", name, version);

	return json_pack("{s:s, s:s}", "name", name, "uri", uri);
}

json_t *provenance_programs(void)
{
	json_t *programs = json_array();
	const struct scmp_version *seccomp = seccomp_version();
	g_autofree char *version =
		g_strdup_printf("%u.%u.%u", seccomp->major, seccomp->minor, seccomp->micro);

	json_array_append_new(programs, program("thresh", THRESH_VERSION));
	json_array_append_new(programs, program("jansson", jansson_version_str()));
	json_array_append_new(programs, program("libseccomp", version));
	json_array_append_new(programs, program("zlib", zlibVersion()));
	json_array_append_new(programs, program("zstd", ZSTD_versionString()));
	return programs;
}

json_t *provenance_new(const struct digest *source, const struct digest *profile,
		       const struct digest *recipe, json_t *parameters)
{
	autojson json_t *programs = provenance_programs();
	json_t *dependencies =
		json_pack("[{s:s, s:o}, {s:s, s:o}, {s:s, s:o}]", "name", "source", "digest",
			  digest_set(source), "name", "profile", "digest", digest_set(profile),
			  "name", "recipe", "digest", digest_set(recipe));
	json_t *definition;

	json_array_extend(dependencies, programs);
	definition =
		json_pack("{s:s, s:o, s:o}", "buildType", PROVENANCE_BUILD_TYPE,
			  "externalParameters", parameters, "resolvedDependencies", dependencies);
	return json_pack("{s:o, s:{s:{s:s, s:{s:s}}}}", "buildDefinition", definition, "runDetails",
			 "builder", "id", PROVENANCE_BUILDER, "version", "thresh", THRESH_VERSION);
}

void provenance_add_data(json_t *predicate, const struct vulnerabilities *data)
{
	json_t *dependencies =
		json_array_at(json_object_at(predicate, "buildDefinition"), "resolvedDependencies");

	for (guint i = 0; i < data->files->len; i++) {
		const struct vulnerability_file *file = data->files->pdata[i];

		json_array_append_new(dependencies,
				      json_pack("{s:s, s:o, s:{s:s, s:s, s:I}}", "name",
						"vulnerabilities", "digest",
						digest_set(&file->digest), "annotations", "file",
						file->name, "source", file->source, "sizeBytes",
						(json_int_t)file->size_bytes));
	}
}

bool provenance_names(const json_t *predicate, const struct digest *want)
{
	const json_t *definition = json_object_at(predicate, "buildDefinition");
	const json_t *entry;
	size_t i;

	json_array_foreach (json_array_at(definition, "resolvedDependencies"), i, entry) {
		const char *hex = json_string_at(json_object_at(entry, "digest"), "sha256");
		g_autofree char *text = hex ? g_strconcat("sha256:", hex, NULL) : NULL;
		struct digest digest;

		if (text && digest_parse(text, &digest, NULL) &&
		    (!want || digest_equal(&digest, want)))
			return true;
	}
	return false;
}

void provenance_profile_digest(const struct profile *profile, struct digest *ret_digest)
{
	autojson json_t *json = profile_to_json(profile);
	g_autofree char *text = json_format_pretty(json);

	digest_of(text, strlen(text), ret_digest);
}

/* --- the runtime trace ---------------------------------------------------------------------------
 */

static json_t *processes(const struct profile *profile)
{
	json_t *array = json_array();

	for (guint i = 0; i < profile->commands->len; i++) {
		const struct command *command = profile->commands->pdata[i];

		json_array_append_new(array, json_pack("{s:o, s:o, s:b}", "processBinary",
						       json_from_path(command->path), "arguments",
						       json_from_strings(command->argv), "child",
						       command->child));
	}
	return array;
}

static json_t *networks(const struct profile *profile)
{
	json_t *array = json_array();

	for (guint i = 0; i < profile->listeners->len; i++) {
		const struct listener *listener = profile->listeners->pdata[i];

		json_array_append_new(array, json_pack("{s:s, s:s, s:o, s:i}", "event", "listen",
						       "protocol", listener->family, "address",
						       json_from_text(listener->address), "port",
						       listener->port));
	}
	return array;
}

/* A ResourceDescriptor of a path that was there; its digest is that of the image's file, which is
 * read-only while it is traced or was seen to be written. */
static json_t *access_of(const char *path, const struct path_use *use, const struct tree *tree)
{
	const struct node *node = tree_lookup(tree, path);
	g_autoptr(GPtrArray) names = path_class_names(use->classes);
	json_t *access = json_pack("{s:o, s:{s:o}}", "name", json_from_path(path), "annotations",
				   "access", json_from_strings(names));

	if (node && node->type == NODE_FILE)
		json_object_set_new(access, "digest", digest_set(&node->digest));
	return access;
}

static json_t *accesses(const struct profile *profile, const struct tree *tree)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	json_t *array = json_array();
	GHashTableIter iter;
	gpointer path;

	g_hash_table_iter_init(&iter, profile->paths);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		g_ptr_array_add(paths, path);
	g_ptr_array_sort(paths, text_compare);
	for (guint i = 0; i < paths->len; i++)
		json_array_append_new(
			array,
			access_of(paths->pdata[i],
				  g_hash_table_lookup(profile->paths, paths->pdata[i]), tree));
	return array;
}

json_t *runtime_trace_new(const struct profile *profile, const struct tree *tree)
{
	json_t *monitor = json_pack("{s:s, s:{s:I, s:I}}", "type", MONITOR_TYPE, "tracePolicy",
				    "runs", (json_int_t)profile->runs, "lostEvents",
				    (json_int_t)profile->lost_events);
	json_t *process = json_pack("{s:s, s:s, s:s+}", "hostID", PROVENANCE_BUILDER, "type",
				    PROVENANCE_BUILD_TYPE, "event", "trace on ",
				    profile->architecture ? profile->architecture : "unknown");

	return json_pack("{s:o, s:o, s:{s:o, s:o, s:o}}", "monitor", monitor, "monitoredProcess",
			 process, "monitorLog", "process", processes(profile), "network",
			 networks(profile), "fileAccess", accesses(profile, tree));
}
