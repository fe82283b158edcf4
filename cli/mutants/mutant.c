// SPDX-License-Identifier: GPL-2.0-only
#include "cli/mutants/mutant.h"

#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/text_file.h"
#include "report/checks/known.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const mutant_layers[] = {"dm",     "log-writes", "writecache", "pmem", "libnvdimm",
				     "virtio", "ext4",	     "xfs",	   NULL};

static const char *const dm_layers[] = {"dm", "log-writes", "writecache", NULL};

static bool is_one_of(const char *word, const char *const list[])
{
	for (; *list; list++)
		if (!strcmp(word, *list))
			return true;
	return false;
}

bool mutant_is_unchanged(const struct mutant *m)
{
	return !m->program;
}

bool mutant_is_dm(const struct mutant *m)
{
	return is_one_of(m->layer, dm_layers);
}

bool mutant_is_for(const struct mutant *m, const char *version)
{
	struct kernel_version kernel, bound;

	if (kernel_version_read(version, &kernel) < 0)
		return false;
	if (m->first && !kernel_version_read(m->first, &bound) &&
	    kernel_version_compare(&kernel, &bound) < 0)
		return false;
	return !m->last || kernel_version_read(m->last, &bound) ||
	       kernel_version_compare(&kernel, &bound) <= 0;
}

/* ---- one file ------------------------------------------------------------------------------- */

static const char *text_begin(const char *line)
{
	return line + strspn(line, " \t");
}

/* What a field "KEY: VALUE" sets; NULL: no such field, or it is a list. */
static char **text_field(struct mutant *m, const char *key, size_t len)
{
	const struct {
		const char *name;
		char **member;
	} fields[] = {
		{"module", &m->module}, {"layer", &m->layer},	    {"breaks", &m->breaks},
		{"file", &m->file},	{"function", &m->function}, {"equivalent", &m->equivalent},
		{"first", &m->first},	{"last", &m->last},	    {"metric", &m->metric},
		{"fs", &m->fs},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strlen(fields[i].name) == len && !strncmp(fields[i].name, key, len))
			return fields[i].member;
	return NULL;
}

static bool is_key(const char *line, size_t len, const char *name)
{
	return strlen(name) == len && !strncmp(line, name, len);
}

static int refuse(const char *path, unsigned int line, const char *why, const char *word)
{
	msg_error("%s:%u: %s%s", path, line, why, word);
	return -EINVAL;
}

static int add_words(struct words *words, const char *value)
{
	for (const char *at = text_begin(value); *at; at = text_begin(at)) {
		size_t len = strcspn(at, " \t");

		if (words_add(words, at, len) < 0)
			return -ENOMEM;
		at += len;
	}
	return 0;
}

static int set_text(char **member, const char *value)
{
	*member = memory_check(strdup(value));
	return *member ? 0 : -ENOMEM;
}

static int take_program(struct mutant *m, const char *text)
{
	size_t len = strlen(m->program);
	char *longer = memory_check(realloc(m->program, len + strlen(text) + 2));

	if (!longer)
		return -ENOMEM;
	m->program = longer;
	sprintf(longer + len, "%s%s", len ? "\n" : "", text);
	return 0;
}

/* A line of the file; those after "sed:" are the program. */
static int take_line(void *arg, const char *path, unsigned int line, char *text)
{
	struct mutant *m = arg;
	size_t len = strcspn(text, ":");
	const char *value;
	char **member;

	if (m->program)
		return take_program(m, text);
	if (!*text || *text == '#')
		return 0;
	if (!text[len])
		return refuse(path, line, "expected \"FIELD: VALUE\", got: ", text);
	value = text_begin(text + len + 1);
	if (is_key(text, len, "sed"))
		return set_text(&m->program, value);
	if (!*value)
		return refuse(path, line, "this field has no value: ", text);
	if (is_key(text, len, "checks"))
		return add_words(&m->checks, value);
	if (is_key(text, len, "stacks"))
		return add_words(&m->stacks, value);
	if (is_key(text, len, "subtle")) {
		m->subtle = !strcmp(value, "yes");
		return m->subtle ? 0 : refuse(path, line, "expected \"subtle: yes\", got: ", value);
	}
	member = text_field(m, text, len);
	if (!member)
		return refuse(path, line,
			      "expected module, file, function, layer, breaks, checks, metric, "
			      "stacks, fs, subtle, first, last, equivalent or sed, got: ",
			      text);
	if (*member)
		return refuse(path, line, "this field is given twice: ", text);
	return set_text(member, value);
}

static int vet_bound(const struct mutant *m, const char *bound)
{
	struct kernel_version version;

	if (!bound || !kernel_version_read(bound, &version))
		return 0;
	msg_error("%s: expected the version of a kernel, got: %s", m->path, bound);
	return -EINVAL;
}

static int vet(const struct mutant *m)
{
	const char *why = NULL;

	if (!m->module)
		why = "it names no module";
	else if (!m->layer || !is_one_of(m->layer, mutant_layers))
		why = "layer: expected dm, log-writes, writecache, pmem, libnvdimm, virtio, ext4 "
		      "or xfs";
	else if (!m->breaks)
		why = "it does not say what it breaks";
	else if (!m->file != !m->program)
		why = "file and sed go together";
	else if (m->program && !*m->program)
		why = "its sed program is empty";
	else if (!m->checks.n == !m->metric && !m->equivalent)
		why = "expected either checks or a metric";
	else if (m->metric && (!m->stacks.n || !m->fs))
		why = "a metric needs stacks and fs";
	if (why) {
		msg_error("%s: %s", m->path, why);
		return -EINVAL;
	}
	return vet_bound(m, m->first) < 0 || vet_bound(m, m->last) < 0 ? -EINVAL : 0;
}

int mutant_read(const char *path, struct mutant *out)
{
	const char *slash = strrchr(path, '/');
	int rc;

	*out = (struct mutant){0};
	rc = set_text(&out->path, path);
	if (!rc)
		rc = set_text(&out->id, slash ? slash + 1 : path);
	if (!rc)
		rc = text_file_read(path, "the mutant", take_line, out);
	return rc ? rc : vet(out);
}

void mutant_free(struct mutant *m)
{
	char *texts[] = {m->id,	  m->path,     m->module,  m->layer,	  m->breaks,
			 m->file, m->function, m->program, m->equivalent, m->first,
			 m->last, m->metric,   m->fs};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
	words_free(&m->checks);
	words_free(&m->stacks);
	*m = (struct mutant){0};
}

/* ---- all of them ---------------------------------------------------------------------------- */

static int is_mutant(const struct dirent *e)
{
	return *e->d_name != '.' && !strchr(e->d_name, '.');
}

int mutants_read(const char *dir, struct mutant **out, size_t *n)
{
	struct dirent **names;
	int found = scandir(dir, &names, is_mutant, alphasort), rc = 0;

	*n = 0;
	*out = NULL;
	if (found < 0) {
		msg_error("%s: %s", dir, strerror(errno));
		return -errno;
	}
	*out = memory_check(calloc((size_t)found + 1, sizeof(**out)));
	for (int i = 0; i < found; i++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		free(names[i]);
		if (*out && !rc)
			rc = mutant_read(path, &(*out)[(*n)++]);
	}
	free(names);
	return *out ? rc : -ENOMEM;
}

void mutants_free(struct mutant *mutants, size_t n)
{
	for (size_t i = 0; i < n; i++)
		mutant_free(&mutants[i]);
	free(mutants);
}
