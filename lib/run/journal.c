// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/journal.h"

#include "lib/base/host.h"
#include "lib/base/msg.h"
#include "lib/base/owner.h"
#include "lib/base/text_file.h"
#include "lib/dev/partition.h"
#include "lib/run/leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY "/var/lib/daxdm"

enum { BOOT_CHARS = 36, PARTITIONS_MAX = 4, LVM_METADATA_BYTES = 1 << 20 };

/* --- writing --------------------------------------------------------------------------------- */

/* The id of this boot; "unknown" without one. */
static void read_boot(char boot[BOOT_CHARS + 1])
{
	if (!*text_file_line("/proc/sys/kernel/random/boot_id", boot, BOOT_CHARS + 1))
		strcpy(boot, "unknown");
}

/* A PID is unique in a boot only. */
static void path_of(pid_t owner, char path[128])
{
	char boot[BOOT_CHARS + 1];

	read_boot(boot);
	snprintf(path, 128, DIRECTORY "/run-%d-%s", (int)owner, boot);
}

/* Returns 0 or -errno. */
static int sync_directory(void)
{
	int fd = open(DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd < 0 || fsync(fd) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

static int write_lines(const char *path, const struct namespace *devices, unsigned int n)
{
	FILE *out = fopen(path, "we");
	char identity[NAMESPACE_IDENTITY_CHARS];
	int rc = 0;

	if (!out)
		return -errno;
	for (unsigned int i = 0; i < n && !rc; i++) {
		namespace_identity(&devices[i], identity);
		if (fprintf(out, "device %s %s\n", devices[i].node, identity) < 0)
			rc = -errno;
	}
	if (!rc && (fflush(out) || fsync(fileno(out)) < 0))
		rc = -errno;
	if (fclose(out) && !rc)
		rc = -errno;
	return rc;
}

/*
 * Until this process ends.  Each time a program that has written to a disk closes it, udev reads
 * the partition table again, and partitions without one vanish; it leaves a disk alone that is
 * locked.  Source: https://systemd.io/BLOCK_DEVICE_LOCKING.
 */
static void lock_against_udev(const struct namespace *ns)
{
	int fd = open(ns->node, O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		flock(fd, LOCK_SH); /* on failure partitions may vanish, and a check says so */
}

int journal_begin(pid_t owner, const struct namespace *devices, unsigned int n)
{
	char path[128], temporary[144];
	int rc;

	if (!n || host_is_emulated())
		return 0;
	path_of(owner, path);
	snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	rc = mkdir(DIRECTORY, 0755) < 0 && errno != EEXIST ? -errno : 0;
	if (!rc)
		rc = write_lines(temporary, devices, n);
	if (!rc && rename(temporary, path) < 0)
		rc = -errno;
	if (!rc)
		rc = sync_directory();
	for (unsigned int i = 0; i < n && !rc; i++)
		lock_against_udev(&devices[i]);
	if (rc < 0)
		msg_error("cannot write the journal of this run, %s: %s; nothing was written to "
			  "the devices",
			  path, strerror(-rc));
	return rc;
}

/* --- what is left on a device ---------------------------------------------------------------- */

struct cleaning {
	bool dry;
	journal_report *report; /* NULL: without messages */
	void *arg;
	pid_t owner;
	const char *node;
	bool table; /* the device has a partition table */
	bool keep;  /* the journal is still needed */
	int rc;	    /* of the last thing that failed */
};

__attribute__((format(printf, 3, 4))) static void tell(struct cleaning *c, const char *what,
						       const char *fmt, ...)
{
	char name[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (c->report)
		c->report(what, name, c->arg);
}

/* Whether the metadata of a physical volume names the volume group of the owner. */
static bool has_own_group(int fd, pid_t owner)
{
	char group[32], *text = malloc(LVM_METADATA_BYTES);
	ssize_t n = text ? pread(fd, text, LVM_METADATA_BYTES, 0) : -1;
	bool has;

	snprintf(group, sizeof(group), "daxdm%d {", (int)owner);
	has = n > 0 && memmem(text, (size_t)n, group, strlen(group));
	free(text);
	return has;
}

/* Returns whether to erase it. */
static bool visit_signature(const struct namespace_signature *s, int fd, void *arg)
{
	struct cleaning *c = arg;
	bool own = !strcmp(s->uuid, OWNER_UUID) ||
		   (!strcmp(s->type, "LVM2_member") && has_own_group(fd, c->owner));

	c->table |= s->is_table;
	if (!own)
		tell(c, "kept", "signature %s on %s, not of daxdm", s->type, c->node);
	else
		tell(c, c->dry ? "would be removed" : "removed", "signature %s on %s", s->type,
		     c->node);
	return own && !c->dry;
}

static void remove_partitions(struct cleaning *c)
{
	for (unsigned int p = 1; p <= PARTITIONS_MAX; p++) {
		char path[160];
		int rc;

		snprintf(path, sizeof(path), "/sys/class/block/%sp%u", strrchr(c->node, '/') + 1,
			 p);
		if (access(path, F_OK) < 0)
			continue;
		rc = c->dry ? 0 : partition_remove(c->node, p);
		if (rc == -EBUSY)
			c->keep = true;
		else
			c->rc = rc < 0 ? rc : c->rc;
		tell(c,
		     rc < 0   ? "kept"
		     : c->dry ? "would be removed"
			      : "removed",
		     "partition %u of %s", p, c->node);
	}
}

/* Finds the block device of that identity.  Returns whether there is one. */
static bool find_node(const char *identity, char node[64])
{
	char has[NAMESPACE_IDENTITY_CHARS];
	glob_t found = {0};
	bool is = false;

	if (!glob("/sys/block/pmem*", 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc && !is; i++) {
			struct namespace ns;

			snprintf(node, 64, "/dev/%.50s", strrchr(found.gl_pathv[i], '/') + 1);
			is = !access(node, F_OK) && !namespace_open(node, &ns) &&
			     !strcmp((namespace_identity(&ns, has), has), identity);
		}
	globfree(&found);
	return is;
}

static void clean_device(struct cleaning *c, const char *name, const char *identity)
{
	char node[64];
	int rc;

	if (!find_node(identity, node)) {
		tell(c, "kept", "journal of %s, which is not there", name);
		c->keep = true;
		return;
	}
	c->node = node;
	c->table = false;
	rc = namespace_each_signature(node, visit_signature, c);
	if (rc == -EBUSY) {
		tell(c, "kept", "journal of %s, which is in use", node);
		c->keep = true;
	} else if (rc < 0) {
		c->rc = rc;
		c->keep = true;
	} else if (!c->table) {
		remove_partitions(c);
	}
}

/* --- journals -------------------------------------------------------------------------------- */

/* Cleans the devices of a journal and removes it. */
static void clean_one(struct cleaning *c, const char *path)
{
	char *line = NULL, name[64], identity[NAMESPACE_IDENTITY_CHARS];
	FILE *in = fopen(path, "re");
	size_t size = 0;

	c->keep = false;
	if (!in) {
		c->rc = errno == ENOENT ? c->rc : -errno;
		return;
	}
	while (getline(&line, &size, in) > 0)
		if (sscanf(line, "device %63s %159s", name, identity) == 2)
			clean_device(c, name, identity);
	free(line);
	fclose(in);
	if (c->keep || c->dry)
		return;
	if (unlink(path) < 0)
		c->rc = -errno;
	rmdir(DIRECTORY); /* of another run there are journals */
}

void journal_end(pid_t owner)
{
	struct cleaning c = {.owner = owner};
	char path[128];

	path_of(owner, path);
	if (!access(path, F_OK))
		clean_one(&c, path);
}

/* The owner in the name of a journal, 0 for another file; dead: it is of another boot, or no
 * process. */
static pid_t owner_of_journal(const char *name, bool *dead)
{
	char boot[BOOT_CHARS + 1];
	const char *rest;
	pid_t owner = owner_of(name, "run-", &rest);

	if (!owner || *rest != '-')
		return 0;
	read_boot(boot);
	*dead = strncmp(rest + 1, boot, strlen(boot)) || !leftovers_in_use(owner);
	return owner;
}

/* Whether a journal has the device. */
static bool has_device(const char *path, const struct namespace *ns)
{
	char *line = NULL, wanted[NAMESPACE_IDENTITY_CHARS], identity[NAMESPACE_IDENTITY_CHARS];
	FILE *in = fopen(path, "re");
	bool has = false;
	size_t size = 0;

	namespace_identity(ns, wanted);
	while (in && !has && getline(&line, &size, in) > 0)
		has = sscanf(line, "device %*s %159s", identity) == 1 && !strcmp(identity, wanted);
	if (in)
		fclose(in);
	free(line);
	return has;
}

int journal_refuse_used(const struct namespace *devices, unsigned int n)
{
	DIR *dir = opendir(DIRECTORY);
	struct dirent *entry;
	char path[sizeof(DIRECTORY) + 258];
	int rc = 0;

	while (dir && !rc && (entry = readdir(dir))) {
		bool dead = true;
		pid_t owner = owner_of_journal(entry->d_name, &dead);

		snprintf(path, sizeof(path), DIRECTORY "/%s", entry->d_name);
		for (unsigned int i = 0; owner && !dead && i < n && !rc; i++) {
			if (!has_device(path, &devices[i]))
				continue;
			msg_error("%s is used by another run, process %d; wait for its end",
				  devices[i].node, (int)owner);
			rc = -EBUSY;
		}
	}
	if (dir)
		closedir(dir);
	return rc;
}

int journal_clean(bool dry, journal_report *report, void *arg)
{
	struct cleaning c = {.dry = dry, .report = report, .arg = arg};
	DIR *dir = opendir(DIRECTORY);
	struct dirent *entry;
	char path[sizeof(DIRECTORY) + 258];

	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);
		bool dead = false;

		c.owner = owner_of_journal(entry->d_name, &dead);
		if (!dead)
			continue;
		snprintf(path, sizeof(path), DIRECTORY "/%s", entry->d_name);
		/* It was killed before it wrote to a device. */
		if (len > 4 && !strcmp(entry->d_name + len - 4, ".tmp")) {
			if (!dry)
				unlink(path);
			continue;
		}
		clean_one(&c, path);
	}
	closedir(dir);
	return c.rc;
}
