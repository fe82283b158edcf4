// SPDX-License-Identifier: GPL-2.0-only
/* daxdm kernels: shows, fetches and removes kernels of the archive (emu/kernel.sh). */
#include "cli/driver/command.h"
#include "cli/driver/phase.h"
#include "cli/driver/target.h"
#include "cli/driver/workspace.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/base/terminal.h"
#include "lib/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <ftw.h>
#include <glob.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CATALOGUE place("build/apt/catalogue")

struct kernels_request {
	struct words fetch, remove;
	bool json, update;
};

static const struct option_spec options[] = {
	OPTION("fetch", OPTION_WORDS, offsetof(struct kernels_request, fetch), "K",
	       "fetch that kernel, by a name that bench --kernel takes; ladder: all series"),
	OPTION("remove", OPTION_WORDS, offsetof(struct kernels_request, remove), "K",
	       "remove that kernel from build/kernels/"),
	OPTION("json", OPTION_FLAG, offsetof(struct kernels_request, json), NULL,
	       "print the table as JSON"),
	OPTION("update", OPTION_FLAG, offsetof(struct kernels_request, update), NULL,
	       "read the archive's package lists now; otherwise this is done once a day"),
	{0},
};

/* ---- what there is --------------------------------------------------------------------------- */

/* A line of the catalogue; see emu/archive.sh. */
struct entry {
	char *name, *version, *suite, *depends;
	int64_t bytes;
};

struct row {
	char *version, *package, *suites;
	const char *flavour;
	int64_t bytes; /* to be fetched; 0: its modules have gone from the archive */
	int64_t kib;   /* of what is here; 0: nothing is */
};

struct table {
	struct entry *entries;
	size_t n_entries;
	struct row *rows;
	size_t n;
};

static void *grow(void *list, size_t n, size_t size)
{
	void *longer = realloc(list, (n + 1) * size);

	if (!longer)
		process_quit(STATUS_BROKEN, "out of memory");
	return longer;
}

static void read_catalogue(struct table *t)
{
	FILE *in = fopen(CATALOGUE, "re");
	char *line = NULL;
	size_t size = 0;

	if (!in)
		process_quit(STATUS_BROKEN, "cannot read %s: %s", CATALOGUE, strerror(errno));
	while (getline(&line, &size, in) > 0) {
		struct entry e = {0};
		char **const fields[] = {&e.name, &e.version, &e.suite, &e.depends};
		char *rest = line, *field;

		line[strcspn(line, "\n")] = '\0';
		for (int i = 0; i < 4; i++) {
			field = strsep(&rest, "\t");
			*fields[i] = process_text("%s", field ? field : "");
		}
		e.bytes = rest ? atoll(rest) : 0;
		t->entries = grow(t->entries, t->n_entries, sizeof(e));
		t->entries[t->n_entries++] = e;
	}
	free(line);
	fclose(in);
}

static const struct entry *find_entry(const struct table *t, const char *name, size_t len,
				      const char *version)
{
	for (size_t i = t->n_entries; i-- > 0;)
		if (strlen(t->entries[i].name) == len && !strncmp(t->entries[i].name, name, len) &&
		    !strcmp(t->entries[i].version, version))
			return &t->entries[i];
	return NULL;
}

/* What has to be fetched for it; 0 if a part of it has gone. */
static int64_t bytes_of(const struct table *t, const struct entry *e)
{
	int64_t bytes = find_entry(t, e->name, strlen(e->name), e->version)->bytes;

	for (const char *dep = e->depends; *dep; dep += strspn(dep, ", ")) {
		size_t len = strcspn(dep, " ,");
		const struct entry *part;

		if (!strncmp(dep, "linux-binary-", 13) || !strncmp(dep, "linux-modules-", 14)) {
			part = find_entry(t, dep, len, e->version);
			if (!part)
				return 0;
			bytes += part->bytes;
		}
		dep += strcspn(dep, ",");
	}
	return bytes;
}

static size_t stem_len(const char *package)
{
	static const char unsigned_[] = "-unsigned";
	size_t len = strlen(package), end = strlen(unsigned_);

	return len > end && !strcmp(package + len - end, unsigned_) ? len - end : len;
}

/* The same bits come with and without a signature: one row. */
static struct row *find_row(struct table *t, const char *package, const char *version)
{
	size_t len = stem_len(package);

	for (size_t i = 0; i < t->n; i++)
		if (stem_len(t->rows[i].package) == len &&
		    !strncmp(t->rows[i].package, package, len) &&
		    !strcmp(t->rows[i].version, version))
			return &t->rows[i];
	return NULL;
}

static struct row *add_row(struct table *t, const char *package, const char *version,
			   const char *flavour, const char *suites)
{
	t->rows = grow(t->rows, t->n, sizeof(*t->rows));
	t->rows[t->n] = (struct row){.version = process_text("%s", version),
				     .package = process_text("%s", package),
				     .suites = process_text("%s", suites),
				     .flavour = flavour};
	return &t->rows[t->n++];
}

static void add_suite(struct row *row, const char *codename)
{
	const char *suite = !strcmp(codename, "rc-buggy") ? "experimental"
			    : !strcmp(codename, "sid")	  ? "unstable"
							  : codename;
	char *rest = row->suites, *longer;

	for (size_t len = strlen(suite); (rest = strstr(rest, suite)); rest += len)
		if ((rest == row->suites || rest[-1] == ',') && (!rest[len] || rest[len] == ','))
			return;
	longer = process_text("%s%s%s", row->suites, *row->suites ? "," : "", suite);
	free(row->suites);
	row->suites = longer;
}

static void add_archive(struct table *t)
{
	for (size_t i = 0; i < t->n_entries; i++) {
		const struct entry *e = &t->entries[i];
		struct row *row;

		if ((fnmatch("linux-image-[0-9]*-amd64", e->name, 0) &&
		     fnmatch("linux-image-[0-9]*-amd64-unsigned", e->name, 0)) ||
		    strstr(e->depends, "linux-image-"))
			continue;
		row = find_row(t, e->name, e->version);
		if (!row)
			row = add_row(t, e->name, e->version,
				      strstr(e->name, "-cloud-") ? "cloud"
				      : strstr(e->name, "-rt-")	 ? "rt"
								 : "generic",
				      "");
		else if (stem_len(e->name) == strlen(e->name))
			strcpy(row->package, e->name); /* not longer */
		add_suite(row, e->suite);
		row->bytes = bytes_of(t, e);
	}
}

static int64_t blocks;

static int add_blocks(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)path;
	(void)type;
	(void)at;
	blocks += st->st_blocks;
	return 0;
}

static int64_t kib_of(const char *dir)
{
	blocks = 0;
	nftw(dir, add_blocks, 16, FTW_PHYS);
	return blocks / 2;
}

/* What is in build/kernels/; a kernel of the user's own is a row of its own. */
static void add_fetched(struct table *t)
{
	glob_t found;

	if (!glob(place_pattern("build/kernels/*/package"), 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++) {
			char *path = found.gl_pathv[i], *text = workspace_first_line(path), *blank,
			     *release;
			struct row *row;

			*strrchr(path, '/') = '\0';
			blank = strchr(text, ' ');
			if (!blank)
				continue;
			*blank = '\0';
			if (!strcmp(text, "file")) {
				release = process_text("%s/release", path);
				row = add_row(t, strrchr(path, '/') + 1,
					      workspace_first_line(release), "own", "-");
				free(release);
			} else {
				row = find_row(t, text, blank + 1);
			}
			if (row)
				row->kib += kib_of(path);
			free(text);
		}
	globfree(&found);
}

/* ---- which of them, and in which order ------------------------------------------------------- */

/* The order of a character in a version: ~ is before the end, letters are before the others. */
static int order(int c)
{
	return c == '~' ? -1 : !c || isdigit(c) ? 0 : isalpha(c) ? c : c + 256;
}

/* deb-version(7), the part about upstream versions. */
static int compare_versions(const char *a, const char *b)
{
	while (*a || *b) {
		long first, second;

		while ((*a && !isdigit((unsigned char)*a)) || (*b && !isdigit((unsigned char)*b))) {
			int difference = order((unsigned char)*a) - order((unsigned char)*b);

			if (difference)
				return difference;
			a++;
			b++;
		}
		first = strtol(a, (char **)&a, 10);
		second = strtol(b, (char **)&b, 10);
		if (first != second)
			return first < second ? -1 : 1;
	}
	return 0;
}

static int by_version(const void *a, const void *b)
{
	const struct row *first = a, *second = b;
	bool own = !strcmp(first->flavour, "own"), other = !strcmp(second->flavour, "own");
	int difference =
		own != other ? own - other : compare_versions(first->version, second->version);

	return difference ? difference : strcmp(first->flavour, second->flavour);
}

/* Whether its version begins with one of the words, or its flavour is one. */
static bool is_wanted(const struct row *row, const struct words *words)
{
	for (size_t i = 0; i < words->n; i++) {
		const char *word = words->list[i];
		size_t len = strlen(word);

		if (!strcmp(row->flavour, word) || (!strncmp(row->version, word, len) &&
						    !isdigit((unsigned char)row->version[len])))
			return true;
	}
	return !words->n;
}

static void choose(struct table *t, const struct words *words)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++)
		if (is_wanted(&t->rows[i], words))
			t->rows[kept++] = t->rows[i];
	t->n = kept;
	if (t->n)
		qsort(t->rows, t->n, sizeof(*t->rows), by_version);
}

/* ---- output ---------------------------------------------------------------------------------- */

enum { COLUMNS = 6 };

static char *mib(int64_t bytes)
{
	return process_text("%lld MiB", (long long)((bytes + 524288) / 1048576));
}

static void spell(const struct row *row, char *cells[COLUMNS])
{
	bool own = !strcmp(row->flavour, "own");

	cells[0] = process_text("%s", row->version);
	cells[1] = process_text("%s", row->flavour);
	cells[2] = process_text("%s", row->package);
	cells[3] = process_text("%s", row->suites);
	cells[4] = row->bytes ? mib(row->bytes) : process_text("%s", own ? "-" : "(no modules)");
	cells[5] = row->kib ? mib(row->kib * 1024) : process_text("-");
}

static void print_row(char *const cells[COLUMNS], const size_t width[COLUMNS])
{
	for (int c = 0; c < COLUMNS; c++)
		printf(c > 3 ? "  %*s" : c ? "  %-*s" : "%-*s", (int)width[c], cells[c]);
	putchar('\n');
}

static void print_table(const struct table *t)
{
	static char *const titles[COLUMNS] = {"version", "flavour", "package",
					      "suite",	 "size",    "fetched"};
	char *(*cells)[COLUMNS] = calloc(t->n + 1, sizeof(*cells)), *size;
	size_t width[COLUMNS], archive = 0, here = 0, gone = 0;
	int64_t kib = 0;

	if (!cells)
		process_quit(STATUS_BROKEN, "out of memory");
	for (int c = 0; c < COLUMNS; c++)
		width[c] = strlen(titles[c]);
	for (size_t i = 0; i < t->n; i++) {
		bool own = !strcmp(t->rows[i].flavour, "own");

		spell(&t->rows[i], cells[i]);
		for (int c = 0; c < COLUMNS; c++)
			width[c] = strlen(cells[i][c]) > width[c] ? strlen(cells[i][c]) : width[c];
		archive += !own;
		gone += !own && !t->rows[i].bytes;
		here += t->rows[i].kib > 0;
		kib += t->rows[i].kib;
	}
	print_row(titles, width);
	for (size_t i = 0; i < t->n; i++)
		print_row(cells[i], width);
	size = mib(kib * 1024);
	printf("\n%zu kernel%s in the archive, %zu fetched (%s)\n", archive, text_plural(archive),
	       here, size);
	if (gone)
		printf("%zu cannot be fetched: the archive has dropped the packages of their "
		       "modules\n",
		       gone);
	free(size);
	free(cells);
}

static json_t *number_or_null(int64_t number)
{
	return number ? json_integer(number) : json_null();
}

static int print_as_json(const struct table *t)
{
	json_t *list = json_array();
	int rc;

	for (size_t i = 0; i < t->n; i++) {
		const struct row *row = &t->rows[i];
		json_t *suites = json_array();
		char *rest = row->suites, *suite;

		while (strcmp(row->flavour, "own") && (suite = strsep(&rest, ",")))
			json_array_append_new(suites, json_string(suite));
		json_array_append_new(list, json_pack("{ss ss ss so so so}", "version",
						      row->version, "flavour", row->flavour,
						      "package", row->package, "suites", suites,
						      "size_bytes", number_or_null(row->bytes),
						      "fetched_kib", number_or_null(row->kib)));
	}
	rc = terminal_print_json(list, stdout);
	json_decref(list);
	return rc < 0 ? STATUS_BROKEN : STATUS_GOOD;
}

/* ---- the verb -------------------------------------------------------------------------------- */

static int kernel_sh(const char *verb, const struct words *words)
{
	struct words command = {0};

	command_add(&command, place("emu/kernel.sh"), verb, NULL);
	command_add_all(&command, words);
	return process_run(&command, NULL, NULL);
}

static int show(const struct kernels_request *k, const struct words *words)
{
	struct table t = {0};
	int status = kernel_sh("catalogue", words);

	if (status)
		return status;
	read_catalogue(&t);
	add_archive(&t);
	add_fetched(&t);
	choose(&t, words);
	if (k->json)
		return print_as_json(&t);
	print_table(&t);
	return STATUS_GOOD;
}

static int kernels(struct kernels_request *k, const struct words *words)
{
	const struct words none = {0};
	const struct target target = {0};
	int status = k->update ? kernel_sh("update", &none) : STATUS_GOOD;

	if (!status) {
		target_expand_ladder(&k->fetch);
		target_vet_names(&(const struct target){.kernels = k->fetch});
	}
	for (size_t i = 0; i < k->fetch.n && !status; i++) {
		const struct kernel found = target_find(&target, k->fetch.list[i]);
		const char *id = strrchr(found.dir, '/');

		printf("%s is in %s/%s\n", found.package, place("build/kernels"),
		       id ? id + 1 : found.dir);
	}
	if (!status && k->remove.n)
		status = kernel_sh("remove", &k->remove);
	else if (!status && !k->fetch.n)
		status = show(k, words);
	return status;
}

static int run(int argc, char **argv)
{
	struct kernels_request k = {0};
	int at = options_parse(&verb_kernels, &k, argc, argv);
	struct words words = {0};

	if (at == -1)
		return STATUS_GOOD;
	if (at < 0)
		return STATUS_USAGE;
	if (k.fetch.n + k.remove.n && (k.json || at < argc))
		process_quit(STATUS_USAGE, "kernels: --fetch and --remove go with nothing else");
	target_split_kernels(&k.fetch);
	for (size_t i = 0; i < k.fetch.n; i++)
		if (strchr(k.fetch.list[i], '/'))
			process_quit(STATUS_USAGE,
				     "kernels: --fetch %s: expected a kernel of the archive, got a "
				     "path; bench --kernel takes a path as it is",
				     k.fetch.list[i]);
	for (int i = at; i < argc; i++)
		command_add(&words, argv[i], NULL);
	phase_lines = PHASES_NONE;
	workspace_open();
	workspace_setup("run", NULL);
	return kernels(&k, &words);
}

const struct verb verb_kernels = {
	.name = "kernels",
	.args = "[WORD]...",
	.why = "list the kernels of the archive by version or flavour, with sizes",
	.examples = {"kernels 6.12", "kernels --fetch 6.12.107"},
	.options = options,
	.operands = INT_MAX,
	.run = run,
};
