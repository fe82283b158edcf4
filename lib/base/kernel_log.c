// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int kernel_log_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	lseek(fd, 0, SEEK_END);
	return fd;
}

/* Each read(2) gives one record: "6,1234,5678,-;TEXT\n SUBSYSTEM=...".  Source:
 * Documentation/ABI/testing/dev-kmsg. */
void kernel_log_reason(int fd, const char *prefix, const char *word, char *line, size_t size)
{
	char record[1024];
	bool found = false;
	ssize_t n;

	line[0] = '\0';
	if (fd < 0)
		return;
	while ((n = read(fd, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		char *text;
		bool has_word;

		if (n < 0)
			continue; /* older records were overwritten */
		record[n] = '\0';
		text = strchr(record, ';');
		if (!text || strncmp(++text, prefix, strlen(prefix)))
			continue;
		text[strcspn(text, "\n")] = '\0';
		has_word = strstr(text, word);
		if (has_word || !found)
			snprintf(line, size, "%s", text);
		found = found || has_word;
	}
	close(fd);
}
