// SPDX-License-Identifier: GPL-2.0-only
/* run.jsonl, of benchmarks or checks, through all that is made of it.  Inputs are mutated as JSON,
 * and records made to follow from their samples again, or the reader would refuse nearly all. */
#include "bench/table.h"
#include "cli/options/cli.h"
#include "lib/run/run_verify.h"
#include "report/html/run_page.h"
#include "report/plots/plotdata.h"
#include "tests/fuzz/fuzz_json.h"

/* Runs of this many inputs take seconds, not minutes: each is reported and compared. */
#define FUZZ_RUNS 2000

static void call(const struct verb *verb, ...)
{
	char *argv[16] = {(char *)verb->name};
	int argc = 1, status;
	va_list ap;

	va_start(ap, verb);
	while ((argv[argc] = va_arg(ap, char *)))
		argc++;
	va_end(ap);
	status = verb->run(argc, argv);
	FUZZ_ASSERT(status != 64 || verb == &verb_compare || verb == &verb_behaviour);
}

static void draw(const struct run *run)
{
	FILE *out = fopen("/dev/null", "we");
	struct tables tables = {.raw = -1};

	FUZZ_ASSERT(out && !tables_build(run, &tables));
	FUZZ_ASSERT(!run_page_write(&tables, "/nonexistent", out));
	FUZZ_ASSERT(!run_page_write_statistics(&tables, out));
	FUZZ_ASSERT(!plotdata_write(&tables, fuzz_directory()));
	tables_free(&tables);
	fclose(out);
}

static void judge(char *path)
{
	char *other = "tests/fuzz/corpus/run/coverage";

	call(&verb_verdicts, "--ktap", "/dev/null", "--junit", "/dev/null", path, other, NULL);
	call(&verb_behaviour, "--force", other, path, NULL);
	call(&verb_compare, "--force", "--json", "/dev/null", path, other, NULL);
	call(&verb_coverage, path, NULL);
}

static void compare(const struct run *run, char *path)
{
	bool is_time = !strcmp(run->context.meter, "time");
	char *fixture = "tests/fixtures/fixture-run.jsonl", *time = "tests/fuzz/corpus/run/time";
	char thrice[128];

	snprintf(thrice, sizeof(thrice), "%s,%s,%s", path, path, path);
	call(&verb_compare, "--all", "--force", "--json", "/dev/null", "--markdown", "/dev/null",
	     "--junit", "/dev/null", "--plot-data", fuzz_directory(), path,
	     is_time ? time : fixture, path, NULL);
	call(&verb_compare, "--all", "--force", is_time ? thrice : path, path, NULL);
	call(&verb_compare, "--stacks", "raw=>linear:1", path, path, NULL);
	call(&verb_identical, path, path, NULL);
	call(&verb_assert, "--metric", "tax:fault.read.warm.pte{stack=linear:1,fs=ext4}", "--max",
	     "90", path, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path = (char *)fuzz_file(0, data, size), why[1024] = "";
	struct run run;

	bench_register_roles();
	if (run_read(path, &run, why, sizeof(why)) < 0) {
		FUZZ_ASSERT(*why && !strchr(why, '\n'));
	} else {
		call(&verb_report, "--width", "80", path, NULL);
		if (run.context.checks) {
			judge(path);
		} else {
			compare(&run, path);
			draw(&run);
		}
	}
	run_free(&run);
	return 0;
}
