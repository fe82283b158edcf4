// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm shell-here: in an emulated host, makes a stack and a filesystem if they are asked for, and
 * runs a shell on the console, or the commands that the host was given.  Ends with the shell.
 */
#include "cli/options/cli.h"
#include "emu/vm.h"
#include "lib/base/fw_cfg.h"
#include "lib/base/host.h"
#include "lib/base/msg.h"
#include "lib/base/words.h"
#include "lib/dev/stack.h"
#include "lib/file/fs.h"
#include "lib/run/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define CONSOLE "/dev/ttyS0"
#define COMMANDS "/tmp/commands"
#define MOUNT "/mnt"

enum { STACK_BYTES = 512 << 20 };

struct shell_here {
	const char *output, *stack, *fs, *term;
	int64_t rows, columns;
	bool given; /* the commands are in fw_cfg */
	struct words devices;
	struct namespace namespaces[STACK_OVER_MAX];
	unsigned int n_namespaces;
};

/* The fsdax namespaces, which are what stacks are made of. */
static int open_devices(struct shell_here *s)
{
	for (size_t i = 0; i < s->devices.n && s->n_namespaces < STACK_OVER_MAX; i++) {
		struct namespace *ns = &s->namespaces[s->n_namespaces];
		int rc = namespace_open(s->devices.list[i], ns);

		if (rc < 0)
			return rc;
		s->n_namespaces += ns->fsdax;
	}
	return 0;
}

/* Makes the stack, and the filesystem on it; says what there is on the console. */
static int make_stack(struct shell_here *s, FILE *console)
{
	static struct stack stack; /* the mount borrows from it */
	static struct fs_spec fs_spec;
	static struct fs fs;
	struct stack_spec spec;
	char why[512] = "";
	int rc = stack_parse(s->stack, &spec, why, sizeof(why));

	rc = rc ? rc : open_devices(s);
	if (!rc)
		rc = stack_create(&spec, s->namespaces, s->n_namespaces,
				  spec.size_bytes ? spec.size_bytes : STACK_BYTES, &stack, why,
				  sizeof(why));
	if (rc < 0) {
		msg_error("--stack %s: %s", s->stack, *why ? why : strerror(-rc));
		return rc;
	}
	fprintf(console, "%s is %s\n", s->stack, stack.node);
	if (!s->fs)
		return 0;
	rc = fs_spec_parse(s->fs, &fs_spec, why, sizeof(why));
	if (rc < 0) {
		msg_error("--fs %s: %s", s->fs, why);
		return rc;
	}
	fs = (struct fs){
		.type = fs_spec.type, .node = stack.node, .where = MOUNT, .spec = &fs_spec};
	rc = fs_make_spec(&fs, stack.size_bytes, why, sizeof(why));
	if (!rc)
		rc = fs_mount_why(&fs, why, sizeof(why));
	if (rc < 0)
		msg_error("--fs %s: %s", s->fs, why);
	else
		fprintf(console, "%s is mounted on " MOUNT "\n", s->fs);
	return rc;
}

/* The console as a terminal of that size, or as a pipe for what the commands print. */
static int open_console(const struct shell_here *s)
{
	struct winsize size = {.ws_row = (unsigned short)s->rows,
			       .ws_col = (unsigned short)s->columns};
	int fd = open(CONSOLE, O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios t;

	if (fd < 0 || tcgetattr(fd, &t) < 0)
		return -errno;
	if (s->given) {
		t.c_oflag &= ~(tcflag_t)OPOST;
	} else {
		t.c_iflag = ICRNL | IXON;
		t.c_oflag = OPOST | ONLCR;
		t.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
	}
	if (tcsetattr(fd, TCSANOW, &t) < 0 || ioctl(fd, TIOCSWINSZ, &size) < 0)
		return -errno;
	return fd;
}

static int take_commands(void)
{
	FILE *out = fopen(COMMANDS, "we");
	int rc = out ? fw_cfg_copy(VM_TEXT_NAME, out) : -errno;

	if (out && fclose(out) == EOF && !rc)
		rc = -errno;
	return rc;
}

/* In the child: becomes the shell.  Does not return. */
static void become_shell(const struct shell_here *s, int console)
{
	char prompt[128];
	struct utsname name;

	setsid();
	ioctl(console, TIOCSCTTY, 0);
	if ((!s->given && dup2(console, 0) < 0) || dup2(console, 1) < 0 || dup2(console, 2) < 0 ||
	    chdir(s->fs ? MOUNT : "/") < 0 || uname(&name) < 0)
		_exit(STATUS_BROKEN);
	close_range(3, ~0U, 0); /* libdevmapper's */
	snprintf(prompt, sizeof(prompt), "%s:\\w# ", name.release);
	setenv("PS1", prompt, 1);
	setenv("HOME", "/", 1);
	setenv("TERM", s->term ? s->term : "vt100", 1);
	setenv("DM_DISABLE_UDEV", "1", 1); /* nothing here answers libdevmapper's cookies */
	if (s->given)
		execl("/bin/sh", "sh", COMMANDS, (char *)NULL);
	else
		execl("/bin/sh", "-sh", (char *)NULL);
	_exit(STATUS_BROKEN);
}

/* Returns the status of the shell, or -errno after one error line. */
static int run_shell(struct shell_here *s)
{
	int fd = open_console(s), status, rc = fd < 0 ? fd : 0;
	FILE *console = fd < 0 ? NULL : fdopen(dup(fd), "w");
	pid_t pid;

	if (!rc && !console)
		rc = -errno;
	if (!rc && s->given)
		rc = take_commands();
	if (rc < 0)
		msg_error("shell: cannot use the console: %s", strerror(-rc));
	/* emu/init made them before this job was known. */
	if (!rc && !s->given)
		fputs("devices hold-* keep freed dax_devices from being reused (./run.sh known "
		      "dax-flags-inherited)\n",
		      console);
	if (!rc && s->stack)
		rc = make_stack(s, console);
	if (console)
		fclose(console);
	if (rc < 0)
		return rc;
	pid = fork();
	if (!pid)
		become_shell(s, fd);
	rc = pid < 0 ? -errno : 0;
	if (rc < 0)
		msg_error("shell: cannot start: %s", strerror(-rc));
	while (!rc && waitpid(pid, &status, 0) < 0)
		rc = errno == EINTR ? 0 : -errno;
	tcdrain(fd);
	close(fd);
	if (rc < 0)
		return rc;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static const struct option_spec options[] = {
	OPTION("output", OPTION_TEXT, offsetof(struct shell_here, output), "FILE",
	       "where the lines for the driver go"),
	OPTION("device", OPTION_WORDS, offsetof(struct shell_here, devices), "NODE",
	       "a namespace; those of mode fsdax are below the stack"),
	OPTION("stack", OPTION_TEXT, offsetof(struct shell_here, stack), "SPEC", "make this stack"),
	OPTION("fs", OPTION_TEXT, offsetof(struct shell_here, fs), "NAME",
	       "make and mount this filesystem on it"),
	OPTION("given", OPTION_FLAG, offsetof(struct shell_here, given), NULL,
	       "run the commands that the host was given"),
	OPTION("term", OPTION_TEXT, offsetof(struct shell_here, term), "NAME",
	       "type of the terminal"),
	OPTION("rows", OPTION_NUMBER, offsetof(struct shell_here, rows), "N", "its size", .min = 1,
	       .max = 9999),
	OPTION("columns", OPTION_NUMBER, offsetof(struct shell_here, columns), "N", "its size",
	       .min = 1, .max = 9999),
	{0},
};

static int run(int argc, char **argv)
{
	struct shell_here s = {.output = "-", .rows = 24, .columns = 80};
	int at = options_parse(&verb_shell_here, &s, argc, argv), status = 0, rc;
	struct sink sink;

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (!host_is_emulated()) {
		msg_error("shell-here: this is not an emulated host of daxdm");
		return STATUS_USAGE;
	}
	if (record_open(&sink, s.output, false) < 0)
		return STATUS_BROKEN;
	rc = record_write_line(&sink, json_pack("{ss}", "type", "context"));
	if (!rc)
		status = run_shell(&s);
	if (!rc && status >= 0)
		rc = record_write_end(&sink, STATUS_GOOD);
	if (record_close(&sink) < 0 || rc < 0)
		return STATUS_BROKEN;
	return status < 0 ? STATUS_BROKEN : status;
}

const struct verb verb_shell_here = {
	.name = "shell-here",
	.args = "",
	.why = "run a shell on the console of the emulated host that it runs in",
	.options = options,
	.internal = true,
	.run = run,
};
