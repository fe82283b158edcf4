/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The log of dm-log-writes, as it is on its device.
 * Source: Documentation/admin-guide/device-mapper/log-writes.rst; struct log_write_super and struct
 * log_write_entry in drivers/md/dm-log-writes.c.
 */
#ifndef DAXDM_WRITE_LOG_H
#define DAXDM_WRITE_LOG_H

#include "check/check.h"

enum write_log_flags {
	WRITE_LOG_FLUSH = 1 << 0,
	WRITE_LOG_FUA = 1 << 1,
	WRITE_LOG_DISCARD = 1 << 2,
	WRITE_LOG_MARK = 1 << 3,
};

enum { WRITE_LOG_MARK_CHARS = 32 };

struct write_log_entry {
	uint64_t sector, n_sectors, flags;
	uint64_t data_bytes; /* where its data is on the log's device */
	char mark[WRITE_LOG_MARK_CHARS];
};

struct write_log {
	const char *node; /* borrowed */
	int fd;		  /* with O_DIRECT */
	struct write_log_entry *list;
	size_t n;
};

#define WRITE_LOG_NONE   \
	{                \
		.fd = -1 \
	}

/* Removes the log that an earlier device left on the node.  Returns 0 or -errno. */
int write_log_wipe(const char *node);

/* Sends a mark to the device, waits until it is in the log, and reads the log up to it: at most
 * 5 s.  Returns true, or false after a complaint.  write_log_close() is due in either case. */
bool write_log_mark(struct check_env *env, struct write_log *log, const char *dm_name,
		    const char *node, const char *mark);
void write_log_close(struct write_log *log);

/* The place of a mark in the list, or log->n. */
size_t write_log_find(const struct write_log *log, const char *mark);

/* The sectors of data in [from, to) of the list. */
uint64_t write_log_sectors(const struct write_log *log, size_t from, size_t to);

/* What the log says that a sector of the device holds after the entries [from, to).  Returns 0,
 * -ENOENT: none of them writes it, or -errno. */
int write_log_sector(const struct write_log *log, size_t from, size_t to, uint64_t sector,
		     char bytes[SECTOR_BYTES]);

/* Writes the first `to` entries to another device.  Returns 0 or -errno. */
int write_log_replay(const struct write_log *log, size_t to, const char *node);

#endif
