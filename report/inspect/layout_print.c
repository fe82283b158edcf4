// SPDX-License-Identifier: GPL-2.0-only
/* A layout as text and as data. */
#include "lib/base/bytes.h"
#include "lib/base/number.h"
#include "lib/base/place.h"
#include "report/findings/huge_causes_say.h"
#include "report/inspect/layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TARGETS_SHOWN = 8 };

static const char *device_name(const struct graph_device *d)
{
	return d->kind == GRAPH_DM ? d->name : d->node;
}

/* ---- the drawing ----------------------------------------------------------------------------- */

static const char *target_name(const struct graph_target *t)
{
	static const char *const types[] = {[TARGET_LINEAR] = "linear",
					    [TARGET_STRIPED] = "striped",
					    [TARGET_ZERO] = "zero",
					    [TARGET_ERROR] = "error"};

	return t->type == TARGET_OTHER ? t->other->type : types[t->type];
}

/* Of other targets it is not known where on their members they are. */
static bool has_offsets(const struct graph_target *t)
{
	return t->type == TARGET_STRIPED || graph_target_is_linear(t);
}

static void draw_unknown(const struct graph *g, const struct graph_target *t, FILE *out)
{
	fputs("    table not in the text", out);
	for (unsigned int m = 0; m < t->n_members; m++)
		fprintf(out, "%s %s", m ? "," : "; on",
			device_name(&g->devices[t->members[m].device]));
	fputc('\n', out);
}

static void draw_target(const struct graph *g, const struct graph_target *t, FILE *out)
{
	if (!strcmp(target_name(t), LAYOUT_UNKNOWN)) {
		draw_unknown(g, t, out);
		return;
	}
	fprintf(out, "    %s .. %s  %s", bytes_text(t->start_sectors * SECTOR_BYTES).s,
		bytes_text((t->start_sectors + t->len_sectors) * SECTOR_BYTES).s, target_name(t));
	if (t->type == TARGET_STRIPED)
		fprintf(out, ", %u %s, chunk %s", t->n_members,
			t->n_members == 1 ? "stripe" : "stripes",
			bytes_text(t->chunk_sectors * SECTOR_BYTES).s);
	for (unsigned int m = 0; m < t->n_members; m++) {
		const char *name = device_name(&g->devices[t->members[m].device]);

		if (m >= graph_target_data_members(t))
			fprintf(out, ", its log on %s", name);
		else if (has_offsets(t))
			fprintf(out, "%s %s + %s", m ? "," : ":", name,
				bytes_text(t->members[m].offset_sectors * SECTOR_BYTES).s);
		else
			fprintf(out, "%s %s", m ? "," : ":", name);
	}
	fputc('\n', out);
}

/* The devices, the upper ones first. */
static const char *what_it_is(const struct graph_device *d)
{
	return d->kind == GRAPH_NAMESPACE && (d->ns->fsdax || d->ns->mode == NAMESPACE_VIRTIO)
		       ? "persistent memory"
		       : "not persistent memory that can be mapped";
}

static void draw(const struct layout *l, FILE *out)
{
	const struct graph *g = l->of.graph;

	for (unsigned int i = l->of.device + 1; i-- > 0;) {
		const struct graph_device *d = &g->devices[i];

		fprintf(out, "  %s  %s", device_name(d),
			d->kind == GRAPH_DM || d->kind == GRAPH_PARTITION
				? bytes_text(d->size_sectors * SECTOR_BYTES).s
				: what_it_is(d));
		if (d->kind == GRAPH_PARTITION)
			fprintf(out, "  partition of %s + %s",
				device_name(&g->devices[d->on.device]),
				bytes_text(d->on.offset_sectors * SECTOR_BYTES).s);
		fputc('\n', out);
		for (size_t k = 0; k < d->n_targets && k < TARGETS_SHOWN; k++)
			draw_target(g, &d->targets[k], out);
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

static size_t bugs_of_any_layout(const struct known *known, const struct kernel_version *kernel)
{
	const struct known_bug *bug;
	size_t n = 0;

	for (size_t i = 0; kernel && (bug = known_at(known, i)); i++)
		n += !bug->layout && known_has(bug, kernel);
	return n;
}

static void print_bugs(const struct layout *l, const struct known *known,
		       const struct kernel_version *kernel, FILE *out)
{
	const size_t any = bugs_of_any_layout(known, kernel);
	const struct known_bug *bug;

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

/* In one word, as in --json. */
static const char *dax_word(const struct layout *l)
{
	if (l->not_direct)
		return "none";
	if (l->unknown)
		return "unknown";
	return l->traits[LAYOUT_OFFSET_IN_PAGE] || l->traits[LAYOUT_CHUNK_BELOW_PAGE] ||
			       l->traits[LAYOUT_SEGMENT_END_IN_PAGE]
		       ? "to be refused"
		       : "possible";
}

static void print_dax(const struct layout *l, FILE *out)
{
	if (l->not_direct)
		fprintf(out, "no DAX: %s does not allow it\n", l->not_direct);
	else if (l->unknown)
		fprintf(out,
			"DAX depends on the table of %s, which the text does not have; append the "
			"output of `dmsetup table`\n",
			l->unknown);
	else if (!strcmp(dax_word(l), "possible"))
		fputs("DAX is possible\n", out);
	else
		fputs("DAX has to be refused: a segment or a chunk splits a page\n", out);
}

void layout_print(const struct layout *l, const struct known *known,
		  const struct kernel_version *kernel, FILE *out)
{
	fprintf(out, "%s: %s, ", l->name, bytes_text(l->size_bytes).s);
	print_dax(l, out);
	draw(l, out);
	if (!l->not_direct && !l->unknown)
		print_windows(l, out);
	if (kernel)
		print_bugs(l, known, kernel, out);
}

/* ---- as data --------------------------------------------------------------------------------- */

static json_t *target_json(const struct graph *g, const struct graph_target *t)
{
	json_t *members = json_array(), *out;
	const unsigned int n = graph_target_data_members(t);

	for (unsigned int m = 0; m < n; m++) {
		json_t *member =
			json_pack("{ss}", "device", device_name(&g->devices[t->members[m].device]));

		if (has_offsets(t))
			json_object_set_new(member, "offset_bytes",
					    json_integer((json_int_t)(t->members[m].offset_sectors *
								      SECTOR_BYTES)));
		json_array_append_new(members, member);
	}
	out = json_pack("{ss sI sI so}", "type", target_name(t), "start_bytes",
			(json_int_t)(t->start_sectors * SECTOR_BYTES), "len_bytes",
			(json_int_t)(t->len_sectors * SECTOR_BYTES), "members", members);
	if (t->type == TARGET_STRIPED)
		json_object_set_new(out, "chunk_bytes",
				    json_integer((json_int_t)(t->chunk_sectors * SECTOR_BYTES)));
	if (n < t->n_members)
		json_object_set_new(out, "log",
				    json_string(device_name(&g->devices[t->members[n].device])));
	return out;
}

/* The devices, the upper ones first. */
static json_t *devices_json(const struct layout *l)
{
	static const char *const kinds[] = {[GRAPH_NAMESPACE] = "namespace",
					    [GRAPH_PARTITION] = "partition",
					    [GRAPH_OTHER] = "other",
					    [GRAPH_DM] = "dm"};
	const struct graph *g = l->of.graph;
	json_t *out = json_array();

	for (unsigned int i = l->of.device + 1; i-- > 0;) {
		const struct graph_device *d = &g->devices[i];
		json_t *targets = json_array();
		json_t *device =
			json_pack("{ss ss sb}", "name", device_name(d), "kind", kinds[d->kind],
				  "persistent_memory", !strcmp(what_it_is(d), "persistent memory"));

		if (d->kind == GRAPH_DM || d->kind == GRAPH_PARTITION)
			json_object_set_new(
				device, "bytes",
				json_integer((json_int_t)(d->size_sectors * SECTOR_BYTES)));
		if (d->kind == GRAPH_PARTITION) {
			json_object_set_new(device, "on",
					    json_string(device_name(&g->devices[d->on.device])));
			json_object_set_new(
				device, "offset_bytes",
				json_integer((json_int_t)(d->on.offset_sectors * SECTOR_BYTES)));
		}
		for (size_t k = 0; k < d->n_targets; k++)
			json_array_append_new(targets, target_json(g, &d->targets[k]));
		json_object_set_new(device, "targets", targets);
		json_array_append_new(out, device);
	}
	return out;
}

static json_t *cures_json(const struct layout *l)
{
	json_t *cures = json_object();

	for (int c = 0; c < HUGE_N_CAUSES; c++)
		if (l->causes.windows[c])
			json_object_set_new(cures, huge_cause_name((enum huge_cause)c),
					    json_string(huge_causes_cure((enum huge_cause)c)));
	return cures;
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
	return json_pack("{ss ss sI si ss so* so* so so sI sI sI so so so sI}", "type", "layout",
			 "device", l->name, "bytes", (json_int_t)l->size_bytes, "levels",
			 (int)l->levels, "dax", dax_word(l), "no_dax",
			 l->not_direct ? json_string(l->not_direct) : NULL, "unknown_table",
			 l->unknown ? json_string(l->unknown) : NULL, "devices", devices_json(l),
			 "traits", traits, "windows", (json_int_t)l->windows, "lost",
			 (json_int_t)l->lost, "stride", (json_int_t)l->stride, "causes",
			 huge_causes_json(&l->causes), "cures", cures_json(l), "bugs", bugs,
			 "bugs_of_any_layout", (json_int_t)bugs_of_any_layout(known, kernel));
}
