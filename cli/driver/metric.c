// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/metric.h"

#include "lib/run/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char tax_prefix[] = "tax:";

/* Why there is no such record; a run may know. */
static const char *why_not(const struct run *run, const char *id)
{
	for (size_t i = 0; i < run->n_voids; i++)
		if (!strcmp(run->voids[i].id, id))
			return run->voids[i].why;
	for (size_t i = 0; i < run->n_skips; i++)
		if (!strcmp(run->skips[i].id, id))
			return run->skips[i].why;
	return "the run has no such record";
}

static const struct run_record *raw_of(const struct run *run, const struct run_record *rec)
{
	char id[512];

	snprintf(id, sizeof(id), "%s.%s{stack=raw%s%s}", rec->bench, rec->variant,
		 *rec->fs ? ",fs=" : "", rec->fs);
	return run_find(run, id);
}

static int find(const struct run *run, const char *metric, struct metric_value *value, char *why,
		size_t size)
{
	bool tax = !strncmp(metric, tax_prefix, strlen(tax_prefix));
	const char *id = metric + (tax ? strlen(tax_prefix) : 0);
	const struct run_record *rec = run_find(run, id), *raw = rec ? raw_of(run, rec) : NULL;

	if (!run_is_complete(run) || !rec || (tax && !raw)) {
		snprintf(why, size, "%s",
			 !run_is_complete(run) ? "the run is incomplete"
			 : rec		       ? "raw was not measured"
					       : why_not(run, id));
		return -ENOENT;
	}
	value->median = rec->median - (tax ? raw->median : 0);
	value->higher_is_better = !strcmp(rec->better, "higher");
	snprintf(value->unit, sizeof(value->unit), "%s", rec->unit);
	snprintf(value->release, sizeof(value->release), "%s", run->context.release);
	return 0;
}

int metric_read(const char *dir, const char *id, struct metric_value *value, char *why, size_t size)
{
	struct run run;
	int rc = run_read(dir, &run, why, size) < 0 ? -EINVAL : find(&run, id, value, why, size);

	run_free(&run);
	return rc;
}
