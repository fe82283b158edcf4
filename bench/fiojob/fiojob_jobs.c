// SPDX-License-Identifier: GPL-2.0-only
/* Writes the job file of a run of fio: the jobs of workloads/, and options that no job may
 * override. */
#include "bench/fiojob/fiojob.h"

#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/base/text_file.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
	SAMPLES_INSN = 64,
	PASS_BYTES = 16 << 20, /* at most, of one job */
};

uint64_t fiojob_bytes(const struct variant *variant)
{
	const struct fiojob_plan *plan = variant->arg;

	return plan->bytes ? plan->bytes : timed_ops_size_of(variant->name);
}

/* A section ends when it has accessed the whole file. */
size_t fiojob_ios(const struct bench_env *env, const struct fiojob *f,
		  const struct variant *variant)
{
	size_t n = env->cell.meter->kind == METER_INSN ? SAMPLES_INSN : FIOJOB_SAMPLES_MAX;
	size_t most = PASS_BYTES / fiojob_bytes(variant);
	size_t whole = f->data.bytes / fiojob_bytes(variant);

	most = whole < most ? whole : most;
	return n < most ? n : most;
}

static void size_word(const struct variant *variant, char word[24])
{
	uint64_t bytes = fiojob_bytes(variant);
	bool m = !(bytes % (1 << 20)), k = !(bytes % 1024);

	snprintf(word, 24, "%" PRIu64 "%s",
		 m   ? bytes >> 20
		 : k ? bytes >> 10
		     : bytes,
		 m   ? "m"
		 : k ? "k"
		     : "");
}

void fiojob_same_as(const struct variant *variant, char metric[64])
{
	const struct fiojob_plan *plan = variant->arg;
	char word[24];

	size_word(variant, word);
	snprintf(metric, 64, "%s.%s", plan->same_as ? plan->same_as : "", word);
	if (!plan->same_as)
		metric[0] = '\0';
}

/* No two jobs write the same. */
uint64_t fiojob_pattern(const struct fiojob *f, const struct variant *variant)
{
	uint64_t number = (uint64_t)(fiojob_result((struct fiojob *)f, variant) - f->results);

	return htobe64(UINT64_C(0x0100f1005a5a5a5a) + ((number + 1) << 32));
}

/* If an option is given twice, fio uses the last one, but adds up file names. */
static void write_fixed(const struct bench_env *env, const struct fiojob *f,
			const struct variant *variant, const char *name, FILE *jobs)
{
	fprintf(jobs,
		"\nname=%s\nbs=%" PRIu64 "\nsize=%" PRIu64
		"\nnumber_ios=%zu\nnumjobs=1\niodepth=1\n"
		"thread=1\nrandseed=1\ntime_based=0\nruntime=%d\nstonewall\nwrite_lat_log=%s\n"
		"log_offset=1\nper_job_logs=0\nclocksource=clock_gettime\ndisk_util=0\n",
		name, fiojob_bytes(variant), f->data.bytes, fiojob_ios(env, f, variant),
		FIOJOB_LIMIT_S, name);
}

struct copy {
	FILE *out;
	char seen[4096]; /* what the job says: newline, word, newline, word, ..., newline */
};

/* Notes that the job has the option at text.  Returns 0, or -EINVAL after one error line. */
static int note_word(struct copy *copy, const char *path, unsigned int line, const char *text)
{
	const char *blanks = " \t", *at = text + strspn(text, blanks);
	int len = *at == '[' ? 1 : (int)strcspn(at, "= \t");
	char word[256];

	if (!*at || *at == '#' || *at == ';')
		return 0;
	snprintf(word, sizeof(word), "\n%.*s\n", len, at);
	if (strstr(copy->seen, word)) {
		msg_error("%s:%u:%zu: %s", path, line, (size_t)(at - text) + 1,
			  *at == '[' ? "a second job; expected one job per file"
				     : "this option is given twice");
		return -EINVAL;
	}
	if (len > 200 || strlen(copy->seen) + strlen(word) > sizeof(copy->seen)) {
		msg_error("%s:%u: too many options", path, line);
		return -EINVAL;
	}
	strcat(copy->seen, word + 1);
	return 0;
}

static int copy_line(void *arg, const char *path, unsigned int line, char *text)
{
	struct copy *copy = arg;
	int rc = note_word(copy, path, line, text);

	if (!rc)
		fprintf(copy->out, "%s\n", text);
	return rc;
}

int fiojob_copy(const char *path, FILE *jobs)
{
	char *text;
	struct copy copy = {.out = memory_stream(&text), .seen = "\n"};
	int rc = copy.out ? text_file_read(path, "fio job", copy_line, &copy) : -ENOMEM;

	if (copy.out && fclose(copy.out) && !rc)
		rc = -ENOMEM;
	if (!rc)
		fputs(text, jobs);
	free(text);
	return rc;
}

void fiojob_name(const struct variant *variant, enum fiojob_pass pass, char name[64])
{
	snprintf(name, 64, "%s%s", pass == FIOJOB_PROBED ? "probed." : "", variant->name);
}

/* Returns whether the job is in the file. */
static bool write_job(const struct bench_env *env, struct fiojob *f, const struct variant *variant,
		      enum fiojob_pass pass, FILE *jobs)
{
	const struct fiojob_plan *plan = variant->arg;
	struct fiojob_result *r = fiojob_result(f, variant);
	char name[64], path[PATH_MAX];
	int rc = 0;

	if (r->ops.why[0])
		return false;
	snprintf(path, sizeof(path), "%s/%s.fio", place("workloads"), plan->job ? plan->job : "");
	if (plan->job)
		rc = fiojob_copy(path, jobs);
	else
		fprintf(jobs, "[%s]\n%sfilename=${FILE}\n", variant->name, plan->options);
	if (rc < 0) {
		timed_ops_void(&r->ops, "cannot read %s: %s", path, strerror(-rc));
		return false;
	}
	fiojob_name(variant, pass, name);
	write_fixed(env, f, variant, name, jobs);
	fputs("allow_file_create=0\n", jobs);
	if (plan->write)
		fprintf(jobs, "buffer_pattern=0x%016" PRIx64 "\nscramble_buffers=0\n",
			be64toh(fiojob_pattern(f, variant)));
	fio_write_stops(jobs, name);
	return true;
}

struct fiojob_null *fiojob_null_like(struct fiojob *f, const struct variant *variant)
{
	const struct fiojob_plan *plan = variant->arg;
	struct fiojob_null *null = f->nulls;
	char name[40], word[24];

	size_word(variant, word);
	snprintf(name, sizeof(name), "null.%s.%s", plan->write ? "write" : "read", word);
	for (; null < f->nulls + f->n_nulls; null++)
		if (!strcmp(null->name, name))
			return null;
	if (f->n_nulls == FIOJOB_NULLS_MAX)
		return NULL;
	f->n_nulls++;
	memcpy(null->name, name, sizeof(name));
	null->like = variant;
	return null;
}

static void write_null(const struct bench_env *env, const struct fiojob *f,
		       const struct fiojob_null *null, FILE *jobs)
{
	const struct fiojob_plan *plan = null->like->arg;

	fprintf(jobs, "[null]\nioengine=null\nrw=%s\n", plan->write ? "randwrite" : "randread");
	write_fixed(env, f, null->like, null->name, jobs);
}

/* Writes the jobs of one pass that need dax=never, or the others. */
static unsigned int write_pass(struct bench_env *env, struct fiojob *f, const struct variant *list,
			       bool never, enum fiojob_pass pass, FILE *jobs)
{
	unsigned int n = 0;

	for (const struct variant *v = list; v->name; v++) {
		const struct fiojob_plan *plan = v->arg;

		if ((plan->by == FIOJOB_BIO) != never || !env->wanted(env, v) ||
		    !write_job(env, f, v, pass, jobs))
			continue;
		fiojob_null_like(f, v);
		n++;
	}
	return n;
}

/*
 * Jobs on dax=never come first: the remount after them needs all files closed, and fio's mmap
 * engine leaves mappings behind.
 */
unsigned int fiojob_write(struct bench_env *env, struct fiojob *f, const struct variant *list,
			  FILE *jobs)
{
	unsigned int n = 0;

	for (int never = 1; never >= 0; never--) {
		n += write_pass(env, f, list, never, FIOJOB_TIMED, jobs);
		write_pass(env, f, list, never, FIOJOB_PROBED, jobs);
	}
	for (unsigned int i = 0; i < f->n_nulls && n; i++)
		write_null(env, f, &f->nulls[i], jobs);
	return n;
}
