/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One guest's life: boot or restore, the pause, the job, the end; and everything it says meanwhile
 * on its second serial line (emu/init lists the kinds of lines).
 */
#ifndef DAXDM_GUEST_H
#define DAXDM_GUEST_H

#include "emu/results.h"
#include "emu/snapshot.h"
#include "emu/vm.h"

/* In the order of a sweep; `other` is what was before the first progress line. */
enum phase {
	PHASE_OTHER,
	PHASE_MKFS,
	PHASE_MOUNT,
	PHASE_PREPARE,
	PHASE_MEASURE,
	PHASE_PROOF,
	PHASE_TEARDOWN,
	N_PHASES,
};

extern const char *const phase_names[N_PHASES];

enum guest_state {
	GUEST_QUEUED,
	GUEST_BOOTING, /* started, its job not yet let go */
	GUEST_RUNNING,
	GUEST_DONE,   /* said @exit; see status */
	GUEST_BROKEN, /* died, stalled or never came up: an error line was printed */
};

/* What all guests of a run have in common. */
struct guest;

struct plan {
	const struct vm_machine *machine;
	const char *kernel;  /* its directory, see emu/kernel.sh */
	const char *vmlinux; /* in it */
	const char *qemu;    /* version line */
	const char *plugin;  /* file of QEMU's plugin for the job (emu/profile.h), or NULL */
	const char *plugin_args;
	unsigned int seed;
	bool kvm, fresh;
	bool quiet;	     /* what breaks a guest is for the caller to tell: guest_complain() */
	bool console;	     /* show ttyS0 as it comes */
	bool in_memory;	     /* the persistent memory, else on the disk */
	int boot_s, stall_s; /* limits of what it is given (emu/given.h) */
	/*
	 * Takes each JSON object that a guest sends, and its text; line stays the caller's.  NULL:
	 * they are ignored.  Returns 0, or -errno after an error line when the run cannot go on.
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
	char dir[PATH_MAX];	/* scratch, "" before the start */
	int pmem[VM_PMEMS_MAX]; /* descriptors, -1: not open */
	int ram;		/* of a machine with ram_in_file; -1: not open */
	int attempt;		/* from 0 */
	int stall_s;		/* the plan's, or what take() makes of it */
	bool hung;		/* it said nothing for too long, or filled its console */
	bool starved;		/* this host gave it too little for that to mean anything */
	bool emulator_died;	/* QEMU did, not what runs in it */
	bool protocol_error;	/* it sent what no guest of ours sends */
	unsigned int logs;	/* lines for the user so far */
	char why[200];		/* it is BROKEN */
	bool restored;
	bool ready, has_context, has_end;
	FILE *channel, *console;
	char *line; /* the channel's last, not yet whole */
	size_t line_len, line_size;
	FILE *dmesg; /* collects @dmesg, in memory */
	char *dmesg_text;
	size_t dmesg_len;
	/* Progress as it last said; times are CLOCK_MONOTONIC in ms, 0: not yet. */
	int done, total;
	char what[128];
	enum phase phase;
	int64_t phase_since_ms, phase_ms[N_PHASES];
	int64_t started_ms, let_go_ms, save_ms, first_samples_ms, heard_ms, ended_ms;
	/* The same moments in given_ms() of its machine. */
	int64_t started_given_ms, heard_given_ms;
};

int64_t clock_ms(void);

/* Makes a guest that is not started. */
void guest_init(struct guest *g, const struct plan *plan, const char *name, size_t number);

/* Starts it, from its snapshot if there is one and the plan allows.  Returns 0 or -errno after an
 * error line; it is BROKEN then. */
int guest_start(struct guest *g);

/*
 * Looks what came from it and acts on it: lines go to take(), a pause is answered, a death before
 * @ready is retried once.  Returns 0, or -errno after an error line when the run cannot go on.
 */
int guest_look(struct guest *g);

/* Says on stderr what broke it, with the last lines of its console. */
void guest_complain(const struct guest *g);

/* The last lines of its console, at most n of them, as a new array of strings. */
json_t *guest_console_tail(const struct guest *g, size_t n);

/* Ends the machine; nothing comes from it any more.  Its persistent memory stays. */
void guest_stop(struct guest *g);

/*
 * Ends the machine, adds its console (under that name) and its kernel log to the results, under a
 * line that says `about` if it is not NULL, and removes its scratch.
 */
void guest_end(struct guest *g, const struct results *results, const char *console,
	       const char *about);

/* Boots the kernel under KVM and says whether user space came up within the plan's boot_s. */
bool guest_boots(struct guest *g);

#endif
