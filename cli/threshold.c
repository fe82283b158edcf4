// SPDX-License-Identifier: GPL-2.0-only
#include "cli/threshold.h"

#include "lib/msg.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int threshold_parse(const char *text, double *percent)
{
	char *end;
	double value;

	if (!((*text >= '0' && *text <= '9') || *text == '.'))
		return -EINVAL;
	value = strtod(text, &end);
	end += strspn(end, " %");
	if (*end || !isfinite(value) || value < 0 || value > 1e6)
		return -EINVAL;
	*percent = value;
	return 0;
}

static int add_line(struct thresholds *t, const char *path, unsigned int number, char *line)
{
	char *save, *glob, *percent, *more;
	struct threshold *list;
	double value;

	line[strcspn(line, "#\n")] = '\0';
	glob = strtok_r(line, " \t", &save);
	if (!glob)
		return 0;
	percent = strtok_r(NULL, " \t", &save);
	more = strtok_r(NULL, " \t", &save);
	if (!percent || threshold_parse(percent, &value) < 0 || (more && strcmp(more, "%"))) {
		msg_error("%s:%u: want a metric, globs allowed, and a number of per cent, e.g. "
			  "'fault.*.pmd{*} 2.5'",
			  path, number);
		return -EINVAL;
	}
	list = reallocarray(t->list, t->n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	t->list = list;
	list[t->n] = (struct threshold){strdup(glob), value};
	if (!list[t->n].glob)
		return -ENOMEM;
	t->n++;
	return 0;
}

int thresholds_read(const char *path, struct thresholds *t)
{
	FILE *in = fopen(path, "re");
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	if (!in) {
		rc = -errno;
		msg_error("cannot read the thresholds in %s: %s", path, strerror(-rc));
		return rc;
	}
	while (!rc && getline(&line, &size, in) > 0)
		rc = add_line(t, path, ++number, line);
	if (!rc && ferror(in)) {
		rc = -EIO;
		msg_error("cannot read the thresholds in %s: %s", path, strerror(EIO));
	}
	free(line);
	fclose(in);
	return rc;
}

double thresholds_of(const struct thresholds *t, const char *id)
{
	for (size_t i = t->n; i; i--)
		if (!fnmatch(t->list[i - 1].glob, id, 0))
			return t->list[i - 1].percent;
	return t->percent;
}

void thresholds_free(struct thresholds *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->list[i].glob);
	free(t->list);
	t->list = NULL;
	t->n = 0;
}
