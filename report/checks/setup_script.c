// SPDX-License-Identifier: GPL-2.0-only
#include "report/checks/setup_script.h"

#include "lib/base/json_field.h"
#include "lib/base/msg.h"
#include "lib/base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void comment(FILE *out, const char *what, const char *text)
{
	if (!*text)
		return;
	fprintf(out, "# %s", what);
	text_put(text, out);
	fputc('\n', out);
}

static void write_script(FILE *out, const json_t *context, const json_t *check, const char *kernel)
{
	const json_t *item;
	size_t i;

	fprintf(out, "#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0-only\n");
	comment(out, "The set-up of the check ", json_field_text(check, "id"));
	comment(out, "Kernel: ", kernel);
	comment(out, "Promised: ", json_field_text(check, "promise"));
	comment(out, "Failed: ", json_field_text(check, "why"));
	comment(out, "What is done on it stands before ", json_field_text(check, "at"));
	fprintf(out, "# EVERYTHING ON THESE NAMESPACES IS LOST:\n");
	json_array_foreach(json_object_get(context, "devices"), i, item) {
		fprintf(out, "#   %s, mode %s, %" PRId64 " bytes\n", json_field_text(item, "node"),
			json_field_text(item, "mode"), json_field_number(item, "bytes"));
	}
	fprintf(out, "set -ex\n");
	json_array_foreach(json_object_get(check, "setup"), i, item) {
		fprintf(out, "%s\n", json_string_value(item));
	}
}

int setup_script_write(const json_t *context, const json_t *check, const char *kernel,
		       const char *dir, const char *prefix)
{
	char path[PATH_MAX];
	FILE *out;
	int rc = 0;

	if (!json_array_size(json_object_get(check, "setup")))
		return -ENOENT;
	snprintf(path, sizeof(path), "%s/%s%s.sh", dir, prefix, json_field_text(check, "id"));
	out = fopen(path, "we");
	if (out)
		write_script(out, context, check, kernel);
	else
		rc = -errno;
	if (out && ferror(out))
		rc = -EIO;
	if (out && (fclose(out) || chmod(path, 0777 & ~S_IWGRP & ~S_IWOTH) < 0) && !rc)
		rc = -errno;
	if (rc)
		msg_error("cannot write %s: %s", path, strerror(-rc));
	return rc;
}
