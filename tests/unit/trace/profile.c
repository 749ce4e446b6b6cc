/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/profile.h"

#include "trace/redact.h"

#include <string.h>

/* A profile that depends on the random numbers alone; few distinct values, so that profiles
 * overlap. */
static struct profile *random_profile(GRand *random)
{
	static const char *const names[] = {"read", "open", "stat", "futex"};
	static const char *const arches[] = {"x86_64", "x86"};
	struct profile *profile = profile_new();
	gint32 count = g_rand_int_range(random, 0, 12);

	for (gint32 i = 0; i < count; i++) {
		g_autofree char *path = g_strdup_printf("/d/%d", g_rand_int_range(random, 0, 8));
		const char *argv[] = {path, "\xff\x01%", NULL};
		struct path_use *use;

		profile_add_path(profile, path, 1u << g_rand_int_range(random, 0, 17));
		use = g_hash_table_lookup(profile->paths, path);
		use->peak_bytes = (uint64_t)g_rand_int_range(random, 0, 5);
		profile_set_peak(profile, path, (uint64_t)g_rand_int_range(random, 0, 9));
		profile_add_syscall(profile, arches[g_rand_int_range(random, 0, 2)],
				    names[g_rand_int_range(random, 0, 4)]);
		profile_add_refused_syscall(profile, arches[g_rand_int_range(random, 0, 2)],
					    names[g_rand_int_range(random, 0, 4)]);
		profile_add_listener(profile, g_rand_boolean(random) ? "tcp" : "udp",
				     "::", (uint16_t)g_rand_int_range(random, 0, 4));
		profile_add_command(profile, path, argv, g_rand_boolean(random))->run =
			(uint8_t)g_rand_int_range(random, 0, 3);
		g_hash_table_add(profile->capabilities,
				 g_strdup(g_rand_boolean(random) ? "CAP_CHOWN" : "CAP_SETUID"));
	}
	if (g_rand_boolean(random)) {
		profile_set_dropped(profile, (uint32_t)g_rand_int_range(random, 1, 3),
				    (uint32_t)g_rand_int_range(random, 1, 3));
		profile_add_dropped_group(profile, (uint32_t)g_rand_int_range(random, 1, 9));
		profile_add_dropped_group(profile, (uint32_t)g_rand_int_range(random, 1, 9));
	}
	if (g_rand_boolean(random))
		profile->image_digest.bytes[0] = 1;
	if (g_rand_boolean(random)) {
		g_free(profile->architecture);
		profile->architecture = g_strdup("amd64");
	}
	profile->io_uring = g_rand_boolean(random);
	profile->setgroups_called = g_rand_boolean(random);
	profile->stop_unhandled = g_rand_boolean(random);
	profile->own_listener = g_rand_boolean(random);
	profile->runs = (uint64_t)g_rand_int_range(random, 0, 5);
	profile->lost_events = (uint64_t)g_rand_int_range(random, 0, 3);
	return profile;
}

static char *text_of(const struct profile *profile)
{
	autojson json_t *json = profile_to_json(profile);

	return json_format_canonical(json);
}

/* A new profile with all of these (NULL-terminated) merged in order. */
static char *merged(const struct profile *const *parts)
{
	autoprofile struct profile *result = profile_new();

	for (; *parts; parts++)
		g_assert_true(profile_merge(result, *parts, NULL));
	return text_of(result);
}

static void test_merge(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(42);

	for (int i = 0; i < 300; i++) {
		autoprofile struct profile *a = random_profile(random);
		autoprofile struct profile *b = random_profile(random);
		autoprofile struct profile *c = random_profile(random);
		autoprofile struct profile *bc = profile_new();
		g_autofree char *ab = merged((const struct profile *[]){a, b, NULL});
		g_autofree char *ba = merged((const struct profile *[]){b, a, NULL});
		g_autofree char *abc = merged((const struct profile *[]){a, b, c, NULL});
		g_autofree char *aa = merged((const struct profile *[]){a, a, NULL});
		g_autofree char *only = text_of(a);
		g_autofree char *grouped = NULL;

		g_assert_true(profile_merge(bc, c, NULL));
		g_assert_true(profile_merge(bc, b, NULL));
		grouped = merged((const struct profile *[]){a, bc, NULL});
		g_assert_cmpstr(ab, ==, ba);
		g_assert_cmpstr(abc, ==, grouped);
		g_assert_cmpstr(aa, ==, only);
	}
}

/* What is in both runs is of no one run; nor is what another trace had in another. */
static void test_runs(void)
{
	static const char *const same[] = {"sh", "-c", "id", NULL};
	static const char *const once[] = {"sh", "-c", "id 7", NULL};
	autoprofile struct profile *first = profile_new(), *second = profile_new(),
				   *merged = profile_new();

	profile_add_command(first, "/bin/sh", same, true);
	profile_add_command(second, "/bin/sh", same, true);
	profile_add_command(second, "/bin/sh", once, true);
	g_assert_true(profile_merge(merged, first, NULL) && profile_merge(merged, second, NULL));
	profile_mark_runs(merged, first, second);
	g_assert_cmpuint(merged->commands->len, ==, 2);
	g_assert_cmpuint(((struct command *)merged->commands->pdata[0])->run, ==, 0);
	g_assert_cmpuint(((struct command *)merged->commands->pdata[1])->run, ==, 2);
	g_assert_true(profile_merge(merged, second, NULL));
	g_assert_cmpuint(((struct command *)merged->commands->pdata[1])->run, ==, 0);
}

static void test_merge_refused(void)
{
	autoprofile struct profile *a = profile_new();
	autoprofile struct profile *b = profile_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	a->image_digest.bytes[0] = 1;
	b->image_digest.bytes[0] = 2;
	profile_add_path(b, "/x", PATH_OPEN);
	before = text_of(a);
	g_assert_false(profile_merge(a, b, &error));
	g_assert_nonnull(strstr(error->message, "different images"));
	after = text_of(a);
	g_assert_cmpstr(before, ==, after);
}

static void test_round_trip(void)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(7);

	for (int i = 0; i < 200; i++) {
		autoprofile struct profile *profile = random_profile(random);
		autoprofile struct profile *again = NULL;
		g_autoptr(GError) error = NULL;
		autojson json_t *json = profile_to_json(profile);
		g_autofree char *text = json_format_canonical(json);
		g_autofree char *text_again = NULL;

		again = profile_from_json(json, &error);
		g_assert_no_error(error);
		text_again = text_of(again);
		g_assert_cmpstr(text, ==, text_again);
	}
}

static void test_bytes(void)
{
	static const char *const paths[] = {"/a%b", "/\xff\xfe",
					    "/sm\xc3\xb8rrebr\xc3\xb8"
					    "d",
					    "/new\nline", "/\"q\"\\"};
	autoprofile struct profile *profile = profile_new();
	autoprofile struct profile *again = NULL;
	autojson json_t *json = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(paths); i++)
		profile_add_path(profile, paths[i], PATH_OPEN | PATH_NONAPPEND);
	json = profile_to_json(profile);
	again = profile_from_json(json, NULL);
	g_assert_nonnull(again);
	for (guint i = 0; i < G_N_ELEMENTS(paths); i++)
		g_assert_cmphex(profile_path_classes(again, paths[i]), ==,
				PATH_OPEN | PATH_NONAPPEND);
}

/* One member of a good profile, replaced: what the error says. */
static const struct {
	const char *member, *value, *message;
} bad[] = {
	{"version", "2", "version 2 is not known"},
	{"format", "\"other\"", "not a profile"},
	{"image", "\"sha256:00\"", "digest"},
	{"image", "7", "neither a digest nor null"},
	{"unknown", "1", "unknown member \"unknown\""},
	{"paths", "[]", "paths: is not an object"},
	{"paths", "{\"relative\":{\"classes\":[]}}", "clean absolute path"},
	{"paths", "{\"/a/../b\":{\"classes\":[]}}", "clean absolute path"},
	{"paths", "{\"/a%41\":{\"classes\":[]}}", "clean absolute path"},
	{"paths", "{\"/a%0\":{\"classes\":[]}}", "clean absolute path"},
	{"paths", "{\"/a\":{\"classes\":[\"fly\"]}}", "unknown class"},
	{"paths", "{\"/a\":{}}", "\"classes\" is missing"},
	{"paths", "{\"/a\":{\"classes\":[],\"size\":1}}", "unknown member \"size\""},
	{"paths", "{\"/a\":{\"classes\":[],\"peak_bytes\":-1}}", "not a number in range"},
	{"syscalls", "{\"vax\":[]}", "unknown architecture"},
	{"syscalls", "{\"x86_64\":[1]}", "not a string"},
	{"listeners", "[{\"family\":\"tcp\",\"address\":\"::\",\"port\":65536}]",
	 "number in range"},
	{"listeners", "[{\"family\":\"ipx\",\"address\":\"::\",\"port\":1}]", "unknown family"},
	{"commands", "[{\"path\":\"/x\",\"argv\":[],\"child\":1}]", "neither true nor false"},
	{"commands", "[{\"path\":\"/x\",\"argv\":\"\",\"child\":true}]", "\"argv\""},
	{"commands", "[1]", "not an object"},
	{"commands", "[{\"path\":\"/x\",\"argv\":[],\"child\":true,\"run\":3}]",
	 "not a number in range"},
	{"dropped", "{\"uid\":1}", "\"gid\" is missing"},
	{"dropped", "{\"uid\":1,\"gid\":1,\"groups\":[-1]}", "number in range"},
	{"dropped", "{\"uid\":1,\"gid\":1,\"groups\":1}", "not an array"},
	{"dropped", "{\"uid\":4294967295,\"gid\":1}", "number in range"},
	{"io_uring", "0", "neither true nor false"},
	{"runs", "-1", "number in range"},
	{"runs", "1.5", "number in range"},
	{"capabilities", "{}", "not an array"},
	{"writable_peaks", "{\"/a\":\"1\"}", "number in range"},
};

static void test_bad(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		autoprofile struct profile *profile = profile_new();
		autojson json_t *json = profile_to_json(profile);
		g_autoptr(GError) error = NULL;
		json_t *value = json_loads(bad[i].value, JSON_DECODE_ANY, NULL);

		g_assert_nonnull(value);
		json_object_set_new(json, bad[i].member, value);
		g_assert_null(profile_from_json(json, &error));
		if (!strstr(error->message, bad[i].message))
			g_error("%s %s: %s", bad[i].member, bad[i].value, error->message);
	}
}

static void test_missing_members(void)
{
	autoprofile struct profile *profile = profile_new();
	autojson json_t *json = profile_to_json(profile);
	const char *key;
	json_t *value;

	json_object_foreach (json, key, value) {
		autojson json_t *copy = json_copy(json);
		g_autoptr(GError) error = NULL;

		json_object_del(copy, key);
		g_assert_null(profile_from_json(copy, &error));
		g_assert_nonnull(error);
	}
}

static void test_redact(void)
{
	struct redaction list[] = {{(char *)"SHORT", (char *)"a"},
				   {(char *)"KEY", (char *)"secret"},
				   {(char *)"LONG", (char *)"secret-two"},
				   {(char *)"EMPTY", (char *)""}};
	static const struct {
		const char *text, *expected;
	} table[] = {
		{"--key=secret", "--key=${KEY}"},
		{"secret-two,secret", "${LONG},${KEY}"},
		{"a", "${SHORT}"},
		{"x=a", "x=${SHORT}"},
		{"banana", "banana"},
		{"", ""},
	};
	g_autoptr(GPtrArray) redactions = g_ptr_array_new();

	for (guint i = 0; i < G_N_ELEMENTS(list); i++)
		g_ptr_array_add(redactions, &list[i]);
	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *text = redact_text(table[i].text, redactions);

		g_assert_cmpstr(text, ==, table[i].expected);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/trace/profile/merge", test_merge);
	g_test_add_func("/trace/profile/runs", test_runs);
	g_test_add_func("/trace/profile/merge-refused", test_merge_refused);
	g_test_add_func("/trace/profile/round-trip", test_round_trip);
	g_test_add_func("/trace/profile/bytes", test_bytes);
	g_test_add_func("/trace/profile/bad", test_bad);
	g_test_add_func("/trace/profile/missing-members", test_missing_members);
	g_test_add_func("/trace/profile/redact", test_redact);
	return g_test_run();
}
