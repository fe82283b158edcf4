/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Profiles of a guest by the plugin emu/plugin/profile.c.  The guest itself sends the names of its
 * functions, once per snapshot and archive of modules (their addresses depend on nothing else);
 * they are kept in build/symbols/.
 */
#ifndef DAXDM_PROFILE_H
#define DAXDM_PROFILE_H

#include "emu/guest.h"

/*
 * The arguments of the plugin in that file (struct vm_config, plugin_args), to be freed: where it
 * writes, and the marks of this program, which is the one that the guest runs.  NULL after one
 * error line, also if the file cannot be read.
 */
char *profile_plugin(const char *file);

/* Whether build/symbols/ has the functions of this guest. */
bool profile_knows_symbols(const struct guest *g);

/* Stores one line of functions (lib/run/symbols.h).  Returns 0 or -errno after one error line. */
int profile_take_symbols(const struct guest *g, const char *text);

/* Copies the profile and the functions into the results, as profile-FS.txt, each guest's after a
 * line that begins with "#", and symbols-FS.jsonl.  Call it before guest_end(). */
void profile_keep(const struct guest *g, const struct results *results);

#endif
