/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The production tree: what is kept, with owners and modes mended; seeds moved out of the writable
 * paths; mount points, users, and thresh's own files.
 */
#include "base/error.h"
#include "base/path.h"
#include "cut/packages.h"
#include "plan/plan.h"
#include "seal/packages.h"
#include "seal/seal_private.h"
#include "seal/units.h"

#include <string.h>

enum {
	LAYER_SHARED,
	LAYER_APPLICATION,
	LAYER_THRESH,
	INIT_MAX_BYTES = 16 << 20,
	READ = 4,
	SEARCH = 1,
};

struct builder {
	const struct seal *seal;
	const struct seal_input *input;
	struct tree *production;
	struct package_db *packages;
	bool from_root;
	GError *error;
};

/* The bits (of 07) that the production user has on @node by its class. */
static uint32_t user_bits(const struct seal *seal, const struct node *node)
{
	if (node->uid == seal->uid)
		return (node->mode >> 6) & 7;
	if (node->gid == seal->gid ||
	    g_ptr_array_find(seal->groups, GUINT_TO_POINTER(node->gid), NULL))
		return (node->mode >> 3) & 7;
	return node->mode & 7;
}

static bool is_secret(const char *path)
{
	return g_str_has_prefix(path, "/etc/shadow") || g_str_has_prefix(path, "/etc/gshadow");
}

/* What the application must be able to do with @node: all that root could, where it started as
 * root; else what it could before, and what it was seen to do. Never to write. */
static uint32_t wanted_bits(const struct builder *builder, const struct node *source,
			    const char *path)
{
	uint32_t classes = profile_path_classes(builder->input->profile, path);
	bool used = classes & (PATH_OPEN | PATH_EXEC | PATH_MAP_EXEC | PATH_LIST);
	uint32_t all = READ;

	if (source->type == NODE_DIRECTORY || (source->mode & 0111))
		all |= SEARCH;
	if (used || (builder->from_root && !is_secret(path)))
		return all;
	return user_bits(builder->seal, source) & all;
}

static void drop_privileged_xattrs(struct node *node)
{
	for (guint i = node->xattrs ? node->xattrs->len : 0; i > 0; i--) {
		const struct xattr *xattr = node->xattrs->pdata[i - 1];

		if (!g_str_has_prefix(xattr->name, "user."))
			g_ptr_array_remove_index(node->xattrs, i - 1);
	}
}

/* A node of the read-only root: nobody but root owns or writes it, and the application reads it. */
static void mend(const struct builder *builder, struct node *node, const struct node *source,
		 const char *path)
{
	uint32_t wanted = wanted_bits(builder, source, path);

	drop_privileged_xattrs(node);
	if (node->type == NODE_SYMLINK)
		return;
	node->mode &= 0777 & ~022U;
	/* Who will run is not known: what the application may read, everybody may. */
	if (builder->seal->arbitrary_user)
		node->mode |= wanted;
	if (node->uid == builder->seal->uid)
		node->uid = 0;
	if ((user_bits(builder->seal, node) & wanted) == wanted)
		return;
	node->gid = builder->seal->gid;
	node->mode |= wanted << 3;
}

/* A node that init copies: it will belong to the application, which may write it. */
static void mend_seed(const struct builder *builder, struct node *node)
{
	drop_privileged_xattrs(node);
	node->uid = builder->seal->uid;
	node->gid = builder->seal->gid;
	if (node->type == NODE_DIRECTORY)
		node->mode = unit_mode(node->mode);
	else if (node->type != NODE_SYMLINK)
		node->mode = (node->mode & 0777 & ~022U) | 0600;
	if (builder->seal->arbitrary_user && node->type != NODE_SYMLINK)
		node->mode |= (node->mode >> 6) & (READ | SEARCH);
}

static bool is_copied(const struct writable *writable, const char *path)
{
	if (writable->seed == SEED_COPY)
		return true;
	for (guint i = 0; i < writable->copies->len; i++) {
		if (!strcmp(path, writable->copies->pdata[i]))
			return true;
	}
	return false;
}

static uint32_t layer_of(const struct builder *builder, const char *path)
{
	static const char *const system[] = {"/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc"};
	const struct verdict *verdict = keepset_verdict(builder->input->keepset, path);

	if (package_db_owner(builder->packages, path))
		return LAYER_SHARED;
	if (verdict && verdict->reason && g_str_has_prefix(verdict->reason, "floor:"))
		return LAYER_SHARED;
	for (gsize i = 0; builder->packages->opaque && i < G_N_ELEMENTS(system); i++) {
		if (path_is_below(path, system[i]) && !path_is_below(path, "/usr/local"))
			return LAYER_SHARED;
	}
	return LAYER_APPLICATION;
}

static bool is_left_out(const struct builder *builder, const struct node *node, const char *path)
{
	const struct writable *writable = seal_writable_of(builder->seal, path);

	if (node->type == NODE_CHARACTER || node->type == NODE_BLOCK ||
	    path_is_below(path, "/.thresh") || seal_log_link(builder->seal, path) ||
	    !keepset_keeps(builder->input->keepset, path))
		return true;
	if (!writable)
		return false;
	/* The mount points are made for themselves, and what no seed holds init makes. */
	return !strcmp(path, writable->path) || writable->seed == SEED_NONE ||
	       unit_is_debris(builder->input->profile, path);
}

static bool take_node(struct node *source, const char *path, void *user)
{
	struct builder *builder = user;
	const struct writable *writable = seal_writable_of(builder->seal, path);
	g_autofree char *to = NULL;
	struct node *node;

	if (!source->parent || is_left_out(builder, source, path))
		return true;
	to = seal_production_path(builder->seal, path);
	node = tree_add(builder->production, to, source->type, &builder->error);
	if (!node)
		return false;
	node_copy_attributes(node, source);
	node->origin = source->type == NODE_FILE ? source : NULL;
	node->layer = layer_of(builder, path);
	if (writable) {
		node->layer = LAYER_THRESH;
		node->link_group = 0;
	}
	if (writable && is_copied(writable, path))
		mend_seed(builder, node);
	else
		mend(builder, node, source, path);
	return true;
}

static struct node *add_directory(struct builder *builder, const char *path, uint32_t mode)
{
	struct node *node = tree_lookup(builder->production, path);

	if (node && node->type == NODE_DIRECTORY)
		return node;
	node = tree_add(builder->production, path, NODE_DIRECTORY, &builder->error);
	if (!node)
		return NULL;
	node->mode = mode;
	node->layer = LAYER_THRESH;
	return node;
}

static bool add_bytes(struct builder *builder, const char *path, uint32_t mode, GBytes *bytes)
{
	struct node *node = tree_add(builder->production, path, NODE_FILE, &builder->error);
	gsize size;
	const void *data = g_bytes_get_data(bytes, &size);

	if (!node)
		return false;
	node->mode = mode;
	node->layer = LAYER_THRESH;
	node->size_bytes = size;
	node->bytes = g_bytes_ref(bytes);
	digest_of(data ? data : "", size, &node->digest);
	return true;
}

static bool add_text(struct builder *builder, const char *path, uint32_t mode, const char *text)
{
	g_autoptr(GBytes) bytes = g_bytes_new(text, strlen(text));

	return add_bytes(builder, path, mode, bytes);
}

/* A directory that the application owns: a mount point, or the root of a seed. */
static bool add_owned(struct builder *builder, const char *path, uint32_t mode)
{
	struct node *node = add_directory(builder, path, mode);

	if (!node)
		return false;
	node->mode = mode;
	node->uid = builder->seal->uid;
	node->gid = builder->seal->gid;
	node->layer = LAYER_THRESH;
	return true;
}

static bool add_mount_points(struct builder *builder)
{
	const GPtrArray *writables = builder->seal->writables;

	for (guint i = 0; i < writables->len; i++) {
		const struct writable *writable = writables->pdata[i];
		g_autofree char *parent = path_parent(writable->path);

		/* Inside another writable path the engine makes it. */
		if (!seal_writable_of(builder->seal, parent) &&
		    !add_owned(builder, writable->path, writable->mode))
			return false;
		if (writable->seed_path && !add_owned(builder, writable->seed_path, writable->mode))
			return false;
	}
	return true;
}

/* Engines make the working directory in a writable root; here it must be there before. */
static bool add_working_directory(struct builder *builder)
{
	const char *path = builder->input->image->config->working_directory;

	return tree_resolve(builder->production, path, true, NULL, NULL) ||
	       seal_writable_of(builder->seal, path) || add_directory(builder, path, 0755);
}

static bool add_log_links(struct builder *builder)
{
	const GPtrArray *logs = builder->seal->log_links;

	for (guint i = 0; i < logs->len; i++) {
		const struct log_link *log = logs->pdata[i];
		g_autofree char *path = seal_production_path(builder->seal, log->path);
		struct node *node =
			tree_add(builder->production, path, NODE_SYMLINK, &builder->error);

		if (!node)
			return false;
		node->mode = 0777;
		node->layer = LAYER_THRESH;
		node->target = g_strdup(log->standard_error ? "/dev/stderr" : "/dev/stdout");
	}
	return true;
}

/* Called by the name of a shell, thresh-init is the exec broker (docs/plan.md, `command`). */
static bool add_shell_links(struct builder *builder)
{
	const GPtrArray *links = builder->seal->shell_links;

	for (guint i = 0; i < links->len; i++) {
		struct node *node = tree_add(builder->production, links->pdata[i], NODE_SYMLINK,
					     &builder->error);

		if (!node)
			return false;
		node->mode = 0777;
		node->layer = LAYER_THRESH;
		node->target = g_strdup(SEAL_INIT_PATH);
	}
	return true;
}

/* What engines mount over or bind into a root that is read-only when they look: must be there. */
static bool add_engine_places(struct builder *builder)
{
	static const char *const directories[] = {"/dev", "/proc", "/sys", "/run", "/etc"};
	static const char *const files[] = {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"};
	struct node *mtab;

	for (gsize i = 0; i < G_N_ELEMENTS(directories); i++) {
		if (!add_directory(builder, directories[i], 0755))
			return false;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		const struct node *node = tree_lookup(builder->production, files[i]);

		if ((!node || node->type != NODE_FILE) && !add_text(builder, files[i], 0644, ""))
			return false;
	}
	if (tree_lookup(builder->production, "/etc/mtab"))
		return true;
	mtab = tree_add(builder->production, "/etc/mtab", NODE_SYMLINK, &builder->error);
	if (!mtab)
		return false;
	mtab->mode = 0777;
	mtab->layer = LAYER_THRESH;
	mtab->target = g_strdup("/proc/mounts");
	return true;
}

/* Whether thresh-init will take the plan: what it would refuse at every start of the image is
 * found out here. */
static bool check_plan(const char *text, GError **error)
{
	g_autofree struct plan *plan = g_new(struct plan, 1);
	g_autofree char *copy = g_strdup(text); /* is decoded in place */
	struct plan_error wrong;

	if (plan_parse(copy, strlen(text), plan, &wrong))
		return true;
	return error_set(error, THRESH_ERROR_INPUT, "the init plan, line %u: %s", wrong.line,
			 wrong.text);
}

static bool add_init(struct builder *builder)
{
	const char *path = builder->input->options->init_path;
	g_autofree char *data = NULL;
	g_autoptr(GBytes) bytes = NULL;
	g_autoptr(GBytes) filter = NULL;
	g_autofree char *plan = seal_plan(builder->seal);
	gsize size;

	if (!g_file_get_contents(path, &data, &size, &builder->error)) {
		g_prefix_error(&builder->error, "thresh-init: ");
		return false;
	}
	if (size == 0 || size > INIT_MAX_BYTES)
		return error_set(&builder->error, THRESH_ERROR_INTERNAL,
				 "thresh-init: %s is no program of thresh", path);
	bytes = g_bytes_new_take(g_steal_pointer(&data), size);
	filter = syscall_policy_compile(builder->seal->syscalls, &builder->error);
	return filter && check_plan(plan, &builder->error) &&
	       add_directory(builder, "/.thresh", 0755) &&
	       add_bytes(builder, SEAL_INIT_PATH, 0555, bytes) &&
	       add_text(builder, SEAL_PLAN_PATH, 0444, plan) &&
	       add_bytes(builder, SEAL_SECCOMP_PATH, 0444, filter);
}

static void directories_layer(struct node *directory)
{
	g_autoptr(GPtrArray) children = node_children(directory);
	uint32_t layer = LAYER_THRESH;

	for (guint i = 0; i < children->len; i++) {
		struct node *child = children->pdata[i];

		if (child->type == NODE_DIRECTORY)
			directories_layer(child);
		layer = MIN(layer, child->layer);
	}
	if (children->len > 0)
		directory->layer = layer;
}

static bool build(struct builder *builder)
{
	const struct tree *source = builder->input->tree;
	struct node *root = builder->production->root;

	node_copy_attributes(root, source->root);
	mend(builder, root, source->root, "/");
	builder->production->next_link_group = source->next_link_group;
	if (!node_walk(source->root, take_node, builder) || !add_mount_points(builder) ||
	    !add_working_directory(builder) || !add_log_links(builder) ||
	    !add_shell_links(builder) || !add_engine_places(builder) ||
	    !seal_add_users(builder->seal, source, builder->production, &builder->error) ||
	    !seal_add_packages(builder->seal, builder->packages, builder->production,
			       &builder->error) ||
	    !add_init(builder))
		return false;
	directories_layer(root);
	return true;
}

struct tree *seal_build(const struct seal *seal, const struct seal_input *input, GError **error)
{
	autotree struct tree *production = tree_new();
	autopackages struct package_db *packages = package_db_load(input->tree);
	struct builder builder = {.seal = seal,
				  .input = input,
				  .production = production,
				  .packages = packages,
				  .from_root = seal_started_as_root(input)};

	if (!build(&builder)) {
		g_propagate_error(error, builder.error);
		return NULL;
	}
	return g_steal_pointer(&production);
}
