/* SPDX-License-Identifier: GPL-2.0-only */
/* What the search for a segment in device-mapper's table costs: so much for each level of
 * the b-tree, so much for each key compared. */
#ifndef DAXDM_FIT_SEARCH_H
#define DAXDM_FIT_SEARCH_H

#include "report/findings/say.h"
#include "report/table/table.h"

/* Searches that did the same and cost the same. */
struct search_point {
	unsigned int levels, keys, full; /* struct btree_walk */
	int64_t cost, count;
};

enum search_term { SEARCH_BASE, SEARCH_KEY, SEARCH_LEVEL, SEARCH_FULL, SEARCH_TERMS };

struct search_fit {
	double cost[SEARCH_TERMS];
	bool known
		[SEARCH_TERMS]; /* false: nothing among the points tells it apart from those before
				*/
	int64_t searches;
	int64_t exact;	  /* searches that cost what the fit says, to the unit */
	double deviation; /* mean distance of a search from the fit */
	double doubling;  /* by the fit: the cost of twice the segments, on average */
};

/* Fits by least squares, to what most searches of a kind cost.  Pure. */
struct search_fit fit_search(const struct search_point *points, size_t n);

/* One sentence for each filesystem whose run searched tables. */
void fit_search_say(const struct tables *tables, const struct table *table, findings_say *say,
		    void *arg);

#endif
