// SPDX-License-Identifier: GPL-2.0-only
#include "cli/lane.h"

#include "emu/progress.h"
#include "lib/base/field.h"
#include "lib/base/msg.h"
#include "lib/file/stamp.h"
#include "report/checks/outcome.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TRIES = 2,	       /* guests that finish no case of a batch */
	EVIDENCE = 25,	       /* lines of the console of a guest that died */
	CONSOLE_LINES = 1000,  /* searched for the reason */
	CHUNK_BYTES = 1 << 20, /* a multiple of a stamp's sector */
};

void lane_init(struct lane *lane, struct suite *suite, unsigned int number)
{
	*lane = (struct lane){.suite = suite, .under_way = -1};
	snprintf(lane->name, sizeof(lane->name), "lane%u", number + 1);
	guest_init(&lane->guest, &suite->plan, lane->name, number);
}

/* --- verdicts -------------------------------------------------------------------------------- */

/* Reports and stores the verdict of a case.  Steals line.  Returns 0 or -errno. */
static int say(struct suite *suite, size_t index, json_t *line)
{
	char *text;
	int rc = -ENOMEM;

	progress_clear();
	verdicts_check(suite->verdicts, line);
	suite->done[index] = true;
	suite->n_done++;
	suite->n_failed += outcome_of(line) == OUTCOME_FAILED;
	text = json_dumps(line, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (text)
		rc = results_line(&suite->results, index, text);
	free(text);
	json_decref(line);
	return rc;
}

static bool any_line_has(const json_t *lines, const char *text)
{
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		const char *have = json_string_value(line);

		if (have && strstr(have, text))
			return true;
	}
	return false;
}

/*
 * QEMU before 8.1 with a thread for each processor can run a stale translation of patched kernel
 * text (fixed by "accel/tcg: Always lock pages before translation"): the kernel reports an int3 that
 * does not exist.  That is not a failure of the kernel.
 */
static bool emulator_failed(const json_t *line)
{
	return any_line_has(json_object_get(line, "dmesg"), "int3: 0000") ||
	       any_line_has(json_object_get(line, "evidence"), "int3: 0000");
}

/* Once only: if it fails so again there is another reason, or the host is too slow for it. */
static bool run_again(struct suite *suite, size_t index, const json_t *line)
{
	bool starved = json_is_true(json_object_get(line, "starved")) &&
		       !strcmp(field_text(line, "verdict"), "broken");

	if (suite->again[index] || (!starved && !emulator_failed(line)))
		return false;
	progress_clear();
	if (starved)
		msg_note("%s: %s; running it again", suite->cases[index].id,
			 field_text(line, "why"));
	else
		msg_note("%s: the emulator ran stale kernel text (int3); running it again",
			 suite->cases[index].id);
	suite->again[index] = true;
	results_forget(&suite->results, index);
	return true;
}

static int say_held(struct lane *lane)
{
	json_t *line = lane->held;

	json_decref(lane->outside);
	lane->outside = NULL;
	lane->held = NULL;
	if (!line)
		return 0;
	if (!run_again(lane->suite, lane->held_case, line))
		return say(lane->suite, lane->held_case, line);
	json_decref(line);
	return 0;
}

static void hold(struct lane *lane, size_t index, json_t *line)
{
	lane->held = line;
	lane->held_case = index;
	lane->under_way = -1;
	lane->progress++;
}

/* Makes the line of a case that did not send one, like check/runner.c.  Steals lines, which are its
 * "evidence" or its "dmesg". */
static json_t *verdict_line(const struct check_case *c, const char *verdict, const char *why,
			    int64_t ms, const char *key, json_t *lines)
{
	const struct check_item *item = c->item;
	json_t *needs = json_array(), *line;
	char id[CHECK_NAME_MAX];

	for (const char *const *n = item->needs; n && *n; n++)
		json_array_append_new(needs, json_string(*n));
	line = json_pack("{ss ss ss* ss ss ss ss so ss* ss* sI s[] s[] si}", "type", "check", "id",
			 check_id(c->family, item, id), "plant", plant_name(c->plant), "verdict",
			 verdict, "why", why, "promise", item->promise, "by", item->by, "needs",
			 needs, "fixed_by", item->fixed_by, "first_bad", item->first_bad, "ms",
			 (json_int_t)ms, "dmesg", "evidence", "taint", 0);
	json_object_set_new(line, key, lines);
	return line;
}

/* Adds a failure found after the case sent its verdict.  Steals lines. */
static void amend(json_t *line, const char *why, const char *key, json_t *lines)
{
	json_t *list = json_object_get(line, "evidence");

	if (!strcmp(field_text(line, "verdict"), "fail")) {
		json_array_append_new(list, json_sprintf("also: %s", why));
	} else {
		json_object_set_new(line, "verdict", json_string("fail"));
		json_object_set_new(line, "why", json_string(why));
	}
	json_array_extend(json_object_get(line, key), lines);
	json_decref(lines);
}

/* --- verification from outside ---------------------------------------------------------------------------- */

static uint64_t number_of(const json_t *line, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(line, key));
}

/*
 * Verifies the stamps in a piece of the backing file of a region.  Returns 0, or -EILSEQ or another
 * -errno with a sentence in why.
 */
static int look_at_piece(const struct guest *g, const json_t *piece, char *why, size_t why_len)
{
	const char *region = field_text(piece, "region");
	uint64_t offset = number_of(piece, "offset_bytes"), len = number_of(piece, "len_bytes");
	uint64_t in_file = number_of(piece, "file_offset_bytes");
	uint32_t file = (uint32_t)number_of(piece, "file");
	uint32_t generation = (uint32_t)number_of(piece, "generation");
	unsigned int i;
	char found[160], *bytes;
	int rc = 0;

	/* The kernel numbers the regions in the order of the devices on QEMU's command line. */
	if (sscanf(region, "region%u", &i) != 1 || i >= g->plan->machine->n_pmems) {
		snprintf(why, why_len, "the emulated host has no region '%s'", region);
		return -ENODEV;
	}
	bytes = malloc(CHUNK_BYTES);
	if (!bytes)
		return -ENOMEM;
	for (uint64_t at = 0; at < len && !rc; at += CHUNK_BYTES) {
		size_t n = len - at < CHUNK_BYTES ? (size_t)(len - at) : CHUNK_BYTES, bad;

		if (pread(g->pmem[i], bytes, n, (off_t)(offset + at)) != (ssize_t)n) {
			snprintf(why, why_len, "%s ends before byte %" PRIu64, region,
				 offset + at + n);
			rc = -ERANGE;
			break;
		}
		bad = stamp_check(bytes, n, file, in_file + at, generation, found);
		if (bad == n)
			continue;
		snprintf(why, why_len,
			 "seen from outside after power-off, expected at byte %" PRIu64
			 " of %s file %u, offset %" PRIu64 ", generation %u; got %s",
			 offset + at + bad, region, file, in_file + at + bad, generation, found);
		rc = -EILSEQ;
	}
	free(bytes);
	return rc;
}

/* The guest is off: verifies everything that the held case asked for. */
static void look_outside(struct lane *lane)
{
	const json_t *piece;
	char why[400];
	size_t i;

	json_array_foreach(lane->outside, i, piece) {
		int rc;

		if (!lane->held ||
		    strcmp(field_text(piece, "id"), lane->suite->cases[lane->held_case].id))
			continue;
		rc = look_at_piece(&lane->guest, piece, why, sizeof(why));
		if (rc == -EILSEQ)
			amend(lane->held, why, "evidence", json_array());
		else if (rc < 0 && !strcmp(field_text(lane->held, "verdict"), "pass")) {
			json_object_set_new(lane->held, "verdict", json_string("broken"));
			json_object_set_new(lane->held, "why", json_string(why));
		}
	}
}

/* --- lines ----------------------------------------------------------------------------------- */

static int confused(const struct lane *lane, const char *text)
{
	msg_error("%s: its guest sent an unexpected line: %.200s", lane->name, text);
	return -EPROTO;
}

static int take_begin(struct lane *lane, const json_t *line, const char *text)
{
	const char *id = field_text(line, "id");
	long found = -1;
	int rc;

	for (size_t i = 0; i < lane->batch.n; i++)
		if (!strcmp(lane->suite->cases[lane->batch.cases[i]].id, id))
			found = (long)lane->batch.cases[i];
	if (found < 0 || lane->under_way >= 0 || lane->suite->done[found])
		return confused(lane, text);
	if (lane->held && lane->outside) {
		json_object_set_new(lane->held, "verdict", json_string("broken"));
		json_object_set_new(
			lane->held, "why",
			json_string("it asks for verification from outside, but another check "
				    "followed in the same guest: it needs the flag CHECK_SPOILS"));
	}
	rc = say_held(lane);
	lane->under_way = found;
	lane->begun_ms = clock_ms();
	lane->guest.stall_s = 2 * (int)check_limit_s(lane->suite->cases[found].item) + 30;
	return rc;
}

static int take_check(struct lane *lane, json_t *line, const char *text)
{
	char id[CHECK_NAME_MAX];

	if (lane->under_way < 0 ||
	    strcmp(outcome_case(line, id), lane->suite->cases[lane->under_way].id))
		return confused(lane, text);
	hold(lane, (size_t)lane->under_way, json_incref(line));
	lane->guest.stall_s = lane->suite->plan.stall_s;
	return 0;
}

/* Observations and coverage of the current or the last case. */
static int take_other(struct lane *lane, const char *type, const json_t *line, const char *text)
{
	struct suite *suite = lane->suite;

	if (lane->under_way < 0 && !lane->held)
		return confused(lane, text);
	if (!strcmp(type, "observation"))
		verdicts_observation(suite->verdicts, line);
	return results_line(&suite->results,
			    lane->under_way < 0 ? lane->held_case : (size_t)lane->under_way, text);
}

static int take_context(struct lane *lane, const json_t *line)
{
	struct suite *suite = lane->suite;
	int rc;

	lane->guest.has_context = true;
	suite->came_up = true;
	/* All guests are the same machine, restored. */
	if (suite->results.context)
		return 0;
	rc = results_context(&suite->results, line);
	if (!rc)
		verdicts_kernel(suite->verdicts, suite->results.context);
	return rc;
}

int lane_take(struct guest *g, const char *type, json_t *line, const char *text)
{
	struct lane *lane = (struct lane *)g->plan->arg + g->number;

	if (!strcmp(type, "context"))
		return take_context(lane, line);
	if (!strcmp(type, "begin"))
		return take_begin(lane, line, text);
	if (!strcmp(type, "check"))
		return take_check(lane, line, text);
	if (!strcmp(type, "end"))
		g->has_end = true;
	else if (!strcmp(type, "outside"))
		json_array_append(lane->outside ? lane->outside : (lane->outside = json_array()),
				  line);
	else if (strcmp(type, "spoiled"))
		return take_other(lane, type, line, text);
	return 0;
}

/* --- the end of a guest ---------------------------------------------------------------------- */

/* The index of the first line that holds one of the marks, or the number of lines. */
static size_t find_mark(const json_t *lines, const char *const *marks)
{
	const json_t *line;
	size_t i;

	json_array_foreach(lines, i, line) {
		for (const char *const *mark = marks; *mark; mark++)
			if (strstr(json_string_value(line), *mark))
				return i;
	}
	return json_array_size(lines);
}

static bool kernel_died(const struct guest *g)
{
	return !g->hung && !g->starved && !g->protocol_error && !g->emulator_died;
}

const char *lane_log_of_death(const json_t *console, json_t **lines)
{
	static const char *const complaint[] = {"BUG: ",
						"Oops: ",
						"general protection fault",
						"int3: 0000",
						"Kernel panic - not syncing",
						NULL};
	size_t n = json_array_size(console), first = find_mark(console, complaint);
	bool complained = first < n;

	if (!complained)
		first = n > EVIDENCE ? n - EVIDENCE : 0;
	*lines = json_array();
	for (size_t i = first; i < n && i < first + EVIDENCE; i++)
		json_array_append(*lines, json_array_get(console, i));
	return complained ? "dmesg" : "evidence";
}

/* Composes the reason, "the kernel died: Kernel panic - not syncing: ..."; lines as
 * lane_log_of_death(). */
static const char *explain_death(const struct guest *g, char *why, size_t len, json_t **lines)
{
	static const char *const panic[] = {"Kernel panic - not syncing", NULL};
	json_t *console = guest_console_tail(g, CONSOLE_LINES);
	const char *line = json_string_value(json_array_get(console, find_mark(console, panic)));
	const char *key = lane_log_of_death(console, lines);

	snprintf(why, len, "%s: %s",
		 g->hung	    ? "the kernel hung"
		 : g->emulator_died ? "the emulator died"
				    : "the kernel died",
		 g->why);
	if (g->starved || g->protocol_error)
		snprintf(why, len, "%s", g->why);
	if (kernel_died(g) && line)
		snprintf(why, len, "the kernel died: %s", strstr(line, panic[0]));
	json_decref(console);
	return key;
}

/* The guest died or hung while it ran checks. */
static void after_death(struct lane *lane)
{
	json_t *lines;
	char why[400];
	const char *key = explain_death(&lane->guest, why, sizeof(why), &lines);
	bool excused =
		lane->guest.emulator_died || lane->guest.starved || lane->guest.protocol_error;

	if (lane->under_way >= 0) {
		hold(lane, (size_t)lane->under_way,
		     verdict_line(&lane->suite->cases[lane->under_way], excused ? "broken" : "fail",
				  why, clock_ms() - lane->begun_ms, key, lines));
		if (lane->guest.starved)
			json_object_set_new(lane->held, "starved", json_true());
	} else if (lane->held && !excused) {
		amend(lane->held, why, key, lines);
	} else {
		json_decref(lines);
	}
}

/* The job ended, but the case that was running did not. */
static void after_exit(struct lane *lane)
{
	char why[120];

	if (lane->under_way < 0)
		return;
	snprintf(why, sizeof(why), "the runner in the guest ended with status %d during the check",
		 lane->guest.status);
	hold(lane, (size_t)lane->under_way,
	     verdict_line(&lane->suite->cases[lane->under_way], "broken", why,
			  clock_ms() - lane->begun_ms, "evidence", json_array()));
}

/* No guest starts to run these cases. */
static int give_up(struct lane *lane, const struct batch *rest)
{
	const struct guest *g = &lane->guest;
	char why[300];
	int rc = 0;

	if (g->state == GUEST_DONE)
		snprintf(why, sizeof(why), "the guest ended with status %d before it ran",
			 g->status);
	else
		snprintf(why, sizeof(why), "no guest started to run it: %s", g->why);
	for (size_t i = 0; i < rest->n && !rc; i++)
		rc = say(lane->suite, rest->cases[i],
			 verdict_line(&lane->suite->cases[rest->cases[i]], "broken", why, 0,
				      "evidence", json_array()));
	return rc;
}

/* Returns the cases that were not run to the queue, a batch without progress at most TRIES times. */
static int return_rest(struct lane *lane)
{
	struct suite *suite = lane->suite;
	struct batch rest = {.tries = lane->progress ? 0 : lane->batch.tries + 1};

	for (size_t i = 0; i < lane->batch.n; i++)
		if (!suite->done[lane->batch.cases[i]])
			rest.cases[rest.n++] = lane->batch.cases[i];
	if (!rest.n)
		return 0;
	if (rest.tries < TRIES) {
		queue_return(&suite->queue, &rest);
		return 0;
	}
	if (!suite->came_up) {
		msg_error("no guest started to run checks; the run is aborted");
		return -EIO;
	}
	return give_up(lane, &rest);
}

static void keep_logs(struct lane *lane)
{
	char about[BATCH_MAX * CHECK_NAME_MAX + 32];
	size_t at;

	at = (size_t)snprintf(about, sizeof(about), "guest %u:", ++lane->suite->n_guests);
	for (size_t i = 0; i < lane->batch.n; i++)
		at += (size_t)snprintf(about + at, sizeof(about) - at, " %s",
				       lane->suite->cases[lane->batch.cases[i]].id);
	guest_end(&lane->guest, &lane->suite->results, "console.log", about);
}

static void add_times(struct lane *lane)
{
	const struct guest *g = &lane->guest;
	int64_t now = clock_ms(), let_go = g->let_go_ms ? g->let_go_ms : now;

	lane->checks_ms += now - let_go;
	if (g->restored) {
		lane->restores++;
		lane->restore_ms += let_go - g->started_ms;
	} else {
		lane->boots++;
		lane->boot_ms += let_go - g->started_ms;
	}
}

static int conclude(struct lane *lane)
{
	struct guest *g = &lane->guest;
	int rc;

	guest_stop(g);
	if (!g->has_context)
		progress_clear();
	if (!g->has_context && g->state == GUEST_BROKEN)
		guest_complain(g);
	else if (g->state == GUEST_BROKEN)
		after_death(lane);
	else
		after_exit(lane);
	look_outside(lane);
	rc = say_held(lane);
	if (!rc)
		rc = return_rest(lane);
	lane_end(lane);
	return rc;
}

/* --- life ------------------------------------------------------------------------------------ */

/* Returns 0 or -ENOMEM. */
static int spell_job(struct lane *lane)
{
	const struct suite *suite = lane->suite;
	int rc = 0;

	words_free(&lane->job);
	lane->job = (struct words){0};
	for (size_t i = 0; i < suite->options.n && !rc; i++)
		rc = words_add(&lane->job, suite->options.list[i], strlen(suite->options.list[i]));
	for (size_t i = 0; i < lane->batch.n && !rc; i++) {
		const char *id = suite->cases[lane->batch.cases[i]].id;

		rc = words_add(&lane->job, "--case", strlen("--case"));
		rc = rc ? rc : words_add(&lane->job, id, strlen(id));
	}
	return rc;
}

int lane_start(struct lane *lane)
{
	struct guest *g = &lane->guest;
	unsigned int number = (unsigned int)g->number;
	int rc;

	if (!queue_take(&lane->suite->queue, &lane->batch))
		return -ENOENT;
	rc = spell_job(lane);
	if (rc < 0) {
		msg_error("out of memory");
		return rc;
	}
	guest_init(g, &lane->suite->plan, lane->name, number);
	snprintf(g->initrd, sizeof(g->initrd), "%s", lane->suite->initrd);
	g->words = lane->job.list;
	g->n_words = lane->job.n;
	lane->under_way = -1;
	lane->progress = 0;
	lane->busy = true;
	return guest_start(g);
}

bool lane_makes_snapshot(const struct lane *lane)
{
	return lane->busy && lane->guest.state == GUEST_BOOTING && !lane->guest.restored &&
	       !lane->suite->plan.fresh;
}

int lane_look(struct lane *lane)
{
	int rc;

	if (!lane->busy)
		return 0;
	rc = guest_look(&lane->guest);
	if (!rc && lane->guest.state >= GUEST_DONE)
		rc = conclude(lane);
	return rc;
}

void lane_end(struct lane *lane)
{
	if (lane->busy) {
		add_times(lane);
		keep_logs(lane);
	}
	json_decref(lane->held);
	json_decref(lane->outside);
	words_free(&lane->job);
	lane->job = (struct words){0};
	lane->held = lane->outside = NULL;
	lane->busy = false;
}
