// SPDX-License-Identifier: GPL-2.0-only
#include "emu/accel.h"

#include "emu/scratch.h"
#include "emu/stop.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define PROBE_S 15

/* build/kvm/ID, the file of the answer; ID from the kernel's directory, QEMU and this host. */
static void answer_path(const struct plan *plan, char *path, size_t len)
{
	const char *kernel = strrchr(plan->kernel, '/');
	const char *dir = place("build/kvm");
	struct utsname host;

	uname(&host);
	snprintf(path, len, "%s/%s,%s,%s", dir, kernel ? kernel + 1 : plan->kernel, plan->qemu,
		 host.release);
	for (char *c = path + strlen(dir) + 1; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr(".,+-_", *c))
			*c = '_';
}

static bool probe(const struct guest *guest)
{
	struct plan plan = *guest->plan;
	struct guest trial;
	bool up;

	guest_init(&trial, &plan, guest->name, 0);
	plan.kvm = true;
	plan.quiet = true;
	plan.boot_s = PROBE_S;
	plan.take = NULL;
	snprintf(trial.initrd, sizeof(trial.initrd), "%s", guest->initrd);
	up = guest_boots(&trial);
	guest_end(&trial, NULL, NULL, NULL);
	return up;
}

bool accel_kvm_boots(const struct guest *guest, char *why, size_t len)
{
	char path[PATH_MAX], answer[8] = "";
	FILE *file;

	if (access("/dev/kvm", R_OK | W_OK) < 0) {
		snprintf(why, len, "KVM cannot be used: /dev/kvm: %s", strerror(errno));
		return false;
	}
	answer_path(guest->plan, path, sizeof(path));
	file = fopen(path, "re");
	if (file && !fgets(answer, sizeof(answer), file))
		answer[0] = '\0';
	if (file)
		fclose(file);
	if (!answer[0]) {
		msg_note("testing whether KVM boots this kernel (once, at most %d s)", PROBE_S);
		strcpy(answer, probe(guest) ? "yes" : "no");
		file = stop_signal() || scratch_make_dirs(place("build/kvm")) < 0
			       ? NULL
			       : fopen(path, "we");
		if (file) {
			fputs(answer, file);
			fclose(file);
		}
	}
	snprintf(why, len,
		 "KVM does not boot this kernel on this host within %d s; remove %s to test it "
		 "again",
		 PROBE_S, path);
	return answer[0] == 'y';
}
