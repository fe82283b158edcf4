#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# run.sh shell, with the stock kernel of this release.

load ../helpers

setup() {
	cd "$TOP" || return
	MARK=shell-$$-$BATS_TEST_NUMBER
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

# Of doctor and inspect, what a host with persistent memory can show.
@test "doctor: devices in use, partitions, other users; inspect: the log of log-writes, shared blocks, no write" {
	run --separate-stderr timeout 300 ./run.sh shell --stack linear:4 --fs ext4 <<<'
		addpart /dev/pmem1 1 100 20000
		daxdm doctor
		echo status $?
		fallocate -l 4m big
		delpart /dev/pmem1 1
		echo "user:x:1000:1000::/:/bin/sh" >>/etc/passwd
		su user -c "daxdm doctor; daxdm inspect /mnt"
		modprobe dm-log-writes
		dmsetup create lw --table "0 20480 log-writes /dev/pmem1 /dev/pmem0.1"
		daxdm inspect lw
		strace -f -o trace daxdm inspect lw >/dev/null
		strace -f -o trace2 daxdm inspect big >/dev/null
		cat trace2 >>trace
		grep -c DM_TABLE_STATUS trace
		grep -E "O_WRONLY|O_RDWR|O_CREAT|ioctl" trace |
			grep -vE "/dev/mapper/control|TCGETS|DM_VERSION|DM_TABLE_STATUS|BLKGETSIZE64|FS_IOC_FIEMAP" && echo it writes
		dmsetup remove lw
		mkfs.xfs -q -f -m reflink=1 /dev/pmem1
		mkdir /x
		mount /dev/pmem1 /x
		xfs_io -f -c "pwrite -q 0 8m" -c fsync /x/a
		xfs_io -f -c "reflink /x/a" /x/b >/dev/null
		daxdm inspect --json /x/b
		daxdm inspect /x/b
		daxdm doctor'
	expect 1 "note  /dev/pmem0 is in use, and is refused: below daxdm-" \
		"/dev/pmem1 is in use, and is refused: divided into /dev/pmem1p1" \
		"note  /dev/pmem1p1: partition of /dev/pmem1, 10,000 KiB from 50 KiB on" \
		"BAD   all namespaces of mode fsdax are in use" "status 1" \
		"only root can read whether it begins at a multiple of 2 MiB" "BAD   not root" "tables and addresses of devices need root" \
		"lw: 10 MiB, DAX is possible" "log-writes: /dev/pmem1 + 0 B, its log on /dev/pmem0.1" \
		'"shared_bytes": 8388608' "8 MiB share blocks (reflink)" \
		"/dev/pmem1 is in use, and is refused: mounted on /x" "umount /x"
	[[ $output != *"it writes"* && $output != *"not found"* ]]
	grep -qx 2 <<<"$output"
}

@test "ended by a signal, killed, or its terminal closed: no process and no file is left" {
	local fifo=$BATS_TEST_TMPDIR/fifo signal
	mkfifo "$fifo"
	touch "$BATS_TEST_TMPDIR/start"
	echo 'echo begun; sleep 1000' >"$BATS_TEST_TMPDIR/commands"
	for signal in TERM KILL; do
		start_marked bash -c 'exec ./run.sh shell <"$1"' - "$BATS_TEST_TMPDIR/commands"
		within 60 grep -q begun "$BATS_TEST_TMPDIR/out"
		kill -$signal $!
		ended
		expect $((128 + $(kill -l $signal)))
		expect_nothing_left "$MARK" "$BATS_TEST_TMPDIR/start"
	done
	start_marked bash -c 'exec script -qec "./run.sh shell" /dev/null <"$1"' - "$fifo"
	exec 9>"$fifo"
	within 60 grep -q ':/# ' "$BATS_TEST_TMPDIR/out"
	qemu_runs "$MARK"
	kill -KILL $!
	ended
	exec 9>&-
	expect_nothing_left "$MARK" "$BATS_TEST_TMPDIR/start"
}

teardown() {
	end_marked "$MARK"
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
