// SPDX-License-Identifier: GPL-2.0-only
#include "check/flush/write_cache_attr.h"

#include "check/flush/writeback.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- attributes ------------------------------------------------------------------------------ */

/* Reads an attribute of a block device.  Returns 0 or -errno. */
static int get_attribute(const char *numbers, const char *name, char value[64])
{
	char path[160];
	FILE *in;

	snprintf(path, sizeof(path), "/sys/dev/block/%s/%s", numbers, name);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	if (!fgets(value, 64, in))
		value[0] = '\0';
	value[strcspn(value, "\n")] = '\0';
	fclose(in);
	return 0;
}

static int set_attribute(const char *numbers, const char *name, const char *value)
{
	char path[160];
	FILE *out;
	int rc = 0;

	snprintf(path, sizeof(path), "/sys/dev/block/%s/%s", numbers, name);
	out = fopen(path, "we");
	if (!out)
		return -errno;
	if (fputs(value, out) == EOF)
		rc = -EIO;
	if (fclose(out) == EOF)
		rc = -errno;
	return rc;
}

void write_cache_attr_queue(struct check_env *env, const void *arg)
{
	const struct testbed_spec *spec = arg;
	char value[64] = "", dax[64];
	bool any = false;
	struct testbed bed;
	const struct graph *g = &bed.graph;

	if (!testbed_devices(env, &bed, spec))
		return;
	for (unsigned int i = 0; i < bed.device; i++) {
		if (g->devices[i].kind != GRAPH_NAMESPACE)
			continue;
		if (!check_setup(env,
				 get_attribute(g->devices[i].numbers, "queue/write_cache", value),
				 "queue/write_cache of %s", g->devices[i].node))
			goto out;
		any = any || !strcmp(value, "write back");
	}
	if (check_setup(env,
			get_attribute(g->devices[bed.device].numbers, "queue/write_cache", value),
			"queue/write_cache of %s", testbed_name(spec)))
		check_that(env, !strcmp(value, any ? "write back" : "write through"),
			   "queue/write_cache of %s equals that of its members (got: '%s')",
			   testbed_name(spec), value);
	check_observe_suspicious(
		env, "dax_write_cache",
		json_pack("{sb sb}", "of_the_namespace",
			  !get_attribute(g->devices[0].numbers, WRITE_CACHE_ATTR, dax),
			  "of_the_stack",
			  !get_attribute(g->devices[bed.device].numbers, WRITE_CACHE_ATTR, dax)));
out:
	testbed_close(env, &bed);
}

/* ---- members that are switched off and on ---------------------------------------------------- */

/* The two namespaces' attribute, as it was. */
struct switches {
	const struct namespace *ns[2];
	char numbers[2][32], was[2][64];
};

static bool begin_switches(struct check_env *env, struct switches *s)
{
	for (unsigned int i = 0; i < 2; i++) {
		s->ns[i] = check_device(env, NAMESPACE_FSDAX, i);
		snprintf(s->numbers[i], sizeof(s->numbers[i]), "%u:%u", s->ns[i]->major,
			 s->ns[i]->minor);
		if (get_attribute(s->numbers[i], WRITE_CACHE_ATTR, s->was[i]) < 0) {
			check_skip(env, "a kernel whose pmem driver has it",
				   "%s has no attribute " WRITE_CACHE_ATTR, s->ns[i]->node);
			return false;
		}
	}
	return true;
}

static bool switch_to(struct check_env *env, const struct switches *s, unsigned int i, bool on)
{
	return check_setup(env, set_attribute(s->numbers[i], WRITE_CACHE_ATTR, on ? "1" : "0"),
			   WRITE_CACHE_ATTR " of %s", s->ns[i]->node);
}

static void end_switches(struct check_env *env, const struct switches *s)
{
	for (unsigned int i = 0; i < 2; i++)
		check_setup(env, set_attribute(s->numbers[i], WRITE_CACHE_ATTR, s->was[i]),
			    "restoring " WRITE_CACHE_ATTR);
}

/*
 * A stack made while its members' attribute is off, so that it writes nothing back.  A device may
 * take over the memory of one that was removed, with what that one had been: those that do are kept
 * until the end, so that their memory is not used again.
 */
enum { TRIES = 10 };

static int open_switched_off(struct check_env *env, const struct testbed_spec *spec,
			     struct calls *calls, struct testbed *bed, struct graph kept[TRIES])
{
	for (int n = 0;; n++) {
		int64_t bytes;

		if (!testbed_open(env, bed, spec))
			return -EIO;
		bytes = writeback_of_windows(env, bed, calls);
		if (bytes <= 0 || n == TRIES)
			return bytes < 0 ? -EIO : n;
		kept[n] = bed->graph;
		bed->graph = (struct graph){0};
		testbed_close(env, bed);
	}
}

void write_cache_attr_turned_on(struct check_env *env, const void *arg)
{
	static struct graph kept[TRIES];
	const struct testbed_spec spec =
		WRITEBACK_BED("ext4", WRITEBACK_LINEAR, .small_pages = true);
	const enum write_cache_attr_turn *write_cache_attr_turn = arg;
	struct testbed bed = TESTBED_NONE;
	struct switches s = {0};
	struct calls calls;
	int64_t bytes;
	int n = 0;

	if (!calls_open(env, &calls, writeback_functions) || !begin_switches(env, &s)) {
		calls_close(&calls);
		return;
	}
	if (!switch_to(env, &s, 0, false) || !switch_to(env, &s, 1, false))
		goto out;
	n = open_switched_off(env, &spec, &calls, &bed, kept);
	if (n < 0 || !switch_to(env, &s, 0, true) || !switch_to(env, &s, 1, true))
		goto out;
	if (*write_cache_attr_turn == WRITE_CACHE_ATTR_RELOAD &&
	    !check_setup(env, graph_reload(&bed.graph, bed.device, 0),
			 "loading the table again (%s)", dm_last_error()))
		goto out;
	bytes = writeback_of_windows(env, &bed, &calls);
	if (bytes >= 0)
		check_equal(env, bytes, WRITEBACK_FILE_BYTES / WINDOW_BYTES * PAGE_BYTES,
			    "bytes written back on %s after " WRITE_CACHE_ATTR
			    " of its members was set to 1",
			    testbed_name(&spec));
out:
	testbed_close(env, &bed);
	while (n-- > 0)
		check_setup(env, graph_destroy(&kept[n]), "removing a device");
	end_switches(env, &s);
	calls_close(&calls);
}

void write_cache_attr_turned_on_raw(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec = WRITEBACK_BED("ext4", .small_pages = true);
	struct testbed bed = TESTBED_NONE;
	struct switches s = {0};
	struct calls calls;

	(void)arg;
	if (!calls_open(env, &calls, writeback_functions) || !begin_switches(env, &s)) {
		calls_close(&calls);
		return;
	}
	if (!switch_to(env, &s, 0, false) || !testbed_open(env, &bed, &spec))
		goto out;
	check_equal(env, writeback_of_windows(env, &bed, &calls), 0,
		    "bytes written back while " WRITE_CACHE_ATTR " is 0");
	if (switch_to(env, &s, 0, true))
		check_equal(env, writeback_of_windows(env, &bed, &calls),
			    WRITEBACK_FILE_BYTES / WINDOW_BYTES * PAGE_BYTES,
			    "bytes written back after " WRITE_CACHE_ATTR " was set to 1");
out:
	testbed_close(env, &bed);
	end_switches(env, &s);
	calls_close(&calls);
}

void write_cache_attr_one_of_two(struct check_env *env, const void *arg)
{
	const struct testbed_spec spec =
		WRITEBACK_BED("ext4", WRITEBACK_LINEAR, .small_pages = true);
	const unsigned int *off = arg;
	struct testbed bed = TESTBED_NONE;
	struct writeback_view view = {0};
	struct switches s = {0};
	struct calls calls;

	if (!calls_open(env, &calls, writeback_functions) || !begin_switches(env, &s)) {
		calls_close(&calls);
		return;
	}
	if (!switch_to(env, &s, *off, false) || !switch_to(env, &s, !*off, true) ||
	    !testbed_open(env, &bed, &spec) || !writeback_view_begin(env, &view, &bed, &calls) ||
	    writeback_of_windows(env, &bed, &calls) < 0)
		goto out;
	for (uint64_t at = 0; at < WRITEBACK_FILE_BYTES; at += WINDOW_BYTES) {
		const struct extent *e = extents_find(&bed.extents, at);
		struct graph_place place = {0};

		if (e)
			graph_resolve(&bed.graph, bed.device,
				      e->physical_bytes + at - e->logical_bytes, &place);
		if (place.ns && !strcmp(place.ns->node, s.ns[!*off]->node))
			writeback_judge_page(env, &view, at, testbed_name(&spec));
	}
out:
	testbed_close(env, &bed);
	end_switches(env, &s);
	calls_close(&calls);
}
