/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/vex.h"

#include "base/sorted.h"
#include "evidence/ecosystem.h"

#include <string.h>

#define NOTE_NOTHING "None of the files that it had in the source image is in this image."
#define NOTE_DATA                                                                                  \
	"Of its files in the source image data and documents are left; none of its programs, "     \
	"libraries, scripts and modules is in this image."

/* What is found of one vulnerability in one package. */
struct finding {
	const struct advisory *advisory;
	const struct vex_package *package;
	GPtrArray *names; /* char *: names of the same, sorted */
	enum vex_status status;
	char *note, *action;
};

struct making {
	struct vex *vex;
	const struct presence *presence;
	GHashTable *by_key;  /* char *key → GPtrArray * of const struct advisory * */
	GHashTable *by_purl; /* const char *purl → struct vex_package * */
	GHashTable *by_name; /* "VULNERABILITY\nPURL" → struct finding *, borrowed */
	GPtrArray *findings; /* struct finding * */
};

static void vex_file_free(void *data)
{
	struct vex_file *file = data;

	g_free(file->path);
	g_free(file);
}

static void vex_package_free(void *data)
{
	struct vex_package *package = data;

	g_ptr_array_unref(package->gone);
	g_free(package);
}

static void statement_free(void *data)
{
	struct vex_statement *statement = data;

	g_free(statement->vulnerability);
	g_ptr_array_unref(statement->aliases);
	g_free(statement->note);
	g_free(statement->action);
	g_ptr_array_unref(statement->packages);
	g_free(statement);
}

static void finding_free(void *data)
{
	struct finding *finding = data;

	g_ptr_array_unref(finding->names);
	g_free(finding->note);
	g_free(finding->action);
	g_free(finding);
}

/* --- packages ------------------------------------------------------------------------------------
 */

static void add_gone(struct vex_package *package, const struct inventory *source,
		     const struct component *component, bool code)
{
	g_autoptr(GPtrArray) nodes = component_nodes(source, component);

	for (guint i = 0; i < nodes->len; i++) {
		const struct node *node = nodes->pdata[i];
		struct vex_file *file;

		if (node->type != NODE_FILE || (code && !node_is_code(source->tree, node)))
			continue;
		file = g_new0(struct vex_file, 1);
		file->path = node_path(node);
		file->is_code = code;
		file->digest = node->digest;
		g_ptr_array_add(package->gone, file);
	}
}

static void note_gone(struct vex_package *package, const struct inventory *source,
		      const struct component *component)
{
	guint before = package->gone->len;

	add_gone(package, source, component, true);
	if (package->gone->len == before && package->left == LEFT_NOTHING)
		add_gone(package, source, component, false);
}

/* The package of @component; of several with one package URL (a Node package that lies in two
 * places) the one of which most is left counts. */
static struct vex_package *package_of(struct making *making, const struct component *component)
{
	const struct inventory *source = making->vex->input->source;
	struct vex_package *package = g_hash_table_lookup(making->by_purl, component->purl);
	enum component_left left = presence_of(making->presence, source, component);

	if (!package) {
		package = g_new0(struct vex_package, 1);
		package->component = component;
		package->sealed = presence_component(making->presence, component);
		package->gone = g_ptr_array_new_with_free_func(vex_file_free);
		g_ptr_array_add(making->vex->packages, package);
		g_hash_table_insert(making->by_purl, component->purl, package);
	}
	package->left = MAX(package->left, left);
	if (package->left <= LEFT_DATA)
		note_gone(package, source, component);
	else
		g_ptr_array_set_size(package->gone, 0);
	return package;
}

/* --- findings ------------------------------------------------------------------------------------
 */

/* "openssl 3.0.9-1": what the data speak of. Caller frees. */
static char *describe(const struct advisory *advisory, const char *version)
{
	return g_strdup_printf("%s %s", advisory->package,
			       *version ? version : "of unknown version");
}

static void set_affected(struct finding *finding, const char *what, const char *fix)
{
	finding->note =
		g_strdup_printf("%s has the defect by the data of %s, and is in this image.", what,
				finding->advisory->file->name);
	finding->action =
		fix ? g_strdup_printf("Update %s to %s or later in the source image, and harden it "
				      "again.",
				      finding->advisory->package, fix)
		    : g_strdup_printf("No version of %s with the fix is in the data: harden again "
				      "with one, or see what its vendor advises.",
				      finding->advisory->package);
}

/* False where there is nothing to say: the source never had the defect, or what has the fix is gone
 * anyway. */
static bool judge(struct finding *finding, const char *version)
{
	const char *fix;
	enum advisory_answer answer = advisory_judge(finding->advisory, version, &fix);
	enum component_left left = finding->package->left;
	g_autofree char *what = describe(finding->advisory, version);

	if (answer == ADVISORY_UNAFFECTED || (answer == ADVISORY_FIXED && left != LEFT_CODE))
		return false;
	if (answer == ADVISORY_FIXED) {
		finding->status = VEX_FIXED;
		finding->note = g_strdup_printf("%s has the fix by the data of %s.", what,
						finding->advisory->file->name);
	} else if (left <= LEFT_DATA) {
		finding->status = VEX_NOT_AFFECTED;
		finding->note = g_strdup(left == LEFT_NOTHING ? NOTE_NOTHING : NOTE_DATA);
	} else if (answer == ADVISORY_APPLIES && left == LEFT_CODE) {
		finding->status = VEX_AFFECTED;
		set_affected(finding, what, fix);
	} else {
		finding->status = VEX_UNDER_INVESTIGATION;
		finding->note = g_strdup_printf(
			answer == ADVISORY_APPLIES
				? "Which files %s had in the source image is not known."
				: "Whether %s has the defect is not decided by the data.",
			what);
	}
	return true;
}

static void add_names(GPtrArray *names, const GPtrArray *more)
{
	for (guint i = 0; i < more->len; i++) {
		if (!g_ptr_array_find_with_equal_func(names, more->pdata[i], g_str_equal, NULL))
			g_ptr_array_add(names, g_strdup(more->pdata[i]));
	}
	g_ptr_array_sort(names, text_compare);
}

/* Takes @finding. Of two on the same thing the worse counts, under the names of both. */
static void add_finding(struct making *making, struct finding *finding)
{
	g_autofree char *key =
		g_strconcat(finding->advisory->name, "\n", finding->package->component->purl, NULL);
	struct finding *known = g_hash_table_lookup(making->by_name, key);

	if (!known) {
		g_hash_table_insert(making->by_name, g_steal_pointer(&key), finding);
		g_ptr_array_add(making->findings, finding);
		return;
	}
	add_names(known->names, finding->names);
	if (finding->status > known->status) {
		known->advisory = finding->advisory;
		known->status = finding->status;
		g_free(known->note);
		g_free(known->action);
		known->note = g_steal_pointer(&finding->note);
		known->action = g_steal_pointer(&finding->action);
	}
	finding_free(finding);
}

static void find(struct making *making, gsize index, const struct ecosystem_package *names,
		 const struct vex_package *package)
{
	const GPtrArray *advisories = g_hash_table_lookup(making->by_key, names->keys[index]);

	for (guint i = 0; advisories && i < advisories->len; i++) {
		const struct advisory *advisory = advisories->pdata[i];
		struct finding *finding;

		if (!ecosystem_is_release(names, advisory->release))
			continue;
		finding = g_new0(struct finding, 1);
		finding->advisory = advisory;
		finding->package = package;
		finding->names = g_ptr_array_new_with_free_func(g_free);
		add_names(finding->names, advisory->aliases);
		if (judge(finding, ecosystem_version(names, index, advisory)))
			add_finding(making, finding);
		else
			finding_free(finding);
	}
}

static void each_component(struct making *making,
			   void (*each)(struct making *making, const struct component *component,
					const struct ecosystem_package *names))
{
	const struct inventory *source = making->vex->input->source;

	for (guint i = 0; i < source->components->len; i++) {
		const struct component *component = source->components->pdata[i];
		struct ecosystem_package names;

		if (!component->purl ||
		    !ecosystem_package_of(component, &source->distribution, &names))
			continue;
		each(making, component, &names);
		ecosystem_package_clear(&names);
	}
}

/* First all packages, since what is left of one is known when all of its places were looked at. */
static void look_at_package(struct making *making, const struct component *component,
			    const struct ecosystem_package *names)
{
	for (gsize i = 0; i < G_N_ELEMENTS(names->keys) && names->keys[i]; i++) {
		if (g_hash_table_contains(making->by_key, names->keys[i])) {
			package_of(making, component);
			return;
		}
	}
}

static void look_at_advisories(struct making *making, const struct component *component,
			       const struct ecosystem_package *names)
{
	for (gsize i = 0; i < G_N_ELEMENTS(names->keys) && names->keys[i]; i++)
		find(making, i, names, g_hash_table_lookup(making->by_purl, component->purl));
}

/* --- statements ----------------------------------------------------------------------------------
 */

static int compare_findings(gconstpointer a, gconstpointer b)
{
	const struct finding *const *left = a, *const *right = b;
	int order = strcmp((*left)->advisory->name, (*right)->advisory->name);

	if (order == 0)
		order = (int)(*left)->status - (int)(*right)->status;
	if (order == 0)
		order = strcmp((*left)->note, (*right)->note);
	if (order == 0)
		order = g_strcmp0((*left)->action, (*right)->action);
	return order ? order
		     : strcmp((*left)->package->component->purl,
			      (*right)->package->component->purl);
}

static bool is_of(const struct vex_statement *statement, const struct finding *finding)
{
	return !strcmp(statement->vulnerability, finding->advisory->name) &&
	       statement->status == finding->status && !strcmp(statement->note, finding->note) &&
	       g_strcmp0(statement->action, finding->action) == 0;
}

static struct vex_statement *statement_new_of(const struct finding *finding)
{
	struct vex_statement *statement = g_new0(struct vex_statement, 1);

	statement->vulnerability = g_strdup(finding->advisory->name);
	statement->aliases = g_ptr_array_new_with_free_func(g_free);
	statement->source = finding->advisory->file->source;
	statement->status = finding->status;
	statement->left = finding->package->left;
	statement->note = g_strdup(finding->note);
	statement->action = g_strdup(finding->action);
	statement->packages = g_ptr_array_new();
	return statement;
}

static void make_statements(struct making *making)
{
	GPtrArray *statements = making->vex->statements;
	struct vex_statement *last = NULL;

	g_ptr_array_sort(making->findings, compare_findings);
	for (guint i = 0; i < making->findings->len; i++) {
		const struct finding *finding = making->findings->pdata[i];

		if (!last || !is_of(last, finding)) {
			last = statement_new_of(finding);
			g_ptr_array_add(statements, last);
		}
		add_names(last->aliases, finding->names);
		g_ptr_array_add(last->packages, (gpointer)finding->package);
	}
}

/* Packages of which nothing is said are not listed. */
static void forget_packages(struct vex *vex)
{
	g_autoptr(GHashTable) said = g_hash_table_new(NULL, NULL);

	for (guint i = 0; i < vex->statements->len; i++) {
		const struct vex_statement *statement = vex->statements->pdata[i];

		for (guint j = 0; j < statement->packages->len; j++)
			g_hash_table_add(said, statement->packages->pdata[j]);
	}
	for (guint i = vex->packages->len; i > 0; i--) {
		if (!g_hash_table_contains(said, vex->packages->pdata[i - 1]))
			g_ptr_array_remove_index(vex->packages, i - 1);
	}
}

/* --- the whole -----------------------------------------------------------------------------------
 */

static void array_free(void *data)
{
	g_ptr_array_unref(data);
}

static GHashTable *index_advisories(const struct vulnerabilities *data)
{
	GHashTable *index = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, array_free);

	for (guint i = 0; i < data->advisories->len; i++) {
		struct advisory *advisory = data->advisories->pdata[i];
		g_autofree char *key = vulnerability_key(advisory->ecosystem, advisory->package);
		GPtrArray *of_key = g_hash_table_lookup(index, key);

		if (!of_key) {
			of_key = g_ptr_array_new();
			g_hash_table_insert(index, g_steal_pointer(&key), of_key);
		}
		g_ptr_array_add(of_key, advisory);
	}
	return index;
}

GHashTable *vex_wanted(const struct inventory *source)
{
	GHashTable *wanted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < source->components->len; i++) {
		struct ecosystem_package names;

		if (!ecosystem_package_of(source->components->pdata[i], &source->distribution,
					  &names))
			continue;
		for (gsize j = 0; j < G_N_ELEMENTS(names.keys) && names.keys[j]; j++)
			g_hash_table_add(wanted, g_strdup(names.keys[j]));
		ecosystem_package_clear(&names);
	}
	return wanted;
}

struct vex *vex_new(const struct vex_input *input)
{
	autoseal struct seal *seal = seal_from_config(input->image->config, NULL);
	autopresence struct presence *presence = presence_new(input->sealed, seal);
	struct vex *vex = g_new0(struct vex, 1);
	struct making making = {.vex = vex, .presence = presence};

	vex->input = input;
	vex->packages = g_ptr_array_new_with_free_func(vex_package_free);
	vex->statements = g_ptr_array_new_with_free_func(statement_free);
	making.by_key = index_advisories(input->data);
	making.by_purl = g_hash_table_new(g_str_hash, g_str_equal);
	making.by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	making.findings = g_ptr_array_new_with_free_func(finding_free);
	each_component(&making, look_at_package);
	each_component(&making, look_at_advisories);
	make_statements(&making);
	forget_packages(vex);
	g_ptr_array_unref(making.findings);
	g_hash_table_unref(making.by_name);
	g_hash_table_unref(making.by_purl);
	g_hash_table_unref(making.by_key);
	return vex;
}

void vex_free(struct vex *vex)
{
	if (!vex)
		return;
	g_ptr_array_unref(vex->statements);
	g_ptr_array_unref(vex->packages);
	g_free(vex);
}

void vex_cleanup(struct vex **vex)
{
	vex_free(*vex);
}

const char *vex_status_name(enum vex_status status)
{
	static const char *const names[] = {
		[VEX_FIXED] = "fixed",
		[VEX_NOT_AFFECTED] = "not_affected",
		[VEX_UNDER_INVESTIGATION] = "under_investigation",
		[VEX_AFFECTED] = "affected",
	};

	return names[status];
}

char *vex_describe(const struct vex *vex)
{
	guint counts[VEX_AFFECTED + 1] = {0};

	for (guint i = 0; i < vex->statements->len; i++) {
		const struct vex_statement *statement = vex->statements->pdata[i];

		counts[statement->status] += statement->packages->len;
	}
	return g_strdup_printf("%u not affected, %u affected, %u fixed, %u under investigation",
			       counts[VEX_NOT_AFFECTED], counts[VEX_AFFECTED], counts[VEX_FIXED],
			       counts[VEX_UNDER_INVESTIGATION]);
}
