// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/workspace.h"

#include "cli/driver/command.h"
#include "cli/driver/phase.h"
#include "cli/driver/process.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/file/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* run.sh executes this program with a shared lock on lock_path() at this descriptor; `clean` takes
 * an exclusive one. */
enum { INHERITED_LOCK = 6, CLEAN_LIMIT_MS = 60000 };

static char tmp[PATH_MAX]; /* below build/; "" until it is made */
static int lock_fd = -1, tmp_fd = -1;
static struct words claims;
static const char *may_be_empty;
static pid_t owner, guardian;

/* ---- files ---------------------------------------------------------------------------------- */

static char *last_line(const char *path, const char *prefix, const char *not_prefix)
{
	FILE *in = fopen(path, "re");
	char *line = NULL, *last = NULL;
	size_t size = 0;

	while (in && getline(&line, &size, in) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!*line || strncmp(line, prefix, strlen(prefix)) ||
		    (not_prefix && !strncmp(line, not_prefix, strlen(not_prefix))))
			continue;
		free(last);
		last = process_text("%s", line);
	}
	if (in)
		fclose(in);
	free(line);
	return last;
}

char *workspace_last_line(const char *path)
{
	return last_line(path, "", NULL);
}

char *workspace_last_error(const char *path)
{
	return last_line(path, "daxdm: ", "daxdm: note: ");
}

char *workspace_first_line(const char *path)
{
	FILE *in = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!in || getline(&line, &size, in) < 0)
		process_quit(STATUS_BROKEN, "cannot read %s: %s", path,
			     in ? "it is empty" : strerror(errno));
	line[strcspn(line, "\n")] = '\0';
	fclose(in);
	return line;
}

static noreturn void cannot_write(const char *what)
{
	char *here = *what == '/' ? NULL : getcwd(NULL, 0);

	process_quit(STATUS_BROKEN,
		     "cannot write to %s%s%s: use %s, or repair its permissions or free space",
		     here ? here : "", here ? "/" : "", what,
		     !place_is_installed()	     ? "a checkout of your own"
		     : !strcmp(what, place("build")) ? "another XDG_CACHE_HOME"
						     : "a directory of your own");
}

/* DIR and those above it.  Returns whether it is there and can be written to. */
static bool make_dir(const char *dir)
{
	char *path = process_text("%s", dir);
	bool is;

	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
	mkdir(path, 0777);
	is = !access(path, W_OK);
	free(path);
	return is;
}

void workspace_make_dir(const char *dir)
{
	if (!make_dir(dir))
		cannot_write(dir);
}

void workspace_may_be_empty(const char *dir)
{
	may_be_empty = dir;
}

char *workspace_timestamp(void)
{
	time_t now = time(NULL);
	struct tm tm;
	char text[32];

	localtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y%m%dT%H%M%S", &tm);
	return process_text("%s", text);
}

/* ---- what killed runs left ------------------------------------------------------------------ */

/* A claim is a link to the directory of its owner. */
static void sweep_claims(void)
{
	glob_t found;

	if (!glob(place_pattern("build/name.tmp.*"), 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++)
			if (access(found.gl_pathv[i], F_OK) < 0)
				unlink(found.gl_pathv[i]);
	globfree(&found);
}

/* Removes the directories that nobody holds a lock on, while nobody makes one. */
static void sweep(void)
{
	static const char *const patterns[] = {"build/run.tmp.*", "build/test.tmp.*"};
	glob_t found;

	for (size_t p = 0; p < sizeof(patterns) / sizeof(patterns[0]); p++) {
		if (!glob(place_pattern(patterns[p]), 0, NULL, &found))
			for (size_t i = 0; i < found.gl_pathc; i++) {
				int fd = open(found.gl_pathv[i], O_RDONLY | O_CLOEXEC);

				if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
					fs_remove_tree(found.gl_pathv[i]);
				if (fd >= 0)
					close(fd);
			}
		globfree(&found);
	}
	sweep_claims();
}

/* ---- the guardian --------------------------------------------------------------------------- */

/* Reads what it has to end until the other end of the pipe is closed. */
static noreturn void guard(int notes)
{
	struct process_note note = {0}, next;
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGTERM, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
	/* The locks stay: nobody else removes what it is about to. */
	for (int fd = 0; fd < 1024; fd++)
		if (fd <= STDERR_FILENO)
			dup2(null, fd);
		else if (fd != notes && fd != lock_fd && fd != tmp_fd)
			close(fd);
	while (read(notes, &next, sizeof(next)) == sizeof(next))
		note = next;
	if (note.group < 0)
		_exit(0);
	if (note.group > 0)
		process_stop_group(note.group, note.limit_ms);
	fs_remove_tree(tmp);
	sweep_claims();
	_exit(0);
}

/* In a signal handler. */
static void end_guardian(void)
{
	if (may_be_empty)
		rmdir(may_be_empty);
	close(process_guard_fd);
	while (waitpid(guardian, NULL, 0) < 0 && errno == EINTR)
		;
}

static void start_guardian(void)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		process_quit(STATUS_BROKEN, "cannot make a pipe: %s", strerror(errno));
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(ends[1]);
		guard(ends[0]);
	}
	if (pid < 0)
		process_quit(STATUS_BROKEN, "cannot start a process: %s", strerror(errno));
	close(ends[0]);
	process_guard_fd = ends[1];
	guardian = pid;
	process_end_guard = end_guardian;
}

/* ---- open and close ------------------------------------------------------------------------- */

/* An installed daxdm makes its cache when it first writes.  QEMU of root reads it as nobody. */
static bool make_cache(void)
{
	mode_t before = umask(022);
	bool is = make_dir(place("build"));

	umask(before);
	return is;
}

bool workspace_is_read_only(void)
{
	return place_is_installed() ? !make_cache() : access(place("build"), W_OK) < 0;
}

static void clean_up(void)
{
	if (getpid() != owner)
		return;
	if (*tmp)
		fs_remove_tree(tmp);
	for (size_t i = 0; i < claims.n; i++)
		unlink(claims.list[i]);
	if (may_be_empty)
		rmdir(may_be_empty);
	process_note(-1);
}

/* What `clean` does not remove. */
static const char *lock_path(void)
{
	return place_is_installed() ? place("build/clean.lock") : ".";
}

/* A shared lock: `clean` waits for it. */
static void lock_checkout(void)
{
	const struct timespec tick = {.tv_nsec = 100000000};
	struct stat here, there;

	if (!stat(lock_path(), &here) && !fstat(INHERITED_LOCK, &there) &&
	    here.st_dev == there.st_dev && here.st_ino == there.st_ino) {
		lock_fd = INHERITED_LOCK;
		fcntl(lock_fd, F_SETFD, FD_CLOEXEC);
	} else {
		lock_fd = open(lock_path(),
			       (place_is_installed() ? O_CREAT : 0) | O_RDONLY | O_CLOEXEC, 0644);
		if (lock_fd < 0)
			cannot_write(place("build"));
	}
	for (int waited_ms = 0; flock(lock_fd, LOCK_SH | LOCK_NB) < 0; waited_ms += 100) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			process_quit(STATUS_BROKEN, "cannot lock %s: flock: %s", lock_path(),
				     strerror(errno));
		if (waited_ms >= CLEAN_LIMIT_MS)
			process_quit(STATUS_BROKEN,
				     "'%s clean' is at work; try again when that has ended",
				     place_command());
		nanosleep(&tick, NULL);
	}
}

void workspace_sweep(void)
{
	int build = open(place("build"), O_RDONLY | O_CLOEXEC);

	if (build >= 0 && !flock(build, LOCK_EX))
		sweep();
	if (build >= 0)
		close(build);
}

void workspace_open(void)
{
	int build;

	if (access(place("run.sh"), X_OK) < 0)
		process_quit(STATUS_USAGE,
			     "the current directory is no checkout of daxdm; call its "
			     "run.sh");
	owner = getpid();
	if (place_is_installed() && !make_cache())
		cannot_write(place("build"));
	lock_checkout();
	if ((mkdir(place("build"), 0777) < 0 && errno != EEXIST) || workspace_is_read_only())
		cannot_write(place("build"));
	/* Nobody removes what is not locked yet. */
	build = open(place("build"), O_RDONLY | O_CLOEXEC);
	if (build < 0 || flock(build, LOCK_EX) < 0)
		cannot_write(place("build"));
	sweep();
	snprintf(tmp, sizeof(tmp), "%s/run.tmp.XXXXXX", place("build"));
	if (!mkdtemp(tmp)) {
		*tmp = '\0';
		cannot_write(place("build"));
	}
	tmp_fd = open(tmp, O_RDONLY | O_CLOEXEC);
	flock(tmp_fd, LOCK_EX);
	close(build);
	start_guardian();
	atexit(clean_up);
}

char *workspace_path(const char *name)
{
	return process_text("%s/%s", tmp, name);
}

char *workspace_claim(const char *base)
{
	char *name = NULL, *run = NULL, *first = NULL, *link = NULL;
	bool taken = true;

	for (unsigned int n = 1; taken; n++) {
		free(name);
		name = n > 1 ? process_text("%s.%u", base, n) : process_text("%s", base);
		run = process_text("results/%s", name);
		first = process_text("results/%s-1", name); /* of --repeat */
		link = process_text("%s/name.tmp.%s", place("build"), name);
		taken = !access(run, F_OK) || !access(first, F_OK);
		if (!taken && symlink(strrchr(tmp, '/') + 1, link) < 0) {
			if (errno != EEXIST)
				process_quit(STATUS_BROKEN,
					     "cannot claim the name %s: symlink %s: %s", name, link,
					     strerror(errno));
			taken = true;
		}
		if (!taken)
			command_add(&claims, link, NULL);
		free(run);
		free(first);
		free(link);
	}
	return name;
}

/* ---- packages -------------------------------------------------------------------------------- */

void workspace_setup(const char *group, ...)
{
	static const char *const outs[] = {NULL, "&2", "/dev/null"};
	struct words command = {0};
	va_list args;
	int status;

	command_add(&command, place("./run.sh"), "setup", NULL);
	va_start(args, group);
	for (; group; group = va_arg(args, const char *))
		command_add(&command, group, NULL);
	va_end(args);
	process_phase = "setup";
	status = process_run(&command, outs[phase_lines], NULL);
	if (status)
		process_exit(status);
	process_phase = NULL;
}
