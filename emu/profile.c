// SPDX-License-Identifier: GPL-2.0-only
#include "emu/profile.h"

#include "emu/scratch.h"
#include "lib/base/memory.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"
#include "lib/meter/meter.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYMBOLS_DIR place("build/symbols")

char *profile_plugin(const char *file)
{
	size_t n;
	const struct meter_mark *marks = meter_marks(&n);
	char *text = NULL;
	bool lost;
	FILE *out;

	if (access(file, R_OK) < 0) {
		msg_error("--profile %s: %s; emu/plugin.sh builds the plugin and prints its path",
			  file, strerror(errno));
		return NULL;
	}
	out = memory_stream(&text);
	if (!out)
		goto no_memory;
	fputs("out=" VM_PLUGIN_OUT, out);
	for (size_t i = 0; i < n; i++)
		fprintf(out, ",%s=%" PRIxPTR, marks[i].kind == METER_MARK_BEGIN ? "begin" : "end",
			((uintptr_t)&marks[i].place + (uintptr_t)(intptr_t)marks[i].place) % 4096);
	lost = ferror(out);
	if (!fclose(out) && !lost)
		return text;
no_memory:
	msg_error("--profile %s: out of memory", file);
	free(text);
	return NULL;
}

static int symbols_path(const struct guest *g, char *path)
{
	const struct plan *plan = g->plan;
	struct vm_config config = {.machine = plan->machine,
				   .vmlinux = plan->vmlinux,
				   .initrd = g->initrd,
				   .kvm = plan->kvm,
				   .seed = plan->seed};
	struct snapshot snapshot;
	int rc = snapshot_of(&config, plan->qemu, &snapshot);
	/* Its name has the hash of its content. */
	const char *modules = plan->modules ? strrchr(plan->modules, '/') : NULL;

	if (!rc)
		snprintf(path, PATH_MAX, "%s/%s%s%s.jsonl", SYMBOLS_DIR,
			 strrchr(snapshot.path, '/') + 1, modules ? "-" : "",
			 modules ? modules + 1 : "");
	return rc;
}

bool profile_knows_symbols(const struct guest *g)
{
	char path[PATH_MAX];

	return !symbols_path(g, path) && !access(path, R_OK);
}

int profile_take_symbols(const struct guest *g, const char *text)
{
	char path[PATH_MAX + 16];
	FILE *out;
	int rc = 0;

	snprintf(path, sizeof(path), "%s/symbols", g->dir);
	out = fopen(path, "ae");
	if (!out || fprintf(out, "%s\n", text) < 0)
		rc = -errno;
	if (out && fclose(out) == EOF && !rc)
		rc = -errno;
	if (rc < 0)
		msg_error("cannot write %s: %s", path, scratch_write_error(rc));
	return rc;
}

/* Renames the file into place: another run may be reading it. */
static void keep_symbols(const char *from, const char *path)
{
	char tmp[PATH_MAX + 32];
	int in = open(from, O_RDONLY | O_CLOEXEC), out = -1, rc = -1;

	snprintf(tmp, sizeof(tmp), "%s.%d", path, (int)getpid());
	if (in >= 0 && !scratch_make_dirs(SYMBOLS_DIR))
		out = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (out >= 0) {
		rc = scratch_copy_sparse(in, out);
		if (close(out) < 0 || rc < 0 || rename(tmp, path) < 0)
			unlink(tmp);
	}
	if (in >= 0)
		close(in);
}

void profile_keep(const struct guest *g, const struct results *results)
{
	char from[PATH_MAX + 16], known[PATH_MAX], kept[PATH_MAX + 80], name[64];

	if (!g->dir[0])
		return;
	snprintf(from, sizeof(from), "%s/" VM_PLUGIN_OUT, g->dir);
	snprintf(name, sizeof(name), "profile-%s.txt", g->name);
	results_keep_log(results, from, name, g->what);
	snprintf(from, sizeof(from), "%s/symbols", g->dir);
	if (symbols_path(g, known) < 0)
		return;
	if (!access(from, R_OK) && g->has_end)
		keep_symbols(from, known);
	snprintf(name, sizeof(name), "symbols-%s.jsonl", g->name);
	snprintf(kept, sizeof(kept), "%s/%s", results->dir, name);
	if (access(kept, F_OK)) /* those of the next guest are the same */
		results_keep_log(results, access(from, R_OK) ? known : from, name, NULL);
}
