// SPDX-License-Identifier: GPL-2.0-only
#include "emu/confine.h"
#include "emu/guest.h"
#include "emu/qemu.h"
#include "emu/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/skip.h"
#include "tests/unit/stderr_capture.h"
#include "tests/unit/test_dir.h"

enum { NOBODY = 65534 };

static int set_up(void **state)
{
	return test_dir_make(state) || chmod(test_dir, 0755);
}

/* Runs it as QEMU would run, in our directory.  Returns the status of waitpid(). */
static int confined(void (*act)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		if (chdir(test_dir) < 0 || confine_give_new("given") < 0 || confine_self(false) < 0)
			_exit(100);
		act();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void write_much(void)
{
	int fd = open("given", O_WRONLY);

	if (fd < 0 || pwrite(fd, "x", 1, CONFINE_FILE_BYTES - 1) != 1)
		_exit(101);
	if (pwrite(fd, "x", 1, CONFINE_FILE_BYTES) >= 0 || errno != EFBIG)
		_exit(102);
}

static void it_writes_so_much_and_no_more(void **state)
{
	(void)state;
	assert_int_equal(confined(write_much), 0);
}

static void who_am_i(void)
{
	if (getuid() != NOBODY || geteuid() != NOBODY || getgid() != NOBODY ||
	    getgroups(0, NULL) != 1)
		_exit(101);
	if (!setuid(0))
		_exit(102);
	if (open("other", O_WRONLY | O_CREAT, 0600) >= 0 || errno != EACCES)
		_exit(103);
	if (open("/etc/shadow", O_RDONLY) >= 0 || errno != EACCES)
		_exit(104);
	if (open("given", O_RDWR) < 0)
		_exit(105);
}

static void root_is_nobody(void **state)
{
	(void)state;
	if (geteuid())
		skip_expected("not root, so there is no other user to become");
	assert_int_equal(confined(who_am_i), 0);
}

static void am_i_still(void)
{
	_exit(geteuid() == 1234 ? 0 : 101);
}

static void who_is_not_root_stays(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid())
		skip_expected("not root; the other tests run as such a user");
	pid = fork();
	if (!pid) {
		if (setresuid(1234, 1234, 1234) < 0 || confine_self(false) < 0)
			_exit(100);
		am_i_still();
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* ---- what it inherits ------------------------------------------------------------------------ */

static void put_qemu(const char *script)
{
	char path[100];

	put_file(test_dir, VM_QEMU, script);
	snprintf(path, sizeof(path), "%s/" VM_QEMU, test_dir);
	assert_int_equal(chmod(path, 0755), 0);
}

/* In the place of QEMU: says who it is and which descriptors it has. */
static const char fake_qemu[] = "#!/bin/sh\n"
				"read -r _ _ _ _ group session tty _ </proc/$$/stat\n"
				"echo $((group - $$)) $((session - $$)) $tty\n"
				"exec ls -l /proc/self/fd\n";

/* Starts the fake QEMU with a descriptor of each kind.  Returns what it wrote to qemu.log. */
static FILE *start_fake_qemu(void)
{
	static const struct vm_machine machine = {.name = "small",
						  .cpus = 1,
						  .mem_mib = 1,
						  .limit_clock = true,
						  .ram_in_file = true,
						  .kernel_args = "quiet",
						  .n_pmems = 1,
						  .pmems = {{.bytes = 4096}}};
	char path[400], vmlinux[100];
	int pmem = scratch_unnamed_file(test_dir, false, 4096),
	    ram = scratch_unnamed_file(test_dir, true, 1 << 20);
	struct vm_config config = {.machine = &machine,
				   .vmlinux = vmlinux,
				   .initrd = vmlinux,
				   .dir = test_dir,
				   .pmem = &pmem,
				   .ram = ram,
				   .incoming = true,
				   .plugin = vmlinux,
				   .plugin_args = "out=profile"};
	struct vm vm = {.qmp = -1};
	int unrelated = open("/dev/zero", O_RDONLY); /* not O_CLOEXEC */
	FILE *log;

	assert_true(unrelated >= 0 && pmem >= 0 && ram >= 0);
	put_qemu(fake_qemu);
	put_file(test_dir, "vmlinux", "");
	snprintf(vmlinux, sizeof(vmlinux), "%s/vmlinux", test_dir);
	snprintf(path, sizeof(path), "%s:/usr/bin:/bin", test_dir);
	setenv("PATH", path, 1);
	assert_int_equal(vm_start(&vm, &config), -EPIPE);
	close(unrelated);
	close(pmem);
	close(ram);
	snprintf(path, sizeof(path), "%s/qemu.log", test_dir);
	log = fopen(path, "r");
	assert_non_null(log);
	return log;
}

static void it_has_no_terminal_and_no_descriptor_of_others(void **state)
{
	static const char *const its_own[] = {"/dev/null",	 "/qemu.log", "/vmlinux",
					      "socket:",	 "(deleted)", "/proc/",
					      "/qemu_preload.so"};
	FILE *log = start_fake_qemu();
	char line[400], *target;
	int n = 0;

	(void)state;
	/* It leads its process group and its session, which has no terminal. */
	assert_non_null(fgets(line, sizeof(line), log));
	assert_string_equal(line, "0 0 0\n");
	while (fgets(line, sizeof(line), log)) {
		bool known = false;

		target = strstr(line, " -> ");
		if (!target)
			continue;
		for (size_t i = 0; i < sizeof(its_own) / sizeof(its_own[0]); i++)
			known = known || strstr(target, its_own[i]);
		if (!known)
			fail_msg("it has a descriptor of%s", target + 3);
		n++;
	}
	fclose(log);
	/* 0 1 2, qmp, kernel, initrd, modules (none: /dev/null), plugin, preloaded library, memory,
	 * limit clock, persistent memory; of ls one. */
	assert_int_equal(n, 13);
}

static void why_it_does_not_start_is_in_its_log(void **state)
{
	char path[100], line[400];
	FILE *log;

	(void)state;
	snprintf(path, sizeof(path), "%s/console", test_dir);
	remove(path);
	assert_int_equal(symlink("/dev/null", path), 0); /* not a file to be given away */
	log = start_fake_qemu();
	line[0] = '\0';
	while (fgets(line, sizeof(line), log))
		;
	fclose(log);
	remove(path);
	assert_string_equal(line, "cannot make QEMU's user the owner of its file for console: Too "
				  "many levels of symbolic "
				  "links\n");
}

/* How this QEMU takes -sandbox, whose shell script ends so. */
static int takes_sandbox(const char *end)
{
	char script[100];
	int status = -1;
	pid_t pid;

	snprintf(script, sizeof(script), "#!/bin/sh\n%s\n", end);
	put_qemu(script);
	pid = fork();
	if (!pid) {
		setenv("PATH", test_dir, 1);
		_exit(qemu_has_sandbox());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void only_a_qemu_that_refuses_it_goes_without_sandbox(void **state)
{
	(void)state;
	assert_int_equal(takes_sandbox("exit 0"), true);
	assert_int_equal(takes_sandbox("exit 1"), false);
	assert_int_equal(takes_sandbox("exit 127"), true);
	assert_int_equal(takes_sandbox("kill -9 $$"), true);
}

/* ---- what it sends --------------------------------------------------------------------------- */

static const struct plan plan = {
	.machine = &vm_checks, .quiet = true, .boot_s = 100, .stall_s = 100};

/* A running guest that sent this text so many times. */
static void send_with_console(struct guest *g, const char *text, size_t times, FILE *console)
{
	char path[100];
	FILE *out;

	guest_init(g, &plan, "unit", 0);
	g->state = GUEST_RUNNING;
	g->heard_ms = limit_clock_wall_ms();
	g->console = console;
	snprintf(path, sizeof(path), "%s/channel", test_dir);
	out = fopen(path, "w");
	assert_non_null(out);
	while (times--)
		fputs(text, out);
	fclose(out);
	g->channel = fopen(path, "r");
	assert_non_null(g->channel);
	assert_int_equal(guest_look(g), 0);
	fclose(g->channel);
	free(g->line);
}

static void sends(struct guest *g, const char *text, size_t times)
{
	send_with_console(g, text, times, NULL);
}

static void a_line_without_end_ends_the_guest(void **state)
{
	struct guest g;

	(void)state;
	sends(&g, "0123456789abcdef", (8 << 20) / 16);
	assert_int_equal(g.state, GUEST_RUNNING);
	sends(&g, "0123456789abcdef", (8 << 20) / 16 + 1);
	assert_int_equal(g.state, GUEST_BROKEN);
	assert_int_equal(g.cause, GUEST_CAUSE_PROTOCOL);
	assert_string_equal(g.why, "it sent a line of more than 8 MiB");
}

static void so_do_endless_lines_for_the_user(void **state)
{
	struct stderr_capture capture;
	struct guest g;

	(void)state;
	stderr_capture_begin(&capture);
	sends(&g, "@log x\n", 1000);
	stderr_capture_end(&capture);
	assert_int_equal(g.state, GUEST_RUNNING);
	stderr_capture_begin(&capture);
	sends(&g, "@log x\n", 1001);
	stderr_capture_end(&capture);
	assert_int_equal(g.state, GUEST_BROKEN);
	assert_int_equal(g.cause, GUEST_CAUSE_PROTOCOL);
}

static void so_does_an_exit_status_that_is_no_number(void **state)
{
	static const char *const bad[] = {"@exit \n", "@exit x\n", "@exit 1x\n", "@exit -1\n",
					  "@exit 256\n"};
	struct guest g;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sends(&g, bad[i], 1);
		assert_int_equal(g.state, GUEST_BROKEN);
		assert_int_equal(g.cause, GUEST_CAUSE_PROTOCOL);
	}
	sends(&g, "@exit 77\n", 1);
	assert_int_equal(g.state, GUEST_DONE);
	assert_int_equal(g.status, 77);
}

/* However fast it is read: what did not fit is missing. */
static void so_does_a_full_console(void **state)
{
	char path[100];
	struct guest g;

	(void)state;
	snprintf(path, sizeof(path), "%s/console", test_dir);
	g.console = fopen(path, "w+");
	assert_non_null(g.console);
	assert_int_equal(ftruncate(fileno(g.console), CONFINE_FILE_BYTES), 0);
	send_with_console(&g, "@ready\n", 1, g.console);
	fclose(g.console);
	assert_int_equal(g.state, GUEST_BROKEN);
	assert_int_equal(g.cause, GUEST_CAUSE_CONSOLE_FULL);
	assert_string_equal(g.why, "the kernel wrote more than 64 MiB to its console");
}

/* QEMU ends between the pause and the command that continues the guest. */
static void a_guest_that_cannot_be_continued_is_broken(void **state)
{
	struct guest g;

	(void)state;
	guest_init(&g, &plan, "unit", 0);
	g.state = GUEST_RUNNING;
	g.ready = g.vm.paused_itself = true;
	assert_int_equal(guest_look(&g), 0);
	assert_int_equal(g.state, GUEST_BROKEN);
	assert_int_equal(g.cause, GUEST_CAUSE_EMULATOR);
	assert_string_equal(g.why, "QMP command cont: QEMU ended");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_writes_so_much_and_no_more),
		cmocka_unit_test(root_is_nobody),
		cmocka_unit_test(who_is_not_root_stays),
		cmocka_unit_test(it_has_no_terminal_and_no_descriptor_of_others),
		cmocka_unit_test(why_it_does_not_start_is_in_its_log),
		cmocka_unit_test(only_a_qemu_that_refuses_it_goes_without_sandbox),
		cmocka_unit_test(a_line_without_end_ends_the_guest),
		cmocka_unit_test(so_do_endless_lines_for_the_user),
		cmocka_unit_test(so_does_an_exit_status_that_is_no_number),
		cmocka_unit_test(so_does_a_full_console),
		cmocka_unit_test(a_guest_that_cannot_be_continued_is_broken),
	};

	return cmocka_run_group_tests(tests, set_up, test_dir_remove);
}
