/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One guest from boot or restore to its end, and the lines it sends on its second serial port
 * meanwhile (emu/init lists the kinds of lines).
 */
#ifndef DAXDM_GUEST_H
#define DAXDM_GUEST_H

#include "emu/results.h"
#include "emu/snapshot.h"
#include "emu/vm.h"

/* In the order of a sweep; `other` is the time before the first progress line. */
enum guest_phase {
	GUEST_PHASE_OTHER,
	GUEST_PHASE_MKFS,
	GUEST_PHASE_MOUNT,
	GUEST_PHASE_PREPARE,
	GUEST_PHASE_MEASURE,
	GUEST_PHASE_PROOF,
	GUEST_PHASE_TEARDOWN,
	GUEST_N_PHASES,
};

extern const char *const guest_phase_names[GUEST_N_PHASES];

enum guest_state {
	GUEST_QUEUED,
	GUEST_BOOTING, /* QEMU runs, the job has not started */
	GUEST_RUNNING,
	GUEST_DONE,   /* sent @exit; see status */
	GUEST_BROKEN, /* died, stalled or did not boot: an error line was printed */
};

/* Why a guest is BROKEN. */
enum guest_cause {
	GUEST_CAUSE_KERNEL,	  /* it died, or its job ended too early */
	GUEST_CAUSE_HUNG,	  /* it sent nothing for too long */
	GUEST_CAUSE_CONSOLE_FULL, /* its kernel wrote more than CONFINE_FILE_BYTES to its console */
	GUEST_CAUSE_STARVED,	  /* this host gave it too little time */
	GUEST_CAUSE_EMULATOR,	  /* QEMU crashed, not the guest */
	GUEST_CAUSE_PROTOCOL,	  /* it sent a line that a guest never sends */
};

/* What all guests of a run have in common. */
struct guest;

struct plan {
	const struct vm_machine *machine;
	const char *kernel;  /* its directory, see emu/kernel.sh */
	const char *vmlinux; /* in it */
	const char *modules; /* archive of modules that the guest loads, or NULL */
	const char *text;    /* for all guests: a fio job, commands of a shell; or NULL */
	const char *qemu;    /* version line */
	const char *plugin;  /* file of QEMU's plugin for the job (emu/profile.h), or NULL */
	const char *plugin_args;
	int terminal; /* socket for the guests' console; 0: none */
	unsigned int seed;
	bool kvm, fresh;
	bool quiet;	     /* the caller reports a broken guest: guest_complain() */
	bool console;	     /* print ttyS0 */
	bool in_memory;	     /* the persistent memory is in memory, else on the disk */
	int boot_s, stall_s; /* limits of given time (emu/given.h): boot, silence */
	/*
	 * Called with each JSON object that a guest sends and its text; line stays the caller's.
	 * NULL: they are ignored.  Returns 0, or -errno after an error line if the run cannot
	 * continue.
	 */
	int (*take)(struct guest *g, const char *type, json_t *line, const char *text);
	void *arg; /* for take */
};

struct guest {
	const struct plan *plan;
	size_t number; /* among the guests of the run */
	const char *name;
	char *const *words; /* of its job */
	size_t n_words;
	char initrd[PATH_MAX];
	enum guest_state state;
	int status; /* of the job, when DONE */
	struct vm vm;
	struct snapshot snapshot;
	char dir[PATH_MAX];	/* temporary directory, "" before the start */
	int pmem[VM_PMEMS_MAX]; /* descriptors, -1: not open */
	int ram;		/* of a machine with ram_in_file; -1: not open */
	int attempt;		/* from 0 */
	unsigned int cuts;	/* guest_cut() */
	int stall_s;		/* the plan's, or set by take() */
	enum guest_cause cause; /* of BROKEN */
	unsigned int logs;	/* lines for the user so far */
	char why[200];		/* reason of BROKEN */
	bool restored;
	bool ready, has_context, has_end;
	FILE *channel, *console;
	char *line; /* the last of the channel, not yet complete */
	size_t line_len, line_size;
	FILE *dmesg; /* collects @dmesg, in memory */
	char *dmesg_text;
	size_t dmesg_len;
	/* From its last progress line; times are CLOCK_MONOTONIC in ms, 0: not yet. */
	int done, total;
	char what[128];
	enum guest_phase phase;
	int64_t phase_since_ms, phase_ms[GUEST_N_PHASES];
	int64_t started_ms, job_start_ms, save_ms, first_samples_ms, heard_ms, ended_ms;
	/* The same moments in given time. */
	int64_t started_given_ms, heard_given_ms;
};

/* Makes a guest that is not started. */
void guest_init(struct guest *g, const struct plan *plan, const char *name, size_t number);

/* Removes the snapshot that it would be restored from, if there is one. */
void guest_drop_snapshot(struct guest *g);

/* Starts it, from its snapshot if there is one and the plan allows it.  Returns 0, or -errno after
 * an error line, and it is BROKEN. */
int guest_start(struct guest *g);

/*
 * Handles everything that happened since the last call: passes lines to take(), continues a paused
 * guest, starts a guest that died before @ready once more.  Returns 0, or -errno after an error
 * line if the run cannot continue.
 */
int guest_look(struct guest *g);

/*
 * Cuts its power: kills the machine, handles the lines that it had sent until then, and calls
 * next_job(), which sets the words of its next job.  Then the machine is restored from its snapshot
 * with the persistent memory of the killed one.  Returns 0, or -errno after an error line; -ENOENT
 * without one if there is no snapshot, and nothing was done.
 */
int guest_cut(struct guest *g, int (*next_job)(struct guest *g));

/* Prints on stderr why it is BROKEN, with the last lines of its console. */
void guest_complain(const struct guest *g);

/* Returns the last lines of its console, at most n, as a new array of strings. */
json_t *guest_console_tail(const struct guest *g, size_t n);

/* Ends the machine.  Its persistent memory stays. */
void guest_stop(struct guest *g);

/*
 * Ends the machine, appends its console (to the file of that name) and its kernel log to the
 * results, each after a line with `about` if that is not NULL, and removes its temporary directory.
 */
void guest_end(struct guest *g, const struct results *results, const char *console,
	       const char *about);

/* Records that the guest sent something now: the limit of its silence starts again. */
void guest_heard(struct guest *g);

/* Makes it BROKEN and prints why, unless the plan is quiet. */
void guest_break(struct guest *g, enum guest_cause cause, const char *why);

/* Handles all complete lines in its channel (emu/guest_lines.c).  Returns 0, or -errno after an
 * error line if the run cannot continue. */
int guest_read_lines(struct guest *g);

/* Boots the kernel under KVM.  Returns whether user space started within the plan's boot_s. */
bool guest_boots(struct guest *g);

#endif
