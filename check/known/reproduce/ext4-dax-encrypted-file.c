// SPDX-License-Identifier: GPL-2.0-only
/*
 * On ext4 with dax=always a new file of an encrypted directory is DAX: its plain text is stored.
 *
 * Needs:   a DAX device of 64 MiB or more, such as qemu -append memmap=128M!512M;
 *          CONFIG_FS_ENCRYPTION; mkfs.ext4, grep
 * Compile: make CFLAGS=-O2 ext4-dax-encrypted-file
 * Usage:   ext4-dax-encrypted-file [DEVICE]  (EVERYTHING ON IT IS LOST)
 * Exit:    0 the kernel does not have the bug, 1 it has, 77 it cannot be tried here
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fscrypt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT "this is the plain text"

static const char *dev = "/dev/pmem0";
static char dir[] = "/tmp/reproXXXXXX", path[64];

/* system(3) of a formatted command. */
static int run(const char *fmt, ...)
{
	char command[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command);
}

static void cleanup(void)
{
	run("umount %s 2>/dev/null", dir);
	rmdir(dir);
}

static void skip(const char *why)
{
	printf("skipped:  %s\n", why);
	cleanup();
	exit(77);
}

/* bad: the kernel has the bug. */
static void verdict(int bad, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("actual:   ");
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
	cleanup();
	exit(bad);
}

/* A key, and a directory whose new files are encrypted with it. */
static void make_directory(const char *name)
{
	struct fscrypt_policy_v2 policy = {.version = FSCRYPT_POLICY_V2,
					   .contents_encryption_mode = FSCRYPT_MODE_AES_256_XTS,
					   .filenames_encryption_mode = FSCRYPT_MODE_AES_256_CTS,
					   .flags = FSCRYPT_POLICY_FLAGS_PAD_32};
	union {
		struct fscrypt_add_key_arg arg;
		char bytes[sizeof(struct fscrypt_add_key_arg) + FSCRYPT_MAX_KEY_SIZE];
	} key = {.arg = {.key_spec.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER,
			 .raw_size = FSCRYPT_MAX_KEY_SIZE}};
	int fd = open(dir, O_RDONLY);

	memset(key.bytes + sizeof(key.arg), 'k', FSCRYPT_MAX_KEY_SIZE);
	if (fd < 0 || ioctl(fd, FS_IOC_ADD_ENCRYPTION_KEY, &key))
		skip("the kernel does not take a key");
	close(fd);
	memcpy(policy.master_key_identifier, key.arg.key_spec.u.identifier,
	       FSCRYPT_KEY_IDENTIFIER_SIZE);
	fd = mkdir(name, 0700) ? -1 : open(name, O_RDONLY);
	if (fd < 0 || ioctl(fd, FS_IOC_SET_ENCRYPTION_POLICY, &policy))
		skip("the directory cannot be encrypted");
	close(fd);
}

int main(int argc, char **argv)
{
	char text[4096] = TEXT;
	int fd;

	if (argc > 1)
		dev = argv[1];
	if (access(dev, W_OK) || !mkdtemp(dir))
		skip("no device");
	snprintf(path, sizeof(path), "%s/encrypted", dir);
	if (run("dd if=/dev/zero of=%s bs=1M count=64 2>/dev/null", dev) ||
	    run("mkfs.ext4 -q -F -b 4096 -O encrypt %s 64m", dev))
		skip("mkfs.ext4 failed");
	if (run("mount -t ext4 -o dax=always %s %s", dev, dir))
		skip("mount -o dax=always failed");
	make_directory(path);
	strcat(path, "/file");
	fd = open(path, O_RDWR | O_CREAT, 0600);
	if (fd < 0)
		skip("no file in the encrypted directory; are the modules xts and cts there?");
	printf("expected: the device does not hold the plain text of an encrypted file\n");
	fflush(stdout);
	if (write(fd, text, sizeof(text)) != sizeof(text) || fsync(fd))
		skip("writing failed");
	close(fd);
	run("umount %s", dir);
	if (run("dd if=%s bs=1M count=64 2>/dev/null | grep -q '" TEXT "'", dev))
		verdict(0, "it does not");
	verdict(1, "it does");
}
