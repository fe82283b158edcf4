/* SPDX-License-Identifier: GPL-2.0-only */
/* A mapped file on a stack: what the checks of unbind, poison and lifetime begin with. */
#ifndef DAXDM_SITE_H
#define DAXDM_SITE_H

#include "check/check.h"

enum site_stack {
	SITE_RAW,     /* the namespace itself */
	SITE_LINEAR,  /* one segment, 2 MiB into the namespace */
	SITE_SECOND,  /* two segments of one namespace, the file reaches into the second */
	SITE_TWO,     /* two segments on two namespaces, likewise */
	SITE_DEPTH,   /* linear on linear */
	SITE_STRIPED, /* two stripes of one namespace, in chunks of 2 MiB */
	SITE_LOG, /* linear, with dm-log-writes on it, whose log is on the second fsdax namespace */
};

struct site_spec {
	/* "ext4", "xfs"; or xfs with the map from blocks to owners: "xfs+rmapbt", which leaves the
	 * end of the namespace free on SITE_RAW, as all do, and "xfs+rmapbt+whole"; or with files
	 * that may share blocks: "xfs+reflink" */
	const char *fs;
	enum site_stack stack;
	enum namespace_mode mode; /* of the namespaces below */
	uint64_t file_bytes;
};

enum { SITE_FILE_ID = 1, SITE_GENERATION = 1 };

struct site {
	const struct site_spec *spec;
	struct graph graph;
	unsigned int device; /* the mounted one, in graph; on SITE_LOG the one below it */
	char log[64];	     /* SITE_LOG: the name of the mounted device, else empty */
	struct check_fs fs;
	int fd; /* of the file, -1 when closed */
	struct mapping map;
	struct extents extents; /* of the file as it was made */
};

/* The name of a stack, for sentences: "linear". */
const char *site_stack_name(enum site_stack stack);

/*
 * Devices, filesystem, a file full of stamps (SITE_FILE_ID, SITE_GENERATION) and a mapping of it
 * that may have huge pages; nothing is touched through the mapping.  Returns 0, or -errno after
 * check_broken(), with nothing left.
 */
int site_make(struct check_env *env, struct site *site, const struct site_spec *spec);

/* Takes down what is there: mapping, descriptor, mount, devices; a half-made or half-dropped site
 * is fine.  Returns 0, or -errno after check_broken(). */
int site_drop(struct check_env *env, struct site *site);

/* The steps of it.  Each may be called twice. */
void site_close(struct site *site);
void site_unmap(struct site *site);

/* The DM device that is mounted, or NULL on SITE_RAW. */
const char *site_dm(const struct site *site);

/* Where a byte of the file as it was made lives.  Returns 0 or -errno after check_broken(). */
int site_place(struct check_env *env, const struct site *site, uint64_t offset_bytes,
	       struct graph_place *out);

/* The byte of the mounted device that holds a byte of the file as it was made, and whether that is
 * in the last segment of its table.  Returns 0 or -errno after check_broken(). */
int site_device_byte(struct check_env *env, const struct site *site, uint64_t offset_bytes,
		     uint64_t *byte, bool *in_last);

/* The file's bytes [offset, offset + len) must hold this generation's stamps on the namespace, read
 * with none of the stack.  len within one page.  false after check_fail() or check_broken(). */
bool site_check_namespace(struct check_env *env, const struct site *site, uint64_t offset_bytes,
			  uint32_t generation);

/*
 * Once the file has given up a byte of what it was made of: another file over all that is free, so
 * that it stands on that byte, unwritten.  Returns its descriptor and where in it, or -errno;
 * -ENODATA if the filesystem does not give the block away within 2 s.
 */
int site_reuse_block(const struct site *site, uint64_t offset_bytes, uint64_t *at_bytes);

/* Whether the kernel has died in some process since the boot. */
bool site_oopsed(void);

/* Evidence of where a task that did not come home stands in the kernel. */
void site_say_stack(struct check_env *env, const struct check_task *task);

/*
 * Waits for a task that must come to its end: 5 s, less if the kernel oopses meanwhile.  what reads
 * as "umount".  Returns its exit status, or -1 after check_fail(): it did not end, or was killed;
 * it is killed then, as far as that can be.
 */
int site_await(struct check_env *env, struct check_task *task, const char *what);

/* The same for a task that returns 0 or an errno.  true if it returned what is wanted. */
bool site_await_errno(struct check_env *env, struct check_task *task, const char *what, int want);

#endif
