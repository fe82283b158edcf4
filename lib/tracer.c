// SPDX-License-Identifier: GPL-2.0-only
#include "lib/tracer.h"

#include "lib/meter.h"
#include "lib/tracer.skel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct tracer {
	struct tracer_bpf *bpf;
	bool kprobes;
	int counter_fd; /* -1: closed */
	struct bpf_link *links[TRACER_N][2];
	struct tracer_log log; /* copied from the kernel */
};

/* What libbpf complained of first. */
static char complaint[128];

__attribute__((format(printf, 2, 0))) static int keep_complaint(enum libbpf_print_level level,
								const char *fmt, va_list ap)
{
	if (level == LIBBPF_WARN && !complaint[0]) {
		vsnprintf(complaint, sizeof(complaint), fmt, ap);
		complaint[strcspn(complaint, "\n")] = '\0';
	}
	return 0;
}

const char *tracer_name(enum tracer_function function)
{
#define NAME(name) #name,
	static const char *const names[] = {TRACER_FUNCTIONS(NAME)};
#undef NAME

	return names[function];
}

const char *tracer_way(const struct tracer *tracer)
{
	return tracer->kprobes ? "kprobe" : "fentry";
}

static struct bpf_program *program_of(const struct tracer *t, enum tracer_function function,
				      bool kprobe, bool leaves)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s_%s", kprobe ? "k" : "", leaves ? "leave" : "enter",
		 tracer_name(function));
	return bpf_object__find_program_by_name(t->bpf->obj, name);
}

/* The time-stamp counter as a perf event.  Source: arch/x86/events/msr.c. */
static int open_counter(void)
{
	struct perf_event_attr attr = {.size = sizeof(attr)};
	FILE *in = fopen("/sys/bus/event_source/devices/msr/type", "re");
	int fd;

	if (!in)
		return -errno;
	if (fscanf(in, "%u", &attr.type) != 1) {
		fclose(in);
		return -EIO;
	}
	fclose(in);
	fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* One try: with trampolines or with kprobes. */
static int load(struct tracer *t, bool with_dm)
{
	int rc;

	t->bpf = tracer_bpf__open();
	if (!t->bpf)
		return -errno;
	for (int f = 0; f < TRACER_N; f++) {
		bool dm = f == TRACER_dm_dax_direct_access ||
			  f == TRACER_linear_dax_direct_access ||
			  f == TRACER_stripe_dax_direct_access;
		bool wanted = with_dm || !dm;

		for (int way = 0; way < 4; way++)
			bpf_program__set_autoload(program_of(t, f, way & 1, way & 2),
						  wanted && (way & 1) == t->kprobes);
	}
	/* What makes the kernel call the function that calibrates. */
	bpf_program__set_autoload(program_of(t, TRACER_bpf_fentry_test1, false, false), true);
	rc = tracer_bpf__load(t->bpf);
	if (rc < 0) {
		tracer_bpf__destroy(t->bpf);
		t->bpf = NULL;
	}
	return rc;
}

static int set_thread(struct tracer *t)
{
	const __u32 zero = 0;

	t->log.n = 0;
	t->log.thread = (uint64_t)getpid() << 32 | (uint64_t)gettid();
	return bpf_map_update_elem(bpf_map__fd(t->bpf->maps.records), &zero, &t->log, BPF_ANY);
}

int tracer_open(struct tracer **out, bool with_dm, struct tracer_missing *missing)
{
	struct tracer *t = calloc(1, sizeof(*t));
	int rc;

	*out = NULL;
	missing->cure = "free some memory";
	if (!t) {
		snprintf(missing->why, sizeof(missing->why), "no memory");
		return -ENOMEM;
	}
	t->counter_fd = open_counter();
	if (t->counter_fd < 0) {
		rc = t->counter_fd;
		snprintf(missing->why, sizeof(missing->why),
			 "the kernel offers no perf event of the time-stamp counter (msr/tsc/): %s",
			 strerror(-rc));
		missing->cure = "take a kernel with CONFIG_PERF_EVENTS, on x86";
		free(t);
		return rc;
	}
	close(t->counter_fd);
	t->counter_fd = -1;
	libbpf_set_print(keep_complaint);
	complaint[0] = '\0';
	rc = load(t, with_dm);
	if (rc < 0) {
		t->kprobes = true;
		rc = load(t, with_dm);
	}
	if (rc < 0) {
		snprintf(missing->why, sizeof(missing->why),
			 "the kernel takes no BPF program, neither for fentry nor for kprobes: "
			 "%s%s%s",
			 strerror(-rc), complaint[0] ? ": " : "", complaint);
		missing->cure =
			"take a kernel with CONFIG_BPF_EVENTS and CONFIG_DEBUG_INFO_BTF, not "
			"locked down";
		free(t);
		return rc;
	}
	*out = t;
	return 0;
}

void tracer_close(struct tracer *tracer)
{
	if (!tracer)
		return;
	tracer_detach(tracer);
	tracer_bpf__destroy(tracer->bpf);
	free(tracer);
}

static int give_counter(struct tracer *t)
{
	const int zero = 0;
	int rc;

	if (t->counter_fd >= 0)
		return 0;
	t->counter_fd = open_counter();
	if (t->counter_fd < 0)
		return t->counter_fd;
	rc = bpf_map_update_elem(bpf_map__fd(t->bpf->maps.counter), &zero, &t->counter_fd, BPF_ANY);
	return rc < 0 ? rc : set_thread(t);
}

int tracer_attach(struct tracer *tracer, enum tracer_function function)
{
	int rc = give_counter(tracer);

	/* The exit first: of two probes at one place the later one is run last, so that nothing of
	 * the other's lies between the stamp and the function. */
	for (int leaves = 1; leaves >= 0 && !rc; leaves--) {
		struct bpf_program *program = program_of(tracer, function, tracer->kprobes, leaves);

		tracer->links[function][leaves] = bpf_program__attach(program);
		if (!tracer->links[function][leaves])
			rc = -errno;
	}
	return rc;
}

void tracer_detach(struct tracer *tracer)
{
	const int zero = 0;

	for (int f = 0; f < TRACER_N; f++) {
		for (int leaves = 0; leaves < 2; leaves++) {
			if (tracer->links[f][leaves])
				bpf_link__destroy(tracer->links[f][leaves]);
			tracer->links[f][leaves] = NULL;
		}
	}
	if (tracer->counter_fd < 0)
		return;
	bpf_map_delete_elem(bpf_map__fd(tracer->bpf->maps.counter), &zero);
	close(tracer->counter_fd);
	tracer->counter_fd = -1;
}

int tracer_start(struct tracer *tracer)
{
	return set_thread(tracer);
}

long tracer_read(struct tracer *tracer, const struct stamp **stamps)
{
	const __u32 zero = 0;
	int rc = bpf_map_lookup_elem(bpf_map__fd(tracer->bpf->maps.records), &zero, &tracer->log);

	if (rc < 0)
		return rc;
	*stamps = tracer->log.stamps;
	return tracer->log.n > TRACER_STAMPS_MAX ? -EOVERFLOW : (long)tracer->log.n;
}

enum { CALIBRATION_CALLS = 65 };

static int compare_ticks(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median_ticks(uint64_t *ticks)
{
	qsort(ticks, CALIBRATION_CALLS, sizeof(*ticks), compare_ticks);
	return ticks[CALIBRATION_CALLS / 2];
}

/* Has the kernel call its functions for tests; the median of what the system call takes.
 * Source: net/bpf/test_run.c, bpf_prog_test_run_tracing(). */
static int call_test_functions(struct tracer *t, uint64_t *median)
{
	int fd = bpf_program__fd(program_of(t, TRACER_bpf_fentry_test1, false, false));
	uint64_t ticks[CALIBRATION_CALLS];

	for (int i = 0; i < CALIBRATION_CALLS; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts);
		uint64_t begin = meter_ticks();
		int rc = bpf_prog_test_run_opts(fd, &opts);

		ticks[i] = meter_ticks() - begin;
		if (rc < 0)
			return rc;
	}
	*median = median_ticks(ticks);
	return 0;
}

/* What tracing one of the test functions puts between its stamps, and what it adds to a call. */
static int calibrate_on(struct tracer *t, enum tracer_function function, uint64_t *inside,
			uint64_t *around)
{
	uint64_t ticks[CALIBRATION_CALLS], without, with;
	const struct stamp *stamps;
	long n = 0;
	int rc = call_test_functions(t, &without); /* warms up */

	if (!rc)
		rc = call_test_functions(t, &without);
	if (!rc)
		rc = tracer_attach(t, function);
	if (!rc)
		rc = call_test_functions(t, &with);
	if (!rc)
		rc = tracer_start(t);
	if (!rc)
		rc = call_test_functions(t, &with);
	if (!rc)
		n = tracer_read(t, &stamps);
	tracer_detach(t);
	if (rc < 0 || n < 0)
		return rc < 0 ? rc : (int)n;
	if (n != 2 * CALIBRATION_CALLS)
		return -EBADMSG;
	for (int i = 0; i < CALIBRATION_CALLS; i++)
		ticks[i] = stamps[2 * i + 1].ticks - stamps[2 * i].ticks;
	*inside = median_ticks(ticks);
	*around = with - without;
	return 0;
}

/* The arguments of dax_direct_access, and of all the others: 5, and 6 since 5.19.  Returns 0 where
 * the kernel does not say. */
static unsigned int count_arguments(void)
{
	struct btf *vmlinux = btf__load_vmlinux_btf(), *module = NULL, *btf = vmlinux;
	const struct btf_type *function;
	unsigned int n = 0;
	int id;

	if (!vmlinux)
		return 0;
	id = btf__find_by_name_kind(vmlinux, "dax_direct_access", BTF_KIND_FUNC);
	if (id < 0) {
		btf = module = btf__load_module_btf("dax", vmlinux);
		id = module ? btf__find_by_name_kind(module, "dax_direct_access", BTF_KIND_FUNC)
			    : -ENOENT;
	}
	if (id >= 0) {
		function = btf__type_by_id(btf, (__u32)id);
		n = btf_vlen(btf__type_by_id(btf, function->type));
	}
	btf__free(module);
	btf__free(vmlinux);
	return n;
}

int tracer_calibrate(struct tracer *tracer, uint64_t *inside_ticks, uint64_t *around_ticks)
{
	unsigned int arguments = tracer->kprobes ? 1 : count_arguments();
	uint64_t inside, around;
	int rc = calibrate_on(tracer, TRACER_bpf_fentry_test1, inside_ticks, around_ticks);

	if (rc < 0 || arguments == 1)
		return rc;
	if (arguments != 5 && arguments != 6)
		return -ENOTSUP;
	rc = calibrate_on(tracer,
			  arguments == 5 ? TRACER_bpf_fentry_test5 : TRACER_bpf_fentry_test6,
			  &inside, &around);
	if (rc < 0)
		return rc;
	/* Each argument is saved before the entry's stamp and restored after it. */
	*inside_ticks += (around - *around_ticks) / 2;
	*around_ticks = around;
	return 0;
}
