// SPDX-License-Identifier: GPL-2.0-only
#include "lib/file/stamp.h"

#include "lib/base/bytes.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { FOUND_LEN = 160 };

/* A sector is filled with these: each names the sector, so that one intact cell is enough. */
struct cell {
	uint32_t file_id, generation;
	uint64_t sector_bytes; /* offset of the sector in the file */
	uint64_t position;     /* of the cell in the sector, and a magic number */
	uint64_t sum;	       /* of all of the above */
};

enum { CELLS = SECTOR_BYTES / sizeof(struct cell) };

#define MAGIC UINT64_C(0x6461786d7374616d)

/* The finaliser of splitmix64: one changed bit changes half of the result's. */
static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* What the cells of a sector have in common: the last cell made, and the sum up to its position. */
struct sector {
	struct cell cell;
	uint64_t sum;
};

static uint64_t sector_sum(const struct cell *c)
{
	return mix(mix((uint64_t)c->file_id << 32 | c->generation) ^ c->sector_bytes);
}

/* The sector that holds the file's byte offset_bytes. */
static struct sector sector_at(uint32_t file_id, uint64_t offset_bytes, uint32_t generation)
{
	struct sector s = {.cell = {.file_id = file_id,
				    .generation = generation,
				    .sector_bytes = offset_bytes / SECTOR_BYTES * SECTOR_BYTES}};

	s.sum = sector_sum(&s.cell);
	return s;
}

/* Makes the cell that holds the file's byte offset_bytes. */
static void make_cell(struct sector *s, uint64_t offset_bytes)
{
	s->cell.position = MAGIC ^ offset_bytes % SECTOR_BYTES / sizeof(s->cell);
	s->cell.sum = mix(s->sum ^ s->cell.position);
}

/* The part of a cell that begins at offset_bytes, at most len bytes: its first byte within the cell
 * and its length. */
static size_t cell_part(uint64_t offset_bytes, size_t len, size_t *from)
{
	*from = offset_bytes % sizeof(struct cell);
	return len < sizeof(struct cell) - *from ? len : sizeof(struct cell) - *from;
}

/* A copy of a whole cell has a fixed length, for which the compiler needs no call. */
void stamp_fill(void *bytes, size_t len, uint32_t file_id, uint64_t offset_bytes,
		uint32_t generation)
{
	char *out = bytes;

	while (len) {
		struct sector s = sector_at(file_id, offset_bytes, generation);

		do {
			size_t from, n = cell_part(offset_bytes, len, &from);

			make_cell(&s, offset_bytes);
			if (n == sizeof(s.cell))
				memcpy(out, &s.cell, sizeof(s.cell));
			else
				memcpy(out, (const char *)&s.cell + from, n);
			out += n;
			offset_bytes += n;
			len -= n;
		} while (len && offset_bytes % SECTOR_BYTES);
	}
}

static bool is_cell(const struct cell *c, size_t position)
{
	return c->position == (MAGIC ^ position) && c->sum == mix(sector_sum(c) ^ c->position);
}

static bool same_stamp(const struct cell *a, const struct cell *b)
{
	return a->file_id == b->file_id && a->generation == b->generation &&
	       a->sector_bytes == b->sector_bytes;
}

/*
 * Finds the name in the sector of a wrong byte.  Only complete cells are used; their position in
 * the sector is known, because only whole sectors can be misplaced.
 */
static void describe(const char *bytes, size_t len, uint64_t offset_bytes, size_t wrong,
		     const struct cell *own, char *found)
{
	size_t begin = (offset_bytes + wrong) % SECTOR_BYTES; /* of the byte in its sector */
	size_t first = begin < wrong ? wrong - begin : 0;
	size_t last = wrong - begin + SECTOR_BYTES; /* wraps back where the sector began earlier */
	bool zeroes = true;

	if (last > len)
		last = len;
	for (size_t i = first; i < last; i++)
		zeroes = zeroes && !bytes[i];
	if (zeroes) {
		snprintf(found, FOUND_LEN, "zeroes");
		return;
	}
	for (size_t i = first; i + sizeof(struct cell) <= last; i++) {
		size_t in_sector = (offset_bytes + i) % SECTOR_BYTES;
		struct cell c;

		memcpy(&c, bytes + i, sizeof(c));
		if (in_sector % sizeof(c) || !is_cell(&c, in_sector / sizeof(c)))
			continue;
		snprintf(found, FOUND_LEN,
			 "file %" PRIu32 ", offset %" PRIu64 ", generation %" PRIu32 "%s",
			 c.file_id, c.sector_bytes, c.generation,
			 same_stamp(&c, own) ? ", damaged" : "");
		return;
	}
	snprintf(found, FOUND_LEN, "no stamp");
}

/* As memcmp(3) of a whole cell, without a call. */
static bool is_same(const char *bytes, const struct cell *c)
{
	struct cell have;

	memcpy(&have, bytes, sizeof(have));
	return same_stamp(&have, c) && have.position == c->position && have.sum == c->sum;
}

size_t stamp_check(const void *bytes, size_t len, uint32_t file_id, uint64_t offset_bytes,
		   uint32_t generation, char *found)
{
	const char *in = bytes;
	size_t done = 0;

	while (done < len) {
		struct sector s = sector_at(file_id, offset_bytes + done, generation);

		do {
			size_t from, n = cell_part(offset_bytes + done, len - done, &from);
			const char *want = (const char *)&s.cell + from;

			make_cell(&s, offset_bytes + done);
			if (n == sizeof(s.cell) ? !is_same(in + done, &s.cell)
						: memcmp(in + done, want, n)) {
				while (in[done] == *want++)
					done++;
				if (found)
					describe(in, len, offset_bytes, done, &s.cell, found);
				return done;
			}
			done += n;
		} while (done < len && (offset_bytes + done) % SECTOR_BYTES);
	}
	return len;
}
