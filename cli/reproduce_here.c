// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm reproduce-here: in an emulated host, runs reproducers of kernel bugs one after the other,
 * each with a time limit, and writes what they print, their exit status and the kernel log since
 * their start.  It ends early where one leaves something behind, or has a line "Spoils:" in its
 * head, because the others need the host as it booted.
 */
#include "cli/options/cli.h"
#include "lib/base/host.h"
#include "lib/base/limit_clock.h"
#include "lib/base/msg.h"
#include "lib/run/record.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	LIMIT_MS = 150000, /* of one reproducer, on the limit clock */
	OOPSED = 1 << 7,   /* TAINT_DIE of /proc/sys/kernel/tainted */
	LOG_LINES_MAX = 600,
};

struct reproduce {
	const char *output;
	struct sink sink;
};

/* One reproducer under way. */
struct trial {
	const char *name;
	pid_t pid;
	int pipe, kmsg;
	char line[1000];
	size_t len;
};

static void say(struct reproduce *r, struct trial *t)
{
	t->line[t->len] = '\0';
	t->len = 0;
	for (char *c = t->line; *c; c++)
		if ((*c < ' ' && *c != '\t') || *c > '~')
			*c = '?';
	record_write_line(&r->sink, json_pack("{ss ss ss}", "type", "said", "name", t->name, "text",
					      t->line));
}

/* Reads without blocking what it prints. */
static void listen(struct reproduce *r, struct trial *t)
{
	char chunk[512];
	ssize_t n;

	while ((n = read(t->pipe, chunk, sizeof(chunk))) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (chunk[i] != '\n')
				t->line[t->len++] = chunk[i];
			if (chunk[i] == '\n' || t->len == sizeof(t->line) - 1)
				say(r, t);
		}
}

/* In the child.  Does not return. */
static void become(const struct trial *t, int out)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/reproduce/%s", t->name);
	setpgid(0, 0);
	setenv("DM_DISABLE_UDEV", "1", 1); /* nothing here answers libdevmapper's cookies */
	if (dup2(out, 1) < 0 || dup2(out, 2) < 0 || chdir("/tmp") < 0)
		_exit(STATUS_BROKEN);
	execl(path, path, NULL);
	dprintf(1, "cannot run %s: %s\n", path, strerror(errno));
	_exit(STATUS_BROKEN);
}

/* Returns 0 or -errno. */
static int start(struct trial *t)
{
	int ends[2], rc;

	t->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (t->kmsg < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	lseek(t->kmsg, 0, SEEK_END);
	t->pipe = ends[0];
	fcntl(t->pipe, F_SETFL, O_NONBLOCK);
	t->pid = fork();
	rc = t->pid < 0 ? -errno : 0;
	if (!t->pid)
		become(t, ends[1]);
	close(ends[1]);
	return rc;
}

/* Waits for the end of its process; processes that it left may go on.  Returns its exit status, or
 * -ETIMEDOUT. */
static int await(struct reproduce *r, struct trial *t)
{
	int64_t until_ms = limit_clock_ms() + LIMIT_MS;
	int status;

	do {
		struct pollfd p = {.fd = t->pipe, .events = POLLIN};
		pid_t ended = waitpid(t->pid, &status, WNOHANG);

		listen(r, t);
		if (ended == t->pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		poll(&p, 1, 50);
		if (p.revents & POLLHUP)
			poll(NULL, 0, 50);
	} while (limit_clock_ms() < until_ms);
	kill(-t->pid, SIGKILL);
	return -ETIMEDOUT;
}

/* The kernel log since its start, a line each; the newest ones are left out if there are many. */
static json_t *read_log(const struct trial *t)
{
	json_t *lines = json_array();
	char record[8192];
	ssize_t n;

	while (json_array_size(lines) < LOG_LINES_MAX) {
		char *text;

		n = read(t->kmsg, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE)
			continue; /* overwritten */
		if (n <= 0)
			break;
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		text[strcspn(text, "\n")] = '\0';
		for (char *c = ++text; *c; c++)
			if (*c < ' ' || *c > '~')
				*c = '?';
		json_array_append_new(lines, json_string(text));
	}
	return lines;
}

/* ---- what is left ---------------------------------------------------------------------------- */

/* Adds the namespaces that something has claimed: a filesystem that is being unmounted has no
 * mount any more. */
static void add_claimed(FILE *out)
{
	glob_t nodes = {0};

	if (!glob("/dev/pmem*", 0, NULL, &nodes))
		for (size_t i = 0; i < nodes.gl_pathc; i++) {
			int fd = open(nodes.gl_pathv[i], O_RDONLY | O_EXCL | O_CLOEXEC);

			if (fd < 0)
				fprintf(out, "%s\n", nodes.gl_pathv[i]);
			else
				close(fd);
		}
	globfree(&nodes);
}

/* Mounts and block devices, as text to be freed; NULL without memory. */
static char *look_at_host(void)
{
	static const char command[] = "cat /proc/mounts; ls /sys/block /sys/block/*/ | sort";
	char *text = NULL, chunk[4096];
	size_t len = 0, n;
	FILE *copy = open_memstream(&text, &len), *in = popen(command, "re");

	while (copy && in && (n = fread(chunk, 1, sizeof(chunk), in)))
		fwrite(chunk, 1, n, copy);
	if (copy)
		add_claimed(copy);
	if (in)
		pclose(in);
	if (copy)
		fclose(copy);
	return text;
}

/* Whether the reproducer says that it leaves what look_at_host() does not show
 * (emu/reproducers.sh). */
static bool says_it_spoils(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/reproduce/%s.spoils", name);
	return !access(path, F_OK);
}

/* A warning that an earlier reproducer caused is printed again, even if it is a WARN_ONCE(). */
static void clear_warnings(void)
{
	FILE *out = fopen("/sys/kernel/debug/clear_warn_once", "we");

	if (!out || fputs("1\n", out) < 0 || fflush(out))
		msg_error("cannot write /sys/kernel/debug/clear_warn_once: %s", strerror(errno));
	if (out)
		fclose(out);
}

static long read_taint(void)
{
	FILE *in = fopen("/proc/sys/kernel/tainted", "re");
	long taint = 0;

	if (!in || fscanf(in, "%ld", &taint) != 1)
		taint = 0;
	if (in)
		fclose(in);
	return taint;
}

/* Returns 0 if the next one can run, -ESTALE if it needs a fresh boot, or -errno. */
static int try_one(struct reproduce *r, const char *name)
{
	struct trial t = {.name = name, .pipe = -1, .kmsg = -1};
	char *before = look_at_host(), *after;
	bool spoiled;
	int status, rc = record_write_line(&r->sink,
					   json_pack("{ss ss}", "type", "begin", "name", name));

	clear_warnings();
	if (!rc)
		rc = start(&t);
	if (rc < 0)
		goto out;
	status = await(r, &t);
	if (t.len)
		say(r, &t);
	spoiled = status == -ETIMEDOUT || (read_taint() & OOPSED) || says_it_spoils(name);
	rc = record_write_line(&r->sink,
			       json_pack("{ss ss si sb so}", "type", "result", "name", name,
					 "status", status < 0 ? STATUS_BROKEN : status, "late",
					 status == -ETIMEDOUT, "dmesg", read_log(&t)));
	/* What waits for a task that oopsed does not end. */
	after = spoiled ? NULL : look_at_host();
	if (!rc && (!before || !after || strcmp(before, after)))
		rc = -ESTALE;
	free(after);
out:
	if (t.pipe >= 0)
		close(t.pipe);
	if (t.kmsg >= 0)
		close(t.kmsg);
	free(before);
	return rc;
}

static const struct option_spec options[] = {
	OPTION("output", OPTION_TEXT, offsetof(struct reproduce, output), "FILE",
	       "where the lines go (default: - for stdout)"),
	{0},
};

static int run(int argc, char **argv)
{
	struct reproduce r = {.output = "-"};
	int rc, at = options_parse(&verb_reproduce_here, &r, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (!host_is_emulated()) {
		msg_error("reproduce-here: this is not an emulated host of daxdm");
		return STATUS_USAGE;
	}
	if (record_open(&r.sink, r.output, false) < 0)
		return STATUS_BROKEN;
	rc = record_write_line(&r.sink, json_pack("{ss}", "type", "context"));
	for (int i = at; i < argc && !rc; i++)
		rc = try_one(&r, argv[i]);
	if (!rc)
		rc = record_write_end(&r.sink, STATUS_GOOD);
	if (rc < 0 && rc != -ESTALE)
		msg_error("reproduce-here: %s", strerror(-rc));
	if (record_close(&r.sink) < 0 || (rc < 0 && rc != -ESTALE))
		return STATUS_BROKEN;
	return rc == -ESTALE ? STATUS_NEEDS_REBOOT : STATUS_GOOD;
}

const struct verb verb_reproduce_here = {
	.name = "reproduce-here",
	.args = "NAME...",
	.why = "run reproducers of kernel bugs in the emulated host that it runs in",
	.options = options,
	.operands = INT_MAX,
	.internal = true,
	.run = run,
};
