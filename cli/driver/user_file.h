/* SPDX-License-Identifier: GPL-2.0-only */
/* What a file is that a user names as a kernel or run.  By its content, not by its name. */
#ifndef DAXDM_USER_FILE_H
#define DAXDM_USER_FILE_H

#include <stdbool.h>

enum user_file {
	USER_FILE_MISSING,
	USER_FILE_UNREADABLE,
	USER_FILE_EMPTY_DIRECTORY,
	USER_FILE_DIRECTORY,
	USER_FILE_RUN,	  /* its first line is the context of a run */
	USER_FILE_KERNEL, /* a bzImage or an ELF executable */
	USER_FILE_OBJECT, /* an ELF file that is no executable: a module */
	USER_FILE_CONFIG, /* the configuration of a kernel */
	USER_FILE_FIO,	  /* JSON of fio */
	USER_FILE_JSON,
	USER_FILE_PACKAGE, /* of Debian */
	USER_FILE_EMPTY,
	USER_FILE_TEXT,
	USER_FILE_BINARY,
};

/* Reads at most the first line of a run and the first 4 KiB of any other file. */
enum user_file user_file_of(const char *path);

/* "the JSON output of fio", "the configuration of a kernel", ... */
const char *user_file_name(enum user_file what);

#endif
