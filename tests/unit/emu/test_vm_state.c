// SPDX-License-Identifier: GPL-2.0-only
/* Saving and loading the state of a machine; a process of this test answers QMP in the place of
 * QEMU. */
#include "emu/stop.h"
#include "emu/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
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

/* Of a QEMU that loads a file, or only what is a pipe.  Writes what it loaded to "loaded". */
static void answer_load(int qmp, bool only_pipes)
{
	char text[1000], path[64];
	struct stat st;
	int state = -1, out;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/loaded", test_dir);
	for (;;) {
		int fd = receive(qmp, text, sizeof(text));
		const char *answer = "{\"return\":{\"status\":\"completed\"}}\n";

		state = fd >= 0 ? fd : state;
		if (strstr(text, "\"migrate-incoming\"") && only_pipes && !fstat(state, &st) &&
		    !S_ISFIFO(st.st_mode)) {
			answer = "{\"error\":{\"class\":\"GenericError\",\"desc\":\"no pipe\"}}\n";
		} else if (strstr(text, "\"migrate-incoming\"")) {
			out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
			while ((n = read(state, text, sizeof(text))) > 0)
				if (write(out, text, (size_t)n) != n)
					_exit(1);
			close(out);
			close(state);
		}
		if (write(qmp, answer, strlen(answer)) < 0)
			_exit(1);
	}
}

static void load(bool only_pipes)
{
	struct vm vm = {.pass = -1};
	char why[200], path[64], text[64] = "";
	int pair[2];
	FILE *file;

	snprintf(path, sizeof(path), "%s/state", test_dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "state %d", only_pipes);
	fclose(file);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	vm.qmp = pair[0];
	snprintf(vm.dir, sizeof(vm.dir), "%s", test_dir);
	vm.pid = fork();
	if (!vm.pid) {
		close(pair[0]);
		answer_load(pair[1], only_pipes);
	}
	close(pair[1]);
	assert_int_equal(vm_load_state(&vm, why), 0);
	vm_end(&vm);
	snprintf(path, sizeof(path), "%s/loaded", test_dir);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, only_pipes ? "state 1" : "state 0");
}

static void the_state_is_loaded_from_the_file_or_through_a_pipe(void **state)
{
	(void)state;
	load(false);
	load(true);
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
		cmocka_unit_test(the_state_is_loaded_from_the_file_or_through_a_pipe),
		cmocka_unit_test(ctrl_c_does_not_reach_the_cat),
		cmocka_unit_test(a_signal_to_end_is_no_disk_error),
	};

	return cmocka_run_group_tests(tests, test_dir_make, test_dir_remove);
}
