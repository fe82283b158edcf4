// SPDX-License-Identifier: GPL-2.0-only
#include "cli/coverage_pairs.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* By functions of fs/dax.c and drivers/dax/super.c, of kernels from 5.10 on. */
static const struct {
	const char *name, *functions[3];
} operations[COVERAGE_OPERATIONS] = {
	{"fault", {"dax_iomap_fault", "dax_iomap_p[tm][ed]_fault*"}},
	{"read, write", {"dax_iomap_rw"}},
	{"zero", {"dax_zero_*", "dax_truncate_page"}},
	{"write back", {"dax_writeback_*"}},
	{"recovery write", {"dax_recovery_write"}},
	{"copy on write", {"dax_unshare_*", "dax_iomap_copy_around", "dax_remap_*"}},
	{"break layouts", {"dax_layout_busy_*", "dax_break_layout*"}},
	{"notify failure", {"dax_holder_notify_failure"}},
};

/* Without device-mapper: none of its methods was reached. */
static const struct {
	const char *name, *functions;
} targets[COVERAGE_TARGETS] = {
	{"none", NULL},
	{"linear", "linear_dax_*"},
	{"striped", "stripe_dax_*"},
	{"log-writes", "log_writes_dax_*"},
};

static const char *const sizes[] = {"pte", "pmd", "no fault"};

static bool reached(const json_t *hits, const char *glob)
{
	const char *name;
	json_t *n;

	json_object_foreach((json_t *)hits, name, n)
		if (json_integer_value(n) > 0 && !fnmatch(glob, name, 0))
			return true;
	return false;
}

static bool reached_operation(const json_t *hits, unsigned int o)
{
	for (int i = 0; i < 3 && operations[o].functions[i]; i++)
		if (reached(hits, operations[o].functions[i]))
			return true;
	return false;
}

static bool reached_target(const json_t *hits, unsigned int t)
{
	if (targets[t].functions)
		return reached(hits, targets[t].functions);
	return reached(hits, "pmem_dax_*") && !reached(hits, "dm_dax_*");
}

void coverage_pairs_take(struct coverage_pairs *p, const char *check, const json_t *hits)
{
	const bool faults[COVERAGE_SIZES] = {reached(hits, "dax_iomap_pte_fault*"),
					     reached(hits, "dax_iomap_pmd_fault*"),
					     !reached(hits, "dax_iomap_p[tm][ed]_fault*")};

	for (unsigned int o = 0; o < COVERAGE_OPERATIONS; o++)
		for (unsigned int t = 0; t < COVERAGE_TARGETS; t++) {
			if (!reached_operation(hits, o) || !reached_target(hits, t))
				continue;
			for (unsigned int s = 0; s < COVERAGE_SIZES; s++)
				p->checks[o][t][s] += faults[s];
			if (!p->first[o][t][0])
				snprintf(p->first[o][t], sizeof(p->first[o][t]), "%s", check);
		}
}

void coverage_pairs_print(const struct coverage_pairs *p)
{
	printf("\nchecks that reach an operation through a target, by the faults in them\n");
	printf("%-16s %-12s %6s %6s %9s  %s\n", "operation", "target", sizes[0], sizes[1], sizes[2],
	       "first by");
	for (unsigned int o = 0; o < COVERAGE_OPERATIONS; o++)
		for (unsigned int t = 0; t < COVERAGE_TARGETS; t++)
			printf("%-16s %-12s %6u %6u %9u  %s\n", operations[o].name, targets[t].name,
			       p->checks[o][t][0], p->checks[o][t][1], p->checks[o][t][2],
			       p->first[o][t][0] ? p->first[o][t] : "not reached");
}
