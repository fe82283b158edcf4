// SPDX-License-Identifier: GPL-2.0-only
/*
 * What `lvs -o +devices` and `lvs --segments -o +devices` print: a line of headings, then a row for
 * each segment.  It has no size of extents and stripes and no first extent unless the columns were
 * asked for: the defaults of vgcreate(8) and lvcreate(8) are taken, and noted.
 *
 * What `pvs` prints may be before or after it, and says where the first extent of a physical volume
 * is and how large extents are, if it was asked for: pvs -o +pe_start,vg_extent_size.  Alone it
 * has no logical volume: a linear one of all extents of each physical volume is described.
 */
#include "lib/dev/stack_text_device.h"

#include "lib/base/number.h"
#include "lib/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 32, ROW_CHARS_MAX = 8192, STRIPES_MAX = 128, VOLUMES_MAX = 256 };

/* The defaults of LVM, in sectors. */
enum { EXTENT_SECTORS = 8192, FIRST_SECTORS = 2048, CHUNK_SECTORS = 128 };

struct cell {
	const char *text;
	unsigned int begin, end; /* columns of the line */
};

struct row {
	char text[ROW_CHARS_MAX];
	struct cell cells[COLUMNS_MAX];
	unsigned int n, line;
};

static int split(struct text_devices *t, const char *text, size_t len, struct row *row)
{
	row->n = 0;
	if (len >= sizeof(row->text))
		return text_complain(t, row->line, 0, "the line is too long");
	memcpy(row->text, text, len);
	row->text[len] = '\0';
	for (unsigned int i = 0; i < len;) {
		unsigned int begin = i;

		if (isspace((unsigned char)row->text[i])) {
			row->text[i++] = '\0';
			continue;
		}
		while (i < len && !isspace((unsigned char)row->text[i]))
			i++;
		if (row->n == COLUMNS_MAX)
			return text_complain(t, row->line, 0, "more than %d columns", COLUMNS_MAX);
		row->cells[row->n++] = (struct cell){row->text + begin, begin, i};
	}
	return 0;
}

/* The cell below a heading: the columns of lvs are left or right aligned, and may be empty. */
static const struct cell *below(const struct row *head, const struct row *row, const char *heading)
{
	for (unsigned int h = 0; h < head->n; h++) {
		if (strcmp(head->cells[h].text, heading))
			continue;
		if (row->n == head->n)
			return &row->cells[h];
		for (unsigned int i = 0; i < row->n; i++)
			if (row->cells[i].begin == head->cells[h].begin ||
			    row->cells[i].end == head->cells[h].end)
				return &row->cells[i];
	}
	return NULL;
}

/* The field of a cell, for messages. */
static unsigned int field_of(const struct row *row, const struct cell *cell)
{
	return (unsigned int)(cell - row->cells) + 1;
}

/* A row of pvs. */
struct volume {
	char name[TEXT_NAME_CHARS], group[TEXT_NAME_CHARS];
	double size_sectors;
	uint64_t first_sectors, extent_sectors; /* the defaults, unless the text says */
	bool has_first, has_extent;
	unsigned int line;
};

struct reader {
	struct text_devices *t;
	struct row *head, *row;
	bool of_pvs; /* the rows are */
	struct volume *volumes;
	size_t n_volumes;
	bool no_first, no_extent, no_stripe; /* of some rows the text does not say it */
};

static const struct volume *find_volume(const struct reader *r, const char *name)
{
	for (size_t i = 0; i < r->n_volumes; i++)
		if (!strcmp(r->volumes[i].name, name))
			return &r->volumes[i];
	return NULL;
}

static uint64_t extent_of(const struct reader *r, const char *device)
{
	const struct volume *pv = find_volume(r, device);

	return pv ? pv->extent_sectors : EXTENT_SECTORS;
}

/* "<2.87t" in sectors; lower case are powers of 1024, upper case of 1000. */
static int take_size(struct text_devices *t, const struct row *row, const struct cell *cell,
		     double *sectors)
{
	static const char units[] = "bskmgtpe";
	const char *number = cell->text + (*cell->text == '<' || *cell->text == '>'), *unit;
	char *end;
	double value;

	if (!isdigit((unsigned char)*number))
		goto bad;
	value = strtod(number, &end);
	unit = *end ? strchr(units, tolower((unsigned char)*end)) : NULL;
	if (!unit || end[1])
		goto bad;
	if (unit == units)
		*sectors = value / 512;
	else if (unit == units + 1)
		*sectors = value;
	else
		*sectors = value *
			   pow(isupper((unsigned char)*end) ? 1000 : 1024, unit - units - 1) / 512;
	if (*sectors >= 1 && *sectors <= (double)TEXT_SECTORS_MAX)
		return 0;
bad:
	return text_complain(t, row->line, field_of(row, cell),
			     "expected a size such as 20.00g, got '%s'", cell->text);
}

/* One segment. */
struct segment {
	struct text_device *d;
	double len_sectors;
	uint64_t chunk_sectors;
	unsigned int n;
	char devices[STRIPES_MAX][TEXT_NAME_CHARS];
	uint64_t extents[STRIPES_MAX];
};

/* "/dev/pmem0(5120),/dev/pmem1(5120)" */
static int take_devices(struct text_devices *t, const struct row *row, const struct cell *cell,
			struct segment *s)
{
	char *copy = strdup(cell->text), *rest = copy, *word;
	int rc = copy ? 0 : -ENOMEM;

	while (!rc && (word = strsep(&rest, ","))) {
		char *open = strchr(word, '('), *close = open ? strchr(open, ')') : NULL;
		int64_t extent = -1;

		if (open && close && !close[1]) {
			*open = *close = '\0';
			if (number_parse(open + 1, 0, TEXT_SECTORS_MAX / EXTENT_SECTORS, &extent) <
			    0)
				extent = -1;
		}
		if (extent < 0 || s->n == STRIPES_MAX || strlen(word) >= TEXT_NAME_CHARS ||
		    strncmp(word, "/dev/", 5)) {
			rc = text_complain(t, row->line, field_of(row, cell),
					   "expected /dev/DEVICE(EXTENT), ...; got '%s'",
					   cell->text);
			break;
		}
		strcpy(s->devices[s->n], word);
		s->extents[s->n++] = (uint64_t)extent;
	}
	free(copy);
	return rc;
}

static int add_segment(struct reader *r, const struct row *row, const struct segment *s)
{
	struct text_devices *t = r->t;
	uint64_t extent_sectors = extent_of(r, s->devices[0]), unit = s->n * extent_sectors;
	uint64_t len = (uint64_t)(s->len_sectors / (double)unit + 0.001) * unit;
	char words[STRIPES_MAX * (TEXT_NAME_CHARS + 24)];
	int used;

	if (s->n == 1)
		used = snprintf(words, sizeof(words), "linear");
	else
		used = snprintf(words, sizeof(words), "striped %u %" PRIu64, s->n,
				s->chunk_sectors);
	for (unsigned int i = 0; i < s->n; i++) {
		const struct volume *pv = find_volume(r, s->devices[i]);

		used += snprintf(
			words + used, sizeof(words) - (size_t)used, " %s %" PRIu64, s->devices[i],
			(pv ? pv->first_sectors : FIRST_SECTORS) + s->extents[i] * extent_sectors);
		r->no_first |= !pv || !pv->has_first;
		r->no_extent |= !pv || !pv->has_extent;
	}
	if (!len)
		return text_complain(t, row->line, 0, "the segment is shorter than an extent");
	return text_add_target(t, s->d, len, words, row->line);
}

static int check_type(struct text_devices *t, const struct row *row, const struct cell *cell)
{
	if (!cell || !strcmp(cell->text, "linear") || !strcmp(cell->text, "striped"))
		return 0;
	return text_complain(t, row->line, field_of(row, cell),
			     "what a segment of type %s consists of is not in the text of lvs; "
			     "give the text of vgcfgbackup, or table:FILE with the output of "
			     "`dmsetup table`",
			     cell->text);
}

static int take_row(struct reader *r)
{
	struct text_devices *t = r->t;
	const struct row *head = r->head, *row = r->row;
	const struct cell *lv = below(head, row, "LV"), *vg = below(head, row, "VG"),
			  *devices = below(head, row, "Devices"), *size = below(head, row, "SSize"),
			  *chunk = below(head, row, "Stripe");
	char name[2 * TEXT_NAME_CHARS];
	struct segment *s;
	double chunk_sectors = CHUNK_SECTORS;
	int rc;

	if (!lv || !devices)
		return text_complain(t, row->line, 0, "the row has no %s", lv ? "Devices" : "LV");
	rc = check_type(t, row, below(head, row, "Type"));
	if (!rc)
		rc = check_type(t, row, below(head, row, "Layout"));
	if (!rc && chunk && strcmp(chunk->text, "0"))
		rc = take_size(t, row, chunk, &chunk_sectors);
	snprintf(name, sizeof(name), "%.100s%s%.100s", vg ? vg->text : "", vg ? "-" : "", lv->text);
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->d = rc < 0 || strlen(name) >= TEXT_NAME_CHARS ? NULL : text_device(t, name, row->line);
	if (!rc && !s->d)
		rc = -ENOMEM;
	if (!rc && !size && s->d->n_targets)
		rc = text_complain(t, row->line, 0,
				   "%s has several segments and the text has no column SSize; give "
				   "the output of `lvs --segments -o +devices`",
				   lv->text);
	size = size ? size : below(head, row, "LSize");
	if (!rc && !size)
		rc = text_complain(t, row->line, 0, "the row has no LSize or SSize");
	if (!rc)
		rc = take_size(t, row, size, &s->len_sectors);
	if (!rc)
		rc = take_devices(t, row, devices, s);
	s->chunk_sectors = (uint64_t)chunk_sectors;
	if (!rc && s->n > 1 &&
	    (!s->chunk_sectors || extent_of(r, s->devices[0]) % s->chunk_sectors))
		rc = text_complain(t, row->line, 0,
				   "expected a stripe size that divides an extent");
	r->no_stripe |= s->n > 1 && !chunk;
	if (!rc)
		rc = add_segment(r, row, s);
	free(s);
	return rc;
}

static bool has_heading(const struct row *head, const char *heading)
{
	for (unsigned int i = 0; i < head->n; i++)
		if (!strcmp(head->cells[i].text, heading))
			return true;
	return false;
}

/* A row of pvs; of volumes without a group nothing is known. */
static int take_volume(struct reader *r)
{
	const struct row *head = r->head, *row = r->row;
	const struct cell *name = below(head, row, "PV"), *group = below(head, row, "VG"),
			  *size = below(head, row, "PSize"), *first = below(head, row, "1st"),
			  *extent = below(head, row, "Ext");
	struct volume pv = {.line = row->line};
	double first_sectors = FIRST_SECTORS, extent_sectors = EXTENT_SECTORS;
	int rc = 0;

	if (!name || strlen(name->text) >= sizeof(pv.name) || strncmp(name->text, "/dev/", 5) ||
	    (group && strlen(group->text) >= sizeof(pv.group)))
		return text_complain(r->t, row->line, 1, "expected a physical volume, /dev/NAME");
	if (r->n_volumes == VOLUMES_MAX)
		return text_complain(r->t, row->line, 0, "more than %d physical volumes",
				     VOLUMES_MAX);
	strcpy(pv.name, name->text);
	if (group && group != name)
		strcpy(pv.group, group->text);
	if (size)
		rc = take_size(r->t, row, size, &pv.size_sectors);
	if (!rc && first)
		rc = take_size(r->t, row, first, &first_sectors);
	if (!rc && extent && strcmp(extent->text, "0") != 0)
		rc = take_size(r->t, row, extent, &extent_sectors);
	pv.first_sectors = (uint64_t)first_sectors;
	pv.extent_sectors = (uint64_t)extent_sectors;
	pv.has_first = first;
	pv.has_extent = extent;
	if (!rc)
		r->volumes[r->n_volumes++] = pv;
	return rc;
}

static bool is_head(const struct row *row)
{
	return row->n && (!strcmp(row->cells[0].text, "PV") || has_heading(row, "LV"));
}

/* "1st PE" is one heading. */
static void join_first_extent(struct row *head)
{
	for (unsigned int i = 0; i + 1 < head->n; i++)
		if (!strcmp(head->cells[i].text, "1st") && !strcmp(head->cells[i + 1].text, "PE")) {
			head->cells[i].end = head->cells[i + 1].end;
			head->n--;
			memmove(&head->cells[i + 1], &head->cells[i + 2],
				(head->n - i - 1) * sizeof(head->cells[0]));
		}
}

static int check_head(struct reader *r)
{
	const struct row *head = r->head;

	join_first_extent(r->head);
	r->of_pvs = !has_heading(head, "LV") && has_heading(head, "PV");
	if (r->of_pvs)
		return 0;
	if (!has_heading(head, "LV"))
		return text_complain(r->t, head->line, 1,
				     "expected what vgcfgbackup writes, or `lvs --segments -o "
				     "+devices` with its headings");
	if (!has_heading(head, "Devices"))
		return text_complain(r->t, head->line, 0,
				     "no column Devices: which extents a volume has is not known; "
				     "give the output of `lvs --segments -o +devices`");
	return 0;
}

/* Reads the rows of pvs, or those of lvs. */
static int read_rows(struct reader *r, const char *text, bool of_pvs)
{
	unsigned int line = 0;
	int rc = 0;

	r->head->n = 0;
	while (!rc && *text) {
		size_t len = strcspn(text, "\n");

		r->row->line = ++line;
		rc = split(r->t, text, len, r->row);
		if (!rc && r->row->n && (!r->head->n || is_head(r->row))) {
			r->head->line = line;
			rc = split(r->t, text, len, r->head);
			if (!rc)
				rc = check_head(r);
		} else if (!rc && r->row->n && r->of_pvs == of_pvs) {
			rc = of_pvs ? take_volume(r) : take_row(r);
		}
		text += len + (text[len] == '\n');
	}
	return rc;
}

/* pvs alone: what a linear volume of all its extents would be. */
static int add_whole_volumes(struct reader *r)
{
	int rc = 0;

	for (size_t i = 0; i < r->n_volumes && !rc; i++) {
		const struct volume *pv = &r->volumes[i];
		uint64_t extents =
			pv->size_sectors > (double)pv->first_sectors
				? (uint64_t)(pv->size_sectors + 0.001) / pv->extent_sectors
				: 0;
		char name[3 * TEXT_NAME_CHARS], words[2 * TEXT_NAME_CHARS];
		const char *slash = strrchr(pv->name, '/');
		struct text_device *d;

		snprintf(name, sizeof(name), "%s%sall-of-%s", pv->group, *pv->group ? "-" : "",
			 slash + 1);
		name[TEXT_NAME_CHARS - 1] = '\0';
		snprintf(words, sizeof(words), "linear %s %" PRIu64, pv->name, pv->first_sectors);
		if (!extents)
			return text_complain(r->t, pv->line, 0, "%s has no PSize", pv->name);
		d = text_device(r->t, name, pv->line);
		r->no_first |= !pv->has_first;
		r->no_extent |= !pv->has_extent;
		rc = d ? text_add_target(r->t, d, extents * pv->extent_sectors, words, pv->line)
		       : -ENOMEM;
	}
	if (r->n_volumes)
		text_append(r->t->note, r->t->note_len,
			    "pvs prints no logical volumes: a linear one of all extents of each "
			    "physical volume is described; ");
	return rc;
}

/* What the text did not say. */
static void note_defaults(const struct reader *r)
{
	char *note = r->t->note;
	size_t len;

	if (r->no_extent || r->no_first)
		text_append(note, r->t->note_len,
			    "the text has no %s%s%s: extents of 4 MiB from 1 MiB on%s are assumed; "
			    "the text of vgcfgbackup, or `pvs -o +pe_start,vg_extent_size` before "
			    "it, has them",
			    r->no_extent ? "size of extents" : "",
			    r->no_extent && r->no_first ? ", no " : "",
			    r->no_first ? "first extent" : "",
			    r->no_stripe ? ", stripes of 64 KiB" : "");
	else if (r->no_stripe)
		text_append(note, r->t->note_len,
			    "the text has no size of stripes: 64 KiB is assumed");
	len = strlen(note);
	if (len > 2 && !strcmp(note + len - 2, "; "))
		note[len - 2] = '\0';
}

int text_read_lvs(struct text_devices *t, const char *text)
{
	struct reader r = {.t = t, .head = calloc(2, sizeof(*r.head))};
	int rc;

	r.row = r.head + 1;
	r.volumes = calloc(VOLUMES_MAX, sizeof(*r.volumes));
	*t->note = '\0';
	rc = r.head && r.volumes ? read_rows(&r, text, true) : -ENOMEM;
	if (!rc)
		rc = read_rows(&r, text, false);
	if (!rc && !t->n)
		rc = add_whole_volumes(&r);
	if (!rc)
		note_defaults(&r);
	free(r.volumes);
	free(r.head);
	return rc;
}
