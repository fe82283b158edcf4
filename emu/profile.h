/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest whose samples are watched by the plugin emu/plugin/profile.c: what QEMU is told, and what
 * is kept.  The names of the functions come from the guest itself, once for each state of the
 * machine that a snapshot stands for (where things lie in memory depends on nothing else), and are
 * kept in build/symbols/.
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

/* Whether the guest need not be asked for its functions. */
bool profile_knows_symbols(const struct guest *g);

/* Takes one line of functions (lib/run/symbols.h).  Returns 0 or -errno after one error line. */
int profile_take_symbols(const struct guest *g, const char *text);

/* Puts the profile and the functions into the results, as profile-FS.txt and symbols-FS.jsonl.
 * Before guest_end(). */
void profile_keep(const struct guest *g, const struct results *results);

#endif
