// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/again.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* cmocka.h needs those above. */
#include <cmocka.h>

#define KERNEL \
	"'kernel':{'release':'6.1.0-56-amd64','package':'linux-image-6.1.0-56-amd64 6.1.192-2'}"

static const struct {
	const char *context, *command;
} contexts[] = {
	{"{" KERNEL ",'checks':true,'seed':7,'emulator':{'seed':3}}",
	 "./run.sh check --kernel 6.1.0-56-amd64 --seed 7"},
	{"{" KERNEL ",'checks':true,'seed':1,'planted':true,'emulator':{'namespace':'virtio',"
	 "'append':'nokaslr quiet'}}",
	 "./run.sh check --kernel 6.1.0-56-amd64 --namespace virtio --append 'nokaslr quiet' "
	 "--plant"},
	{"{" KERNEL ",'meter':'insn','seed':7,'emulator':{'seed':3}}",
	 "./run.sh bench --kernel 6.1.0-56-amd64 --seed 3"},
	{"{" KERNEL ",'meter':'none','emulator':{'seed':1}}",
	 "./run.sh bench --kernel 6.1.0-56-amd64 --meter none"},
	{"{'kernel':{'release':'6.6.0','package':'file "
	 "/tmp/bzImage'},'meter':'insn','emulator':{}}",
	 "./run.sh bench --kernel /tmp/bzImage"},
	{"{'kernel':{'package':'file /tmp/my linux/bzImage'},'meter':'insn','emulator':{}}",
	 "./run.sh bench --kernel '/tmp/my linux/bzImage'"},
	{"{" KERNEL ",'meter':'time','devices':[{'node':'/dev/pmem0'},{'node':'/dev/pmem1'}]}",
	 "./run.sh bench --host --device /dev/pmem0 --device /dev/pmem1"},
	/* what is missing or no text is left out */
	{"{'emulator':{'namespace':1,'seed':'x'}}", "./run.sh bench"},
};

static void test_commands(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(contexts) / sizeof(contexts[0]); i++) {
		char text[512];
		json_t *context;
		char *command;

		snprintf(text, sizeof(text), "%s", contexts[i].context);
		for (char *c = text; *c; c++)
			*c = *c == '\'' ? '"' : *c;
		context = json_loads(text, 0, NULL);
		assert_non_null(context);
		command = again_command(context);
		assert_string_equal(command, contexts[i].command);
		free(command);
		json_decref(context);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_commands)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
