// SPDX-License-Identifier: GPL-2.0-only
#include "lib/trace/durable.h"

#include "lib/trace/bpf_complaint.h"
#include "lib/trace/durable.skel.h"
#include "lib/trace/kprobe.h"

#include <bpf/bpf.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PROGRAMS = 5 };

struct durable {
	struct durable_bpf *bpf;
	struct bpf_link *links[PROGRAMS];
	struct durable_record *records; /* mapped, or NULL */
	size_t mapped_bytes;
	unsigned int cpus;
	struct durable_state state;
};

/*
 * Where the kernel maps physical address 0: segments of memory in /proc/kcore have both addresses.
 * Reading page_offset_base's address from /proc/kallsyms would make the kernel print all symbols,
 * slowly on an emulated host.  Returns 0 or -errno.  Source: fs/proc/kcore.c, read_kcore_iter().
 */
static int find_direct_map(uint64_t *base)
{
	const uint64_t kernel_text = UINT64_C(0xffffffff80000000);
	int fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC), rc = -ENOENT;
	Elf64_Ehdr header;
	Elf64_Phdr segment;

	if (fd < 0)
		return -errno;
	if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
		header.e_phnum = 0;
	for (unsigned int i = 0; i < header.e_phnum && rc; i++) {
		off_t at = (off_t)(header.e_phoff + i * sizeof(segment));

		if (pread(fd, &segment, sizeof(segment), at) != sizeof(segment))
			break;
		if (segment.p_type != PT_LOAD || segment.p_paddr == UINT64_MAX ||
		    segment.p_vaddr >= kernel_text)
			continue;
		*base = segment.p_vaddr - segment.p_paddr;
		rc = 0;
	}
	close(fd);
	return rc;
}

/* The function that copies from user space; newer kernels spell it without the underscores. */
static const char *copy_user_function(void)
{
	static const char name[] = "__copy_user_flushcache";
	struct perf_event_attr attr;
	int fd = kprobe_describe(name, false, &attr) ? -1 : kprobe_open(&attr, 0, -1);

	if (fd < 0)
		return name + strlen("__");
	close(fd);
	return name;
}

static int attach_all(struct durable *d)
{
	const char *copy_user = copy_user_function();
	const struct {
		struct bpf_program *program;
		bool at_return;
		const char *function;
	} hooks[PROGRAMS] = {
		{d->bpf->progs.write_back, false, "arch_wb_cache_pmem"},
		{d->bpf->progs.copy, false, "__memcpy_flushcache"},
		{d->bpf->progs.copied_user, true, copy_user},
		{d->bpf->progs.copy_user, false, copy_user},
		{d->bpf->progs.fence, false, "nvdimm_flush"},
	};

	for (unsigned int i = 0; i < PROGRAMS; i++) {
		d->links[i] = bpf_program__attach_kprobe(hooks[i].program, hooks[i].at_return,
							 hooks[i].function);
		if (!d->links[i]) {
			bpf_complaint_set("no kprobe on %s: %s", hooks[i].function,
					  strerror(errno));
			return -ENOTSUP;
		}
	}
	return 0;
}

static int load(struct durable *d, unsigned int per_cpu)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	uint64_t base = 0;
	int rc;

	if (cpus < 1 || cpus > DURABLE_CPUS_MAX) {
		bpf_complaint_set("%ld processors, at most %d are supported", cpus,
				  DURABLE_CPUS_MAX);
		return -ENOTSUP;
	}
	d->cpus = (unsigned int)cpus;
	rc = find_direct_map(&base);
	if (rc < 0) {
		bpf_complaint_set("/proc/kcore does not say where memory is mapped: %s",
				  strerror(-rc));
		return -ENOTSUP;
	}
	d->state = (struct durable_state){.base = base, .records_per_cpu = per_cpu};
	d->bpf = durable_bpf__open();
	if (!d->bpf)
		return -errno;
	rc = bpf_map__set_max_entries(d->bpf->maps.records, per_cpu * d->cpus);
	if (!rc)
		rc = durable_bpf__load(d->bpf);
	if (rc < 0)
		return rc;
	d->mapped_bytes = sizeof(*d->records) * per_cpu * d->cpus;
	d->records = mmap(NULL, d->mapped_bytes, PROT_READ, MAP_SHARED,
			  bpf_map__fd(d->bpf->maps.records), 0);
	if (d->records == MAP_FAILED) {
		d->records = NULL;
		return -errno;
	}
	return attach_all(d);
}

int durable_open(struct durable **out, unsigned int records_per_cpu)
{
	struct durable *d = calloc(1, sizeof(*d));
	int rc = d ? 0 : -ENOMEM;

	bpf_complaint_begin();
	if (!rc)
		rc = load(d, records_per_cpu);
	if (rc < 0)
		durable_close(d);
	*out = rc < 0 ? NULL : d;
	return rc;
}

void durable_close(struct durable *d)
{
	if (!d)
		return;
	for (int i = 0; i < PROGRAMS; i++)
		bpf_link__destroy(d->links[i]);
	if (d->records)
		munmap(d->records, d->mapped_bytes);
	durable_bpf__destroy(d->bpf);
	free(d);
}

static int set_state(const struct durable *d)
{
	const __u32 zero = 0;

	return bpf_map_update_elem(bpf_map__fd(d->bpf->maps.states), &zero, &d->state, BPF_ANY);
}

int durable_start(struct durable *d)
{
	memset(d->state.cpus, 0, sizeof(d->state.cpus));
	d->state.n = d->state.n_fenced = d->state.n_copying = 0;
	d->state.on = 1;
	return set_state(d);
}

static int by_time(const void *a, const void *b)
{
	const struct durable_record *x = *(const struct durable_record *const *)a;
	const struct durable_record *y = *(const struct durable_record *const *)b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return (x > y) - (x < y); /* of one processor: in their order */
}

int durable_stop(struct durable *d, const struct durable_record ***list, size_t *n)
{
	const __u32 zero = 0;
	unsigned int no_room = 0, unreadable = 0, too_long = 0;
	int rc = bpf_map_lookup_elem(bpf_map__fd(d->bpf->maps.states), &zero, &d->state);

	*list = NULL;
	*n = 0;
	d->state.on = 0;
	if (!rc)
		rc = set_state(d);
	if (rc < 0)
		return rc;
	*list = calloc((size_t)d->state.records_per_cpu * d->cpus + 1, sizeof(**list));
	if (!*list)
		return -ENOMEM;
	for (unsigned int cpu = 0; cpu < d->cpus; cpu++) {
		no_room += d->state.cpus[cpu].no_room;
		unreadable += d->state.cpus[cpu].unreadable;
		too_long += d->state.cpus[cpu].too_long;
		for (uint32_t i = 0; i < d->state.cpus[cpu].n; i++)
			(*list)[(*n)++] = &d->records[cpu * d->state.records_per_cpu + i];
	}
	qsort(*list, *n, sizeof(**list), by_time);
	if (no_room)
		return -EOVERFLOW;
	if (too_long)
		return -E2BIG;
	return unreadable || d->state.n_copying ? -EFAULT : 0;
}
