// SPDX-License-Identifier: GPL-2.0-only
/* A kept snapshot whose files were cut, taken away or changed is not restored. */
#include "emu/scratch.h"
#include "emu/snapshot.h"
#include "lib/file/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define MIB 1048576

static const struct vm_machine machine = {
	.name = "small",
	.cpus = 1,
	.mem_mib = 1,
	.ram_in_file = true,
	.kernel_args = "quiet",
	.n_pmems = 2,
	.pmems = {{.bytes = MIB}, {.bytes = 2 * MIB}},
};

struct kept {
	char dir[32];
	struct snapshot snapshot;
	char why[200];
};

static void fill(const char *name, const char *text)
{
	FILE *out = fopen(name, "we");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static int memory(off_t bytes, off_t at, const char *text)
{
	int fd = memfd_create("pmem", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, bytes), 0);
	assert_int_equal(pwrite(fd, text, strlen(text), at), (ssize_t)strlen(text));
	return fd;
}

static int set_up(void **state)
{
	struct kept *k = calloc(1, sizeof(*k));
	struct vm_config config = {.machine = &machine, .vmlinux = "vmlinux", .initrd = "initrd"};
	int pmem[2], ram;

	assert_non_null(k);
	snprintf(k->dir, sizeof(k->dir), "/tmp/snapshot-XXXXXX");
	assert_non_null(mkdtemp(k->dir));
	assert_int_equal(chdir(k->dir), 0);
	fill("vmlinux", "kernel");
	fill("initrd", "user space");
	assert_int_equal(mkdir("vm", 0777), 0);
	fill("vm/state", "processor");
	assert_int_equal(snapshot_of(&config, "qemu 7", &k->snapshot), 0);
	assert_int_equal(snapshot_look(&k->snapshot, k->why), -ENOENT);
	pmem[0] = memory(MIB, 300000, "on the first");
	pmem[1] = memory(2 * MIB, 0, "on the second");
	ram = memory(MIB, 4096, "in memory");
	assert_int_equal(snapshot_keep(&k->snapshot, "vm", pmem, ram, k->why), 0);
	close(pmem[0]);
	close(pmem[1]);
	close(ram);
	*state = k;
	return 0;
}

static int tear_down(void **state)
{
	struct kept *k = *state;

	assert_int_equal(chdir("/"), 0);
	fs_remove_tree(k->dir);
	free(k);
	return 0;
}

static void path_of(const struct kept *k, const char *name, char *path)
{
	snprintf(path, PATH_MAX + 32, "%s/%s", k->snapshot.path, name);
}

static void damaged(struct kept *k, const char *name, const char *why)
{
	assert_int_equal(snapshot_look(&k->snapshot, k->why), -EILSEQ);
	assert_non_null(strstr(k->why, name));
	assert_non_null(strstr(k->why, why));
	snapshot_drop(&k->snapshot);
	assert_int_equal(snapshot_look(&k->snapshot, k->why), -ENOENT);
}

/* Another time, as after a copy, with one byte changed at that offset if it is not negative. */
static void touch(const struct kept *k, const char *name, off_t change_at)
{
	static time_t now = 1000;
	const struct timespec times[2] = {{.tv_sec = now + 1}, {.tv_sec = now + 1}};
	char path[PATH_MAX + 32], byte;
	int fd;

	now++;
	path_of(k, name, path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	if (change_at >= 0) {
		assert_int_equal(pread(fd, &byte, 1, change_at), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, change_at), 1);
	}
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
}

static void whole(void **state)
{
	struct kept *k = *state;

	assert_int_equal(snapshot_look(&k->snapshot, k->why), 0);
}

static void expect_text(int fd, off_t at, const char *text)
{
	char got[32] = "";

	assert_int_equal(pread(fd, got, strlen(text), at), (ssize_t)strlen(text));
	assert_string_equal(got, text);
}

/* Whatever the user that QEMU runs as does with its files. */
static void a_machine_has_copies_alone(void **state)
{
	struct kept *k = *state;
	int pmem[2] = {memory(MIB, 0, ""), memory(2 * MIB, 0, "")}, ram = memory(MIB, 0, "");
	const int all[] = {pmem[0], pmem[1], ram};
	struct stat st;

	assert_int_equal(snapshot_lay_out(&k->snapshot, "vm2", pmem, ram), -ENOENT);
	assert_int_equal(mkdir("vm2", 0777), 0);
	assert_int_equal(snapshot_lay_out(&k->snapshot, "vm2", pmem, ram), 0);
	expect_text(pmem[0], 300000, "on the first");
	expect_text(pmem[1], 0, "on the second");
	expect_text(ram, 4096, "in memory");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_int_equal(ftruncate(all[i], 0), 0);
		assert_int_equal(fstat(all[i], &st), 0);
		assert_int_equal(st.st_nlink, 0); /* no name leads to it */
		close(all[i]);
	}
	assert_int_equal(snapshot_look(&k->snapshot, k->why), 0);
}

static void another_time_alone_is_no_damage(void **state)
{
	struct kept *k = *state;
	char path[PATH_MAX + 32];
	struct stat before, after, again;

	path_of(k, "digest", path);
	assert_int_equal(stat(path, &before), 0);
	touch(k, "pmem0", -1);
	touch(k, "state", -1);
	assert_int_equal(snapshot_look(&k->snapshot, k->why), 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_not_equal(before.st_ino, after.st_ino); /* noted, */
	assert_int_equal(snapshot_look(&k->snapshot, k->why), 0);
	assert_int_equal(stat(path, &again), 0);
	assert_int_equal(after.st_ino, again.st_ino); /* so that nothing is read next time */
	touch(k, "pmem0", 300001);
	damaged(k, "pmem0", "changed since it was written");
}

static void cut(void **state)
{
	struct kept *k = *state;
	char path[PATH_MAX + 32];

	path_of(k, "pmem1", path);
	assert_int_equal(truncate(path, MIB), 0);
	damaged(k, "pmem1", "has 1048576 of 2097152 bytes");
}

static void missing(void **state)
{
	struct kept *k = *state;
	char path[PATH_MAX + 32];

	path_of(k, "ram", path);
	assert_int_equal(unlink(path), 0);
	damaged(k, "ram", "No such file");
}

static void changed(void **state)
{
	touch(*state, "state", 0);
	damaged(*state, "state", "changed since it was written");
}

static void changed_in_a_hole(void **state)
{
	touch(*state, "pmem1", 2 * MIB - 1);
	damaged(*state, "pmem1", "changed since it was written");
}

static void without_digest(void **state)
{
	struct kept *k = *state;
	char path[PATH_MAX + 32];

	path_of(k, "digest", path);
	assert_int_equal(truncate(path, 30), 0);
	assert_int_equal(snapshot_look(&k->snapshot, k->why), -EILSEQ);
	assert_int_equal(unlink(path), 0);
	damaged(k, "digest", "cannot be read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_machine_has_copies_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_time_alone_is_no_damage, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(changed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(changed_in_a_hole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_digest, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
