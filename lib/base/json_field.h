/* SPDX-License-Identifier: GPL-2.0-only */
/* Fields of JSON objects, of which a guest or a file may have any type. */
#ifndef DAXDM_JSON_FIELD_H
#define DAXDM_JSON_FIELD_H

#include <jansson.h>
#include <stdint.h>

/* The string of that key; "" if there is none. */
const char *json_field_text(const json_t *object, const char *key);

/* The whole number of that key; -1 if there is none. */
int64_t json_field_number(const json_t *object, const char *key);

#endif
