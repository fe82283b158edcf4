// SPDX-License-Identifier: GPL-2.0-only
#include "cli/gate/pairs.h"

#include <string.h>

#define PLANTED_STACKS "raw linear:1 linear:16"
#define PLANTED_BENCHES "fault.read.warm.* fault.read.cold.* translate.page.random table.load"
#define ON_LINEAR_1(metric, fs) metric "{stack=linear:1,fs=" fs "}"
#define WARM "fault.read.warm.pte"

/* A cost in each dm_dax_direct_access: one call per warm fault of 4 KiB on linear:1. */
#define IN_WARM_FAULTS(quantity, least, most)                           \
	{                                                               \
		{ON_LINEAR_1(WARM, "ext4"), quantity, least, most},     \
		{                                                       \
			ON_LINEAR_1(WARM, "xfs"), quantity, least, most \
		}                                                       \
	}

const struct gate_run gate_runs[] = {
	{.name = "stock"},
	{.name = "rebuilt", .modules = "rebuilt"},
	{.name = "padded", .modules = "padded"},
	{.name = "reordered", .modules = "reordered"},
	{.name = "seed-2", .seed = 2},
	{.name = "seed-3", .seed = 3},
	{.name = "reversed", .reversed = true},
	{.name = "one-stack", .stacks = "linear:16"},
	{.name = "few-benches", .benches = "table.* fault.read.warm.pte"},
	{.name = "one-fs", .filesystems = "xfs"},
	{.name = "other-build", .other_build = true},
	{.name = "longer", .longer = true},
	{.name = "layers",
	 .stacks = "raw linear:1 linear:1/linear:1 linear:256 linear:1024",
	 .benches = "fault.read.warm.*"},
	{.name = "rebuilt-base",
	 .modules = "rebuilt",
	 .stacks = PLANTED_STACKS,
	 .benches = PLANTED_BENCHES},
	{.name = "every_call_1_percent",
	 .modules = "every_call_1_percent",
	 .stacks = PLANTED_STACKS,
	 .benches = PLANTED_BENCHES},
	{.name = "every_call_8_insn",
	 .modules = "every_call_8_insn",
	 .stacks = PLANTED_STACKS,
	 .benches = PLANTED_BENCHES},
	{.name = "one_call_in_64",
	 .modules = "one_call_in_64",
	 .stacks = PLANTED_STACKS,
	 .benches = PLANTED_BENCHES},
	{.name = "table_load",
	 .modules = "table_load",
	 .stacks = PLANTED_STACKS,
	 .benches = PLANTED_BENCHES},
	{0},
};

const struct gate_pair gate_pairs[] = {
	{.name = "modules rebuilt from the same source", .base = "stock", .new = "rebuilt"},
	{.name = "a padding function in each object of the modules",
	 .base = "rebuilt",
	 .new = "padded"},
	{.name = "objects of dm-mod linked in the opposite order",
	 .base = "rebuilt",
	 .new = "reordered"},
	{.name = "another seed (2)", .base = "stock", .new = "seed-2"},
	{.name = "another seed (3)", .base = "stock", .new = "seed-3"},
	{.name = "two other seeds (2 and 3)", .base = "seed-2", .new = "seed-3"},
	{.name = "stacks in the opposite order", .base = "stock", .new = "reversed"},
	{.name = "one stack alone", .base = "stock", .new = "one-stack"},
	{.name = "few benchmarks alone", .base = "stock", .new = "few-benches"},
	{.name = "one filesystem alone", .base = "stock", .new = "one-fs"},
	{.name = "another build of daxdm", .base = "stock", .new = "other-build"},
	{.name = "a longer initramfs", .base = "stock", .new = "longer"},
	{.name = "one more device-mapper layer",
	 .base = "layers",
	 .new = "layers",
	 .stacks = "linear:1=>linear:1/linear:1",
	 .only = "fault.*",
	 .costs = IN_WARM_FAULTS("metric", 100, 300)},
	{.name = "one more level of the b-tree",
	 .base = "layers",
	 .new = "layers",
	 .stacks = "linear:256=>linear:1024",
	 .only = "fault.*",
	 .costs = {{WARM "{stack=linear:256,fs=ext4}", "metric", 20, 50},
		   {WARM "{stack=linear:256,fs=xfs}", "metric", 20, 50}}},
	/* mov, and 20 times dec and jnz */
	{.name = "41 insn in each dm_dax_direct_access",
	 .base = "rebuilt-base",
	 .new = "every_call_1_percent",
	 .only = "@(fault|translate).*",
	 .costs = IN_WARM_FAULTS("metric", 39, 43)},
	{.name = "8 insn in each dm_dax_direct_access",
	 .base = "rebuilt-base",
	 .new = "every_call_8_insn",
	 .only = "@(fault|translate).*",
	 .costs = IN_WARM_FAULTS("metric", 6, 10)},
	/* 10,001 / 64, and what it takes to count the calls */
	{.name = "10,001 insn in one dm_dax_direct_access of 64",
	 .base = "rebuilt-base",
	 .new = "one_call_in_64",
	 .only = "@(fault|translate).*",
	 .costs = IN_WARM_FAULTS("mean", 140, 180)},
	{.name = "20,001 insn in each table load",
	 .base = "rebuilt-base",
	 .new = "table_load",
	 .only = "table.*",
	 .costs = {{"table.load{stack=linear:1,fs=ext4}", "metric", 19800, 20200},
		   {"table.load{stack=linear:1,fs=xfs}", "metric", 19800, 20200}}},
	{0},
};

const struct gate_run *gate_run_find(const char *name)
{
	const struct gate_run *run = gate_runs;

	while (strcmp(run->name, name))
		run++;
	return run;
}

bool gate_is_planted(const struct gate_pair *pair)
{
	return pair->costs[0].metric;
}
