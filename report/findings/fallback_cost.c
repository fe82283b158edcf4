// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/fallback_cost.h"

#include "lib/base/number.h"
#include "lib/base/text.h"
#include "report/findings/cost.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct table_row *find_row(const struct table *t, const char *bench,
					const char *variant)
{
	for (size_t r = 0; r < t->n_rows; r++)
		if (!strcmp(t->rows[r].bench, bench) && !strcmp(t->rows[r].variant, variant))
			return &t->rows[r];
	return NULL;
}

/* The record of BENCH.VARIANT on a stack (its rank in run->stacks), or NULL. */
static const struct run_record *find_record(const struct table *t, size_t stack, const char *bench,
					    const char *variant)
{
	const struct table_row *row = find_row(t, bench, variant);

	return row ? row->cell[stack] : NULL;
}

double fallback_cost_size_bytes(const char *size)
{
	char *unit;
	double bytes = (double)strtoull(size, &unit, 10);

	return *unit == 'k' ? bytes * 1024 : *unit == 'm' ? bytes * 1048576 : bytes;
}

/* Records are not in order of size; each size occurs once. */
const char *fallback_cost_size(const struct table *t, const char *op, size_t i)
{
	double above = 0;
	const char *next;
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "dax.%s.", op);
	do {
		next = NULL;
		for (size_t r = 0; r < t->n_rows; r++) {
			const struct table_row *row = &t->rows[r];
			const char *size = row->variant + strlen(prefix);

			if (row->role->kind != ROLE_FILE_IO ||
			    strncmp(row->variant, prefix, strlen(prefix)) ||
			    fallback_cost_size_bytes(size) <= above)
				continue;
			if (!next ||
			    fallback_cost_size_bytes(size) < fallback_cost_size_bytes(next))
				next = size;
		}
		above = next ? fallback_cost_size_bytes(next) : 0;
	} while (next && i--);
	return next;
}

struct bytes_text fallback_cost_size_words(const char *size)
{
	return bytes_text((uint64_t)number_round(fallback_cost_size_bytes(size)));
}

static const struct run_record *other_record(const struct table *t, size_t stack, const char *path,
					     const char *op, const char *warmth, const char *size)
{
	char name[128];

	snprintf(name, sizeof(name), "%s.%s.%s%s%s", path, op, warmth, *warmth ? "." : "", size);
	return find_record(t, stack, role_bench(ROLE_FILE_IO), name);
}

struct real_range fallback_cost_ratio_range(const struct table *t, size_t stack, const char *path,
					    const char *op, const char *warmth, const char *size)
{
	const struct run_record *dax = other_record(t, stack, "dax", op, "", size);
	const struct run_record *other = other_record(t, stack, path, op, warmth, size);

	if (!dax || !other)
		return (struct real_range){0, 0, 0};
	return over_states_ratio(other, dax);
}

double fallback_cost_ratio(const struct table *t, size_t stack, const char *path, const char *op,
			   const char *warmth, const char *size)
{
	return fallback_cost_ratio_range(t, stack, path, op, warmth, size).median;
}

/* States of the page cache; each has a ratio of its own. */
static const char *const buffered[] = {"cold", "warm"};

enum { BUFFERED = sizeof(buffered) / sizeof(buffered[0]) };

/* Which states of the page cache were measured with any size. */
static void find_ways(const struct table *t, size_t stack, const char *op, bool has[BUFFERED])
{
	const char *size;

	for (unsigned int w = 0; w < BUFFERED; w++) {
		has[w] = false;
		for (size_t i = 0; (size = fallback_cost_size(t, op, i)) && !has[w]; i++)
			has[w] = other_record(t, stack, "direct", op, "", size) &&
				 fallback_cost_ratio(t, stack, "buffered", op, buffered[w], size) >
					 0;
	}
}

/*
 * One size: "4 KiB 1.45 O_DIRECT (8,868 insn, DAX 6,123), 2.95 cold page cache, 0.92 warm page
 * cache"; the next sizes are as short as "64 KiB 1.10, 3.62, 1.19", with "-" for what was not
 * measured.
 */
static void add_size(const struct table *t, size_t stack, const char *op, const char *size,
		     const bool has[BUFFERED], char *text, size_t text_size)
{
	const struct run_record *dax = other_record(t, stack, "dax", op, "", size);
	const struct run_record *direct = other_record(t, stack, "direct", op, "", size);
	bool first = !*text;
	size_t passed = 0;

	if (!dax || !direct || dax->median <= 0 || direct->median <= 0 ||
	    strlen(text) + 256 > text_size)
		return;
	text_append(text, text_size, "%s%s %.2f", first ? "" : "; ",
		    fallback_cost_size_words(size).s,
		    fallback_cost_ratio(t, stack, "direct", op, "", size));
	if (first)
		text_append(text, text_size, " O_DIRECT (%s %s, DAX %s)", number(direct->median).s,
			    t->unit, number(dax->median).s);
	for (unsigned int i = 0; i < BUFFERED; i++) {
		double ratio = fallback_cost_ratio(t, stack, "buffered", op, buffered[i], size);
		char name[32] = "";

		if (!has[i])
			continue;
		if (ratio <= 0 && !first) {
			passed++;
			continue;
		}
		if (first)
			snprintf(name, sizeof(name), " %s page cache", buffered[i]);
		for (; passed; passed--)
			text_append(text, text_size, ", -");
		if (ratio > 0)
			text_append(text, text_size, ", %.2f%s", ratio, name);
		else
			text_append(text, text_size, ", -%s", name);
	}
}

static void say_op(const struct tables *tables, const struct table *t, size_t stack, const char *op,
		   findings_say *say, void *arg)
{
	char text[1024] = "";
	bool has[BUFFERED];
	const char *size;

	find_ways(t, stack, op, has);
	for (size_t i = 0; (size = fallback_cost_size(t, op, i)); i++)
		add_size(t, stack, op, size, has, text, sizeof(text));
	if (*text)
		findings_sayf(say, arg, "%s: %s without DAX on %s, relative to DAX: %s",
			      table_fs(t), op, tables->run->stacks.name[stack], text);
}

/* A fault that maps the page cache against a DAX fault. */
static void say_faults(const struct tables *tables, const struct table *t, size_t stack,
		       findings_say *say, void *arg)
{
	static const char *const kinds[] = {"read.cold", "read.warm", "write.warm"};
	char text[512] = "";

	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct run_record *dax, *other;
		char name[64];
		size_t used = strlen(text);

		snprintf(name, sizeof(name), "%s.pte", kinds[i]);
		dax = find_record(t, stack, role_bench(ROLE_FAULT), name);
		snprintf(name, sizeof(name), "mmap.%s", kinds[i]);
		other = find_record(t, stack, role_bench(ROLE_FILE_IO), name);
		if (dax && other && dax->median > 0 && other->median > 0)
			snprintf(text + used, sizeof(text) - used, "%s%s %.2f (%s %s, DAX %s)",
				 used ? ", " : "", kinds[i], over_states_ratio(other, dax).median,
				 number(other->median).s, t->unit, number(dax->median).s);
	}
	if (*text)
		findings_sayf(say, arg,
			      "%s: 4 KiB fault in the page cache on %s, relative to DAX: %s",
			      table_fs(t), tables->run->stacks.name[stack], text);
}

static void say_stack(const struct tables *tables, const struct table *t, long stack,
		      findings_say *say, void *arg)
{
	if (stack < 0)
		return;
	say_op(tables, t, (size_t)stack, "read", say, arg);
	say_op(tables, t, (size_t)stack, "write", say, arg);
	say_faults(tables, t, (size_t)stack, say, arg);
}

void fallback_cost_say(const struct tables *tables, const struct table *t, findings_say *say,
		       void *arg)
{
	long dm = cost_dm_stack(tables, t, role_bench(ROLE_FILE_IO));

	say_stack(tables, t, dm < 0 ? tables->raw : dm, say, arg);
}

void fallback_cost_say_raw(const struct tables *tables, const struct table *t, findings_say *say,
			   void *arg)
{
	if (cost_dm_stack(tables, t, role_bench(ROLE_FILE_IO)) >= 0)
		say_stack(tables, t, tables->raw, say, arg);
}

/* msync against MAP_SYNC with a CPU cache flush. */
static void say_durable(const struct tables *tables, const struct table *t, size_t stack,
			findings_say *say, void *arg)
{
	static const char *const sizes[] = {"4k", "64k", "2m"};
	char text[512] = "", name[64];

	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const struct run_record *own, *call;
		size_t used = strlen(text);

		snprintf(name, sizeof(name), "durable.mapsync.%s", sizes[i]);
		own = find_record(t, stack, role_bench(ROLE_COPY), name);
		snprintf(name, sizeof(name), "durable.msync.%s", sizes[i]);
		call = find_record(t, stack, role_bench(ROLE_COPY), name);
		if (own && call && own->median > 0 && call->median > 0)
			snprintf(text + used, sizeof(text) - used, "%s%s %.1f (%s %s, MAP_SYNC %s)",
				 used ? ", " : "", fallback_cost_size_words(sizes[i]).s,
				 over_states_ratio(call, own).median, number(call->median).s,
				 t->unit, number(own->median).s);
	}
	if (*text)
		findings_sayf(say, arg,
			      "%s: durable copy by msync on %s, relative to MAP_SYNC with "
			      "pmem_memcpy_persist: %s",
			      table_fs(t), tables->run->stacks.name[stack], text);
}

static void say_fsync(const struct tables *tables, const struct table *t, size_t stack,
		      findings_say *say, void *arg)
{
	static const char *const calls[] = {"fsync", "msync"};

	for (unsigned int i = 0; i < 2; i++) {
		char name[32];
		const struct run_record *raw, *dm;

		snprintf(name, sizeof(name), "%s.4k", calls[i]);
		raw = find_record(t, (size_t)tables->raw, role_bench(ROLE_COPY), name);
		dm = find_record(t, stack, role_bench(ROLE_COPY), name);
		if (raw && dm && raw->median > 0 && dm->median > 0)
			findings_sayf(
				say, arg,
				"%s: %s after one dirty page costs %s %s on raw, %s on %s (%.1fx)",
				table_fs(t), calls[i], number(raw->median).s, t->unit,
				number(dm->median).s, dm->stack, over_states_ratio(dm, raw).median);
	}
}

void fallback_cost_say_sync(const struct tables *tables, const struct table *t, findings_say *say,
			    void *arg)
{
	long dm = cost_dm_stack(tables, t, role_bench(ROLE_COPY));

	if (tables->raw >= 0)
		say_durable(tables, t, (size_t)tables->raw, say, arg);
	if (dm >= 0)
		say_durable(tables, t, (size_t)dm, say, arg);
	if (dm >= 0 && tables->raw >= 0)
		say_fsync(tables, t, (size_t)dm, say, arg);
}
