/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records what the kernel makes durable in persistent memory: every cache line that it writes back,
 * every byte that it copies past the cache, with the bytes, and every flush of a region, by which
 * what was written back or copied before it is durable.  BPF programs at the entry of the
 * functions, of a copy from user space at its return, read them.  What was stored and is in no
 * record may be lost in a power cut.
 *
 * Trusted are the functions themselves: arch_wb_cache_pmem(), __memcpy_flushcache(),
 * __copy_user_flushcache() and nvdimm_flush().  Not recorded are copies of 4, 8 or 16 bytes, which
 * the compiler inlines (dm-writecache, BTT).  A call for more than 64 KiB, as for a file that PMDs
 * map, is missed.
 */
#ifndef DAXDM_DURABLE_H
#define DAXDM_DURABLE_H

#include "lib/trace/durable_state.h"

#include <stddef.h>
#include <stdint.h>

struct durable;

/*
 * Loads and attaches the programs, with room for so many records on each processor; nothing is
 * recorded until durable_start().  Returns 0, -ENOTSUP if this kernel lacks one of the functions or
 * page_offset_base, or -errno; bpf_complaint() has the reason.  Source: bpf(2),
 * Documentation/trace/kprobes.rst.
 */
int durable_open(struct durable **out, unsigned int records_per_cpu);
void durable_close(struct durable *durable); /* NULL is fine */

/* Forgets all records and begins to record.  Returns 0 or -errno. */
int durable_start(struct durable *durable);

/*
 * Ends that.  *list gets n pointers to the records by time, which are valid until durable_start()
 * or durable_close(); free the list.  Returns 0, -errno, or, if something was missed: -EOVERFLOW,
 * no room; -E2BIG, a call of more than 64 KiB; -EFAULT, bytes that could not be read then, or a
 * copy whose return was missed.
 */
int durable_stop(struct durable *durable, const struct durable_record ***list, size_t *n);

#endif
