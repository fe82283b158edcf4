/* SPDX-License-Identifier: GPL-2.0-only */
/* Text in XML: for what writes JUnit. */
#ifndef DAXDM_XML_H
#define DAXDM_XML_H

#include <stdio.h>

/* Text as the content of an element, or of an attribute in double quotes.  What XML 1.0 has no
 * place for is left out (2.2, characters). */
void xml_put(FILE *out, const char *text);

/* ` NAME="VALUE"`. */
void xml_attribute(FILE *out, const char *name, const char *value);

#endif
