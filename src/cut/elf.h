/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the dynamic loader will ask of an ELF file, read from bytes that are not trusted.
 *
 * Read from the program headers (section headers may be stripped, and the loader does not look at
 * them), with a bound on every table and every offset checked: no offset of the file is followed
 * out of it. libelf is not used here: it wants the whole section table, and is not made for hostile
 * input. Sources: System V gABI (chapters 4 and 5), ld.so(8), and the ELF dlopen metadata of the
 * UAPI group.
 *
 *     struct elf *elf = elf_parse(data, size, &error);
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ELF_NEEDED_MAX = 1024,
	ELF_NAME_MAX_BYTES = 4096,
	ELF_STRINGS_MAX = 4096,
};

struct elf {
	uint8_t class_bits;  /* 32 or 64 */
	uint16_t machine;    /* EM_* */
	uint16_t type;       /* ET_* */
	char *interpreter;   /* PT_INTERP, or NULL */
	char *soname;        /* or NULL */
	GPtrArray *needed;   /* char *, in order */
	char *rpath;         /* as written, or NULL; not set where there is a RUNPATH */
	char *runpath;       /* as written, or NULL */
	GPtrArray *dlopens;  /* char *: sonames of dlopen metadata notes */
	bool calls_dlopen;   /* dlopen or dlmopen is a dynamic symbol's name */
	bool calls_exec;     /* a dynamic symbol's name has "exec" or "spawn" in it */
	bool no_default_lib; /* DF_1_NODEFLIB */
};

/* Whether @data begins as an ELF file does. */
bool elf_is(const void *data, size_t size_bytes);

/* Parses. NULL with THRESH_ERROR_INPUT where the file is no ELF file, or damaged. The caller frees.
 */
struct elf *elf_parse(const void *data, size_t size_bytes, GError **error);
void elf_free(struct elf *elf);
#define autoelf __attribute__((cleanup(elf_cleanup)))
void elf_cleanup(struct elf **elf);

/* The whole NUL-terminated strings in the read-only data that look like a library's file name
 * (`[DIR/]libNAME.so[.N…]`), each once, in file order: a new array of char *. */
GPtrArray *elf_library_strings(const void *data, size_t size_bytes);

/* Calls @visit for each loadable segment of the file that is not executable (and, where there is
 * only one segment, for that): where constant strings lie. Stops when @visit answers false. */
typedef bool (*elf_segment_visit)(const uint8_t *data, size_t size_bytes, void *user);
void elf_constants(const void *data, size_t size_bytes, elf_segment_visit visit, void *user);

/* The content of the section of that name, borrowed from @data, or NULL. The loader does not look
 * at sections; compilers leave notes in them. */
const uint8_t *elf_section(const void *data, size_t size_bytes, const char *name,
			   size_t *ret_size_bytes);
