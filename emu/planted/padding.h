/* SPDX-License-Identifier: GPL-2.0-only */
/* For emu/modules.sh: a function before all others of an object, which moves them by 112 bytes. */
#ifndef __ASSEMBLY__
static __attribute__((__used__, __noinline__)) void daxdm_padding(void)
{
	__asm__ volatile(".rept 100\n\tnop\n\t.endr");
}
#endif
