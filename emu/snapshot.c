// SPDX-License-Identifier: GPL-2.0-only
#include "emu/snapshot.h"

#include "emu/scratch.h"
#include "lib/base/place.h"
#include "lib/file/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEEP 12 /* snapshots of 140 to 250 MiB; three per kernel */
#define DIR_NAME place("build/snapshots")

/* The path of a kernel has the hash of its content or the version of its package; size and time
 * show a file that was changed in place. */
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
			       m->pmems[i].virtio      ? "virtio-pmem"
			       : m->pmems[i].labelless ? "nvdimm without labels"
						       : "nvdimm",
			       m->pmems[i].bytes);
}

int snapshot_of(const struct vm_config *config, const char *qemu, struct snapshot *snapshot)
{
	char vmlinux[512], initrd[512], machine[256], here[PATH_MAX - 64];
	const char *base = strrchr(config->initrd, '/');
	int rc = describe_file(config->vmlinux, vmlinux, sizeof(vmlinux));

	/* Its name is the hash of its content, which emu/initramfs.sh verifies. */
	snprintf(initrd, sizeof(initrd), "%s", base ? base + 1 : config->initrd);
	if (!rc && access(config->initrd, R_OK) < 0)
		rc = -errno;
	if (!rc)
		rc = place_absolute("build/snapshots", here, sizeof(here));
	if (rc < 0)
		return rc;
	describe_machine(config->machine, machine, sizeof(machine));
	snapshot->machine = config->machine;
	snprintf(snapshot->what, sizeof(snapshot->what),
		 "format 7\nvmlinux %s\ninitrd %s\nqemu %s\naccel %s\ncpu %s\nmachine %s, %s\n"
		 "seed %u\nboot %s%s\n",
		 vmlinux, initrd, qemu, vm_accel(config->machine, config->kvm),
		 vm_cpu(config->machine, config->kvm), VM_MACHINE, machine, config->seed,
		 config->machine->kernel_args,
		 config->machine->extra_args ? config->machine->extra_args : "");
	snprintf(snapshot->path, sizeof(snapshot->path), "%s/%016" PRIx64, here,
		 fnv1a64(snapshot->what));
	return 0;
}

static void path_in(char *path, const char *dir, const char *name)
{
	if (snprintf(path, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
		path[0] = '\0'; /* open(2) then fails with ENOENT */
}

/* --- digests --------------------------------------------------------------------------------- */

#define PIECE 65536
#define PARTS_MAX (VM_PMEMS_MAX + 2)

/* A file of a snapshot.  Its digest is computed again only if its size or time differs. */
struct part {
	char name[16];
	int64_t bytes, time_ns;
	uint64_t digest;
};

/* Returns how many files the snapshot has; parts has their names. */
static unsigned int name_parts(const struct snapshot *snapshot, struct part *parts)
{
	unsigned int n = 0;

	memset(parts, 0, PARTS_MAX * sizeof(*parts));
	snprintf(parts[n++].name, sizeof(parts->name), "state");
	for (unsigned int i = 0; i < snapshot->machine->n_pmems; i++)
		snprintf(parts[n++].name, sizeof(parts->name), "pmem%u", i);
	if (snapshot->machine->ram_in_file)
		snprintf(parts[n++].name, sizeof(parts->name), "ram");
	return n;
}

/* FNV-1a by words of 8 bytes over the offset and content of each piece that is not all zero: the
 * position of holes does not change it.  Returns 0 or -errno. */
static int digest_file(int fd, int64_t bytes, uint64_t *digest)
{
	uint64_t *words = malloc(PIECE), h = 0xcbf29ce484222325;
	int rc = words ? 0 : -ENOMEM;

	for (off_t at = 0; !rc && at < bytes; at += PIECE) {
		off_t data = lseek(fd, at, SEEK_DATA);
		uint64_t any = 0;
		ssize_t n;

		if (data < 0 && errno == ENXIO)
			break;
		at = data < 0 ? at : data / PIECE * PIECE;
		memset(words, 0, PIECE);
		n = data < 0 ? -1 : pread(fd, words, PIECE, at);
		rc = n < 0 ? -errno : 0;
		for (size_t i = 0; n > 0 && i < PIECE / sizeof(*words); i++)
			any |= words[i];
		if (!any)
			continue;
		h = (h ^ (uint64_t)at) * 0x100000001b3;
		for (size_t i = 0; i < PIECE / sizeof(*words); i++)
			h = (h ^ words[i]) * 0x100000001b3;
	}
	*digest = h;
	free(words);
	return rc;
}

/* Reads size and time of a part, and with read_it its digest.  Returns 0 or -errno. */
static int look_at_part(const char *dir, struct part *part, bool read_it)
{
	char path[PATH_MAX];
	struct stat st;
	int fd, rc = 0;

	path_in(path, dir, part->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0) {
		rc = -errno;
	} else {
		part->bytes = st.st_size;
		part->time_ns = st.st_mtim.tv_sec * INT64_C(1000000000) + st.st_mtim.tv_nsec;
		if (read_it)
			rc = digest_file(fd, st.st_size, &part->digest);
	}
	close(fd);
	return rc;
}

/* Renames the file into place when it is complete.  Returns 0 or -errno. */
static int write_digests(const char *dir, const struct part *parts, unsigned int n)
{
	char path[PATH_MAX], tmp[PATH_MAX], name[32];
	FILE *out;
	int rc = 0;

	snprintf(name, sizeof(name), "digest.%d", (int)getpid());
	path_in(path, dir, "digest");
	path_in(tmp, dir, name);
	out = fopen(tmp, "we");
	if (!out)
		return -errno;
	for (unsigned int i = 0; i < n && !rc; i++)
		if (fprintf(out, "%s %" PRId64 " %" PRId64 " %016" PRIx64 "\n", parts[i].name,
			    parts[i].bytes, parts[i].time_ns, parts[i].digest) < 0)
			rc = -errno;
	if (fclose(out) < 0 && !rc)
		rc = -errno;
	if (!rc && rename(tmp, path) < 0)
		rc = -errno;
	return rc;
}

/* Returns 0 or -EILSEQ. */
static int read_digests(const char *dir, struct part *parts, unsigned int n)
{
	char path[PATH_MAX];
	FILE *in;
	int rc = 0;

	path_in(path, dir, "digest");
	in = fopen(path, "re");
	for (unsigned int i = 0; i < n && !rc; i++) {
		char name[16];

		if (!in ||
		    fscanf(in, "%15s %" SCNd64 " %" SCNd64 " %" SCNx64, name, &parts[i].bytes,
			   &parts[i].time_ns, &parts[i].digest) != 4 ||
		    strcmp(name, parts[i].name))
			rc = -EILSEQ;
	}
	if (in)
		fclose(in);
	return rc;
}

/* Writes the digests of all files.  Returns 0 or -errno. */
static int write_all_digests(const struct snapshot *snapshot, const char *dir)
{
	struct part parts[PARTS_MAX];
	unsigned int n = name_parts(snapshot, parts);
	int rc = 0;

	for (unsigned int i = 0; i < n && !rc; i++)
		rc = look_at_part(dir, &parts[i], true);
	return rc ? rc : write_digests(dir, parts, n);
}

/* Verifies a part; sets touched if only its time differs.  Returns 0, or -EILSEQ with a sentence in
 * why. */
static int check_part(const char *dir, struct part *part, bool *touched, char *why)
{
	struct part now = *part;
	int rc = look_at_part(dir, &now, false);

	if (!rc && now.bytes != part->bytes) {
		snprintf(why, 200, "%.15s has %" PRId64 " of %" PRId64 " bytes", part->name,
			 now.bytes, part->bytes);
		return -EILSEQ;
	}
	if (!rc && now.time_ns == part->time_ns)
		return 0;
	if (!rc)
		rc = look_at_part(dir, &now, true);
	if (rc < 0)
		snprintf(why, 200, "%.15s: %s", part->name, strerror(-rc));
	else if (now.digest != part->digest)
		snprintf(why, 200, "%.15s changed since it was written", part->name);
	else {
		*part = now;
		*touched = true;
		return 0;
	}
	return -EILSEQ;
}

static bool has_what(const struct snapshot *snapshot)
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

int snapshot_look(const struct snapshot *snapshot, char *why)
{
	struct part parts[PARTS_MAX];
	unsigned int n = name_parts(snapshot, parts);
	bool touched = false;
	int rc;

	if (access(snapshot->path, F_OK) < 0)
		return -ENOENT;
	rc = has_what(snapshot) ? read_digests(snapshot->path, parts, n) : -EILSEQ;
	if (rc < 0)
		snprintf(why, 200,
			 "its description cannot be read or differs, or its digest cannot be read");
	for (unsigned int i = 0; i < n && !rc; i++)
		rc = check_part(snapshot->path, &parts[i], &touched, why);
	if (!rc && touched)
		write_digests(snapshot->path, parts, n); /* an error only costs the next run time */
	return rc;
}

/* --- content --------------------------------------------------------------------------- */

static int load_file(const struct snapshot *snapshot, const char *name, int to)
{
	char path[PATH_MAX];
	int from, rc;

	path_in(path, snapshot->path, name);
	from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return -errno;
	rc = scratch_copy_sparse(from, to);
	close(from);
	return rc;
}

static int load_pmems(const struct snapshot *snapshot, const int *pmem)
{
	int rc = 0;

	for (unsigned int i = 0; i < snapshot->machine->n_pmems && !rc; i++) {
		char name[16];

		snprintf(name, sizeof(name), "pmem%u", i);
		rc = load_file(snapshot, name, pmem[i]);
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
	rc = scratch_copy_sparse(from, to);
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

int snapshot_lay_out(const struct snapshot *snapshot, const char *dir, const int *pmem, int ram)
{
	int rc = pmem ? load_pmems(snapshot, pmem) : 0;
	char state[PATH_MAX], link[PATH_MAX];

	if (!rc && snapshot->machine->ram_in_file)
		rc = load_file(snapshot, "ram", ram);
	path_in(state, snapshot->path, "state");
	path_in(link, dir, "state");
	if (!rc && symlink(state, link) < 0)
		rc = -errno;
	utimensat(AT_FDCWD, snapshot->path, NULL, 0); /* prune() reads it */
	return rc;
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

/* Keeps the KEEP most recently used.  scratch_sweep() removes incomplete ones. */
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
		fs_remove_tree(path);
	}
	free(all);
}

int snapshot_keep(const struct snapshot *snapshot, const char *dir, const int *pmem, int ram,
		  char *why)
{
	char state[PATH_MAX], tmp[PATH_MAX], linked[PATH_MAX];
	int rc = scratch_make_dirs(DIR_NAME);

	path_in(state, dir, "state");
	path_in(tmp, dir, "snapshot");
	path_in(linked, dir, "snapshot/state");
	if (!rc && (mkdir(tmp, 0777) < 0 || link(state, linked) < 0))
		rc = -errno;
	if (!rc)
		rc = save_pmems(snapshot, tmp, pmem);
	if (!rc && snapshot->machine->ram_in_file)
		rc = save_file(tmp, "ram", ram);
	if (!rc)
		rc = write_all_digests(snapshot, tmp);
	if (!rc)
		rc = write_what(snapshot, tmp);
	if (!rc) {
		fs_remove_tree(snapshot->path);
		if (rename(tmp, snapshot->path) < 0)
			rc = -errno;
	}
	fs_remove_tree(tmp);
	if (rc < 0)
		snprintf(why, 200, "%s", scratch_write_error(rc));
	else
		prune();
	return rc;
}

void snapshot_drop(const struct snapshot *snapshot)
{
	fs_remove_tree(snapshot->path);
}
