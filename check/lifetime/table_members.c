// SPDX-License-Identifier: GPL-2.0-only
#include "check/lifetime/table_members.h"

#include "check/fixture/bio.h"
#include "lib/dev/dm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SECTORS = 16 << 11, HALF = SECTORS / 2, PAGE_SECTORS = PAGE_BYTES / SECTOR_BYTES };

struct members {
	const struct namespace *ns[2];
	char name[64], table[512];
};

static void members_of(struct check_env *env, struct members *m)
{
	m->ns[0] = check_device(env, NAMESPACE_FSDAX, 0);
	m->ns[1] = check_device(env, NAMESPACE_FSDAX, 1);
	check_name(env, "members", m->name);
}

/* A table whose @ is the first and whose + is the second namespace.  Returns m->table. */
static const char *table_of(struct members *m, const char *text)
{
	FILE *out = fmemopen(m->table, sizeof(m->table), "w");

	if (!out)
		return strcpy(m->table, "");
	for (const char *p = text; *p; p++)
		if (*p == '@' || *p == '+')
			fputs(m->ns[*p == '+']->node, out);
		else
			putc(*p, out);
	fclose(out);
	return m->table;
}

/* Whether a member is held: nobody else may then open it exclusively. */
static bool judge_held(struct check_env *env, const struct members *m, int i, bool held,
		       const char *when)
{
	int fd = open(m->ns[i]->node, O_RDONLY | O_EXCL | O_CLOEXEC), rc = fd < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return check_errno(env, rc, held ? -EBUSY : 0, "exclusive open of %s %s", m->ns[i]->node,
			   when);
}

/* ---- released -------------------------------------------------------------------------------- */

static const struct target {
	const char *type, *table;
	bool both; /* it has both members */
} targets[] = {
	{"linear", "0 32768 linear @ 4096", false},
	{"linear", "0 16384 linear @ 4096\n16384 8192 linear + 4096\n24576 8192 linear @ 40960",
	 true},
	{"striped", "0 32768 striped 2 4096 @ 4096 + 4096", true},
	{"delay", "0 32768 delay @ 4096 0 + 4096 0", true},
	{"flakey", "0 32768 flakey @ 4096 10 0", false},
	{"log-writes", "0 32768 log-writes @ +", true},
	{"writecache", "0 32768 writecache s @ + 4096 0", true},
	{"mirror", "0 32768 mirror core 1 1024 2 @ 4096 + 4096", true},
	{"snapshot-origin", "0 32768 snapshot-origin @", false},
};

/* So that a superblock of another test is not taken for a cache. */
static bool clear_start(struct check_env *env, const struct members *m)
{
	static const char zeroes[PAGE_BYTES];

	return check_setup(env, bio_write(m->ns[1]->node, 0, zeroes, sizeof(zeroes)),
			   "clearing the start of %s", m->ns[1]->node);
}

static void released_by(struct check_env *env, struct members *m, const struct target *t)
{
	char when[96];
	int rc = dm_device_create(m->name, table_of(m, t->table), 0);

	if (!check_setup(env, rc, "creating %s (%s)", m->table, dm_last_error()))
		return;
	snprintf(when, sizeof(when), "below %s", t->type);
	judge_held(env, m, 0, true, when);
	if (t->both)
		judge_held(env, m, 1, true, when);
	if (!check_errno(env, dm_device_remove(m->name, 0), 0, "removing %s", t->type))
		return;
	snprintf(when, sizeof(when), "after %s is removed", t->type);
	judge_held(env, m, 0, false, when);
	judge_held(env, m, 1, false, when);
}

void table_members_released(struct check_env *env, const void *arg)
{
	struct members m;
	json_t *seen = json_array();

	(void)arg;
	members_of(env, &m);
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		if (check_complained(env) || dm_target_available(targets[i].type))
			continue;
		json_array_append_new(seen, json_string(targets[i].type));
		if (clear_start(env, &m))
			released_by(env, &m, &targets[i]);
	}
	check_observe(env, "targets", seen);
}

/* ---- one table after another ----------------------------------------------------------------- */

#define ON_FIRST "0 32768 linear @ 4096"
#define ON_SECOND "0 32768 linear + 4096"

static void judge_both(struct check_env *env, const struct members *m, bool first, bool second,
		       const char *when)
{
	judge_held(env, m, 0, first, when);
	judge_held(env, m, 1, second, when);
}

void table_members_swapped(struct check_env *env, const void *arg)
{
	struct members m;
	char beyond[96];

	(void)arg;
	members_of(env, &m);
	if (!check_setup(env, dm_device_create(m.name, table_of(&m, ON_FIRST), 0), "creating %s",
			 m.table))
		return;
	check_setup(env, dm_device_load(m.name, table_of(&m, ON_SECOND), 0), "loading %s", m.table);
	judge_both(env, &m, true, true, "with an inactive table on the second");
	check_setup(env, dm_device_clear(m.name), "clearing the inactive table");
	judge_both(env, &m, true, false, "after the inactive table is cleared");
	check_setup(env, dm_device_load(m.name, table_of(&m, ON_SECOND), 0), "loading %s", m.table);
	check_setup(env, dm_device_load(m.name, table_of(&m, ON_FIRST), 0), "loading %s", m.table);
	judge_both(env, &m, true, false, "after the inactive table is replaced");
	/* The first line is right, the second one is not. */
	snprintf(beyond, sizeof(beyond), "0 8 linear + 0\n8 8 linear + %" PRIu64,
		 m.ns[1]->size_bytes / SECTOR_BYTES);
	check_that(env, dm_device_reload(m.name, table_of(&m, beyond), 0) < 0,
		   "a table with a segment past the end of its member is refused");
	dm_device_clear(m.name);
	judge_both(env, &m, true, false, "after a table was refused");
	check_that(env, dm_device_load(m.name, table_of(&m, "0 8 linear + 0\n8 8 linear +"), 0) < 0,
		   "a table with a line without an argument is refused");
	judge_both(env, &m, true, false, "after a table could not be parsed");
	check_setup(env, dm_device_reload(m.name, table_of(&m, ON_SECOND), 0), "reloading");
	judge_both(env, &m, false, true, "after a table on the second became live");
	check_setup(env, dm_device_load(m.name, table_of(&m, ON_FIRST), 0), "loading %s", m.table);
	check_setup(env, dm_device_remove(m.name, 0), "removing the device");
	judge_both(env, &m, false, false, "after the device is removed with both its tables");
}

/* ---- one member twice ------------------------------------------------------------------------ */

/* Some targets open a member for reading first and for writing then.  The last one is known to
 * make some kernels complain. */
static const struct target twice[] = {
	{"striped", "0 32768 striped 2 4096 @ 4096 @ 65536", false},
	{"delay", "0 32768 delay @ 4096 0 @ 4096 0", false},
	{"mirror", "0 32768 mirror core 1 1024 2 @ 4096 @ 65536", false},
	{"log-writes", "0 32768 log-writes @ @", false},
	{"writecache", "0 32768 writecache s @ @ 4096 0", false},
	{"thin-pool", "0 32768 thin-pool @ @ 128 0", false},
	{"cache", "0 32768 cache @ @ @ 512 0 default 0", false},
	{"snapshot", "0 32768 snapshot @ @ P 8", false},
};

static void twice_by(struct check_env *env, struct members *m, const struct target *t, json_t *seen)
{
	int rc = dm_device_create(m->name, table_of(m, t->table), 0);
	char when[96];

	check_evidence(env, "dmsetup create %s --table '%s'", m->name, m->table);
	json_object_set_new(seen, t->type, json_string(rc ? strerrorname_np(-rc) : "accepted"));
	if (!rc && !check_setup(env, dm_device_remove(m->name, 0), "removing %s", t->type))
		return;
	snprintf(when, sizeof(when), "after %s had it twice", t->type);
	judge_held(env, m, 0, false, when);
}

void table_members_twice(struct check_env *env, const void *arg)
{
	static const char zeroes[PAGE_BYTES];
	json_t *seen = json_object();
	struct members m;

	(void)arg;
	members_of(env, &m);
	for (size_t i = 0; i < sizeof(twice) / sizeof(twice[0]); i++) {
		if (check_complained(env) || dm_target_available(twice[i].type))
			continue;
		if (check_setup(env, bio_write(m.ns[0]->node, 0, zeroes, sizeof(zeroes)),
				"clearing the start of %s", m.ns[0]->node))
			twice_by(env, &m, &twice[i], seen);
	}
	check_observe(env, "tables", seen);
}

/* ---- the end of a member --------------------------------------------------------------------- */

/* Begins so many sectors before the end of the first namespace, and is so long. */
static const struct {
	uint64_t before_end, len;
	bool right;
} ends[] = {
	{PAGE_SECTORS, PAGE_SECTORS, true},
	{PAGE_SECTORS, 2 * PAGE_SECTORS, false},
	{PAGE_SECTORS, PAGE_SECTORS + 1, false},
	{1, 1, true},
	{1, 2, false},
	{0, 1, false},
	{SECTORS, SECTORS, true},
	{SECTORS, SECTORS + PAGE_SECTORS, false},
};

static void one_end(struct check_env *env, struct members *m, const char *table, bool right)
{
	int rc = dm_device_create(m->name, table, 0);

	check_evidence(env, "dmsetup create %s --table '%s'", m->name, table);
	if (right)
		check_errno(env, rc, 0, "a table that ends where its member does: '%s'", table);
	else
		check_errno(env, rc, -EINVAL, "a table that ends past the end of its member: '%s'",
			    table);
	if (!rc)
		check_setup(env, dm_device_remove(m->name, 0), "removing %s", m->name);
}

void table_members_end(struct check_env *env, const void *arg)
{
	struct members m;
	char text[160];

	(void)arg;
	members_of(env, &m);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]) && !check_complained(env); i++) {
		uint64_t start = m.ns[0]->size_bytes / SECTOR_BYTES - ends[i].before_end;

		snprintf(text, sizeof(text), "0 %" PRIu64 " linear @ %" PRIu64, ends[i].len, start);
		one_end(env, &m, table_of(&m, text), ends[i].right);
		/* A segment of several. */
		snprintf(text, sizeof(text),
			 "0 8 linear + 0\n8 %" PRIu64 " linear @ %" PRIu64 "\n%" PRIu64
			 " 8 linear + 8",
			 ends[i].len, start, 8 + ends[i].len);
		one_end(env, &m, table_of(&m, text), ends[i].right);
		/* The second stripe; a stripe is a multiple of its chunk. */
		if (ends[i].len % PAGE_SECTORS)
			continue;
		snprintf(text, sizeof(text), "0 %" PRIu64 " striped 2 8 + 0 @ %" PRIu64,
			 2 * ends[i].len, start);
		one_end(env, &m, table_of(&m, text), ends[i].right);
	}
}
