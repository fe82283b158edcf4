// SPDX-License-Identifier: GPL-2.0-only
/*
 * What `lvs -o +devices` and `lvs --segments -o +devices` print: a line of headings, then a row for
 * each segment.  It has no size of extents and stripes and no first extent unless the columns were
 * asked for: the defaults of vgcreate(8) and lvcreate(8) are taken, and noted.
 */
#include "lib/dev/stack_text_device.h"

#include "lib/base/number.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 32, ROW_CHARS_MAX = 8192, STRIPES_MAX = 128 };

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

static int add_segment(struct text_devices *t, const struct row *row, const struct segment *s)
{
	uint64_t unit = (uint64_t)s->n * EXTENT_SECTORS;
	uint64_t len = (uint64_t)(s->len_sectors / (double)unit + 0.001) * unit;
	char words[STRIPES_MAX * (TEXT_NAME_CHARS + 24)];
	int used;

	if (s->n == 1)
		used = snprintf(words, sizeof(words), "linear");
	else
		used = snprintf(words, sizeof(words), "striped %u %" PRIu64, s->n,
				s->chunk_sectors);
	for (unsigned int i = 0; i < s->n; i++)
		used += snprintf(words + used, sizeof(words) - (size_t)used, " %s %" PRIu64,
				 s->devices[i], FIRST_SECTORS + s->extents[i] * EXTENT_SECTORS);
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

static int take_row(struct text_devices *t, const struct row *head, const struct row *row)
{
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
	if (!rc && s->n > 1 && (!s->chunk_sectors || EXTENT_SECTORS % s->chunk_sectors))
		rc = text_complain(t, row->line, 0, "expected a stripe size that divides 4m");
	if (!rc)
		rc = add_segment(t, row, s);
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

static int check_head(struct text_devices *t, const struct row *head)
{
	if (!has_heading(head, "LV"))
		return text_complain(t, head->line, 1,
				     "expected what vgcfgbackup writes, or `lvs --segments -o "
				     "+devices` with its headings");
	if (!has_heading(head, "Devices"))
		return text_complain(t, head->line, 0,
				     "no column Devices: which extents a volume has is not known; "
				     "give the output of `lvs --segments -o +devices`");
	snprintf(t->note, t->note_len,
		 "the text has no size of extents, no first extent%s: extents of 4 MiB from 1 MiB "
		 "on%s are assumed; the text of vgcfgbackup has them",
		 has_heading(head, "Stripe") ? "" : " and no size of stripes",
		 has_heading(head, "Stripe") ? "" : ", stripes of 64 KiB");
	return 0;
}

int text_read_lvs(struct text_devices *t, const char *text)
{
	struct row *head = calloc(2, sizeof(*head)), *row = head + 1;
	unsigned int line = 0;
	int rc = head ? 0 : -ENOMEM;

	while (!rc && *text) {
		size_t len = strcspn(text, "\n");
		struct row *to = head->n ? row : head;

		to->line = ++line;
		rc = split(t, text, len, to);
		if (!rc && to->n && to == head)
			rc = check_head(t, head);
		else if (!rc && to->n)
			rc = take_row(t, head, row);
		text += len + (text[len] == '\n');
	}
	free(head);
	return rc;
}
