// SPDX-License-Identifier: GPL-2.0-only
#include "emu/package.h"

#include "lib/base/msg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Returns 0 or -errno. */
static int first_line(const char *dir, const char *file, char *line, size_t len)
{
	char path[PATH_MAX + 16];
	FILE *in;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	in = fopen(path, "re");
	if (!in)
		return -errno;
	if (!fgets(line, (int)len, in))
		rc = -ENODATA;
	fclose(in);
	line[strcspn(line, "\n")] = '\0';
	return rc;
}

int package_open(const char *dir, struct package *out)
{
	int rc;

	*out = (struct package){0};
	if (!realpath(dir, out->dir)) {
		msg_error("--kernel %s: %s; ./run.sh kernels --fetch K makes such a directory", dir,
			  strerror(errno));
		return -EINVAL;
	}
	snprintf(out->vmlinux, sizeof(out->vmlinux), "%.*s/vmlinux", PATH_MAX - 16, out->dir);
	rc = access(out->vmlinux, R_OK) < 0 ? -errno : 0;
	if (!rc)
		rc = first_line(out->dir, "package", out->name, sizeof(out->name));
	if (!rc)
		rc = first_line(out->dir, "release", out->release, sizeof(out->release));
	if (!rc)
		return 0;
	msg_error("%s has no kernel: %s; remove it and run ./run.sh kernels --fetch K", out->dir,
		  strerror(-rc));
	out->dir[0] = '\0';
	return -EINVAL;
}
