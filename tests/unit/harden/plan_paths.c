/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/plan_paths.h"

#include <string.h>

static struct tree *tree_of_image(void)
{
	static const char *const files[] = {"/etc/app/app.conf", "/usr/bin/passwd-app",
					    "/data/old.pid"};
	struct tree *tree = tree_new();

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
		g_assert_nonnull(tree_add(tree, files[i], NODE_FILE, NULL));
	g_assert_nonnull(tree_add(tree, "/var/lib/app", NODE_DIRECTORY, NULL));
	return tree;
}

static void test_paths(void)
{
	static const char *const steps[] = {
		"if filled APP_TUNE",
		"file /etc/app/app.conf 0644 \"tuned\\x0a\"",
		"append /etc/app/users.conf \"allow\\x0a\"",
		"file /etc/app/${APP_NAME}.conf 0644 x",
		"file /etc/app/a$$b 0644 x",
		"directory /var/lib/app 0755",
		"directory /var/lib/new 0755",
		"remove /data/old.pid",
		"remove /data/never.pid",
		"run passwd-app -b /etc/app/secrets ${APP_USER} /etc/app/app.conf /none/x",
		"end",
	};
	static const struct {
		const char *path;
		uint32_t classes;
	} expected[] = {
		{"/etc/app/app.conf", PATH_WRITE | PATH_NONAPPEND},
		{"/etc/app/users.conf", PATH_CREATE},
		{"/etc/app/a$b", PATH_CREATE},
		{"/etc/app/secrets", PATH_CREATE},
		{"/var/lib/new", PATH_CREATE | PATH_DIRECTORY},
		{"/data/old.pid", PATH_DELETE},
		{"/usr/bin/passwd-app", PATH_EXEC | PATH_OPEN},
	};
	struct tree *tree = tree_of_image();
	struct profile *profile = profile_new();
	g_autoptr(GPtrArray) lines = g_ptr_array_new();

	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
		g_ptr_array_add(lines, (char *)steps[i]);
	plan_paths_add(lines, tree, "/bin:/usr/bin", profile);
	for (gsize i = 0; i < G_N_ELEMENTS(expected); i++)
		g_assert_cmphex(profile_path_classes(profile, expected[i].path), ==,
				expected[i].classes);
	g_assert_cmpuint(g_hash_table_size(profile->paths), ==, G_N_ELEMENTS(expected));
	profile_free(profile);
	tree_free(tree);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/harden/plan-paths", test_paths);
	return g_test_run();
}
