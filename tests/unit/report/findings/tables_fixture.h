/* SPDX-License-Identifier: GPL-2.0-only */
/* A run made of records that each have one sample, and its tables. */
#ifndef DAXDM_TEST_TABLES_FIXTURE_H
#define DAXDM_TEST_TABLES_FIXTURE_H

#include "report/table/table.h"
#include "tests/unit/run_fixture.h"

struct opened {
	struct fixture f;
	struct run run;
	struct tables tables;
};

/* On ext4, in instructions.  SAME_AS (or NULL) is the metric of the same operation without fio, OWN
 * fio's own cost. */
struct median {
	const char *bench, *variant, *stack;
	int value;
	const char *same_as;
	int own;
};

static inline void add_record(char *lines, size_t size, const struct median *m)
{
	const char *segments = strchr(m->stack, ':');
	size_t used = strlen(lines);
	char proof[128] = "{\"dax\":true}";

	if (m->same_as)
		snprintf(proof, sizeof(proof), "{\"same_as\":\"%s\",\"fio_own\":%d}", m->same_as,
			 m->own);
	snprintf(lines + used, size - used,
		 "{\"type\":\"record\",\"id\":\"%s.%s{stack=%s,fs=ext4}\",\"bench\":\"%s\","
		 "\"variant\":\"%s\",\"stack\":\"%s\",\"fs\":\"ext4\",\"segments\":%d,"
		 "\"unit\":\"insn\",\"better\":\"lower\",\"meter\":\"insn\",\"n\":1,\"min\":%d,"
		 "\"p10\":%d,\"median\":%d,\"mean\":%d.0,\"p90\":%d,\"p99\":%d,\"max\":%d,"
		 "\"digest\":\"fnv1a64:0000000f\",\"samples\":[[%d,1]],\"overhead\":0,"
		 "\"proof\":%s}\n",
		 m->bench, m->variant, m->stack, m->bench, m->variant, m->stack,
		 segments ? atoi(segments + 1) : 0, m->value, m->value, m->value, m->value,
		 m->value, m->value, m->value, m->value, proof);
}

static inline void open_with(struct opened *o, const struct median *medians, size_t n)
{
	char lines[16384] = "", why[512] = "";

	for (size_t i = 0; i < n; i++)
		add_record(lines, sizeof(lines), &medians[i]);
	assert_true(strlen(lines) + 32 < sizeof(lines));
	strcat(lines, "{\"type\":\"end\"");
	fixture_make(&o->f, "{\"type\":\"end\"", lines);
	if (run_read(o->f.dir, &o->run, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	assert_int_equal(tables_build(&o->run, &o->tables), 0);
}

static inline void close_it(struct opened *o)
{
	tables_free(&o->tables);
	run_free(&o->run);
	fixture_remove(&o->f);
}

#endif
