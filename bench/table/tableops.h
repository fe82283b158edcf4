/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files of benchmark table: tableops.c (operations), tablefault.c (faults after
 * them), tablemem.c (memory of a table). */
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

/* The ioctls. */
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
	char *text; /* of the stack's top table, as the kernel reports it */
	int64_t targets;
	const char *freezes; /* the filesystem's freeze function */
	struct table_device own, top;
	/* The file that is mapped while its device is suspended. */
	struct datafile data;
	struct mapping mapping;
	int pagemap_fd;
	uint64_t *offset, *ticks;
	size_t n_samples;
	bool ran[2]; /* the cycle of the separate device, of the mounted one */
	bool probing;
	struct timed_ops_result *results; /* by variant */
	unsigned int *switched;		  /* samples in which the thread was scheduled out */
	json_t *memory;			  /* kernel memory of a table, or NULL */
	char memory_missing[320];	  /* or why it is unknown */
};

/* The probes; ends with NULL. */
extern const char *const table_points[];

/* The expected state of a device after an ioctl. */
struct table_state {
	bool gone, live, inactive, suspended;
};

/*
 * Issues the ioctl and verifies the state of the device.  ticks (may be NULL) gets the ticks of the
 * system call.  Returns true, or false with the reason in result.
 */
bool table_ioctl(struct tableops *t, const struct meter *meter, struct table_device *device,
		 enum table_ioctl_kind kind, struct table_state after, int64_t *ticks,
		 bool *switched, struct probe_set *probes, struct timed_ops_result *result);

/* The faults: the page, and the operation before. */
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

/* Creates and maps the file, and remounts the filesystem.  Returns 0 or -errno. */
int tablefault_open(struct bench_env *env, struct tableops *t);
void tablefault_close(const struct bench_env *env, struct tableops *t);

/* A timed pass, or with probes a probe pass.  Returns 0 or -ENOMEM. */
int tablefault_pass(struct bench_env *env, struct tableops *t, const struct table_fault *fault,
		    struct probe_set *probes, struct timed_ops_result *result);

/* Dirties the pages that the freeze of the filesystem writes back. */
void tablefault_dirty(const struct tableops *t);

/*
 * Measures the kernel memory of the table, for an observation.  Creates and removes the separate
 * device; if an ioctl fails, result has the reason and the device may remain.  *out is NULL if the
 * memory is unknown.  Returns 0 or -errno.
 */
int tablemem_measure(struct bench_env *env, struct tableops *t, struct timed_ops_result *result,
		     json_t **out);

/* Adds the counts of the probes to the variant's proof of the path. */
void table_add_hits(struct timed_ops_result *result, const struct probe_set *probes);

#endif
