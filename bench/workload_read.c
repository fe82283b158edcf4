// SPDX-License-Identifier: GPL-2.0-only
#include "bench/workload_read.h"

#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/base/text_file.h"
#include "lib/dev/dm.h"
#include "lib/dev/stack.h"
#include "lib/dev/stack_text.h"
#include "lib/file/fs.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The word for each benchmark that the file does not name. */
static const char others[] = "others";

static struct words *statement(struct workload *w, const char *word, size_t len)
{
	if (len == 5 && !memcmp(word, "stack", 5))
		return &w->stacks;
	if (len == 2 && !memcmp(word, "fs", 2))
		return &w->filesystems;
	if (len == 5 && !memcmp(word, "bench", 5))
		return &w->benches;
	return NULL;
}

static bool pattern_matches_any(const char *pattern)
{
	for (const struct bench *const *b = bench_table; *b; b++)
		for (const struct variant *v = (*b)->variants; v->name; v++)
			if (workload_matches(pattern, (*b)->name, v->name))
				return true;
	return false;
}

/* Replaces a filesystem by its canonical text.  Returns 0, -ENOMEM, or -EINVAL after an error line
 * that starts with `where`. */
static int check_filesystem(char **word, const char *where)
{
	struct fs_spec spec;
	char why[512], *text;

	if (fs_spec_parse(*word, &spec, why, sizeof(why)) < 0) {
		msg_error("%s%s", where, why);
		return -EINVAL;
	}
	text = memory_check(strdup(spec.text));
	if (!text)
		return -ENOMEM;
	free(*word);
	*word = text;
	return 0;
}

/* Whether one word of a statement is valid; prints an error line that starts with `where` if
 * not. */
static int check_word(const struct workload *w, const struct words *of, size_t i, const char *where)
{
	const char *word = of->list[i];
	struct stack_spec spec;
	char why[192];

	if (of == &w->filesystems)
		return check_filesystem(&of->list[i], where);
	if (of == &w->stacks) {
		if (stack_text_is_file(word)) /* read when all words are there */
			return 0;
		if (!stack_parse(word, &spec, why, sizeof(why)))
			return 0;
		msg_error("%s%s", where, why);
	} else {
		if (pattern_matches_any(word))
			return 0;
		msg_error("%sno metric matches '%s'; daxdm list shows them", where, word);
	}
	return -EINVAL;
}

/* PATH:LINE:COLUMN of a word, for error lines. */
static int read_word(const char *path, unsigned int number, const char *line, const char *word,
		     size_t len, struct words *to, struct workload *out)
{
	char where[512];
	int rc;

	snprintf(where, sizeof(where), "%s:%u:%zu: ", path, number, (size_t)(word - line) + 1);
	for (size_t i = 0; i < to->n; i++) {
		if (strlen(to->list[i]) != len || memcmp(to->list[i], word, len))
			continue;
		msg_error("%s'%.*s' is given twice", where, (int)len, word);
		return -EINVAL;
	}
	rc = words_add(to, word, len);
	if (rc < 0) {
		msg_error("out of memory");
		return rc;
	}
	if (to == &out->benches && !strcmp(to->list[to->n - 1], others))
		return 0;
	return check_word(out, to, to->n - 1, where);
}

static int read_line(void *workload, const char *path, unsigned int number, char *line)
{
	struct workload *out = workload;
	const char *blanks = " \t", *p = line + strspn(line, blanks);
	struct words *to = NULL;
	size_t len, n_words = 0;
	int rc = 0;

	for (; *p && *p != '#' && !rc; p += len, p += strspn(p, blanks), n_words++) {
		len = fs_spec_word_len(p);
		if (n_words) {
			rc = read_word(path, number, line, p, len, to, out);
			continue;
		}
		to = statement(out, p, len);
		if (!to) {
			msg_error("%s:%u:%zu: '%.*s' is not a statement; expected stack, fs or "
				  "bench",
				  path, number, (size_t)(p - line) + 1, (int)len, p);
			return -EINVAL;
		}
	}
	if (n_words == 1 && !rc) {
		msg_error("%s:%u:%zu: the statement has no words", path, number,
			  (size_t)(p - line) + 1);
		return -EINVAL;
	}
	return rc;
}

bool workload_wants_bench(const struct workload *w, const struct bench *bench)
{
	for (const struct variant *v = bench->variants; v->name; v++)
		if (workload_wants(w, bench->name, v->name))
			return true;
	return false;
}

/* Replaces the word `others` by the benchmarks that it stands for.  Returns 0 or -ENOMEM. */
static int expand_others(struct workload *w)
{
	struct words all = {0};
	bool found = false;
	int rc = 0;

	for (size_t i = 0; i < w->benches.n && !rc; i++) {
		const char *word = w->benches.list[i];
		bool is_others = !strcmp(word, others);

		found = found || is_others;
		rc = is_others ? 0 : words_add(&all, word, strlen(word));
	}
	for (const struct bench *const *b = bench_table; *b && found && !rc; b++)
		if (!(*b)->by_name_only && !workload_wants_bench(w, *b))
			rc = words_add(&all, (*b)->name, strlen((*b)->name));
	words_free(&w->benches);
	w->benches = all;
	if (rc < 0)
		msg_error("out of memory");
	return rc;
}

int workload_read(const char *path, struct workload *out)
{
	int rc;

	*out = (struct workload){0};
	rc = text_file_read(path, "workload", read_line, out);
	if (!rc)
		rc = expand_others(out);
	if (!rc)
		rc = workload_expand_stacks(&out->stacks, "");
	if (rc < 0)
		workload_free(out);
	return rc;
}

int workload_expand_stacks(struct words *stacks, const char *where)
{
	struct words all = {0};
	char why[512], note[512];
	bool found = false;
	int rc = 0;

	for (size_t i = 0; i < stacks->n && !rc; i++) {
		const char *word = stacks->list[i];

		if (!stack_text_is_file(word)) {
			rc = words_add(&all, word, strlen(word));
			continue;
		}
		found = true;
		rc = stack_text_expand(word, &all, note, sizeof(note), why, sizeof(why));
		if (rc < 0)
			msg_error("%s%s", where, why);
		else if (*note)
			msg_note("%s: %s", word, note);
	}
	if (found && !rc) {
		words_free(stacks);
		*stacks = all;
		return 0;
	}
	words_free(&all);
	return rc;
}

static void override(struct words *words, struct words *by_hand)
{
	if (!by_hand->n)
		return;
	words_free(words);
	*words = *by_hand;
	*by_hand = (struct words){0};
}

void workload_override(struct workload *workload, struct workload *by_hand)
{
	override(&workload->stacks, &by_hand->stacks);
	override(&workload->filesystems, &by_hand->filesystems);
	override(&workload->benches, &by_hand->benches);
	override(&workload->cells, &by_hand->cells);
}

int workload_check_filesystems(struct words *filesystems)
{
	struct words all = {0};
	int rc = 0;

	for (size_t i = 0; i < filesystems->n && !rc; i++) {
		rc = check_filesystem(&filesystems->list[i], "");
		if (!rc)
			rc = words_add_new(&all, filesystems->list[i],
					   strlen(filesystems->list[i]));
	}
	words_free(filesystems);
	*filesystems = all;
	return rc;
}

json_t *workload_mkfs(const struct workload *w)
{
	json_t *commands = json_object();

	for (size_t i = 0; i < w->filesystems.n; i++) {
		char why[512], command[512];
		struct fs_spec spec;

		if (fs_spec_parse(w->filesystems.list[i], &spec, why, sizeof(why)) < 0)
			continue;
		fs_mkfs_command(&spec, command, sizeof(command));
		json_object_set_new(commands, spec.text, json_string(command));
	}
	return commands;
}

int workload_check(struct workload *w)
{
	const struct words *const all[] = {&w->stacks, &w->benches};

	if (!w->stacks.n || !w->filesystems.n || !w->benches.n) {
		msg_error("the workload names no %s", !w->stacks.n	  ? "stack"
						      : !w->filesystems.n ? "filesystem"
									  : "benchmark");
		return -EINVAL;
	}
	for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++)
		for (size_t i = 0; i < all[k]->n; i++)
			if (check_word(w, all[k], i, "") < 0)
				return -EINVAL;
	return workload_check_filesystems(&w->filesystems) < 0 ? -EINVAL : 0;
}

static int check_room(const struct workload *w, uint64_t span_bytes)
{
	const struct namespace two[] = {
		{.node = "/dev/pmem0", .size_bytes = span_bytes + WINDOW_BYTES},
		{.node = "/dev/pmem1", .size_bytes = span_bytes + WINDOW_BYTES},
	};

	for (size_t i = 0; i < w->stacks.n; i++) {
		struct stack_spec spec;
		char why[320];

		stack_parse(w->stacks.list[i], &spec, why, sizeof(why));
		if (stack_fits(&spec, two, 2, span_bytes, why, sizeof(why)) < 0) {
			msg_error("%s", why);
			return -EINVAL;
		}
		if (*why)
			msg_note("%s", why);
	}
	return 0;
}

int workload_of_words(int n, char *const words[], uint64_t span_bytes, struct workload *out)
{
	const char *file = place("workloads/default");
	struct workload by_hand = {0};
	int rc = 0;

	*out = (struct workload){0};
	for (int i = 0; i + 1 < n && !rc; i++) {
		struct words *to = !strcmp(words[i], "--stack")	  ? &by_hand.stacks
				   : !strcmp(words[i], "--fs")	  ? &by_hand.filesystems
				   : !strcmp(words[i], "--bench") ? &by_hand.benches
				   : !strcmp(words[i], "--cell")  ? &by_hand.cells
								  : NULL;

		if (to)
			rc = words_add_new(to, words[i + 1], strlen(words[i + 1]));
		else if (!strcmp(words[i], "--workload"))
			file = words[i + 1];
	}
	if (!rc)
		rc = workload_read(file, out);
	if (!rc)
		rc = workload_expand_stacks(&by_hand.stacks, "");
	if (!rc) {
		workload_override(out, &by_hand);
		rc = workload_check(out);
	}
	if (!rc)
		rc = check_room(out, span_bytes);
	workload_free(&by_hand);
	if (rc < 0)
		workload_free(out);
	return rc < 0 ? -EINVAL : 0;
}
