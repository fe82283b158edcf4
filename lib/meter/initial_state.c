// SPDX-License-Identifier: GPL-2.0-only
#include "lib/meter/initial_state.h"

#include "lib/base/child.h"
#include "lib/base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/keyctl.h>
#include <linux/random.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

enum {
	PAGE_BYTES = 4096,
	PAGES_MAX = 8192,   /* 32 MiB */
	FILES_MAX = 400,    /* below the default limit of 1,024 descriptors */
	OBJECTS_MAX = 96,   /* of each size */
	SPIN_MAX = 4000000, /* instructions: a timer tick at 250 Hz and a guest clock of 1 GHz */
};

static pid_t holder = -1;

/* A number below limit. */
static uint64_t draw(uint64_t *state, uint64_t limit)
{
	return random_next(state) % limit;
}

static int reseed(uint64_t *state)
{
	struct {
		struct rand_pool_info info;
		uint64_t words[8];
	} pool = {.info = {.entropy_count = 256, .buf_size = sizeof(pool.words)}};
	int fd = open("/dev/random", O_WRONLY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(pool.words) / sizeof(pool.words[0]); i++)
		pool.words[i] = random_next(state);
	if (ioctl(fd, RNDADDENTROPY, &pool) < 0 || ioctl(fd, RNDRESEEDCRNG) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

static int take_pages(uint64_t *state)
{
	size_t bytes = (size_t)(1 + draw(state, PAGES_MAX)) * PAGE_BYTES;
	char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (pages == MAP_FAILED)
		return -errno;
	/* A random part of them is free again. */
	for (size_t at = 0; at < bytes; at += PAGE_BYTES)
		if (draw(state, 2))
			madvise(pages + at, PAGE_BYTES, MADV_DONTNEED);
	return 0;
}

/* Of slab objects: the largest that fit into objects of 32 bytes to 4 KiB with a header of the
 * kernel's. */
static const size_t sizes[] = {16, 40, 80, 144, 208, 464, 976, 2000, 4000};
static const char value[PAGE_BYTES];

enum { N_SIZES = sizeof(sizes) / sizeof(sizes[0]) };

/* An extended attribute on tmpfs is one slab object, which goes with its file.  Newer kernels
 * account it to the memory cgroup (GFP_KERNEL_ACCOUNT), and take it from the caches kmalloc-cg-*.
 */
static int take_accounted_objects(int file, uint64_t *state)
{
	char name[32];

	for (size_t s = 0; s < N_SIZES; s++) {
		const unsigned int n = (unsigned int)draw(state, OBJECTS_MAX);

		for (unsigned int i = 0; i < n; i++) {
			snprintf(name, sizeof(name), "trusted.%zu.%u", s, i);
			if (fsetxattr(file, name, value, sizes[s], 0) < 0)
				return errno == ENOTSUP ? 0 : -errno;
		}
		/* A random part of them is free again. */
		for (unsigned int i = 0; i < n; i++) {
			snprintf(name, sizeof(name), "trusted.%zu.%u", s, i);
			if (draw(state, 2))
				fremovexattr(file, name);
		}
	}
	return 0;
}

/* The payload of a key is one slab object that is not accounted.  Where the allocator keeps
 * objects per processor, their number decides which allocation or release takes the longer path. */
static int take_objects(uint64_t *state)
{
	char name[32];

	for (size_t s = 0; s < N_SIZES; s++) {
		for (uint64_t n = draw(state, OBJECTS_MAX); n; n--) {
			long key;

			snprintf(name, sizeof(name), "%zu.%" PRIu64, s, n);
			key = syscall(SYS_add_key, "user", name, value, sizes[s],
				      KEY_SPEC_PROCESS_KEYRING);
			if (key < 0)
				return errno == ENOSYS ? 0 : -errno;
			/* A random part of them is free again. */
			if (draw(state, 2))
				syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_PROCESS_KEYRING);
		}
	}
	return 0;
}

static int take_files(uint64_t *state)
{
	uint64_t n = 1 + draw(state, FILES_MAX);
	int fd = -1, rc = 0;

	for (; n && !rc; n--) {
		if (fd >= 0 && !draw(state, 4))
			close(fd);
		fd = memfd_create("state", MFD_CLOEXEC);
		rc = fd < 0 ? -errno : 0;
	}
	return rc ? rc : take_accounted_objects(fd, state);
}

static int bring_about(uint64_t state)
{
	int rc = reseed(&state);

	rc = rc ? rc : take_pages(&state);
	rc = rc ? rc : take_files(&state);
	rc = rc ? rc : take_objects(&state);
	for (uint64_t n = draw(&state, SPIN_MAX / 4); n; n--)
		__asm__ volatile("" ::: "memory");
	return rc;
}

/* Says 0 or -errno, and holds what it has until it is killed. */
static _Noreturn void hold(int tell, uint64_t number)
{
	int rc = bring_about(number);

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	if (write(tell, &rc, sizeof(rc)) != sizeof(rc) || rc < 0)
		_exit(1);
	for (;;)
		pause();
}

int initial_state_start(uint64_t number)
{
	int tell[2], rc;

	if (number == INITIAL_STATE_NONE)
		return 0;
	if (pipe2(tell, O_CLOEXEC) < 0)
		return -errno;
	holder = child_fork();
	if (!holder)
		hold(tell[1], number);
	close(tell[1]);
	rc = holder < 0 ? (int)holder : -EIO;
	if (holder >= 0 && read(tell[0], &rc, sizeof(rc)) != sizeof(rc))
		rc = -EIO;
	close(tell[0]);
	if (rc < 0)
		initial_state_end();
	return rc;
}

void initial_state_end(void)
{
	if (holder < 0)
		return;
	kill(holder, SIGKILL);
	while (waitpid(holder, NULL, 0) < 0 && errno == EINTR)
		;
	holder = -1;
}
