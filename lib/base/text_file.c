// SPDX-License-Identifier: GPL-2.0-only
#include "lib/base/text_file.h"

#include "lib/base/memory.h"
#include "lib/base/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *kind_of(mode_t mode)
{
	return S_ISDIR(mode)	? "a directory"
	       : S_ISFIFO(mode) ? "a pipe"
	       : S_ISSOCK(mode) ? "a socket"
				: "a device";
}

int text_file_open(const char *path, uint64_t max_bytes, FILE **out, char *why, size_t why_len)
{
	/* Without O_NONBLOCK, open() of a pipe blocks until another process writes. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), rc = 0;
	struct stat st;

	*out = NULL;
	if (fd < 0 || fstat(fd, &st) < 0) {
		rc = -errno;
		snprintf(why, why_len, "cannot read %s: %s", path, strerror(-rc));
	} else if (!S_ISREG(st.st_mode)) {
		rc = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
		snprintf(why, why_len, "cannot read %s: expected a regular file, it is %s", path,
			 kind_of(st.st_mode));
	} else if ((uint64_t)st.st_size > max_bytes) {
		rc = -EFBIG;
		snprintf(why, why_len,
			 "cannot read %s: it has %jd bytes, the limit is %" PRIu64
			 "; is it the right file?",
			 path, (intmax_t)st.st_size, max_bytes);
	} else if (!(*out = fdopen(fd, "r"))) {
		rc = -errno;
		snprintf(why, why_len, "cannot read %s: %s", path, strerror(-rc));
		if (rc == -ENOMEM)
			memory_check(NULL);
	}
	if (rc < 0 && fd >= 0)
		close(fd);
	return rc;
}

/* Removes the newline of a line of len bytes, and checks the line.  Returns 0, or -EINVAL after one
 * error line. */
static int check_line(const char *path, unsigned int line, char *text, size_t len)
{
	if (len && text[len - 1] == '\n')
		text[--len] = '\0';
	if (len && text[len - 1] == '\r')
		text[--len] = '\0';
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c >= ' ' && c != 0x7f) || c == '\t')
			continue;
		msg_error("%s:%u:%zu: control character 0x%02x%s; remove it", path, line, i + 1, c,
			  c ? "" : " (NUL)");
		return -EINVAL;
	}
	if (len <= TEXT_LINE_CHARS_MAX)
		return 0;
	msg_error("%s:%u:%d: the line has %zu characters, the limit is %d", path, line,
		  TEXT_LINE_CHARS_MAX + 1, len, TEXT_LINE_CHARS_MAX);
	return -EINVAL;
}

int text_file_read(const char *path, const char *what, text_line_fn *take, void *arg)
{
	unsigned int line = 0;
	char *text = NULL, why[512];
	size_t room = 0;
	ssize_t len;
	FILE *in;
	int rc = text_file_open(path, TEXT_FILE_BYTES_MAX, &in, why, sizeof(why));

	if (rc < 0) {
		msg_error("%s: %s", what, why);
		return rc;
	}
	while (!rc && (len = getline(&text, &room, in)) > 0) {
		rc = check_line(path, ++line, text, (size_t)len);
		if (!rc)
			rc = take(arg, path, line, text);
	}
	if (!rc && !ferror(in) && !feof(in)) {
		/* getline() returns -1 both at the end and without memory. */
		rc = -ENOMEM;
		memory_check(NULL);
		msg_error("%s: %s: out of memory", what, path);
	} else if (!rc && ferror(in)) {
		rc = -EIO;
		msg_error("%s: cannot read %s to its end: %s", what, path, strerror(EIO));
	}
	free(text);
	fclose(in);
	return rc;
}

const char *text_file_line(const char *path, char *out, size_t size)
{
	FILE *in = fopen(path, "re");

	*out = '\0';
	if (in && !fgets(out, (int)size, in))
		*out = '\0';
	if (in)
		fclose(in);
	out[strcspn(out, "\n")] = '\0';
	return out;
}
