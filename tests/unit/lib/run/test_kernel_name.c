// SPDX-License-Identifier: GPL-2.0-only
/* A run with a replaced module is never told as one of the stock kernel, nor taken for one. */
#include "cli/driver/measure.h"
#include "lib/base/msg.h"
#include "lib/run/context.h"
#include "lib/run/kernel_name.h"
#include "lib/run/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/run_fixture.h"

static const char one[] =
	"{\"kernel\":{\"release\":\"6.1.0-9\",\"package\":\"image 6.1.5-1\"},\"replaced\":"
	"[{\"file\":\"dm-mod.ko\",\"module\":\"dm_mod\",\"build_id\":\"0123456789abcdef0123\"}]}";
static const char two[] = "{\"kernel\":{\"release\":\"6.1.0-9\"},\"replaced\":"
			  "[{\"file\":\"dm-mod.ko\",\"module\":\"dm_mod\",\"build_id\":\"01\"},"
			  "{\"file\":\"dax.ko\",\"module\":\"dax\",\"build_id\":null}]}";

static void expect_name(const char *text, const char *name, const char *suffix)
{
	json_t *context = json_loads(text, 0, NULL);
	char buf[512];

	assert_non_null(context);
	assert_string_equal(kernel_name(context, buf, sizeof(buf)), name);
	assert_string_equal(kernel_name_suffix(context, buf, sizeof(buf)), suffix);
	json_decref(context);
}

static void names(void **state)
{
	(void)state;
	expect_name("{\"kernel\":{\"release\":\"6.1.0-9\",\"package\":\"image 6.1.5-1\"}}",
		    "6.1.0-9 (image 6.1.5-1)", "");
	expect_name(one, "6.1.0-9 (image 6.1.5-1) with dm-mod.ko replaced (build-id 0123456789ab)",
		    "+dm-mod");
	expect_name(two,
		    "6.1.0-9 with dm-mod.ko replaced (build-id 01), dax.ko replaced (build-id "
		    "unknown)",
		    "+dm-mod+dax");
}

/* What emu/initramfs.sh leaves in the guest. */
static void what_was_replaced(void **state)
{
	char path[] = "/tmp/daxdm-replaced-XXXXXX";
	FILE *out = fdopen(mkstemp(path), "w");
	json_t *list, *want = json_loads(two, 0, NULL);

	(void)state;
	assert_non_null(out);
	fputs("dm-mod.ko dm_mod 01\ndax.ko dax \n", out);
	fclose(out);
	list = kernel_name_replaced(path);
	assert_true(json_equal(list, json_object_get(want, "replaced")));
	json_decref(list);
	json_decref(want);
	unlink(path);
	assert_null(kernel_name_replaced(path));
}

static bool stands_for(const char *dir, bool counters)
{
	char *stacks[] = {"raw"}, *fs[] = {"ext4"}, *benches[] = {"fault"}, *list[] = {(char *)dir};
	const struct measurement m = {
		.meter = "insn",
		.counters = counters,
		.whole = {.stacks = {stacks, 1}, .filesystems = {fs, 1}, .benches = {benches, 1}}};
	const struct target target = {.seed = 1};
	const struct words dirs = {list, 1};

	return measure_newest(&m, &target, "linux-image-fixture 6.1.192-1", &dirs);
}

/* A run with a replaced module, or without the events that are asked for, is not reused. */
static void which_runs_are_reused(void **state)
{
	static const char from[] = "\"fs\":[\"ext4\",\"xfs\"],\"benches\":[\"fault\",\"hop\"],"
				   "\"stacks\":[\"raw\",\"linear:1\",\"linear:16\","
				   "\"linear:16,align=4k\"]";
	json_t *build = context_build_digest();
	struct fixture f;
	char to[512];

	(void)state;
	snprintf(to, sizeof(to),
		 "\"stacks\":[\"raw\"],\"fs\":[\"ext4\"],\"metrics\":[\"fault\"],\"build\":\"%s\"",
		 json_string_value(build));
	fixture_make(&f, from, to);
	assert_true(stands_for(f.dir, false));
	assert_false(stands_for(f.dir, true));
	fixture_remove(&f);
	strcat(to, ",\"libperf\":\"6.1\"");
	fixture_make(&f, from, to);
	assert_true(stands_for(f.dir, false));
	assert_true(stands_for(f.dir, true));
	fixture_remove(&f);
	snprintf(
		to, sizeof(to),
		"\"stacks\":[\"raw\"],\"fs\":[\"ext4\"],\"metrics\":[\"fault\"],\"build\":\"%s\","
		"\"replaced\":[{\"file\":\"dm-mod.ko\",\"module\":\"dm_mod\",\"build_id\":\"01\"}]",
		json_string_value(build));
	fixture_make(&f, from, to);
	assert_false(stands_for(f.dir, false));
	fixture_remove(&f);
	json_decref(build);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(what_was_replaced),
		cmocka_unit_test(which_runs_are_reused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
