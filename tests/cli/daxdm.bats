#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The program daxdm: bad input of every verb and option.  What needs a kernel is in tests/e2e.

load ../helpers

# The verbs that refuse an unknown option.
VERBS="list bench-here check-here report identical compare assert gate-selftest verdicts behaviour coverage provision emulate checks watchdog modules-given hold-devices"

daxdm() {
	cd "$TOP" || return
	run timeout 20 build/daxdm "$@"
}

refused() { # WANTED-TEXT WORD...
	local text=$1
	shift
	daxdm "$@"
	expect 64 "daxdm: " "$text"
	((${#lines[@]} == 1))
}

# Prints the options of a verb as its help shows them: NAME [METAVARIABLE].
options_of() { # VERB
	"$TOP/build/daxdm" "$1" --help | sed -nE 's/^  --([a-z-]+)( ([^ ]+))?  .*/\1 \3/p' | grep -v '^help'
}

@test "no verb, or an unknown one with the nearest" {
	refused "no verb given"
	refused "unknown verb 'benhc'" benhc
	refused "did you mean 'list'?" lst
	refused "unknown verb '--frobnicate'" --frobnicate
}

@test "every verb explains itself" {
	for verb in $VERBS; do
		run --separate-stderr "$TOP/build/daxdm" "$verb" --help
		expect 0 " $verb" "--help"
		[[ -z $stderr ]]
	done
}

@test "every verb refuses an unknown option, with the nearest" {
	for verb in $VERBS; do
		refused "--frobnicate" "$verb" --frobnicate
		refused "help $verb" "$verb" --frobnicate
		while read -r name _; do
			((${#name} >= 5)) && ! options_of "$verb" | grep -q "^${name}s " || continue # --stackx may be --stacks
			refused "did you mean '--$name'?" "$verb" "--${name}x"
		done < <(options_of "$verb")
	done
}

@test "every option that needs a value says so" {
	local seen=0
	for verb in $VERBS; do
		while read -r name value; do
			if [[ $value ]]; then
				refused "--$name needs a value" "$verb" "--$name"
				seen=$((seen + 1))
			else
				refused "--$name takes no value" "$verb" "--$name=x"
			fi
		done < <(options_of "$verb")
	done
	((seen > 5))
}

@test "the options that run.sh passes on are options of the program" {
	options_of bench-here >"$BATS_TEST_TMPDIR/bench"
	for name in device meter fs stack bench workload output progress; do
		grep -q "^$name" "$BATS_TEST_TMPDIR/bench" || { echo "bench has no --$name"; false; }
	done
	options_of check-here >"$BATS_TEST_TMPDIR/check"
	for name in device check quick plant coverage seed rounds output; do
		grep -q "^$name" "$BATS_TEST_TMPDIR/check" || { echo "check has no --$name"; false; }
	done
	options_of verdicts >"$BATS_TEST_TMPDIR/verdicts"
	for name in known ktap junit quiet; do
		grep -q "^$name" "$BATS_TEST_TMPDIR/verdicts" || { echo "verdicts has no --$name"; false; }
	done
	options_of emulate >"$BATS_TEST_TMPDIR/emulate"
	for name in kernel guest meter results seed fresh console; do
		grep -q "^$name" "$BATS_TEST_TMPDIR/emulate" || { echo "emulate has no --$name"; false; }
	done
}

@test "list shows benchmarks, variants, stacks and needs" {
	daxdm list
	expect 0 "fault" "read.warm.pte" "read.cold.pmd" "raw" "linear:N"
}

@test "bench refuses what does not exist, before it touches the device" {
	touch "$BATS_TEST_TMPDIR/file"
	refused "linaer:4" bench-here --device /dev/null --stack linaer:4
	refused "linear:0" bench-here --device /dev/null --stack linear:0
	refused "linear:" bench-here --device /dev/null --stack linear:
	refused "linear:4,algn=4k" bench-here --device /dev/null --stack linear:4,algn=4k
	refused "btrfs" bench-here --device /dev/null --fs btrfs
	refused "nosuch" bench-here --device /dev/null --bench nosuch
	refused "hours" bench-here --device /dev/null --meter hours
	refused "/nonexistent" bench-here --device /dev/null --workload /nonexistent
	refused "--device" bench-here
}

@test "words given twice and numbers that may mean another one" {
	refused "column 19: this word is given twice" bench-here --stack linear:2,align=4k,align=2m
	refused "column 8: linear takes" bench-here --stack linear:016
	refused "got '007'" check-here --seed 007
	refused "got '+7'" check-here --seed +7
	refused "got '9223372036854775808'" check-here --seed 9223372036854775808
	refused "got '08'" check-here --rounds 08
	refused "got '0x7'" emulate --seed 0x7
	refused "got ' 7'" emulate --stall " 7"
	refused "got '08'" checks --lanes 08
	refused "got '080'" report --width 080 x
	refused "got '1e2'" compare --width 1e2 x y
	refused "got '010'" assert --max 010
	for word in 01 +1 0x1 1e3 -1 nan 1000001; do
		refused "got '$word'" compare --threshold "$word" x y
	done
	refused "plan 'fsdax:064M'" provision --plan fsdax:064M
}

@test "provision labels no DIMM of a host that is not the emulated one" {
	for plan in "" "--plan fsdax:640M"; do
		# shellcheck disable=SC2086 # words
		run_as_nobody 10 provision $plan # a host with DIMMs keeps its labels even if this test fails
		expect 64 "provision: this is not the emulated host"
		((${#lines[@]} == 1))
	done
}

@test "files that are no text are refused in one line" {
	local dir=$BATS_TEST_TMPDIR
	mkfifo "$dir/pipe"
	printf 'stack raw\0linear:1\n' >"$dir/nul"
	printf 'fault.* 1\033\n' >"$dir/escape"
	for file in "$dir" "$dir/pipe" /dev/zero; do
		refused "workload: cannot read $file: expected a regular file, it is a" bench-here --workload "$file"
		refused "thresholds: cannot read $file: expected a regular file, it is a" compare --thresholds "$file" x y
	done
	refused "$dir/nul:1:10: control character 0x00 (NUL)" bench-here --workload "$dir/nul"
	refused "$dir/escape:1:10: control character 0x1b" compare --thresholds "$dir/escape" x y
	refused "unknown verb 'a\\x0ab'" $'a\nb'
}

@test "bench refuses a device that is no empty pmem device" {
	refused "/dev/null" bench-here --device /dev/null
	refused "/nonexistent" bench-here --device /nonexistent
	refused "$TOP/run.sh" bench-here --device "$TOP/run.sh"
}

@test "emulate refuses what is missing or wrong" {
	refused "--kernel" emulate
	refused "/nonexistent" emulate --kernel /nonexistent --guest ext4=/nonexistent --results "$BATS_TEST_TMPDIR/r"
	refused "hours" emulate --meter hours
	[[ ! -e $BATS_TEST_TMPDIR/r ]]
}

@test "report and identical refuse what is no run" {
	daxdm report /nonexistent
	[[ $status != 0 && $output == *"/nonexistent"* ]]
	daxdm identical /nonexistent /nonexistent
	[[ $status != 0 && $output == *"/nonexistent"* ]]
	refused "" report
	refused "" identical
	refused "" identical one
	refused "" identical one two three
}

@test "a full disk under the output is said" {
	run bash -c "'$TOP/build/daxdm' list >/dev/full"
	expect 4 "daxdm: "
}

@test "the watchdog is armed in an emulated host only, with an even number of seconds" {
	local words
	[[ ! -e /sys/firmware/qemu_fw_cfg/by_name/opt/daxdm ]] || skip "this is an emulated host"
	run "$TOP/build/daxdm" watchdog 2
	expect 64 "this is not an emulated host"
	expect_short
	for words in "" 3 -2 32 2s " 2" +2 02 "2 2"; do
		# shellcheck disable=SC2086
		run "$TOP/build/daxdm" watchdog $words
		expect 64 "watchdog"
	done
}

@test "modules are given to, and devices held in, an emulated host only" {
	[[ ! -e /sys/firmware/qemu_fw_cfg/by_name/opt/daxdm ]] || skip "this is an emulated host"
	run "$TOP/build/daxdm" modules-given
	expect 64 "this is not an emulated host"
	run "$TOP/build/daxdm" hold-devices
	expect 64 "this is not an emulated host"
}
