// SPDX-License-Identifier: GPL-2.0-only
#include "lib/trace/kernel_function.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Which of them are part of the kernel depends on its configuration. */
static const char *const modules[] = {"dax", "dm_mod", "nd_pmem"};

enum { MODULES = sizeof(modules) / sizeof(modules[0]) };

/* The file descriptor of a module's BTF, or -errno. */
static int open_module(const char *module)
{
	__u32 id = 0;

	while (!bpf_btf_get_next_id(id, &id)) {
		char name[64] = "";
		struct bpf_btf_info info = {.name = (uintptr_t)name, .name_len = sizeof(name)};
		__u32 len = sizeof(info);
		int fd = bpf_btf_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.kernel_btf &&
		    !strcmp(name, module))
			return fd;
		close(fd);
	}
	return -ENOENT;
}

/* Looks at the types from number `first` on.  Returns how many functions it found. */
static size_t search(const struct btf *btf, __u32 first, struct kernel_function *list, size_t n)
{
	size_t found = 0;

	for (__u32 id = first; id < btf__type_cnt(btf) && found < n; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name;

		if (!btf_is_func(type))
			continue;
		name = btf__name_by_offset(btf, type->name_off);
		for (size_t i = 0; i < n; i++) {
			if (list[i].btf_id || strcmp(list[i].name, name))
				continue;
			list[i].btf_id = id;
			list[i].arguments = btf_vlen(btf__type_by_id(btf, type->type));
			found++;
		}
	}
	return found;
}

static void search_module(const char *module, struct btf *kernel, struct kernel_function *list,
			  size_t n)
{
	struct btf *btf = btf__load_module_btf(module, kernel);
	int fd = btf ? open_module(module) : -1;

	for (size_t i = 0; fd >= 0 && i < n; i++) {
		if (list[i].btf_id || !search(btf, btf__type_cnt(kernel), &list[i], 1))
			continue;
		list[i].module_fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (list[i].module_fd < 0)
			list[i].btf_id = 0;
	}
	if (fd >= 0)
		close(fd);
	btf__free(btf);
}

int kernel_functions_find(struct kernel_function *list, size_t n)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	size_t found;

	for (size_t i = 0; i < n; i++)
		list[i] = (struct kernel_function){.name = list[i].name};
	if (!kernel)
		return -errno;
	found = search(kernel, 1, list, n);
	for (size_t m = 0; m < MODULES && found < n; m++)
		search_module(modules[m], kernel, list, n);
	btf__free(kernel);
	return 0;
}

void kernel_functions_close(struct kernel_function *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].module_fd > 0)
			close(list[i].module_fd);
		list[i].module_fd = 0;
	}
}
