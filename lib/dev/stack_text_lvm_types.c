// SPDX-License-Identifier: GPL-2.0-only
/*
 * The types of LVM's segments, as the targets that LVM makes of them.  Devices that a target keeps
 * its own data on are new: an array is not in sync, a cache is empty.
 * Source: lib/{striped,mirror,raid,thin,cache_segtype,writecache,snapshot} and
 * device_mapper/libdm-deptree.c of LVM; Documentation/admin-guide/device-mapper.
 */
#include "lib/dev/stack_text_lvm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRIPES_MAX = 128 };

/* What a segment is made of. */
struct source {
	const struct lvm_group *g;
	const struct lvm_node *segment;
	uint64_t extents;
	char *words;
};

__attribute__((format(printf, 2, 3))) static void put(const struct source *s, const char *fmt, ...)
{
	size_t used = strlen(s->words);
	va_list args;

	va_start(args, fmt);
	vsnprintf(s->words + used, LVM_WORDS_CHARS - used, fmt, args);
	va_end(args);
}

static int number_of(const struct source *s, const char *key, int64_t min, int64_t without,
		     uint64_t *out)
{
	return lvm_number(s->g->c, s->segment, key, min, without, out);
}

static const char *text_of(const struct source *s, const char *key)
{
	return lvm_text(s->g->c, s->segment, key);
}

/* Appends the device of a volume with that name. */
static int put_named(const struct source *s, const char *key, const char *name)
{
	char dm[LVM_NAME_CHARS];

	if (!name)
		return text_complain(s->g->c->t, s->segment->line, 0, "%s has no %s",
				     s->segment->key, key);
	if (!lvm_section(s->g->c, s->g->lvs, name))
		return text_complain(s->g->c->t, s->segment->line, 0, "%s: no volume is called %s",
				     key, name);
	lvm_dm_name(s->g->vg->key, name, dm);
	put(s, " /dev/mapper/%s", dm);
	return 0;
}

static int put_volume(const struct source *s, const char *key)
{
	return put_named(s, key, text_of(s, key));
}

/* The values under a key, of which there must be n. */
static int values_of(const struct source *s, const char *key, size_t n, const struct lvm_node **out)
{
	*out = lvm_find(s->g->c, s->segment, key);
	if (*out && (*out)->n_values == n)
		return 0;
	return text_complain(s->g->c->t, s->segment->line, 0, "%s: expected %zu values in %s",
			     s->segment->key, n, key);
}

static int put_striped(const struct source *s)
{
	const struct lvm_node *stripes = lvm_find(s->g->c, s->segment, "stripes");
	uint64_t count = 1, chunk_sectors = 0, len = s->extents * s->g->extent_sectors;
	int rc = number_of(s, "stripe_count", 1, 1, &count);

	if (!rc && count > 1)
		rc = number_of(s, "stripe_size", 1, -1, &chunk_sectors);
	if (!rc && (!stripes || count > STRIPES_MAX || stripes->n_values != 2 * count ||
		    s->extents % count))
		rc = text_complain(s->g->c->t, s->segment->line, 0,
				   "%s: expected two values in stripes for each of its "
				   "stripe_count, of which extent_count is a multiple",
				   s->segment->key);
	if (!rc && count > 1)
		put(s, "striped %" PRIu64 " %" PRIu64, count, chunk_sectors);
	else if (!rc)
		put(s, "linear");
	for (size_t i = 0; i < count && !rc; i++) {
		const struct lvm_value *v = &s->g->c->values[stripes->first_value + 2 * i];

		rc = lvm_put_stripe(s->g, v, v + 1, s->words, LVM_WORDS_CHARS);
	}
	if (!rc && count > 1 && len % (count * chunk_sectors))
		rc = text_complain(s->g->c->t, s->segment->line, 0,
				   "%s is no multiple of stripes x stripe_size long",
				   s->segment->key);
	return rc;
}

static int put_mirror(const struct source *s)
{
	const struct lvm_node *mirrors;
	uint64_t n, region_sectors;
	int rc = number_of(s, "mirror_count", 1, -1, &n);

	if (!rc)
		rc = number_of(s, "region_size", 1, 1024, &region_sectors);
	if (!rc)
		rc = values_of(s, "mirrors", 2 * (size_t)n, &mirrors);
	if (rc < 0)
		return rc;
	put(s, text_of(s, "mirror_log") ? "mirror disk 2" : "mirror core 1");
	if (text_of(s, "mirror_log"))
		rc = put_volume(s, "mirror_log");
	put(s, " %" PRIu64 " %" PRIu64, region_sectors, n);
	for (size_t i = 0; i < n && !rc; i++) {
		const struct lvm_value *v = &s->g->c->values[mirrors->first_value + 2 * i];

		rc = lvm_put_stripe(s->g, v, v + 1, s->words, LVM_WORDS_CHARS);
	}
	put(s, " 1 handle_errors");
	return rc;
}

/* "raid TYPE N PARAMETER... DEVICES META DATA...": of LVM's raid0 there are no metadata. */
static int put_raid(const struct source *s)
{
	static const char *const kernels[][2] = {{"raid0_meta", "raid0"},
						 {"raid5", "raid5_ls"},
						 {"raid6", "raid6_zr"},
						 {"raid10_near", "raid10"}};
	const char *type = text_of(s, "type");
	bool bare = lvm_find(s->g->c, s->segment, "raid0_lvs");
	const char *key = bare ? "raid0_lvs" : "raids";
	uint64_t n, chunk_sectors, region_sectors, copies;
	const struct lvm_node *list;
	int rc = number_of(
		s, lvm_find(s->g->c, s->segment, "device_count") ? "device_count" : "stripe_count",
		1, -1, &n);

	if (!rc)
		rc = number_of(s, "stripe_size", 0, 0, &chunk_sectors);
	if (!rc)
		rc = number_of(s, "region_size", 0, 0, &region_sectors);
	if (!rc)
		rc = number_of(s, "data_copies", 1, 2, &copies);
	if (!rc)
		rc = values_of(s, key, (bare ? 1 : 2) * (size_t)n, &list);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
		if (!strcmp(type, kernels[i][0]))
			type = kernels[i][1];
	copies = strcmp(type, "raid10") || copies == 2 ? 0 : copies;
	put(s, "raid %s %d %" PRIu64, type, 1 + 2 * !!region_sectors + 2 * !!copies, chunk_sectors);
	if (region_sectors)
		put(s, " region_size %" PRIu64, region_sectors);
	if (copies)
		put(s, " raid10_copies %" PRIu64, copies);
	put(s, " %" PRIu64, n);
	for (size_t i = 0; i < list->n_values && !rc; i++) {
		put(s, bare ? " -" : "");
		rc = put_named(s, key, s->g->c->values[list->first_value + i].text);
	}
	return rc;
}

static int put_thin_pool(const struct source *s)
{
	uint64_t chunk_sectors, zeroes;
	int rc = number_of(s, "chunk_size", 1, -1, &chunk_sectors);

	put(s, "thin-pool");
	if (!rc)
		rc = put_volume(s, "metadata");
	if (!rc)
		rc = put_volume(s, "pool");
	if (!rc)
		rc = number_of(s, "zero_new_blocks", 0, 0, &zeroes);
	if (!rc)
		put(s, " %" PRIu64 " 0%s", chunk_sectors, zeroes ? "" : " 1 skip_block_zeroing");
	return rc;
}

static int put_thin(const struct source *s)
{
	uint64_t id;
	int rc = number_of(s, "device_id", 0, -1, &id);

	put(s, "thin");
	if (!rc)
		rc = put_volume(s, "thin_pool");
	if (!rc && text_of(s, "external_origin"))
		rc = text_complain(s->g->c->t, s->segment->line, 0,
				   "%s has an external origin, which is not made; give table:FILE "
				   "with the output of `dmsetup table`",
				   s->segment->key);
	if (!rc)
		put(s, " %" PRIu64, id);
	return rc;
}

/* The mode and policy of a cache are in its own segment, or in that of the pool. */
static int put_cache_policy(const struct source *s, const struct source *pool)
{
	const char *mode = text_of(s, "cache_mode"), *policy = text_of(s, "policy");
	uint64_t chunk_sectors, format;
	int rc = number_of(pool, "chunk_size", 1, -1, &chunk_sectors);

	mode = mode ? mode : text_of(pool, "cache_mode");
	policy = policy ? policy : text_of(pool, "policy");
	if (!rc)
		rc = number_of(pool, "metadata_format", 1, 1, &format);
	if (!rc)
		put(s, " %" PRIu64 " %s%s %s 0", chunk_sectors, format == 2 ? "2 metadata2 " : "1 ",
		    mode ? mode : "writethrough", policy ? policy : "smq");
	return rc;
}

static int put_cache(const struct source *s)
{
	const char *name = text_of(s, "cache_pool");
	const struct lvm_node *lv = name ? lvm_section(s->g->c, s->g->lvs, name) : NULL;
	const struct source pool = {.g = s->g,
				    .segment = lv ? lvm_section(s->g->c, lv, "segment1") : NULL,
				    .words = s->words};
	const char *type = pool.segment ? text_of(&pool, "type") : NULL;
	int rc;

	if (!type || strcmp(type, "cache-pool"))
		return text_complain(s->g->c->t, s->segment->line, 0,
				     "%s: no cache-pool is called %s", s->segment->key,
				     name ? name : "(none)");
	put(s, "cache");
	rc = put_volume(&pool, "metadata");
	if (!rc)
		rc = put_volume(&pool, "data");
	if (!rc)
		rc = put_volume(s, "origin");
	return rc < 0 ? rc : put_cache_policy(s, &pool);
}

/* A device that is the part `what` ("metadata", "data") of the volume of a cache. */
static int add_cache_part(const struct source *s, const char *cache, const char *what,
			  const char *suffix)
{
	char dm[LVM_NAME_CHARS + 8], key[40], words[2 * LVM_NAME_CHARS];
	struct text_device *d;
	uint64_t start, len;
	int rc;

	snprintf(key, sizeof(key), "%s_start", what);
	rc = number_of(s, key, 0, -1, &start);
	snprintf(key, sizeof(key), "%s_len", what);
	if (!rc)
		rc = number_of(s, key, 1, -1, &len);
	if (rc < 0)
		return rc;
	lvm_dm_name(s->g->vg->key, cache, dm);
	snprintf(words, sizeof(words), "linear /dev/mapper/%s %" PRIu64, dm, start);
	strcat(dm, suffix);
	put(s, " /dev/mapper/%s", dm);
	if (strlen(dm) >= TEXT_NAME_CHARS)
		return text_complain(s->g->c->t, s->segment->line, 0, "the name is too long");
	d = text_device(s->g->c->t, dm, s->segment->line);
	return d ? text_add_target(s->g->c->t, d, len, words, s->segment->line) : -ENOMEM;
}

static int put_cache_volume(const struct source *s)
{
	const char *cache = text_of(s, "cache_pool");
	int rc;

	if (!cache || !lvm_section(s->g->c, s->g->lvs, cache))
		return text_complain(s->g->c->t, s->segment->line, 0, "%s: no volume is called %s",
				     s->segment->key, cache ? cache : "(none)");
	put(s, "cache");
	rc = add_cache_part(s, cache, "metadata", "-cmeta");
	if (!rc)
		rc = add_cache_part(s, cache, "data", "-cdata");
	if (!rc)
		rc = put_volume(s, "origin");
	return rc < 0 ? rc : put_cache_policy(s, s);
}

/* `p`: LVM takes a cache on persistent memory for what it is. */
static int put_writecache(const struct source *s)
{
	uint64_t block_bytes;
	int rc = number_of(s, "writecache_block_size", 512, 4096, &block_bytes);

	put(s, "writecache p");
	if (!rc)
		rc = put_volume(s, "origin");
	if (!rc)
		rc = put_volume(s, "writecache");
	put(s, " %" PRIu64 " 0", block_bytes);
	return rc;
}

static int put_empty(const struct source *s)
{
	put(s, "%s", text_of(s, "type"));
	return 0;
}

static const struct {
	const char *type; /* one with a * begins so */
	int (*put)(const struct source *s);
	const char *refused; /* why, or NULL */
} types[] = {
	{"linear", put_striped, NULL},
	{"striped", put_striped, NULL},
	{"error", put_empty, NULL},
	{"zero", put_empty, NULL},
	{"mirror", put_mirror, NULL},
	{"raid*", put_raid, NULL},
	{"thin-pool", put_thin_pool, NULL},
	{"thin", put_thin, NULL},
	{"cache", put_cache, NULL},
	{"cache+CACHE_USES_CACHEVOL", put_cache_volume, NULL},
	{"writecache", put_writecache, NULL},
	{"vdo*", NULL, "dm-vdo needs a volume that vdoformat(8) wrote, which is not run"},
	{"integrity", NULL, "dm-integrity needs metadata that integritysetup(8) wrote"},
};

int lvm_put_segment(const struct lvm_group *g, const struct lvm_node *segment, uint64_t extents,
		    char *words)
{
	const struct source s = {.g = g, .segment = segment, .extents = extents, .words = words};
	const char *type = text_of(&s, "type");

	for (size_t i = 0; type && i < sizeof(types) / sizeof(types[0]); i++) {
		size_t len = strcspn(types[i].type, "*");

		if (strncmp(type, types[i].type, len) || (type[len] && !types[i].type[len]))
			continue;
		if (types[i].put)
			return types[i].put(&s);
		return text_complain(g->c->t, segment->line, 0, "segments of type %s: %s", type,
				     types[i].refused);
	}
	return text_complain(g->c->t, segment->line, 0,
			     "segments of type %s are not known; give table:FILE with the output "
			     "of `dmsetup table`",
			     type ? type : "(none)");
}
