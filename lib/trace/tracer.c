// SPDX-License-Identifier: GPL-2.0-only
#include "lib/trace/tracer.h"

#include "lib/base/stats.h"
#include "lib/meter/meter.h"
#include "lib/trace/bpf_complaint.h"
#include "lib/trace/kernel_function.h"
#include "lib/trace/kprobe.h"
#include "lib/trace/tracer.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Copied from the kernel. */
static struct tracer_log copied;

/* What trampolines are attached to. */
static struct kernel_function functions[TRACER_N];

const char *tracer_name(enum tracer_function function)
{
#define NAME(name) #name,
	static const char *const names[] = {TRACER_FUNCTIONS(NAME)};
#undef NAME

	return names[function];
}

static const char *const ways[TRACER_WAYS] = {"fentry", "kprobe"};

void tracer_cost(const struct tracer *tracer, uint64_t *inside_ticks, uint64_t *around_ticks)
{
	*inside_ticks = tracer->inside_ticks;
	*around_ticks = tracer->around_ticks;
}

const char *tracer_way(const struct tracer *tracer)
{
	return ways[tracer->way];
}

static struct bpf_program *program_of(const struct tracer_bpf *bpf, enum tracer_function function,
				      bool kprobe, bool leaves)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s_%s", kprobe ? "k" : "", leaves ? "leave" : "enter",
		 tracer_name(function));
	return bpf_object__find_program_by_name(bpf->obj, name);
}

static int fd_of(const struct tracer *t, enum tracer_function function, bool leaves)
{
	return t->fds[2 * (int)function + leaves];
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

static bool calibrates(enum tracer_function f)
{
	return f >= TRACER_bpf_fentry_test1 && f <= TRACER___x64_sys_getpid;
}

static bool is_wanted(const struct tracer *t, enum tracer_function f)
{
	if (f == TRACER_dm_dax_direct_access || f == TRACER_linear_dax_direct_access ||
	    f == TRACER_stripe_dax_direct_access)
		return t->with_dm;
	if (f == TRACER___x64_sys_getpid)
		return t->way != TRACER_FENTRY;
	return t->way == TRACER_FENTRY || !calibrates(f);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* -1 if it fails.  Returns 0 or -errno. */
static int duplicate(int *copy, int fd)
{
	*copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return *copy < 0 ? -errno : 0;
}

/* libbpf closes its descriptors. */
static int keep_loaded(struct tracer *t, const struct tracer_bpf *bpf)
{
	bool kprobes = t->way == TRACER_KPROBE;
	int rc = duplicate(&t->fds[TRACER_RECORDS], bpf_map__fd(bpf->maps.records));

	if (!rc)
		rc = duplicate(&t->fds[TRACER_COUNTER], bpf_map__fd(bpf->maps.counter));
	for (int f = 0; f < TRACER_N; f++)
		for (int leaves = 0; leaves < 2 && !rc; leaves++)
			if (is_wanted(t, f))
				rc = duplicate(
					&t->fds[2 * f + leaves],
					bpf_program__fd(program_of(bpf, f, kprobes, leaves)));
	return rc;
}

/* Called by libbpf before it loads a program for a trampoline. */
static int give_function(struct bpf_program *program, struct bpf_prog_load_opts *opts, long cookie)
{
	const char *name = strchr(bpf_program__section_name(program), '/') + 1;

	(void)cookie;
	for (int f = 0; f < TRACER_N; f++) {
		if (strcmp(functions[f].name, name))
			continue;
		opts->attach_btf_id = functions[f].btf_id;
		opts->attach_btf_obj_fd = (__u32)functions[f].module_fd;
		return 0;
	}
	return -ENOENT;
}

/* The sections of the programs for trampolines.  Returns 0 or -errno. */
static int register_sections(void)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .prog_prepare_load_fn = give_function);
	static bool done;
	int rc;

	if (done)
		return 0;
	rc = libbpf_register_prog_handler("entry/", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, &opts);
	if (rc >= 0)
		rc = libbpf_register_prog_handler("exit/", BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT,
						  &opts);
	done = rc >= 0;
	return done ? 0 : rc;
}

/* Finds the functions that trampolines are attached to.  Returns 0 or -errno. */
static int find_functions(const struct tracer *t)
{
	int rc = register_sections();

	for (int f = 0; f < TRACER_N; f++)
		functions[f].name = tracer_name(f);
	if (rc < 0)
		return rc;
	rc = kernel_functions_find(functions, TRACER_N);
	if (rc < 0) {
		bpf_complaint_set("the kernel has no BTF");
		return rc;
	}
	for (int f = 0; f < TRACER_N; f++) {
		if (functions[f].btf_id || !is_wanted(t, f))
			continue;
		bpf_complaint_set("no BTF of the function %s", functions[f].name);
		rc = -ESRCH;
	}
	return rc;
}

static int load_programs(struct tracer *t)
{
	bool kprobes = t->way == TRACER_KPROBE;
	struct tracer_bpf *bpf = tracer_bpf__open();
	int rc;

	if (!bpf)
		return -errno;
	for (int f = 0; f < TRACER_N; f++)
		for (int program = 0; program < 4; program++)
			bpf_program__set_autoload(program_of(bpf, f, program & 1, program & 2),
						  is_wanted(t, f) && (program & 1) == kprobes);
	rc = tracer_bpf__load(bpf);
	if (!rc)
		rc = keep_loaded(t, bpf);
	tracer_bpf__destroy(bpf);
	return rc;
}

/* Loads the programs for one method: trampolines or kprobes. */
static int load(struct tracer *t)
{
	int rc = open_counter();

	if (rc < 0) {
		bpf_complaint_set("the perf event of the time-stamp counter, msr/tsc/");
		return rc;
	}
	close(rc);
	if (t->way == TRACER_KPROBE && kprobe_cost_changes()) {
		bpf_complaint_set(
			"breakpoints become jumps after a while, which cost less: set the "
			"sysctl debug.kprobes-optimization to 0");
		return -ENOTSUP;
	}
	rc = t->way == TRACER_FENTRY ? find_functions(t) : 0;
	if (!rc)
		rc = load_programs(t);
	kernel_functions_close(functions, TRACER_N);
	return rc;
}

static int set_thread(const struct tracer *t)
{
	const __u32 zero = 0;

	copied.n = 0;
	copied.thread = (uint64_t)getpid() << 32 | (uint64_t)gettid();
	return bpf_map_update_elem(t->fds[TRACER_RECORDS], &zero, &copied, BPF_ANY);
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
	rc = bpf_map_update_elem(t->fds[TRACER_COUNTER], &zero, &t->counter_fd, BPF_ANY);
	return rc < 0 ? rc : set_thread(t);
}

/*
 * Uses a kprobe event, whose kretprobe has a large maxactive.  Without kprobe events uses a perf
 * event of the function, which may miss nested calls.
 */
static int attach_kprobe(int program_fd, const char *name, bool leaves)
{
	struct perf_event_attr attr;
	int fd = kprobe_event_open(name, leaves), rc;

	if (fd < 0) {
		fd = kprobe_describe(name, leaves, &attr);
		fd = fd < 0 ? fd : kprobe_open(&attr, 0, -1);
	}
	if (fd < 0)
		return fd;
	if (!ioctl(fd, PERF_EVENT_IOC_SET_BPF, program_fd) && !ioctl(fd, PERF_EVENT_IOC_ENABLE, 0))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static int attach_one(struct tracer *t, enum tracer_function function, bool leaves)
{
	int *link = &t->links[function][leaves], program_fd = fd_of(t, function, leaves);

	if (t->way == TRACER_KPROBE)
		*link = attach_kprobe(program_fd, tracer_name(function), leaves);
	else
		*link = bpf_raw_tracepoint_open(NULL, program_fd);
	return *link < 0 ? *link : 0;
}

int tracer_attach(struct tracer *tracer, enum tracer_function function)
{
	int rc = give_counter(tracer);

	/* The exit is attached first: of two probes at one address the later one runs last, so that
	 * the other does not run between the stamp and the function. */
	for (int leaves = 1; leaves >= 0 && !rc; leaves--)
		rc = attach_one(tracer, function, leaves);
	return rc;
}

void tracer_detach(struct tracer *tracer)
{
	const int zero = 0;

	for (int f = 0; f < TRACER_N; f++)
		for (int leaves = 0; leaves < 2; leaves++)
			close_fd(&tracer->links[f][leaves]);
	if (tracer->counter_fd < 0)
		return;
	bpf_map_delete_elem(tracer->fds[TRACER_COUNTER], &zero);
	close_fd(&tracer->counter_fd);
}

int tracer_start(struct tracer *tracer)
{
	return set_thread(tracer);
}

long tracer_read(struct tracer *tracer, const struct stamp **stamps)
{
	const __u32 zero = 0;
	int rc;

	*stamps = copied.stamps;
	rc = bpf_map_lookup_elem(tracer->fds[TRACER_RECORDS], &zero, &copied);
	if (rc < 0)
		return rc;
	return copied.n > TRACER_STAMPS_MAX ? -EOVERFLOW : (long)copied.n;
}

enum { CALIBRATION_CALLS = 65 };

/* Makes the kernel call its test functions, or calls getpid(2). Source: net/bpf/test_run.c,
 * bpf_prog_test_run_tracing(). */
static int call_test_function(const struct tracer *t, int fd)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	if (t->way == TRACER_FENTRY)
		return bpf_prog_test_run_opts(fd, &opts);
	syscall(SYS_getpid);
	return 0;
}

/* The median ticks of the system call that calls the functions. */
static int call_test_functions(struct tracer *t, uint64_t *median)
{
	int fd = fd_of(t, TRACER_bpf_fentry_test1, false);
	uint64_t ticks[CALIBRATION_CALLS];

	for (int i = 0; i < CALIBRATION_CALLS; i++) {
		uint64_t begin = meter_ticks();
		int rc = call_test_function(t, fd);

		ticks[i] = meter_ticks() - begin;
		if (rc < 0)
			return rc;
	}
	*median = stats_median_ticks(ticks, CALIBRATION_CALLS);
	return 0;
}

/* Measures the overhead of tracing a test function: between its stamps, and in total. */
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
	*inside = stats_median_ticks(ticks, CALIBRATION_CALLS);
	*around = with - without;
	return 0;
}

/* The ticks of getpid(2) minus those of an unimplemented system call (nfsservctl(2)). */
static uint64_t getpid_ticks(void)
{
	uint64_t ticks[2][CALIBRATION_CALLS];

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < CALIBRATION_CALLS; i++) {
			for (int which = 0; which < 2; which++) {
				uint64_t begin = meter_ticks();

				syscall(which ? SYS_getpid : SYS_nfsservctl);
				ticks[which][i] = meter_ticks() - begin;
			}
		}
	}
	return stats_median_ticks(ticks[1], CALIBRATION_CALLS) -
	       stats_median_ticks(ticks[0], CALIBRATION_CALLS);
}

static int calibrate(struct tracer *tracer)
{
	uint64_t *inside_ticks = &tracer->inside_ticks, *around_ticks = &tracer->around_ticks;
	/* 5, and 6 since 5.19. */
	unsigned int arguments = functions[TRACER_dax_direct_access].arguments;
	uint64_t inside, around;
	int rc;

	if (tracer->way != TRACER_FENTRY) {
		tracer->lasting = true;
		rc = calibrate_on(tracer, TRACER___x64_sys_getpid, inside_ticks, around_ticks);
		*inside_ticks -= getpid_ticks();
		return rc;
	}
	rc = calibrate_on(tracer, TRACER_bpf_fentry_test1, inside_ticks, around_ticks);
	if (rc < 0)
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
	tracer->lasting = !attach_one(tracer, TRACER_bpf_fentry_test1, false);
	tracer_detach(tracer);
	return 0;
}

static const char *cure_of(int rc)
{
	switch (rc) {
	case -EPERM:
	case -EACCES:
		return "run it as root in the initial user namespace, on a kernel without lockdown "
		       "(/sys/kernel/security/lockdown)";
	case -ENOSYS:
		return "use a kernel with CONFIG_BPF_SYSCALL";
	default:
		return "use a kernel with CONFIG_DEBUG_INFO_BTF, or with CONFIG_BPF_EVENTS and "
		       "CONFIG_KPROBE_EVENTS";
	}
}

static void start_detached(struct tracer *t)
{
	t->counter_fd = -1;
	memset(t->links, 0xff, sizeof(t->links)); /* -1 */
}

/* Tries one method; appends the reason of a failure to why. */
static int try_way(struct tracer *t, struct tracer_missing *missing)
{
	size_t len = strlen(missing->why);
	int rc;

	bpf_complaint_begin();
	rc = load(t);
	if (!rc) {
		rc = calibrate(t);
		if (rc < 0 && !*bpf_complaint())
			bpf_complaint_set("calibration failed");
	}
	for (int f = 0; f < TRACER_N; f++)
		for (int leaves = 0; leaves < 2 && calibrates(f); leaves++)
			close_fd(&t->fds[2 * f + leaves]);
	if (!rc)
		return 0;
	tracer_close(t);
	snprintf(missing->why + len, sizeof(missing->why) - len, "%s%s: %s%s%s%s",
		 len ? "; " : "cannot trace calls of kernel functions: ", ways[t->way],
		 strerror(-rc), *bpf_complaint() ? " (" : "", bpf_complaint(),
		 *bpf_complaint() ? ")" : "");
	return rc;
}

int tracer_open(struct tracer *tracer, bool with_dm, const char *way,
		struct tracer_missing *missing)
{
	int rc = -EINVAL, forbidden = 0;

	*missing = (struct tracer_missing){0};
	*tracer = (struct tracer){.with_dm = with_dm};
	memset(tracer->fds, 0xff, sizeof(tracer->fds)); /* -1 */
	start_detached(tracer);
	kprobe_events_remove(); /* left by dead processes */
	for (tracer->way = 0; tracer->way < TRACER_WAYS; tracer->way++) {
		if (way && strcmp(way, ways[tracer->way]))
			continue;
		rc = try_way(tracer, missing);
		if (!rc)
			return 0;
		if (rc == -EPERM || rc == -EACCES)
			forbidden = rc;
	}
	if (!missing->why[0])
		snprintf(missing->why, sizeof(missing->why),
			 "unknown tracer '%s'; expected fentry or kprobe", way);
	missing->cure = cure_of(forbidden ? forbidden : rc);
	return rc;
}

void tracer_close(struct tracer *tracer)
{
	tracer_detach(tracer);
	for (int i = 0; i < TRACER_FDS; i++)
		close_fd(&tracer->fds[i]);
	if (tracer->way != TRACER_FENTRY)
		kprobe_events_remove();
}

unsigned int tracer_fds(const struct tracer *tracer, int fds[TRACER_FDS])
{
	unsigned int n = 0;

	for (int i = 0; i < TRACER_FDS; i++)
		if (tracer->fds[i] >= 0)
			fds[n++] = tracer->fds[i];
	return n;
}

int tracer_adopt(struct tracer *tracer, const int *fds, unsigned int n)
{
	int numbers[TRACER_FDS], rc = 0;

	if (!tracer->lasting)
		return -EBUSY;
	if (tracer_fds(tracer, numbers) != n)
		return -EBADF;
	start_detached(tracer);
	/* The copy shows which exist, in the order of tracer_fds(). */
	for (int i = 0; i < TRACER_FDS; i++)
		if (tracer->fds[i] >= 0 && duplicate(&tracer->fds[i], *fds++) < 0)
			rc = -EBADF;
	if (rc < 0)
		tracer_close(tracer);
	return rc;
}
