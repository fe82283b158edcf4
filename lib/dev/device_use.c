// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/device_use.h"

#include "lib/base/text.h"
#include "lib/base/text_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* text_file_line() of a file below a directory. */
static const char *line_of(const char *dir, const char *name, char *out, size_t size)
{
	char path[PATH_MAX];

	*out = '\0';
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) < (int)sizeof(path))
		text_file_line(path, out, size);
	return out;
}

bool device_find_mount(unsigned int major, unsigned int minor, struct device_mount *out)
{
	FILE *in = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t size = 0;
	unsigned int a, b;
	bool found = false;

	while (in && !found && getline(&line, &size, in) > 0) {
		const char *dash = strstr(line, " - ");

		found = dash && sscanf(line, "%*d %*d %u:%u %*s %1023s", &a, &b, out->point) == 3 &&
			a == major && b == minor &&
			sscanf(dash, " - %63s %*s %1023s", out->type, out->options) == 2;
	}
	if (in)
		fclose(in);
	if (!found)
		*out = (struct device_mount){.type = ""};
	free(line);
	return found;
}

static bool is_swap(unsigned int major, unsigned int minor)
{
	FILE *in = fopen("/proc/swaps", "re");
	char line[1024], path[1024];
	bool found = false;
	struct stat st;

	while (in && !found && fgets(line, sizeof(line), in))
		found = sscanf(line, "%1023s", path) == 1 && !stat(path, &st) &&
			S_ISBLK(st.st_mode) && st.st_rdev == makedev(major, minor);
	if (in)
		fclose(in);
	return found;
}

/* A device over it: of device-mapper, MD, or another. */
static void add_holder(const char *holders, const char *name, struct device_use *out)
{
	char dir[PATH_MAX], dm[128], uuid[160];

	if (snprintf(dir, sizeof(dir), "%s/%s", holders, name) >= (int)sizeof(dir))
		return;
	line_of(dir, "dm/name", dm, sizeof(dm));
	line_of(dir, "dm/uuid", uuid, sizeof(uuid));
	text_append(out->by, sizeof(out->by), "%s%s", *out->by ? ", " : "below ", *dm ? dm : name);
	if (*out->cure)
		return;
	if (!strncmp(dm, "daxdm-", strlen("daxdm-")))
		snprintf(out->cure, sizeof(out->cure),
			 "./run.sh cleanup   (unless its run is active)");
	else if (!strncmp(uuid, "LVM-", strlen("LVM-")))
		snprintf(out->cure, sizeof(out->cure), "lvchange -an /dev/mapper/%s", dm);
	else if (*dm)
		snprintf(out->cure, sizeof(out->cure), "dmsetup remove %s", dm);
	else if (!strncmp(name, "md", 2))
		snprintf(out->cure, sizeof(out->cure), "mdadm --stop /dev/%.64s", name);
}

static void add_partition(const char *dir, const char *name, struct device_use *out)
{
	char path[PATH_MAX], number[16];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) < (int)sizeof(path) &&
	    *line_of(path, "partition", number, sizeof(number)))
		text_append(out->by, sizeof(out->by), "%s/dev/%s",
			    *out->by ? ", " : "divided into ", name);
}

/* Calls add for each entry of a directory. */
static void each_entry(const char *dir, struct device_use *out,
		       void (*add)(const char *dir, const char *name, struct device_use *out))
{
	DIR *open_dir = opendir(dir);
	const struct dirent *entry;

	while (open_dir && (entry = readdir(open_dir)))
		if (entry->d_name[0] != '.')
			add(dir, entry->d_name, out);
	if (open_dir)
		closedir(open_dir);
}

/* ---- users that do not claim it -------------------------------------------------------------- */

static bool is_device(const char *path, dev_t device)
{
	struct stat st;

	return !stat(path, &st) && S_ISBLK(st.st_mode) && st.st_rdev == device;
}

static bool find_loop(dev_t device, char *who, size_t who_len)
{
	glob_t found = {0};
	bool is = false;

	if (!glob("/sys/block/loop*/loop/backing_file", 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc && !is; i++) {
			char backing[256];

			text_file_line(found.gl_pathv[i], backing, sizeof(backing));
			is = is_device(backing, device);
			if (is)
				snprintf(who, who_len, "%.*s",
					 (int)strcspn(found.gl_pathv[i] + 11, "/"),
					 found.gl_pathv[i] + 11);
		}
	globfree(&found);
	return is;
}

static bool is_for_writing(const char *pid, const char *fd)
{
	char path[64], line[128];
	unsigned int flags = O_RDONLY;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%.20s/fdinfo/%.20s", pid, fd);
	in = fopen(path, "re");
	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, "flags: %o", &flags) == 1)
			break;
	if (in)
		fclose(in);
	return (flags & O_ACCMODE) != O_RDONLY;
}

static bool process_writes(const char *pid, dev_t device)
{
	char path[64];
	struct dirent *entry;
	bool is = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	dir = opendir(path);
	while (dir && !is && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%.20s/fd/%.20s", pid, entry->d_name);
		is = is_device(path, device) && is_for_writing(pid, entry->d_name);
	}
	if (dir)
		closedir(dir);
	return is;
}

bool device_user_find(unsigned int major, unsigned int minor, char *who, size_t who_len)
{
	dev_t device = makedev(major, minor);
	struct dirent *entry;
	bool is = find_loop(device, who, who_len);
	DIR *dir = is ? NULL : opendir("/proc");

	while (dir && !is && (entry = readdir(dir))) {
		char path[64], name[32];
		long pid = strtol(entry->d_name, NULL, 10);

		is = pid > 0 && pid != getpid() && process_writes(entry->d_name, device);
		if (!is)
			continue;
		snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
		text_file_line(path, name, sizeof(name));
		snprintf(who, who_len, "process %ld (%s)", pid, name);
	}
	if (dir)
		closedir(dir);
	return is;
}

/* ---- all of them ----------------------------------------------------------------------------- */

void device_use(const char *node, unsigned int major, unsigned int minor, struct device_use *out)
{
	struct device_mount mount;
	char dir[PATH_MAX];
	int fd;

	*out = (struct device_use){.by = ""};
	if (device_find_mount(major, minor, &mount)) {
		snprintf(out->by, sizeof(out->by), "mounted on %.200s", mount.point);
		snprintf(out->cure, sizeof(out->cure), "umount %.200s", mount.point);
		return;
	}
	if (is_swap(major, minor)) {
		snprintf(out->by, sizeof(out->by), "swap");
		snprintf(out->cure, sizeof(out->cure), "swapoff %.200s", node);
		return;
	}
	snprintf(dir, sizeof(dir), "/sys/dev/block/%u:%u/holders", major, minor);
	each_entry(dir, out, add_holder);
	if (!*out->by) {
		snprintf(dir, sizeof(dir), "/sys/dev/block/%u:%u", major, minor);
		each_entry(dir, out, add_partition);
	}
	if (!*out->by && !geteuid()) {
		/* O_RDONLY: nothing is written, and udev does not look at the device again. */
		fd = open(node, O_RDONLY | O_EXCL | O_CLOEXEC);
		if (fd < 0 && errno == EBUSY)
			snprintf(out->by, sizeof(out->by),
				 "claimed by a mount that this process does not see, or by another "
				 "device");
		if (fd >= 0)
			close(fd);
	}
	if (!*out->by && device_user_find(major, minor, dir, 64))
		snprintf(out->by, sizeof(out->by), "used by %.64s", dir);
	if (*out->by && !*out->cure)
		snprintf(out->cure, sizeof(out->cure), "lsblk %.200s   (shows by what)", node);
}

bool device_is_partition(unsigned int major, unsigned int minor, char disk[64],
			 unsigned long long *start_sectors, unsigned long long *len_sectors)
{
	char dir[64], real[PATH_MAX], text[32], *slash;

	snprintf(dir, sizeof(dir), "/sys/dev/block/%u:%u", major, minor);
	if (!*line_of(dir, "partition", text, sizeof(text)) || !realpath(dir, real))
		return false;
	*start_sectors = strtoull(line_of(dir, "start", text, sizeof(text)), NULL, 10);
	*len_sectors = strtoull(line_of(dir, "size", text, sizeof(text)), NULL, 10);
	slash = strrchr(real, '/');
	if (slash)
		*slash = '\0';
	slash = strrchr(real, '/');
	snprintf(disk, 64, "%.63s", slash ? slash + 1 : real);
	return true;
}
