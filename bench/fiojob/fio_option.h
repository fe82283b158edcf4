/* SPDX-License-Identifier: GPL-2.0-only */
/* The options of fio, and what becomes of each in a job of the user's.  Pure. */
#ifndef DAXDM_FIO_OPTION_H
#define DAXDM_FIO_OPTION_H

#include "bench/fiojob/fiojob.h"

enum fio_option_rule {
	FIO_OPTION_KEEP,    /* fio gets it */
	FIO_OPTION_READ,    /* fio_option_judge() reads it, and says what becomes of it */
	FIO_OPTION_REPLACE, /* another value, the same for all jobs; see fio_option_groups */
	FIO_OPTION_REFUSE,
};

/* Why an option is replaced: one note for each. */
enum fio_option_group {
	FIO_GROUP_FILE,
	FIO_GROUP_LENGTH,
	FIO_GROUP_SEED,
	FIO_GROUP_OUTPUT,
	FIO_GROUP_CONTENT,
	FIO_GROUP_ORDER,
	FIO_GROUP_THREAD,
	FIO_GROUP_SIZE,
	FIO_GROUP_DEPTH,
	FIO_GROUPS,
};

/* What the note of a group says behind the names of its options. */
extern const char *const fio_option_groups[FIO_GROUPS];

struct fio_option {
	const char *name;
	enum fio_option_rule rule;
	enum fio_option_group group; /* of FIO_OPTION_REPLACE */
	const char *why;	     /* of FIO_OPTION_REFUSE: behind "OPTION: " */
};

/* NULL: the option is not known.  Names that fio has for the same option are found, too. */
const struct fio_option *fio_option_find(const char *name);

/* The options of a section that are read; NULL: not given; "": without a value. */
struct fio_values {
	const char *ioengine, *rw, *bs, *size, *direct, *buffered, *sync, *numjobs, *iodepth,
		*nrfiles;
};

/* The member for the option of that name; NULL: it is none of these. */
const char **fio_values_member(struct fio_values *values, const char *name);

/* What fio_option_judge() found out. */
struct fio_judged {
	struct fiojob_plan plan;
	enum need need;
	bool replaced[FIO_GROUPS];
};

/*
 * The plan of a section.  Returns 0, or -EINVAL with a sentence in why that begins with the option
 * that cannot be honoured.
 */
int fio_option_judge(const struct fio_values *values, struct fio_judged *out, char *why,
		     size_t why_len);

#endif
