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

/* late: something took too long, which a slow outer host can cause. */
static const struct {
	const char *text;
	bool late;
} complaints[] = {
	{"WARNING:", false},
	{"BUG:", false},
	{"kernel BUG at", false},
	{"Oops", false},
	{"general protection fault", false},
	{"Unable to handle", false},
	{"INFO: possible", false},
	{"possible circular locking", false},
	{"possible recursive locking", false},
	{"suspicious RCU usage", false},
	{"inconsistent lock state", false},
	{"detected stall", true},
	{"self-detected stall", true},
	{"blocked for more than", true},
	{"soft lockup", true},
	{"workqueue lockup", true},
	{"hard LOCKUP", false},
	{"refcount_t:", false},
	{"list_add corruption", false},
	{"list_del corruption", false},
	{"UBSAN:", false},
	{"KASAN:", false},
	{"KCSAN:", false},
	{"Bad page state", false},
	{"scheduling while atomic", false},
	{"sleeping function called from invalid context", false},
	{"Internal error", false},
	/* Of a table that is destroyed: a target has not released a member. */
	{"dm_put_device call missing", false},
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

/* Whether it is a complaint; sets late. */
static bool is_complaint(const char *text, bool *late)
{
	bool found = false;

	*late = false;
	for (size_t i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++) {
		if (!strstr(text, complaints[i].text))
			continue;
		found = true;
		*late = *late || complaints[i].late;
	}
	return found;
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
		bool late;
		ssize_t n = read(h->kmsg, record, sizeof(record) - 1);

		if (n < 0 && errno == EPIPE) /* records were overwritten: continue after the gap */
			continue;
		if (n <= 0)
			break;
		record[n] = '\0';
		text = record_text(record);
		if (!text)
			continue;
		if (log && json_array_size(log) < LOG_MAX)
			json_array_append_new(log, as_string(text));
		if (is_complaint(text, &late)) {
			well = false;
			h->only_late = h->only_late && late;
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
