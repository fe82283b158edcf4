// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/user_file.h"

#include "lib/base/json_field.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	HEAD_BYTES = 4096,
	HEADER_BYTES_MAX = 1 << 20,
	BZIMAGE_MAGIC_AT = 0x202, /* Documentation/arch/x86/boot.rst */
};

static const char *const names[] = {
	[USER_FILE_MISSING] = "no file",
	[USER_FILE_UNREADABLE] = "a file that cannot be read",
	[USER_FILE_EMPTY_DIRECTORY] = "an empty directory",
	[USER_FILE_DIRECTORY] = "a directory",
	[USER_FILE_RUN] = "a run",
	[USER_FILE_KERNEL] = "a kernel",
	[USER_FILE_OBJECT] = "an ELF object such as a module, which --module takes",
	[USER_FILE_CONFIG] = "the configuration of a kernel",
	[USER_FILE_FIO] = "the JSON output of fio",
	[USER_FILE_JSON] = "a file of JSON",
	[USER_FILE_PACKAGE] = "a Debian package; ./run.sh kernels lists the names of kernels",
	[USER_FILE_EMPTY] = "an empty file",
	[USER_FILE_TEXT] = "a text file",
	[USER_FILE_BINARY] = "a binary file",
};

const char *user_file_name(enum user_file what)
{
	return names[what];
}

static enum user_file directory_of(const char *path)
{
	DIR *dir = opendir(path);
	enum user_file what = USER_FILE_EMPTY_DIRECTORY;
	const struct dirent *e;

	if (!dir)
		return USER_FILE_UNREADABLE;
	while ((e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			what = USER_FILE_DIRECTORY;
	closedir(dir);
	return what;
}

/* Whether the first line is the context of a run. */
static bool is_run(FILE *in)
{
	char *line = malloc(HEADER_BYTES_MAX);
	json_t *json = NULL;
	bool is;

	rewind(in);
	if (line && fgets(line, HEADER_BYTES_MAX, in))
		json = json_loads(line, 0, NULL);
	is = json && !strcmp(json_field_text(json, "type"), "context");
	json_decref(json);
	free(line);
	return is;
}

static bool is_text(const char *head, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!head[i] || ((unsigned char)head[i] < ' ' && !strchr("\t\n\r\f\033", head[i])))
			return false;
	return true;
}

static bool is_config(const char *head)
{
	return strstr(head, " Kernel Configuration\n") || !strncmp(head, "CONFIG_", 7) ||
	       strstr(head, "\nCONFIG_");
}

static enum user_file elf_of(const char *head, size_t n)
{
	Elf64_Ehdr header;

	if (n < sizeof(header))
		return USER_FILE_BINARY;
	memcpy(&header, head, sizeof(header));
	return header.e_type == ET_REL ? USER_FILE_OBJECT : USER_FILE_KERNEL;
}

/* n bytes of head, and a zero behind them. */
static enum user_file content_of(FILE *in, const char *head, size_t n)
{
	const char *word = head + strspn(head, " \t\r\n");

	if (!n)
		return USER_FILE_EMPTY;
	if (n > BZIMAGE_MAGIC_AT + 4 && !memcmp(head + BZIMAGE_MAGIC_AT, "HdrS", 4))
		return USER_FILE_KERNEL;
	if (n > SELFMAG && !memcmp(head, ELFMAG, SELFMAG))
		return elf_of(head, n);
	if (!strncmp(head, "!<arch>\ndebian-binary", 21))
		return USER_FILE_PACKAGE;
	/* A run is read with what may be wrong in its other lines. */
	if (*word == '{' && is_run(in))
		return USER_FILE_RUN;
	if (!is_text(head, n))
		return USER_FILE_BINARY;
	if (*word == '{' || *word == '[')
		return strstr(head, "\"fio version\"") ? USER_FILE_FIO : USER_FILE_JSON;
	return is_config(head) ? USER_FILE_CONFIG : USER_FILE_TEXT;
}

enum user_file user_file_of(const char *path)
{
	char head[HEAD_BYTES + 1];
	enum user_file what;
	struct stat st;
	FILE *in;
	size_t n;

	if (stat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? USER_FILE_MISSING
							   : USER_FILE_UNREADABLE;
	if (S_ISDIR(st.st_mode))
		return directory_of(path);
	in = S_ISREG(st.st_mode) ? fopen(path, "re") : NULL;
	if (!in)
		return USER_FILE_UNREADABLE;
	n = fread(head, 1, HEAD_BYTES, in);
	head[n] = '\0';
	what = ferror(in) ? USER_FILE_UNREADABLE : content_of(in, head, n);
	fclose(in);
	return what;
}
