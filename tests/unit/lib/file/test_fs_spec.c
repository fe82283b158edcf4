// SPDX-License-Identifier: GPL-2.0-only
/* The notation of filesystems, the mkfs command that it stands for, and where external devices
 * are placed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/bytes.h"
#include "lib/file/fs.h"
#include "lib/file/fs_external.h"

#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void reads(const char *text, struct fs_spec *spec)
{
	char why[512] = "";

	if (fs_spec_parse(text, spec, why, sizeof(why)) < 0)
		fail_msg("%s: %s", text, why);
}

static void reads_options(void **state)
{
	struct fs_spec s;

	(void)state;
	reads("xfs", &s);
	assert_string_equal(s.type, "xfs");
	assert_true(fs_spec_is_plain(&s) && fs_spec_is_aligned(&s));
	reads("xfs:default", &s);
	assert_true(s.is_default && !fs_spec_is_plain(&s) && !fs_spec_is_aligned(&s));
	reads("xfs:mkfs=-b size=1024,mount=noatime", &s);
	assert_string_equal(s.mkfs, "-b size=1024");
	assert_string_equal(s.mount, "noatime");
	assert_false(fs_spec_is_aligned(&s));
	reads("xfs:mkfs=[-d su=2m,sw=1 -K],mount=[noatime,logbsize=64k]", &s);
	assert_string_equal(s.mkfs, "-d su=2m,sw=1 -K");
	assert_string_equal(s.mount, "noatime,logbsize=64k");
	reads("ext4:mount=noatime,journal=linear", &s);
	assert_true(fs_spec_is_aligned(&s) && !fs_spec_is_plain(&s));
	assert_int_equal(s.external[FS_EXTERNAL_LOG], FS_PLACE_LINEAR);
	assert_int_equal(s.external[FS_EXTERNAL_REALTIME], FS_PLACE_NONE);
	reads("xfs:rtdev=partition,logdev=namespace", &s);
	assert_int_equal(s.external[FS_EXTERNAL_LOG], FS_PLACE_NAMESPACE);
	assert_int_equal(s.external[FS_EXTERNAL_REALTIME], FS_PLACE_PARTITION);
}

/* The text is the identity of what is measured: however the same options are written, it is the
 * same, and it reads back as itself. */
static void one_text_for_the_same_options(void **state)
{
	static const char *const same[][2] = {
		{"ext4", "ext4"},
		{"xfs:default", "xfs:default"},
		{"xfs:mkfs=-K", "xfs:mkfs=-K"},
		{"xfs:mkfs=[-K]", "xfs:mkfs=-K"},
		{"xfs:mkfs=-b size=1024", "xfs:mkfs=[-b size=1024]"},
		{"xfs:mkfs=[-b size=1024]", "xfs:mkfs=[-b size=1024]"},
		{"xfs:mount=noatime,mkfs=-K", "xfs:mkfs=-K,mount=noatime"},
		{"xfs:rtdev=linear,mount=[noatime,nodev],logdev=linear,default",
		 "xfs:default,mount=[noatime,nodev],logdev=linear,rtdev=linear"},
		{"ext4:journal=partition,mount=[noatime]", "ext4:mount=noatime,journal=partition"},
	};
	struct fs_spec s;

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		reads(same[i][0], &s);
		assert_string_equal(s.text, same[i][1]);
		reads(same[i][1], &s);
		assert_string_equal(s.text, same[i][1]);
	}
}

static void says_what_it_expects(void **state)
{
	static const char *const wrong[][2] = {
		{"", "unknown filesystem ''; expected ext4 or xfs"},
		{"btrfs", "unknown filesystem 'btrfs'; expected ext4 or xfs"},
		{"xf:default", "unknown filesystem 'xf'"},
		{"xfs:",
		 "column 5: expected default, mkfs=OPTIONS, mount=OPTIONS, logdev=DEVICE or "
		 "rtdev=DEVICE, got ''"},
		{"xfs:default,", "column 13: expected default, "},
		{"xfs:mkfs", "column 5: expected default, mkfs=OPTIONS"},
		{"xfs:default=1", "column 5: expected default, mkfs=OPTIONS"},
		{"xfs:journal=linear", "column 5: expected default, mkfs=OPTIONS"},
		{"ext4:logdev=linear", "or journal=DEVICE, got 'logdev'"},
		{"ext4:mkfs=", "column 11: expected options after mkfs="},
		{"xfs:mkfs=[-K", "column 10: expected a ']'"},
		{"xfs:mkfs=[-K]x", "column 14: expected a comma or the end, got 'x'"},
		{"xfs:mkfs=-d su=2m,sw=1",
		 "column 19: expected default, mkfs=OPTIONS, mount=OPTIONS, logdev=DEVICE or "
		 "rtdev=DEVICE, got 'sw'; a value with a comma is in brackets: mkfs=[-d "
		 "su=2m,sw=1]"},
		{"xfs:mkfs=size=1024", "column 10: expected options of mkfs.xfs, got 'size=1024'"},
		{"xfs:mkfs=-K  -q", "expected single blanks"},
		{"xfs:mkfs=-K,mkfs=-q", "column 13: mkfs is given twice"},
		{"xfs:mkfs=-K,default", "expected default or mkfs=, not both"},
		{"xfs:mkfs=-L {x}", "expected printable ASCII without quotes and brackets"},
		{"xfs:mkfs=-L\tx", "expected printable ASCII"},
		/* What is not named by --device is not written to. */
		{"xfs:mkfs=[-l logdev=/dev/sda]", "expected no '/': a device is named by logdev="},
		{"xfs:mkfs=-r rtdev=sda", "expected no 'rtdev='"},
		{"ext4:mkfs=-J device=LABEL",
		 "expected no 'device=': a device is named by journal="},
		{"xfs:mount=[noatime,dax=never]", "expected mount options other than dax and ro, "
						  "which benchmarks set, got 'dax=never'"},
		{"ext4:mount=ro", "got 'ro'"},
		{"ext4:mount=a b", "expected mount options with commas, no blanks"},
		{"xfs:logdev=pmem1", "expected namespace, partition or linear, got 'pmem1'"},
		{"xfs:logdev=", "expected namespace, partition or linear after logdev="},
	};
	char why[512], longest[FS_SPEC_TEXT_BYTES + 8] = "xfs:mkfs=-";
	struct fs_spec s;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		why[0] = '\0';
		assert_int_equal(fs_spec_parse(wrong[i][0], &s, why, sizeof(why)), -EINVAL);
		if (!strstr(why, wrong[i][1]))
			fail_msg("'%s' gives: %s", wrong[i][0], why);
	}
	memset(longest + strlen(longest), 'K', FS_SPEC_TEXT_BYTES - 10);
	assert_int_equal(fs_spec_parse(longest, &s, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "expected at most"));
}

/* The canonical text of the longest text that is accepted has room. */
static void the_longest_text_fits(void **state)
{
	char text[FS_SPEC_TEXT_BYTES] = "xfs:mkfs=- ", canonical[FS_SPEC_TEXT_BYTES], why[512];
	struct fs_spec s;
	size_t len;

	(void)state;
	memset(text + strlen(text), 'K', sizeof(text) - 1 - strlen(text));
	for (len = sizeof(text) - 1; fs_spec_parse(text, &s, why, sizeof(why)) < 0; len--)
		text[len - 1] = '\0';
	assert_true(len > 150);
	assert_int_equal(strlen(s.text), len + 2);
	strcpy(canonical, s.text);
	reads(canonical, &s);
	assert_string_equal(s.text, canonical);
}

static void words_keep_their_brackets(void **state)
{
	(void)state;
	assert_int_equal(fs_spec_word_len("ext4 xfs"), 4);
	assert_int_equal(fs_spec_word_len("xfs#c"), 3);
	assert_int_equal(fs_spec_word_len("xfs:mkfs=[-d su=2m #] ext4"), 21);
	assert_int_equal(fs_spec_word_len("xfs:mkfs=[-K"), 12);
	assert_int_equal(fs_spec_type_len("xfs:default"), 3);
	assert_int_equal(fs_spec_type_len("ext4"), 4);
}

static void tells_the_command(void **state)
{
	char command[512];
	struct fs_spec s;

	(void)state;
	reads("xfs:default,mount=noatime", &s);
	fs_mkfs_command(&s, command, sizeof(command));
	assert_string_equal(command, "mkfs.xfs -q -f");
	reads("ext4:mkfs=[-E stride=512,stripe_width=512]", &s);
	fs_mkfs_command(&s, command, sizeof(command));
	assert_string_equal(command, "mkfs.ext4 -q -F -E stride=512,stripe_width=512");
	reads("xfs", &s);
	fs_mkfs_command(&s, command, sizeof(command));
	assert_non_null(strstr(command, " -d su=2m,sw=1"));
}

static void places_devices(void **state)
{
	const struct namespace spare[2] = {{.node = "/dev/pmem1", .size_bytes = UINT64_C(1) << 30},
					   {.node = "/dev/pmem2", .size_bytes = 1 << 20}};
	struct fs_externals e;
	struct fs_spec s;
	char why[512];

	(void)state;
	reads("xfs", &s);
	assert_int_equal(fs_externals_place(&s, spare, 0, &e, why, sizeof(why)), 0);
	assert_null(e.device[FS_EXTERNAL_LOG].ns);
	reads("xfs:logdev=partition,rtdev=partition", &s);
	assert_int_equal(fs_externals_place(&s, spare, 2, &e, why, sizeof(why)), 0);
	assert_ptr_equal(e.device[FS_EXTERNAL_LOG].ns, &spare[0]);
	assert_ptr_equal(e.device[FS_EXTERNAL_REALTIME].ns, &spare[0]);
	assert_int_equal(e.device[FS_EXTERNAL_REALTIME].start_bytes,
			 fs_external_bytes(FS_EXTERNAL_LOG));
	assert_int_equal(fs_externals_place(&s, spare, 0, &e, why, sizeof(why)), -ENODEV);
	assert_non_null(
		strstr(why, "the log device of xfs:logdev=partition,rtdev=partition needs"));
	/* A namespace whose partition is in use cannot be claimed as a whole. */
	reads("xfs:logdev=partition,rtdev=linear", &s);
	assert_int_equal(fs_externals_place(&s, spare, 1, &e, why, sizeof(why)), -ENODEV);
	assert_int_equal(fs_externals_place(&s, spare, 2, &e, why, sizeof(why)), -ENOSPC);
	assert_non_null(strstr(why, "needs 512 MiB of /dev/pmem2, which has 1 MiB"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_options),
		cmocka_unit_test(one_text_for_the_same_options),
		cmocka_unit_test(says_what_it_expects),
		cmocka_unit_test(the_longest_text_fits),
		cmocka_unit_test(words_keep_their_brackets),
		cmocka_unit_test(tells_the_command),
		cmocka_unit_test(places_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
