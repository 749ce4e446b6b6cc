/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/leak.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/path.h"
#include "harden/secret_forms.h"
#include "image/layer.h"
#include "image/tarreader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	CARRY_BYTES = SCANNER_MAX_BYTES - 1,
	BLOCK_BYTES = 1 << 18,
	DIGEST_LIKE_BYTES =
		12,     /* a shorter run of hexadecimal digits is in some digest by chance */
	DEPTH_MAX = 64, /* of JSON that is searched for a place */
};

struct value {
	char *name;
	bool is_secret;    /* else a variable */
	bool is_short_hex; /* counts as a whole word alone */
	GBytes *bytes;
	char *place;    /* of the first hit, or NULL */
	bool in_source; /* that place is the content of a file that the source image ships */
	bool is_known;  /* the source image, or thresh, has it anyway */
};

struct leaks {
	GPtrArray *values;       /* struct value * */
	struct scanner *scanner; /* ids: 2 * index, and one more where the value is plain */
};

/* One stretch of bytes that is searched, and what a hit in it means. */
struct search {
	struct leaks *leaks;
	const char *place;  /* NULL: hits are counted, and no more */
	bool from_source;   /* the content of a file of the source image */
	bool is_known_text; /* whatever is found here is no leak */
	const uint8_t *data;
	size_t size_bytes;
	bool open_start; /* bytes of the stream come before @data, or behind it */
	bool open_end;
	guint hits;
	uint64_t fed_bytes; /* of the stream so far */
	size_t carried;
	uint8_t carry[2 * CARRY_BYTES];
};

static void value_free(void *data)
{
	struct value *value = data;

	g_free(value->name);
	g_clear_pointer(&value->bytes, g_bytes_unref);
	g_free(value->place);
	g_free(value);
}

static bool is_short_hex(const char *text, size_t size_bytes)
{
	if (size_bytes >= DIGEST_LIKE_BYTES)
		return false;
	for (size_t i = 0; i < size_bytes; i++) {
		if (!g_ascii_isxdigit(text[i]))
			return false;
	}
	return true;
}

static void add_value(struct leaks *leaks, const char *name, bool is_secret, const void *data,
		      size_t size_bytes)
{
	size_t size = secret_trimmed_bytes(data, size_bytes);
	guint id = 2 * leaks->values->len;
	struct value *value;

	if (size < SCANNER_MIN_BYTES)
		return;
	value = g_new0(struct value, 1);
	value->name = g_strdup(name);
	value->is_secret = is_secret;
	value->is_short_hex = is_short_hex(data, size);
	value->bytes = g_bytes_new(data, size);
	g_ptr_array_add(leaks->values, value);
	secret_forms_add(leaks->scanner, data, size, id + 1, id);
}

static bool holds_text(const GPtrArray *texts, const char *text)
{
	return g_ptr_array_find_with_equal_func((GPtrArray *)texts, text, g_str_equal, NULL);
}

/* An absolute path says where the application writes (trace/redact.h); entrypoint.fixed is a
 * request for the value to be in the plan. */
static bool is_public(const struct harden_request *request, const struct redaction *entry)
{
	return entry->value[0] == '/' || holds_text(request->public_names, entry->name) ||
	       holds_text(request->entrypoint.fixed, entry->name);
}

struct leaks *leaks_new(const struct harden_request *request)
{
	struct leaks *leaks = g_new0(struct leaks, 1);

	leaks->values = g_ptr_array_new_with_free_func(value_free);
	leaks->scanner = scanner_new();
	for (guint i = 0; i < request->secrets->len; i++) {
		const struct secret_request *secret = request->secrets->pdata[i];
		gsize size;
		const void *data = g_bytes_get_data(secret->value, &size);

		add_value(leaks, secret->name, true, data, size);
	}
	for (guint i = 0; i < request->environment->len; i++) {
		const struct redaction *entry = request->environment->pdata[i];

		if (!is_public(request, entry))
			add_value(leaks, entry->name, false, entry->value, strlen(entry->value));
	}
	return leaks;
}

void leaks_free(struct leaks *leaks)
{
	if (!leaks)
		return;
	g_ptr_array_unref(leaks->values);
	scanner_free(leaks->scanner);
	g_free(leaks);
}

void leaks_cleanup(struct leaks **leaks)
{
	leaks_free(*leaks);
}

bool leaks_are_none(const struct leaks *leaks)
{
	return leaks->values->len == 0;
}

/* --- searching -----------------------------------------------------------------------------------
 */

/* At an open end it may be: the next look has what follows. */
static bool is_part_of_word(const struct search *search, size_t offset, size_t size_bytes)
{
	size_t end = offset + size_bytes;
	bool before = offset > 0 ? g_ascii_isalnum(search->data[offset - 1]) : search->open_start;
	bool behind =
		end < search->size_bytes ? g_ascii_isalnum(search->data[end]) : search->open_end;

	return before || behind;
}

static bool note_hit(guint id, size_t offset, void *user)
{
	struct search *search = user;
	struct value *value = search->leaks->values->pdata[id / 2];

	if (id % 2 == 1 && value->is_short_hex &&
	    is_part_of_word(search, offset, g_bytes_get_size(value->bytes)))
		return true;
	if (search->is_known_text) {
		value->is_known = true;
		return true;
	}
	if (search->from_source && !value->is_secret)
		return true;
	search->hits++;
	if (!value->place) {
		value->place = g_strdup(search->place);
		value->in_source = search->from_source;
	}
	return true;
}

static void scan(struct search *search, const void *data, size_t size_bytes)
{
	search->data = data;
	search->size_bytes = size_bytes;
	scanner_scan(search->leaks->scanner, data, size_bytes, note_hit, search);
}

/* What lies across two blocks is found in the end of one and the start of the other put together.
 */
static void scan_seam(struct search *search, const uint8_t *data, size_t size_bytes)
{
	size_t start = MIN(size_bytes, (size_t)CARRY_BYTES);

	memcpy(search->carry + search->carried, data, start);
	search->open_start = search->fed_bytes > search->carried;
	scan(search, search->carry, search->carried + start);
}

static void keep_end(struct search *search, const uint8_t *data, size_t size_bytes)
{
	size_t all = search->carried + MIN(size_bytes, (size_t)CARRY_BYTES);
	size_t kept = MIN(all, (size_t)CARRY_BYTES);

	if (size_bytes >= CARRY_BYTES)
		memcpy(search->carry, data + size_bytes - CARRY_BYTES, CARRY_BYTES);
	else
		memmove(search->carry, search->carry + all - kept, kept);
	search->carried = kept;
}

/* The next bytes of a stream; none: its end. */
static void feed(struct search *search, const uint8_t *data, size_t size_bytes)
{
	search->open_end = size_bytes > 0;
	scan_seam(search, size_bytes > 0 ? data : search->carry, size_bytes);
	if (size_bytes == 0)
		return;
	search->open_start = search->fed_bytes > 0;
	scan(search, data, size_bytes);
	keep_end(search, data, size_bytes);
	search->fed_bytes += size_bytes;
}

/* --- JSON ----------------------------------------------------------------------------------------
 */

/* Whether it holds one; the place is remembered where one is given. */
static bool search_bytes(struct leaks *leaks, const char *place, const void *data,
			 size_t size_bytes)
{
	struct search search = {.leaks = leaks, .place = place};

	scan(&search, data, size_bytes);
	return search.hits > 0;
}

void leaks_search_text(struct leaks *leaks, const char *place, const void *data, size_t size_bytes)
{
	search_bytes(leaks, place, data, size_bytes);
}

static void search_value(struct leaks *leaks, const char *place, const json_t *value, int depth);

/* A name that holds the value is not shown. */
static void search_member(struct leaks *leaks, const char *place, const char *name,
			  const json_t *value, int depth)
{
	g_autofree char *shown = g_strdup_printf("%s, a member's name", place);
	bool hidden = search_bytes(leaks, shown, name, strlen(name));
	g_autofree char *quoted = error_quote(name);
	g_autofree char *below =
		g_strconcat(place, depth == 1 ? ": " : ".", hidden ? "***" : quoted, NULL);

	search_value(leaks, below, value, depth);
}

static void search_value(struct leaks *leaks, const char *place, const json_t *value, int depth)
{
	const char *name;
	json_t *member;
	size_t index;

	if (depth > DEPTH_MAX)
		return;
	if (json_is_string(value))
		leaks_search_text(leaks, place, json_string_value(value),
				  json_string_length(value));
	json_object_foreach ((json_t *)value, name, member)
		search_member(leaks, place, name, member, depth + 1);
	json_array_foreach (value, index, member) {
		g_autofree char *below = g_strdup_printf("%s[%zu]", place, index);

		search_value(leaks, below, member, depth + 1);
	}
}

/* As a text first, which is what is written; member by member only for a better place. */
void leaks_search_json(struct leaks *leaks, const char *place, const json_t *json)
{
	g_autofree char *text = leaks_are_none(leaks) ? NULL : json_format_canonical(json);

	if (!text || !search_bytes(leaks, NULL, text, strlen(text)))
		return;
	search_value(leaks, place, json, 0);
	leaks_search_text(leaks, place, text, strlen(text));
}

/* --- layers --------------------------------------------------------------------------------------
 */

struct layer_walk {
	struct leaks *leaks;
	const struct tree *production;
	struct tar_reader *reader;
	uint32_t layer;
	uint64_t entries;
};

static bool next_block(void *user, const uint8_t **ret_data, size_t *ret_size_bytes, GError **error)
{
	return layer_stream_next(user, ret_data, ret_size_bytes, error);
}

static bool search_content(struct layer_walk *walk, const char *place, bool from_source,
			   GError **error)
{
	struct search search = {.leaks = walk->leaks, .place = place, .from_source = from_source};
	const uint8_t *data;
	size_t size;

	do {
		if (!tar_reader_data(walk->reader, &data, &size, error))
			return false;
		feed(&search, data, size);
	} while (size > 0);
	return true;
}

static void search_xattrs(struct leaks *leaks, const char *place, const GPtrArray *xattrs)
{
	for (guint i = 0; xattrs && i < xattrs->len; i++) {
		const struct tar_xattr *xattr = xattrs->pdata[i];
		gsize size;
		const void *data = g_bytes_get_data(xattr->value, &size);

		leaks_search_text(leaks, place, xattr->name, strlen(xattr->name));
		leaks_search_text(leaks, place, data, size);
	}
}

/* A path that holds the value is not shown. */
static bool search_entry(struct layer_walk *walk, const struct tar_entry *entry, GError **error)
{
	g_autofree char *rooted = g_strconcat("/", entry->path, NULL);
	g_autofree char *path = path_clean(NULL, rooted), *quoted = error_quote(path);
	g_autofree char *numbered = g_strdup_printf(
		"layer %u: the path of its entry %" G_GUINT64_FORMAT, walk->layer, walk->entries);
	g_autofree char *named = g_strdup_printf("layer %u: %s", walk->layer, quoted);
	bool hidden = search_bytes(walk->leaks, numbered, entry->path, strlen(entry->path));
	const char *place = hidden ? numbered : named;
	const struct node *node = tree_lookup(walk->production, path);

	leaks_search_text(walk->leaks, place, entry->link, strlen(entry->link));
	search_xattrs(walk->leaks, place, entry->xattrs);
	return search_content(walk, place, node && node->origin, error);
}

static bool search_layer(struct leaks *leaks, const struct image *image, uint32_t index,
			 const struct tree *production, GError **error)
{
	autolayer struct layer_stream *stream = layer_stream_open(image, index, error);
	const struct tar_source source = {.next = next_block, .user = stream};
	autotar struct tar_reader *reader = stream ? tar_reader_new(&source) : NULL;
	struct layer_walk walk = {leaks, production, reader, index, 0};
	const struct tar_entry *entry;
	int got;

	if (!reader)
		return false;
	while ((got = tar_reader_next(reader, &entry, error)) > 0) {
		if (!search_entry(&walk, entry, error))
			return false;
		walk.entries++;
	}
	return got == 0;
}

bool leaks_search_image(struct leaks *leaks, const struct image *image,
			const struct tree *production, GError **error)
{
	if (leaks_are_none(leaks))
		return true;
	for (uint32_t i = 0; i < image->layer_count; i++) {
		if (!search_layer(leaks, image, i, production, error)) {
			g_prefix_error(error, "layer %u: ", i);
			return false;
		}
	}
	leaks_search_json(leaks, "config", image->config->json);
	leaks_search_json(leaks, "manifest", image->manifest);
	return true;
}

/* --- what is known anyway ------------------------------------------------------------------------
 */

/* Those of @leaks that were found, and are variables: to be looked for in what is no secret. */
static struct leaks *suspects_of(const struct leaks *leaks)
{
	struct leaks *suspects = g_new0(struct leaks, 1);

	suspects->values = g_ptr_array_new_with_free_func(value_free);
	suspects->scanner = scanner_new();
	for (guint i = 0; i < leaks->values->len; i++) {
		const struct value *value = leaks->values->pdata[i];

		if (value->place && !value->is_secret)
			add_value(suspects, value->name, false,
				  g_bytes_get_data(value->bytes, NULL),
				  g_bytes_get_size(value->bytes));
	}
	return suspects;
}

static bool search_known_file(struct leaks *suspects, int fd, const char *path, GError **error)
{
	struct search search = {.leaks = suspects, .is_known_text = true};
	g_autofree uint8_t *block = g_malloc(BLOCK_BYTES);
	ssize_t n;

	while ((n = read(fd, block, BLOCK_BYTES)) != 0) {
		if (n < 0 && errno != EINTR)
			return error_set_errno(error, THRESH_ERROR_INPUT, errno, "%s", path);
		if (n > 0)
			feed(&search, block, (size_t)n);
	}
	feed(&search, NULL, 0);
	return true;
}

static void search_known_text(struct leaks *suspects, const char *text)
{
	struct search search = {.leaks = suspects, .is_known_text = true};

	scan(&search, text, strlen(text));
}

struct known_walk {
	struct leaks *suspects;
	const struct tree *source;
	GError **error;
};

static bool search_known_node(struct node *node, const char *path, void *user)
{
	struct known_walk *walk = user;
	autofd int fd = -1;

	search_known_text(walk->suspects, path);
	if (node->target)
		search_known_text(walk->suspects, node->target);
	if (node->type != NODE_FILE)
		return true;
	fd = tree_open(walk->source, node, NULL, walk->error);
	return fd >= 0 && search_known_file(walk->suspects, fd, path, walk->error);
}

/* Names and constants of thresh's own, which its documents are made of. */
static bool search_programs(struct leaks *suspects, const struct harden_request *request,
			    GError **error)
{
	const char *programs[] = {"/proc/self/exe", request->agent_path, request->init_path};

	for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
		autofd int fd =
			programs[i] ? fd_open(AT_FDCWD, programs[i], O_RDONLY, 0, error) : -1;

		if (programs[i] && (fd < 0 || !search_known_file(suspects, fd, programs[i], error)))
			return false;
	}
	return true;
}

/* Looks through the whole source image; done only where something was found. */
static bool suspects_search(struct leaks *suspects, const struct session *session, GError **error)
{
	g_autofree char *config = json_format_canonical(session->image->config->json);
	struct known_walk walk = {suspects, session->rootfs->tree, error};

	search_known_text(suspects, config);
	return node_walk(session->rootfs->tree->root, search_known_node, &walk) &&
	       search_programs(suspects, session->request, error);
}

static bool is_known(const struct leaks *suspects, const char *name)
{
	for (guint i = 0; i < suspects->values->len; i++) {
		const struct value *value = suspects->values->pdata[i];

		if (!strcmp(value->name, name))
			return value->is_known;
	}
	return false;
}

/* --- the verdict ---------------------------------------------------------------------------------
 */

static bool leak_is_told(const struct value *value, GError **error)
{
	if (!value->is_secret)
		return error_set(
			error, THRESH_ERROR_INPUT,
			"the value of --env %s is in %s, so nothing was written; give it as "
			"--secret, or, if it is none, name the variable under `public` in "
			"thresh.yaml",
			value->name, value->place);
	if (value->in_source)
		return error_set(
			error, THRESH_ERROR_INPUT,
			"the secret %s is in %s, as the source image ships it, so nothing was "
			"written; build that image without it, and give out another secret",
			value->name, value->place);
	return error_set(error, THRESH_ERROR_INPUT,
			 "the secret %s is in %s, so nothing was written; let the application read "
			 "it from its file, and hand it on in no argument and no name",
			 value->name, value->place);
}

bool leaks_judge(struct leaks *leaks, const struct session *session, GError **error)
{
	autoleaks struct leaks *suspects = suspects_of(leaks);

	if (!leaks_are_none(suspects) && !suspects_search(suspects, session, error))
		return false;
	for (guint i = 0; i < leaks->values->len; i++) {
		const struct value *value = leaks->values->pdata[i];

		if (value->place && (value->is_secret || !is_known(suspects, value->name)))
			return leak_is_told(value, error);
	}
	return true;
}
