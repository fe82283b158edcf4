/* SPDX-License-Identifier: GPL-2.0-only */
/* Callback for sentences. */
#ifndef DAXDM_SAY_H
#define DAXDM_SAY_H

/* Called once per sentence, in order. */
typedef void findings_say(void *arg, const char *sentence);

__attribute__((format(printf, 3, 4))) void findings_sayf(findings_say *say, void *arg,
							 const char *fmt, ...);

#endif
