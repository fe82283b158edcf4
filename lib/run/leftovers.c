// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/leftovers.h"

#include "lib/base/limit_clock.h"
#include "lib/base/owner.h"
#include "lib/dev/dm.h"
#include "lib/file/fs.h"
#include "lib/trace/kprobe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	ROUNDS = 5,
	PAUSE_MS = 100,
	LIMIT_S = 60,
	LOOK_MS = 5, /* interval of polling the child */
};

static const char *const places[] = {"/run", "/tmp"};

enum { N_PLACES = sizeof(places) / sizeof(places[0]) };

const char *leftovers_directory(pid_t owner, char path[64])
{
	snprintf(path, 64, "/run/daxdm-%d", (int)owner);
	return path;
}

static void pause_ms(long ms)
{
	const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&pause, NULL);
}

/* --- finding --------------------------------------------------------------------------------- */

struct search {
	pid_t owner;
	struct leftovers *out;
	int rc;
};

static void add(struct search *search, pid_t owner, const char *kind, const char *name)
{
	struct leftovers *out = search->out;
	struct leftover *more;

	if (!owner || (search->owner && owner != search->owner))
		return;
	more = realloc(out->list, (out->n + 1) * sizeof(*more));
	if (!more) {
		search->rc = -ENOMEM;
		return;
	}
	out->list = more;
	more[out->n] = (struct leftover){.owner = owner, .kind = kind};
	snprintf(more[out->n++].name, sizeof(more->name), "%s", name);
}

static void find_devices(struct search *search)
{
	char *list = dm_devices_of(search->owner), *next = list, *name;

	if (!list)
		search->rc = -errno;
	while ((name = strsep(&next, "\n")))
		if (*name)
			add(search, dm_owner(name), "device", name);
	free(list);
}

static int visit_mount(const char *point, void *arg)
{
	const char *rest;
	pid_t owner = strncmp(point, "/run/", 5) ? 0 : owner_of(point + 5, "daxdm-", &rest);

	if (owner && (!*rest || *rest == '/'))
		add(arg, owner, "mount", point);
	return 0;
}

/*
 * The owner of an entry of /run or /tmp; 0 unless a run creates entries of that name:
 * daxdm-PID-fio-XXXXXX in either, daxdm-PID and daxdm-PID-lock in /run.  Files of other names are
 * not daxdm's.
 */
static pid_t entry_owner(const char *place, const char *name)
{
	const char *rest;
	pid_t owner = owner_of(name, "daxdm-", &rest);

	if (!owner)
		return 0;
	if (!strncmp(rest, "-fio-", 5) && strlen(rest) == strlen("-fio-XXXXXX"))
		return owner;
	return !strcmp(place, "/run") && (!*rest || !strcmp(rest, "-lock")) ? owner : 0;
}

/* Only files of this user: other users may create any name in /tmp. */
static void find_directories(struct search *search)
{
	for (int i = 0; i < N_PLACES; i++) {
		DIR *dir = opendir(places[i]);
		struct dirent *entry;
		struct stat st;
		char path[280];

		while (dir && (entry = readdir(dir))) {
			pid_t owner = entry_owner(places[i], entry->d_name);

			snprintf(path, sizeof(path), "%s/%s", places[i], entry->d_name);
			if (owner && !lstat(path, &st) && st.st_uid == geteuid())
				add(search, owner, S_ISDIR(st.st_mode) ? "directory" : "file",
				    path);
		}
		if (dir)
			closedir(dir);
	}
}

static void visit_probe(pid_t owner, const char *name, void *arg)
{
	add(arg, owner, "probe", name);
}

int leftovers_find(pid_t owner, struct leftovers *out)
{
	struct search search = {.owner = owner, .out = out};
	int rc;

	*out = (struct leftovers){0};
	find_devices(&search);
	rc = fs_each_mount_point(visit_mount, &search);
	if (rc < 0)
		search.rc = rc;
	find_directories(&search);
	kprobe_events_each(visit_probe, &search);
	return search.rc;
}

void leftovers_free(struct leftovers *left)
{
	free(left->list);
	*left = (struct leftovers){0};
}

/* --- removing -------------------------------------------------------------------------------- */

/* Does not remove what is mounted below them. */
static void remove_directories(pid_t owner)
{
	struct leftovers found = {0};
	struct search search = {.owner = owner, .out = &found};

	find_directories(&search);
	for (size_t i = 0; i < found.n; i++)
		fs_remove_tree(found.list[i].name);
	leftovers_free(&found);
}

static int remove_once(pid_t owner)
{
	char directory[64];
	int rc, rc2;

	/* Resumes devices first: an unmount on a suspended device blocks forever. */
	dm_resume_of(owner);
	rc = fs_unmount_below(leftovers_directory(owner, directory));
	rc2 = dm_remove_of(owner);
	if (!rc)
		remove_directories(owner);
	return rc ? rc : rc2;
}

/* Returns 0 if nothing is left, else -errno. */
static int remove_all(pid_t owner)
{
	int rc = 0;

	for (int round = 0;; round++) {
		struct leftovers left;
		int found;

		kprobe_events_remove(); /* of the owner and of all dead owners */
		found = leftovers_find(owner, &left);
		bool nothing = !found && !left.n;

		leftovers_free(&left);
		if (nothing)
			return 0;
		rc = found ? found : rc;
		if (round == ROUNDS)
			return rc ? rc : -EBUSY;
		if (round)
			pause_ms(PAUSE_MS);
		rc = remove_once(owner);
	}
}

int leftovers_remove(pid_t owner)
{
	int64_t until_ms = limit_clock_ms() + LIMIT_S * 1000;
	pid_t parent = getpid(), pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(ECANCELED);
		_exit(-remove_all(owner));
	}
	while (limit_clock_ms() < until_ms) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECANCELED;
		pause_ms(LOOK_MS);
	}
	kill(pid, SIGKILL); /* no wait: it may be stuck in the kernel */
	return -ETIMEDOUT;
}

/* --- whose it is ----------------------------------------------------------------------------- */

/* The lock is not in the directory, because a mount may hide it. */
static const char *lock_of(pid_t owner, char path[64])
{
	snprintf(path, 64, "/run/daxdm-%d-lock", (int)owner);
	return path;
}

int leftovers_claim(void)
{
	char path[64];
	int fd = open(lock_of(getpid(), path), O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), rc;

	if (fd < 0)
		return -errno;
	if (!flock(fd, LOCK_EX)) /* leftovers_in_use() of another process holds it briefly */
		return 0;
	rc = -errno;
	close(fd);
	return rc;
}

void leftovers_disclaim(void)
{
	char path[64];

	unlink(lock_of(getpid(), path));
}

bool leftovers_in_use(pid_t owner)
{
	char path[64];
	int fd = open(lock_of(owner, path), O_RDONLY | O_CLOEXEC);
	bool in_use;

	if (fd < 0)
		return !kill(owner, 0) || errno != ESRCH;
	in_use = flock(fd, LOCK_EX | LOCK_NB) < 0;
	close(fd);
	return in_use;
}
