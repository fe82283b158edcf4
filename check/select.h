/* SPDX-License-Identifier: GPL-2.0-only */
/* Which checks: globs -> cases.  Pure. */
#ifndef DAXDM_CHECK_SELECT_H
#define DAXDM_CHECK_SELECT_H

#include "check/check.h"

/* One execution of a check: as it is, or with one fault planted. */
struct check_case {
	char id[112]; /* FAMILY.NAME or FAMILY.NAME+PLANT */
	const struct check_family *family;
	const struct check_item *item;
	enum plant plant;
};

enum { CHECK_NAME_MAX = 112 };

/* "value" for PLANT_VALUE and so on; NULL for PLANT_NONE. */
const char *plant_name(enum plant plant);

/* "FAMILY.NAME".  Returns id. */
const char *check_id(const struct check_family *family, const struct check_item *item,
		     char id[CHECK_NAME_MAX]);

/*
 * The cases that the globs want (fnmatch(3) on the id, on the family's name, or without globs all),
 * in table order; quick: only those of --quick; planted: each with each of its faults instead of
 * as it is.  Returns 0, -EINVAL after one error line (a glob that fits nothing), or -ENOMEM; free
 * *out.
 */
int check_select(char *const *globs, size_t n_globs, bool quick, bool planted,
		 struct check_case **out, size_t *n_out);

/* The case of that id.  Returns 0, or -EINVAL after one error line. */
int check_case_of(const char *id, struct check_case *out);

/* Its time limit in seconds. */
unsigned int check_limit_s(const struct check_item *item);

#endif
