// SPDX-License-Identifier: GPL-2.0-only
#include "emu/results.h"

#include "emu/scratch.h"
#include "lib/base/msg.h"
#include "lib/file/fs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int not_written(const struct results *r, int rc)
{
	msg_error("cannot write %s/run.jsonl: %s; the run is incomplete", r->dir,
		  scratch_write_error(rc));
	return rc;
}

static int make_run_dir(const char *dir)
{
	char parent[PATH_MAX], *slash;
	int rc = 0;

	if (snprintf(parent, sizeof(parent), "%s", dir) >= (int)sizeof(parent))
		return -ENAMETOOLONG;
	slash = strrchr(parent, '/');
	if (slash && slash != parent) {
		*slash = '\0';
		rc = scratch_make_dirs(parent);
	}
	if (!rc && mkdir(dir, 0777) < 0)
		rc = -errno;
	return rc;
}

int results_create(struct results *r, const char *dir, size_t n_guests, const char *package,
		   json_t *emulator)
{
	char path[PATH_MAX + 16];
	int rc = make_run_dir(dir);

	*r = (struct results){.emulator = emulator, .package = package};
	if (rc == -EEXIST)
		msg_error("%s is there already and a run is never overwritten; choose another name",
			  dir);
	else if (rc < 0)
		msg_error("cannot create %s: %s", dir, scratch_write_error(rc));
	if (rc < 0)
		return rc;
	snprintf(r->dir, sizeof(r->dir), "%s", dir);
	snprintf(path, sizeof(path), "%s/run.jsonl", dir);
	r->out = fopen(path, "we");
	if (!r->out)
		return not_written(r, -errno);
	r->lines = json_array();
	for (size_t i = 0; i < n_guests; i++)
		json_array_append_new(r->lines, json_array());
	return 0;
}

static int write_text(FILE *out, const char *text)
{
	errno = 0;
	if (fputs(text, out) < 0 || fputc('\n', out) < 0 || fflush(out) == EOF)
		return errno ? -errno : -EIO;
	return 0;
}

static int write_json(FILE *out, const json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
	int rc = text ? write_text(out, text) : -ENOMEM;

	free(text);
	return rc;
}

static json_t *first_context(const struct results *r, const json_t *guests)
{
	json_t *context = json_deep_copy(guests);
	char date[32];
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_object_set_new(context, "date", json_string(date));
	json_object_set(context, "emulator", r->emulator);
	if (json_is_object(json_object_get(context, "kernel")))
		json_object_set_new(json_object_get(context, "kernel"), "package",
				    json_string(r->package));
	return context;
}

/* Each guest loads one filesystem: adds the modules that the others do not have.  False if two
 * know different things. */
static bool merge_modules(json_t *known, const json_t *more)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)more, key, value) {
		json_t *old = json_object_get(known, key);

		if (json_is_null(value) || json_equal(old, value))
			continue;
		if (!json_is_null(old))
			return false;
		json_object_set(known, key, value);
	}
	return true;
}

/* All guests are the same machine: their contexts differ in the modules of the filesystems only. */
static int merge(const struct results *r, const json_t *more)
{
	const char *key;
	const json_t *value;

	json_object_foreach((json_t *)more, key, value) {
		json_t *known = json_object_get(r->context, key), *copy = NULL;
		int same;

		if (!strcmp(key, "kernel")) {
			known = copy = json_deep_copy(known);
			json_object_del(copy, "package");
		}
		same = strcmp(key, "modules") ? json_equal(known, value)
					      : merge_modules(known, value);
		json_decref(copy);
		if (!same) {
			msg_error("the contexts of two guests differ in \"%s\", expected the same; "
				  "%s is incomplete",
				  key, r->dir);
			return -EINVAL;
		}
	}
	return 0;
}

int results_context(struct results *r, const json_t *context)
{
	int rc;

	if (r->context)
		return merge(r, context);
	r->context = first_context(r, context);
	rc = write_json(r->out, r->context);
	return rc < 0 ? not_written(r, rc) : 0;
}

int results_line(struct results *r, size_t g, const char *line)
{
	int rc = write_text(r->out, line);

	if (rc < 0)
		return not_written(r, rc);
	return json_array_append_new(json_array_get(r->lines, g), json_string(line)) < 0 ? -ENOMEM
											 : 0;
}

void results_forget(struct results *r, size_t g)
{
	json_array_clear(json_array_get(r->lines, g));
}

static int write_canonical(const struct results *r, FILE *out, int status)
{
	json_t *end = json_pack("{s:s, s:i}", "type", "end", "status", status);
	const json_t *lines, *line;
	int rc = write_json(out, r->context);
	size_t g, i;

	json_array_foreach(r->lines, g, lines) {
		json_array_foreach(lines, i, line) {
			if (!rc)
				rc = write_text(out, json_string_value(line));
		}
	}
	if (!rc)
		rc = write_json(out, end);
	if (!rc && fsync(fileno(out)) < 0)
		rc = -errno;
	json_decref(end);
	return rc;
}

int results_finish(struct results *r, int status)
{
	char tmp[PATH_MAX + 32], path[PATH_MAX + 32];
	FILE *out;
	int rc;

	snprintf(tmp, sizeof(tmp), "%s/.run.jsonl.%d", r->dir, (int)getpid());
	snprintf(path, sizeof(path), "%s/run.jsonl", r->dir);
	out = fopen(tmp, "we");
	if (!out)
		return not_written(r, -errno);
	rc = write_canonical(r, out, status);
	if (fclose(out) == EOF && !rc)
		rc = -errno;
	if (!rc && rename(tmp, path) < 0)
		rc = -errno;
	if (rc < 0) {
		remove(tmp);
		return not_written(r, rc);
	}
	return 0;
}

void results_keep_log(const struct results *r, const char *from, const char *name,
		      const char *header)
{
	char path[PATH_MAX + 280], buf[65536];
	FILE *in = fopen(from, "re"), *out;
	size_t n;

	if (!in)
		return;
	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	out = fopen(path, "ae");
	if (out && header)
		fprintf(out, "# %s\n", header);
	while (out && (n = fread(buf, 1, sizeof(buf), in)))
		fwrite(buf, 1, n, out);
	if (out)
		fclose(out);
	fclose(in);
}

void results_close(struct results *r, int keep_empty)
{
	if (r->out)
		fclose(r->out);
	if (!r->context && !keep_empty && r->dir[0])
		fs_remove_tree(r->dir);
	json_decref(r->emulator);
	json_decref(r->context);
	json_decref(r->lines);
	*r = (struct results){0};
}
