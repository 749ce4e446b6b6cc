/* SPDX-License-Identifier: Apache-2.0 */
#include "trace/numbers.h"

#include <stddef.h>
#include <string.h>

const struct call_number numbers_recent[] = {
	{"process_madvise", 440},
	{"epoll_pwait2", 441},
	{"mount_setattr", 442},
	{"quotactl_fd", 443},
	{"landlock_create_ruleset", 444},
	{"landlock_add_rule", 445},
	{"landlock_restrict_self", 446},
	{"memfd_secret", 447},
	{"process_mrelease", 448},
	{"futex_waitv", 449},
	{"set_mempolicy_home_node", 450},
	{"cachestat", 451},
	{"fchmodat2", 452},
	{"map_shadow_stack", 453},
	{"futex_wake", 454},
	{"futex_wait", 455},
	{"futex_requeue", 456},
	{"statmount", 457},
	{"listmount", 458},
	{"lsm_get_self_attr", 459},
	{"lsm_set_self_attr", 460},
	{"lsm_list_modules", 461},
	{"mseal", 462},
	{"setxattrat", 463},
	{"getxattrat", 464},
	{"listxattrat", 465},
	{"removexattrat", 466},
	{"open_tree_attr", 467},
	{"file_getattr", 468},
	{"file_setattr", 469},
	{NULL, 0},
};

const struct call_number numbers_x86_direct[] = {
	{"socket", 359},      {"socketpair", 360}, {"bind", 361},
	{"connect", 362},     {"listen", 363},     {"accept4", 364},
	{"getsockopt", 365},  {"setsockopt", 366}, {"getsockname", 367},
	{"getpeername", 368}, {"sendto", 369},     {"sendmsg", 370},
	{"recvfrom", 371},    {"recvmsg", 372},    {"shutdown", 373},
	{"semget", 393},      {"semctl", 394},     {"shmget", 395},
	{"shmctl", 396},      {"shmat", 397},      {"shmdt", 398},
	{"msgget", 399},      {"msgsnd", 400},     {"msgrcv", 401},
	{"msgctl", 402},      {NULL, 0},
};

int number_find(const struct call_number *table, const char *name)
{
	for (; table->name; table++)
		if (strcmp(table->name, name) == 0)
			return table->number;
	return -1;
}

const char *number_name(const struct call_number *table, int number)
{
	for (; table->name; table++)
		if (table->number == number)
			return table->name;
	return NULL;
}
