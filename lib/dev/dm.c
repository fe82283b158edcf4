// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/dm.h"

#include "lib/base/setup_log.h"

#include "lib/base/limit_clock.h"
#include "lib/base/memory.h"
#include "lib/base/owner.h"

#include <errno.h>
#include <inttypes.h>
#include <libdevmapper.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How long a removal that fails with -EBUSY is retried. */
enum { BUSY_LIMIT_MS = 1000 };

/* Exists if device-mapper is built in or loaded. */
static const char dm_class[] = "/sys/class/misc/device-mapper";

/* The first error message of libdevmapper in the current call: later ones are its consequences. */
static char complaint[256];
static bool library_ready;

__attribute__((format(printf, 5, 6))) static void
keep_complaint(int level, const char *file, int line, int error, const char *fmt, ...)
{
	va_list args;

	(void)file;
	(void)line;
	(void)error;
	/* Up to _LOG_WARN of libdevmapper. */
	if ((level & 7) > 4 || complaint[0])
		return;
	va_start(args, fmt);
	vsnprintf(complaint, sizeof(complaint), fmt, args);
	va_end(args);
}

/* Called first by each public function. */
static void library_setup(void)
{
	complaint[0] = '\0';
	if (library_ready)
		return;
	library_ready = true;
	dm_log_with_errno_init(keep_complaint);
	/* Without udev, no process would complete a cookie: libdevmapper makes the nodes. */
	if (access("/run/udev/control", F_OK) < 0)
		dm_udev_set_sync_support(0);
}

const char *dm_last_error(void)
{
	return complaint;
}

/* A task of a named device, or NULL without memory or for a name that cannot be one. */
static struct dm_task *named_task(int type, const char *name)
{
	struct dm_task *task = dm_task_create(type);

	if (task && !dm_task_set_name(task, name)) {
		dm_task_destroy(task);
		return NULL;
	}
	return task;
}

/* Runs the task.  Returns 0 or -errno of the ioctl. */
static int task_ask(struct dm_task *task)
{
	int rc;

	if (dm_task_run(task))
		return 0;
	rc = -dm_task_get_errno(task);
	return rc ? rc : -EIO;
}

/* Runs and frees the task; settles: it creates or removes nodes.  Returns 0 or -errno. */
static int task_run(struct dm_task *task, bool settles)
{
	uint32_t cookie = 0;
	int rc = 0;

	if (settles && dm_udev_get_sync_support() && !dm_task_set_cookie(task, &cookie, 0))
		rc = -EIO;
	if (!rc)
		rc = task_ask(task);
	if (cookie)
		dm_udev_wait(cookie);
	dm_task_destroy(task);
	if (settles)
		dm_task_update_nodes();
	return rc;
}

int dm_available(void)
{
	struct dm_task *task;
	int rc;

	library_setup();
	task = dm_task_create(DM_DEVICE_VERSION);
	rc = task ? task_run(task, false) : -EIO; /* loads the module, if it can be */
	dm_lib_release();
	return rc < 0 && access(dm_class, F_OK) < 0 ? -ENODEV : rc;
}

/* One line of a table, "START LEN TYPE [ARGUMENT]..."; the line is modified.  Returns 0 or
 * -errno. */
static int add_line(struct dm_task *task, char *line)
{
	uint64_t start, len;
	char type[64];
	int params = 0;

	line += strspn(line, " \t\r");
	line[strcspn(line, "\r")] = '\0';
	if (!*line || *line == '#')
		return 0;
	if (*line == '-' ||
	    sscanf(line, "%" SCNu64 " %" SCNu64 " %63s %n", &start, &len, type, &params) < 3 ||
	    !params) {
		snprintf(complaint, sizeof(complaint), "not a line of a table: %.200s", line);
		return -EINVAL;
	}
	return dm_task_add_target(task, start, len, type, line + params) ? 0 : -ENOMEM;
}

static int add_table(struct dm_task *task, const char *table)
{
	char *copy = strdup(table), *next = copy, *line;
	int rc = copy ? 0 : -ENOMEM;

	while (!rc && (line = strsep(&next, "\n")))
		rc = add_line(task, line);
	free(copy);
	return rc;
}

static int load(const char *name, const char *table, unsigned int flags)
{
	struct dm_task *task = named_task(DM_DEVICE_RELOAD, name);
	int rc;

	if (!task)
		return -ENOMEM;
	rc = add_table(task, table);
	if (!rc && (flags & DM_READONLY) && !dm_task_set_ro(task))
		rc = -EINVAL;
	if (rc < 0) {
		dm_task_destroy(task);
		return rc;
	}
	rc = task_run(task, false);
	setup_log(rc, "dmsetup load %s%s <<'END'\n%s%sEND",
		  flags & DM_READONLY ? "--readonly " : "", name, table,
		  *table && table[strlen(table) - 1] == '\n' ? "" : "\n");
	return rc;
}

/* Suspends or resumes: a resume with a new table suspends first, as the flags say. */
static int change(int type, const char *name, unsigned int flags)
{
	struct dm_task *task = named_task(type, name);
	int rc;

	if (!task)
		return -ENOMEM;
	if (((flags & DM_NOFLUSH) && !dm_task_no_flush(task)) ||
	    ((flags & DM_NOLOCKFS) && !dm_task_skip_lockfs(task))) {
		dm_task_destroy(task);
		return -EINVAL;
	}
	rc = task_run(task, type == DM_DEVICE_RESUME);
	setup_log(rc, "dmsetup %s%s%s %s", type == DM_DEVICE_RESUME ? "resume" : "suspend",
		  flags & DM_NOFLUSH ? " --noflush" : "", flags & DM_NOLOCKFS ? " --nolockfs" : "",
		  name);
	return rc;
}

static int remove_once(const char *name, unsigned int flags)
{
	struct dm_task *task = named_task(DM_DEVICE_REMOVE, name);

	if (!task)
		return -ENOMEM;
	if ((flags & DM_DEFERRED) && !dm_task_deferred_remove(task)) {
		dm_task_destroy(task);
		return -EINVAL;
	}
	return task_run(task, true);
}

/* blkid and udev open new devices briefly; -EBUSY for longer is a real holder. */
static int remove_retrying(const char *name, unsigned int flags)
{
	int64_t until_ms = limit_clock_ms() + BUSY_LIMIT_MS;
	int rc;

	do
		rc = remove_once(name, flags);
	while (rc == -EBUSY && !(flags & DM_NO_RETRY) && limit_clock_retry(until_ms));
	return rc;
}

/*
 * In three steps: DM_DEVICE_CREATE with a table would lose the errno of the table load.
 */
int dm_device_create(const char *name, const char *table, unsigned int flags)
{
	struct dm_task *task;
	int rc;

	library_setup();
	task = named_task(DM_DEVICE_CREATE, name);
	if (!task)
		return -ENOMEM;
	rc = task_run(task, false);
	setup_log(rc, "dmsetup create %s --notable", name);
	if (rc < 0 || !table)
		return rc;
	rc = load(name, table, flags);
	if (!rc)
		rc = change(DM_DEVICE_RESUME, name, flags);
	if (rc < 0)
		remove_retrying(name, 0);
	return rc;
}

int dm_device_load(const char *name, const char *table, unsigned int flags)
{
	library_setup();
	return load(name, table, flags);
}

int dm_device_clear(const char *name)
{
	struct dm_task *task;

	library_setup();
	task = named_task(DM_DEVICE_CLEAR, name);
	return task ? task_run(task, false) : -ENOMEM;
}

int dm_device_suspend(const char *name, unsigned int flags)
{
	library_setup();
	return change(DM_DEVICE_SUSPEND, name, flags);
}

int dm_device_resume(const char *name, unsigned int flags)
{
	library_setup();
	return change(DM_DEVICE_RESUME, name, flags);
}

int dm_device_reload(const char *name, const char *table, unsigned int suspend_flags)
{
	int rc, resumed;

	library_setup();
	rc = change(DM_DEVICE_SUSPEND, name, suspend_flags);
	if (rc < 0)
		return rc;
	rc = load(name, table, 0);
	resumed = change(DM_DEVICE_RESUME, name, 0);
	return rc < 0 ? rc : resumed;
}

/* Returns 0, -ENXIO if there is no such device, or -errno. */
static int ask_info(struct dm_task *task, struct dm_info *info)
{
	int rc = task_ask(task);

	if (rc < 0)
		return rc;
	if (!dm_task_get_info(task, info))
		return -EIO;
	return info->exists ? 0 : -ENXIO;
}

int dm_device_info(const char *name, struct dm_device_info *out)
{
	struct dm_task *task;
	struct dm_info info;
	int rc;

	library_setup();
	task = named_task(DM_DEVICE_INFO, name);
	if (!task)
		return -ENOMEM;
	rc = ask_info(task, &info);
	dm_task_destroy(task);
	if (rc < 0)
		return rc;
	*out = (struct dm_device_info){
		.major = info.major,
		.minor = info.minor,
		.open_count = info.open_count,
		.target_count = info.target_count < 0 ? 0 : (unsigned int)info.target_count,
		.suspended = info.suspended,
		.live_table = info.live_table,
		.inactive_table = info.inactive_table,
		.read_only = info.read_only,
		.deferred_remove = info.deferred_remove,
		.event_nr = info.event_nr,
	};
	return 0;
}

/* Reads a table: as text if out is not NULL; its length into sectors. */
static int read_table(const char *name, bool inactive, FILE *out, uint64_t *sectors)
{
	struct dm_task *task = named_task(DM_DEVICE_TABLE, name);
	struct dm_info info;
	void *next = NULL;
	int rc;

	*sectors = 0;
	if (!task)
		return -ENOMEM;
	if (inactive && !dm_task_query_inactive_table(task))
		rc = -EINVAL;
	else
		rc = ask_info(task, &info);
	if (!rc && (inactive ? info.inactive_table : info.live_table)) {
		do {
			uint64_t start = 0, len = 0;
			char *type = NULL, *params = NULL;

			next = dm_get_next_target(task, next, &start, &len, &type, &params);
			if (type && out)
				fprintf(out, "%" PRIu64 " %" PRIu64 " %s%s%s\n", start, len, type,
					params && *params ? " " : "", params ? params : "");
			*sectors = start + len;
		} while (next);
	}
	dm_task_destroy(task);
	return rc;
}

char *dm_device_table(const char *name, bool inactive)
{
	char *text = NULL;
	uint64_t sectors;
	size_t len;
	FILE *out;
	int rc;

	/* The library makes no task then, and does not say why. */
	if (access("/dev/mapper/control", R_OK | W_OK) < 0 && errno == EACCES)
		return NULL;
	library_setup();
	out = open_memstream(&text, &len);
	if (!out)
		return NULL;
	rc = read_table(name, inactive, out, &sectors);
	if (fclose(out) && !rc)
		rc = -ENOMEM;
	if (!rc)
		return text;
	free(text);
	errno = -rc;
	return NULL;
}

/* Loads an error table: from now on the device fails all I/O. */
static int load_error(const char *name, unsigned int flags)
{
	char table[64];
	uint64_t sectors;
	int rc = read_table(name, false, NULL, &sectors);

	if (rc < 0 || !sectors)
		return rc;
	snprintf(table, sizeof(table), "0 %" PRIu64 " error", sectors);
	rc = load(name, table, 0);
	return rc < 0 ? rc : change(DM_DEVICE_RESUME, name, DM_NOFLUSH | (flags & DM_NOLOCKFS));
}

int dm_device_remove(const char *name, unsigned int flags)
{
	int rc;

	library_setup();
	if (flags & DM_FORCE) {
		rc = load_error(name, flags);
		if (rc < 0)
			return rc;
	}
	rc = remove_retrying(name, flags);
	setup_log(rc, "dmsetup remove %s%s", flags & DM_DEFERRED ? "--deferred " : "", name);
	return rc;
}

int dm_device_message(const char *name, const char *message)
{
	struct dm_task *task;

	library_setup();
	task = named_task(DM_DEVICE_TARGET_MSG, name);
	if (!task)
		return -ENOMEM;
	if (!dm_task_set_sector(task, 0) || !dm_task_set_message(task, message)) {
		dm_task_destroy(task);
		return -EINVAL;
	}
	return task_run(task, false);
}

int dm_target_available(const char *type)
{
	struct dm_task *task;
	int rc;

	library_setup();
	task = named_task(DM_DEVICE_GET_TARGET_VERSION, type);
	if (!task)
		return -ENOMEM;
	rc = task_run(task, false);
	return rc == -EINVAL || rc == -ENXIO ? -ENOENT : rc;
}

const char *dm_device_node(const char *name, char node[128])
{
	snprintf(node, 128, "%s/%s", dm_dir(), name);
	return node;
}

pid_t dm_owner(const char *name)
{
	const char *rest = "";
	pid_t owner = owner_of(name, "daxdm-", &rest);

	if (!owner)
		owner = owner_of(name, "daxdm", &rest);
	return *rest == '-' ? owner : 0;
}

char *dm_devices_of(pid_t pid)
{
	struct dm_task *task;
	struct dm_names *names = NULL;
	unsigned int next = 0;
	char *text = NULL;
	FILE *out = memory_stream(&text);
	/* Without device-mapper there are no devices, and an ioctl would load the module. */
	bool there = !access(dm_class, F_OK);
	int rc = out ? 0 : -ENOMEM;

	library_setup();
	/* The library also creates no task if its version ioctl failed. */
	task = !rc && there ? dm_task_create(DM_DEVICE_LIST) : NULL;
	if (task)
		rc = task_ask(task);
	else if (!rc && there)
		rc = -EIO;
	if (task && !rc && !(names = dm_task_get_names(task)))
		rc = -EIO;
	while (task && !rc) {
		pid_t owner;

		names = (struct dm_names *)((char *)names + next);
		owner = names->dev ? dm_owner(names->name) : 0;
		if (owner && (!pid || owner == pid))
			fprintf(out, "%s\n", names->name);
		next = names->next;
		if (!next)
			break;
	}
	if (out && fclose(out) && !rc)
		rc = -ENOMEM;
	if (task)
		dm_task_destroy(task);
	if (!rc)
		return text;
	free(text);
	errno = -rc;
	return NULL;
}

/* One round over the devices of a process: the upper ones are not always listed first.  Returns the
 * number removed, or -errno if none could be; *left is the number listed. */
static int remove_round(pid_t pid, unsigned int *left)
{
	char *list = dm_devices_of(pid), *next = list, *name;
	int gone = 0, error = 0;

	*left = 0;
	if (!list)
		return -errno;
	while ((name = strsep(&next, "\n"))) {
		int rc;

		if (!*name)
			continue;
		++*left;
		rc = remove_once(name, 0);
		if (!rc || rc == -ENXIO)
			gone++;
		else
			error = rc;
	}
	free(list);
	return gone ? gone : error;
}

int dm_resume_of(pid_t pid)
{
	char *list, *next, *name;
	int result = 0;

	library_setup();
	list = next = dm_devices_of(pid);
	if (!list)
		return -errno;
	while ((name = strsep(&next, "\n"))) {
		struct dm_device_info info;
		int rc;

		if (!*name || (!dm_device_info(name, &info) && !info.suspended))
			continue;
		rc = dm_device_resume(name, 0);
		if (rc < 0 && rc != -ENXIO)
			rc = dm_device_resume(name, 0);
		if (rc < 0)
			result = rc;
	}
	free(list);
	return result;
}

int dm_remove_of(pid_t pid)
{
	int64_t until_ms = limit_clock_ms() + BUSY_LIMIT_MS;
	unsigned int left = 0;
	int rc;

	library_setup();
	/* Any error is retried until the limit. */
	do
		rc = remove_round(pid, &left);
	while (rc < 0 ? limit_clock_retry(until_ms) : left > 0);
	dm_lib_release();
	return rc < 0 ? rc : 0;
}
