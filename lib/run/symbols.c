// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/symbols.h"

#include "lib/base/msg.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_CHARS = 8000 };

struct symbol {
	uint64_t address;
	char type;
	char *name, *module;
};

struct symbols {
	struct symbol *list;
	size_t n, room;
	uint64_t init_from, init_to; /* __init code, freed after boot */
};

static bool is_function(char type)
{
	return strchr("tTwW", type) != NULL;
}

/* Symbols of padding before functions, which is never executed (CONFIG_FUNCTION_PADDING). */
static bool is_padding(const char *name)
{
	return !strncmp(name, "__pfx_", 6) || !strncmp(name, "__cfi_", 6);
}

/* "ffffffff81000000 T _stext", with "\t[ext4]" behind if it belongs to a module. */
static int take_line(struct symbols *s, char *line)
{
	char *rest, *tab;
	uint64_t address = strtoull(line, &rest, 16);
	char type = rest[0] ? rest[1] : '\0';
	struct symbol *more;

	line[strcspn(line, "\n")] = '\0';
	if (!type || !rest[2])
		return 0;
	rest += 3;
	tab = strchr(rest, '\t');
	if (tab)
		*tab++ = '\0';
	if (!strcmp(rest, "_sinittext"))
		s->init_from = address;
	if (!strcmp(rest, "_einittext"))
		s->init_to = address;
	if (!is_function(type) || is_padding(rest))
		return 0;
	if (s->n == s->room) {
		more = realloc(s->list, (s->room + 8192) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		s->list = more;
		s->room += 8192;
	}
	more = &s->list[s->n];
	*more = (struct symbol){address, type, strdup(rest), tab ? strdup(tab + 1) : NULL};
	if (more->module)
		more->module[strcspn(more->module, "]")] = '\0';
	s->n++;
	return more->name && (!tab || more->module) ? 0 : -ENOMEM;
}

static int read_all(struct symbols *s)
{
	FILE *in = fopen("/proc/kallsyms", "re");
	char *line = NULL;
	size_t room = 0;
	int rc = 0;

	if (!in)
		return -errno;
	while (!rc && getline(&line, &room, in) > 0)
		rc = take_line(s, line);
	if (!rc && ferror(in))
		rc = -EIO;
	free(line);
	fclose(in);
	/* Without permission all addresses are 0. */
	if (!rc && (!s->n || !s->list[s->n - 1].address))
		rc = -EPERM;
	return rc;
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return strcmp(x->name, y->name);
}

static const char *module_of(const struct symbol *s)
{
	return s->module ? s->module : "";
}

/* Writes one line of the functions from index i.  Returns the index of the first function after it,
 * or -errno. */
static ssize_t write_line(const struct symbols *s, size_t i, struct sink *sink)
{
	static char list[LINE_CHARS];
	const struct symbol *first = &s->list[i];
	uint64_t before = first->address;
	char from[24];
	size_t at = 0;
	int rc;

	for (; i < s->n && !strcmp(module_of(&s->list[i]), module_of(first)); i++) {
		const struct symbol *f = &s->list[i];
		int len;

		if (f->address >= s->init_from && f->address < s->init_to)
			continue;
		len = snprintf(list + at, sizeof(list) - at, "%s%" PRIx64 " %c %s", at ? " " : "",
			       f->address - before, f->type, f->name);
		if ((size_t)len >= sizeof(list) - at)
			break;
		at += (size_t)len;
		before = f->address;
	}
	list[at] = '\0';
	snprintf(from, sizeof(from), "%" PRIx64, first->address);
	rc = at ? record_write_line(sink,
				    json_pack("{ss ss ss ss#}", "type", "symbols", "module",
					      module_of(first), "from", from, "list", list, at))
		: 0;
	return rc < 0 ? rc : (ssize_t)i;
}

int symbols_write(struct sink *sink)
{
	struct symbols s = {0};
	ssize_t rc = read_all(&s);

	if (rc < 0)
		msg_error("cannot read functions from /proc/kallsyms: %s; it needs root and "
			  "CONFIG_KALLSYMS",
			  strerror((int)-rc));
	if (!rc)
		qsort(s.list, s.n, sizeof(*s.list), by_address);
	for (size_t i = 0; i < s.n && rc >= 0; i = (size_t)rc)
		rc = write_line(&s, i, sink);
	for (size_t i = 0; i < s.n; i++) {
		free(s.list[i].name);
		free(s.list[i].module);
	}
	free(s.list);
	return rc < 0 ? (int)rc : 0;
}
