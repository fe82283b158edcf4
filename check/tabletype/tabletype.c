// SPDX-License-Identifier: GPL-2.0-only
/*
 * Table type: what a live DM device may become.
 *
 * The first table that is loaded gives a device its type, "bio based" or "bio based with DAX"; a
 * table of another type is refused later, whatever the device is doing, so that what a filesystem
 * once found direct stays direct.  Two things soften that: a table without any member (error, zero)
 * counts as direct on a direct device, and a device that was not direct may become so.
 *
 * Not judged is with which errno a table is refused: it is observed, state by state.
 *
 * Kernel side: table_load(), is_valid_type() in drivers/md/dm-ioctl.c; dm_table_determine_type(),
 * dm_table_supports_dax(), dm_table_set_restrictions() in drivers/md/dm-table.c.
 *
 * Here: what is refused, and what becomes direct.  swap_to_error.c has tables without memory under
 * a file, zeroing.c zeroing there, substitute.c what stands in for memory. Not here: pages that
 * were mapped before a swap to other memory (reload.c).
 */
#include "check/check.h"
#include "check/fixture/bio.h"
#include "check/fixture/dax_capability.h"
#include "check/fixture/testbed.h"
#include "check/tabletype/substitute.h"
#include "check/tabletype/swap_to_error.h"
#include "check/tabletype/unaligned_swap.h"
#include "check/tabletype/zeroing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OTHER = 9 }; /* the generation of the other member */

/* ---- refused --------------------------------------------------------------------------------- */

/* A load that must be refused, and then nothing may have changed. */
static void try_load(struct check_env *env, const char *name, const char *table, const char *state,
		     json_t *seen)
{
	struct dm_device_info info = {0};
	char *before = dm_device_table(name, false), *after;
	int rc = dm_device_load(name, table, 0);

	json_object_set_new(seen, state, json_string(substitute_outcome(rc)));
	if (!check_that(env, rc < 0, "a table without DAX is refused while the device is %s",
			state))
		dm_device_clear(name);
	dm_device_info(name, &info);
	after = dm_device_table(name, false);
	check_that(env, info.live_table && !info.inactive_table,
		   "after the refusal there is a live table and no inactive one");
	check_that(env, before && after && !strcmp(before, after),
		   "after the refusal the live table is unchanged");
	free(before);
	free(after);
}

/* Idle, open, mounted, mapped, suspended. */
static void try_states(struct check_env *env, struct testbed *bed, const char *table, json_t *seen)
{
	const char *name = testbed_dm(bed), *node = testbed_node(bed);
	int fd;

	try_load(env, name, table, "idle", seen);
	fd = open(node, O_RDONLY | O_CLOEXEC);
	try_load(env, name, table, "open", seen);
	close(fd);
	if (!testbed_use(env, bed))
		return;
	try_load(env, name, table, "mounted", seen);
	check_load_pages(bed->map.base, WINDOW_BYTES);
	try_load(env, name, table, "mapped", seen);
	testbed_holds(env, bed, "after the refusals", 0, SUBSTITUTE_FILE_BYTES, 1);
	testbed_frames(env, bed, 0, WINDOW_BYTES);
	if (!check_setup(env, dm_device_suspend(name, 0), "suspending"))
		return;
	try_load(env, name, table, "suspended", seen);
	if (check_errno(env, dm_device_resume(name, 0), 0, "the resume after a refused load"))
		testbed_holds(env, bed, "after the resume", 0, WINDOW_BYTES, 1);
}

static void refused(struct check_env *env, const void *data)
{
	const struct substitute_arg *arg = data;
	const struct testbed_spec spec = {.table = TESTBED_LINEAR,
					  .fs = "ext4",
					  .file_bytes = SUBSTITUTE_FILE_BYTES,
					  .small_pages = true,
					  .direct = true};
	struct substitute instead;
	json_t *seen = json_object();
	struct testbed bed;
	char *table = NULL;

	if (testbed_devices(env, &bed, &spec) && substitute_find(env, arg->instead, &instead)) {
		table = substitute_tail(&bed, instead.what);
		check_evidence(env, "%s", table ? table : "no memory");
		if (table)
			try_states(env, &bed, table, seen);
		check_observe(env, "load", json_incref(seen));
		testbed_close(env, &bed);
		substitute_drop(&instead);
	}
	json_decref(seen);
	free(table);
}

/* ---- accepted: other members of the same type ------------------------------------------------ */

/* Nothing changes before the resume, everything after it; then the old member is free. */
static void swap_members(struct check_env *env, struct testbed *bed, const struct graph *next)
{
	const char *name = testbed_dm(bed), *old = bed->graph.devices[0].node;
	char *table = graph_table(next, bed->device);
	struct dm_device_info info = {0};
	int rc, fd;

	rc = testbed_raw_stamp(bed, next, 0, WINDOW_BYTES, OTHER);
	if (!check_setup(env, rc, "stamping the other member"))
		goto out;
	rc = dm_device_load(name, table, 0);
	if (!check_errno(env, rc, 0, "loading a table of the same type (%s)", dm_last_error()))
		goto out;
	dm_device_info(name, &info);
	check_that(env, info.inactive_table, "the loaded table is in the inactive slot");
	testbed_bio_holds(env, bed, "before the resume", 0, WINDOW_BYTES, 1);
	rc = dm_device_resume(name, 0);
	check_errno(env, rc, 0, "resuming with a table of the same type");
	testbed_bio_holds(env, bed, "after the resume", 0, WINDOW_BYTES, OTHER);
	check_equal(env, dax_capability_queue(bed->graph.devices[bed->device].node), 1,
		    "queue/dax after the resume");
	fd = open(old, O_RDWR | O_EXCL | O_CLOEXEC);
	check_errno(env, fd < 0 ? -errno : 0, 0, "opening the old member exclusively");
	if (fd >= 0)
		close(fd);
out:
	free(table);
}

static void same_type(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = {.table = "AB: 8192 linear A 8192",
					  .file_bytes = SUBSTITUTE_FILE_BYTES,
					  .direct = true};
	struct graph next = {0};
	struct testbed bed;
	int rc;

	(void)arg;
	if (!testbed_open(env, &bed, &spec))
		return;
	next = bed.graph;
	next.devices[bed.device].targets = NULL;
	next.devices[bed.device].n_targets = 0;
	next.devices[bed.device].size_sectors = 0;
	rc = graph_add_linear(&next, bed.device, SUBSTITUTE_FILE_BYTES / SECTOR_BYTES, 1, 16384);
	if (check_own(env, rc, "describing the other table") &&
	    testbed_raw_holds(env, &bed, "before the swap", 0, WINDOW_BYTES, 1))
		swap_members(env, &bed, &next);
	graph_clear_targets(&next, bed.device);
	testbed_close(env, &bed);
}

/* ---- a device that becomes direct ------------------------------------------------------------ */

static void upgraded(struct check_env *env, const void *data)
{
	const struct substitute_arg *arg = data;
	struct substitute begin = {.loop_fd = -1};
	struct testbed bed;

	if (substitute_upgrade(env, &bed, arg, &begin)) {
		check_equal(env, dax_capability_queue(bed.graph.devices[bed.device].node), 1,
			    "queue/dax of a device that became DAX");
		bed.spec.small_pages = false;
		if (testbed_use(env, &bed)) {
			testbed_holds(env, &bed, "on a device that became DAX", 0,
				      SUBSTITUTE_FILE_BYTES, 1);
			testbed_frames(env, &bed, 0, SUBSTITUTE_FILE_BYTES);
		}
	}
	testbed_close(env, &bed);
	substitute_drop(&begin);
}

/* Once it is direct, it stays so. */
static void stays_direct(struct check_env *env, const void *data)
{
	const struct substitute_arg *arg = data;
	struct substitute begin = {.loop_fd = -1};
	json_t *seen = json_object();
	struct testbed bed;
	char *table = NULL;

	if (substitute_upgrade(env, &bed, arg, &begin)) {
		table = substitute_tail(&bed, begin.what);
		check_evidence(env, "%s", table ? table : "no memory");
		if (table)
			try_states(env, &bed, table, seen);
		check_observe(env, "load", json_incref(seen));
	}
	json_decref(seen);
	free(table);
	testbed_close(env, &bed);
	substitute_drop(&begin);
}

/* ---- a device that begins without a table ---------------------------------------------------- */

/* It can do nothing until its first table is live, and is then like one created with it. */
static void no_table(struct check_env *env, const void *data)
{
	const struct substitute_arg *arg = data;
	const struct testbed_spec spec = {.table = TESTBED_LINEAR,
					  .fs = arg->fs,
					  .file_bytes = SUBSTITUTE_FILE_BYTES,
					  .direct = true};
	struct dm_device_info info = {0};
	struct testbed bed;
	char *table = NULL, byte[SECTOR_BYTES];
	const char *name, *node;
	int rc;

	if (!testbed_devices(env, &bed, &spec))
		return;
	name = testbed_dm(&bed);
	node = testbed_node(&bed);
	rc = dm_device_remove(name, 0);
	rc = rc ? rc : dm_device_create(name, NULL, 0);
	if (!check_setup(env, rc, "making %s without a table (%s)", name, dm_last_error()))
		goto out;
	check_that(env, bio_read(node, 0, byte, sizeof(byte)) < 0,
		   "a read of a device without a table fails");
	check_observe(env, "resume_without_table", check_errno_json(dm_device_resume(name, 0)));
	table = graph_table(&bed.graph, bed.device);
	rc = dm_device_load(name, table, 0);
	if (!check_errno(env, rc, 0, "loading the first table (%s)", dm_last_error()))
		goto out;
	dm_device_info(name, &info);
	check_that(env, info.inactive_table && !info.live_table,
		   "the first table is not live before the resume");
	check_that(env, bio_read(node, 0, byte, sizeof(byte)) < 0,
		   "a read of a device whose first table is not live fails");
	if (check_errno(env, dm_device_resume(name, 0), 0, "the resume with the first table") &&
	    check_equal(env, dax_capability_queue(node), 1, "queue/dax with the first table") &&
	    testbed_use(env, &bed)) {
		testbed_holds(env, &bed, "with the first table", 0, SUBSTITUTE_FILE_BYTES, 1);
		testbed_frames(env, &bed, 0, SUBSTITUTE_FILE_BYTES);
		testbed_page_size(env, &bed, 0);
	}
out:
	free(table);
	testbed_close(env, &bed);
}

/* ---- table ----------------------------------------------------------------------------------- */

static const char *const needs_ext4[] = {"device:fsdax", "fs:ext4", NULL};
static const char *const needs_xfs[] = {"device:fsdax", "fs:xfs", NULL};
static const char *const needs_two[] = {"device:fsdax:2", NULL};
static const char *const needs_raw[] = {"device:fsdax", "device:raw", "fs:ext4", NULL};
static const char *const needs_raw_xfs[] = {"device:fsdax", "device:raw", "fs:xfs", NULL};
static const char *const needs_sector[] = {"device:fsdax", "device:sector", "fs:ext4", NULL};
static const char *const needs_brd[] = {"device:fsdax", "module:brd", "fs:ext4", NULL};
static const char *const needs_loop[] = {"device:fsdax", "module:loop", "fs:ext4", NULL};

static const char *const needs_flakey[] = {"device:fsdax:2", "target:flakey", "fs:ext4", NULL};
static const char *const needs_two_ext4[] = {"device:fsdax:2", "fs:ext4", NULL};

static const struct substitute_arg flakey = {.fs = "ext4", .instead = SUBSTITUTE_FLAKEY};
static const struct substitute_arg zero = {.fs = "ext4", .instead = SUBSTITUTE_ZERO};
static const struct substitute_arg error = {.fs = "ext4", .instead = SUBSTITUTE_ERROR};
static const struct substitute_arg raw = {.fs = "ext4", .instead = SUBSTITUTE_RAW};
static const struct substitute_arg sector = {.fs = "ext4", .instead = SUBSTITUTE_SECTOR};
static const struct substitute_arg brd = {.fs = "ext4", .instead = SUBSTITUTE_BRD};
static const struct substitute_arg loop = {.fs = "ext4", .instead = SUBSTITUTE_LOOP};
static const struct substitute_arg error_xfs = {.fs = "xfs", .instead = SUBSTITUTE_ERROR};
static const struct substitute_arg zero_xfs = {.fs = "xfs", .instead = SUBSTITUTE_ZERO};
static const struct substitute_arg raw_xfs = {.fs = "xfs", .instead = SUBSTITUTE_RAW};
static const struct substitute_arg error_lower = {
	.fs = "ext4", .instead = SUBSTITUTE_ERROR, .lower = true};

#define TYPE_RULE                                                                                  \
	"commit 545ed20e6df6 (dm: add infrastructure for DAX support): the type assures that all " \
	"devices of the table support DAX and remain that way; a table of another type fails"
#define INACTIVE                                                                                  \
	"linux/dm-ioctl.h, DM_TABLE_LOAD: a table is loaded into the inactive slot; DM_SUSPEND: " \
	"on resume it becomes the active one, the old one is destroyed"
#define WIPE                                                                                      \
	"dmsetup(8) wipe_table: a table that fails any new I/O, devices held by the old one are " \
	"released; Documentation/ABI/stable/sysfs-block, queue/dax"
#define UPGRADE                                                                               \
	"commit \"dm: allow bio-based table to be upgraded to bio-based with DAX support\"; " \
	"Documentation/ABI/stable/sysfs-block, queue/dax"
#define REFUSED "a DAX device, idle or in use, refuses a table without DAX and keeps its live table"
#define WITHOUT                                                                                    \
	"new accesses fail while the live table has no memory, and succeed after a reload of the " \
	"old table"
#define DIRECT "a device whose first table lacks DAX is a DAX device after it is given a DAX table"
#define STAYS \
	"a device that became DAX by a reload refuses a table without DAX, like any DAX device"
#define AWAY "no access is direct on a table without DAX: it fails, or the old table is still live"
#define UNALIGNED                                                                                \
	"a live DAX device refuses a table that divides a page, or every access to the page is " \
	"right"
#define ZEROING                                                                                   \
	"zeroing through DAX on a table without memory fails with an errno and without a kernel " \
	"warning"

#define PLANTS (PLANT_VALUE | PLANT_BYTE | PLANT_STACK)

/* Their device is made twice, the second time with the table of the model. */
#define UPGRADED_ITEM(NAME, NEEDS, RUN, ARG, PROMISE, BY, PLANTED)                             \
	{                                                                                      \
		.name = NAME, .promise = PROMISE, .by = BY, .needs = NEEDS, .plants = PLANTED, \
		.run = RUN, .arg = ARG                                                         \
	}

#define ITEM(NAME, NEEDS, RUN, ARG, PROMISE, BY)                                              \
	{                                                                                     \
		.name = NAME, .promise = PROMISE, .by = BY, .needs = NEEDS, .plants = PLANTS, \
		.run = RUN, .arg = ARG                                                        \
	}

static const struct check_item items[] = {
	{
		.name = "refused.raw",
		.promise = REFUSED,
		.by = TYPE_RULE,
		.needs = needs_raw,
		.flags = CHECK_QUICK,
		.plants = PLANTS | PLANT_FRAME | PLANT_DMESG,
		.run = refused,
		.arg = &raw,
	},
	ITEM("refused.sector", needs_sector, refused, &sector, REFUSED, TYPE_RULE),
	ITEM("refused.brd", needs_brd, refused, &brd, REFUSED, TYPE_RULE),
	ITEM("refused.loop", needs_loop, refused, &loop, REFUSED, TYPE_RULE),
	ITEM("refused.zero_tail", needs_ext4, refused, &zero, REFUSED, TYPE_RULE),
	ITEM("refused.error_tail", needs_ext4, refused, &error, REFUSED, TYPE_RULE),
	ITEM("refused.flakey", needs_flakey, refused, &flakey, REFUSED, TYPE_RULE),
	ITEM("same_type", needs_two, same_type, NULL,
	     "a table of the same type is live from the resume on, and then releases the old "
	     "member",
	     INACTIVE),
	ITEM("error", needs_ext4, swap_to_error, &error, WITHOUT, WIPE),
	ITEM("error.xfs", needs_xfs, swap_to_error, &error_xfs, WITHOUT, WIPE),
	ITEM("error.lower", needs_ext4, swap_to_error, &error_lower, WITHOUT, WIPE),
	{
		.name = "zero",
		.promise = WITHOUT,
		.by = TYPE_RULE,
		.needs = needs_ext4,
		.flags = CHECK_QUICK,
		.plants = PLANTS,
		.run = swap_to_error,
		.arg = &zero,
	},
	UPGRADED_ITEM("upgraded.from_error", needs_ext4, upgraded, &error, DIRECT, UPGRADE,
		      PLANT_VALUE | PLANT_BYTE | PLANT_FRAME),
	UPGRADED_ITEM("upgraded.from_zero", needs_ext4, upgraded, &zero, DIRECT, UPGRADE,
		      PLANT_VALUE | PLANT_BYTE | PLANT_FRAME),
	UPGRADED_ITEM("upgraded.from_raw", needs_raw, upgraded, &raw, DIRECT, UPGRADE,
		      PLANT_VALUE | PLANT_BYTE | PLANT_FRAME),
	UPGRADED_ITEM("upgraded.from_flakey", needs_flakey, upgraded, &flakey, DIRECT, UPGRADE,
		      PLANT_VALUE | PLANT_BYTE | PLANT_FRAME),
	UPGRADED_ITEM("upgraded.away", needs_raw, swap_to_error_upgraded, &raw, AWAY, TYPE_RULE,
		      PLANT_VALUE | PLANT_BYTE),
	UPGRADED_ITEM("upgraded.stays", needs_raw, stays_direct, &raw, STAYS, TYPE_RULE,
		      PLANT_VALUE),
	UPGRADED_ITEM("no_table", needs_ext4, no_table, &zero,
		      "a device without a table fails every access, and is a DAX device once a DAX "
		      "table is live",
		      INACTIVE, PLANT_VALUE | PLANT_BYTE | PLANT_FRAME | PLANT_SIZE),
	ITEM("torn.ext4", needs_two_ext4, unaligned_swap,
	     (&(const struct unaligned_swap_arg){.fs = "ext4", .torn = true}), UNALIGNED,
	     TYPE_RULE),
	ITEM("misaligned.ext4", needs_two_ext4, unaligned_swap,
	     (&(const struct unaligned_swap_arg){.fs = "ext4"}), UNALIGNED, TYPE_RULE),
	ITEM("zeroing.error", needs_xfs, zeroing, &error_xfs, ZEROING, WIPE),
	ITEM("zeroing.zero", needs_xfs, zeroing, &zero_xfs, ZEROING, TYPE_RULE),
	{
		.name = "zeroing.raw",
		.promise = ZEROING,
		.by = TYPE_RULE,
		.needs = needs_raw_xfs,
		.flags = CHECK_EMULATED | CHECK_SPOILS,
		.plants = PLANT_VALUE | PLANT_BYTE,
		.run = zeroing,
		.arg = &raw_xfs,
	},
	{0},
};

const struct check_family check_tabletype = {
	.name = "tabletype",
	.why = "table type changes of a live device, and the DAX capability that it reports "
	       "afterwards",
	.items = items,
};
