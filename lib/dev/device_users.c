// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/device_users.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static bool is_device(const char *path, dev_t device)
{
	struct stat st;

	return !stat(path, &st) && S_ISBLK(st.st_mode) && st.st_rdev == device;
}

/* The first line of a file, or "". */
static void read_line(const char *path, char *line, size_t size)
{
	FILE *in = fopen(path, "re");

	line[0] = '\0';
	if (in && !fgets(line, (int)size, in))
		line[0] = '\0';
	if (in)
		fclose(in);
	line[strcspn(line, "\n")] = '\0';
}

static bool find_loop(dev_t device, char *who, size_t who_len)
{
	glob_t found = {0};
	bool is = false;

	if (!glob("/sys/block/loop*/loop/backing_file", 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc && !is; i++) {
			char backing[256];

			read_line(found.gl_pathv[i], backing, sizeof(backing));
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
		read_line(path, name, sizeof(name));
		snprintf(who, who_len, "process %ld (%s)", pid, name);
	}
	if (dir)
		closedir(dir);
	return is;
}
