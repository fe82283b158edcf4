/* SPDX-License-Identifier: GPL-2.0-only */
/* Sentences, and who gets them. */
#ifndef DAXDM_SAY_H
#define DAXDM_SAY_H

/* Each finding calls say(arg, sentence) for every sentence there is, in order. */
typedef void findings_say(void *arg, const char *sentence);

__attribute__((format(printf, 3, 4))) void findings_sayf(findings_say *say, void *arg,
							 const char *fmt, ...);

#endif
