/* SPDX-License-Identifier: GPL-2.0-only */
/* The devices of a text: what the readers of dmsetup's and LVM's text make, stack_text.c prints. */
#ifndef DAXDM_STACK_TEXT_DEVICE_H
#define DAXDM_STACK_TEXT_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No device is larger. */
#define TEXT_SECTORS_MAX (INT64_C(1) << 40)

enum {
	TEXT_DEVICES_MAX = 256,
	TEXT_TARGETS_MAX = 4096,
	TEXT_NAME_CHARS = 128,
};

struct text_target {
	uint64_t len_sectors;
	char *words;	   /* "TYPE ARGUMENT..." as dmsetup(8) takes it, owned */
	unsigned int line; /* in the file */
};

struct text_device {
	char name[TEXT_NAME_CHARS];
	char numbers[24]; /* MAJOR:MINOR, "" if the text does not say */
	uint64_t size_sectors;
	bool hidden; /* no stack of its own: it is for what is above it */
	struct text_target *targets;
	size_t n_targets;
	unsigned int line;
};

struct text_devices {
	struct text_device *list;
	size_t n;
	/* The buffer of the error message, and of the sentence about what was assumed. */
	const char *file;
	char *why, *note;
	size_t why_len, note_len;
};

/* Writes "FILE:LINE: field FIELD: ..." (field 0: without) and returns -EINVAL. */
__attribute__((format(printf, 4, 5))) int text_complain(const struct text_devices *t,
							unsigned int line, unsigned int field,
							const char *fmt, ...);

/* The device of that name, which is added if it is new; NULL without memory or with too many. */
struct text_device *text_device(struct text_devices *t, const char *name, unsigned int line);

/* Appends a target; words is copied.  Returns 0 or -errno after text_complain(). */
int text_add_target(struct text_devices *t, struct text_device *d, uint64_t len_sectors,
		    const char *words, unsigned int line);

/* Whether an argument is the path or MAJOR:MINOR of a device. */
bool text_is_device(const char *word);

/* What `dmsetup table` and `dmsetup ls` print.  Returns 0 or -errno after text_complain(). */
int text_read_dmsetup(struct text_devices *t, const char *text);

/* What vgcfgbackup(8) writes, or lvs(8) prints.  Returns 0 or -errno after text_complain(). */
int text_read_lvm(struct text_devices *t, const char *text);

/* What lvs(8) prints; text_read_lvm() calls it.  Sets the note. */
int text_read_lvs(struct text_devices *t, const char *text);

void text_devices_free(struct text_devices *t);

#endif
