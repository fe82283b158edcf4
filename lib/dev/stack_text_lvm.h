/* SPDX-License-Identifier: GPL-2.0-only */
/* LVM's metadata in memory, and the segments that are made of them; see stack_text_lvm.c. */
#ifndef DAXDM_STACK_TEXT_LVM_H
#define DAXDM_STACK_TEXT_LVM_H

#include "lib/dev/stack_text_device.h"

enum {
	LVM_VALUE_CHARS = TEXT_NAME_CHARS,
	LVM_WORDS_CHARS = 40000,
	LVM_NAME_CHARS = 4 * LVM_VALUE_CHARS + 16,
};

struct lvm_value {
	char text[LVM_VALUE_CHARS];
	bool is_string;
	unsigned int line;
};

/* A section, or an assignment. */
struct lvm_node {
	char key[LVM_VALUE_CHARS];
	unsigned int line, parent; /* index of the section; the root is its own */
	bool is_section;
	size_t first_value, n_values;
};

struct lvm_config {
	struct text_devices *t;
	const char *at;
	unsigned int line;
	struct lvm_node *nodes;
	size_t n_nodes;
	struct lvm_value *values;
	size_t n_values;
};

struct lvm_group {
	const struct lvm_config *c;
	const struct lvm_node *vg, *pvs, *lvs;
	uint64_t extent_sectors;
};

/* What a section has under a key, or NULL; of an assignment its first value. */
const struct lvm_node *lvm_find(const struct lvm_config *c, const struct lvm_node *in,
				const char *key);
const struct lvm_node *lvm_section(const struct lvm_config *c, const struct lvm_node *in,
				   const char *key);
const char *lvm_text(const struct lvm_config *c, const struct lvm_node *in, const char *key);

/* Returns 0 or -EINVAL after a complaint; a missing one is `without`, unless that is negative. */
int lvm_number(const struct lvm_config *c, const struct lvm_node *in, const char *key, int64_t min,
	       int64_t without, uint64_t *out);

/* The DM name of a volume: VG-LV, in which a hyphen of either is doubled; name has
 * LVM_NAME_CHARS. */
void lvm_dm_name(const char *vg, const char *lv, char *name);

/* Appends " DEVICE OFFSET": an area of a physical volume, or of another logical one. */
int lvm_put_stripe(const struct lvm_group *g, const struct lvm_value *of,
		   const struct lvm_value *at, char *words, size_t room);

/* The words of a segment, of LVM_WORDS_CHARS, as dmsetup(8) takes them.  It may add devices to the
 * text.  Returns 0 or -errno after a complaint. */
int lvm_put_segment(const struct lvm_group *g, const struct lvm_node *segment, uint64_t extents,
		    char *words);

#endif
