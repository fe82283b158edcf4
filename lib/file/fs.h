/* SPDX-License-Identifier: GPL-2.0-only */
/* Filesystems mounted with DAX, and the proof that DAX is in use. */
#ifndef DAXDM_FS_H
#define DAXDM_FS_H

#include "lib/file/fs_spec.h"

#include <stdbool.h>
#include <stdint.h>

struct fs {
	const char *type;		      /* "ext4" or "xfs" */
	const char *node;		      /* borrowed: the device it is on */
	const char *where;		      /* borrowed: an existing directory */
	const struct fs_spec *spec;	      /* borrowed; NULL: a type without options */
	const char *external[FS_N_EXTERNALS]; /* borrowed: nodes of the spec's external devices */
	bool on_realtime; /* new files are on the realtime device; set by fs_mount() */
	bool dax_never;	  /* fs_mount() asks for dax=never instead of dax=always */
	bool mounted;
};

/* Whether daxdm knows this filesystem. */
bool fs_known(const char *type);

/*
 * Makes a filesystem of size_bytes (0: as large as the device) on node, laid out so that files can
 * have 2 MiB aligned extents and the same on every kernel (no reflink on xfs: older kernels refuse
 * it with DAX).  xfs needs 300 MiB, ext4 2 MiB;
 * below 16 MiB ext4 has no journal.  Returns 0, or -errno after one error line.
 */
int fs_make(const char *type, const char *node, uint64_t size_bytes);

/* The same for a filesystem with a spec and external devices.  Returns 0, or -errno with one
 * sentence in why; -EIO: mkfs failed, and why has what it printed. */
int fs_make_spec(const struct fs *fs, uint64_t size_bytes, char *why, size_t why_len);

/* The command line of mkfs without sizes and devices.  Pure. */
void fs_mkfs_command(const struct fs_spec *spec, char *command, size_t size);

/* The size of an external device: of a log or journal, of a realtime device. */
uint64_t fs_external_bytes(enum fs_external external);

/*
 * Mounts with dax=always (or dax=never) and proves it: the option is read back from
 * /proc/self/mountinfo.  Returns 0, or -errno after one error line; -ENOTSUP if the kernel mounted
 * with another option.
 */
int fs_mount(struct fs *fs);
/* The same, but instead of an error line writes one sentence to why, with the kernel's reason. */
int fs_mount_why(struct fs *fs, char *why, size_t why_len);

/* What fs_mount() passes to mount(2): returns its flags, and in data the options. */
unsigned long fs_mount_options(const struct fs *fs, char *data, size_t size);

/* Unmounts; -EBUSY is retried for 1 s, and a filesystem that is not mounted is no error.
 * Returns 0, or -errno after an error line. */
int fs_unmount(struct fs *fs);

/* Unmounts and mounts again: the DAX index and the caches of the filesystem start empty.  Returns
 * 0, or -errno after one error line. */
int fs_remount(struct fs *fs);

/* Unmounts what is mounted at a directory.  -EBUSY is retried for a second, because udev or an
 * exiting process may still use the mount.  Returns 0 or -errno. */
int fs_unmount_path(const char *where);

/* Removes a directory and what is in it, except what is mounted below it; what cannot be removed
 * stays. */
void fs_remove_tree(const char *path);

/*
 * Whether this file uses DAX.  Source: statx(2), STATX_ATTR_DAX.
 * Returns 1, 0, or -errno (-ENOTSUP: the filesystem does not report the attribute).
 */
int fs_file_is_dax(int fd);

/* Calls visit() for each mount point of this process; stops when it returns non-zero and returns
 * that, else 0 or -errno. */
int fs_each_mount_point(int (*visit)(const char *point, void *arg), void *arg);

/* Whether path is the directory or is below it.  Pure. */
bool fs_path_is_below(const char *path, const char *directory);

/* Unmounts whatever is mounted at a directory or below it, the last one first; what cannot be
 * unmounted is detached (MNT_DETACH).  Returns 0 or -errno. */
int fs_unmount_below(const char *directory);

#endif
