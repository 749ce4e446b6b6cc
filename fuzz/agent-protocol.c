/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's stream, as cut into records, and what the resolver makes of them. */
#include "trace/resolver.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static struct tree *small_tree(void)
{
	static const char *const directories[] = {"/bin", "/dir/sub"};
	static const char *const files[] = {"/bin/program", "/dir/file", "/dir/sub/file"};
	static const char *const links[][2] = {
		{"/link", "dir"}, {"/loop", "/loop"}, {"/dir/up", "../bin/program"}};
	struct tree *tree = tree_new();

	for (guint i = 0; i < G_N_ELEMENTS(directories); i++)
		tree_add(tree, directories[i], NODE_DIRECTORY, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(files); i++)
		tree_add(tree, files[i], NODE_FILE, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(links); i++)
		tree_add(tree, links[i][0], NODE_SYMLINK, NULL)->target = g_strdup(links[i][1]);
	return tree;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
	autotree struct tree *tree = small_tree();
	g_autoptr(GPtrArray) writable = g_ptr_array_new();
	struct recorder_options options = {.tree = tree, .original = tree, .writable = writable};
	struct resolver *resolver = resolver_new(&options);
	struct stream *stream = stream_new(resolver_handle, resolver);
	size_t half = size_bytes / 2;
	uint64_t lost;

	g_ptr_array_add(writable, (gpointer) "/dir");
	if (stream_feed(stream, data, half, NULL))
		stream_feed(stream, data + half, size_bytes - half, NULL);
	stream_is_complete(stream, &lost);
	resolver_profile(resolver);
	stream_free(stream);
	resolver_free(resolver);
	return 0;
}
