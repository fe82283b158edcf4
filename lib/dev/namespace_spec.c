// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/namespace_spec.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct word {
	const char *text;
	uint64_t align_bytes;
	bool map, map_dev, labels, labelless, sector, memmap, virtio;
} words[] = {
	{"align=4k", .align_bytes = UINT64_C(4) << 10},
	{"align=2m", .align_bytes = UINT64_C(2) << 20},
	{"align=1g", .align_bytes = UINT64_C(1) << 30},
	{"map=mem", .map = true},
	{"map=dev", .map = true, .map_dev = true},
	{"labels=none", .labels = true, .labelless = true},
	{"mode=sector", .sector = true},
	{"memmap", .memmap = true},
	{"virtio", .virtio = true},
};

enum { N_WORDS = sizeof(words) / sizeof(words[0]) };

static const struct word *find(const char *text, size_t len)
{
	for (size_t i = 0; i < N_WORDS; i++)
		if (strlen(words[i].text) == len && !strncmp(words[i].text, text, len))
			return &words[i];
	return NULL;
}

int namespace_spec_parse(const char *text, struct namespace_spec *out, char *why, size_t why_len)
{
	bool map = false;

	*out = (struct namespace_spec){0};
	for (const char *at = text;; at += strcspn(at, ",") + 1) {
		size_t len = strcspn(at, ",");
		const struct word *w = find(at, len);

		if (!w) {
			snprintf(why, why_len,
				 "expected align=4k, align=2m, align=1g, map=dev, map=mem, "
				 "labels=none, mode=sector, memmap or virtio, got '%.*s'",
				 (int)len, at);
			return -EINVAL;
		}
		if ((w->align_bytes && out->align_bytes) || (w->map && map) ||
		    (w->labels && out->labelless) || (w->sector && out->sector) ||
		    (w->memmap && out->memmap) || (w->virtio && out->virtio)) {
			snprintf(why, why_len,
				 "'%.*s' is given twice, or contradicts a word before it", (int)len,
				 at);
			return -EINVAL;
		}
		out->align_bytes += w->align_bytes;
		map |= w->map;
		out->map_dev |= w->map_dev;
		out->labelless |= w->labelless;
		out->sector |= w->sector;
		out->memmap |= w->memmap;
		out->virtio |= w->virtio;
		if (!at[len])
			break;
	}
	if (out->sector && (out->align_bytes || map)) {
		snprintf(why, why_len,
			 "mode=sector goes with labels=none only: BTT has neither an "
			 "alignment nor struct pages");
		return -EINVAL;
	}
	if (out->memmap + out->virtio == 0 ||
	    (out->memmap + out->virtio == 1 && !out->align_bytes && !map && !out->labelless &&
	     !out->sector))
		return 0;
	snprintf(why, why_len,
		 "%s goes with no other word: such memory has neither labels nor an alignment of "
		 "its own",
		 out->memmap ? "memmap" : "virtio");
	return -EINVAL;
}
