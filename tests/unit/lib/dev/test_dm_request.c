// SPDX-License-Identifier: GPL-2.0-only
/* lib/dev/dm_request.c: what goes to the kernel, byte by byte; lib/trace/kmem.c: what is read of
 * it. */
#include "lib/dev/dm_request.h"
#include "lib/trace/kmem.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct dm_target_spec *target_at(const struct dm_request *r, size_t offset)
{
	return (const struct dm_target_spec *)((const char *)r->io + offset);
}

static void test_a_table(void **state)
{
	static const char table[] = "0 4096 linear 259:0 2048\n4096 8192 linear 259:1 0\n"
				    "12288 16 error\n";
	const struct dm_target_spec *t;
	struct dm_request r;
	size_t at;

	(void)state;
	assert_int_equal(dm_request_make(&r, DM_TABLE_LOAD, "daxdm-1-table", 0, table), 0);
	assert_int_equal(r.command, DM_TABLE_LOAD);
	assert_string_equal(r.io->name, "daxdm-1-table");
	assert_int_equal(r.io->version[0], 4);
	assert_int_equal(r.io->target_count, 3);
	at = r.io->data_start;
	t = target_at(&r, at);
	assert_int_equal(t->sector_start, 0);
	assert_int_equal(t->length, 4096);
	assert_string_equal(t->target_type, "linear");
	assert_string_equal((const char *)(t + 1), "259:0 2048");
	assert_int_equal(t->next % 8, 0);
	assert_true(t->next >= sizeof(*t) + sizeof("259:0 2048"));
	at += t->next;
	t = target_at(&r, at);
	assert_int_equal(t->sector_start, 4096);
	assert_string_equal((const char *)(t + 1), "259:1 0");
	at += t->next;
	t = target_at(&r, at);
	assert_int_equal(t->sector_start, 12288);
	assert_string_equal(t->target_type, "error");
	assert_string_equal((const char *)(t + 1), "");
	assert_int_equal(at + t->next, r.io->data_size);
	dm_request_free(&r);
}

/* The kernel writes its answer over what it was asked. */
static void test_reset(void **state)
{
	struct dm_request r;

	(void)state;
	assert_int_equal(dm_request_make(&r, DM_DEV_SUSPEND, "a", DM_SUSPEND_FLAG, NULL), 0);
	assert_int_equal(r.io->data_size, sizeof(*r.io));
	r.io->flags = DM_ACTIVE_PRESENT_FLAG;
	r.io->dev = 7;
	r.io->data_size = 1;
	dm_request_reset(&r);
	assert_int_equal(r.io->flags, DM_SUSPEND_FLAG);
	assert_int_equal(r.io->dev, 0);
	assert_int_equal(r.io->data_size, sizeof(*r.io));
	dm_request_free(&r);
	dm_request_free(&r);
}

static void test_what_is_no_request(void **state)
{
	static const char *const tables[] = {
		"0 16\n",	    "x 16 linear 259:0 0\n",	 "0 -\n", "-1 16 linear 259:0 0\n",
		"0 16\nlinear a\n", "0 16 abcdefghijklmnopq 1\n"};
	char name[DM_NAME_LEN + 1];
	struct dm_request r;

	(void)state;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		assert_int_equal(dm_request_make(&r, DM_TABLE_LOAD, "a", 0, tables[i]), -EINVAL);
		assert_null(r.io);
	}
	assert_int_equal(dm_request_make(&r, DM_DEV_CREATE, "", 0, NULL), -EINVAL);
	memset(name, 'a', DM_NAME_LEN);
	name[DM_NAME_LEN] = '\0';
	assert_int_equal(dm_request_make(&r, DM_DEV_CREATE, name, 0, NULL), -EINVAL);
	dm_request_free(&r);
}

static void test_vmalloc_areas(void **state)
{
	static const char text[] =
		"0xffff-0xffff   12288 dm_table_create+0x6b/0xe0 [dm_mod] pages=2 vmalloc N0=2\n"
		"0xffff-0xffff    8192 acpi_os_map_iomem+0x1/0x2 phys=0x1000 ioremap\n"
		"0xffff-0xffff   20480 bpf_map_area_alloc+0x1/0x2 pages=4 vmalloc\n"
		"0xffff-0xffff  135168 dm_vcalloc+0x1/0x2 [dm_mod] pages=32 vmalloc";

	(void)state;
	assert_int_equal(kmem_vmalloc_bytes(text, "dm_"), 34 * 4096);
	assert_int_equal(kmem_vmalloc_bytes(text, "nothing"), 0);
	assert_int_equal(kmem_vmalloc_bytes("", "dm_"), 0);
}

static void test_sizes_are_sorted(void **state)
{
	static const uint64_t bytes[] = {192, 16, 192, 131072, 16, 64};
	struct kmem_held held = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++)
		assert_int_equal(kmem_add_size(&held, bytes[i]), 0);
	assert_int_equal(held.n_sizes, 4);
	assert_int_equal(held.sizes[0].bytes, 16);
	assert_int_equal(held.sizes[0].objects, 2);
	assert_int_equal(held.sizes[1].bytes, 64);
	assert_int_equal(held.sizes[2].objects, 2);
	assert_int_equal(held.sizes[3].bytes, 131072);
	for (uint64_t i = held.n_sizes; i < KMEM_SIZES_MAX; i++)
		assert_int_equal(kmem_add_size(&held, 200000 + i), 0);
	assert_int_equal(kmem_add_size(&held, 1000), -ENOSPC);
	assert_int_equal(kmem_add_size(&held, 192), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_table),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_what_is_no_request),
		cmocka_unit_test(test_vmalloc_areas),
		cmocka_unit_test(test_sizes_are_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
