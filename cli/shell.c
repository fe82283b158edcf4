// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm shell: an emulated host with a shell, on its console.  If stdin is no terminal, it is the
 * commands that the shell runs.  Nothing is left behind: the host's persistent memory ends with it.
 */
#include "cli/driver/command.h"
#include "cli/driver/phase.h"
#include "cli/driver/target.h"
#include "cli/driver/workspace.h"
#include "emu/guest.h"
#include "emu/host_resources.h"
#include "emu/package.h"
#include "emu/qemu.h"
#include "emu/scratch.h"
#include "emu/stop.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/dev/stack.h"
#include "lib/file/fs_spec.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

enum {
	COMMANDS_BYTES_MAX = 65000,
	ESCAPE = 0x1d, /* Ctrl-] */
	LIMIT_S = 600, /* of commands, unless --limit says otherwise */
	BOOT_LIMIT_S = 180,
};

struct shell {
	struct target target;
	const char *stack, *fs;
	int64_t limit_s; /* 0: none was given */
	struct package kernel;
	char qemu[128], version[64];
	char *commands; /* NULL: stdin is a terminal */
	int terminal;	/* this end of the console */
	bool quit;	/* the user typed the escape character */
};

static const struct option_spec options[] = {
	OPTION("kernel", OPTION_WORDS, offsetof(struct shell, target.kernels), "K",
	       "same as for bench; one"),
	TARGET_MODULE_OPTIONS(struct shell, target),
	OPTION("stack", OPTION_TEXT, offsetof(struct shell, stack), "SPEC",
	       "make this stack of the fsdax namespaces, e.g. linear:16"),
	OPTION("fs", OPTION_TEXT, offsetof(struct shell, fs), "NAME",
	       "make this filesystem on it and mount it on /mnt, e.g. ext4"),
	OPTION("limit", OPTION_NUMBER, offsetof(struct shell, limit_s), "SECONDS",
	       "end the host after so long (default: never; 600 if stdin is no terminal)", .min = 1,
	       .max = 1000000),
	OPTION("fresh", OPTION_FLAG, offsetof(struct shell, target.fresh), NULL,
	       "boot, even if there is a snapshot to restore"),
	{0},
};

/* ---- the terminal ---------------------------------------------------------------------------- */

static struct termios cooked;
static bool is_raw;

static void restore_terminal(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &cooked);
	is_raw = false;
}

static void make_raw(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &cooked) < 0)
		return;
	raw = cooked;
	cfmakeraw(&raw);
	is_raw = !tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	atexit(restore_terminal);
}

/* What is typed goes to the guest.  Returns 0 or -errno. */
static int pass_input(struct shell *s)
{
	char typed[256];
	ssize_t n = read(STDIN_FILENO, typed, sizeof(typed));
	char *escape = n > 0 ? memchr(typed, ESCAPE, (size_t)n) : NULL;

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	s->quit = !n || escape;
	if (escape)
		n = escape - typed;
	/* What a guest that hangs does not take is lost. */
	if (n && send(s->terminal, typed, (size_t)n, MSG_DONTWAIT) < 0 && errno != EAGAIN)
		return -errno;
	return 0;
}

/* What the console shows goes to stdout, if show; the boot is of no interest to commands.  Returns
 * 0 or -errno. */
static int pass_output(struct shell *s, bool show)
{
	char text[4096];
	ssize_t n;

	while ((n = recv(s->terminal, text, sizeof(text), MSG_DONTWAIT)) > 0)
		if (show && fwrite(text, 1, (size_t)n, stdout) != (size_t)n)
			return -errno;
	return fflush(stdout) == EOF ? -errno : 0;
}

/* ---- the guest ------------------------------------------------------------------------------- */

static int take(struct guest *g, const char *type, json_t *line, const char *text)
{
	(void)line;
	(void)text;
	g->has_context = true;
	g->has_end |= !strcmp(type, "end");
	return 0;
}

/* Runs the host until its shell ends.  Returns 0, or -errno after one error line. */
static int attend(struct shell *s, struct guest *g)
{
	struct vm_moment since = vm_now(&g->vm);
	int64_t limit_ms = s->limit_s * 1000;
	int rc = 0;

	while (!rc && !s->quit && !stop_signal() &&
	       (g->state == GUEST_BOOTING || g->state == GUEST_RUNNING)) {
		struct pollfd p[] = {{.fd = s->terminal, .events = POLLIN},
				     {.fd = g->vm.qmp, .events = POLLIN},
				     {.fd = is_raw ? STDIN_FILENO : -1, .events = POLLIN}};

		poll(p, 3, 20);
		rc = pass_output(s, !s->commands || g->state == GUEST_RUNNING);
		if (!rc && p[2].revents)
			rc = pass_input(s);
		if (rc < 0)
			msg_error("shell: the terminal is lost: %s", strerror(-rc));
		if (!rc)
			rc = guest_look(g);
		if (limit_ms && vm_check_limit(&g->vm, &since, limit_ms)) {
			msg_error("shell: the host was ended after %lld s (--limit)",
				  (long long)s->limit_s);
			rc = -ETIMEDOUT;
		}
	}
	if (!rc || rc == -ETIMEDOUT)
		pass_output(s, true);
	return rc;
}

/* Returns the exit status. */
static int run_guest(struct shell *s, const struct plan *plan, const char *initrd,
		     const struct words *job)
{
	int status = STATUS_BROKEN, rc;
	struct guest g;

	guest_init(&g, plan, "shell", 0);
	snprintf(g.initrd, sizeof(g.initrd), "%s", initrd);
	g.words = job->list;
	g.n_words = job->n;
	rc = guest_start(&g);
	if (!rc && !s->commands)
		make_raw();
	rc = rc ? rc : attend(s, &g);
	restore_terminal();
	if (stop_signal()) {
		msg_error("shell: interrupted");
		status = 128 + stop_signal();
	} else if (s->quit) {
		status = STATUS_GOOD;
	} else if (!rc && g.state == GUEST_DONE) {
		status = g.status;
	}
	guest_end(&g, NULL, NULL, NULL);
	return status;
}

/* ---- all ------------------------------------------------------------------------------------- */

static void read_commands(struct shell *s)
{
	FILE *out = memory_stream(&s->commands);
	size_t bytes = 0;
	int c;

	while (out && (c = getchar()) != EOF) {
		if (!c || ++bytes > COMMANDS_BYTES_MAX)
			process_quit(STATUS_USAGE,
				     c ? "shell: more than %d bytes of commands"
				       : "shell: the commands on stdin are no text",
				     COMMANDS_BYTES_MAX);
		fputc(c, out);
	}
	if (!out || fclose(out))
		process_quit(STATUS_BROKEN, "out of memory");
}

/* Refuses what can be refused before anything is installed or booted. */
static void vet(struct shell *s)
{
	struct stack_spec spec;
	struct fs_spec fs;
	char why[512];

	if (s->fs && !s->stack)
		s->stack = "raw";
	if (s->stack && stack_parse(s->stack, &spec, why, sizeof(why)) < 0)
		process_quit(STATUS_USAGE, "--stack %s: %s", s->stack, why);
	if (s->fs && fs_spec_parse(s->fs, &fs, why, sizeof(why)) < 0)
		process_quit(STATUS_USAGE, "--fs %s: %s", s->fs, why);
	target_split_kernels(&s->target.kernels);
	target_vet(&s->target, STATUS_USAGE);
	if (s->target.kernels.n != 1)
		process_quit(STATUS_USAGE, "shell: one kernel, not %zu", s->target.kernels.n);
	target_vet_names(&s->target);
}

static void add_number(struct words *job, const char *option, unsigned int number)
{
	char *text = process_text("%u", number);

	command_add(job, option, text, NULL);
	free(text);
}

static void spell_job(const struct shell *s, struct words *job)
{
	const char *term = getenv("TERM");
	struct winsize size;

	command_add(job, "shell", NULL);
	if (s->stack)
		command_add(job, "--stack", s->stack, NULL);
	if (s->fs)
		command_add(job, "--fs", s->fs, NULL);
	if (s->commands)
		command_add(job, "--given", NULL);
	else if (term && *term)
		command_add(job, "--term", term, NULL);
	if (!s->commands && !ioctl(STDIN_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col) {
		add_number(job, "--rows", size.ws_row);
		add_number(job, "--columns", size.ws_col);
	}
}

/* Returns the exit status. */
static int run_host(struct shell *s)
{
	struct plan plan = {.machine = &vm_checks,
			    .boot_s = BOOT_LIMIT_S,
			    .stall_s = INT_MAX / 1000,
			    .take = take,
			    .fresh = s->target.fresh,
			    .text = s->commands};
	const struct kernel kernel = target_find(&s->target, s->target.kernels.list[0]);
	struct words kinds = {0}, job = {0};
	struct guest_files guests;
	int ends[2], status;

	command_add(&kinds, "check+fio+tools", NULL);
	guests = target_make_guests(&kernel, &kinds, &s->target.replaced);
	if (package_open(kernel.dir, &s->kernel) < 0 || qemu_version(s->qemu, sizeof(s->qemu)) < 0)
		return STATUS_BROKEN;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		process_quit(STATUS_BROKEN, "shell: no socket: %s", strerror(errno));
	s->terminal = ends[0];
	plan.terminal = ends[1];
	plan.kernel = s->kernel.dir;
	plan.vmlinux = s->kernel.vmlinux;
	plan.modules = guests.modules;
	plan.qemu = s->qemu;
	plan.in_memory =
		host_resources_memory_bytes() > vm_memory_bytes(&vm_checks) + 256LL * 1048576;
	spell_job(s, &job);
	if (!s->commands)
		fprintf(stderr, "a shell in %s; it ends with `exit`, or by Ctrl-]\n",
			kernel.release);
	scratch_sweep();
	stop_install();
	status = run_guest(s, &plan, guests.initramfs.list[0], &job);
	target_free_guests(&guests);
	words_free(&job);
	words_free(&kinds);
	return status;
}

static int run(int argc, char **argv)
{
	struct shell s = {0};
	int at = options_parse(&verb_shell, &s, argc, argv), status;

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	vet(&s);
	if (!isatty(STDIN_FILENO)) {
		read_commands(&s);
		s.limit_s = s.limit_s ? s.limit_s : LIMIT_S;
	}
	phase_lines = PHASES_STDERR;
	workspace_open();
	workspace_setup("run", "fio", NULL);
	status = run_host(&s);
	free(s.commands);
	process_exit(status);
}

const struct verb verb_shell = {
	.name = "shell",
	.args = "",
	.why = "a shell in an emulated host, with a stack and a filesystem if you like",
	.examples = {"shell --kernel 6.1 --stack linear:16 --fs ext4",
		     "shell --stack striped:2 <commands.sh"},
	.options = options,
	.run = run,
};
