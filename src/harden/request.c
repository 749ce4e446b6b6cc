/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/request.h"

#include "base/path.h"
#include "seal/seal.h"

#include <string.h>

void companion_request_free(struct companion_request *companion)
{
	if (!companion)
		return;
	g_free(companion->name);
	g_free(companion->image);
	g_clear_pointer(&companion->environment, g_ptr_array_unref);
	g_free(companion);
}

void volume_request_free(struct volume_request *volume)
{
	if (!volume)
		return;
	g_free(volume->host);
	g_free(volume->path);
	g_free(volume);
}

void secret_request_free(struct secret_request *secret)
{
	if (!secret)
		return;
	g_free(secret->name);
	g_clear_pointer(&secret->value, g_bytes_unref);
	g_free(secret);
}

void scenario_request_free(struct scenario_request *scenario)
{
	if (!scenario)
		return;
	g_free(scenario->name);
	g_clear_pointer(&scenario->environment, g_ptr_array_unref);
	g_clear_pointer(&scenario->arguments, g_ptr_array_unref);
	g_free(scenario);
}

static void entrypoint_request_init(struct entrypoint_request *entrypoint)
{
	entrypoint->fixed = g_ptr_array_new_with_free_func(g_free);
	entrypoint->values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
						   (GDestroyNotify)g_ptr_array_unref);
	entrypoint->scenarios =
		g_ptr_array_new_with_free_func((GDestroyNotify)scenario_request_free);
}

static void entrypoint_request_clear(struct entrypoint_request *entrypoint)
{
	g_free(entrypoint->plan_path);
	g_ptr_array_unref(entrypoint->fixed);
	g_hash_table_unref(entrypoint->values);
	g_ptr_array_unref(entrypoint->scenarios);
}

void redaction_free(struct redaction *redaction)
{
	if (!redaction)
		return;
	g_free(redaction->name);
	g_free(redaction->value);
	g_free(redaction);
}

void keep_rule_free(struct keep_rule *rule)
{
	if (!rule)
		return;
	g_free(rule->glob);
	g_free(rule->why);
	g_free(rule);
}

bool secret_name_is_valid(const char *name)
{
	if (!g_ascii_isalnum(*name) || strlen(name) > SECRET_NAME_MAX_BYTES)
		return false;
	for (; *name; name++) {
		if (!g_ascii_isalnum(*name) && !strchr("._-", *name))
			return false;
	}
	return true;
}

struct harden_request *harden_request_new(void)
{
	struct harden_request *request = g_new0(struct harden_request, 1);

	request->limits = image_limits_default;
	request->registry.idle_ms = REGISTRY_IDLE_MS;
	request->probes = g_ptr_array_new_with_free_func((GDestroyNotify)probe_free);
	request->workloads = g_ptr_array_new_with_free_func(g_free);
	request->runs = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	request->environment = g_ptr_array_new_with_free_func((GDestroyNotify)redaction_free);
	request->volumes = g_ptr_array_new_with_free_func((GDestroyNotify)volume_request_free);
	request->secrets = g_ptr_array_new_with_free_func((GDestroyNotify)secret_request_free);
	request->public_names = g_ptr_array_new_with_free_func(g_free);
	request->companions =
		g_ptr_array_new_with_free_func((GDestroyNotify)companion_request_free);
	entrypoint_request_init(&request->entrypoint);
	request->preset = PRESET_BALANCED;
	request->keep_rules = g_ptr_array_new_with_free_func((GDestroyNotify)keep_rule_free);
	request->command_rules = g_ptr_array_new_with_free_func((GDestroyNotify)command_rule_free);
	request->keep_logs = g_ptr_array_new_with_free_func(g_free);
	request->vulnerabilities = g_ptr_array_new_with_free_func(g_free);
	request->sizes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	request->links_max_bytes = 64ULL << 20;
	request->timeouts = (struct timeouts){
		.ready_ms = 60000,
		.request_ms = 10000,
		.workload_ms = 600000,
		.stop_ms = 10000,
		.settle_ms = 50,
	};
	request->rounds_max = 5;
	request->compression = COMPRESSION_NONE;
	request->epoch = -1;
	request->output_fd = -1;
	return request;
}

void harden_request_free(struct harden_request *request)
{
	if (!request)
		return;
	g_free(request->source);
	g_free(request->destination);
	g_free(request->cache_path);
	g_ptr_array_unref(request->vulnerabilities);
	g_free(request->agent_path);
	g_free(request->init_path);
	g_ptr_array_unref(request->probes);
	g_ptr_array_unref(request->workloads);
	g_ptr_array_unref(request->runs);
	g_clear_pointer(&request->arguments, g_ptr_array_unref);
	g_ptr_array_unref(request->environment);
	g_ptr_array_unref(request->volumes);
	g_ptr_array_unref(request->secrets);
	g_ptr_array_unref(request->public_names);
	g_ptr_array_unref(request->companions);
	g_ptr_array_unref(request->keep_rules);
	g_ptr_array_unref(request->command_rules);
	g_ptr_array_unref(request->keep_logs);
	g_free(request->healthcheck);
	g_hash_table_unref(request->sizes);
	entrypoint_request_clear(&request->entrypoint);
	g_free(request->profile_path);
	g_free(request->out_directory);
	registry_settings_clear(&request->registry);
	g_free(request);
}

void harden_request_cleanup(struct harden_request **request)
{
	harden_request_free(*request);
}

GPtrArray *harden_request_secret_paths(const struct harden_request *request)
{
	GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < request->secrets->len; i++) {
		const struct secret_request *secret = request->secrets->pdata[i];

		g_ptr_array_add(paths, path_join(SEAL_SECRET_DIRECTORY, secret->name));
	}
	return paths;
}

int64_t harden_request_epoch(const struct harden_request *request, const struct image *source)
{
	return request->epoch >= 0 ? request->epoch : image_created(source);
}
