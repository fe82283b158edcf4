// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/role.h"

#include <fnmatch.h>
#include <string.h>

static role_table *table;

void role_register(role_table *at)
{
	table = at;
}

const struct role *role_at(size_t i, const char **bench)
{
	return table(i, bench);
}

const struct role *role_of(const char *bench, const char *variant)
{
	static const struct role other = {.kind = ROLE_OTHER};
	const struct role *role;
	const char *of;

	for (size_t i = 0; (role = role_at(i, &of)); i++)
		if (!strcmp(of, bench) && !fnmatch(role->variants, variant, 0))
			return role;
	return &other;
}

const char *role_bench(enum role_kind kind)
{
	const struct role *role;
	const char *of;

	for (size_t i = 0; (role = role_at(i, &of)); i++)
		if (role->kind == kind)
			return of;
	return "";
}
