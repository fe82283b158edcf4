// SPDX-License-Identifier: GPL-2.0-only
#include "check/health.h"

#include "lib/base/limit_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOG_MAX = 400, FOLLOW = 24, LINES_MAX = 120 };

/* Died (D), bad page (B), warned (W), soft lockup (L), machine check (M). */
#define TROUBLE ((UINT64_C(1) << 7) | (1 << 5) | (1 << 9) | (1 << 14) | (1 << 4))

static const char *const complaints[] = {
	"WARNING:",
	"BUG:",
	"kernel BUG at",
	"Oops",
	"general protection fault",
	"Unable to handle",
	"INFO: possible",
	"possible circular locking",
	"possible recursive locking",
	"suspicious RCU usage",
	"inconsistent lock state",
	"detected stall",
	"self-detected stall",
	"blocked for more than",
	"soft lockup",
	"hard LOCKUP",
	"refcount_t:",
	"list_add corruption",
	"list_del corruption",
	"UBSAN:",
	"KASAN:",
	"KCSAN:",
	"Bad page state",
	"scheduling while atomic",
	"sleeping function called from invalid context",
	"Internal error",
};

/* Those of them that come of the time alone. */
static const char *const late_complaints[] = {
	"detected stall", "self-detected stall", "blocked for more than",
	"soft lockup",	  "workqueue lockup",
};

/* A soft lockup leaves it (TAINT_SOFTLOCKUP). */
#define TAINT_LATE (UINT64_C(1) << 14)

static uint64_t taint_now(void)
{
	FILE *in = fopen("/proc/sys/kernel/tainted", "re");
	unsigned long long bits = 0;

	if (in) {
		if (fscanf(in, "%llu", &bits) != 1)
			bits = 0;
		fclose(in);
	}
	return bits;
}

static int log_line(const char *text)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC), rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

int health_begin(struct health *h, const char *what)
{
	char marker[200], given[48] = "";
	int rc;

	h->taint = taint_now();
	h->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (h->kmsg < 0)
		return -errno;
	lseek(h->kmsg, 0, SEEK_END);
	if (limit_clock_is_published())
		snprintf(given, sizeof(given), ", given %" PRId64 " ms so far", limit_clock_ms());
	snprintf(marker, sizeof(marker), "<6>daxdm: begin %s%s\n", what, given);
	rc = log_line(marker);
	if (rc < 0) {
		close(h->kmsg);
		h->kmsg = -1;
	}
	return rc;
}

void health_plant(void)
{
	log_line("<4>WARNING: CPU: 0 PID: 0 at planted/by/daxdm.c:1 nothing+0x0/0x0\n");
}

static bool has_one_of(const char *text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(text, list[i]))
			return true;
	return false;
}

static bool is_complaint(const char *text)
{
	return has_one_of(text, complaints, sizeof(complaints) / sizeof(complaints[0]));
}

static bool is_late(const char *text)
{
	return has_one_of(text, late_complaints,
			  sizeof(late_complaints) / sizeof(late_complaints[0]));
}

/* "6,1234,5678,-;TEXT\n SUBSYSTEM=..." -> TEXT, or NULL. */
static char *record_text(char *record)
{
	char *text = strchr(record, ';');

	if (!text)
		return NULL;
	text++;
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static json_t *as_string(const char *text)
{
	json_t *string = json_string(text);

	/* The log may hold any byte. */
	return string ? string : json_string("(a line that is not UTF-8)");
}

bool health_end(struct health *h, json_t *lines, uint64_t *taint, json_t *log)
{
	int follow = 0;
	bool well = true;

	*taint = taint_now() & ~h->taint & TROUBLE;
	h->only_late = !(*taint & ~TAINT_LATE);
	if (h->kmsg < 0)
		return !*taint;
	for (;;) {
		char record[8192], *text;
		ssize_t n = read(h->kmsg, record, sizeof(record) - 1);

		if (n < 0 && errno == EPIPE) /* overwritten meanwhile: reads on behind the gap */
			continue;
		if (n <= 0)
			break;
		record[n] = '\0';
		text = record_text(record);
		if (!text)
			continue;
		if (log && json_array_size(log) < LOG_MAX)
			json_array_append_new(log, as_string(text));
		if (is_complaint(text)) {
			well = false;
			h->only_late = h->only_late && is_late(text);
			follow = FOLLOW;
		}
		if (follow && json_array_size(lines) < LINES_MAX) {
			json_array_append_new(lines, as_string(text));
			follow--;
		}
	}
	close(h->kmsg);
	h->kmsg = -1;
	return well && !*taint;
}
