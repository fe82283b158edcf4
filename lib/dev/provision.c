// SPDX-License-Identifier: GPL-2.0-only
#include "lib/dev/provision.h"

#include "lib/base/bytes.h"
#include "lib/base/limit_clock.h"
#include "lib/base/msg.h"
#include "lib/base/number.h"

#include <errno.h>
#include <limits.h>
#include <linux/ndctl.h>
#include <ndctl/libndctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define SECTOR_MODE_BYTES 4096

static const char *const mode_names[] = {
	[NAMESPACE_FSDAX] = "fsdax", [NAMESPACE_RAW] = "raw", [NAMESPACE_SECTOR] = "sector"};

enum { N_MODES = sizeof(mode_names) / sizeof(mode_names[0]), NODE_LIMIT_MS = 30000 };

static void random_uuid(uuid_t uuid)
{
	if (getrandom(uuid, sizeof(uuid_t), 0) != sizeof(uuid_t))
		memset(uuid, 0x5a, sizeof(uuid_t));
	uuid[6] = (uuid[6] & 0x0f) | 0x40; /* version 4, RFC 4122 */
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
}

static bool region_is_used(struct ndctl_region *region)
{
	struct ndctl_namespace *ns;

	ndctl_namespace_foreach(region, ns)
		if (ndctl_namespace_get_size(ns))
			return true;
	return false;
}

/* A region without labels is one raw namespace: only blank memory may be labelled. */
static int refuse_used_region(struct ndctl_region *region)
{
	struct ndctl_namespace *ns;

	ndctl_namespace_foreach(region, ns) {
		struct namespace blank = {0};
		int rc;

		if (!ndctl_namespace_is_enabled(ns))
			continue;
		if (ndctl_namespace_get_pfn(ns) || ndctl_namespace_get_btt(ns) ||
		    ndctl_namespace_get_dax(ns)) {
			msg_error("%s is in use and is not changed",
				  ndctl_namespace_get_devname(ns));
			return -EBUSY;
		}
		snprintf(blank.node, sizeof(blank.node), "/dev/%s",
			 ndctl_namespace_get_block_device(ns));
		rc = namespace_refuse_used(&blank, 1, false);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/*
 * A new DIMM has no label index: without one, its region has one fixed raw namespace, and no other
 * can be created.
 */
static int label_dimms(struct ndctl_region *region)
{
	struct ndctl_dimm *dimm;
	int rc = ndctl_region_disable_invalidate(region);

	if (rc < 0)
		return rc;
	ndctl_dimm_foreach_in_region(region, dimm) {
		/* The index alone: ACPI moves the whole label area byte by byte. */
		struct ndctl_cmd *cmd = ndctl_dimm_read_label_index(dimm);

		if (!cmd)
			return -ENXIO;
		ndctl_cmd_unref(cmd);
		rc = ndctl_dimm_init_labels(dimm, NDCTL_NS_VERSION_1_2);
		if (rc < 0)
			return rc;
		rc = ndctl_dimm_disable(dimm);
		if (rc >= 0)
			rc = ndctl_dimm_enable(dimm);
		if (rc < 0)
			return rc;
	}
	return ndctl_region_enable(region);
}

/* The part's own namespace with a fresh name, still off. */
static int size_namespace(struct ndctl_region *region, struct ndctl_namespace *ns, uint64_t bytes)
{
	uuid_t uuid;
	int rc;

	if (ndctl_namespace_get_type(ns) != ND_DEVICE_NAMESPACE_PMEM)
		return bytes ? -EOPNOTSUPP : 0;
	random_uuid(uuid);
	rc = ndctl_namespace_set_uuid(ns, uuid);
	if (rc < 0)
		return rc;
	return ndctl_namespace_set_size(ns, bytes ? bytes
						  : ndctl_region_get_max_available_extent(region));
}

static bool supports(struct ndctl_pfn *pfn, unsigned long align)
{
	for (int i = 0; i < ndctl_pfn_get_num_alignments(pfn); i++)
		if (ndctl_pfn_get_supported_alignment(pfn, i) == align)
			return true;
	return false;
}

/* 2 MiB, or a page if the kernel supports nothing larger: without transparent huge pages (as with
 * PREEMPT_RT) it refuses 2 MiB, and maps by PTEs with any alignment. */
static unsigned long alignment_of(struct ndctl_pfn *pfn)
{
	return supports(pfn, WINDOW_BYTES) || ndctl_pfn_get_num_alignments(pfn) <= 0 ? WINDOW_BYTES
										     : PAGE_BYTES;
}

static int make_fsdax(struct ndctl_region *region, struct ndctl_namespace *ns,
		      const struct namespace_spec *spec, const char **device)
{
	struct ndctl_pfn *pfn = ndctl_region_get_pfn_seed(region);
	unsigned long align;
	uuid_t uuid;
	int rc;

	if (!pfn)
		return -ENXIO;
	align = spec->align_bytes ? spec->align_bytes : alignment_of(pfn);
	if (spec->align_bytes && !supports(pfn, align)) {
		msg_error("this kernel supports no namespace aligned to %lu bytes", align);
		return -EOPNOTSUPP;
	}
	random_uuid(uuid);
	rc = ndctl_pfn_set_uuid(pfn, uuid);
	if (rc >= 0)
		rc = ndctl_pfn_set_location(pfn,
					    spec->map_dev ? NDCTL_PFN_LOC_PMEM : NDCTL_PFN_LOC_RAM);
	if (rc >= 0)
		rc = ndctl_pfn_set_align(pfn, align);
	if (rc >= 0)
		rc = ndctl_pfn_set_namespace(pfn, ns);
	if (rc >= 0)
		rc = ndctl_pfn_enable(pfn);
	if (rc >= 0)
		*device = ndctl_pfn_get_block_device(pfn);
	return rc;
}

static int make_sector(struct ndctl_region *region, struct ndctl_namespace *ns, const char **device)
{
	struct ndctl_btt *btt = ndctl_region_get_btt_seed(region);
	uuid_t uuid;
	int rc;

	if (!btt)
		return -ENXIO;
	random_uuid(uuid);
	rc = ndctl_btt_set_uuid(btt, uuid);
	if (rc >= 0)
		rc = ndctl_btt_set_sector_size(btt, SECTOR_MODE_BYTES);
	if (rc >= 0)
		rc = ndctl_btt_set_namespace(btt, ns);
	if (rc >= 0)
		rc = ndctl_btt_enable(btt);
	if (rc >= 0)
		*device = ndctl_btt_get_block_device(btt);
	return rc;
}

static int make_raw(struct ndctl_namespace *ns, const char **device)
{
	int rc = ndctl_namespace_enable(ns);

	if (rc >= 0)
		*device = ndctl_namespace_get_block_device(ns);
	return rc;
}

/* A region without labels has one namespace, which is of its size. */
static int take_namespace(struct ndctl_region *region, uint64_t bytes, struct ndctl_namespace **ns)
{
	if (ndctl_region_get_nstype(region) == ND_DEVICE_NAMESPACE_IO) {
		*ns = ndctl_namespace_get_first(region);
		return *ns && !bytes ? ndctl_namespace_disable_invalidate(*ns) : -ENXIO;
	}
	*ns = ndctl_region_get_namespace_seed(region);
	return *ns ? size_namespace(region, *ns, bytes) : -ENXIO;
}

static int make_part(struct ndctl_region *region, const struct provision_plan *plan, unsigned int i,
		     char *node, size_t node_len)
{
	struct ndctl_namespace *ns;
	const char *device = NULL;
	int rc = take_namespace(region, plan->parts[i].bytes, &ns);

	if (rc < 0)
		return rc;
	switch (plan->parts[i].mode) {
	case NAMESPACE_FSDAX:
		rc = make_fsdax(region, ns, &plan->spec, &device);
		break;
	case NAMESPACE_SECTOR:
		rc = make_sector(region, ns, &device);
		break;
	default:
		rc = make_raw(ns, &device);
	}
	if (rc < 0)
		return rc;
	if (!device || !*device)
		return -ENODEV;
	snprintf(node, node_len, "/dev/%s", device);
	return 0;
}

static int wait_for_node(const char *node)
{
	int64_t until_ms = limit_clock_ms() + NODE_LIMIT_MS;

	do
		if (!access(node, F_OK))
			return 0;
	while (limit_clock_retry(until_ms));
	return -ETIMEDOUT;
}

static struct ndctl_region *region_named(struct ndctl_ctx *ctx, const char *name)
{
	struct ndctl_bus *bus;
	struct ndctl_region *region;

	ndctl_bus_foreach(ctx, bus) {
		ndctl_bus_wait_probe(bus);
		ndctl_region_foreach(bus, region) {
			if (!strcmp(ndctl_region_get_devname(region), name))
				return region;
		}
	}
	return NULL;
}

/* A new context, because libndctl reads the tree once: it finds the region's next seed. */
static int make_next_part(const char *region_name, const struct provision_plan *plan,
			  unsigned int i, char *node, size_t node_len)
{
	struct ndctl_ctx *ctx;
	struct ndctl_region *region;
	int rc = ndctl_new(&ctx);

	if (rc < 0)
		return rc;
	region = region_named(ctx, region_name);
	rc = region ? make_part(region, plan, i, node, node_len) : -ENODEV;
	ndctl_unref(ctx);
	return rc;
}

/* Returns the number of namespaces created, or -errno after one error line. */
static int provision_blank(struct ndctl_region *region, const struct provision_plan *plan,
			   void (*made)(const char *node))
{
	const char *name = ndctl_region_get_devname(region);

	for (unsigned int i = 0; i < plan->n; i++) {
		enum namespace_mode mode = plan->parts[i].mode;
		char node[64];
		int rc = i ? make_next_part(name, plan, i, node, sizeof(node))
			   : make_part(region, plan, i, node, sizeof(node));

		if (!rc)
			rc = wait_for_node(node);
		if (rc < 0) {
			msg_error("cannot create %s %s namespace on %s: %s",
				  mode == NAMESPACE_FSDAX ? "an" : "a", mode_names[mode], name,
				  strerror(-rc));
			return rc;
		}
		made(node);
	}
	return (int)plan->n;
}

/* Returns 1 if the region was blank and has labels now, 0 if it must not be changed, or -errno
 * after one error line. */
static int prepare_region(struct ndctl_region *region, bool labelless)
{
	int rc;

	if (ndctl_region_get_type(region) != ND_DEVICE_REGION_PMEM)
		return 0;
	if (ndctl_region_get_nstype(region) == ND_DEVICE_NAMESPACE_IO) {
		rc = refuse_used_region(region);
		if (rc < 0 || labelless)
			return rc < 0 ? rc : 1;
		rc = label_dimms(region);
		if (rc < 0) {
			msg_error("cannot label the DIMMs of %s: %s",
				  ndctl_region_get_devname(region), strerror(-rc));
			return rc;
		}
	}
	return !region_is_used(region);
}

/* The index of the region among those of persistent memory, by number: libndctl does not sort. */
static size_t rank_of(struct ndctl_ctx *ctx, struct ndctl_region *region)
{
	struct ndctl_bus *bus;
	struct ndctl_region *other;
	size_t rank = 0;

	ndctl_bus_foreach(ctx, bus) {
		ndctl_region_foreach(bus, other) {
			rank += ndctl_region_get_type(other) == ND_DEVICE_REGION_PMEM &&
				ndctl_region_get_id(other) < ndctl_region_get_id(region);
		}
	}
	return rank;
}

int provision_namespaces(const struct provision_plan *plans, size_t n_plans,
			 void (*made)(const char *node))
{
	static const struct provision_plan whole = {.parts = {{NAMESPACE_FSDAX, 0}}, .n = 1};
	struct ndctl_ctx *ctx;
	struct ndctl_bus *bus;
	struct ndctl_region *region;
	int rc = ndctl_new(&ctx), n = 0;

	if (rc < 0)
		return rc;
	ndctl_bus_foreach(ctx, bus) {
		ndctl_bus_wait_probe(bus);
		ndctl_region_foreach(bus, region) {
			size_t rank = n_plans ? rank_of(ctx, region) : 0;
			const struct provision_plan *plan = rank < n_plans ? &plans[rank] : &whole;

			rc = prepare_region(region, plan->spec.labelless);
			if (rc > 0)
				rc = provision_blank(region, plan, made);
			if (rc < 0)
				goto out;
			n += rc;
		}
	}
	rc = n;
out:
	ndctl_unref(ctx);
	return rc;
}

int provision_wait(const char *const *nodes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!wait_for_node(nodes[i]))
			continue;
		msg_error("%s did not appear within %d s", nodes[i], NODE_LIMIT_MS / 1000);
		return -ETIMEDOUT;
	}
	return 0;
}

/* --- the plan as text ------------------------------------------------------------------------ */

static int mode_of(const char *text, size_t len)
{
	for (int i = 0; i < N_MODES; i++)
		if (strlen(mode_names[i]) == len && !strncmp(mode_names[i], text, len))
			return i;
	return -EINVAL;
}

/* A size in bytes, or with suffix M or G, up to *end.  Returns 0 or -EINVAL. */
static int parse_size(const char *text, const char *end, uint64_t *bytes)
{
	unsigned int shift = end == text ? 0 : end[-1] == 'M' ? 20 : end[-1] == 'G' ? 30 : 0;
	size_t len = (size_t)(end - text) - !!shift; /* a suffix is a character of text */
	char digits[24];
	int64_t number;

	if (len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (number_parse(digits, 1, INT64_MAX >> shift, &number) < 0)
		return -EINVAL;
	*bytes = (uint64_t)number << shift;
	return 0;
}

int provision_parse(const char *text, struct provision_plan *out)
{
	const char *at = text + strspn(text, " ");

	*out = (struct provision_plan){0};
	while (*at) {
		const char *end = at + strcspn(at, " ");
		const char *colon = memchr(at, ':', (size_t)(end - at));
		int mode = mode_of(at, (size_t)((colon ? colon : end) - at));
		uint64_t bytes = 0;

		if (mode < 0 || out->n == PROVISION_PARTS_MAX ||
		    (colon && parse_size(colon + 1, end, &bytes) < 0)) {
			msg_error(
				"plan '%s': expected MODE[:SIZE], got '%.*s'; modes are fsdax, raw "
				"and sector, sizes like 64M, at most %d namespaces",
				text, (int)(end - at), at, PROVISION_PARTS_MAX);
			return -EINVAL;
		}
		out->parts[out->n].mode = (enum namespace_mode)mode;
		out->parts[out->n++].bytes = bytes;
		at = end + strspn(end, " ");
	}
	if (out->n)
		return 0;
	msg_error("plan '%s': expected at least one MODE[:SIZE], e.g. 'fsdax:640M raw:64M'", text);
	return -EINVAL;
}
