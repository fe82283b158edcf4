// SPDX-License-Identifier: GPL-2.0-only
#include "report/compare/comparability.h"

#include "lib/base/memory.h"
#include "lib/base/number.h"
#include "report/table/table.h"

#include <stdlib.h>
#include <string.h>

/* The names are the places in the context line. */
static const struct {
	const char *name;
	unsigned int rules;
} facts[] = {
	{"checks", COMPARABILITY_SAMPLES | COMPARABILITY_KERNELS | COMPARABILITY_CHECKS},
	{"planted", COMPARABILITY_CHECKS},
	{"kernel.release", COMPARABILITY_SAMPLES},
	{"kernel.build_id", COMPARABILITY_SAMPLES},
	{"replaced", COMPARABILITY_SAMPLES},
	{"meter", COMPARABILITY_SAMPLES | COMPARABILITY_KERNELS},
	{"suite", COMPARABILITY_SAMPLES | COMPARABILITY_STATES | COMPARABILITY_CHECKS},
	{"build", COMPARABILITY_SAMPLES | COMPARABILITY_STATES | COMPARABILITY_CHECKS},
	{"seed", COMPARABILITY_CHECKS},
	{"rounds", COMPARABILITY_CHECKS},
	{"cpu", COMPARABILITY_SAMPLES | COMPARABILITY_KERNELS | COMPARABILITY_CHECKS},
	{"cpus", COMPARABILITY_KERNELS},
	{"mem_kib", COMPARABILITY_SAMPLES | COMPARABILITY_KERNELS},
	{"numa_nodes", COMPARABILITY_KERNELS},
	/* Another boot method gives other page tables: 61 insn per fault. */
	{"page_table_levels", COMPARABILITY_KERNELS},
	{"span_bytes", COMPARABILITY_KERNELS},
	{"emulator.qemu", COMPARABILITY_SAMPLES | COMPARABILITY_KERNELS | COMPARABILITY_CHECKS},
	{"emulator.accel", COMPARABILITY_SAMPLES | COMPARABILITY_KERNELS | COMPARABILITY_CHECKS},
	{"emulator.cpu", COMPARABILITY_SAMPLES | COMPARABILITY_KERNELS | COMPARABILITY_CHECKS},
	{"emulator.machine", COMPARABILITY_SAMPLES | COMPARABILITY_KERNELS | COMPARABILITY_CHECKS},
	{"emulator.mem_mib", COMPARABILITY_SAMPLES | COMPARABILITY_KERNELS},
	{"emulator.seed", COMPARABILITY_STATES},
	{"emulator.namespace", COMPARABILITY_SAMPLES | COMPARABILITY_KERNELS},
	{"emulator.append", COMPARABILITY_SAMPLES | COMPARABILITY_KERNELS},
	{"fio.digest", COMPARABILITY_SAMPLES | COMPARABILITY_KERNELS},
};

/* Of a fact that only one of the runs has: its metrics are not in the other one. */
static bool is_of_both(const char *name, const json_t *a, const json_t *b)
{
	return strcmp(name, "fio.digest") || (a && b);
}

static const json_t *fact(const json_t *context, const char *name)
{
	const char *dot = strchr(name, '.');
	char object[32];

	if (!dot)
		return json_object_get(context, name);
	snprintf(object, sizeof(object), "%.*s", (int)(dot - name), name);
	return json_object_get(json_object_get(context, object), dot + 1);
}

/* Missing, false and null are equal: a flag is written only if set. */
static bool is_nothing(const json_t *value)
{
	return !value || json_is_null(value) || json_is_false(value) ||
	       (json_is_string(value) && !*json_string_value(value));
}

static bool same(const json_t *a, const json_t *b)
{
	return (is_nothing(a) && is_nothing(b)) || (a && b && json_equal(a, b));
}

/* A list as text. */
static char *join(const json_t *list)
{
	char *text = NULL;
	size_t i;
	json_t *word;
	FILE *out = memory_stream(&text);

	if (!out)
		return NULL;
	json_array_foreach(list, i, word) {
		const char *file = json_string_value(json_object_get(word, "file"));
		const char *id = json_string_value(json_object_get(word, "build_id"));

		if (file) /* a module that was replaced */
			fprintf(out, "%s%s (build-id %.12s)", i ? ", " : "", file,
				id ? id : "unknown");
		else
			fprintf(out, "%s%s", i ? " " : "",
				json_is_string(word) ? json_string_value(word) : "?");
	}
	return fclose(out) ? NULL : text;
}

/* A value as text; free() it. */
static char *words(const json_t *value)
{
	if (json_is_array(value))
		return join(value);
	if (!value || json_is_null(value))
		return memory_check(strdup("(none)"));
	if (json_is_string(value))
		return memory_check(
			strdup(*json_string_value(value) ? json_string_value(value) : "(none)"));
	if (json_is_integer(value))
		return memory_check(strdup(number(json_integer_value(value)).s));
	return json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS);
}

static size_t compare_fact(const char *name, const json_t *a, const json_t *b,
			   comparability_say *say, void *arg)
{
	char *wa, *wb;

	if (same(a, b))
		return 0;
	wa = words(a);
	wb = words(b);
	if (say)
		say(arg, name, wa ? wa : "?", wb ? wb : "?");
	free(wa);
	free(wb);
	return 1;
}

size_t comparability_check(const struct run_context *a, const struct run_context *b,
			   enum comparability_rule rule, comparability_say *say, void *arg)
{
	size_t n = 0;

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (facts[i].rules & rule && is_of_both(facts[i].name, fact(a->json, facts[i].name),
							fact(b->json, facts[i].name)))
			n += compare_fact(facts[i].name, fact(a->json, facts[i].name),
					  fact(b->json, facts[i].name), say, arg);
	return n;
}

void comparability_print(void *arg, const char *name, const char *a, const char *b)
{
	(void)arg;
	printf("not comparable: %s: %s | %s\n", name, a, b);
}

/* Each member of two objects that differs, as PREFIX.KEY; both_only: members of both only. */
static size_t compare_members(const char *prefix, const json_t *a, const json_t *b, bool both_only,
			      comparability_say *say, void *arg)
{
	json_t *keys = json_object(), *unused;
	const char *key;
	char name[96];
	size_t n = 0;

	if (json_is_object(a))
		json_object_update(keys, (json_t *)a);
	if (json_is_object(b))
		json_object_update(keys, (json_t *)b);
	json_object_foreach(keys, key, unused) {
		const json_t *va = json_object_get(a, key), *vb = json_object_get(b, key);

		if (both_only && (!va || !vb))
			continue;
		snprintf(name, sizeof(name), "%s.%s", prefix, key);
		n += compare_fact(name, va, vb, say, arg);
	}
	json_decref(keys);
	return n;
}

/* The settings of a kernel; page table isolation has had two names (6.9: "x86/bugs: Rename
 * CONFIG_PAGE_TABLE_ISOLATION").  A new reference, or NULL. */
static json_t *settings_of(const struct run_context *context)
{
	static const char old[] = "PAGE_TABLE_ISOLATION", new[] = "MITIGATION_PAGE_TABLE_ISOLATION";
	json_t *s = json_copy((json_t *)fact(context->json, "kernel.settings"));

	if (!json_is_object(s)) {
		json_decref(s);
		return NULL;
	}
	if (json_is_true(json_object_get(s, new)))
		json_object_set_new(s, old, json_true());
	json_object_del(s, new);
	return s;
}

size_t comparability_kernels(const struct run_context *a, const struct run_context *b,
			     comparability_say *say, void *arg)
{
	static const char *const plain[] = {"kernel.release", "kernel.package", "kernel.version",
					    "kernel.thp", "replaced"};
	json_t *sa = settings_of(a), *sb = settings_of(b);
	size_t n = 0;

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		n += compare_fact(plain[i], fact(a->json, plain[i]), fact(b->json, plain[i]), say,
				  arg);
	if (sa && sb) {
		n += compare_members("kernel.settings", sa, sb, false, say, arg);
	} else if (sa || sb) {
		say(arg, "kernel.settings", sa ? "known" : "(none)", sb ? "known" : "(none)");
		n++;
	}
	json_decref(sa);
	json_decref(sb);
	n += compare_members("mitigations", fact(a->json, "mitigations"),
			     fact(b->json, "mitigations"), true, say, arg);
	/* Modules of the same kernel differ only if replaced. */
	if (*a->build_id && !strcmp(a->build_id, b->build_id))
		n += compare_members("modules", fact(a->json, "modules"), fact(b->json, "modules"),
				     false, say, arg);
	return n;
}

size_t comparability_sweeps(const struct run_context *a, const struct run_context *b,
			    comparability_say *say, void *arg)
{
	static const char *const lists[] = {"fs", "stacks", "metrics"};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		n += compare_fact(lists[i], fact(a->json, lists[i]), fact(b->json, lists[i]), say,
				  arg);
	return n;
}
