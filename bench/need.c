// SPDX-License-Identifier: GPL-2.0-only
#include "bench/need.h"

#include "lib/base/child.h"
#include "lib/file/mapping.h"
#include "lib/meter/worker_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool has_root(const struct bench_env *env)
{
	(void)env;
	return !geteuid();
}

static int scratch_file(const struct bench_env *env)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/need", env->directory);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0 && ftruncate(fd, PAGE_BYTES) < 0) {
		close(fd);
		fd = -1;
	}
	unlink(path);
	return fd;
}

static bool has_dm(const struct bench_env *env)
{
	return env->stack->spec.depth;
}

static bool has_direct(const struct bench_env *env)
{
	return stack_is_direct(env->stack);
}

static bool has_dax(const struct bench_env *env)
{
	int fd = has_direct(env) ? scratch_file(env) : -1;
	bool dax = fd >= 0 && fs_file_is_dax(fd) == 1;

	if (fd >= 0)
		close(fd);
	return dax;
}

static struct missing dax_missing(const struct bench_env *env)
{
	static char why[96];
	const char *type = stack_not_direct(env->stack);

	if (!type)
		return (struct missing){
			"files on this stack are not DAX (statx)",
			"use an fsdax namespace for every member (ndctl list -N shows the mode)"};
	snprintf(why, sizeof(why), "target %s of this stack gives no DAX", type);
	return (struct missing){
		why, "none for that target; 'bio.direct.*' and 'bio.buffered.*' are measured"};
}

static bool has_pagemap(const struct bench_env *env)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	static char page[PAGE_BYTES];
	uint64_t pfn;
	bool there;

	(void)env;
	if (fd < 0)
		return false;
	*(volatile char *)page = 1;
	there = !mapping_pfns(fd, page, &pfn, 1) && pfn; /* without the capability it reads as 0 */
	close(fd);
	return there;
}

static bool has_huge(const struct bench_env *env)
{
	FILE *in = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "re");
	char line[128] = "";
	bool there;

	(void)env;
	if (!in)
		return false;
	there = fgets(line, sizeof(line), in) && strstr(line, "[always]");
	fclose(in);
	return there;
}

static struct missing huge_missing(const struct bench_env *env)
{
	(void)env;
	if (access("/sys/kernel/mm/transparent_hugepage", F_OK) < 0)
		return (struct missing){
			"this kernel has no transparent huge pages: it maps files with PTEs only",
			"use a kernel with CONFIG_TRANSPARENT_HUGEPAGE (PREEMPT_RT excludes it)"};
	return (struct missing){
		"huge pages are disabled in /sys/kernel/mm/transparent_hugepage/enabled",
		"echo always > /sys/kernel/mm/transparent_hugepage/enabled"};
}

static bool has_map_sync(const struct bench_env *env)
{
	int fd = scratch_file(env);
	void *p;

	if (fd < 0)
		return false;
	p = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return false;
	munmap(p, PAGE_BYTES);
	return true;
}

/* fio prints one engine per line; child_run() replaces newlines by blanks. */
static bool fio_has(const char *engine)
{
	static char engines[2048];
	static bool asked;
	static char *const argv[] = {"fio", "--enghelp", NULL};
	char word[40];

	if (!asked && child_run(argv, 30, engines, sizeof(engines)))
		engines[0] = '\0';
	asked = true;
	snprintf(word, sizeof(word), "\t%s ", engine);
	return strstr(engines, word);
}

static bool has_fio(const struct bench_env *env)
{
	(void)env;
	return fio_has("psync");
}

static bool has_fio_libpmem(const struct bench_env *env)
{
	(void)env;
	return fio_has("libpmem");
}

int need_io_uring(void)
{
	struct io_uring ring;
	int rc = io_uring_queue_init(1, &ring, 0);

	if (!rc)
		io_uring_queue_exit(&ring);
	return rc;
}

struct missing need_io_uring_missing(int rc)
{
	switch (rc) {
	case -ENOSYS:
		return (struct missing){"this kernel has no io_uring",
					"build it with CONFIG_IO_URING=y"};
	case -EPERM:
	case -EACCES:
		return (struct missing){"io_uring_setup(2) is not permitted",
					"sysctl kernel.io_uring_disabled=0, and allow "
					"io_uring_setup in the seccomp filter or security module"};
	case -ENOMEM:
		return (struct missing){"io_uring exceeds the limit of locked memory",
					"raise RLIMIT_MEMLOCK (ulimit -l)"};
	case -EOPNOTSUPP:
		return (struct missing){
			"polled reads are refused on this device (EOPNOTSUPP)",
			"none: neither pmem nor dm-linear on pmem supports polled completions"};
	case -ETIMEDOUT:
		return (struct missing){"a polled read did not complete within 0.2 s",
					"use another kernel"};
	default:
		return (struct missing){
			"io_uring failed",
			"find the failing call with `strace -e io_uring_setup,io_uring_enter`"};
	}
}

static bool has_fio_uring(const struct bench_env *env)
{
	(void)env;
	return fio_has("io_uring") && !need_io_uring();
}

static struct missing fio_uring_missing(const struct bench_env *env)
{
	(void)env;
	if (fio_has("io_uring"))
		return need_io_uring_missing(need_io_uring());
	return (struct missing){"fio has no engine io_uring",
				"install a fio built with it; `fio --enghelp` lists the engines"};
}

static bool has_time(const struct bench_env *env)
{
	return env->cell.meter->kind != METER_INSN;
}

static bool has_cpus(const struct bench_env *env)
{
	(void)env;
	return worker_pool_processors() > 1;
}

static const struct {
	const char *name;
	bool (*met)(const struct bench_env *env);
	struct missing missing;
	const char *program; /* that has to be there, by its package */
	struct missing (*say)(
		const struct bench_env
			*env); /* instead of missing, where there is more than one reason */
	bool lasting;	       /* no mount changes the answer, and to ask is dear */
} needs[] = {
	[NEED_ROOT] = {"root", has_root, {"the benchmark needs root", "run it as root"}},
	[NEED_DAX] = {"dax", has_dax, .say = dax_missing},
	[NEED_DIRECT] = {"dax_stack", has_direct, .say = dax_missing},
	[NEED_PAGEMAP] = {"pagemap",
			  has_pagemap,
			  {"/proc/self/pagemap hides page frame numbers",
			   "run it with CAP_SYS_ADMIN in the initial user namespace"}},
	[NEED_HUGE] = {"huge", has_huge, .say = huge_missing},
	[NEED_MAP_SYNC] = {"map_sync",
			   has_map_sync,
			   {"mmap(2) with MAP_SYNC fails on this stack",
			    "use synchronous persistent memory (not virtio-pmem)"}},
	[NEED_DM] = {"dm",
		     has_dm,
		     {"stack raw has no device-mapper table", "use a stack such as linear:16"}},
	[NEED_FIO] = {"fio",
		      has_fio,
		      {"fio is not installed", "apt-get install fio"},
		      "fio",
		      NULL,
		      true},
	[NEED_FIO_LIBPMEM] = {"fio_libpmem",
			      has_fio_libpmem,
			      {"fio has no engine libpmem",
			       "install a fio built with it, or the package fio-engine-libpmem; "
			       "`fio --enghelp` lists the engines"},
			      "fio",
			      NULL,
			      true},
	[NEED_FIO_URING] =
		{"fio_io_uring", has_fio_uring, {NULL, NULL}, "fio", fio_uring_missing, true},
	[NEED_TIME] = {"time",
		       has_time,
		       {"meter insn counts instructions of one processor and gives no rate",
			"measure a real host (--host --device /dev/pmemN), or run it without "
			"numbers: --meter none"}},
	[NEED_CPUS] = {"cpus",
		       has_cpus,
		       {"only one processor is available",
			"use a host with several processors, or widen the CPU affinity"}},
};

const char *need_name(enum need need)
{
	return needs[need].name;
}

const char *need_program(enum need need)
{
	return needs[need].program;
}

static bool need_met(enum need need, struct bench_env *env)
{
	signed char *known =
		needs[need].lasting && env->lasting_needs ? env->lasting_needs : env->needs;

	if (!known[need])
		known[need] = needs[need].met(env) ? 1 : -1;
	return known[need] > 0;
}

bool need_all_met(const enum need *list, struct bench_env *env, struct missing *missing)
{
	for (unsigned int i = 0; list && i < NEED_LIST_MAX && list[i] != NEED_END; i++) {
		if (need_met(list[i], env))
			continue;
		*missing = needs[list[i]].say ? needs[list[i]].say(env) : needs[list[i]].missing;
		return false;
	}
	return true;
}
