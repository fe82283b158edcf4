// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which page a memory failure is reported for: the first, others and the last page of a file that
 * another process maps, too, or whose blocks another file shares.  xfs looks the owners of the
 * block up and names the page of each file: xfs_dax_failure_fn(), mf_dax_kill_procs().
 */
#include "check/fixture/testbed.h"
#include "check/poison/hwpoison.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { INJECTOR, SHARER, NEIGHBOUR, ROLES, READY_MS = 5000, QUIET_MS = 50 };

static const char *const role_names[] = {"process that injects", "process with the other mapping",
					 "process that maps the pages around it"};

struct process {
	int role, fd;
	char *base; /* of the mapping of the whole file */
	uint64_t page, n_pages;
	volatile bool ready, signalled, over;
	int rc;
	volatile int code;
	void *volatile address;
};

static struct process *self;

static void note_signal(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	self->code = info->si_code;
	self->address = info->si_addr;
	self->signalled = true;
}

/* Maps the pages before and after the failing one, each alone. */
static int map_neighbours(const struct process *p)
{
	for (int side = -1; side <= 1; side += 2) {
		uint64_t page = p->page + (uint64_t)(int64_t)side;
		char *map;

		if (page >= p->n_pages)
			continue;
		map = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd,
			   (off_t)(page * PAGE_BYTES));
		if (map == MAP_FAILED)
			return -errno;
		if (check_load(map, NULL).signal)
			return -EFAULT;
	}
	return 0;
}

/* The pages next to the failing one are mapped, too, so that a wrong one would be reported. */
static int process_main(void *arg)
{
	const struct sigaction noting = {.sa_sigaction = note_signal, .sa_flags = SA_SIGINFO};
	struct process *p = arg;

	self = p;
	prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0);
	for (uint64_t i = p->page ? p->page - 1 : 0;
	     i <= p->page + 1 && i < p->n_pages && p->role != NEIGHBOUR && !p->rc; i++)
		if (check_load(p->base + i * PAGE_BYTES, NULL).signal)
			p->rc = -EFAULT;
	if (p->role == NEIGHBOUR)
		p->rc = map_neighbours(p);
	sigaction(SIGBUS, &noting, NULL);
	if (p->role == INJECTOR && !p->rc &&
	    madvise(p->base + p->page * PAGE_BYTES, PAGE_BYTES, MADV_HWPOISON) < 0)
		p->rc = -errno;
	p->ready = true;
	while (!p->over)
		check_pause(1);
	return 0;
}

static void judge(struct check_env *env, const struct process *p)
{
	if (p->role == NEIGHBOUR) {
		check_that(env, !p->signalled, "the %s %" PRIu64 " gets no signal",
			   role_names[p->role], p->page);
		return;
	}
	if (check_that(env, p->signalled, "the %s gets SIGBUS when page %" PRIu64 " fails",
		       role_names[p->role], p->page) &&
	    check_equal(env, (char *)p->address - p->base, (int64_t)(p->page * PAGE_BYTES),
			"offset of the address that the SIGBUS of the %s reports",
			role_names[p->role]))
		check_that(env, p->code == BUS_MCEERR_AR || p->code == BUS_MCEERR_AO,
			   "the SIGBUS of the %s reports a memory failure", role_names[p->role]);
}

/* One page fails.  fds and bases: of the file and of the other one. */
static bool fail_page(struct check_env *env, struct process *p, const int fds[2],
		      char *const bases[2], uint64_t page, uint64_t n_pages)
{
	struct check_task tasks[ROLES];

	for (int i = ROLES - 1; i >= 0; i--) {
		int rc;

		p[i] = (struct process){.role = i,
					.fd = fds[i != INJECTOR],
					.base = bases[i != INJECTOR],
					.page = page,
					.n_pages = n_pages};
		if (check_start(env, &tasks[i], process_main, &p[i]) < 0)
			return false;
		rc = check_flag(&tasks[i], &p[i].ready, READY_MS) ? p[i].rc : -ESRCH;
		if (!check_setup(env, rc, "the %s", role_names[i]))
			return false;
	}
	for (int i = 0; i < ROLES; i++)
		check_flag(&tasks[i], &p[i].signalled, i == NEIGHBOUR ? QUIET_MS : READY_MS);
	for (int i = 0; i < ROLES; i++) {
		p[i].over = true;
		if (check_await(env, &tasks[i], role_names[i]) != 0)
			return false;
	}
	for (int i = 0; i < ROLES; i++)
		judge(env, &p[i]);
	return !check_complained(env);
}

bool hwpoison_fail_page(struct check_env *env, int fd, char *base, uint64_t page, uint64_t n_pages)
{
	struct process *p = check_shared(env, ROLES * sizeof(*p));
	bool good = p && fail_page(env, p, (const int[]){fd, fd}, (char *const[]){base, base}, page,
				   n_pages);

	if (p)
		munmap(p, ROLES * sizeof(*p));
	return good;
}

/* Another file with the same blocks or, where xfs cannot share them, the same file.  Returns a
 * descriptor or -errno. */
static int open_other(const struct testbed *bed)
{
	char path[sizeof(bed->fs.where) + 8];
	int fd, rc;

	if (!strstr(bed->spec.fs, "reflink")) {
		fd = dup(bed->fd);
		return fd < 0 ? -errno : fd;
	}
	snprintf(path, sizeof(path), "%s/copy", bed->fs.where);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || (!ioctl(fd, FICLONE, bed->fd) && !fsync(fd)))
		return fd < 0 ? -errno : fd;
	rc = -errno;
	close(fd);
	return rc;
}

void hwpoison_exact(struct check_env *env, const void *arg)
{
	struct process *p = check_shared(env, ROLES * sizeof(*p));
	struct mapping other;
	struct testbed bed;
	char *bases[2];
	int fds[2], rc;

	if (!p || !testbed_open(env, &bed, arg))
		return;
	fds[0] = bed.fd;
	fds[1] = open_other(&bed);
	rc = fds[1] < 0 ? fds[1] : mapping_make(&other, fds[1], bed.bytes, MAP_SHARED, false);
	if (!check_setup(env, rc, "sharing the blocks of the file"))
		return;
	bases[0] = bed.map.base;
	bases[1] = other.base;
	for (int i = 0; i < 4; i++) {
		uint64_t n = bed.bytes / PAGE_BYTES;
		const uint64_t pages[] = {0, 5, n / 2 + 1, n - 1};

		if (!fail_page(env, p, fds, bases, pages[i], n))
			return;
	}
}
