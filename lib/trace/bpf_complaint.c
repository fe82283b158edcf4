// SPDX-License-Identifier: GPL-2.0-only
#include "lib/trace/bpf_complaint.h"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char complaint[192];

__attribute__((format(printf, 2, 0))) static int keep(enum libbpf_print_level level,
						      const char *fmt, va_list ap)
{
	if (level == LIBBPF_WARN && !complaint[0]) {
		vsnprintf(complaint, sizeof(complaint), fmt, ap);
		complaint[strcspn(complaint, "\n")] = '\0';
	}
	return 0;
}

void bpf_complaint_begin(void)
{
	complaint[0] = '\0';
	libbpf_set_print(keep);
}

void bpf_complaint_set(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(complaint, sizeof(complaint), fmt, ap);
	va_end(ap);
}

const char *bpf_complaint(void)
{
	return complaint;
}
