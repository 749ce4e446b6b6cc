/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/inside.h"

#include "base/error.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CAPABILITY_MAX = 63 };

static bool set_capabilities(uint64_t permitted, uint64_t effective)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.permitted = (uint32_t)permitted, .effective = (uint32_t)effective},
		{.permitted = (uint32_t)(permitted >> 32),
		 .effective = (uint32_t)(effective >> 32)},
	};

	return syscall(SYS_capset, &header, data) == 0;
}

static uint64_t current_permitted(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (syscall(SYS_capget, &header, data) < 0)
		return 0;
	return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

/* Without a user namespace they are the host's: never more than an engine would grant. */
static uint64_t granted(const struct inside *inside)
{
	uint64_t wanted = inside->spec->capabilities;

	if (inside->sandbox->mode == IDENTITY_NONE)
		wanted &= sandbox_default_capabilities;
	return wanted;
}

static bool drop_bounding(uint64_t keep)
{
	for (int c = 0; c <= CAPABILITY_MAX; c++) {
		if (keep & UINT64_C(1) << c)
			continue;
		if (prctl(PR_CAPBSET_DROP, c, 0, 0, 0) < 0)
			return errno == EINVAL; /* above the kernel's last */
	}
	return true;
}

static bool set_ids(const struct inside *inside)
{
	const struct process_spec *spec = inside->spec;

	if (inside->sandbox->mode == IDENTITY_SINGLE)
		return true; /* it is that one already, and setgroups is denied */
	return setgroups(spec->group_count, spec->groups) == 0 &&
	       setresgid(spec->gid, spec->gid, spec->gid) == 0 &&
	       setresuid(spec->uid, spec->uid, spec->uid) == 0;
}

static bool install_deny_filter(const struct inside *inside)
{
	return !inside->spec->deny_filter ||
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, inside->spec->deny_filter) == 0;
}

bool inside_drop(const struct inside *inside, GError **error)
{
	uint64_t filter_rights = UINT64_C(1) << CAP_SYS_ADMIN;
	uint64_t own;

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "ambient capabilities");
	if (!drop_bounding(granted(inside)))
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "bounding set");
	if (prctl(PR_SET_KEEPCAPS, 1) < 0 || !set_ids(inside))
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "become user %u:%u",
				       inside->spec->uid, inside->spec->gid);
	/* The program is looked up, and the directory checked, with what the user may do alone. */
	filter_rights &= current_permitted();
	own = inside->spec->uid == 0 ? granted(inside) & current_permitted() : 0;
	if (!set_capabilities(own | filter_rights, own | filter_rights))
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "capabilities");
	/* The change of ids made this process undumpable, and thresh takes the listener from it. */
	prctl(PR_SET_DUMPABLE, 1);
	if (inside->spec->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "no new privileges");
	if (!install_deny_filter(inside))
		return error_set_errno(error, THRESH_ERROR_INTERNAL, errno, "deny filter");
	return true;
}

bool inside_drop_last(const struct inside *inside)
{
	uint64_t keep = inside->spec->uid == 0 ? granted(inside) & current_permitted() : 0;

	return set_capabilities(keep, keep);
}
