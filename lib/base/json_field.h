/* SPDX-License-Identifier: GPL-2.0-only */
/* Members of JSON objects from a guest or a file, which may have any type. */
#ifndef DAXDM_JSON_FIELD_H
#define DAXDM_JSON_FIELD_H

#include <jansson.h>
#include <stdint.h>

/* The string of a key; "" if the member is missing or not a string. */
const char *json_field_text(const json_t *object, const char *key);

/* The whole number of a key; -1 if the member is missing or not a whole number. */
int64_t json_field_number(const json_t *object, const char *key);

#endif
