// SPDX-License-Identifier: GPL-2.0-only
#include "check/crash/cut.h"

#include "check/crash/operations.h"
#include "lib/base/child.h"
#include "lib/base/limit_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* The driver reads the lines of this port; it is outside, however the machine ends. */
#define PORT "/dev/ttyS1"

enum { ROUNDS = 10, ROUNDS_QUICK = 2, FSCK_S = 30, CUT_WITHIN_MS = 40000 };

/* ---- the filesystem -------------------------------------------------------------------------- */

bool crash_mount(struct check_env *env, struct check_fs *fs, const char *type, const char *node,
		 const char *when)
{
	int rc;

	snprintf(fs->where, sizeof(fs->where), "%s/crash", env->directory);
	snprintf(fs->node, sizeof(fs->node), "%s", node);
	fs->fs.type = type;
	fs->fs.node = fs->node;
	fs->fs.where = fs->where;
	rc = mkdir(fs->where, 0700) < 0 && errno != EEXIST ? -errno : 0;
	return check_setup(env, rc, "making %s", fs->where) &&
	       check_errno(env, fs_mount(&fs->fs), 0, "mounting %s on %s %s", type, node, when);
}

bool crash_fsck(struct check_env *env, const char *type, const char *node, const char *when)
{
	const char *const ext4[] = {"e2fsck", "-f", "-n", node, NULL};
	const char *const xfs[] = {"xfs_repair", "-n", node, NULL};
	const char *const *argv = strcmp(type, "xfs") ? ext4 : xfs;
	char said[600];
	int rc = child_run((char *const *)argv, FSCK_S, said, sizeof(said));

	if (rc > 0)
		check_evidence(env, "%s: %s", argv[0], said);
	if (rc < 0)
		return check_own(env, rc, "running %s", argv[0]);
	return check_equal(env, rc, 0, "exit status of %s %s", argv[0], when);
}

/* ---- outside --------------------------------------------------------------------------------- */

/* Sends a line, and waits until the port has sent its last bit.  Returns 0 or -errno. */
__attribute__((format(printf, 2, 3))) static int send_line(int port, const char *fmt, ...)
{
	char line[256];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (write(port, line, (size_t)len) != len)
		return -EIO;
	return tcdrain(port) < 0 ? -errno : 0;
}

/* Writes from operation acked + 1 on, until the power is cut. */
static void write_until_cut(struct check_env *env, struct operations *o)
{
	int64_t until_ms = limit_clock_ms() + CUT_WITHIN_MS;
	int port = open(PORT, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	int rc = port < 0 ? -errno : operations_open(o);
	uint64_t n = env->acked;

	if (!rc)
		rc = send_line(port, "{\"type\":\"cutting\",\"id\":\"%s\"}\n", env->id);
	while (!rc && limit_clock_ms() < until_ms) {
		rc = operations_do(o, ++n);
		if (!rc)
			rc = send_line(port, "{\"type\":\"acked\",\"n\":%" PRIu64 "}\n", n);
	}
	operations_close(o);
	if (port >= 0)
		close(port);
	if (check_setup(env, rc, "operation %" PRIu64, n))
		check_broken(env, "the driver did not cut the power within %d s",
			     CUT_WITHIN_MS / 1000);
}

/* What is restored with the snapshot cannot be kept: memory of memmap=, and struct pages on the
 * namespace.  Returns false after check_skip(). */
static bool memory_stays(struct check_env *env)
{
	FILE *in = fopen("/proc/cmdline", "re");
	char line[4096] = "", *spec;

	if (in && !fgets(line, sizeof(line), in))
		line[0] = '\0';
	if (in)
		fclose(in);
	spec = strstr(line, "daxdm_namespace=");
	if (!spec || !(strstr(spec, "memmap") || strstr(spec, "map=dev")))
		return true;
	check_skip(env, "run it without --namespace",
		   "the memory of these namespaces does not outlast a restored guest");
	return false;
}

/* ---- the check ------------------------------------------------------------------------------- */

static bool make(struct check_env *env, struct testbed *bed, struct operations *o)
{
	if (!testbed_use(env, bed))
		return false;
	snprintf(o->directory, sizeof(o->directory), "%s", bed->fs.where);
	return check_setup(env, operations_make_files(o), "making the files");
}

/* The filesystem after cut number env->cuts; it is mounted then. */
static bool verify(struct check_env *env, struct testbed *bed, struct operations *o)
{
	const char *node = testbed_node(bed), *type = bed->spec.fs;
	char when[64];

	snprintf(when, sizeof(when), "after power cut %u", env->cuts);
	if (!crash_mount(env, &bed->fs, type, node, when))
		return false;
	snprintf(o->directory, sizeof(o->directory), "%s", bed->fs.where);
	if (!operations_hold(env, o, env->acked, when) || check_unmount(env, &bed->fs) < 0)
		return false;
	return crash_fsck(env, type, node, when) && crash_mount(env, &bed->fs, type, node, when);
}

void crash_cut(struct check_env *env, const void *arg)
{
	const unsigned int rounds = env->rounds ? env->rounds : env->quick ? ROUNDS_QUICK : ROUNDS;
	const struct crash_cut *c = arg;
	struct operations o = {.seed = env->seed, .ways = c->ways};
	struct testbed bed;

	/* On another stack nobody cuts the power. */
	if (env->instead || !memory_stays(env) || !testbed_devices(env, &bed, &c->bed))
		return;
	if (env->cuts ? verify(env, &bed, &o) : make(env, &bed, &o)) {
		if (env->cuts < rounds)
			write_until_cut(env, &o);
	}
	testbed_close(env, &bed);
}
