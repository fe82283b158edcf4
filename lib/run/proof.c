// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/proof.h"

#include "lib/file/fs.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

__attribute__((format(printf, 3, 4))) static bool refuse(char *why, size_t why_len, const char *fmt,
							 ...)
{
	va_list ap;

	if (why[0])
		return false;
	va_start(ap, fmt);
	vsnprintf(why, why_len, fmt, ap);
	va_end(ap);
	return false;
}

bool proof_dax(struct proof *proof, int fd, bool wanted, char *why, size_t why_len)
{
	int dax = fs_file_is_dax(fd);

	if (dax < 0)
		return refuse(why, why_len, "statx does not report whether the file is DAX: %s",
			      strerror(-dax));
	if (dax != wanted)
		return refuse(why, why_len, "statx reports that the file is %sDAX",
			      dax ? "" : "not ");
	proof->dax = wanted;
	proof->shown |= PROOF_DAX;
	return true;
}

bool proof_pages(struct proof *proof, uint64_t page_bytes, size_t n, uint64_t faults, char *why,
		 size_t why_len)
{
	if (!n || faults < n)
		return refuse(why, why_len,
			      "%zu pages of %" PRIu64 " bytes caused %" PRIu64 " page faults", n,
			      page_bytes, faults);
	proof->page_bytes = page_bytes;
	proof->shown |= PROOF_PAGE;
	return true;
}

bool proof_frames(struct proof *proof, const struct frame_proof *frames, const struct mapping *m,
		  uint64_t offset_bytes, unsigned int n, char *why, size_t why_len)
{
	if (!mapping_prove_frames(frames, m, offset_bytes, n, why, why_len))
		return false;
	if (n)
		proof->shown |= PROOF_FRAME;
	return true;
}

int64_t proof_hits(const struct proof *proof, const char *point)
{
	const json_t *count = json_object_get(proof->path, point);

	return json_is_integer(count) ? json_integer_value(count) : -1;
}

static int64_t add(struct proof *proof, const char *name, int64_t n)
{
	int64_t before = proof_hits(proof, name);

	n = n < 0 ? -1 : before < 0 ? n : before + n;
	json_object_set_new(proof->path, name, n < 0 ? json_null() : json_integer(n));
	return n;
}

void proof_count(struct proof *proof, const char *work, int64_t n, const struct probe_set *probes)
{
	if (!proof->path)
		proof->path = json_object();
	if (work)
		add(proof, work, n);
	for (unsigned int i = 0; i < probes->n; i++) {
		const char *name = probes->points[i].name;

		if (add(proof, name, probe_count(probes, name)) > 0)
			proof->shown |= PROOF_PATH;
	}
}

bool proof_dax_path(const struct proof *proof, int64_t accesses, const struct stack_spec *spec,
		    char *why, size_t why_len)
{
	static const char dm_point[] = "dm_dax_direct_access",
			  pmem_point[] = "pmem_dax_direct_access";
	int64_t dm = proof_hits(proof, dm_point), pmem = proof_hits(proof, pmem_point);

	if (pmem < 0 || (spec->depth && dm < 0))
		return refuse(why, why_len, "this kernel cannot count %s with a probe",
			      pmem < 0 ? pmem_point : dm_point);
	if (pmem < accesses)
		return refuse(why, why_len,
			      "expected at least %" PRId64 " direct accesses of the namespace, got "
			      "%" PRId64,
			      accesses, pmem);
	if (dm >= 0 && (dm < pmem * (int64_t)spec->depth_min || dm > pmem * (int64_t)spec->depth))
		return refuse(why, why_len,
			      "%" PRId64 " accesses reached the namespace and %" PRId64
			      " passed device-mapper, at depth %u",
			      pmem, dm, spec->depth);
	return true;
}

void proof_seen(struct proof *proof, unsigned int parts)
{
	proof->shown |= parts;
}

void proof_free(struct proof *proof)
{
	json_decref(proof->path);
	*proof = (struct proof){0};
}

unsigned int proof_missing(const struct proof *proof, const struct proof_waiver *waivers,
			   const char *variant)
{
	unsigned int missing = PROOF_ALL & ~proof->shown;

	for (; waivers && waivers->variants; waivers++)
		if (!fnmatch(waivers->variants, variant, 0))
			missing &= ~waivers->parts;
	return missing;
}

const char *proof_sentence(unsigned int missing, char why[192])
{
	static const struct {
		enum proof_part part;
		const char *words;
	} parts[] = {
		{PROOF_DAX, "that the file is or is not DAX (statx)"},
		{PROOF_PAGE, "the size of the pages mapped"},
		{PROOF_FRAME, "their page frames"},
		{PROOF_PATH, "the path (no probe was hit)"},
	};
	size_t used = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (missing & parts[i].part)
			used += (size_t)snprintf(why + used, 192 - used, "%s%s",
						 used ? ", " : "not proven: ", parts[i].words);
	return why;
}

json_t *proof_json(const struct proof *proof, json_t *more)
{
	json_t *json = json_object();

	if (proof->shown & PROOF_DAX)
		json_object_set_new(json, "dax", json_boolean(proof->dax));
	if (proof->page_bytes)
		json_object_set_new(json, "page",
				    json_string(proof->page_bytes == PAGE_BYTES ? "4K" : "2M"));
	json_object_update(json, more);
	json_decref(more);
	if (proof->path)
		json_object_set(json, "path", proof->path);
	return json;
}
