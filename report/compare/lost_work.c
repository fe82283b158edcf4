// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/lost_work.h"

#include "lib/base/number.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What makes data durable, as proofs name it. */
static const char *const durable[] = {"arch_wb_cache_pmem", "*nvdimm_flush"};

enum { DURABLE = sizeof(durable) / sizeof(durable[0]) };

/*
 * Falls that are right, and the checks that say so: they pass on the newer kernel.
 */
static const struct right {
	const char *metric, *function; /* fnmatch(3), and a name of durable[] */
	bool each_member; /* of DM devices, down to one call for each member; else down to none */
} right[] = {
	/* Since 6.11 a flush goes to each member once, no longer once for each segment on it:
	 * flush.members.*. */
	{"*", "*nvdimm_flush", true},
	/* Pages that were only loaded have nothing to write back; 6.1 did it: flush.loads.*. */
	{"writeback.*.loaded.*", "arch_wb_cache_pmem", false},
};

/* Members of a stack, by its name: "linear:4,over=2". */
static double members_of(const char *stack)
{
	const char *over = strstr(stack, "over=");
	long n = over ? strtol(over + 5, NULL, 10) : 1;

	return n > 0 ? (double)n : 1;
}

/* Calls for one operation; -1: the proof does not count them. */
static double calls_of(const struct run_record *rec, const char *function)
{
	const json_t *path = json_object_get(rec->proof, "path");
	const json_t *calls = json_object_get(path, function);
	json_int_t operations = json_integer_value(json_object_get(path, "operations"));

	return json_is_integer(calls) && operations > 0
		       ? (double)json_integer_value(calls) / (double)operations
		       : -1;
}

static bool is_right(const struct run_record *new, const char *function, double calls)
{
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		if (strcmp(right[i].function, function) || fnmatch(right[i].metric, new->id, 0))
			continue;
		if (!right[i].each_member ||
		    (strcmp(new->stack, "raw") && calls >= members_of(new->stack)))
			return true;
	}
	return false;
}

bool lost_work(const struct run_record *base, int64_t base_median, const struct run_record *new,
	       int64_t new_median, char *why, size_t size)
{
	bool is_durable = false, fell = false;

	for (size_t i = 0; i < DURABLE; i++) {
		double before = calls_of(base, durable[i]), after = calls_of(new, durable[i]);

		if (before <= 0 || after < 0)
			continue;
		is_durable = true;
		if (after >= before)
			continue;
		fell = true;
		if (is_right(new, durable[i], after))
			continue;
		snprintf(why, size, "%s %g times for each operation, %g before", durable[i], after,
			 before);
		return true;
	}
	/* A fall that is right explains the cost. */
	if (!is_durable || fell || !strcmp(base->better, "higher") || base_median <= 0 ||
	    new_median >= base_median - base_median / 2)
		return false;
	snprintf(why, size, "%s %s, less than half of %s, with as many write-backs and flushes",
		 number(new_median).s, new->unit, number(base_median).s);
	return true;
}
