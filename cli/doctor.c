// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm doctor: whether this host is one to measure on, and what to do about it: its persistent
 * memory, processor, kernel and permissions.  It only reads.
 */
#include "cli/options/cli.h"
#include "lib/base/bytes.h"
#include "lib/base/json_field.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/base/text_file.h"
#include "lib/dev/device_use.h"
#include "lib/dev/namespace.h"
#include "lib/run/context.h"
#include "lib/run/kernel_config.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum verdict { GOOD, NOTE, BAD };

struct doctor {
	unsigned int notes, bad;
	unsigned int fsdax, usable; /* namespaces of that mode; those of them that are not in use */
};

/* One line; NOTE: numbers suffer; BAD: bench --host and check --host cannot run. */
__attribute__((format(printf, 4, 5))) static void say(struct doctor *d, enum verdict verdict,
						      const char *cure, const char *fmt, ...)
{
	static const char *const words[] = {"good", "note", "BAD"};
	va_list ap;

	printf("%-4s  ", words[verdict]);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	if (cure) {
		char text[512];

		snprintf(text, sizeof(text), "%s", cure);
		place_name_command(text);
		printf("\n      %s", text);
	}
	putchar('\n');
	d->notes += verdict == NOTE;
	d->bad += verdict == BAD;
}

/* ---- persistent memory ----------------------------------------------------------------------- */

/* Other than root does not see all. */
#define AS_ROOT "sudo ./run.sh doctor"

/* What bench --host and check --host refuse, or erase only with --wipe.  Returns whether
 * the namespace is free. */
static bool look_at_use(struct doctor *d, const struct namespace *ns)
{
	struct device_use use;
	char type[32], cure[128];
	int rc;

	device_use(ns->node, ns->major, ns->minor, &use);
	if (*use.by) {
		say(d, NOTE, use.cure, "%s is in use, and is refused: %s", ns->node, use.by);
		return false;
	}
	if (geteuid())
		return true;
	rc = namespace_signature(ns->node, type);
	if (rc < 0) {
		say(d, NOTE, NULL, "%s: cannot look for signatures: %s", ns->node, strerror(-rc));
	} else if (rc) {
		snprintf(cure, sizeof(cure), "wipefs -a %s   (or --wipe of bench and check)",
			 ns->node);
		say(d, NOTE, cure, "%s has a signature (%s), and is refused: is it needed?",
		    ns->node, type);
	}
	return true;
}

static void look_at_namespace(struct doctor *d, const struct namespace *ns, bool all_is_known)
{
	static const char *const modes[] = {[NAMESPACE_FSDAX] = "fsdax",
					    [NAMESPACE_RAW] = "raw",
					    [NAMESPACE_SECTOR] = "sector",
					    [NAMESPACE_VIRTIO] = "virtio-pmem"};
	static const char cure[] =
		"ndctl create-namespace -f -e NAMESPACE -m fsdax -a 2M   (erases it; ndctl list -N "
		"shows NAMESPACE)";
	char path[PATH_MAX], node_text[32], cache[32];
	bool mapped = ns->fsdax || ns->mode == NAMESPACE_VIRTIO;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/device/numa_node", ns->major, ns->minor);
	text_file_line(path, node_text, sizeof(node_text));
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/dax/write_cache", ns->major, ns->minor);
	text_file_line(path, cache, sizeof(cache));
	say(d, mapped ? GOOD : NOTE, mapped ? NULL : cure, "%s: %s, %s, NUMA node %s%s%s", ns->node,
	    modes[ns->mode], bytes_text(ns->size_bytes).s,
	    *node_text && strcmp(node_text, "-1") ? node_text : "unknown",
	    *cache ? ", write cache " : "",
	    !strcmp(cache, "1") ? "on"
	    : *cache		? "off"
				: "");
	d->fsdax += ns->fsdax;
	d->usable += look_at_use(d, ns) && ns->fsdax;
	if (!all_is_known || geteuid())
		say(d, NOTE, AS_ROOT,
		    "%s: only root can read whether it begins at a multiple of 2 MiB, and which "
		    "signature it has",
		    ns->node);
	else if (ns->fsdax && ns->resource_bytes % WINDOW_BYTES)
		say(d, NOTE, cure, "%s begins past a multiple of 2 MiB: no huge page is possible",
		    ns->node);
}

/* Returns whether the node is a partition. */
static bool look_at_partition(struct doctor *d, const struct namespace *ns)
{
	unsigned long long start_sectors, len_sectors;
	struct device_use use;
	char disk[64];

	if (!device_is_partition(ns->major, ns->minor, disk, &start_sectors, &len_sectors))
		return false;
	device_use(ns->node, ns->major, ns->minor, &use);
	say(d, NOTE, NULL,
	    "%s: partition of /dev/%s, %s from %s on%s%s; bench --host and check --host take whole "
	    "namespaces",
	    ns->node, disk, bytes_text(len_sectors * SECTOR_BYTES).s,
	    bytes_text(start_sectors * SECTOR_BYTES).s, *use.by ? ", " : "", use.by);
	if (start_sectors * SECTOR_BYTES % WINDOW_BYTES)
		say(d, NOTE, "parted /dev/DISK mkpart NAME 2MiB 100%   (after it was removed)",
		    "%s begins past a multiple of 2 MiB: no huge page is possible", ns->node);
	return true;
}

static void look_at_node(struct doctor *d, const char *node)
{
	struct namespace ns;
	int rc = namespace_find(node, &ns);

	if (!rc || rc == -EACCES)
		look_at_namespace(d, &ns, !rc);
	else if (rc != -ENODEV || !look_at_partition(d, &ns))
		say(d, NOTE, NULL, "%s: cannot be examined: %s", node,
		    rc == -ENODEV ? "it is no namespace of libnvdimm" : strerror(-rc));
}

static void look_at_memory(struct doctor *d)
{
	glob_t nodes = {0};

	if (!glob("/dev/pmem*", 0, NULL, &nodes))
		for (size_t i = 0; i < nodes.gl_pathc; i++)
			look_at_node(d, nodes.gl_pathv[i]);
	globfree(&nodes);
	if (!d->fsdax)
		say(d, BAD,
		    "./run.sh bench measures in an emulated host; memmap=SIZE!START in the "
		    "kernel's "
		    "command line makes RAM such memory",
		    "no namespace of mode fsdax");
	else if (!d->usable)
		say(d, BAD, "end their use as said above",
		    "all namespaces of mode fsdax are in use");
}

/* ---- the processor --------------------------------------------------------------------------- */

static bool has_flag(const char *flags, const char *flag)
{
	size_t len = strlen(flag);

	for (const char *at = flags; (at = strstr(at, flag)); at += len)
		if ((at == flags || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

static void look_at_flushes(struct doctor *d)
{
	FILE *in = fopen("/proc/cpuinfo", "re");
	char *line = NULL;
	size_t size = 0;

	while (in && getline(&line, &size, in) > 0)
		if (!strncmp(line, "flags", 5))
			break;
	if (in)
		fclose(in);
	if (line)
		line[strcspn(line, "\n")] = '\0';
	if (line && has_flag(line, "clwb"))
		say(d, GOOD, NULL, "the processor has clwb");
	else if (line && has_flag(line, "clflushopt"))
		say(d, NOTE, NULL, "the processor has clflushopt and no clwb: a flush evicts");
	else
		say(d, NOTE, NULL, "the processor has clflush only: flushes are serialised");
	free(line);
}

static void look_at_clock(struct doctor *d)
{
	char text[128];

	text_file_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", text, sizeof(text));
	if (!*text)
		say(d, NOTE, NULL, "no frequency governor: a virtual machine, or set by firmware");
	else
		say(d, strcmp(text, "performance") ? NOTE : GOOD,
		    strcmp(text, "performance") ? "cpupower frequency-set -g performance" : NULL,
		    "the frequency governor is %s", text);
	if (!strcmp(text_file_line("/sys/devices/system/cpu/intel_pstate/no_turbo", text,
				   sizeof(text)),
		    "0"))
		say(d, NOTE, "echo 1 >/sys/devices/system/cpu/intel_pstate/no_turbo",
		    "turbo is on: the frequency depends on the load");
	if (!strcmp(text_file_line("/sys/devices/system/cpu/cpufreq/boost", text, sizeof(text)),
		    "1"))
		say(d, NOTE, "echo 0 >/sys/devices/system/cpu/cpufreq/boost",
		    "boost is on: the frequency depends on the load");
	if (!strcmp(text_file_line("/sys/devices/system/cpu/smt/active", text, sizeof(text)), "1"))
		say(d, NOTE, "echo off >/sys/devices/system/cpu/smt/control",
		    "SMT is on: a sibling thread takes a part of the processor");
}

/* ---- the kernel ------------------------------------------------------------------------------ */

/* Options that make DAX much slower, and what they are for. */
static void look_at_options(struct doctor *d)
{
	static const char *const slow[] = {"KASAN", "PROVE_LOCKING", "DEBUG_VM"};
	json_t *context = context_of_host();
	const json_t *kernel = json_object_get(context, "kernel");
	const json_t *settings = json_object_get(kernel, "settings");

	say(d, GOOD, NULL, "Linux %s", json_field_text(kernel, "release"));
	if (!json_is_object(settings))
		say(d, NOTE, NULL,
		    "the kernel's configuration cannot be read "
		    "(/boot/config-RELEASE, /lib/modules/RELEASE/config)");
	for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++)
		if (json_is_true(json_object_get(settings, slow[i])))
			say(d, NOTE, NULL, "CONFIG_%s is on: costs are those of a debug kernel",
			    slow[i]);
	json_decref(context);
}

static void look_at_kernel(struct doctor *d)
{
	char text[256];
	int paranoid;

	look_at_options(d);
	if (!kernel_writes_mounted())
		say(d, NOTE, "boot it with bdev_allow_write_mounted=1",
		    "the kernel does not let a mounted block device be written "
		    "(CONFIG_BLK_DEV_WRITE_MOUNTED), and check --host refuses it");
	if (access("/dev/mapper/control", F_OK) < 0)
		say(d, BAD, "modprobe dm-mod", "device-mapper is not there");
	text_file_line("/sys/kernel/mm/transparent_hugepage/enabled", text, sizeof(text));
	if (strstr(text, "[never]"))
		say(d, NOTE, "echo always >/sys/kernel/mm/transparent_hugepage/enabled",
		    "transparent huge pages are off: no PMD maps a file");
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		say(d, NOTE, NULL,
		    "no BTF (/sys/kernel/btf/vmlinux): translate stamps by kprobes, for a few "
		    "instructions more");
	paranoid = atoi(text_file_line("/proc/sys/kernel/perf_event_paranoid", text, sizeof(text)));
	if (geteuid() && paranoid > 1)
		say(d, NOTE, "sysctl kernel.perf_event_paranoid=1",
		    "perf_event_paranoid is %d: no counters of the kernel", paranoid);
	if (geteuid())
		say(d, BAD, AS_ROOT, "not root: stacks, mounts and probes need root");
}

static int run(int argc, char **argv)
{
	struct doctor d = {0};
	int at = options_parse(&verb_doctor, &d, argc, argv);

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	look_at_memory(&d);
	look_at_flushes(&d);
	look_at_clock(&d);
	look_at_kernel(&d);
	printf("%s: %u note%s, %u obstacle%s\n",
	       d.bad ? "bench --host and check --host cannot run here"
		     : "this host can be measured",
	       d.notes, d.notes == 1 ? "" : "s", d.bad, d.bad == 1 ? "" : "s");
	return d.bad ? STATUS_FAILED : STATUS_GOOD;
}

const struct verb verb_doctor = {
	.name = "doctor",
	.args = "",
	.why = "whether this host can be measured, and what to do about it",
	.examples = {"doctor"},
	.run = run,
	.no_memory = STATUS_BROKEN,
};
