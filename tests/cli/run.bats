#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# run.sh: what it says to bad input, before anything is installed, built or booted.

load ../helpers

setup() {
	RUN=bats-$$-$BATS_TEST_NUMBER
}

teardown() {
	if [[ -d $TOP/results/$RUN ]]; then rmdir "$TOP/results/$RUN"; fi
}

refused() { # WANTED-TEXT WORD...
	local text=$1
	shift
	run timeout 10 "$TOP/run.sh" "$@"
	expect 64 "$text"
	expect_short
}

@test "no verb" {
	refused "no verb given"
}

@test "an unknown verb, with the nearest one" {
	refused "unknown verb 'bnech' (did you mean 'bench'?)" bnech
	refused "unknown verb 'tset' (did you mean 'test'?)" tset
	refused "./run.sh help lists them" frobnicate
	[[ $output != *"did you mean"* ]]
}

@test "an unknown option, with the nearest one" {
	refused "unknown option '--stak' (did you mean '--stack'?)" bench --stak raw
	refused "unknown option '--stak' (did you mean '--stack'?)" bench --stak=raw
	refused "unknown option '--frobnicate'" bench --frobnicate
}

@test "an option without its value, a flag with one" {
	refused "--stack needs a value: S" bench --stack
	refused "--stack needs a value: S" bench --stack=
	refused "--quick takes no value" bench --quick=yes
}

@test "a word that is no option" {
	refused "unexpected word 'quick'" bench quick
	refused "unexpected word '-q'" bench -q
}

@test "numbers that are none, or out of range" {
	for n in 0 -1 x 1x 1.5 101 99999999999999999999; do
		refused "--repeat: expected a number from 1 to 100, got '$n'" bench --repeat "$n"
	done
	for n in 0 x 4294967296; do
		refused "--seed: expected a number from 1 to 4294967295, got '$n'" bench --seed "$n"
	done
}

@test "a meter or filesystem that does not exist" {
	refused "--meter: expected insn, time or none, got 'ns'" bench --meter ns
	refused "expected fentry or kprobe, got 'strace'" bench --tracer strace
	refused "--tracer tracefs was removed" bench --tracer tracefs
	refused "unknown filesystem 'btrfs'; expected ext4 or xfs" bench --fs btrfs
}

@test "options of a filesystem that cannot be right" {
	refused "column 5: expected default, mkfs=OPTIONS, mount=OPTIONS, logdev=DEVICE or rtdev=DEVICE, got 'blocks'" \
		bench --fs xfs:blocks=1024
	refused "a value with a comma is in brackets: mkfs=[-d su=2m,sw=1]" bench --fs 'xfs:mkfs=-d su=2m,sw=1'
	refused "expected no '/': a device is named by logdev=DEVICE or rtdev=DEVICE" bench --fs 'xfs:mkfs=-l logdev=/dev/sda'
	refused "expected mount options other than dax and ro" bench --fs ext4:mount=dax=inode
	refused "expected namespace, partition or linear, got 'pmem1'" bench --fs ext4:journal=pmem1
	refused "column 5: expected default, mkfs=OPTIONS" assert --max 1 --metric 'fault.read.warm.pte{stack=raw,fs=xfs:mkfss=-K}'
	refused "column 5: expected default, mkfs=OPTIONS" assert --max 1 --metric 'read.warm.pte raw xfs:mkfss=-b size=1024'
}

@test "workloads exclude each other" {
	refused "exclude each other" bench --quick --full
	refused "exclude each other" bench --quick --workload "$TOP/workloads/full"
}

@test "files that are not there" {
	refused "--kernel /nonexistent/bzImage: no such file" bench --kernel /nonexistent/bzImage
	put_bzimage "$BATS_TEST_TMPDIR/bzImage"
	refused "--modules goes with --kernel PATH only" bench --modules /tmp
	refused "/nonexistent: no such directory" bench --kernel "$BATS_TEST_TMPDIR/bzImage" --modules /nonexistent
	refused "/nonexistent.ko: no such file" bench --module /nonexistent.ko
	refused "/nonexistent: no such file" bench --workload /nonexistent
}

@test "a file that is no kernel: the message says what it is" {
	printf '#\n# Linux/x86 6.1.0 Kernel Configuration\n#\nCONFIG_64BIT=y\n' >"$BATS_TEST_TMPDIR/config"
	refused "config is no kernel (neither a bzImage nor an ELF vmlinux): it is the configuration of a kernel; give the bzImage built from it" \
		bench --kernel "$BATS_TEST_TMPDIR/config"
	refused "run.sh is no kernel (neither a bzImage nor an ELF vmlinux): it is a text file" bench --kernel "$TOP/run.sh" --modules /tmp
}

@test "namespaces and kernel arguments that cannot be" {
	local verb m='fault.read.warm.pte{stack=raw,fs=ext4}'
	refused "--namespace: expected align=4k, align=2m, align=1g, map=dev, map=mem, labels=none, mode=sector, memmap or virtio, got 'align=3k'" \
		bench --namespace map=dev,align=3k
	refused "--namespace: memmap goes with no other word" bench --namespace memmap,map=dev
	refused "--namespace: mode=sector goes with labels=none only" bench --namespace mode=sector,align=2m
	refused "--append: expected arguments of the kernel" bench --append $'a\nb'
	for verb in bench check; do
		refused "--namespace is for the emulated host" $verb --host --device /dev/pmem0 --namespace memmap
		refused "--append is for the emulated host" $verb --host --device /dev/pmem0 --append nokaslr
	done
	refused "--namespace: align=1g: the namespaces of the checks are smaller than 1 GiB" check --namespace align=1g
	refused "--namespace: virtio goes with no other word" check --namespace virtio,align=4k
	refused "got 'align=3k'" assert --metric "$m" --max 1 --namespace align=3k
	refused "got 'align=3k'" bisect --metric "$m" --good 6.1 --bad 6.12 --namespace align=3k
	refused "--append: expected arguments" bisect --metric "$m" --good 6.1 --bad 6.12 --append daxdm_namespace=memmap
	refused "got 'align=3k'" explain 6.1 6.12 --metric "$m" --namespace align=3k
	refused "got 'align=3k'" compare 6.1 6.12 --namespace align=3k
}

@test "a workload that is no regular file" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	for file in "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/pipe" /dev/zero; do
		refused "--workload: expected a regular file, got '$file'" bench --workload "$file"
	done
}

@test "a fio job: what cannot be honoured is refused by name, before anything is installed" {
	local job=$BATS_TEST_TMPDIR/mine.fio
	printf '[global]\nioengine=dev-dax\n[a]\nrw=read\n' >"$job"
	refused "mine.fio:2: section [a]: ioengine=dev-dax: it maps a devdax namespace" bench --fio "$job"
	printf '[a]\nrw=read\nnumjobs=4\n' >"$job"
	refused "mine.fio:3: section [a]: numjobs=4: a section is one job" bench --fio "$job"
	refused "cannot read /nonexistent: No such file" bench --fio /nonexistent
	refused "cannot read /tmp: expected a regular file, it is a directory" bench --fio /tmp
	yes '# a comment' | head -c 65001 >"$job"
	refused "the limit is 65000" bench --fio "$job"
}

@test "paths are seen from where the user stands" {
	cd "$BATS_TEST_TMPDIR"
	refused "--workload $BATS_TEST_TMPDIR/mine: no such file" bench --workload mine
}

@test "names of runs that are no file names" {
	for name in ../up a/b .hidden -x "with space" ''; do
		run timeout 10 "$TOP/run.sh" bench --name="$name"
		expect 64 "--name"
		expect_short
	done
}

@test "an existing run is not overwritten" {
	mkdir -p "$TOP/results/$RUN"
	refused "results/$RUN is there already" bench --name "$RUN"
	mkdir "$TOP/results/$RUN-2"
	refused "results/$RUN-2 is there already" bench --name "$RUN" --repeat 2
	rmdir "$TOP/results/$RUN-2"
}

@test "this host only with a device that was named" {
	refused "--device /dev/pmemN" bench --host
	refused "--device goes with --host only" bench --device /dev/pmem0
}

@test "what is for one kind of host does not go with the other" {
	for words in "--kernel 6.1" "--seed 2" --fresh --console "--module $TOP/run.sh" "--modules /tmp"; do
		# shellcheck disable=SC2086
		refused "does not go with --host" bench --host --device /dev/pmem0 $words
	done
}

@test "times are never the same twice" {
	refused "--repeat needs samples that repeat exactly" bench --meter time --repeat 2
}

@test "signatures are erased only after the name of the device was given again" {
	refused "--wipe goes with --host only" bench --wipe
	refused "--yes goes with --wipe only" check --host --device /dev/pmem0 --yes
	refused "and got none; nothing was written" bench --host --device /dev/pmem0 --wipe </dev/null
	refused "expected /dev/pmem0, got 'y'; nothing was written" check --host --device /dev/pmem0 --wipe <<<y
}

@test "what keeps no number does not count" {
	refused "--counters does not go with --meter none" bench --meter none --counters
}

@test "report of a run that is not there" {
	refused "unknown run 'nosuchrun'" report nosuchrun
	refused "expected one run, got 0" report
	refused "unexpected word 'b'" report a b
	mkdir -p "$TOP/results/$RUN"
	refused "did you mean '$RUN'?" report "${RUN}x"
}

@test "verbs that take no words" {
	refused "takes no words" test now
	refused "takes no words" lint now
	refused "takes no words" clean now
	refused "unknown group 'everything'" setup everything
}

@test "help lists every verb, and goes to stdout" {
	for words in help --help -h; do
		run --separate-stderr timeout 10 "$TOP/run.sh" $words
		expect 0
		[[ -z $stderr ]]
		for word in bench check compare assert gate-selftest explain bisect kernels test lint list report setup \
			cleanup clean help; do
			[[ $output == *$'\n'"  $word "* ]] || { echo "no $word"; false; }
		done
	done
}

@test "help VERB and VERB --help are of that verb alone, with examples, in 80 columns" {
	local verb line
	for verb in $("$TOP/run.sh" help | sed -nE 's/^  ([a-z][a-z-]*) .*/\1/p'); do
		run --separate-stderr timeout 10 "$TOP/run.sh" help "$verb"
		expect 0 "usage: ./run.sh $verb" "examples:"
		[[ -z $stderr && $(grep -c '^usage:' <<<"$output") == 1 ]]
		for line in "${lines[@]}"; do ((${#line} <= 80)) || { echo "$line"; false; }; done
		help=$output
		run timeout 10 "$TOP/run.sh" "$verb" --help
		expect 0
		[[ $output == "$help" ]]
	done
	for word in kernel modules module meter quick full workload stack fs bench name repeat seed fresh console host device; do
		run timeout 10 "$TOP/run.sh" help bench
		[[ $output == *"  --$word "* ]]
	done
	refused "unknown verb 'bnech' (did you mean 'bench'?)" help bnech
}

@test "help without a program: the verbs, and nothing is installed or built" {
	mkdir -p "$BATS_TEST_TMPDIR/checkout/doc"
	cp "$TOP/run.sh" "$BATS_TEST_TMPDIR/checkout/"
	cp "$TOP/doc/options.md" "$BATS_TEST_TMPDIR/checkout/doc/"
	run timeout 10 "$BATS_TEST_TMPDIR/checkout/run.sh" help
	expect 0
	diff <(echo "$output") <("$TOP/run.sh" help)
	[[ ! -e $BATS_TEST_TMPDIR/checkout/build ]]
}

@test "help fits a terminal" {
	run timeout 10 "$TOP/run.sh" help
	for line in "${lines[@]}"; do ((${#line} <= 80)); done
}

@test "the version" {
	run timeout 10 "$TOP/run.sh" --version
	expect 0 "daxdm $(cat "$TOP/VERSION"), build fnv1a64:"
}

@test "doc/options.md, the man page and the completion are those of the program" {
	diff <("$TOP/build/daxdm" help --format markdown) "$TOP/doc/options.md"
	diff <("$TOP/build/daxdm" help --format man) "$TOP/doc/daxdm.1"
	diff <("$TOP/build/daxdm" help --format bash) "$TOP/doc/daxdm.bash"
}

@test "the completion knows verbs, and the options of each" {
	# shellcheck source=doc/daxdm.bash
	. "$TOP/doc/daxdm.bash"
	COMP_WORDS=(./run.sh be) COMP_CWORD=1
	_daxdm
	[[ ${COMPREPLY[*]} == bench ]]
	COMP_WORDS=(./run.sh check --pl) COMP_CWORD=2
	_daxdm
	[[ ${COMPREPLY[*]} == --plant ]]
}

@test "it works from any directory and through a link" {
	ln -s "$TOP/run.sh" "$BATS_TEST_TMPDIR/daxdm"
	cd /
	run timeout 10 "$BATS_TEST_TMPDIR/daxdm" help
	expect 0 "usage: ./run.sh"
}
