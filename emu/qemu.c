// SPDX-License-Identifier: GPL-2.0-only
#include "emu/qemu.h"

#include "emu/confine.h"
#include "emu/vm.h"
#include "lib/base/msg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

int qemu_version(char *text, size_t len)
{
	FILE *in = popen(VM_QEMU " --version 2>/dev/null", "re");
	static const char prefix[] = "QEMU emulator version ";
	char line[256] = "";

	if (in && !fgets(line, sizeof(line), in))
		line[0] = '\0';
	if (in)
		pclose(in);
	if (strncmp(line, prefix, strlen(prefix))) {
		msg_error("cannot run %s; run: apt-get install qemu-system-x86", VM_QEMU);
		return -ENOENT;
	}
	line[strcspn(line, "\n")] = '\0';
	snprintf(text, len, "%s", line + strlen(prefix));
	return 0;
}

bool qemu_has_sandbox(void)
{
	static int answer = -1;

	if (answer < 0) {
		int status =
			system(VM_QEMU " -sandbox " CONFINE_SANDBOX " --version >/dev/null 2>&1");

		/* Another status does not answer the question: the option is used. */
		answer = !WIFEXITED(status) || WEXITSTATUS(status) != 1;
		if (!answer)
			msg_note("%s does not support -sandbox; it runs without a seccomp filter",
				 VM_QEMU);
	}
	return answer;
}
