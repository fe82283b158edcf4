// SPDX-License-Identifier: GPL-2.0-only
#include "lib/trace/delay.h"

#include "lib/trace/bpf_complaint.h"
#include "lib/trace/delay.skel.h"

#include <errno.h>
#include <stdlib.h>

enum { TIMES = 8 }; /* the program runs in each call */

struct delay {
	struct delay_bpf *bpf;
	struct bpf_link *links[TIMES];
};

int delay_open(struct delay **out, const char *function)
{
	struct delay *d = calloc(1, sizeof(*d));
	int rc = 0;

	*out = NULL;
	if (!d)
		return -ENOMEM;
	bpf_complaint_begin();
	d->bpf = delay_bpf__open_and_load();
	if (!d->bpf)
		rc = -errno;
	for (int i = 0; i < TIMES && !rc; i++) {
		d->links[i] = bpf_program__attach_kprobe(d->bpf->progs.take_time, false, function);
		rc = d->links[i] ? 0 : -errno;
	}
	if (rc < 0)
		delay_close(d);
	else
		*out = d;
	return rc;
}

void delay_close(struct delay *delay)
{
	if (!delay)
		return;
	for (int i = 0; i < TIMES; i++)
		bpf_link__destroy(delay->links[i]);
	delay_bpf__destroy(delay->bpf);
	free(delay);
}
