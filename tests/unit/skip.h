/* SPDX-License-Identifier: GPL-2.0-only */
/* A skip for what this host cannot have.  tests/run.sh counts any other skip as a failure. */
#ifndef DAXDM_TEST_SKIP_H
#define DAXDM_TEST_SKIP_H

#define skip_expected(why)                              \
	do {                                            \
		print_message("# expected: %s\n", why); \
		skip();                                 \
	} while (0)

#endif
