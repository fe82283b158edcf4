#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The library that is loaded before QEMU: fsync(2) does as the last sector of the file says, and siglongjmp(3) gives way.

load ../helpers

setup() {
	[[ -e $TOP/build/qemu_preload.so ]] || make -s -C "$TOP" build/qemu_preload.so
	FILE=$BATS_TEST_TMPDIR/file
	truncate -s 8192 "$FILE"
}

# The sector of lib/base/flush_fault.h; each number is below 8.
arm() { # SEEN PASS FAIL HOLD
	printf '%b' 'daxdm flush\0\0\0\0\0' "$(printf '\\0%d\\0\\0\\0' "$@")" |
		dd of="$FILE" bs=1 seek=$((8192 - 512)) conv=notrunc status=none
}

numbers() { # SEEN PASS FAIL HOLD
	od -An -tu4 -j $((8192 - 512 + 16)) -N 16 "$FILE" | xargs
}

# Like QEMU, by a descriptor that is open for both.
sync_file() {
	timeout 10 env LD_PRELOAD="$TOP/build/qemu_preload.so" dd if=/dev/null conv=fsync status=none 1<>"$FILE"
}

@test "requests pass, fail and are counted as the last sector says" {
	run sync_file
	expect 0
	arm 0 1 2 0
	run sync_file
	expect 0
	[[ $(numbers) == "1 0 2 0" ]]
	run sync_file
	expect 1 "Input/output error"
	run sync_file
	expect 1 "Input/output error"
	run sync_file
	expect 0
	[[ $(numbers) == "4 0 0 0" ]]
}

@test "a request waits until it is released" {
	arm 0 0 0 1
	sync_file &
	for _ in {1..100}; do
		[[ $(numbers) != "1 0 0 1" ]] || break
		sleep 0.05
	done
	[[ $(numbers) == "1 0 0 1" ]]
	sleep 0.2
	kill -0 $!
	arm 1 0 0 0
	wait $!
	[[ $(numbers) == "1 0 0 0" ]]
}

@test "a file whose last sector says nothing, and one that is shorter, are synced" {
	printf 'daxdm flusH' | dd of="$FILE" bs=1 seek=$((8192 - 512)) conv=notrunc status=none
	run sync_file
	expect 0
	truncate -s 100 "$FILE"
	run sync_file
	expect 0
	run env LD_PRELOAD="$TOP/build/qemu_preload.so" sh -c "env | grep -c LD_PRELOAD"
	expect 1 "0"
}

@test "a program that leaves by siglongjmp(3) arrives, and in a loop gives its processor to others" {
	cat >"$BATS_TEST_TMPDIR/jump.c" <<-'C'
		#include <setjmp.h>
		#include <stdio.h>
		#include <stdlib.h>
		static sigjmp_buf place;
		int main(int argc, char **argv)
		{
			volatile int turns = 0;
			int value = sigsetjmp(place, 0);

			if (value != turns)
				return 1;
			if (argc == 2 && turns < atoi(argv[1]))
				siglongjmp(place, ++turns);
			printf("%d turns\n", turns);
			return 0;
		}
	C
	cat >"$BATS_TEST_TMPDIR/count.c" <<-'C'
		#include <stdio.h>
		int sched_yield(void)
		{
			puts("gave way");
			return 0;
		}
	C
	# With the options with which Debian builds QEMU.
	gcc -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -o "$BATS_TEST_TMPDIR/jump" "$BATS_TEST_TMPDIR/jump.c"
	gcc -shared -fPIC -o "$BATS_TEST_TMPDIR/count.so" "$BATS_TEST_TMPDIR/count.c"
	run timeout 10 env LD_PRELOAD="$BATS_TEST_TMPDIR/count.so $TOP/build/qemu_preload.so" "$BATS_TEST_TMPDIR/jump" 3
	expect 0 "3 turns"
	[[ $output != *"gave way"* ]]
	run timeout 10 env LD_PRELOAD="$BATS_TEST_TMPDIR/count.so $TOP/build/qemu_preload.so" "$BATS_TEST_TMPDIR/jump" 100000
	expect 0 "100000 turns"
	[[ $output == *"gave way"* ]]
}
