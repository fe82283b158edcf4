// SPDX-License-Identifier: GPL-2.0-only
#include "lib/trace/calls.h"

#include <errno.h>

enum { DEPTH_MAX = 64 };

long calls_read(const struct stamp *stamps, size_t n, struct call *calls, size_t max)
{
	size_t open[DEPTH_MAX], n_calls = 0;
	uint64_t begin[DEPTH_MAX];
	unsigned int depth = 0;

	for (size_t i = 0; i < n; i++) {
		const struct stamp *s = &stamps[i];

		if (!s->leaves) {
			if (n_calls == max || depth == DEPTH_MAX)
				return -E2BIG;
			calls[n_calls] = (struct call){
				.function = s->function, .depth = depth, .pages = s->pages};
			begin[depth] = s->ticks;
			open[depth++] = n_calls++;
			continue;
		}
		if (!depth || calls[open[depth - 1]].function != s->function)
			return -EBADMSG;
		depth--;
		calls[open[depth]].stamped = (int64_t)(s->ticks - begin[depth]);
		calls[open[depth]].inside = (unsigned int)(n_calls - open[depth] - 1);
	}
	return depth ? -EBADMSG : (long)n_calls;
}

void calls_cost(struct call *calls, size_t n, int64_t inside_ticks, int64_t around_ticks)
{
	for (size_t i = 0; i < n; i++) {
		struct call *c = &calls[i];

		c->whole = c->stamped - inside_ticks - around_ticks * c->inside;
		c->self = c->whole;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k <= i + calls[i].inside; k += 1 + calls[k].inside)
			calls[i].self -= calls[k].whole;
}
