// SPDX-License-Identifier: GPL-2.0-only
#include "check/coverage.h"

#include "lib/base/child.h"
#include "lib/trace/kprobe.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The interface, by the names that kernels from 5.10 on gave it.  A module "" is the kernel itself;
 * the dax core and fs/dax.c are built in or modules by the configuration, so that it does not
 * count for them ("*").
 */
static const struct {
	const char *module, *function;
} interface[] = {
	{"dm_mod", "dm_dax_*"},
	{"dm_mod", "linear_dax_*"},
	{"dm_mod", "stripe_dax_*"},
	{"dm_mod", "device_*dax*"},
	{"dm_mod", "dm_table_supports_dax*"},
	{"dm_mod", "dm_table_determine_type"},
	{"dm_mod", "dm_table_set_restrictions"},
	{"dm_mod", "dm_calculate_queue_limits"},
	{"dm_*", "*_dax_*"},
	{"nd_pmem", "pmem_dax_*"},
	{"nd_pmem", "__pmem_direct_access"},
	{"nd_pmem", "pmem_copy_*_iter"},
	{"nd_pmem", "pmem_recovery_write"},
	{"nd_pmem", "pmem_pagemap_*"},
	{"*", "dax_direct_access"},
	{"*", "dax_zero_page_range"},
	{"*", "dax_recovery_write"},
	{"*", "dax_copy_from_iter"},
	{"*", "dax_copy_to_iter"},
	{"*", "dax_flush"},
	{"*", "dax_write_cache*"},
	{"*", "*dax_synchronous"},
	{"*", "dax_supported"},
	{"*", "*generic_fsdax_supported"},
	{"*", "*bdev_dax_supported"},
	{"*", "bdev_dax_pgoff"},
	{"*", "fs_dax_get_by_bdev"},
	{"*", "fs_put_dax"},
	{"*", "dax_holder_notify_failure"},
	{"*", "dax_add_host"},
	{"*", "dax_remove_host"},
	{"*", "kill_dax"},
	{"", "dax_iomap_*"},
	{"", "dax_writeback_*"},
	{"", "dax_layout_busy_*"},
	{"", "dax_break_layout*"},
	{"", "dax_zero_*"},
	{"", "dax_truncate_page"},
	{"", "dax_finish_sync_fault"},
	{"", "dax_delete_mapping*"},
	{"", "dax_invalidate_mapping*"},
	{"", "__dax_invalidate_entry"},
	{"", "dax_insert_*"},
	{"", "dax_load_hole"},
	{"", "dax_pmd_load_hole"},
	{"", "dax_copy_edge"},
	{"", "dax_iomap_copy_around"},
	{"", "dax_fault_*"},
	{"", "dax_lock_*"},
	{"", "dax_unlock_*"},
	{"", "dax_memzero"},
	{"", "dax_unshare_*"},
	{"", "dax_remap_*"},
	{"", "dax_dedupe_*"},
};

enum { INTERFACE_N = sizeof(interface) / sizeof(interface[0]) };

static bool belongs(const char *function, const char *module)
{
	for (int i = 0; i < INTERFACE_N; i++)
		if (!fnmatch(interface[i].module, module, 0) &&
		    !fnmatch(interface[i].function, function, 0))
			return true;
	return false;
}

/* Compilers' parts of functions and symbols that stand for no function of their own. */
static bool is_artificial(const char *function)
{
	return strchr(function, '.') || !strncmp(function, "__pfx_", 6) ||
	       !strncmp(function, "__traceiter_", 12) || !strncmp(function, "trace_", 6) ||
	       !strncmp(function, "perf_trace_", 11) || !strncmp(function, "__bpf_trace_", 12);
}

static int arm(struct coverage *c, const char *function, const char *module)
{
	int rc;

	if (json_object_get(c->counts, function) || json_object_get(c->refused, function))
		return 0;
	rc = kprobe_event_add(function, false);
	/* A name that stands twice in the kernel, or a function that must not be probed. */
	if (rc < 0)
		return json_object_set_new(c->refused, function, json_string(strerror(-rc)));
	c->armed++;
	json_object_set_new(c->modules, function, json_string(module));
	return json_object_set_new(c->counts, function, json_integer(0));
}

/* Targets with dax methods of their own, which a check may load later. */
static void load_targets(void)
{
	static const char *const modules[] = {"dm-writecache", "dm-log-writes", "dm-pcache"};

	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		char *const argv[] = {"modprobe", (char *)modules[i], NULL};
		char said[64];

		child_run(argv, 30, said, sizeof(said)); /* not every kernel has all */
	}
}

int coverage_begin(struct coverage *c)
{
	FILE *in;
	char line[512], type, function[256], module[128];

	*c = (struct coverage){0};
	if (kprobe_events_available() < 0)
		return -EOPNOTSUPP;
	load_targets();
	in = fopen("/proc/kallsyms", "re");
	if (!in)
		return -errno;
	c->counts = json_object();
	c->modules = json_object();
	c->refused = json_object();
	while (fgets(line, sizeof(line), in)) {
		module[0] = '\0';
		if (sscanf(line, "%*s %c %255s [%127[^]]]", &type, function, module) < 2)
			continue;
		if ((type == 't' || type == 'T') && !is_artificial(function) &&
		    belongs(function, module))
			arm(c, function, module);
	}
	fclose(in);
	if (!c->armed)
		return -EOPNOTSUPP;
	return kprobe_events_enable(true);
}

struct taking {
	struct coverage *coverage;
	json_t *hits;
};

static void take(const char *function, uint64_t hits, void *arg)
{
	struct taking *t = arg;
	json_t *before = json_object_get(t->coverage->counts, function);
	json_int_t now = (json_int_t)hits;

	if (!before || now == json_integer_value(before))
		return;
	json_object_set_new(t->hits, function, json_integer(now - json_integer_value(before)));
	json_integer_set(before, now);
}

json_t *coverage_take(struct coverage *c)
{
	struct taking t = {c, json_object()};

	if (t.hits)
		kprobe_events_hits(take, &t);
	return t.hits;
}

json_t *coverage_functions(const struct coverage *c)
{
	return json_incref(c->modules);
}

void coverage_end(struct coverage *c)
{
	if (c->counts)
		kprobe_events_remove();
	json_decref(c->counts);
	json_decref(c->modules);
	json_decref(c->refused);
	*c = (struct coverage){0};
}
