// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/sketch.h"

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

struct sketch {
	struct graph *g;
	const char *at;				  /* what is not read yet */
	unsigned int first;			  /* device of the text */
	unsigned int made;			  /* those below can be members */
	uint64_t used_sectors[GRAPH_DEVICES_MAX]; /* end of what was used last of each */
	bool bad;
};

static void skip_blanks(struct sketch *s)
{
	while (isspace((unsigned char)*s->at))
		s->at++;
}

/* Takes a word that must be there, or may. */
static bool take(struct sketch *s, const char *word)
{
	size_t len = strlen(word);

	skip_blanks(s);
	if (strncmp(s->at, word, len))
		return false;
	s->at += len;
	return true;
}

static uint64_t take_number(struct sketch *s)
{
	char *end;
	uint64_t n;

	skip_blanks(s);
	if (!isdigit((unsigned char)*s->at)) {
		s->bad = true;
		return 0;
	}
	n = strtoull(s->at, &end, 10);
	s->at = end;
	if (n > SECTORS_MAX)
		s->bad = true;
	return n;
}

/* A member, and where on it: room_sectors from there on are used. */
static struct graph_member take_member(struct sketch *s, uint64_t room_sectors)
{
	struct graph_member m = {0};
	const struct graph_device *d;
	char sign;

	skip_blanks(s);
	m.device = isupper((unsigned char)*s->at) ? (unsigned int)(*s->at - 'A')
						  : s->first + (unsigned int)(*s->at - 'a');
	if (!isalpha((unsigned char)*s->at) || m.device >= s->made) {
		s->bad = true;
		return m;
	}
	s->at++;
	d = &s->g->devices[m.device];
	skip_blanks(s);
	sign = *s->at;
	if (sign == '+' || sign == '-')
		s->at++;
	m.offset_sectors = take_number(s);
	if (sign == '+')
		m.offset_sectors += s->used_sectors[m.device];
	else if (sign == '-' && m.offset_sectors > d->size_sectors)
		s->bad = true;
	else if (sign == '-')
		m.offset_sectors = (d->size_sectors - m.offset_sectors) /
				   (PAGE_BYTES / SECTOR_BYTES) * (PAGE_BYTES / SECTOR_BYTES);
	s->used_sectors[m.device] = m.offset_sectors + room_sectors;
	return m;
}

static int take_target(struct sketch *s, unsigned int device)
{
	const struct graph_device *d = &s->g->devices[device];
	struct graph_target t = {.len_sectors = take_number(s)};
	uint64_t n;

	if (take(s, "linear")) {
		t.n_members = 1;
	} else if (take(s, "striped")) {
		t.type = TARGET_STRIPED;
		n = take_number(s);
		t.n_members = n > GRAPH_STRIPES_MAX ? UINT_MAX : (unsigned int)n;
		t.chunk_sectors = take_number(s);
	} else if (take(s, "error")) {
		t.type = TARGET_ERROR;
	} else if (take(s, "zero")) {
		t.type = TARGET_ZERO;
	} else {
		s->bad = true;
	}
	if (t.n_members > GRAPH_STRIPES_MAX || d->n_targets == TARGETS_MAX ||
	    d->size_sectors + t.len_sectors > SECTORS_MAX)
		s->bad = true;
	for (unsigned int i = 0; i < t.n_members && !s->bad; i++)
		t.members[i] = take_member(s, t.len_sectors / t.n_members);
	return s->bad ? -EINVAL : graph_add_target(s->g, device, &t);
}

static int take_partition(struct sketch *s)
{
	struct graph_member on;
	uint64_t len_sectors;
	const struct graph_device *d;
	unsigned int number = 1;
	char node[160];
	bool digit;

	s->made = s->g->n;
	on = take_member(s, 0);
	len_sectors = take_number(s);
	if (s->bad)
		return -EINVAL;
	s->used_sectors[on.device] += len_sectors;
	d = &s->g->devices[on.device];
	for (unsigned int i = 0; i < s->g->n; i++)
		number += s->g->devices[i].kind == GRAPH_PARTITION &&
			  s->g->devices[i].on.device == on.device;
	digit = d->node[0] && isdigit((unsigned char)d->node[strlen(d->node) - 1]);
	snprintf(node, sizeof(node), "%s%s%u", d->node, digit ? "p" : "", number);
	return graph_add_partition(s->g, node, on.device, on.offset_sectors, len_sectors);
}

static int take_dm(struct sketch *s, const char *prefix)
{
	const char *begin;
	char name[64];
	uint64_t count = 1;
	int device, rc = 0;

	snprintf(name, sizeof(name), "%s%u", prefix, s->g->n - s->first);
	s->made = s->g->n;
	device = graph_add_dm(s->g, name);
	if (device < 0)
		return device;
	begin = s->at;
	count = take_number(s);
	if (!take(s, "x")) {
		s->at = begin;
		count = 1;
	}
	begin = s->at;
	for (uint64_t i = 0; i < count && !rc; i++) {
		s->at = begin;
		do
			rc = take_target(s, (unsigned int)device);
		while (!rc && take(s, ";"));
	}
	return rc < 0 ? rc : device;
}

int graph_sketch(struct graph *g, const char *prefix, const char *text)
{
	struct sketch s = {.g = g, .at = text, .first = g->n};
	int rc;

	do
		rc = take(&s, "part") ? take_partition(&s) : take_dm(&s, prefix);
	while (rc >= 0 && take(&s, "|"));
	skip_blanks(&s);
	if (rc >= 0 && (s.bad || *s.at))
		return -EINVAL;
	return rc;
}
