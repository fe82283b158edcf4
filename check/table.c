// SPDX-License-Identifier: GPL-2.0-only
/* One line per family. */
#include "check/check.h"

/* clang-format off */
#define FAMILIES(X) \
	X(namespace) \
	X(capability) \
	X(lvm) \
	X(layout) \
	X(boundary) \
	X(faultsize) \
	X(tabletype) \
	X(sync) \
	X(suspend) \
	X(reload) \
	X(race) \
	X(unbind) \
	X(poison) \
	X(lifetime) \
	X(reflink) \
	X(fsmode) \
	X(replay) \
	X(flush) \
	X(journal) \
	X(logwrites) \
	X(writecache) \
	X(crash)
/* clang-format on */

#define DECLARE(name) extern const struct check_family check_##name;
FAMILIES(DECLARE)

#define ENTRY(name) &check_##name,
const struct check_family *const check_table[] = {FAMILIES(ENTRY) NULL};
