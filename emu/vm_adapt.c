// SPDX-License-Identifier: GPL-2.0-only
#include "emu/vm_adapt.h"

#include "lib/base/text.h"
#include "lib/dev/namespace_spec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MIB INT64_C(1048576)

enum { MEMMAP_MIB_MAX = 1040, N_MEMMAPS = 2 };

#define INIT_NAMESPACE "daxdm_namespace="

/* Memory of the machine takes the place of the NVDIMMs.  Source: memmap=nn!ss in
 * Documentation/admin-guide/kernel-parameters.txt. */
static void take_memory(struct vm_adapted *out)
{
	struct vm_machine *m = &out->machine;
	int64_t mib = (m->pmems[0].bytes - VM_LABEL_BYTES) / MIB;
	unsigned int kept = 0;

	mib = mib < MEMMAP_MIB_MAX ? mib : MEMMAP_MIB_MAX;
	for (unsigned int i = 0; i < m->n_pmems; i++)
		if (m->pmems[i].virtio)
			m->pmems[kept++] = m->pmems[i];
	m->n_pmems = kept;
	m->n_memmaps = N_MEMMAPS;
	m->memmap_bytes = mib * MIB;
	m->mem_mib = (unsigned int)(VM_LOW_BYTES / MIB + N_MEMMAPS * mib);
	for (int64_t i = 0; i < N_MEMMAPS; i++)
		text_append(out->extra_args, sizeof(out->extra_args),
			    " memmap=%" PRId64 "M!%" PRId64 "M", mib,
			    VM_HIGH_BYTES / MIB + i * mib);
}

/* The NVDIMMs become others, without the label area. */
static void remove_labels(struct vm_machine *m, bool virtio)
{
	for (unsigned int i = 0; i < m->n_pmems; i++) {
		if (m->pmems[i].virtio)
			continue;
		m->pmems[i].virtio = virtio;
		m->pmems[i].labelless = !virtio;
		m->pmems[i].bytes -= VM_LABEL_BYTES;
	}
}

/* Whether the smallest namespaces have room for one unit of the alignment, and its padding. */
static bool fits(const struct vm_machine *m, uint64_t align_bytes)
{
	for (unsigned int i = 0; i < m->n_pmems; i++)
		if (!m->pmems[i].virtio && (uint64_t)m->pmems[i].bytes < 2 * align_bytes)
			return false;
	return true;
}

static int adapt_namespaces(struct vm_adapted *out, const char *namespace, char *why,
			    size_t why_len)
{
	struct namespace_spec spec;

	if (namespace_spec_parse(namespace, &spec, why, why_len) < 0)
		return -EINVAL;
	if (!fits(&out->machine, spec.align_bytes)) {
		snprintf(
			why, why_len,
			"%s: the namespaces of the checks are smaller than 1 GiB; bench has larger "
			"ones",
			namespace);
		return -EINVAL;
	}
	if (spec.memmap)
		take_memory(out);
	if (spec.labelless || spec.virtio)
		remove_labels(&out->machine, spec.virtio);
	text_append(out->extra_args, sizeof(out->extra_args), " %s%s", INIT_NAMESPACE, namespace);
	return 0;
}

int vm_adapt(const struct vm_machine *base, const char *namespace, const char *append,
	     struct vm_adapted *out, char *why, size_t why_len)
{
	*out = (struct vm_adapted){.machine = *base};
	if (namespace && adapt_namespaces(out, namespace, why, why_len) < 0)
		return -EINVAL;
	if (append && (strlen(append) > VM_APPEND_MAX || text_unprintable(append) ||
		       strstr(append, INIT_NAMESPACE))) {
		snprintf(why, why_len,
			 "expected arguments of the kernel, at most %d bytes in one line, got "
			 "'%.100s'",
			 VM_APPEND_MAX, append);
		return -EINVAL;
	}
	if (append)
		text_append(out->extra_args, sizeof(out->extra_args), " %s", append);
	out->machine.extra_args = out->extra_args;
	return 0;
}
