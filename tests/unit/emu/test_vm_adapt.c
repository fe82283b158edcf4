// SPDX-License-Identifier: GPL-2.0-only
/* How namespaces are made, as text, and the machine that follows from it. */
#include "emu/vm_adapt.h"
#include "lib/dev/namespace_spec.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void reads_words(void **state)
{
	struct namespace_spec spec;
	char why[256];

	(void)state;
	assert_int_equal(namespace_spec_parse("align=4k,map=dev", &spec, why, sizeof(why)), 0);
	assert_int_equal(spec.align_bytes, 4096);
	assert_true(spec.map_dev && !spec.labelless && !spec.memmap);
	assert_int_equal(namespace_spec_parse("labels=none,align=1g", &spec, why, sizeof(why)), 0);
	assert_int_equal(spec.align_bytes, 1 << 30);
	assert_true(spec.labelless && !spec.map_dev);
	assert_int_equal(namespace_spec_parse("mode=sector", &spec, why, sizeof(why)), 0);
	assert_true(spec.sector && !spec.labelless);
	assert_int_equal(namespace_spec_parse("memmap", &spec, why, sizeof(why)), 0);
	assert_true(spec.memmap && !spec.virtio);
	assert_int_equal(namespace_spec_parse("virtio", &spec, why, sizeof(why)), 0);
	assert_true(spec.virtio && !spec.memmap && !spec.labelless);
}

static void refuses_others(void **state)
{
	static const char *const wrong[] = {"",
					    "align=3k",
					    "align=4k,",
					    "align=4k,align=2m",
					    "map=mem,map=dev",
					    "memmap,align=4k",
					    "memmap,map=mem",
					    "mode=sector,align=2m",
					    "mode=sector,map=dev",
					    "mode=sector,mode=sector",
					    "virtio,mode=sector",
					    "virtio,map=dev",
					    "virtio,memmap",
					    "virtio,virtio",
					    "ALIGN=4k"};
	struct namespace_spec spec;
	char why[256];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		why[0] = '\0';
		assert_int_equal(namespace_spec_parse(wrong[i], &spec, why, sizeof(why)), -EINVAL);
		assert_true(why[0]);
	}
}

static void adapts_the_machine(void **state)
{
	struct vm_adapted a;
	char why[256], line[600];

	(void)state;
	assert_int_equal(vm_adapt(&vm_bench, "align=4k", "nokaslr x=1", &a, why, sizeof(why)), 0);
	assert_string_equal(a.machine.extra_args, " daxdm_namespace=align=4k nokaslr x=1");
	assert_int_equal(a.machine.n_pmems, vm_bench.n_pmems);
	assert_int_equal(vm_adapt(&vm_bench, "memmap", NULL, &a, why, sizeof(why)), 0);
	assert_int_equal(a.machine.n_pmems, 0);
	assert_non_null(strstr(a.machine.extra_args, "memmap=1040M!4096M memmap=1040M!5136M"));
	assert_int_equal(a.machine.mem_mib, 2048 + 2 * 1040);
	assert_int_equal(vm_adapt(&vm_bench, "labels=none", NULL, &a, why, sizeof(why)), 0);
	assert_true(a.machine.pmems[1].labelless);
	/* The same persistent memory, without the label area. */
	assert_int_equal(a.machine.pmems[0].bytes, vm_bench.pmems[0].bytes - VM_LABEL_BYTES);
	assert_int_equal(vm_adapt(&vm_bench, NULL, "a\nb", &a, why, sizeof(why)), -EINVAL);
	assert_int_equal(vm_adapt(&vm_bench, NULL, "daxdm_namespace=memmap", &a, why, sizeof(why)),
			 -EINVAL);
	assert_int_equal(vm_adapt(&vm_bench, "virtio", NULL, &a, why, sizeof(why)), 0);
	assert_true(a.machine.pmems[0].virtio && a.machine.pmems[1].virtio);
	assert_false(a.machine.pmems[1].labelless);
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	assert_int_equal(vm_adapt(&vm_bench, NULL, line, &a, why, sizeof(why)), -EINVAL);
}

static void adapts_the_machine_of_checks(void **state)
{
	struct vm_adapted a;
	char why[256];

	(void)state;
	assert_int_equal(vm_adapt(&vm_checks, "memmap", NULL, &a, why, sizeof(why)), 0);
	/* The virtio-pmem device stays; the NVDIMMs become memory behind 4 GiB. */
	assert_int_equal(a.machine.n_pmems, 1);
	assert_true(a.machine.pmems[0].virtio);
	assert_int_equal(a.machine.n_memmaps, 2);
	assert_int_equal(a.machine.memmap_bytes, INT64_C(784) << 20);
	assert_int_equal(a.machine.mem_mib, 2048 + 2 * 784);
	assert_int_equal(vm_adapt(&vm_checks, "labels=none", NULL, &a, why, sizeof(why)), 0);
	assert_true(a.machine.pmems[1].labelless && a.machine.pmems[2].virtio);
	assert_int_equal(vm_adapt(&vm_checks, "align=1g", NULL, &a, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "smaller than 1 GiB"));
	assert_int_equal(vm_adapt(&vm_bench, "align=1g", NULL, &a, why, sizeof(why)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_words),
		cmocka_unit_test(refuses_others),
		cmocka_unit_test(adapts_the_machine),
		cmocka_unit_test(adapts_the_machine_of_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
