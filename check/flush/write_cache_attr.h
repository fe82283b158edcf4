/* SPDX-License-Identifier: GPL-2.0-only */
/* The attributes that report whether a device needs cache writeback, and members on which it is
 * disabled and enabled. */
#ifndef DAXDM_WRITE_CACHE_ATTR_H
#define DAXDM_WRITE_CACHE_ATTR_H

#include "check/fixture/testbed.h"

#define WRITE_CACHE_ATTR "dax/write_cache"

/* What enables writeback of the stack again, in addition to the members' attribute. */
enum write_cache_attr_turn { WRITE_CACHE_ATTR_NOTHING, WRITE_CACHE_ATTR_RELOAD };

/* Run functions. */

/* queue/write_cache of a const struct testbed_spec against its members'. */
void write_cache_attr_queue(struct check_env *env, const void *arg);

/* A stack that was made while writeback of its members was disabled: arg is a const enum
 * write_cache_attr_turn. */
void write_cache_attr_turned_on(struct check_env *env, const void *arg);

/* The same of the namespace itself: the reference for the stack. */
void write_cache_attr_turned_on_raw(struct check_env *env, const void *arg);

/* One member needs writeback, the other, *(const unsigned int *)arg, does not: bytes on the first
 * are written back. */
void write_cache_attr_one_of_two(struct check_env *env, const void *arg);

#endif
