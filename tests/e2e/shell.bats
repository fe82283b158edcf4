#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# run.sh shell, with the stock kernel of this release.

load ../helpers

setup() {
	cd "$TOP" || return
}

@test "commands run on a stack and a filesystem, their output is stdout, their status the exit status" {
	run --separate-stderr timeout 300 ./run.sh shell --stack linear:4 --fs ext4 <<<'
		dmsetup table | grep -c linear
		xfs_io -f -c "pwrite -q 0 64k" -c "mmap -rw 0 64k" -c "mwrite 0 8" -c fsync file && ls -l file
		fio --version
		lvs --version | head -n 1
		daxdm doctor
		fallocate -l 32m big && daxdm inspect big && daxdm inspect /mnt && daxdm inspect --json /dev/pmem1
		exit 7'
	expect 7 "linear:4 is /dev/mapper/daxdm-" "ext4 is mounted on /mnt" "65536" "fio-" "LVM version" \
		"good  /dev/pmem0: fsdax, 638 MiB" "note  /dev/pmem0.1: raw, 64 MiB" "this host can be measured: " \
		"big on daxdm-" "linear: /dev/pmem0 + 384 MiB" "of 16 windows of 2 MiB can be mapped by a PMD" \
		"Filesystem: ext4 on /mnt (rw,stripe=512,dax=always)" "File: DAX is on, MAP_SYNC is granted" \
		"Huge pages: 256 of 256 windows" "\"windows\": 319,"
	grep -qx 4 <<<"$output"
	[[ $output != *"not found"* ]]
}

@test "on a terminal: a prompt, its size, Ctrl-C for the guest, and the terminal as it was" {
	local input=$BATS_TEST_TMPDIR/input said=$BATS_TEST_TMPDIR/said
	mkfifo "$input"
	timeout 200 script -qec 'stty rows 30 cols 100; ./run.sh shell; echo "status $?"; stty -a' /dev/null <"$input" >"$said" &
	exec 9>"$input"
	type_after() { # TEXT KEYS
		local i
		for ((i = 0; i < 1500; i++)); do
			if grep -q "$1" "$said"; then
				printf '%b' "$2" >&9
				return
			fi
			sleep 0.1
		done
		cat "$said"
		false
	}
	type_after ':/# ' 'stty size; sleep 1000\n'
	type_after '^30 100' '\003'
	type_after '\^C' 'echo code $?\n'
	type_after '^code 130' 'exit 5\n'
	exec 9>&-
	wait $!
	grep -q 'status 5' "$said"
	grep -q ' icanon' "$said"
}

@test "after its time limit the host is ended, and nothing is left" {
	run --separate-stderr timeout 300 ./run.sh shell --limit 5 <<<'echo begun; sleep 1000'
	# shellcheck disable=SC2154 # bats sets it
	[[ $status -eq 4 && $stderr == *"the host was ended after 5 s (--limit)"* ]]
	[[ $output == *begun* ]]
}
