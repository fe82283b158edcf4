/* SPDX-License-Identifier: GPL-2.0-only */
/* Stacks of a few regular shapes, and a filesystem with one file mapped on top of one. */
#ifndef DAXDM_SHAPE_H
#define DAXDM_SHAPE_H

#include "check/check.h"

enum { SHAPE_MEMBERS_MAX = 4 };

struct shape {
	const char *name;
	unsigned int depth;    /* DM devices on top of each other; 0: the namespace itself */
	unsigned int segments; /* of the lowest one, linear; those above it have two each */
	uint64_t chunk_bytes;  /* not 0: the lowest one is striped, in chunks of this */
	unsigned int members;  /* namespaces that segments or stripes take turns on; 0: one */
	enum namespace_mode modes[SHAPE_MEMBERS_MAX];
	uint64_t shift_bytes; /* each segment or stripe begins so far past a 2 MiB boundary */
	/* Segments have this length (the last one what is left; 0: all the same), and begin on the
	 * member as far past a 2 MiB boundary as on the device, which is shift_bytes too little. */
	uint64_t segment_bytes;
	uint64_t skip_bytes; /* layers above begin so far into the one below */
};

/*
 * Builds it with size_bytes (of depth 0: whatever the namespace has), on the first namespaces of
 * those modes.  Returns the index of the top device in graph, or -errno after check_broken(), with
 * nothing left behind; check_create() is what makes it.
 */
int shape_make(struct check_env *env, const struct shape *shape, uint64_t size_bytes,
	       struct graph *graph);

/* Loads the table that a DM device has in the graph now into the device that is there, suspends,
 * resumes.  Returns 0 or -errno. */
int shape_reload(const struct graph *graph, unsigned int device);

/* A file on a filesystem on a shape, and a mapping of it. */
struct scene {
	struct graph graph;
	unsigned int device; /* in graph */
	struct check_fs fs;
	int fd; /* -1: none */
	uint64_t bytes;
	struct mapping mapping; /* .reserved NULL: none */
	char *base;		/* of mapping */
};

enum { SCENE_FILE_ID = 1, SCENE_GENERATION = 1 };

struct scene_spec {
	const char *fs;
	uint64_t file_bytes; /* written with stamps of SCENE_GENERATION; 0: no file */
	bool small_pages;    /* map where only 4 KiB pages are possible */
};

/* Returns true, or false after check_broken(), with nothing left behind. */
bool scene_open(struct check_env *env, const struct shape *shape, const struct scene_spec *spec,
		struct scene *scene);

/* Takes down what is there; a half-made or closed scene is fine. */
void scene_close(struct check_env *env, struct scene *scene);

/* What a filesystem of this type needs of a device. */
uint64_t scene_device_bytes(const char *fs);

#endif
