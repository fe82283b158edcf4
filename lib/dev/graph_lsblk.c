// SPDX-License-Identifier: GPL-2.0-only
/* Source: lsblk(8).  A device over several others is printed below each of them. */
#include "lib/dev/graph_lsblk.h"

#include "lib/base/bytes.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 1024, PARENTS_MAX = 16, DEPTH_MAX = 16, NAME_CHARS = 64 };

struct node {
	const char *name, *type;
	const json_t *json;
	unsigned int parents[PARENTS_MAX];
	unsigned int n_parents;
	bool is_below, is_pmem; /* pmem: itself or a device that it is on */
	int device;		/* in the graph that is made, or -1 */
};

struct reader {
	struct node *nodes;
	unsigned int n;
	char *why;
	size_t why_len;
};

static int refuse(struct reader *r, const char *what, const char *name)
{
	snprintf(r->why, r->why_len, "not what lsblk -J prints: %s%s%.64s", what,
		 *name ? " of " : "", name);
	return -EINVAL;
}

static const char *field(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

/* A name of lsblk has no path; `lsblk -p` prints one. */
static const char *base_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

/* Finds or adds the node.  Returns its index, or -errno. */
static int find_node(struct reader *r, const json_t *json)
{
	const char *name = base_name(field(json, "name"));

	if (!*name || strlen(name) >= NAME_CHARS)
		return refuse(r, "a device without a name", "");
	for (unsigned int i = 0; i < r->n; i++)
		if (!strcmp(r->nodes[i].name, name))
			return (int)i;
	if (r->n == NODES_MAX) {
		snprintf(r->why, r->why_len, "more than %d devices", NODES_MAX);
		return -ENOSPC;
	}
	r->nodes[r->n] = (struct node){
		.name = name, .type = field(json, "type"), .json = json, .device = -1};
	return (int)r->n++;
}

static bool has_parent(const struct node *node, unsigned int parent)
{
	for (unsigned int i = 0; i < node->n_parents; i++)
		if (node->parents[i] == parent)
			return true;
	return false;
}

/* Adds the devices of a list that are on that one (-1: on none).  Returns 0 or -errno. */
static int take_list(struct reader *r, const json_t *list, int parent, unsigned int depth)
{
	const json_t *json;
	size_t i;

	if (!json_is_array(list) || depth > DEPTH_MAX)
		return refuse(r, "no list of devices", parent < 0 ? "" : r->nodes[parent].name);
	json_array_foreach(list, i, json) {
		int at = find_node(r, json), rc = 0;
		struct node *node = at < 0 ? NULL : &r->nodes[at];

		if (!node)
			return at;
		if (parent < 0) {
			node->is_pmem |= !strncmp(node->name, "pmem", 4);
		} else if (at == parent) {
			return refuse(r, "a device on itself", node->name);
		} else if (!has_parent(node, (unsigned int)parent)) {
			if (node->n_parents == PARENTS_MAX)
				return refuse(r, "too many members", node->name);
			node->parents[node->n_parents++] = (unsigned int)parent;
			node->is_pmem |= r->nodes[parent].is_pmem;
			r->nodes[parent].is_below = true;
		}
		if (json_object_get(json, "children"))
			rc = take_list(r, json_object_get(json, "children"), at, depth + 1);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* "638M", "1.5G" or, with --bytes, a number. */
static uint64_t size_bytes(const json_t *json)
{
	static const char units[] = "BKMGTP";
	const json_t *size = json_object_get(json, "size");
	const char *text = json_string_value(size), *unit;
	double bytes = json_number_value(size);
	char *end;

	if (text) {
		bytes = strtod(text, &end);
		unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
		bytes = ldexp(bytes, unit ? 10 * (int)(unit - units) : 0);
	}
	return bytes >= 0 && bytes < 0x1p60 ? (uint64_t)bytes : 0;
}

static uint64_t start_sectors(const json_t *json)
{
	const json_t *start = json_object_get(json, "start");
	double sectors = json_is_string(start) ? strtod(json_string_value(start), NULL)
					       : json_number_value(start);

	return sectors >= 0 && sectors < 0x1p51 ? (uint64_t)sectors : 0;
}

static int add_lowest(struct graph_live *live, const struct node *node)
{
	const json_t *dax = json_object_get(node->json, "dax");
	const char *word = json_string_value(dax);
	struct namespace *ns = &live->namespaces[live->n_namespaces];
	size_t len = strlen(node->name);

	*ns = (struct namespace){.size_bytes = size_bytes(node->json), .mode = NAMESPACE_RAW};
	snprintf(ns->node, sizeof(ns->node), "/dev/%.50s", node->name);
	/* pmem0s is in sector mode.  Only memory with struct pages has DAX, but for old kernels. */
	ns->fsdax = node->is_pmem && node->name[len - 1] != 's' && !json_is_false(dax) &&
		    !(word && !strcmp(word, "0"));
	if (ns->fsdax)
		ns->mode = NAMESPACE_FSDAX;
	live->n_namespaces++;
	return graph_add_namespace(&live->graph, ns);
}

/* LVM's and other devices of device-mapper have no table here; of crypt, raid1 the type is known.
 */
static int add_dm(struct reader *r, struct graph_live *live, const struct node *node)
{
	bool known = strcmp(node->type, "lvm") != 0 && strcmp(node->type, "dm") != 0;
	struct graph_member members[PARENTS_MAX] = {{0}};
	struct graph_other_target other = {.args = ""};
	struct graph_target t = {.type = TARGET_OTHER,
				 .len_sectors = size_bytes(node->json) / SECTOR_BYTES,
				 .n_members = node->n_parents,
				 .members = members,
				 .other = &other};
	int device = graph_add_dm(&live->graph, node->name), rc;

	if (device < 0)
		return device;
	snprintf(other.type, sizeof(other.type), "%.31s",
		 known && *node->type ? node->type : GRAPH_LSBLK_UNKNOWN);
	for (unsigned int i = 0; i < node->n_parents; i++)
		members[i].device = (unsigned int)r->nodes[node->parents[i]].device;
	rc = graph_add_target(&live->graph, (unsigned int)device, &t);
	return rc < 0 ? rc : device;
}

/* Adds the node after those that it is on; returns its index in the graph or -errno. */
static int add_node(struct reader *r, struct graph_live *live, unsigned int at, unsigned int depth)
{
	struct node *node = &r->nodes[at];
	char path[NAME_CHARS + 8];
	int rc = depth > DEPTH_MAX ? refuse(r, "a device on itself", node->name) : 0;

	if (node->device >= 0)
		return node->device;
	for (unsigned int i = 0; i < node->n_parents && rc >= 0; i++)
		rc = add_node(r, live, node->parents[i], depth + 1);
	if (rc < 0)
		return rc;
	if (live->graph.n == GRAPH_DEVICES_MAX) {
		snprintf(r->why, r->why_len, "more than %d devices below %.64s", GRAPH_DEVICES_MAX,
			 node->name);
		return -ENOSPC;
	}
	snprintf(path, sizeof(path), "/dev/%s", node->name);
	if (!node->n_parents)
		rc = add_lowest(live, node);
	else if (!strcmp(node->type, "part"))
		rc = graph_add_partition(
			&live->graph, path, (unsigned int)r->nodes[node->parents[0]].device,
			start_sectors(node->json), size_bytes(node->json) / SECTOR_BYTES);
	else
		rc = add_dm(r, live, node);
	node->device = rc;
	return rc;
}

int graph_lsblk_read(const json_t *lsblk, size_t i, struct graph_live *out, char *why,
		     size_t why_len)
{
	struct reader r = {.why = why, .why_len = why_len};
	int rc;

	*why = '\0';
	memset(out, 0, sizeof(*out));
	r.nodes = calloc(NODES_MAX, sizeof(*r.nodes));
	rc = r.nodes ? take_list(&r, json_object_get(lsblk, "blockdevices"), -1, 0) : -ENOMEM;
	for (unsigned int at = 0; !rc; at++) {
		if (at == r.n) {
			rc = 1;
		} else if (r.nodes[at].is_pmem && !r.nodes[at].is_below && !i--) {
			rc = add_node(&r, out, at, 0);
			if (rc < 0)
				break;
			out->device = (unsigned int)rc;
			rc = 0;
			break;
		}
	}
	if (rc < 0)
		graph_live_free(out);
	free(r.nodes);
	return rc;
}

static const char *node_in(const json_t *list, const char *numbers, unsigned int depth)
{
	const char *found = NULL;
	const json_t *json;
	size_t i;

	json_array_foreach(list, i, json) {
		if (!strcmp(field(json, "maj:min"), numbers))
			return field(json, "name");
		if (depth < DEPTH_MAX)
			found = node_in(json_object_get(json, "children"), numbers, depth + 1);
		if (found)
			return found;
	}
	return NULL;
}

const char *graph_lsblk_node(const json_t *lsblk, const char *numbers, char *out, size_t size)
{
	const char *name = node_in(json_object_get(lsblk, "blockdevices"), numbers, 0);

	if (!name || !*name)
		return NULL;
	snprintf(out, size, "/dev/%s", base_name(name));
	return out;
}
