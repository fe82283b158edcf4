/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One QEMU process: its start, QMP, its saved state, its end.  The machines and their command lines
 * are constants, because results depend on them (the boot method alone changes a fault by 61
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

enum { VM_PMEMS_MAX = 3, VM_LABEL_BYTES = 128 << 10 };

/* With more memory than 2816 MiB QEMU puts so much below the PCI hole, and all other memory at
 * 4 GiB. */
#define VM_LOW_BYTES (INT64_C(2) << 30)
#define VM_HIGH_BYTES (INT64_C(4) << 30)

/* A kind of machine. */
struct vm_machine {
	const char *name;
	unsigned int cpus, mem_mib;
	bool icount; /* its time is its instructions */
	/* Its processor lacks what TCG executes slowly.  Without ERMS the kernel clears and copies
	 * memory by `rep stosq` and `rep movsq`, not by bytes, of which TCG executes one at a time;
	 * without SSE 4.2 it computes CRC32C from a table, where TCG does bit by bit.  Not for
	 * measurements: they are of the instructions of a real processor. */
	bool plain_cpu;
	/* It runs in host time, and a device reports how much of that time it ran
	 * (lib/base/limit_clock.h). */
	bool limit_clock;
	/* It is saved before it has a job; each machine restored from that state gets its own. */
	bool job_after_pause;
	/* Its memory is a file, which is not part of the state that QEMU saves. */
	bool ram_in_file;
	const char *kernel_args;
	const char *extra_args; /* behind them, with a blank first; may be NULL */
	/* Pieces of its memory that the kernel takes as persistent (memmap=), one behind the other
	 * from VM_HIGH_BYTES; their regions are before those of pmems. */
	unsigned int n_memmaps;
	int64_t memmap_bytes;
	unsigned int n_pmems;
	/* Persistent memory, each device backed by a file. */
	struct {
		int64_t bytes;
		bool virtio;	/* virtio-pmem, else an NVDIMM */
		bool labelless; /* the NVDIMM has no label area */
	} pmems[VM_PMEMS_MAX];
};

/* One processor under icount (or KVM), two large NVDIMMs. */
extern const struct vm_machine vm_bench;

/* The same with several processors, without icount: for proofs, not for numbers. */
extern const struct vm_machine vm_prove;

/* Two processors without icount, two NVDIMMs for namespaces of every mode, one virtio-pmem. */
extern const struct vm_machine vm_checks;

/* The host memory that it may use at most, with all its persistent memory. */
int64_t vm_memory_bytes(const struct vm_machine *machine);

/* In QEMU's directory. */
#define VM_PLUGIN_OUT "profile"

/* Loaded into QEMU under icount (emu/preload/main_loop.c) and with virtio-pmem
 * (emu/preload/flush_fault.c). */
#define VM_PRELOAD "build/qemu_preload.so"

/* In fw_cfg: an archive of kernel modules, empty if there is none. */
#define VM_MODULES_NAME "opt/daxdm/modules"

/* In fw_cfg: a text for the job, empty if there is none: a fio job (bench/fiojob/fio_job.h) or the
 * commands of a shell. */
#define VM_TEXT_NAME "opt/daxdm/text"

/* The job in fw_cfg always has this size, because the size is part of a snapshot. */
#define VM_JOB_BYTES 16384

struct vm_config {
	const struct vm_machine *machine;
	const char *vmlinux, *initrd; /* absolute paths */
	const char *modules;	      /* absolute path of VM_MODULES_NAME, or NULL */
	const char *dir;    /* absolute, exists: holds job and text; QEMU's working directory */
	const int *pmem;    /* descriptors of their content */
	int ram;	    /* descriptor of the memory of a machine with ram_in_file */
	bool kvm;	    /* else TCG */
	bool incoming;	    /* starts stopped and loads the state */
	const char *plugin; /* file of a QEMU plugin, or NULL; it writes VM_PLUGIN_OUT */
	const char *plugin_args; /* NAME=VALUE,... */
	unsigned int seed;	 /* of a machine under icount */
	int terminal;		 /* socket for the guest's console; 0: none */
	bool sandbox;		 /* QEMU has -sandbox */
};

struct vm {
	pid_t pid;	    /* 0: not running */
	char dir[PATH_MAX]; /* of its files */
	int qmp;	    /* -1: closed */
	int pass;	    /* a descriptor to send with the next command; -1: none */
	char *in;	    /* received from QMP, not yet a complete line */
	size_t in_len;	    /* bytes in it */
	bool paused_itself; /* the guest's watchdog paused it, and it was not continued yet */
	bool closed;	    /* end of file on QMP: QEMU is dead or dying */
	struct given given; /* since the first start, over all QEMUs of this struct */
	int64_t started_ms; /* limit_clock_wall_ms() */
};

/* The accelerator as a context names it, and the -cpu string. */
const char *vm_accel(const struct vm_machine *machine, bool kvm);
const char *vm_cpu(const struct vm_machine *machine, bool kvm);

/*
 * Starts QEMU, confined (emu/confine.h), and negotiates QMP.  QEMU dies with this process.  Its
 * messages go to DIR/qemu.log, ttyS0 to DIR/console, and to and from the terminal if there is one,
 * ttyS1 to DIR/channel.  Returns 0, or -errno as
 * vm_command(); the reason is in DIR/qemu.log.
 */
int vm_start(struct vm *vm, const struct vm_config *config);

/*
 * Runs one QMP command; steals args (may be NULL).  Events that arrive meanwhile change *vm.
 * Returns 0 with the answer in *answer (may be NULL), -ETIMEDOUT (60 s in which QEMU ran), -EPIPE
 * (QEMU is gone), -EINTR (a signal asks this process to end), or -EIO (refused; QEMU's reason is in
 * why, 200 bytes, may be NULL).
 */
int vm_command(struct vm *vm, const char *command, json_t *args, json_t **answer, char *why);

/* Handles the QMP events that have arrived, without waiting. */
void vm_listen(struct vm *vm);

/* Saves the state of the stopped machine to DIR/state, without its memory files, or loads it from
 * there.  Returns 0 or -errno as vm_command(). */
int vm_save_state(struct vm *vm, char *why);
int vm_load_state(struct vm *vm, char *why);

/* Waits for the end of a QEMU that closed QMP.  Returns 0 if the guest ended it, by power-off or
 * reset, else -EIO with the reason in why (80 bytes). */
int vm_ended(struct vm *vm, char *why);

/* The start of a time limit. */
struct vm_moment {
	int64_t given_ms, wall_ms;
};

struct vm_moment vm_now(const struct vm *vm);

/* Returns 0, or -ETIMEDOUT if QEMU ran for limit_ms since that moment, or if this host does not
 * give it so much time (given_limit()). */
int vm_check_limit(struct vm *vm, const struct vm_moment *since, int64_t limit_ms);

/* The message for a limit that is LIMIT_OVER ("WHAT for N s") or LIMIT_STARVED; what reads as "it
 * sent nothing". */
void vm_why_late(const struct vm *vm, const char *what, int64_t limit_ms, enum limit limit,
		 char *why, size_t len);

/* Kills QEMU and waits for its end; also after a vm_start() that failed. */
void vm_end(struct vm *vm);

#endif
