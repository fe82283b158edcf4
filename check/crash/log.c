// SPDX-License-Identifier: GPL-2.0-only
#include "check/crash/log.h"

#include "check/crash/cut.h"
#include "check/crash/operations.h"
#include "check/crash/worst_image.h"
#include "check/fixture/bio.h"
#include "check/logwrites/write_log.h"
#include "lib/base/random.h"
#include "lib/dev/dm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROUNDS = 5,
	ROUNDS_QUICK = 2,
	PREFIXES = 3 /* of a round */,
	OPERATIONS = 30,
	FSCK_EVERY = 5
};

struct logged {
	struct check_env *env;
	struct operations o;
	struct testbed bed;
	struct worst_image image;
	struct write_log log;
	size_t begin; /* the first entry after the files were made */
};

/* ---- the writer ------------------------------------------------------------------------------ */

static int send_mark(struct logged *l, uint64_t n)
{
	char message[64];

	snprintf(message, sizeof(message), "mark acked%" PRIu64, n);
	return dm_device_message(testbed_dm(&l->bed), message);
}

static bool write_all(struct logged *l)
{
	uint64_t n = 0;
	int rc = operations_open(&l->o);

	while (!rc && n < OPERATIONS) {
		rc = operations_do(&l->o, ++n);
		if (!rc)
			rc = send_mark(l, n);
	}
	operations_close(&l->o);
	return check_setup(l->env, rc, "operation %" PRIu64, n);
}

/* mkfs, files, operations; the log is read up to a last mark. */
static bool make_log(struct logged *l)
{
	struct check_env *env = l->env;
	struct testbed *bed = &l->bed;
	struct check_fs *fs = &bed->fs;
	int rc;

	if (!worst_image_open(env, &l->image, bed) || !testbed_use(env, bed) ||
	    check_unmount(env, fs) < 0)
		return false;
	fs->fs.dax_never = true; /* stores and DAX writes are not in the log */
	if (!crash_mount(env, fs, bed->spec.fs, testbed_node(bed), "to write"))
		return false;
	snprintf(l->o.directory, sizeof(l->o.directory), "%s", fs->where);
	rc = operations_make_files(&l->o);
	if (!rc)
		rc = send_mark(l, 0);
	if (!check_setup(env, rc, "making the files") || !write_all(l) ||
	    !write_log_mark(env, &l->log, testbed_dm(bed),
			    check_device(env, NAMESPACE_FSDAX, 1)->node, "end"))
		return false;
	l->begin = write_log_find(&l->log, "acked0");
	return check_unmount(env, fs) == 0;
}

/* ---- prefixes -------------------------------------------------------------------------------- */

/* Writes entries [from, to) to the image.  Returns 0 or -errno; *acked is the last mark. */
static int replay(struct logged *l, size_t from, size_t to, uint64_t *acked)
{
	int rc = 0;

	for (size_t i = from; i < to && !rc; i++) {
		const struct write_log_entry *e = &l->log.list[i];

		if (e->flags & WRITE_LOG_MARK)
			sscanf(e->mark, "acked%" SCNu64, acked);
		else if (!(e->flags & WRITE_LOG_DISCARD) && e->n_sectors)
			rc = bio_copy(l->log.node, e->data_bytes, l->image.node,
				      e->sector * SECTOR_BYTES, e->n_sectors * SECTOR_BYTES);
	}
	return rc;
}

static bool prefix_holds(struct logged *l, uint64_t acked, const char *when, bool fsck)
{
	const char *type = l->bed.spec.fs, *node = l->image.snapshot_node;
	struct check_fs fs = {.fs = {.dax_never = true}};
	bool good;

	if (!crash_mount(l->env, &fs, type, node, when))
		return false;
	snprintf(l->o.directory, sizeof(l->o.directory), "%s", fs.where);
	good = operations_hold(l->env, &l->o, acked, when);
	return check_unmount(l->env, &fs) == 0 && good &&
	       (!fsck || crash_fsck(l->env, type, node, when));
}

/* Whether this prefix is one of those that are verified: each with the same probability. */
static bool is_chosen(uint64_t *state, size_t all, unsigned int wanted)
{
	return random_next(state) % all < wanted;
}

static void verify_prefixes(struct logged *l, unsigned int wanted)
{
	uint64_t acked = 0, state = l->env->seed;
	size_t done = 0, all = l->log.n - l->begin;
	unsigned int n = 0;
	bool good = true;

	for (size_t i = l->begin + 1; i <= l->log.n && good; i++) {
		char when[128];

		if (i < l->log.n && !is_chosen(&state, all, wanted))
			continue;
		good = check_setup(l->env, replay(l, done, i, &acked), "replaying the log");
		done = i;
		snprintf(when, sizeof(when), "after entry %zu of %zu of the log", i, l->log.n);
		good = good && worst_image_begin(&l->image) &&
		       prefix_holds(l, acked, when, n++ % FSCK_EVERY == 0);
		good = worst_image_end(&l->image) && good;
	}
}

void crash_log(struct check_env *env, const void *arg)
{
	const unsigned int rounds = env->rounds ? env->rounds : env->quick ? ROUNDS_QUICK : ROUNDS;
	const struct testbed_spec spec = {
		.table = TESTBED_LINEAR, .top = "log-writes @ +", .fs = arg};
	const struct namespace *log = check_device(env, NAMESPACE_FSDAX, 1);
	struct logged l = {.env = env, .log = WRITE_LOG_NONE};

	l.o = (struct operations){.seed = env->seed, .ways = OPERATIONS_DURABLE_BIO};
	if (!check_setup(env, write_log_wipe(log->node), "wiping %s", log->node) ||
	    !testbed_devices(env, &l.bed, &spec))
		return;
	if (make_log(&l))
		verify_prefixes(&l, rounds * PREFIXES);
	write_log_close(&l.log);
	worst_image_close(&l.image);
	testbed_close(env, &l.bed);
}
