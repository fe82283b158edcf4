/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The voices that speak of DAX: sysfs, the answer to a mount with dax=always, statx(2) of a file,
 * and the mapping itself.  One case is one device, described as data; all voices must say what the
 * model says.
 */
#ifndef DAXDM_VOICES_H
#define DAXDM_VOICES_H

#include "check/check.h"

/* What a device of a case stands on. */
enum member {
	ON_FSDAX,   /* the first named namespace of that mode, ... */
	ON_FSDAX_2, /* ... the second one */
	ON_RAW,
	ON_SECTOR,
	ON_VIRTIO,
	ON_BRD,
	ON_LOOP,	      /* a file in memory */
	ON_PARTITION,	      /* of the first fsdax namespace */
	ON_PARTITION_BESIDE,  /* one that begins beside a page */
	ON_PARTITION_PARTIAL, /* one that ends within a page */
	ON_BELOW,	      /* the level below */
	N_MEMBERS,
};

enum { VOICE_PIECES_MAX = 4, VOICE_LEVELS_MAX = 4, VOICE_STRIPES_MAX = 3 };

/* One line of a table.  Where on the member it begins is the next free place there. */
struct voice_piece {
	unsigned int n; /* of members: linear 1, striped 1..; 0: no piece, unless zero or error */
	enum target_type type;
	enum member on[VOICE_STRIPES_MAX];
	uint64_t sectors;	 /* 0: 32 MiB; ON_BELOW alone: all that is left of it */
	uint64_t skip_sectors;	 /* left free on each member before it */
	uint64_t beside_sectors; /* the offset on each member is that much past a page's begin */
	uint64_t chunk_sectors;	 /* 0: 2 MiB */
};

struct voice_level {
	struct voice_piece pieces[VOICE_PIECES_MAX];
};

struct voice_case {
	/* Lowest first; without any, the case is the device `bare` itself. */
	struct voice_level levels[VOICE_LEVELS_MAX];
	enum member bare;
	/*
	 * A target that the model does not know, over the whole level below: what follows
	 * "0 LENGTH " in its table, @ stands for the device below, + for the second fsdax
	 * namespace.
	 */
	const char *target;
	bool target_is_direct;

	const char *fs;	     /* NULL: sysfs alone is asked */
	uint64_t fs_sectors; /* 0: all of the device */
	/* No contract says whether it is direct: what sysfs says is stored, and the rest must agree
	 * with it. */
	bool silent;
};

/* The run function of such a case; arg is a const struct voice_case *. */
void voices_agree(struct check_env *env, const void *arg);

/* The mount, the file and the mapping of a device that is there; of c only fs, fs_sectors and
 * silent count. */
void voices_hear(struct check_env *env, const struct graph *g, unsigned int device,
		 const struct voice_case *c, bool direct);

/* What queue/dax of a block device's disk says: 1, 0 or -errno, -ENOENT if there is no such
 * attribute.  Source: Documentation/ABI/stable/sysfs-block. */
int says_dax(const char *node);

/* A loop device of 64 MiB over a file in memory; it is there as long as fd is open.  Returns 0 or
 * -errno (fd may be open all the same). */
int loop_make(int *fd, char node[128]);

/* Mounts without complaint; options may be NULL.  The directory is made.  Returns 0 or -errno of
 * mount(2). */
int mount_plain(const char *type, const char *node, const char *where, const char *options);

#endif
