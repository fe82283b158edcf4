// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/threshold.h"

#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/text_file.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int threshold_parse(const char *text, double *percent)
{
	static const char digits[] = "0123456789";
	size_t whole = strspn(text, digits), point = text[whole] == '.';
	size_t part = point ? strspn(text + whole + 1, digits) : 0, end = whole + point + part;
	double value;

	if (!(whole + part) || (whole > 1 && text[0] == '0') ||
	    text[end + strspn(text + end, " %")])
		return -EINVAL;
	value = strtod(text, NULL);
	if (!isfinite(value) || value > 1e6)
		return -EINVAL;
	*percent = value;
	return 0;
}

static int add_line(void *thresholds, const char *path, unsigned int number, char *line)
{
	struct thresholds *t = thresholds;
	char *save, *glob, *percent, *more;
	struct threshold *list;
	double value;

	line[strcspn(line, "#")] = '\0';
	glob = strtok_r(line, " \t", &save);
	if (!glob)
		return 0;
	percent = strtok_r(NULL, " \t", &save);
	more = strtok_r(NULL, " \t", &save);
	if (!percent || threshold_parse(percent, &value) < 0 || (more && strcmp(more, "%"))) {
		msg_error("%s:%u: expected METRIC-GLOB PERCENT, e.g. 'fault.*.pmd{*} 2.5'", path,
			  number);
		return -EINVAL;
	}
	list = memory_check(reallocarray(t->list, t->n + 1, sizeof(*list)));
	if (!list)
		return -ENOMEM;
	t->list = list;
	list[t->n] = (struct threshold){memory_check(strdup(glob)), value};
	if (!list[t->n].glob)
		return -ENOMEM;
	t->n++;
	return 0;
}

int thresholds_read(const char *path, struct thresholds *t)
{
	return text_file_read(path, "thresholds", add_line, t);
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
