// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm modules-given: in an emulated host, prints the archive of kernel modules that QEMU was
 * started with; nothing if there is none.
 *
 * By ioperm(2) and INSB, not by sysfs: the driver has the size that the file had when it was
 * probed, which is before the machine was saved, and reads a file again from its start for each
 * page.
 * Source: docs/specs/fw_cfg.rst of QEMU.
 */
#include "cli/options/cli.h"
#include "emu/vm.h"
#include "lib/base/host.h"
#include "lib/base/msg.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <unistd.h>

enum {
	SELECTOR_PORT = 0x510,
	DATA_PORT = 0x511,
	FILE_DIR_KEY = 0x19,
};

struct entry {
	uint32_t size;
	uint16_t key, reserved;
	char name[56];
};

/* insb(3) does not say that it writes memory. */
static void read_data(void *to, size_t n)
{
	__asm__ volatile("cld; rep insb" : "+D"(to), "+c"(n) : "d"(DATA_PORT) : "memory");
}

/* Selects the file; what is read next is its first byte.  Returns its size, 0 if there is none. */
static uint32_t select_file(const char *name)
{
	uint32_t n;

	outw(FILE_DIR_KEY, SELECTOR_PORT);
	read_data(&n, sizeof(n));
	for (n = be32toh(n); n; n--) {
		struct entry entry;

		read_data(&entry, sizeof(entry));
		if (strncmp(entry.name, name, sizeof(entry.name)))
			continue;
		outw(be16toh(entry.key), SELECTOR_PORT);
		return be32toh(entry.size);
	}
	return 0;
}

static int copy_file(const char *name, FILE *out)
{
	uint32_t left = select_file(name);
	char bytes[65536];

	while (left) {
		uint32_t n = left < sizeof(bytes) ? left : (uint32_t)sizeof(bytes);

		read_data(bytes, n);
		fwrite(bytes, 1, n, out);
		left -= n;
	}
	return fflush(out) || ferror(out) ? -EIO : 0;
}

static int run(int argc, char **argv)
{
	int operand = options_parse(&verb_modules_given, NULL, argc, argv);

	if (operand == -1)
		return STATUS_GOOD;
	if (operand < 0)
		return STATUS_USAGE;
	/* The ports of a real host may belong to another device. */
	if (!host_is_emulated()) {
		msg_error("modules-given: this is not an emulated host of daxdm");
		return STATUS_USAGE;
	}
	if (ioperm(SELECTOR_PORT, 2, 1) < 0) {
		msg_error("modules-given: ioperm of port %#x: %s; it needs root and a kernel with "
			  "CONFIG_X86_IOPL_IOPERM",
			  SELECTOR_PORT, strerror(errno));
		return STATUS_BROKEN;
	}
	if (!copy_file(VM_MODULES_NAME, stdout))
		return STATUS_GOOD;
	msg_error("modules-given: cannot write the archive");
	return STATUS_BROKEN;
}

const struct verb verb_modules_given = {
	.name = "modules-given",
	.args = "",
	.why = "prints the archive of modules of the emulated host that it runs in",
	.internal = true,
	.run = run,
};
