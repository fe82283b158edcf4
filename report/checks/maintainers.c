// SPDX-License-Identifier: GPL-2.0-only
#include "report/checks/maintainers.h"

#include "lib/base/text_file.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

bool maintainers_match(const char *pattern, const char *file)
{
	size_t len = strlen(pattern);

	if (len && pattern[len - 1] == '/')
		return !strncmp(pattern, file, len);
	return !fnmatch(pattern, file, FNM_PATHNAME);
}

struct reader {
	const char *files;
	struct maintainers *out;
	struct words to, cc; /* of the section so far */
	bool matches, found;
};

static bool any_matches(const char *pattern, const char *files)
{
	char file[256];
	int len;

	for (; sscanf(files, " %255s%n", file, &len) == 1; files += len)
		if (maintainers_match(pattern, file))
			return true;
	return false;
}

/* The end of a section.  Returns 0 or -ENOMEM. */
static int end_section(struct reader *r)
{
	int rc = 0;

	for (size_t i = 0; r->matches && i < r->to.n && !rc; i++)
		rc = words_add_new(&r->out->to, r->to.list[i], strlen(r->to.list[i]));
	for (size_t i = 0; r->matches && i < r->cc.n && !rc; i++)
		rc = words_add_new(&r->out->cc, r->cc.list[i], strlen(r->cc.list[i]));
	r->found = r->found || r->matches;
	r->matches = false;
	words_free(&r->to);
	words_free(&r->cc);
	r->to = r->cc = (struct words){0};
	return rc;
}

static int take_line(void *arg, const char *path, unsigned int line, char *text)
{
	struct reader *r = arg;
	const char *value = text + 2 + strspn(*text ? text + 2 : text, " \t");

	(void)path;
	(void)line;
	if (!*text)
		return end_section(r);
	if (text[1] != ':')
		return 0;
	/* "list (moderated for non-subscribers)" */
	if (*text == 'L')
		return words_add_new(&r->cc, value, strcspn(value, " "));
	if (*text == 'M')
		return words_add_new(&r->to, value, strlen(value));
	if (*text == 'R')
		return words_add_new(&r->cc, value, strlen(value));
	if (*text == 'F')
		r->matches = r->matches || any_matches(value, r->files);
	return 0;
}

int maintainers_find(const char *path, const char *files, struct maintainers *out)
{
	struct reader r = {.files = files, .out = out};
	int rc;

	*out = (struct maintainers){0};
	rc = text_file_read(path, "the maintainers", take_line, &r);
	if (!rc)
		rc = end_section(&r);
	words_free(&r.to);
	words_free(&r.cc);
	if (!rc && !r.found)
		rc = -ENOENT;
	if (rc)
		maintainers_free(out);
	return rc;
}

void maintainers_free(struct maintainers *m)
{
	words_free(&m->to);
	words_free(&m->cc);
	*m = (struct maintainers){0};
}
