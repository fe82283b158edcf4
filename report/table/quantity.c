// SPDX-License-Identifier: GPL-2.0-only
#include "report/table/quantity.h"

#include "lib/base/number.h"

#include <stdio.h>

void quantity_add(struct quantity *q, int64_t value)
{
	size_t at;

	if (q->n == QUANTITY_VALUES_MAX)
		return;
	if (!q->n)
		q->first = value;
	for (at = q->n++; at && q->of_run[at - 1] > value; at--)
		q->of_run[at] = q->of_run[at - 1];
	q->of_run[at] = value;
	q->median = q->of_run[(q->n - 1) / 2];
	q->least = q->of_run[0];
	q->most = q->of_run[q->n - 1];
}

struct quantity_text quantity_range(const struct quantity *q, bool sign)
{
	struct quantity_text text = {""};

	if (q->least < q->most)
		snprintf(text.s, sizeof(text.s), " (%s..%s)",
			 sign ? number_signed(q->least).s : number(q->least).s,
			 sign ? number_signed(q->most).s : number(q->most).s);
	return text;
}
