// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bio/uring.h"
#include "bench/need.h"
#include "bench/thread_cost.h"
#include "bench/timed_ops.h"
#include "lib/meter/idle_blocker.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void sizes_are_the_last_word(void **state)
{
	(void)state;
	assert_int_equal(timed_ops_size_of("dax.read.4k"), 4096);
	assert_int_equal(timed_ops_size_of("buffered.read.cold.1m"), 1 << 20);
	assert_int_equal(timed_ops_size_of("persist.64"), 64);
	assert_int_equal(timed_ops_size_of("2m"), 2 << 20);
	assert_int_equal(timed_ops_size_of("drain"), 0);
	assert_int_equal(timed_ops_size_of("mmap.read.cold"), 0);
	assert_int_equal(timed_ops_size_of(""), 0);
}

/* Operations that need no device: each does what its number says. */
struct fake {
	int prepared, ran;
	int64_t returns;
	size_t fails_at;
};

static int fake_before(void *arg, size_t i)
{
	(void)i;
	((struct fake *)arg)->prepared++;
	return 0;
}

static int64_t fake_run(void *arg, size_t i)
{
	struct fake *fake = arg;

	fake->ran++;
	return i == fake->fails_at ? fake->returns : 4096;
}

static bool fake_holds(void *arg, size_t i, char *why, size_t why_len)
{
	(void)arg;
	if (i != 2)
		return true;
	snprintf(why, why_len, "sample %zu is not what was written", i);
	return false;
}

static const struct meter meter = {.kind = METER_TIME, .ns_per_tick = 1};
static const struct bench_env env = {.cell.meter = &meter};

static struct timed_ops_result time_fake(struct fake *fake, bool check)
{
	const struct timed_ops ops = {
		.before = fake_before,
		.run = fake_run,
		.holds = check ? fake_holds : NULL,
		.arg = fake,
		.n = 4,
		.wanted = 4096,
		.per_sample = 1,
	};
	struct timed_ops_result result = {0};
	uint64_t ticks[4];

	assert_int_equal(timed_ops_time(&env, &ops, ticks, &result), 0);
	return result;
}

static void every_operation_is_a_sample(void **state)
{
	struct fake fake = {.fails_at = 9};
	struct timed_ops_result result = time_fake(&fake, false);

	(void)state;
	assert_string_equal(result.why, "");
	assert_int_equal(result.n, 4);
	assert_int_equal(fake.prepared, 4);
	assert_int_equal(fake.ran, 4);
	timed_ops_result_free(&result);
}

/* Each sample is what was read without what the meter itself takes, spread over the operations of
 * the sample; and the meter does take something. */
static void the_overhead_is_taken_off(void **state)
{
	struct fake fake = {.fails_at = 9};
	struct timed_ops ops = {
		.before = fake_before, .run = fake_run, .arg = &fake, .n = 4, .wanted = 4096};
	const struct meter half = {.kind = METER_TIME, .ns_per_tick = 0.5};

	(void)state;
	for (ops.per_sample = 1; ops.per_sample <= 4; ops.per_sample *= 4) {
		struct timed_ops_result result = {0};
		uint64_t ticks[4];

		assert_int_equal(timed_ops_time(&env, &ops, ticks, &result), 0);
		assert_true(result.overhead > 0);
		for (int i = 0; i < 4; i++)
			assert_int_equal(result.samples[i], ((int64_t)ticks[i] - result.overhead) /
								    (int64_t)ops.per_sample);
		timed_ops_result_free(&result);
	}
	assert_int_equal(meter_sample(&meter, 1000, 100), 900);
	assert_int_equal(meter_sample(&half, 1000, 100), 400);
	assert_int_equal(meter_sample(&meter, 90, 100), -10);
}

/* What is timed around a whole call knows its own cost, too. */
static void the_overhead_of_a_call_is_taken_off(void **state)
{
	struct thread_cost_calibration known = {.empty_ticks = INT64_C(1) << 50, .done = true};
	struct thread_cost own;
	bool switched;
	int64_t ticks;

	(void)state;
	thread_cost_calibrate(&known);
	assert_int_equal(thread_cost_overhead(&meter), INT64_C(1) << 50);
	thread_cost_start(&own, &meter, THREAD_COST_CALLER);
	ticks = thread_cost_ticks(&own, &switched);
	assert_true(ticks < -(INT64_C(1) << 49) && ticks > -(INT64_C(1) << 50));
}

static int64_t sleep_a_while(void *arg, size_t i)
{
	(void)arg;
	(void)i;
	usleep(2000);
	return 0;
}

/* Meter time: waiting is part of the cost. */
static void what_waits_takes_its_time(void **state)
{
	const struct timed_ops ops = {
		.run = sleep_a_while, .n = 3, .per_sample = 1, .sleeps = true};
	struct timed_ops_result result = {0};
	uint64_t ticks[3];

	(void)state;
	assert_int_equal(timed_ops_time(&env, &ops, ticks, &result), 0);
	assert_int_equal(result.n, 3);
	/* In ticks: no processor's counter is slower than 500 MHz. */
	for (int i = 0; i < 3; i++)
		assert_true(result.samples[i] >= 1000000);
	timed_ops_result_free(&result);
}

/* Meter insn: what the task that keeps the processor busy runs is no cost, and is known. */
static void the_time_of_the_busy_task_is_known(void **state)
{
	uint64_t before, after;

	(void)state;
	assert_int_equal(idle_blocker_cpu_ns(), 0);
	assert_int_equal(idle_blocker_start(), 0);
	before = idle_blocker_cpu_ns();
	for (int i = 0; i < 1000 && idle_blocker_cpu_ns() < before + 1000000; i++)
		usleep(10000);
	after = idle_blocker_cpu_ns();
	idle_blocker_end();
	assert_true(after >= before + 1000000);
	assert_int_equal(idle_blocker_cpu_ns(), 0);
}

/* The accesses that the loop of faults times, to a page that is mapped: nothing is left of them. */
static void the_overhead_of_an_access_is_what_it_takes(void **state)
{
	static const uint64_t offset[1024];
	static uint64_t ticks[1024];
	volatile char byte = 0;
	int64_t overhead, above = 0;

	(void)state;
	overhead = meter_value(&meter, meter_touch_overhead_load());
	meter_touch_load(&byte, offset, ticks, 1024);
	meter_touch_load(&byte, offset, ticks, 1024);
	for (int i = 0; i < 1024; i++)
		above += meter_sample(&meter, ticks[i], overhead) > overhead / 2;
	assert_true(overhead > 0);
	assert_true(above < 512);
}

static void a_failed_operation_voids_all(void **state)
{
	struct fake error = {.fails_at = 1, .returns = -EIO},
		    less = {.fails_at = 1, .returns = 512};
	struct timed_ops_result result = time_fake(&error, false);

	(void)state;
	assert_string_equal(result.why, "operation 1 failed: Input/output error");
	assert_int_equal(result.n, 0);
	assert_int_equal(error.ran, 2);
	timed_ops_result_free(&result);
	result = time_fake(&less, false);
	assert_string_equal(result.why, "operation 1 moved 512 bytes instead of 4096");
	assert_int_equal(result.n, 0);
	timed_ops_result_free(&result);
}

static void wrong_bytes_void_all(void **state)
{
	struct fake fake = {.fails_at = 9};
	struct timed_ops_result result = time_fake(&fake, true);

	(void)state;
	assert_string_equal(result.why, "sample 2 is not what was written");
	assert_int_equal(result.n, 0);
	timed_ops_result_free(&result);
}

static void the_first_reason_stays(void **state)
{
	struct timed_ops_result result = {0};

	(void)state;
	timed_ops_void(&result, "first %d", 1);
	timed_ops_void(&result, "second");
	assert_string_equal(result.why, "first 1");
}

static int64_t nothing_to_do(void *arg, size_t i)
{
	(void)arg;
	(void)i;
	return 0;
}

static bool nothing_allocated(void *arg, size_t i, char *why, size_t why_len)
{
	const struct timed_ops_result *result = arg;

	if (!i && result->proof.path)
		snprintf(why, why_len, "operation 0 was counted before");
	return !why[0];
}

/* Copy voids an operation by the page faults until then, and counting an operation allocates. */
static void an_operation_is_verified_before_it_is_counted(void **state)
{
	struct timed_ops_result result = {0};
	const struct timed_ops ops = {
		.run = nothing_to_do, .holds = nothing_allocated, .arg = &result, .per_sample = 1};
	struct probe_set probes = {0};

	(void)state;
	timed_ops_probe(&ops, 2, &probes, &result);
	assert_string_equal(result.why, "");
	assert_int_equal(timed_ops_hits(&result, "operations"), 2);
	timed_ops_result_free(&result);
}

static void a_buffer_is_whole_and_writable(void **state)
{
	bool one_piece;
	char *buffer = timed_ops_buffer(&one_piece);

	(void)state;
	assert_non_null(buffer);
	assert_int_equal((uintptr_t)buffer % TIMED_OPS_BUFFER_BYTES, 0);
	memset(buffer, 1, TIMED_OPS_BUFFER_BYTES);
	timed_ops_buffer_free(buffer);
	timed_ops_buffer_free(NULL);
}

/* What need_io_uring() says in a process whose io_uring_setup(2) gives that error. */
static int available_where(int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
			_exit(255);
		_exit(-need_io_uring());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void a_forbidden_io_uring_is_said(void **state)
{
	struct missing missing;

	(void)state;
	assert_int_equal(available_where(EPERM), -EPERM);
	missing = need_io_uring_missing(-EPERM);
	assert_string_equal(missing.why, "io_uring_setup(2) is not permitted");
	assert_non_null(strstr(missing.cure, "kernel.io_uring_disabled=0"));
	assert_int_equal(available_where(ENOSYS), -ENOSYS);
	assert_string_equal(need_io_uring_missing(-ENOSYS).why, "this kernel has no io_uring");
	assert_non_null(strstr(need_io_uring_missing(-EOPNOTSUPP).why, "EOPNOTSUPP"));
	assert_non_null(need_io_uring_missing(-EINVAL).cure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_the_last_word),
		cmocka_unit_test(every_operation_is_a_sample),
		cmocka_unit_test(the_overhead_is_taken_off),
		/* Before the next changes the overhead. */
		cmocka_unit_test(what_waits_takes_its_time),
		cmocka_unit_test(the_overhead_of_a_call_is_taken_off),
		cmocka_unit_test(the_time_of_the_busy_task_is_known),
		cmocka_unit_test(the_overhead_of_an_access_is_what_it_takes),
		cmocka_unit_test(a_failed_operation_voids_all),
		cmocka_unit_test(wrong_bytes_void_all),
		cmocka_unit_test(the_first_reason_stays),
		cmocka_unit_test(an_operation_is_verified_before_it_is_counted),
		cmocka_unit_test(a_buffer_is_whole_and_writable),
		cmocka_unit_test(a_forbidden_io_uring_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
