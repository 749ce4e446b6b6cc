/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/sorted.h"
#include "policy/seccomp.h"
#include "policy/special.h"
#include "policy/syscalls.h"

#include <errno.h>
#include <string.h>

json_t *syscall_policy_to_json(const struct syscall_policy *policy)
{
	g_autoptr(GPtrArray) archs = keys_sorted(policy->allowed);
	json_t *allowed = json_object();

	for (guint i = 0; i < archs->len; i++) {
		const char *arch = g_ptr_array_index(archs, i);
		g_autoptr(GPtrArray) names =
			keys_sorted(g_hash_table_lookup(policy->allowed, arch));

		json_object_set_new(allowed, arch, json_from_strings(names));
	}
	return json_pack("{s:o, s:b, s:b, s:I, s:I}", "allowed", allowed, "setgroups_is_noop",
			 policy->setgroups_is_noop, "chown_is_noop", policy->chown_is_noop, "uid",
			 (json_int_t)policy->uid, "gid", (json_int_t)policy->gid);
}

static bool allowed_parse(struct syscall_policy *policy, const char *arch, const json_t *array,
			  GError **error)
{
	g_autoptr(GPtrArray) names = NULL;
	GHashTable *set;

	if (!syscall_arch_find(arch))
		return error_set(error, THRESH_ERROR_INPUT,
				 "seccomp policy: allowed: an architecture that is not known");
	if (!json_is_array(array))
		return error_set(error, THRESH_ERROR_INPUT,
				 "seccomp policy: allowed.%s: not an array", arch);
	names = json_to_strings(array, "seccomp policy: allowed", error);
	if (!names)
		return false;
	set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_hash_table_insert(policy->allowed, g_strdup(arch), set);
	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);

		if (!syscall_is_known(name)) {
			g_autofree char *quoted = error_quote(name);

			return error_set(
				error, THRESH_ERROR_INPUT,
				"seccomp policy: allowed.%s: %s: no system call that is known",
				arch, quoted);
		}
		g_hash_table_add(set, g_strdup(name));
	}
	return true;
}

static bool id_parse(const json_t *json, const char *key, uint32_t *ret_id, GError **error)
{
	json_int_t value = json_integer_at(json, key, -1);

	if (value < 0 || value >= (json_int_t)UINT32_MAX)
		return error_set(error, THRESH_ERROR_INPUT, "seccomp policy: %s: not an id", key);
	*ret_id = (uint32_t)value;
	return true;
}

static bool members_check(const json_t *json, GError **error)
{
	static const char *const members[] = {
		"allowed", "setgroups_is_noop", "chown_is_noop", "uid", "gid", NULL};
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)json, key, value) {
		g_autofree char *quoted = error_quote(key);

		if (!g_strv_contains(members, key))
			return error_set(error, THRESH_ERROR_INPUT,
					 "seccomp policy: %s: an unknown member", quoted);
	}
	if (!json_is_boolean(json_object_get(json, "setgroups_is_noop")) ||
	    !json_is_boolean(json_object_get(json, "chown_is_noop")))
		return error_set(
			error, THRESH_ERROR_INPUT,
			"seccomp policy: setgroups_is_noop and chown_is_noop: not booleans");
	return true;
}

static bool policy_parse(struct syscall_policy *policy, const json_t *json, GError **error)
{
	json_t *allowed = json_is_object(json) ? json_object_at(json, "allowed") : NULL;
	const char *arch;
	json_t *array;

	if (!allowed || json_object_size(allowed) == 0)
		return error_set(error, THRESH_ERROR_INPUT, "seccomp policy: no `allowed` object");
	json_object_foreach (allowed, arch, array) {
		if (!allowed_parse(policy, arch, array, error))
			return false;
	}
	policy->setgroups_is_noop = json_bool_at(json, "setgroups_is_noop", false);
	policy->chown_is_noop = json_bool_at(json, "chown_is_noop", false);
	return members_check(json, error) && id_parse(json, "uid", &policy->uid, error) &&
	       id_parse(json, "gid", &policy->gid, error);
}

struct syscall_policy *syscall_policy_from_json(const json_t *json, GError **error)
{
	struct syscall_policy *policy = syscall_policy_new();

	if (policy_parse(policy, json, error))
		return policy;
	syscall_policy_free(policy);
	return NULL;
}

/* The runtime's filter is there before thresh-init and stays on top of its own: what init calls is
 * allowed here, and the answers that do nothing are left to the inner filter. */
static GHashTable *oci_names(const struct syscall_policy *policy)
{
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTableIter iter, inner;
	gpointer arch, set, name;

	g_hash_table_iter_init(&iter, policy->allowed);
	while (g_hash_table_iter_next(&iter, &arch, &set)) {
		syscalls_add_init(all, syscall_arch_find(arch));
		g_hash_table_iter_init(&inner, set);
		while (g_hash_table_iter_next(&inner, &name, NULL))
			g_hash_table_add(all, g_strdup(name));
		for (gsize i = 0; policy->setgroups_is_noop && i < 1; i++)
			syscalls_add(all, syscall_arch_find(arch), "setgroups");
		for (gsize i = 0; policy->chown_is_noop && special_chowns[i].name; i++)
			syscalls_add(all, syscall_arch_find(arch), special_chowns[i].name);
	}
	return all;
}

static json_t *oci_argument(unsigned int index, uint32_t mask, uint32_t value)
{
	return json_pack("{s:i, s:I, s:I, s:s}", "index", (int)index, "value", (json_int_t)mask,
			 "valueTwo", (json_int_t)value, "op", "SCMP_CMP_MASKED_EQ");
}

static json_t *oci_rule(GPtrArray *names, const char *action, json_t *arguments)
{
	json_t *rule = json_pack("{s:o, s:s}", "names", json_from_strings(names), "action", action);

	if (arguments)
		json_object_set_new(rule, "args", arguments);
	if (g_str_equal(action, "SCMP_ACT_ERRNO"))
		json_object_set_new(rule, "errnoRet", json_integer(EPERM));
	return rule;
}

/* clone and unshare without a new namespace; one that asks for a user namespace answers EPERM, as
 * the inner filter does. */
static void oci_namespaces(json_t *syscalls, const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	g_ptr_array_add(names, (gpointer)(uintptr_t)name);
	json_array_append_new(syscalls,
			      oci_rule(names, "SCMP_ACT_ALLOW",
				       json_pack("[o]", oci_argument(0, SPECIAL_CLONE_NEW, 0))));
	json_array_append_new(
		syscalls, oci_rule(names, "SCMP_ACT_ERRNO",
				   json_pack("[o]", oci_argument(0, 0x10000000U, 0x10000000U))));
}

json_t *syscall_policy_to_oci(const struct syscall_policy *policy)
{
	g_autoptr(GHashTable) all = oci_names(policy);
	g_autoptr(GPtrArray) sorted = keys_sorted(all);
	g_autoptr(GPtrArray) archs = keys_sorted(policy->allowed);
	g_autoptr(GPtrArray) allow = g_ptr_array_new();
	g_autoptr(GPtrArray) never = g_ptr_array_new();
	json_t *architectures = json_array();
	json_t *syscalls = json_array();

	for (guint i = 0; i < archs->len; i++)
		json_array_append_new(architectures,
				      json_string(syscall_arch_find(archs->pdata[i])->oci));
	for (guint i = 0; i < sorted->len; i++) {
		const char *name = sorted->pdata[i];

		if (g_str_equal(name, "clone") || g_str_equal(name, "unshare"))
			oci_namespaces(syscalls, name);
		else if (!syscall_is_absent(name))
			g_ptr_array_add(syscall_is_never(name) ? never : allow, sorted->pdata[i]);
	}
	json_array_append_new(syscalls, oci_rule(allow, "SCMP_ACT_ALLOW", NULL));
	if (never->len > 0)
		json_array_append_new(syscalls, oci_rule(never, "SCMP_ACT_ERRNO", NULL));
	return json_pack("{s:s, s:i, s:o, s:o}", "defaultAction", "SCMP_ACT_ERRNO",
			 "defaultErrnoRet", ENOSYS, "architectures", architectures, "syscalls",
			 syscalls);
}
