// SPDX-License-Identifier: GPL-2.0-only
/* QMP, the protocol by which this process controls QEMU: a JSON object on each line of a socket.
 * Source: QEMU, docs/interop/qmp-spec. */
#include "emu/stop.h"
#include "emu/vm.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define QMP_TIMEOUT_MS 60000
#define QMP_MAX_BYTES (16 << 20) /* of a message */

/* Returns 0 when QMP can be read, -ETIMEDOUT, or -EINTR when we are asked to end. */
static int wait_qmp(struct vm *vm, const struct vm_moment *since)
{
	for (;;) {
		struct pollfd p = {.fd = vm->qmp, .events = POLLIN};
		int rc = stop_signal() ? -EINTR : vm_check_limit(vm, since, QMP_TIMEOUT_MS);

		if (rc < 0)
			return rc;
		rc = poll(&p, 1, 50);
		if (rc > 0)
			return 0;
	}
}

static void fill(struct vm *vm)
{
	char *bigger = vm->in_len < QMP_MAX_BYTES ? realloc(vm->in, vm->in_len + 4096 + 1) : NULL;
	ssize_t n;

	if (!bigger) {
		vm->closed = true;
		return;
	}
	vm->in = bigger;
	n = recv(vm->qmp, vm->in + vm->in_len, 4096, MSG_DONTWAIT);
	if (n > 0)
		vm->in_len += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		vm->closed = true;
}

/* Takes one message out of the buffer; NULL if there is no complete line. */
static json_t *next_message(struct vm *vm)
{
	char *end = vm->in_len ? memchr(vm->in, '\n', vm->in_len) : NULL;
	json_t *message;
	size_t len;

	if (!end)
		return NULL;
	len = (size_t)(end - vm->in) + 1;
	message = json_loadb(vm->in, len, JSON_DISABLE_EOF_CHECK, NULL);
	memmove(vm->in, vm->in + len, vm->in_len - len);
	vm->in_len -= len;
	return message ? message : json_object();
}

/* Handles an event.  Returns false if the message is the answer to a command. */
static bool take_event(struct vm *vm, const json_t *message)
{
	const char *event = json_string_value(json_object_get(message, "event"));

	if (!event)
		return json_object_get(message, "QMP") != NULL;
	if (!strcmp(event, "STOP"))
		vm->paused_itself = true;
	return true;
}

void vm_listen(struct vm *vm)
{
	json_t *message;

	if (vm->qmp < 0)
		return;
	given_look(&vm->given);
	fill(vm);
	while ((message = next_message(vm))) {
		take_event(vm, message);
		json_decref(message);
	}
}

static int wait_answer(struct vm *vm, json_t **answer)
{
	const struct vm_moment since = vm_now(vm);

	for (;;) {
		json_t *message = next_message(vm);
		int rc;

		if (message && !take_event(vm, message)) {
			*answer = message;
			return 0;
		}
		json_decref(message);
		if (message)
			continue;
		if (vm->closed)
			return -EPIPE;
		rc = wait_qmp(vm, &since);
		if (rc < 0)
			return rc;
		fill(vm);
	}
}

/* With the descriptor vm->pass, unless it is -1. */
static ssize_t send_request(const struct vm *vm, char *text)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = text, .iov_len = strlen(text)};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

	if (vm->pass >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		control.header = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
						  .cmsg_type = SCM_RIGHTS,
						  .cmsg_len = CMSG_LEN(sizeof(int))};
		memcpy(CMSG_DATA(&control.header), &vm->pass, sizeof(int));
	}
	return sendmsg(vm->qmp, &message, MSG_NOSIGNAL);
}

int vm_command(struct vm *vm, const char *command, json_t *args, json_t **answer, char *why)
{
	json_t *request = json_pack("{s:s, s:o*}", "execute", command, "arguments", args);
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	json_t *message = NULL;
	const char *reason;
	int rc = -ENOMEM;

	if (why)
		*why = '\0';
	if (!text)
		goto out;
	rc = -EPIPE;
	if (send_request(vm, text) < 0)
		goto out;
	rc = wait_answer(vm, &message);
	if (rc < 0)
		goto out;
	reason = json_string_value(json_object_get(json_object_get(message, "error"), "desc"));
	if (reason) {
		if (why)
			snprintf(why, 200, "QMP command %s: %s", command, reason);
		rc = -EIO;
	} else if (answer) {
		*answer = json_incref(json_object_get(message, "return"));
	}
out:
	if (rc < 0 && why && !*why)
		snprintf(why, 200, "QMP command %s: %s", command,
			 rc == -EPIPE	    ? "QEMU ended"
			 : rc == -ETIMEDOUT ? "no answer within 60 s"
					    : strerror(-rc));
	json_decref(message);
	json_decref(request);
	free(text);
	return rc;
}
