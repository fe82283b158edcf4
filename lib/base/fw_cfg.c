// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/fw_cfg.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/io.h>

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

int fw_cfg_copy(const char *name, FILE *out)
{
	char bytes[65536];
	uint32_t left;

	if (ioperm(SELECTOR_PORT, 2, 1) < 0)
		return -errno;
	left = select_file(name);
	while (left) {
		uint32_t n = left < sizeof(bytes) ? left : (uint32_t)sizeof(bytes);

		read_data(bytes, n);
		fwrite(bytes, 1, n, out);
		left -= n;
	}
	return fflush(out) || ferror(out) ? -EIO : 0;
}
