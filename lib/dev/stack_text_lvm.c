// SPDX-License-Identifier: GPL-2.0-only
/*
 * LVM's metadata as vgcfgbackup(8) writes them: sections `NAME { ... }` and values `NAME = VALUE`,
 * of which VALUE is a number, a "string" or an [array].  Source: format_text/import_vsn1.c of LVM.
 * What lvs(8) prints is read by stack_text_lvs.c.
 */
#include "lib/dev/stack_text_lvm.h"

#include "lib/base/number.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 8, NODES_MAX = 20000 };

/* ---- the grammar ----------------------------------------------------------------------------- */

static void skip(struct lvm_config *c)
{
	for (;; c->at++) {
		if (*c->at == '#')
			c->at += strcspn(c->at, "\n");
		if (!isspace((unsigned char)*c->at))
			return;
		c->line += *c->at == '\n';
	}
}

static int expected(const struct lvm_config *c, const char *what)
{
	if (!*c->at)
		return text_complain(c->t, c->line, 0, "expected %s, the text ends", what);
	return text_complain(c->t, c->line, 0, "expected %s, got '%.*s'", what,
			     (int)strcspn(c->at, " \t\r\n"), c->at);
}

/* Room for one more in a list that doubles. */
static int grow(void **list, size_t n, size_t each_bytes)
{
	void *bigger;

	if (n & (n - 1))
		return 0;
	bigger = realloc(*list, (n ? 2 * n : 1) * each_bytes);
	if (!bigger)
		return -ENOMEM;
	*list = bigger;
	return 0;
}

static int take_value(struct lvm_config *c)
{
	struct lvm_value v = {.line = c->line};
	size_t len;
	int rc;

	skip(c);
	v.line = c->line;
	v.is_string = *c->at == '"';
	c->at += v.is_string;
	len = v.is_string ? strcspn(c->at, "\"\n") : strspn(c->at, "-+.0123456789");
	if (!len && !v.is_string)
		return expected(c, "a number or a \"string\"");
	if (len >= sizeof(v.text))
		len = sizeof(v.text) - 1; /* descriptions: nothing that is read is so long */
	memcpy(v.text, c->at, len);
	c->at += v.is_string ? strcspn(c->at, "\"\n") : len;
	if (v.is_string && *c->at != '"')
		return expected(c, "the end of a string in its line");
	c->at += v.is_string;
	rc = grow((void **)&c->values, c->n_values, sizeof(v));
	if (!rc)
		c->values[c->n_values++] = v;
	return rc;
}

static int take_values(struct lvm_config *c, struct lvm_node *n)
{
	int rc;

	n->first_value = c->n_values;
	skip(c);
	if (*c->at != '[') {
		rc = take_value(c);
		n->n_values = c->n_values - n->first_value;
		return rc;
	}
	c->at++;
	for (skip(c), rc = 0; *c->at != ']' && !rc; skip(c)) {
		rc = take_value(c);
		skip(c);
		if (!rc && *c->at == ',')
			c->at++;
		else if (!rc && *c->at != ']')
			rc = expected(c, "a comma or ]");
	}
	c->at += !rc;
	n->n_values = c->n_values - n->first_value;
	return rc;
}

static int take_sections(struct lvm_config *c, unsigned int parent, unsigned int depth)
{
	int rc = 0;

	for (skip(c); *c->at && *c->at != '}' && !rc; skip(c)) {
		size_t len = strcspn(c->at, " \t\r\n={}#\"[]"), index = c->n_nodes;
		struct lvm_node n = {.line = c->line, .parent = parent};

		if (!len || len >= sizeof(n.key))
			return expected(c, "a name");
		if (index == NODES_MAX || depth == DEPTH_MAX)
			return text_complain(c->t, c->line, 0, "too large or too deep");
		memcpy(n.key, c->at, len);
		c->at += len;
		skip(c);
		n.is_section = *c->at == '{';
		if (!n.is_section && *c->at != '=')
			return expected(c, "= or {");
		c->at++;
		if (!n.is_section)
			rc = take_values(c, &n);
		if (!rc)
			rc = grow((void **)&c->nodes, index, sizeof(n));
		if (rc < 0)
			return rc;
		c->nodes[c->n_nodes++] = n;
		if (!n.is_section)
			continue;
		rc = take_sections(c, (unsigned int)index, depth + 1);
		if (!rc && *c->at != '}')
			rc = expected(c, "}");
		c->at += !rc;
	}
	return rc;
}

/* ---- lookups --------------------------------------------------------------------------------- */

const struct lvm_node *lvm_find(const struct lvm_config *c, const struct lvm_node *in,
				const char *key)
{
	size_t parent = (size_t)(in - c->nodes);

	for (size_t i = parent + 1; i < c->n_nodes; i++)
		if (c->nodes[i].parent == parent && !strcmp(c->nodes[i].key, key))
			return &c->nodes[i];
	return NULL;
}

const struct lvm_node *lvm_section(const struct lvm_config *c, const struct lvm_node *in,
				   const char *key)
{
	const struct lvm_node *n = lvm_find(c, in, key);

	return n && n->is_section ? n : NULL;
}

const char *lvm_text(const struct lvm_config *c, const struct lvm_node *in, const char *key)
{
	const struct lvm_node *n = lvm_find(c, in, key);

	return n && n->n_values ? c->values[n->first_value].text : NULL;
}

int lvm_number(const struct lvm_config *c, const struct lvm_node *in, const char *key, int64_t min,
	       int64_t without, uint64_t *out)
{
	const struct lvm_node *n = lvm_find(c, in, key);
	int64_t value = without;

	if (!n && without < 0)
		return text_complain(c->t, in->line, 0, "%s has no %s", in->key, key);
	if (n && (n->n_values != 1 ||
		  number_parse(c->values[n->first_value].text, min, TEXT_SECTORS_MAX, &value) < 0))
		return text_complain(c->t, n->line, 0, "%s: expected a number from %" PRId64 " on",
				     key, min);
	*out = (uint64_t)value;
	return 0;
}

/* ---- volumes --------------------------------------------------------------------------------- */

void lvm_dm_name(const char *vg, const char *lv, char *name)
{
	const char *const parts[] = {vg, lv};
	size_t used = 0;

	for (size_t i = 0; i < 2; i++) {
		if (i)
			name[used++] = '-';
		for (const char *p = parts[i]; *p; p++) {
			name[used++] = *p;
			if (*p == '-')
				name[used++] = '-';
		}
	}
	name[used] = '\0';
}

int lvm_put_stripe(const struct lvm_group *g, const struct lvm_value *of,
		   const struct lvm_value *at, char *words, size_t room)
{
	const struct lvm_node *pv = g->pvs ? lvm_section(g->c, g->pvs, of->text) : NULL;
	const char *device = pv ? lvm_text(g->c, pv, "device") : NULL;
	size_t used = strlen(words);
	uint64_t start_sectors = 0;
	char lv[LVM_NAME_CHARS];
	int64_t extent;
	int rc = 0;

	if (!of->is_string || at->is_string ||
	    number_parse(at->text, 0, TEXT_SECTORS_MAX, &extent) < 0)
		return text_complain(g->c->t, of->line, 0,
				     "stripes: expected \"VOLUME\", EXTENT, ...; got %s, %s",
				     of->text, at->text);
	if ((uint64_t)extent > TEXT_SECTORS_MAX / g->extent_sectors)
		return text_complain(g->c->t, at->line, 0, "extent %s is too large", at->text);
	if (pv) {
		rc = lvm_number(g->c, pv, "pe_start", 0, -1, &start_sectors);
		/* The volume is missing: "[unknown]".  Its name is as good. */
		snprintf(lv, sizeof(lv), "/dev/%s", of->text);
		device = device && !strncmp(device, "/dev/", 5) ? device : lv;
	} else if (lvm_section(g->c, g->lvs, of->text)) {
		strcpy(lv, "/dev/mapper/");
		lvm_dm_name(g->vg->key, of->text, lv + strlen(lv));
		device = lv;
	} else {
		return text_complain(g->c->t, of->line, 0, "stripes: no volume is called %s",
				     of->text);
	}
	snprintf(words + used, room - used, " %s %" PRIu64, device,
		 start_sectors + (uint64_t)extent * g->extent_sectors);
	return rc;
}

static int add_segment(const struct lvm_group *g, const struct lvm_node *segment, const char *name)
{
	char *words = calloc(1, LVM_WORDS_CHARS);
	struct text_device *d;
	uint64_t extents, start;
	int rc = words ? lvm_number(g->c, segment, "start_extent", 0, -1, &start) : -ENOMEM;

	if (!rc)
		rc = lvm_number(g->c, segment, "extent_count", 1, -1, &extents);
	if (!rc && extents > TEXT_SECTORS_MAX / g->extent_sectors)
		rc = text_complain(g->c->t, segment->line, 0, "%s is too long", segment->key);
	if (!rc)
		rc = lvm_put_segment(g, segment, extents, words);
	d = rc < 0 ? NULL : text_device(g->c->t, name, segment->line);
	if (!rc && !d)
		rc = -ENOMEM;
	if (!rc && start * g->extent_sectors != d->size_sectors)
		rc = text_complain(g->c->t, segment->line, 0,
				   "%s does not begin where the segment before ends", segment->key);
	if (!rc)
		rc = text_add_target(g->c->t, d, extents * g->extent_sectors, words, segment->line);
	free(words);
	return rc;
}

/* Whether the status of a volume is there, and has no VISIBLE: it is for LVM's own use. */
static bool is_hidden(const struct lvm_config *c, const struct lvm_node *lv)
{
	const struct lvm_node *status = lvm_find(c, lv, "status");

	for (size_t i = 0; status && i < status->n_values; i++)
		if (!strcmp(c->values[status->first_value + i].text, "VISIBLE"))
			return false;
	return status;
}

static const char *type_of(const struct lvm_config *c, const struct lvm_node *lv)
{
	const struct lvm_node *segment = lvm_section(c, lv, "segment1");
	const char *type = segment ? lvm_text(c, segment, "type") : NULL;

	return type ? type : "";
}

/* The segment that makes the volume the origin (key "origin") or the store (key "cow_store") of a
 * snapshot; NULL: it is none. */
static const struct lvm_node *snapshot_with(const struct lvm_group *g, const char *key,
					    const char *lv)
{
	for (size_t i = 1; i < g->c->n_nodes; i++) {
		const struct lvm_node *segment = &g->c->nodes[i];
		const char *type = segment->is_section ? lvm_text(g->c, segment, "type") : NULL;
		const char *has =
			type && !strcmp(type, "snapshot") ? lvm_text(g->c, segment, key) : NULL;

		if (has && !strcmp(has, lv))
			return segment;
	}
	return NULL;
}

/* Adds a device of one target on top of "NAME-SUFFIX". */
static int add_on_top(const struct lvm_group *g, const struct lvm_node *lv, const char *name,
		      uint64_t len_sectors, const char *words)
{
	struct text_device *d = text_device(g->c->t, name, lv->line);

	return d ? text_add_target(g->c->t, d, len_sectors, words, lv->line) : -ENOMEM;
}

/* The volume that users see, on the device of its own segments, which has the suffix. */
static int add_snapshot_part(const struct lvm_group *g, const struct lvm_node *lv, const char *name,
			     const struct lvm_node *as_store)
{
	char words[4 * LVM_NAME_CHARS], origin[LVM_NAME_CHARS];
	const struct lvm_node *of;
	const char *of_name;
	uint64_t chunk_sectors, extents = 0, more;
	int rc = 0;

	if (!as_store) {
		struct text_device *real;

		snprintf(words, sizeof(words), "%s-real", name);
		real = text_device(g->c->t, words, lv->line);
		snprintf(words, sizeof(words), "snapshot-origin /dev/mapper/%s-real", name);
		return real ? add_on_top(g, lv, name, real->size_sectors, words) : -ENOMEM;
	}
	of_name = lvm_text(g->c, as_store, "origin");
	if (!of_name)
		return text_complain(g->c->t, as_store->line, 0, "this snapshot has no origin");
	of = lvm_section(g->c, g->lvs, of_name);
	if (!of)
		return text_complain(g->c->t, as_store->line, 0, "no volume is called %s", of_name);
	lvm_dm_name(g->vg->key, of->key, origin);
	rc = lvm_number(g->c, as_store, "chunk_size", 1, 8, &chunk_sectors);
	for (size_t i = 1; i < g->c->n_nodes && !rc; i++)
		if (g->c->nodes[i].is_section &&
		    g->c->nodes[i].parent == (size_t)(of - g->c->nodes)) {
			rc = lvm_number(g->c, &g->c->nodes[i], "extent_count", 1, -1, &more);
			extents += rc ? 0 : more;
		}
	snprintf(words, sizeof(words), "snapshot /dev/mapper/%s-real /dev/mapper/%s-cow P %" PRIu64,
		 origin, name, chunk_sectors);
	if (!rc && extents > TEXT_SECTORS_MAX / g->extent_sectors)
		rc = text_complain(g->c->t, of->line, 0, "%s is too long", of->key);
	return rc < 0 ? rc : add_on_top(g, lv, name, extents * g->extent_sectors, words);
}

static int add_volume(const struct lvm_group *g, const struct lvm_node *lv)
{
	const struct lvm_node *store = snapshot_with(g, "cow_store", lv->key);
	const char *suffix = store ? "-cow" : snapshot_with(g, "origin", lv->key) ? "-real" : "";
	char name[LVM_NAME_CHARS + 8], key[32];
	struct text_device *d;
	uint64_t n;
	int rc = lvm_number(g->c, lv, "segment_count", 1, -1, &n);

	/* A pool for caches is part of the cache's device, and snapshots name two volumes. */
	if (rc < 0 || !strcmp(type_of(g->c, lv), "cache-pool") ||
	    !strcmp(type_of(g->c, lv), "snapshot"))
		return rc;
	lvm_dm_name(g->vg->key, lv->key, name);
	if (strlen(name) + 8 >= TEXT_NAME_CHARS)
		return text_complain(g->c->t, lv->line, 0, "the name is too long");
	strcat(name, suffix);
	for (uint64_t i = 1; i <= n && !rc; i++) {
		const struct lvm_node *segment;

		snprintf(key, sizeof(key), "segment%" PRIu64, i);
		segment = lvm_section(g->c, lv, key);
		rc = segment ? add_segment(g, segment, name)
			     : text_complain(g->c->t, lv->line, 0, "%s has no %s", lv->key, key);
	}
	if (rc < 0)
		return rc;
	d = text_device(g->c->t, name, lv->line);
	if (!d)
		return -ENOMEM;
	/* A pool is for its thin volumes. */
	d->hidden = *suffix || is_hidden(g->c, lv) || !strcmp(type_of(g->c, lv), "thin-pool");
	if (!*suffix)
		return 0;
	name[strlen(name) - strlen(suffix)] = '\0';
	return add_snapshot_part(g, lv, name, store);
}

static int add_volumes(struct lvm_config *c)
{
	struct lvm_group g = {.c = c};
	int rc = 0;

	for (size_t i = 1; i < c->n_nodes && !g.vg; i++)
		if (!c->nodes[i].parent && c->nodes[i].is_section &&
		    lvm_find(c, &c->nodes[i], "extent_size"))
			g.vg = &c->nodes[i];
	if (!g.vg)
		return text_complain(c->t, 1, 0, "no volume group: a section with extent_size");
	g.pvs = lvm_section(c, g.vg, "physical_volumes");
	g.lvs = lvm_section(c, g.vg, "logical_volumes");
	rc = lvm_number(c, g.vg, "extent_size", 1, -1, &g.extent_sectors);
	if (!rc && !g.lvs)
		rc = text_complain(c->t, g.vg->line, 0, "%s has no logical_volumes", g.vg->key);
	for (size_t i = 0; i < c->n_nodes && !rc; i++)
		if (c->nodes[i].is_section && c->nodes[i].parent == (size_t)(g.lvs - c->nodes) && i)
			rc = add_volume(&g, &c->nodes[i]);
	return rc;
}

int text_read_lvm(struct text_devices *t, const char *text)
{
	struct lvm_config c = {.t = t, .at = text, .line = 1};
	int rc;

	for (const char *p = text; *p; p++)
		if (iscntrl((unsigned char)*p) && !isspace((unsigned char)*p))
			return text_complain(t, 1, 0, "the text has a control character");
	if (!strchr(text, '{'))
		return text_read_lvs(t, text);
	rc = grow((void **)&c.nodes, 0, sizeof(*c.nodes));
	if (!rc) {
		c.nodes[c.n_nodes++] = (struct lvm_node){.is_section = true, .line = 1};
		rc = take_sections(&c, 0, 0);
	}
	if (!rc && *c.at)
		rc = expected(&c, "the end of the text");
	if (!rc)
		rc = add_volumes(&c);
	free(c.nodes);
	free(c.values);
	return rc;
}
