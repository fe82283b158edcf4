/* SPDX-License-Identifier: GPL-2.0-only */
/* The cost of losing DAX: O_DIRECT, page cache and msync against DAX, from records of ROLE_FILE_IO
 * and ROLE_COPY. */
#ifndef DAXDM_FALLBACK_COST_H
#define DAXDM_FALLBACK_COST_H

#include "lib/base/bytes.h"
#include "report/findings/say.h"
#include "report/table/table.h"

/* The I-th size (0: the smallest) of dax.OP in this table, as in its name ("64k"); NULL past the
 * last. */
const char *fallback_cost_size(const struct table *t, const char *op, size_t i);

/* "64k" as 65536. */
double fallback_cost_size_bytes(const char *size);

/* "64k" as "64 KiB", "2m" as "2 MiB", "64" as "64 B". */
struct bytes_text fallback_cost_size_words(const char *size);

/* Median of PATH.OP[.WARMTH].SIZE divided by that of dax.OP.SIZE; 0 if one of them was not
 * measured on that stack. */
double fallback_cost_ratio(const struct table *t, size_t stack, const char *path, const char *op,
			   const char *warmth, const char *size);

/* The same with its range over the initial states. */
struct real_range fallback_cost_ratio_range(const struct table *t, size_t stack, const char *path,
					    const char *op, const char *warmth, const char *size);

/* Findings of one table: on cost_dm_stack(), or else on raw. */
void fallback_cost_say(const struct tables *tables, const struct table *t, findings_say *say,
		       void *arg);
/* The same on raw, if there is such a stack. */
void fallback_cost_say_raw(const struct tables *tables, const struct table *t, findings_say *say,
			   void *arg);
void fallback_cost_say_sync(const struct tables *tables, const struct table *t, findings_say *say,
			    void *arg);

#endif
