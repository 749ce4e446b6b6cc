/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs: the uid, gid, supplementary groups and HOME of the production image. */
#include "base/error.h"
#include "base/path.h"
#include "seal/seal_private.h"

#include <string.h>

bool seal_started_as_root(const struct seal_input *input)
{
	struct image_user user;
	bool root;

	if (!image_user_resolve(input->tree, input->image->config->user, &user, NULL))
		return false;
	root = user.uid == 0;
	image_user_clear(&user);
	return root;
}

/* As engines set it (runc): the environment's, else of the passwd entry, else /. */
static char *home_of(const struct image_config *config, const struct image_user *user)
{
	const char *value = seal_environment(config, "HOME");

	if (value)
		return g_strdup(value);
	if (user->home && user->home[0] == '/')
		return path_clean(NULL, user->home);
	return g_strdup("/");
}

static void take_groups(struct seal *seal, const GArray *groups)
{
	for (guint i = 0; i < groups->len; i++) {
		uint32_t group = g_array_index(groups, uint32_t, i);

		/* The group of root is no use to a sealed application, and its files are many. */
		if (group != seal->gid && group != 0 &&
		    !g_ptr_array_find(seal->groups, GUINT_TO_POINTER(group), NULL))
			g_ptr_array_add(seal->groups, GUINT_TO_POINTER(group));
	}
}

static void take_user(struct seal *seal, const struct image_user *user, bool with_group)
{
	seal->uid = user->uid;
	seal->gid = user->gid;
	/* A number without an entry and without a group runs with gid 0 in engines: root's files
	 * would be its group's. */
	if (!user->name && !with_group)
		seal->gid = user->uid;
}

static bool take_dropped(struct seal *seal, const struct seal_input *input, GError **error)
{
	const struct profile *profile = input->profile;
	g_autofree char *text = g_strdup_printf("%u", profile->dropped_uid);
	struct image_user user;

	if (!image_user_resolve(input->tree, text, &user, error))
		return false;
	take_user(seal, &user, false);
	if (profile->dropped_gid != 0)
		seal->gid = profile->dropped_gid;
	/* Those that it kept or set, whatever the databases say. */
	take_groups(seal, profile->dropped_groups);
	image_user_clear(&user);
	return true;
}

bool seal_decide_identity(struct seal *seal, const struct seal_input *input, GError **error)
{
	const struct image_config *config = input->image->config;
	const char *colon = strchr(config->user, ':');
	struct image_user user;
	bool done = true;

	if (!image_user_resolve(input->tree, config->user, &user, error)) {
		g_prefix_error(error, "%s: USER: ", input->image->reference);
		return false;
	}
	seal->home = home_of(config, &user);
	if (user.uid != 0) {
		take_user(seal, &user, colon && colon[1]);
		take_groups(seal, user.groups);
	} else if (input->profile->has_dropped && input->profile->dropped_uid != 0) {
		done = take_dropped(seal, input, error);
	} else {
		seal->uid = SEAL_DEFAULT_ID;
		seal->gid = SEAL_DEFAULT_ID;
		seal_note(seal,
			  "the image runs as root and drops to no user of its own: production runs "
			  "as %u:%u",
			  seal->uid, seal->gid);
	}
	image_user_clear(&user);
	return done;
}
