// SPDX-License-Identifier: GPL-2.0-only
/* report/checks/known.c: versions, entries, and which failure an entry explains. */
#include "cli/guests/vm_slot.h"
#include "report/checks/known.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/test_dir.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- versions ------------------------------------------------------------------------------ */

static void test_version(void **state)
{
	static const struct {
		const char *text;
		int rc;
		struct kernel_version want;
	} table[] = {
		{"6.1", 0, {6, 1, -1, 0}},
		{"6.1.0-56-amd64", 0, {6, 1, 0, 0}},
		{"6.1.192-2", 0, {6, 1, 192, 0}},
		{"7.3-amd64", 0, {7, 3, -1, 0}},
		{"7.3-rc7", 0, {7, 3, -1, 7}},
		{"7.3.0-rc7-next-20260101", 0, {7, 3, 0, 7}},
		{"7.3~rc7-1~exp1", 0, {7, 3, -1, 7}},
		{"6.12.117+deb12-amd64", 0, {6, 12, 117, 0}},
		{"6.12.", 0, {6, 12, -1, 0}},
		{"6.12.x", 0, {6, 12, -1, 0}},
		{"6", -EINVAL, {6, 0, -1, 0}},
		{"6.", -EINVAL, {6, 0, -1, 0}},
		{"", -EINVAL, {0, 0, -1, 0}},
		{"v6.1", -EINVAL, {0, 0, -1, 0}},
		{"-6.1", -EINVAL, {0, 0, -1, 0}},
		{"99999999999.1", -EINVAL, {0, 0, -1, 0}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct kernel_version got;

		assert_int_equal(kernel_version_read(table[i].text, &got), table[i].rc);
		if (memcmp(&got, &table[i].want, sizeof(got)))
			fail_msg("%s: %d.%d.%d-rc%d", table[i].text, got.major, got.minor,
				 got.patch, got.rc);
	}
}

static void test_compare(void **state)
{
	static const struct {
		const char *kernel, *bound;
		int want;
	} table[] = {
		{"6.1.192", "6.1", 0},	    {"6.1-rc3", "6.1", 0},     {"6.1.192", "6.1.150", 1},
		{"6.1.150", "6.1.150", 0},  {"6.1.9", "6.1.150", -1},  {"6.1", "6.1.150", -1},
		{"6.2", "6.10", -1},	    {"6.10.1", "6.2", 1},      {"5.10.262", "6.1", -1},
		{"7.0", "6.19", 1},	    {"7.3-rc7", "7.3-rc7", 0}, {"7.3-rc7", "7.3-rc8", -1},
		{"7.3-rc10", "7.3-rc9", 1}, {"7.3", "7.3-rc7", 1},     {"7.3.1", "7.3-rc7", 1},
		{"7.3.0-rc7", "7.3.0", -1}, {"7.2.13", "7.3-rc1", -1}, {"7.3.0", "7.3.0", 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct kernel_version kernel, bound;
		int got;

		assert_int_equal(kernel_version_read(table[i].kernel, &kernel), 0);
		assert_int_equal(kernel_version_read(table[i].bound, &bound), 0);
		got = kernel_version_compare(&kernel, &bound);
		if ((got > 0) - (got < 0) != table[i].want)
			fail_msg("%s against %s: %d", table[i].kernel, table[i].bound, got);
	}
}

static void test_what_says_most(void **state)
{
	static const char uname_v[] = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-09-01)";
	static const struct {
		const char *release, *package, *version, *want;
	} table[] = {
		{"6.1.0-56-amd64", "linux-image-6.1.0-56-amd64 6.1.192-2", NULL, "6.1.192-2"},
		{"6.1.0-56-amd64", NULL, uname_v, "6.1.192-2"},
		{"6.1.0-56-amd64", "file /tmp/6.1/vmlinux", uname_v, "6.1.192-2"},
		{"6.1.0-56-amd64", "file /tmp/6.1/vmlinux", NULL, "6.1.0-56-amd64"},
		{"6.5.1", "file 6.1", NULL, "6.5.1"},
		{"7.3-amd64", "linux-image-7.3-amd64 7.3~rc7-1~exp1", NULL, "7.3~rc7-1~exp1"},
		{"6.18.15", NULL, NULL, "6.18.15"},
		{"6.18.15", NULL, "#1 SMP Mon Jan 1", "6.18.15"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		char text[64];

		assert_string_equal(kernel_version_text(table[i].release, table[i].package,
							table[i].version, text, sizeof(text)),
				    table[i].want);
	}
}

/* ---- entries ------------------------------------------------------------------------------- */

#define REST                             \
	"evidence: BUG: it went wrong\n" \
	"  at once\n"                    \
	"reference: none found\n"        \
	"reproducer: dmsetup create x\n"

static void remove_file(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", test_dir, name);
	assert_int_equal(unlink(path), 0);
}

static void test_an_entry(void **state)
{
	const struct known_bug *bug;
	struct known *known;

	(void)state;
	put_file(test_dir, "stale-mapping",
		 "# SPDX-License-Identifier: GPL-2.0-only\n"
		 "check: reload.*\n"
		 "first: 5.10\n"
		 "last:\n"
		 "why: a mapping outlives\n"
		 "\tits table  \n"
		 "\n"
		 "match: (BUG|WARNING): .*\n" REST);
	put_file(test_dir, "README.md", "not an entry");
	assert_int_equal(known_read(test_dir, &known), 0);
	bug = known_at(known, 0);
	assert_non_null(bug);
	assert_null(known_at(known, 1));
	assert_string_equal(bug->name, "stale-mapping");
	assert_string_equal(bug->check, "reload.*");
	assert_string_equal(bug->last, "");
	assert_string_equal(bug->why, "a mapping outlives\nits table");
	assert_string_equal(bug->evidence, "BUG: it went wrong\nat once");
	assert_string_equal(bug->match, "(BUG|WARNING): .*");
	known_free(known);
	remove_file("stale-mapping");
	remove_file("README.md");
}

static void test_refused_entries(void **state)
{
	static const char *const texts[] = {
		"",
		"check reload.*\n",
		"  check: reload.*\n",
		"check: a\nfirst: 5.10\nwhy: x\nmatch: x\n" REST,	 /* no last */
		"check: a\nfirst: \nlast: 6.1\nwhy: x\nmatch: x\n" REST, /* first is empty */
		"check: \nfirst: 5.10\nlast: \nwhy: x\nmatch: x\n" REST, /* check is empty */
		"check: a\nfirst: 5.10\nlast: \nmatch: x\n" REST,	 /* no why */
		"check: a\nfirst: 5.10\nlast: \nwhy: x\nmatch: x\n",	 /* nothing after */
		"check: a\nfirst: v5\nlast: \nwhy: x\nmatch: x\n" REST,	 /* no release */
		"check: a\nfirst: 5.10\nlast: now\nwhy: x\nmatch: x\n" REST,
		"check: a\nfirst: 5.10 6.1\nlast: \nwhy: x\nmatch: x\n" REST, /* one release each */
		"check: a\nfirst: 5.10\nlast: 5.10 6.1\nwhy: x\nmatch: x\n" REST,
		"check: a\nfirst: 6.2\nlast: 6.1\nwhy: x\nmatch: x\n" REST, /* ends before it begins */
		"check: a\ncheck: b\nfirst: 5.10\nlast: \nwhy: x\nmatch: x\n" REST,
		"check: a\nfrist: 5.10\nlast: \nwhy: x\nmatch: x\n" REST,
		"check: a\nfirst: 5.10\nlast: \nwhy: x\n" REST, /* no match */
		"check: a\nfirst: 5.10\nlast: \nwhy: x\nmatch: (\n" REST,
		"check: a\nfirst: 5.10\nlast: \nwhy: x\nmatch:\n" REST, /* would fit all */
	};
	struct known *known;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		put_file(test_dir, "entry", texts[i]);
		if (known_read(test_dir, &known) != -EINVAL)
			fail_msg("taken: %s", texts[i]);
		assert_null(known);
		remove_file("entry");
	}
	assert_int_equal(known_read("/nonexistent", &known), -ENOENT);
	assert_int_equal(known_read(NULL, &known), 0);
	assert_null(known_at(known, 0));
	known_free(known);
}

/* ---- which failure it explains ------------------------------------------------------------- */

struct question {
	const char *kernel, *line;
	const char *cause, *about; /* names of entries, or NULL */
};

static const struct question questions[] = {
	{"6.1.192", "{'id':'reload.leak','why':'stale byte'}", "any", "any"},
	{"5.10.1", "{'id':'reload.leak','why':'stale byte'}", "any", "any"},
	{"5.9.16", "{'id':'reload.leak','why':'stale byte'}", NULL, NULL},
	{"6.1.192", "{'id':'reload','why':'stale byte'}", NULL, NULL},
	/* each of the globs */
	{"7.9", "{'id':'unbind.one','why':'x'}", "any", "any"},
	{"7.9", "{'id':'unbind.two','why':'x'}", "any", "any"},
	{"7.9", "{'id':'unbind.three','why':'x'}", NULL, NULL},
	{"7.9", "{'id':'reload.leak','why':'stale byte'}", "any", "any"},
	/* ended with 6.12.50 */
	{"6.12.50", "{'id':'sync.one','why':'BUG 17'}", "ended", "ended"},
	{"6.12.51", "{'id':'sync.one','why':'BUG 17'}", NULL, NULL},
	{"6.12.50", "{'id':'sync.two','why':'BUG 17'}", NULL, NULL},
	/* why has to match */
	{"6.12.50", "{'id':'sync.one','why':'BUG x'}", NULL, "ended"},
	{"6.12.50", "{'id':'sync.one'}", NULL, "ended"},
	/* and every further complaint */
	{"6.12.50", "{'id':'sync.one','why':'BUG 1','evidence':['also: BUG 2','a table']}", "ended",
	 "ended"},
	{"6.12.50", "{'id':'sync.one','why':'BUG 1','evidence':['also: a wrong byte']}", NULL,
	 "ended"},
	{"6.12.50", "{'id':'sync.one','why':'a wrong byte','evidence':['also: BUG 1']}", NULL,
	 "ended"},
	/* a complaint about the log by any line of the log */
	{"6.12.50", "{'id':'sync.one','why':'the kernel complained: x','dmesg':['x','BUG 3 at y']}",
	 "ended", "ended"},
	{"6.12.50", "{'id':'sync.one','why':'the kernel complained: x','dmesg':['x',null]}", NULL,
	 "ended"},
	/* but a line of the log explains nothing else: no hang, no wrong byte */
	{"6.12.50",
	 "{'id':'sync.one','why':'a store did not end','evidence':['also: the kernel complained: "
	 "BUG 3'],'dmesg':['BUG 3']}",
	 NULL, "ended"},
	{"6.12.50",
	 "{'id':'sync.one','why':'the kernel complained: BUG 3','evidence':['also: a wrong byte'],"
	 "'dmesg':['BUG 3']}",
	 NULL, "ended"},
	{"6.12.50", "{'id':'sync.one','why':'the kernel hung: no line','dmesg':['BUG 3']}", NULL,
	 "ended"},
	/* an oops may end in a hang */
	{"6.12.50", "{'id':'sync.one','why':'the kernel hung: no line','dmesg':['BUG: at BUG 3']}",
	 "ended", "ended"},
	/* each complaint may have an entry of its own */
	{"6.12.50", "{'id':'sync.one','why':'torn'}", "torn", "ended"},
	{"6.12.50", "{'id':'sync.one','why':'torn','evidence':['also: BUG 4']}", "torn", "ended"},
	/* a check that fails by it sometimes, and is not about it when it passes */
	{"6.12.50", "{'id':'race.one','why':'torn'}", "torn", NULL},
	{"6.12.50", "{'id':'race.one','why':'a wrong byte'}", NULL, NULL},
	{"6.12.51", "{'id':'race.one','why':'torn'}", NULL, NULL},
	{"6.12.50", "{'id':'drop.one','why':'rare'}", "rare", NULL},
};

static void expect_name(const struct question *q, const struct known_bug *bug, const char *want)
{
	if (strcmp(bug ? bug->name : "", want ? want : ""))
		fail_msg("%s %s: %s, not %s", q->kernel, q->line, bug ? bug->name : "none",
			 want ? want : "none");
}

static void ask(const struct known *known, const struct question *q)
{
	struct kernel_version kernel;
	json_t *line;
	char text[400];

	snprintf(text, sizeof(text), "%s", q->line);
	for (char *p = text; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	line = json_loads(text, 0, NULL);
	assert_non_null(line);
	assert_int_equal(kernel_version_read(q->kernel, &kernel), 0);
	expect_name(q, known_cause(known, &kernel, line), q->cause);
	expect_name(q, known_about(known, &kernel, json_string_value(json_object_get(line, "id"))),
		    q->about);
	json_decref(line);
}

static void test_cause(void **state)
{
	struct known *known;

	(void)state;
	put_file(test_dir, "any",
		 "check: reload.* unbind.one  unbind.two\nfirst: 5.10\nlast: \nwhy: x\n"
		 "match: ^(stale byte|x)$\n" REST);
	put_file(test_dir, "ended",
		 "check: sync.one\nfirst: 6.1.5\nlast: 6.12.50\nwhy: x\n"
		 "match: BUG [0-9]+\n" REST);
	put_file(test_dir, "torn",
		 "check: sync.one\nsometimes: fork.* race.*\nfirst: 6.1\nlast: 6.12.50\nwhy: x\n"
		 "match: ^torn$\n" REST);
	put_file(test_dir, "rare",
		 "sometimes: drop.*\nfirst: 6.1\nlast: \nwhy: x\nmatch: ^rare$\n" REST);
	assert_int_equal(known_read(test_dir, &known), 0);
	for (size_t i = 0; i < COUNT(questions); i++)
		ask(known, &questions[i]);
	known_free(known);
	remove_file("any");
	remove_file("ended");
	remove_file("torn");
	remove_file("rare");
}

/* What kernels of the archive did, and the entry of check/known/ that has to know it. */
static const struct question seen[] = {
	{"6.16.12-1~bpo13+1",
	 "{'id':'unbind.store.raw_xfs','why':'a store did not end','evidence':['also: the kernel "
	 "complained: BUG: unable to handle page fault for address: ffffea0004018008'],"
	 "'dmesg':['RIP: 0010:split_huge_pmd_locked+0x1c1/0xf70']}",
	 "dax-split-after-unbind", "dax-split-after-unbind"},
	{"6.17.13-1~bpo13+1",
	 "{'id':'unbind.notified.raw_xfs','why':'unbind of pfn0.0 did not end'}",
	 "xfs-unbind-notify-endless", "xfs-unbind-notify-endless"},
	{"6.16.12-1~bpo13+1",
	 "{'id':'unbind.notified.smaller_xfs','why':'unbind of pfn0.0 did not end'}",
	 "xfs-unbind-notify-endless", "xfs-unbind-notify-endless"},
	{"6.16.12-1~bpo13+1",
	 "{'id':'unbind.exit.raw','why':'exit of the process with the mapping did not end'}",
	 "dax-unmap-after-unbind", "dax-unmap-after-unbind"},
	{"6.12.117-1~deb12u1", "{'id':'unbind.exit.raw','why':'x'}", NULL, NULL},
	/* no CPU is left to say anything after the oops */
	{"5.10.262-1",
	 "{'id':'tabletype.upgraded.away','why':'the kernel hung: it sent nothing for 90 s',"
	 "'dmesg':['[   31.4] BUG: unable to handle page fault for address: ffffea0004a00418']}",
	 "dm-type-not-upgraded-oops", "dm-type-not-upgraded-oops"},
	{"5.10.262-1",
	 "{'id':'tabletype.upgraded.away','why':'the kernel hung: it sent nothing for 90 s',"
	 "'dmesg':[],'evidence':['ordinary lines']}",
	 NULL, "dm-type-not-upgraded-oops"},
	{"7.1.13-1~bpo13+1",
	 "{'id':'namespace.virtio','why':'fsync of /dev/pmem2 (virtio) after a write at 0: "
	 "expected success, got EIO','evidence':['also: fsync of /dev/pmem2 (virtio) after a "
	 "...']}",
	 "virtio-pmem-flush-fails", "virtio-pmem-flush-fails"},
	{"7.1.13-1~bpo13+1",
	 "{'id':'namespace.virtio','why':'/dev/pmem2 (virtio) does not work: fsync: Input/output "
	 "error'}",
	 "virtio-pmem-flush-fails", "virtio-pmem-flush-fails"},
	{"7.1.13-1~bpo13+1",
	 "{'id':'namespace.virtio','why':'/dev/pmem2 (virtio) does not work: write: Input/output "
	 "error'}",
	 NULL, "virtio-pmem-flush-fails"},
	{"7.1.13-1~bpo13+1",
	 "{'id':'namespace.virtio','why':'bytes written to /dev/pmem2 (virtio) at 0: it is -5'}",
	 NULL, "virtio-pmem-flush-fails"},
	{"7.0.13-1~bpo13+1", "{'id':'namespace.virtio','why':'x'}", NULL, NULL},
	{"7.2.13-1", "{'id':'namespace.virtio','why':'x'}", NULL, NULL},
};

static void test_the_entries(void **state)
{
	struct known *known;

	(void)state;
	assert_int_equal(known_read("check/known", &known), 0);
	for (size_t i = 0; i < COUNT(seen); i++)
		ask(known, &seen[i]);
	known_free(known);
}

/* ---- what a dead guest leaves -------------------------------------------------------------- */

static void test_log_of_death(void **state)
{
	json_t *console = json_array(), *lines;

	(void)state;
	for (int i = 0; i < 300; i++)
		json_array_append_new(console, json_sprintf("ordinary %d", i));
	assert_string_equal(vm_slot_log_of_death(console, &lines), "evidence");
	assert_int_equal(json_array_size(lines), 25);
	assert_string_equal(json_string_value(json_array_get(lines, 24)), "ordinary 299");
	json_decref(lines);
	json_array_insert_new(console, 7, json_string("[  3.1] BUG: unable to handle"));
	assert_string_equal(vm_slot_log_of_death(console, &lines), "dmesg");
	assert_string_equal(json_string_value(json_array_get(lines, 0)),
			    "[  3.1] BUG: unable to handle");
	assert_string_equal(json_string_value(json_array_get(lines, 1)), "ordinary 7");
	json_decref(lines);
	json_array_clear(console);
	assert_string_equal(vm_slot_log_of_death(console, &lines), "evidence");
	assert_int_equal(json_array_size(lines), 0);
	json_decref(lines);
	json_decref(console);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_what_says_most),	cmocka_unit_test(test_an_entry),
		cmocka_unit_test(test_refused_entries), cmocka_unit_test(test_cause),
		cmocka_unit_test(test_the_entries),	cmocka_unit_test(test_log_of_death),
	};

	return cmocka_run_group_tests_name("known", tests, test_dir_make, test_dir_remove);
}
