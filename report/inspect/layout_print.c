// SPDX-License-Identifier: GPL-2.0-only
/* A layout as text and as data. */
#include "lib/base/number.h"
#include "lib/base/place.h"
#include "report/findings/huge_causes_say.h"
#include "report/inspect/layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TARGETS_SHOWN = 8 };

/* "1.50 GiB". */
static const char *size_text(uint64_t bytes, char *buf, size_t size)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1024 && unit < 5) {
		value /= 1024;
		unit++;
	}
	snprintf(buf, size, value == (double)(uint64_t)value ? "%.0f %s" : "%.2f %s", value,
		 units[unit]);
	return buf;
}

static const char *device_name(const struct graph_device *d)
{
	return d->kind == GRAPH_DM ? d->name : d->node;
}

/* ---- the drawing ----------------------------------------------------------------------------- */

static void draw_target(const struct graph *g, const struct graph_target *t, int depth, FILE *out)
{
	static const char *const types[] = {[TARGET_LINEAR] = "linear",
					    [TARGET_STRIPED] = "striped",
					    [TARGET_ZERO] = "zero",
					    [TARGET_ERROR] = "error"};
	char begin[32], end[32], chunk[32];

	fprintf(out, "%*s%s .. %s  %s", 2 * depth, "",
		size_text(t->start_sectors * SECTOR_BYTES, begin, sizeof(begin)),
		size_text((t->start_sectors + t->len_sectors) * SECTOR_BYTES, end, sizeof(end)),
		t->type == TARGET_OTHER ? t->other->type : types[t->type]);
	if (t->type == TARGET_STRIPED)
		fprintf(out, ", %u %s, chunk %s", t->n_members,
			t->n_members == 1 ? "stripe" : "stripes",
			size_text(t->chunk_sectors * SECTOR_BYTES, chunk, sizeof(chunk)));
	for (unsigned int m = 0; m < t->n_members; m++)
		fprintf(out, "%s %s + %s", m ? "," : ":",
			device_name(&g->devices[t->members[m].device]),
			size_text(t->members[m].offset_sectors * SECTOR_BYTES, begin,
				  sizeof(begin)));
	fputc('\n', out);
}

/* The devices, the upper ones first. */
static void draw(const struct layout *l, FILE *out)
{
	const struct graph *g = l->of.graph;
	char size[32], at[32];

	for (unsigned int i = l->of.device + 1; i-- > 0;) {
		const struct graph_device *d = &g->devices[i];

		fprintf(out, "  %s  %s", device_name(d),
			d->kind == GRAPH_DM || d->kind == GRAPH_PARTITION
				? size_text(d->size_sectors * SECTOR_BYTES, size, sizeof(size))
			: d->kind == GRAPH_NAMESPACE &&
					(d->ns->fsdax || d->ns->mode == NAMESPACE_VIRTIO)
				? "persistent memory"
				: "not persistent memory that can be mapped");
		if (d->kind == GRAPH_PARTITION)
			fprintf(out, "  partition of %s + %s",
				device_name(&g->devices[d->on.device]),
				size_text(d->on.offset_sectors * SECTOR_BYTES, at, sizeof(at)));
		fputc('\n', out);
		for (size_t k = 0; k < d->n_targets && k < TARGETS_SHOWN; k++)
			draw_target(g, &d->targets[k], 2, out);
		if (d->n_targets > TARGETS_SHOWN)
			fprintf(out, "    ... %s more\n",
				number((int64_t)(d->n_targets - TARGETS_SHOWN)).s);
	}
}

/* ---- what was found -------------------------------------------------------------------------- */

static void print_windows(const struct layout *l, FILE *out)
{
	fprintf(out, "Huge pages: %s of %s windows of 2 MiB can be mapped by a PMD",
		number((int64_t)(l->windows - l->lost)).s, number((int64_t)l->windows).s);
	if (l->stride > 1)
		fprintf(out, " (of every %s-th)", number((int64_t)l->stride).s);
	fputc('\n', out);
	for (int c = 0; c < HUGE_N_CAUSES; c++)
		if (l->causes.windows[c])
			fprintf(out, "  %s lost to %s: %s\n", number(l->causes.windows[c]).s,
				huge_causes_what((enum huge_cause)c),
				huge_causes_cure((enum huge_cause)c));
}

/* The I-th bug of the kernel that the layout meets, the worst first; NULL past the last. */
static const struct known_bug *bug_at(const struct layout *l, const struct known *known,
				      const struct kernel_version *kernel, size_t i)
{
	enum { SEVERITIES = 4 }; /* with none */
	const struct known_bug *bug;

	for (int severity = 0; severity < SEVERITIES; severity++)
		for (size_t k = 0; (bug = known_at(known, k)); k++)
			if (known_severity(bug) == severity && known_has(bug, kernel) &&
			    layout_meets(l, bug) && !i--)
				return bug;
	return NULL;
}

static void print_bugs(const struct layout *l, const struct known *known,
		       const struct kernel_version *kernel, FILE *out)
{
	const struct known_bug *bug;
	size_t any = 0;

	for (size_t i = 0; (bug = known_at(known, i)); i++)
		any += !bug->layout && known_has(bug, kernel);
	for (size_t i = 0; (bug = bug_at(l, known, kernel, i)); i++) {
		if (!i)
			fprintf(out,
				"Known bugs of Linux %d.%d that need such a layout "
				"(%s known NAME):\n",
				kernel->major, kernel->minor, place_command());
		fprintf(out, "  %-9s %-11s %s: %s\n", bug->severity ? bug->severity : "-",
			bug->kind ? bug->kind : "-", bug->name,
			bug->subject ? bug->subject : bug->check);
	}
	if (!bug_at(l, known, kernel, 0))
		fprintf(out, "No known bug of Linux %d.%d needs such a layout.\n", kernel->major,
			kernel->minor);
	if (any && !l->not_direct)
		fprintf(out,
			"%zu known %s of DAX on that kernel %s not depend on the layout: "
			"%s known\n",
			any, any == 1 ? "bug" : "bugs", any == 1 ? "does" : "do", place_command());
}

void layout_print(const struct layout *l, const struct known *known,
		  const struct kernel_version *kernel, FILE *out)
{
	char size[32];

	fprintf(out, "%s: %s, ", l->name, size_text(l->size_bytes, size, sizeof(size)));
	if (l->not_direct)
		fprintf(out, "no DAX: %s does not allow it\n", l->not_direct);
	else if (l->traits[LAYOUT_OFFSET_IN_PAGE] || l->traits[LAYOUT_CHUNK_BELOW_PAGE] ||
		 l->traits[LAYOUT_SEGMENT_END_IN_PAGE])
		fputs("DAX has to be refused: a segment or a chunk splits a page\n", out);
	else
		fputs("DAX is possible\n", out);
	draw(l, out);
	if (!l->not_direct)
		print_windows(l, out);
	if (kernel)
		print_bugs(l, known, kernel, out);
}

json_t *layout_json(const struct layout *l, const struct known *known,
		    const struct kernel_version *kernel)
{
	json_t *traits = json_array(), *bugs = json_array();
	const struct known_bug *bug;

	for (int i = 0; i < LAYOUT_N_TRAITS; i++)
		if (l->traits[i])
			json_array_append_new(traits, json_string(layout_trait_names[i]));
	for (size_t i = 0; kernel && (bug = bug_at(l, known, kernel, i)); i++)
		json_array_append_new(bugs, json_string(bug->name));
	return json_pack("{ss ss sI si so* so sI sI sI so so}", "type", "layout", "device", l->name,
			 "bytes", (json_int_t)l->size_bytes, "levels", (int)l->levels, "no_dax",
			 l->not_direct ? json_string(l->not_direct) : NULL, "traits", traits,
			 "windows", (json_int_t)l->windows, "lost", (json_int_t)l->lost, "stride",
			 (json_int_t)l->stride, "causes", huge_causes_json(&l->causes), "bugs",
			 bugs);
}
