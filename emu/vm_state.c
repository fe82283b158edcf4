// SPDX-License-Identifier: GPL-2.0-only
/*
 * Saves and loads the state of a machine by QEMU's migration.  QEMU may start no program
 * (-sandbox), so it gets a pipe, and a cat(1) copies from that pipe to the state file.  It loads
 * the file itself, or from a pipe if it refuses.
 */
#include "emu/stop.h"
#include "emu/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STATE_TIMEOUT_MS 60000

/* Memory that is a shared file is no part of the state: the caller copies the file. */
static int leave_out_shared_memory(struct vm *vm, char *why)
{
	json_t *args = json_pack("{s:[{s:s, s:b}]}", "capabilities", "capability",
				 "x-ignore-shared", "state", 1);

	return vm_command(vm, "migrate-set-capabilities", args, NULL, why);
}

static int wait_migration(struct vm *vm, char *why)
{
	const struct vm_moment since = vm_now(vm);

	while (!vm_check_limit(vm, &since, STATE_TIMEOUT_MS)) {
		const struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
		json_t *answer = NULL;
		const char *status;
		int rc = vm_command(vm, "query-migrate", NULL, &answer, why);
		bool done, failed;

		if (rc < 0)
			return rc;
		status = json_string_value(json_object_get(answer, "status"));
		done = status && !strcmp(status, "completed");
		failed = status && (!strcmp(status, "failed") || !strcmp(status, "cancelled"));
		json_decref(answer);
		if (done)
			return 0;
		if (failed) {
			snprintf(why, 200, "the migration failed (disk full?)");
			return -EIO;
		}
		nanosleep(&pause, NULL);
	}
	snprintf(why, 200, "the migration did not end within %d s", STATE_TIMEOUT_MS / 1000);
	return -ETIMEDOUT;
}

/* By default a migration is limited to 1 Gbit/s and waits in steps of 100 ms. */
static int full_speed(struct vm *vm, char *why)
{
	json_t *args = json_pack("{s:I}", "max-bandwidth", (json_int_t)64 << 30);

	return vm_command(vm, "migrate-set-parameters", args, NULL, why);
}

/* A restored QEMU announces its network interfaces by timers of real time, though it has none.
 * Each stops the processor until QEMU's main loop has run it (emu/preload/main_loop.c). */
static int announce_nothing(struct vm *vm, char *why)
{
	json_t *args = json_pack("{s:i}", "announce-rounds", 0);

	return vm_command(vm, "migrate-set-parameters", args, NULL, why);
}

/* Passes a descriptor to QEMU under that name, and closes it here. */
static int pass_descriptor(struct vm *vm, const char *name, int fd, char *why)
{
	int rc;

	vm->pass = fd;
	rc = vm_command(vm, "getfd", json_pack("{s:s}", "fdname", name), NULL, why);
	vm->pass = -1;
	close(fd);
	return rc;
}

/* Starts the cat; to_file: from QEMU into the file.  Returns its pid, with QEMU's end of the pipe
 * in *fd, or -errno. */
static pid_t start_cat(const struct vm *vm, bool to_file, int *fd)
{
	char path[PATH_MAX + 16];
	char *const argv[] = {(char *)"cat", NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int pipe_fds[2], rc;
	pid_t pid = -1;

	snprintf(path, sizeof(path), "%s/state", vm->dir);
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[to_file ? 0 : 1], to_file ? 0 : 1);
	posix_spawn_file_actions_addopen(&actions, to_file ? 1 : 0, path,
					 to_file ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY, 0666);
	/* A process group of its own: Ctrl-C at the terminal does not reach it. */
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
	rc = posix_spawnp(&pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_fds[to_file ? 0 : 1]);
	*fd = pipe_fds[to_file ? 1 : 0];
	if (rc)
		close(*fd);
	return rc ? -rc : pid;
}

/* Waits for the cat; ends it if QEMU failed.  Returns 0, -EINTR (a signal asks this process to
 * end), -EIO or -ETIMEDOUT. */
static int end_cat(struct vm *vm, pid_t cat, bool failed)
{
	const struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
	const struct vm_moment since = vm_now(vm);
	int status = 0, rc = 0;

	while (!failed && !rc && waitpid(cat, &status, WNOHANG) != cat) {
		rc = stop_signal() ? -EINTR : vm_check_limit(vm, &since, STATE_TIMEOUT_MS);
		nanosleep(&pause, NULL);
	}
	if (failed || rc) {
		kill(cat, SIGKILL);
		waitpid(cat, NULL, 0);
		return rc;
	}
	if (stop_signal())
		return -EINTR;
	return status ? -EIO : 0;
}

/* Copies between the state file and a stopped QEMU. */
static int move_state(struct vm *vm, bool to_file, char *why)
{
	json_t *uri = json_pack("{s:s}", "uri", "fd:state");
	int fd, rc, cat_rc;
	pid_t cat = start_cat(vm, to_file, &fd);

	if (cat < 0) {
		json_decref(uri);
		snprintf(why, 200, "cannot run cat: %s", strerror(-cat));
		return -EIO;
	}
	rc = pass_descriptor(vm, "state", fd, why);
	if (rc)
		json_decref(uri);
	else
		rc = vm_command(vm, to_file ? "migrate" : "migrate-incoming", uri, NULL, why);
	if (!rc)
		rc = wait_migration(vm, why);
	cat_rc = end_cat(vm, cat, rc < 0);
	if (!rc && cat_rc < 0) {
		rc = cat_rc;
		snprintf(why, 200, "cat could not %s the file of the state%s",
			 to_file ? "write" : "read", to_file ? " (disk full?)" : "");
	}
	return rc;
}

int vm_save_state(struct vm *vm, char *why)
{
	int rc = leave_out_shared_memory(vm, why);

	if (!rc)
		rc = full_speed(vm, why);
	return rc ? rc : move_state(vm, true, why);
}

/* QEMU reads the file.  Returns -EIO if it refuses: since version 9.1 it loads a descriptor only if
 * that is a pipe or a socket. */
static int load_file(struct vm *vm, char *why)
{
	char path[PATH_MAX + 16];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/state", vm->dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -EIO;
	rc = pass_descriptor(vm, "state", fd, why);
	if (!rc)
		rc = vm_command(vm, "migrate-incoming", json_pack("{s:s}", "uri", "fd:state"), NULL,
				why);
	return rc;
}

int vm_load_state(struct vm *vm, char *why)
{
	int rc = leave_out_shared_memory(vm, why);

	if (!rc)
		rc = announce_nothing(vm, why);
	if (rc)
		return rc;
	rc = load_file(vm, why);
	if (rc == -EIO)
		return move_state(vm, false, why);
	return rc ? rc : wait_migration(vm, why);
}
