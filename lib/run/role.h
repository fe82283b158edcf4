/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The role of a variant in reports.  A benchmark declares it in its descriptor (bench/bench.h), so
 * that report/ finds a benchmark by what it measures and not by its name.  It is looked up by name,
 * because records of published runs do not have it.
 *
 * Findings that compare variants of one kind look up the names below; a unit test holds that they
 * exist (tests/unit/bench/test_role.c).
 */
#ifndef DAXDM_ROLE_H
#define DAXDM_ROLE_H

#include <stdbool.h>
#include <stddef.h>

enum role_kind {
	ROLE_OTHER,
	/* A page fault on a DAX file: KIND.WARMTH.PAGE; read.cold.pte, read.warm.pte,
	 * write.warm.pte */
	ROLE_FAULT,
	/* One dax_direct_access() of one page, anywhere in the file */
	ROLE_TRANSLATION,
	/* The same I/O with and without DAX: PATH.OP[.WARMTH].SIZE with PATH dax, direct, buffered
	 * and OP read, write; faults in the page cache: mmap.KIND.WARMTH */
	ROLE_FILE_IO,
	/* Copies, and operations that make stores durable: durable.mapsync.SIZE,
	 * durable.msync.SIZE, fsync.4k, msync.4k */
	ROLE_COPY,
	/* An operation on a table of device-mapper; below a mounted filesystem:
	 * mounted.OPERATION */
	ROLE_TABLE_OP,
	/* The first fault after a table operation: fault.KIND.AFTER with KIND known, fresh, stored
	 * and AFTER ordinary, resumed, thawed, swapped */
	ROLE_FIRST_FAULT,
};

struct role {
	const char
		*variants; /* GLOB over names; NULL ends a list.  The first that matches counts */
	enum role_kind kind;
	bool headline; /* represents its page size; with a line, all lines: a verb */
	bool mounted;  /* ROLE_TABLE_OP: below a mounted filesystem */
	/* The plot of table operations by segments has a line for it, of that name. */
	const char *line;
	/* The plots of other operations than faults by kernel have a panel for it, of that title;
	 * the GLOB is then a name. */
	const char *panel;
};

/* The i-th role of all benchmarks, in their order, and its benchmark; NULL past the last. */
typedef const struct role *role_table(size_t i, const char **bench);

/* Sets the table that the functions below read; call it before them (bench_register_roles()). */
void role_register(role_table *at);

/* The role of a variant; ROLE_OTHER if there is no such benchmark, or it declares none for it. */
const struct role *role_of(const char *bench, const char *variant);

/* The benchmark that declares a role of that kind; "" if none does. */
const char *role_bench(enum role_kind kind);

/* As role_table() of the registered table. */
const struct role *role_at(size_t i, const char **bench);

#endif
