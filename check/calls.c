// SPDX-License-Identifier: GPL-2.0-only
#include "check/calls.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { RING_PAGES = 128 }; /* 512 KiB: about 9,000 calls on each processor */

#ifdef __x86_64__
/* DX, SI, DI of enum perf_event_x86_regs: the third, second and first argument.  A sample has them
 * in the order of their bits. */
#define ARGUMENT_REGS (UINT64_C(1) << 3 | UINT64_C(1) << 4 | UINT64_C(1) << 5)
#else
#define ARGUMENT_REGS 0
#endif

/* One sample as PERF_SAMPLE_IDENTIFIER | TIME | REGS_INTR lay it out. */
struct sample {
	struct perf_event_header header;
	uint64_t id, time_ns, abi;
	uint64_t regs[CALLS_ARGS];
};

/* ---- arming ---------------------------------------------------------------------------------- */

static int kprobe_type(void)
{
	FILE *in = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	int type = -1;

	if (in && fscanf(in, "%d", &type) != 1)
		type = -1;
	if (in)
		fclose(in);
	return type;
}

/* Returns a descriptor or -errno. */
static int open_probe(int type, const char *function, unsigned int cpu)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = (uint32_t)type,
		.kprobe_func = (uintptr_t)function,
		.disabled = 1,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME | PERF_SAMPLE_REGS_INTR,
		.sample_regs_intr = ARGUMENT_REGS,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, (int)cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* All functions of a processor write to one ring, that of the first. */
static int add_to_ring(struct calls *calls, unsigned int cpu, unsigned int function)
{
	int fd = calls->cpus[cpu].fds[function];
	void *ring;

	if (ioctl(fd, PERF_EVENT_IOC_ID, &calls->cpus[cpu].id[function]) < 0)
		return -errno;
	if (calls->cpus[cpu].ring)
		return ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, calls->cpus[cpu].fds[0]) < 0 ? -errno
											 : 0;
	ring = mmap(NULL, (RING_PAGES + 1) * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		return -errno;
	calls->cpus[cpu].ring = ring;
	return 0;
}

/* On every processor.  Returns 0 or -errno. */
static int arm(struct calls *calls, int type, const char *name, unsigned int function)
{
	int rc = 0;

	for (unsigned int cpu = 0; cpu < calls->n_cpus && rc >= 0; cpu++) {
		rc = open_probe(type, name, cpu);
		if (rc == -ENODEV && cpu) { /* it is off */
			rc = 0;
			continue;
		}
		if (rc < 0)
			break;
		calls->cpus[cpu].fds[function] = rc;
		rc = add_to_ring(calls, cpu, function);
	}
	return rc < 0 ? rc : 0;
}

static void disarm(struct calls *calls, unsigned int function)
{
	for (unsigned int cpu = 0; cpu < calls->n_cpus; cpu++) {
		int *fd = &calls->cpus[cpu].fds[function];

		if (!function && calls->cpus[cpu].ring) {
			munmap(calls->cpus[cpu].ring, (RING_PAGES + 1) * PAGE_BYTES);
			calls->cpus[cpu].ring = NULL;
		}
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
	}
}

/* "one|other": the first that this kernel has.  Returns 0 or -errno. */
static int arm_any(struct calls *calls, int type, const char *names, unsigned int function)
{
	char *copy = strdup(names), *rest = copy, *name;
	int rc = -ENOMEM;

	while (rc && (name = strsep(&rest, "|"))) {
		rc = arm(calls, type, name, function);
		if (rc)
			disarm(calls, function);
	}
	free(copy);
	return rc;
}

bool calls_open(struct check_env *env, struct calls *calls, const char *const *functions)
{
	long n_cpus = sysconf(_SC_NPROCESSORS_CONF);
	int type = kprobe_type();

	memset(calls, 0, sizeof(*calls));
	calls->n_cpus = n_cpus < 1		  ? 1
			: n_cpus > CALLS_CPUS_MAX ? CALLS_CPUS_MAX
						  : (unsigned int)n_cpus;
	for (unsigned int cpu = 0; cpu < calls->n_cpus; cpu++)
		for (unsigned int f = 0; f < CALLS_FUNCTIONS_MAX; f++)
			calls->cpus[cpu].fds[f] = -1;
	if (type < 0 || !ARGUMENT_REGS) {
		check_skip(env,
			   "a kernel with CONFIG_KPROBE_EVENTS and CONFIG_PERF_EVENTS, on x86-64",
			   "calls of kernel functions cannot be seen here");
		return false;
	}
	for (; functions[calls->n_functions]; calls->n_functions++) {
		const char *names = functions[calls->n_functions];
		int rc = arm_any(calls, type, names, calls->n_functions);

		if (rc < 0) {
			check_skip(env, "a kernel whose function of that purpose is known by name",
				   "no probe on %s: %s", names, strerror(-rc));
			return false;
		}
	}
	return true;
}

static void order_all(const struct calls *calls, unsigned long order)
{
	for (unsigned int cpu = 0; cpu < calls->n_cpus; cpu++)
		for (unsigned int f = 0; f < calls->n_functions; f++)
			if (calls->cpus[cpu].fds[f] >= 0)
				ioctl(calls->cpus[cpu].fds[f], order, 0);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Copies len bytes at a position of the ring, which may wrap. */
static void ring_copy(const struct perf_event_mmap_page *ring, uint64_t at, void *out, size_t len)
{
	const char *data = (const char *)ring + PAGE_BYTES;
	const size_t size = (size_t)RING_PAGES * PAGE_BYTES;
	size_t from = at % size, first = len < size - from ? len : size - from;

	memcpy(out, data + from, first);
	memcpy((char *)out + first, data, len - first);
}

static int add_call(struct calls *calls, unsigned int cpu, const struct sample *s)
{
	struct call *bigger;
	struct call call = {
		.time_ns = s->time_ns,
		.arg = {s->regs[2], s->regs[1], s->regs[0]},
	};

	while (call.function < calls->n_functions && (calls->cpus[cpu].fds[call.function] < 0 ||
						      calls->cpus[cpu].id[call.function] != s->id))
		call.function++;
	if (call.function == calls->n_functions)
		return -EIO;
	bigger = realloc(calls->list, (calls->n + 1) * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	calls->list = bigger;
	calls->list[calls->n++] = call;
	return 0;
}

/* Takes what a processor wrote; if keep, into the list.  Returns 0, -EOVERFLOW if there was not
 * room for all, or -errno. */
static int drain(struct calls *calls, unsigned int cpu, bool keep)
{
	struct perf_event_mmap_page *ring = calls->cpus[cpu].ring;
	uint64_t head, tail;
	int rc = 0;

	if (!ring)
		return 0;
	head = __atomic_load_n(&ring->data_head, __ATOMIC_ACQUIRE);
	tail = ring->data_tail;
	while (tail < head) {
		struct sample s;

		ring_copy(ring, tail, &s.header, sizeof(s.header));
		if (!s.header.size)
			break;
		if (s.header.type == PERF_RECORD_LOST) {
			rc = -EOVERFLOW;
		} else if (keep && !rc && s.header.type == PERF_RECORD_SAMPLE &&
			   s.header.size == sizeof(s)) {
			ring_copy(ring, tail, &s, sizeof(s));
			rc = add_call(calls, cpu, &s);
		} else if (keep && !rc && s.header.type == PERF_RECORD_SAMPLE) {
			rc = -EIO;
		}
		tail += s.header.size;
	}
	__atomic_store_n(&ring->data_tail, head, __ATOMIC_RELEASE);
	return rc;
}

static int by_time(const void *a, const void *b)
{
	const struct call *x = a, *y = b;

	return x->time_ns < y->time_ns ? -1 : x->time_ns > y->time_ns;
}

void calls_start(struct calls *calls)
{
	for (unsigned int cpu = 0; cpu < calls->n_cpus; cpu++)
		drain(calls, cpu, false);
	order_all(calls, PERF_EVENT_IOC_ENABLE);
}

bool calls_stop(struct check_env *env, struct calls *calls)
{
	int rc = 0;

	order_all(calls, PERF_EVENT_IOC_DISABLE);
	calls->n = 0;
	for (unsigned int cpu = 0; cpu < calls->n_cpus && !rc; cpu++)
		rc = drain(calls, cpu, true);
	if (calls->n)
		qsort(calls->list, calls->n, sizeof(*calls->list), by_time);
	return check_setup(env, rc, "reading the calls that were seen");
}

void calls_close(struct calls *calls)
{
	for (unsigned int f = CALLS_FUNCTIONS_MAX; f-- > 0;)
		disarm(calls, f);
	free(calls->list);
	calls->list = NULL;
	calls->n = 0;
}

size_t calls_count(const struct calls *calls, unsigned int function)
{
	size_t n = 0;

	for (size_t i = 0; i < calls->n; i++)
		n += calls->list[i].function == function;
	return n;
}

uint64_t calls_sum(const struct calls *calls, unsigned int function, unsigned int arg)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < calls->n; i++)
		if (calls->list[i].function == function)
			sum += calls->list[i].arg[arg];
	return sum;
}
