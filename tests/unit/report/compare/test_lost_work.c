// SPDX-License-Identifier: GPL-2.0-only
/* Which proofs and medians say that work which makes data durable is no longer done. */
#include "report/compare/lost_work.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct side {
	const char *path; /* of the proof, with ' for " */
	int64_t median;
};

static struct run_record record_of(const char *id, const char *stack, const char *path,
				   json_t **proof)
{
	char text[300];

	snprintf(text, sizeof(text), "{'path':{%s}}", path);
	for (char *p = text; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	*proof = json_loads(text, 0, NULL);
	assert_non_null(*proof);
	return (struct run_record){
		.id = id, .stack = stack, .unit = "insn", .better = "lower", .proof = *proof};
}

#define WB "'arch_wb_cache_pmem':"
#define FLUSH ",'*nvdimm_flush':"
static const struct {
	const char *id, *stack;
	struct side base, new;
	const char *why; /* NULL: nothing is lost */
} table[] = {
	/* the same work */
	{"copy.fsync.4k{}",
	 "linear:16",
	 {"'operations':2," WB "2" FLUSH "2", 900},
	 {"'operations':2," WB "2" FLUSH "2", 600},
	 NULL},
	{"copy.fsync.4k{}",
	 "linear:16",
	 {"'operations':2," WB "2" FLUSH "2", 900},
	 {"'operations':4," WB "4" FLUSH "4", 900},
	 NULL},
	{"copy.fsync.4k{}",
	 "linear:16",
	 {"'operations':2," WB "2" FLUSH "2", 900},
	 {"'operations':2," WB "4" FLUSH "4", 900},
	 NULL},
	/* without device-mapper there is no segment whose flush could be left out */
	{"copy.fsync.4k{}",
	 "raw",
	 {"'operations':2," WB "2" FLUSH "4", 900},
	 {"'operations':2," WB "2" FLUSH "2", 900},
	 "*nvdimm_flush 1 times for each operation, 2 before"},
	/* a write-back is missing, or a flush; the cost does not matter */
	{"copy.fsync.4k{}",
	 "linear:16",
	 {"'operations':2," WB "2" FLUSH "2", 900},
	 {"'operations':2," WB "1" FLUSH "2", 900},
	 "arch_wb_cache_pmem 0.5 times for each operation, 1 before"},
	{"copy.fsync.4k{}",
	 "raw",
	 {"'operations':2," WB "2" FLUSH "2", 900},
	 {"'operations':2," WB "2" FLUSH "0", 950},
	 "*nvdimm_flush 0 times for each operation, 1 before"},
	/* one flush for each member is enough, not fewer */
	{"copy.fsync.4k{}",
	 "linear:16",
	 {"'operations':2," WB "2" FLUSH "32", 33826},
	 {"'operations':2," WB "2" FLUSH "2", 7078},
	 NULL},
	{"copy.fsync.4k{}",
	 "linear:16,over=2",
	 {"'operations':2," WB "2" FLUSH "32", 900},
	 {"'operations':2," WB "2" FLUSH "4", 300},
	 NULL},
	{"copy.fsync.4k{}",
	 "linear:16,over=2",
	 {"'operations':2," WB "2" FLUSH "32", 900},
	 {"'operations':2," WB "2" FLUSH "2", 300},
	 "*nvdimm_flush 1 times for each operation, 16 before"},
	/* loaded pages have nothing to write back */
	{"writeback.fsync.64.loaded.pte{}",
	 "raw",
	 {"'operations':1," WB "64" FLUSH "1", 900},
	 {"'operations':1," WB "0" FLUSH "1", 300},
	 NULL},
	{"writeback.fsync.64.pte{}",
	 "raw",
	 {"'operations':1," WB "64" FLUSH "1", 900},
	 {"'operations':1," WB "0" FLUSH "1", 800},
	 "arch_wb_cache_pmem 0 times for each operation, 64 before"},
	/* the calls are there, but they do less */
	{"copy.fsync.4k{}",
	 "linear:16",
	 {"'operations':2," WB "2" FLUSH "2", 5000},
	 {"'operations':2," WB "2" FLUSH "2", 2499},
	 "2,499 insn, less than half of 5,000, with as many write-backs and flushes"},
	{"copy.fsync.4k{}",
	 "linear:16",
	 {"'operations':2," WB "2" FLUSH "2", 5000},
	 {"'operations':2," WB "2" FLUSH "2", 2500},
	 NULL},
	/* nothing durable about it */
	{"fault.read.warm.pte{}",
	 "raw",
	 {"'operations':2,'dm_dax_direct_access':2", 5000},
	 {"'operations':2,'dm_dax_direct_access':2", 20},
	 NULL},
	{"fault.read.warm.pte{}", "raw", {"'operations':2", 5000}, {"'operations':2", 20}, NULL},
};

static void test_lost_work(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *proofs[2];
		struct run_record base = record_of(table[i].id, table[i].stack, table[i].base.path,
						   &proofs[0]),
				  new = record_of(table[i].id, table[i].stack, table[i].new.path,
						  &proofs[1]);
		char why[128] = "";
		bool lost = lost_work(&base, table[i].base.median, &new, table[i].new.median, why,
				      sizeof(why));

		if (lost != !!table[i].why || (lost && strcmp(why, table[i].why)))
			fail_msg("case %zu: %s", i, lost ? why : "nothing lost");
		json_decref(proofs[0]);
		json_decref(proofs[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_lost_work)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
