/* SPDX-License-Identifier: GPL-2.0-only */
/* A run that was measured in several initial states which differ widely. */
#ifndef DAXDM_TEST_STATES_FIXTURE_H
#define DAXDM_TEST_STATES_FIXTURE_H

#include "tests/unit/report/findings/tables_fixture.h"

enum { FIXTURE_STATES = 3 };

/* Of each state the median of a metric; 0: it was not measured. */
struct state_medians {
	const char *bench, *variant, *stack;
	int value[FIXTURE_STATES];
};

struct states_fixture {
	char dir[64];
	struct run run; /* of state 1 */
	struct over_states states;
	struct tables tables;
};

/* Writes DIR/NAME/run.jsonl: the fixture with the records of state STATE before the first REPLACE,
 * which becomes WITH. */
static inline void state_write(const char *dir, const char *name,
			       const struct state_medians *medians, size_t n, size_t state,
			       const char *replace, const char *with)
{
	char lines[16384] = "", path[128], *text = fixture_text(FIXTURE), *at, *end;
	FILE *out;

	for (size_t i = 0; i < n; i++)
		if (medians[i].value[state])
			add_record(lines, sizeof(lines),
				   &(struct median){medians[i].bench, medians[i].variant,
						    medians[i].stack, medians[i].value[state], NULL,
						    0});
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/run.jsonl", dir, name);
	out = fopen(path, "we");
	assert_non_null(out);
	at = replace ? strstr(text, replace) : text;
	assert_non_null(at);
	end = strstr(text, "{\"type\":\"end\"");
	assert_true(end && end >= at);
	fprintf(out, "%.*s%s", (int)(at - text), text, with ? with : "");
	at += replace ? strlen(replace) : 0;
	fprintf(out, "%.*s%s%s", (int)(end - at), at, lines, end);
	assert_int_equal(fclose(out), 0);
	free(text);
}

static inline void states_begin(struct states_fixture *f)
{
	snprintf(f->dir, sizeof(f->dir), "/tmp/daxdm-states-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
}

/* Reads what was written. */
static inline void states_open(struct states_fixture *f)
{
	char why[512] = "";

	if (run_read(f->dir, &f->run, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	assert_int_equal(over_states_read(&f->run, &f->states), 0);
	assert_int_equal(tables_build_over(&f->states, &f->tables), 0);
}

static inline void states_make(struct states_fixture *f, const struct state_medians *medians,
			       size_t n)
{
	states_begin(f);
	state_write(f->dir, ".", medians, n, 0, NULL, NULL);
	state_write(f->dir, "state-2", medians, n, 1, NULL, NULL);
	state_write(f->dir, "state-3", medians, n, 2, NULL, NULL);
	states_open(f);
}

static inline void states_remove(struct states_fixture *f)
{
	char command[128];

	tables_free(&f->tables);
	over_states_free(&f->states);
	run_free(&f->run);
	snprintf(command, sizeof(command), "rm -r %s", f->dir);
	assert_int_equal(system(command), 0);
}

#endif
