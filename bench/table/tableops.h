/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the table benchmark share: tableops.c has the operations, tablefault.c the
 * faults after them. */
#ifndef DAXDM_TABLEOPS_H
#define DAXDM_TABLEOPS_H

#include "bench/timed_ops.h"
#include "lib/dev/dm_request.h"
#include "lib/file/mapping.h"

enum {
	TABLE_SAMPLES_MIN = 4, /* meter insn; time: twice as many */
	TABLE_SAMPLES = 16,
	TABLE_DIRTY_PAGES = 16, /* when a filesystem is frozen with dirty pages */
};

/* What a device can be asked. */
enum table_ioctl_kind {
	TABLE_IOCTL_CREATE,
	TABLE_IOCTL_LOAD,
	TABLE_IOCTL_CLEAR,
	TABLE_IOCTL_SUSPEND,
	TABLE_IOCTL_NOLOCKFS,
	TABLE_IOCTL_NOFLUSH,
	TABLE_IOCTL_RESUME,
	TABLE_IOCTL_STATUS, /* changes nothing */
	TABLE_IOCTL_REMOVE,
	TABLE_IOCTLS,
};

struct table_device {
	char name[64];
	bool mounted; /* the measured stack's own top device */
	struct dm_request requests[TABLE_IOCTLS];
};

/* One per mounted filesystem. */
struct tableops {
	int control_fd;
	char *text; /* of the stack's top table, as the kernel tells it */
	int64_t targets;
	const char *freezes; /* the function by which the filesystem is frozen */
	struct table_device own, top;
	/* The file that is mapped while its device is suspended. */
	struct datafile data;
	struct mapping mapping;
	int pagemap_fd;
	uint64_t *offset, *ticks;
	size_t n_samples;
	bool ran[2]; /* the cycle of the own device, of the mounted one */
	bool probing;
	struct timed_ops_result *results; /* by variant */
	unsigned int *switched;		  /* samples in which the thread was switched away */
	json_t *memory;			  /* what a table holds, or NULL */
	char memory_missing[320];	  /* or why that could not be seen */
};

/* What is asked of the kernel in the probe pass; ends with NULL. */
extern const char *const table_points[];

/* What device-mapper has to say of a device afterwards. */
struct table_state {
	bool gone, live, inactive, suspended;
};

/*
 * Asks, and looks whether the device is then as it should be.  ticks (may be NULL) gets what the
 * system call took.  Returns true, or false with the reason in result.
 */
bool table_ioctl(struct tableops *t, const struct meter *meter, struct table_device *device,
		 enum table_ioctl_kind kind, struct table_state after, int64_t *ticks,
		 bool *switched, struct probe_set *probes, struct timed_ops_result *result);

/* The faults: which page, and after what. */
enum table_fault_page { TABLE_PAGE_KNOWN, TABLE_PAGE_FRESH, TABLE_PAGE_STORED };
enum table_fault_after {
	TABLE_AFTER_NOTHING,
	TABLE_AFTER_RESUME,
	TABLE_AFTER_THAW,
	TABLE_AFTER_SWAP
};

struct table_fault {
	enum table_fault_page page;
	enum table_fault_after after;
};

/* Makes and maps the file, on a filesystem that is mounted anew.  Returns 0 or -errno. */
int tablefault_open(struct bench_env *env, struct tableops *t);
void tablefault_close(const struct bench_env *env, struct tableops *t);

/* A timed pass, or with probes a probe pass.  Returns 0 or -ENOMEM. */
int tablefault_pass(struct bench_env *env, struct tableops *t, const struct table_fault *fault,
		    struct probe_set *probes, struct timed_ops_result *result);

/* Stores to the pages that shall be dirty when the filesystem is frozen. */
void tablefault_dirty(const struct tableops *t);

/*
 * How much kernel memory the table holds, for an observation; on the device of our own, which is
 * not there before and afterwards unless result says what device-mapper refused.  *out is NULL if
 * it could not be seen.  Returns 0 or -errno.
 */
int tablemem_measure(struct bench_env *env, struct tableops *t, struct timed_ops_result *result,
		     json_t **out);

/* Adds what the probes counted to what a variant's path says. */
void table_add_hits(struct timed_ops_result *result, const struct probe_set *probes);

#endif
