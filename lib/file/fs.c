// SPDX-License-Identifier: GPL-2.0-only
#include "lib/file/fs.h"

#include "lib/base/child.h"
#include "lib/base/host.h"
#include "lib/base/kernel_log.h"
#include "lib/base/limit_clock.h"
#include "lib/base/msg.h"
#include "lib/base/owner.h"
#include "lib/base/setup_log.h"
#include "lib/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef STATX_ATTR_DAX
#define STATX_ATTR_DAX 0x00200000 /* linux/stat.h since 5.8 */
#endif

enum {
	MKFS_LIMIT_S = 300,
	FS_BLOCK_BYTES = 4096,
	EXT4_TINY_BYTES = 16 << 20,
	EXT4_SMALL_BYTES = 128 << 20,
	/* With less, the log of 64 MiB does not fit an allocation group, a quarter of the
	 * device. */
	XFS_SMALL_BYTES = 640 << 20,
	/* How long an unmount that fails with -EBUSY is retried. */
	BUSY_LIMIT_MS = 1000,
	BELOW_MAX = 64,
	ARGS_MAX = 16 + FS_SPEC_TEXT_BYTES / 2,
	LOG_BYTES = 64 << 20,
	REALTIME_BYTES = 512 << 20,
};

/* One line per filesystem. */
struct fs_kind {
	const char *type;
	const char *mkfs;
	const char *package;
	const char *const *options;
	const char *const *always; /* of them those that a spec with other options has, too */
	const char *const *uuid;
	bool size_is_option; /* in -d size=, or as the last operand */
	const char *log;     /* how its lines in the kernel log begin */
};

/*
 * Everything that could differ between two runs is fixed: identifiers and the directory hash seed
 * would otherwise come from the random number generator.
 */
#define FS_UUID OWNER_UUID

/* stride and stripe_width of 2 MiB make mballoc align large extents to 2 MiB. */
#define EXT4_EXTENDED                                                                   \
	"stride=512,stripe_width=512,lazy_itable_init=0,lazy_journal_init=0,nodiscard," \
	"hash_seed=" FS_UUID
static const char *const ext4_options[] = {
	"-q", "-F", "-b", "4096", "-m", "0", "-N", "1024", "-U", FS_UUID, "-E", EXT4_EXTENDED, NULL,
};

/* The same of xfs. */
#define XFS_ALIGNED "su=2m,sw=1"
static const char *const xfs_options[] = {
	"-q", "-f", "-K", "-m", "reflink=0,uuid=" FS_UUID, NULL,
};

/* Quiet, whatever is on the device. */
static const char *const ext4_always[] = {"-q", "-F", NULL};
static const char *const xfs_always[] = {"-q", "-f", NULL};

static const char *const ext4_uuid[] = {"-U", FS_UUID, NULL};
static const char *const xfs_uuid[] = {"-m", "uuid=" FS_UUID, NULL};

static const struct fs_kind kinds[] = {
	{"ext4", "mkfs.ext4", "e2fsprogs", ext4_options, ext4_always, ext4_uuid, false,
	 "EXT4-fs ("},
	{"xfs", "mkfs.xfs", "xfsprogs", xfs_options, xfs_always, xfs_uuid, true, "XFS ("},
};

static const struct fs_kind *find_kind(const char *type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].type, type))
			return &kinds[i];
	return NULL;
}

bool fs_known(const char *type)
{
	return find_kind(type);
}

/* A small device gets a small journal, a tiny one none.  Sets two arguments. */
static void ext4_journal(uint64_t size_bytes, const char *argv[2])
{
	argv[0] = size_bytes < EXT4_TINY_BYTES ? "-O" : "-J";
	argv[1] = size_bytes < EXT4_TINY_BYTES	  ? "^has_journal"
		  : size_bytes < EXT4_SMALL_BYTES ? "size=4"
						  : "size=32";
}

/* Returns 0 or -errno. */
static int device_bytes(const char *node, uint64_t *bytes)
{
	int fd = open(node, O_RDONLY | O_CLOEXEC), rc = 0;

	if (fd < 0 || ioctl(fd, BLKGETSIZE64, bytes) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

uint64_t fs_external_bytes(enum fs_external external)
{
	return external == FS_EXTERNAL_LOG ? LOG_BYTES : REALTIME_BYTES;
}

/* The command line of mkfs. */
struct mkfs {
	const char *argv[ARGS_MAX];
	size_t argc;
	/* What its words point to. */
	char words[FS_SPEC_TEXT_BYTES], data[64], log[192], realtime[192], size[32];
};

static void add_words(struct mkfs *m, const char *const *words)
{
	for (; *words; words++)
		m->argv[m->argc++] = *words;
}

/* The options of the spec, or daxdm's. */
static void add_layout(struct mkfs *m, const struct fs_kind *kind, const struct fs_spec *spec)
{
	char *rest = m->words, *word;

	if (!spec || fs_spec_is_aligned(spec)) {
		add_words(m, kind->options);
		return;
	}
	add_words(m, kind->always);
	strcpy(m->words, spec->mkfs);
	while ((word = strsep(&rest, " ")))
		if (*word)
			m->argv[m->argc++] = word;
}

/* Size, log and realtime device of an xfs. */
static void add_xfs_devices(struct mkfs *m, const struct fs *fs, uint64_t size_bytes)
{
	bool aligned = !fs->spec || fs_spec_is_aligned(fs->spec);

	snprintf(m->data, sizeof(m->data), "%s%ssize=%" PRIu64, aligned ? XFS_ALIGNED "," : "",
		 aligned && size_bytes < XFS_SMALL_BYTES ? "agcount=2," : "", size_bytes);
	m->argv[m->argc++] = "-d";
	m->argv[m->argc++] = m->data;
	if (fs->external[FS_EXTERNAL_LOG]) {
		snprintf(m->log, sizeof(m->log), "logdev=%s,size=%d", fs->external[FS_EXTERNAL_LOG],
			 LOG_BYTES);
		m->argv[m->argc++] = "-l";
		m->argv[m->argc++] = m->log;
	}
	if (fs->external[FS_EXTERNAL_REALTIME]) {
		snprintf(m->realtime, sizeof(m->realtime), "rtdev=%s,size=%d",
			 fs->external[FS_EXTERNAL_REALTIME], REALTIME_BYTES);
		m->argv[m->argc++] = "-r";
		m->argv[m->argc++] = m->realtime;
	}
	m->argv[m->argc++] = fs->node;
}

static void add_ext4_devices(struct mkfs *m, const struct fs *fs, uint64_t size_bytes)
{
	if (fs->external[FS_EXTERNAL_LOG]) {
		snprintf(m->log, sizeof(m->log), "device=%s", fs->external[FS_EXTERNAL_LOG]);
		m->argv[m->argc++] = "-J";
		m->argv[m->argc++] = m->log;
	} else if (!fs->spec || fs_spec_is_aligned(fs->spec)) {
		ext4_journal(size_bytes, &m->argv[m->argc]);
		m->argc += 2;
	}
	snprintf(m->size, sizeof(m->size), "%" PRIu64 "k", size_bytes >> 10);
	m->argv[m->argc++] = fs->node;
	m->argv[m->argc++] = m->size;
}

/* What mkfs printed, without the list of options that may follow. */
static void cut_usage(char *said)
{
	char *usage = strcasestr(said, "usage:");
	size_t len;

	if (usage > said)
		*usage = '\0';
	text_flatten(said);
	for (len = strlen(said); len && said[len - 1] == ' '; len--)
		said[len - 1] = '\0';
}

/* Returns 0, or -errno with one sentence in why. */
static int run_mkfs(const struct fs_kind *kind, const struct mkfs *m, const char *node, char *why,
		    size_t why_len)
{
	char said[4096], command[1024] = "";
	int rc = child_run((char *const *)m->argv, MKFS_LIMIT_S, said, sizeof(said));

	for (size_t i = 0; i < m->argc; i++)
		text_append(command, sizeof(command), "%s%s", i ? " " : "", m->argv[i]);
	setup_log(rc > 0 ? -EIO : rc, "%s", command);

	if (rc == -ENOENT)
		snprintf(why, why_len, "%s is not installed; `apt-get install %s`", kind->mkfs,
			 kind->package);
	else if (rc < 0)
		snprintf(why, why_len, "cannot run %s on %s: %s", kind->mkfs, node, strerror(-rc));
	else if (rc) {
		cut_usage(said);
		snprintf(why, why_len, "%s on %s failed (exit status %d): %.400s", kind->mkfs, node,
			 rc, said);
	}
	return rc > 0 ? -EIO : rc;
}

/* Makes an external journal, with blocks of the same size as the filesystem's. */
static int make_journal(const struct fs_kind *kind, const struct fs *fs, char *why, size_t why_len)
{
	const char *node = fs->external[FS_EXTERNAL_LOG];
	const char *option = fs->spec ? strstr(fs->spec->mkfs, "-b ") : NULL;
	struct mkfs m = {.argv = {kind->mkfs, "-q", "-F", "-O", "journal_dev", "-b"}, .argc = 6};

	snprintf(m.data, sizeof(m.data), "%.*s", option ? (int)strcspn(option + 3, " ") : 4,
		 option ? option + 3 : "4096");
	snprintf(m.size, sizeof(m.size), "%dk", LOG_BYTES >> 10);
	m.argv[m.argc++] = m.data;
	m.argv[m.argc++] = node;
	m.argv[m.argc++] = m.size;
	return run_mkfs(kind, &m, node, why, why_len);
}

int fs_make_spec(const struct fs *fs, uint64_t size_bytes, char *why, size_t why_len)
{
	const struct fs_kind *kind = find_kind(fs->type);
	struct mkfs m = {.argc = 0};
	int rc = 0;

	if (!kind)
		return -EINVAL;
	if (!size_bytes) {
		rc = device_bytes(fs->node, &size_bytes);
		size_bytes -= size_bytes % FS_BLOCK_BYTES;
	}
	if (rc < 0) {
		snprintf(why, why_len, "cannot find the size of %s: %s", fs->node, strerror(-rc));
		return rc;
	}
	m.argv[m.argc++] = kind->mkfs;
	/* lib/run/journal.c knows it by the UUID after a power cut; no run in an emulated host has
	 * a journal, and what mkfs draws there is the same in each. */
	if (fs->spec && !fs_spec_is_aligned(fs->spec) && !host_is_emulated())
		add_words(&m, kind->uuid);
	add_layout(&m, kind, fs->spec);
	if (kind->size_is_option)
		add_xfs_devices(&m, fs, size_bytes);
	else
		add_ext4_devices(&m, fs, size_bytes);
	if (!kind->size_is_option && fs->external[FS_EXTERNAL_LOG])
		rc = make_journal(kind, fs, why, why_len);
	return rc < 0 ? rc : run_mkfs(kind, &m, fs->node, why, why_len);
}

void fs_mkfs_command(const struct fs_spec *spec, char *command, size_t size)
{
	const struct fs_kind *kind = find_kind(spec->type);
	struct mkfs m = {.argc = 0};

	snprintf(command, size, "%s", kind->mkfs);
	add_layout(&m, kind, spec);
	for (size_t i = 0; i < m.argc; i++)
		text_append(command, size, " %s", m.argv[i]);
	if (kind->size_is_option && fs_spec_is_aligned(spec))
		text_append(command, size, " -d " XFS_ALIGNED);
}

int fs_make(const char *type, const char *node, uint64_t size_bytes)
{
	const struct fs fs = {.type = type, .node = node};
	char why[768];
	int rc = fs_make_spec(&fs, size_bytes, why, sizeof(why));

	if (rc < 0 && find_kind(type))
		msg_error("%s", why);
	return rc;
}

/*
 * One line of mountinfo: ID PARENT MAJ:MIN ROOT POINT OPTIONS ... - TYPE SOURCE SUPEROPTIONS.
 * Calls visit(point, type, super options) for each; stops when it returns non-zero and returns
 * that.  Source: proc(5).
 */
static int each_mount(int (*visit)(const char *point, const char *type, const char *options,
				   void *arg),
		      void *arg)
{
	FILE *in = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t len = 0;
	int rc = 0;

	if (!in)
		return -errno;
	while (!rc && getline(&line, &len, in) > 0) {
		char point[512], type[64], options[512], *dash = strstr(line, " - ");

		if (dash && sscanf(line, "%*s %*s %*s %*s %511s", point) == 1 &&
		    sscanf(dash + 3, "%63s %*s %511s", type, options) == 2)
			rc = visit(point, type, options, arg);
	}
	free(line);
	fclose(in);
	return rc;
}

static bool has_option(const char *options, const char *wanted)
{
	size_t len = strlen(wanted);

	for (const char *p = options; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (!strncmp(p, wanted, len) && (!p[len] || p[len] == ','))
			return true;
	}
	return false;
}

/* 1: mounted here with the requested option, 2: mounted here with another one. */
static int visit_dax(const char *point, const char *type, const char *options, void *arg)
{
	const struct fs *fs = arg;

	if (strcmp(point, fs->where) || strcmp(type, fs->type))
		return 0;
	if (fs->dax_never)
		return has_option(options, "dax=never") ? 1 : 2;
	return has_option(options, "dax=always") || has_option(options, "dax") ? 1 : 2;
}

/* Mount options that are flags of mount(2). */
static const struct {
	const char *name;
	unsigned long flag;
} mount_flags[] = {
	{"noatime", MS_NOATIME},	 {"nodiratime", MS_NODIRATIME}, {"relatime", MS_RELATIME},
	{"strictatime", MS_STRICTATIME}, {"lazytime", MS_LAZYTIME},	{"sync", MS_SYNCHRONOUS},
	{"dirsync", MS_DIRSYNC},	 {"nosuid", MS_NOSUID},		{"nodev", MS_NODEV},
	{"noexec", MS_NOEXEC},
};

/* Appends the option, or adds its flag. */
static void add_mount_option(const char *option, char *data, size_t size, unsigned long *flags)
{
	for (size_t i = 0; i < sizeof(mount_flags) / sizeof(mount_flags[0]); i++)
		if (!strcmp(mount_flags[i].name, option)) {
			*flags |= mount_flags[i].flag;
			return;
		}
	text_append(data, size, ",%s", option);
}

/* All filesystems have the same UUID; without nouuid, xfs refuses to mount two of them.  The
 * journal of an ext4 is named in its superblock. */
unsigned long fs_mount_options(const struct fs *fs, char *data, size_t size)
{
	bool xfs = !strcmp(fs->type, "xfs");
	char list[FS_SPEC_TEXT_BYTES] = "", *rest = list, *option;
	unsigned long flags = 0;

	snprintf(data, size, "dax=%s%s", fs->dax_never ? "never" : "always", xfs ? ",nouuid" : "");
	if (xfs && fs->external[FS_EXTERNAL_LOG])
		text_append(data, size, ",logdev=%s", fs->external[FS_EXTERNAL_LOG]);
	if (xfs && fs->external[FS_EXTERNAL_REALTIME])
		text_append(data, size, ",rtdev=%s", fs->external[FS_EXTERNAL_REALTIME]);
	if (fs->spec)
		strcpy(list, fs->spec->mount);
	while ((option = strsep(&rest, ",")))
		if (*option)
			add_mount_option(option, data, size, &flags);
	return flags;
}

/* Whether files inherit the realtime flag of the root directory.  Source: ioctl_xfs_fsgetxattr(2).
 */
static bool inherits_realtime(const struct fs *fs)
{
	struct fsxattr attributes = {0};
	int fd = open(fs->where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool inherits = fd >= 0 && !ioctl(fd, FS_IOC_FSGETXATTR, &attributes) &&
			attributes.fsx_xflags & FS_XFLAG_RTINHERIT;

	if (fd >= 0)
		close(fd);
	return inherits;
}

static void log_mount(const struct fs *fs, unsigned long flags, const char *data, int rc)
{
	char options[640] = "";

	for (size_t i = 0; i < sizeof(mount_flags) / sizeof(mount_flags[0]); i++)
		if (flags & mount_flags[i].flag)
			text_append(options, sizeof(options), "%s,", mount_flags[i].name);
	setup_log(rc, "mkdir -p %s && mount -t %s -o %s%s %s %s", fs->where, fs->type, options,
		  data, fs->node, fs->where);
}

int fs_mount_why(struct fs *fs, char *why, size_t why_len)
{
	const char *dax = fs->dax_never ? "dax=never" : "dax=always";
	const struct fs_kind *kind = find_kind(fs->type);
	char data[640], reason[256];
	unsigned long flags = fs_mount_options(fs, data, sizeof(data));
	int log = kernel_log_open();
	int rc = mount(fs->node, fs->where, fs->type, flags, data) < 0 ? -errno : 0;

	log_mount(fs, flags, data, rc);
	kernel_log_reason(log, kind ? kind->log : "", "DAX", reason, sizeof(reason));
	if (rc < 0) {
		snprintf(why, why_len, "cannot mount %s from %s with %s: %s; %s%s", fs->type,
			 fs->node, dax, strerror(-rc), *reason ? "the kernel says " : "",
			 *reason ? reason : "`dmesg | tail` says why");
		return rc;
	}
	fs->mounted = true;
	fs->on_realtime = fs->external[FS_EXTERNAL_REALTIME] && inherits_realtime(fs);
	rc = each_mount(visit_dax, fs);
	if (rc == 1)
		return 0;
	if (rc < 0)
		snprintf(why, why_len, "cannot read how %s on %s was mounted: %s", fs->type,
			 fs->node, strerror(-rc));
	else
		snprintf(why, why_len, "%s on %s was mounted without %s; it is not measured%s%s",
			 fs->type, fs->node, dax, *reason ? "; the kernel says " : "", reason);
	fs_unmount(fs);
	return rc < 0 ? rc : -ENOTSUP;
}

int fs_mount(struct fs *fs)
{
	char why[768];
	int rc = fs_mount_why(fs, why, sizeof(why));

	if (rc < 0)
		msg_error("%s", why);
	return rc;
}

int fs_unmount_path(const char *where)
{
	int64_t until_ms = limit_clock_ms() + BUSY_LIMIT_MS;
	int rc;

	do
		rc = umount2(where, 0) < 0 ? -errno : 0;
	while (rc == -EBUSY && limit_clock_retry(until_ms));
	setup_log(rc, "umount %s", where);
	return rc;
}

int fs_unmount(struct fs *fs)
{
	int rc;

	if (!fs->mounted)
		return 0;
	rc = fs_unmount_path(fs->where);
	if (rc < 0) {
		msg_error("cannot unmount %s: %s", fs->where, strerror(-rc));
		return rc;
	}
	fs->mounted = false;
	return 0;
}

int fs_file_is_dax(int fd)
{
	struct statx sx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &sx) < 0)
		return -errno;
	if (!(sx.stx_attributes_mask & STATX_ATTR_DAX))
		return -ENOTSUP;
	return !!(sx.stx_attributes & STATX_ATTR_DAX);
}

bool fs_path_is_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	return !strncmp(path, directory, len) && (!path[len] || path[len] == '/');
}

struct visitor {
	int (*visit)(const char *point, void *arg);
	void *arg;
};

static int visit_point(const char *point, const char *type, const char *options, void *arg)
{
	const struct visitor *visitor = arg;

	(void)type;
	(void)options;
	return visitor->visit(point, visitor->arg);
}

int fs_each_mount_point(int (*visit)(const char *point, void *arg), void *arg)
{
	struct visitor visitor = {visit, arg};

	return each_mount(visit_point, &visitor);
}

struct below {
	const char *directory;
	char point[512];
};

static int visit_below(const char *point, void *arg)
{
	struct below *below = arg;

	if (fs_path_is_below(point, below->directory))
		snprintf(below->point, sizeof(below->point), "%s", point);
	return 0;
}

int fs_unmount_below(const char *directory)
{
	for (int i = 0; i < BELOW_MAX; i++) {
		struct below below = {.directory = directory};
		int rc = fs_each_mount_point(visit_below, &below);

		if (rc < 0)
			return rc;
		if (!below.point[0])
			return 0;
		if (fs_unmount_path(below.point) < 0 && umount2(below.point, MNT_DETACH) < 0)
			return -errno;
	}
	return -EBUSY;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

void fs_remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

int fs_remount(struct fs *fs)
{
	int rc = fs_unmount(fs);

	return rc < 0 ? rc : fs_mount(fs);
}
