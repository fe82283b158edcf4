// SPDX-License-Identifier: GPL-2.0-only
#include "check/runner.h"

#include "check/health.h"
#include "check/held.h"
#include "check/need.h"
#include "lib/base/limit_clock.h"
#include "lib/base/setup_log.h"
#include "lib/base/source_place.h"
#include "lib/dev/dm.h"
#include "lib/dev/partition.h"
#include "lib/run/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MODULES "/sys/module"

enum {
	DIE_MS = 5000,	      /* for a killed check to end */
	WIPE_LIMIT_MS = 5000, /* for a device that was removed "deferred" to release its members */
	CLEAN_S = 20,
	PARTITIONS_MAX = 4,
	HELD_MS = 2000, /* for references that the kernel drops later */
};

static const char *const verdict_names[] = {"pass", "fail", "skip", "broken"};

/* One check under way. */
struct under_way {
	const struct check_case *c;
	pid_t pid;
	int pipe;
	int64_t since_ms;
	int64_t given_since_ms; /* the same moment on the limit clock */
	char *text;		/* received, not yet a complete line */
	size_t len;
	enum verdict verdict;
	char *why, *cure;
	json_t *evidence;
	json_t *setup; /* commands before the first complaint, or NULL */
	json_t *at;    /* callers of the first complaint (lib/base/source_place.h), or NULL */
	enum instead instead;
	bool instead_used, died;
	bool makes_dm;	   /* it made a device-mapper device */
	const char *blame; /* what the failure needs: "kernel", "dm", "table"; NULL: not known */
	bool stuck;	   /* it could not be killed */
	bool starved;	   /* the outer host gave it too little time */
};

static int64_t wall_ms(const struct under_way *u)
{
	return limit_clock_wall_ms() - u->since_ms;
}

static int64_t given_ms(const struct under_way *u)
{
	return limit_clock_ms() - u->given_since_ms;
}

/* --- lines from the check --------------------------------------------------------------------- */

/* Keeps the first reason of the worst verdict: fail, then broken, then skip. */
static void judge(struct under_way *u, enum verdict verdict, const char *why, const char *cure)
{
	static const int rank[] = {
		[VERDICT_PASS] = 0, [VERDICT_SKIP] = 1, [VERDICT_BROKEN] = 2, [VERDICT_FAIL] = 3};

	if (rank[verdict] <= rank[u->verdict]) {
		if (verdict == u->verdict && verdict != VERDICT_PASS)
			json_array_append_new(u->evidence, json_sprintf("also: %s", why));
		return;
	}
	u->verdict = verdict;
	free(u->why);
	free(u->cure);
	u->why = strdup(why ? why : "no reason was given");
	u->cure = cure ? strdup(cure) : NULL;
}

static void take_observation(struct runner *k, const struct under_way *u, json_t *line)
{
	char id[CHECK_NAME_MAX];

	/* With a planted fault, or on another table, it does not describe the kernel. */
	if (u->c->plant || u->instead)
		return;
	check_id(u->c->family, u->c->item, id);
	record_write_line(k->sink,
			  json_pack("{ss so ss sO sO*}", "type", "observation", "id",
				    json_sprintf("%s/%s", id,
						 json_string_value(json_object_get(line, "name"))),
				    "check", id, "value", json_object_get(line, "value"),
				    "suspicious", json_object_get(line, "suspicious")));
}

static void take_line(struct runner *k, struct under_way *u, const char *text)
{
	json_t *line = json_loads(text, JSON_DECODE_ANY, NULL);
	const char *say = json_string_value(json_object_get(line, "say"));
	const char *why = json_string_value(json_object_get(line, "why"));
	const char *cure = json_string_value(json_object_get(line, "cure"));
	enum verdict before = u->verdict;

	if (!say) {
		judge(u, VERDICT_BROKEN, "the check's process sent a line that is not JSON", NULL);
	} else if (!strcmp(say, "fail")) {
		judge(u, VERDICT_FAIL, why, NULL);
	} else if (!strcmp(say, "broken")) {
		judge(u, VERDICT_BROKEN, why, NULL);
	} else if (!strcmp(say, "skip")) {
		judge(u, VERDICT_SKIP, why, cure);
	} else if (!strcmp(say, "evidence")) {
		json_array_append(u->evidence, json_object_get(line, "line"));
	} else if (!strcmp(say, "setup")) {
		const char *command = json_string_value(json_object_get(line, "line"));

		if (command && !strncmp(command, "dmsetup create ", 15))
			u->makes_dm = true;
		if (u->verdict == VERDICT_PASS)
			json_array_append(u->setup, json_object_get(line, "line"));
	} else if (!strcmp(say, "observation")) {
		take_observation(k, u, line);
	} else if (!strcmp(say, "instead")) {
		u->instead_used = true;
	} else if (!strcmp(say, "outside") && k->env.emulated && !u->instead) {
		json_object_del(line, "say");
		json_object_set_new(line, "type", json_string("outside"));
		json_object_set_new(line, "id", json_string(u->c->id));
		record_write_line(k->sink, json_incref(line));
	}
	if (u->verdict != before) {
		json_decref(u->at);
		u->at = json_incref(json_object_get(line, "at"));
	}
	json_decref(line);
}

/* Reads without blocking.  Returns false at end of file. */
static bool read_lines(struct runner *k, struct under_way *u)
{
	char chunk[4096], *newline;
	ssize_t n = read(u->pipe, chunk, sizeof(chunk));
	char *bigger;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!n)
		return false;
	bigger = realloc(u->text, u->len + (size_t)n + 1);
	if (!bigger)
		return false;
	u->text = bigger;
	memcpy(u->text + u->len, chunk, (size_t)n);
	u->len += (size_t)n;
	u->text[u->len] = '\0';
	while ((newline = memchr(u->text, '\n', u->len))) {
		*newline = '\0';
		take_line(k, u, u->text);
		u->len -= (size_t)(newline + 1 - u->text);
		memmove(u->text, newline + 1, u->len + 1);
	}
	return true;
}

/* --- one check ------------------------------------------------------------------------------- */

static void check_main(const struct runner *k, const struct under_way *u, const char *directory,
		       int out, pid_t parent)
{
	struct check_env env = k->env;
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	signal(SIGALRM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	env.directory = directory;
	env.plant = u->c->plant;
	env.instead = u->instead;
	env.id = u->c->id;
	env.item = u->c->item;
	env.out = out;
	setup_log_to(check_log_setup, &env);
	u->c->item->run(&env, u->c->item->arg);
	if (env.plant && env.plant != PLANT_DMESG && !env.planted)
		check_broken(&env, "no fault was planted: the check does not call the function of "
				   "its declared fault");
	_exit(0);
}

/* Adds the kernel stack of the check to the evidence. */
static void add_stacks(struct under_way *u)
{
	char path[64], line[256];
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/stack", (int)u->pid);
	in = fopen(path, "re");
	while (in && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		json_array_append_new(u->evidence, json_string(line));
	}
	if (in)
		fclose(in);
}

/* Waits for the child.  Returns 0 once it is gone, -ETIMEDOUT after so long of the limit clock, or
 * -EAGAIN if the outer host does not give it that much time. */
static int reap(const struct under_way *u, int *status, int64_t limit_ms)
{
	const struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
	int64_t until_ms = limit_clock_ms() + limit_ms;
	int64_t wall_until_ms = limit_clock_wall_ms() + limit_ms * LIMIT_CLOCK_PATIENCE;

	while (limit_clock_ms() < until_ms) {
		if (waitpid(u->pid, status, WNOHANG) == u->pid)
			return 0;
		if (limit_clock_wall_ms() >= wall_until_ms)
			return -EAGAIN;
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

static void judge_starved(struct under_way *u, const char *what)
{
	char why[500];

	snprintf(why, sizeof(why),
		 "host too slow: the emulated host ran for %.1f s of %.0f s (%s); try again with "
		 "less load",
		 (double)given_ms(u) / 1000, (double)wall_ms(u) / 1000, what);
	judge(u, VERDICT_BROKEN, why, NULL);
	/* An earlier failure stays a failure. */
	u->starved = u->verdict == VERDICT_BROKEN;
}

/* It was killed at its time limit. */
static void judge_late(struct under_way *u)
{
	char why[200];

	snprintf(why, sizeof(why), "the check did not end within %u s%s", check_limit_s(u->c->item),
		 u->stuck ? " and cannot be killed" : "");
	if (given_ms(u) < check_limit_s(u->c->item) * 1000LL)
		judge_starved(u, "it did not end");
	else
		judge(u, VERDICT_FAIL, why, NULL);
}

/* Reads lines until the check ends or its limit is over; kills it then. */
static void follow(struct runner *k, struct under_way *u)
{
	const int64_t limit_ms = check_limit_s(u->c->item) * 1000LL;
	char why[200];
	int status = 0;
	bool open = true, gone = false;

	while (!gone && given_ms(u) < limit_ms && wall_ms(u) < limit_ms * LIMIT_CLOCK_PATIENCE &&
	       !supervise_interrupted()) {
		struct pollfd p = {.fd = open ? u->pipe : -1, .events = POLLIN};

		poll(&p, 1, 5);
		if (p.revents)
			open = read_lines(k, u);
		gone = waitpid(u->pid, &status, WNOHANG) == u->pid;
	}
	if (!gone) {
		add_stacks(u);
		kill(-u->pid, SIGKILL);
		gone = !reap(u, &status, DIE_MS);
		u->stuck = !gone;
		if (!supervise_interrupted())
			judge_late(u);
	} else if (WIFSIGNALED(status)) {
		u->died = true;
		snprintf(why, sizeof(why), "the check died of signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
		judge(u, VERDICT_FAIL, why, NULL);
	} else if (WEXITSTATUS(status)) {
		snprintf(why, sizeof(why), "the check's process exited with status %d",
			 WEXITSTATUS(status));
		judge(u, VERDICT_BROKEN, why, NULL);
	}
	kill(-u->pid, SIGKILL); /* its remaining tasks */
	fcntl(u->pipe, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 1000 && open; i++) {
		struct pollfd p = {.fd = u->pipe, .events = POLLIN};

		if (poll(&p, 1, 0) <= 0)
			break;
		open = read_lines(k, u);
	}
}

/* Returns 0, or -EBUSY if the device is still mounted or held by another one. */
static int claim(const char *node)
{
	int fd = open(node, O_RDWR | O_EXCL | O_CLOEXEC);

	return fd < 0 || close(fd) < 0 ? -errno : 0;
}

/* A device that was removed "deferred" releases its members shortly after it disappeared. */
static int wipe_retrying(const char *node, bool clean)
{
	int64_t until_ms = limit_clock_ms() + WIPE_LIMIT_MS;
	int rc;

	do
		rc = clean ? claim(node) : namespace_wipe_signatures(node);
	while (rc == -EBUSY && limit_clock_retry(until_ms));
	return rc;
}

/* Whether nothing can have made a signature since the device was last free of any. */
static bool is_clean(const struct runner *k, unsigned int device)
{
	uint64_t sectors;

	return k->written[device].clean &&
	       !namespace_written_sectors(&k->env.devices[device], &sectors) &&
	       sectors == k->written[device].sectors;
}

static void note_clean(struct runner *k)
{
	for (unsigned int i = 0; i < k->env.n_devices; i++)
		k->written[i].clean =
			!k->env.sick[i][0] &&
			!namespace_written_sectors(&k->env.devices[i], &k->written[i].sectors);
}

static int clean_once(const struct runner *k, const char *directory)
{
	int rc;

	dm_resume_of(k->env.owner);
	rc = fs_unmount_below(directory);
	if (rc < 0) {
		fprintf(stderr, "unmounting: %s\n", strerror(-rc));
		return 1;
	}
	rc = dm_remove_of(k->env.owner);
	if (rc < 0) {
		fprintf(stderr, "removing its devices: %s\n", strerror(-rc));
		return 1;
	}
	fs_remove_tree(directory);
	for (unsigned int i = 0; i < k->env.n_devices; i++) {
		if (k->env.sick[i][0]) /* no check used it, and wiping it would fail */
			continue;
		/* Partitions that checks add; most have none. */
		for (unsigned int p = 1; p <= PARTITIONS_MAX; p++)
			partition_remove(k->env.devices[i].node, p);
		rc = wipe_retrying(k->env.devices[i].node, is_clean(k, i));
		if (rc < 0) {
			fprintf(stderr, "wiping %s: %s\n", k->env.devices[i].node, strerror(-rc));
			return 1;
		}
	}
	return 0;
}

/* Tries twice: the first try may release what it could not remove.  Returns 0 or 1. */
static int clean(const struct runner *k, const char *directory)
{
	return clean_once(k, directory) && clean_once(k, directory);
}

/*
 * Removes what the check left, in a child, because umount(2) may hang in the kernel.  Returns 0 if
 * nothing is left, else a sentence in why and -EIO, -ETIMEDOUT, or -EAGAIN if the outer host did
 * not give the child its time.
 */
static int clean_up(const struct runner *k, const char *directory, char *why, size_t why_len)
{
	int fds[2], status = 0, rc;
	struct under_way u = {0};
	pid_t parent = getpid();
	ssize_t n = 0;

	why[0] = '\0';
	if (pipe2(fds, O_CLOEXEC) < 0) {
		snprintf(why, why_len, "pipe: %s", strerror(errno));
		return -EIO;
	}
	u.pid = fork();
	if (!u.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		dup2(fds[1], 2);
		_exit(clean(k, directory));
	}
	close(fds[1]);
	rc = u.pid < 0 ? -EIO : reap(&u, &status, CLEAN_S * 1000);
	if (u.pid < 0) {
		snprintf(why, why_len, "fork: %s", strerror(errno));
	} else if (rc < 0) {
		kill(u.pid, SIGKILL);
		snprintf(why, why_len, "the clean-up did not end within %d s", CLEAN_S);
	} else if (status) {
		rc = -EIO;
		n = read(fds[0], why, why_len - 1);
		why[n > 0 ? n : 0] = '\0';
		why[strcspn(why, "\n")] = '\0';
		if (!why[0])
			snprintf(why, why_len, "the clean-up process died");
	}
	close(fds[0]);
	return rc;
}

/* The source line of the check's first complaint.  The program in a guest has no debug information:
 * there the callers' addresses, which the host resolves (cli/guests/vm_slot.c). */
static json_t *place_of(const struct runner *k, const struct under_way *u)
{
	char place[200];

	if (u->verdict != VERDICT_FAIL && u->verdict != VERDICT_BROKEN)
		return NULL;
	if (k->env.emulated)
		return json_incref(u->at);
	source_place_find(u->at, "check/", "check/fixture/", place, sizeof(place));
	return *place ? json_string(place) : NULL;
}

static int write_verdict(struct runner *k, struct under_way *u, json_t *dmesg, uint64_t taint)
{
	const struct check_item *item = u->c->item;
	char id[CHECK_NAME_MAX];
	json_t *needs = json_array();

	for (const char *const *n = item->needs; n && *n; n++)
		json_array_append_new(needs, json_string(*n));
	k->verdicts[u->verdict]++;
	return record_write_line(
		k->sink,
		json_pack("{ss ss ss* ss ss* ss* ss ss so ss* ss* sI so so sI so* ss* so* sO*}",
			  "type", "check", "id", check_id(u->c->family, item, id), "plant",
			  plant_name(u->c->plant), "verdict", verdict_names[u->verdict], "why",
			  u->why, "cure", u->cure, "promise", item->promise, "by", item->by,
			  "needs", needs, "fixed_by", item->fixed_by, "first_bad", item->first_bad,
			  "ms", (json_int_t)wall_ms(u), "dmesg", dmesg, "evidence", u->evidence,
			  "taint", (json_int_t)taint, "starved", u->starved ? json_true() : NULL,
			  "blame", u->blame, "at", place_of(k, u), "setup",
			  u->verdict == VERDICT_FAIL ? u->setup : NULL));
}

/* Starts the check in a child.  Returns 0 or -errno. */
static int start(struct runner *k, struct under_way *u, const char *directory)
{
	int fds[2], rc;
	pid_t parent = getpid();

	if (mkdir(directory, 0700) < 0 || pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	u->pid = fork();
	if (!u->pid)
		check_main(k, u, directory, fds[1], parent);
	rc = u->pid < 0 ? -errno : 0;
	close(fds[1]);
	u->pipe = fds[0];
	if (rc < 0) {
		close(fds[0]);
		return rc;
	}
	setpgid(u->pid, u->pid);
	return 0;
}

/* Runs the check and removes what it left.  Returns true if the host can run another check. */
static bool run_it(struct runner *k, struct under_way *u, const char *directory, json_t *dmesg,
		   uint64_t *taint)
{
	struct health health = {.kmsg = -1};
	char why[300], reason[340];
	int rc = health_begin(&health, u->c->id);
	bool well = true, spoils = u->c->item->flags & CHECK_SPOILS;
	struct held held;

	held_read(MODULES, &held);
	if (rc < 0) {
		snprintf(reason, sizeof(reason), "the kernel log cannot be read: %s",
			 strerror(-rc));
		judge(u, VERDICT_BROKEN, reason, NULL);
		return true;
	}
	if (u->c->plant == PLANT_DMESG)
		health_plant();
	rc = start(k, u, directory);
	if (rc < 0) {
		snprintf(reason, sizeof(reason), "the check cannot be started: %s", strerror(-rc));
		judge(u, VERDICT_BROKEN, reason, NULL);
	} else {
		follow(k, u);
		close(u->pipe);
	}
	rc = u->stuck || spoils ? 0 : clean_up(k, directory, why, sizeof(why));
	/* Once more, in another process: libdevmapper does not repeat a version check that
	 * failed. */
	if (rc == -EIO)
		rc = clean_up(k, directory, why, sizeof(why));
	if (!rc && !u->stuck && !spoils) {
		note_clean(k);
		/* Elsewhere other processes mount and unmount, too. */
		if (k->env.emulated && held_compare(MODULES, &held, HELD_MS, why, sizeof(why))) {
			if (u->verdict != VERDICT_FAIL)
				judge(u, VERDICT_FAIL, why, NULL);
			well = false;
		}
	}
	if (rc < 0) {
		snprintf(reason, sizeof(reason), "the clean-up failed: %s", why);
		if (rc == -EAGAIN)
			judge_starved(u, reason);
		else
			judge(u, u->verdict == VERDICT_BROKEN ? VERDICT_BROKEN : VERDICT_FAIL,
			      reason, NULL);
		well = false;
	}
	if (!health_end(&health, dmesg, taint, NULL)) {
		snprintf(reason, sizeof(reason), "the kernel complained: %s",
			 json_array_size(dmesg)
				 ? json_string_value(json_array_get(dmesg, 0))
				 : "the kernel is tainted, without a line in the log");
		if (health.only_late && wall_ms(u) > 2 * given_ms(u))
			judge_starved(u, reason);
		else
			judge(u, VERDICT_FAIL, reason, NULL);
		/* WARN_ONCE() does not warn again on this boot. */
		well = !k->env.emulated || u->c->plant == PLANT_DMESG;
	}
	return well && !u->stuck && !spoils;
}

/* Runs a check on another stack.  Returns its verdict, VERDICT_BROKEN if that says nothing; *well
 * as run_it(). */
static enum verdict run_instead(struct runner *k, const struct under_way *failed,
				enum instead instead, const char *directory, char why[300],
				bool *well)
{
	struct under_way u = {.c = failed->c,
			      .since_ms = limit_clock_wall_ms(),
			      .given_since_ms = limit_clock_ms(),
			      .evidence = json_array(),
			      .instead = instead};
	json_t *dmesg = json_array();
	uint64_t taint = 0;
	enum verdict verdict;

	*well = run_it(k, &u, directory, dmesg, &taint);
	verdict = u.instead_used && !u.died && !u.starved ? u.verdict : VERDICT_BROKEN;
	/* The table of the check was replaced, but not a target that it adds: this was not raw. */
	if (instead == INSTEAD_RAW && u.makes_dm)
		verdict = VERDICT_BROKEN;
	snprintf(why, 300, "%s", u.why ? u.why : "");
	json_decref(dmesg);
	json_decref(u.evidence);
	json_decref(u.at);
	free(u.text);
	free(u.why);
	free(u.cure);
	return verdict;
}

/* Whether two complaints are about the same: their first words are equal.  The rest names devices
 * and values. */
static bool same_complaint(const char *a, const char *b)
{
	size_t n = 0;

	for (int words = 0; words < 3 && a[n]; words++)
		n += strcspn(a + n, " ") + (a[n + strcspn(a + n, " ")] == ' ');
	return n && !strncmp(a, b, n);
}

/* Device-mapper is to blame, perhaps with one table only: by what leg?  Appends to text.  *well as
 * run_it(). */
static void blame_further(struct runner *k, const struct under_way *u, const char *directory,
			  char text[600], bool *well)
{
	enum verdict verdict = VERDICT_BROKEN;
	char why[300];
	size_t n = strlen(text);

	if (*well)
		verdict = run_instead(k, u, INSTEAD_BIOS, directory, why, well);
	if (verdict == VERDICT_FAIL)
		n += (size_t)snprintf(text + n, 600 - n,
				      "; the bio path, not DAX: bios of the device and of its "
				      "members differ");
	else if (verdict == VERDICT_PASS)
		n += (size_t)snprintf(text + n, 600 - n,
				      "; bios of the device and of its members agree");
	if (!*well || strcmp(u->blame, "table"))
		return;
	verdict = run_instead(k, u, INSTEAD_ONE_NAMESPACE, directory, why, well);
	if (verdict == VERDICT_PASS)
		snprintf(text + n, 600 - n, "; only with the second namespace");
	else if (verdict == VERDICT_FAIL)
		snprintf(text + n, 600 - n, "; with one namespace, too: its segments or stripes");
}

/*
 * A check failed: who is to blame?  Runs it on the namespace itself and, if it passes there, on one
 * linear segment, by bios alone, and with all of its table on one namespace.  Returns true if the
 * host can run another check.
 */
static bool blame(struct runner *k, struct under_way *u, const char *directory)
{
	char why[300], text[600] = "";
	bool well;
	enum verdict raw = run_instead(k, u, INSTEAD_RAW, directory, why, &well), one;

	if (raw == VERDICT_FAIL && !same_complaint(u->why, why)) {
		snprintf(text, sizeof(text),
			 "fails differently on the namespace without device-mapper (%s)", why);
	} else if (raw == VERDICT_FAIL) {
		u->blame = "kernel";
		snprintf(text, sizeof(text),
			 "fails on the namespace without device-mapper, too: not device-mapper "
			 "(%s)",
			 why);
	} else if (raw == VERDICT_PASS) {
		one = well ? run_instead(k, u, INSTEAD_LINEAR, directory, why, &well)
			   : VERDICT_BROKEN;
		u->blame = one == VERDICT_PASS ? "table" : "dm";
		snprintf(text, sizeof(text),
			 "passes on the namespace without device-mapper%s: device-mapper%s",
			 one == VERDICT_PASS   ? ", and on one linear segment"
			 : one == VERDICT_FAIL ? ", fails on one linear segment"
					       : "",
			 one == VERDICT_PASS ? " with this table only" : "");
		blame_further(k, u, directory, text, &well);
	}
	if (text[0])
		json_array_insert_new(u->evidence, 0, json_string(text));
	return well;
}

int runner_case(struct runner *k, const struct check_case *c, const char *base)
{
	struct under_way u = {
		.c = c, .since_ms = limit_clock_wall_ms(), .given_since_ms = limit_clock_ms()};
	char directory[128];
	struct missing_need missing;
	json_t *dmesg = json_array();
	uint64_t taint = 0;
	bool go_on = true;
	int rc;

	u.evidence = json_array();
	u.setup = json_array();
	snprintf(directory, sizeof(directory), "%s/check", base);
	record_write_line(k->sink, json_pack("{ss ss si}", "type", "begin", "id", c->id, "limit_s",
					     (int)check_limit_s(c->item)));
	if ((c->item->flags & (CHECK_EMULATED | CHECK_SPOILS)) && !k->env.emulated)
		judge(&u, VERDICT_SKIP, "the check may crash the host",
		      "run it on the emulated host: ./run.sh check without --host");
	else if (!check_needs_met(&k->env, c->item->needs, &missing))
		judge(&u, VERDICT_SKIP, missing.why, missing.cure);
	else
		go_on = run_it(k, &u, directory, dmesg, &taint);
	if (go_on && u.verdict == VERDICT_FAIL && !c->plant && !k->coverage &&
	    !supervise_interrupted())
		go_on = blame(k, &u, directory);
	if (k->coverage)
		record_write_line(k->sink, json_pack("{ss ss so}", "type", "coverage", "id", c->id,
						     "hits", coverage_take(k->coverage)));
	if (supervise_interrupted())
		rc = -EINTR;
	else
		rc = write_verdict(k, &u, json_incref(dmesg), taint);
	if (supervise_interrupted())
		json_decref(u.evidence);
	if (!rc && !go_on) {
		rc = record_write_line(k->sink,
				       json_pack("{ss ss ss}", "type", "spoiled", "id", c->id,
						 "why", u.why ? u.why : "its nature"));
		rc = rc ? rc : -ESTALE;
	}
	json_decref(dmesg);
	json_decref(u.at);
	json_decref(u.setup);
	free(u.text);
	free(u.why);
	free(u.cure);
	return rc;
}
