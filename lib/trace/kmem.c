// SPDX-License-Identifier: GPL-2.0-only
#include "lib/trace/kmem.h"

#include "lib/trace/bpf_complaint.h"
#include "lib/trace/kmem.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Memory freed by RCU is not held: this time is longer than a grace period. */
enum { GRACE_NS = 50 * 1000 * 1000 };

enum { VMALLOC_PAGE_BYTES = 4096, PROGRAMS_MAX = 16, TRACEPOINTS_MIN = 4 };

struct kmem {
	const char *owner;
	struct kmem_bpf *bpf;
	struct bpf_link *links[PROGRAMS_MAX];
	unsigned int n_links;
	int64_t vmalloc_before, vmalloc_held;
	uint64_t returned_before; /* not allocated by the watched thread */
};

int64_t kmem_vmalloc_bytes(const char *text, const char *owner)
{
	int64_t pages = 0;

	while (*text) {
		const char *end = text + strcspn(text, "\n"), *by, *count;

		by = memmem(text, (size_t)(end - text), owner, strlen(owner));
		count = memmem(text, (size_t)(end - text), " pages=", strlen(" pages="));
		if (by && count)
			pages += strtoll(count + strlen(" pages="), NULL, 10);
		text = *end ? end + 1 : end;
	}
	return pages * VMALLOC_PAGE_BYTES;
}

/* The text of a file of /proc or tracefs; free() it.  NULL with errno set on failure. */
static char *read_text(const char *path)
{
	FILE *in = fopen(path, "re"), *out;
	char buf[4096], *text = NULL;
	size_t len, n;

	if (!in)
		return NULL;
	out = open_memstream(&text, &len);
	while (out && (n = fread(buf, 1, sizeof(buf), in)))
		fwrite(buf, 1, n, out);
	fclose(in);
	if (out && !fclose(out))
		return text;
	free(text);
	errno = ENOMEM;
	return NULL;
}

/* The format file of a tracepoint; free() it.  NULL if this kernel has no such tracepoint. */
static char *read_format(const char *event)
{
	static const char *const roots[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	char path[128], *text = NULL;

	for (unsigned int i = 0; i < 2 && !text; i++) {
		snprintf(path, sizeof(path), "%s/events/kmem/%s/format", roots[i], event);
		text = read_text(path);
	}
	return text;
}

/* Whether the fields of a tracepoint match a program.  The program's name gives the layout:
 * atOFFSET_EVENT reads the size of an allocation at OFFSET, free_EVENT reads no size. */
static bool fits(const char *program, const char *format)
{
	char bytes[64];

	snprintf(bytes, sizeof(bytes), "bytes_alloc;\toffset:%.2s;\tsize:8;",
		 program + strlen("at"));
	return strstr(format, "ptr;\toffset:16;\tsize:8;") &&
	       (strncmp(program, "at", 2) || strstr(format, bytes));
}

/* Disables programs whose tracepoints do not match.  Returns 0, or -ENOTSUP if too few match. */
static int choose_programs(struct kmem *k)
{
	struct bpf_program *program;
	unsigned int n = 0;

	bpf_object__for_each_program(program, k->bpf->obj) {
		const char *name = bpf_program__name(program);
		char *format = read_format(strchr(name, '_') + 1);
		bool wanted = format && fits(name, format);

		free(format);
		bpf_program__set_autoload(program, wanted);
		n += wanted;
	}
	if (n < TRACEPOINTS_MIN)
		bpf_complaint_set("only %u of the tracepoints kmem:* have a known format", n);
	return n < TRACEPOINTS_MIN ? -ENOTSUP : 0;
}

static int attach_all(struct kmem *k)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, k->bpf->obj) {
		if (!bpf_program__autoload(program))
			continue;
		k->links[k->n_links] = bpf_program__attach(program);
		if (!k->links[k->n_links])
			return -errno;
		k->n_links++;
	}
	return 0;
}

int kmem_open(struct kmem **out, const char *owner)
{
	struct kmem *k = calloc(1, sizeof(*k));
	int rc;

	*out = k;
	if (!k)
		return -ENOMEM;
	k->owner = owner;
	bpf_complaint_begin();
	k->bpf = kmem_bpf__open();
	rc = k->bpf ? choose_programs(k) : -errno;
	if (!rc)
		rc = kmem_bpf__load(k->bpf);
	if (!rc)
		rc = attach_all(k);
	if (rc < 0) {
		kmem_close(k);
		*out = NULL;
	}
	return rc;
}

void kmem_close(struct kmem *kmem)
{
	if (!kmem)
		return;
	while (kmem->n_links)
		bpf_link__destroy(kmem->links[--kmem->n_links]);
	kmem_bpf__destroy(kmem->bpf);
	free(kmem);
}

static int read_vmalloc(const struct kmem *k, int64_t *bytes)
{
	char *text = read_text("/proc/vmallocinfo");

	if (!text)
		return -errno;
	*bytes = kmem_vmalloc_bytes(text, k->owner);
	free(text);
	return 0;
}

static int get_state(const struct kmem *k, struct kmem_state *state)
{
	const __u32 zero = 0;

	return bpf_map_lookup_elem(bpf_map__fd(k->bpf->maps.states), &zero, state);
}

static int set_state(const struct kmem *k, const struct kmem_state *state)
{
	const __u32 zero = 0;

	return bpf_map_update_elem(bpf_map__fd(k->bpf->maps.states), &zero, state, BPF_ANY);
}

int kmem_start(struct kmem *kmem)
{
	const struct kmem_state state = {.thread = (uint64_t)getpid() << 32 | (uint64_t)gettid(),
					 .taking = 1};
	int fd = bpf_map__fd(kmem->bpf->maps.objects), rc;
	uint64_t address;

	while (!bpf_map_get_next_key(fd, NULL, &address))
		bpf_map_delete_elem(fd, &address);
	rc = read_vmalloc(kmem, &kmem->vmalloc_before);
	return rc ? rc : set_state(kmem, &state);
}

int kmem_add_size(struct kmem_held *held, uint64_t bytes)
{
	unsigned int i = 0;

	while (i < held->n_sizes && held->sizes[i].bytes < bytes)
		i++;
	if (i < held->n_sizes && held->sizes[i].bytes == bytes) {
		held->sizes[i].objects++;
		return 0;
	}
	if (held->n_sizes == KMEM_SIZES_MAX)
		return -ENOSPC;
	memmove(&held->sizes[i + 1], &held->sizes[i], (held->n_sizes - i) * sizeof(held->sizes[0]));
	held->sizes[i] = (struct kmem_size){bytes, 1};
	held->n_sizes++;
	return 0;
}

static int sort_objects(const struct kmem *k, struct kmem_held *out)
{
	int fd = bpf_map__fd(k->bpf->maps.objects), rc = 0;
	uint64_t address, next, bytes;
	bool more = !bpf_map_get_next_key(fd, NULL, &address);

	while (more && !rc) {
		more = !bpf_map_get_next_key(fd, &address, &next);
		if (!bpf_map_lookup_elem(fd, &address, &bytes))
			rc = kmem_add_size(out, bytes);
		address = next;
	}
	return rc;
}

int kmem_held(struct kmem *kmem, struct kmem_held *out)
{
	const struct timespec grace = {.tv_nsec = GRACE_NS};
	struct kmem_state state;
	int64_t vmalloc = 0;
	int rc;

	*out = (struct kmem_held){0};
	nanosleep(&grace, NULL);
	rc = get_state(kmem, &state);
	state.taking = 0;
	if (!rc)
		rc = set_state(kmem, &state);
	if (!rc)
		rc = read_vmalloc(kmem, &vmalloc);
	if (!rc)
		rc = sort_objects(kmem, out);
	/* The system calls that read the map allocate memory themselves. */
	if (!rc)
		rc = get_state(kmem, &state);
	if (rc < 0)
		return rc;
	kmem->returned_before = state.returned_bytes;
	for (unsigned int i = 0; i < out->n_sizes; i++) {
		out->slab_bytes += out->sizes[i].bytes * out->sizes[i].objects;
		out->slab_objects += out->sizes[i].objects;
	}
	out->vmalloc_bytes = vmalloc - kmem->vmalloc_before;
	kmem->vmalloc_held = vmalloc;
	return state.missed ? -EOVERFLOW : 0;
}

int kmem_returned(struct kmem *kmem, uint64_t *slab_bytes, int64_t *vmalloc_bytes)
{
	struct kmem_state state;
	int64_t vmalloc = 0;
	int rc = get_state(kmem, &state);

	if (!rc)
		rc = read_vmalloc(kmem, &vmalloc);
	*slab_bytes = state.returned_bytes - kmem->returned_before;
	*vmalloc_bytes = kmem->vmalloc_held - vmalloc;
	return rc;
}
