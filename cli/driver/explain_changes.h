/* SPDX-License-Identifier: GPL-2.0-only */
/* Explains the largest differences of a comparison by `daxdm explain`, which measures both sides
 * again.  As in cli/driver/measure.h errors end the process. */
#ifndef DAXDM_EXPLAIN_CHANGES_H
#define DAXDM_EXPLAIN_CHANGES_H

#include "cli/driver/sides.h"

#include <jansson.h>

/* Explains the rows that changed most beyond the threshold.  Returns an array of explanations, to
 * be freed; it lacks one that could not be made, after an error line. */
json_t *explain_changes(const struct comparison *c, const struct sides *s);

#endif
