/* SPDX-License-Identifier: GPL-2.0-only */
/* What the fuzz harnesses share.  Each reads one kind of outside text under libFuzzer, ASan and
 * UBSan; adding one is adding a file fuzz_NAME.c here, and seeds in corpus/NAME/. */
#ifndef DAXDM_FUZZ_H
#define DAXDM_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for any input. */
#define FUZZ_ASSERT(holds)                \
	do {                              \
		if (!(holds))             \
			__builtin_trap(); \
	} while (0)

/* The input as a string, up to its first NUL; to be freed. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	FUZZ_ASSERT(text);
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* The path of a file in memory that holds the input; one for each SLOT, overwritten each time. */
static inline const char *fuzz_file(unsigned int slot, const uint8_t *data, size_t size)
{
	static char paths[4][32];
	static int fds[4];

	if (!fds[slot]) {
		fds[slot] = memfd_create("fuzz", MFD_CLOEXEC);
		FUZZ_ASSERT(fds[slot] > 0);
		snprintf(paths[slot], sizeof(paths[slot]), "/proc/self/fd/%d", fds[slot]);
	}
	FUZZ_ASSERT(!ftruncate(fds[slot], 0) && pwrite(fds[slot], data, size, 0) == (ssize_t)size);
	return paths[slot];
}

/* A directory of its own, the same each time; who set FUZZ_TMP removes it. */
static inline char *fuzz_directory(void)
{
	static char dir[100];
	const char *tmp = getenv("FUZZ_TMP");

	if (!*dir) {
		snprintf(dir, sizeof(dir), "%s/daxdm-fuzz-XXXXXX", tmp ? tmp : "/tmp");
		FUZZ_ASSERT(mkdtemp(dir));
	}
	return dir;
}

#endif
