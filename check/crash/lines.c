// SPDX-License-Identifier: GPL-2.0-only
#include "check/crash/lines.h"

#include "check/crash/cut.h"
#include "check/crash/operations.h"
#include "check/crash/worst_image.h"
#include "lib/base/random.h"
#include "lib/trace/bpf_complaint.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	ROUNDS = 10,
	ROUNDS_QUICK = 3,
	OPERATIONS = 120,
	RECORDS_PER_CPU = 6000,
	FSCK_EVERY = 3,		  /* images: it takes most of the time */
	OWN_MAX = 2 * OPERATIONS, /* events of this process: lines written back, a fence each */
};

/* A run of the writer and what was recorded of it. */
struct recorded {
	struct check_env *env;
	const struct crash_lines *c;
	struct operations o;
	struct testbed bed;
	struct worst_image image;
	struct durable *durable;
	const struct durable_record **list;
	size_t n;
	int pagemap;
	struct durable_record own[OWN_MAX];
	size_t n_own;
	int own_rc;
	uint64_t begin_ns, acked_ns[OPERATIONS + 1]; /* [0]: no operation */
	uint64_t end_ns;
	struct worst_event *events; /* by time */
	size_t n_events, next;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* ---- the writer ------------------------------------------------------------------------------ */

/* This process writes cache lines back, at most a page. */
static void own_lines(void *arg, const volatile char *bytes, size_t len, uint64_t file_offset)
{
	struct recorded *r = arg;
	struct durable_record *own = &r->own[r->n_own++];
	uint64_t pfn = 0;
	int rc = mapping_pfns(r->pagemap, bytes, &pfn, 1);

	(void)file_offset;
	if (rc < 0 || !pfn)
		r->own_rc = rc < 0 ? rc : -ENOENT;
	*own = (struct durable_record){.time_ns = now_ns(),
				       .address = pfn * PAGE_BYTES,
				       .len_bytes = (uint32_t)len,
				       .kind = DURABLE_WRITTEN_BACK};
	memcpy(own->bytes, (const char *)bytes, len);
}

static bool write_all(struct recorded *r)
{
	int rc = operations_open(&r->o);
	uint64_t n = 0;

	r->begin_ns = now_ns();
	while (!rc && n < OPERATIONS) {
		size_t before = r->n_own;

		rc = operations_do(&r->o, ++n);
		if (r->n_own > before)
			r->own[r->n_own++] =
				(struct durable_record){.time_ns = now_ns(), .kind = DURABLE_FENCE};
		r->acked_ns[n] = now_ns();
	}
	r->end_ns = now_ns();
	operations_close(&r->o);
	return check_setup(r->env, rc, "operation %" PRIu64, n) &&
	       check_own(r->env, r->own_rc, "the page frame of a mapped page");
}

/* ---- the record ------------------------------------------------------------------------------ */

static int by_time(const void *a, const void *b)
{
	const struct worst_event *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return (x->record > y->record) - (x->record < y->record);
}

static bool merge(struct recorded *r)
{
	r->events = calloc(r->n + r->n_own + 1, sizeof(*r->events));
	if (!check_own(r->env, r->events ? 0 : -ENOMEM, "memory"))
		return false;
	for (size_t i = 0; i < r->n; i++)
		r->events[r->n_events++] =
			(struct worst_event){r->list[i]->time_ns, r->list[i], false};
	for (size_t i = 0; i < r->n_own; i++)
		r->events[r->n_events++] =
			(struct worst_event){r->own[i].time_ns, &r->own[i], true};
	qsort(r->events, r->n_events, sizeof(*r->events), by_time);
	return true;
}

/* Makes the filesystem and the files; what is on the device then is durable. */
static bool prepare(struct recorded *r)
{
	struct check_env *env = r->env;
	struct testbed *bed = &r->bed;

	if (!testbed_use(env, bed))
		return false;
	snprintf(r->o.directory, sizeof(r->o.directory), "%s", bed->fs.where);
	if (!check_setup(env, operations_make_files(&r->o), "making the files") ||
	    check_unmount(env, &bed->fs) < 0)
		return false;
	return worst_image_open(env, &r->image, bed);
}

static bool record(struct recorded *r)
{
	struct check_env *env = r->env;
	struct check_fs *fs = &r->bed.fs;
	bool good;
	int rc = durable_start(r->durable);

	fs->fs.dax_never = r->c->bio;
	good = check_own(env, rc, "recording") &&
	       crash_mount(env, fs, r->bed.spec.fs, testbed_node(&r->bed), "to write");
	snprintf(r->o.directory, sizeof(r->o.directory), "%s", fs->where);
	good = good && write_all(r);
	rc = durable_stop(r->durable, &r->list, &r->n);
	if (fs->fs.mounted && check_unmount(env, fs) < 0)
		return false;
	return good && check_own(env, rc, "recording what became durable") && merge(r);
}

/* ---- images ---------------------------------------------------------------------------------- */

/* The image of that moment; the operations that were acknowledged before it.  Returns 0 or -errno.
 */
static int advance(struct recorded *r, uint64_t time_ns, uint64_t *acked)
{
	int rc = 0;

	for (; r->next < r->n_events && r->events[r->next].time_ns <= time_ns && !rc; r->next++)
		rc = worst_image_add(&r->image, &r->events[r->next]);
	for (*acked = 0; *acked < OPERATIONS && r->acked_ns[*acked + 1] <= time_ns; ++*acked)
		;
	return rc;
}

/* Returns how many acknowledged pages are lost, or -1 after a complaint: of the counter-case, or
 * if it is not what it was acknowledged to be. */
static int look(struct recorded *r, uint64_t acked, const char *when, bool fsck)
{
	struct check_env *env = r->env;
	const char *type = r->bed.spec.fs, *node = r->image.snapshot_node;
	struct check_fs fs = {.fs = {.dax_never = true}};
	int lost = 0;

	if (!crash_mount(env, &fs, type, node, when))
		return -1;
	snprintf(r->o.directory, sizeof(r->o.directory), "%s", fs.where);
	if (r->c->lost) {
		lost = operations_lost(&r->o, acked);
		if (!check_errno(env, lost < 0 ? lost : 0, 0, "reading the files %s", when))
			lost = -1;
	} else if (!operations_hold(env, &r->o, acked, when)) {
		lost = -1;
	}
	if (check_unmount(env, &fs) < 0 ||
	    (lost >= 0 && fsck && !crash_fsck(env, type, node, when)))
		return -1;
	return lost;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void look_at_images(struct recorded *r, unsigned int rounds)
{
	uint64_t *moments = calloc(rounds, sizeof(*moments)), state = r->env->seed, acked = 0;
	/* In the counter-case there is something to lose. */
	uint64_t from_ns = r->c->lost ? r->acked_ns[1] : r->begin_ns;
	unsigned int n_lost = 0;
	int lost = 0;

	if (!check_own(r->env, moments ? 0 : -ENOMEM, "memory"))
		return;
	for (unsigned int i = 0; i < rounds; i++)
		moments[i] = from_ns + random_next(&state) % (r->end_ns - from_ns);
	qsort(moments, rounds, sizeof(*moments), by_number);
	for (unsigned int i = 0; i < rounds && lost >= 0; i++) {
		char when[96];

		lost = -1;
		if (!check_own(r->env, advance(r, moments[i], &acked), "the image"))
			break;
		snprintf(when, sizeof(when),
			 "in image %u of %u, of the moment after operation %" PRIu64, i + 1, rounds,
			 acked);
		if (worst_image_begin(&r->image))
			lost = look(r, acked, when, i % FSCK_EVERY == 0);
		if (!worst_image_end(&r->image))
			lost = -1;
		n_lost += lost > 0;
	}
	free(moments);
	if (lost >= 0 && r->c->lost)
		check_that(r->env, n_lost > rounds / 2,
			   "more than half of %u images lack stores that nothing made durable "
			   "(it is %u of them)",
			   rounds, n_lost);
}

void crash_lines(struct check_env *env, const void *arg)
{
	const unsigned int rounds = env->rounds ? env->rounds : env->quick ? ROUNDS_QUICK : ROUNDS;
	struct recorded *r = calloc(1, sizeof(*r));
	const struct crash_lines *c = arg;
	int rc;

	if (!check_own(env, r ? 0 : -ENOMEM, "memory"))
		return;
	r->env = env;
	r->c = c;
	r->o = (struct operations){
		.seed = env->seed, .ways = c->ways, .flushes = own_lines, .arg = r};
	r->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	rc = durable_open(&r->durable, RECORDS_PER_CPU);
	if (rc < 0)
		check_skip(env, "a kernel with BPF, kprobes and CONFIG_PROC_KCORE",
			   "what becomes durable cannot be recorded: %s (%s)", strerror(-rc),
			   bpf_complaint());
	else if (testbed_devices(env, &r->bed, &c->bed)) {
		if (prepare(r) && record(r))
			look_at_images(r, rounds);
		worst_image_close(&r->image);
		testbed_close(env, &r->bed);
	}
	durable_close(r->durable);
	if (r->pagemap >= 0)
		close(r->pagemap);
	free(r->list);
	free(r->events);
	free(r);
}
