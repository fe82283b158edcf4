/* SPDX-License-Identifier: GPL-2.0-only */
/* What the terms of a page mean. */
#ifndef DAXDM_GLOSSARY_H
#define DAXDM_GLOSSARY_H

#include <stdio.h>

/* Writes the terms and their meanings as a list of HTML that is folded. */
void glossary_write(FILE *out);

#endif
