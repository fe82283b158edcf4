/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Confirms differences between kernels by measurement: what is beyond the threshold is measured
 * again in further initial states of both, into RUN/state-N-TIME, until it is confirmed, varies, or
 * all states were measured.  As in cli/driver/measure.h errors end the process; what was measured
 * until then stays.
 */
#ifndef DAXDM_CONFIRM_H
#define DAXDM_CONFIRM_H

#include "cli/driver/measure.h"
#include "report/compare/compare.h"

enum { CONFIRM_IMPOSSIBLE = 1 };

/*
 * Measures states 2 to `states` of the sides of *c, which is built, and builds it again with them.
 * asked and target say how; where a side was measured with another seed or modules, its run says
 * so.  Returns 0; CONFIRM_IMPOSSIBLE after a note why a side's kernel cannot be measured again,
 * and nothing was measured; or -errno after an error line.
 */
int confirm_differences(struct comparison *c, const struct measurement *asked,
			const struct target *target, unsigned int states);

#endif
