// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/kernel_name.h"
#include "lib/base/json_field.h"

#include <stdio.h>
#include <string.h>

/* Digits of a build id in a name: enough to distinguish builds. */
enum { ID_SHOWN = 12 };

json_t *kernel_name_replaced(const char *path)
{
	FILE *in = fopen(path, "re");
	char line[512], file[128], module[64], id[160];
	json_t *list = NULL;

	if (!in)
		return NULL;
	while (fgets(line, sizeof(line), in)) {
		int n = sscanf(line, "%127s %63s %159s", file, module, id);

		if (n < 2)
			continue;
		if (!list)
			list = json_array();
		json_array_append_new(list,
				      json_pack("{ss ss so}", "file", file, "module", module,
						"build_id", n > 2 ? json_string(id) : json_null()));
	}
	fclose(in);
	return list;
}

const char *kernel_name(const json_t *context, char *buf, size_t size)
{
	const json_t *kernel = json_object_get(context, "kernel"), *one;
	const char *package = json_field_text(kernel, "package");
	size_t i, used;

	snprintf(buf, size, "%s%s%s%s", json_field_text(kernel, "release"), *package ? " (" : "",
		 package, *package ? ")" : "");
	json_array_foreach(json_object_get(context, "replaced"), i, one) {
		const char *id = json_field_text(one, "build_id");

		used = strlen(buf);
		snprintf(buf + used, size - used, "%s%s replaced (build-id %.*s)",
			 i ? ", " : " with ", json_field_text(one, "file"), ID_SHOWN,
			 *id ? id : "unknown");
	}
	return buf;
}

const char *kernel_name_suffix(const json_t *context, char *buf, size_t size)
{
	const json_t *one;
	size_t i;

	buf[0] = '\0';
	json_array_foreach(json_object_get(context, "replaced"), i, one) {
		const char *file = json_field_text(one, "file");
		size_t used = strlen(buf);

		snprintf(buf + used, size - used, "+%.*s", (int)strcspn(file, "."), file);
	}
	return buf;
}
