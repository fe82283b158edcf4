// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/context.h"

#include "lib/run/kernel_config.h"
#include "lib/run/kernel_name.h"
#include "lib/run/record.h"

#include <dirent.h>
#include <elf.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* FNV-1a, 64 bits (Fowler, Noll, Vo). */
#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

#ifndef DAXDM_VERSION
#define DAXDM_VERSION "unknown"
#endif

/* Kernel settings that change results: of page faults, and IMA, which changes table loads. */
static const char *const settings[] = {
	"KASAN",
	"PROVE_LOCKING",
	"DEBUG_VM",
	"PAGE_TABLE_ISOLATION",
	"MITIGATION_PAGE_TABLE_ISOLATION",
	"RANDOMIZE_KSTACK_OFFSET_DEFAULT",
	"PREEMPT",
	"PREEMPT_RT",
	"PREEMPT_DYNAMIC",
	"PER_VMA_LOCK",
	"PT_RECLAIM",
	"IMA",
	"FTRACE_MCOUNT_USE_CC",
	"INIT_ON_ALLOC_DEFAULT_ON",
	"X86_5LEVEL",
	"DM_DEBUG",
};

/* The first line of a file without its newline, or NULL. */
static json_t *first_line(const char *path)
{
	FILE *in = fopen(path, "re");
	char line[512];
	json_t *text = NULL;

	if (!in)
		return json_null();
	if (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		text = json_string(line);
	}
	fclose(in);
	return text ? text : json_null();
}

/* The GNU build id in a file of ELF notes of the kernel or of a loaded module. */
static json_t *build_id(const char *path)
{
	unsigned char notes[8192];
	FILE *in = fopen(path, "re");
	size_t len, at = 0;

	if (!in)
		return json_null();
	len = fread(notes, 1, sizeof(notes), in);
	fclose(in);
	while (at + sizeof(Elf64_Nhdr) <= len) {
		Elf64_Nhdr note;
		size_t name_at = at + sizeof(note), desc_at;
		char text[2 * 64 + 1] = "";

		memcpy(&note, notes + at, sizeof(note));
		desc_at = name_at + ((note.n_namesz + 3) & ~3u);
		at = desc_at + ((note.n_descsz + 3) & ~3u);
		if (at > len || note.n_descsz > 64)
			break;
		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 ||
		    memcmp(notes + name_at, "GNU", 4))
			continue;
		for (unsigned int i = 0; i < note.n_descsz; i++)
			sprintf(text + 2 * i, "%02x", notes[desc_at + i]);
		return json_string(text);
	}
	return json_null();
}

/* Build ids of modules, because a rebuilt module does not change the kernel's build id.  Null:
 * built in, or not loaded. */
static json_t *module_build_ids(void)
{
	static const char *const names[] = {"dm_mod", "dax", "nd_pmem", "libnvdimm", "ext4", "xfs"};
	json_t *all = json_object();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[128];

		snprintf(path, sizeof(path), "/sys/module/%s/notes/.note.gnu.build-id", names[i]);
		json_object_set_new(all, names[i], build_id(path));
	}
	return all;
}

/* FNV-1a over the lines that set an option, and the values of the relevant settings. */
static void add_config(json_t *kernel, const char *release)
{
	FILE *in = kernel_config_open(release);
	uint64_t hash = FNV_OFFSET;
	json_t *found = json_object();
	char line[1024], digest[32];

	json_object_set_new(kernel, "config_digest", json_null());
	json_object_set_new(kernel, "settings", in ? json_incref(found) : json_null());
	if (!in) {
		json_decref(found);
		return;
	}
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		json_object_set_new(found, settings[i], json_false());
	while (fgets(line, sizeof(line), in)) {
		char *value = strchr(line, '=');

		if (strncmp(line, "CONFIG_", 7) || !value)
			continue;
		for (const char *p = line; *p; p++)
			hash = (hash ^ (unsigned char)*p) * FNV_PRIME;
		*value = '\0';
		if (json_object_get(found, line + 7))
			json_object_set_new(found, line + 7, json_true());
	}
	fclose(in);
	json_decref(found);
	snprintf(digest, sizeof(digest), "fnv1a64:%016" PRIx64, hash);
	json_object_set_new(kernel, "config_digest", json_string(digest));
}

static json_t *mitigations(void)
{
	const char *dir = "/sys/devices/system/cpu/vulnerabilities";
	DIR *d = opendir(dir);
	json_t *all = json_object();
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[512];

		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		json_object_set_new(all, e->d_name, first_line(path));
	}
	if (d)
		closedir(d);
	return all;
}

static uint64_t hash_bytes(uint64_t hash, const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ bytes[i]) * FNV_PRIME;
	return hash;
}

/* Of the program itself, which is the first object: hashes its notes, that is, its build id.  Sets
 * the uint64_t to which arg points. */
static int hash_notes(struct dl_phdr_info *object, size_t size, void *arg)
{
	uint64_t *hash = arg;

	(void)size;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];

		if (segment->p_type == PT_NOTE)
			*hash = hash_bytes(
				*hash, (const unsigned char *)object->dlpi_addr + segment->p_vaddr,
				segment->p_memsz);
	}
	return 1;
}

json_t *context_build_digest(void)
{
	uint64_t hash = FNV_OFFSET;
	char digest[32];

	dl_iterate_phdr(hash_notes, &hash);
	snprintf(digest, sizeof(digest), "fnv1a64:%016" PRIx64, hash);
	return json_string(digest);
}

/* "model name" and whether five-level tables are in use, from /proc/cpuinfo. */
static void add_cpu(json_t *context)
{
	FILE *in = fopen("/proc/cpuinfo", "re");
	char line[8192];
	bool la57 = false;

	json_object_set_new(context, "cpu", json_null());
	while (in && fgets(line, sizeof(line), in)) {
		char *value = strstr(line, ": ");

		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "model name", 10) && value)
			json_object_set_new(context, "cpu", json_string(value + 2));
		/* The kernel lists the flag only if it uses the feature. */
		if (!strncmp(line, "flags", 5))
			la57 = strstr(line, " la57");
		if (!line[0])
			break;
	}
	if (in)
		fclose(in);
	json_object_set_new(context, "page_table_levels", json_integer(la57 ? 5 : 4));
}

/* The sum of System RAM in the firmware's map; the kernel's total depends on what is loaded. */
static json_t *memory_kib(void)
{
	FILE *in = fopen("/proc/iomem", "re");
	unsigned long long from, to, bytes = 0;
	char line[256];

	while (in && fgets(line, sizeof(line), in))
		if (line[0] != ' ' && strstr(line, " : System RAM\n") &&
		    sscanf(line, "%llx-%llx", &from, &to) == 2 && to > from)
			bytes += to - from + 1;
	if (in)
		fclose(in);
	return bytes ? json_integer((json_int_t)(bytes >> 10)) : json_null();
}

static int count_numa_nodes(void)
{
	DIR *d = opendir("/sys/devices/system/node");
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d)))
		n += !strncmp(e->d_name, "node", 4) && e->d_name[4] >= '0' && e->d_name[4] <= '9';
	if (d)
		closedir(d);
	return n ? n : 1;
}

json_t *context_of_host(void)
{
	struct utsname name;
	json_t *context, *kernel;

	uname(&name);
	kernel = json_pack("{ss ss so so}", "release", name.release, "version", name.version,
			   "build_id", build_id("/sys/kernel/notes"), "thp",
			   first_line("/sys/kernel/mm/transparent_hugepage/enabled"));
	if (!kernel)
		return NULL;
	add_config(kernel, name.release);
	context = json_pack("{ss si ss so so so si so so si}", "type", "context", "schema",
			    RECORD_SCHEMA, "suite", DAXDM_VERSION, "build", context_build_digest(),
			    "kernel", kernel, "modules", module_build_ids(), "cpus",
			    (int)sysconf(_SC_NPROCESSORS_ONLN), "mem_kib", memory_kib(),
			    "mitigations", mitigations(), "numa_nodes", count_numa_nodes());
	if (context) {
		json_t *replaced = kernel_name_replaced("/modules/replaced");

		add_cpu(context);
		if (replaced)
			json_object_set_new(context, "replaced", replaced);
	}
	return context;
}
