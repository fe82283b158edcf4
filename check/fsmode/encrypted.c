// SPDX-License-Identifier: GPL-2.0-only
/* With DAX the device would get the plain text. */
#include "check/fsmode/encrypted.h"

#include "check/fixture/dax_capability.h"
#include "check/fixture/testbed.h"
#include "check/fsmode/file.h"
#include "check/fsmode/formats.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/fscrypt.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES = 64 << 10 };

/* Gives the filesystem a master key.  Returns 0 or -errno.  Source:
 * Documentation/filesystems/fscrypt.rst. */
static int add_key(const char *where, struct fscrypt_key_specifier *spec)
{
	union {
		struct fscrypt_add_key_arg arg;
		char bytes[sizeof(struct fscrypt_add_key_arg) + FSCRYPT_MAX_KEY_SIZE];
	} key = {.arg = {.key_spec.type = FSCRYPT_KEY_SPEC_TYPE_IDENTIFIER,
			 .raw_size = FSCRYPT_MAX_KEY_SIZE}};
	int fd = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	memset(key.bytes + sizeof(key.arg), 0x5a, FSCRYPT_MAX_KEY_SIZE);
	rc = ioctl(fd, FS_IOC_ADD_ENCRYPTION_KEY, &key) < 0 ? -errno : 0;
	*spec = key.arg.key_spec;
	close(fd);
	return rc;
}

/* Makes a directory whose new files are encrypted; with the DAX flag, if that is to be tried.
 * Returns 0 or -errno of the ioctl. */
static int make_directory(const char *path, const struct fscrypt_key_specifier *key, bool flagged)
{
	struct fscrypt_policy_v2 policy = {.version = FSCRYPT_POLICY_V2,
					   .contents_encryption_mode = FSCRYPT_MODE_AES_256_XTS,
					   .filenames_encryption_mode = FSCRYPT_MODE_AES_256_CTS,
					   .flags = FSCRYPT_POLICY_FLAGS_PAD_32};
	int fd, rc;

	memcpy(policy.master_key_identifier, key->u.identifier, FSCRYPT_KEY_IDENTIFIER_SIZE);
	if (mkdir(path, 0700) < 0)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = flagged ? file_set_flag(fd, FS_XFLAG_DAX, true) : 0;
	if (!rc && ioctl(fd, FS_IOC_SET_ENCRYPTION_POLICY, &policy) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* The sectors of the file on the namespace are not those that were written to it. */
static void judge_device(struct check_env *env, struct testbed *bed, int fd)
{
	char stored[PAGE_BYTES], page[PAGE_BYTES];

	bed->fd = fd;
	if (!testbed_read_extents(env, bed))
		return;
	for (uint64_t at = 0; at < FILE_BYTES; at += PAGE_BYTES) {
		int rc = testbed_raw_read(bed, &bed->graph, at, stored, PAGE_BYTES);

		if (!rc && pread(fd, page, PAGE_BYTES, (off_t)at) != PAGE_BYTES)
			rc = -EIO;
		if (check_setup(env, rc, "reading page %" PRIu64 " of the file", at / PAGE_BYTES))
			check_that(env, memcmp(stored, page, PAGE_BYTES),
				   "the namespace does not hold the plain text of page %" PRIu64,
				   at / PAGE_BYTES);
	}
}

static void use_directory(struct check_env *env, struct testbed *bed, const char *directory)
{
	char path[sizeof(bed->fs.where) + 48];
	int fd, rc;

	snprintf(path, sizeof(path), "%s/file", directory);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 && errno == ENOPKG) {
		check_skip(env, "a kernel with modules xts, cts, cbc and aes",
			   "the kernel cannot encrypt by AES-256-XTS");
		return;
	}
	if (!check_setup(env, fd < 0 ? -errno : 0, "making a file in an encrypted directory"))
		return;
	rc = file_set_flag(fd, FS_XFLAG_DAX, true);
	check_that(env, rc < 0, "the flag for DAX of an encrypted file is refused");
	file_is_not_dax(env, fd, FILE_BYTES);
	judge_device(env, bed, fd); /* it closes the file */
}

void encrypted_file(struct check_env *env, const void *arg)
{
	const char *options = arg;
	struct fscrypt_key_specifier key;
	char path[sizeof(((struct testbed *)0)->fs.where) + 16];
	struct testbed bed;
	int rc;

	if (!formats_make(env, &bed, "encrypt"))
		return;
	rc = dax_capability_mount("ext4", bed.fs.node, bed.fs.where, options);
	if (!check_setup(env, rc, "mounting with %s", options))
		goto out;
	rc = add_key(bed.fs.where, &key);
	if (rc == -EOPNOTSUPP || rc == -ENOPKG) {
		check_skip(env, "a kernel with CONFIG_FS_ENCRYPTION and hmac(sha512)",
			   "FS_IOC_ADD_ENCRYPTION_KEY: %s", strerror(-rc));
		goto unmount;
	}
	snprintf(path, sizeof(path), "%s/flagged", bed.fs.where);
	if (!check_setup(env, rc, "adding a key"))
		goto unmount;
	rc = make_directory(path, &key, true);
	check_that(env, rc < 0, "encryption of a directory with the DAX flag is refused");
	check_observe(env, "flagged_directory", check_errno_json(rc));
	snprintf(path, sizeof(path), "%s/plain", bed.fs.where);
	rc = make_directory(path, &key, false);
	if (check_setup(env, rc, "making an encrypted directory"))
		use_directory(env, &bed, path);
	testbed_close_file(&bed);
unmount:
	check_setup(env, fs_unmount_path(bed.fs.where), "unmounting");
out:
	testbed_close(env, &bed);
}
