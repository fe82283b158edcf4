// SPDX-License-Identifier: GPL-2.0-only
/*
 * LVM's metadata as vgcfgbackup(8) writes them: sections `NAME { ... }` and values `NAME = VALUE`,
 * of which VALUE is a number, a "string" or an [array].  Source: format_text/import_vsn1.c of LVM.
 * What lvs(8) prints is read by stack_text_lvs.c.
 */
#include "lib/dev/stack_text_device.h"

#include "lib/base/number.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	DEPTH_MAX = 8,
	NODES_MAX = 20000,
	VALUE_CHARS = TEXT_NAME_CHARS,
	WORDS_CHARS = 40000,
	NAME_CHARS = 4 * VALUE_CHARS + 16
};

struct value {
	char text[VALUE_CHARS];
	bool is_string;
	unsigned int line;
};

/* A section, or an assignment. */
struct node {
	char key[VALUE_CHARS];
	unsigned int line, parent; /* index of the section; the root is its own */
	bool is_section;
	size_t first_value, n_values;
};

struct config {
	struct text_devices *t;
	const char *at;
	unsigned int line;
	struct node *nodes;
	size_t n_nodes;
	struct value *values;
	size_t n_values;
};

/* ---- the grammar ----------------------------------------------------------------------------- */

static void skip(struct config *c)
{
	for (;; c->at++) {
		if (*c->at == '#')
			c->at += strcspn(c->at, "\n");
		if (!isspace((unsigned char)*c->at))
			return;
		c->line += *c->at == '\n';
	}
}

static int expected(const struct config *c, const char *what)
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

static int take_value(struct config *c)
{
	struct value v = {.line = c->line};
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

static int take_values(struct config *c, struct node *n)
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

static int take_sections(struct config *c, unsigned int parent, unsigned int depth)
{
	int rc = 0;

	for (skip(c); *c->at && *c->at != '}' && !rc; skip(c)) {
		size_t len = strcspn(c->at, " \t\r\n={}#\"[]"), index = c->n_nodes;
		struct node n = {.line = c->line, .parent = parent};

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

static const struct node *find(const struct config *c, const struct node *in, const char *key)
{
	size_t parent = (size_t)(in - c->nodes);

	for (size_t i = parent + 1; i < c->n_nodes; i++)
		if (c->nodes[i].parent == parent && !strcmp(c->nodes[i].key, key))
			return &c->nodes[i];
	return NULL;
}

static const struct node *section(const struct config *c, const struct node *in, const char *key)
{
	const struct node *n = find(c, in, key);

	return n && n->is_section ? n : NULL;
}

static const char *text_of(const struct config *c, const struct node *in, const char *key)
{
	const struct node *n = find(c, in, key);

	return n && n->n_values ? c->values[n->first_value].text : NULL;
}

/* Returns 0 or -EINVAL after a complaint; missing is `without`, unless that is negative. */
static int number_of(const struct config *c, const struct node *in, const char *key, int64_t min,
		     int64_t without, uint64_t *out)
{
	const struct node *n = find(c, in, key);
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

/* A hyphen in a name of LVM is doubled in that of the DM device.  NAME_CHARS are enough. */
static void dm_name(const char *vg, const char *lv, char *name)
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

struct group {
	const struct config *c;
	const struct node *vg, *pvs, *lvs;
	uint64_t extent_sectors;
};

/* "DEVICE OFFSET" of a stripe: an area of a physical volume, or of another logical one. */
static int put_stripe(const struct group *g, const struct value *of, const struct value *at,
		      char *words, size_t room)
{
	const struct node *pv = g->pvs ? section(g->c, g->pvs, of->text) : NULL;
	const char *device = pv ? text_of(g->c, pv, "device") : NULL;
	size_t used = strlen(words);
	uint64_t start_sectors = 0;
	char lv[NAME_CHARS];
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
		rc = number_of(g->c, pv, "pe_start", 0, -1, &start_sectors);
		/* The volume is missing: "[unknown]".  Its name is as good. */
		snprintf(lv, sizeof(lv), "/dev/%s", of->text);
		device = device && !strncmp(device, "/dev/", 5) ? device : lv;
	} else if (section(g->c, g->lvs, of->text)) {
		strcpy(lv, "/dev/mapper/");
		dm_name(g->vg->key, of->text, lv + strlen(lv));
		device = lv;
	} else {
		return text_complain(g->c->t, of->line, 0, "stripes: no volume is called %s",
				     of->text);
	}
	snprintf(words + used, room - used, " %s %" PRIu64, device,
		 start_sectors + (uint64_t)extent * g->extent_sectors);
	return rc;
}

static int add_segment(const struct group *g, const struct node *segment, struct text_device *d)
{
	const struct node *stripes = find(g->c, segment, "stripes");
	const char *type = text_of(g->c, segment, "type");
	uint64_t extents, count = 1, chunk_sectors = 0, start;
	char *words = calloc(1, WORDS_CHARS);
	int rc = words ? number_of(g->c, segment, "start_extent", 0, -1, &start) : -ENOMEM;

	if (!rc)
		rc = number_of(g->c, segment, "extent_count", 1, -1, &extents);
	if (!rc && (!type || (strcmp(type, "striped") && strcmp(type, "linear"))))
		rc = text_complain(g->c->t, segment->line, 0,
				   "segments of type %s are not read from LVM's text; give "
				   "table:FILE with the output of `dmsetup table`",
				   type ? type : "(none)");
	if (!rc)
		rc = number_of(g->c, segment, "stripe_count", 1, 1, &count);
	if (!rc && count > 1)
		rc = number_of(g->c, segment, "stripe_size", 1, -1, &chunk_sectors);
	if (!rc && start * g->extent_sectors != d->size_sectors)
		rc = text_complain(g->c->t, segment->line, 0,
				   "%s does not begin where the segment before ends", segment->key);
	if (!rc && (!stripes || count > 128 || stripes->n_values != 2 * count || extents % count ||
		    extents > TEXT_SECTORS_MAX / g->extent_sectors))
		rc = text_complain(g->c->t, segment->line, 0,
				   "%s: expected two values in stripes for each of its "
				   "stripe_count, of which extent_count is a multiple",
				   segment->key);
	if (!rc && count > 1)
		snprintf(words, WORDS_CHARS, "striped %" PRIu64 " %" PRIu64, count, chunk_sectors);
	else if (!rc)
		strcpy(words, "linear");
	for (size_t i = 0; i < count && !rc; i++) {
		const struct value *v = &g->c->values[stripes->first_value + 2 * i];

		rc = put_stripe(g, v, v + 1, words, WORDS_CHARS);
	}
	if (!rc && count > 1 && extents * g->extent_sectors % (count * chunk_sectors))
		rc = text_complain(g->c->t, segment->line, 0,
				   "%s is no multiple of stripes x stripe_size long", segment->key);
	if (!rc)
		rc = text_add_target(g->c->t, d, extents * g->extent_sectors, words, segment->line);
	free(words);
	return rc;
}

static int add_volume(const struct group *g, const struct node *lv)
{
	char name[NAME_CHARS], key[32];
	struct text_device *d;
	uint64_t n;
	int rc = number_of(g->c, lv, "segment_count", 1, -1, &n);

	dm_name(g->vg->key, lv->key, name);
	if (!rc && strlen(name) >= TEXT_NAME_CHARS)
		rc = text_complain(g->c->t, lv->line, 0, "the name is too long");
	if (rc < 0)
		return rc;
	d = text_device(g->c->t, name, lv->line);
	for (uint64_t i = 1; i <= n && !rc; i++) {
		const struct node *segment;

		snprintf(key, sizeof(key), "segment%" PRIu64, i);
		segment = section(g->c, lv, key);
		rc = !d	       ? -ENOMEM
		     : segment ? add_segment(g, segment, d)
			       : text_complain(g->c->t, lv->line, 0, "%s has no %s", lv->key, key);
	}
	return rc;
}

static int add_volumes(struct config *c)
{
	struct group g = {.c = c};
	int rc = 0;

	for (size_t i = 1; i < c->n_nodes && !g.vg; i++)
		if (!c->nodes[i].parent && c->nodes[i].is_section &&
		    find(c, &c->nodes[i], "extent_size"))
			g.vg = &c->nodes[i];
	if (!g.vg)
		return text_complain(c->t, 1, 0, "no volume group: a section with extent_size");
	g.pvs = section(c, g.vg, "physical_volumes");
	g.lvs = section(c, g.vg, "logical_volumes");
	rc = number_of(c, g.vg, "extent_size", 1, -1, &g.extent_sectors);
	if (!rc && !g.lvs)
		rc = text_complain(c->t, g.vg->line, 0, "%s has no logical_volumes", g.vg->key);
	for (size_t i = 0; i < c->n_nodes && !rc; i++)
		if (c->nodes[i].is_section && c->nodes[i].parent == (size_t)(g.lvs - c->nodes) && i)
			rc = add_volume(&g, &c->nodes[i]);
	return rc;
}

int text_read_lvm(struct text_devices *t, const char *text)
{
	struct config c = {.t = t, .at = text, .line = 1};
	int rc;

	for (const char *p = text; *p; p++)
		if (iscntrl((unsigned char)*p) && !isspace((unsigned char)*p))
			return text_complain(t, 1, 0, "the text has a control character");
	if (!strchr(text, '{'))
		return text_read_lvs(t, text);
	rc = grow((void **)&c.nodes, 0, sizeof(*c.nodes));
	if (!rc) {
		c.nodes[c.n_nodes++] = (struct node){.is_section = true, .line = 1};
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
