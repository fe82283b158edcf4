// SPDX-License-Identifier: GPL-2.0-only
/* daxdm provision: makes blank persistent memory usable.  It takes every region and labels every
 * DIMM, so that it runs on the emulated host only. */
#include "lib/dev/provision.h"
#include "cli/options/cli.h"
#include "lib/base/host.h"
#include "lib/base/msg.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { PLANS_MAX = 8 };

struct provision_options {
	struct provision_plan plans[PLANS_MAX];
	size_t n;
	bool has_spec;
	struct namespace_spec spec;
};

static void print_node(const char *node)
{
	printf("%s\n", node);
}

static int set_plan(void *opts, const char *value)
{
	struct provision_options *o = opts;

	if (o->n == PLANS_MAX) {
		msg_error("--plan: at most %d", PLANS_MAX);
		return -EINVAL;
	}
	return provision_parse(value, &o->plans[o->n++]);
}

static int set_namespace(void *opts, const char *value)
{
	struct provision_options *o = opts;
	char why[256];

	if (namespace_spec_parse(value, &o->spec, why, sizeof(why)) < 0) {
		msg_error("--namespace: %s", why);
		return -EINVAL;
	}
	o->has_spec = true;
	return 0;
}

/* The same for all regions.  One without labels is one namespace. */
static void apply_spec(struct provision_options *o)
{
	enum namespace_mode mode = o->spec.sector ? NAMESPACE_SECTOR : NAMESPACE_FSDAX;

	for (size_t i = 0; i < PLANS_MAX; i++) {
		if (i >= o->n || o->spec.labelless || o->spec.sector)
			o->plans[i] = (struct provision_plan){.parts = {{mode, 0}}, .n = 1};
		o->plans[i].spec = o->spec;
	}
	o->n = PLANS_MAX;
}

static const struct option_spec options[] = {
	OPTION("namespace", OPTION_CALL, 0, "SPEC",
	       "how to make the fsdax namespaces, same as for bench", .set = set_namespace),
	OPTION("plan", OPTION_CALL, 0, "PARTS",
	       "what to make of the first, second... region by number, e.g. 'fsdax:640M raw:64M "
	       "sector:64M' (default: fsdax)",
	       .set = set_plan, .repeatable = true),
	{0},
};

static int run(int argc, char **argv)
{
	struct provision_options o = {0};
	int n, operand = options_parse(&verb_provision, &o, argc, argv);

	if (operand < 0)
		return operand == -1 ? STATUS_GOOD : STATUS_USAGE;
	if (!host_is_emulated()) {
		msg_error(
			"provision: this is not the emulated host, and it would label every DIMM; "
			"make one namespace with: ndctl create-namespace --mode=fsdax "
			"--region=REGION");
		return STATUS_USAGE;
	}
	/* The kernel makes them. */
	if (o.spec.memmap) {
		static const char *const nodes[] = {"/dev/pmem0", "/dev/pmem1"};

		return provision_wait(nodes, 2) < 0 ? STATUS_BROKEN : STATUS_GOOD;
	}
	if (o.has_spec)
		apply_spec(&o);
	n = provision_namespaces(o.plans, o.n, print_node);
	if (n < 0)
		return STATUS_BROKEN;
	if (!n)
		msg_note("no blank region found, nothing was made");
	return STATUS_GOOD;
}

const struct verb verb_provision = {
	.name = "provision",
	.args = "",
	.why = "in the emulated host: makes namespaces on every blank region and prints the nodes",
	.options = options,
	.internal = true,
	.run = run,
};
