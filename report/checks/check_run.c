// SPDX-License-Identifier: GPL-2.0-only
#include "report/checks/check_run.h"

#include "lib/base/msg.h"
#include "lib/base/text.h"
#include "report/checks/known.h"

#include <errno.h>
#include <stdlib.h>

int check_run_read(const char *verb, const char *dir, struct run *run)
{
	char why[512];
	int rc = run_read(dir, run, why, sizeof(why));

	if (rc < 0) {
		msg_error("%s: %s", verb, why);
	} else if (!run->context.checks) {
		msg_error("%s: %s is a run of benchmarks; ./run.sh report shows it", verb,
			  run->path);
		rc = -EINVAL;
	}
	return rc;
}

const char *check_run_version(const struct run *run, char version[64])
{
	const struct run_context *c = &run->context;

	return kernel_version_text(c->release, c->package, c->version, version, 64);
}

static int by_number(const void *pa, const void *pb)
{
	const struct run_check *a = pa, *b = pb;
	json_int_t na = json_integer_value(json_object_get(a->line, "number"));
	json_int_t nb = json_integer_value(json_object_get(b->line, "number"));

	return (na > nb) - (na < nb);
}

/* By the number each had when it was run, so that it has the same number again. */
static void sort_checks(struct run *run)
{
	for (size_t i = 0; i < run->n_checks; i++)
		if (!json_is_integer(json_object_get(run->checks[i].line, "number")))
			return; /* of a run on this host, or of an older build */
	if (run->n_checks)
		qsort(run->checks, run->n_checks, sizeof(*run->checks), by_number);
}

struct verdicts *check_run_judge(struct run *run, FILE *out, FILE *ktap, const char *known_dir)
{
	char version[64];
	struct verdicts *v =
		verdicts_new(out, ktap, known_dir, check_run_version(run, version), run->n_checks);

	sort_checks(run);
	if (v)
		verdicts_kernel(v, run->context.json);

	for (size_t i = 0; v && i < run->n_observations; i++)
		verdicts_observation(v, run->observations[i].line);
	for (size_t i = 0; v && i < run->n_checks; i++)
		verdicts_check(v, run->checks[i].line);
	return v;
}

void check_run_observations(const struct run *run, FILE *out, const char *prefix)
{
	if (run->n_observations)
		fprintf(out, "%sobserved:\n", prefix);
	for (size_t i = 0; i < run->n_observations; i++) {
		char *value =
			json_dumps(run->observations[i].value, JSON_ENCODE_ANY | JSON_SORT_KEYS);

		fprintf(out, "%s  %s: ", prefix, run->observations[i].id);
		text_put(value ? value : "?", out);
		fputc('\n', out);
		free(value);
	}
}
