// SPDX-License-Identifier: GPL-2.0-only
#include "lib/file/fs_spec.h"

#include "lib/base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const types[] = {"ext4", "xfs"};
static const char *const places[] = {"", "namespace", "partition", "linear"};

/* What follows the colon, in the order of the canonical text. */
static const struct key {
	const char *name;
	const char *type; /* NULL: any */
	enum { KEY_DEFAULT, KEY_MKFS, KEY_MOUNT, KEY_DEVICE } kind;
	enum fs_external external;
} keys[] = {
	{"default", NULL, KEY_DEFAULT, 0},
	{"mkfs", NULL, KEY_MKFS, 0},
	{"mount", NULL, KEY_MOUNT, 0},
	{"logdev", "xfs", KEY_DEVICE, FS_EXTERNAL_LOG},
	{"rtdev", "xfs", KEY_DEVICE, FS_EXTERNAL_REALTIME},
	{"journal", "ext4", KEY_DEVICE, FS_EXTERNAL_LOG},
};

enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

/* Words that would name a device, which --device does, or contradict what is measured. */
static const char *const refused[] = {
	"/", "logdev=", "rtdev=", "device=", "name=", "journal_path=", "journal_dev=", "UUID=",
};

struct parser {
	const char *text;
	struct fs_spec *spec;
	char *why;
	size_t why_len;
	bool seen[KEYS];
	bool bare; /* the value before was mkfs or mount, not in brackets */
};

__attribute__((format(printf, 3, 4))) static int complain(const struct parser *p, const char *at,
							  const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	snprintf(p->why, p->why_len, "filesystem '%s', column %zu: %s", p->text,
		 (size_t)(at - p->text) + 1, what);
	return -EINVAL;
}

static int too_long(const struct parser *p)
{
	snprintf(p->why, p->why_len, "filesystem '%.40s...': expected at most %d characters",
		 p->text, FS_SPEC_TEXT_BYTES - 1);
	return -EINVAL;
}

static bool is_of_type(const struct key *key, const char *type)
{
	return !key->type || !strcmp(key->type, type);
}

/* What names an external device in a filesystem of that type. */
static const char *device_keys(const char *type)
{
	return strcmp(type, "xfs") ? "journal=DEVICE" : "logdev=DEVICE or rtdev=DEVICE";
}

static int unknown_key(const struct parser *p, const char *at, size_t len)
{
	return complain(
		p, at, "expected default, mkfs=OPTIONS, mount=OPTIONS%s%s, got '%.*s'%s",
		strcmp(p->spec->type, "xfs") ? " or " : ", ", device_keys(p->spec->type), (int)len,
		at, p->bare ? "; a value with a comma is in brackets: mkfs=[-d su=2m,sw=1]" : "");
}

/* Finds the key at `at`; *len is its length. */
static const struct key *find_key(const struct parser *p, const char *at, size_t *len)
{
	*len = strcspn(at, "=,");
	for (size_t i = 0; i < KEYS; i++)
		if (strlen(keys[i].name) == *len && !memcmp(keys[i].name, at, *len) &&
		    is_of_type(&keys[i], p->spec->type))
			return &keys[i];
	return NULL;
}

static int check_value(const struct parser *p, const char *at, const char *value)
{
	for (const char *c = value; *c; c++)
		if (*c < ' ' || *c > '~' || strchr("[]{}\"'\\`", *c))
			return complain(p, at,
					"expected printable ASCII without quotes and brackets in a "
					"value");
	if (*value == ' ' || value[strlen(value) - 1] == ' ' || strstr(value, "  "))
		return complain(p, at, "expected single blanks between words");
	return 0;
}

static int check_mount(const struct parser *p, const char *at, const char *value)
{
	char list[FS_SPEC_TEXT_BYTES], *rest = list, *word;

	if (strchr(value, ' '))
		return complain(p, at, "expected mount options with commas, no blanks");
	strcpy(list, value);
	while ((word = strsep(&rest, ",")))
		if (!*word || !strncmp(word, "dax", 3) || !strcmp(word, "ro"))
			return complain(p, at,
					"expected mount options other than dax and ro, which "
					"benchmarks set, got '%s'",
					word);
	return 0;
}

static int set_options(const struct parser *p, const struct key *key, const char *at, char *value)
{
	if (key->kind == KEY_MKFS && *value != '-')
		return complain(p, at, "expected options of mkfs.%s, got '%s'", p->spec->type,
				value);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (strstr(value, refused[i]))
			return complain(p, at, "expected no '%s': a device is named by %s",
					refused[i], device_keys(p->spec->type));
	if (key->kind == KEY_MOUNT && check_mount(p, at, value) < 0)
		return -EINVAL;
	strcpy(key->kind == KEY_MKFS ? p->spec->mkfs : p->spec->mount, value);
	return 0;
}

static int set_device(const struct parser *p, const struct key *key, const char *at,
		      const char *value)
{
	for (enum fs_place place = FS_PLACE_NAMESPACE; place <= FS_PLACE_LINEAR; place++)
		if (!strcmp(value, places[place])) {
			p->spec->external[key->external] = place;
			return 0;
		}
	return complain(p, at, "expected namespace, partition or linear, got '%s'", value);
}

/* Reads the value at *at, in brackets or up to a comma, and moves *at behind it. */
static int read_value(struct parser *p, const struct key *key, const char **at)
{
	const char *from = *at, *end;
	char value[FS_SPEC_TEXT_BYTES];
	bool bracketed = *from == '[';
	size_t len;
	int rc;

	from += bracketed;
	end = bracketed ? strchr(from, ']') : from + strcspn(from, ",");
	if (!end)
		return complain(p, *at, "expected a ']' for this '['");
	len = (size_t)(end - from);
	if (!len)
		return complain(p, *at, "expected %s after %s=",
				key->kind == KEY_DEVICE ? "namespace, partition or linear"
							: "options",
				key->name);
	memcpy(value, from, len);
	value[len] = '\0';
	p->bare = !bracketed && key->kind != KEY_DEVICE;
	rc = check_value(p, *at, value);
	if (!rc)
		rc = key->kind == KEY_DEVICE ? set_device(p, key, *at, value)
					     : set_options(p, key, *at, value);
	*at = end + bracketed;
	return rc;
}

static int read_key(struct parser *p, const char **at)
{
	size_t len;
	const struct key *key = find_key(p, *at, &len);
	const char *begin = *at;

	if (!key || (begin[len] == '=') != (key->kind != KEY_DEFAULT))
		return unknown_key(p, begin, len);
	if (p->seen[key - keys])
		return complain(p, begin, "%s is given twice", key->name);
	p->seen[key - keys] = true;
	*at += len;
	if (key->kind == KEY_DEFAULT) {
		p->spec->is_default = true;
		return 0;
	}
	++*at;
	return read_value(p, key, at);
}

/* Writes the canonical text.  Returns 0, or -EINVAL if it is too long. */
static int put_text(const struct parser *p)
{
	struct fs_spec *spec = p->spec;
	char text[FS_SPEC_TEXT_BYTES + 8], separator = ':';

	snprintf(text, sizeof(text), "%s", spec->type);
	for (size_t i = 0; i < KEYS; i++) {
		const struct key *key = &keys[i];
		const char *value = key->kind == KEY_MKFS    ? spec->mkfs
				    : key->kind == KEY_MOUNT ? spec->mount
				    : key->kind == KEY_DEVICE
					    ? places[spec->external[key->external]]
					    : "";
		bool wrap = strpbrk(value, ", ");

		if (!is_of_type(key, spec->type) ||
		    !(key->kind == KEY_DEFAULT ? spec->is_default : *value))
			continue;
		text_append(text, sizeof(text), "%c%s%s%s%s%s", separator, key->name,
			    *value ? "=" : "", wrap ? "[" : "", value, wrap ? "]" : "");
		separator = ',';
	}
	if (strlen(text) >= sizeof(spec->text))
		return too_long(p);
	strcpy(spec->text, text);
	return 0;
}

static int read_keys(struct parser *p, const char *at)
{
	int rc;

	do {
		at++; /* the colon, or a comma */
		rc = read_key(p, &at);
		if (!rc && *at && *at != ',')
			rc = complain(p, at, "expected a comma or the end, got '%s'", at);
	} while (!rc && *at);
	if (!rc && p->spec->is_default && *p->spec->mkfs)
		rc = complain(p, p->text + strlen(p->text), "expected default or mkfs=, not both");
	return rc;
}

int fs_spec_parse(const char *text, struct fs_spec *out, char *why, size_t why_len)
{
	struct parser p = {.text = text, .spec = out, .why = why, .why_len = why_len};
	size_t len = fs_spec_type_len(text);
	int rc;

	*out = (struct fs_spec){0};
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i]) == len && !memcmp(types[i], text, len))
			out->type = types[i];
	if (!out->type) {
		snprintf(why, why_len, "unknown filesystem '%.*s'; expected ext4 or xfs", (int)len,
			 text);
		return -EINVAL;
	}
	if (strlen(text) >= FS_SPEC_TEXT_BYTES)
		return too_long(&p);
	rc = text[len] ? read_keys(&p, text + len) : 0;
	return rc < 0 ? rc : put_text(&p);
}

bool fs_spec_is_aligned(const struct fs_spec *spec)
{
	return !spec->is_default && !*spec->mkfs;
}

bool fs_spec_is_plain(const struct fs_spec *spec)
{
	return !strcmp(spec->text, spec->type);
}

size_t fs_spec_word_len(const char *text)
{
	size_t len = 0;

	for (bool inside = false; text[len] && (inside || !strchr(" \t#", text[len])); len++)
		inside = text[len] == '[' || (inside && text[len] != ']');
	return len;
}

size_t fs_spec_type_len(const char *text)
{
	return strcspn(text, ":");
}
