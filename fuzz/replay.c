/* SPDX-License-Identifier: Apache-2.0 */
/* Replays a corpus: calls the fuzz target once for each file in the directories given. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void replay_file(const char *directory, const char *name)
{
	char path[4096];
	FILE *file;
	uint8_t *data;
	long size;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "rb");
	if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
		perror(path);
		exit(1);
	}
	rewind(file);
	data = malloc((size_t)size + 1);
	if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) {
		perror(path);
		exit(1);
	}
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	fclose(file);
}

int main(int argc, char **argv)
{
	unsigned int count = 0;

	for (int i = 1; i < argc; i++) {
		DIR *directory = opendir(argv[i]);
		struct dirent *entry;

		if (!directory) {
			perror(argv[i]);
			return 1;
		}
		while ((entry = readdir(directory))) {
			if (entry->d_name[0] == '.')
				continue;
			replay_file(argv[i], entry->d_name);
			count++;
		}
		closedir(directory);
	}
	printf("%u inputs replayed\n", count);
	return count == 0;
}
