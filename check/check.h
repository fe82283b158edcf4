/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a check is.  A family is one file in check/ with one const descriptor, its last definition,
 * and one line in check/table.c: nothing else needs to know of it.
 *
 * Each check runs in a child process of its own (check/runner.c) with an empty directory, the named
 * devices blank, and a time limit.  What it leaves behind (tasks, mounts, DM devices named after
 * it, loop devices) is removed by the runner.  Its verdict is one of:
 *
 *   pass    it returned without a failure
 *   fail    the kernel broke the promise: check_fail(), or an expectation that did not hold
 *   skip    a need is missing
 *   broken  this host or the check itself failed: no result about the kernel.  A step of the
 *           set-up that the kernel promises and does not do is a failure: check_setup()
 *
 * The first complaint is the verdict's reason; fail beats broken beats skip.
 */
#ifndef DAXDM_CHECK_H
#define DAXDM_CHECK_H

#include "lib/base/bytes.h"
#include "lib/dev/dm.h"
#include "lib/dev/graph.h"
#include "lib/dev/namespace.h"
#include "lib/file/extents.h"
#include "lib/file/fs.h"
#include "lib/file/mapping.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Faults that `--plant` plants, to show that a check notices.  Each happens inside one function
 * below, so that a check which does not call it cannot declare it. */
enum plant {
	PLANT_NONE = 0,
	PLANT_STACK = 1 << 0, /* check_create() makes a device that is not what the model says */
	PLANT_BYTE = 1 << 1,  /* one byte is flipped before check_bytes() looks */
	PLANT_FRAME = 1 << 2, /* check_frames() expects the next frame */
	PLANT_SIZE = 1 << 3,  /* check_page_size() expects the other size */
	PLANT_VALUE = 1 << 4, /* the first check_equal(), check_errno() or check_that() of the check
			       * gets another expectation */
	PLANT_DMESG = 1 << 5, /* a line that looks like a kernel warning is in the log */
};

/* What testbed_devices() does in place of the check's own stack, where that is possible: tells
 * whether the stack is the cause of a failure. */
enum instead {
	INSTEAD_NONE,
	INSTEAD_RAW,
	INSTEAD_LINEAR,
	INSTEAD_ONE_NAMESPACE, /* the same table, all of it on the first namespace */
	INSTEAD_BIOS, /* the same table: bios of the device are compared with those of its members,
		       * and the check ends before it makes a filesystem */
};

enum {
	CHECK_QUICK = 1 << 0,	 /* part of --quick */
	CHECK_EMULATED = 1 << 1, /* only on an emulated host: it may take this one down */
	CHECK_SPOILS = 1 << 2,	 /* nothing may run after it on the same boot */
};

struct check_env;

struct check_item {
	const char *name; /* "flush.store_blocks": the id is FAMILY.NAME, stable, never renamed */
	const char *promise; /* what must hold, in one sentence */
	const char *by;	     /* who promises it: kernel document, man page, commit, thread */
	/*
	 * Of the host, ends with NULL.  device:MODE[:N] (N named namespaces of that mode that work:
	 * fsdax, raw, sector, virtio), named:MODE (working or not), page:2M (the kernel maps files
	 * by PMDs), module:NAME, program:NAME, target:NAME[:MAJOR.MINOR] (device-mapper's),
	 * fs:NAME, file:PATH, kernel:VERSION (or newer).
	 */
	const char *const *needs;
	unsigned int flags;
	unsigned int limit_s;		  /* 0: 30 */
	unsigned int plants;		  /* the planted faults that it must notice; at least one */
	const char *fixed_by, *first_bad; /* of a regression of the past; NULL where not known */
	void (*run)(struct check_env *env, const void *arg);
	const void *arg;
};

struct check_family {
	const char *name;
	const char *why;
	const struct check_item *items; /* ends with name == NULL */
};

/* Ends with NULL. */
extern const struct check_family *const check_table[];

enum { CHECK_DEVICES_MAX = 8, DEVICE_SICK_MAX = 96 };

struct check_env {
	const char *directory; /* empty, this check's own; mount points and files go below it */
	pid_t owner;	       /* DM devices are named daxdm-OWNER-...; see check_name() */
	struct namespace devices[CHECK_DEVICES_MAX];
	/* Why a device does not work (check/device_health.h), empty where it does; no check but
	 * those of the family namespace sees one that does not. */
	char sick[CHECK_DEVICES_MAX][DEVICE_SICK_MAX];
	unsigned int n_devices;
	uint64_t seed;	     /* for what is random; printed, the same seed gives the same check */
	unsigned int rounds; /* of what is random */
	/* Of a check whose power is cut (check/crash/cut.h): how often it was, and the operations
	 * that were acknowledged before the last cut. */
	unsigned int cuts;
	uint64_t acked;
	bool quick, emulated;
	enum plant plant;
	enum instead instead;
	const char *id;
	const struct check_item *item;
	int out; /* where the lines go; see check/env.c */
	bool complained, planted;
};

/* ---- messages of a check (check/env.c) ------------------------------------------------------ */

/* The promise is broken: one sentence with what was expected and what was seen. */
void check_fail(struct check_env *env, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* This host or the check itself failed. */
void check_broken(struct check_env *env, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A need is missing; cure says how to provide it. */
void check_skip(struct check_env *env, const char *cure, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A line that helps to analyse a failure: a table, a dmsetup command. */
void check_evidence(struct check_env *env, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A setup_log_fn (lib/base/setup_log.h) whose arg is a struct check_env: the commands that make the
 * set-up of a check that fails are part of its result. */
void check_log_setup(void *env, const char *lines);

/* A fact that no contract covers; compared between kernels.  One named "verdict" is a sentence,
 * which the summary of the run repeats.  Steals value. */
void check_observe(struct check_env *env, const char *name, json_t *value);

/* The same of what a program relies on, though no contract promises it: DAX granted, a page size,
 * which access raises a signal or waits.  compare shows a change between kernels first, as
 * suspicious, and fails by it with --strict. */
void check_observe_suspicious(struct check_env *env, const char *name, json_t *value);

/* These bytes of a namespace must hold these stamps when the emulated host is off: its driver reads
 * the DIMM's backing file from the outside.  On this host nothing comes of it. */
void check_outside(struct check_env *env, const struct namespace *ns, uint64_t offset_bytes,
		   uint64_t len_bytes, uint32_t file_id, uint64_t file_offset_bytes,
		   uint32_t generation);

/* The check runs on env->instead: its verdict is about that stack. */
void check_runs_instead(struct check_env *env);

/* Whether check_fail(), check_broken() or check_skip() was called. */
bool check_complained(const struct check_env *env);

/* Expectations of the promise: true, or false after check_fail() with both sides.  what reads as
 * "statx of a file on linear:2", "errno of the mount"; check_that() takes a whole sentence. */
bool check_equal(struct check_env *env, int64_t got, int64_t want, const char *what_fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* rc and want are 0 or -errno. */
bool check_errno(struct check_env *env, int rc, int want, const char *what_fmt, ...)
	__attribute__((format(printf, 4, 5)));
bool check_that(struct check_env *env, bool holds, const char *what_fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A step of the set-up that the kernel does: true if rc >= 0, else false after check_fail(): it
 * promises that step, too; or after check_broken(), if rc is of this host (is_of_host() in
 * env.c). */
bool check_setup(struct check_env *env, int rc, const char *what_fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A step that the check itself does, for example a computation of the model: true if rc >= 0, else
 * false after check_broken(). */
bool check_own(struct check_env *env, int rc, const char *what_fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- devices, filesystems (check/fixture/device.c) ------------------------------------------- */

/* The i-th named namespace of a mode that works, or NULL. */
const struct namespace *check_device(const struct check_env *env, enum namespace_mode mode,
				     unsigned int i);

/*
 * Makes the devices of a graph real (graph_create()); the only place of PLANT_STACK.  Returns 0 or
 * -errno, without a message: the check judges a refusal.
 */
int check_create(struct check_env *env, struct graph *graph);

/* A DM name of ours: daxdm-OWNER-WORD.  Returns name. */
const char *check_name(const struct check_env *env, const char *word, char name[64]);

struct check_fs {
	struct fs fs;
	char where[256], node[128];
};

/* mkfs (size_bytes 0: the whole device) and mount -o dax=always below env->directory, with proof.
 * Returns 0, or -errno after check_broken(). */
int check_mount(struct check_env *env, const char *type, const char *node, uint64_t size_bytes,
		struct check_fs *out);
/* Returns 0, or -errno after check_broken(). */
int check_unmount(struct check_env *env, struct check_fs *fs);

/*
 * A file of `bytes` whose every 512-byte sector holds its stamp (lib/file/stamp.h) of the
 * generation, written and synced; where the filesystem can, in 2 MiB aligned extents.  Returns the
 * open descriptor, or -errno after check_broken().
 */
int check_file(struct check_env *env, const struct check_fs *fs, const char *name, uint64_t bytes,
	       uint32_t file_id, uint32_t generation);

/* ---- verification (check/fixture/verify.c) --------------------------------------------------- */

/* Whether len bytes read from offset hold the stamps; PLANT_BYTE flips one first.  false after
 * check_fail(), which names the path ("read through the mapping") and the first wrong sector. */
bool check_bytes(struct check_env *env, const char *path, void *bytes, size_t len, uint32_t file_id,
		 uint64_t offset_bytes, uint32_t generation);

/* The same for a mapping: it is copied first. */
bool check_mapped_bytes(struct check_env *env, const char *path, const volatile char *bytes,
			size_t len, uint32_t file_id, uint64_t offset_bytes, uint32_t generation);

/* Whether the mapped pages [offset, offset + len) of an open file (mapping base at file offset 0)
 * are mapped to exactly the frames that FIEMAP, the graph and the namespace say.  Each is read
 * first. */
bool check_frames(struct check_env *env, int fd, const volatile char *base, uint64_t offset_bytes,
		  uint64_t len_bytes, const struct graph *graph, unsigned int device);

/* How many 4 KiB pages of a 2 MiB window this process has mapped: after one access to an untouched
 * window, 512 if a PMD maps it.  Returns that or -errno. */
int window_pages_present(const volatile char *window);

/*
 * Whether a 2 MiB window of a shared mapping is mapped by one PMD: reads its first and last page
 * and counts the faults and the pages mapped by them.  A window that is mapped in part is not
 * touched: PTEs map it.  A window that is mapped as a whole is first dropped from the page tables
 * (MADV_DONTNEED), because it shows no fault.  Returns 1, 0, or -errno; -EFAULT
 * if a read raised a signal.
 */
int window_is_pmd(volatile char *base, uint64_t window_offset_bytes);

/* Whether window_is_pmd() returns what the model allows (never a PMD where the address and the
 * offset differ mod 2 MiB).  false after check_fail(). */
bool check_page_size(struct check_env *env, int fd, volatile char *base,
		     uint64_t window_offset_bytes, const struct graph *graph, unsigned int device);

/* ---- tasks, signals (check/fixture/task.c) --------------------------------------------------- */

/* The result of an access: 0, or the signal with its code and address. */
struct check_touch {
	int signal, code;
	void *address;
};
struct check_touch check_load(const volatile char *p, char *value); /* value may be NULL */
struct check_touch check_store(volatile char *p, char value);
/* The first byte of each page of [p, p + len). */
struct check_touch check_load_pages(const volatile char *p, size_t len);
struct check_touch check_copy(void *to, const volatile char *from, size_t len);

/* For observations: "success", or "SIGBUS code 2". */
json_t *check_touch_json(const struct check_touch *touch);
/* "success" for 0, or the name of -errno: "EIO". */
json_t *check_errno_json(int rc);

/* Memory that tasks share with the check; zeroed, locked.  NULL after check_broken(). */
void *check_shared(struct check_env *env, size_t bytes);

/* A task is a child process: the check goes on while it blocks in the kernel. */
struct check_task {
	pid_t pid; /* 0: none */
	int status;
	bool done;
};

/* Runs fn(arg) in a child; its return value (0..255) is the exit status.  Mappings are inherited.
 * Returns 0, or -errno after check_broken(). */
int check_start(struct check_env *env, struct check_task *task, int (*fn)(void *arg), void *arg);

/* Sleeps. */
void check_pause(unsigned int milliseconds);

/* Time limits count the time that an outer host gives to this one (lib/base/limit_clock.h). */

/* Waits at most that time.  Returns true if it is done; task->status is then its exit status, or
 * 128 + signal. */
bool check_wait(struct check_task *task, unsigned int milliseconds);

/* Waits at most that time for a flag that a task sets, or, if the task is not NULL, its end.
 * Returns the flag. */
bool check_flag(struct check_task *task, const volatile bool *flag, unsigned int milliseconds);

/* Kills it and waits at most 5 s.  Returns false if it did not end. */
bool check_kill(struct check_task *task);

/* Whether the kernel has oopsed in some process since the boot. */
bool check_oopsed(void);

/* Evidence of where a task is in the kernel. */
void check_evidence_stack(struct check_env *env, const struct check_task *task);

/*
 * Waits for a task that must end: 5 s, less if the kernel oopses.  what reads as
 * "umount".  Returns its exit status, or -1 after check_fail(): it did not end, or was killed; it
 * is killed then, as far as that is possible.
 */
int check_await(struct check_env *env, struct check_task *task, const char *what);

/* The same for a task that returns 0 or an errno.  true if it returned the wanted one. */
bool check_await_errno(struct check_env *env, struct check_task *task, const char *what, int want);

#endif
