// SPDX-License-Identifier: GPL-2.0-only
#include "report/explain/symtab.h"

#include "lib/base/text.h"
#include "lib/base/text_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The maximum length of a function. */
#define FUNCTION_BYTES_MAX (UINT64_C(1) << 20)

#define SYMTAB_BYTES_MAX (UINT64_C(1) << 28)

static int add(struct symtab *tab, const struct symbol *symbol)
{
	if (tab->n % 4096 == 0) {
		struct symbol *more = realloc(tab->list, (tab->n + 4096) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		tab->list = more;
	}
	tab->list[tab->n++] = *symbol;
	return 0;
}

/* Splits the line in place. */
static int take_list(struct symtab *tab, char *list, uint64_t address, const char *module)
{
	char *rest = NULL, *word, *type, *name, *dot;
	int rc = 0;

	for (word = strtok_r(list, " ", &rest); word && !rc; word = strtok_r(NULL, " ", &rest)) {
		struct symbol symbol = {.module = module, .function = -1};
		char *end;

		type = strtok_r(NULL, " ", &rest);
		name = strtok_r(NULL, " ", &rest);
		address += strtoull(word, &end, 16);
		if (end == word || *end || !name)
			return -EINVAL;
		dot = strchr(name + 1, '.');
		if (dot)
			*dot = '\0';
		symbol.address = address;
		symbol.type = *type;
		symbol.name = name;
		rc = add(tab, &symbol);
	}
	return rc;
}

static int take_line(struct symtab *tab, json_t *line)
{
	const char *module = json_string_value(json_object_get(line, "module"));
	const char *from = json_string_value(json_object_get(line, "from"));
	const char *list = json_string_value(json_object_get(line, "list"));
	uint64_t address;
	char *end;

	/* A guest made them, and reports print them. */
	if (!module || !from || !list || text_unprintable(module) || text_unprintable(list))
		return -EINVAL;
	address = strtoull(from, &end, 16);
	if (end == from || *end)
		return -EINVAL;
	if (json_array_append(tab->lines, line) < 0)
		return -ENOMEM;
	return take_list(tab, (char *)list, address, *module ? module : "vmlinux");
}

/* Marks of the linker: where a section begins or ends; and names for code that runs before the
 * kernel is where it was linked to be (arch/x86/kernel/Makefile). */
static bool is_alias(const char *name)
{
	size_t len = strlen(name);

	return !strncmp(name, "__pi_", 5) || (len > 6 && !strcmp(name + len - 6, "_start")) ||
	       (len > 4 && !strcmp(name + len - 4, "_end")) || !strcmp(name, "_stext") ||
	       !strcmp(name, "_text");
}

/* Prefers at one address: function names to linker marks, global to local, names without leading
 * underscore. */
static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (is_alias(x->name) != is_alias(y->name))
		return is_alias(x->name) ? 1 : -1;
	if (!isupper(x->type) != !isupper(y->type))
		return isupper(x->type) ? -1 : 1;
	if ((x->name[0] == '_') != (y->name[0] == '_'))
		return x->name[0] == '_' ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void sort(struct symtab *tab)
{
	size_t kept = 0;

	if (tab->n)
		qsort(tab->list, tab->n, sizeof(*tab->list), by_address);
	for (size_t i = 0; i < tab->n; i++)
		if (!kept || tab->list[kept - 1].address != tab->list[i].address)
			tab->list[kept++] = tab->list[i];
	tab->n = kept;
}

int symtab_read(const char *file, struct symtab *tab, char *why, size_t why_size)
{
	unsigned int number = 0;
	char *text = NULL;
	size_t room = 0;
	ssize_t len;
	FILE *in;
	int rc = text_file_open(file, SYMTAB_BYTES_MAX, &in, why, why_size);

	*tab = (struct symtab){.lines = json_array()};
	if (rc < 0)
		return rc;
	while (!rc && (len = getline(&text, &room, in)) > 0) {
		json_t *line = json_loadb(text, (size_t)len, 0, NULL);

		number++;
		rc = line ? take_line(tab, line) : -EINVAL;
		json_decref(line);
	}
	if (!rc && !ferror(in) && !feof(in))
		rc = -ENOMEM; /* which getline() does not tell from the end */
	if (!rc && !tab->n)
		rc = -EINVAL;
	free(text);
	fclose(in);
	if (rc < 0)
		snprintf(why, why_size, "%s:%u: %s", file, number,
			 rc == -EINVAL ? "not a list of functions" : strerror(-rc));
	sort(tab);
	return rc;
}

void symtab_free(struct symtab *tab)
{
	free(tab->list);
	json_decref(tab->lines);
	*tab = (struct symtab){0};
}

struct symbol *symtab_at(const struct symtab *tab, uint64_t address)
{
	size_t low = 0, high = tab->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (tab->list[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address - tab->list[low - 1].address >= FUNCTION_BYTES_MAX)
		return NULL;
	return &tab->list[low - 1];
}
