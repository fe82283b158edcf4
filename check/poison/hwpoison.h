/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory failures of mapped DAX pages. */
#ifndef DAXDM_HWPOISON_H
#define DAXDM_HWPOISON_H

#include "check/check.h"

/* A run function; arg is a struct testbed_spec.  It may leave processes and the mount behind:
 * CHECK_SPOILS. */
void hwpoison_run(struct check_env *env, const void *arg);

/* The same with a process that has another file mapped which shares the page: FICLONE. */
void hwpoison_shared(struct check_env *env, const void *arg);

/* The same for several pages, and the address that is reported. */
void hwpoison_exact(struct check_env *env, const void *arg);

/* The same for blocks at the border of two allocation groups of xfs. */
void hwpoison_group(struct check_env *env, const void *arg);

/* A page of a file fails that is mapped as a whole at base, with its neighbours.  Returns true if
 * SIGBUS reports that page and nothing else; else false after a complaint. */
bool hwpoison_fail_page(struct check_env *env, int fd, char *base, uint64_t page, uint64_t n_pages);

/* The same for pages of several windows, and the frame that the kernel's log names. */
void hwpoison_log(struct check_env *env, const void *arg);

/* For observations: "success", the code of a SIGBUS ("BUS_MCEERR_AR"), or another signal. */
json_t *hwpoison_touch_json(const struct check_touch *touch);

#endif
