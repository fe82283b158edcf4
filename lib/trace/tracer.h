/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What calls of kernel functions take, stamped inside the kernel at their entry and exit:
 *   fentry  by BPF programs at fentry and fexit, where the kernel has BTF of the functions (of
 *           modules since 5.11)
 *   kprobe  by the same programs at kprobe and kretprobe
 * The stamps are readings of the time-stamp counter, as the meters' are: in the emulated host exact
 * instructions.
 *
 * Only calls by the thread that opened or adopted the tracer are logged.  No memory area of the
 * process is left behind, for those are part of what a fault costs.
 *
 * To open one takes long, and so it can be done once for several processes: a copy of struct tracer
 * and of its file descriptors is all that another one needs.
 */
#ifndef DAXDM_TRACER_H
#define DAXDM_TRACER_H

#include "lib/trace/tracer_log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tracer_way { TRACER_FENTRY, TRACER_KPROBE, TRACER_WAYS };

/* Of file descriptors: first the programs, of entry and exit of each function. */
enum { TRACER_RECORDS = 2 * TRACER_N, TRACER_COUNTER, TRACER_FDS };

/* Plain data, private to lib/trace/tracer.c. */
struct tracer {
	enum tracer_way way;
	bool with_dm;
	bool lasting; /* what was attached once can be so again */
	uint64_t inside_ticks, around_ticks;
	int fds[TRACER_FDS]; /* -1: none */
	/* Of the one process: */
	int counter_fd;		/* -1: closed */
	int links[TRACER_N][2]; /* BPF links, or perf events; -1: none */
};

/* Why there is no tracer here. */
struct tracer_missing {
	char why[480];	  /* a sentence */
	const char *cure; /* what to do */
};

/*
 * Opens and calibrates the first way that this kernel has, or none but the one named ("fentry" or
 * "kprobe").  with_dm: device-mapper's functions as well, which must be there.  Returns 0 or -errno
 * with the reason in missing; -EINVAL: there is no such way.  Source: bpf(2), perf_event_open(2);
 * Documentation/bpf/prog_fentry, Documentation/trace.
 */
int tracer_open(struct tracer *tracer, bool with_dm, const char *way,
		struct tracer_missing *missing);
/* Nothing of it stays in the kernel, but for what others have copies of. */
void tracer_close(struct tracer *tracer);

/* What another process needs besides the copy of *tracer.  Returns how many. */
unsigned int tracer_fds(const struct tracer *tracer, int fds[TRACER_FDS]);
/*
 * Makes a copy of a tracer one of this process, with the file descriptors that came with it, which
 * are duplicated.  Returns 0 or -errno; -EBADF: they are not all there, -EBUSY: this kernel
 * attaches a program just once (fentry before 5.13).
 */
int tracer_adopt(struct tracer *tracer, const int *fds, unsigned int n);

/* "fentry" or "kprobe". */
const char *tracer_way(const struct tracer *tracer);

const char *tracer_name(enum tracer_function function);

/* Attaches to one more function.  Returns 0 or -errno. */
int tracer_attach(struct tracer *tracer, enum tracer_function function);
/* Detaches from all. */
void tracer_detach(struct tracer *tracer);

/* Forgets the stamps so far.  Returns 0 or -errno. */
int tracer_start(struct tracer *tracer);

/* Borrowed until the next call: the stamps since.  Returns their number, -EOVERFLOW if they found
 * no room, or -errno. */
long tracer_read(struct tracer *tracer, const struct stamp **stamps);

/*
 * What tracing costs a call: how many ticks it puts between the two stamps, and how many it adds
 * altogether.  fentry was calibrated on functions of the kernel that do nearly nothing; the two
 * instructions (add one to the argument, return) of the one that was stamped are in inside_ticks.
 * kprobe was calibrated on getpid(2): what it takes by itself is what it takes longer than
 * a system call that there is none of, whose two instructions (-ENOSYS, return) are then in
 * inside_ticks.
 */
void tracer_cost(const struct tracer *tracer, uint64_t *inside_ticks, uint64_t *around_ticks);

#endif
