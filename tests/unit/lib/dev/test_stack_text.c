// SPDX-License-Identifier: GPL-2.0-only
/* Text of dmsetup and LVM, the stacks that it becomes, and the tables that are made of them. */
#include "lib/base/bytes.h"
#include "lib/dev/stack.h"
#include "lib/dev/stack_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIB (UINT64_C(1) << 20)

enum { WORDS_MAX = 4 };

#define ARTICLE_LINEAR                    \
	"0 8249344 linear /dev/pmem0 0\n" \
	"8249344 8249344 linear /dev/pmem1 0\n"

#define VGCFG(segments)                                                                       \
	"# made by vgcfgbackup\n"                                                             \
	"contents = \"Text Format Volume Group\"\nversion = 1\n"                              \
	"vg-0 {\n\textent_size = 8192\n\tseqno = 3\n\tstatus = [\"RESIZEABLE\", \"READ\"]\n"  \
	"physical_volumes { pv0 { device = \"/dev/pmem0\" pe_start = 384 pe_count = 7679 }\n" \
	" pv1 { device = \"[unknown]\" pe_start = 4096 } }\n"                                 \
	"logical_volumes { data {\n" segments " } } }\n"

/* One segment, of so many extents. */
#define SEGMENT(extents, type, rest)                                                              \
	"segment_count = 1 segment1 { start_extent = 0 extent_count = " extents " type = \"" type \
	"\" " rest " }"
#define LV(name, segment) name " { " segment " }\n"
/* A volume that LVM uses itself, and one of n extents of a physical volume. */
#define HIDDEN(name, segment) name " { status = [\"READ\", \"WRITE\"] " segment " }\n"
#define AREA(name, n, pv, at) \
	HIDDEN(name, SEGMENT(n, "striped", "stripe_count = 1 stripes = [ \"" pv "\", " at " ]"))
#define VG(volumes)                                           \
	"vg { extent_size = 8192 physical_volumes {\n"        \
	"pv0 { device = \"/dev/pmem0\" pe_start = 2048 }\n"   \
	"pv1 { device = \"/dev/pmem1\" pe_start = 2048 } }\n" \
	"logical_volumes {\n" volumes "} }\n"

/* kind, text, words */
static const struct {
	const char *kind, *text;
	const char *words[WORDS_MAX];
	const char *note; /* part of it, or NULL */
} texts[] = {
	{"table:",
	 ARTICLE_LINEAR,
	 {"table:stem-0da4fe17=8249344 linear A 0;8249344 linear B 0"},
	 "the device is on /dev/pmem0, /dev/pmem1"},
	{"table:",
	 "0 16498688 striped 2 4096 /dev/pmem0 0 /dev/pmem1 0",
	 {"table:stem-2af3e09c=16498688 striped 2 4096 A 0 B 0"},
	 NULL},
	/* Blanks, comments, CRLF; named, numbers instead of nodes. */
	{"table:",
	 "# comment\n\nd: 0 8  linear\t259:3 16\r\n",
	 {"table:stem-6b8b4567=8 linear A 16"},
	 "d is on 259:3"},
	/* Nested by name, by /dev/mapper, by dm-N and numbers from `dmsetup ls`. */
	{"table:",
	 "a: 0 8 linear /dev/pmem0 0\nb: 0 8 linear /dev/mapper/a 0\nc: 0 8 linear 253:1 0\n"
	 "d: 0 8 linear /dev/dm-2 0\na\t(253:0)\nb\t(253:1)\nc\t(253, 2)\nd\t(253:3)\n",
	 {"table:stem-6b8b4567=8 linear A 0|8 linear a 0|8 linear b 0|8 linear c 0"},
	 NULL},
	/* Two devices: the number of device-mapper can only be the other one. */
	{"table:",
	 "top: 0 8 linear 254:7 0\nlow: 0 8 linear 259:0 0\n",
	 {"table:stem-6b8b4567=8 linear A 0|8 linear a 0"},
	 NULL},
	/* Two stacks, and a target that the model does not have. */
	{"table:",
	 "x: 0 800 linear /dev/pmem1 8\ny: 0 800 crypt aes-xts-plain64 00ff 0 /dev/pmem0 0 1 "
	 "allow_discards\n",
	 {"table:stem.x-6b8b4567=800 linear A 8",
	  "table:stem.y-6b8b4567=800 other crypt aes-xts-plain64 00ff 0 @A 0 1 allow_discards"},
	 NULL},
	{"table:",
	 "vg-lv--1: 0 8 linear /dev/pmem0 0\nt: 0 8 snapshot /dev/vg/lv-1 /dev/pmem1 P 8\n",
	 {"table:stem-6b8b4567=8 linear A 0|8 other snapshot @a @B P 8"},
	 NULL},
	/* vgcfgbackup: one segment, two, stripes, a volume that is missing. */
	{"lvm:",
	 VGCFG("segment_count = 1 segment1 { start_extent = 0 extent_count = 2816 type = "
	       "\"striped\" stripe_count = 1 stripes = [ \"pv0\", 3000 ] }"),
	 {"lvm:stem-92abd860=23068672 linear A 24576384"},
	 "vg--0-data is on /dev/pmem0"},
	{"lvm:",
	 VGCFG("segment_count = 2\nsegment2 { start_extent = 1 extent_count = 4 type = "
	       "\"striped\" stripe_count = 2 stripe_size = 8\nstripes = [ \"pv0\", 1,\n\"pv1\", 0 "
	       "]\n}\nsegment1 { start_extent = 0 extent_count = 1 type = \"striped\" "
	       "stripe_count = 1 stripes = [\"pv0\", 0] }"),
	 {"lvm:stem-6b8b4567=8192 linear A 384;32768 striped 2 8 A 8576 B 4096"},
	 "/dev/pmem0, /dev/pv1"},
	/* lvs, as in the case: sizes are rounded down to whole extents. */
	{"lvm:",
	 "  LV   VG Attr       LSize  Layout  #Str Devices\n"
	 "  app  vg -wi-a----- <2.87t striped    2 /dev/pmem0(5120),/dev/pmem1(5120)\n"
	 "  db   vg -wi-a----- 20.00g striped    2 /dev/pmem0(0),/dev/pmem1(0)\n",
	 {"lvm:stem.vg-app-3266bd0c=6163267584 striped 2 128 A 41945088 B 41945088",
	  "lvm:stem.vg-db-d39999a5=41943040 striped 2 128 A 2048 B 2048"},
	 "stripes of 64 KiB are assumed"},
	/* Two segments of a volume, an empty column, the size of stripes asked for. */
	{"lvm:",
	 "  LV   VG Attr       Pool #Str Type    SSize  Stripe Devices\n"
	 "  data vg -wi-a-----         1 linear  4.00m       0 /dev/pmem0(7)\n"
	 "  data vg -wi-a-----         2 striped 8.00m   4.00k /dev/pmem0(0),/dev/pmem1(0)\n",
	 {"lvm:stem-6b8b4567=8192 linear A 59392;16384 striped 2 8 A 2048 B 2048"},
	 "no first extent: extents of 4 MiB from 1 MiB on are assumed"},
};

/* The word with the digest that its tables have: most of those above are not written out. */
static const char *with_digest(const char *word, char buf[512])
{
	const char *tables = stack_text_tables(word);
	char digest[9];

	assert_non_null(tables);
	stack_text_digest(tables, digest);
	snprintf(buf, 512, "%.*s%s=%s", (int)(tables - 9 - word), word, digest, tables);
	return buf;
}

static void texts_become_stacks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct words words = {0};
		char note[512], why[512], expected[512];
		size_t n = 0;
		int rc = stack_text_expand_memory(texts[i].kind, "stem", NULL, texts[i].text,
						  &words, note, sizeof(note), why, sizeof(why));

		assert_string_equal(why, "");
		assert_int_equal(rc, 0);
		while (n < WORDS_MAX && texts[i].words[n])
			n++;
		assert_int_equal(words.n, n);
		for (size_t k = 0; k < n; k++) {
			struct stack_spec spec;

			assert_string_equal(words.list[k],
					    with_digest(texts[i].words[k], expected));
			assert_int_equal(stack_parse(words.list[k], &spec, why, sizeof(why)), 0);
		}
		if (texts[i].note)
			assert_non_null(strstr(note, texts[i].note));
		words_free(&words);
	}
}

/* The ids of metrics never change. */
static void names_are_stable(void **state)
{
	struct words words = {0};
	char note[512], why[512], name[STACK_TEXT_NAME_CHARS];

	(void)state;
	assert_int_equal(stack_text_expand_memory("table:", "my tables.v2.txt", NULL,
						  ARTICLE_LINEAR, &words, note, sizeof(note), why,
						  sizeof(why)),
			 0);
	assert_string_equal(stack_text_name(words.list[0], name), "table:my-tables.v2-0da4fe17");
	assert_string_equal(stack_text_name("linear:16,align=4k", name), "linear:16,align=4k");
	assert_true(stack_text_is_file("table:a=b/linear.table"));
	assert_false(stack_text_is_file(words.list[0]));
	assert_false(stack_text_is_file(name));
	words_free(&words);
}

/* One device of the text, also one that others use. */
static void a_device_can_be_chosen(void **state)
{
	static const char text[] =
		"a: 0 8 linear /dev/pmem0 0\nb: 0 8 linear /dev/mapper/a 0\nc: 0 8 zero\n";
	struct words words = {0};
	char note[512], why[512], name[STACK_TEXT_NAME_CHARS];

	(void)state;
	assert_int_equal(stack_text_expand_memory("table:", "t", "a", text, &words, note,
						  sizeof(note), why, sizeof(why)),
			 0);
	assert_int_equal(words.n, 1);
	assert_memory_equal(stack_text_name(words.list[0], name), "table:t.a-", 10);
	assert_int_equal(stack_text_expand_memory("table:", "t", "x", text, &words, note,
						  sizeof(note), why, sizeof(why)),
			 -EINVAL);
	assert_string_equal(why, "t:1: the text has no device x");
	words_free(&words);
}

static const struct {
	const char *kind, *text, *why;
} errors[] = {
	{"table:", "", "stem:1: the text has no device"},
	{"table:", "0 8 linear /dev/pmem0\n",
	 "stem:1: field 5: expected an offset in sectors, the "
	 "line ends"},
	{"table:", "0 8 linear /dev/pmem0 0 0\n",
	 "stem:1: field 6: expected the end of the line, "
	 "got '0'"},
	{"table:", "0 8 linear /dev/pmem0 +8\n",
	 "stem:1: field 5: expected an offset in sectors, "
	 "got '+8'"},
	{"table:", "0 8 linear pmem0 8\n",
	 "stem:1: field 4: expected a device, /dev/NAME or MAJOR:MINOR; got 'pmem0'"},
	{"table:", "0 0 linear /dev/pmem0 0\n",
	 "stem:1: field 2: expected a length in sectors, got "
	 "'0'"},
	{"table:", "0 8 zero\n0 8 zero\n",
	 "stem:2: field 1: a target begins where the one before "
	 "ends, at 8; got 0"},
	{"table:", "0 8\n", "stem:1: field 3: expected a target such as linear"},
	{"table:", "d:\n", "stem:1: field 2: the device has no table"},
	{"table:", "d: 0 8 zero\n8 8 zero\n",
	 "stem:2: field 1: expected NAME: as in the lines "
	 "before, got '8'"},
	{"table:", "linear\n",
	 "stem:1: field 1: expected START LENGTH TARGET, or NAME: before them "
	 "as `dmsetup table` prints it; got 'linear'"},
	{"table:", "0 24 striped 2 8 /dev/pmem0 0 /dev/pmem1 0\n",
	 "stem:1: field 2: dm-stripe takes no length that is not a multiple of stripes x chunk, 16 "
	 "sectors; got 24"},
	{"table:", "0 8 striped 2 4 /dev/pmem0 0\n",
	 "stem:1: field 8: expected a device, the line "
	 "ends"},
	{"table:", "a: 0 8 linear /dev/mapper/b 0\nb: 0 8 linear /dev/mapper/a 0\n",
	 "stem:1: every device is a part of another one, or of LVM's own"},
	{"table:", "t: 0 8 linear 253:0 0\na: 0 8 linear 259:0 0\nb: 0 8 linear 259:0 8\n",
	 "stem:1: field 5: 253:0 is a device of device-mapper, and the text does not say which; "
	 "append the output of `dmsetup ls`"},
	{"lvm:", "0 8 linear /dev/pmem0 0\n",
	 "stem:1: field 1: expected what vgcfgbackup writes, or `lvs --segments -o +devices` with "
	 "its headings"},
	{"lvm:", "LV VG Attr #Str Type SSize\n",
	 "stem:1: no column Devices: which extents a volume has is not known; give the output of "
	 "`lvs --segments -o +devices`"},
	{"lvm:", "LV LSize Devices\na 20x /dev/pmem0(0)\n",
	 "stem:2: field 2: expected a size such as 20.00g, got '20x'"},
	{"lvm:", "LV LSize Devices\na 20g pmem0(0)\n",
	 "stem:2: field 3: expected /dev/DEVICE(EXTENT), ...; got 'pmem0(0)'"},
	{"lvm:", "LV LSize Devices\na 20g /dev/pmem0(0)\na 20g /dev/pmem0(9)\n",
	 "stem:3: a has several segments and the text has no column SSize; give the output of `lvs "
	 "--segments -o +devices`"},
	{"lvm:", "LV Type LSize Devices\na raid1 20g /dev/pmem0(0)\n",
	 "stem:2: field 2: what a segment of type raid1 consists of is not in the text of lvs; "
	 "give the text of vgcfgbackup, or table:FILE with the output of `dmsetup table`"},
	{"lvm:", "vg {\n extent_size = \n}\n",
	 "stem:3: expected a number or a \"string\", got '}'"},
	{"lvm:", "vg {\n extent_size = 8192\n", "stem:3: expected }, the text ends"},
	{"lvm:", "vg { extent_size = 8192 }", "stem:1: vg has no logical_volumes"},
	{"lvm:", VGCFG("segment_count = 1"), "stem:10: data has no segment1"},
	{"lvm:", VGCFG(SEGMENT("8", "vdo", "")),
	 "stem:11: segments of type vdo: dm-vdo needs a volume that vdoformat(8) wrote, which is "
	 "not run"},
	{"lvm:", VGCFG(SEGMENT("8", "integrity", "")),
	 "stem:11: segments of type integrity: dm-integrity needs metadata that integritysetup(8) "
	 "wrote"},
	{"lvm:", VGCFG(SEGMENT("8", "future", "")),
	 "stem:11: segments of type future are not known; give table:FILE with the output of "
	 "`dmsetup table`"},
	{"lvm:", VGCFG(SEGMENT("8", "thin", "thin_pool = \"data\"")),
	 "stem:11: segment1 has no device_id"},
	{"lvm:", VGCFG(SEGMENT("8", "thin", "device_id = 1 thin_pool = \"none\"")),
	 "stem:11: thin_pool: no volume is called none"},
	{"lvm:", VGCFG(SEGMENT("8", "raid1", "device_count = 2 raids = [ \"a\", \"b\" ]")),
	 "stem:11: segment1: expected 4 values in raids"},
	{"lvm:", VGCFG(SEGMENT("8", "cache", "cache_pool = \"data\" origin = \"data\"")),
	 "stem:11: segment1: no cache-pool is called data"},
	{"lvm:",
	 VGCFG("segment_count = 1 segment1 { start_extent = 0 extent_count = 1 type = \"striped\" "
	       "stripe_count = 1 stripes = [ \"pv9\", 0 ] }"),
	 "stem:11: stripes: no volume is called pv9"},
	{"lvm:",
	 VG(LV("n", SEGMENT("1", "striped", "stripe_count = 1 stripes = [ \"pv1\", 0 ]")) HIDDEN(
		 "snapshot0", SEGMENT("4", "snapshot", "chunk_size = 8 cow_store = \"n\""))),
	 "stem:6: this snapshot has no origin"},
};

/* Volumes of other types than linear and striped, as LVM's own tables of them are. */
static const struct {
	const char *text, *tables[2]; /* of each stack */
} lvm_types[] = {
	{VG(LV("m", SEGMENT("4", "mirror",
			    "mirror_count = 2 mirror_log = \"m_mlog\" region_size = 1024 mirrors = "
			    "[ \"m_mimage_0\", 0, \"m_mimage_1\", 0 ]"))
		    AREA("m_mlog", "1", "pv0", "0") AREA("m_mimage_0", "4", "pv0", "1")
			    AREA("m_mimage_1", "4", "pv1", "0")),
	 {"8192 linear A 2048|32768 linear A 10240|32768 linear B 2048|"
	  "32768 other mirror disk 2 @a 1024 2 @b 0 @c 0 1 handle_errors"}},
	{VG(LV("r", SEGMENT("4", "raid1",
			    "device_count = 2 region_size = 4096 raids = [ \"r_rmeta_0\", "
			    "\"r_rimage_0\", \"r_rmeta_1\", \"r_rimage_1\" ]"))
		    AREA("r_rmeta_0", "1", "pv0", "0") AREA("r_rimage_0", "4", "pv0", "1")
			    AREA("r_rmeta_1", "1", "pv1", "0") AREA("r_rimage_1", "4", "pv1", "1")),
	 {"8192 linear A 2048|32768 linear A 10240|8192 linear B 2048|32768 linear B 10240|"
	  "32768 other raid raid1 3 0 region_size 4096 2 @a @b @c @d"}},
	{VG(LV("s", SEGMENT("4", "raid0",
			    "stripe_count = 2 stripe_size = 128 raid0_lvs = [ \"s_rimage_0\", "
			    "\"s_rimage_1\" ]")) AREA("s_rimage_0", "2", "pv0", "0")
		    AREA("s_rimage_1", "2", "pv1", "0")),
	 {"16384 linear A 2048|16384 linear B 2048|32768 other raid raid0 1 128 2 - @a - @b"}},
	/* The spare of the pool's metadata is no stack, nor is the pool. */
	{VG(LV("t", SEGMENT("2", "thin", "thin_pool = \"pool\" device_id = 1")) LV(
		 "u", SEGMENT("9", "thin", "thin_pool = \"pool\" device_id = 2"))
		    LV("pool",
		       SEGMENT("4", "thin-pool",
			       "metadata = \"pool_tmeta\" pool = \"pool_tdata\" chunk_size = 128 "
			       "zero_new_blocks = 1")) AREA("lvol0_pmspare", "1", "pv1", "9")
			    AREA("pool_tmeta", "1", "pv1", "0")
				    AREA("pool_tdata", "4", "pv0", "0")),
	 {"8192 linear A 2048|32768 linear B 2048|32768 other thin-pool @a @b 128 0|"
	  "16384 other thin @c 1",
	  "8192 linear A 2048|32768 linear B 2048|32768 other thin-pool @a @b 128 0|"
	  "73728 other thin @c 2"}},
	{VG(LV("c", SEGMENT("4", "cache", "cache_pool = \"p\" origin = \"c_corig\"")) HIDDEN(
		 "p", SEGMENT("1", "cache-pool",
			      "data = \"p_cdata\" metadata = \"p_cmeta\" chunk_size = 128 "
			      "metadata_format = 2 cache_mode = \"writeback\" policy = \"smq\""))
		    AREA("p_cdata", "1", "pv1", "1") AREA("p_cmeta", "1", "pv1", "0")
			    AREA("c_corig", "4", "pv0", "0")),
	 {"8192 linear A 2048|8192 linear A 10240|32768 linear B 2048|"
	  "32768 other cache @a @b @c 128 2 metadata2 writeback smq 0"}},
	{VG(LV("c",
	       SEGMENT("4", "cache+CACHE_USES_CACHEVOL",
		       "cache_pool = \"f_cvol\" origin = \"c_corig\" chunk_size = 128 cache_mode "
		       "= \"writethrough\" policy = \"smq\" metadata_start = 0 metadata_len = "
		       "16384 data_start = 16384 data_len = 16384")) AREA("f_cvol", "4", "pv1", "0")
		    AREA("c_corig", "4", "pv0", "0")),
	 {"32768 linear A 2048|16384 linear a 0|16384 linear a 16384|32768 linear B 2048|"
	  "32768 other cache @b @c @d 128 1 writethrough smq 0"}},
	{VG(LV("w", SEGMENT("4", "writecache",
			    "origin = \"w_wcorig\" writecache = \"f_cvol\" writecache_block_size = "
			    "4096")) AREA("f_cvol", "1", "pv1", "0")
		    AREA("w_wcorig", "4", "pv0", "0")),
	 {"32768 linear A 2048|8192 linear B 2048|32768 other writecache p @a @b 4096 0"}},
	/* Of a snapshot both volumes are seen: what is written to the origin is copied. */
	{VG(LV("o", SEGMENT("4", "striped", "stripe_count = 1 stripes = [ \"pv0\", 0 ]"))
		    LV("n", SEGMENT("1", "striped", "stripe_count = 1 stripes = [ \"pv1\", 0 ]"))
			    HIDDEN("snapshot0",
				   SEGMENT("4", "snapshot",
					   "chunk_size = 8 origin = \"o\" cow_store = \"n\""))),
	 {"32768 linear A 2048|32768 other snapshot-origin @a",
	  "32768 linear A 2048|8192 linear B 2048|32768 other snapshot @a @b P 8"}},
	{VG(LV("z",
	       "segment_count = 2 segment1 { start_extent = 0 extent_count = 1 type = "
	       "\"striped\" stripe_count = 1 stripes = [ \"pv0\", 0 ] } segment2 { start_extent = "
	       "1 extent_count = 3 type = \"error\" }")),
	 {"8192 linear A 2048;24576 error"}},
};

static void types_of_lvm_become_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lvm_types); i++) {
		struct words words = {0};
		char note[512], why[512];
		size_t n = 1 + !!lvm_types[i].tables[1];

		assert_int_equal(stack_text_expand_memory("lvm:", "stem", NULL, lvm_types[i].text,
							  &words, note, sizeof(note), why,
							  sizeof(why)),
				 0);
		assert_int_equal(words.n, n);
		for (size_t k = 0; k < n; k++) {
			struct stack_spec spec;

			assert_string_equal(stack_text_tables(words.list[k]),
					    lvm_types[i].tables[k]);
			assert_int_equal(stack_parse(words.list[k], &spec, why, sizeof(why)), 0);
		}
		words_free(&words);
	}
}

static void errors_name_line_and_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct words words = {0};
		char note[512], why[512];

		assert_int_equal(stack_text_expand_memory(errors[i].kind, "stem", NULL,
							  errors[i].text, &words, note,
							  sizeof(note), why, sizeof(why)),
				 -EINVAL);
		assert_string_equal(why, errors[i].why);
		words_free(&words);
	}
}

/* tables, sizes of the namespaces, span; the table of the top, and what is said */
static const struct {
	const char *tables;
	uint64_t a_sectors, b_sectors, span_bytes;
	const char *top, *why;
} fits[] = {
	/* As written. */
	{"8192 linear A 0;8192 linear B 0", 8192, 8192, 4 * MIB,
	 "0 8192 linear A 0\n8192 8192 linear B 0\n", ""},
	/* Each segment by the same ratio, each at the front of its namespace. */
	{"8249344 linear A 0;8249344 linear B 0", 1536000, 1306624, 256 * MIB,
	 "0 262144 linear A 0\n262144 262144 linear B 0\n", "made shorter to fit"},
	{"16498688 striped 2 4096 A 0 B 0", 1536000, 1536000, 256 * MIB,
	 "0 524288 striped 2 4096 A 0 B 0\n", "made shorter to fit"},
	{"6163267584 linear A 2048", 1048576, 1048576, 64 * MIB, "0 126976 linear A 2048\n",
	 "126,976 sectors of 6,163,267,584 (less than 1 %)"},
	/* What an offset and a length have past 2 MiB is kept, and so is the order below. */
	{"23068672 linear A 24576384", 1048576, 1048576, 64 * MIB, "0 131072 linear A 384\n",
	 "made shorter to fit"},
	{"1000001 linear A 9000000;1000000 linear A 7999999", 100000, 100000, 16 * MIB,
	 "0 12865 linear A 13376\n12865 12864 linear A 511\n", "made shorter to fit"},
	/* Of three devices of 8 MiB two are data; the metadata are as large. */
	{"16384 linear A 0|16384 linear A 16384|16384 linear A 32768|16384 linear B 0|16384 linear "
	 "B "
	 "16384|16384 linear B 32768|32768 other raid raid5_ls 3 128 region_size 1024 3 @a @b @c "
	 "@d @e "
	 "@f",
	 49152, 49152, 64 * MIB,
	 "0 32768 raid raid5_ls 3 128 region_size 1024 3 daxdm daxdm daxdm daxdm daxdm daxdm\n",
	 ""},
	{"1638400 linear A 0|1638400 linear B 0|3276800 other raid raid0 1 128 2 - @a - @b", 40960,
	 40960, 64 * MIB, "0 81920 raid raid0 1 128 2 - daxdm - daxdm\n", "made shorter to fit"},
	/* The article's table, twice as long as the first of two unequal members. */
	{"3072000 striped 2 4096 A 0 B 0", 1536000, 1306624, 256 * MIB, NULL,
	 "it needs 1,536,000 sectors of each namespace, B has 1,306,624: the namespaces are not "
	 "equal, and a table over them is as long as the smallest one allows"},
	{"8192 linear A 0;8192 linear A 4096", 100000, 100000, 64 * MIB, NULL,
	 "two segments use the same sectors, or a segment ends behind the end of its device"},
	{"8192 linear A 0|8193 linear a 0", 100000, 100000, 64 * MIB, NULL,
	 "two segments use the same sectors, or a segment ends behind the end of its device"},
	{"4096 linear A 0;4096 linear A 8192;4096 linear A 16384", 8192, 8192, 64 * MIB, NULL,
	 "it does not fit the namespaces, not even with segments of 2 MiB"},
	/* Linear over striped: the row of chunks stays whole on both levels. */
	{"4194304 striped 2 128 A 0 B 2048|4194304 linear a 0;4096 linear B 4194304", 200000,
	 200000, 64 * MIB, "0 122880 linear daxdm 0\n122880 4096 linear B 65536\n",
	 "made shorter to fit"},
};

static const char *without_pid(const char *table, char buf[512])
{
	const char *daxdm;
	size_t used = 0;

	while ((daxdm = strstr(table, "/dev/mapper/daxdm-"))) {
		used += (size_t)snprintf(buf + used, 512 - used, "%.*sdaxdm", (int)(daxdm - table),
					 table);
		table = daxdm + strcspn(daxdm, " \n");
	}
	snprintf(buf + used, 512 - used, "%s", table);
	return buf;
}

static void tables_fit_or_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(fits); i++) {
		const struct namespace ns[] = {
			{.node = "A", .size_bytes = fits[i].a_sectors * SECTOR_BYTES},
			{.node = "B", .size_bytes = fits[i].b_sectors * SECTOR_BYTES},
		};
		struct stack *stack = calloc(1, sizeof(*stack));
		struct stack_spec spec;
		char word[512], text[512], why[512] = "", *table;
		int rc;

		snprintf(text, sizeof(text), "table:t-00000000=%s", fits[i].tables);
		with_digest(text, word);
		assert_int_equal(stack_parse(word, &spec, why, sizeof(why)), 0);
		rc = stack_describe(&spec, ns, 2, fits[i].span_bytes, stack, why, sizeof(why));
		if (!fits[i].top) {
			assert_true(rc < 0);
			assert_non_null(strstr(why, fits[i].why));
			free(stack);
			continue;
		}
		assert_int_equal(rc, 0);
		table = graph_table(&stack->graph, stack->device);
		assert_string_equal(without_pid(table, text), fits[i].top);
		assert_true(*fits[i].why ? strstr(stack->note, fits[i].why) != NULL
					 : !*stack->note);
		assert_true(!*stack->note || stack->size_bytes <= fits[i].span_bytes);
		free(table);
		graph_destroy(&stack->graph);
		free(stack);
	}
}

static void parse_why(const char *text, char *why, size_t size)
{
	struct stack_spec spec;

	assert_int_equal(stack_parse(text, &spec, why, size), -EINVAL);
}

static void words_of_another_name_are_refused(void **state)
{
	char why[320];

	(void)state;
	parse_why("table:t-00000000=8 linear A 0", why, sizeof(why));
	assert_non_null(strstr(why, "the tables belong to another name: it ends with -"));
	parse_why("table:t-0da4fe17", why, sizeof(why));
	assert_non_null(strstr(why, "=TABLES after the name"));
	parse_why("table:t-0da4fe17=8 nonsense A 0", why, sizeof(why));
	assert_non_null(strstr(why, "expected tables as in run.jsonl"));
	parse_why("table:t-0da4fe17=8 zero", why, sizeof(why));
	assert_non_null(strstr(why, "expected tables as in run.jsonl"));
}

/* Depths, and what gives no DAX. */
static void what_is_on_the_way_is_known(void **state)
{
	static const struct {
		const char *tables, *not_direct;
		unsigned int depth, depth_min, members;
		bool direct;
	} cases[] = {
		{"8192 linear A 0;8192 linear B 0", NULL, 1, 1, 2, true},
		{"8192 linear A 0|8192 linear a 0;8192 linear A 8192", NULL, 2, 1, 1, true},
		{"8192 striped 2 8 A 0 B 0|8192 linear a 0", NULL, 2, 2, 2, true},
		{"8192 linear A 0|8192 other log-writes @a @B", NULL, 2, 2, 2, true},
		{"8192 other writecache p @A @B 4096 0", "writecache", 1, 0, 2, false},
		{"8192 other thin-pool @A @B 128 0|800 other thin @a 0", "thin", 2, 0, 2, false},
		{"8192 linear A 0;8 zero", "zero", 1, 1, 1, false},
	};
	const struct namespace ns[] = {
		{.node = "A", .size_bytes = 64 * MIB, .mode = NAMESPACE_FSDAX},
		{.node = "B", .size_bytes = 64 * MIB, .mode = NAMESPACE_FSDAX},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stack *stack = calloc(1, sizeof(*stack));
		struct stack_spec spec;
		char word[512], text[512], why[512] = "";

		snprintf(text, sizeof(text), "table:t-00000000=%s", cases[i].tables);
		assert_int_equal(stack_parse(with_digest(text, word), &spec, why, sizeof(why)), 0);
		assert_int_equal(spec.depth, cases[i].depth);
		assert_int_equal(spec.depth_min, cases[i].depth_min);
		assert_int_equal(spec.members, cases[i].members);
		assert_int_equal(stack_describe(&spec, ns, 2, 32 * MIB, stack, why, sizeof(why)),
				 0);
		assert_int_equal(stack_is_direct(stack), cases[i].direct);
		if (cases[i].not_direct)
			assert_string_equal(stack_not_direct(stack), cases[i].not_direct);
		else
			assert_null(stack_not_direct(stack));
		graph_destroy(&stack->graph);
		free(stack);
	}
}

/* A text of more namespaces than there are: each is a part of one, in order of appearance. */
static const struct {
	const char *tables, *top, *parts, *note;
} shares[] = {
	{"8192 linear A 0;8192 linear B 4096;8192 linear C 0",
	 "0 8192 linear A1 0\n8192 8192 linear B1 4096\n16384 8192 linear A2 0\n",
	 "A 0 49152, B 0 102400, A 49152 49152",
	 "A1, B1, A2 are in the place of its 3 namespaces: there are 2"},
	{"65536 striped 4 4096 A 0 B 0 C 0 D 0", "0 65536 striped 4 4096 A1 0 B1 0 A2 0 B2 0\n",
	 "A 0 49152, B 0 49152, A 49152 49152, B 49152 49152",
	 "A1, B1, A2, B2 are in the place of its 4 namespaces: there are 2"},
	/* A member whose place the model does not know has a device of its own. */
	{"32768 linear A 0;32768 linear B 0|65536 other writecache p @a @C 4096 0",
	 "0 65536 writecache p daxdm A2 4096 0\n", "A 0 49152, B 0 102400, A 49152 49152",
	 "A1, B1, A2 are in the place"},
};

static void more_members_than_namespaces_share_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(shares); i++) {
		const struct namespace ns[] = {
			{.node = "A", .size_bytes = 100000 * SECTOR_BYTES},
			{.node = "B", .size_bytes = 103000 * SECTOR_BYTES},
		};
		struct stack *stack = calloc(1, sizeof(*stack));
		char word[512], text[512], why[512] = "", parts[256] = "", *table;
		struct stack_spec spec;

		snprintf(text, sizeof(text), "table:t-00000000=%s", shares[i].tables);
		with_digest(text, word);
		assert_int_equal(stack_parse(word, &spec, why, sizeof(why)), 0);
		assert_int_equal(stack_fits(&spec, ns, 2, 64 * MIB, why, sizeof(why)), 0);
		if (!strstr(why, shares[i].note))
			fail_msg("%s", why);
		assert_int_equal(stack_describe(&spec, ns, 2, 64 * MIB, stack, why, sizeof(why)),
				 0);
		for (unsigned int d = 0; d < stack->graph.n; d++) {
			const struct graph_device *device = &stack->graph.devices[d];
			size_t used = strlen(parts);

			if (device->kind == GRAPH_PARTITION)
				snprintf(parts + used, sizeof(parts) - used, "%s%s %ju %ju",
					 used ? ", " : "",
					 stack->graph.devices[device->on.device].node,
					 (uintmax_t)device->on.offset_sectors,
					 (uintmax_t)device->size_sectors);
		}
		assert_string_equal(parts, shares[i].parts);
		table = graph_table(&stack->graph, stack->device);
		assert_string_equal(without_pid(table, text), shares[i].top);
		free(table);
		graph_destroy(&stack->graph);
		free(stack);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_become_stacks),
		cmocka_unit_test(names_are_stable),
		cmocka_unit_test(a_device_can_be_chosen),
		cmocka_unit_test(types_of_lvm_become_targets),
		cmocka_unit_test(errors_name_line_and_field),
		cmocka_unit_test(tables_fit_or_are_refused),
		cmocka_unit_test(more_members_than_namespaces_share_them),
		cmocka_unit_test(words_of_another_name_are_refused),
		cmocka_unit_test(what_is_on_the_way_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
