/* SPDX-License-Identifier: GPL-2.0-only */
/* A mutator for files of one JSON object per line, in the place of libFuzzer's. */
#ifndef DAXDM_FUZZ_JSON_H
#define DAXDM_FUZZ_JSON_H

#include "lib/base/stats.h"
#include "tests/fuzz/fuzz.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

static unsigned int fuzz_seed;

static inline size_t fuzz_random(size_t below)
{
	fuzz_seed = fuzz_seed * 1103515245 + 12345;
	return below ? fuzz_seed / 65536 % below : 0;
}

static inline json_t *fuzz_value(const json_t *old)
{
	static const json_int_t numbers[] = {0,
					     1,
					     -1,
					     2,
					     4096,
					     INT32_MAX,
					     INT64_C(1) << 40,
					     INT64_C(1) << 50,
					     -(INT64_C(1) << 50),
					     INT64_C(1) << 53,
					     INT64_MAX,
					     INT64_MIN};
	static const char *const words[] = {"",
					    "raw",
					    "linear:1",
					    "linear:16",
					    "linear:64",
					    "striped:2",
					    "striped:4",
					    "linear:1/linear:1",
					    "linear:1/linear:1/linear:1",
					    "ext4",
					    "xfs",
					    "fault",
					    "table",
					    "translate",
					    "page.random",
					    "bio",
					    "dax.read.4k",
					    "read.warm.pmd",
					    "read.warm.pte",
					    "read.warm.fallback",
					    "write.alloc.pte",
					    "load",
					    "read.2",
					    "insn",
					    "ns",
					    "time",
					    "higher",
					    "a.b{c}",
					    "\033[2J",
					    "`x`'\"",
					    "%s%n",
					    "a\nb",
					    "\xc3\xa4"};

	switch (fuzz_random(12)) {
	case 0:
		return json_null();
	case 1:
		return json_object();
	case 2:
		return json_array();
	case 3:
		return json_real(fuzz_random(2) ? 1e308 : -0.5);
	default:
		break;
	}
	if (json_is_integer(old) ? fuzz_random(8) != 0 : fuzz_random(8) == 0)
		return json_integer(numbers[fuzz_random(sizeof(numbers) / sizeof(*numbers))]);
	return json_string(words[fuzz_random(sizeof(words) / sizeof(*words))]);
}

/* Makes a line one of another stack, filesystem or metric. */
static inline void fuzz_rename(json_t *line)
{
	static const char *const names[] = {"stack", "fs", "variant", "bench", "unit"};
	const char *name = names[fuzz_random(5)];

	if (json_object_get(line, name))
		json_object_set_new(line, name, fuzz_value(json_null()));
}

/* Goes down to a random member and replaces it, takes it away, or adds to it. */
static inline void fuzz_change(json_t *at)
{
	bool array = json_is_array(at);
	size_t n = array ? json_array_size(at) : json_object_size(at), i = fuzz_random(n);
	void *iter = json_object_iter(at);
	json_t *member;

	for (size_t k = 0; k < i && !array; k++)
		iter = json_object_iter_next(at, iter);
	if (!n) {
		json_array_append_new(at, fuzz_value(NULL));
		return;
	}
	member = array ? json_array_get(at, i) : json_object_iter_value(iter);
	if ((json_is_array(member) || json_is_object(member)) && fuzz_random(8))
		fuzz_change(member);
	else if (!fuzz_random(6))
		(void)(array ? json_array_remove(at, i)
			     : json_object_del(at, json_object_iter_key(iter)));
	else if (array && !fuzz_random(3))
		json_array_insert(at, i, member);
	else if (array)
		json_array_set_new(at, i, fuzz_value(member));
	else
		json_object_iter_set_new(at, iter, fuzz_value(member));
}

/* Makes a record follow from its samples, as record_write() would. */
static inline void fuzz_repair(json_t *line)
{
	static const char *const names[] = {"bench", "variant", "stack", "fs"};
	const char *word[4];
	int64_t samples[256];
	struct stats s;
	char text[256];
	size_t n = 0, i;
	json_t *pair;

	json_array_foreach(json_object_get(line, "samples"), i, pair) {
		json_int_t count = json_integer_value(json_array_get(pair, 1));

		for (; count > 0 && n < 256; count--)
			samples[n++] = json_integer_value(json_array_get(pair, 0));
	}
	for (i = 0; i < 4; i++)
		word[i] = json_string_value(json_object_get(line, names[i]));
	if (!word[0] || !word[1] || !word[2] || stats_summarise(samples, n, &s) < 0)
		return;
	snprintf(text, sizeof(text), "%s.%s{stack=%s%s%s}", word[0], word[1], word[2],
		 word[3] ? ",fs=" : "", word[3] ? word[3] : "");
	json_object_set_new(line, "id", json_string(text));
	snprintf(text, sizeof(text), "fnv1a64:%016" PRIx64, stats_digest(samples, n));
	json_object_update_new(line, json_pack("{sI sI sI sI sf sI sI sI ss}", "n", (json_int_t)n,
					       "min", (json_int_t)s.min, "p10", (json_int_t)s.p10,
					       "median", (json_int_t)s.median, "mean", s.mean,
					       "p90", (json_int_t)s.p90, "p99", (json_int_t)s.p99,
					       "max", (json_int_t)s.max, "digest", text));
}

/* Changes a few lines; or, of what is no such file, bytes. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	char *text = fuzz_text(data, size), *at = text, *end, *line, *out = NULL;
	size_t room, done = 0, n = 1 + size / 300;
	FILE *to = open_memstream(&out, &room);

	fuzz_seed = seed;
	FUZZ_ASSERT(to);
	for (; *at; at = end) {
		json_t *object;

		end = strchr(at, '\n') ? strchr(at, '\n') + 1 : at + strlen(at);
		object = fuzz_random(n) < 2 ? json_loadb(at, (size_t)(end - at), 0, NULL) : NULL;
		if (object && !fuzz_random(3))
			fwrite(at, 1, (size_t)(end - at), to);
		for (size_t k = fuzz_random(3) + 1; object && k--;)
			fuzz_random(2) ? fuzz_change(object) : fuzz_rename(object);
		if (object && json_object_get(object, "samples") && fuzz_random(8))
			fuzz_repair(object);
		line = object ? json_dumps(object, JSON_COMPACT) : NULL;
		done += !!line;
		if (line)
			fprintf(to, "%s\n", line);
		else if (fuzz_random(n * 4))
			fwrite(at, 1, (size_t)(end - at), to);
		free(line);
		json_decref(object);
	}
	fclose(to);
	size = done && room < max_size ? room : LLVMFuzzerMutate(data, size, max_size);
	if (done && size == room)
		memcpy(data, out, size);
	free(out);
	free(text);
	return size;
}

#endif
