// SPDX-License-Identifier: GPL-2.0-only
/* The BPF program of lib/trace/delay.c: it takes time. */
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

/* The verifier follows each round, on an emulated host slowly. */
enum { ROUNDS = 1000 };

SEC("kprobe")
int take_time(struct pt_regs *ctx)
{
	__u64 sum = 0;

	(void)ctx;
	for (int i = 0; i < ROUNDS; i++)
		sum += bpf_ktime_get_ns();
	return sum == 1;
}
