/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs checks on this host, one after the other. */
#ifndef DAXDM_RUNNER_H
#define DAXDM_RUNNER_H

#include "check/coverage.h"
#include "check/select.h"
#include "lib/run/record.h"

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_SKIP, VERDICT_BROKEN };

struct runner {
	struct check_env env; /* what all checks have in common */
	struct sink *sink;
	unsigned int verdicts[4];  /* how many of each */
	struct coverage *coverage; /* counts what each check reaches; may be NULL */
	/* Written by bios when the device was last free of signatures; clean: it is known. */
	struct {
		bool clean;
		uint64_t sectors;
	} written[CHECK_DEVICES_MAX];
};

/*
 * Runs one case in a child with a directory below base and a time limit, removes what it left,
 * examines the kernel log, and writes its lines.  Returns 0, -ESTALE if this boot cannot run
 * another check, -EINTR, or -errno of the sink.
 */
int runner_case(struct runner *k, const struct check_case *c, const char *base);

#endif
