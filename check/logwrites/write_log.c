// SPDX-License-Identifier: GPL-2.0-only
#include "check/logwrites/write_log.h"

#include "check/fixture/bio.h"
#include "lib/base/limit_clock.h"
#include "lib/dev/dm.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x6a736677736872)

enum { VERSION = 1, MARK_MS = 5000 };

/* On the device, little endian. */
struct super_block {
	uint64_t magic, version, n_entries;
	uint32_t sector_bytes;
};

struct entry_block {
	uint64_t sector, n_sectors, flags, data_len;
};

int write_log_wipe(const char *node)
{
	static const char zeroes[PAGE_BYTES];

	return bio_write(node, 0, zeroes, sizeof(zeroes));
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Appends the entry at *at, and moves *at to the next.  Returns 0 or -errno. */
static int read_entry(struct write_log *log, uint64_t *at)
{
	struct write_log_entry *e = &log->list[log->n];
	char block[SECTOR_BYTES];
	struct entry_block raw;
	uint64_t len;
	int rc = bio_read_fd(log->fd, *at, block, sizeof(block));

	if (rc < 0)
		return rc;
	memcpy(&raw, block, sizeof(raw));
	*e = (struct write_log_entry){
		.sector = le64toh(raw.sector),
		.n_sectors = le64toh(raw.n_sectors),
		.flags = le64toh(raw.flags),
		.data_bytes = *at + SECTOR_BYTES,
	};
	len = le64toh(raw.data_len);
	if (e->flags & WRITE_LOG_MARK) {
		if (len >= sizeof(e->mark))
			return -EBADMSG;
		memcpy(e->mark, block + sizeof(raw), len);
	}
	*at += SECTOR_BYTES;
	if (!(e->flags & WRITE_LOG_DISCARD))
		*at += e->n_sectors * SECTOR_BYTES;
	log->n++;
	return 0;
}

/* Reads as many entries as the superblock counts.  Returns 0, -ENOENT without a log, or -errno. */
static int read_log(struct write_log *log)
{
	char block[SECTOR_BYTES];
	struct super_block super;
	uint64_t at = SECTOR_BYTES, n;
	int rc = bio_read_fd(log->fd, 0, block, sizeof(block));

	if (rc < 0)
		return rc;
	memcpy(&super, block, sizeof(super));
	if (le64toh(super.magic) != MAGIC)
		return -ENOENT;
	if (le64toh(super.version) != VERSION || le32toh(super.sector_bytes) != SECTOR_BYTES)
		return -EBADMSG;
	n = le64toh(super.n_entries);
	free(log->list);
	log->n = 0;
	log->list = calloc(n + 1, sizeof(*log->list));
	if (!log->list)
		return -ENOMEM;
	while (log->n < n && !rc)
		rc = read_entry(log, &at);
	return rc;
}

bool write_log_mark(struct check_env *env, struct write_log *log, const char *dm_name,
		    const char *node, const char *mark)
{
	char message[WRITE_LOG_MARK_CHARS + 8];
	int64_t until_ms;
	int rc;

	snprintf(message, sizeof(message), "mark %s", mark);
	rc = dm_device_message(dm_name, message);
	if (!check_errno(env, rc, 0, "dmsetup message %s 0 %s", dm_name, message))
		return false;
	write_log_close(log);
	log->node = node;
	log->fd = open(node, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (!check_setup(env, log->fd < 0 ? -errno : 0, "opening %s", node))
		return false;
	until_ms = limit_clock_ms() + MARK_MS;
	do {
		rc = read_log(log);
		if (!rc && write_log_find(log, mark) < log->n)
			return true;
	} while ((!rc || rc == -ENOENT) && limit_clock_retry(until_ms));
	check_fail(env, "the mark \"%s\" is not in the log on %s after %d s (%s)", mark, node,
		   MARK_MS / 1000, rc ? strerror(-rc) : "no such entry");
	return false;
}

void write_log_close(struct write_log *log)
{
	if (log->fd >= 0)
		close(log->fd);
	free(log->list);
	*log = (struct write_log)WRITE_LOG_NONE;
}

/* ---- what is in it --------------------------------------------------------------------------- */

size_t write_log_find(const struct write_log *log, const char *mark)
{
	for (size_t i = 0; i < log->n; i++)
		if ((log->list[i].flags & WRITE_LOG_MARK) && !strcmp(log->list[i].mark, mark))
			return i;
	return log->n;
}

/* Whether the entry has data on the log's device. */
static bool has_data(const struct write_log_entry *e)
{
	return e->n_sectors && !(e->flags & (WRITE_LOG_DISCARD | WRITE_LOG_MARK));
}

uint64_t write_log_sectors(const struct write_log *log, size_t from, size_t to)
{
	uint64_t n = 0;

	for (size_t i = from; i < to; i++)
		if (has_data(&log->list[i]))
			n += log->list[i].n_sectors;
	return n;
}

int write_log_sector(const struct write_log *log, size_t from, size_t to, uint64_t sector,
		     char bytes[SECTOR_BYTES])
{
	for (size_t i = to; i > from; i--) {
		const struct write_log_entry *e = &log->list[i - 1];

		if (has_data(e) && e->sector <= sector && sector - e->sector < e->n_sectors)
			return bio_read_fd(log->fd,
					   e->data_bytes + (sector - e->sector) * SECTOR_BYTES,
					   bytes, SECTOR_BYTES);
	}
	return -ENOENT;
}

int write_log_replay(const struct write_log *log, size_t to, const char *node)
{
	int rc = 0;

	for (size_t i = 0; i < to && !rc; i++) {
		const struct write_log_entry *e = &log->list[i];

		if (has_data(e))
			rc = bio_copy(log->node, e->data_bytes, node, e->sector * SECTOR_BYTES,
				      e->n_sectors * SECTOR_BYTES);
	}
	return rc;
}
