/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Measures the cost of calls of kernel functions.  BPF programs read the counter at their entry and
 * exit:
 *   fentry  at fentry and fexit, if the kernel has BTF of the functions (of modules since 5.11)
 *   kprobe  at kprobe and kretprobe
 * The stamps are readings of the time-stamp counter, as those of the meters: in the emulated host
 * exact instructions.
 *
 * Only calls by the thread that opened or adopted the tracer are logged.  The tracer leaves no VMA
 * in the process, because VMAs are part of the cost of a fault.
 *
 * Opening is slow, so a tracer can be shared by several processes: another process needs a copy of
 * struct tracer and its file descriptors.
 */
#ifndef DAXDM_TRACER_H
#define DAXDM_TRACER_H

#include "lib/trace/tracer_log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tracer_way { TRACER_FENTRY, TRACER_KPROBE, TRACER_WAYS };

/* Indices of file descriptors: first the programs for entry and exit of each function. */
enum { TRACER_RECORDS = 2 * TRACER_N, TRACER_COUNTER, TRACER_FDS };

/* Plain data, private to lib/trace/tracer.c. */
struct tracer {
	enum tracer_way way;
	bool with_dm;
	bool lasting; /* programs can be attached again after detaching */
	uint64_t inside_ticks, around_ticks;
	int fds[TRACER_FDS]; /* -1: none */
	/* Private to one process: */
	int counter_fd;		/* -1: closed */
	int links[TRACER_N][2]; /* BPF links, or perf events; -1: none */
};

/* Why there is no tracer here. */
struct tracer_missing {
	char why[480];	  /* a sentence */
	const char *cure; /* what to do */
};

/*
 * Opens and calibrates the first method that this kernel supports, or only the named one ("fentry"
 * or "kprobe").  with_dm: also traces device-mapper's functions, which must exist.  Returns 0, or
 * -errno with the reason in missing; -EINVAL: unknown method.  Source: bpf(2), perf_event_open(2);
 * Documentation/bpf/prog_fentry, Documentation/trace.
 */
int tracer_open(struct tracer *tracer, bool with_dm, const char *way,
		struct tracer_missing *missing);
/* Releases all kernel objects, except those of which other processes have copies. */
void tracer_close(struct tracer *tracer);

/* The file descriptors that another process needs besides the copy of *tracer.  Returns their
 * number. */
unsigned int tracer_fds(const struct tracer *tracer, int fds[TRACER_FDS]);
/*
 * Makes a copied tracer usable in this process, with its file descriptors, which are duplicated.
 * Returns 0 or -errno; -EBADF: file descriptors are missing, -EBUSY: this kernel attaches a program
 * only once (fentry before 5.13).
 */
int tracer_adopt(struct tracer *tracer, const int *fds, unsigned int n);

/* "fentry" or "kprobe". */
const char *tracer_way(const struct tracer *tracer);

const char *tracer_name(enum tracer_function function);

/* Attaches to one more function.  Returns 0 or -errno. */
int tracer_attach(struct tracer *tracer, enum tracer_function function);
/* Detaches from all. */
void tracer_detach(struct tracer *tracer);

/* Clears the log.  Returns 0 or -errno. */
int tracer_start(struct tracer *tracer);

/* The stamps since tracer_start(), borrowed until the next call.  Returns their number, -EOVERFLOW
 * if the log overflowed, or -errno. */
long tracer_read(struct tracer *tracer, const struct stamp **stamps);

/*
 * The overhead of tracing a call: the ticks between its two stamps, and the ticks that it adds in
 * total.  fentry is calibrated on test functions of the kernel; inside_ticks includes the two
 * instructions of the function (add, return).  kprobe is calibrated on getpid(2), whose cost is the
 * difference to an unimplemented system call; inside_ticks includes the two instructions of the
 * latter (-ENOSYS, return).
 */
void tracer_cost(const struct tracer *tracer, uint64_t *inside_ticks, uint64_t *around_ticks);

#endif
