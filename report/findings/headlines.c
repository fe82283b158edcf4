// SPDX-License-Identifier: GPL-2.0-only
/* The headlines of a run: what a reader wants to know first, a sentence per topic, the filesystems
 * side by side. */
#include "lib/base/number.h"
#include "lib/base/text.h"
#include "report/findings/cost.h"
#include "report/findings/fallback_cost.h"
#include "report/findings/findings.h"

#include <stdarg.h>
#include <string.h>

enum { PARTS_MAX = 4, PART_BYTES = 256 };

/* What the filesystems say, "200 insn (+4.8 %) on ext4", and the words that they share. */
struct parts {
	char part[PARTS_MAX][PART_BYTES];
	const char *fs[PARTS_MAX];
	size_t n;
};

__attribute__((format(printf, 3, 4))) static void add(struct parts *p, const char *fs,
						      const char *fmt, ...)
{
	va_list ap;

	if (p->n == PARTS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(p->part[p->n], PART_BYTES, fmt, ap);
	va_end(ap);
	p->fs[p->n++] = fs;
}

/* "A on ext4 and B on xfs", or "A on ext4 and xfs" if both say the same. */
static const char *join(const struct parts *p, char *buf, size_t size)
{
	*buf = '\0';
	for (size_t i = 0; i < p->n; i++) {
		bool same = i && !strcmp(p->part[i], p->part[i - 1]);

		text_append(buf, size, "%s%s%s%s",
			    !i		   ? ""
			    : i + 1 < p->n ? ", "
					   : " and ",
			    same ? "" : p->part[i], same ? "" : " on ", p->fs[i]);
	}
	return buf;
}

/* The first fault, or else the first row with DM overhead. */
static const struct table_row *main_row(const struct table *t)
{
	const struct table_row *row = cost_headline(t, role_bench(ROLE_FAULT), RUN_PAGE_PTE);

	for (int page = RUN_PAGE_PTE; !row && page <= RUN_PAGE_NONE; page++)
		row = cost_headline(t, "", (enum run_page)page);
	return row;
}

static void say_overhead(const struct tables *tables, findings_say *say, void *arg)
{
	struct parts parts = {.n = 0};
	char text[1024], words[256], head[512] = "", row_words[256];
	struct cost c;

	for (size_t i = 0; i < tables->n; i++) {
		const struct table *t = &tables->table[i];
		const struct table_row *row = cost_is_rate(t) ? NULL : main_row(t);
		struct quantity extra;

		if (!row || !cost_find(tables, t, row, NULL, &c) || c.raw->median <= 0)
			continue;
		extra = cost_extra(&c, c.at);
		if (*head && strcmp(row_words, cost_words(row, words, sizeof(words))) != 0)
			continue;
		snprintf(row_words, sizeof(row_words), "%s", cost_words(row, words, sizeof(words)));
		snprintf(head, sizeof(head), "dm-%s with %s segment%s adds to %s%s:", c.target,
			 number(c.at->segments).s, c.at->segments == 1 ? "" : "s",
			 row->page == RUN_PAGE_NONE ? "" : "a ", row_words);
		add(&parts, table_fs(t), "%s %s%s (%s, raw %s)", number_signed(extra.median).s,
		    t->unit, quantity_range(&extra, true).s,
		    number_percent(extra.median, c.raw->median).s, number(c.raw->median).s);
	}
	if (parts.n)
		findings_sayf(say, arg, "What device-mapper adds: %s %s", head,
			      join(&parts, text, sizeof(text)));
}

/* The row that grows most, by its multiple of raw. */
static void say_growth(const struct tables *tables, findings_say *say, void *arg)
{
	struct parts parts = {.n = 0}, faults = {.n = 0};
	char most[512], of_faults[512], times[64], slope[96], words[256], head[256] = "", name[256];
	const char *a = "";
	struct cost c;

	for (size_t i = 0; i < tables->n; i++) {
		const struct table *t = &tables->table[i];
		const struct table_row *row = cost_is_rate(t) ? NULL : main_row(t);

		if (!row)
			continue;
		if (cost_growing(tables, t, "", NULL, &c, 1)) {
			snprintf(name, sizeof(name), "%s.%s with %s segments", c.row->bench,
				 c.row->variant, number(c.many->segments).s);
			if (!*head)
				snprintf(head, sizeof(head), "%s", name);
			add(&parts, table_fs(t), "%s%s%s%s%s%s", !strcmp(name, head) ? "" : name,
			    !strcmp(name, head) ? "" : " ", cost_times(&c, times, sizeof(times)),
			    cost_fits(&c) ? " (" : "",
			    cost_fits(&c) ? cost_slope(&c, slope, sizeof(slope)) : "",
			    cost_fits(&c) ? ")" : "");
		}
		if (cost_find(tables, t, row, NULL, &c) && c.n_stacks > 2 && cost_fits(&c)) {
			cost_words(row, words, sizeof(words));
			a = row->page == RUN_PAGE_NONE ? "" : "a ";
			add(&faults, table_fs(t), "%s", cost_slope(&c, slope, sizeof(slope)));
		}
	}
	join(&parts, most, sizeof(most));
	join(&faults, of_faults, sizeof(of_faults));
	if (parts.n)
		findings_sayf(say, arg, "What grows with the segments: %s costs %s%s%s%s%s%s", head,
			      most, faults.n ? "; " : "", a, faults.n ? words : "",
			      faults.n ? " grows by " : "", of_faults);
	else if (faults.n)
		findings_sayf(say, arg, "What grows with the segments: %s%s by %s", a, words,
			      of_faults);
}

/* "64 of 64 windows on linear:16,align=4k". */
static void say_huge_pages(const struct tables *tables, findings_say *say, void *arg)
{
	struct parts parts = {.n = 0};
	char text[1024];

	for (size_t i = 0; i < tables->n; i++) {
		const struct table *t = &tables->table[i];
		size_t known = 0, lost = 0;
		char stacks[160] = "";
		struct huge h;

		for (size_t c = 0; c < tables->run->stacks.n; c++) {
			if (!cost_huge(tables, t, c, &h))
				continue;
			known++;
			if (!h.lost)
				continue;
			if (++lost <= 2)
				text_append(stacks, sizeof(stacks), "%s%s of %s windows on %s",
					    lost > 1 ? ", " : "", number(h.lost).s,
					    number(h.windows).s, h.stack);
		}
		if (known && !lost)
			add(&parts, table_fs(t), "none of %zu stack%s", known,
			    known > 1 ? "s" : "");
		else if (known && lost <= 2)
			add(&parts, table_fs(t), "%s and none of the other %zu stacks", stacks,
			    known - lost);
		else if (known)
			add(&parts, table_fs(t), "%s and %zu more of %zu stacks", stacks, lost - 2,
			    known);
	}
	if (parts.n)
		findings_sayf(say, arg, "Huge pages lost: %s", join(&parts, text, sizeof(text)));
}

/* One way around DAX. */
struct way {
	const char *path, *op, *warmth, *words;
	struct parts ratio;
};

/* "4 KiB read by O_DIRECT 1.68x on ext4 and 1.65x on xfs". */
static void say_without_dax(const struct tables *tables, findings_say *say, void *arg)
{
	struct way ways[] = {
		{.path = "direct", .op = "read", .warmth = "", .words = "read by O_DIRECT"},
		{.path = "buffered",
		 .op = "read",
		 .warmth = "cold",
		 .words = "by a cold page cache"},
		{.path = "direct", .op = "write", .warmth = "", .words = "write by O_DIRECT"},
	};
	const char *stack = NULL, *size = NULL;
	char text[1024] = "", one[256];

	for (size_t i = 0; i < tables->n; i++) {
		const struct table *t = &tables->table[i];
		const char *least = fallback_cost_size(t, "read", 0);
		long dm = least ? cost_dm_stack(tables, t, role_bench(ROLE_FILE_IO)) : -1;

		dm = dm < 0 && least ? tables->raw : dm;
		if (dm < 0 || (size && strcmp(size, least) != 0))
			continue;
		stack = tables->run->stacks.name[dm];
		size = least;
		for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
			double ratio = fallback_cost_ratio(t, (size_t)dm, ways[w].path, ways[w].op,
							   ways[w].warmth, size);

			if (ratio)
				add(&ways[w].ratio, table_fs(t), "%.2fx", ratio);
		}
	}
	for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++)
		if (ways[w].ratio.n)
			text_append(text, sizeof(text), "%s%s %s", *text ? ", " : " ",
				    ways[w].words, join(&ways[w].ratio, one, sizeof(one)));
	if (*text)
		findings_sayf(say, arg, "Without DAX, on %s, relative to DAX: %s%s", stack,
			      fallback_cost_size_words(size).s, text);
}

static const struct run_record *find(const struct table *t, long stack, const char *variant)
{
	for (size_t r = 0; r < t->n_rows && stack >= 0; r++)
		if (t->rows[r].role->kind == ROLE_COPY && !strcmp(t->rows[r].variant, variant))
			return t->rows[r].cell[stack];
	return NULL;
}

static void say_durable(const struct tables *tables, findings_say *say, void *arg)
{
	struct parts msync = {.n = 0}, of_raw = {.n = 0}, mapsync = {.n = 0};
	const char *stack = NULL, *unit = "";
	char text[3][256];

	for (size_t i = 0; i < tables->n; i++) {
		const struct table *t = &tables->table[i];
		long dm = cost_is_rate(t) ? -1 : cost_dm_stack(tables, t, role_bench(ROLE_COPY));
		const struct run_record *raw = find(t, tables->raw, "durable.msync.4k"),
					*on_dm = find(t, dm, "durable.msync.4k"),
					*sync = find(t, dm, "durable.mapsync.4k");

		if (!raw || !on_dm || !sync)
			continue;
		stack = on_dm->stack;
		unit = t->unit;
		add(&msync, table_fs(t), "%s", number(on_dm->median).s);
		add(&of_raw, table_fs(t), "%s", number(raw->median).s);
		add(&mapsync, table_fs(t), "%s", number(sync->median).s);
	}
	if (stack)
		findings_sayf(say, arg,
			      "A durable copy of 4 KiB on %s, in %s: by msync %s (on raw pmem %s), "
			      "by MAP_SYNC %s",
			      stack, unit, join(&msync, text[0], sizeof(text[0])),
			      join(&of_raw, text[1], sizeof(text[1])),
			      join(&mapsync, text[2], sizeof(text[2])));
}

void findings_headlines(const struct tables *tables, findings_say *say, void *arg)
{
	say_overhead(tables, say, arg);
	say_growth(tables, say, arg);
	say_huge_pages(tables, say, arg);
	say_without_dax(tables, say, arg);
	say_durable(tables, say, arg);
}
