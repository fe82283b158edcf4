// SPDX-License-Identifier: GPL-2.0-only
#include "report/explain/profile.h"

#include "lib/base/memory.h"
#include "lib/base/stats.h"
#include "lib/base/text_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROFILE_BYTES_MAX (UINT64_C(1) << 30)

/* Makes room for number `at` in an array of such elements; new ones are zero.  Returns 0 or
 * -ENOMEM. */
static int make_room(void **list, size_t *n, size_t at, size_t each)
{
	size_t have = *n ? (*n + 1023) / 1024 * 1024 : 0, want = (at + 1024) / 1024 * 1024;
	char *more;

	if (at >= have) {
		more = realloc(*list, want * each);
		if (!more)
			return -ENOMEM;
		memset(more + have * each, 0, (want - have) * each);
		*list = more;
	}
	if (at >= *n)
		*n = at + 1;
	return 0;
}

#define ROOM(p, what, at) make_room((void **)&(p)->what, &(p)->n_##what, at, sizeof(*(p)->what))

/* A number, and the character behind it taken too. */
static bool take(char **at, int base, char behind, uint64_t *number)
{
	char *end;

	*number = strtoull(*at, &end, base);
	if (end == *at || *end != behind)
		return false;
	*at = end + (behind != '\0');
	return true;
}

static size_t count_items(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, ' ')); text++)
		n++;
	return n;
}

/* "NODE:BLOCK:TIMES" or "NODE:BLOCK/K:TIMES". */
static bool take_item(const struct profile *p, char *word, struct profile_item *item)
{
	uint64_t node, block, k;

	if (!take(&word, 10, ':', &node))
		return false;
	node += node ? p->node_base : 0;
	block = strtoull(word, &word, 10) + p->block_base;
	if (node >= p->n_nodes || block >= p->n_blocks || !p->blocks[block].lengths)
		return false;
	k = strlen(p->blocks[block].lengths);
	if (*word == '/') {
		uint64_t part = strtoull(word + 1, &word, 10);

		if (part >= k)
			return false;
		k = part;
	}
	if (*word++ != ':' || !take(&word, 10, '\0', &item->times))
		return false;
	item->node = (uint32_t)node;
	item->block = (uint32_t)block;
	item->k = (uint32_t)k;
	return true;
}

static int take_path(struct profile *p, char *line)
{
	uint64_t id, insns;
	int64_t sum = 0, cost;
	char *word, *rest = NULL;
	struct profile_path *path;

	if (!take(&line, 10, ' ', &id) || (id += p->path_base) != p->n_paths + !p->n_paths)
		return -EINVAL;
	if (ROOM(p, paths, id) < 0)
		return -ENOMEM;
	path = &p->paths[id];
	insns = strtoull(line, &line, 10);
	path->insns = (int64_t)insns;
	path->items = calloc(count_items(line) + 1, sizeof(*path->items));
	if (!path->items)
		return -ENOMEM;
	for (word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		struct profile_item *item = &path->items[path->n_items++];

		if (!take_item(p, word, item))
			return -EINVAL;
		if (__builtin_mul_overflow(item->k, item->times, &cost) ||
		    __builtin_add_overflow(sum, cost, &sum))
			return -EINVAL;
	}
	return sum == path->insns ? 0 : -EINVAL;
}

/* The profile of another guest follows, whose ids begin at 1 again.  Node 0 is the program. */
static int begin_guest(struct profile *p)
{
	p->node_base = p->n_nodes - 1;
	p->block_base = p->n_blocks ? p->n_blocks - 1 : 0;
	p->path_base = p->n_paths ? p->n_paths - 1 : 0;
	return 0;
}

static int take_line(struct profile *p, char *line)
{
	char kind = line[0];
	uint64_t id, parent, address;

	if (!kind || line[1] != ' ')
		return -EINVAL;
	line += 2;
	if (kind == '#')
		return begin_guest(p);
	if (kind == 'P')
		return take_path(p, line);
	if (kind == 'S') {
		if (!take(&line, 10, '\0', &id) || !id || id >= p->n_paths - p->path_base)
			return -EINVAL;
		id += p->path_base;
		if (ROOM(p, samples, p->n_samples) < 0)
			return -ENOMEM;
		p->samples[p->n_samples - 1] = (uint32_t)id;
		return 0;
	}
	/* Ids count up, so there are no more of them than bytes that name them. */
	if (!take(&line, 10, ' ', &id) || !id || id > p->text_bytes || id > UINT32_MAX)
		return -EINVAL;
	if (kind == 'N') {
		if (!take(&line, 10, ' ', &parent) || !take(&line, 16, '\0', &address) ||
		    parent >= id)
			return -EINVAL;
		parent += parent ? p->node_base : 0;
		id += p->node_base;
		if (ROOM(p, nodes, id) < 0)
			return -ENOMEM;
		p->nodes[id] = (struct profile_node){address, (uint32_t)parent};
		return 0;
	}
	if (kind != 'T' || !take(&line, 16, ' ', &address))
		return -EINVAL;
	id += p->block_base;
	if (ROOM(p, blocks, id) < 0)
		return -ENOMEM;
	p->blocks[id] = (struct profile_block){address, line};
	return 0;
}

/* All of the file.  Returns 0, or -errno with a sentence in why. */
static int read_text(const char *file, struct profile *p, char *why, size_t why_size)
{
	FILE *in;
	int rc = text_file_open(file, PROFILE_BYTES_MAX, &in, why, why_size);

	if (rc < 0)
		return rc;
	if (fseek(in, 0, SEEK_END) < 0 || ftell(in) < 0)
		rc = -errno;
	p->text_bytes = rc ? 0 : (size_t)ftell(in);
	rewind(in);
	p->text = rc ? NULL : malloc(p->text_bytes + 1);
	if (!rc && !p->text)
		rc = -ENOMEM;
	else if (!rc && fread(p->text, 1, p->text_bytes, in) != p->text_bytes)
		rc = -EIO;
	fclose(in);
	if (rc < 0) {
		snprintf(why, why_size, "cannot read %s: %s", file, strerror(-rc));
		return rc;
	}
	p->text[p->text_bytes] = '\0';
	if (strlen(p->text) == p->text_bytes)
		return 0;
	snprintf(why, why_size, "cannot read %s: it contains a NUL", file);
	return -EINVAL;
}

int profile_read(const char *file, struct profile *p, char *why, size_t why_size)
{
	unsigned int number = 0;
	char *line, *next;
	int rc;

	*p = (struct profile){0};
	rc = read_text(file, p, why, why_size);
	if (rc < 0)
		return rc;
	rc = ROOM(p, nodes, 0); /* the program */
	/* A last line without newline was cut off when QEMU ended. */
	for (line = p->text; !rc && (next = strchr(line, '\n')); line = next) {
		*next++ = '\0';
		number++;
		rc = take_line(p, line);
	}
	if (rc < 0)
		snprintf(why, why_size, "%s:%u: %s", file, number,
			 rc == -EINVAL ? "not a line of a profile" : strerror(-rc));
	return rc;
}

void profile_free(struct profile *p)
{
	for (size_t i = 0; i < p->n_paths; i++)
		free(p->paths[i].items);
	free(p->nodes);
	free(p->blocks);
	free(p->paths);
	free(p->samples);
	free(p->text);
	*p = (struct profile){0};
}

static const struct profile_path *path_of(const struct profile *p, const struct profile_samples *s,
					  size_t i)
{
	return &p->paths[p->samples[s->first + i * s->every]];
}

int profile_find(const struct profile *p, size_t n, int64_t overhead, const char *digest,
		 struct profile_samples *found)
{
	int64_t *insns = memory_check(calloc(n + 1, sizeof(*insns)));
	struct profile_samples s = {.every = 1, .n = n};
	char text[32] = "";

	if (!insns)
		return -ENOMEM;
	while (n && strcmp(text, digest) && s.every <= PROFILE_CYCLE_MAX) {
		for (s.first = 0; s.first + (n - 1) * s.every < p->n_samples; s.first++) {
			for (size_t i = 0; i < n; i++)
				insns[i] = (int64_t)((uint64_t)path_of(p, &s, i)->insns -
						     (uint64_t)overhead);
			snprintf(text, sizeof(text), "fnv1a64:%016" PRIx64, stats_digest(insns, n));
			if (!strcmp(text, digest)) {
				*found = s;
				break;
			}
		}
		s.every++;
	}
	free(insns);
	return strcmp(text, digest) ? -ENOENT : 0;
}

const struct profile_path *profile_typical(const struct profile *p,
					   const struct profile_samples *of, int64_t insns,
					   size_t *n_same, size_t *n_cost)
{
	size_t *count = memory_check(calloc(p->n_paths + 1, sizeof(*count))), best = 0;
	const struct profile_path *typical = NULL;

	*n_cost = *n_same = 0;
	for (size_t i = 0; count && i < of->n; i++) {
		const struct profile_path *path = path_of(p, of, i);

		if (path->insns != insns)
			continue;
		++*n_cost;
		count[path - p->paths]++;
	}
	for (size_t i = 0; count && i < of->n; i++) {
		const struct profile_path *path = path_of(p, of, i);

		if (count[path - p->paths] > best) {
			best = count[path - p->paths];
			typical = path;
		}
	}
	free(count);
	*n_same = best;
	return typical;
}
