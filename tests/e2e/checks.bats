#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Whatever a check does to its host costs that check only: shown with a guest whose daxdm is
# tests/e2e/guest/checker.

load ../helpers

setup() {
	NAME=checks-$$-$BATS_TEST_NUMBER
	MARK=$NAME
	START=$BATS_TEST_TMPDIR/start
	RUN=$TOP/results/$NAME
	touch "$START"
	cd "$TOP" || return
}

teardown() {
	end_marked "$MARK"
	rm -rf "$RUN"
}

setup_file() {
	make -s -C "$TOP" >/dev/null
	KERNEL=$("$TOP/emu/kernel.sh" resolve debian)
	overlay "$("$TOP/emu/initramfs.sh" "$KERNEL" check)" checker "$BATS_FILE_TMPDIR/guest"
	# A snapshot is known by the name of the initramfs.
	GUEST=$BATS_FILE_TMPDIR/test-$(sha256sum <"$BATS_FILE_TMPDIR/guest" | cut -c1-20).cpio
	mv "$BATS_FILE_TMPDIR/guest" "$GUEST"
	export KERNEL GUEST
}

# Its own environment variable for what is left of it.
checks() { # SECONDS OPTION...
	DAXDM_TEST_MARK=$MARK run timeout "$1" build/daxdm checks --kernel "$KERNEL" --guest "$GUEST" \
		--results "results/$NAME" "${@:2}"
}

verdict_of() { # ID
	jq -r "select(.type == \"check\" and .id == \"$1\") | .verdict" "$RUN/run.jsonl"
}

why_of() { # ID
	jq -r "select(.type == \"check\" and .id == \"$1\") | .why" "$RUN/run.jsonl"
}

is() { # GOT WANT
	if [[ $1 != "$2" ]]; then
		echo "got '$1', wanted '$2'"
		return 1
	fi
}

@test "a death, a hang, a spoiled host, a dead runner and a byte wrong outside cost one check each" {
	local id ids=(raw_block_device dm_block_device sysfs_names loop partition partition.beside namespace.fsdax
		namespace.raw namespace.sector namespace.virtio) globs=()
	for id in "${ids[@]}"; do globs+=(--check "capability.$id"); done
	checks 250 "${globs[@]}"
	expect 1 "the kernel died: Kernel panic" "the kernel hung: it sent nothing for" \
		"the runner in the guest ended with status 4" "seen from outside after power-off"
	is "$(verdict_of capability.raw_block_device)" pass
	is "$(verdict_of capability.dm_block_device)" fail
	[[ $(why_of capability.dm_block_device) == "the kernel died: Kernel panic"* ]]
	is "$(verdict_of capability.sysfs_names)" pass
	is "$(verdict_of capability.loop)" fail
	is "$(why_of capability.loop)" "it warned"
	is "$(verdict_of capability.partition)" broken
	is "$(verdict_of capability.namespace.fsdax)" fail
	is "$(verdict_of capability.namespace.raw)" fail
	is "$(verdict_of capability.namespace.sector)" fail
	# So is what the host was too slow for; then that is said of the host, and nothing of the kernel.
	is "$(verdict_of capability.namespace.virtio)" broken
	is "$(grep -c "namespace.virtio: host too slow; running it again" <<<"$output")" 1
	# What the emulator may have broken is run again, once.
	is "$(verdict_of capability.partition.beside)" fail
	is "$(grep -c "partition.beside: the emulator ran stale kernel text" <<<"$output")" 1
	# In the order of the table, whatever the order they ran in, and whole.
	is "$(jq -r 'select(.type == "check") | .id' "$RUN/run.jsonl" | tr '\n' ' ')" \
		"$("$TOP/build/daxdm" list | awk '$1 ~ /^capability\./ { print $1 }' |
			grep -xFf <(printf 'capability.%s\n' "${ids[@]}") | tr '\n' ' ')"
	is "$(tail -n 1 "$RUN/run.jsonl" | jq -c .)" '{"type":"end","status":1}'
	is "$(grep -c . < <(jq -c 'select(.type == "observation")' "$RUN/run.jsonl"))" 1
	# The kernel's log, as far as the console has it, from its first complaint on.
	jq -r 'select(.id == "capability.dm_block_device") | .dmesg[0]' "$RUN/run.jsonl" | grep -q 'Kernel panic'
	grep -q '^# guest .*capability.dm_block_device' "$RUN/console.log"
	grep -q '^# guest .*capability.sysfs_names' "$RUN/dmesg.txt"
	grep -q '^not ok .* capability.namespace.fsdax' "$RUN/ktap.txt"
	[[ -s $RUN/junit.xml ]]
	expect_nothing_left "$MARK" "$START"
}

start_checks() { # OPTION...
	start_marked build/daxdm checks --kernel "$KERNEL" --guest "$GUEST" --results "results/$NAME" "$@"
}

# What its guest may make of it: it starts no program, and is nobody where we are root.
qemu_is_confined() {
	local status
	status=$(cat "/proc/$(qemu_of "$MARK")/status")
	grep -q '^NoNewPrivs:.*1$' <<<"$status"
	grep -q '^Seccomp:.*2$' <<<"$status"
	((EUID)) || grep -qE '^Uid:(.65534){4}$' <<<"$status"
}

@test "interrupted while it checks: 130, no QEMU, and the run does not look whole" {
	start_checks --check capability.namespace.raw
	within 100 grep -qs '"context"' "$RUN/run.jsonl"
	qemu_is_confined
	kill -INT $!
	ended
	expect 130 "daxdm: interrupted; results/$NAME is incomplete"
	run ! grep -q '"type": *"end"' "$RUN/run.jsonl"
	expect_nothing_left "$MARK" "$START"
}

@test "interrupted while it boots: 130 and nothing left" {
	start_checks --fresh --check capability.namespace.raw
	within 60 qemu_runs "$MARK"
	kill -TERM $!
	ended
	expect 143 "daxdm: interrupted before anything was checked"
	expect_nothing_left "$MARK" "$START"
	[[ ! -e $RUN ]]
}

@test "an emulator that dies is not the kernel's failure" {
	start_checks --check capability.namespace.raw
	within 100 grep -qs '"context"' "$RUN/run.jsonl"
	sleep 0.5
	pgrep -P $! qemu-system | xargs kill -KILL
	ended
	expect 4 "BROKEN the emulator died: QEMU died of signal 9"
	expect_nothing_left "$MARK" "$START"
}

@test "a guest that never comes up is the harness's failure, with the end of its console" {
	printf 'not a cpio' >"$BATS_TEST_TMPDIR/bad.cpio"
	GUEST=$BATS_TEST_TMPDIR/bad.cpio checks 200 --check capability.loop
	expect 4 "Kernel panic" "no guest started to run checks"
	run ! grep -q '"type": *"end"' "$RUN/run.jsonl"
	expect_nothing_left "$MARK" "$START"
}

@test "bad words are refused before anything boots" {
	checks 20 --check nosuch
	expect 64 "nosuch"
	checks 20 --frobnicate
	expect 64 "frobnicate"
	checks 20 --lanes 0
	expect 64 "--lanes: expected a number from 1 to 4, got '0'"
	checks 20 --rounds x
	expect 64 "--rounds: expected a number" "got 'x'"
	[[ ! -e $RUN ]]
}
