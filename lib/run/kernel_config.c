// SPDX-License-Identifier: GPL-2.0-only
#include "lib/run/kernel_config.h"

#include "lib/base/text_file.h"

#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

FILE *kernel_config_open(const char *release)
{
	char path[256];
	FILE *in;

	snprintf(path, sizeof(path), "/boot/config-%s", release);
	in = fopen(path, "re");
	if (in)
		return in;
	snprintf(path, sizeof(path), "/lib/modules/%s/config", release);
	return fopen(path, "re");
}

/* As kstrtobool() does; what it refuses changes nothing. */
static bool parse_bool(const char *value, bool otherwise)
{
	if (strchr("yYtT1", *value) && *value)
		return true;
	if (strchr("nNfF0", *value) && *value)
		return false;
	if (!strncasecmp(value, "on", 2))
		return true;
	return strncasecmp(value, "of", 2) ? otherwise : false;
}

bool kernel_config_writes_mounted(FILE *config, const char *cmdline)
{
	static const char parameter[] = "bdev_allow_write_mounted=";
	bool allowed = true;
	char line[1024];

	while (config && fgets(line, sizeof(line), config))
		if (!strcmp(line, "# CONFIG_BLK_DEV_WRITE_MOUNTED is not set\n"))
			allowed = false;
	for (const char *at = cmdline; (at = strstr(at, parameter)); at++)
		if (at == cmdline || at[-1] == ' ')
			allowed = parse_bool(at + strlen(parameter), allowed);
	return allowed;
}

bool kernel_writes_mounted(void)
{
	struct utsname name;
	char cmdline[4096];
	FILE *config;
	bool allowed;

	uname(&name);
	config = kernel_config_open(name.release);
	text_file_line("/proc/cmdline", cmdline, sizeof(cmdline));
	allowed = kernel_config_writes_mounted(config, cmdline);
	if (config)
		fclose(config);
	return allowed;
}
