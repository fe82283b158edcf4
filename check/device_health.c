// SPDX-License-Identifier: GPL-2.0-only
#include "check/device_health.h"

#include "lib/base/limit_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIMIT_MS = 30000, POLL_MS = 20 };

/* One step that moved n bytes of a page, or is done if n is PAGE_BYTES.  Returns 0 or -errno. */
static int step(char *why, const char *what, ssize_t n)
{
	int rc = n < 0 ? -errno : n == PAGE_BYTES ? 0 : -EIO;

	if (rc)
		snprintf(why, DEVICE_SICK_MAX, "%s: %s", what, strerror(-rc));
	return rc;
}

static int step_fsync(char *why, int fd)
{
	return step(why, "fsync", fsync(fd) < 0 ? -1 : PAGE_BYTES);
}

int device_try(const char *node, char why[DEVICE_SICK_MAX])
{
	char old[PAGE_BYTES], new[PAGE_BYTES], back[PAGE_BYTES];
	int fd = open(node, O_RDWR | O_CLOEXEC), rc, restored;
	off_t at = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);

	why[0] = '\0';
	rc = step(why, "open", at < 0 ? -1 : PAGE_BYTES);
	if (rc)
		goto out;
	at = at < PAGE_BYTES ? 0 : at / PAGE_BYTES * PAGE_BYTES - PAGE_BYTES;
	rc = step(why, "read", pread(fd, old, sizeof(old), at));
	if (rc)
		goto out;
	for (size_t i = 0; i < sizeof(new); i++)
		new[i] = (char)(old[i] ^ (0x5a + i));
	rc = step(why, "write", pwrite(fd, new, sizeof(new), at));
	if (!rc)
		rc = step_fsync(why, fd);
	posix_fadvise(fd, at, sizeof(new), POSIX_FADV_DONTNEED);
	if (!rc)
		rc = step(why, "read", pread(fd, back, sizeof(back), at));
	if (!rc && memcmp(new, back, sizeof(new))) {
		snprintf(why, DEVICE_SICK_MAX, "read data differs from written data");
		rc = -EBADMSG;
	}
	restored = pwrite(fd, old, sizeof(old), at) == sizeof(old) && !fsync(fd) ? 0 : -EIO;
	if (!rc && restored) {
		snprintf(why, DEVICE_SICK_MAX, "the first write succeeds, the second one fails");
		rc = restored;
	}
out:
	if (fd >= 0)
		close(fd);
	return rc;
}

/* Waits for the result of the child, for LIMIT_MS of the limit clock.  If the outer host does not
 * give it that much time, nothing is known of the device, and why is empty. */
static void read_result(int fd, char why[DEVICE_SICK_MAX])
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t until_ms = limit_clock_ms() + LIMIT_MS;
	int64_t wall_until_ms = limit_clock_wall_ms() + (int64_t)LIMIT_MS * LIMIT_CLOCK_PATIENCE;
	bool starved = false, late = false;
	ssize_t n;

	while (poll(&p, 1, POLL_MS) <= 0 && !late && !starved) {
		late = limit_clock_ms() >= until_ms;
		starved = limit_clock_wall_ms() >= wall_until_ms;
	}
	n = late || starved ? -1 : read(fd, why, DEVICE_SICK_MAX - 1);
	why[n > 0 ? n : 0] = '\0';
	if (late)
		snprintf(why, DEVICE_SICK_MAX, "write, fsync and read did not end within %d s",
			 LIMIT_MS / 1000);
	else if (!n)
		snprintf(why, DEVICE_SICK_MAX, "the process that wrote to it died");
}

/* Leaves why empty if the device works. */
static void try_in_child(const char *node, char why[DEVICE_SICK_MAX])
{
	pid_t pid, parent = getpid();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0) {
		snprintf(why, DEVICE_SICK_MAX, "pipe: %s", strerror(errno));
		return;
	}
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		if (!device_try(node, why))
			snprintf(why, DEVICE_SICK_MAX, "well");
		_exit(write(fds[1], why, strlen(why)) < 0);
	}
	if (pid < 0)
		snprintf(why, DEVICE_SICK_MAX, "fork: %s", strerror(errno));
	close(fds[1]);
	if (pid > 0)
		read_result(fds[0], why);
	close(fds[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, strcmp(why, "well") ? WNOHANG : 0); /* it may be stuck */
	}
	if (!strcmp(why, "well"))
		why[0] = '\0';
}

unsigned int devices_try(struct check_env *env)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < env->n_devices; i++) {
		try_in_child(env->devices[i].node, env->sick[i]);
		n += env->sick[i][0] != '\0';
	}
	return n;
}
