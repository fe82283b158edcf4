// SPDX-License-Identifier: GPL-2.0-only
#include "cli/mutants/result.h"

#include "lib/base/json_field.h"
#include "lib/base/msg.h"

#include <inttypes.h>
#include <string.h>

static const char *const state_names[] = {"flagged", "missed", "broken", "equivalent", "not run"};
static const char *const blame_names[] = {"unsaid", "right", "wrong"};

const char *mutant_state_name(enum mutant_state state)
{
	return state_names[state];
}

const char *mutant_blame_name(enum mutant_blame blame)
{
	return blame_names[blame];
}

enum mutant_state mutant_state_of(const json_t *result)
{
	const char *name = json_field_text(result, "state");

	for (int state = 0; state < MUTANT_EQUIVALENT; state++)
		if (!strcmp(name, state_names[state]))
			return (enum mutant_state)state;
	return MUTANT_NOT_RUN;
}

static enum mutant_blame blame_in(const json_t *result)
{
	const char *name = json_field_text(result, "blame");

	for (int blame = 0; blame < BLAME_KINDS; blame++)
		if (!strcmp(name, blame_names[blame]))
			return (enum mutant_blame)blame;
	return BLAME_UNSAID;
}

enum mutant_blame mutant_blame_of(bool is_dm, size_t dm, size_t other)
{
	if (dm == other)
		return dm ? BLAME_WRONG : BLAME_UNSAID;
	return is_dm == (dm > other) ? BLAME_RIGHT : BLAME_WRONG;
}

/* FNV-1a (64 bits), with an end of each text. */
static uint64_t add_text(uint64_t hash, const char *text)
{
	const uint64_t prime = UINT64_C(0x100000001b3);

	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * prime;
	return (hash ^ 0xff) * prime;
}

const char *mutant_digest(const struct mutant *m, char buf[17])
{
	const char *texts[] = {m->module, m->file, m->function, m->program, m->metric, m->fs};
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		hash = add_text(hash, texts[i]);
	for (size_t i = 0; i < m->stacks.n; i++)
		hash = add_text(hash, m->stacks.list[i]);
	snprintf(buf, 17, "%016" PRIx64, hash);
	return buf;
}

static enum mutant_state state_of(const struct mutant_entry *e)
{
	return e->mutant->equivalent ? MUTANT_EQUIVALENT : mutant_state_of(e->result);
}

struct mutant_score mutant_score_of(const struct mutant_entry *list, size_t n, const char *layer)
{
	struct mutant_score score = {0};

	for (size_t i = 0; i < n; i++) {
		const struct mutant *m = list[i].mutant;
		enum mutant_state state = state_of(&list[i]);

		if (mutant_is_unchanged(m) || (layer && strcmp(layer, m->layer)))
			continue;
		score.states[state]++;
		if (state == MUTANT_FLAGGED)
			score.blamed[blame_in(list[i].result)]++;
		if (m->subtle && (state == MUTANT_FLAGGED || state == MUTANT_MISSED)) {
			score.subtle++;
			score.subtle_flagged += state == MUTANT_FLAGGED;
		}
	}
	return score;
}

size_t mutant_false_flags(const struct mutant_entry *list, size_t n)
{
	size_t flags = 0;

	for (size_t i = 0; i < n; i++)
		flags +=
			mutant_is_unchanged(list[i].mutant) && state_of(&list[i]) == MUTANT_FLAGGED;
	return flags;
}

/* ---- printing ------------------------------------------------------------------------------- */

static void print_by(const json_t *by, size_t most, FILE *out)
{
	const json_t *word;
	size_t i;

	json_array_foreach(by, i, word) {
		if (i == most) {
			fprintf(out, " and %zu more", json_array_size(by) - most);
			break;
		}
		fprintf(out, "%s%s", i ? " " : "", json_string_value(word));
	}
}

/* An unchanged module is good if nothing is detected. */
static const char *shown_state(const struct mutant_entry *e)
{
	enum mutant_state state = state_of(e);

	if (mutant_is_unchanged(e->mutant) && state == MUTANT_MISSED)
		return "clean";
	return state_names[state];
}

void mutant_print_result(const struct mutant_entry *e, FILE *out)
{
	const json_t *by = json_object_get(e->result, "by");
	const char *why = json_field_text(e->result, "why");

	fprintf(out, "%-10s %s", shown_state(e), e->mutant->id);
	if (e->mutant->equivalent)
		fprintf(out, ": %s", e->mutant->equivalent);
	else if (state_of(e) == MUTANT_FLAGGED) {
		fputs(": ", out);
		print_by(by, 3, out);
	} else if (*why)
		fprintf(out, ": %s", why);
	else if (!mutant_is_unchanged(e->mutant))
		fprintf(out, ": %s", e->mutant->breaks);
	fputc('\n', out);
	fflush(out);
}

static void print_row(const char *name, const struct mutant_score *s, FILE *out)
{
	size_t run = s->states[MUTANT_FLAGGED] + s->states[MUTANT_MISSED];
	char share[16] = "-";

	if (run)
		snprintf(share, sizeof(share), "%.0f %%",
			 100.0 * (double)s->states[MUTANT_FLAGGED] / (double)run);
	fprintf(out, "%-11s %7zu %7s %6zu %6zu %6zu %6zu %7zu %11zu\n", name,
		s->states[MUTANT_FLAGGED], share, s->blamed[BLAME_RIGHT], s->blamed[BLAME_WRONG],
		s->states[MUTANT_MISSED], s->states[MUTANT_BROKEN], s->states[MUTANT_NOT_RUN],
		s->states[MUTANT_EQUIVALENT]);
}

void mutant_print_score(const struct mutant_entry *list, size_t n, const char *release, FILE *out)
{
	struct mutant_score all = mutant_score_of(list, n, NULL);
	size_t run = all.states[MUTANT_FLAGGED] + all.states[MUTANT_MISSED];
	size_t false_flags = mutant_false_flags(list, n);

	fprintf(out, "%-11s %7s %7s %6s %6s %6s %6s %7s %11s\n", "layer", "flagged", "", "blamed",
		"wrong", "missed", "broken", "not run", "equivalent");
	for (const char *const *layer = mutant_layers; *layer; layer++) {
		struct mutant_score s = mutant_score_of(list, n, *layer);

		for (int state = 0; state < MUTANT_STATES; state++)
			if (s.states[state]) {
				print_row(*layer, &s, out);
				break;
			}
	}
	print_row("all", &all, out);
	fprintf(out,
		"%s: %zu of %zu mutants flagged (%zu of %zu subtle ones), %zu missed, %zu broken, "
		"%zu equivalent; unchanged modules flagged: %zu\n",
		release, all.states[MUTANT_FLAGGED], run, all.subtle_flagged, all.subtle,
		all.states[MUTANT_MISSED], all.states[MUTANT_BROKEN], all.states[MUTANT_EQUIVALENT],
		false_flags);
}

void mutant_print_table(const struct mutant_entry *list, size_t n, const char *release, FILE *out)
{
	fputs("kernel\tmutant\tmodule\tlayer\tsubtle\tstate\tblame\tflagged_by\tbreaks\n", out);
	for (size_t i = 0; i < n; i++) {
		const struct mutant *m = list[i].mutant;
		enum mutant_state state = state_of(&list[i]);

		if (state == MUTANT_NOT_RUN)
			continue;
		fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t", release, m->id, m->module, m->layer,
			m->subtle ? "yes" : "no", shown_state(&list[i]),
			state == MUTANT_FLAGGED ? blame_names[blame_in(list[i].result)] : "");
		print_by(json_object_get(list[i].result, "by"), 8, out);
		fprintf(out, "\t%s\n", state == MUTANT_EQUIVALENT ? m->equivalent : m->breaks);
	}
}

int mutant_status(const struct mutant_entry *list, size_t n)
{
	struct mutant_score all = mutant_score_of(list, n, NULL);

	if (mutant_false_flags(list, n) || all.states[MUTANT_MISSED])
		return STATUS_FAILED;
	for (size_t i = 0; i < n; i++)
		if (state_of(&list[i]) == MUTANT_BROKEN || state_of(&list[i]) == MUTANT_NOT_RUN)
			return STATUS_BROKEN;
	return STATUS_GOOD;
}
