// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/graph_parse.h"

#include "lib/base/bytes.h"
#include "lib/base/number.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No device is larger: sums of a few such and bytes of one still are numbers. */
#define SECTORS_MAX (UINT64_C(1) << 40)

enum { TARGETS_MAX = 1 << 16 };

struct parser {
	struct graph *g;
	const char *at;				  /* what is not read yet */
	unsigned int first;			  /* device of the text */
	unsigned int members;			  /* the device that is called A */
	unsigned int made;			  /* those below can be members */
	uint64_t used_sectors[GRAPH_DEVICES_MAX]; /* end of what was used last of each */
	bool bad;
};

static void skip_blanks(struct parser *p)
{
	while (isspace((unsigned char)*p->at))
		p->at++;
}

/* Takes a word that must be there, or may. */
static bool take(struct parser *p, const char *word)
{
	size_t len = strlen(word);

	skip_blanks(p);
	if (strncmp(p->at, word, len))
		return false;
	p->at += len;
	return true;
}

static uint64_t take_number(struct parser *p)
{
	char *end;
	uint64_t n;

	skip_blanks(p);
	if (!isdigit((unsigned char)*p->at)) {
		p->bad = true;
		return 0;
	}
	n = strtoull(p->at, &end, 10);
	p->at = end;
	if (n > SECTORS_MAX)
		p->bad = true;
	return n;
}

/* The letter of a device that was made. */
static unsigned int take_letter(struct parser *p)
{
	unsigned int device = isupper((unsigned char)*p->at)
				      ? p->members + (unsigned int)(*p->at - 'A')
				      : p->first + (unsigned int)(*p->at - 'a');

	if (!isalpha((unsigned char)*p->at) || device >= p->made) {
		p->bad = true;
		return 0;
	}
	p->at++;
	return device;
}

/* A member, and where on it: room_sectors from there on are used. */
static struct graph_member take_member(struct parser *p, uint64_t room_sectors)
{
	struct graph_member m = {0};
	const struct graph_device *d;
	char sign;

	skip_blanks(p);
	m.device = take_letter(p);
	if (p->bad)
		return m;
	d = &p->g->devices[m.device];
	skip_blanks(p);
	sign = *p->at;
	if (sign == '+' || sign == '-')
		p->at++;
	m.offset_sectors = take_number(p);
	if (sign == '+')
		m.offset_sectors += p->used_sectors[m.device];
	else if (sign == '-' && m.offset_sectors > d->size_sectors)
		p->bad = true;
	else if (sign == '-')
		m.offset_sectors = (d->size_sectors - m.offset_sectors) /
				   (PAGE_BYTES / SECTOR_BYTES) * (PAGE_BYTES / SECTOR_BYTES);
	p->used_sectors[m.device] = m.offset_sectors + room_sectors;
	return m;
}

/* A word of a target that the model does not have: to the next blank or end of the target. */
static size_t take_plain(struct parser *p, char *to, size_t room)
{
	size_t len;

	skip_blanks(p);
	len = strcspn(p->at, " \t\n;|");
	if (len >= room) {
		p->bad = true;
		return 0;
	}
	memcpy(to, p->at, len);
	to[len] = '\0';
	p->at += len;
	return len;
}

/* "TYPE ARGUMENT..."; an argument @MEMBER becomes `@` and a member. */
static void take_other(struct parser *p, struct graph_target *t)
{
	char *args = t->other->args;
	size_t used = 0;

	t->type = TARGET_OTHER;
	if (!take_plain(p, t->other->type, sizeof(t->other->type)) || strchr(t->other->type, '@'))
		p->bad = true;
	for (skip_blanks(p); *p->at && *p->at != ';' && *p->at != '|' && !p->bad; skip_blanks(p)) {
		if (used + 3 > GRAPH_ARGS_CHARS || t->n_members == GRAPH_STRIPES_MAX) {
			p->bad = true;
			break;
		}
		if (used)
			args[used++] = ' ';
		if (*p->at == '@') {
			p->at++;
			t->members[t->n_members++] =
				(struct graph_member){.device = take_letter(p)};
			args[used++] = '@';
			p->bad |= *p->at && !strchr(" \t\n;|", *p->at);
		} else {
			size_t len = take_plain(p, args + used, GRAPH_ARGS_CHARS - used);

			p->bad |= !len || memchr(args + used, '@', len);
			used += len;
		}
	}
	args[used] = '\0';
}

static int take_target(struct parser *p, unsigned int device)
{
	const struct graph_device *d = &p->g->devices[device];
	struct graph_member members[GRAPH_STRIPES_MAX];
	struct graph_other_target other = {0};
	struct graph_target t = {.len_sectors = take_number(p), .members = members};
	uint64_t n;

	if (take(p, "linear")) {
		t.n_members = 1;
	} else if (take(p, "striped")) {
		t.type = TARGET_STRIPED;
		n = take_number(p);
		t.n_members = n > GRAPH_STRIPES_MAX ? UINT_MAX : (unsigned int)n;
		t.chunk_sectors = take_number(p);
	} else if (take(p, "error")) {
		t.type = TARGET_ERROR;
	} else if (take(p, "zero")) {
		t.type = TARGET_ZERO;
	} else if (take(p, "other")) {
		t.other = &other;
		take_other(p, &t);
	} else {
		p->bad = true;
	}
	if (t.n_members > GRAPH_STRIPES_MAX || d->n_targets == TARGETS_MAX ||
	    d->size_sectors + t.len_sectors > SECTORS_MAX)
		p->bad = true;
	for (unsigned int i = 0; !t.other && i < t.n_members && !p->bad; i++)
		members[i] = take_member(p, t.len_sectors / t.n_members);
	return p->bad ? -EINVAL : graph_add_target(p->g, device, &t);
}

static int take_partition(struct parser *p)
{
	struct graph_member on;
	uint64_t len_sectors;
	const struct graph_device *d;
	unsigned int number = 1;
	char node[160];
	bool digit;

	p->made = p->g->n;
	on = take_member(p, 0);
	len_sectors = take_number(p);
	if (p->bad)
		return -EINVAL;
	p->used_sectors[on.device] += len_sectors;
	d = &p->g->devices[on.device];
	for (unsigned int i = 0; i < p->g->n; i++)
		number += p->g->devices[i].kind == GRAPH_PARTITION &&
			  p->g->devices[i].on.device == on.device;
	digit = d->node[0] && isdigit((unsigned char)d->node[strlen(d->node) - 1]);
	snprintf(node, sizeof(node), "%s%s%u", d->node, digit ? "p" : "", number);
	return graph_add_partition(p->g, node, on.device, on.offset_sectors, len_sectors);
}

static int take_dm(struct parser *p, const char *prefix)
{
	const char *begin;
	char name[64];
	uint64_t count = 1;
	int device, rc = 0;

	snprintf(name, sizeof(name), "%s%u", prefix, p->g->n - p->first);
	p->made = p->g->n;
	device = graph_add_dm(p->g, name);
	if (device < 0)
		return device;
	begin = p->at;
	count = take_number(p);
	if (!take(p, "x")) {
		p->at = begin;
		count = 1;
	}
	begin = p->at;
	for (uint64_t i = 0; i < count && !rc; i++) {
		p->at = begin;
		do
			rc = take_target(p, (unsigned int)device);
		while (!rc && take(p, ";"));
	}
	return rc < 0 ? rc : device;
}

int graph_parse(struct graph *g, const char *prefix, unsigned int members, const char *text)
{
	struct parser p = {.g = g, .at = text, .first = g->n, .members = members};
	int rc;

	do
		rc = take(&p, "part") ? take_partition(&p) : take_dm(&p, prefix);
	while (rc >= 0 && take(&p, "|"));
	skip_blanks(&p);
	if (rc >= 0 && (p.bad || *p.at))
		return -EINVAL;
	return rc;
}

/* ---- dmsetup table --------------------------------------------------------------------------- */

/* Takes a word up to the next blank or the end of the line; bad if there is none, or no room. */
static const char *take_word(struct parser *p, char word[128])
{
	size_t len;

	p->at += strspn(p->at, " \t");
	len = strcspn(p->at, " \t\n");
	if (!len || len >= 128) {
		p->bad = true;
		len = 0;
	}
	memcpy(word, p->at, len);
	word[len] = '\0';
	p->at += len;
	return word;
}

/* A decimal number, whole: no sign, nothing after it. */
static uint64_t take_decimal(struct parser *p, uint64_t max)
{
	char word[128];
	int64_t number = 0;

	if (number_parse(take_word(p, word), 0, (int64_t)max, &number) < 0)
		p->bad = true;
	return (uint64_t)number;
}

/* Returns the index of a device that a table calls so, or -ENODEV. */
static int find_member(const struct graph *g, const char *called)
{
	for (unsigned int i = 0; i < g->n; i++)
		if (!strcmp(g->devices[i].numbers, called) || !strcmp(g->devices[i].node, called))
			return (int)i;
	return -ENODEV;
}

/* "MEMBER OFFSET", n times.  Returns 0 or -errno. */
static int take_members(struct parser *p, struct graph_member *members, unsigned int n)
{
	for (unsigned int i = 0; i < n && !p->bad; i++) {
		char word[128];
		int device = find_member(p->g, take_word(p, word));

		members[i].offset_sectors = take_decimal(p, SECTORS_MAX);
		if (!p->bad && device < 0)
			return device;
		members[i].device = (unsigned int)device;
	}
	return p->bad ? -EINVAL : 0;
}

/* "START LEN TYPE ARGUMENTS", to the end of the line.  Returns 0 or -errno. */
static int take_line(struct parser *p, unsigned int device)
{
	struct graph_member members[GRAPH_STRIPES_MAX];
	struct graph_target t = {.members = members};
	char type[128];
	int rc;

	if (take_decimal(p, SECTORS_MAX) != p->g->devices[device].size_sectors)
		return -EINVAL; /* tables have no gaps */
	t.len_sectors = take_decimal(p, SECTORS_MAX);
	take_word(p, type);
	if (!strcmp(type, "linear")) {
		t.n_members = 1;
	} else if (!strcmp(type, "striped")) {
		t.type = TARGET_STRIPED;
		t.n_members = (unsigned int)take_decimal(p, GRAPH_STRIPES_MAX);
		t.chunk_sectors = take_decimal(p, SECTORS_MAX);
		if (!t.n_members || !t.chunk_sectors)
			return -EINVAL;
	} else if (!strcmp(type, "zero")) {
		t.type = TARGET_ZERO;
	} else if (!strcmp(type, "error")) {
		t.type = TARGET_ERROR;
	} else {
		return p->bad ? -EINVAL : -EOPNOTSUPP;
	}
	rc = take_members(p, members, t.n_members);
	p->at += strspn(p->at, " \t");
	if (!rc && (*p->at && *p->at != '\n'))
		rc = -EINVAL;
	if (!rc &&
	    (!t.len_sectors || p->g->devices[device].size_sectors + t.len_sectors > SECTORS_MAX))
		rc = -EINVAL;
	return rc < 0 ? rc : graph_add_target(p->g, device, &t);
}

int graph_parse_table(struct graph *g, const char *name, const char *text)
{
	struct parser p = {.g = g, .at = text};
	int device = graph_add_dm(g, name), rc = 0;

	for (skip_blanks(&p); device >= 0 && *p.at && !rc; skip_blanks(&p))
		rc = take_line(&p, (unsigned int)device);
	return rc < 0 ? rc : device;
}
