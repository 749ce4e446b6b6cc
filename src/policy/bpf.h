/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assembling seccomp filters: a default and an action for each number of each architecture become
 * classic BPF (Documentation/networking/filter.rst; struct seccomp_data of linux/seccomp.h).
 *
 * The program looks up the architecture, then the number in a balanced tree over ranges: installing
 * and running it cost by its length and depth, and a balanced tree halves what a list costs. The
 * same input gives the same program.
 *
 *     struct bpf_filter *filter = bpf_filter_new();
 *     struct bpf_table *table = bpf_filter_add_arch(filter, AUDIT_ARCH_X86_64, BPF_ERRNO(ENOSYS));
 *     bpf_table_set(table, __NR_read, SECCOMP_RET_ALLOW);
 *     GBytes *program = bpf_filter_assemble(filter, error);
 */
#pragma once

#include <glib.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#define BPF_ERRNO(error) (SECCOMP_RET_ERRNO | ((uint32_t)(error)&SECCOMP_RET_DATA))

/* One comparison of the low 32 bits of an argument: the kernel's flags, commands and ids have no
 * more. */
struct bpf_test {
	uint8_t argument; /* 0 to 5 */
	bool masked;      /* argument & value is not 0; else argument is value, or value2 */
	uint32_t value;
	uint32_t value2; /* the same as value where there is but one */
};

enum { BPF_TESTS_MAX = 2 };

/* All tests met: @met, else @unmet. */
struct bpf_rule {
	struct bpf_test tests[BPF_TESTS_MAX];
	uint8_t count;
	uint32_t met;
	uint32_t unmet;
};

struct bpf_filter;
struct bpf_table;

struct bpf_filter *bpf_filter_new(void);
void bpf_filter_free(struct bpf_filter *filter);
#define autofilter __attribute__((cleanup(bpf_filter_cleanup)))
void bpf_filter_cleanup(struct bpf_filter **filter);

/* A table for one AUDIT_ARCH_…; owned by @filter. Numbers that are not set answer @action. An
 * architecture without a table is killed (SECCOMP_RET_KILL_PROCESS). */
struct bpf_table *bpf_filter_add_arch(struct bpf_filter *filter, uint32_t audit_arch,
				      uint32_t action);
/* Sets the action of one number, replacing an earlier one; or of all from @first on that are not
 * set. */
void bpf_table_set(struct bpf_table *table, uint32_t number, uint32_t action);
void bpf_table_set_from(struct bpf_table *table, uint32_t first, uint32_t action);
void bpf_table_set_rule(struct bpf_table *table, uint32_t number, const struct bpf_rule *rule);

/* An array of struct sock_filter. Fails where it would be longer than BPF_MAXINSNS. */
GBytes *bpf_filter_assemble(const struct bpf_filter *filter, GError **error);
