/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of daxdm inspect share: of this machine, from text, costs of published runs. */
#ifndef DAXDM_INSPECT_H
#define DAXDM_INSPECT_H

#include "lib/base/words.h"
#include "report/inspect/layout.h"
#include "report/inspect/layout_cost.h"

struct inspect_runs;

struct inspect {
	const char *kernel;
	bool json, from_text;
	struct kernel_version version;
	struct known *known;
	struct inspect_runs *runs; /* NULL: not read yet */
	json_t *found;		   /* with json */
	const json_t *lsblk;	   /* of the texts: what device numbers are called; or NULL */
	bool any;		   /* something was printed */
};

/* Prints what is said of a layout, or keeps it as data.  fs: the type of the filesystem, or NULL;
 * state: what else is known, which is taken, or NULL. */
void inspect_put(struct inspect *in, const struct layout *layout, const char *fs, json_t *state);

/* Describes the layouts of texts; names are files or "-".  Returns an exit status. */
int inspect_texts(struct inspect *in, char *const names[], int n);

/* The cost of a fault on the layout by the published run of this kernel that fits best. */
void inspect_cost(struct inspect *in, const struct layout *layout, const char *fs,
		  struct layout_costs *out);
void inspect_runs_free(struct inspect_runs *runs);

#endif
