// SPDX-License-Identifier: GPL-2.0-only
#include "emu/progress.h"
#include "lib/base/limit_clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PLAIN_EVERY_MS 5000
#define TERMINAL_EVERY_MS 100

static bool line_is_open;

struct work {
	int64_t done, total; /* total == 0: not known yet */
};

/* The guests of one name, which stand side by side. */
struct group {
	const struct guest *guests, *shown; /* shown: the one whose state stands for all */
	size_t n;
	struct work work;
};

/* The order in which a state stands for the group. */
static int rank(enum guest_state state)
{
	static const int ranks[] = {[GUEST_QUEUED] = 1,
				    [GUEST_BOOTING] = 2,
				    [GUEST_RUNNING] = 3,
				    [GUEST_DONE] = 0,
				    [GUEST_BROKEN] = 4};

	return ranks[state];
}

/* Of guests whose jobs differ.  One that has not said how much it has to do counts as the others do
 * on average; one that ended has nothing left. */
static struct work add_up(const struct guest *guests, size_t n)
{
	struct work work = {0};
	int64_t n_known = 0, n_unknown = 0;

	for (size_t i = 0; i < n; i++) {
		const struct guest *g = &guests[i];
		bool ended = g->state == GUEST_DONE || g->state == GUEST_BROKEN;

		work.done += g->done;
		work.total += ended ? g->done : g->total;
		n_known += g->total > 0;
		n_unknown += !g->total && !ended;
	}
	work.total += n_known ? n_unknown * work.total / n_known : 0;
	return work;
}

static struct group group_at(const struct guest *guests, size_t n)
{
	struct group group = {.guests = guests, .shown = guests};

	for (; group.n < n && !strcmp(guests[group.n].name, guests->name); group.n++)
		if (rank(guests[group.n].state) > rank(group.shown->state))
			group.shown = &guests[group.n];
	group.work = add_up(guests, group.n);
	return group;
}

/* Estimates the seconds until all guests are done; -1 if that is not possible yet. */
static int eta_s(const struct guest *guests, size_t n)
{
	struct work work = add_up(guests, n);
	int64_t since = 0;

	for (size_t i = 0; i < n; i++)
		if (guests[i].job_start_ms && (!since || guests[i].job_start_ms < since))
			since = guests[i].job_start_ms;
	if (!work.done || work.done > work.total)
		return -1;
	return (int)((limit_clock_wall_ms() - since) * (work.total - work.done) / work.done / 1000);
}

static const char between[] = "  |  ";

static int describe(const struct group *group, char *text, size_t len)
{
	const struct guest *g = group->shown;

	switch (g->state) {
	case GUEST_QUEUED:
		return snprintf(text, len, "%s: waiting", g->name);
	case GUEST_BOOTING:
		return snprintf(text, len, "%s: booting %.0f s", g->name,
				(double)(limit_clock_wall_ms() - g->started_ms) / 1000);
	case GUEST_RUNNING:
		if (!g->total)
			return snprintf(text, len, "%s: starting", g->name);
		return snprintf(text, len, "%s: %" PRId64 "/%" PRId64 " %s %s", g->name,
				group->work.done, group->work.total, guest_phase_names[g->phase],
				g->what);
	case GUEST_DONE:
		return snprintf(text, len, "%s: done", g->name);
	default:
		return snprintf(text, len, "%s: broken", g->name);
	}
}

/* Describes all groups, each in at most so many characters.  Returns the length. */
static size_t describe_all(const struct guest *guests, size_t n, int each, char *line, size_t len)
{
	struct group group;
	size_t at = 0;

	line[0] = '\0';
	for (size_t i = 0; i < n && at < len; i += group.n) {
		char text[256];

		group = group_at(guests + i, n - i);
		describe(&group, text, sizeof(text));
		at += (size_t)snprintf(line + at, len - at, "%s%.*s", i ? between : "", each, text);
	}
	return at;
}

void progress_compose(const struct guest *guests, size_t n, size_t columns, char *line, size_t len)
{
	char left[32] = "";
	int eta = eta_s(guests, n), each = 256;

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

/* The times of one group, summed up. */
struct times {
	int64_t start_ms, first_ms, total_ms, save_ms, phase_ms[GUEST_N_PHASES];
	size_t booted, restored;
};

static void add_times(const struct guest *g, struct times *t)
{
	if (!g->job_start_ms)
		return;
	t->start_ms += g->job_start_ms - g->started_ms;
	if (!t->first_ms && g->first_samples_ms)
		t->first_ms = g->first_samples_ms - g->job_start_ms;
	t->total_ms += (g->ended_ms ? g->ended_ms : limit_clock_wall_ms()) - g->started_ms;
	t->save_ms += g->save_ms;
	for (int p = 0; p < GUEST_N_PHASES; p++)
		t->phase_ms[p] += g->phase_ms[p];
	*(g->restored ? &t->restored : &t->booted) += 1;
}

static void print_times(const char *name, const struct times *t)
{
	printf("  %-6s %8.1f %6.1f", name, s(t->start_ms), s(t->first_ms));
	for (int p = GUEST_PHASE_MKFS; p < GUEST_N_PHASES; p++)
		printf(" %8.1f", s(t->phase_ms[p]));
	printf(" %7.1f %7.1f ", s(t->phase_ms[GUEST_PHASE_OTHER]), s(t->total_ms));
	if (t->booted)
		printf(" %zu booted", t->booted);
	if (t->restored)
		printf("%s %zu from the snapshot", t->booted ? "," : "", t->restored);
	if (t->save_ms)
		printf(", %.1f s to save the state", s(t->save_ms));
	putchar('\n');
}

void progress_sum_up(const struct guest *guests, size_t n, int64_t since_ms)
{
	struct group group;
	bool header = false;

	for (size_t i = 0; i < n; i += group.n) {
		struct times times = {0};

		group = group_at(guests + i, n - i);
		for (size_t j = 0; j < group.n; j++)
			add_times(&group.guests[j], &times);
		if (!times.booted && !times.restored)
			continue;
		if (!header) {
			printf("where the time went (s)\n  %-6s %8s %6s", "guests", "start",
			       "first");
			for (int p = GUEST_PHASE_MKFS; p < GUEST_N_PHASES; p++)
				printf(" %8s", guest_phase_names[p]);
			printf(" %7s %7s\n", "other", "total");
		}
		header = true;
		print_times(group.guests->name, &times);
	}
	if (header)
		printf("  all guests %.1f s; start: boot or restore until the job starts, first: "
		       "from "
		       "there to the end of the first timed pass\n",
		       s(limit_clock_wall_ms() - since_ms));
}
