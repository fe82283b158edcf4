// SPDX-License-Identifier: GPL-2.0-only
#include "emu/snapshot.h"

#include "emu/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEEP 12 /* 140 to 250 MiB each; three per kernel */
#define DIR_NAME "build/snapshots"

/* Kernel and initramfs have their content's hash or the package's version in their path; size and
 * times catch a file that was changed in place. */
static int describe_file(const char *path, char *line, size_t len)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	snprintf(line, len, "%s %jd %jd.%09ld", path, (intmax_t)st.st_size,
		 (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	return 0;
}

static uint64_t fnv1a64(const char *text)
{
	uint64_t h = 0xcbf29ce484222325;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3;
	return h;
}

static void describe_machine(const struct vm_machine *m, char *text, size_t len)
{
	int at = snprintf(text, len, "%s %u cpus %u MiB", m->name, m->cpus, m->mem_mib);

	for (unsigned int i = 0; i < m->n_pmems && at < (int)len; i++)
		at += snprintf(text + at, len - (size_t)at, ", %s %" PRId64,
			       m->pmems[i].virtio ? "virtio-pmem" : "nvdimm", m->pmems[i].bytes);
}

int snapshot_of(const struct vm_config *config, const char *qemu, struct snapshot *snapshot)
{
	char vmlinux[512], initrd[512], machine[256], here[PATH_MAX - 64];
	const char *base = strrchr(config->initrd, '/');
	int rc = describe_file(config->vmlinux, vmlinux, sizeof(vmlinux));

	/* The time of the initramfs is that of its last use: its name, a hash, is enough. */
	snprintf(initrd, sizeof(initrd), "%s", base ? base + 1 : config->initrd);
	if (!rc && access(config->initrd, R_OK) < 0)
		rc = -errno;
	if (!rc && !getcwd(here, sizeof(here)))
		rc = -errno;
	if (rc < 0)
		return rc;
	describe_machine(config->machine, machine, sizeof(machine));
	snapshot->machine = config->machine;
	snprintf(snapshot->what, sizeof(snapshot->what),
		 "format 4\nvmlinux %s\ninitrd %s\nqemu %s\naccel %s\ncpu %s\nmachine %s, %s\n"
		 "seed %u\nboot %s\n",
		 vmlinux, initrd, qemu, vm_accel(config->machine, config->kvm), vm_cpu(config->kvm),
		 VM_MACHINE, machine, config->seed, config->machine->kernel_args);
	snprintf(snapshot->path, sizeof(snapshot->path), "%s/%s/%016" PRIx64, here, DIR_NAME,
		 fnv1a64(snapshot->what));
	return 0;
}

static void path_in(char *path, const char *dir, const char *name)
{
	if (snprintf(path, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
		path[0] = '\0'; /* no such file: whoever uses it says so */
}

bool snapshot_exists(const struct snapshot *snapshot)
{
	char path[PATH_MAX], what[sizeof(snapshot->what)] = "";
	FILE *in;

	path_in(path, snapshot->path, "what");
	in = fopen(path, "re");
	if (!in)
		return false;
	what[fread(what, 1, sizeof(what) - 1, in)] = '\0';
	fclose(in);
	return !strcmp(what, snapshot->what);
}

static int load_pmems(const struct snapshot *snapshot, const int *pmem)
{
	int rc = 0;

	for (unsigned int i = 0; i < snapshot->machine->n_pmems && !rc; i++) {
		char name[16], path[PATH_MAX];
		int from;

		snprintf(name, sizeof(name), "pmem%u", i);
		path_in(path, snapshot->path, name);
		from = open(path, O_RDONLY | O_CLOEXEC);
		if (from < 0)
			return -errno;
		rc = copy_sparse(from, pmem[i]);
		close(from);
	}
	return rc;
}

static int save_file(const char *dir, const char *name, int from)
{
	char path[PATH_MAX];
	int to, rc;

	path_in(path, dir, name);
	to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (to < 0)
		return -errno;
	rc = copy_sparse(from, to);
	if (close(to) < 0 && !rc)
		rc = -errno;
	return rc;
}

static int save_pmems(const struct snapshot *snapshot, const char *dir, const int *pmem)
{
	int rc = 0;

	for (unsigned int i = 0; i < snapshot->machine->n_pmems && !rc; i++) {
		char name[16];

		snprintf(name, sizeof(name), "pmem%u", i);
		rc = save_file(dir, name, pmem[i]);
	}
	return rc;
}

int snapshot_open_ram(const struct snapshot *snapshot)
{
	char path[PATH_MAX];
	int fd;

	path_in(path, snapshot->path, "ram");
	fd = open(path, O_RDWR | O_CLOEXEC); /* QEMU wants to be able to write */
	return fd < 0 ? -errno : fd;
}

int snapshot_lay_out(const struct snapshot *snapshot, const char *dir, const int *pmem)
{
	char state[PATH_MAX], link[PATH_MAX];

	path_in(state, snapshot->path, "state");
	path_in(link, dir, "state");
	if (symlink(state, link) < 0)
		return -errno;
	utimensat(AT_FDCWD, snapshot->path, NULL, 0); /* used last */
	return load_pmems(snapshot, pmem);
}

static int write_what(const struct snapshot *snapshot, const char *dir)
{
	char path[PATH_MAX];
	FILE *out;
	int rc = 0;

	path_in(path, dir, "what");
	out = fopen(path, "we");
	if (!out)
		return -errno;
	if (fputs(snapshot->what, out) < 0)
		rc = -errno;
	if (fclose(out) < 0 && !rc)
		rc = -errno;
	return rc;
}

struct aged {
	char name[256];
	time_t used;
};

static int by_use(const void *a, const void *b)
{
	const struct aged *x = a, *y = b;

	return (x->used < y->used) - (x->used > y->used);
}

/* Keeps the KEEP used last; half-made ones of dead runs lie in build/vm-* and go with those. */
static void prune(void)
{
	DIR *dir = opendir(DIR_NAME);
	struct aged *all = NULL;
	const struct dirent *e;
	size_t n = 0;

	while (dir && (e = readdir(dir))) {
		struct aged *bigger = realloc(all, (n + 1) * sizeof(*all));
		char path[PATH_MAX];
		struct stat st;

		if (!bigger)
			break;
		all = bigger;
		snprintf(path, sizeof(path), "%s/%s", DIR_NAME, e->d_name);
		if (e->d_name[0] == '.' || stat(path, &st) < 0)
			continue;
		snprintf(all[n].name, sizeof(all[n].name), "%s", e->d_name);
		all[n++].used = st.st_mtime;
	}
	if (dir)
		closedir(dir);
	if (n > KEEP)
		qsort(all, n, sizeof(*all), by_use);
	for (size_t i = KEEP; i < n; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", DIR_NAME, all[i].name);
		remove_tree(path);
	}
	free(all);
}

int snapshot_keep(const struct snapshot *snapshot, const char *dir, const int *pmem, int ram,
		  char *why)
{
	char state[PATH_MAX], aside[PATH_MAX], linked[PATH_MAX];
	int rc = make_dirs(DIR_NAME);

	path_in(state, dir, "state");
	path_in(aside, dir, "snapshot");
	path_in(linked, dir, "snapshot/state");
	if (!rc && (mkdir(aside, 0777) < 0 || link(state, linked) < 0))
		rc = -errno;
	if (!rc)
		rc = save_pmems(snapshot, aside, pmem);
	if (!rc && snapshot->machine->ram_in_file)
		rc = save_file(aside, "ram", ram);
	if (!rc)
		rc = write_what(snapshot, aside);
	if (!rc) {
		remove_tree(snapshot->path);
		if (rename(aside, snapshot->path) < 0)
			rc = -errno;
	}
	remove_tree(aside);
	if (rc < 0)
		snprintf(why, 200, "%s", why_not_written(rc));
	else
		prune();
	return rc;
}

void snapshot_drop(const struct snapshot *snapshot)
{
	remove_tree(snapshot->path);
}
