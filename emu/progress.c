// SPDX-License-Identifier: GPL-2.0-only
#include "emu/progress.h"
#include "lib/base/limit_clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PLAIN_EVERY_MS 5000
#define TERMINAL_EVERY_MS 100

static bool line_is_open;

/* Estimates the seconds until this guest is done; -1 if that is not possible yet. */
static int eta_s(const struct guest *g)
{
	int64_t spent = limit_clock_wall_ms() - g->job_start_ms;

	if (g->state == GUEST_DONE)
		return 0;
	if (g->state != GUEST_RUNNING || !g->done || !g->total)
		return -1;
	return (int)(spent * (g->total - g->done) / g->done / 1000);
}

static const char between[] = "  |  ";

static int describe(const struct guest *g, char *text, size_t len)
{
	switch (g->state) {
	case GUEST_QUEUED:
		return snprintf(text, len, "%s: waiting", g->name);
	case GUEST_BOOTING:
		return snprintf(text, len, "%s: booting %.0f s", g->name,
				(double)(limit_clock_wall_ms() - g->started_ms) / 1000);
	case GUEST_RUNNING:
		if (!g->total)
			return snprintf(text, len, "%s: starting", g->name);
		return snprintf(text, len, "%s: %d/%d %s %s", g->name, g->done, g->total,
				guest_phase_names[g->phase], g->what);
	case GUEST_DONE:
		return snprintf(text, len, "%s: done", g->name);
	default:
		return snprintf(text, len, "%s: broken", g->name);
	}
}

/* Describes all guests, each in at most so many characters.  Returns the length. */
static size_t describe_all(const struct guest *guests, size_t n, int each, char *line, size_t len)
{
	size_t at = 0;

	line[0] = '\0';
	for (size_t i = 0; i < n && at < len; i++) {
		char text[256];

		describe(&guests[i], text, sizeof(text));
		at += (size_t)snprintf(line + at, len - at, "%s%.*s", i ? between : "", each, text);
	}
	return at;
}

void progress_compose(const struct guest *guests, size_t n, size_t columns, char *line, size_t len)
{
	char left[32] = "";
	int eta = 0, each = 256;

	for (size_t i = 0; i < n; i++) {
		int e = eta_s(&guests[i]);

		eta = e < 0 || eta < 0 ? -1 : e > eta ? e : eta;
	}
	if (eta > 0)
		snprintf(left, sizeof(left), "%s%d s left", between, eta);
	while (describe_all(guests, n, each, line, len) + strlen(left) > columns && each)
		each--;
	snprintf(line + strlen(line), len - strlen(line), "%s", left);
}

/* The maximum length of a line that does not wrap. */
static int terminal_columns(void)
{
	struct winsize size = {.ws_col = 80};

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 20)
		size.ws_col = 80;
	return size.ws_col - 1;
}

void progress_text(const char *text)
{
	static int64_t last_ms;

	if (!isatty(STDERR_FILENO) || limit_clock_wall_ms() - last_ms < TERMINAL_EVERY_MS)
		return;
	last_ms = limit_clock_wall_ms();
	fprintf(stderr, "\r%.*s\033[K", terminal_columns(), text);
	line_is_open = true;
}

void progress_show(const struct guest *guests, size_t n)
{
	static int64_t last_ms;
	bool terminal = isatty(STDERR_FILENO);
	char line[1024];

	if (!terminal && limit_clock_wall_ms() - last_ms < PLAIN_EVERY_MS)
		return;
	last_ms = limit_clock_wall_ms();
	progress_compose(guests, n, terminal ? (size_t)terminal_columns() : sizeof(line), line,
			 sizeof(line));
	if (terminal)
		progress_text(line);
	else
		fprintf(stderr, "%s\n", line);
}

void progress_clear(void)
{
	if (line_is_open)
		fputs("\r\033[K", stderr);
	line_is_open = false;
}

static double s(int64_t ms)
{
	return (double)ms / 1000;
}

static bool any_started(const struct guest *guests, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (guests[i].job_start_ms)
			return true;
	return false;
}

void progress_sum_up(const struct guest *guests, size_t n, int64_t since_ms)
{
	if (!any_started(guests, n))
		return;
	printf("where the time went (s)\n  %-6s %8s %6s", "guest", "start", "first");
	for (int p = GUEST_PHASE_MKFS; p < GUEST_N_PHASES; p++)
		printf(" %8s", guest_phase_names[p]);
	printf(" %7s %7s\n", "other", "total");
	for (size_t i = 0; i < n; i++) {
		const struct guest *g = &guests[i];
		int64_t end = g->ended_ms ? g->ended_ms : limit_clock_wall_ms();

		if (!g->job_start_ms)
			continue;
		printf("  %-6s %8.1f %6.1f", g->name, s(g->job_start_ms - g->started_ms),
		       g->first_samples_ms ? s(g->first_samples_ms - g->job_start_ms) : 0.0);
		for (int p = GUEST_PHASE_MKFS; p < GUEST_N_PHASES; p++)
			printf(" %8.1f", s(g->phase_ms[p]));
		printf(" %7.1f %7.1f  %s", s(g->phase_ms[GUEST_PHASE_OTHER]),
		       s(end - g->started_ms), g->restored ? "from its snapshot" : "booted");
		if (g->save_ms)
			printf(", %.1f s of it to save the state", s(g->save_ms));
		putchar('\n');
	}
	printf("  all guests %.1f s; start: boot or restore until the job starts, first: from "
	       "there to the end of the first timed pass\n",
	       s(limit_clock_wall_ms() - since_ms));
}
