// SPDX-License-Identifier: GPL-2.0-only
#include "emu/vm_adapt.h"

#include "lib/base/text.h"
#include "lib/dev/namespace_spec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* With so much memory QEMU puts 2 GiB below the PCI hole and all other memory at 4 GiB. */
enum { LOW_MIB = 2048, HIGH_MIB = 4096, MEMMAP_MIB = 1040, N_MEMMAPS = 2 };

#define INIT_NAMESPACE "daxdm_namespace="

/* Memory of the machine takes the place of the NVDIMMs.  Source: memmap=nn!ss in
 * Documentation/admin-guide/kernel-parameters.txt. */
static void take_memory(struct vm_adapted *out)
{
	out->machine.n_pmems = 0;
	out->machine.mem_mib = LOW_MIB + N_MEMMAPS * MEMMAP_MIB;
	for (unsigned int i = 0; i < N_MEMMAPS; i++)
		text_append(out->extra_args, sizeof(out->extra_args), " memmap=%dM!%dM", MEMMAP_MIB,
			    HIGH_MIB + (int)i * MEMMAP_MIB);
}

static void remove_labels(struct vm_machine *m)
{
	for (unsigned int i = 0; i < m->n_pmems; i++) {
		m->pmems[i].labelless = !m->pmems[i].virtio;
		if (m->pmems[i].labelless)
			m->pmems[i].bytes -= VM_LABEL_BYTES;
	}
}

int vm_adapt(const struct vm_machine *base, const char *namespace, const char *append,
	     struct vm_adapted *out, char *why, size_t why_len)
{
	struct namespace_spec spec;

	*out = (struct vm_adapted){.machine = *base};
	if (namespace && namespace_spec_parse(namespace, &spec, why, why_len) < 0)
		return -EINVAL;
	if (namespace && spec.memmap)
		take_memory(out);
	if (namespace && spec.labelless)
		remove_labels(&out->machine);
	if (namespace)
		text_append(out->extra_args, sizeof(out->extra_args), " %s%s", INIT_NAMESPACE,
			    namespace);
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
