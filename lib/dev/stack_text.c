// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/stack_text.h"

#include "lib/base/text.h"
#include "lib/base/text_file.h"
#include "lib/dev/graph.h"
#include "lib/dev/stack_text_device.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a stack may stand on, as in stack.h. */
enum { MEMBERS_MAX = 8, STEM_CHARS = 24, CALLED_CHARS = 128 };

/* ---- words ----------------------------------------------------------------------------------- */

static size_t kind_len(const char *word)
{
	static const char *const kinds[] = {STACK_TEXT_TABLE, STACK_TEXT_LVM};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(word, kinds[i], strlen(kinds[i])))
			return strlen(kinds[i]);
	return 0;
}

bool stack_text_is(const char *word)
{
	return kind_len(word);
}

/* Tables begin with a length; a path with `=` in it is one of a file. */
const char *stack_text_tables(const char *word)
{
	const char *equals = kind_len(word) ? strchr(word, '=') : NULL;

	return equals && isdigit((unsigned char)equals[1]) ? equals + 1 : NULL;
}

/* A name ends with -DIGEST. */
static bool has_digest(const char *word)
{
	const char *dash = strrchr(word, '-');

	return dash && strlen(dash) == 9 && strspn(dash + 1, "0123456789abcdef") == 8;
}

bool stack_text_is_file(const char *word)
{
	return kind_len(word) && !stack_text_tables(word) && !has_digest(word);
}

const char *stack_text_name(const char *word, char name[STACK_TEXT_NAME_CHARS])
{
	const char *tables = stack_text_tables(word);
	size_t len = tables ? (size_t)(tables - 1 - word) : strlen(word);

	snprintf(name, STACK_TEXT_NAME_CHARS, "%.*s", (int)len, word);
	return name;
}

void stack_text_digest(const char *tables, char digest[9])
{
	uint32_t hash = UINT32_C(2166136261); /* FNV-1a */

	for (const char *p = tables; *p; p++)
		hash = (hash ^ (unsigned char)*p) * UINT32_C(16777619);
	snprintf(digest, 9, "%08" PRIx32, hash);
}

/* ---- the devices of a text ------------------------------------------------------------------- */

int text_complain(const struct text_devices *t, unsigned int line, unsigned int field,
		  const char *fmt, ...)
{
	char what[320], where[32] = "";
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (field)
		snprintf(where, sizeof(where), "field %u: ", field);
	snprintf(t->why, t->why_len, "%s:%u: %s%s", t->file, line, where, what);
	return -EINVAL;
}

struct text_device *text_device(struct text_devices *t, const char *name, unsigned int line)
{
	struct text_device *list;

	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->list[i].name, name))
			return &t->list[i];
	if (t->n == TEXT_DEVICES_MAX || strlen(name) >= TEXT_NAME_CHARS) {
		text_complain(t, line, 0, "more than %d devices, or too long a name",
			      TEXT_DEVICES_MAX);
		return NULL;
	}
	list = realloc(t->list, (t->n + 1) * sizeof(*list));
	if (!list)
		return NULL;
	t->list = list;
	t->list[t->n] = (struct text_device){.line = line};
	strcpy(t->list[t->n].name, name);
	return &t->list[t->n++];
}

int text_add_target(struct text_devices *t, struct text_device *d, uint64_t len_sectors,
		    const char *words, unsigned int line)
{
	struct text_target *list;

	if (d->n_targets == TEXT_TARGETS_MAX || d->size_sectors + len_sectors > TEXT_SECTORS_MAX)
		return text_complain(t, line, 0, "more than %d targets, or 512 TiB",
				     TEXT_TARGETS_MAX);
	list = realloc(d->targets, (d->n_targets + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	d->targets = list;
	list[d->n_targets] = (struct text_target){
		.len_sectors = len_sectors, .words = strdup(words), .line = line};
	if (!list[d->n_targets].words)
		return -ENOMEM;
	d->n_targets++;
	d->size_sectors += len_sectors;
	return 0;
}

void text_devices_free(struct text_devices *t)
{
	for (size_t i = 0; i < t->n; i++) {
		for (size_t k = 0; k < t->list[i].n_targets; k++)
			free(t->list[i].targets[k].words);
		free(t->list[i].targets);
	}
	free(t->list);
	t->list = NULL;
	t->n = 0;
}

/* ---- which device a member is ---------------------------------------------------------------- */

bool text_is_device(const char *word)
{
	size_t major = strspn(word, "0123456789");
	size_t minor = major && word[major] == ':' ? strspn(word + major + 1, "0123456789") : 0;

	return !strncmp(word, "/dev/", 5) || (minor && !word[major + 1 + minor]);
}

/* The DM name of /dev/VG/LV: a hyphen in a name is doubled. */
static void lvm_name(const char *path, char name[2 * CALLED_CHARS])
{
	size_t used = 0;

	for (const char *p = path; *p; p++) {
		if (*p == '-')
			name[used++] = '-';
		name[used++] = *p == '/' ? '-' : *p;
	}
	name[used] = '\0';
}

/* The numbers that dynamic majors have, of which device-mapper's is one; pmem's is 259. */
static bool is_dynamic(const char *numbers)
{
	int major = atoi(numbers);

	return isdigit((unsigned char)*numbers) && major >= 234 && major <= 254;
}

/* The only device but `of` in a text of two, if the text has no numbers. */
static long other_of_two(const struct text_devices *t, size_t of)
{
	if (t->n != 2 || t->list[0].numbers[0] || t->list[1].numbers[0])
		return -ENODEV;
	return of ? 0 : 1;
}

/* The device of the text that is called so in the table of device `of`; -ENOENT: it is none of the
 * text; -ENODEV: it is one, and not known which. */
static long find_device(const struct text_devices *t, size_t of, const char *called)
{
	const char *path = !strncmp(called, "/dev/mapper/", 12) ? called + 12 : called;
	char lvm[2 * CALLED_CHARS] = "";

	if (strlen(called) >= CALLED_CHARS)
		return -ENOENT;
	if (!strncmp(called, "/dev/", 5))
		lvm_name(called + 5, lvm);
	for (size_t i = 0; i < t->n; i++) {
		const struct text_device *d = &t->list[i];
		const char *minor = strchr(d->numbers, ':');

		if (!d->n_targets)
			continue;
		if (!strcmp(d->numbers, called) || (d->name[0] && !strcmp(d->name, path)) ||
		    (d->name[0] && !strcmp(d->name, lvm)))
			return (long)i;
		if (minor && !strncmp(called, "/dev/dm-", 8) && !strcmp(called + 8, minor + 1))
			return (long)i;
	}
	if (is_dynamic(called))
		return other_of_two(t, of);
	return !strncmp(called, "/dev/mapper/", 12) || !strncmp(called, "/dev/dm-", 8) ? -ENODEV
										       : -ENOENT;
}

/* ---- text -> tables -------------------------------------------------------------------------- */

/* One stack: its devices, lowest first, and its namespaces in order of appearance. */
struct writer {
	const struct text_devices *t;
	size_t top;
	size_t devices[TEXT_DEVICES_MAX];
	size_t n_devices;
	char members[MEMBERS_MAX][CALLED_CHARS];
	unsigned int n_members;
	bool on_the_way[TEXT_DEVICES_MAX]; /* from the top down to the current device */
	FILE *out;
};

static long place_of(const struct writer *w, size_t device)
{
	for (size_t i = 0; i < w->n_devices; i++)
		if (w->devices[i] == device)
			return (long)i;
	return -1;
}

/* Calls visit for each argument that is a device, with its field in the line.  Returns 0 or the
 * first error. */
static int each_member(struct writer *w, size_t device, const struct text_target *target,
		       int (*visit)(struct writer *, size_t, const struct text_target *,
				    unsigned int, const char *))
{
	unsigned int field = 3 + !!w->t->list[device].name[0];
	char *copy = strdup(target->words), *rest = copy, *word;
	int rc = copy ? 0 : -ENOMEM;

	while (!rc && (word = strsep(&rest, " "))) {
		if (text_is_device(word))
			rc = visit(w, device, target, field, word);
		field++;
	}
	free(copy);
	return rc;
}

static int visit_device(struct writer *w, size_t device);

static int visit_member(struct writer *w, size_t device, const struct text_target *target,
			unsigned int field, const char *called)
{
	long below = find_device(w->t, device, called);

	if (strlen(called) >= CALLED_CHARS)
		return text_complain(w->t, target->line, field, "the name of a device is too long");
	if (below == -ENODEV)
		return text_complain(w->t, target->line, field,
				     "%s is a device of device-mapper, and the text does not say "
				     "which; append the output of `dmsetup ls`",
				     called);
	if (below >= 0)
		return visit_device(w, (size_t)below);
	for (unsigned int i = 0; i < w->n_members; i++)
		if (!strcmp(w->members[i], called))
			return 0;
	if (w->n_members == MEMBERS_MAX)
		return text_complain(w->t, target->line, field, "more than %d namespaces",
				     MEMBERS_MAX);
	strcpy(w->members[w->n_members++], called);
	return 0;
}

/* Adds the device after those that it consists of. */
static int visit_device(struct writer *w, size_t device)
{
	const struct text_device *d = &w->t->list[device];
	int rc = 0;

	if (place_of(w, device) >= 0)
		return 0;
	if (w->on_the_way[device])
		return text_complain(w->t, d->line, 0, "device %s consists of itself", d->name);
	w->on_the_way[device] = true;
	for (size_t i = 0; i < d->n_targets && !rc; i++)
		rc = each_member(w, device, &d->targets[i], visit_member);
	w->on_the_way[device] = false;
	if (!rc && w->n_devices >= GRAPH_DEVICES_MAX - MEMBERS_MAX)
		rc = text_complain(w->t, d->line, 0, "more than %d devices in one stack",
				   GRAPH_DEVICES_MAX - MEMBERS_MAX);
	if (!rc)
		w->devices[w->n_devices++] = device;
	return rc;
}

/* The letter of a member: A.. for namespaces, a.. for devices of the text. */
static char letter_of(const struct writer *w, size_t device, const char *called)
{
	long below = find_device(w->t, device, called);

	if (below >= 0)
		return (char)('a' + place_of(w, (size_t)below));
	for (unsigned int i = 0; i < w->n_members; i++)
		if (!strcmp(w->members[i], called))
			return (char)('A' + i);
	return '?';
}

static bool is_modelled(const char *words)
{
	static const char *const types[] = {"linear", "striped", "error", "zero"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t len = strlen(types[i]);

		if (!strncmp(words, types[i], len) && (!words[len] || words[len] == ' '))
			return true;
	}
	return false;
}

static int put_target(struct writer *w, size_t device, const struct text_target *target)
{
	bool modelled = is_modelled(target->words);
	char *copy = strdup(target->words), *rest = copy, *word;

	if (!copy)
		return -ENOMEM;
	fprintf(w->out, "%" PRIu64 "%s", target->len_sectors, modelled ? "" : " other");
	while ((word = strsep(&rest, " "))) {
		if (text_is_device(word))
			fprintf(w->out, " %s%c", modelled ? "" : "@", letter_of(w, device, word));
		else
			fprintf(w->out, " %s", word);
	}
	free(copy);
	if (!modelled && strpbrk(target->words, ";|@{}="))
		return text_complain(w->t, target->line, 0,
				     "an argument has one of the characters ; | @ { } =");
	return 0;
}

static int put_tables(struct writer *w)
{
	int rc = 0;

	for (size_t i = 0; i < w->n_devices && !rc; i++) {
		const struct text_device *d = &w->t->list[w->devices[i]];

		fputs(i ? "|" : "", w->out);
		for (size_t k = 0; k < d->n_targets && !rc; k++) {
			fputs(k ? ";" : "", w->out);
			rc = put_target(w, w->devices[i], &d->targets[k]);
		}
	}
	return rc;
}

/* Appends text to a name; characters that a metric id cannot have become '-'. */
static void put_name(const char *text, size_t len, FILE *out)
{
	for (size_t i = 0; i < len && i < STEM_CHARS; i++)
		putc(isalnum((unsigned char)text[i]) || strchr("._+", text[i]) ? text[i] : '-',
		     out);
}

/* What the namespaces are called in the text. */
static void note_members(const struct writer *w)
{
	char *note = w->t->note;

	text_append(note, w->t->note_len, "%s%s is on ", *note ? "; " : "",
		    *w->t->list[w->top].name ? w->t->list[w->top].name : "the device");
	for (unsigned int i = 0; i < w->n_members; i++)
		text_append(note, w->t->note_len, "%s%s", i ? ", " : "", w->members[i]);
	text_append(note, w->t->note_len, "%s",
		    w->n_members == 1  ? ", here the first namespace"
		    : w->n_members < 3 ? ", here the first namespaces in this order"
				       : ", here the first namespaces in this order, or parts of "
					 "them where there are fewer");
}

/* What the namespaces and the devices are called. */
static int add_names(const struct writer *w, struct words *names)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int rc;

	for (unsigned int i = 0; out && i < w->n_members; i++)
		fprintf(out, "%s%s", i ? " " : "", w->members[i]);
	for (size_t i = 0; out && i < w->n_devices; i++) {
		const char *name = w->t->list[w->devices[i]].name;

		fprintf(out, " %s", *name ? name : "device");
	}
	rc = !out || fclose(out) ? -ENOMEM : words_add(names, text, len);
	free(text);
	return rc;
}

/* The word of the stack whose top is this device, and in the note what its members are. */
static int add_stack(const struct text_devices *t, size_t top, const char *kind, const char *stem,
		     bool several, struct words *out, struct words *names)
{
	struct writer w = {.t = t, .top = top};
	char *tables = NULL, *word = NULL, digest[9];
	const char *dot = strrchr(stem, '.');
	size_t len;
	FILE *named;
	int rc = visit_device(&w, top);

	if (rc < 0)
		return rc;
	w.out = open_memstream(&tables, &len);
	if (!w.out)
		return -ENOMEM;
	rc = put_tables(&w);
	if (fclose(w.out) || rc < 0)
		goto out;
	stack_text_digest(tables, digest);
	named = open_memstream(&word, &len);
	rc = named ? 0 : -ENOMEM;
	if (rc < 0)
		goto out;
	fputs(kind, named);
	put_name(stem, dot && dot != stem ? (size_t)(dot - stem) : strlen(stem), named);
	if (several) {
		putc('.', named);
		put_name(t->list[top].name, strlen(t->list[top].name), named);
	}
	fprintf(named, "-%s=%s", digest, tables);
	rc = fclose(named) ? -ENOMEM : words_add(out, word, len);
	if (!names)
		note_members(&w);
	else if (!rc)
		rc = add_names(&w, names);
	free(word);
out:
	free(tables);
	return rc;
}

/* Marks the devices that others use. */
static int mark_used(struct text_devices *t, bool *used)
{
	int rc = 0;

	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < t->list[i].n_targets && !rc; k++) {
			char *copy = strdup(t->list[i].targets[k].words), *rest = copy, *word;

			rc = copy ? 0 : -ENOMEM;
			while (copy && (word = strsep(&rest, " "))) {
				long below = text_is_device(word) ? find_device(t, i, word) : -1;

				if (below >= 0)
					used[below] = true;
			}
			free(copy);
		}
	return rc;
}

static int add_stacks(struct text_devices *t, const char *kind, const char *stem, const char *only,
		      struct words *out, struct words *names)
{
	bool *used = calloc(TEXT_DEVICES_MAX, sizeof(*used));
	size_t tops = 0;
	bool found = false;
	int rc = used ? mark_used(t, used) : -ENOMEM;

	for (size_t i = 0; i < t->n && !rc; i++)
		tops += t->list[i].n_targets && !used[i] && !t->list[i].hidden;
	if (!rc && !tops)
		rc = text_complain(t, 1, 0,
				   t->n ? "every device is a part of another one, or of LVM's own"
					: "the text has no device");
	for (size_t i = 0; i < t->n && !rc; i++) {
		if (!t->list[i].n_targets ||
		    (only ? strcmp(only, t->list[i].name) : used[i] || t->list[i].hidden))
			continue;
		found = true;
		rc = add_stack(t, i, kind, stem, tops > 1 || only, out, names);
	}
	if (!rc && !found)
		rc = text_complain(t, 1, 0, "the text has no device %s", only);
	free(used);
	return rc;
}

int stack_text_expand_memory(const char *kind, const char *stem, const char *only, const char *text,
			     struct words *out, char *note, size_t note_len, char *why,
			     size_t why_len)
{
	return stack_text_expand_named(kind, stem, only, text, out, NULL, note, note_len, why,
				       why_len);
}

int stack_text_expand_named(const char *kind, const char *stem, const char *only, const char *text,
			    struct words *out, struct words *names, char *note, size_t note_len,
			    char *why, size_t why_len)
{
	struct text_devices t = {
		.file = stem, .why = why, .why_len = why_len, .note = note, .note_len = note_len};
	int rc;

	*why = *note = '\0';
	rc = strcmp(kind, STACK_TEXT_LVM) ? text_read_dmsetup(&t, text) : text_read_lvm(&t, text);
	if (!rc)
		rc = add_stacks(&t, kind, stem, only, out, names);
	text_devices_free(&t);
	if (rc < 0 && !*why)
		snprintf(why, why_len, "%s: %s", stem, strerror(-rc));
	return rc;
}

/* The whole file as text, to be freed.  Returns 0 or -errno with a sentence in why. */
static int read_file(const char *path, char **text, char *why, size_t why_len)
{
	FILE *in;
	size_t n;
	int rc = text_file_open(path, TEXT_FILE_BYTES_MAX, &in, why, why_len);

	if (rc < 0)
		return rc;
	*text = malloc(TEXT_FILE_BYTES_MAX + 1);
	n = *text ? fread(*text, 1, TEXT_FILE_BYTES_MAX, in) : 0;
	rc = !*text ? -ENOMEM : ferror(in) ? -EIO : 0;
	fclose(in);
	if (!rc && memchr(*text, '\0', n))
		rc = -EINVAL;
	if (rc < 0) {
		free(*text);
		*text = NULL;
		snprintf(why, why_len, "%s: %s", path, rc == -EINVAL ? "not text" : strerror(-rc));
		return rc;
	}
	(*text)[n] = '\0';
	return 0;
}

int stack_text_expand(const char *word, struct words *out, char *note, size_t note_len, char *why,
		      size_t why_len)
{
	char *path = strdup(word + kind_len(word)), *only = path ? strrchr(path, '#') : NULL;
	char kind[16], stem[256], *slash, *text = NULL;
	int rc;

	if (!path)
		return -ENOMEM;
	if (only && only[1] && access(path, F_OK) < 0)
		*only++ = '\0';
	else
		only = NULL;

	*note = '\0';
	snprintf(kind, sizeof(kind), "%.*s", (int)kind_len(word), word);
	if (!*path) {
		snprintf(why, why_len, "stack '%s': expected a file, e.g. %sFILE", word, kind);
		free(path);
		return -EINVAL;
	}
	rc = read_file(path, &text, why, why_len);
	slash = strrchr(path, '/');
	snprintf(stem, sizeof(stem), "%s", slash ? slash + 1 : path);
	if (!rc)
		rc = stack_text_expand_memory(kind, stem, only, text, out, note, note_len, why,
					      why_len);
	free(text);
	free(path);
	return rc;
}
