// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/stack_text_device.h"

#include "lib/base/number.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 600, LINE_CHARS_MAX = 8192 };

/* A line in fields, which are separated by blanks. */
struct fields {
	char text[LINE_CHARS_MAX];
	char *list[FIELDS_MAX];
	unsigned int n;
};

static int split(struct text_devices *t, const char *line, size_t len, unsigned int number,
		 struct fields *f)
{
	char *rest = f->text, *word;

	f->n = 0;
	if (len >= sizeof(f->text))
		return text_complain(t, number, 0, "the line is longer than %d characters",
				     LINE_CHARS_MAX - 1);
	memcpy(f->text, line, len);
	f->text[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)line[i]) && !isspace((unsigned char)line[i]))
			return text_complain(t, number, 0, "the line has a control character");
	while ((word = strsep(&rest, " \t\r"))) {
		if (!*word)
			continue;
		if (f->n == FIELDS_MAX)
			return text_complain(t, number, 0, "more than %d fields", FIELDS_MAX);
		f->list[f->n++] = word;
	}
	return 0;
}

static int take_number(struct text_devices *t, const struct fields *f, unsigned int field,
		       unsigned int number, const char *what, int64_t min, uint64_t *out)
{
	int64_t value;

	if (field >= f->n)
		return text_complain(t, number, field + 1, "expected %s, the line ends", what);
	if (number_parse(f->list[field], min, TEXT_SECTORS_MAX, &value) < 0)
		return text_complain(t, number, field + 1, "expected %s, got '%s'", what,
				     f->list[field]);
	*out = (uint64_t)value;
	return 0;
}

/* "DEVICE OFFSET", n times, from the field on, and nothing more. */
static int check_members(struct text_devices *t, const struct fields *f, unsigned int field,
			 uint64_t n, unsigned int number)
{
	uint64_t offset;
	int rc = 0;

	for (uint64_t i = 0; i < n && !rc; i++, field += 2) {
		if (field >= f->n)
			return text_complain(t, number, field + 1,
					     "expected a device, the line ends");
		if (!text_is_device(f->list[field]))
			return text_complain(
				t, number, field + 1,
				"expected a device, /dev/NAME or MAJOR:MINOR; got '%s'",
				f->list[field]);
		rc = take_number(t, f, field + 1, number, "an offset in sectors", 0, &offset);
	}
	if (!rc && field < f->n)
		rc = text_complain(t, number, field + 1, "expected the end of the line, got '%s'",
				   f->list[field]);
	return rc;
}

/* The arguments of the targets that the model has; `at` is the field of the type. */
static int check_arguments(struct text_devices *t, const struct fields *f, unsigned int at,
			   uint64_t len_sectors, unsigned int number)
{
	const char *type = f->list[at];
	uint64_t n, chunk_sectors;
	int rc;

	if (!strcmp(type, "linear"))
		return check_members(t, f, at + 1, 1, number);
	if (!strcmp(type, "error") || !strcmp(type, "zero"))
		return check_members(t, f, at + 1, 0, number);
	if (strcmp(type, "striped"))
		return 0;
	rc = take_number(t, f, at + 1, number, "a number of stripes", 1, &n);
	if (!rc && n > 128)
		rc = text_complain(t, number, at + 2, "at most 128 stripes, got %" PRIu64, n);
	if (!rc)
		rc = take_number(t, f, at + 2, number, "a chunk in sectors", 1, &chunk_sectors);
	if (!rc && len_sectors % (n * chunk_sectors))
		rc = text_complain(t, number, at,
				   "dm-stripe takes no length that is not a multiple of stripes x "
				   "chunk, %" PRIu64 " sectors; got %" PRIu64,
				   n * chunk_sectors, len_sectors);
	return rc < 0 ? rc : check_members(t, f, at + 3, n, number);
}

/* "START LEN TYPE ARGUMENT..." from the field on. */
static int take_target(struct text_devices *t, struct text_device *d, const struct fields *f,
		       unsigned int at, unsigned int number)
{
	uint64_t start, len_sectors = 0;
	char words[LINE_CHARS_MAX] = "";
	size_t used = 0;
	int rc = take_number(t, f, at, number, "the first sector of a target", 0, &start);

	if (!rc)
		rc = take_number(t, f, at + 1, number, "a length in sectors", 1, &len_sectors);
	if (!rc && start != d->size_sectors)
		rc = text_complain(t, number, at + 1,
				   "a target begins where the one before ends, at %" PRIu64
				   "; got %" PRIu64,
				   d->size_sectors, start);
	if (!rc && at + 2 >= f->n)
		rc = text_complain(t, number, at + 3, "expected a target such as linear");
	if (!rc)
		rc = check_arguments(t, f, at + 2, len_sectors, number);
	for (unsigned int i = at + 2; i < f->n && !rc; i++)
		used += (size_t)snprintf(words + used, sizeof(words) - used, "%s%s",
					 used ? " " : "", f->list[i]);
	return rc < 0 ? rc : text_add_target(t, d, len_sectors, words, number);
}

/* A line of `dmsetup ls`: "NAME (MAJOR:MINOR)" or "NAME (MAJOR, MINOR)".  Returns whether it is. */
static bool take_numbers(struct text_devices *t, const struct fields *f, unsigned int number,
			 int *rc)
{
	unsigned int major, minor;
	struct text_device *d;
	char both[64], end;

	if (f->n < 2 || f->n > 3 || f->list[1][0] != '(')
		return false;
	snprintf(both, sizeof(both), "%.30s%.30s", f->list[1], f->n == 3 ? f->list[2] : "");
	if (sscanf(both, "(%u%*[:,]%u%c", &major, &minor, &end) != 3 || end != ')')
		return false;
	d = text_device(t, f->list[0], number);
	*rc = d ? 0 : -ENOMEM;
	if (d)
		snprintf(d->numbers, sizeof(d->numbers), "%u:%u", major, minor);
	return true;
}

static int take_line(struct text_devices *t, const struct fields *f, unsigned int number)
{
	struct text_device *d;
	size_t len = strlen(f->list[0]);
	bool named = !isdigit((unsigned char)f->list[0][0]) || f->list[0][len - 1] == ':';
	int rc = 0;

	if (take_numbers(t, f, number, &rc))
		return rc;
	if (named && f->list[0][len - 1] != ':')
		return text_complain(t, number, 1,
				     "expected START LENGTH TARGET, or NAME: before them as "
				     "`dmsetup table` prints it; got '%s'",
				     f->list[0]);
	if (named)
		f->list[0][len - 1] = '\0';
	if (named && (!f->list[0][0] || strlen(f->list[0]) >= TEXT_NAME_CHARS))
		return text_complain(t, number, 1, "expected the name of a device");
	if (named && f->n == 1)
		return text_complain(t, number, 2, "the device has no table");
	for (size_t i = 0; i < t->n && !named; i++)
		if (t->list[i].name[0] && t->list[i].n_targets)
			return text_complain(t, number, 1,
					     "expected NAME: as in the lines before, got '%s'",
					     f->list[0]);
	d = text_device(t, named ? f->list[0] : "", number);
	if (!d)
		return -ENOMEM;
	return take_target(t, d, f, named, number);
}

int text_read_dmsetup(struct text_devices *t, const char *text)
{
	struct fields *f = malloc(sizeof(*f));
	unsigned int number = 0;
	int rc = f ? 0 : -ENOMEM;

	while (!rc && *text) {
		size_t len = strcspn(text, "\n");

		rc = split(t, text, len, ++number, f);
		if (!rc && f->n && f->list[0][0] != '#')
			rc = take_line(t, f, number);
		text += len + (text[len] == '\n');
	}
	free(f);
	return rc;
}
