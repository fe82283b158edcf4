/* SPDX-License-Identifier: GPL-2.0-only */
/* Escaping of text in XML, for JUnit files. */
#ifndef DAXDM_XML_H
#define DAXDM_XML_H

#include <stdio.h>

/* Writes text as the content of an element or of an attribute in double quotes.  Characters that
 * XML 1.0 does not allow (2.2) are dropped. */
void xml_put(FILE *out, const char *text);

/* ` NAME="VALUE"`. */
void xml_attribute(FILE *out, const char *name, const char *value);

#endif
