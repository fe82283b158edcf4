// SPDX-License-Identifier: GPL-2.0-only
/* Terms of tables and findings.  doc/glossary.md has the same text (tests/cli/readme.bats). */
#include "report/html/glossary.h"

#include "lib/base/xml.h"

static const struct {
	const char *term, *meaning;
} glossary[] = {
	{"insn", "guest instructions, counted by QEMU with -icount: exact and repeatable, and "
		 "no measure of time"},
	{"sample, record, run",
	 "one timed operation; all samples of one benchmark variant on one stack and "
	 "filesystem; one execution on one kernel"},
	{"median, p10, p90, p99",
	 "of the samples of a record: half of them cost no more than the median, 99 % "
	 "no more than p99"},
	{"proof", "what shows the path of a record: the statx DAX bit, the page size mapped, "
		  "the physical page, the kernel functions that ran"},
	{"void", "the record failed its proof: the operation did not take the path that its "
		 "name says, so no number is kept"},
	{"DAX", "direct access: a file is mapped straight to the pages of persistent memory, "
		"without the page cache"},
	{"DAX path", "dax_direct_access() from filesystem to driver, through each device-mapper "
		     "target, without the block layer"},
	{"bio path", "struct bio through the block layer and device-mapper; what a filesystem "
		     "mounted with dax=never uses"},
	{"namespace", "a libnvdimm namespace: /dev/pmemN in mode fsdax (or raw, sector, devdax)"},
	{"stack", "what lies between filesystem and namespace: raw, or device-mapper devices "
		  "described by tables"},
	{"raw", "the filesystem is on the namespace itself, without device-mapper"},
	{"segment, target",
	 "one line of a device-mapper table; linear:16 is one dm-linear device of 16 "
	 "segments of equal size"},
	{"DM overhead", "stack minus raw, same metric, same run"},
	{"pte", "a fault that maps one page of 4 KiB (an entry of the lowest page table)"},
	{"pmd", "a fault that maps 2 MiB at once (an entry one level higher); file, segment "
		"and address must be aligned to 2 MiB"},
	{"fallback", "a 2 MiB fault that the kernel could not map as 2 MiB, so that it mapped 4 "
		     "KiB"},
	{"huge pages lost",
	 "windows of 2 MiB of the file that no single 2 MiB fault can map, so that "
	 "each costs 512 faults of 4 KiB"},
	{"cold", "the first fault on this offset since mount"},
	{"warm", "the DAX page cache index (i_pages) already has an entry for this offset"},
	{"read, write", "a load from, or a store to, a page that is not mapped"},
	{"mkwrite", "a store to a page that a load has mapped read-only"},
	{"refault", "a load after MADV_DONTNEED: the page table entry is gone, the index entry "
		    "is not"},
	{"cow", "a store to a MAP_PRIVATE mapping: the page is copied to anonymous memory"},
	{"hole, alloc", "a load from, or a store to, a file offset without a block"},
	{"unwritten", "a store to a preallocated extent, which the filesystem converts"},
	{"sync", "a store to a hole of a MAP_SYNC mapping: the filesystem commits its "
		 "metadata before the fault returns"},
	{"translate", "one call of dax_direct_access(): from an offset on the device to a page "
		      "frame"},
};

void glossary_write(FILE *out)
{
	fputs("<details id=\"terms\"><summary>Terms</summary>\n<dl>\n", out);
	for (size_t i = 0; i < sizeof(glossary) / sizeof(glossary[0]); i++) {
		fputs("<dt>", out);
		xml_put(out, glossary[i].term);
		fputs("<dd>", out);
		xml_put(out, glossary[i].meaning);
		fputc('\n', out);
	}
	fputs("</dl></details>\n", out);
}
