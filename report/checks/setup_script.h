/* SPDX-License-Identifier: GPL-2.0-only */
/* The set-up of a failed check as a shell script. */
#ifndef DAXDM_SETUP_SCRIPT_H
#define DAXDM_SETUP_SCRIPT_H

#include <jansson.h>

/*
 * Writes DIR/PREFIXid.sh, executable: the commands before the first complaint of the check, with
 * the namespaces of the context.  Returns 0, -ENOENT if the line has no set-up (the check did not
 * fail, or its guest died), or -errno after one error line.
 */
int setup_script_write(const json_t *context, const json_t *check, const char *kernel,
		       const char *dir, const char *prefix);

#endif
