// SPDX-License-Identifier: GPL-2.0-only
#include "emu/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t seen;

static void record(int sig)
{
	seen = sig;
}

void stop_install(void)
{
	/* No SA_RESTART: poll(2) returns at once. */
	struct sigaction action = {.sa_handler = record};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

int stop_signal(void)
{
	return seen;
}
