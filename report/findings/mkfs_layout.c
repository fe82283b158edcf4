// SPDX-License-Identifier: GPL-2.0-only
#include "report/findings/mkfs_layout.h"

#include "lib/base/number.h"
#include "lib/base/text.h"
#include "lib/file/fs.h"
#include "report/findings/cost.h"

#include <stdio.h>
#include <string.h>

/* A filesystem that lost huge pages, and one that did not. */
struct pair {
	const struct table *loses, *keeps;
};

static bool read_spec(const struct table *t, struct fs_spec *spec)
{
	char why[512];

	return *t->fs && !fs_spec_parse(t->fs, spec, why, sizeof(why));
}

/* Whether the filesystems differ in how they were made and in nothing else. */
static bool differ_in_mkfs(const struct fs_spec *a, const struct fs_spec *b)
{
	bool same_mkfs = a->is_default == b->is_default && !strcmp(a->mkfs, b->mkfs);

	return !strcmp(a->type, b->type) && !same_mkfs && !strcmp(a->mount, b->mount) &&
	       !memcmp(a->external, b->external, sizeof(a->external));
}

/* "xfs with default options", "xfs made with mkfs.xfs -K". */
static const char *made_words(const struct table *t, char *buf, size_t size)
{
	struct fs_spec spec;

	buf[0] = '\0';
	if (!read_spec(t, &spec))
		return buf;
	if (spec.is_default)
		snprintf(buf, size, "%s with default options", spec.type);
	else if (*spec.mkfs)
		snprintf(buf, size, "%s made with `mkfs.%s %s`", spec.type, spec.type, spec.mkfs);
	else
		snprintf(buf, size, "%s made with daxdm's options", spec.type);
	if (*spec.mount || spec.external[FS_EXTERNAL_LOG] || spec.external[FS_EXTERNAL_REALTIME])
		text_append(buf, size, " (%s)", t->fs);
	return buf;
}

static void put_command(const struct table *t, char *buf, size_t size)
{
	struct fs_spec spec;

	buf[0] = '\0';
	if (!read_spec(t, &spec))
		return;
	if (*spec.mkfs || spec.is_default)
		snprintf(buf, size, "mkfs.%s%s%s", spec.type, *spec.mkfs ? " " : "", spec.mkfs);
	else
		fs_mkfs_command(&spec, buf, size);
}

/* Whether `keeps` lost nothing on a stack where `loses` lost some. */
static bool gets_back(const struct tables *tables, const struct pair *pair, size_t stack,
		      struct huge *lost)
{
	struct huge kept;

	return cost_huge(tables, pair->loses, stack, lost) && lost->lost &&
	       cost_huge(tables, pair->keeps, stack, &kept) && !kept.lost;
}

static size_t count_back(const struct tables *tables, const struct pair *pair)
{
	struct huge lost;
	size_t n = 0;

	for (size_t s = 0; s < tables->run->stacks.n; s++)
		n += gets_back(tables, pair, s, &lost);
	return n;
}

/* The filesystem that gets the huge pages back on most stacks; of several, the one with the
 * shortest command. */
static const struct table *find_keeper(const struct tables *tables, const struct table *loses)
{
	struct fs_spec spec, other;
	const struct table *best = NULL;
	char best_command[512] = "", command[512];
	size_t most = 0;

	if (!read_spec(loses, &spec))
		return NULL;
	for (size_t i = 0; i < tables->n; i++) {
		const struct pair pair = {loses, &tables->table[i]};
		size_t n;

		if (strcmp(pair.keeps->unit, loses->unit) || !read_spec(pair.keeps, &other) ||
		    !differ_in_mkfs(&spec, &other))
			continue;
		n = count_back(tables, &pair);
		put_command(pair.keeps, command, sizeof(command));
		if (!n || n < most || (n == most && strlen(command) >= strlen(best_command)))
			continue;
		most = n;
		best = pair.keeps;
		strcpy(best_command, command);
	}
	return best;
}

/* The stacks from `first` on where as many windows were lost; each once. */
static void say_stacks(const struct tables *tables, const struct pair *pair, size_t first,
		       findings_say *say, void *arg)
{
	char stacks[512] = "", command[512], made[384];
	struct huge lost, other;

	gets_back(tables, pair, first, &lost);
	for (size_t s = 0; s < tables->run->stacks.n; s++) {
		if (!gets_back(tables, pair, s, &other) || other.lost != lost.lost ||
		    other.windows != lost.windows)
			continue;
		if (s < first)
			return; /* said already */
		text_append(stacks, sizeof(stacks), "%s%s", *stacks ? ", " : "",
			    tables->run->stacks.name[s]);
	}
	put_command(pair->keeps, command, sizeof(command));
	findings_sayf(say, arg, "%s: %s of %s windows lost on %s; `%s` gets them back",
		      made_words(pair->loses, made, sizeof(made)), number(lost.lost).s,
		      number(lost.windows).s, stacks, command);
}

void mkfs_layout_say(const struct tables *tables, const struct table *t, findings_say *say,
		     void *arg)
{
	const struct pair pair = {t, find_keeper(tables, t)};
	struct huge lost;

	for (size_t s = 0; pair.keeps && s < tables->run->stacks.n; s++)
		if (gets_back(tables, &pair, s, &lost))
			say_stacks(tables, &pair, s, say, arg);
}
