// SPDX-License-Identifier: GPL-2.0-only
#include "check/select.h"

#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/nearest.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	enum plant plant;
	const char *name;
} plants[] = {
	{PLANT_STACK, "stack"}, {PLANT_BYTE, "byte"},	{PLANT_FRAME, "frame"},
	{PLANT_SIZE, "size"},	{PLANT_VALUE, "value"}, {PLANT_DMESG, "dmesg"},
};

enum { N_PLANTS = sizeof(plants) / sizeof(plants[0]), LIMIT_S = 30 };

const char *plant_name(enum plant plant)
{
	for (size_t i = 0; i < N_PLANTS; i++)
		if (plants[i].plant == plant)
			return plants[i].name;
	return NULL;
}

const char *check_id(const struct check_family *family, const struct check_item *item,
		     char id[CHECK_NAME_MAX])
{
	snprintf(id, CHECK_NAME_MAX, "%s.%s", family->name, item->name);
	return id;
}

unsigned int check_limit_s(const struct check_item *item)
{
	return item->limit_s ? item->limit_s : LIMIT_S;
}

static bool fits(const char *glob, const char *id, const char *family)
{
	return !fnmatch(glob, id, 0) || !fnmatch(glob, family, 0);
}

static bool wanted(char *const *globs, size_t n_globs, const char *id, const char *family)
{
	for (size_t i = 0; i < n_globs; i++)
		if (fits(globs[i], id, family))
			return true;
	return !n_globs;
}

/* Calls visit for every check there is, in table order, until it returns non-zero. */
static int each_check(int (*visit)(const struct check_family *family, const struct check_item *item,
				   void *arg),
		      void *arg)
{
	int rc = 0;

	for (const struct check_family *const *f = check_table; *f && !rc; f++)
		for (const struct check_item *item = (*f)->items; item->name && !rc; item++)
			rc = visit(*f, item, arg);
	return rc;
}

struct glob_use {
	const char *glob;
	char near[CHECK_NAME_MAX]; /* "" while nothing is */
};

static int visit_glob(const struct check_family *family, const struct check_item *item, void *arg)
{
	struct glob_use *use = arg;
	char id[CHECK_NAME_MAX];

	return fits(use->glob, check_id(family, item, id), family->name);
}

static int visit_near(const struct check_family *family, const struct check_item *item, void *arg)
{
	struct glob_use *use = arg;
	char id[CHECK_NAME_MAX];
	const char *best = use->near[0] ? use->near : NULL;

	best = nearest_of(use->glob, best, check_id(family, item, id));
	best = nearest_of(use->glob, best, family->name);
	if (best && best != use->near)
		snprintf(use->near, sizeof(use->near), "%s", best);
	return 0;
}

static void complain(const char *glob)
{
	struct glob_use use = {.glob = glob};

	each_check(visit_near, &use);
	if (use.near[0])
		msg_error("no check fits '%s' (did you mean '%s'?); ./run.sh list shows them", glob,
			  use.near);
	else
		msg_error("no check fits '%s'; ./run.sh list shows them", glob);
}

struct selection {
	char *const *globs;
	size_t n_globs;
	bool quick, planted;
	struct check_case *cases;
	size_t n, room;
};

static int add_case(struct selection *s, const struct check_family *family,
		    const struct check_item *item, enum plant plant)
{
	struct check_case *c;
	char id[CHECK_NAME_MAX];

	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		c = memory_check(realloc(s->cases, s->room * sizeof(*c)));
		if (!c)
			return -ENOMEM;
		s->cases = c;
	}
	c = &s->cases[s->n++];
	*c = (struct check_case){.family = family, .item = item, .plant = plant};
	check_id(family, item, id);
	if (plant)
		snprintf(c->id, sizeof(c->id), "%.95s+%s", id, plant_name(plant));
	else
		snprintf(c->id, sizeof(c->id), "%s", id);
	return 0;
}

static int visit_select(const struct check_family *family, const struct check_item *item, void *arg)
{
	struct selection *s = arg;
	char id[CHECK_NAME_MAX];
	int rc = 0;

	if (!wanted(s->globs, s->n_globs, check_id(family, item, id), family->name))
		return 0;
	if (s->quick && !(item->flags & CHECK_QUICK))
		return 0;
	if (!s->planted)
		return add_case(s, family, item, PLANT_NONE);
	for (size_t i = 0; i < N_PLANTS && !rc; i++)
		if (item->plants & plants[i].plant)
			rc = add_case(s, family, item, plants[i].plant);
	return rc;
}

int check_select(char *const *globs, size_t n_globs, bool quick, bool planted,
		 struct check_case **out, size_t *n_out)
{
	struct selection s = {globs, n_globs, quick, planted, NULL, 0, 0};
	int rc;

	for (size_t i = 0; i < n_globs; i++) {
		struct glob_use use = {.glob = globs[i]};

		if (!each_check(visit_glob, &use)) {
			complain(globs[i]);
			return -EINVAL;
		}
	}
	rc = each_check(visit_select, &s);
	if (rc < 0) {
		free(s.cases);
		return rc;
	}
	*out = s.cases;
	*n_out = s.n;
	return 0;
}

struct lookup {
	const char *id;
	size_t len;
	struct check_case *out;
};

static int visit_lookup(const struct check_family *family, const struct check_item *item, void *arg)
{
	struct lookup *l = arg;
	char id[CHECK_NAME_MAX];

	check_id(family, item, id);
	if (strlen(id) != l->len || memcmp(id, l->id, l->len))
		return 0;
	l->out->family = family;
	l->out->item = item;
	return 1;
}

int check_case_of(const char *id, struct check_case *out)
{
	const char *plus = strrchr(id, '+');
	struct lookup l = {id, plus ? (size_t)(plus - id) : strlen(id), out};
	bool known_plant = !plus;

	*out = (struct check_case){0};
	snprintf(out->id, sizeof(out->id), "%s", id);
	for (size_t i = 0; plus && i < N_PLANTS; i++)
		if (!strcmp(plants[i].name, plus + 1)) {
			out->plant = plants[i].plant;
			known_plant = true;
		}
	if (known_plant && each_check(visit_lookup, &l))
		return 0;
	complain(id);
	return -EINVAL;
}
