/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads ELF by its program headers and dynamic section, as the loader does (sections may be
 * stripped). Everything is hostile: offsets are checked before they are used, tables are bounded.
 */
#include "policy/scan.h"

#include <elf.h>
#include <string.h>

enum {
	SEGMENTS_MAX = 128,
	SYMBOLS_MAX = 1 << 18,
	DYNAMIC_MAX = 4096,
	LOOK_BACK_BYTES = 40, /* from a system call instruction to where its number was moved */
	LOOK_BACK_WORDS = 10, /* the same on aarch64, in instructions */
	NUMBER_LIMIT = 1024,
};

struct segment {
	uint64_t offset;
	uint64_t address;
	uint64_t bytes; /* in the file */
	uint32_t type;
	uint32_t flags;
};

struct image_file {
	const uint8_t *data;
	size_t size;
	bool wide; /* 64-bit */
	const struct syscall_arch *arch;
	GHashTable *names; /* of that architecture */
	struct segment segments[SEGMENTS_MAX];
	size_t segment_count;
	uint64_t symbols; /* addresses, 0: absent */
	uint64_t strings;
	uint64_t strings_bytes;
	uint64_t gnu_hash;
	uint64_t hash;
	uint64_t soname;
	bool has_soname;
	bool has_needed;
};

static const char go_calls[] =
	"epoll_create1 epoll_ctl epoll_pwait epoll_wait eventfd2 pipe2 futex clone mmap munmap "
	"madvise mincore "
	"mprotect rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack tgkill kill gettid getpid "
	"getppid "
	"nanosleep clock_gettime sched_yield sched_getaffinity timer_create timer_settime "
	"timer_delete "
	"setitimer exit exit_group brk read write readv writev open openat close close_range fcntl "
	"fstat "
	"newfstatat statx lseek pread64 pwrite64 getdents64 mkdirat unlinkat renameat renameat2 "
	"linkat "
	"symlinkat readlinkat fchmod fchmodat fchmodat2 fchown fchownat utimensat ftruncate "
	"truncate "
	"faccessat faccessat2 getcwd chdir fchdir dup dup2 dup3 socket socketpair bind listen "
	"accept4 connect "
	"getsockname getpeername getsockopt setsockopt shutdown sendto recvfrom sendmsg recvmsg "
	"sendfile "
	"splice copy_file_range statfs fstatfs fsync fdatasync flock wait4 waitid pidfd_open "
	"pidfd_send_signal execve getrandom prlimit64 getrlimit setrlimit uname getuid geteuid "
	"getgid getegid "
	"getgroups setpgid setsid getpgid prctl umask fallocate memfd_create sysinfo inotify_init1 "
	"inotify_add_watch inotify_rm_watch";

/* musl hands these numbers to a common function (__syscall_cp), so no instruction shows them. */
static const char cancellation_points[] =
	"read write readv writev pread64 pwrite64 preadv pwritev open openat close accept accept4 "
	"connect "
	"recvfrom recvmsg recvmmsg sendto sendmsg sendmmsg poll ppoll select pselect6 epoll_pwait "
	"nanosleep "
	"clock_nanosleep fsync fdatasync msync fcntl wait4 waitid pause rt_sigsuspend "
	"rt_sigtimedwait futex "
	"msgrcv msgsnd splice tee vmsplice sync_file_range fallocate getrandom copy_file_range "
	"mq_timedsend mq_timedreceive semtimedop";

static bool span_is_inside(const struct image_file *file, uint64_t offset, uint64_t bytes)
{
	return offset <= file->size && bytes <= file->size - offset;
}

/* Little-endian, as every architecture in the table is. 0 outside of the file. */
static uint64_t number_at(const struct image_file *file, uint64_t offset, unsigned int bytes)
{
	uint64_t value = 0;

	if (!span_is_inside(file, offset, bytes))
		return 0;
	for (unsigned int i = bytes; i-- > 0;)
		value = value << 8 | file->data[offset + i];
	return value;
}

static const struct syscall_arch *machine_arch(uint16_t machine)
{
	switch (machine) {
	case EM_X86_64:
		return syscall_arch_find("x86_64");
	case EM_386:
		return syscall_arch_find("x86");
	case EM_AARCH64:
		return syscall_arch_find("aarch64");
	case EM_ARM:
		return syscall_arch_find("arm");
	default:
		return NULL;
	}
}

static bool header_read(struct image_file *file, GHashTable *names)
{
	if (file->size < sizeof(Elf32_Ehdr) || memcmp(file->data, ELFMAG, SELFMAG) != 0 ||
	    file->data[EI_DATA] != ELFDATA2LSB)
		return false;
	file->wide = file->data[EI_CLASS] == ELFCLASS64;
	file->arch = machine_arch((uint16_t)number_at(file, offsetof(Elf64_Ehdr, e_machine), 2));
	file->names = file->arch ? g_hash_table_lookup(names, file->arch->name) : NULL;
	return file->names != NULL;
}

static struct segment segment_read(const struct image_file *file, uint64_t at)
{
	struct segment segment;

	segment.type = (uint32_t)number_at(file, at, 4);
	if (file->wide) {
		segment.flags = (uint32_t)number_at(file, at + offsetof(Elf64_Phdr, p_flags), 4);
		segment.offset = number_at(file, at + offsetof(Elf64_Phdr, p_offset), 8);
		segment.address = number_at(file, at + offsetof(Elf64_Phdr, p_vaddr), 8);
		segment.bytes = number_at(file, at + offsetof(Elf64_Phdr, p_filesz), 8);
	} else {
		segment.flags = (uint32_t)number_at(file, at + offsetof(Elf32_Phdr, p_flags), 4);
		segment.offset = number_at(file, at + offsetof(Elf32_Phdr, p_offset), 4);
		segment.address = number_at(file, at + offsetof(Elf32_Phdr, p_vaddr), 4);
		segment.bytes = number_at(file, at + offsetof(Elf32_Phdr, p_filesz), 4);
	}
	return segment;
}

static void segments_read(struct image_file *file)
{
	uint64_t table = file->wide ? number_at(file, offsetof(Elf64_Ehdr, e_phoff), 8)
				    : number_at(file, offsetof(Elf32_Ehdr, e_phoff), 4);
	uint64_t count = file->wide ? number_at(file, offsetof(Elf64_Ehdr, e_phnum), 2)
				    : number_at(file, offsetof(Elf32_Ehdr, e_phnum), 2);
	uint64_t each = file->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	if (!span_is_inside(file, table, count * each))
		return;
	for (uint64_t i = 0; i < MIN(count, SEGMENTS_MAX); i++) {
		struct segment segment = segment_read(file, table + i * each);

		if (span_is_inside(file, segment.offset, segment.bytes))
			file->segments[file->segment_count++] = segment;
	}
}

/* The offset in the file of a virtual address; false where no segment holds it. */
static bool address_resolve(const struct image_file *file, uint64_t address, uint64_t *ret_offset)
{
	for (size_t i = 0; i < file->segment_count; i++) {
		const struct segment *segment = &file->segments[i];

		if (segment->type != PT_LOAD || address < segment->address ||
		    address - segment->address >= segment->bytes)
			continue;
		*ret_offset = segment->offset + (address - segment->address);
		return true;
	}
	return false;
}

static void dynamic_entry(struct image_file *file, uint64_t tag, uint64_t value)
{
	switch (tag) {
	case DT_SYMTAB:
		file->symbols = value;
		break;
	case DT_STRTAB:
		file->strings = value;
		break;
	case DT_STRSZ:
		file->strings_bytes = value;
		break;
	case DT_GNU_HASH:
		file->gnu_hash = value;
		break;
	case DT_HASH:
		file->hash = value;
		break;
	case DT_SONAME:
		file->soname = value;
		file->has_soname = true;
		break;
	case DT_NEEDED:
		file->has_needed = true;
		break;
	default:
		break;
	}
}

static void dynamic_read(struct image_file *file)
{
	unsigned int word = file->wide ? 8 : 4;

	for (size_t i = 0; i < file->segment_count; i++) {
		const struct segment *segment = &file->segments[i];

		if (segment->type != PT_DYNAMIC)
			continue;
		for (uint64_t n = 0; n < MIN(segment->bytes / (2U * word), DYNAMIC_MAX); n++) {
			uint64_t at = segment->offset + n * 2 * word;
			uint64_t tag = number_at(file, at, word);

			if (tag == DT_NULL)
				break;
			dynamic_entry(file, tag, number_at(file, at + word, word));
		}
	}
}

/* A string of the dynamic string table, or NULL; valid as long as the file is mapped. */
static const char *string_at(const struct image_file *file, uint64_t index)
{
	uint64_t offset;

	if (index >= file->strings_bytes || !address_resolve(file, file->strings, &offset) ||
	    !span_is_inside(file, offset, file->strings_bytes))
		return NULL;
	if (!memchr(file->data + offset + index, '\0', file->strings_bytes - index))
		return NULL;
	return (const char *)file->data + offset + index;
}

/* A libc, or a loader: what all others import from. */
static bool is_libc(const struct image_file *file)
{
	static const char *const prefixes[] = {"libc.so",  "libc.musl-", "ld-linux",
					       "ld-musl-", "ld.so",      "ld64.so"};
	const char *soname = file->has_soname ? string_at(file, file->soname) : NULL;

	for (gsize i = 0; soname && i < G_N_ELEMENTS(prefixes); i++) {
		if (g_str_has_prefix(soname, prefixes[i]))
			return true;
	}
	return false;
}

/* Undefined symbols are not hashed, and come before those that are. */
static uint64_t symbols_count(const struct image_file *file)
{
	uint64_t each = file->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	uint64_t offset;

	if (file->gnu_hash && address_resolve(file, file->gnu_hash, &offset)) {
		uint64_t first_hashed = number_at(file, offset + 4, 4);

		/* Without any hashed symbol, GNU ld writes 1 here and the table is longer. */
		if (first_hashed > 1)
			return first_hashed;
	}
	if (file->hash && address_resolve(file, file->hash, &offset))
		return number_at(file, offset + 4, 4);
	return file->strings > file->symbols ? (file->strings - file->symbols) / each : 0;
}

static void words_add(struct image_file *file, const char *list)
{
	g_auto(GStrv) words = g_strsplit(list, " ", -1);

	for (gsize i = 0; words[i]; i++)
		syscalls_add(file->names, file->arch, words[i]);
}

static void import_add(struct image_file *file, const char *function)
{
	const char *calls = libc_function_calls(function);
	g_autofree char *plain = NULL;

	if (calls)
		words_add(file, calls);
	plain = libc_function_plain(function);
	syscalls_add(file->names, file->arch, plain);
	syscalls_add(file->names, file->arch, function);
}

static void imports_read(struct image_file *file)
{
	uint64_t each = file->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	uint64_t section =
		file->wide ? offsetof(Elf64_Sym, st_shndx) : offsetof(Elf32_Sym, st_shndx);
	uint64_t count = MIN(symbols_count(file), SYMBOLS_MAX);
	uint64_t offset;

	if (!file->symbols || !address_resolve(file, file->symbols, &offset) ||
	    !span_is_inside(file, offset, count * each))
		return;
	for (uint64_t i = 1; i < count; i++) {
		uint64_t at = offset + i * each;
		const char *name;

		if (number_at(file, at + section, 2) != SHN_UNDEF)
			continue;
		name = string_at(file, number_at(file, at, 4));
		if (name && *name && strlen(name) < 64)
			import_add(file, name);
	}
}

static void number_add(struct image_file *file, uint32_t number)
{
	g_autofree char *name = syscall_name(file->arch, number);

	if (name)
		syscalls_add(file->names, file->arch, name);
}

/* `mov $N, %eax` (b8 imm32) before `syscall` (0f 05) or `int $0x80` (cd 80). */
static void x86_instruction(struct image_file *file, const uint8_t *start, const uint8_t *at)
{
	const uint8_t *stop = at - MIN((size_t)(at - start), (size_t)LOOK_BACK_BYTES);

	for (const uint8_t *p = at - 5; p >= stop; p--) {
		if (p[0] == 0xb8 && p[3] == 0 && p[4] == 0 && p[1] + 256U * p[2] < NUMBER_LIMIT) {
			number_add(file, p[1] + 256U * p[2]);
			return;
		}
	}
}

static void x86_scan(struct image_file *file, const uint8_t *code, size_t size,
		     const uint8_t pair[2])
{
	const uint8_t *p = code;
	const uint8_t *end = code + size;

	while (p < end && (p = memmem(p, (size_t)(end - p), pair, 2))) {
		if (p - code >= 5)
			x86_instruction(file, code, p);
		p += 2;
	}
}

/* `mov x8, #N` or `mov w8, #N` (MOVZ) before `svc #0`. */
static void aarch64_scan(struct image_file *file, const uint8_t *code, size_t size)
{
	for (size_t at = 0; at + 4 <= size; at += 4) {
		if (memcmp(code + at, "\x01\x00\x00\xd4", 4) != 0)
			continue;
		for (size_t back = 1; back <= LOOK_BACK_WORDS && back * 4 <= at; back++) {
			const uint8_t *p = code + at - back * 4;
			uint32_t word = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
					(uint32_t)p[3] << 24;

			if ((word & 0x7fe0001fU) != 0x52800008U)
				continue;
			number_add(file, word >> 5 & 0xffff);
			break;
		}
	}
}

static void code_scan(struct image_file *file)
{
	for (size_t i = 0; i < file->segment_count; i++) {
		const struct segment *segment = &file->segments[i];
		const uint8_t *code = file->data + segment->offset;

		if (segment->type != PT_LOAD || !(segment->flags & PF_X))
			continue;
		if (g_str_equal(file->arch->name, "x86_64"))
			x86_scan(file, code, segment->bytes, (const uint8_t[]){0x0f, 0x05});
		else if (g_str_equal(file->arch->name, "x86"))
			x86_scan(file, code, segment->bytes, (const uint8_t[]){0xcd, 0x80});
		else if (g_str_equal(file->arch->name, "aarch64"))
			aarch64_scan(file, code, segment->bytes);
	}
}

/* The linker's build information lies in the writable segment (Go: debug/buildinfo). */
static bool is_go(const struct image_file *file)
{
	static const char magic[] = "\xff Go buildinf:";

	for (size_t i = 0; i < file->segment_count; i++) {
		const struct segment *segment = &file->segments[i];

		if (segment->type == PT_LOAD && (segment->flags & PF_W) &&
		    memmem(file->data + segment->offset, segment->bytes, magic, sizeof(magic) - 1))
			return true;
	}
	return false;
}

void scan_elf(const void *data, size_t size_bytes, GHashTable *names)
{
	struct image_file file = {.data = data, .size = size_bytes};

	if (!header_read(&file, names))
		return;
	segments_read(&file);
	dynamic_read(&file);
	if (is_libc(&file))
		return;
	if (file.has_needed)
		imports_read(&file);
	code_scan(&file);
	if (is_go(&file))
		words_add(&file, go_calls);
	else if (!file.has_needed && !file.has_soname)
		words_add(&file, cancellation_points);
}
