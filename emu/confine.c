// SPDX-License-Identifier: GPL-2.0-only
#include "emu/confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel's overflowuid; a user namespace may not have it. */
enum { NOBODY = 65534 };

static bool is_root(void)
{
	return !geteuid();
}

int confine_give(int fd)
{
	/* EINVAL: this user namespace has no nobody; see confine_self(). */
	if (!is_root() || !fchown(fd, NOBODY, NOBODY) || errno == EINVAL)
		return 0;
	return -errno;
}

int confine_give_new(const char *name)
{
	int fd = open(name, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644), rc;

	if (fd < 0)
		return -errno;
	rc = confine_give(fd);
	close(fd);
	return rc;
}

/* Not close_range(2): CLOSE_RANGE_CLOEXEC needs Linux 5.11. */
static int close_on_exec(void)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *e;
	int rc = dir ? 0 : -errno;

	while (dir && !rc && (e = readdir(dir))) {
		int fd = atoi(e->d_name);

		if (fd > STDERR_FILENO && fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			rc = -errno;
	}
	if (dir)
		closedir(dir);
	return rc;
}

int confine_detach(void)
{
	return setsid() < 0 ? -errno : close_on_exec();
}

static int lower_limit(int what, rlim_t most)
{
	struct rlimit limit;

	if (getrlimit(what, &limit) < 0)
		return -errno;
	if (limit.rlim_cur > most)
		limit.rlim_cur = most;
	if (limit.rlim_max > most)
		limit.rlim_max = most;
	return setrlimit(what, &limit) < 0 ? -errno : 0;
}

int confine_self(bool kvm)
{
	struct stat st;
	gid_t group = NOBODY;
	int rc = lower_limit(RLIMIT_FSIZE, CONFINE_FILE_BYTES);

	/* QEMU blocks the signal in some threads only; ignored, write(2) fails in all. */
	signal(SIGXFSZ, SIG_IGN);
	if (!rc)
		rc = lower_limit(RLIMIT_CORE, 0);
	if (rc < 0 || !is_root())
		return rc;
	if (kvm && !stat("/dev/kvm", &st))
		group = st.st_gid;
	if (!setgroups(1, &group) && !setresgid(NOBODY, NOBODY, NOBODY) &&
	    !setresuid(NOBODY, NOBODY, NOBODY))
		return 0;
	return errno == EINVAL || errno == EPERM ? 0 : -errno;
}
