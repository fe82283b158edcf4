// SPDX-License-Identifier: GPL-2.0-only
#include "bench/fiojob/fio_option.h"

#include "lib/base/number.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATTERN_BYTES = 8 };

const char *const fio_option_groups[FIO_GROUPS] = {
	[FIO_GROUP_FILE] = "replaced by one file on each stack and filesystem",
	[FIO_GROUP_LENGTH] = ("replaced by a number of I/Os of each section: 64 under meter insn, "
			      "else 1,024, and at most 16 MiB"),
	[FIO_GROUP_SEED] = "replaced by randseed=1, so that runs repeat",
	[FIO_GROUP_OUTPUT] = "left out: the samples come from the latency log of each section",
	[FIO_GROUP_CONTENT] = "replaced by a pattern that is read back",
	[FIO_GROUP_ORDER] = "set for each section: they run one after the other",
	[FIO_GROUP_THREAD] = "set: a section is a thread of fio's process",
	[FIO_GROUP_SIZE] = "replaced by the size of the file, 32 MiB if the namespace has room",
	[FIO_GROUP_DEPTH] = "replaced by 1: this engine does one I/O at a time",
};

#define KEEP(name_)                                    \
	{                                              \
		.name = name_, .rule = FIO_OPTION_KEEP \
	}
#define READ(name_)                                    \
	{                                              \
		.name = name_, .rule = FIO_OPTION_READ \
	}
#define REPLACE(name_, group_)                                                         \
	{                                                                              \
		.name = name_, .rule = FIO_OPTION_REPLACE, .group = FIO_GROUP_##group_ \
	}
#define REFUSE(name_, why_)                                           \
	{                                                             \
		.name = name_, .rule = FIO_OPTION_REFUSE, .why = why_ \
	}

static const char no_sync[] = "the time of fsync(2) is in no sample; use sync=1, which is";
static const char no_pause[] = "a pause between I/Os changes their cost; remove it";
static const char no_sizes[] = "several block sizes would be one record; write a section for each";
static const char no_verify[] =
	"written data is verified in any case, after the section; remove it";
static const char no_place[] = "placement on processors and nodes is not taken over; remove it";

static const struct fio_option options[] = {
	READ("ioengine"),
	READ("rw"),
	READ("bs"),
	READ("size"),
	READ("direct"),
	READ("buffered"),
	READ("sync"),
	READ("numjobs"),
	READ("iodepth"),
	READ("nrfiles"),
	KEEP("description"),
	KEEP("norandommap"),
	KEEP("random_generator"),
	KEEP("random_distribution"),
	KEEP("invalidate"),
	KEEP("fadvise_hint"),
	KEEP("madvise_hint"),
	KEEP("iomem"),
	KEEP("iomem_align"),
	KEEP("hipri"),
	KEEP("fixedbufs"),
	KEEP("registerfiles"),
	KEEP("nonvectored"),
	KEEP("force_async"),
	KEEP("sqthread_poll"),
	KEEP("nowait"),
	KEEP("uncached"),
	REPLACE("filename", FILE),
	REPLACE("directory", FILE),
	REPLACE("filename_format", FILE),
	REPLACE("filesize", FILE),
	REPLACE("fallocate", FILE),
	REPLACE("overwrite", FILE),
	REPLACE("create_on_open", FILE),
	REPLACE("create_serialize", FILE),
	REPLACE("create_fsync", FILE),
	REPLACE("file_append", FILE),
	REPLACE("unlink", FILE),
	REPLACE("time_based", LENGTH),
	REPLACE("runtime", LENGTH),
	REPLACE("ramp_time", LENGTH),
	REPLACE("loops", LENGTH),
	REPLACE("number_ios", LENGTH),
	REPLACE("io_size", LENGTH),
	REPLACE("randseed", SEED),
	REPLACE("randrepeat", SEED),
	REPLACE("allrandrepeat", SEED),
	REPLACE("group_reporting", OUTPUT),
	REPLACE("new_group", OUTPUT),
	REPLACE("unified_rw_reporting", OUTPUT),
	REPLACE("percentile_list", OUTPUT),
	REPLACE("clat_percentiles", OUTPUT),
	REPLACE("lat_percentiles", OUTPUT),
	REPLACE("slat_percentiles", OUTPUT),
	REPLACE("write_bw_log", OUTPUT),
	REPLACE("write_lat_log", OUTPUT),
	REPLACE("write_iops_log", OUTPUT),
	REPLACE("write_hist_log", OUTPUT),
	REPLACE("log_avg_msec", OUTPUT),
	REPLACE("log_offset", OUTPUT),
	REPLACE("per_job_logs", OUTPUT),
	REPLACE("bwavgtime", OUTPUT),
	REPLACE("iopsavgtime", OUTPUT),
	REPLACE("disk_util", OUTPUT),
	REPLACE("clocksource", OUTPUT),
	REPLACE("refill_buffers", CONTENT),
	REPLACE("scramble_buffers", CONTENT),
	REPLACE("zero_buffers", CONTENT),
	REPLACE("buffer_pattern", CONTENT),
	REPLACE("buffer_compress_percentage", CONTENT),
	REPLACE("buffer_compress_chunk", CONTENT),
	REPLACE("dedupe_percentage", CONTENT),
	REPLACE("stonewall", ORDER),
	REPLACE("thread", THREAD),
	REFUSE("gtod_reduce", "without clock readings there are no samples; remove it"),
	REFUSE("disable_lat", "without it there are no samples; remove it"),
	REFUSE("disable_clat", "without it there are no samples; remove it"),
	REFUSE("offset", "I/O begins at the start of the file; remove it"),
	REFUSE("iodepth_batch", "a sample is one I/O; remove it"),
	REFUSE("iodepth_batch_submit", "a sample is one I/O; remove it"),
	REFUSE("iodepth_batch_complete", "a sample is one I/O; remove it"),
	REFUSE("iodepth_low", "a sample is one I/O; remove it"),
	REFUSE("bsrange", no_sizes),
	REFUSE("bssplit", no_sizes),
	REFUSE("blocksize_unaligned", no_sizes),
	REFUSE("rwmixread", "reads and writes would be one record; write a section for each"),
	REFUSE("rwmixwrite", "reads and writes would be one record; write a section for each"),
	REFUSE("fsync", no_sync),
	REFUSE("fdatasync", no_sync),
	REFUSE("end_fsync", no_sync),
	REFUSE("fsync_on_close", no_sync),
	REFUSE("sync_file_range", no_sync),
	REFUSE("thinktime", no_pause),
	REFUSE("rate", no_pause),
	REFUSE("rate_iops", no_pause),
	REFUSE("startdelay", no_pause),
	REFUSE("verify", no_verify),
	REFUSE("do_verify", no_verify),
	REFUSE("verify_fatal", no_verify),
	REFUSE("cpus_allowed", no_place),
	REFUSE("cpumask", no_place),
	REFUSE("numa_cpu_nodes", no_place),
	REFUSE("numa_mem_policy", no_place),
	REFUSE("exec_prerun", "no program of a job is executed; remove it"),
	REFUSE("exec_postrun", "no program of a job is executed; remove it"),
	REFUSE("read_iolog", "a file of I/Os is not taken over"),
	REFUSE("include", "other files are not read; put its lines in its place"),
	{0},
};

/* fio's other names for the same option. */
static const char *const aliases[][2] = {
	{"readwrite", "rw"},
	{"blocksize", "bs"},
	{"io_limit", "io_size"},
	{"wait_for_previous", "stonewall"},
	{"mem", "iomem"},
	{"mem_align", "iomem_align"},
	{"rand_repeat", "randrepeat"},
	{"timeout", "runtime"},
	{"blocksize_range", "bsrange"},
	{"name", "description"},
};

const struct fio_option *fio_option_find(const char *name)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (!strcmp(name, aliases[i][0]))
			name = aliases[i][1];
	for (const struct fio_option *o = options; o->name; o++)
		if (!strcmp(o->name, name))
			return o;
	return NULL;
}

const char **fio_values_member(struct fio_values *v, const char *name)
{
	const struct {
		const char *name;
		const char **member;
	} members[] = {
		{"ioengine", &v->ioengine}, {"rw", &v->rw},	      {"bs", &v->bs},
		{"size", &v->size},	    {"direct", &v->direct},   {"buffered", &v->buffered},
		{"sync", &v->sync},	    {"numjobs", &v->numjobs}, {"iodepth", &v->iodepth},
		{"nrfiles", &v->nrfiles},
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (!strcmp(members[i].name, name))
			return members[i].member;
	return NULL;
}

/* ---- the plan of a section ------------------------------------------------------------------- */

static const struct engine {
	const char *name;
	bool map, map_sync, queue;
	enum need need;
} engines[] = {
	{"psync", .need = NEED_FIO},
	{"sync", .need = NEED_FIO},
	{"vsync", .need = NEED_FIO},
	{"pvsync", .need = NEED_FIO},
	{"pvsync2", .need = NEED_FIO},
	{"mmap", .map = true, .need = NEED_FIO},
	{"libpmem", .map = true, .map_sync = true, .need = NEED_FIO_LIBPMEM},
	{"io_uring", .queue = true, .need = NEED_FIO_URING},
	{"libaio", .queue = true, .need = NEED_FIO},
};

static int read_engine(const char *name, const struct engine **engine, char *why, size_t why_len)
{
	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		if (strcmp(engines[i].name, name))
			continue;
		*engine = &engines[i];
		return 0;
	}
	if (!strcmp(name, "dev-dax"))
		snprintf(
			why, why_len,
			"ioengine=dev-dax: it maps a devdax namespace, on which there is neither a "
			"filesystem nor a stack; use libpmem or mmap");
	else
		snprintf(
			why, why_len,
			"ioengine=%s: expected psync, sync, vsync, pvsync, pvsync2, mmap, libpmem, "
			"io_uring or libaio",
			name);
	return -EINVAL;
}

static int read_direction(const char *rw, bool *write, char *why, size_t why_len)
{
	static const char *const names[] = {"read", "randread", "write", "randwrite"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], rw))
			continue;
		*write = i >= 2;
		return 0;
	}
	snprintf(
		why, why_len,
		"rw=%s: expected read, write, randread or randwrite; for a mix write a section for "
		"each",
		rw);
	return -EINVAL;
}

/* 0 or 1; without a value 1. */
static int read_flag(const char *name, const char *value, bool *flag, char *why, size_t why_len)
{
	if (!value || (*value && strcmp(value, "0") && strcmp(value, "1"))) {
		if (!value)
			return 0;
		snprintf(why, why_len, "%s=%s: expected 0 or 1", name, value);
		return -EINVAL;
	}
	*flag = strcmp(value, "0");
	return 0;
}

/* A number that has to be 1. */
static int read_one(const char *name, const char *value, const char *reason, char *why,
		    size_t why_len)
{
	int64_t number;

	if (!value || (!number_parse(value, 0, INT32_MAX, &number) && number == 1))
		return 0;
	snprintf(why, why_len, "%s=%s: %s", name, value, reason);
	return -EINVAL;
}

static int read_block(const char *bs, uint64_t *bytes, char *why, size_t why_len)
{
	if (!bytes_parse(bs, strlen(bs), bytes) && *bytes && *bytes <= FIOJOB_BLOCK_MAX &&
	    !(*bytes % PATTERN_BYTES))
		return 0;
	snprintf(why, why_len,
		 "bs=%s: expected one size from 8 bytes to 2 MiB, a multiple of 8; for several "
		 "write a section for each",
		 bs);
	return -EINVAL;
}

/* The page cache is bypassed, and with it DAX: fio is given a mount with dax=never. */
static int read_way(const struct fio_values *v, const struct engine *engine,
		    struct fiojob_plan *plan, char *why, size_t why_len)
{
	bool direct = false, buffered = true;

	if (read_flag("direct", v->direct, &direct, why, why_len) < 0 ||
	    read_flag("buffered", v->buffered, &buffered, why, why_len) < 0)
		return -EINVAL;
	direct = direct || !buffered;
	if (engine->map && direct && !engine->map_sync) {
		snprintf(why, why_len,
			 "direct=1 with ioengine=mmap: fio unmaps each page after its I/O, so that "
			 "no "
			 "page frame can be proven; remove it");
		return -EINVAL;
	}
	plan->by = engine->map ? FIOJOB_MAP : direct ? FIOJOB_BIO : FIOJOB_CALL;
	if (plan->by == FIOJOB_BIO && plan->bytes % SECTOR_BYTES) {
		snprintf(why, why_len, "bs: O_DIRECT needs a multiple of 512 bytes");
		return -EINVAL;
	}
	plan->nontemporal = engine->map_sync && direct;
	return 0;
}

/* The variant of this suite for the same work, without its size; NULL: there is none. */
static const char *same_work(const struct fiojob_plan *p, const struct engine *engine)
{
	if (p->by == FIOJOB_MAP)
		return !p->write	? "copy.from"
		       : p->nontemporal ? "copy.nontemporal"
					: "copy.memcpy";
	if (p->by == FIOJOB_BIO && engine->need == NEED_FIO_URING)
		return p->write ? "bio.uring.q1.write" : "bio.uring.q1.read";
	if (engine->queue || p->commits)
		return NULL;
	if (p->by == FIOJOB_CALL)
		return p->write ? "bio.dax.write" : "bio.dax.read";
	return p->write ? "bio.direct.write" : "bio.direct.read";
}

static int read_depth(const struct fio_values *v, const struct engine *engine,
		      struct fio_judged *out, char *why, size_t why_len)
{
	if (engine->queue)
		return read_one("iodepth", v->iodepth,
				"a sample is the latency of one I/O, and others would overlap it; "
				"use iodepth=1",
				why, why_len);
	out->replaced[FIO_GROUP_DEPTH] = read_one("iodepth", v->iodepth, "", why, why_len) < 0;
	return 0;
}

int fio_option_judge(const struct fio_values *v, struct fio_judged *out, char *why, size_t why_len)
{
	struct fiojob_plan *plan = &out->plan;
	const struct engine *engine = NULL;
	uint64_t size = 0;

	*out = (struct fio_judged){0};
	if (read_engine(v->ioengine ? v->ioengine : "psync", &engine, why, why_len) < 0 ||
	    read_direction(v->rw ? v->rw : "read", &plan->write, why, why_len) < 0 ||
	    read_block(v->bs ? v->bs : "4k", &plan->bytes, why, why_len) < 0 ||
	    read_way(v, engine, plan, why, why_len) < 0 ||
	    read_one("numjobs", v->numjobs,
		     "a section is one job, so that its samples have one cost; use numjobs=1", why,
		     why_len) < 0 ||
	    read_one("nrfiles", v->nrfiles, "there is one file; use nrfiles=1", why, why_len) < 0 ||
	    read_depth(v, engine, out, why, why_len) < 0)
		return -EINVAL;
	plan->sync = engine->map_sync;
	plan->queue = engine->queue;
	plan->commits = plan->by == FIOJOB_CALL && plan->write && v->sync && strcmp(v->sync, "0") &&
			strcmp(v->sync, "none");
	plan->same_as = same_work(plan, engine);
	/* Of a smaller size, fio's libpmem engine would truncate the file. */
	out->replaced[FIO_GROUP_SIZE] = v->size && (bytes_parse(v->size, strlen(v->size), &size) ||
						    size != FIOJOB_FILE_BYTES);
	out->need = engine->need;
	why[0] = '\0';
	return 0;
}
