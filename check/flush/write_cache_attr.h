/* SPDX-License-Identifier: GPL-2.0-only */
/* The attributes that say whether a device needs its cache written back, and members on which that
 * is switched off and on. */
#ifndef DAXDM_WRITE_CACHE_ATTR_H
#define DAXDM_WRITE_CACHE_ATTR_H

#include "check/fixture/testbed.h"

#define WRITE_CACHE_ATTR "dax/write_cache"

/* What turns the stack on again, besides the members' attribute. */
enum write_cache_attr_turn { WRITE_CACHE_ATTR_NOTHING, WRITE_CACHE_ATTR_RELOAD };

/* Run functions. */

/* queue/write_cache of a const struct testbed_spec against its members'. */
void write_cache_attr_queue(struct check_env *env, const void *arg);

/* A stack that was made while its members were off: arg is a const enum write_cache_attr_turn. */
void write_cache_attr_turned_on(struct check_env *env, const void *arg);

/* The same of the namespace itself, so that the other has something to be held against. */
void write_cache_attr_turned_on_raw(struct check_env *env, const void *arg);

/* One member needs it, the other, *(const unsigned int *)arg, does not: what is on the one is
 * written back. */
void write_cache_attr_one_of_two(struct check_env *env, const void *arg);

#endif
