/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PROCMAP_QUERY
struct procmap_query {
	uint64_t size;
	uint64_t query_flags;
	uint64_t query_addr;
	uint64_t vma_start;
	uint64_t vma_end;
	uint64_t vma_flags;
	uint64_t vma_page_size;
	uint64_t vma_offset;
	uint64_t inode;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint32_t vma_name_size;
	uint32_t build_id_size;
	uint64_t vma_name_addr;
	uint64_t build_id_addr;
};
#define PROCMAP_QUERY _IOWR('f', 17, struct procmap_query) /* linux/fs.h, from 6.11 on */
#endif

ssize_t process_link(pid_t tid, const char *name, char *buffer, size_t size)
{
	char link[64];
	ssize_t bytes;

	snprintf(link, sizeof(link), "/proc/%d/%s", tid, name);
	bytes = readlink(link, buffer, size - 1);
	if (bytes < 0)
		return -1;
	buffer[bytes] = '\0';
	return bytes;
}

/* The content of /proc/TID/@name, ended with NUL; false where it cannot be read. */
static bool process_file(pid_t tid, const char *name, char *buffer, size_t size)
{
	char path[64];
	size_t have = 0;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (have < size - 1 && (got = read(fd, buffer + have, size - 1 - have)) > 0)
		have += (size_t)got;
	close(fd);
	buffer[have] = '\0';
	return have > 0;
}

/* The first number behind "\n@name:" and @skip further ones. */
static uint32_t status_number(const char *status, const char *name, int skip)
{
	const char *at = strstr(status, name);
	char *end;
	unsigned long number = 0;

	if (!at)
		return 0;
	at += strlen(name);
	for (; skip >= 0; skip--) {
		number = strtoul(at, &end, 10);
		at = end;
	}
	return (uint32_t)number;
}

/* What @id, as we see it, is inside: each line of the map is inside, outside, count. */
static uint32_t map_inside(pid_t tid, const char *name, uint32_t id)
{
	char map[4096];
	char *at = map;

	if (!process_file(tid, name, map, sizeof(map)))
		return id;
	while (*at) {
		unsigned long long field[3];
		char *end = at;

		for (int i = 0; i < 3; i++)
			field[i] = strtoull(end, &end, 10);
		if (end == at)
			break;
		if (id >= field[1] && id - field[1] < field[2])
			return (uint32_t)(field[0] + (id - field[1]));
		at = strchr(end, '\n') ? strchr(end, '\n') + 1 : end + strlen(end);
	}
	return id;
}

void process_describe(pid_t tid, struct agent_record *record)
{
	char status[4096];

	record->process = (uint32_t)tid;
	if (!process_file(tid, "status", status, sizeof(status)))
		return;
	record->process = status_number(status, "\nTgid:", 0);
	record->parent = status_number(status, "\nPPid:", 0);
	record->uid = map_inside(tid, "uid_map", status_number(status, "\nUid:", 1));
	record->gid = map_inside(tid, "gid_map", status_number(status, "\nGid:", 1));
}

ssize_t process_groups(pid_t tid, char *buffer, size_t size)
{
	char status[4096];
	size_t have = 0;
	const char *at;

	buffer[0] = '\0';
	if (!process_file(tid, "status", status, sizeof(status)))
		return -1;
	at = strstr(status, "\nGroups:");
	at = at ? at + strlen("\nGroups:") : "";
	for (;;) {
		char *end;
		unsigned long group;
		int wrote;

		at += strspn(at, "\t ");
		if (*at < '0' || *at > '9')
			return (ssize_t)have;
		group = strtoul(at, &end, 10);
		at = end;
		wrote = snprintf(buffer + have, size - have, "%u ",
				 map_inside(tid, "gid_map", (uint32_t)group));
		if (wrote < 0 || (size_t)wrote >= size - have) {
			buffer[have] = '\0'; /* more than anybody has */
			return (ssize_t)have;
		}
		have += (size_t)wrote;
	}
}

/* Kernels before 6.11: the line of /proc/TID/maps that holds @address. */
static ssize_t maps_search(pid_t tid, uint64_t address, char *buffer, size_t size)
{
	char name[64], line[AGENT_MAX_PATH + 256];
	ssize_t bytes = -1;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%d/maps", tid);
	maps = fopen(name, "re");
	while (maps && bytes < 0 && fgets(line, sizeof(line), maps)) {
		char *end;
		uint64_t first = strtoull(line, &end, 16);
		uint64_t last = *end == '-' ? strtoull(end + 1, &end, 16) : 0;
		char *path = strchr(line, '/');

		if (address < first || address >= last)
			continue;
		if (!path || !strchr(path, '\n') || (size_t)(strchr(path, '\n') - path) >= size)
			break;
		bytes = strchr(path, '\n') - path;
		memcpy(buffer, path, (size_t)bytes);
		buffer[bytes] = '\0';
	}
	if (maps)
		fclose(maps);
	return bytes;
}

ssize_t process_mapping(pid_t tid, uint64_t address, char *buffer, size_t size)
{
	struct procmap_query query = {.size = sizeof(query),
				      .query_addr = address,
				      .vma_name_addr = (uintptr_t)buffer,
				      .vma_name_size = (uint32_t)size};
	char name[64];
	int fd, result;

	snprintf(name, sizeof(name), "/proc/%d/maps", tid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	result = ioctl(fd, PROCMAP_QUERY, &query);
	close(fd);
	if (result < 0)
		return errno == ENOTTY ? maps_search(tid, address, buffer, size) : -1;
	if (query.vma_name_size == 0 || buffer[0] != '/')
		return -1;
	return (ssize_t)query.vma_name_size - 1;
}

int process_descriptor(pid_t tid, int fd)
{
	struct agent_record record = {0};
	int process, copy;

	process = (int)syscall(SYS_pidfd_open, tid, 0);
	if (process < 0) { /* not the first thread */
		process_describe(tid, &record);
		process = (int)syscall(SYS_pidfd_open, record.process, 0);
	}
	if (process < 0)
		return -1;
	copy = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
	close(process);
	return copy;
}
