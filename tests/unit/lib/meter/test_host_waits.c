// SPDX-License-Identifier: GPL-2.0-only
/* What /proc/interrupts says of virtio devices. */
#include "lib/meter/host_waits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint64_t waits_of(const char *text)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	uint64_t waits;

	assert_non_null(in);
	waits = host_waits_read(in);
	fclose(in);
	return waits;
}

static void counts_virtio_devices(void **state)
{
	(void)state;
	assert_int_equal(
		waits_of("           CPU0       CPU1\n"
			 "   4:        551          7   IO-APIC   4-edge      ttyS0\n"
			 "  24:          0          0   PCI-MSI 65536-edge      virtio0-config\n"
			 "  25:        133          9   PCI-MSI 65537-edge      "
			 "virtio0-flush_queue\n"
			 " NMI:          5          5   Non-maskable interrupts\n"),
		142);
	/* Without MSI all queues of a device are one line, with the line's number last. */
	assert_int_equal(waits_of("  21:         12   IO-APIC  21-fasteoi   virtio1\n"), 12);
	assert_int_equal(waits_of("   4:        551   IO-APIC   4-edge      ttyS0\n"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(counts_virtio_devices)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
