// SPDX-License-Identifier: GPL-2.0-only
/* The lines that a guest sends on its second serial port; emu/init lists them. */
#include "emu/guest.h"

#include "lib/base/limit_clock.h"
#include "lib/base/msg.h"
#include "lib/base/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Limits of what a guest sends; all of it is at most CONFINE_FILE_BYTES (emu/confine.h). */
enum { LINE_BYTES_MAX = 8 << 20, LOGS_MAX = 1000 };

static void protocol_error(struct guest *g, const char *why)
{
	guest_break(g, GUEST_CAUSE_PROTOCOL, why);
}

static int take_json(struct guest *g, const char *text)
{
	json_t *line = json_loads(text, 0, NULL);
	const char *type = json_string_value(json_object_get(line, "type"));
	int rc = 0;

	if (!type)
		protocol_error(g, "it sent a line that is not a JSON object with a type");
	else
		rc = g->plan->take(g, type, line, text);
	json_decref(line);
	return rc;
}

static void take_exit(struct guest *g, const char *text)
{
	int64_t status;

	if (number_parse(text, 0, 255, &status) < 0) {
		protocol_error(g, "the exit status of its job is not a number from 0 to 255");
		return;
	}
	g->status = (int)status;
	g->phase_ms[g->phase] += limit_clock_wall_ms() - g->phase_since_ms;
	g->ended_ms = limit_clock_wall_ms();
	if (status == STATUS_GOOD && !g->has_end) {
		guest_break(g, GUEST_CAUSE_KERNEL,
			    "its job ended with status 0, but did not send its line \"end\"");
		return;
	}
	g->state = GUEST_DONE;
}

static int take_line(struct guest *g, const char *text)
{
	if (text[0] == '{')
		return g->plan->take ? take_json(g, text) : 0;
	if (!strcmp(text, "@ready")) {
		g->ready = true;
	} else if (!strncmp(text, "@log ", 5)) {
		if (++g->logs > LOGS_MAX)
			protocol_error(g, "it sent more than 1000 @log lines");
		else
			msg_error("%s guest: %s", g->name, text + 5);
	} else if (!strncmp(text, "@dmesg ", 7)) {
		if (!g->dmesg)
			g->dmesg = open_memstream(&g->dmesg_text, &g->dmesg_len);
		if (g->dmesg)
			fprintf(g->dmesg, "%s\n", text + 7);
	} else if (!strncmp(text, "@exit ", 6)) {
		take_exit(g, text + 6);
	}
	return 0;
}

static int add_char(struct guest *g, char c)
{
	if (g->line_len == LINE_BYTES_MAX) {
		protocol_error(g, "it sent a line of more than 8 MiB");
		return 0;
	}
	if (g->line_len + 1 >= g->line_size) {
		size_t size = g->line_size ? 2 * g->line_size : 4096;
		char *bigger = realloc(g->line, size);

		if (!bigger) {
			msg_error("%s guest: no memory for a line of %zu bytes", g->name, size);
			return -ENOMEM;
		}
		g->line = bigger;
		g->line_size = size;
	}
	g->line[g->line_len++] = c;
	return 0;
}

int guest_read_lines(struct guest *g)
{
	int c, rc = 0;

	if (!g->channel)
		return 0;
	clearerr(g->channel);
	while (!rc && g->state < GUEST_DONE && (c = getc_unlocked(g->channel)) != EOF) {
		guest_heard(g);
		if (c == '\r')
			continue;
		rc = add_char(g, c == '\n' ? '\0' : (char)c);
		if (!rc && c == '\n' && g->state < GUEST_DONE) {
			g->line_len = 0;
			rc = take_line(g, g->line);
		}
	}
	return rc;
}
