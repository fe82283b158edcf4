// SPDX-License-Identifier: GPL-2.0-only
/* An entry of check/known/, and the failures that it may explain. */
#include "report/checks/known.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <jansson.h>

/* A directory with the input as its one entry. */
static const char *entry(const uint8_t *data, size_t size)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/bug", fuzz_directory());
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_ASSERT(fd >= 0 && write(fd, data, size) == (ssize_t)size && !close(fd));
	return fuzz_directory();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel_version kernel = {.major = 6, .minor = 1, .patch = 192};
	struct known *known;
	json_t *line;

	if (known_read(entry(data, size), &known) < 0)
		return 0;
	line = json_pack("{ss ss s[s] s[s]}", "id", "reload.leak", "why", "page 3 is of the old",
			 "dmesg", "BUG: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "evidence", "also: x");
	FUZZ_ASSERT(line && known_at(known, 0) && !known_at(known, 1));
	FUZZ_ASSERT(!known_cause(known, &kernel, line) ||
		    known_about(known, &kernel, "reload.leak"));
	json_decref(line);
	known_free(known);
	return 0;
}
