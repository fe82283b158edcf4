/* SPDX-License-Identifier: GPL-2.0-only */
/* What the search for a segment in device-mapper's table costs, as a law: so much for each level of
 * the b-tree, so much for each key compared. */
#ifndef DAXDM_LAW_H
#define DAXDM_LAW_H

#include "report/findings/findings.h"

/* Searches that did the same and cost the same. */
struct law_point {
	unsigned int levels, keys, full; /* struct btree_walk */
	int64_t cost, count;
};

enum law_term { LAW_BASE, LAW_KEY, LAW_LEVEL, LAW_FULL, LAW_TERMS };

struct law {
	double cost[LAW_TERMS];
	bool known[LAW_TERMS]; /* false: nothing among the points tells it apart from those before
				*/
	int64_t searches;
	int64_t exact;	  /* searches that cost what the law says, to the unit */
	double deviation; /* mean distance of a search from the law */
	double doubling;  /* by the law: the cost of twice the segments, on average */
};

/* Fits by least squares, to what most searches of a kind cost.  Pure. */
struct law law_fit(const struct law_point *points, size_t n);

/* One sentence for each filesystem whose run searched tables. */
void law_say(const struct tables *tables, const struct table *table, findings_say *say, void *arg);

#endif
