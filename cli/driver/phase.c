// SPDX-License-Identifier: GPL-2.0-only
#include "cli/driver/phase.h"

#include "cli/driver/process.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum phase_lines phase_lines;

static struct timespec since;

FILE *phase_out(void)
{
	return phase_lines == PHASES_STDERR ? stderr : stdout;
}

void phase_begin(const char *name)
{
	process_phase = name;
	clock_gettime(CLOCK_MONOTONIC, &since);
	if (phase_lines != PHASES_NONE && isatty(fileno(phase_out()))) {
		fprintf(phase_out(), "%-9s ...\r", name);
		fflush(phase_out());
	}
}

void phase_end(const char *fmt, ...)
{
	const char *name = process_phase;
	struct timespec now;
	va_list args;

	process_phase = NULL;
	if (phase_lines == PHASES_NONE)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	fprintf(phase_out(), "%-9s %5.1f s  ", name,
		(double)(now.tv_sec - since.tv_sec) + (double)(now.tv_nsec - since.tv_nsec) / 1e9);
	va_start(args, fmt);
	vfprintf(phase_out(), fmt, args);
	va_end(args);
	fputc('\n', phase_out());
}
