// SPDX-License-Identifier: GPL-2.0-only
/* run.jsonl, of benchmarks or checks, through all that is made of it.  Inputs are mutated as JSON,
 * and records made to follow from their samples again, or the reader would refuse nearly all. */
#include "cli/cli.h"
#include "cli/html.h"
#include "cli/plotdata.h"
#include "lib/run_verify.h"
#include "tests/fuzz/fuzz_json.h"

/* Runs of this many inputs take seconds, not minutes: each is reported and compared. */
#define FUZZ_RUNS 2000

static char *directory(void)
{
	static char dir[] = "/tmp/daxdm-fuzz-XXXXXX";
	static bool made;

	FUZZ_ASSERT(made || mkdtemp(dir));
	made = true;
	return dir;
}

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
	FUZZ_ASSERT(!html_write(&tables, "/nonexistent", out));
	FUZZ_ASSERT(!plotdata_write(&tables, directory()));
	tables_free(&tables);
	fclose(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path = (char *)fuzz_file(0, data, size),
	     *fixture = "tests/fixtures/fixture-run.jsonl";
	char *checks = "tests/fixtures/check-run.jsonl", why[1024] = "";
	struct run run;

	if (run_read(path, &run, why, sizeof(why)) < 0) {
		FUZZ_ASSERT(*why && !strchr(why, '\n'));
		run_free(&run);
		return 0;
	}
	call(&verb_report, "--width", "80", path, NULL);
	call(&verb_compare, "--all", "--force", "--json", "/dev/null", "--markdown", "/dev/null",
	     "--junit", "/dev/null", "--plot-data", directory(), path, fixture, NULL);
	call(&verb_compare, "--all", "--force", path, run.context.checks ? checks : path, NULL);
	if (run.context.checks) {
		call(&verb_verdicts, path, NULL);
		call(&verb_behaviour, "--force", checks, path, NULL);
		call(&verb_coverage, path, NULL);
	} else {
		draw(&run);
		call(&verb_identical, path, path, NULL);
		call(&verb_assert, "--metric", "hop.map{stack=raw}", "--max", "90", path, NULL);
	}
	run_free(&run);
	return 0;
}
