/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the namespaces of an emulated host are made: "align=4k,map=dev", "labels=none",
 * "mode=sector", "memmap", "virtio".  Source: ndctl-create-namespace(1), memmap= in
 * Documentation/admin-guide/kernel-parameters.txt, docs/system/devices/virtio-pmem.rst of QEMU.
 */
#ifndef DAXDM_NAMESPACE_SPEC_H
#define DAXDM_NAMESPACE_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct namespace_spec {
	uint64_t align_bytes; /* 4 KiB, 2 MiB or 1 GiB; 0: 2 MiB if the kernel supports it */
	bool map_dev;	      /* struct pages on the namespace; else in memory */
	bool labelless;	      /* the NVDIMM has no label area */
	bool sector;	      /* in sector mode (BTT), which gives no DAX; else fsdax */
	bool memmap;	      /* memory that the kernel takes as persistent, by memmap= */
	bool virtio;	      /* virtio-pmem devices in place of NVDIMMs */
};

/* Reads words separated by commas.  Pure.  Returns 0, or -EINVAL with a sentence in why. */
int namespace_spec_parse(const char *text, struct namespace_spec *out, char *why, size_t why_len);

#endif
