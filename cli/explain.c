// SPDX-License-Identifier: GPL-2.0-only
/* daxdm explain: which functions make the difference between two medians. */
#include "cli/cli.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/terminal.h"
#include "report/explain/explanation.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 30 };

struct explain_options {
	const char *metric[N_SIDES];
	size_t n_metrics;
	const char *output, *plot_data;
	bool json, all;
};

/* --- options --------------------------------------------------------------------------------- */

static int set_metric(void *opts, const char *value)
{
	struct explain_options *o = opts;

	if (o->n_metrics == N_SIDES) {
		msg_error("explain: --metric can be given twice: of the base, and of what is held "
			  "against it");
		return -EINVAL;
	}
	o->metric[o->n_metrics++] = value;
	return 0;
}

static int set_output(void *opts, const char *value)
{
	((struct explain_options *)opts)->output = value;
	return 0;
}

static int set_plot_data(void *opts, const char *value)
{
	((struct explain_options *)opts)->plot_data = value;
	return 0;
}

static int set_json(void *opts, const char *value)
{
	(void)value;
	((struct explain_options *)opts)->json = true;
	return 0;
}

static int set_all(void *opts, const char *value)
{
	(void)value;
	((struct explain_options *)opts)->all = true;
	return 0;
}

static const struct option_spec options[] = {
	{"metric", "ID", "what to explain; a second one is that of NEW", set_metric},
	{"output", "DIR", "where explain.json, explain.txt and stacks for flame graphs go",
	 set_output},
	{"plot-data", "DIR", "where the data of the plot goes", set_plot_data},
	{"json", NULL, "print explain.json instead of the table", set_json},
	{"all", NULL, "print every function, unchanged ones too", set_all},
	{NULL, NULL, NULL, NULL},
};

static int write_all(const struct explanation *e, const struct explain_options *o)
{
	json_t *json = explanation_json(e);
	int rc = json ? 0 : -ENOMEM;

	if (!rc && o->plot_data)
		rc = explanation_plot(e, o->plot_data);
	if (!rc && o->output)
		rc = explanation_write(e, json, o->output);
	if (!rc && o->json)
		rc = terminal_print_json(json, stdout);
	else if (!rc)
		explanation_print(e, o->all ? 0 : ROWS, stdout);
	if (rc == -ENOMEM)
		memory_check(NULL);
	else if (rc < 0)
		msg_error("explain: cannot write to %s: %s", o->output ? o->output : o->plot_data,
			  strerror(-rc));
	json_decref(json);
	return rc;
}

static int explain(char **dirs, int n, const struct explain_options *o)
{
	struct explanation *e = calloc(1, sizeof(*e));
	int status = STATUS_BROKEN, rc = e ? 0 : -ENOMEM;

	for (int i = 0; i < N_SIDES && !rc; i++) {
		e->side[i].metric = o->metric[i < (int)o->n_metrics ? i : 0];
		rc = explanation_read(&e->side[i], dirs[i < n ? i : 0]);
	}
	if (!rc && !explanation_is_fair(e)) {
		rc = -EINVAL;
		status = STATUS_NOT_COMPARABLE;
	}
	if (!rc)
		rc = explanation_attribute(e);
	if (!rc)
		rc = write_all(e, o);
	if (!rc)
		status = STATUS_GOOD;
	explanation_free(e);
	return status;
}

static int explain_main(int argc, char **argv)
{
	struct explain_options o = {0};
	int at = options_parse(&verb_explain, options, &o, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (argc - at < 1 || argc - at > N_SIDES || !o.n_metrics ||
	    (argc - at == 1 && o.n_metrics == 1)) {
		msg_error("explain: two runs and --metric, or one run and two of them, are needed; "
			  "daxdm explain --help");
		return STATUS_USAGE;
	}
	return explain(argv + at, argc - at, &o);
}

const struct verb verb_explain = {
	.name = "explain",
	.args = "BASEDIR [NEWDIR]",
	.why = "which functions make the difference between two medians",
	.run = explain_main,
	.no_memory = STATUS_BROKEN,
};
