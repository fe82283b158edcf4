// SPDX-License-Identifier: GPL-2.0-only
#include "cli/guests/vm_slot.h"

#include "emu/progress.h"
#include "lib/base/json_field.h"
#include "lib/base/limit_clock.h"
#include "lib/base/msg.h"
#include "lib/base/random.h"
#include "lib/base/source_place.h"
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
	CUT_MS = 1200,	       /* a power cut is so late at most */
};

void vm_slot_init(struct vm_slot *slot, struct suite *suite, unsigned int number)
{
	*slot = (struct vm_slot){.suite = suite, .under_way = -1};
	snprintf(slot->name, sizeof(slot->name), "vm%u", number + 1);
	guest_init(&slot->guest, &suite->plan, slot->name, number);
}

/* --- verdicts -------------------------------------------------------------------------------- */

/* Replaces the addresses that the guest sent by the line of the source: the guest runs this
 * program, without its debug information. */
static void find_place(json_t *line)
{
	const json_t *callers = json_object_get(line, "at");
	char place[200];

	if (!json_is_array(callers))
		return;
	source_place_find(callers, "check/", "check/fixture/", place, sizeof(place));
	if (*place)
		json_object_set_new(line, "at", json_string(place));
	else
		json_object_del(line, "at");
}

/* Reports and stores the verdict of a case.  Steals line.  Returns 0 or -errno. */
static int say(struct suite *suite, size_t index, json_t *line)
{
	char *text;
	int rc = -ENOMEM;

	progress_clear();
	find_place(line);
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
 * text (fixed by "accel/tcg: Always lock pages before translation"): the kernel reports an int3
 * that does not exist.  That is not a failure of the kernel.
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
		       !strcmp(json_field_text(line, "verdict"), "broken");

	if (suite->again[index] || (!starved && !emulator_failed(line)))
		return false;
	progress_clear();
	if (starved)
		msg_note("%s: %s; running it again", suite->cases[index].id,
			 json_field_text(line, "why"));
	else
		msg_note("%s: the emulator ran stale kernel text (int3); running it again",
			 suite->cases[index].id);
	suite->again[index] = true;
	results_forget(&suite->results, index);
	return true;
}

static int say_held(struct vm_slot *slot)
{
	json_t *line = slot->held;

	json_decref(slot->outside);
	slot->outside = NULL;
	slot->held = NULL;
	if (!line)
		return 0;
	if (!run_again(slot->suite, slot->held_case, line))
		return say(slot->suite, slot->held_case, line);
	json_decref(line);
	return 0;
}

static void hold(struct vm_slot *slot, size_t index, json_t *line)
{
	slot->held = line;
	slot->held_case = index;
	slot->under_way = -1;
	slot->progress++;
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

	if (!strcmp(json_field_text(line, "verdict"), "fail")) {
		json_array_append_new(list, json_sprintf("also: %s", why));
	} else {
		json_object_set_new(line, "verdict", json_string("fail"));
		json_object_set_new(line, "why", json_string(why));
	}
	json_array_extend(json_object_get(line, key), lines);
	json_decref(lines);
}

/* --- verification from outside ---------------------------------------------------------------- */

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
	const struct vm_machine *m = g->plan->machine;
	const char *region = json_field_text(piece, "region");
	uint64_t offset = number_of(piece, "offset_bytes"), len = number_of(piece, "len_bytes");
	uint64_t in_file = number_of(piece, "file_offset_bytes");
	uint32_t file = (uint32_t)number_of(piece, "file");
	uint32_t generation = (uint32_t)number_of(piece, "generation");
	unsigned int i;
	char found[160], *bytes;
	int rc = 0, file_fd;

	/* The kernel numbers the regions in the order of the devices on QEMU's command line, those
	 * of memmap= before them. */
	if (sscanf(region, "region%u", &i) != 1 || i >= m->n_memmaps + m->n_pmems) {
		snprintf(why, why_len, "the emulated host has no region '%s'", region);
		return -ENODEV;
	}
	file_fd = i < m->n_memmaps ? g->ram : g->pmem[i - m->n_memmaps];
	if (i < m->n_memmaps)
		offset += (uint64_t)(VM_LOW_BYTES + i * m->memmap_bytes);
	bytes = malloc(CHUNK_BYTES);
	if (!bytes)
		return -ENOMEM;
	for (uint64_t at = 0; at < len && !rc; at += CHUNK_BYTES) {
		size_t n = len - at < CHUNK_BYTES ? (size_t)(len - at) : CHUNK_BYTES, bad;

		if (pread(file_fd, bytes, n, (off_t)(offset + at)) != (ssize_t)n) {
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
static void look_outside(struct vm_slot *slot)
{
	const json_t *piece;
	char why[400];
	size_t i;

	json_array_foreach(slot->outside, i, piece) {
		int rc;

		if (!slot->held ||
		    strcmp(json_field_text(piece, "id"), slot->suite->cases[slot->held_case].id))
			continue;
		rc = look_at_piece(&slot->guest, piece, why, sizeof(why));
		if (rc == -EILSEQ)
			amend(slot->held, why, "evidence", json_array());
		else if (rc < 0 && !strcmp(json_field_text(slot->held, "verdict"), "pass")) {
			json_object_set_new(slot->held, "verdict", json_string("broken"));
			json_object_set_new(slot->held, "why", json_string(why));
		}
	}
}

/* --- lines ----------------------------------------------------------------------------------- */

static int confused(const struct vm_slot *slot, const char *text)
{
	msg_error("%s: its guest sent an unexpected line: %.200s", slot->name, text);
	return -EPROTO;
}

static int take_begin(struct vm_slot *slot, const json_t *line, const char *text)
{
	const char *id = json_field_text(line, "id");
	long found = -1;
	int rc;

	for (size_t i = 0; i < slot->batch.n; i++)
		if (!strcmp(slot->suite->cases[slot->batch.cases[i]].id, id))
			found = (long)slot->batch.cases[i];
	if (slot->cuts && found >= 0 && found == slot->under_way)
		return 0; /* it goes on */
	if (found < 0 || slot->under_way >= 0 || slot->suite->done[found])
		return confused(slot, text);
	if (slot->held && slot->outside) {
		json_object_set_new(slot->held, "verdict", json_string("broken"));
		json_object_set_new(
			slot->held, "why",
			json_string("it asks for verification from outside, but another check "
				    "followed in the same guest: it needs the flag CHECK_SPOILS"));
	}
	rc = say_held(slot);
	slot->under_way = found;
	slot->begun_ms = limit_clock_wall_ms();
	slot->guest.stall_s = 2 * (int)check_limit_s(slot->suite->cases[found].item) + 30;
	return rc;
}

static int take_check(struct vm_slot *slot, json_t *line, const char *text)
{
	char id[CHECK_NAME_MAX];

	if (slot->under_way < 0 ||
	    strcmp(outcome_case(line, id), slot->suite->cases[slot->under_way].id))
		return confused(slot, text);
	slot->suite->n_cuts += slot->cuts;
	slot->suite->n_acked += slot->acked;
	slot->cuts = 0;
	slot->acked = 0;
	slot->cut_ms = 0;
	hold(slot, (size_t)slot->under_way, json_incref(line));
	slot->guest.stall_s = slot->suite->plan.stall_s;
	return 0;
}

/* --- power cuts ------------------------------------------------------------------------------- */

/* The writer has begun: chooses the moment of the cut.  The same seed chooses the same moments. */
static int take_cutting(struct vm_slot *slot, const json_t *line, const char *text)
{
	uint64_t state = slot->suite->seed;

	if (slot->under_way < 0 ||
	    strcmp(json_field_text(line, "id"), slot->suite->cases[slot->under_way].id))
		return confused(slot, text);
	for (const char *c = json_field_text(line, "id"); *c; c++)
		state = state * 31 + (unsigned char)*c;
	state += slot->cuts;
	slot->cut_ms =
		given_ms(&slot->guest.vm.given) + 1 + (int64_t)(random_next(&state) % CUT_MS);
	return 0;
}

static int take_acked(struct vm_slot *slot, const json_t *line, const char *text)
{
	if (!slot->cut_ms || number_of(line, "n") != slot->acked + 1)
		return confused(slot, text);
	slot->acked++;
	return 0;
}

/* Observations and coverage of the current or the last case. */
static int take_other(struct vm_slot *slot, const char *type, const json_t *line, const char *text)
{
	struct suite *suite = slot->suite;

	if (slot->under_way < 0 && !slot->held)
		return confused(slot, text);
	if (!strcmp(type, "observation"))
		verdicts_observation(suite->verdicts, line);
	return results_line(&suite->results,
			    slot->under_way < 0 ? slot->held_case : (size_t)slot->under_way, text);
}

static int take_context(struct vm_slot *slot, const json_t *line)
{
	struct suite *suite = slot->suite;
	int rc;

	slot->guest.has_context = true;
	suite->came_up = true;
	/* All guests are the same machine, restored. */
	if (suite->results.context)
		return 0;
	rc = results_context(&suite->results, line);
	if (!rc)
		verdicts_kernel(suite->verdicts, suite->results.context);
	return rc;
}

int vm_slot_take(struct guest *g, const char *type, json_t *line, const char *text)
{
	struct vm_slot *slot = (struct vm_slot *)g->plan->arg + g->number;

	if (!strcmp(type, "context"))
		return take_context(slot, line);
	if (!strcmp(type, "begin"))
		return take_begin(slot, line, text);
	if (!strcmp(type, "check"))
		return take_check(slot, line, text);
	if (!strcmp(type, "cutting"))
		return take_cutting(slot, line, text);
	if (!strcmp(type, "acked"))
		return take_acked(slot, line, text);
	if (!strcmp(type, "end"))
		g->has_end = true;
	else if (!strcmp(type, "outside"))
		json_array_append(slot->outside ? slot->outside : (slot->outside = json_array()),
				  line);
	else if (strcmp(type, "spoiled"))
		return take_other(slot, type, line, text);
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

/* Whether its end shows nothing about the kernel. */
static bool is_excused(const struct guest *g)
{
	return g->cause == GUEST_CAUSE_EMULATOR || g->cause == GUEST_CAUSE_STARVED ||
	       g->cause == GUEST_CAUSE_PROTOCOL;
}

const char *vm_slot_log_of_death(const json_t *console, json_t **lines)
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

static const char *reason_prefix(const struct guest *g)
{
	switch (g->cause) {
	case GUEST_CAUSE_KERNEL:
		return "the kernel died: ";
	case GUEST_CAUSE_HUNG:
		return "the kernel hung: ";
	case GUEST_CAUSE_EMULATOR:
		return "the emulator died: ";
	default: /* the reason is a sentence of its own */
		return "";
	}
}

/* Composes the reason, "the kernel died: Kernel panic - not syncing: ..."; lines as
 * vm_slot_log_of_death(). */
static const char *explain_death(const struct guest *g, char *why, size_t len, json_t **lines)
{
	static const char *const panic[] = {"Kernel panic - not syncing", NULL};
	json_t *console = guest_console_tail(g, CONSOLE_LINES);
	const char *line = json_string_value(json_array_get(console, find_mark(console, panic)));
	const char *key = vm_slot_log_of_death(console, lines);

	snprintf(why, len, "%s%s", reason_prefix(g),
		 g->cause == GUEST_CAUSE_KERNEL && line ? strstr(line, panic[0]) : g->why);
	json_decref(console);
	return key;
}

/* The guest died or hung while it ran checks. */
static void after_death(struct vm_slot *slot)
{
	json_t *lines;
	char why[400];
	const char *key = explain_death(&slot->guest, why, sizeof(why), &lines);
	bool excused = is_excused(&slot->guest);

	if (slot->under_way >= 0) {
		hold(slot, (size_t)slot->under_way,
		     verdict_line(&slot->suite->cases[slot->under_way], excused ? "broken" : "fail",
				  why, limit_clock_wall_ms() - slot->begun_ms, key, lines));
		if (slot->guest.cause == GUEST_CAUSE_STARVED)
			json_object_set_new(slot->held, "starved", json_true());
	} else if (slot->held && !excused) {
		amend(slot->held, why, key, lines);
	} else {
		json_decref(lines);
	}
}

/* The job ended, but the case that was running did not. */
static void after_exit(struct vm_slot *slot)
{
	char why[120];

	if (slot->under_way < 0)
		return;
	snprintf(why, sizeof(why), "the runner in the guest ended with status %d during the check",
		 slot->guest.status);
	hold(slot, (size_t)slot->under_way,
	     verdict_line(&slot->suite->cases[slot->under_way], "broken", why,
			  limit_clock_wall_ms() - slot->begun_ms, "evidence", json_array()));
}

/* No guest starts to run these cases. */
static int give_up(struct vm_slot *slot, const struct batch *rest)
{
	const struct guest *g = &slot->guest;
	char why[300];
	int rc = 0;

	if (g->state == GUEST_DONE)
		snprintf(why, sizeof(why), "the guest ended with status %d before it ran",
			 g->status);
	else
		snprintf(why, sizeof(why), "no guest started to run it: %s", g->why);
	for (size_t i = 0; i < rest->n && !rc; i++)
		rc = say(slot->suite, rest->cases[i],
			 verdict_line(&slot->suite->cases[rest->cases[i]], "broken", why, 0,
				      "evidence", json_array()));
	return rc;
}

/* Returns the cases that were not run to the queue, a batch without progress at most TRIES
 * times. */
static int return_rest(struct vm_slot *slot)
{
	struct suite *suite = slot->suite;
	struct batch rest = {.tries = slot->progress ? 0 : slot->batch.tries + 1};

	for (size_t i = 0; i < slot->batch.n; i++)
		if (!suite->done[slot->batch.cases[i]])
			rest.cases[rest.n++] = slot->batch.cases[i];
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
	return give_up(slot, &rest);
}

static void keep_logs(struct vm_slot *slot)
{
	char about[BATCH_MAX * CHECK_NAME_MAX + 32];
	size_t at;

	at = (size_t)snprintf(about, sizeof(about), "guest %u:", ++slot->suite->n_guests);
	for (size_t i = 0; i < slot->batch.n; i++)
		at += (size_t)snprintf(about + at, sizeof(about) - at, " %s",
				       slot->suite->cases[slot->batch.cases[i]].id);
	guest_end(&slot->guest, &slot->suite->results, "console.log", about);
}

static void add_times(struct vm_slot *slot)
{
	const struct guest *g = &slot->guest;
	int64_t now = limit_clock_wall_ms(), job_start_ms = g->job_start_ms ? g->job_start_ms : now;

	slot->checks_ms += now - job_start_ms;
	if (g->restored) {
		slot->restores++;
		slot->restore_ms += job_start_ms - g->started_ms;
	} else {
		slot->boots++;
		slot->boot_ms += job_start_ms - g->started_ms;
	}
}

static int conclude(struct vm_slot *slot)
{
	struct guest *g = &slot->guest;
	int rc;

	guest_stop(g);
	if (!g->has_context)
		progress_clear();
	if (!g->has_context && g->state == GUEST_BROKEN)
		guest_complain(g);
	else if (g->state == GUEST_BROKEN)
		after_death(slot);
	else
		after_exit(slot);
	look_outside(slot);
	rc = say_held(slot);
	if (!rc)
		rc = return_rest(slot);
	vm_slot_end(slot);
	return rc;
}

/* --- life ------------------------------------------------------------------------------------ */

static int add_case(struct words *job, const char *id)
{
	int rc = words_add(job, "--case", strlen("--case"));

	return rc ? rc : words_add(job, id, strlen(id));
}

static int add_count(struct words *job, const char *option, uint64_t count)
{
	char text[24];
	int rc = words_add(job, option, strlen(option));

	snprintf(text, sizeof(text), "%" PRIu64, count);
	return rc ? rc : words_add(job, text, strlen(text));
}

/* The options of all guests.  Returns 0 or -ENOMEM. */
static int begin_job(struct vm_slot *slot)
{
	const struct words *options = &slot->suite->options;
	int rc = 0;

	words_free(&slot->job);
	slot->job = (struct words){0};
	for (size_t i = 0; i < options->n && !rc; i++)
		rc = words_add(&slot->job, options->list[i], strlen(options->list[i]));
	return rc;
}

/* Returns 0 or -ENOMEM. */
static int spell_job(struct vm_slot *slot)
{
	int rc = begin_job(slot);

	for (size_t i = 0; i < slot->batch.n && !rc; i++)
		rc = add_case(&slot->job, slot->suite->cases[slot->batch.cases[i]].id);
	return rc;
}

/* After a power cut the case that was under way goes on. */
static int spell_job_after_cut(struct guest *g)
{
	struct vm_slot *slot = (struct vm_slot *)g->plan->arg + g->number;
	int rc = begin_job(slot);

	slot->cuts++;
	slot->cut_ms = 0;
	if (!rc)
		rc = add_case(&slot->job, slot->suite->cases[slot->under_way].id);
	if (!rc)
		rc = add_count(&slot->job, "--cuts", slot->cuts);
	if (!rc)
		rc = add_count(&slot->job, "--acked", slot->acked);
	if (rc < 0)
		msg_error("out of memory");
	g->words = slot->job.list;
	g->n_words = slot->job.n;
	return rc;
}

static int cut_power(struct vm_slot *slot)
{
	int rc = guest_cut(&slot->guest, spell_job_after_cut);

	if (rc != -ENOENT)
		return rc == -EINTR ? 0 : rc;
	slot->cut_ms = 0;
	guest_break(&slot->guest, GUEST_CAUSE_EMULATOR,
		    "a guest whose power is cut needs a snapshot to go on from, and --fresh makes "
		    "none");
	return 0;
}

int vm_slot_start(struct vm_slot *slot)
{
	struct guest *g = &slot->guest;
	unsigned int number = (unsigned int)g->number;
	int rc;

	if (!queue_take(&slot->suite->queue, &slot->batch))
		return -ENOENT;
	rc = spell_job(slot);
	if (rc < 0) {
		msg_error("out of memory");
		return rc;
	}
	guest_init(g, &slot->suite->plan, slot->name, number);
	snprintf(g->initrd, sizeof(g->initrd), "%s", slot->suite->initrd);
	g->words = slot->job.list;
	g->n_words = slot->job.n;
	slot->under_way = -1;
	slot->progress = 0;
	slot->cut_ms = 0;
	slot->cuts = 0;
	slot->acked = 0;
	slot->busy = true;
	return guest_start(g);
}

bool vm_slot_makes_snapshot(const struct vm_slot *slot)
{
	return slot->busy && slot->guest.state == GUEST_BOOTING && !slot->guest.restored &&
	       !slot->suite->plan.fresh;
}

int vm_slot_look(struct vm_slot *slot)
{
	int rc;

	if (!slot->busy)
		return 0;
	rc = guest_look(&slot->guest);
	if (!rc && slot->cut_ms && slot->guest.state == GUEST_RUNNING &&
	    given_ms(&slot->guest.vm.given) >= slot->cut_ms)
		rc = cut_power(slot);
	if (!rc && slot->guest.state >= GUEST_DONE)
		rc = conclude(slot);
	return rc;
}

void vm_slot_end(struct vm_slot *slot)
{
	if (slot->busy) {
		add_times(slot);
		keep_logs(slot);
	}
	json_decref(slot->held);
	json_decref(slot->outside);
	words_free(&slot->job);
	slot->job = (struct words){0};
	slot->held = slot->outside = NULL;
	slot->busy = false;
}
