/* SPDX-License-Identifier: GPL-2.0-only */
/* Why BPF programs could not be loaded or attached, in words. */
#ifndef DAXDM_BPF_COMPLAINT_H
#define DAXDM_BPF_COMPLAINT_H

/* From now on the first error message of libbpf is kept; none is printed. */
void bpf_complaint_begin(void);

/* The reason is this instead, without a newline. */
__attribute__((format(printf, 1, 2))) void bpf_complaint_set(const char *fmt, ...);

/* The reason since bpf_complaint_begin(), "" if it is unknown. */
const char *bpf_complaint(void);

#endif
