// SPDX-License-Identifier: GPL-2.0-only
/* fio's job files, and what it writes: JSON, latency logs, its mappings.  The first byte says
 * which. */
#include "bench/fiojob/fio_job.h"
#include "bench/fiojob/fiojob.h"
#include "tests/fuzz/fuzz.h"

static void read_json(const char *text)
{
	char why[256] = "";
	json_t *root = fio_json_parse(text, why, sizeof(why));
	struct fio_sum sum;

	FUZZ_ASSERT(root || *why);
	FUZZ_ASSERT(fio_json_version(root));
	FUZZ_ASSERT(fio_json_job(root, "read.4k", false, "clat", &sum, why, sizeof(why)) < 0 ||
		    (sum.ios >= 0 && sum.n >= 0 && sum.min_ns >= 0));
	json_decref(root);
}

static void read_log(const char *text)
{
	const struct fio_sum sum = {.n = 2, .min_ns = 1, .max_ns = 2, .mean_ns = 1.5};
	struct fio_sample samples[8];
	char why[256] = "";
	int n = fio_log_parse(text, samples, 8, why, sizeof(why));
	size_t kept = n < 0 ? 0 : n < 8 ? (size_t)n : 8;

	FUZZ_ASSERT(n >= 0 || *why);
	fio_log_agrees(samples, kept, &sum, why, sizeof(why));
	for (size_t i = 0; i < kept; i++)
		FUZZ_ASSERT(samples[i].ns >= 0);
	FUZZ_ASSERT(fio_median_ns(samples, kept) >= 0);
}

static void copy_job(const uint8_t *data, size_t size)
{
	FILE *out = fopen("/dev/null", "we");

	FUZZ_ASSERT(out);
	fiojob_copy(fuzz_file(0, data, size), out);
	fclose(out);
}

/* A job that is accepted is the same when it is read again. */
static void read_job(const char *text)
{
	char *word;

	if (!fio_job_load(text)) {
		json_t *job = fio_job_json();

		word = strdup(fio_job_word());
		FUZZ_ASSERT(word && bench_fio.variants[0].name);
		fio_job_free();
		FUZZ_ASSERT(!fio_job_again(job) && fio_job_word());
		json_decref(job);
		free(word);
	}
	fio_job_free();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data + !!size, size - !!size);
	struct fio_mapping mappings[4];

	if (size && data[0] == 'j')
		read_json(text);
	else if (size && data[0] == 'l')
		read_log(text);
	else if (size && data[0] == 'm')
		FUZZ_ASSERT(fio_mappings(text, "/mnt/data", mappings, 4) <= 4);
	else if (size && data[0] == 'u')
		read_job(text);
	else if (size)
		copy_job(data + 1, size - 1);
	free(text);
	return 0;
}
