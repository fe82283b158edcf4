/* SPDX-License-Identifier: GPL-2.0-only */
/* Glossary of report.html. */
#ifndef DAXDM_GLOSSARY_H
#define DAXDM_GLOSSARY_H

#include <stdio.h>

/* Writes the terms as a collapsed list. */
void glossary_write(FILE *out);

#endif
