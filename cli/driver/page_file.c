// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/page_file.h"

#include "cli/driver/process.h"
#include "lib/base/msg.h"
#include "report/html/explain_page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct page_file page_file_open(const char *dir, const char *name)
{
	struct page_file f = {0};

	f.path = process_text("%s/%s", dir, name);
	f.temp = process_text("%s/.%s.%d", dir, name, (int)getpid());
	process_temporary = f.temp;
	f.out = fopen(f.temp, "we");
	return f;
}

int page_file_close(struct page_file *f, const char *verb, int rc)
{
	if (!f->out)
		rc = -errno;
	else if (fclose(f->out) && !rc)
		rc = -errno;
	if (!rc && rename(f->temp, f->path) < 0)
		rc = -errno;
	if (rc && f->out)
		unlink(f->temp);
	process_temporary = NULL;
	if (rc)
		msg_error("%s: cannot write %s: %s", verb, f->path, strerror(-rc));
	free(f->path);
	free(f->temp);
	return rc ? STATUS_BROKEN : STATUS_GOOD;
}

int explain_page_file(const char *dir, const char *output, const char *verb)
{
	char *path = process_text("%s/explain.json", dir);
	json_t *json = json_load_file(path, 0, NULL);
	int status = STATUS_BROKEN;

	if (json) {
		struct page_file f = page_file_open(output, "explain.html");

		status =
			page_file_close(&f, verb, f.out ? explain_page_write(json, dir, f.out) : 0);
	} else {
		msg_error("%s: cannot read %s", verb, path);
	}
	json_decref(json);
	free(path);
	return status;
}
