// SPDX-License-Identifier: GPL-2.0-only
/*
 * The causes of a stack are in its observation huge_pages (lib/file/huge_causes.h).  A stack
 * belongs to the finding of its first cause; what is lost after that one is removed is said there.
 */
#include "report/findings/huge_causes_say.h"

#include "lib/base/bytes.h"
#include "lib/base/json_field.h"
#include "lib/base/number.h"
#include "lib/base/text.h"
#include "report/findings/cost.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* In the order of enum huge_cause. */
static const struct cause {
	const char *name;
	const char *what;  /* "huge pages lost to ..." */
	const char *later; /* "still lost after that to ..." */
	const char *cure;
} causes[] = {
	{"fragmented", "extents of the file that are shorter than 2 MiB", "short extents",
	 "copy the file to free space that is contiguous (fallocate first)"},
	{"mkfs", "a layout of the filesystem that is not aligned to 2 MiB", "mkfs",
	 "`mkfs.xfs -d su=2m,sw=1`, `mkfs.ext4 -E stride=512,stripe_width=512`"},
	{"chunk", "chunks of dm-stripe that are no multiple of 2 MiB", "the chunk",
	 "`lvcreate -I 2m` (4096 sectors in a table)"},
	{"boundary", "segments that end within 2 MiB", "the ends of segments",
	 "make each segment a multiple of 2 MiB long (`vgcreate -s 4m`)"},
	{"first_extent", "segments that begin past a multiple of 2 MiB on the namespace",
	 "the first extent", "`pvcreate --dataalignment 2m`"},
	{"partition", "a partition that begins past a multiple of 2 MiB", "the partition",
	 "let it begin at a multiple of 4096 sectors (`parted ... mkpart data 2MiB 100%`)"},
	{"namespace", "a namespace whose memory begins past a multiple of 2 MiB", "the namespace",
	 "`ndctl create-namespace -f -e NAMESPACE -m fsdax -a 2M`"},
	{"max_sectors", "dm-stripe, which maps at most max_sectors_kb at once", "max_sectors_kb",
	 "`echo 2048 >/sys/block/dm-N/queue/max_sectors_kb`"},
};

enum { N_CAUSES = sizeof(causes) / sizeof(causes[0]), MAX_SECTORS = N_CAUSES - 1 };

const char *huge_causes_what(enum huge_cause cause)
{
	return causes[cause].what;
}

const char *huge_causes_cure(enum huge_cause cause)
{
	return causes[cause].cure;
}

static const json_t *causes_of(const struct tables *tables, const char *fs, const char *stack)
{
	const struct run *run = tables->run;

	for (size_t i = 0; i < run->n_observations; i++) {
		const struct run_observation *o = &run->observations[i];

		if (!strncmp(o->id, "huge_pages{", strlen("huge_pages{")) && !strcmp(o->fs, fs) &&
		    !strcmp(o->stack, stack))
			return json_object_get(o->value, "causes");
	}
	return NULL;
}

static bool has(const json_t *of, size_t cause)
{
	return json_field_number(of, causes[cause].name) > 0;
}

/* The first cause; N_CAUSES: none is known. */
static size_t first_cause(const json_t *of)
{
	size_t c = 0;

	while (c < N_CAUSES && !has(of, c))
		c++;
	return c;
}

bool huge_causes_known(const struct tables *tables, const struct table *t, size_t stack)
{
	const json_t *of = causes_of(tables, t->fs, tables->run->stacks.name[stack]);

	return of && first_cause(of) < N_CAUSES;
}

/* The stacks of a finding. */
struct group {
	char stacks[1024], later[512];
	int64_t windows, lost, least, most, times_least, times_most, detail;
	const char *unit;
};

/* Whether a stack of the run lost huge pages to max_sectors_kb alone: newer kernels do not care. */
static bool max_sectors_matters(const struct tables *tables)
{
	for (size_t i = 0; i < tables->n; i++)
		for (size_t s = 0; s < tables->run->stacks.n; s++) {
			const json_t *of =
				causes_of(tables, tables->table[i].fs, tables->run->stacks.name[s]);
			struct huge h;

			if (of && first_cause(of) == MAX_SECTORS &&
			    cost_huge(tables, &tables->table[i], s, &h) && h.lost)
				return true;
		}
	return false;
}

static void add_cost(struct group *g, const struct huge *h)
{
	int64_t times;

	if (h->lost != h->windows || h->cost <= 0 || h->raw <= 0)
		return;
	times = (h->cost + h->raw / 2) / h->raw;
	g->unit = h->unit;
	if (!g->least || h->cost < g->least) {
		g->least = h->cost;
		g->times_least = times;
	}
	if (h->cost > g->most) {
		g->most = h->cost;
		g->times_most = times;
	}
}

/* What is lost after the first cause is removed: "; still lost after that on S to A and B". */
static void add_later(struct group *g, const json_t *of, size_t cause, const char *stack,
		      bool max_sectors)
{
	size_t n = 0;

	for (size_t c = cause + 1; c < N_CAUSES; c++) {
		if (!has(of, c) || (c == MAX_SECTORS && !max_sectors))
			continue;
		if (!n)
			text_append(g->later, sizeof(g->later), "%s %s to ", *g->later ? "," : "",
				    stack);
		text_append(g->later, sizeof(g->later), "%s%s", n++ ? " and " : "",
			    causes[c].later);
	}
}

/* One stack, on each of the filesystems on which this is its first cause. */
static void add_stack(const struct tables *tables, size_t cause, size_t stack, bool max_sectors,
		      struct group *g)
{
	const char *name = tables->run->stacks.name[stack];
	char filesystems[256] = "";

	for (size_t i = 0; i < tables->n; i++) {
		const struct table *t = &tables->table[i];
		const json_t *of = causes_of(tables, t->fs, name);
		int64_t detail =
			json_field_number(of, cause == MAX_SECTORS ? "max_sectors_kb"
					      : !strcmp(causes[cause].name, "chunk") ? "chunk_kib"
										     : "past_kib");
		struct huge h;

		if (!of || first_cause(of) != cause || !cost_huge(tables, t, stack, &h) || !h.lost)
			continue;
		if (!*filesystems)
			add_later(g, of, cause, name, max_sectors);
		text_append(filesystems, sizeof(filesystems), "%s%s", *filesystems ? ", " : "",
			    table_fs(t));
		g->windows += h.windows;
		g->lost += h.lost;
		g->detail = g->detail && g->detail != detail ? -1 : detail;
		add_cost(g, &h);
	}
	if (*filesystems)
		text_append(g->stacks, sizeof(g->stacks), "%s%s (%s)", *g->stacks ? ", " : "", name,
			    filesystems);
}

/* "; a whole window takes 2,299,016 to 2,318,953 insn, 494x to 498x raw" */
static void cost_text(const struct group *g, char *text, size_t size)
{
	*text = '\0';
	if (!g->unit)
		return;
	text_append(text, size, "; a whole window takes %s", number(g->least).s);
	if (g->most != g->least)
		text_append(text, size, " to %s", number(g->most).s);
	text_append(text, size, " %s, %sx", g->unit, number(g->times_least).s);
	if (g->times_most != g->times_least)
		text_append(text, size, " to %sx", number(g->times_most).s);
	text_append(text, size, " raw");
}

/* " (4 KiB)", if it is the same on all stacks. */
static void detail_text(const struct group *g, size_t cause, char *text, size_t size)
{
	const char *name = causes[cause].name;

	*text = '\0';
	if (g->detail > 0 &&
	    (!strcmp(name, "chunk") || !strcmp(name, "first_extent") || cause == MAX_SECTORS))
		snprintf(text, size, " (%s)", bytes_text((uint64_t)g->detail << 10).s);
}

void huge_causes_say(const struct tables *tables, const struct table *t, findings_say *say,
		     void *arg)
{
	bool max_sectors = max_sectors_matters(tables);

	if (t != tables->table)
		return;
	for (size_t c = 0; c < N_CAUSES; c++) {
		struct group g = {.stacks = ""};
		char cost[256], detail[64];

		for (size_t s = 0; s < tables->run->stacks.n; s++)
			add_stack(tables, c, s, max_sectors, &g);
		if (!*g.stacks)
			continue;
		cost_text(&g, cost, sizeof(cost));
		detail_text(&g, c, detail, sizeof(detail));
		findings_sayf(say, arg, "huge pages lost to %s%s: %s of %s windows on %s%s; %s%s%s",
			      causes[c].what, detail, number(g.lost).s, number(g.windows).s,
			      g.stacks, cost, causes[c].cure,
			      *g.later ? "; still lost after that:" : "", g.later);
	}
}
