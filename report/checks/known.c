// SPDX-License-Identifier: GPL-2.0-only
#include "report/checks/known.h"

#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/nearest.h"
#include "lib/base/text_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- versions ------------------------------------------------------------------------------ */

/* A number of at most six digits; returns what follows it, or NULL. */
static const char *read_number(const char *text, int *out)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || digits > 6)
		return NULL;
	*out = atoi(text);
	return text + digits;
}

int kernel_version_read(const char *text, struct kernel_version *out)
{
	const char *at;

	*out = (struct kernel_version){.patch = -1};
	at = read_number(text, &out->major);
	if (!at || *at != '.')
		return -EINVAL;
	at = read_number(at + 1, &out->minor);
	if (!at)
		return -EINVAL;
	if (*at == '.') {
		const char *next = read_number(at + 1, &out->patch);

		at = next ? next : at;
	}
	if ((*at == '-' || *at == '~') && !strncmp(at + 1, "rc", 2))
		read_number(at + 3, &out->rc);
	return 0;
}

static int compare(int a, int b)
{
	return (a > b) - (a < b);
}

/* Where a version without -rc stands among those with one. */
static int rc_rank(int rc)
{
	return rc ? rc : INT_MAX;
}

int kernel_version_compare(const struct kernel_version *kernel, const struct kernel_version *bound)
{
	int diff = compare(kernel->major, bound->major);

	if (!diff)
		diff = compare(kernel->minor, bound->minor);
	if (diff || (bound->patch < 0 && !bound->rc))
		return diff;
	diff = compare(kernel->patch < 0 ? 0 : kernel->patch, bound->patch < 0 ? 0 : bound->patch);
	return diff ? diff : compare(rc_rank(kernel->rc), rc_rank(bound->rc));
}

const char *kernel_version_text(const char *release, const char *package, const char *uname_v,
				char *out, size_t size)
{
	const char *debian = uname_v ? strstr(uname_v, "Debian ") : NULL;
	const char *candidates[] = {
		package && strrchr(package, ' ') ? strrchr(package, ' ') + 1 : NULL,
		debian ? debian + strlen("Debian ") : NULL,
	};
	struct kernel_version ours, other;

	snprintf(out, size, "%s", release);
	for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		/* Only if it is of the same kernel: a package may be a path. */
		if (!candidates[i] || kernel_version_read(release, &ours) < 0 ||
		    kernel_version_read(candidates[i], &other) < 0 || ours.major != other.major ||
		    ours.minor != other.minor)
			continue;
		snprintf(out, size, "%.*s", (int)strcspn(candidates[i], " "), candidates[i]);
		break;
	}
	return out;
}

/* ---- entries ------------------------------------------------------------------------------- */

enum {
	KEYS = 15,
	KEY_CHECK = 0,
	KEY_LAST = 2,
	KEYS_REQUIRED = 8,
	KEY_SEVERITY = 8,
	KEY_KIND,
	KEY_SOMETIMES = 14,
};

/* The first KEYS_REQUIRED have to be there. */
static const char *const keys[KEYS] = {
	"check",    "first", "last",	"why",	 "evidence", "reference", "reproducer", "match",
	"severity", "kind",  "subject", "files", "fixes",    "layout",	  "sometimes",
};

/* The worst first. */
static const char *const severities[] = {"critical", "serious", "minor", NULL};
static const char *const kinds[] = {"corruption", "durability", "oops", "hang",	   "error",
				    "lost DAX",	  "signal",	"cost", "warning", NULL};

struct entry {
	struct known_bug bug;
	char *name, *values[KEYS];
	struct kernel_version first, last; /* last.major -1: not known to end */
	regex_t match;
	bool has_match; /* match is compiled */
};

struct known {
	struct entry *entries; /* by name */
	size_t n;
};

static void entry_free(struct entry *e)
{
	free(e->name);
	for (int i = 0; i < KEYS; i++)
		free(e->values[i]);
	if (e->has_match)
		regfree(&e->match);
}

static int key_of(const char *path, unsigned int line, const char *word, size_t len)
{
	const char *best = NULL;
	char typed[32];

	for (int i = 0; i < KEYS; i++)
		if (strlen(keys[i]) == len && !strncmp(word, keys[i], len))
			return i;
	snprintf(typed, sizeof(typed), "%.*s", (int)len, word);
	for (int i = 0; i < KEYS; i++)
		best = nearest_of(typed, best, keys[i]);
	if (best)
		msg_error("%s:%u: unknown key '%s' (did you mean '%s'?)", path, line, typed, best);
	else
		msg_error("%s:%u: unknown key '%s'; check/known/README.md lists them", path, line,
			  typed);
	return -EINVAL;
}

/* Adds a line to a value.  Returns 0 or -ENOMEM. */
static int append(char **value, const char *text)
{
	char *more;

	if (asprintf(&more, "%s%s%s", *value ? *value : "", *value && **value ? "\n" : "", text) <
	    0) {
		msg_error("out of memory");
		return -ENOMEM;
	}
	free(*value);
	*value = more;
	return 0;
}

struct reader {
	struct entry *entry;
	int key; /* of the line before, or -1 */
};

static int take_line(void *reader, const char *path, unsigned int line, char *text)
{
	struct reader *r = reader;
	struct entry *e = r->entry;
	size_t len = strcspn(text, ":");
	int k;

	for (char *end = text + strlen(text); end > text && strchr(" \t", end[-1]); end--)
		end[-1] = '\0';
	if (!*text || *text == '#')
		return 0;
	if (*text == ' ' || *text == '\t') {
		if (r->key >= 0)
			return append(&e->values[r->key], text + strspn(text, " \t"));
		msg_error("%s:%u: continuation without a key; the first line must be KEY: VALUE",
			  path, line);
		return -EINVAL;
	}
	if (text[len] != ':') {
		msg_error("%s:%u: neither KEY: VALUE nor an indented continuation", path, line);
		return -EINVAL;
	}
	k = key_of(path, line, text, len);
	if (k < 0)
		return k;
	if (e->values[k]) {
		msg_error("%s:%u: duplicate key %s", path, line, keys[k]);
		return -EINVAL;
	}
	r->key = k;
	text += len + 1;
	return append(&e->values[k], text + strspn(text, " \t"));
}

/* Returns 0, or -EINVAL after an error line. */
static int read_bound(const char *path, const char *key, const char *text,
		      struct kernel_version *bound)
{
	if (!strpbrk(text, " \t\n") && !kernel_version_read(text, bound))
		return 0;
	msg_error("%s: %s: %s is no kernel release like 6.1, 6.1.150 or 7.3-rc7", path, key, text);
	return -EINVAL;
}

/* Returns 0, or -EINVAL after an error line. */
static int read_range(const char *path, struct entry *e)
{
	int rc = read_bound(path, "first", e->bug.first, &e->first);

	e->last = (struct kernel_version){.major = -1};
	if (rc < 0 || !*e->bug.last)
		return rc;
	rc = read_bound(path, "last", e->bug.last, &e->last);
	if (!rc && kernel_version_compare(&e->first, &e->last) > 0) {
		msg_error("%s: first: %s is newer than last: %s", path, e->bug.first, e->bug.last);
		rc = -EINVAL;
	}
	return rc;
}

static int compile_match(const char *path, struct entry *e)
{
	int rc = regcomp(&e->match, e->bug.match, REG_EXTENDED | REG_NOSUB);
	char why[128];

	if (!rc) {
		e->has_match = true;
		return 0;
	}
	if (rc == REG_ESPACE)
		memory_check(NULL);
	regerror(rc, &e->match, why, sizeof(why));
	msg_error("%s: match: %s: %s", path, e->bug.match, why);
	return -EINVAL;
}

static int rank_of(const char *const *choices, const char *value)
{
	for (int i = 0; choices[i]; i++)
		if (!strcmp(choices[i], value))
			return i;
	return -1;
}

static int check_choice(const char *path, const char *key, const char *value,
			const char *const *choices)
{
	if (!value || rank_of(choices, value) >= 0)
		return 0;
	msg_error("%s: unknown %s '%s'; check/known/README.md lists them", path, key, value);
	return -EINVAL;
}

/* Checks that all keys are there and valid. */
static int entry_check(const char *path, struct entry *e)
{
	for (int i = 0; i < KEYS_REQUIRED; i++) {
		if (e->values[i] && (*e->values[i] || i == KEY_LAST))
			continue;
		if (i == KEY_CHECK && !e->values[i] && e->values[KEY_SOMETIMES])
			continue;
		msg_error("%s: %s is %s", path, keys[i], e->values[i] ? "empty" : "missing");
		return -EINVAL;
	}
	e->bug = (struct known_bug){
		.name = e->name,
		.check = e->values[KEY_CHECK] ? e->values[KEY_CHECK] : "",
		.first = e->values[1],
		.last = e->values[2],
		.why = e->values[3],
		.evidence = e->values[4],
		.reference = e->values[5],
		.reproducer = e->values[6],
		.match = e->values[7],
		.severity = e->values[8],
		.kind = e->values[9],
		.subject = e->values[10],
		.files = e->values[11],
		.fixes = e->values[12],
		.layout = e->values[13],
		.sometimes = e->values[KEY_SOMETIMES],
	};
	if (read_range(path, e) < 0 ||
	    check_choice(path, keys[KEY_SEVERITY], e->bug.severity, severities) < 0 ||
	    check_choice(path, keys[KEY_KIND], e->bug.kind, kinds) < 0)
		return -EINVAL;
	return compile_match(path, e);
}

static int entry_read(const char *path, struct entry *e)
{
	struct reader r = {.entry = e, .key = -1};
	int rc = text_file_read(path, "known kernel bug", take_line, &r);

	return rc ? rc : entry_check(path, e);
}

static int is_entry(const struct dirent *e)
{
	return !strchr(e->d_name, '.') && e->d_type != DT_DIR;
}

/* Marks the entries whose first kernel is the oldest of all. */
static void mark_oldest(struct known *known)
{
	for (size_t i = 0; i < known->n; i++) {
		struct entry *e = &known->entries[i];

		e->bug.since_oldest = true;
		for (size_t j = 0; j < known->n; j++)
			if (kernel_version_compare(&known->entries[j].first, &e->first) < 0)
				e->bug.since_oldest = false;
	}
}

int known_read(const char *dir, struct known **out)
{
	struct known *known = calloc(1, sizeof(*known));
	struct dirent **files = NULL;
	int n = 0, rc = 0;

	*out = NULL;
	if (known && dir)
		n = scandir(dir, &files, is_entry, alphasort);
	if (n < 0) {
		rc = -errno;
		msg_error("cannot read %s: %s; it holds the known kernel bugs", dir,
			  strerror(errno));
		free(known);
		return rc;
	}
	if (known && n)
		known->entries = calloc((size_t)n, sizeof(*known->entries));
	if (!known || (n && !known->entries)) {
		msg_error("out of memory");
		rc = -ENOMEM;
	}
	for (int i = 0; i < n && !rc; i++) {
		struct entry *e = &known->entries[known->n++];
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", dir, files[i]->d_name);
		e->name = memory_check(strdup(files[i]->d_name));
		rc = e->name ? entry_read(path, e) : -ENOMEM;
	}
	for (int i = 0; i < n; i++)
		free(files[i]);
	free(files);
	if (rc) {
		known_free(known);
		return rc;
	}
	mark_oldest(known);
	*out = known;
	return 0;
}

void known_free(struct known *known)
{
	if (!known)
		return;
	for (size_t i = 0; i < known->n; i++)
		entry_free(&known->entries[i]);
	free(known->entries);
	free(known);
}

const struct known_bug *known_at(const struct known *known, size_t i)
{
	return i < known->n ? &known->entries[i].bug : NULL;
}

const char *known_reproducer(const struct known_bug *bug, char *out, size_t size)
{
	int len = (int)strcspn(bug->reproducer, " \n"), from = 0;

	for (int i = 0; i < len; i++)
		if (bug->reproducer[i] == '/')
			from = i + 1;
	snprintf(out, size, "%.*s", len - from, bug->reproducer + from);
	if (strrchr(out, '.'))
		*strrchr(out, '.') = '\0';
	return out;
}

bool known_has(const struct known_bug *bug, const struct kernel_version *kernel)
{
	struct kernel_version bound;

	if (!kernel_version_read(bug->first, &bound) && kernel_version_compare(kernel, &bound) < 0)
		return false;
	return !*bug->last || kernel_version_read(bug->last, &bound) < 0 ||
	       kernel_version_compare(kernel, &bound) <= 0;
}

bool known_loses_data(const struct known_bug *bug)
{
	return bug->kind && (!strcmp(bug->kind, "corruption") || !strcmp(bug->kind, "durability"));
}

bool known_is_new(const struct known_bug *bug, const struct kernel_version *kernel)
{
	struct kernel_version first;

	return !bug->since_oldest && !kernel_version_read(bug->first, &first) &&
	       first.major == kernel->major && first.minor == kernel->minor;
}

int known_severity(const struct known_bug *bug)
{
	int rank = bug->severity ? rank_of(severities, bug->severity) : -1;

	return rank < 0 ? (int)(sizeof(severities) / sizeof(severities[0])) : rank;
}

/* ---- matching ---------------------------------------------------------------------------- */

/* globs: one or more, with blanks between them. */
static bool any_fits(const char *globs, const char *id)
{
	char glob[256];
	int len;

	for (; sscanf(globs, " %255s%n", glob, &len) == 1; globs += len)
		if (!fnmatch(glob, id, 0))
			return true;
	return false;
}

static bool entry_holds(const struct entry *e, const struct kernel_version *kernel)
{
	return kernel_version_compare(kernel, &e->first) >= 0 &&
	       (e->last.major < 0 || kernel_version_compare(kernel, &e->last) <= 0);
}

static bool entry_about(const struct entry *e, const struct kernel_version *kernel, const char *id)
{
	return entry_holds(e, kernel) && any_fits(e->bug.check, id);
}

/* Whether the bug may make this check fail, always or not. */
static bool entry_may_explain(const struct entry *e, const struct kernel_version *kernel,
			      const char *id)
{
	return entry_about(e, kernel, id) ||
	       (entry_holds(e, kernel) && e->bug.sometimes && any_fits(e->bug.sometimes, id));
}

static bool fits(const struct entry *e, const json_t *text)
{
	bool found;

	errno = 0; /* glibc's regexec() returns REG_NOMATCH for every error */
	found = json_is_string(text) && !regexec(&e->match, json_string_value(text), 0, NULL, 0);
	if (!found && errno == ENOMEM)
		memory_check(NULL);
	return found;
}

static const char also[] = "also: "; /* prefix of further complaints of check/runner.c */

/* Complaints that are about the kernel's log; an oops may end in the second and the third. */
static const struct {
	const char *prefix;
	bool oops; /* only an oops explains it, no warning does */
} log_complaints[] = {
	{"the kernel complained: ", false},
	{"the kernel hung: ", true},
	{"the kernel died: ", true},
};

static bool is_oops(const char *line)
{
	return strstr(line, "BUG: ") || strstr(line, "Oops") || strstr(line, "Kernel panic");
}

/* Whether a line of the log explains a complaint about the log. */
static bool log_explains(const struct entry *e, const char *complaint, const json_t *dmesg)
{
	const json_t *line;
	size_t i, n;

	for (n = 0; n < sizeof(log_complaints) / sizeof(log_complaints[0]); n++)
		if (!strncmp(complaint, log_complaints[n].prefix, strlen(log_complaints[n].prefix)))
			break;
	if (n == sizeof(log_complaints) / sizeof(log_complaints[0]))
		return false;
	json_array_foreach(dmesg, i, line) {
		if (fits(e, line) && (!log_complaints[n].oops || is_oops(json_string_value(line))))
			return true;
	}
	return false;
}

/* Whether an entry is about one complaint. */
static bool entry_explains(const struct entry *e, const json_t *complaint, const json_t *dmesg)
{
	const char *text = json_string_value(complaint);

	if (!text)
		return false;
	if (!strncmp(text, also, strlen(also)))
		text += strlen(also);
	return fits(e, complaint) || log_explains(e, text, dmesg);
}

/* The first entry that explains a complaint of a check, or NULL. */
static const struct entry *explanation(const struct known *known,
				       const struct kernel_version *kernel, const json_t *line,
				       const json_t *complaint)
{
	const char *id = json_string_value(json_object_get(line, "id"));

	for (size_t i = 0; id && i < known->n; i++) {
		const struct entry *e = &known->entries[i];

		if (entry_may_explain(e, kernel, id) &&
		    entry_explains(e, complaint, json_object_get(line, "dmesg")))
			return e;
	}
	return NULL;
}

const struct known_bug *known_about(const struct known *known, const struct kernel_version *kernel,
				    const char *id)
{
	for (size_t i = 0; i < known->n; i++)
		if (entry_about(&known->entries[i], kernel, id))
			return &known->entries[i].bug;
	return NULL;
}

const struct known_bug *known_cause(const struct known *known, const struct kernel_version *kernel,
				    const json_t *line)
{
	const struct entry *first = explanation(known, kernel, line, json_object_get(line, "why"));
	const json_t *text;
	size_t i;

	if (!first)
		return NULL;
	json_array_foreach(json_object_get(line, "evidence"), i, text) {
		if (json_is_string(text) && !strncmp(json_string_value(text), also, strlen(also)) &&
		    !explanation(known, kernel, line, text))
			return NULL;
	}
	return &first->bug;
}
