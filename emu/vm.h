/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One QEMU process: started, talked to over QMP, watched, ended.  The machine and its command line
 * are fixed here, for results hang on them (the boot method alone changes a fault by 61
 * instructions).
 */
#ifndef DAXDM_VM_H
#define DAXDM_VM_H

#include "emu/given.h"

#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define VM_QEMU "qemu-system-x86_64"
#define VM_MACHINE "q35,nvdimm=on,hpet=off,smbus=off,sata=off,i8042=off,vmport=off"

enum { VM_PMEMS_MAX = 3 };

/* A kind of machine. */
struct vm_machine {
	const char *name;
	unsigned int cpus, mem_mib;
	bool icount; /* its time is its instructions */
	/* Its time is that of this host: it has a device that tells it how much of that it was
	 * given (lib/base/limit_clock.h). */
	bool limit_clock;
	/* Its job comes only with the saved state it goes on from; it waits for it, and for being
	 * stopped meanwhile. */
	bool job_after_pause;
	/* Its memory is a file, which is not part of the state that QEMU saves. */
	bool ram_in_file;
	const char *kernel_args;
	unsigned int n_pmems;
	/* Persistent memory, each in a file of ours. */
	struct {
		int64_t bytes;
		bool virtio; /* virtio-pmem, else an NVDIMM with labels */
	} pmems[VM_PMEMS_MAX];
};

/* One processor that counts instructions (or KVM instead), two large NVDIMMs. */
extern const struct vm_machine vm_bench;

/* The same with several processors that count nothing: for what is proven and not measured. */
extern const struct vm_machine vm_prove;

/* Two processors at full speed, two NVDIMMs for namespaces of every mode, one virtio-pmem. */
extern const struct vm_machine vm_checks;

/* What it may take of this machine's memory, all its persistent memory included. */
int64_t vm_memory_bytes(const struct vm_machine *machine);

/* In QEMU's directory. */
#define VM_PLUGIN_OUT "profile"

/* The job in fw_cfg has one size always: the guest's view of it is part of a snapshot. */
#define VM_JOB_BYTES 16384

struct vm_config {
	const struct vm_machine *machine;
	const char *vmlinux, *initrd; /* absolute paths */
	const char *dir;	      /* absolute, exists: holds job; QEMU stands in it */
	const int *pmem;	      /* descriptors of their content */
	int ram;		      /* descriptor of the memory of a machine with ram_in_file */
	bool kvm;		      /* else TCG */
	bool incoming;		      /* started stopped, to be given the state file */
	const char *plugin;	      /* file of a QEMU plugin, or NULL; it writes VM_PLUGIN_OUT */
	const char *plugin_args;      /* NAME=VALUE,... */
	unsigned int seed;	      /* of a machine that counts instructions */
	bool sandbox;		      /* QEMU has -sandbox */
};

struct vm {
	pid_t pid;	    /* 0: not running */
	char dir[PATH_MAX]; /* of its files */
	int qmp;	    /* -1: closed */
	int pass;	    /* a descriptor that goes with the next command; -1: none */
	char *in;	    /* what QMP sent, not yet a whole line */
	size_t in_len;	    /* bytes in it */
	bool paused_itself; /* the guest bade the watchdog pause it and nobody let it go on */
	bool closed;	    /* QMP is at its end: QEMU is dead or dying */
	struct given given; /* since the first start, of each QEMU after the other */
	int64_t started_ms; /* limit_clock_wall_ms() */
};

/* The accelerator as a context names it, and the -cpu string. */
const char *vm_accel(const struct vm_machine *machine, bool kvm);
const char *vm_cpu(bool kvm);

/*
 * Starts QEMU, confined (emu/confine.h), and shakes hands.  It dies with this process.  Its own
 * messages go to DIR/qemu.log, ttyS0 to DIR/console, ttyS1 to DIR/channel.  Returns 0, or -errno as
 * vm_command(); the reason is in DIR/qemu.log.
 */
int vm_start(struct vm *vm, const struct vm_config *config);

/*
 * One QMP command; steals args (may be NULL).  Events that come meanwhile are noted in *vm.
 * Returns 0 with the answer in *answer (may be NULL), -ETIMEDOUT (of what QEMU was given), -EPIPE
 * (QEMU is gone), -EINTR (a signal asks this process to end), -EIO (refused; QEMU's reason is in
 * why, 200 bytes, may be NULL).
 */
int vm_command(struct vm *vm, const char *command, json_t *args, json_t **answer, char *why);

/* Reads what QMP has to say without waiting. */
void vm_listen(struct vm *vm);

/* Saves the stopped machine's state (not the NVDIMMs') to DIR/state, or loads it from there.
 * Returns 0 or -errno as vm_command(). */
int vm_save_state(struct vm *vm, char *why);
int vm_load_state(struct vm *vm, char *why);

/* Of a QEMU that closed QMP: waits for its end.  Returns 0 if the guest ended it, by power-off or
 * reset, else -EIO with what ended it in why (80 bytes). */
int vm_ended(struct vm *vm, char *why);

/* What to say of a limit that is LIMIT_OVER ("WHAT for N s") or LIMIT_STARVED; what reads as "it
 * said nothing". */
void vm_why_late(const struct vm *vm, const char *what, int64_t limit_ms, enum limit limit,
		 char *why, size_t len);

/* Ends QEMU at once and waits for it; a stopped or half-built one too. */
void vm_end(struct vm *vm);

#endif
