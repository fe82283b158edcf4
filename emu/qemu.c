// SPDX-License-Identifier: GPL-2.0-only
#include "emu/qemu.h"

#include "emu/confine.h"
#include "emu/vm.h"
#include "lib/base/child.h"
#include "lib/base/msg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ANSWER_LIMIT_S = 60 };

int qemu_version(char *text, size_t len)
{
	static const char prefix[] = "QEMU emulator version ";
	char *const argv[] = {VM_QEMU, "--version", NULL};
	char said[512], *end;
	const char *version;
	int rc = child_run(argv, ANSWER_LIMIT_S, said, sizeof(said));

	version = rc ? NULL : strstr(said, prefix);
	if (!version) {
		msg_error("cannot run %s; run: apt-get install qemu-system-x86", VM_QEMU);
		return -ENOENT;
	}
	/* Its next line begins so; newlines are blanks. */
	end = strstr(said, " Copyright");
	if (end)
		*end = '\0';
	snprintf(text, len, "%s", version + strlen(prefix));
	return 0;
}

bool qemu_has_sandbox(void)
{
	static int answer = -1;

	if (answer < 0) {
		char *const argv[] = {VM_QEMU, "-sandbox", CONFINE_SANDBOX, "--version", NULL};
		char said[8];

		/* Another status does not answer the question: the option is used. */
		answer = child_run(argv, ANSWER_LIMIT_S, said, sizeof(said)) != 1;
		if (!answer)
			msg_note("%s does not support -sandbox; it runs without a seccomp filter",
				 VM_QEMU);
	}
	return answer;
}
