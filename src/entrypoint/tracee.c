/* SPDX-License-Identifier: Apache-2.0 */
#include "entrypoint/tracee.h"

#include "base/fd.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	PAGE_BYTES = 4096,
	FILE_MAX_BYTES = 1 << 20,
	VECTOR_MAX = 1024, /* IOV_MAX */
};

bool tracee_call_read(pid_t tid, struct tracee_call *ret_call)
{
	struct __ptrace_syscall_info info = {0};
	struct tracee_call call = {0};

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) < 0)
		return false;
	call.arch = info.arch;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		call.entry = true;
		call.nr = info.entry.nr;
		for (int i = 0; i < 6; i++)
			call.args[i] = info.entry.args[i];
	} else if (info.op == PTRACE_SYSCALL_INFO_SECCOMP) {
		call.entry = true;
		call.nr = info.seccomp.nr;
		for (int i = 0; i < 6; i++)
			call.args[i] = info.seccomp.args[i];
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		call.result = info.exit.rval;
	} else {
		return false;
	}
	*ret_call = call;
	return true;
}

static ssize_t read_memory(pid_t tid, uint64_t address, void *data, size_t size_bytes)
{
	struct iovec here = {data, size_bytes};
	struct iovec there = {(void *)(uintptr_t)address, size_bytes};

	return process_vm_readv(tid, &here, 1, &there, 1, 0);
}

char *tracee_string(pid_t tid, uint64_t address)
{
	g_autofree char *text = g_malloc(PATH_MAX_BYTES + 1);
	size_t length = 0;

	while (length < PATH_MAX_BYTES) {
		size_t part = PAGE_BYTES - (address + length) % PAGE_BYTES;
		ssize_t n = read_memory(tid, address + length, text + length,
					MIN(part, PATH_MAX_BYTES - length));

		if (n <= 0)
			return NULL;
		if (memchr(text + length, '\0', (size_t)n))
			return g_steal_pointer(&text);
		length += (size_t)n;
	}
	return NULL;
}

GByteArray *tracee_memory(pid_t tid, uint64_t address, uint64_t size_bytes)
{
	g_autoptr(GByteArray) data = g_byte_array_new();

	if (size_bytes > TRACEE_MEMORY_MAX_BYTES)
		return NULL;
	g_byte_array_set_size(data, (guint)size_bytes);
	if (size_bytes > 0 &&
	    read_memory(tid, address, data->data, size_bytes) != (ssize_t)size_bytes)
		return NULL;
	return g_steal_pointer(&data);
}

GByteArray *tracee_vector(pid_t tid, uint64_t address, uint64_t count, uint64_t size_bytes)
{
	g_autoptr(GByteArray) data = g_byte_array_new();
	struct iovec parts[VECTOR_MAX];

	if (count > VECTOR_MAX || size_bytes > TRACEE_MEMORY_MAX_BYTES ||
	    read_memory(tid, address, parts, count * sizeof(parts[0])) !=
		    (ssize_t)(count * sizeof(parts[0])))
		return NULL;
	for (uint64_t i = 0; i < count && size_bytes > 0; i++) {
		uint64_t wanted = MIN(parts[i].iov_len, size_bytes);
		g_autoptr(GByteArray) part =
			tracee_memory(tid, (uintptr_t)parts[i].iov_base, wanted);

		if (!part)
			return NULL;
		g_byte_array_append(data, part->data, part->len);
		size_bytes -= wanted;
	}
	return g_steal_pointer(&data);
}

char *tracee_link(pid_t tid, const char *name)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)tid, name);
	char target[PATH_MAX_BYTES + 1];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	return n < 0 ? NULL : g_strndup(target, (gsize)n);
}

static GBytes *read_file(pid_t tid, const char *name, size_t max_bytes)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int)tid, name);
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? NULL : fd_read_all(fd, max_bytes, path, NULL);
}

GPtrArray *tracee_words(pid_t tid, const char *name)
{
	g_autoptr(GBytes) bytes = read_file(tid, name, TRACEE_WORDS_MAX_BYTES);
	gsize size;
	const char *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
	GPtrArray *words;

	if (!bytes)
		return NULL;
	words = g_ptr_array_new_with_free_func(g_free);
	for (gsize start = 0; start < size;) {
		gsize length = strnlen(data + start, size - start);

		g_ptr_array_add(words, g_strndup(data + start, length));
		start += length + 1;
	}
	return words;
}

char *tracee_file(pid_t tid, const char *name)
{
	g_autoptr(GBytes) bytes = read_file(tid, name, FILE_MAX_BYTES);

	return bytes ? g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)) : NULL;
}

/* proc_pid_syscall(5): "running", or the number, arguments and registers; -1 outside a call. */
int64_t tracee_sleeps_in(pid_t tid)
{
	g_autofree char *text = tracee_file(tid, "syscall");

	return text && g_ascii_isdigit(*text) ? g_ascii_strtoll(text, NULL, 10) : -1;
}

char tracee_state(pid_t tid)
{
	g_autofree char *text = tracee_file(tid, "stat");
	const char *behind = text ? strrchr(text, ')') : NULL;

	return behind && behind[1] ? behind[2] : 0;
}

/* Behind "\nNAME:" and blanks; NULL where there is no such line. */
static const char *status_field(const char *text, const char *name)
{
	g_autofree char *head = g_strdup_printf("\n%s:", name);
	const char *line = strstr(text, head);

	return line ? line + strlen(head) + strspn(line + strlen(head), " \t") : NULL;
}

static bool second_number(const char *field, uint32_t *ret_value)
{
	return field && sscanf(field, "%*u %u", ret_value) == 1;
}

static GArray *group_list(const char *field)
{
	GArray *groups = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	while (field && g_ascii_isdigit(*field)) {
		char *end;
		uint32_t group = (uint32_t)strtoul(field, &end, 10);

		g_array_append_val(groups, group);
		field = end + strspn(end, " \t");
	}
	return groups;
}

bool tracee_status_parse(const char *text, struct tracee_status *ret_status)
{
	struct tracee_status status = {0};
	const char *group = status_field(text, "Tgid");
	const char *inner = status_field(text, "NSpid");
	const char *mask = status_field(text, "Umask");
	const char *line_end;

	if (!group || !second_number(status_field(text, "Uid"), &status.uid) ||
	    !second_number(status_field(text, "Gid"), &status.gid))
		return false;
	status.group = atoi(group);
	status.inner = status.group;
	for (line_end = inner ? strchrnul(inner, '\n') : NULL; inner && inner < line_end;) {
		status.inner = atoi(inner);
		inner += strcspn(inner, " \t\n");
		inner += strspn(inner, " \t");
	}
	status.umask = mask ? (uint32_t)strtoul(mask, NULL, 8) : 022;
	status.groups = group_list(status_field(text, "Groups"));
	*ret_status = status;
	return true;
}

bool tracee_status_read(pid_t tid, struct tracee_status *ret_status)
{
	g_autofree char *text = tracee_file(tid, "status");

	return text && tracee_status_parse(text, ret_status);
}

void tracee_status_clear(struct tracee_status *status)
{
	g_clear_pointer(&status->groups, g_array_unref);
}
