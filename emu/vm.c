// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machines and their kernel command lines.  Under icount every instruction of the guest costs
 * host time, and a wait that spins costs instructions.  The machine therefore has few devices, and
 * some waits of the boot are shortened:
 *
 *   nolapic_timer    the local APIC timer is calibrated by 100 ms of PAUSE, 4 s of host time; the
 *                    PIT ticks instead
 *   tsc_early_khz    the TSC is 1 GHz under icount shift=0: no calibration
 *   cryptomgr.notests, no_timer_check
 *                    0.7 s of self tests and waits before init
 *
 * None of this is on the path of a fault.  With oops=panic, panic=-1 and -no-reboot a guest that
 * oopses ends at once.  The guest of checks clears panic_on_oops before it runs checks (emu/init),
 * so that the check can report the oops.
 */
#include "emu/vm.h"

#include "emu/confine.h"
#include "emu/scratch.h"
#include "lib/base/msg.h"
#include "lib/base/place.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define END_TIMEOUT_MS 5000
#define ARGV_MAX 96

#define KERNEL_ARGS "console=ttyS0 quiet loglevel=5 panic=-1 oops=panic transparent_hugepage=always"
/* no_timer_check: the kernel panics if it gets fewer than five timer interrupts in ten ticks of the
 * TSC, and the TSC advances while QEMU waits for a processor. */
#define KERNEL_ARGS_BUSY KERNEL_ARGS " no_timer_check"
#define KERNEL_ARGS_ICOUNT \
	KERNEL_ARGS " tsc_early_khz=1000000 nolapic_timer no_timer_check cryptomgr.notests=1"

/* With less than 512 MiB of usable memory the kernel disables transparent huge pages.  A 2 GiB
 * stack that is shifted by 2 MiB fits on the namespace of each NVDIMM.  The size is a multiple of
 * 16 MiB plus the label area, else the next NVDIMM is misaligned. */
#define MIB INT64_C(1048576)
#define NVDIMM_BYTES(mib) ((mib)*MIB + VM_LABEL_BYTES)

const struct vm_machine vm_bench = {
	.name = "bench",
	.cpus = 1,
	.mem_mib = 768,
	.icount = true,
	.kernel_args = KERNEL_ARGS_ICOUNT,
	.n_pmems = 2,
	.pmems = {{.bytes = NVDIMM_BYTES(2064)}, {.bytes = NVDIMM_BYTES(2064)}},
};

/* Several processors without icount: its samples are never measurements. */
const struct vm_machine vm_prove = {
	.name = "prove",
	.cpus = 2,
	.mem_mib = 768,
	.plain_cpu = true,
	.limit_clock = true,
	.kernel_args = KERNEL_ARGS_BUSY,
	.n_pmems = 2,
	.pmems = {{.bytes = NVDIMM_BYTES(2064)}, {.bytes = NVDIMM_BYTES(2064)}},
};

/* emu/init makes the namespaces of checks: 640 + 64 + 64 MiB and 640 MiB. */
const struct vm_machine vm_checks = {
	.name = "checks",
	.cpus = 2,
	.mem_mib = 1024,
	.plain_cpu = true,
	.limit_clock = true,
	.job_after_pause = true,
	.ram_in_file = true,
	.kernel_args = KERNEL_ARGS_BUSY " log_buf_len=4M",
	.n_pmems = 3,
	.pmems = {{.bytes = NVDIMM_BYTES(784)},
		  {.bytes = NVDIMM_BYTES(656)},
		  {.bytes = 384 * MIB, .virtio = true}},
};

int64_t vm_memory_bytes(const struct vm_machine *machine)
{
	int64_t bytes = machine->mem_mib * MIB;

	for (unsigned int i = 0; i < machine->n_pmems; i++)
		bytes += machine->pmems[i].bytes;
	return bytes;
}

const char *vm_accel(const struct vm_machine *machine, bool kvm)
{
	if (kvm)
		return "kvm";
	return machine->icount ? "tcg,icount" : "tcg";
}

const char *vm_cpu(const struct vm_machine *machine, bool kvm)
{
	return kvm ? "host" : machine->plain_cpu ? "max,-erms,-sse4.2" : "max";
}

/* --- the command line ------------------------------------------------------------------------ */

struct argv {
	char *word[ARGV_MAX];
	int n;
};

static void add(struct argv *argv, const char *option, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void add(struct argv *argv, const char *option, const char *fmt, ...)
{
	va_list ap;

	if (argv->n + 3 > ARGV_MAX)
		abort();
	argv->word[argv->n++] = strdup(option);
	va_start(ap, fmt);
	if (vasprintf(&argv->word[argv->n], fmt, ap) < 0)
		abort();
	va_end(ap);
	argv->n++;
}

static void add_pmem(struct argv *argv, const struct vm_config *c, unsigned int i)
{
	const struct vm_machine *m = c->machine;

	add(argv, "-object",
	    "memory-backend-file,id=mem%u,share=on,mem-path=/proc/self/fd/%d,size=%jd", i,
	    c->pmem[i], (intmax_t)m->pmems[i].bytes);
	if (m->pmems[i].virtio)
		add(argv, "-device", "virtio-pmem-pci,id=nvdimm%u,memdev=mem%u", i, i);
	else if (m->pmems[i].labelless)
		add(argv, "-device", "nvdimm,id=nvdimm%u,memdev=mem%u", i, i);
	else
		add(argv, "-device", "nvdimm,id=nvdimm%u,memdev=mem%u,label-size=%dK", i, i,
		    VM_LABEL_BYTES >> 10);
}

/* Shared: QEMU does not write it into the state, and it can be copied from the file. */
static void add_ram(struct argv *argv, const struct vm_config *c)
{
	add(argv, "-M", "memory-backend=ram");
	add(argv, "-object",
	    "memory-backend-file,id=ram,share=on,mem-path=/proc/self/fd/%d,size=%uM", c->ram,
	    c->machine->mem_mib);
}

/* QEMU does not load the state of shared memory behind PCI.  A machine that is saved therefore does
 * not have the device; a restored one gets it, in a slot that changes no other device's, and finds
 * it when it rescans the bus. */
static bool has_limit_clock(const struct vm_config *c)
{
	return c->machine->limit_clock && (c->incoming || !c->machine->job_after_pause);
}

static void add_limit_clock(struct argv *argv, int clock)
{
	add(argv, "-object",
	    "memory-backend-file,id=limit_clock,share=on,mem-path=/proc/self/fd/%d,size=%d", clock,
	    LIMIT_CLOCK_BYTES);
	add(argv, "-device", "ivshmem-plain,memdev=limit_clock,addr=1e.0");
}

static bool has_icount(const struct vm_config *c)
{
	return !c->kvm && c->machine->icount;
}

static bool has_virtio(const struct vm_machine *m)
{
	for (unsigned int i = 0; i < m->n_pmems; i++)
		if (m->pmems[i].virtio)
			return true;
	return false;
}

/* Descriptors that QEMU inherits, except those of its memory. */
struct inherited {
	int qmp, clock, vmlinux, initrd, modules, plugin, preload; /* -1: none */
};

static void build_argv(struct argv *argv, const struct vm_config *c, const struct inherited *fds)
{
	const struct vm_machine *m = c->machine;

	argv->word[argv->n++] = strdup(VM_QEMU);
	add(argv, "-M", "%s", VM_MACHINE);
	add(argv, "-cpu", "%s", vm_cpu(m, c->kvm));
	add(argv, "-smp", "%u", m->cpus);
	add(argv, "-m", "%uM,slots=4,maxmem=8G", m->mem_mib);
	if (m->ram_in_file)
		add_ram(argv, c);
	add(argv, "-accel", "%s", c->kvm ? "kvm" : "tcg");
	if (has_icount(c)) {
		add(argv, "-name", "debug-threads=on"); /* for emu/preload/main_loop.c */
		add(argv, "-icount", "shift=0,sleep=off");
		add(argv, "-rtc", "base=2024-01-01T00:00:00,clock=vm");
		/* RDRAND and the kernel's rng-seed come from here. */
		add(argv, "-seed", "%u", c->seed);
	}
	argv->word[argv->n++] = strdup("-nodefaults");
	argv->word[argv->n++] = strdup("-no-user-config");
	argv->word[argv->n++] = strdup("-no-reboot");
	add(argv, "-display", "none");
	if (c->sandbox)
		add(argv, "-sandbox", CONFINE_SANDBOX);
	add(argv, "-kernel", "/proc/self/fd/%d", fds->vmlinux);
	add(argv, "-initrd", "/proc/self/fd/%d", fds->initrd);
	add(argv, "-append", "%s%s", c->kvm ? KERNEL_ARGS : m->kernel_args,
	    m->extra_args ? m->extra_args : "");
	for (unsigned int i = 0; i < m->n_pmems; i++)
		add_pmem(argv, c, i);
	if (fds->clock >= 0)
		add_limit_clock(argv, fds->clock);
	add(argv, "-fw_cfg", "name=opt/daxdm/job,file=job");
	add(argv, "-fw_cfg", "name=" VM_TEXT_NAME ",file=text");
	add(argv, "-fw_cfg", "name=" VM_MODULES_NAME ",file=/proc/self/fd/%d", fds->modules);
	if (c->terminal)
		add(argv, "-chardev", "socket,id=console,fd=%d,logfile=console,logappend=on",
		    c->terminal);
	else
		add(argv, "-chardev", "file,id=console,path=console,append=on");
	add(argv, "-device", "isa-serial,chardev=console");
	add(argv, "-chardev", "file,id=channel,path=channel,append=on");
	add(argv, "-device", "isa-serial,chardev=channel");
	/* The guest pauses itself by it, at an exact time (emu/init). */
	add(argv, "-device", "ib700");
	add(argv, "-action", "watchdog=pause");
	add(argv, "-chardev", "socket,id=qmp,fd=%d", fds->qmp);
	add(argv, "-mon", "chardev=qmp,mode=control");
	if (c->plugin)
		add(argv, "-plugin", "file=/proc/self/fd/%d,%s", fds->plugin, c->plugin_args);
	if (c->incoming) {
		add(argv, "-incoming", "defer");
		argv->word[argv->n++] = strdup("-S");
	}
	argv->word[argv->n] = NULL;
}

static void free_argv(struct argv *argv)
{
	for (int i = 0; i < argv->n; i++)
		free(argv->word[i]);
}

/* The descriptor stays open over execve(2).  Ends this process if that is not possible. */
static void inherit(int fd)
{
	if (fd < 0 || !fcntl(fd, F_SETFD, 0))
		return;
	fprintf(stderr, "cannot pass descriptor %d to QEMU: %s\n", fd, strerror(errno));
	_exit(126);
}

/* rc: of a call that gives a file to the user that QEMU runs as. */
static void check_given(const char *name, int rc)
{
	if (!rc)
		return;
	fprintf(stderr, "cannot make QEMU's user the owner of its file for %s: %s\n", name,
		strerror(-rc));
	_exit(126);
}

/* QEMU keeps what it opens by number.  It owns its memory and what it writes, but not its
 * directory. */
static void give_files(const struct vm_config *c, const struct inherited *fds)
{
	static const char *const names[] = {"job", "text", "console", "channel"};

	inherit(fds->qmp);
	inherit(fds->clock);
	inherit(fds->vmlinux);
	inherit(fds->initrd);
	inherit(fds->modules);
	inherit(fds->plugin);
	inherit(fds->preload);
	if (c->terminal)
		inherit(c->terminal);
	for (unsigned int i = 0; i < c->machine->n_pmems; i++) {
		inherit(c->pmem[i]);
		check_given("persistent memory", confine_give(c->pmem[i]));
	}
	if (c->machine->ram_in_file) {
		inherit(c->ram);
		check_given("memory", confine_give(c->ram));
	}
	if (fds->clock >= 0)
		check_given("the limit clock", confine_give(fds->clock));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_given(names[i], confine_give_new(names[i]));
	if (c->plugin)
		check_given(VM_PLUGIN_OUT, confine_give_new(VM_PLUGIN_OUT));
	check_given("its directory", chmod(".", 0755) < 0 ? -errno : 0);
}

/* Standard input is empty; standard output and standard error go to DIR/qemu.log.  Ends this
 * process if that is not possible. */
static void redirect(const char *dir)
{
	int log = -1, null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int rc = chdir(dir) < 0 ? -errno : confine_give_new("qemu.log");

	if (!rc)
		log = open("qemu.log", O_WRONLY | O_APPEND | O_CLOEXEC);
	if (log >= 0 && null >= 0 && dup2(null, 0) == 0 && dup2(log, 1) == 1 && dup2(log, 2) == 2)
		return;
	fprintf(stderr, "cannot write %s/qemu.log: %s\n", dir, strerror(rc ? -rc : errno));
	_exit(126);
}

static void check_readable(int fd, const char *path)
{
	char number[32];

	snprintf(number, sizeof(number), "/proc/self/fd/%d", fd);
	if (!access(number, R_OK))
		return;
	fprintf(stderr, "user %d cannot read %s: %s; run: chmod a+r %s\n", (int)geteuid(), path,
		strerror(errno), path);
	_exit(127);
}

/* In the child: becomes QEMU.  Does not return. */
static void become_qemu(const struct vm_config *c, char *const *argv, const struct inherited *fds,
			pid_t parent)
{
	char preload[32];
	int rc;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	redirect(c->dir);
	rc = confine_detach();
	if (rc < 0) {
		fprintf(stderr, "cannot start a session for QEMU: %s\n", strerror(-rc));
		_exit(126);
	}
	give_files(c, fds);
	rc = confine_self(c->kvm);
	if (rc < 0) {
		fprintf(stderr, "cannot limit the resources or change the user of %s: %s\n",
			argv[0], strerror(-rc));
		_exit(127);
	}
	/* After the change of user, which clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	check_readable(fds->vmlinux, c->vmlinux);
	check_readable(fds->initrd, c->initrd);
	if (c->modules)
		check_readable(fds->modules, c->modules);
	if (c->plugin)
		check_readable(fds->plugin, c->plugin);
	if (fds->preload >= 0) {
		snprintf(preload, sizeof(preload), "/proc/self/fd/%d", fds->preload);
		setenv("LD_PRELOAD", preload, 1);
	}
	execvp(argv[0], argv);
	fprintf(stderr, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* --- time limits ----------------------------------------------------------------------------- */

struct vm_moment vm_now(const struct vm *vm)
{
	return (struct vm_moment){given_ms(&vm->given), limit_clock_wall_ms()};
}

int vm_check_limit(struct vm *vm, const struct vm_moment *since, int64_t limit_ms)
{
	given_look(&vm->given);
	if (given_limit(&vm->given, since->given_ms, since->wall_ms, limit_ms) == LIMIT_AHEAD)
		return 0;
	return -ETIMEDOUT;
}

void vm_why_late(const struct vm *vm, const char *what, int64_t limit_ms, enum limit limit,
		 char *why, size_t len)
{
	if (limit == LIMIT_STARVED)
		snprintf(why, len,
			 "host too slow: QEMU ran for %.1f s of %.0f s (%s); try again with less "
			 "load",
			 (double)given_processor_ms(vm->pid) / 1000,
			 (double)(limit_clock_wall_ms() - vm->started_ms) / 1000, what);
	else
		snprintf(why, len, "%s for %d s", what, (int)(limit_ms / 1000));
}

/* --- start and end --------------------------------------------------------------------------- */

/* Makes the page of the guest's limit clock.  Returns its descriptor or -errno. */
static int make_limit_clock(struct vm *vm)
{
	int fd = scratch_unnamed_file(vm->dir, true, LIMIT_CLOCK_BYTES);
	void *p = fd < 0 ? MAP_FAILED
			 : mmap(NULL, LIMIT_CLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd < 0)
		return fd;
	if (p == MAP_FAILED) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	vm->given.page = p;
	*vm->given.page = (struct limit_clock_page){LIMIT_CLOCK_MAGIC, given_ms(&vm->given)};
	return fd;
}

/* Returns 0 or -errno. */
static int open_inherited(struct vm *vm, const struct vm_config *c, struct inherited *fds)
{
	int pair[2];

	*fds = (struct inherited){-1, -1, -1, -1, -1, -1, -1};
	fds->vmlinux = open(c->vmlinux, O_RDONLY | O_CLOEXEC);
	if (fds->vmlinux < 0)
		return -errno;
	fds->initrd = open(c->initrd, O_RDONLY | O_CLOEXEC);
	if (fds->initrd < 0)
		return -errno;
	fds->modules = open(c->modules ? c->modules : "/dev/null", O_RDONLY | O_CLOEXEC);
	if (fds->modules < 0)
		return -errno;
	if (c->plugin) {
		fds->plugin = open(c->plugin, O_RDONLY | O_CLOEXEC);
		if (fds->plugin < 0)
			return -errno;
	}
	if (has_virtio(c->machine) || !c->kvm) {
		fds->preload = open(place(VM_PRELOAD), O_RDONLY | O_CLOEXEC);
		if (fds->preload < 0) {
			int rc = -errno;

			msg_error("cannot open %s: %s; run make", place(VM_PRELOAD), strerror(-rc));
			return rc;
		}
	}
	if (has_limit_clock(c)) {
		fds->clock = make_limit_clock(vm);
		if (fds->clock < 0)
			return fds->clock;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	vm->qmp = pair[0];
	fds->qmp = pair[1];
	return 0;
}

static void close_inherited(const struct inherited *fds)
{
	const int all[] = {fds->qmp,	 fds->clock,  fds->vmlinux, fds->initrd,
			   fds->modules, fds->plugin, fds->preload};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] >= 0)
			close(all[i]);
}

int vm_start(struct vm *vm, const struct vm_config *config)
{
	struct argv argv = {.n = 0};
	pid_t parent = getpid();
	struct inherited fds;
	int rc;

	*vm = (struct vm){
		.qmp = -1, .pass = -1, .given = vm->given, .started_ms = limit_clock_wall_ms()};
	snprintf(vm->dir, sizeof(vm->dir), "%s", config->dir);
	rc = open_inherited(vm, config, &fds);
	if (!rc) {
		build_argv(&argv, config, &fds);
		vm->pid = fork();
		if (!vm->pid)
			become_qemu(config, argv.word, &fds, parent);
		rc = vm->pid < 0 ? -errno : 0;
		vm->pid = rc ? 0 : vm->pid;
		free_argv(&argv);
	}
	close_inherited(&fds);
	if (!rc) {
		given_watch(&vm->given, vm->pid);
		rc = vm_command(vm, "qmp_capabilities", NULL, NULL, NULL);
	}
	if (rc < 0)
		vm_end(vm);
	return rc;
}

int vm_ended(struct vm *vm, char *why)
{
	const struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
	const struct vm_moment since = vm_now(vm);
	pid_t pid = 0;
	int status = 0;

	while (vm->pid > 0 && !pid && !vm_check_limit(vm, &since, END_TIMEOUT_MS)) {
		pid = waitpid(vm->pid, &status, WNOHANG);
		if (!pid)
			nanosleep(&pause, NULL);
	}
	if (pid > 0)
		vm->pid = 0;
	if (pid > 0 && WIFSIGNALED(status))
		snprintf(why, 80, "QEMU died of signal %d", WTERMSIG(status));
	else if (pid > 0 && WEXITSTATUS(status))
		snprintf(why, 80, "QEMU ended with status %d", WEXITSTATUS(status));
	else if (pid <= 0)
		snprintf(why, 80, "QEMU closed its QMP socket, but did not end within %d s",
			 END_TIMEOUT_MS / 1000);
	else
		return 0;
	return -EIO;
}

void vm_end(struct vm *vm)
{
	if (vm->pid > 0) {
		kill(vm->pid, SIGKILL);
		while (waitpid(vm->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (vm->qmp >= 0)
		close(vm->qmp);
	free(vm->in);
	if (vm->given.page)
		munmap(vm->given.page, LIMIT_CLOCK_BYTES);
	vm->given.page = NULL;
	given_watch(&vm->given, 0);
	*vm = (struct vm){.qmp = -1, .pass = -1, .given = vm->given};
}
