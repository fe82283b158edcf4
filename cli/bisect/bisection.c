// SPDX-License-Identifier: GPL-2.0-only
#include "cli/bisect/bisection.h"

#include "cli/driver/command.h"
#include "cli/driver/process.h"
#include "lib/base/msg.h"

#include <stdlib.h>
#include <string.h>

static bool contains(const struct bisection *b, const char *newer, const char *older)
{
	return b->history->contains(b->history->data, newer, older);
}

static char *middle(const struct bisection *b, const struct words *goods, const char *bad)
{
	return b->history->middle(b->history->data, goods, bad, &b->skipped);
}

static bool is_left(const struct bisection *b, const char *name)
{
	for (size_t i = 0; i < b->goods.n; i++)
		if (contains(b, b->goods.list[i], name))
			return false;
	return contains(b, b->bad, name);
}

/* ---- results -------------------------------------------------------------------------------- */

void bisection_add(struct bisection *b, const char *name, enum bisection_verdict verdict)
{
	b->results = realloc(b->results, (b->n + 1) * sizeof(*b->results));
	if (!b->results)
		process_quit(STATUS_BROKEN, "out of memory");
	b->results[b->n++] = (struct bisection_result){
		.name = process_text("%s", name),
		.verdict = verdict,
	};
	if (verdict == BISECTION_SKIPPED)
		command_add(&b->skipped, name, NULL);
}

void bisection_begin(struct bisection *b, const struct bisection_history *history, const char *good,
		     const char *bad)
{
	*b = (struct bisection){.history = history, .bad = process_text("%s", bad)};
	command_add(&b->goods, good, NULL);
	bisection_add(b, good, BISECTION_GOOD);
	bisection_add(b, bad, BISECTION_BAD);
	b->results[0].used = b->results[1].used = true;
}

static struct bisection_result *find(const struct bisection *b, const char *name)
{
	for (size_t i = 0; name && i < b->n; i++)
		if (!strcmp(b->results[i].name, name))
			return &b->results[i];
	return NULL;
}

static void use(struct bisection *b, struct bisection_result *r)
{
	r->used = true;
	if (r->verdict == BISECTION_GOOD) {
		command_add(&b->goods, r->name, NULL);
	} else {
		free(b->bad);
		b->bad = process_text("%s", r->name);
	}
}

/* The steps of the search that tests one member at a time, as far as results are known. */
static void follow(struct bisection *b)
{
	struct bisection_result *r;
	char *name;

	do {
		name = middle(b, &b->goods, b->bad);
		r = find(b, name);
		if (r)
			use(b, r);
		free(name);
	} while (r);
}

/* Another result that tells something of what is left: of a side branch, or of a step that was not
 * taken because a member was skipped. */
static struct bisection_result *find_unused(const struct bisection *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct bisection_result *r = &b->results[i];

		if (r->used || r->verdict == BISECTION_SKIPPED)
			continue;
		if (r->verdict == BISECTION_GOOD ? !contains(b, r->name, b->bad)
						 : is_left(b, r->name))
			return r;
	}
	return NULL;
}

void bisection_narrow(struct bisection *b)
{
	struct bisection_result *r;

	do {
		follow(b);
		r = find_unused(b);
		if (r)
			use(b, r);
	} while (r);
}

/* ---- what to test next ---------------------------------------------------------------------- */

struct range {
	struct words goods;
	char *bad;
};

static struct range range_of(const struct words *goods, const char *more, const char *bad)
{
	struct range r = {.bad = process_text("%s", bad)};

	command_add_all(&r.goods, goods);
	if (more)
		command_add(&r.goods, more, NULL);
	return r;
}

void bisection_choose(const struct bisection *b, size_t n, struct words *names)
{
	struct range *queue = calloc(2 * n + 1, sizeof(*queue));
	size_t end = 0, chosen = 0;

	if (!queue)
		process_quit(STATUS_BROKEN, "out of memory");
	queue[end++] = range_of(&b->goods, NULL, b->bad);
	for (size_t at = 0; at < end; at++) {
		struct range *r = &queue[at];
		char *name = chosen < n ? middle(b, &r->goods, r->bad) : NULL;

		if (name) {
			command_add(names, name, NULL);
			chosen++;
			queue[end++] = range_of(&r->goods, name, r->bad);
			queue[end++] = range_of(&r->goods, NULL, name);
		}
		free(name);
		words_free(&r->goods);
		free(r->bad);
	}
	free(queue);
}

/* ---- the end -------------------------------------------------------------------------------- */

const char *bisection_newest_good(const struct bisection *b)
{
	const char *newest = b->goods.list[0];

	for (size_t i = 1; i < b->goods.n; i++)
		if (contains(b, b->bad, b->goods.list[i]) && contains(b, b->goods.list[i], newest))
			newest = b->goods.list[i];
	return newest;
}

bool bisection_is_suspect(const struct bisection *b, const char *skipped)
{
	return is_left(b, skipped);
}

bool bisection_contradiction(const struct bisection *b, const char **bad, const char **good)
{
	for (size_t i = 0; i < b->n; i++)
		for (size_t j = 0; j < b->n; j++)
			if (b->results[i].verdict == BISECTION_BAD &&
			    b->results[j].verdict == BISECTION_GOOD &&
			    contains(b, b->results[j].name, b->results[i].name)) {
				*bad = b->results[i].name;
				*good = b->results[j].name;
				return true;
			}
	return false;
}

void bisection_free(struct bisection *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->results[i].name);
	free(b->results);
	free(b->bad);
	words_free(&b->goods);
	words_free(&b->skipped);
}
