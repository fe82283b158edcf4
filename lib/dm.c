// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dm.h"

#include "lib/msg.h"

#include <errno.h>
#include <inttypes.h>
#include <libdevmapper.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The last thing libdevmapper complained of, for our one error line. */
static char last_complaint[256];
static bool library_ready;

__attribute__((format(printf, 5, 6))) static void
keep_complaint(int level, const char *file, int line, int error, const char *fmt, ...)
{
	va_list args;

	(void)file;
	(void)line;
	(void)error;
	if ((level & 7) > 4) /* _LOG_WARN of libdevmapper: less important is not kept */
		return;
	va_start(args, fmt);
	vsnprintf(last_complaint, sizeof(last_complaint), fmt, args);
	va_end(args);
}

static void library_setup(void)
{
	if (library_ready)
		return;
	library_ready = true;
	dm_log_with_errno_init(keep_complaint);
	/* Without udev nobody would complete a cookie: make the nodes ourselves. */
	if (access("/run/udev/control", F_OK) < 0)
		dm_udev_set_sync_support(0);
}

/* Runs and frees the task.  Returns 0 or -errno. */
static int task_run(struct dm_task *task, bool settles)
{
	uint32_t cookie = 0;
	int rc = 0;

	last_complaint[0] = '\0';
	if (settles && dm_udev_get_sync_support() && !dm_task_set_cookie(task, &cookie, 0))
		rc = -EIO;
	if (!rc && !dm_task_run(task)) {
		rc = -dm_task_get_errno(task);
		if (!rc)
			rc = -EIO;
	}
	if (cookie)
		dm_udev_wait(cookie);
	dm_task_destroy(task);
	return rc;
}

int dm_available(void)
{
	struct dm_task *task;
	int rc;

	library_setup();
	task = dm_task_create(DM_DEVICE_VERSION);
	if (!task)
		return -ENODEV;
	rc = task_run(task, false);
	dm_lib_release();
	return rc;
}

static int device_remove(const char *name)
{
	const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
	int rc;

	/* A moment of -EBUSY is blkid or udev having a look; a long one is a real holder. */
	for (int tries = 0; tries < 50; tries++) {
		struct dm_task *task = dm_task_create(DM_DEVICE_REMOVE);

		if (!task)
			return -ENOMEM;
		if (!dm_task_set_name(task, name)) {
			dm_task_destroy(task);
			return -EINVAL;
		}
		rc = task_run(task, true);
		if (rc != -EBUSY)
			break;
		nanosleep(&pause, NULL);
	}
	dm_task_update_nodes();
	return rc;
}

static int add_targets(struct dm_task *task, const struct table *table, char members[][32])
{
	for (size_t i = 0; i < table->n; i++) {
		const struct segment *s = &table->segments[i];
		char params[64];

		snprintf(params, sizeof(params), "%s %" PRIu64, members[s->member],
			 s->offset_sectors);
		if (!dm_task_add_target(task, s->start_sectors, s->len_sectors, "linear", params))
			return -ENOMEM;
	}
	return 0;
}

/* Creates one device; on success members[0] becomes its own MAJOR:MINOR for the level above. */
static int device_create(const char *name, const struct table *table, char members[][32])
{
	struct dm_task *task = dm_task_create(DM_DEVICE_CREATE);
	struct dm_info info;
	int rc;

	if (!task)
		return -ENOMEM;
	if (!dm_task_set_name(task, name) || !dm_task_set_add_node(task, DM_ADD_NODE_ON_CREATE)) {
		dm_task_destroy(task);
		return -EINVAL;
	}
	rc = add_targets(task, table, members);
	if (rc < 0) {
		dm_task_destroy(task);
		return rc;
	}
	rc = task_run(task, true);
	dm_task_update_nodes();
	if (rc < 0)
		return rc;
	task = dm_task_create(DM_DEVICE_INFO);
	if (!task)
		return -ENOMEM;
	if (!dm_task_set_name(task, name) || !dm_task_run(task) || !dm_task_get_info(task, &info)) {
		dm_task_destroy(task);
		return -EIO;
	}
	dm_task_destroy(task);
	snprintf(members[0], 32, "%u:%u", info.major, info.minor);
	return 0;
}

int stack_fits(const struct stack_spec *spec, const struct namespace *namespaces, unsigned int n,
	       uint64_t size_bytes)
{
	uint64_t need[STACK_OVER_MAX];
	unsigned int members = stack_members(spec);
	char why[160];

	if (members > n) {
		msg_error("%s needs %u namespaces, %u named; give --device once more", spec->text,
			  members, n);
		return -ENODEV;
	}
	need[0] = size_bytes;
	for (unsigned int level = 0; level < spec->depth; level++) {
		if (stack_layer_need(&spec->layers[level], need[0], need, why, sizeof(why)) < 0) {
			msg_error("%s does not fit: %s; take fewer segments", spec->text, why);
			return -ENOSPC;
		}
	}
	for (unsigned int m = 0; m < members; m++) {
		if (need[m] <= namespaces[m].size_bytes)
			continue;
		msg_error("%s does not fit: it needs %" PRIu64 " MiB of %s, which has %" PRIu64
			  " MiB",
			  spec->text, need[m] >> 20, namespaces[m].node,
			  namespaces[m].size_bytes >> 20);
		return -ENOSPC;
	}
	return 0;
}

static int create_levels(struct stack *stack)
{
	char members[STACK_OVER_MAX][32];
	uint64_t sizes[STACK_DEPTH_MAX + 1], need[STACK_OVER_MAX];
	char why[160];
	int rc;

	sizes[0] = stack->size_bytes;
	for (unsigned int level = 0; level < stack->spec.depth; level++) {
		rc = stack_layer_need(&stack->spec.layers[level], sizes[level], need, why,
				      sizeof(why));
		if (rc < 0)
			return rc;
		sizes[level + 1] = need[0];
	}
	for (unsigned int m = 0; m < stack_members(&stack->spec); m++)
		snprintf(members[m], sizeof(members[m]), "%u:%u", stack->namespaces[m].major,
			 stack->namespaces[m].minor);
	for (unsigned int level = stack->spec.depth; level-- > 0;) {
		char name[64];

		rc = stack_layer_table(&stack->spec.layers[level], sizes[level],
				       &stack->tables[level]);
		if (rc < 0)
			return rc;
		snprintf(name, sizeof(name), "daxdm-%d-%u", (int)getpid(),
			 stack->spec.depth - 1 - level);
		strcpy(stack->names[level], name);
		rc = device_create(name, &stack->tables[level], members);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int stack_create(const struct stack_spec *spec, const struct namespace *namespaces, unsigned int n,
		 uint64_t size_bytes, struct stack *out)
{
	int rc;

	*out = (struct stack){.spec = *spec, .size_bytes = size_bytes, .namespaces = namespaces};
	rc = stack_fits(spec, namespaces, n, size_bytes);
	if (rc < 0)
		return rc;
	if (!spec->depth) {
		strcpy(out->node, namespaces[0].node);
		return 0;
	}
	library_setup();
	rc = create_levels(out);
	if (rc < 0) {
		msg_error("cannot make the devices of %s: %s%s%s; `dmesg | tail` may say more",
			  spec->text, strerror(-rc), last_complaint[0] ? ": " : "", last_complaint);
		stack_destroy(out);
		return rc;
	}
	snprintf(out->node, sizeof(out->node), "%s/%s", dm_dir(), out->names[0]);
	return 0;
}

int stack_destroy(struct stack *stack)
{
	int result = 0;

	for (unsigned int level = 0; level < stack->spec.depth; level++) {
		if (stack->names[level][0]) {
			int rc = device_remove(stack->names[level]);

			if (rc < 0 && rc != -ENXIO) {
				msg_error("cannot remove %s: %s; `dmsetup remove %s` when it is "
					  "no longer used",
					  stack->names[level], strerror(-rc), stack->names[level]);
				result = rc;
			}
		}
		stack->names[level][0] = '\0';
		table_free(&stack->tables[level]);
	}
	if (stack->spec.depth)
		dm_lib_release();
	return result;
}

int stack_resolve(const struct stack *stack, uint64_t byte, struct place *out)
{
	uint64_t contiguous;
	unsigned int member = 0;

	if (byte >= stack->size_bytes)
		return -ERANGE;
	contiguous = stack->size_bytes - byte;
	for (unsigned int level = 0; level < stack->spec.depth; level++) {
		const struct segment *s = table_find(&stack->tables[level], byte / SECTOR_BYTES);
		uint64_t into;

		if (!s)
			return -ERANGE;
		into = byte - s->start_sectors * SECTOR_BYTES;
		if (s->len_sectors * SECTOR_BYTES - into < contiguous)
			contiguous = s->len_sectors * SECTOR_BYTES - into;
		byte = s->offset_sectors * SECTOR_BYTES + into;
		member = s->member;
	}
	*out = (struct place){member, byte, contiguous};
	return 0;
}

/* Copies the first name that starts with prefix and sorts last (the top of a stack has the
 * highest number) into found.  Returns 1, 0 if there is none, or -errno. */
static int find_device(const char *prefix, char *found, size_t found_len)
{
	struct dm_task *task = dm_task_create(DM_DEVICE_LIST);
	struct dm_names *names;
	unsigned int next = 0;

	found[0] = '\0';
	if (!task)
		return -ENOMEM;
	if (!dm_task_run(task) || !(names = dm_task_get_names(task))) {
		dm_task_destroy(task);
		return -EIO;
	}
	do {
		names = (struct dm_names *)((char *)names + next);
		if (names->dev && !strncmp(names->name, prefix, strlen(prefix)) &&
		    strcmp(names->name, found) > 0)
			snprintf(found, found_len, "%s", names->name);
		next = names->next;
	} while (next);
	dm_task_destroy(task);
	return found[0] != '\0';
}

int dm_remove_of(pid_t pid)
{
	char prefix[32], name[128];
	int rc;

	library_setup();
	snprintf(prefix, sizeof(prefix), "daxdm-%d-", (int)pid);
	while ((rc = find_device(prefix, name, sizeof(name))) > 0) {
		rc = device_remove(name);
		if (rc < 0)
			break;
	}
	dm_lib_release();
	return rc;
}
