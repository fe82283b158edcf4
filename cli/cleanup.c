// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm cleanup: removes the devices, mounts, kprobes and files that runs which died left on this
 * host (lib/run/leftovers.h), and what they left on the devices that they wrote to
 * (lib/run/journal.h).  What belongs to a running process is kept.
 */
#include "cli/options/cli.h"
#include "lib/base/msg.h"
#include "lib/run/journal.h"
#include "lib/run/leftovers.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct cleanup {
	bool dry_run;
};

static const struct option_spec options[] = {
	OPTION("dry-run", OPTION_FLAG, offsetof(struct cleanup, dry_run), NULL,
	       "only list what would be removed"),
	{0},
};

static bool is_in(const struct leftovers *left, const struct leftover *one)
{
	for (size_t i = 0; i < left->n; i++)
		if (!strcmp(left->list[i].kind, one->kind) &&
		    !strcmp(left->list[i].name, one->name))
			return true;
	return false;
}

/* Of one owner.  Returns 0, or -errno after one error line for each that stays. */
static int remove_those(const struct leftovers *all, pid_t owner)
{
	int rc = leftovers_remove(owner);
	struct leftovers stay;
	int unknown = rc < 0 ? leftovers_find(owner, &stay) : 0;

	if (!rc)
		stay = (struct leftovers){0};
	for (size_t i = 0; i < all->n; i++) {
		const struct leftover *one = &all->list[i];

		if (one->owner != owner)
			continue;
		if (is_in(&stay, one))
			msg_error("cleanup: cannot remove the %s %s: %s", one->kind, one->name,
				  strerror(-rc));
		else if (!unknown)
			printf("removed: %s %s\n", one->kind, one->name);
	}
	if (unknown < 0)
		msg_error("cleanup: cannot list what process %d left: %s", (int)owner,
			  strerror(-unknown));
	leftovers_free(&stay);
	return rc;
}

/* Each owner once, at its first place in the list. */
static bool is_first(const struct leftovers *all, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (all->list[j].owner == all->list[i].owner)
			return false;
	return true;
}

static void print_all(const struct leftovers *all, pid_t owner, const char *what)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].owner == owner)
			printf("%s: %s %s\n", what, all->list[i].kind, all->list[i].name);
}

static void report(const char *what, const char *name, void *any)
{
	printf("%s: %s\n", what, name);
	*(bool *)any = true;
}

/* Of the devices that the journals name; their mounts and devices are gone. */
static int clean_journals(const struct cleanup *c, bool *any)
{
	int rc = journal_clean(c->dry_run, report, any);

	if (rc < 0)
		msg_error("cleanup: cannot remove all that dead runs left on the devices they "
			  "wrote to: %s",
			  strerror(-rc));
	return rc;
}

static int clean_up(const struct cleanup *c)
{
	struct leftovers all;
	int rc = leftovers_find(0, &all), status = STATUS_GOOD;
	bool any = false;
	char at_work[64];

	if (rc < 0) {
		msg_error("cleanup: cannot list what runs left on this host: %s", strerror(-rc));
		leftovers_free(&all);
		return STATUS_BROKEN;
	}
	for (size_t i = 0; i < all.n; i++) {
		pid_t owner = all.list[i].owner;

		if (!is_first(&all, i))
			continue;
		snprintf(at_work, sizeof(at_work), "kept, process %d is running", (int)owner);
		if (leftovers_in_use(owner)) {
			print_all(&all, owner, at_work);
			continue;
		}
		any = true;
		if (c->dry_run)
			print_all(&all, owner, "would be removed");
		else if (remove_those(&all, owner) < 0)
			status = STATUS_BROKEN;
	}
	if (clean_journals(c, &any) < 0)
		status = STATUS_BROKEN;
	if (!any)
		printf("nothing to remove: no dead run left anything on this host\n");
	leftovers_free(&all);
	return status;
}

static int run(int argc, char **argv)
{
	struct cleanup c = {0};
	int operand = options_parse(&verb_cleanup, &c, argc, argv);

	if (operand == -1)
		return STATUS_GOOD;
	if (operand < 0)
		return STATUS_USAGE;
	if (geteuid()) {
		msg_error("cleanup: removes devices and mounts: run it as root");
		return STATUS_BROKEN;
	}
	return clean_up(&c);
}

const struct verb verb_cleanup = {
	.name = "cleanup",
	.args = "",
	.why = "remove what dead runs left on this host",
	.examples = {"cleanup --dry-run", "cleanup"},
	.options = options,
	.run = run,
};
