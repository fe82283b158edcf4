// SPDX-License-Identifier: GPL-2.0-only
#include "report/explain/attribute.h"

#include "lib/base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 256 };

#define USER_SPACE_END (UINT64_C(1) << 63)

/* An address without a symbol. */
static struct symbol nowhere = {.name = "(no symbol)", .module = "?", .function = -1};

static long new_function(struct attribution *a, const char *name)
{
	struct function *more;

	if (a->n_functions % 256 == 0) {
		more = realloc(a->functions, (a->n_functions + 256) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		a->functions = more;
	}
	a->functions[a->n_functions] = (struct function){.name = name};
	return (long)a->n_functions++;
}

/* Of equal names first that of the same module, then one that this side does not have yet. */
static long function_of(struct attribution *a, enum side side, struct symbol *s)
{
	long found = -1;

	if (s->function >= 0 && s != &nowhere)
		return s->function;
	for (size_t i = 0; i < a->n_functions; i++) {
		const struct function *f = &a->functions[i];
		const char *own = f->module[side], *other = f->module[!side];

		if (strcmp(f->name, s->name) || (own && strcmp(own, s->module)))
			continue;
		if (found < 0 || own || (other && !strcmp(other, s->module)))
			found = (long)i;
	}
	if (found < 0)
		found = new_function(a, s->name);
	if (found >= 0)
		a->functions[found].module[side] = s->module;
	return s->function = found;
}

/* Returns the frame of the function below parent, or 0 without memory. */
static size_t frame_of(struct attribution *a, size_t parent, size_t function)
{
	struct frame *more;
	size_t *link = &a->frames[parent].first;

	while (*link) {
		if (a->frames[*link].function == function)
			return *link;
		link = &a->frames[*link].next;
	}
	*link = a->n_frames;
	a->frames[a->n_frames] = (struct frame){
		.function = function, .parent = parent, .depth = a->frames[parent].depth + 1};
	if (++a->n_frames % 256)
		return a->n_frames - 1;
	more = realloc(a->frames, (a->n_frames + 256) * sizeof(*more));
	if (!more)
		return 0;
	a->frames = more;
	return a->n_frames - 1;
}

/* A thunk of an indirect call is no caller. */
static bool is_thunk(const struct symbol *s)
{
	const char *name = s->name + (strncmp(s->name, "__pi_", 5) ? 0 : 5);

	return !strncmp(name, "__x86_indirect_", 15) || !strncmp(name, "__x86_return_", 13);
}

/* The frame of the callee of node.  Returns 0 for the program itself, or -ENOMEM. */
static long caller_frame(struct attribution *a, enum side side, const struct profile *p,
			 uint32_t node, struct symtab *tab)
{
	uint64_t back[DEPTH_MAX];
	size_t n = 0, frame = 0;

	for (; node && n < DEPTH_MAX; node = p->nodes[node].parent)
		back[n++] = p->nodes[node].back;
	while (n--) {
		/* A call may be the last instruction of its function. */
		struct symbol *s = symtab_at(tab, back[n] - 1);
		long function;

		if (!s || is_thunk(s))
			continue;
		function = function_of(a, side, s);
		if (function < 0)
			return function;
		frame = frame_of(a, frame, (size_t)function);
		if (!frame)
			return -ENOMEM;
	}
	return (long)frame;
}

/* Code of one function. */
static int add_code(struct attribution *a, enum side side, size_t caller, struct symbol *s,
		    int64_t insns, int64_t calls)
{
	long function = function_of(a, side, s ? s : &nowhere);
	size_t frame;

	if (function < 0)
		return (int)function;
	frame = frame_of(a, caller, (size_t)function);
	if (!frame)
		return -ENOMEM;
	a->functions[function].insns[side] += insns;
	a->functions[function].calls[side] += calls;
	a->frames[frame].insns[side] += insns;
	return 0;
}

static unsigned int digit(char c)
{
	return c <= '9' ? (unsigned int)(c - '0') : (unsigned int)(c - 'a' + 10);
}

/* A block may run from one function into the next. */
static int add_item(struct attribution *a, enum side side, const struct profile *p,
		    const struct profile_item *item, struct symtab *tab)
{
	const struct profile_block *b = &p->blocks[item->block];
	uint64_t at = b->start;
	uint32_t i = 0;
	long caller;
	int rc = 0;

	if (at < USER_SPACE_END) {
		a->program[side] += (int64_t)(item->k * item->times);
		return 0;
	}
	caller = caller_frame(a, side, p, item->node, tab);
	if (caller < 0)
		return (int)caller;
	while (i < item->k && !rc) {
		struct symbol *s = symtab_at(tab, at);
		int64_t calls = s && at == s->address ? (int64_t)item->times : 0, n = 0;

		do {
			at += digit(b->lengths[i++]);
			n++;
		} while (i < item->k && symtab_at(tab, at) == s);
		rc = add_code(a, side, (size_t)caller, s, n * (int64_t)item->times, calls);
	}
	return rc;
}

int attribution_add(struct attribution *a, enum side side, const struct profile *p,
		    const struct profile_path *path, struct symtab *tab)
{
	int rc = 0;

	if (!a->frames) {
		a->frames = calloc(256, sizeof(*a->frames));
		if (!a->frames)
			return -ENOMEM;
		a->n_frames = 1;
	}
	for (size_t i = 0; i < tab->n; i++)
		tab->list[i].function = -1;
	for (size_t i = 0; i < path->n_items && !rc; i++)
		rc = add_item(a, side, p, &path->items[i], tab);
	return rc;
}

int attribution_add_all(struct attribution *a, enum side side, const struct profile *p,
			const struct profile_path *path, int64_t times, struct symtab *tab)
{
	for (size_t i = 0; i < path->n_items; i++) {
		const struct profile_item *item = &path->items[i];
		const struct profile_block *b = &p->blocks[item->block];
		uint64_t at = b->start;

		for (uint32_t k = 0; k < item->k && at < UINT64_MAX; k++) {
			struct symbol *s = at < USER_SPACE_END ? NULL : symtab_at(tab, at);
			long function = s ? function_of(a, side, s) : 0;

			if (function < 0)
				return (int)function;
			if (s)
				a->functions[function].all_insns[side] +=
					times * (int64_t)item->times;
			at += digit(b->lengths[k]);
		}
	}
	return 0;
}

int attribution_add_program(struct attribution *a, const int64_t *overhead,
			    const int64_t *overhead_all)
{
	long function;
	size_t frame;

	if (a->program[BASE] == overhead[BASE] && a->program[NEW] == overhead[NEW] &&
	    a->all_program[BASE] == overhead_all[BASE] && a->all_program[NEW] == overhead_all[NEW])
		return 0;
	function = new_function(a, "(user space)");
	frame = function < 0 ? 0 : frame_of(a, 0, (size_t)function);
	if (!frame)
		return -ENOMEM;
	for (int side = 0; side < N_SIDES; side++) {
		struct function *f = &a->functions[function];

		f->module[side] = "-";
		f->insns[side] = a->program[side] - overhead[side];
		f->all_insns[side] = a->all_program[side] - overhead_all[side];
		a->frames[frame].insns[side] = f->insns[side];
	}
	return 0;
}

int64_t function_change(const struct function *f)
{
	return f->insns[NEW] - f->insns[BASE];
}

const char *function_module(const struct function *f)
{
	return f->module[NEW] ? f->module[NEW] : f->module[BASE];
}

int64_t attribution_total(const struct attribution *a, enum side side)
{
	int64_t sum = 0;

	for (size_t i = 0; i < a->n_functions; i++)
		sum += a->functions[i].insns[side];
	return sum;
}

static int by_change(const void *a, const void *b)
{
	const struct function *x = *(struct function *const *)a, *y = *(struct function *const *)b;
	int64_t dx = llabs(function_change(x)), dy = llabs(function_change(y));

	if (dx != dy)
		return dx > dy ? -1 : 1;
	if (x->insns[NEW] != y->insns[NEW])
		return x->insns[NEW] > y->insns[NEW] ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Renumbers the functions in the frames, too. */
static void sort_functions(struct attribution *a)
{
	struct function **order = memory_check(calloc(a->n_functions + 1, sizeof(*order)));
	struct function *sorted = memory_check(calloc(a->n_functions + 1, sizeof(*sorted)));
	size_t *place = memory_check(calloc(a->n_functions + 1, sizeof(*place)));

	if (order && sorted && place) {
		for (size_t i = 0; i < a->n_functions; i++)
			order[i] = &a->functions[i];
		qsort(order, a->n_functions, sizeof(*order), by_change);
		for (size_t i = 0; i < a->n_functions; i++) {
			place[order[i] - a->functions] = i;
			sorted[i] = *order[i];
		}
		for (size_t i = 1; i < a->n_frames; i++)
			a->frames[i].function = place[a->frames[i].function];
		memcpy(a->functions, sorted, a->n_functions * sizeof(*sorted));
	}
	free(order);
	free(sorted);
	free(place);
}

static void sum_frames(struct attribution *a)
{
	for (size_t i = 0; i < a->n_frames; i++)
		for (int side = 0; side < N_SIDES; side++)
			a->frames[i].total[side] = a->frames[i].insns[side];
	/* A frame is behind its parent. */
	for (size_t i = a->n_frames; i-- > 1;)
		for (int side = 0; side < N_SIDES; side++)
			a->frames[a->frames[i].parent].total[side] += a->frames[i].total[side];
}

void attribution_sum(struct attribution *a)
{
	sort_functions(a);
	sum_frames(a);
}

/* Whether only one side ran it. */
static bool is_of_one_side(const struct function *f)
{
	return !f->module[BASE] || !f->module[NEW];
}

/* The parent of a frame in the aligned tree. */
static size_t aligned_parent(const struct attribution *a, size_t frame)
{
	size_t parent = a->frames[frame].parent;

	if (is_of_one_side(&a->functions[a->frames[frame].function]))
		return parent;
	while (parent && is_of_one_side(&a->functions[a->frames[parent].function]))
		parent = a->frames[parent].parent;
	return parent;
}

int attribution_align(const struct attribution *a, struct attribution *out)
{
	size_t *place = calloc(a->n_frames + 1, sizeof(*place)), frame = 1;

	*out = (struct attribution){.n_frames = 1};
	out->frames = calloc(256, sizeof(*out->frames));
	out->functions = calloc(a->n_functions + 1, sizeof(*out->functions));
	if (!place || !out->frames || !out->functions)
		frame = 0;
	for (size_t i = 0; i < a->n_functions && frame; i++)
		out->functions[out->n_functions++] = a->functions[i];
	for (size_t i = 1; i < a->n_frames && frame; i++) {
		const struct frame *f = &a->frames[i];

		frame = frame_of(out, place[aligned_parent(a, i)], f->function);
		place[i] = frame;
		for (int side = 0; side < N_SIDES && frame; side++)
			out->frames[frame].insns[side] += f->insns[side];
	}
	free(place);
	if (!frame)
		return -ENOMEM;
	sum_frames(out);
	return 0;
}

void attribution_free(struct attribution *a)
{
	free(a->functions);
	free(a->frames);
	*a = (struct attribution){0};
}
