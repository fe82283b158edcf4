// SPDX-License-Identifier: GPL-2.0-only
/* Tables, findings, page and plot data of a hand-made run, and daxdm identical on its variations.
 */
#include "bench/table.h"
#include "cli/draw.h"
#include "cli/options/cli.h"
#include "lib/base/msg.h"
#include "report/findings/counters_report.h"
#include "report/findings/findings.h"
#include "report/html/run_page.h"
#include "report/plots/plotdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/number.h"
#include "tests/unit/run_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct opened {
	struct fixture f;
	struct run run;
	struct tables tables;
};

static void open_made(struct opened *o)
{
	char why[512] = "";

	if (run_read(o->f.dir, &o->run, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	assert_int_equal(tables_build(&o->run, &o->tables), 0);
}

static void open_fixture(struct opened *o, const char *from, const char *to)
{
	fixture_make(&o->f, from, to);
	open_made(o);
}

static void open_median(struct opened *o, int from, int to)
{
	fixture_make_median(&o->f, from, to);
	open_made(o);
}

static void close_fixture(struct opened *o)
{
	tables_free(&o->tables);
	run_free(&o->run);
	fixture_remove(&o->f);
}

static char *sentences(const struct tables *tables,
		       void (*of)(const struct tables *, findings_say *, void *))
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	of(tables, fixture_sentence, out);
	fclose(out);
	return text;
}

static void assert_lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("\"%s\" in:\n%s", part, text);
}

static void test_numbers(void **state)
{
	(void)state;
	assert_string_equal(number(0).s, "0");
	assert_string_equal(number(999).s, "999");
	assert_string_equal(number(1000).s, "1,000");
	assert_string_equal(number(-1234567).s, "-1,234,567");
	assert_string_equal(number_signed(188).s, "+188");
	assert_string_equal(number_signed(-1200).s, "-1,200");
	assert_string_equal(number_signed(0).s, "+0");
	assert_string_equal(number_percent(188, 4035).s, "+4.7 %");
}

static void test_findings(void **state)
{
	static const char *const want[] = {
		"huge pages lost: 16 of 16 windows on linear:16,align=4k (ext4); a whole window "
		"takes one fault of 4,600 and 511 faults of 4,224 insn instead of one of 5,900 "
		"(2,163,064 insn, 367x raw)\n",
		"ext4: no huge page lost on the other 3 stacks: 2 MiB pages map all 48 windows\n",
		"ext4: dm-linear with 16 segments adds 188 insn (+4.7 %) to a warm 4 KiB read "
		"fault: median 4,223, raw 4,035; +140 insn with 1 segment, +188 with 16: on "
		"average 12 insn per doubling\n",
		"ext4: a cold 4 KiB read fault on raw costs 4,305 insn, +270 (+6.7 %) over a warm",
		"adds 188 insn (+3.2 %) to a warm 2 MiB read fault: median 6,088, raw 5,900",
		("no filesystem: dm-linear with 1 segment adds 120 insn (+133.3 %) to hop map: "
		 "median 210, raw 90\n"),
	};
	struct opened o;
	char *text;

	(void)state;
	open_fixture(&o, NULL, NULL);
	text = sentences(&o.tables, findings_numbers);
	for (size_t i = 0; i < COUNT(want); i++)
		assert_holds(text, want[i]);
	assert_lacks(text, " ns");
	free(text);
	close_fixture(&o);
}

/* The fixture with one more row, whose raw is 1,000 and whose dm-linear stacks are as given; a
 * median of 0 leaves the stack out. */
static void open_growing(struct opened *o, int with_1, int with_16, int with_64)
{
	static const char record[] =
		"{\"type\":\"record\",\"id\":\"fault.odd.cold.pte{stack=%s,fs=ext4}\","
		"\"bench\":\"fault\",\"variant\":\"odd.cold.pte\",\"stack\":\"%s\",\"fs\":\"ext4\","
		"\"segments\":%d,\"unit\":\"insn\",\"better\":\"lower\",\"meter\":\"insn\",\"n\":1,"
		"\"min\":%d,\"p10\":%d,\"median\":%d,\"mean\":%d,\"p90\":%d,\"p99\":%d,\"max\":%"
		"d,"
		"\"digest\":\"fnv1a64:0000000f\",\"samples\":[[%d,1]],\"overhead\":30}\n";
	const struct {
		const char *stack;
		int segments, median;
	} stacks[] = {
		{"raw", 0, 1000},
		{"linear:1", 1, with_1},
		{"linear:16", 16, with_16},
		{"linear:64", 64, with_64},
	};
	char lines[4096] = "";

	for (size_t i = 0; i < COUNT(stacks); i++) {
		int m = stacks[i].median;
		size_t used = strlen(lines);

		if (m)
			snprintf(lines + used, sizeof(lines) - used, record, stacks[i].stack,
				 stacks[i].stack, stacks[i].segments, m, m, m, m, m, m, m, m);
	}
	strcat(lines, "{\"type\":\"end\"");
	open_fixture(o, "{\"type\":\"end\"", lines);
}

/* A sentence names what grows, with the shape that fits; what does not grow is not named. */
static void test_growing(void **state)
{
	static const struct {
		int with_1, with_16, with_64;
		const char *says; /* NULL: nothing grows */
	} cases[] = {
		{1600, 3100, 7900,
		 "ext4: odd.cold.pte grows with the number of dm-linear segments: 1,000 insn on "
		 "raw, 1,600 with 1, 7,900 with 64 (7.9x raw); linear, 100 insn per segment "
		 "(R2 1.000, logarithmic fit 0.784)\n"},
		{1200, 1600, 1800,
		 "ext4: odd.cold.pte grows with the number of dm-linear segments: 1,000 insn on "
		 "raw, 1,200 with 1, 1,800 with 64 (1.8x raw); 100 insn per doubling (R2 1.000, "
		 "linear fit 0.784)\n"},
		{1200, 1800, 0,
		 "ext4: odd.cold.pte grows with the number of dm-linear segments: 1,000 insn on "
		 "raw, 1,200 with 1, 1,800 with 16 (1.8x raw); 150 insn per doubling (two stacks "
		 "only, shape unknown)\n"},
		{1200, 1400, 1700, NULL},
		{1911, 1911, 1911, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct opened o;
		char *text;

		open_growing(&o, cases[i].with_1, cases[i].with_16, cases[i].with_64);
		text = sentences(&o.tables, findings_numbers);
		if (!cases[i].says) {
			assert_lacks(text, "grows");
		} else {
			const char *at = strstr(text, cases[i].says);

			assert_holds(text, cases[i].says);
			/* The order that findings_main() promises. */
			assert_holds(text, " adds 188 insn (+4.7 %)");
			assert_true(strstr(text, " adds 188 insn (+4.7 %)") < at);
			assert_true(at < strstr(text, "huge pages lost"));
		}
		free(text);
		close_fixture(&o);
	}
}

/* The range is that of one stack, the plain one with the most segments. */
static void test_range(void **state)
{
	struct opened o;
	char *text;

	(void)state;
	open_growing(&o, 1600, 3100, 0);
	text = sentences(&o.tables, findings_numbers);
	assert_holds(text, "ext4: DM overhead of 4 fault variants on linear:16: min +188 (");
	assert_holds(text, "), median +188, max +2,100 insn (odd.cold.pte)\n");
	free(text);
	close_fixture(&o);
}

/* A stack with options is named where it differs from the plain one of as many segments. */
static void test_odd(void **state)
{
	struct opened o;
	char *text;

	(void)state;
	open_fixture(&o, NULL, NULL);
	text = sentences(&o.tables, findings_numbers);
	assert_lacks(text, "linear:16,align=4k adds 189");
	free(text);
	close_fixture(&o);
	open_median(&o, 4224, 4535);
	text = sentences(&o.tables, findings_numbers);
	assert_holds(text, "ext4: linear:16,align=4k adds 500 insn (+12.4 %) to a warm 4 KiB read "
			   "fault: median 4,535, raw 4,035\n");
	free(text);
	close_fixture(&o);
}

static void add_file(const char *dir, const char *name, char *text, size_t size)
{
	size_t used = strlen(text);
	char path[128];
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	in = fopen(path, "re");
	assert_non_null(in);
	assert_true(fread(text + used, 1, size - used - 1, in) > 0);
	fclose(in);
}

/* Settings and words; the settings are fit for gnuplot to execute. */
static char *plot_settings(const struct tables *tables)
{
	enum { SIZE = 32768 };
	char dir[] = "/tmp/daxdm-plotdata-XXXXXX", command[128], *rest = NULL;
	char *text = calloc(1, SIZE), *copy;

	assert_non_null(text);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(plotdata_write(tables, dir), 0);
	add_file(dir, "plot.gp", text, SIZE);
	copy = strdup(text);
	assert_non_null(copy);
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		assert_true(draw_line_is_numeric(line));
	free(copy);
	add_file(dir, "words.tsv", text, SIZE);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	return text;
}

static void test_plot_growing(void **state)
{
	struct opened o;
	char *text;

	(void)state;
	open_growing(&o, 1600, 3100, 7900);
	text = plot_settings(&o.tables);
	assert_holds(text, "draw_growth = 1\n");
	assert_holds(text, "\t0\tCost of a cold 4 KiB odd fault grows by 100 insn per segment: "
			   "7.9x raw on ext4\n");
	assert_holds(text, "off the axis: see fault-growth and the table)");
	free(text);
	close_fixture(&o);
	open_growing(&o, 1911, 1911, 1911);
	text = plot_settings(&o.tables);
	assert_holds(text, "draw_growth = 0\n");
	assert_holds(text, "off the axis: see the table)");
	free(text);
	close_fixture(&o);
}

/* A stack that got cheaper than raw is not said to add anything. */
static void test_cheaper(void **state)
{
	struct opened o;
	char *text;

	(void)state;
	open_median(&o, 4223, 4000);
	text = sentences(&o.tables, findings_numbers);
	assert_holds(text,
		     "dm-linear with 16 segments removes 35 insn (-0.9 %) from a warm 4 KiB read");
	free(text);
	close_fixture(&o);
}

/* The record of a refused 2 MiB fault, on raw instead: not device-mapper's doing. */
static void test_refused_on_raw(void **state)
{
	struct opened o;
	char *text;

	(void)state;
	open_fixture(
		&o,
		"\"id\":\"fault.read.warm.fallback{stack=linear:16,align=4k,fs=ext4}\",\"bench\":"
		"\"fault\",\"variant\":\"read.warm.fallback\",\"stack\":\"linear:16,align=4k\"",
		"\"id\":\"fault.read.warm.fallback{stack=raw,fs=ext4}\",\"bench\":"
		"\"fault\",\"variant\":\"read.warm.fallback\",\"stack\":\"raw\"");
	text = sentences(&o.tables, findings_numbers);
	assert_non_null(strstr(text, "ext4: read.warm.fallback: "));
	assert_non_null(strstr(text, " faults on raw fell back from 2 MiB to 4 KiB, "));
	free(text);
	close_fixture(&o);
	open_fixture(&o, NULL, NULL);
	text = sentences(&o.tables, findings_numbers);
	assert_null(strstr(text, "on raw fell back"));
	free(text);
	close_fixture(&o);
}

static void test_nothing_lost(void **state)
{
	struct opened o;
	char *text;

	(void)state;
	open_fixture(&o, "\"pmd\":0,\"lost\":16", "\"pmd\":16,\"lost\":0");
	text = sentences(&o.tables, findings_numbers);
	assert_lacks(text, "huge pages lost");
	assert_holds(text, "no huge page lost on 4 stacks: 2 MiB pages map all 64 windows");
	free(text);
	close_fixture(&o);
}

static void test_gaps(void **state)
{
	struct opened o;
	char *text;

	(void)state;
	open_fixture(&o, NULL, NULL);
	text = sentences(&o.tables, findings_gaps);
	assert_holds(text, "void (proof failed): 7 of 8 faults were seen [1: "
			   "fault.read.cold.pte{stack=linear:1,fs=ext4}]");
	assert_holds(text, "skipped: no xfs module; cure: add it & retry [1: ");
	assert_holds(text, "not measured: xfs: no record at all");
	assert_holds(text,
		     "not measured: linear:16,align=4k on ext4, 1 of 3 variants: read.cold.pte");
	/* Void and lost cells have their own words; they are not "not measured". */
	assert_lacks(text, "not measured: linear:1 on ext4");
	free(text);
	close_fixture(&o);
}

/* Benchmarks asked for by GLOB: named as missing only when nothing matches. */
static void test_globs(void **state)
{
	struct opened o;
	char *text;

	(void)state;
	open_fixture(&o, "[\"fault\",\"hop\"]", "[\"fault.read.*\",\"hop\",\"fault.copy.*\"]");
	text = sentences(&o.tables, findings_gaps);
	assert_lacks(text, "benchmark fault.read");
	assert_lacks(text, "benchmark hop");
	assert_holds(text, "not measured: benchmark fault.copy.*: no record at all");
	free(text);
	close_fixture(&o);
}

static char *table_text(const struct tables *tables, int width)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	table_print(tables, out, width);
	fclose(out);
	return text;
}

/* Headings of tables and sections are sentences; rows start with a space. */
static size_t longest_row(const char *text)
{
	size_t longest = 0;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (*text == ' ' && strcspn(text, "\n") > longest)
			longest = strcspn(text, "\n");
	return longest;
}

static void test_table(void **state)
{
	struct opened o;
	char *text;

	(void)state;
	open_fixture(&o, NULL, NULL);
	text = table_text(&o.tables, 100);
	assert_holds(text, "ext4: median in insn per sample and signed DM overhead");
	assert_holds(text, "  read.warm  4,035  4,175 +140  4,223 +188  4,224 +189\n");
	assert_holds(text, "  read.cold  4,305        void  4,493 +188           -\n");
	assert_holds(text, "  read.warm  5,900  6,040 +140  6,088 +188        lost\n");
	assert_holds(text, "no filesystem: median in insn");
	assert_holds(text, "  map   90  210 +120\n");
	free(text);
	close_fixture(&o);
}

/* Narrow: the extra goes below, then the stacks into groups that all start with raw. */
static void test_table_narrow(void **state)
{
	static const int widths[] = {60, 45, 35, 30};
	struct opened o;

	(void)state;
	open_fixture(&o, NULL, NULL);
	for (size_t i = 0; i < COUNT(widths); i++) {
		char *text = table_text(&o.tables, widths[i]);

		assert_true(longest_row(text) <= (size_t)widths[i]);
		assert_holds(text, "4,035");
		assert_holds(text, "+189");
		assert_lacks(text, " \n");
		free(text);
	}
	close_fixture(&o);
}

#define COUNTERS(variant, minor)                                                 \
	"{\"type\":\"counters\",\"id\":\"fault." variant                         \
	"{stack=raw,fs=ext4}\",\"bench\":\"fault\",\"variant\":\"" variant       \
	"\",\"stack\":\"raw\",\"fs\":\"ext4\",\"operations\":200,\"counters\":{" \
	"\"cycles:k\":{\"unavailable\":\"no PMU\",\"cure\":\"get one\"},"        \
	"\"major-faults\":{\"value\":0},\"minor-faults\":{\"value\":" #minor     \
	"},\"instructions:k\":{\"value\":844600,\"ran_percent\":50.0}}}\n"

static void collect_counted(const struct tables *tables, findings_say *say, void *arg)
{
	counters_report_say(tables->run, say, arg);
}

static char *counted_text(const struct run *run)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	counters_report_tables(run, out);
	fclose(out);
	return text;
}

/* Equal counters are a sentence, others a table. */
static void test_counted(void **state)
{
	static const char end[] = "{\"type\":\"end\"";
	struct opened o;
	char *text;

	(void)state;
	open_fixture(
		&o, end,
		COUNTERS("read.cold.pte", 200) COUNTERS(
			"read.warm.pte",
			1) "{\"type\":\"counters\",\"id\":\"fault.cow{stack=raw,fs=ext4}\","
			   "\"bench\":\"fault\",\"variant\":"
			   "\"cow\","
			   "\"stack\":\"raw\",\"fs\":\"ext4\",\"void\":\"it went elsewhere\"}\n"
			   "{\"type\":\"end\"");
	text = sentences(&o.tables, collect_counted);
	assert_holds(text, "400 operations in 2 passes");
	assert_holds(text, "unavailable: cycles:k: no PMU; get one\n");
	assert_holds(text, "major-faults: 0 per operation in all passes\n");
	assert_holds(text, "instructions:k: ~4,223 per operation in all passes\n");
	assert_holds(text, "not counted: fault.cow{stack=raw,fs=ext4}: it went elsewhere\n");
	assert_lacks(text, "minor-faults");
	free(text);
	text = counted_text(&o.run);
	assert_holds(text, "ext4: minor-faults per operation\n");
	assert_holds(text, "  fault.read.cold.pte        1.00           -");
	assert_holds(text, "  fault.read.warm.pte  below 0.01           -");
	assert_holds(text, "  fault.cow                  void           -");
	assert_lacks(text, "cycles");
	assert_lacks(text, "major");
	free(text);
	assert_int_equal(o.run.n_unread, 0);
	close_fixture(&o);
}

static void test_html(void **state)
{
	struct opened o;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	open_fixture(&o, NULL, NULL);
	assert_int_equal(run_page_write(&o.tables, o.f.dir, out), 0);
	fclose(out);
	assert_holds(text, "<!DOCTYPE html>");
	assert_holds(text, "fixture &lt;cpu&gt;");
	assert_lacks(text, "fixture <cpu>");
	assert_holds(text, "add it &amp; retry");
	assert_holds(text, "<td>4,223<small>+188</small>");
	/* a row can be cited */
	assert_holds(text, "<tr id=\"ext4:fault.read.warm.pte\"><th scope=\"row\">"
			   "<a href=\"#ext4:fault.read.warm.pte\">read.warm</a></th>");
	assert_holds(text, "./run.sh bench --kernel 6.1.0-fixture");
	assert_holds(text, "</html>\n");
	free(text);
	out = open_memstream(&text, &size);
	assert_int_equal(run_page_write_statistics(&o.tables, out), 0);
	fclose(out);
	assert_holds(text, "id=\"ext4:fault.read.warm.pte\"><th colspan=\"9\" "
			   "scope=\"rowgroup\">fault.read.warm.pte</th>");
	assert_holds(text, "<tr><th scope=\"row\">linear:1</th><td>4,165<td>4,165"
			   "<td>4,175<td>4,236.3<td>4,675<td>4,675<td>4,675<td>8\n");
	free(text);
	close_fixture(&o);
}

static int call(const struct verb *verb, const char *a, const char *b, const char *c)
{
	char *argv[] = {(char *)verb->name, (char *)a, (char *)b, (char *)c, NULL};
	int argc = 1;

	while (argv[argc])
		argc++;
	return verb->run(argc, argv);
}

static void test_report_status(void **state)
{
	struct fixture f;

	(void)state;
	fixture_make(&f, NULL, NULL);
	assert_int_equal(call(&verb_report, "--quiet", f.dir, NULL), STATUS_GOOD);
	assert_int_equal(call(&verb_report, "--width", "5", f.dir), STATUS_USAGE);
	assert_int_equal(call(&verb_report, NULL, NULL, NULL), STATUS_USAGE);
	assert_int_equal(call(&verb_report, "--quiet", "/", NULL), STATUS_BROKEN);
	fixture_remove(&f);
	fixture_make(&f, "{\"type\":\"end\",\"status\":0}\n", "");
	assert_int_equal(call(&verb_report, "--quiet", f.dir, NULL), STATUS_BROKEN);
	fixture_remove(&f);
}

static void test_identical(void **state)
{
	const struct {
		const char *from, *to;
		int exact, medians;
	} cases[] = {
		{NULL, NULL, STATUS_GOOD, STATUS_GOOD},
		/* Another seed, date or way to boot leaves runs comparable. */
		{"\"boot\":\"fresh\",\"seed\":1", "\"boot\":\"snapshot\",\"seed\":2", STATUS_GOOD,
		 STATUS_GOOD},
		{"fnv1a64:00000007", "fnv1a64:10000007", STATUS_FAILED, STATUS_GOOD},
		{"hop.map{stack=linear:1}\",\"bench\":\"hop\",\"variant\":\"map\",\"stack\":"
		 "\"linear:1",
		 "hop.map{stack=linear:2}\",\"bench\":\"hop\",\"variant\":\"map\",\"stack\":"
		 "\"linear:2",
		 STATUS_FAILED, STATUS_FAILED},
		{"0123abcd", "0123abce", STATUS_NOT_COMPARABLE, STATUS_NOT_COMPARABLE},
		{"7.2.19", "10.0.2", STATUS_NOT_COMPARABLE, STATUS_NOT_COMPARABLE},
		{"\"mem_mib\":1024", "\"mem_mib\":2048", STATUS_NOT_COMPARABLE,
		 STATUS_NOT_COMPARABLE},
		{"{\"type\":\"end\",\"status\":0}\n", "", STATUS_BROKEN, STATUS_BROKEN},
		{"\"status\":0", "\"status\":4", STATUS_BROKEN, STATUS_BROKEN},
	};
	struct fixture a, b;

	(void)state;
	fixture_make(&a, NULL, NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		fixture_make(&b, cases[i].from, cases[i].to);
		assert_int_equal(call(&verb_identical, a.dir, b.dir, NULL), cases[i].exact);
		assert_int_equal(call(&verb_identical, b.dir, a.dir, NULL), cases[i].exact);
		assert_int_equal(call(&verb_identical, "--medians", a.dir, b.dir),
				 cases[i].medians);
		fixture_remove(&b);
	}
	fixture_make_median(&b, 4223, 4224);
	assert_int_equal(call(&verb_identical, a.dir, b.dir, NULL), STATUS_FAILED);
	assert_int_equal(call(&verb_identical, "--medians", a.dir, b.dir), STATUS_FAILED);
	fixture_remove(&b);
	assert_int_equal(call(&verb_identical, a.dir, NULL, NULL), STATUS_USAGE);
	fixture_remove(&a);
}

static void test_plotdata(void **state)
{
	static const char *const want[] = {
		"\tdm-linear with 16 segments, warm 4 KiB read fault: +188 insn (+4.7 %) on "
		"ext4\n",
		"draw_segments = 1\n",
		"draw_huge = 1\n",
		"panels = 1\n",
		"\tlinear:16,align=4k loses 16 of 16 huge pages on ext4: 2 MiB cost 2,163,064 "
		"insn, 367x raw\n",
	};
	char dir[] = "/tmp/daxdm-plotdata-XXXXXX", text[8192] = "", command[128], *settings;
	struct opened o;

	(void)state;
	assert_non_null(mkdtemp(dir));
	open_fixture(&o, NULL, NULL);
	settings = plot_settings(&o.tables);
	for (size_t i = 0; i < COUNT(want); i++)
		assert_holds(settings, want[i]);
	free(settings);
	assert_int_equal(plotdata_write(&o.tables, dir), 0);
	add_file(dir, "segments-1.tsv", text, sizeof(text));
	assert_holds(text, "\n1\t4175\t140\t1\t4175\t4175\t140\t140\n16\t4223\t188\t1\t4223\t4223\t"
			   "188\t188\n");
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	assert_true(plotdata_write(&o.tables, "/nowhere/at/all") < 0);
	close_fixture(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_plot_growing),
		cmocka_unit_test(test_cheaper),
		cmocka_unit_test(test_nothing_lost),
		cmocka_unit_test(test_refused_on_raw),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_globs),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_table_narrow),
		cmocka_unit_test(test_counted),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_report_status),
		cmocka_unit_test(test_identical),
		cmocka_unit_test(test_plotdata),
	};

	bench_register_roles();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
