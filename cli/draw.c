// SPDX-License-Identifier: GPL-2.0-only
/*
 * daxdm draw: one script of plot/, run by gnuplot in a directory of data.
 *
 * gnuplot's language can run programs (system(), `!`, backquotes, files named "<COMMAND" and
 * "|COMMAND"), and the data comes from a kernel that is under test.  Three things keep that data
 * from being executed: text is data that gnuplot reads (plot.h); plot.gp, which gnuplot executes,
 * may only assign numbers and is refused here otherwise; and a seccomp filter keeps gnuplot from
 * starting a process.
 */
#include "cli/draw.h"
#include "cli/options/cli.h"
#include "lib/base/msg.h"

#include <ctype.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A plot takes about a second; an axis with extreme numbers would take much longer. */
enum { CPU_SECONDS = 60 };

static const char *skip_digits(const char *at)
{
	return at + strspn(at, "0123456789");
}

/* NAME or NAME[N]; NULL if it is neither. */
static const char *skip_name(const char *at)
{
	const char *end;

	if (!islower((unsigned char)*at))
		return NULL;
	at += strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_");
	if (*at != '[')
		return at;
	end = skip_digits(at + 1);
	return end > at + 1 && *end == ']' ? end + 1 : NULL;
}

/* NULL if it is not a finite number. */
static const char *skip_number(const char *at)
{
	const char *start = at + (*at == '-'), *end = skip_digits(start);

	if (end == start)
		return NULL;
	if (*end == '.')
		end = skip_digits(end + 1);
	if (*end != 'e')
		return end;
	start = end + 1;
	start += *start == '-' || *start == '+';
	end = skip_digits(start);
	return end > start ? end : NULL;
}

bool draw_line_is_numeric(const char *line)
{
	const char *at;

	if (!*line)
		return true;
	if (!strncmp(line, "array ", 6)) {
		at = skip_name(line + 6);
		return at && at[-1] == ']' && !*at;
	}
	at = skip_name(line);
	if (!at || strncmp(at, " = ", 3))
		return false;
	at = skip_number(at + 3);
	return at && !*at;
}

/* Returns 0 or -errno after a message. */
static int vet_numbers(const char *dir)
{
	FILE *in = fopen("plot.gp", "re");
	size_t size = 0, n = 0;
	char *line = NULL;
	ssize_t len;
	int rc = 0;

	if (!in) {
		rc = -errno;
		msg_error("draw: cannot read %s/plot.gp: %s", dir, strerror(-rc));
		return rc;
	}
	while (!rc && (len = getline(&line, &size, in)) >= 0) {
		n++;
		if (len && line[len - 1] == '\n')
			line[--len] = '\0';
		if (strlen(line) != (size_t)len || !draw_line_is_numeric(line))
			rc = -EINVAL;
	}
	if (!rc && ferror(in))
		rc = -EIO;
	if (rc == -EINVAL)
		msg_error("draw: line %zu of %s/plot.gp does not assign a number to a variable; "
			  "refused",
			  n, dir);
	else if (rc)
		msg_error("draw: cannot read %s/plot.gp: %s", dir, strerror(-rc));
	free(line);
	fclose(in);
	return rc;
}

/*
 * Forbids this process to create processes, root or not; threads are allowed.  A filter cannot see
 * the flags of clone3(), so clone3() fails with ENOSYS, and the C library falls back to clone().
 * Returns 0 or -errno.
 */
static int forbid_processes(void)
{
#define FIELD(f) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, f))
#define IF(op, value, yes, no) BPF_JUMP(BPF_JMP | BPF_##op | BPF_K, value, yes, no)
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, what)
	struct sock_filter filter[] = {
		FIELD(arch),
		IF(JEQ, AUDIT_ARCH_X86_64, 0, 8),
		FIELD(nr),
		IF(JGE, 0x40000000, 6, 0), /* the system calls of x32 */
		IF(JEQ, SYS_fork, 5, 0),
		IF(JEQ, SYS_vfork, 4, 0),
		IF(JEQ, SYS_clone3, 4, 0),
		IF(JEQ, SYS_clone, 0, 4),
		FIELD(args[0]), /* its low half, on a little-endian machine */
		IF(JSET, CLONE_THREAD, 2, 0),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
		RETURN(SECCOMP_RET_ERRNO | ENOSYS),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

#undef FIELD
#undef IF
#undef RETURN
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return -errno;
	return 0;
}

/* Becomes gnuplot; returns an exit status if it cannot. */
static int become_gnuplot(const char *script, const char *format)
{
	const struct rlimit cpu = {CPU_SECONDS, CPU_SECONDS};
	int rc;

	/* Load nothing from the user's library path. */
	unsetenv("GNUPLOT_LIB");
	setrlimit(RLIMIT_CPU, &cpu);
	rc = forbid_processes();
	if (rc < 0) {
		msg_error("draw: cannot install the seccomp filter for gnuplot: %s; the kernel "
			  "needs CONFIG_SECCOMP_FILTER",
			  strerror(-rc));
		return STATUS_BROKEN;
	}
	execlp("gnuplot", "gnuplot", "--default-settings", "-c", script, format, (char *)NULL);
	msg_error("draw: cannot run gnuplot: %s; apt-get install gnuplot-nox", strerror(errno));
	return STATUS_BROKEN;
}

static int run(int argc, char **argv)
{
	int first = options_parse(&verb_draw, NULL, argc, argv);
	char script[64];

	if (first < 0)
		return first == -1 ? STATUS_GOOD : STATUS_USAGE;
	if (argc - first != 3 ||
	    strspn(argv[first + 1], "abcdefghijklmnopqrstuvwxyz-") != strlen(argv[first + 1])) {
		msg_error("draw: expected three arguments: DIR PLOT svg|png");
		return STATUS_USAGE;
	}
	if (strcmp(argv[first + 2], "svg") && strcmp(argv[first + 2], "png")) {
		msg_error("draw: unknown format '%s'; expected svg or png", argv[first + 2]);
		return STATUS_USAGE;
	}
	if (chdir(argv[first]) < 0) {
		msg_error("draw: cannot enter %s: %s", argv[first], strerror(errno));
		return STATUS_BROKEN;
	}
	snprintf(script, sizeof(script), "%s.gp", argv[first + 1]);
	if (vet_numbers(argv[first]) < 0)
		return STATUS_BROKEN;
	return become_gnuplot(script, argv[first + 2]);
}

const struct verb verb_draw = {
	.name = "draw",
	.args = "DIR PLOT svg|png",
	.why = "run gnuplot on DIR/PLOT.gp without the means to start programs",
	.operands = 3,
	.internal = true,
	.run = run,
};
