// SPDX-License-Identifier: GPL-2.0-only
/*
 * LD_PRELOAD this into a program that only reads and prints: it runs once as it is, and then once
 * for each N with its Nth allocation failing, each in a process of its own that starts where main()
 * is about to.  Each time the program has to come to the very same output, files and status as
 * undisturbed, or to end with status NTH_STATUS (default 4) and one line that memory is missing.
 *
 *   cc -shared -fPIC -o nth.so tests/nth_malloc.c
 *   NTH_FILES="a b" LD_PRELOAD=./nth.so build/daxdm report ...
 *
 * NTH_FILES names files that the program writes; NTH_LAST: only the last so many allocations.
 * Prints how many it tried and what was wrong; status 0 if nothing was, else 1.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILES_MAX = 4, BAD_SHOWN = 6, LIMIT_S = 20 };

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

/* Of the child: how many it made, in memory that the parent sees; which one fails. */
static unsigned long *count, fails_at;

static bool fails(void)
{
	if (!count || ++*count != fails_at)
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}

void *reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes) || fails()) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(p, bytes);
}

/* What a run came to: stdout, stderr, files. */
struct outcome {
	int status;
	char *text[2 + FILES_MAX];
	size_t len[2 + FILES_MAX];
};

static char *files[FILES_MAX];
static int n_files, out_fd[2];

static void take(int fd, char **text, size_t *len)
{
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);

	*text = __libc_malloc((size_t)size + 1);
	*len = fd < 0 ? 0 : (size_t)pread(fd, *text, (size_t)size, 0);
	(*text)[*len] = '\0';
}

static void gather(struct outcome *o, int status)
{
	o->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	for (int i = 0; i < 2; i++)
		take(out_fd[i], &o->text[i], &o->len[i]);
	for (int i = 0; i < n_files; i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		take(fd, &o->text[2 + i], &o->len[2 + i]);
		if (fd >= 0)
			close(fd);
		unlink(files[i]);
	}
}

static void drop(struct outcome *o)
{
	for (int i = 0; i < 2 + n_files; i++)
		free(o->text[i]);
}

static bool same(const struct outcome *a, const struct outcome *b)
{
	for (int i = 0; i < 2 + n_files; i++)
		if (a->len[i] != b->len[i] || memcmp(a->text[i], b->text[i], a->len[i]))
			return false;
	return a->status == b->status;
}

/* One line more than undisturbed, which says so. */
static bool says_so(const struct outcome *o, const struct outcome *whole, int status)
{
	const char *said = o->text[1];
	size_t kept = 0, lines = 0;

	while (kept < o->len[1] && said[kept] == whole->text[1][kept])
		kept++;
	while (kept && said[kept - 1] != '\n')
		kept--;
	for (const char *at = said + kept; (at = strchr(at, '\n')); at++)
		lines++;
	return o->status == status && lines == 1 &&
	       (strstr(said + kept, "out of memory") || strstr(said + kept, strerror(ENOMEM)));
}

/* Returns in the child only, which then goes on to main(). */
static bool run(unsigned long n, struct outcome *o)
{
	int status = 0;
	pid_t pid;

	for (int i = 0; i < 2; i++)
		if (ftruncate(out_fd[i], 0) < 0)
			_exit(2);
	*count = 0;
	fflush(stdout); /* or the child would print it, too */
	pid = fork();
	if (!pid) {
		for (int i = 0; i < 2; i++)
			dup2(out_fd[i], 1 + i);
		lseek(1, 0, SEEK_SET);
		lseek(2, 0, SEEK_SET);
		alarm(LIMIT_S);
		fails_at = n;
		return true;
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		_exit(2);
	gather(o, status);
	return false;
}

__attribute__((constructor)) static void all_of_them(void)
{
	struct outcome whole, o;
	unsigned long n, total, first, bad = 0, *counted;
	const char *status = getenv("NTH_STATUS"), *last = getenv("NTH_LAST");
	char *names = getenv("NTH_FILES"), *rest;

	unsetenv("LD_PRELOAD");
	for (names = names ? strtok_r(names, " ", &rest) : NULL; names && n_files < FILES_MAX;
	     names = strtok_r(NULL, " ", &rest))
		files[n_files++] = names;
	for (int i = 0; i < 2; i++)
		out_fd[i] = memfd_create("out", MFD_CLOEXEC);
	counted = mmap(NULL, sizeof(*counted), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	count = counted;
	if (run(0, &whole))
		return;
	total = *counted;
	first = last && total > strtoul(last, NULL, 10) ? total - strtoul(last, NULL, 10) : 0;
	for (n = first + 1; n <= total; n++) {
		if (run(n, &o))
			return;
		if (!same(&o, &whole) && !says_so(&o, &whole, status ? atoi(status) : 4) &&
		    bad++ < BAD_SHOWN)
			printf("allocation %lu: status %d (undisturbed %d), %zu of %zu bytes: %s\n",
			       n, o.status, whole.status, o.len[0], whole.len[0], o.text[1]);
		drop(&o);
	}
	printf("%lu of %lu allocations, undisturbed status %d: %lu failures end wrong\n",
	       total - first, total, whole.status, bad);
	fflush(stdout);
	_exit(bad || !total);
}
