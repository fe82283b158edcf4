// SPDX-License-Identifier: GPL-2.0-only
/*
 * The messages of a check go as JSON lines through a pipe to the runner at once: those of a check
 * that dies later are not lost.
 */
#include "check/check.h"

#include "lib/base/source_place.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One write, so that lines of a check and of its tasks do not mix.  Steals line. */
static void send_line(struct check_env *env, json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
	size_t len = text ? strlen(text) : 0;

	if (text) {
		text[len] = '\n'; /* in the place of the terminating zero */
		if (write(env->out, text, len + 1) < 0)
			abort(); /* the runner is gone */
	}
	free(text);
	json_decref(line);
}

/* Messages are ASCII.  A byte that is not, from a program's output or a wrong sector, becomes '?':
 * JSON takes UTF-8 only, and a line that cannot be encoded would be lost with its verdict. */
static char *format(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));
static char *format(const char *fmt, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, args) < 0)
		return NULL;
	for (char *p = text; *p; p++)
		if (!isascii((unsigned char)*p))
			*p = '?';
	return text;
}

/* Sends {say: verdict, why: text}; keeps errno. */
static void say(struct check_env *env, const char *verdict, const char *cure, const char *fmt,
		va_list args) __attribute__((format(printf, 4, 0)));
static void say(struct check_env *env, const char *verdict, const char *cure, const char *fmt,
		va_list args)
{
	int kept = errno;
	char *text = format(fmt, args);

	env->complained = true;
	send_line(env, json_pack("{ss ss* ss* so}", "say", verdict, "why", text, "cure", cure, "at",
				 source_place_callers()));
	free(text);
	errno = kept;
}

/* A block device by its name in /dev; its numbers, as tables have them, are those of one boot. */
static void put_device(FILE *out, const char *numbers, int len)
{
	char link[64], path[PATH_MAX], name[128] = "";
	FILE *in;

	snprintf(link, sizeof(link), "/sys/dev/block/%.*s", len, numbers);
	if (!realpath(link, path)) {
		fprintf(out, "%.*s", len, numbers);
		return;
	}
	snprintf(link, sizeof(link), "/sys/dev/block/%.*s/dm/name", len, numbers);
	in = fopen(link, "re");
	if (in && fgets(name, sizeof(name), in))
		fprintf(out, "/dev/mapper/%.*s", (int)strcspn(name, "\n"), name);
	else
		fprintf(out, "/dev/%s", strrchr(path, '/') + 1);
	if (in)
		fclose(in);
}

/* Text with each word MAJOR:MINOR replaced by the name of that device.  To be freed. */
static char *with_names(const char *text)
{
	char *named = NULL;
	size_t size;
	FILE *out = open_memstream(&named, &size);

	while (out && *text) {
		int len = (int)strcspn(text, " \n"), digits = (int)strspn(text, "0123456789");

		if (digits && text[digits] == ':' &&
		    digits + 1 + (int)strspn(text + digits + 1, "0123456789") == len)
			put_device(out, text, len);
		else
			fwrite(text, 1, (size_t)len, out);
		text += len;
		if (*text)
			fputc(*text++, out);
	}
	return out && !fclose(out) ? named : NULL;
}

void check_log_setup(void *env, const char *lines)
{
	char *named = with_names(lines), *rest = named, *line;

	while (named && (line = strsep(&rest, "\n")))
		send_line(env, json_pack("{ss ss}", "say", "setup", "line", line));
	free(named);
}

void check_fail(struct check_env *env, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(env, "fail", NULL, fmt, args);
	va_end(args);
}

void check_broken(struct check_env *env, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(env, "broken", NULL, fmt, args);
	va_end(args);
}

void check_skip(struct check_env *env, const char *cure, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(env, "skip", cure, fmt, args);
	va_end(args);
}

void check_evidence(struct check_env *env, const char *fmt, ...)
{
	va_list args;
	char *text, *line, *rest;

	va_start(args, fmt);
	text = format(fmt, args);
	va_end(args);
	rest = text;
	while (text && (line = strsep(&rest, "\n")))
		if (line[0])
			send_line(env, json_pack("{ss ss}", "say", "evidence", "line", line));
	free(text);
}

void check_observe(struct check_env *env, const char *name, json_t *value)
{
	send_line(env, json_pack("{ss ss so}", "say", "observation", "name", name, "value", value));
}

void check_observe_suspicious(struct check_env *env, const char *name, json_t *value)
{
	send_line(env, json_pack("{ss ss sb so}", "say", "observation", "name", name, "suspicious",
				 true, "value", value));
}

void check_outside(struct check_env *env, const struct namespace *ns, uint64_t offset_bytes,
		   uint64_t len_bytes, uint32_t file_id, uint64_t file_offset_bytes,
		   uint32_t generation)
{
	send_line(env, json_pack("{ss ss sI sI sI sI sI}", "say", "outside", "region", ns->region,
				 "offset_bytes", (json_int_t)(ns->region_bytes + offset_bytes),
				 "len_bytes", (json_int_t)len_bytes, "file", (json_int_t)file_id,
				 "file_offset_bytes", (json_int_t)file_offset_bytes, "generation",
				 (json_int_t)generation));
}

void check_runs_instead(struct check_env *env)
{
	send_line(env, json_pack("{ss}", "say", "instead"));
}

bool check_complained(const struct check_env *env)
{
	return env->complained;
}

/* Whether this expectation is the one that gets a wrong value: the first of the check. */
static bool plant_value(struct check_env *env)
{
	if (env->plant != PLANT_VALUE || env->planted)
		return false;
	env->planted = true;
	return true;
}

static const char *errno_text(int rc)
{
	return rc ? strerrorname_np(-rc) : "success";
}

/* WHAT: expected WANT, got GOT. */
static void unexpected(struct check_env *env, const char *got, const char *want, const char *fmt,
		       va_list args) __attribute__((format(printf, 4, 0)));
static void unexpected(struct check_env *env, const char *got, const char *want, const char *fmt,
		       va_list args)
{
	char *what = format(fmt, args);

	check_fail(env, "%s: expected %s, got %s", what ? what : "?", want, got);
	free(what);
}

bool check_equal(struct check_env *env, int64_t got, int64_t want, const char *what_fmt, ...)
{
	char got_text[32], want_text[32];
	va_list args;

	if (plant_value(env))
		want++;
	if (got == want)
		return true;
	snprintf(got_text, sizeof(got_text), "%" PRId64, got);
	snprintf(want_text, sizeof(want_text), "%" PRId64, want);
	va_start(args, what_fmt);
	unexpected(env, got_text, want_text, what_fmt, args);
	va_end(args);
	return false;
}

bool check_errno(struct check_env *env, int rc, int want, const char *what_fmt, ...)
{
	va_list args;

	if (rc > 0)
		rc = 0;
	if (plant_value(env))
		want = want ? 0 : -EXDEV;
	if (rc == want)
		return true;
	va_start(args, what_fmt);
	unexpected(env, errno_text(rc), errno_text(want), what_fmt, args);
	va_end(args);
	return false;
}

bool check_that(struct check_env *env, bool holds, const char *what_fmt, ...)
{
	va_list args;
	char *what;

	if (plant_value(env))
		holds = !holds;
	if (holds)
		return true;
	va_start(args, what_fmt);
	what = format(what_fmt, args);
	va_end(args);
	check_fail(env, "expected: %s", what ? what : "?");
	free(what);
	return false;
}

/* Errors that say something about this host, not about what the kernel promises. */
static bool is_of_host(int rc)
{
	static const int errors[] = {ENOMEM, ENOSPC, EMFILE, ENFILE,	EAGAIN,
				     ENODEV, ENOENT, EPERM,  ETIMEDOUT, EINTR};

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (rc == -errors[i])
			return true;
	return false;
}

bool check_setup(struct check_env *env, int rc, const char *what_fmt, ...)
{
	va_list args;
	char *what;

	if (rc >= 0)
		return true;
	va_start(args, what_fmt);
	what = format(what_fmt, args);
	va_end(args);
	if (is_of_host(rc))
		check_broken(env, "%s: %s", what ? what : "?", strerror(-rc));
	else
		check_fail(env, "%s: expected success, got %s", what ? what : "?", errno_text(rc));
	free(what);
	return false;
}

bool check_own(struct check_env *env, int rc, const char *what_fmt, ...)
{
	va_list args;
	char *what;

	if (rc >= 0)
		return true;
	va_start(args, what_fmt);
	what = format(what_fmt, args);
	va_end(args);
	check_broken(env, "%s: %s", what ? what : "?", strerror(-rc));
	free(what);
	return false;
}
