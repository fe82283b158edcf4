// SPDX-License-Identifier: GPL-2.0-only
#include "lib/meter/counters.h"
#include "lib/base/json_field.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t counters_scale(uint64_t value, uint64_t enabled_ns, uint64_t running_ns)
{
	if (!running_ns)
		return -1;
	if (running_ns >= enabled_ns)
		return (int64_t)value;
	return (int64_t)((double)value * (double)enabled_ns / (double)running_ns + 0.5);
}

void counters_missing(int err, int paranoid, int hardware, char why[192], const char **cure)
{
	switch (err) {
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		snprintf(why, 192, "this host has no such counter%s",
			 hardware ? " (a virtual machine needs a virtual PMU)" : "");
		*cure = hardware ? "measure on bare metal, or give the virtual machine a PMU"
				 : "use a kernel that has it";
		break;
	case EACCES:
	case EPERM:
		snprintf(why, 192, "not permitted (kernel.perf_event_paranoid is %d)", paranoid);
		*cure = paranoid > 1 ? "run it as root, or sysctl kernel.perf_event_paranoid=1"
				     : "allow perf_event_open in the container's seccomp filter or "
				       "in the security module";
		break;
	case ENOSYS:
		snprintf(why, 192, "this kernel has no perf events");
		*cure = "use a kernel with CONFIG_PERF_EVENTS";
		break;
	default:
		snprintf(why, 192, "cannot open the event: %s", strerror(err));
		*cure = "see perf_event_open(2)";
	}
}

#ifdef DAXDM_LIBPERF

#include <perf/core.h>
#include <perf/evsel.h>
#include <perf/threadmap.h>

#define DTLB_MISSES(op) \
	(PERF_COUNT_HW_CACHE_DTLB | (op) << 8 | PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

/* With perf(1)'s names.  Hardware events come first: they are stopped first, and count least of the
 * switching of the others. */
static const struct {
	const char *name;
	uint32_t type;
	uint64_t config;
} events[] = {
	{"cycles:k", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
	{"instructions:k", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
	{"dTLB-load-misses:k", PERF_TYPE_HW_CACHE, DTLB_MISSES(PERF_COUNT_HW_CACHE_OP_READ)},
	{"dTLB-store-misses:k", PERF_TYPE_HW_CACHE, DTLB_MISSES(PERF_COUNT_HW_CACHE_OP_WRITE)},
	{"minor-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN},
	{"major-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ},
	{"context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
	{"cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS},
};

enum { N_EVENTS = sizeof(events) / sizeof(events[0]) };

/* Number of empty start/stop pairs in the calibration. */
enum { CALIBRATIONS = 64 };

struct event {
	struct perf_evsel *evsel; /* NULL: unavailable */
	char why[192];
	const char *cure;
	struct perf_counts_values base; /* at counters_begin() */
	double bracket;			/* counts of one start and stop */
};

struct counters {
	struct event event[N_EVENTS];
	struct perf_thread_map *self;
	uint64_t n_operations, n_brackets;
};

const char *counters_libperf(void)
{
	return DAXDM_LIBPERF;
}

static int no_print(enum libperf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

static int read_paranoid(void)
{
	FILE *in = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
	int paranoid = -2;

	if (in && fscanf(in, "%d", &paranoid) != 1)
		paranoid = -2;
	if (in)
		fclose(in);
	return paranoid;
}

static void open_event(struct counters *c, size_t i)
{
	bool hardware = events[i].type != PERF_TYPE_SOFTWARE;
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = events[i].type,
		.config = events[i].config,
		.disabled = 1,
		.inherit = 1, /* a worker of io_uring, or of bench/scale/scale.c, is one that we
				 started */
		.exclude_user = hardware,
		.exclude_hv = hardware,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	};
	struct event *e = &c->event[i];
	int rc;

	e->evsel = perf_evsel__new(&attr);
	rc = e->evsel ? perf_evsel__open(e->evsel, NULL, c->self) : -ENOMEM;
	if (!rc)
		return;
	counters_missing(-rc, read_paranoid(), hardware, e->why, &e->cure);
	if (e->evsel)
		perf_evsel__delete(e->evsel);
	e->evsel = NULL;
}

/* Counts since counters_begin(); zeroes if the event cannot be read. */
static struct perf_counts_values counted(const struct event *e)
{
	struct perf_counts_values now = {0};

	if (perf_evsel__read(e->evsel, 0, 0, &now) < 0)
		return (struct perf_counts_values){0};
	now.val -= e->base.val;
	now.ena -= e->base.ena;
	now.run -= e->base.run;
	return now;
}

static void calibrate(struct counters *c)
{
	counters_begin(c);
	for (int i = 0; i < CALIBRATIONS; i++) {
		counters_start(c);
		counters_stop(c, 0);
	}
	for (size_t i = 0; i < N_EVENTS; i++) {
		struct event *e = &c->event[i];
		struct perf_counts_values v;
		int64_t value;

		if (!e->evsel || events[i].type == PERF_TYPE_SOFTWARE)
			continue;
		v = counted(e);
		value = counters_scale(v.val, v.ena, v.run);
		e->bracket = value < 0 ? 0 : (double)value / CALIBRATIONS;
	}
	counters_begin(c);
}

struct counters *counters_open(void)
{
	struct counters *c = calloc(1, sizeof(*c));

	libperf_init(no_print);
	if (c)
		c->self = perf_thread_map__new_dummy();
	if (!c || !c->self) {
		free(c);
		return NULL;
	}
	perf_thread_map__set_pid(c->self, 0, 0);
	for (size_t i = 0; i < N_EVENTS; i++)
		open_event(c, i);
	calibrate(c);
	return c;
}

void counters_close(struct counters *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < N_EVENTS; i++) {
		if (!c->event[i].evsel)
			continue;
		perf_evsel__close(c->event[i].evsel);
		perf_evsel__delete(c->event[i].evsel);
	}
	perf_thread_map__put(c->self);
	free(c);
}

void counters_begin(struct counters *c)
{
	if (!c)
		return;
	c->n_operations = c->n_brackets = 0;
	for (size_t i = 0; i < N_EVENTS; i++) {
		struct event *e = &c->event[i];

		e->base = (struct perf_counts_values){0};
		if (e->evsel)
			e->base = counted(e);
	}
}

void counters_start(struct counters *c)
{
	for (size_t i = N_EVENTS; c && i--;)
		if (c->event[i].evsel)
			perf_evsel__enable(c->event[i].evsel);
}

void counters_stop(struct counters *c, uint64_t n_operations)
{
	for (size_t i = 0; c && i < N_EVENTS; i++)
		if (c->event[i].evsel)
			perf_evsel__disable(c->event[i].evsel);
	if (!c)
		return;
	c->n_operations += n_operations;
	c->n_brackets++;
}

static json_t *event_json(const struct counters *c, const struct event *e)
{
	struct perf_counts_values v;
	double own = e->bracket * (double)c->n_brackets;
	int64_t value;
	json_t *out;

	if (!e->evsel)
		return json_pack("{ss ss}", "unavailable", e->why, "cure", e->cure);
	v = counted(e);
	value = counters_scale(v.val, v.ena, v.run);
	if (value < 0)
		return json_pack("{ss ss}", "unavailable",
				 "the event never ran: other users occupy the processor's counters",
				 "cure",
				 "stop other users of the counters (perf, the NMI watchdog)");
	value = (double)value > own ? (int64_t)((double)value - own + 0.5) : 0;
	out = json_pack("{sI}", "value", (json_int_t)value);
	if (v.run < v.ena)
		json_object_set_new(out, "ran_percent",
				    json_real(100.0 * (double)v.run / (double)v.ena));
	return out;
}

json_t *counters_json(const struct counters *c)
{
	json_t *all = json_object();

	for (size_t i = 0; i < N_EVENTS; i++)
		json_object_set_new(all, events[i].name, event_json(c, &c->event[i]));
	return json_pack("{sI so}", "operations", (json_int_t)c->n_operations, "counters", all);
}

#else

const char *counters_libperf(void)
{
	return NULL;
}

struct counters *counters_open(void)
{
	return NULL;
}

void counters_close(struct counters *c)
{
	(void)c;
}

void counters_begin(struct counters *c)
{
	(void)c;
}

void counters_start(struct counters *c)
{
	(void)c;
}

void counters_stop(struct counters *c, uint64_t n_operations)
{
	(void)c;
	(void)n_operations;
}

json_t *counters_json(const struct counters *c)
{
	(void)c;
	return NULL;
}

#endif

/* The count, or -1 if it is unavailable. */
static int64_t value_of(const json_t *counted, const char *name)
{
	const json_t *counter = json_object_get(json_object_get(counted, "counters"), name);

	return json_field_number(counter, "value");
}

/* Whether the counters contradict the record; says in why how. */
static bool contradicts(const json_t *record, const json_t *counted, char *why, size_t why_len)
{
	const json_t *faults = json_object_get(json_object_get(record, "proof"), "faults");
	int64_t minor = value_of(counted, "minor-faults"),
		major = value_of(counted, "major-faults");
	json_int_t operations = json_integer_value(json_object_get(counted, "operations"));

	if (!operations)
		snprintf(why, why_len, "this benchmark has no counted pass");
	else if (json_is_integer(faults) && operations != json_integer_value(faults))
		snprintf(why, why_len, "counted %lld accesses, but %lld are proven",
			 (long long)operations, (long long)json_integer_value(faults));
	else if (json_is_integer(faults) && minor >= 0 && major >= 0 &&
		 minor + major != json_integer_value(faults))
		snprintf(why, why_len, "counted %lld page faults, but %lld are proven",
			 (long long)(minor + major), (long long)json_integer_value(faults));
	else
		return false;
	return true;
}

static bool is_type(const json_t *line, const char *type)
{
	const char *has = json_string_value(json_object_get(line, "type"));

	return has && !strcmp(has, type);
}

json_t *counters_line(const json_t *lines, json_t *counted)
{
	static const char *const keys[] = {"id", "bench", "variant", "stack", "fs"};
	const json_t *line, *record = NULL, *gap = NULL;
	size_t i, n_records = 0;
	json_t *out = NULL;
	char why[192] = "";

	json_array_foreach(lines, i, line) {
		if (is_type(line, "record") && !n_records++)
			record = line;
		else if (is_type(line, "void"))
			gap = line;
	}
	if (!counted || (!record && !gap))
		goto out;
	if (gap)
		snprintf(why, sizeof(why), "%s", json_string_value(json_object_get(gap, "why")));
	else if (n_records > 1)
		snprintf(why, sizeof(why), "pages of both sizes were mapped in one pass");
	else
		contradicts(record, counted, why, sizeof(why));
	line = gap ? gap : record;
	out = json_pack("{ss}", "type", "counters");
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set(out, keys[i], json_object_get(line, keys[i]));
	if (*why)
		json_object_set_new(out, "void", json_string(why));
	else
		json_object_update(out, counted);
out:
	json_decref(counted);
	return out;
}
