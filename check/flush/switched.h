/* SPDX-License-Identifier: GPL-2.0-only */
/* The attributes that say whether a device needs its cache written back, and members on which that
 * is switched off and on. */
#ifndef DAXDM_SWITCHED_H
#define DAXDM_SWITCHED_H

#include "check/fixture/testbed.h"

#define DAX_WRITE_CACHE "dax/write_cache"

/* What turns the stack on again, besides the members' attribute. */
enum turn { NOTHING, RELOAD };

/* Run functions. */

/* queue/write_cache of a const struct testbed_spec against its members'. */
void queue_attribute(struct check_env *env, const void *arg);

/* A stack that was made while its members were off: arg is a const enum turn. */
void turned_on(struct check_env *env, const void *arg);

/* The same of the namespace itself, so that the other has something to be held against. */
void turned_on_raw(struct check_env *env, const void *arg);

/* One member needs it, the other, *(const unsigned int *)arg, does not: what is on the one is
 * written back. */
void one_of_two(struct check_env *env, const void *arg);

#endif
