// SPDX-License-Identifier: GPL-2.0-only
/* Saving the state of a machine; a process of this test answers QMP in the place of QEMU. */
#include "emu/stop.h"
#include "emu/vm.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/test_dir.h"

/* The other child of the parent: the cat. */
static pid_t find_cat(void)
{
	char path[64];
	FILE *in;
	int pid, cat = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)getppid(), (int)getppid());
	in = fopen(path, "r");
	while (in && fscanf(in, "%d", &pid) == 1)
		cat = pid == getpid() ? cat : pid;
	if (in)
		fclose(in);
	return cat;
}

/* Writes the state: what is found out about the cat. */
static void write_state(int fd, bool stop)
{
	pid_t cat = find_cat();
	const char *text = cat && getpgid(cat) == cat ? "group of its own" : "our group";

	if (write(fd, text, strlen(text)) < 0)
		_exit(1);
	if (stop) {
		kill(getppid(), SIGINT);
		kill(cat, SIGKILL);
	}
	close(fd);
}

static int receive(int qmp, char *text, size_t len)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {.iov_base = text, .iov_len = len - 1};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(qmp, &message, 0);
	int fd = -1;

	if (n <= 0)
		_exit(0);
	text[n] = '\0';
	if (message.msg_controllen)
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* Each request comes in one message: the next one waits for the answer. */
static void answer_qmp(int qmp, bool stop)
{
	char text[1000];
	int state = -1;

	for (;;) {
		int fd = receive(qmp, text, sizeof(text));
		bool query = strstr(text, "\"query-migrate\"");
		const char *answer =
			query ? "{\"return\":{\"status\":\"completed\"}}\n" : "{\"return\":{}}\n";

		state = fd >= 0 ? fd : state;
		if (strstr(text, "\"migrate\""))
			write_state(state, stop);
		if (write(qmp, answer, strlen(answer)) < 0)
			_exit(1);
	}
}

static int save(bool stop)
{
	struct vm vm = {.pass = -1};
	int pair[2], rc;
	char why[200];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	vm.qmp = pair[0];
	snprintf(vm.dir, sizeof(vm.dir), "%s", test_dir);
	vm.pid = fork();
	if (!vm.pid) {
		close(pair[0]);
		answer_qmp(pair[1], stop);
	}
	close(pair[1]);
	rc = vm_save_state(&vm, why);
	vm_end(&vm);
	return rc;
}

static void ctrl_c_does_not_reach_the_cat(void **state)
{
	char path[64], text[64] = "";
	FILE *in;

	(void)state;
	assert_int_equal(save(false), 0);
	snprintf(path, sizeof(path), "%s/state", test_dir);
	in = fopen(path, "r");
	assert_non_null(in);
	assert_non_null(fgets(text, sizeof(text), in));
	fclose(in);
	assert_string_equal(text, "group of its own");
}

static void a_signal_to_end_is_no_disk_error(void **state)
{
	(void)state;
	stop_install();
	assert_int_equal(save(true), -EINTR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ctrl_c_does_not_reach_the_cat),
		cmocka_unit_test(a_signal_to_end_is_no_disk_error),
	};

	return cmocka_run_group_tests(tests, test_dir_make, test_dir_remove);
}
